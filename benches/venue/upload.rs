//! Delivery: originals to an S3 server on this machine beside a well-known tool, the next of a long queue, and what a press feels of a
//! transfer.

use crate::peers::{Kind, Peer, Served, skipped};
use crate::rig::{Rig, picture, process_kib};
use crate::station::{self, Station};
use crate::table::{Table, percentile, time};
use shutterline::clock;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Originals of ten million bytes; the environment variable `SHUTTERLINE_BENCH_ORIGINALS` has another number, for who has the memory: the
/// server keeps them there.
const ORIGINALS: u32 = 100;

/// About what a RAW's sidecar has, bytes.
const SIDECAR: usize = 1500;

/// Rows of the long queue.
const ROWS: u32 = 100_000;

/// Presses with, and as many without a transfer beside them.
const PRESSES: usize = 500;

/// Everything about delivery.
pub fn run(table: &mut Table) {
    next_of_many(table);
    beside_rclone(table);
    pressed_beside(table);
}

/// How long the archive takes to say what is next.
fn next_of_many(table: &mut Table) {
    let Some(peer) = Served::start(Kind::Intake) else {
        return;
    };
    let mut station = Station::new(&peer, "");
    station.shoot(1, "DSC_0001.JPG", &station::photo(1));
    // Rows like the one that is there; shooting a hundred thousand frames takes longer than the queue is worth.
    let path = station.folder.path().join("data/shutterline.db");
    let db = rusqlite::Connection::open(path).expect("database");
    db.busy_timeout(Duration::from_secs(10)).expect("patience");
    db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO outbox (file, destination, key, sha256, size_bytes, state, turn, taken_at_ms, begun)
         SELECT file, destination, key || i, sha256, size_bytes, state, turn + i % 7, taken_at_ms, 0 FROM outbox, n WHERE outbox.id = 1",
        [ROWS],
    )
    .expect("rows");
    let mut took: Vec<u64> = (0..200)
        .map(|_| {
            let begun = clock::boot_time_us();
            let due = station.due(2);
            assert_eq!(due.len(), 2);
            clock::boot_time_us() - begun
        })
        .collect();
    let p50 = percentile(&mut took, 50.0);
    let p99 = percentile(&mut took, 99.0);
    table.row(
        "the next two of 100,000 waiting files, marked as begun",
        format!("p50 {}, p99 {}", time(p50), time(p99)),
        "p50 < 1 ms",
        Some(p50 < 1_000),
    );
}

/// The same files by this station and by rclone, one after the other, to fresh servers.
fn beside_rclone(table: &mut Table) {
    let wanted = std::env::var("SHUTTERLINE_BENCH_ORIGINALS").ok();
    let originals = wanted.and_then(|n| n.parse().ok()).unwrap_or(ORIGINALS);
    let Some(peer) = Served::start(Kind::S3) else {
        return;
    };
    let mut sender = Station::new(&peer, "");
    let folder = tempfile::tempdir().expect("folder");
    for number in 1..=originals {
        let bytes = station::raw(number, 10);
        let name = format!("DSC_{number:04}.NEF");
        let file = folder.path().join(&name);
        std::fs::write(&file, &bytes).expect("original");
        // The station has one beside each.
        std::fs::write(file.with_extension("xmp"), [b' '; SIDECAR]).expect("sidecar");
        sender.shoot(1 + number % 9, &name, &bytes);
    }
    let before = process_kib(std::process::id(), "VmRSS");
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak's reset");
    let begun = clock::boot_time_us();
    let work = sender.work(&peer, peer.address());
    let hour = Duration::from_secs(3600);
    sender.until_empty(hour);
    let ours = clock::boot_time_us() - begun;
    drop(work);
    let grown = process_kib(std::process::id(), "VmHWM").saturating_sub(before);
    assert_eq!(peer.objects().len() as u32, 2 * originals);
    drop((sender, peer));
    table.row(
        &format!("memory that sending {originals} originals of 10 MB and their sidecars takes"),
        format!("{} MiB", grown / 1024),
        "< 48 MiB, whatever their number",
        Some(grown < 48 * 1024),
    );
    let Some(theirs) = rclone(folder.path()) else {
        return;
    };
    let ratio = ours as f64 / theirs as f64;
    table.row(
        &format!(
            "{originals} originals of 10 MB and their sidecars to S3, verified, against rclone"
        ),
        format!("{} / {} = {ratio:.2}", time(ours), time(theirs)),
        "within 1.2",
        Some(ratio <= 1.2),
    );
}

