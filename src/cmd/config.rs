//! `shutterline config check`: a config file, without a daemon.

use super::failure::{Exit, Failure};
use clap::Args;

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {}

/// Checks it.
pub fn run(_args: ConfigArgs) -> anyhow::Result<Exit> {
    Err(Failure::new("this build has no config in it", "build it with the config").into())
}
