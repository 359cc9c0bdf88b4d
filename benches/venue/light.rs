//! Pedal to light with the whole check, and how much memory it takes, at 24 megapixels.

use crate::check::photo;
use crate::rig::{Rig, process_kib};
use crate::table::{Table, percentile, time};

/// Presses; the verdict takes most of a second on a small board.
const PRESSES: usize = 40;

/// Goal for daemon and camera process together, KiB.
const MEMORY_GOAL_KIB: u64 = 128 * 1024;

/// Press, wait for the sound of the verdict, and look at the peaks.
pub fn run(table: &mut Table) {
    let jpeg = photo(4000, 6000);
    let size = jpeg.len();
    let mut rig = Rig::new("").with_models();
    rig.scene(&jpeg);
    rig.start();
    rig.open_session(3);
    let mut samples = Vec::with_capacity(PRESSES);
    rig.block_on(async {
        let mut events = rig.client.events(None).await.expect("events");
        for _ in 0..PRESSES {
            rig.tap("pedal").await;
            loop {
                let event = events.next().await.expect("event").expect("daemon");
                let tune = event.data["tune"].as_str().unwrap_or_default();
                if event.kind == "sound" && matches!(tune, "pass" | "warn" | "reject") {
                    samples.extend(event.data["edge_to_sound_us"].as_u64());
                    break;
                }
            }
        }
    });
    let p50 = percentile(&mut samples, 50.0);
    let p99 = percentile(&mut samples, 99.0);
    table.row(
        &format!(
            "pedal to light, whole check with the face, 24 megapixels ({:.1} MB)",
            size as f64 / 1e6
        ),
        format!("p50 {}, p99 {}", time(p50), time(p99)),
        "none set",
        None,
    );
    let daemon = process_kib(rig.pid(), "VmHWM");
    let child = child_of(rig.pid()).map_or(0, |pid| process_kib(pid, "VmHWM"));
    table.row(
        "peak memory, daemon with the models + camera process, 24 megapixels",
        format!("{} + {} MiB", daemon / 1024, child / 1024),
        "< 128 MiB together",
        Some(daemon + child < MEMORY_GOAL_KIB),
    );
}

fn child_of(pid: u32) -> Option<u32> {
    std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .find(|child: &u32| {
            std::fs::read_to_string(format!("/proc/{child}/status"))
                .unwrap_or_default()
                .lines()
                .any(|l| l.strip_prefix("PPid:").map(str::trim) == Some(&pid.to_string()))
        })
}
