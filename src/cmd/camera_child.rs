//! `shutterline camera-child`: the camera's own process, started by the daemon.

use std::process::ExitCode;

/// Runs the child with the arguments after its name.
pub fn run(_args: &[String]) -> ExitCode {
    eprintln!("camera-child: this build has no camera in it");
    ExitCode::FAILURE
}
