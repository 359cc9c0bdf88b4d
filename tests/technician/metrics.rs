//! `/metrics` of a station that shoots.

use super::Bench;
use crate::rig::Rig;

#[test]
fn a_shot_counts_where_it_should() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(3, 2);
    let client = &bench.rig.client;
    let text = bench.rig.block_on(client.text("/metrics")).unwrap();
    let value = |name: &str| -> f64 {
        let line = text
            .lines()
            .find(|l| l.strip_prefix(name).is_some_and(|r| r.starts_with(' ')));
        let line = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(value("shutterline_shots_fired_total"), 2.0);
    assert_eq!(
        value("shutterline_frames_judged_total{verdict=\"pass\"}"),
        2.0
    );
    assert_eq!(value("shutterline_frames_stored_total"), 2.0);
    assert_eq!(value("shutterline_downloads_total{result=\"whole\"}"), 2.0);
    assert_eq!(value("shutterline_edge_to_trigger_seconds_count"), 2.0);
    assert_eq!(value("shutterline_edge_to_light_seconds_count"), 2.0);
    assert_eq!(value("shutterline_store_seconds_count"), 2.0);
    assert!(
        value("shutterline_edge_to_light_seconds_sum")
            > value("shutterline_edge_to_trigger_seconds_sum")
    );
    assert!(value("shutterline_fsync_seconds_count{of=\"file\"}") >= 2.0);
    assert!(value("shutterline_commit_seconds_count") >= 4.0);
    assert_eq!(value("shutterline_camera_opened_total"), 1.0);
    assert_eq!(value("shutterline_camera_ready"), 1.0);
    assert_eq!(value("shutterline_outbox_items{state=\"pending\"}"), 0.0);
    assert_eq!(value("shutterline_outbox_oldest_seconds"), 0.0);
    assert_eq!(value("shutterline_queue_students{state=\"done\"}"), 2.0);
    assert!(value("shutterline_free_bytes") > 1e6);
    for student in 1..=3 {
        assert!(!text.contains(&crate::rig::student(student)));
    }
}

#[test]
fn what_waits_for_a_destination_grows_old() {
    let mut bench = Bench::new(Rig::new(""));
    bench.rig.start();
    bench.rig.open_session(1);
    std::fs::remove_dir_all(bench.rig.dir.join("delivered")).unwrap();
    bench.rig.scene(&crate::rig::picture(1));
    bench.rig.shoot();
    bench
        .rig
        .until("a file that waits", |s| s.outbox.pending == 1);
    let client = &bench.rig.client;
    let text = bench.rig.block_on(client.text("/metrics")).unwrap();
    let oldest = text
        .lines()
        .find_map(|l| l.strip_prefix("shutterline_outbox_oldest_seconds "));
    assert!(oldest.unwrap().parse::<f64>().unwrap() > 0.0, "{text}");
}
