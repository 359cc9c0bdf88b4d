//! `shutterline config check`: a config file or a standard, without a daemon.

use super::output::print;
use crate::check::Standard;
use crate::config::Config;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline config check /etc/shutterline/shutterline.toml
  shutterline config check config/standards/cn-graduate-blue.toml";

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
    /// Report everything that is wrong with a config file or a standard, by line; exits 1 when something is
    Check {
        /// The config file, or a standard's (it says kind = "standard")
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
    } else {
        Config::parse(&text, &name)?;
    }
    print(&format!("{name}: nothing wrong with it\n"))?;
    Ok(ExitCode::SUCCESS)
}
