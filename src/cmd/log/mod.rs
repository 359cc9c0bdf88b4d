//! The log's lines: the one form in which they are shown, in the foreground and by `shutterline logs`, and where they go.

mod journal;
mod journald;
mod layer;
mod line;
mod throttle;

pub use journal::{Filter, Journal, JournalError};
pub use line::{Level, LogLine, Style};

use journald::Journald;
use layer::{Lines, Sink};
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use throttle::Throttle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What the fields of our lines are called in the journal: `SHUTTERLINE_FRAME` …
pub(super) const PREFIX: &str = "SHUTTERLINE";

/// Starts logging: to the journal with its fields where systemd has connected standard error to it, else to standard error,
/// in colour on a terminal. `RUST_LOG` overrules the level. No place in the code gets more than its share of lines.
pub fn start() {
    let level = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let sink = match stderr_is_the_journal().then(Journald::open) {
        Some(Ok(journald)) => Sink::Journal(journald),
        // A sandbox may hide the journal's socket; systemd reads standard error then, without fields.
        Some(Err(_)) | None => Sink::Stderr(style()),
    };
    tracing_subscriber::registry()
        .with(level)
        .with(Throttle::default())
        .with(Lines::to(sink))
        .init();
}

fn style() -> Style {
    let terminal = std::io::stderr().is_terminal();
    Style {
        colour: terminal && std::env::var_os("NO_COLOR").is_none(),
        // What reads standard error otherwise, as systemd does, adds its own.
        time: terminal,
    }
}

/// systemd names the device and inode of the stream it gave; a shell below it may have redirected it since.
fn stderr_is_the_journal() -> bool {
    let Some(named) = std::env::var("JOURNAL_STREAM").ok() else {
        return false;
    };
    let stderr = std::fs::metadata("/proc/self/fd/2");
    stderr.is_ok_and(|meta| named == format!("{}:{}", meta.dev(), meta.ino()))
}
