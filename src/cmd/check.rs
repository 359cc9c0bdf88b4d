//! `shutterline check`: a photo from disk against the standard, without a daemon.

use super::failure::{Exit, Failure};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Photos
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// Checks them.
pub fn run(_args: CheckArgs) -> anyhow::Result<Exit> {
    Err(Failure::new("this build has no check in it", "build it with the check").into())
}
