//! `shutterline upload …`: what still has to reach a destination.

use super::output::{Format, or_dash, show, show_outcome, table, text};
use crate::model::Outcome;
use crate::web::OutboxView;
use crate::web::client::Client;
use crate::web::wire::NoBody;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  shutterline upload status
  shutterline upload retry         # send what was parked after failing for good";

/// Arguments of `upload`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UploadArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: UploadVerb,
}

/// What can be done with the outbox.
#[derive(Debug, Subcommand)]
pub enum UploadVerb {
    /// Show the outbox
    Status {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Send parked items again
    Retry {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: UploadArgs, client: &Client) -> anyhow::Result<()> {
    match args.verb {
        UploadVerb::Status { format } => {
            let view: OutboxView = client.get("/v1/upload").await?;
            show(&view, format, human)
        }
        UploadVerb::Retry { format } => {
            let outcome: Outcome = client.post("/v1/upload/retry", &NoBody {}).await?;
            show_outcome(&outcome, format)
        }
    }
}

fn human(view: &OutboxView) -> String {
    let counts = format!(
        "待传 pending {} · 失败 failed {}\n",
        view.outbox.pending, view.outbox.failed
    );
    if view.items.is_empty() {
        return counts;
    }
    let mut rows = table([
        "frame",
        "destination",
        "state",
        "tries failed",
        "size",
        "last error",
    ]);
    for row in &view.items {
        rows.add_row([
            row.item.frame.to_string(),
            row.item.destination.clone(),
            row.state.clone(),
            row.item.attempts.to_string(),
            row.item.size_bytes.to_string(),
            or_dash(row.last_error.as_ref()),
        ]);
    }
    format!("{}{counts}", text(&rows))
}
