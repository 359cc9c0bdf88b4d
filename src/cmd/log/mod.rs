//! The log's lines: the one form in which they are shown, in the foreground and by `shutterline logs`, and where they go.

mod console;
mod journal;
mod line;
mod throttle;

pub use journal::{Filter, Journal, JournalError};
pub use line::{Level, LogLine, Style};

use console::Console;
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
    let throttled = tracing_subscriber::registry()
        .with(level)
        .with(Throttle::default());
    if stderr_is_the_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        let journal = journal
            .with_field_prefix(Some(PREFIX.to_owned()))
            .with_syslog_identifier("shutterline".to_owned())
            .with_priority_mappings(line::priorities());
        throttled.with(journal).init();
        return;
    }
    let terminal = std::io::stderr().is_terminal();
    let style = Style {
        colour: terminal && std::env::var_os("NO_COLOR").is_none(),
        // What reads standard error otherwise, as systemd does, adds its own.
        time: terminal,
    };
    throttled.with(Console::new(style)).init();
}

/// systemd names the device and inode of the stream it gave; a shell below it may have redirected it since.
fn stderr_is_the_journal() -> bool {
    let Some(named) = std::env::var("JOURNAL_STREAM").ok() else {
        return false;
    };
    let stderr = std::fs::metadata("/proc/self/fd/2");
    stderr.is_ok_and(|meta| named == format!("{}:{}", meta.dev(), meta.ino()))
}
