//! `shutterline support-bundle`: everything a person who was not there needs to understand a station, and nothing of its
//! students.

use super::doctor::{Gathered, Report, gather};
use super::failure::Failure;
use super::log::{Filter, Journal, Style};
use super::output::print;
use super::place::Place;
use super::when;
use crate::archive::{self, Depth};
use crate::clock;
use crate::doctor::{Redactor, redacted_config, withheld_values};
use crate::web::client::Client;
use anyhow::Context;
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  sudo shutterline support-bundle
  sudo shutterline support-bundle --since '2 hours ago' --out fault.tar.gz

Student numbers, names, what sessions are called, telephone and document numbers are taken out; photos never go in.
Look at it before it is sent: tar xzf FILE.";

/// The most lines of one log: the last ones.
const LINES: u32 = 20_000;

/// Words of the kernel's lines that matter to a station.
const KERNEL: [&str; 18] = [
    "usb",
    "mmc",
    "ext4",
    "i/o error",
    "voltage",
    "throttl",
    "thermal",
    "out of memory",
    "oom",
    "read-only",
    "journal",
    "blk_update",
    "nvme",
    "sd ",
    "xhci",
    "dwc",
    "gpio",
    "watchdog",
];

/// Arguments of `support-bundle`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BundleArgs {
    /// The file to make; shutterline-support-<moment>.tar.gz here when not given
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Logs from this moment on, as journalctl takes it
    #[arg(long, value_name = "WHEN", default_value = "3 days ago")]
    pub since: String,
    /// Where the station is.
    #[command(flatten)]
    pub place: Place,
}

const ABOUT: &str = "A support bundle of a Shutterline station.

doctor.txt, doctor.json   every line of `shutterline doctor`, with versions, disk and service
config.toml               the config without comments and secrets
log.txt                   what the station logged
kernel.txt                what the kernel said about USB, disks, power and memory
metrics.txt               the running daemon's figures, see docs/metrics.md
database.txt              the database's tables: how they are made, and how many rows they have

Student numbers, names, what sessions are called, and numbers that look like a telephone's or a document's are replaced by
words in brackets. No photo and no row of the database is in it.
";

/// Gathers, takes out what is of persons, and writes the file.
///
/// # Errors
/// When the file is there already or cannot be written.
pub async fn run(args: BundleArgs, socket: Option<PathBuf>) -> anyhow::Result<()> {
    // A config that is wrong is what support is asked about: the defaults will do for looking.
    let config = args.place.read().unwrap_or_default();
    let client = Client::new(socket.unwrap_or_else(|| config.socket.path.clone()));
    let gathered = gather(&config, &client, Depth::Quick).await;
    let mut files = vec![("README.txt", ABOUT.to_owned())];
    files.extend(of_the_station(&args, &gathered)?);
    let out = args.out.unwrap_or_else(default_name);
    write(&out, &files)?;
    print(&format!("{}\n", out.display()))
}

fn default_name() -> PathBuf {
    let now = when::utc(clock::wall_time());
    let digits: String = now.chars().filter(char::is_ascii_digit).collect();
    PathBuf::from(format!("shutterline-support-{digits}.tar.gz"))
}

fn of_the_station(
    args: &BundleArgs,
    gathered: &Gathered,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    // What may hold a person's word goes only where the words are known.
    let own = args
        .place
        .file()
        .and_then(|path| fs::read_to_string(path).ok());
    let own = own.map_or_else(Vec::new, |text| withheld_values(&text));
    let redactor = archive::personal_words(&gathered.data)
        .map(|words| Redactor::new(words.into_iter().chain(own.clone())));
    let unknown =
        "left out: the database cannot be read, so nobody knows which words are of persons\n";
    let clean = |text: String| match &redactor {
        Ok(redactor) => redactor.clean(&text),
        Err(_) => unknown.to_owned(),
    };
    let report = Report::of(gathered);
    let mut json = serde_json::to_value(&report).context("failed to make JSON of the report")?;
    let spare = Redactor::new(own);
    let redactor_or_none = redactor.as_ref().unwrap_or(&spare);
    redactor_or_none.clean_json(&mut json);
    let doctor = serde_json::to_string_pretty(&json).context("failed to print JSON")?;
    Ok(vec![
        ("doctor.txt", redactor_or_none.clean(&report.text())),
        ("doctor.json", doctor),
        ("config.toml", clean(config(&args.place))),
        ("log.txt", clean(log(args, false))),
        ("kernel.txt", clean(log(args, true))),
        // Fixed words and numbers: nothing in it could be a person's, and a number of eleven digits is a size.
        (
            "metrics.txt",
            gathered
                .metrics
                .clone()
                .unwrap_or_else(|| "no daemon answered\n".to_owned()),
        ),
        ("database.txt", tables(&gathered.data)),
    ])
}

fn config(place: &Place) -> String {
    let Some(path) = place.file() else {
        return "# there is none: the station runs on its defaults\n".to_owned();
    };
    match fs::read_to_string(&path)
        .map_err(|e| e.to_string())
        .and_then(|t| redacted_config(&t))
    {
        Ok(text) => text,
        Err(why) => format!("# left out, it cannot be read: {why}\n"),
    }
}

/// The last lines of the service's log or the kernel's; the reason where there are none.
fn log(args: &BundleArgs, kernel: bool) -> String {
    let filter = Filter {
        since: Some(args.since.clone()),
        lines: Some(LINES),
        kernel,
        ..Filter::default()
    };
    let style = Style {
        colour: false,
        time: true,
    };
    let mut text = String::new();
    let mut read = || -> Result<(), super::log::JournalError> {
        let mut journal = Journal::open(&filter)?;
        while let Some(line) = journal.read()? {
            let low = line.message.to_lowercase();
            if !kernel || KERNEL.iter().any(|word| low.contains(word)) {
                text.push_str(&line.show(style));
                text.push('\n');
            }
        }
        Ok(())
    };
    if let Err(error) = read() {
        text.push_str(&format!("{error}\n"));
    }
    text
}

fn tables(data: &Path) -> String {
    match archive::table_counts(data) {
        Ok(tables) => tables
            .iter()
            .map(|t| format!("-- {} rows\n{};\n\n", t.rows, t.sql))
            .collect(),
        Err(error) => format!("the database cannot be read: {error}\n"),
    }
}

/// Whole under its name or not at all; only its owner may read it.
fn write(out: &Path, files: &[(&str, String)]) -> anyhow::Result<()> {
    if out.exists() {
        return Err(Failure::new(
            format!("{} is there already", out.display()),
            "name another file with --out",
        )
        .into());
    }
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = out.with_file_name(name);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)
        .with_context(|| {
            format!(
                "failed to create {}; name another file with --out",
                part.display()
            )
        })?;
    let written = pack(file, files).and_then(|()| fs::rename(&part, out));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| {
        format!(
            "failed to write {}; is there room on its disk?",
            out.display()
        )
    })
}

fn pack(file: File, files: &[(&str, String)]) -> std::io::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(clock::wall_time().0 / 1000).unwrap_or(0));
        tar.append_data(
            &mut header,
            format!("shutterline-support/{name}"),
            text.as_bytes(),
        )?;
    }
    let mut file = tar.into_inner()?.finish()?;
    file.flush()?;
    file.sync_all()
}
