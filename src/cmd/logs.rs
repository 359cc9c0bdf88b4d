//! `shutterline logs`: what the station logged, by session, serial or frame.

use super::log::{Filter, Journal, Style};
use super::output::print;
use crate::model::{FrameId, Serial, SessionId};
use clap::Args;
use std::io::IsTerminal;
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline logs -n 50
  shutterline logs --frame k7qa-000123       # everything about one photo
  shutterline logs --session k7qa-s3 --serial 12
  shutterline logs --since '1 hour ago'
  shutterline logs --follow                  # end with Ctrl-C

Moments are in UTC. Without --since and -n all that the journal still has is shown.";

/// Arguments of `logs`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LogsArgs {
    /// Only about this session, for example k7qa-s3
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Only about this serial; of every session unless one is named
    #[arg(long, value_name = "N")]
    pub serial: Option<Serial>,
    /// Only about this frame, for example k7qa-000123
    #[arg(long, value_name = "ID")]
    pub frame: Option<String>,
    /// Only from this moment on, as journalctl takes it: today, '1 hour ago', '2026-06-20 09:00'
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only the last so many lines
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
    /// Stay and show what comes
    #[arg(short, long)]
    pub follow: bool,
}

/// Asks the journal and shows.
///
/// # Errors
/// When there is no journal or it may not be read.
pub fn run(args: LogsArgs) -> anyhow::Result<ExitCode> {
    let filter = Filter {
        session: args.session.map(|id| SessionId(id).to_string()),
        serial: args.serial.map(|n| n.0),
        frame: args.frame.map(|id| FrameId(id).to_string()),
        since: args.since,
        lines: args.lines,
        follow: args.follow,
        kernel: false,
    };
    let style = Style {
        colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        time: true,
    };
    let mut journal = Journal::open(&filter)?;
    let mut shown = false;
    while let Some(line) = journal.read()? {
        print(&format!("{}\n", line.show(style)))?;
        shown = true;
    }
    if !shown {
        eprintln!(
            "the journal has no such line; a station that was started by hand logs to its terminal, and other people's lines need sudo"
        );
    }
    Ok(ExitCode::SUCCESS)
}
