//! `shutterline config check`: a config file, without a daemon.

use super::output::print;
use crate::config::Config;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline config check /etc/shutterline/shutterline.toml";

/// Arguments of `config`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// What can be done with a config.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Report everything that is wrong with a config file, by line; exits 1 when something is
    Check {
        /// The config file
        file: PathBuf,
    },
}

/// Checks it.
pub fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let ConfigVerb::Check { file } = &args.verb;
    Config::load(file)?;
    print(&format!("{}: nothing wrong with it\n", file.display()))?;
    Ok(ExitCode::SUCCESS)
}