/// What rclone takes for a folder, with its own verification and as many files side by side.
fn rclone(folder: &Path) -> Option<u64> {
    if Command::new("rclone").arg("version").output().is_err() {
        skipped("rclone is not installed (apt-get install rclone): nothing to compare with");
        return None;
    }
    let peer = Served::start(Kind::S3)?;
    let keep = tempfile::tempdir().expect("folder");
    let credential = std::fs::read_to_string(peer.credentials(keep.path())).expect("credential");
    let secret = |name: &str| {
        let line = credential.lines().find_map(|l| l.strip_prefix(name));
        let value = line.and_then(|l| l.split('"').nth(1));
        value.expect("a credential").to_owned()
    };
    let begun = clock::boot_time_us();
    let copied = Command::new("rclone")
        .args([
            "copy",
            "--transfers",
            "2",
            "--checkers",
            "2",
            "--retries",
            "1",
        ])
        .arg("--s3-no-check-bucket")
        .arg(folder)
        .arg("there:graduates/rclone")
        // It goes to this machine without TLS, and would refuse to start for a bundle that it cannot use.
        .env_remove("AWS_CA_BUNDLE")
        .env("RCLONE_CONFIG", keep.path().join("none.conf"))
        .env("RCLONE_CONFIG_THERE_TYPE", "s3")
        .env("RCLONE_CONFIG_THERE_PROVIDER", "Other")
        .env("RCLONE_CONFIG_THERE_REGION", "us-east-1")
        .env(
            "RCLONE_CONFIG_THERE_ENDPOINT",
            format!("http://{}", peer.address()),
        )
        .env("RCLONE_CONFIG_THERE_ACCESS_KEY_ID", secret("access-key-id"))
        .env(
            "RCLONE_CONFIG_THERE_SECRET_ACCESS_KEY",
            secret("secret-access-key"),
        )
        .output()
        .expect("rclone");
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    Some(clock::boot_time_us() - begun)
}

/// Presses of two stations in turn, of which one always has a transfer on its way.
fn pressed_beside(table: &mut Table) {
    let Some(peer) = Served::start(Kind::S3) else {
        return;
    };
    let alone = Rig::new("");
    let mut beside = Rig::new("");
    // Slow enough that what is queued first lasts to the end.
    beside.config = format!(
        "[upload]\nlimit-kb-s = 400\n{}[[destination]]\nname = \"bucket\"\n{}",
        beside.config,
        peer.destination(peer.address())
    );
    let (mut alone, mut beside) = (seated(alone, 0), seated(beside, 30));
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..PRESSES {
        without.extend(pressed(&mut alone));
        with.extend(pressed(&mut beside));
    }
    let waiting = beside.status().outbox.pending;
    assert!(waiting > 0, "the transfers ended before the presses");
    let (a, b) = (percentile(&mut without, 99.0), percentile(&mut with, 99.0));
    let ratio = b as f64 / a as f64;
    table.row(
        "pedal to trigger with a transfer on its way, against without, p99",
        format!("{} / {} = {ratio:.2}", time(b), time(a)),
        "within 1.10",
        Some(ratio <= 1.10),
    );
}

/// A station that shoots, with some large frames in its outbox.
fn seated(mut rig: Rig, frames: u32) -> Rig {
    rig.start();
    rig.open_session(3);
    for number in 0..frames {
        rig.scene(&station::noise(number, 1800));
        rig.shoot();
    }
    rig.scene(&picture(1));
    rig.shoot();
    rig
}

/// One press; edge to trigger, µs.
fn pressed(rig: &mut Rig) -> Option<u64> {
    rig.block_on(async {
        let mut events = rig.client.events(None).await.expect("events");
        rig.tap("pedal").await;
        let mut took = None;
        loop {
            let event = events.next().await.expect("event").expect("daemon");
            if event.kind == "fired" {
                took = event.data["edge_to_trigger_us"].as_u64();
            }
            let tune = event.data["tune"].as_str().unwrap_or_default();
            if event.kind == "sound" && matches!(tune, "pass" | "warn" | "reject") {
                return took;
            }
        }
    })
}
