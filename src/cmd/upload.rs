//! `shutterline upload …`: what still has to reach a destination, and what a person says of it.

use super::output::{Format, or_dash, print, show, show_outcome, table, text};
use super::{when, words};
use crate::archive::{Making, MakingLook, OutboxId, OutboxRow, Selection};
use crate::clock;
use crate::model::{DestinationStatus, Millis, Outcome, WallMs};
use crate::web::OutboxView;
use crate::web::client::Client;
use crate::web::wire::{MeteredBody, PauseBody};
use clap::{Args, Subcommand, ValueEnum};
use std::io::IsTerminal;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  shutterline upload status --watch
  shutterline upload retry                        # send again what was parked after failing for good
  shutterline upload retry 1207                   # this one, also if it was skipped
  shutterline upload skip 1207                    # do not send it; its photo stays here
  shutterline upload pause --destination office   # until `upload resume`, also over a restart
  shutterline upload resume                       # go on, everywhere
  shutterline upload metered on                   # the network costs money";

/// How often `--watch` looks again.
const WATCH: Duration = Duration::from_secs(1);

/// From the top left corner on, with nothing left of what stood there.
const CLEAR: &str = "\x1b[H\x1b[2J";

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
    /// Show each destination, what is parked there, and why
    Status {
        /// Look again each second, until Ctrl-C
        #[arg(long)]
        watch: bool,
        /// Items shown of each destination that are parked, skipped, and next
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Send parked items again, and skipped ones that are named
    Retry {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Do not send items; their photos stay on the station
    Skip {
        /// Which.
        #[command(flatten)]
        which: Named,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Send nothing to a destination, or to any, until it is resumed
    Pause {
        /// Which.
        #[command(flatten)]
        place: Place,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Go on sending
    Resume {
        /// Which.
        #[command(flatten)]
        place: Place,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Say whether the network costs money
    Metered {
        /// `on`: only destinations that the config allows on such a network are sent files
        state: Switch,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Items of the outbox.
#[derive(Debug, Args)]
pub struct Which {
    /// Numbers of items, as `upload status` shows them; without any, all that it can be done to
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    /// Only what goes to this destination, by its name in the config
    #[arg(long, value_name = "NAME")]
    pub destination: Option<String>,
}

/// The same, where all of everything would be too much.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Named {
    /// Numbers of items, as `upload status` shows them
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    /// All that waits for this destination, or only those named of it
    #[arg(long, value_name = "NAME")]
    pub destination: Option<String>,
}

/// One destination, or all.
#[derive(Debug, Args)]
pub struct Place {
    /// This destination, by its name in the config; all of them without it
    #[arg(long, value_name = "NAME")]
    pub destination: Option<String>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It does.
    On,
    /// It does not.
    Off,
}

fn selection(destination: Option<String>, ids: Vec<i64>) -> Selection {
    Selection {
        destination,
        ids: ids.into_iter().map(OutboxId).collect(),
    }
}

/// Asks and shows.
pub async fn run(args: UploadArgs, client: &Client) -> anyhow::Result<()> {
    let (outcome, format): (Outcome, Format) = match args.verb {
        UploadVerb::Status {
            watch,
            limit,
            format,
        } => return status(client, watch, limit, format).await,
        UploadVerb::Retry { which, format } => {
            let which = selection(which.destination, which.ids);
            (client.post("/v1/upload/retry", &which).await?, format)
        }
        UploadVerb::Skip { which, format } => {
            let which = selection(which.destination, which.ids);
            (client.post("/v1/upload/skip", &which).await?, format)
        }
        UploadVerb::Pause { place, format } => {
            let destination = place.destination;
            let body = PauseBody { destination };
            (client.post("/v1/upload/pause", &body).await?, format)
        }
        UploadVerb::Resume { place, format } => {
            let destination = place.destination;
            let body = PauseBody { destination };
            (client.post("/v1/upload/resume", &body).await?, format)
        }
        UploadVerb::Metered { state, format } => {
            let metered = state == Switch::On;
            let body = MeteredBody { metered };
            (client.post("/v1/upload/metered", &body).await?, format)
        }
    };
    show_outcome(&outcome, format)
}

/// The outbox once, or again and again: in place on a terminal, one below the other elsewhere.
async fn status(client: &Client, watch: bool, limit: u32, format: Format) -> anyhow::Result<()> {
    let path = format!("/v1/upload?limit={limit}");
    let in_place = watch && !format.json && std::io::stdout().is_terminal();
    loop {
        let view: OutboxView = client.get(&path).await?;
        if in_place {
            print(CLEAR)?;
        }
        show(&view, format, |view| human(view, clock::wall_time()))?;
        if !watch {
            return Ok(());
        }
        tokio::time::sleep(WATCH).await;
    }
}

fn human(view: &OutboxView, now: WallMs) -> String {
    let mut out = String::new();
    if !view.destinations.is_empty() {
        out.push_str(&destinations(&view.destinations, now));
    }
    for status in &view.destinations {
        if let Some(error) = &status.traffic.error {
            let retry = status.traffic.retry_in_ms.map_or(String::new(), |span| {
                format!(" (再试 tried again in {})", span_words(span))
            });
            // Most say themselves whose they are.
            let whose = match error.starts_with(&format!("{}: ", status.name)) {
                true => String::new(),
                false => format!("{}: ", status.name),
            };
            out.push_str(&format!("{whose}{error}{retry}\n"));
        }
    }
    let of = |state: &str| -> Vec<&OutboxRow> {
        let ends = |row: &&OutboxRow| row.state.trim_start_matches("removing-") == state;
        view.items.iter().filter(ends).collect()
    };
    let parked = of("parked");
    if let Some(first) = parked.first() {
        out.push_str("\n停下的项目 parked:\n");
        out.push_str(&items(&parked, "原因 reason"));
        out.push_str(&format!(
            "  下一步 next: 排除原因后 mend the cause, then: shutterline upload retry {id}；不要发送 not wanted: shutterline upload skip {id}\n",
            id = first.id.0
        ));
    }
    let skipped = of("skipped");
    if let Some(first) = skipped.first() {
        out.push_str("\n不发送的项目 skipped:\n");
        out.push_str(&items(&skipped, "上次错误 last error"));
        out.push_str(&format!(
            "  下一步 next: 改变主意 to send one after all: shutterline upload retry {}\n",
            first.id.0
        ));
    }
    let next: Vec<_> = view.items.iter().filter(|row| waits(row)).collect();
    if !next.is_empty() {
        out.push_str("\n接下来 next:\n");
        out.push_str(&items(&next, "上次错误 last error"));
    }
    out.push_str(&unmade(&view.making));
    if view.metered {
        out.push_str("按流量计费 metered: on\n");
    }
    out.push_str(&format!(
        "待传 pending {} · 失败 failed {}\n",
        view.outbox.pending, view.outbox.failed
    ));
    out
}

/// What is still to be made, and what could not be, with why.
fn unmade(look: &MakingLook) -> String {
    let mut out = String::new();
    if look.waiting > 0 {
        out.push_str(&format!(
            "待制作的成片、报告、清单 portraits, reports and lists to be made: {}\n",
            look.waiting
        ));
    }
    if !look.unmade.is_empty() {
        out.push_str("\n无法制作 could not be made:\n");
        let mut rows = table(["what 内容", "of 所属", "reason 原因"]);
        for unmade in &look.unmade {
            let (what, of) = match &unmade.making {
                Making::Portrait(frame) => ("成片 portrait", frame.as_str()),
                Making::Report(frame) => ("报告 report", frame.as_str()),
                Making::Manifest(session) => ("清单 list", session.as_str()),
            };
            rows.add_row([what, of, &unmade.error]);
        }
        out.push_str(&text(&rows));
    }
    out
}

fn waits(row: &OutboxRow) -> bool {
    matches!(row.state.as_str(), "pending" | "removing" | "replaced")
}

fn destinations(all: &[DestinationStatus], now: WallMs) -> String {
    let mut rows = table([
        "destination 目的地",
        "required 必达",
        "state 状态",
        "waiting 待传",
        "size 大小",
        "rate 速度",
        "left 剩余",
        "parked 停下",
        "skipped 不传",
        "oldest 最早",
    ]);
    for status in all {
        let rate = Some(status.traffic.rate).filter(|rate| *rate > 0);
        let left = status.time_left().filter(|_| status.pending > 0);
        rows.add_row([
            status.name.clone(),
            words::yes(status.required).to_owned(),
            words::reach(status.traffic.reach).to_owned(),
            status.pending.to_string(),
            status.pending_bytes.to_string(),
            or_dash(rate.map(|rate| format!("{}/s", crate::model::Bytes(rate)))),
            or_dash(left.map(span_words)),
            status.parked.to_string(),
            status.skipped.to_string(),
            or_dash(status.oldest.map(|at| when::ago(at, now, true))),
        ]);
    }
    text(&rows)
}

fn items(some: &[&OutboxRow], why: &str) -> String {
    let mut rows = table([
        "id",
        "frame",
        "destination",
        "name there",
        "size",
        "failed",
        why,
    ]);
    for row in some {
        let removal = if row.state.starts_with("removing") {
            "删除 remove "
        } else {
            ""
        };
        rows.add_row([
            row.id.0.to_string(),
            or_dash(row.frame.as_ref()),
            row.destination.clone(),
            format!("{removal}{}", row.key),
            row.size_bytes.to_string(),
            row.attempts.to_string(),
            or_dash(row.last_error.as_ref()),
        ]);
    }
    text(&rows)
}

/// A span in its largest units.
fn span_words(span: Millis) -> String {
    let seconds = span.0.div_ceil(1000);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Unmade;
    use crate::model::{Bytes, FileRole, FrameId, OutboxCounts, Reach, Sha256, Traffic};

    fn row(id: i64, state: &str, error: Option<&str>) -> OutboxRow {
        OutboxRow {
            id: OutboxId(id),
            frame: Some(FrameId("k7qa-000004".into())),
            role: FileRole::Jpeg,
            destination: "office".into(),
            path: "photos/a.JPG".into(),
            key: "k7qa-s1/0001_20210001/k7qa-000004.JPG".into(),
            replaces: None,
            sha256: Sha256("00".repeat(32)),
            size_bytes: Bytes(6_100_000),
            attempts: 3,
            state: state.into(),
            last_error: error.map(str::to_owned),
            verified_by: None,
            sent_at: None,
            receipt: None,
        }
    }

    #[test]
    fn a_destination_is_told_in_both_languages_with_what_to_do() {
        let view = OutboxView {
            outbox: OutboxCounts {
                pending: 100_000,
                failed: 1,
            },
            metered: true,
            making: MakingLook {
                waiting: 3,
                unmade: vec![Unmade {
                    making: Making::Portrait(FrameId("k7qa-000005".into())),
                    error: "no cut keeps the standard's bands".into(),
                }],
            },
            destinations: vec![DestinationStatus {
                name: "office".into(),
                required: true,
                pending: 100_000,
                pending_bytes: Bytes(900_000_000),
                parked: 1,
                oldest: Some(WallMs(0)),
                traffic: Traffic {
                    reach: Reach::Sending,
                    rate: 1_000_000,
                    retry_in_ms: Some(Millis(61_000)),
                    error: Some("office: no route".into()),
                },
                ..DestinationStatus::default()
            }],
            items: vec![
                row(
                    7,
                    "parked",
                    Some("office: the quota is used up; ask its keeper"),
                ),
                row(9, "pending", None),
            ],
        };
        let shown = human(&view, WallMs(120_000));
        assert!(!shown.contains("office: office"), "{shown}");
        for part in [
            "发送中 sending",
            "必须 yes",
            "900.0 MB",
            "1.0 MB/s",
            "15 min 0 s",
            "2 min ago",
            "office: no route (再试 tried again in 1 min 1 s)",
            "the quota is used up; ask its keeper",
            "upload retry 7",
            "upload skip 7",
            "lists to be made: 3",
            "k7qa-000005",
            "no cut keeps the standard's bands",
            "metered: on",
            "pending 100000",
        ] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
        assert!(!shown.contains("skipped:"), "{shown}");
    }
}
