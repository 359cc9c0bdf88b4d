//! `shutterline queue …`: who sits when, and the corrections of serials.

use super::output::{Format, or_dash, show, show_outcome, table, text};
use super::words;
use crate::model::{HoldReason, Outcome, Serial, SessionId};
use crate::web::client::{Client, encode};
use crate::web::wire::{
    BindBody, DryRunBody, HoldBody, QueueView, SerialBody, ShiftBody, SwapBody,
};
use clap::{Args, Subcommand, ValueEnum};

const EXAMPLES: &str = "Examples:
  shutterline queue list
  shutterline queue hold --reason fix          # whoever sits there: a shirt to straighten
  shutterline queue recall 7                   # sits next, after the one seated
  shutterline queue bind 12 20210012 --name 王小明
  shutterline queue undo-advance --dry-run     # moved on too early: what would change?
  shutterline queue shift --from 5 --to 9 --by 1
  shutterline queue swap 3 4
  shutterline queue undo                       # take the last correction back";

/// Arguments of `queue`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct QueueArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: QueueVerb,
}

/// `--dry-run` of every correction.
#[derive(Debug, Clone, Copy, Args)]
pub struct DryRun {
    /// Show what would change, before and after, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Why somebody is held.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ReasonArg {
    /// Did not come when called
    Absent,
    /// Has something to fix: a shirt, the hair
    Fix,
}

impl From<ReasonArg> for HoldReason {
    fn from(reason: ReasonArg) -> Self {
        match reason {
            ReasonArg::Absent => HoldReason::Absent,
            ReasonArg::Fix => HoldReason::Fix,
        }
    }
}

/// What can be done with the queue.
#[derive(Debug, Subcommand)]
pub enum QueueVerb {
    /// List the serials with their students
    List {
        /// Of this session; the open one by default
        #[arg(long, value_name = "SESSION")]
        session: Option<String>,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Call a serial out of order (audited)
    Call {
        /// Which
        serial: Serial,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Hold a serial: its frames stay, and it is recalled later (过号)
    Hold {
        /// Which; whoever sits there by default
        serial: Option<Serial>,
        /// Why; `absent` if nothing was shot, else `fix`, by default
        #[arg(long)]
        reason: Option<ReasonArg>,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Let a held serial sit next, after the one seated
    Recall {
        /// Which
        serial: Serial,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Mark a serial as not having come
    Absent {
        /// Which
        serial: Serial,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Give a serial its student (audited)
    Bind {
        /// Which
        serial: Serial,
        /// Student number (学号)
        student: String,
        /// Name, if the roster does not know the number
        #[arg(long, default_value = "")]
        name: String,
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Moved on too early: go back, with the frames shot since
    UndoAdvance {
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// The frames of a row of serials belong so many serials further
    Shift {
        /// First serial
        #[arg(long)]
        from: Serial,
        /// Last serial
        #[arg(long)]
        to: Serial,
        /// How many serials further; negative is towards 1
        #[arg(long, allow_negative_numbers = true)]
        by: i32,
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// The frames of two serials change places
    Swap {
        /// One
        a: Serial,
        /// The other
        b: Serial,
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Take the last correction back
    Undo {
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: QueueArgs, client: &Client) -> anyhow::Result<()> {
    use QueueVerb as V;
    let (outcome, format): (Outcome, Format) = match args.verb {
        V::List { session, format } => return list(session, format, client).await,
        V::Call { serial, format } => (by_serial("call", serial, client).await?, format),
        V::Recall { serial, format } => (by_serial("recall", serial, client).await?, format),
        V::Absent { serial, format } => (by_serial("absent", serial, client).await?, format),
        V::Hold {
            serial,
            reason,
            format,
        } => {
            let reason = reason.map(HoldReason::from);
            let body = HoldBody { serial, reason };
            (client.post("/v1/queue/hold", &body).await?, format)
        }
        verb => correction(verb, client).await?,
    };
    show_outcome(&outcome, format)
}

async fn by_serial(verb: &str, serial: Serial, client: &Client) -> anyhow::Result<Outcome> {
    let path = format!("/v1/queue/{verb}");
    Ok(client.post(&path, &SerialBody { serial }).await?)
}

/// The verbs with `--dry-run`.
async fn correction(verb: QueueVerb, client: &Client) -> anyhow::Result<(Outcome, Format)> {
    use QueueVerb as V;
    Ok(match verb {
        V::Bind {
            serial,
            student,
            name,
            dry,
            format,
        } => {
            let body = BindBody {
                serial,
                student_number: student,
                name,
                dry_run: dry.dry_run,
            };
            (client.post("/v1/queue/bind", &body).await?, format)
        }
        V::Shift {
            from,
            to,
            by,
            dry,
            format,
        } => {
            let dry_run = dry.dry_run;
            let body = ShiftBody {
                from,
                to,
                by,
                dry_run,
            };
            (client.post("/v1/queue/shift", &body).await?, format)
        }
        V::Swap { a, b, dry, format } => {
            let dry_run = dry.dry_run;
            let body = SwapBody { a, b, dry_run };
            (client.post("/v1/queue/swap", &body).await?, format)
        }
        V::UndoAdvance { dry, format } => (dry_run("undo-advance", dry, client).await?, format),
        V::Undo { dry, format } => (dry_run("undo", dry, client).await?, format),
        V::List { .. } | V::Call { .. } | V::Hold { .. } | V::Recall { .. } | V::Absent { .. } => {
            anyhow::bail!("this is no correction")
        }
    })
}

async fn dry_run(verb: &str, dry: DryRun, client: &Client) -> anyhow::Result<Outcome> {
    let path = format!("/v1/queue/{verb}");
    let dry_run = dry.dry_run;
    Ok(client.post(&path, &DryRunBody { dry_run }).await?)
}

async fn list(session: Option<String>, format: Format, client: &Client) -> anyhow::Result<()> {
    let path = match session {
        Some(session) => {
            let SessionId(id) = SessionId(session);
            format!("/v1/queue?session={}", encode(&id))
        }
        None => "/v1/queue".to_owned(),
    };
    let queue: QueueView = client.get(&path).await?;
    show(&queue, format, list_text)
}

fn list_text(queue: &QueueView) -> String {
    if queue.entries.is_empty() {
        return format!("session {} has issued no serials\n", queue.session);
    }
    let mut rows = table(["序号 serial", "学号 student", "姓名 name", "状态 state"]);
    for entry in &queue.entries {
        rows.add_row([
            entry.serial.to_string(),
            or_dash(entry.student_number.as_ref()),
            or_dash(entry.name.as_ref().filter(|n| !n.is_empty())),
            words::entry(&entry.state),
        ]);
    }
    text(&rows)
}
