//! Ten thousand frames in one session: does the last thousand take longer than the first, and how soon is a
//! station with all of them ready again?

use crate::rig::{Rig, SEATED, picture};
use crate::table::{Table, percentile, time};
use shutterline::clock;
use std::time::Duration;

/// Frames of the session.
const FRAMES: usize = 10_000;

/// Of each student.
const SHOTS: usize = 10;

/// Shoot them all, then stop and start.
pub fn run(table: &mut Table) {
    let mut rig = Rig::new("max-shots = 100\nclear-card = true\n");
    // The sim camera sits out its event slice for each frame; a short one leaves the station's own time.
    rig.config = rig
        .config
        .replace("[camera]\n", "[camera]\nevent-slice-ms = 5\n");
    rig.scene(&picture(1));
    rig.start();
    rig.open_session((FRAMES / SHOTS) as u32);
    let mut took = Vec::with_capacity(FRAMES);
    rig.block_on(async {
        let mut events = rig.client.events(None).await.expect("events");
        for frame in 0..FRAMES {
            if frame > 0 && frame % SHOTS == 0 {
                rig.tap("next").await;
                tokio::time::sleep(Duration::from_millis(SEATED.0)).await;
            }
            let start = clock::boot_time_us();
            rig.tap("pedal").await;
            loop {
                let event = events.next().await.expect("event").expect("daemon");
                let tune = event.data["tune"].as_str().unwrap_or_default();
                if event.kind == "sound" && matches!(tune, "pass" | "warn" | "reject") {
                    break;
                }
            }
            took.push(clock::boot_time_us() - start);
        }
    });
    let first = percentile(&mut took[..1000], 50.0);
    let last = percentile(&mut took[FRAMES - 1000..], 50.0);
    let ratio = last as f64 / first as f64;
    table.row(
        "press to light: last thousand of 10,000 against the first, medians",
        format!("{} / {} = {ratio:.2}", time(last), time(first)),
        "within 1.10",
        Some(ratio <= 1.10),
    );
    rig.stop();
    let mut starts: Vec<u64> = (0..5).map(|_| start_to_ready(&mut rig)).collect();
    let median = percentile(&mut starts, 50.0);
    table.row(
        "start to ready with 10,000 frames stored, median of 5",
        time(median),
        "< 1 s",
        Some(median < 1_000_000),
    );
}

fn start_to_ready(rig: &mut Rig) -> u64 {
    let start = clock::boot_time_us();
    rig.start();
    rig.until("readiness", |s| s.serial.is_some() && s.faults.is_empty());
    let took = clock::boot_time_us() - start;
    rig.stop();
    took
}
