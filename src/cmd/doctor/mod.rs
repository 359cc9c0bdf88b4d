//! `shutterline doctor`: a whole station looked over, line by line, with the next step for each that is not well.

mod gather;
mod systemd;

pub use gather::{Gathered, gather};

use super::failure::Exit;
use super::output::{Format, print, print_json};
use super::place::Place;
use crate::archive::Depth;
use crate::doctor::{Disk, Unit, Versions, judge, worst};
use crate::model::{CheckLine, Finding};
use crate::web::client::Client;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  shutterline doctor
  sudo shutterline doctor          # measures the disk too, where this user may not write
  shutterline doctor --json | jq -r '.lines[] | select(.finding != \"ok\") | .name'

Exits 0 when every line is ok or warn, 1 when one is fail. docs/technician.md explains each line.";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Where the station is.
    #[command(flatten)]
    pub place: Place,
    /// Let SQLite compare indexes with tables too, which takes a minute on a large database
    #[arg(long)]
    pub deep: bool,
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// What `doctor --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The worst of all lines.
    pub finding: Finding,
    /// Every line.
    pub lines: Vec<CheckLine>,
    /// Who is who.
    pub versions: Versions,
    /// The data folder's disk.
    pub disk: Disk,
    /// The service; `null` where systemd does not answer.
    pub unit: Option<Unit>,
}

impl Report {
    /// Judges what was gathered.
    pub fn of(gathered: &Gathered) -> Self {
        let lines = judge(&gathered.facts);
        Self {
            finding: worst(&lines),
            lines,
            versions: gathered.facts.versions.clone(),
            disk: gathered.facts.storage.disk.clone(),
            unit: gathered.facts.unit.clone(),
        }
    }

    /// As people read it: each line, its next step below it.
    pub fn text(&self) -> String {
        let width = self.lines.iter().map(|l| l.name.len()).max().unwrap_or(0);
        let mut out = String::new();
        for line in &self.lines {
            let word = match line.finding {
                Finding::Ok => "ok  ",
                Finding::Warn => "WARN",
                Finding::Fail => "FAIL",
            };
            out.push_str(&format!("{word}  {:width$}  {}\n", line.name, line.message));
            if !line.next.is_empty() {
                out.push_str(&format!("      {:width$}  next: {}\n", "", line.next));
            }
        }
        let count = |finding| self.lines.iter().filter(|l| l.finding == finding).count();
        out.push_str(&format!(
            "\n{} lines: {} warn, {} fail\n",
            self.lines.len(),
            count(Finding::Warn),
            count(Finding::Fail)
        ));
        out
    }
}

/// Looks, judges and prints.
///
/// # Errors
/// When the config cannot be read, or the answer cannot be printed.
pub async fn run(args: DoctorArgs, socket: Option<PathBuf>) -> anyhow::Result<Exit> {
    let config = args.place.read()?;
    let client = Client::new(socket.unwrap_or_else(|| config.socket.path.clone()));
    let depth = if args.deep {
        Depth::Whole
    } else {
        Depth::Quick
    };
    let report = Report::of(&gather(&config, &client, depth).await);
    match args.format.json {
        true => print_json(&report)?,
        false => print(&report.text())?,
    }
    Ok(match report.finding {
        Finding::Fail => Exit::Failed,
        Finding::Ok | Finding::Warn => Exit::Done,
    })
}
