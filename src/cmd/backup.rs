//! `shutterline backup`: a verified copy of the whole archive, while the station shoots.

use super::failure::Exit;
use super::output::{Format, show};
use super::place::Place;
use crate::archive::{BackedUp, Progress, Target, back_up};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  sudo shutterline backup /media/usb/station-1     # the first time everything, later what is new
  sudo shutterline backup /media/usb/day.tar       # one file
  sudo shutterline backup /media/usb/station-1 --reread

It holds students' names and pictures: keep it as you keep the station. Exits 1 when a photo is damaged or missing at the
station itself; the others are in the backup then.";

/// Arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// A folder for backups, or a file that ends in .tar and is not there yet
    pub target: PathBuf,
    /// How many generations of the database stay in a folder; photos stay all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub keep: u32,
    /// Read the photos of earlier backups too, and copy anew what does not read back
    #[arg(long)]
    pub reread: bool,
    /// Where the station is.
    #[command(flatten)]
    pub place: Place,
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// What `backup --json` prints.
#[derive(Debug, Serialize)]
struct Made {
    generation: u32,
    files: u64,
    copied: u64,
    copied_bytes: u64,
    lost: Vec<crate::archive::Lost>,
}

/// Backs up and prints what came of it.
///
/// # Errors
/// When the target or the archive cannot be used; earlier backups are whole then.
pub fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let data = args.place.data()?;
    let target = Target::of(&args.target);
    let bar = bar();
    let step = |p: Progress| advance(&bar, p);
    let made = back_up(&data, &target, args.keep, args.reread, step)?;
    bar.finish_and_clear();
    let exit = if made.lost.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    };
    let view = Made {
        generation: made.generation,
        files: made.files,
        copied: made.copied,
        copied_bytes: made.copied_bytes.0,
        lost: made.lost.clone(),
    };
    show(&view, args.format, |_| human(&made, &args.target))?;
    Ok(exit.into())
}

fn human(made: &BackedUp, target: &std::path::Path) -> String {
    let mut text = format!(
        "{}: generation {}, {} photo files ({} copied now) and the database, {} written, each read back\n",
        target.display(),
        made.generation,
        made.files,
        made.copied,
        made.copied_bytes
    );
    for lost in &made.lost {
        text.push_str(&format!("not in it: {}: {}\n", lost.path, lost.problem));
    }
    if !made.lost.is_empty() {
        text.push_str("next: shutterline archive verify; take these from the camera's card or the destination\n");
    }
    text
}

/// A bar on standard error; nothing at all where that is no terminal.
pub fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Moves it.
pub fn advance(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.total);
    bar.set_position(progress.done);
}
