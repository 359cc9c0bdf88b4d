//! `shutterline run`: the station itself.

use super::failure::Failure;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline run --config /etc/shutterline/shutterline.toml
  shutterline run --data ./data --socket ./s.sock --camera sim --panel sim";

/// Which camera driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CameraArg {
    /// A real one, by libgphoto2
    Gphoto,
    /// A folder that behaves like one
    Sim,
}

/// Which panel driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PanelArg {
    /// Over the control socket
    Sim,
}

/// Arguments of `run`; each overrules the config.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The config; built-in defaults without one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The control socket
    #[arg(long, value_name = "PATH", env = "SHUTTERLINE_SOCKET")]
    pub socket: Option<PathBuf>,
    /// The camera
    #[arg(long)]
    pub camera: Option<CameraArg>,
    /// The panel
    #[arg(long)]
    pub panel: Option<PanelArg>,
}

/// Runs the station until it is told to stop.
pub fn run(_args: &RunArgs) -> anyhow::Result<ExitCode> {
    Err(Failure::new(
        "this build has no station in it",
        "build it with the daemon",
    )
    .into())
}
