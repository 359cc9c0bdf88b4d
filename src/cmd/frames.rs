//! `shutterline frames …`: what was shot, and whose it is.

use super::output::{Format, facts, or_dash, show, show_outcome, table, text};
use super::queue::DryRun;
use super::when;
use crate::clock;
use crate::model::{Measure, MeasureState, Outcome, Report, Serial, SessionId};
use crate::web::client::{Client, encode, frames_path};
use crate::web::wire::{
    DryRunBody, FileView, FrameDetail, FrameQuery, FrameView, NoBody, ReassignBody,
};
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  shutterline frames list --set-aside
  shutterline frames list --serial 7 --json
  shutterline frames show k7qa-000123
  shutterline frames accept k7qa-000123                          # a human overrules the reject
  shutterline frames reassign k7qa-000123 --to 20210007 --dry-run
  shutterline frames split --from k7qa-000124                    # forgot to move on
  shutterline frames discard k7qa-000123                         # set aside, and nobody's";

/// Arguments of `frames`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FramesArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: FramesVerb,
}

/// What can be done with frames.
#[derive(Debug, Subcommand)]
pub enum FramesVerb {
    /// List frames
    List {
        /// Only those without a certain owner
        #[arg(long)]
        set_aside: bool,
        /// Only of this serial
        #[arg(long)]
        serial: Option<Serial>,
        /// Only of this session
        #[arg(long, value_name = "SESSION")]
        session: Option<String>,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Show one frame with its files and its report
    Show {
        /// Frame id
        id: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Overrule a reject; the verdict stays as it was
    Accept {
        /// Frame id
        id: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Give a frame, set aside or not, its owner (audited)
    Reassign {
        /// Frame id
        id: String,
        /// Whose it is: student number
        #[arg(long, value_name = "STUDENT")]
        to: String,
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Forgot to move on: this frame and later ones of its serial go to the next serial
    Split {
        /// First frame of the next serial
        #[arg(long, value_name = "FRAME")]
        from: String,
        /// Show only.
        #[command(flatten)]
        dry: DryRun,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// A set-aside frame belongs to nobody: kept on disk, never delivered
    Discard {
        /// Frame id
        id: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: FramesArgs, client: &Client) -> anyhow::Result<()> {
    let (outcome, format): (Outcome, Format) = match args.verb {
        FramesVerb::List {
            set_aside,
            serial,
            session,
            format,
        } => {
            let query = FrameQuery {
                session: session.map(SessionId),
                set_aside,
                serial,
            };
            let frames: Vec<FrameView> = client.get(&frames_path(&query)).await?;
            return show(&frames, format, |frames| list_text(frames));
        }
        FramesVerb::Show { id, format } => {
            let path = format!("/v1/frames/{}", encode(&id));
            let frame: FrameDetail = client.get(&path).await?;
            return show(&frame, format, detail_text);
        }
        FramesVerb::Accept { id, format } => {
            let path = path_of(&id, "accept");
            (client.post(&path, &NoBody {}).await?, format)
        }
        FramesVerb::Discard { id, format } => {
            let path = path_of(&id, "discard");
            (client.post(&path, &NoBody {}).await?, format)
        }
        FramesVerb::Reassign {
            id,
            to,
            dry,
            format,
        } => {
            let dry_run = dry.dry_run;
            let body = ReassignBody { to, dry_run };
            (client.post(&path_of(&id, "reassign"), &body).await?, format)
        }
        FramesVerb::Split { from, dry, format } => {
            let dry_run = dry.dry_run;
            let body = DryRunBody { dry_run };
            (client.post(&path_of(&from, "split"), &body).await?, format)
        }
    };
    show_outcome(&outcome, format)
}

fn path_of(id: &str, verb: &str) -> String {
    format!("/v1/frames/{}/{verb}", encode(id))
}

fn list_text(frames: &[FrameView]) -> String {
    if frames.is_empty() {
        return "no frames\n".to_owned();
    }
    let now = clock::wall_time();
    let mut rows = table([
        "frame",
        "序号 serial",
        "学号 student",
        "origin",
        "state",
        "verdict",
        "reasons",
        "taken",
        "size",
    ]);
    for frame in frames {
        rows.add_row([
            frame.id.to_string(),
            serial_text(frame),
            or_dash(frame.student_number.as_ref()),
            frame.origin.as_str().to_owned(),
            frame.state.as_str().to_owned(),
            verdict_text(frame),
            or_dash(Some(frame.reasons.join(", ")).filter(|r| !r.is_empty())),
            when::ago(frame.taken_at_ms, now, frame.taken_at_trusted),
            size_text(frame),
        ]);
    }
    text(&rows)
}

/// The size of its file, or that it is no longer here.
fn size_text(frame: &FrameView) -> String {
    let main = |file: &&FileView| Some(&file.path) == frame.path.as_ref();
    let cleared = frame.files.iter().find(main).and_then(|f| f.cleared_at_ms);
    match cleared {
        Some(_) => "已清理 cleared".to_owned(),
        None => or_dash(frame.size_bytes),
    }
}

/// The serial, or in its place whom the frame may belong to.
fn serial_text(frame: &FrameView) -> String {
    match (frame.serial, frame.candidates.is_empty()) {
        (Some(serial), _) => serial.to_string(),
        (None, true) => "-".to_owned(),
        (None, false) => {
            let may_be: Vec<String> = frame.candidates.iter().map(Serial::to_string).collect();
            format!("{}?", may_be.join(" or "))
        }
    }
}

fn verdict_text(frame: &FrameView) -> String {
    let mut text = frame
        .verdict
        .map_or("not judged", |v| v.as_str())
        .to_owned();
    if frame.accepted {
        text.push_str(", accepted");
    }
    if frame.retaken {
        text.push_str(", retaken");
    }
    if frame.proposed {
        text.push_str(", proposed");
    }
    text
}

fn detail_text(detail: &FrameDetail) -> String {
    let frame = &detail.frame;
    let mut lines = facts();
    let mut line = |name: &str, value: String| {
        lines.add_row([name.to_owned(), value]);
    };
    line("frame", frame.id.to_string());
    line("场次 session", or_dash(frame.session.as_ref()));
    line("序号 serial", serial_text(frame));
    line("学号 student", or_dash(frame.student_number.as_ref()));
    line("origin", frame.origin.as_str().to_owned());
    line("state", frame.state.as_str().to_owned());
    line("verdict", verdict_text(frame));
    let trust = if frame.taken_at_trusted {
        ""
    } else {
        " (clock not trusted)"
    };
    line("taken", format!("{}{trust}", when::utc(frame.taken_at_ms)));
    for file in &frame.files {
        line(
            file.role.as_str(),
            format!("{}  {}  sha256 {}", file.path, file.size_bytes, file.sha256),
        );
    }
    let mut out = text(&lines);
    let report = detail
        .report
        .clone()
        .and_then(|report| serde_json::from_value::<Report>(report).ok());
    if let Some(report) = report {
        out.push_str(&report_text(&report));
    }
    out
}

fn report_text(report: &Report) -> String {
    let mut out = format!(
        "\nstandard {}, {} x {} px\n",
        report.standard, report.width_px, report.height_px
    );
    for reason in &report.reasons {
        out.push_str(&format!("  {}  {} · {}\n", reason.id, reason.zh, reason.en));
    }
    let mut rows = table(["measure", "value", "min", "max", ""]);
    for measure in &report.measures {
        let limit = |limit: Option<f64>| or_dash(limit.map(number));
        let (value, remark) = value_of(measure);
        rows.add_row([
            measure.name.clone(),
            value,
            limit(measure.min),
            limit(measure.max),
            remark,
        ]);
    }
    out.push_str(&text(&rows));
    out
}

fn value_of(measure: &Measure) -> (String, String) {
    match &measure.state {
        MeasureState::Measured { value, within, .. } => (
            format!("{} {}", number(*value), measure.unit),
            if *within { "" } else { "out of limits" }.to_owned(),
        ),
        MeasureState::NotMeasured { why } => ("not measured".to_owned(), why.clone()),
    }
}

/// Three decimals at most, none where there are none.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
