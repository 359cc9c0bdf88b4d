//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("camera-child") => shutterline::cmd::camera_child::run(&args.collect::<Vec<String>>()),
        _ => ExitCode::from(2),
    }
}
