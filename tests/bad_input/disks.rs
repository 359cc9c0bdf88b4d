//! Disks that are full, disks that fail, and a database that somebody else holds.

use super::kept::{Before, second_is_whole, sha256_of, station};
use super::rig::disk::Disk;
use super::rig::{CAP, Rig, files_below, student};
use super::{Answer, ask, run};
use serde_json::json;
use shutterline::clock;
use shutterline::model::Fault;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Noise, of some megabytes: large enough to be caught in the middle of its download.
fn large_picture() -> Vec<u8> {
    let image = image::RgbImage::from_fn(1200, 1600, |x, y| {
        let v = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519);
        image::Rgb([(v >> 24) as u8, (v >> 16) as u8, (v >> 8) as u8])
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95)
        .encode_image(&image)
        .expect("encode");
    assert!(jpeg.len() > 1_500_000);
    jpeg
}

/// Waits without a clock of its own.
pub fn until(what: &str, reached: impl Fn() -> bool) {
    let end = clock::boot_time() + CAP;
    while !reached() {
        assert!(clock::boot_time() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Names of downloads that are under way or not yet stored.
fn incoming(rig: &Rig) -> Vec<PathBuf> {
    files_below(&rig.dir.join("incoming"))
        .into_iter()
        .filter(|p| p.file_name().is_some_and(|n| n != "filler"))
        .collect()
}

/// Serial 2 is shot, and its download is under way; how the file on the card hashes.
fn in_the_middle_of_a_download(rig: &Rig) -> String {
    // Transfers wait while a frame is on its way, so that of the one before has to be over.
    rig.until_delivered();
    rig.scene(&large_picture());
    // Takes many seconds, so that what is done in its middle, on however busy a machine, is; then it is let go.
    rig.knob(json!({ "slow": { "bytes_per_s": 200_000 } }));
    rig.press("pedal");
    until("a download under way", || {
        incoming(rig)
            .iter()
            .any(|p| p.metadata().is_ok_and(|m| m.len() > 100_000))
    });
    let card = files_below(&rig.dir.join("card/DCIM"));
    sha256_of(card.last().expect("file"))
}

/// A press fires nothing while the fault stands, and `status` says which and what to do.
fn does_not_shoot(rig: &Rig, fault: &str, words: &str, full: &[&str]) {
    let card = rig.on_card();
    rig.press("pedal");
    let refused = ask(rig, &["camera", "test-shot"]);
    assert_ne!(refused.code, Some(0), "{refused:#?}");
    assert_eq!(rig.on_card(), card);
    let shown = ask(rig, &["status"]);
    assert!(shown.done().contains(words), "{shown:#?}");
    let shown = ask(rig, &["status", "--json"]).json();
    assert_eq!(shown["state"], "fault", "{shown}");
    let faults = shown["faults"].as_array().expect("faults");
    assert!(faults.contains(&json!(fault)), "{shown}");
    assert_eq!(shown["storage"]["full"], json!(full), "{shown}");
}

fn goes_on(rig: &Rig, before: &Before, original: &str) {
    rig.knob(json!({ "slow": { "bytes_per_s": 0 } }));
    rig.until("the fault to be over", |s| s.faults.is_empty());
    second_is_whole(rig, original);
    rig.until_delivered();
    until("an empty incoming folder", || incoming(rig).is_empty());
    before.still(rig);
    let two = Before::of(rig);
    rig.scene(&super::rig::picture(3));
    let again = rig.shoot();
    let owner = again.student_number.map(|s| s.as_str().to_owned());
    assert_eq!(owner, Some(student(2)));
    assert_eq!(rig.frames().len(), 3);
    assert_eq!(rig.on_card(), 3);
    two.still(rig);
}

#[test]
fn a_data_disk_that_fills_up_during_a_download_costs_no_frame() {
    let mut rig = Rig::new("refetch-ms = 50");
    let Some(disk) = Disk::at(rig.dir.join("data"), 200) else {
        return;
    };
    let before = station(&mut rig, 3);
    let original = in_the_middle_of_a_download(&rig);
    // Rows have room yet, the photo has not.
    disk.fill(1_000_000);
    rig.until("storage-full", |s| s.faults.contains(&Fault::StorageFull));
    rig.knob(json!({ "slow": { "bytes_per_s": 0 } }));
    until("the photo that finds no room", || {
        std::fs::read_to_string(rig.log()).is_ok_and(|log| {
            log.contains("no space left to write") && log.contains("free some space")
        })
    });
    does_not_shoot(
        &rig,
        "storage-full",
        "on the data disk: free some",
        &["data"],
    );
    before.still(&rig);
    disk.free();
    goes_on(&rig, &before, &original);
    rig.stop();
}

/// Changes are asked for until one finds no room: rows fit into what the write-ahead log has until that is used up.
fn asked_until_there_is_no_room(rig: &Rig) -> Answer {
    let refused = std::cell::RefCell::new(None);
    until("a change without room", || {
        ["hold", "recall"].into_iter().any(|change| {
            let asked = ask(rig, &["queue", change, "3"]);
            let full = asked.code != Some(0);
            refused.replace(Some(asked));
            full
        })
    });
    refused.into_inner().expect("an answer")
}

/// Not one row finds room any more, and the download is through.
fn without_room_for_a_row(rig: &Rig, disk: &Disk) {
    disk.fill(0);
    asked_until_there_is_no_room(rig);
    rig.knob(json!({ "slow": { "bytes_per_s": 0 } }));
    until("the archive that waits", || {
        std::fs::read_to_string(rig.log()).is_ok_and(|log| {
            let waits = |line: &str| {
                line.contains("the archive waits")
                    && line.contains("shutterline.db; free some space on the data folder's disk")
            };
            log.lines().any(waits)
        })
    });
    rig.until("storage-full", |s| s.faults.contains(&Fault::StorageFull));
}

#[test]
fn a_data_disk_without_room_for_a_row_is_waited_for() {
    let mut rig = Rig::new("refetch-ms = 50");
    let Some(disk) = Disk::at(rig.dir.join("data"), 200) else {
        return;
    };
    let before = station(&mut rig, 3);
    let original = in_the_middle_of_a_download(&rig);
    without_room_for_a_row(&rig, &disk);
    does_not_shoot(
        &rig,
        "storage-full",
        "on the data disk: free some",
        &["data"],
    );
    // A change that cannot be written down (I7) is refused, and nobody waits for the answer.
    let held = ask(&rig, &["queue", "hold", "2"]);
    assert_eq!(held.code, Some(4), "{held:#?}");
    for part in ["nothing was changed", "next: free some space"] {
        assert!(held.err.contains(part), "{held:#?}");
    }
    assert_eq!(rig.frames().len(), 1, "a frame without a row is none");
    before.still(&rig);
    disk.free();
    // The same process goes on.
    goes_on(&rig, &before, &original);
    rig.stop();
}

/// One of the changes is the first to find no room, before anybody knows that there is none.
#[test]
fn changes_on_a_full_disk_are_answered_and_what_was_taken_is_done_later() {
    let mut rig = Rig::new("");
    let Some(disk) = Disk::at(rig.dir.join("data"), 200) else {
        return;
    };
    let before = station(&mut rig, 3);
    rig.until_delivered();
    disk.fill(0);
    let refused = asked_until_there_is_no_room(&rig);
    assert_eq!(refused.code, Some(4), "{refused:#?}");
    let yet = refused.err.contains("not written down yet");
    assert!(
        yet || refused.err.contains("nothing was changed"),
        "{refused:#?}"
    );
    assert!(
        refused.err.contains("next: free some space"),
        "{refused:#?}"
    );
    before.still(&rig);
    disk.free();
    rig.until("the fault to be over", |s| s.faults.is_empty());
    let known = ask(&rig, &["queue", "list", "--json"]).json();
    rig.stop();
    rig.start();
    assert_eq!(ask(&rig, &["queue", "list", "--json"]).json(), known);
    rig.stop();
}

#[test]
fn a_daemon_killed_while_it_waits_for_room_costs_no_frame() {
    let mut rig = Rig::new("refetch-ms = 50");
    let Some(disk) = Disk::at(rig.dir.join("data"), 200) else {
        return;
    };
    let before = station(&mut rig, 3);
    let original = in_the_middle_of_a_download(&rig);
    without_room_for_a_row(&rig, &disk);
    rig.kill();
    // At the start there is nobody yet to wait for: systemd starts it again, and again until there is space.
    let again = run(&rig, &[]);
    again.failed(1, &["no space left", "free some space"]);
    disk.free();
    rig.start();
    goes_on(&rig, &before, &original);
    rig.stop();
}

#[test]
fn an_incoming_disk_that_fills_up_during_a_download_costs_no_frame() {
    let mut rig = Rig::new("refetch-ms = 50");
    let Some(disk) = Disk::at(rig.dir.join("incoming"), 150) else {
        return;
    };
    let before = station(&mut rig, 3);
    let original = in_the_middle_of_a_download(&rig);
    disk.fill(0);
    rig.until("storage-full", |s| s.faults.contains(&Fault::StorageFull));
    until("the reason in the log", || {
        let log = std::fs::read_to_string(rig.log()).expect("log");
        log.contains("download failed") && log.contains("check the free space")
    });
    does_not_shoot(&rig, "storage-full", "(incoming): free some", &["incoming"]);
    before.still(&rig);
    disk.free();
    goes_on(&rig, &before, &original);
    rig.stop();
}

/// The library that makes fsync fail, built where the test runs.
fn failing_fsync(folder: &Path) -> PathBuf {
    let library = folder.join("fsync-fails.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rigs/fsync-fails.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status()
        .expect("cc, which built SQLite too");
    assert!(built.success());
    library
}

fn an_fsync_fails(of: &str) {
    let mut rig = Rig::new("refetch-ms = 50");
    let switch = rig.dir.join("fsync-fails");
    rig.env = vec![
        (
            "LD_PRELOAD".into(),
            failing_fsync(&rig.dir).display().to_string(),
        ),
        ("FSYNC_FAILS_WHILE".into(), switch.display().to_string()),
    ];
    let before = station(&mut rig, 3);
    std::fs::write(&switch, of).expect("switch");
    let original = in_the_middle_of_a_download(&rig);
    rig.knob(json!({ "slow": { "bytes_per_s": 0 } }));
    rig.until("storage-failed", |s| {
        s.faults.contains(&Fault::StorageFailed)
    });
    does_not_shoot(&rig, "storage-failed", "call the technician", &[]);
    // Never again from the same file: each try is a new download from the camera.
    let tries = std::cell::RefCell::new(BTreeSet::new());
    until("another try from the camera", || {
        let mut tries = tries.borrow_mut();
        tries.extend(incoming(&rig).into_iter().map(|p| p.with_extension("")));
        tries.len() >= 3
    });
    assert!(
        incoming(&rig).len() <= 3,
        "failed downloads pile up: {:?}",
        incoming(&rig)
    );
    assert_eq!(
        rig.frames().len(),
        1,
        "nothing has a row that is not durable"
    );
    before.still(&rig);
    let log = std::fs::read_to_string(rig.log()).expect("log");
    assert!(
        log.contains("failed to fsync") && log.contains("check the disk"),
        "{log}"
    );

    std::fs::remove_file(&switch).expect("switch");
    goes_on(&rig, &before, &original);
    // And nothing half-made is left.
    let photos = files_below(&rig.dir.join("data/photos"));
    let rows: usize = rig.frames().iter().map(|f| f.files.len()).sum();
    assert_eq!(photos.len(), rows, "{photos:#?}");
    rig.stop();
}

#[test]
fn a_photo_that_cannot_be_made_durable_is_read_again_from_the_camera() {
    an_fsync_fails("file");
}

#[test]
fn a_folder_that_cannot_be_made_durable_is_no_folder_yet() {
    an_fsync_fails("folder");
}

#[test]
fn a_database_that_somebody_locks_is_waited_for() {
    let mut rig = Rig::new("");
    let before = station(&mut rig, 3);
    let database = rig.dir.join("data/shutterline.db");
    let intruder = rusqlite::Connection::open(&database).expect("database");
    intruder.execute_batch("BEGIN EXCLUSIVE").expect("lock");
    rig.scene(&super::rig::picture(2));
    rig.press("pedal");
    rig.until("database-locked", |s| {
        s.faults.contains(&Fault::DatabaseLocked)
    });
    does_not_shoot(
        &rig,
        "database-locked",
        "another program locks the database",
        &[],
    );
    assert!(
        rig.frames().len() == 1,
        "a frame that is not durable is not shown as one"
    );
    before.still(&rig);
    intruder.execute_batch("ROLLBACK").expect("unlock");
    let card = files_below(&rig.dir.join("card/DCIM"));
    assert_eq!(card.len(), 2);
    goes_on(&rig, &before, &sha256_of(&card[1]));

    // At the start there is nobody yet to wait for.
    rig.stop();
    intruder.execute_batch("BEGIN EXCLUSIVE").expect("lock");
    let three = run(&rig, &[]);
    three.failed(
        1,
        &[
            "another process keeps",
            "shutterline.db locked",
            "close the program",
        ],
    );
    intruder.execute_batch("ROLLBACK").expect("unlock");
    rig.start();
    before.still(&rig);
    assert_eq!(rig.frames().len(), 3);
    rig.stop();
}
