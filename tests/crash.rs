//! The plug is pulled at each named step between trigger and delivery (guards I1, I2, I3, I4, I7).
//!
//! The daemon is the real one and so are its files; the sim camera's card survives. After each death it is started again,
//! and then: every file of the card is in the archive exactly once, no frame is under another student, everything
//! stored reads back, and the station goes on shooting.

mod rig;

use rig::{Rig, files_below, picture, student};
use sha2::{Digest, Sha256};
use shutterline::archive::{ARMED_BY, CrashPoint};
use shutterline::model::FrameState;
use std::collections::BTreeMap;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// What is seen in a picture, whatever its metadata says.
fn pixels(jpeg: &[u8]) -> String {
    sha256(image::load_from_memory(jpeg).expect("a JPEG").as_bytes())
}

/// Shoots serial 1, dies while shooting serial 2 (or correcting it), starts again and checks everything.
fn survives(variable: &str, step: &str, correct: bool) {
    let mut rig = Rig::new("");
    let owners: BTreeMap<String, u32> = [(1, 1), (2, 2), (20, 2)]
        .map(|(p, serial)| (pixels(&picture(p)), serial))
        .into();
    rig.scene(&picture(1));
    rig.start();
    rig.open_session(3);
    rig.shoot();
    rig.press("next");
    rig.until("serial 2", |s| s.serial.is_some_and(|s| s.0 == 2));
    rig.stop();

    let armed = rig.dir.join("armed");
    rig.env = vec![
        (variable.into(), step.into()),
        (ARMED_BY.into(), armed.display().to_string()),
    ];
    rig.scene(&picture(2));
    rig.start();
    if !correct {
        std::fs::write(&armed, "").expect("armed");
    }
    // The answer may die with the daemon.
    rig.try_press("pedal").ok();
    if correct {
        // The move of a frame to another owner and back has steps of its own.
        let frame = rig
            .until_frames("serial 2's frame", |f| {
                f.iter()
                    .any(|f| f.serial.is_some_and(|s| s.0 == 2) && f.verdict.is_some())
            })
            .pop()
            .expect("frame");
        std::fs::write(&armed, "").expect("armed");
        let path = format!("/v1/frames/{}/reassign", frame.id);
        let body = serde_json::json!({ "to": student(3) });
        rig.post::<serde_json::Value>(&path, body).ok();
    }
    assert!(
        rig.wait_for_end(),
        "{step}: the daemon was to die by its own hand"
    );

    rig.env.clear();
    rig.scene(&picture(20));
    rig.start();
    rig.until("readiness", |s| {
        s.serial.is_some_and(|s| s.0 == 2) && s.faults.is_empty()
    });
    rig.shoot();
    let frames = rig.until_frames("every file of the card", |f| {
        f.len() == rig.on_card() && f.iter().all(|f| f.path.is_some() && f.verdict.is_some())
    });
    let mut seen = BTreeMap::new();
    for frame in &frames {
        let path = frame.path.as_ref().expect("path");
        let original = pixels(&std::fs::read(rig.dir.join("data").join(path)).expect("stored"));
        *seen.entry(original.clone()).or_insert(0) += 1;
        match (frame.state, frame.serial) {
            (FrameState::Kept, Some(serial)) => {
                let moved = correct && owners[&original] == 2 && serial.0 == 3;
                assert!(
                    serial.0 == owners[&original] || moved,
                    "{step}: {frame:?} is another's"
                );
            }
            (FrameState::SetAside, None) => {}
            other => panic!("{step}: {other:?}"),
        }
    }
    assert!(seen.values().all(|n| *n == 1), "{step}: doubled {seen:?}");
    assert!(seen.len() >= 2, "{step}: {seen:?}");
    let verify = std::process::Command::new(rig::BINARY)
        .args(["archive", "verify", "--socket"])
        .arg(rig.dir.join("s.sock"))
        .output()
        .expect("verify");
    assert!(verify.status.success(), "{step}: {verify:?}");
    delivered_under_the_right_name(&rig, step);
    rig.stop();
}

/// What reached the destination is what the archive says of that student, and nobody else's.
fn delivered_under_the_right_name(rig: &Rig, step: &str) {
    rig.until_delivered();
    let frames = rig.frames();
    for path in files_below(&rig.dir.join("delivered")) {
        let bytes = std::fs::read(&path).expect("delivered");
        let hash = sha256(&bytes);
        let stored = frames
            .iter()
            .find(|f| f.sha256.as_ref().is_some_and(|s| s.0 == hash));
        let Some(frame) = stored else {
            panic!("{step}: {} is no stored frame", path.display());
        };
        let owner = frame.student_number.as_ref().expect("owner").as_str();
        assert!(
            path.to_string_lossy().contains(owner),
            "{step}: {} is {owner}'s",
            path.display()
        );
    }
}

#[test]
fn a_death_at_each_step_of_the_archive_loses_nothing() {
    for point in CrashPoint::ALL {
        let word = point.as_str();
        // Nothing is cleared on a day: `archive/tests/clearing.rs` dies there.
        if word.starts_with("after-clear") {
            continue;
        }
        let of_a_move = word == "after-journal"
            || word == "after-new-file"
            || word == "after-swap"
            || word == "after-old-removed";
        survives("SHUTTERLINE_DRILL_ARCHIVE", word, of_a_move);
    }
}

#[test]
fn a_death_at_each_message_of_the_loop_loses_nothing() {
    for step in [
        "fired",
        "file-seen",
        "downloaded",
        "judged",
        "committed:1",
        "committed:2",
        "committed:3",
        "committed:4",
    ] {
        survives("SHUTTERLINE_DRILL_ABORT", step, false);
    }
}
