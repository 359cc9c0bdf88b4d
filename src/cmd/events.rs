//! `shutterline events`: what was done and by whom, and what happens now.

use super::output::{Format, print, show, table, text};
use super::when;
use crate::archive::EventRow;
use crate::clock;
use crate::web::StreamEvent;
use crate::web::client::Client;
use clap::Args;

const EXAMPLES: &str = "Examples:
  shutterline events                       # the audited rows
  shutterline events --after 120 --json
  shutterline events --follow              # what happens, as it happens; end with Ctrl-C";

/// Arguments of `events`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EventsArgs {
    /// Only what came after this id (a row's; with --follow, an event's)
    #[arg(long, value_name = "ID")]
    pub after: Option<u64>,
    /// At most this many rows
    #[arg(long, default_value_t = 500, conflicts_with = "follow")]
    pub limit: u32,
    /// Stay and show what happens
    #[arg(long)]
    pub follow: bool,
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// Asks and shows.
pub async fn run(args: EventsArgs, client: &Client) -> anyhow::Result<()> {
    if args.follow {
        return follow(args, client).await;
    }
    let path = format!(
        "/v1/log?after={}&limit={}",
        args.after.unwrap_or(0),
        args.limit
    );
    let rows: Vec<EventRow> = client.get(&path).await?;
    show(&rows, args.format, |rows| log_text(rows))
}

/// One line an event until the daemon stops; with `--json`, one object a line.
async fn follow(args: EventsArgs, client: &Client) -> anyhow::Result<()> {
    let mut events = client.events(args.after).await?;
    while let Some(event) = events.next().await? {
        if args.format.json {
            print(&format!("{}\n", serde_json::to_string(&event)?))?;
        } else {
            print(&line_of(&event))?;
        }
    }
    Ok(())
}

fn line_of(event: &StreamEvent) -> String {
    let id = if event.id == 0 {
        "-".to_owned()
    } else {
        event.id.to_string()
    };
    let summary = match event.kind.as_str() {
        "status" => {
            let word = |key: &str| match &event.data[key] {
                serde_json::Value::Null => "-".to_owned(),
                serde_json::Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            format!(
                "{}  serial {}  student {}",
                word("state"),
                word("serial"),
                word("student_number")
            )
        }
        _ => event.data.to_string(),
    };
    format!("{id:>6}  {:<8}{summary}\n", event.kind)
}

fn log_text(rows: &[EventRow]) -> String {
    let now = clock::wall_time();
    let mut out = table(["id", "when", "who", "what", "serial", "frame"]);
    for row in rows {
        out.add_row([
            row.id.to_string(),
            when::ago(row.at.wall, now, row.at.trusted),
            row.who.as_str().to_owned(),
            row.kind.as_str(),
            super::output::or_dash(row.serial),
            super::output::or_dash(row.frame.as_ref()),
        ]);
    }
    text(&out)
}
