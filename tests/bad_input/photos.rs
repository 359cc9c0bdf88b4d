//! Files that are no photos, as the camera delivers them.

use super::ask;
use super::kept::{Before, sha256, sha256_of, station};
use super::rig::{Rig, files_below, picture, process_kib};
use shutterline::model::Verdict;
use std::path::PathBuf;

/// The newest file on the card, byte for byte what the camera made.
fn newest_on_card(rig: &Rig) -> PathBuf {
    files_below(&rig.dir.join("card/DCIM"))
        .pop()
        .expect("a file on the card")
}

/// Shoots serial 2 with this scene: stored as it came, rejected as unreadable in these words, and the station goes on.
fn refuses(rig: &Rig, scene: &[u8], words: &[&str]) {
    let before = Before::of(rig);
    rig.scene(scene);
    let frame = rig.shoot();
    assert_eq!(frame.verdict, Some(Verdict::Reject), "{frame:#?}");
    assert_eq!(frame.reasons, ["unreadable"], "{frame:#?}");
    assert_eq!(frame.serial.map(|s| s.0), Some(2));
    assert_eq!(rig.status().state.as_str(), "rejected");

    let card = newest_on_card(rig);
    let original = sha256_of(&card);
    assert_eq!(frame.original_sha256.as_ref().expect("hash").0, original);
    let stored = rig
        .dir
        .join("data")
        .join(frame.path.as_ref().expect("path"));
    assert_same_picture(&stored, &card);

    let shown = ask(rig, &["frames", "show", frame.id.as_str(), "--json"]).json();
    let reason = shown["report"]["reasons"][0].clone();
    let said = reason["en"].as_str().expect("words");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
    assert!(said.contains("shoot again"), "{said}");
    assert!(
        reason["zh"].as_str().expect("zh").contains("请重拍"),
        "{reason}"
    );
    before.still(rig);

    // The same student, once more: nothing of the bad file stays in the way.
    let before = Before::of(rig);
    rig.scene(&picture(2));
    let good = rig.shoot();
    assert_ne!(good.reasons, ["unreadable"], "{good:#?}");
    assert_eq!(good.serial.map(|s| s.0), Some(2));
    before.still(rig);
}

/// Byte for byte; where a tag could be written, all but the tag (I9).
fn assert_same_picture(stored: &std::path::Path, card: &std::path::Path) {
    let (stored, card) = (
        std::fs::read(stored).expect("stored"),
        std::fs::read(card).expect("card"),
    );
    if sha256(&stored) == sha256(&card) {
        return;
    }
    let stored = shutterline::tag::image_data(&stored).expect("a tagged JPEG");
    assert_eq!(stored, shutterline::tag::image_data(&card).expect("a JPEG"));
}

#[test]
fn what_is_no_photo_is_stored_rejected_and_said() {
    let mut rig = Rig::new("");
    station(&mut rig, 3);
    let whole = picture(3);
    refuses(&rig, &whole[..whole.len() / 2], &["cut off"]);
    refuses(&rig, &[], &["empty (0 bytes)"]);
    refuses(
        &rig,
        b"GIF89a, or whatever a card reader left",
        &["not a JPEG"],
    );
    rig.until_delivered();
    rig.stop();
}

#[test]
fn a_file_of_200_mb_is_stored_and_never_held_in_memory() {
    let mut rig = Rig::new("");
    station(&mut rig, 3);
    let mut huge = picture(3);
    huge.resize(200_000_000, 0x5a);
    refuses(&rig, &huge, &["200.0 MB", "at most"]);
    let peak = process_kib(rig.pid(), "VmHWM");
    assert!(peak < 150_000, "the daemon held {peak} kB");
    rig.stop();
}
