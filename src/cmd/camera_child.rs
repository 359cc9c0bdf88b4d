//! The camera's own process, started by the daemon.

use super::failure::{Exit, Failure};
use clap::Args;

/// Arguments of the camera's process.
#[derive(Debug, Args)]
pub struct CameraChildArgs {}

/// Runs it.
pub fn run(_args: CameraChildArgs) -> anyhow::Result<Exit> {
    Err(Failure::new("this build has no camera in it", "build it with the camera").into())
}
