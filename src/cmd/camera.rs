//! `shutterline camera …`: the tethered camera.

use super::output::{Format, facts, or_dash, show, show_outcome, table, text};
use super::words;
use crate::model::{CameraInfo, CameraState, Outcome};
use crate::web::CameraView;
use crate::web::client::Client;
use crate::web::wire::{NoBody, TestShotBody};
use anyhow::Context;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  shutterline camera list              # with or without a daemon
  shutterline camera show
  shutterline camera test-shot         # a frame that belongs to nobody
  shutterline camera test-shot --reference   # and what the session's later frames are compared with
  shutterline camera adopt             # after metering: these settings are the session's profile";

/// Arguments of `camera`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CameraArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: CameraVerb,
}

/// What can be done with the camera.
#[derive(Debug, Subcommand)]
pub enum CameraVerb {
    /// List the cameras on USB, and the one that a running daemon uses
    List {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Show the camera as observed, with its profile and what differs from it
    Show {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Make the camera's present settings the session's profile
    Adopt {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Fire once for nobody
    TestShot {
        /// Compare the session's later frames with it: after lamps, camera or backdrop were changed on purpose
        #[arg(long)]
        reference: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Turn a fault knob of the sim camera, for drills
    #[command(hide = true)]
    Knob {
        /// The knob as JSON
        #[arg(value_name = "JSON")]
        knob: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// Asks and shows.
pub async fn run(args: CameraArgs, client: &Client) -> anyhow::Result<()> {
    let (outcome, format): (Outcome, Format) = match args.verb {
        CameraVerb::List { format } => {
            let mut found = crate::camera::detect()?;
            // No daemon is no failure here: then nobody holds a camera.
            if let Ok(view) = client.get::<CameraView>("/v1/camera").await {
                add_in_use(&mut found, view);
            }
            return show(&found, format, |found| list_text(found));
        }
        CameraVerb::Show { format } => {
            let view: CameraView = client.get("/v1/camera").await?;
            return show(&view, format, human);
        }
        CameraVerb::Adopt { format } => {
            (client.post("/v1/camera/adopt", &NoBody {}).await?, format)
        }
        CameraVerb::TestShot { reference, format } => {
            let body = TestShotBody { reference };
            (client.post("/v1/camera/test-shot", &body).await?, format)
        }
        CameraVerb::Knob { knob, format } => {
            let knob: serde_json::Value =
                serde_json::from_str(&knob).context("the knob is no JSON")?;
            (client.post("/v1/camera/knob", &knob).await?, format)
        }
    };
    show_outcome(&outcome, format)
}

/// The camera that the daemon holds is there, even where USB does not show it: the `sim` camera, or one on a hub that sleeps.
fn add_in_use(found: &mut Vec<CameraInfo>, view: CameraView) {
    let there = !matches!(view.state, CameraState::Absent | CameraState::Opening);
    let Some(info) = view.info.filter(|_| there) else {
        return;
    };
    if found.iter().all(|camera| camera.port != info.port) {
        found.push(info);
    }
}

fn list_text(cameras: &[CameraInfo]) -> String {
    if cameras.is_empty() {
        return "没有发现相机：检查电源和数据线 · no camera found: check its power and the cable\n"
            .to_owned();
    }
    let mut rows = table(["型号 model", "机身号 serial", "端口 port", "电池 battery"]);
    for camera in cameras {
        rows.add_row([
            camera.model.clone(),
            or_dash(Some(&camera.serial).filter(|s| !s.is_empty())),
            camera.port.clone(),
            or_dash(camera.battery.as_ref()),
        ]);
    }
    text(&rows)
}

fn human(view: &CameraView) -> String {
    let mut lines = facts();
    let mut line = |name: &str, value: String| {
        lines.add_row([name.to_owned(), value]);
    };
    line("状态 state", words::camera(view.state).to_owned());
    if let Some(holder) = &view.claimed_by {
        line("占用 claimed by", holder.clone());
    }
    if let Some(info) = &view.info {
        line("型号 model", info.model.clone());
        line(
            "机身号 serial",
            or_dash(Some(&info.serial).filter(|s| !s.is_empty())),
        );
        line("端口 port", info.port.clone());
        line("电池 battery", or_dash(info.battery.as_ref()));
        line("卡余量 card free", or_dash(info.card_free));
        line("可拍张数 frames left", or_dash(info.frames_left));
        let offset = info.clock_offset_ms.map(|ms| format!("{ms:+} ms"));
        line("时钟差 clock offset", or_dash(offset));
        for mismatch in &info.mismatches {
            let found = or_dash(mismatch.found.as_ref());
            line(
                "不符 mismatch",
                format!(
                    "{}: wanted {}, found {found}",
                    mismatch.key, mismatch.wanted
                ),
            );
        }
    }
    for (key, value) in &view.profile {
        line("设定 profile", format!("{key} = {value}"));
    }
    let waiting = view.waiting_deletion.len();
    if waiting > 0 {
        line(
            "待删 to delete",
            format!("{waiting} archived files are still on the card"),
        );
    }
    text(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(state: CameraState, port: &str) -> CameraView {
        CameraView {
            state,
            info: Some(CameraInfo {
                model: "Shutterline Sim".into(),
                port: port.into(),
                ..CameraInfo::default()
            }),
            ..CameraView::default()
        }
    }

    #[test]
    fn the_camera_in_use_is_listed_once() {
        let mut found = Vec::new();
        add_in_use(&mut found, view(CameraState::Absent, "sim:/card"));
        assert!(found.is_empty());
        add_in_use(&mut found, view(CameraState::Ready, "sim:/card"));
        add_in_use(&mut found, view(CameraState::Busy, "sim:/card"));
        assert_eq!(found.len(), 1);
        assert!(list_text(&found).contains("Shutterline Sim"));
    }
}
