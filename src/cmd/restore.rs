//! `shutterline restore`: a backup put back into an empty data folder, verified before it is in place.

use super::backup::{advance, bar};
use super::failure::Exit;
use super::output::{Format, show};
use super::place::Place;
use super::when;
use crate::archive::{Checked, Lost, Progress, Restored, check_backup, restore};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline restore /media/usb/station-1 --dry-run      # reads it through and writes nothing
  sudo systemctl stop shutterline && sudo shutterline restore /media/usb/station-1
  sudo shutterline restore /media/usb/day.tar --data /srv/station

The data folder must be empty and no daemon may run on it. Exits 1 when something of the backup is damaged.";

/// Arguments of `restore`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// The folder or the .tar file of a backup
    pub source: PathBuf,
    /// This generation; the newest when not given
    #[arg(long, value_name = "N")]
    pub generation: Option<u32>,
    /// Leave out photos whose copy is damaged, in place of refusing them all
    #[arg(long, conflicts_with = "dry_run")]
    pub skip_damaged: bool,
    /// Read the backup through, compare every hash, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where the station is.
    #[command(flatten)]
    pub place: Place,
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// What `restore --json` prints.
#[derive(Debug, Serialize)]
struct View {
    generation: u32,
    station: String,
    files: u64,
    damaged: Vec<String>,
    lost: Vec<Lost>,
}

/// Restores, or only looks, and prints what came of it.
///
/// # Errors
/// When the data folder is not empty or in use, or the backup is damaged; the data folder is as it was then.
pub fn run(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let bar = bar();
    let step = |p: Progress| advance(&bar, p);
    if args.dry_run {
        let checked = check_backup(&args.source, args.generation, step)?;
        bar.finish_and_clear();
        let view = View {
            generation: checked.generation,
            station: checked.station.to_string(),
            files: checked.files,
            damaged: checked.damaged.clone(),
            lost: checked.lost.clone(),
        };
        show(&view, args.format, |_| looked(&checked))?;
        let whole = checked.damaged.is_empty();
        return Ok(if whole { Exit::Done } else { Exit::Failed }.into());
    }
    let data = args.place.data()?;
    let restored = restore(
        &args.source,
        &data,
        args.generation,
        args.skip_damaged,
        step,
    )?;
    bar.finish_and_clear();
    let view = View {
        generation: restored.generation,
        station: restored.station.to_string(),
        files: restored.files,
        damaged: Vec::new(),
        lost: restored.lost.clone(),
    };
    show(&view, args.format, |_| put_back(&restored, &data))?;
    let whole = restored.lost.is_empty();
    Ok(if whole { Exit::Done } else { Exit::Failed }.into())
}

fn looked(checked: &Checked) -> String {
    let doubt = if checked.made_at_trusted {
        ""
    } else {
        " (by a clock that was not trusted)"
    };
    let mut text = format!(
        "station {}, generation {} of {}{doubt}: {} photo files\n",
        checked.station,
        checked.generation,
        when::utc(checked.made_at),
        checked.files
    );
    for path in &checked.damaged {
        text.push_str(&format!("damaged: {path}\n"));
    }
    text.push_str(&without(&checked.lost));
    text.push_str(match checked.damaged.is_empty() {
        true => "each is whole\n",
        false => "next: take another generation or copy; --skip-damaged restores the rest\n",
    });
    text
}

fn put_back(restored: &Restored, data: &std::path::Path) -> String {
    format!(
        "station {}, generation {}: {} photo files and the database are in {}\n{}next: systemctl start shutterline; shutterline archive verify\n",
        restored.station,
        restored.generation,
        restored.files,
        data.display(),
        without(&restored.lost)
    )
}

fn without(lost: &[Lost]) -> String {
    lost.iter()
        .map(|l| format!("not in it: {}: {}\n", l.path, l.problem))
        .collect()
}
