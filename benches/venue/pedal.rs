//! Pedal edge to the camera's trigger call, through daemon and child, on the sim camera.

use crate::rig::{Rig, picture};
use crate::table::{Table, percentile, time};
use serde_json::json;
use shutterline::web::StreamEvent;

/// Presses per case.
const PRESSES: usize = 1000;

/// The sim camera sits in one wait for events for so long, milliseconds.
const EVENT_SLICE_MS: u64 = 50;

/// When the next press comes.
#[derive(Clone, Copy, PartialEq)]
enum Press {
    /// Once the frame is stored and judged.
    WhenDone,
    /// As soon as its file is seen, so that the download is under way.
    WhileDownloading,
    /// As soon as it is stored, so that its deletion is under way.
    WhileDeleting,
}

struct Case {
    name: &'static str,
    press: Press,
    slow_download: bool,
    station: &'static str,
    env: &'static [(&'static str, &'static str)],
    goal_us: u64,
    goal: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        name: "pedal to trigger, idle",
        press: Press::WhenDone,
        slow_download: false,
        station: "",
        env: &[],
        goal_us: 2_000,
        goal: "p99 < 2 ms",
    },
    Case {
        name: "pedal to trigger, every commit delayed by 500 ms",
        press: Press::WhileDownloading,
        slow_download: false,
        station: "",
        env: &[("SHUTTERLINE_DRILL_COMMIT_DELAY_MS", "500")],
        goal_us: 2_000,
        goal: "p99 < 2 ms",
    },
    Case {
        name: "pedal to trigger, during a download",
        press: Press::WhileDownloading,
        slow_download: true,
        station: "",
        env: &[],
        goal_us: EVENT_SLICE_MS * 1000,
        goal: "p99 < one event slice (50 ms)",
    },
    Case {
        name: "pedal to trigger, during a deletion",
        press: Press::WhileDeleting,
        slow_download: false,
        station: "clear-card = true\n",
        env: &[],
        goal_us: EVENT_SLICE_MS * 1000,
        goal: "p99 < one event slice (50 ms)",
    },
];

/// Press and measure each case.
pub fn run(table: &mut Table) {
    for case in CASES {
        let mut samples = measure(&case);
        let p50 = percentile(&mut samples, 50.0);
        let p99 = percentile(&mut samples, 99.0);
        table.row(
            case.name,
            format!("p50 {}, p99 {}", time(p50), time(p99)),
            case.goal,
            Some(p99 < case.goal_us),
        );
    }
}

fn measure(case: &Case) -> Vec<u64> {
    let mut rig = Rig::new(case.station);
    rig.env = case
        .env
        .iter()
        .map(|(k, v)| ((*k).into(), (*v).into()))
        .collect();
    rig.scene(&picture(1));
    rig.start();
    rig.open_session(3);
    if case.slow_download {
        // A tenth of a second for each picture.
        let bytes = picture(1).len() as u64;
        rig.knob(json!({ "slow": { "bytes_per_s": bytes * 10 } }));
    }
    let mut samples = Vec::with_capacity(PRESSES);
    rig.block_on(async {
        let mut events = rig.client.events(None).await.expect("events");
        for _ in 0..PRESSES {
            rig.tap("pedal").await;
            let mut gone = Progress::default();
            while !gone.reached(case.press) {
                let event = events.next().await.expect("event").expect("daemon");
                assert!(
                    event.kind != "sound" || event.data["tune"] != "refused",
                    "a press was refused"
                );
                if event.kind == "fired" {
                    samples.extend(event.data["edge_to_trigger_us"].as_u64());
                }
                gone.hear(&event);
            }
        }
    });
    samples
}

/// How far the last press has come.
#[derive(Default)]
struct Progress {
    fired: bool,
    checking: bool,
    stored: bool,
    judged: bool,
}

impl Progress {
    fn hear(&mut self, event: &StreamEvent) {
        let data = &event.data;
        match event.kind.as_str() {
            "fired" => {
                *self = Progress {
                    fired: true,
                    ..Progress::default()
                }
            }
            "status" => self.checking = self.fired && data["state"] != "shooting",
            "frame" => {
                self.stored |= self.fired && !data["stored"].is_null();
                self.judged |= self.fired && !data["judged"].is_null();
            }
            _ => {}
        }
    }

    fn reached(&self, press: Press) -> bool {
        self.fired
            && match press {
                Press::WhenDone => self.stored && self.judged && self.checking,
                Press::WhileDownloading => self.checking,
                Press::WhileDeleting => self.stored && self.checking,
            }
    }
}
