//! `shutterline demo`: a venue morning.

use super::failure::Failure;
use super::run::CameraArg;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline demo
  shutterline demo --interactive          # the space bar is the pedal
  shutterline demo --fast --dir /tmp/demo";

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// Where to put everything; a fresh temporary folder by default
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Take no pauses
    #[arg(long, conflicts_with = "interactive")]
    pub fast: bool,
    /// The space bar is the pedal
    #[arg(long)]
    pub interactive: bool,
    /// The camera
    #[arg(long)]
    pub camera: Option<CameraArg>,
}

/// Plays it.
pub fn run(_args: &DemoArgs) -> anyhow::Result<ExitCode> {
    Err(Failure::new("this build has no demo in it", "build it with the daemon").into())
}
