//! `shutterline run`: the daemon itself.

use crate::config::{CameraDriver, Config, PanelDriver};
use crate::daemon::{Daemon, Options, Stopped};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Which camera driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CameraArg {
    /// A real one, by libgphoto2
    Gphoto,
    /// A folder that takes pictures
    Sim,
}

/// Which panel driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PanelArg {
    /// What the machine is and the board's file says
    Auto,
    /// A Raspberry Pi's own registers
    Rppal,
    /// The kernel's GPIO character device
    Cdev,
    /// Pressed over the socket or from a terminal
    Sim,
}

/// Run the station.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    shutterline run --config /etc/shutterline.toml\n  \
    shutterline run --data ./data --socket ./s.sock --camera sim   a station without hardware\n\n\
    Flags overrule the config. Without a config it runs on built-in defaults.")]
pub struct RunArgs {
    /// The config file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The control socket
    #[arg(long, value_name = "PATH", env = "SHUTTERLINE_SOCKET")]
    pub socket: Option<PathBuf>,
    /// The folder of the models that find the face
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// The camera driver
    #[arg(long)]
    pub camera: Option<CameraArg>,
    /// The panel driver
    #[arg(long)]
    pub panel: Option<PanelArg>,
}

impl RunArgs {
    /// The config with the flags over it.
    fn effective(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.archive.data.clone_from(data);
        }
        if let Some(socket) = &self.socket {
            config.socket.path.clone_from(socket);
        }
        if let Some(models) = &self.models {
            config.check.models = Some(models.clone());
        }
        match self.camera {
            Some(CameraArg::Gphoto) => config.camera.driver = CameraDriver::Gphoto,
            Some(CameraArg::Sim) => config.camera.driver = CameraDriver::Sim,
            None => {}
        }
        if let Some(panel) = self.panel {
            config.panel.driver = match panel {
                PanelArg::Auto => PanelDriver::Auto,
                PanelArg::Rppal => PanelDriver::Rppal,
                PanelArg::Cdev => PanelDriver::Cdev,
                PanelArg::Sim => PanelDriver::Sim,
            };
        }
        Ok(config)
    }
}

/// Run until a signal comes.
///
/// # Errors
/// When the station cannot start, or a part of it ended by itself.
pub fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    let config = args.effective()?;
    let options = Options::from_config(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let stopped = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot take SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot take SIGINT")?;
        let daemon = Daemon::start(options)?;
        let asked = async move {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        anyhow::Ok(daemon.run(asked).await)
    })?;
    match stopped {
        Stopped::Asked(why) => {
            tracing::info!(why, "stopped");
            Ok(ExitCode::SUCCESS)
        }
        Stopped::CommitFailed(message) => {
            anyhow::bail!("the archive could not store a change: {message}")
        }
        Stopped::PartEnded(part) => {
            anyhow::bail!("the {part} ended by itself; the log says why")
        }
    }
}

/// One line an event, in colour on a terminal; `RUST_LOG` overrules the level. systemd adds time and unit.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal)
        .with_target(false);
    if terminal {
        lines.init();
    } else {
        lines.without_time().init();
    }
}
