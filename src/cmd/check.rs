//! `shutterline check`: a photo from disk against the standard, without a daemon.

use super::failure::Failure;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  shutterline check DSC_0001.JPG")]
pub struct CheckArgs {
    /// Photos
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// Checks them.
pub fn run(_args: &CheckArgs) -> anyhow::Result<ExitCode> {
    Err(Failure::new("this build has no check in it", "build it with the check").into())
}
