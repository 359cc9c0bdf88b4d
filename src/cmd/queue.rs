//! `shutterline queue …`: who sits when, and the corrections of serials.

use super::output::{Format, or_dash, show, show_outcome, table, text};
use super::words;
use crate::model::{HoldReason, Outcome, Serial};
use crate::web::client::{Client, encode};
use crate::web::wire::{
    BindBody, DryRunBody, EntryView, HoldBody, QueueView, SerialBody, ShiftBody, SwapBody,
    WaiveBody,
};
use clap::{Args, Subcommand, ValueEnum};

const EXAMPLES: &str = "Examples:
  shutterline queue list
  shutterline queue call 9                     # out of order, audited
  shutterline queue hold --reason fix          # whoever sits there: a shirt to straighten
  shutterline queue recall 7                   # sits next, after the one seated
  shutterline queue waive . head-covered       # whoever sits there may keep it on
  shutterline queue waive 7 head-covered --undo
  shutterline queue absent 7                   # did not come at all
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

/// A serial, or `.` for whoever sits there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat(Option<Serial>);

impl std::str::FromStr for Seat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "." {
            return Ok(Self(None));
        }
        let serial = text.parse().map(|serial| Self(Some(serial)));
        serial.map_err(|_| format!("{text:?} is neither a serial nor `.` for whoever sits there"))
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
    /// A move of one serial.
    #[command(flatten)]
    Move(Move),
    /// A correction.
    #[command(flatten)]
    Correct(Correction),
}

/// What can be done with one serial.
#[derive(Debug, Subcommand)]
pub enum Move {
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
    /// Grant somebody a reason, such as a head covering: a remark from now on, no longer a reject (audited)
    ///
    /// It stays with the serial, and its last frame is judged anew at once.
    Waive {
        /// Which serial; `.` for whoever sits there
        serial: Seat,
        /// The reason's id, as `status` and `frames list` show it
        reason: String,
        /// Take the waiver back
        #[arg(long)]
        undo: bool,
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
}

/// What can be corrected; each with `--dry-run`.
#[derive(Debug, Subcommand)]
pub enum Correction {
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
    let (outcome, format) = match args.verb {
        QueueVerb::List { session, format } => return list(session, format, client).await,
        QueueVerb::Move(verb) => moved(verb, client).await?,
        QueueVerb::Correct(verb) => corrected(verb, client).await?,
    };
    show_outcome(&outcome, format)
}

async fn moved(verb: Move, client: &Client) -> anyhow::Result<(Outcome, Format)> {
    Ok(match verb {
        Move::Call { serial, format } => (by_serial("call", serial, client).await?, format),
        Move::Recall { serial, format } => (by_serial("recall", serial, client).await?, format),
        Move::Absent { serial, format } => (by_serial("absent", serial, client).await?, format),
        Move::Waive {
            serial,
            reason,
            undo,
            format,
        } => {
            let serial = serial.0;
            let body = WaiveBody {
                serial,
                reason,
                undo,
            };
            (client.post("/v1/queue/waive", &body).await?, format)
        }
        Move::Hold {
            serial,
            reason,
            format,
        } => {
            let reason = reason.map(HoldReason::from);
            let body = HoldBody { serial, reason };
            (client.post("/v1/queue/hold", &body).await?, format)
        }
    })
}

async fn by_serial(verb: &str, serial: Serial, client: &Client) -> anyhow::Result<Outcome> {
    let path = format!("/v1/queue/{verb}");
    Ok(client.post(&path, &SerialBody { serial }).await?)
}

async fn corrected(verb: Correction, client: &Client) -> anyhow::Result<(Outcome, Format)> {
    use Correction as C;
    Ok(match verb {
        C::Bind {
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
        C::Shift {
            from,
            to,
            by,
            dry,
            format,
        } => {
            let body = ShiftBody {
                from,
                to,
                by,
                dry_run: dry.dry_run,
            };
            (client.post("/v1/queue/shift", &body).await?, format)
        }
        C::Swap { a, b, dry, format } => {
            let dry_run = dry.dry_run;
            let body = SwapBody { a, b, dry_run };
            (client.post("/v1/queue/swap", &body).await?, format)
        }
        C::UndoAdvance { dry, format } => (dry_run("undo-advance", dry, client).await?, format),
        C::Undo { dry, format } => (dry_run("undo", dry, client).await?, format),
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
            format!("/v1/queue?session={}", encode(&session))
        }
        None => "/v1/queue".to_owned(),
    };
    let queue: QueueView = client.get(&path).await?;
    show(&queue, format, list_text)
}

/// What is no more than a remark on them, from the roster and at the chair.
fn excused(entry: &EntryView) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for id in entry.exempt.iter().chain(&entry.waived) {
        if !ids.contains(&&**id) {
            ids.push(id);
        }
    }
    ids.join(", ")
}

fn list_text(queue: &QueueView) -> String {
    if queue.entries.is_empty() {
        return format!("session {} has issued no serials\n", queue.session);
    }
    let mut rows = table([
        "序号 serial",
        "学号 student",
        "姓名 name",
        "状态 state",
        "豁免 exempt",
    ]);
    for entry in &queue.entries {
        rows.add_row([
            entry.serial.to_string(),
            or_dash(entry.student_number.as_ref()),
            or_dash(entry.name.as_ref().filter(|n| !n.is_empty())),
            words::entry(&entry.state),
            excused(entry),
        ]);
    }
    text(&rows)
}
