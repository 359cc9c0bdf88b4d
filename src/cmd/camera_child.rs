//! `shutterline camera-child`: the camera's own process. Hidden; only the daemon and `camera list` start it.

use std::process::ExitCode;

/// Runs the child with the arguments after its name.
pub fn run(args: &[String]) -> ExitCode {
    match crate::camera::child::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("camera-child: {:#}", anyhow::Error::new(error));
            ExitCode::FAILURE
        }
    }
}
