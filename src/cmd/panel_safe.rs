//! `shutterline panel safe`: lamps dark and buzzer silent after a station that could not do it itself.
//!
//! The unit calls it after every stop, kills included; with `--blink` it is what a unit shows whose start limit is reached.

use super::failure::describe;
use super::output::print;
use crate::config::Config;
use crate::daemon::{PanelPlan, plan_panel};
use crate::panel::{Machine, Panel, PanelEvent, PanelSink, WiredPanel, make_safe};
use crate::station::signals;
use crate::{clock, model::Level};
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `panel safe`.
#[derive(Debug, Args)]
pub struct SafeArgs {
    /// The config file that the station runs with
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Then blink red, two seconds lit and two dark, until a signal comes: the station has stopped for good
    #[arg(long)]
    pub blink: bool,
}

/// Makes the panel safe; without pins there is nothing to do.
///
/// # Errors
/// When nothing says what is wired, or the pins cannot be had.
pub async fn run(args: &SafeArgs) -> anyhow::Result<()> {
    let options = match plan(args.config.as_deref())? {
        PanelPlan::Sim => return print("nothing is wired: nothing to do\n"),
        PanelPlan::Unknown(error) => return Err(error.into()),
        PanelPlan::Wired(options) => options,
    };
    if !args.blink {
        make_safe(&options)?;
        return print("lamps are dark, the buzzer is silent\n");
    }
    let mut terminate = signal(SignalKind::terminate()).context("cannot take SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot take SIGINT")?;
    let mut panel = WiredPanel::start(*options, told()).context("no thread for the panel")?;
    panel.show(signals::STOPPED, clock::boot_time());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The panel by a config that may be the very reason why the station does not start: what cannot be understood of it is told,
/// and what the machine is decides then.
fn plan(config: Option<&Path>) -> anyhow::Result<PanelPlan> {
    let (config, wrong) = config.map_or_else(Default::default, Config::salvage);
    if let Some(wrong) = wrong {
        eprintln!("{wrong}");
    }
    let machine = Machine::look(Path::new("/"));
    Ok(plan_panel(&config, &machine).or_else(|error| {
        eprint!("{}", describe(&error.into()));
        plan_panel(&Config::default(), &machine)
    })?)
}

/// Presses mean nothing here, but somebody may look why nothing happens.
fn told() -> PanelSink {
    Box::new(|event| match event {
        PanelEvent::Edge {
            input,
            level: Level::Pressed,
            ..
        } => {
            eprintln!("{} was pressed, but the station has stopped", input.0);
        }
        PanelEvent::Opened { .. } => eprintln!("the red lamp blinks: the station has stopped"),
        PanelEvent::Failed { problem } => eprintln!("{problem}"),
        _ => {}
    })
}
