//! `shutterline panel press`: a control of the sim panel.

use super::output::{Format, show_outcome};
use crate::model::{Control, Gesture, Outcome};
use crate::web::client::Client;
use crate::web::wire::PressBody;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  shutterline panel press pedal             # fires for the current serial
  shutterline panel press next              # moves on, never fires
  shutterline panel press pedal --long
  shutterline panel press digit-7 && shutterline panel press enter";

/// Arguments of `panel`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PanelArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: PanelVerb,
}

/// What can be done with the panel.
#[derive(Debug, Subcommand)]
pub enum PanelVerb {
    /// Press a control of the sim panel
    Press {
        /// pedal, next, back, hold, retake, accept, pause, digit-0 … digit-9, enter or clear
        control: Control,
        /// Hold it down for a long press
        #[arg(long, conflicts_with = "double")]
        long: bool,
        /// Press it twice
        #[arg(long)]
        double: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: PanelArgs, client: &Client) -> anyhow::Result<()> {
    let PanelVerb::Press {
        control,
        long,
        double,
        format,
    } = args.verb;
    let gesture = match (long, double) {
        (true, _) => Some(Gesture::Long),
        (_, true) => Some(Gesture::Double),
        _ => None,
    };
    let body = PressBody { control, gesture };
    let outcome: Outcome = client.post("/v1/panel/press", &body).await?;
    show_outcome(&outcome, format)
}
