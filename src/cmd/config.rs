//! `shutterline config check`: a config file, a standard or a board, without a daemon.

use super::output::print;
use crate::check::Standard;
use crate::config::{Config, is_board, parse_board};
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline config check /etc/shutterline/shutterline.toml
  shutterline config check config/standards/cn-graduate-blue.toml
  shutterline config check config/boards/raspberry-pi-4.toml";

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
    /// Report everything that is wrong with a config file, a standard or a board, by line; exits 1 when something is
    Check {
        /// The config file, a standard's (it says kind = "standard"), or a board's (it has a table [board])
        file: PathBuf,
    },
}

/// Checks it.
pub fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let ConfigVerb::Check { file } = &args.verb;
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read {name}; check the path"))?;
    if Standard::is_meant(&text) {
        Standard::parse(&text, &name)?;
    } else if is_board(&text) {
        parse_board(&text, &name)?;
    } else {
        Config::parse(&text, &name)?;
    }
    print(&format!("{name}: nothing wrong with it\n"))?;
    Ok(ExitCode::SUCCESS)
}
