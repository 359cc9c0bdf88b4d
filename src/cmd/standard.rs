//! `shutterline standard lower`: a reason that hits too many is no more than a remark in this session.

use super::output::{Format, show_outcome};
use crate::model::Outcome;
use crate::web::client::Client;
use crate::web::wire::LowerBody;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  shutterline standard lower shine           # the hall is hot: a remark for the rest of the session
  shutterline standard lower shine --undo";

/// Arguments of `standard`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StandardArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: StandardVerb,
}

/// What can be done with the standard of the open session.
#[derive(Debug, Subcommand)]
pub enum StandardVerb {
    /// Let a reason be no more than a remark in this session (audited)
    ///
    /// The last frame of whoever sits there is judged anew at once; earlier ones stay as they are.
    Lower {
        /// The reason's id, as `status` and `frames list` show it
        reason: String,
        /// As severe as the standard has it again
        #[arg(long)]
        undo: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: StandardArgs, client: &Client) -> anyhow::Result<()> {
    let StandardVerb::Lower {
        reason,
        undo,
        format,
    } = args.verb;
    let body = LowerBody { reason, undo };
    let outcome: Outcome = client.post("/v1/standard/lower", &body).await?;
    show_outcome(&outcome, format)
}
