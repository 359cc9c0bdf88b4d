//! The camera room on its `sim` driver: every knob gives its notice, and no fault costs a file.
#![allow(clippy::unwrap_used)]

#[path = "rigs/camera.rs"]
mod rig;

use rig::{CHILD, sim, sim_with};
use sha2::Digest;
use shutterline::camera::{Driver, Knob, Notice, Order, ShotFailureKind, SimCall};
use shutterline::model::{Bytes, CameraState, Millis, RequestId};
use std::io::Read;
use std::process::{Command, Stdio};

fn refused(rig: &rig::Rig) -> ShotFailureKind {
    rig.wait("refusal", |n| match n {
        Notice::ShotFailed { failure, .. } => Some(*failure),
        Notice::Fired { .. } => panic!("it fired"),
        _ => None,
    })
}

#[test]
fn a_shot_becomes_a_file_with_hash_size_and_time() {
    let rig = sim();
    let info = rig.opened();
    assert!(info.serial.starts_with("sim-"));
    let request = rig.trigger();
    let fired = rig.wait("shot", |n| match n {
        Notice::Fired { request, .. } => Some(*request),
        _ => None,
    });
    assert_eq!(fired, request);
    let (key, quiet, seen) = rig.wait("file", |n| match n {
        Notice::FileSeen {
            key,
            quiet_since,
            seen_at,
        } => Some((key.clone(), *quiet_since, *seen_at)),
        _ => None,
    });
    assert_eq!(
        (key.camera.as_str(), key.opening.as_str()),
        (&*info.serial, "boot-1")
    );
    assert!(quiet.0 > 0 && quiet <= seen);
    let to = rig.fetch(&key);
    let (file, path) = rig.downloaded();
    assert_eq!(path, to);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(file.received_bytes, Bytes(bytes.len() as u64));
    assert_eq!(file.key.size_bytes, file.received_bytes);
    let hash: String = sha2::Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(file.sha256.0, hash);
    assert!(file.exif_taken.is_some());
    assert_eq!((file.quiet_since, file.seen_at), (quiet, seen));
    rig.send(Order::Delete { key: key.clone() });
    let error = rig.wait("deletion", |n| match n {
        Notice::Deleted { error, .. } => Some(error.clone()),
        _ => None,
    });
    assert_eq!(error, None);
    assert_eq!(rig.listed(), []);
}

#[test]
fn a_download_never_overwrites() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    std::fs::write(rig.folder.path().join("test-000002"), b"precious").unwrap();
    let to = rig.fetch(&key);
    assert!(rig.download_failed().contains("must not exist yet"));
    assert_eq!(std::fs::read(to).unwrap(), b"precious");
}

#[test]
fn raw_and_jpeg_of_a_pair_are_seen_both() {
    let rig = sim_with(|o| {
        o.profile = vec![
            ("capturetarget".into(), "card".into()),
            ("imagequality".into(), "NEF+Fine".into()),
        ];
    });
    assert_eq!(rig.opened().mismatches, []);
    rig.trigger();
    let (a, b) = (rig.file_seen(), rig.file_seen());
    assert_eq!(a.stem(), b.stem());
    assert_ne!(a.name, b.name);
}

#[test]
fn what_the_camera_does_not_keep_is_reported() {
    let rig = sim_with(|o| o.profile = vec![("no-such".into(), "1".into())]);
    let missing = rig.opened().mismatches;
    assert_eq!((missing.len(), &missing[0].found), (1, &None));
    rig.knob(Knob::ForgetSetting { key: "iso".into() });
    rig.send(Order::ApplyProfile {
        settings: vec![
            ("iso".into(), "400".into()),
            ("f-number".into(), "8".into()),
        ],
    });
    let mismatches = rig.wait("profile", |n| match n {
        Notice::ProfileApplied { mismatches } => Some(mismatches.clone()),
        _ => None,
    });
    assert_eq!(mismatches.len(), 1, "f/8 is 8: {mismatches:?}");
    assert_eq!(mismatches[0].found.as_deref(), Some("100"));
    rig.send(Order::ReadSettings);
    let settings = rig.wait("settings", |n| match n {
        Notice::Settings { settings } => Some(settings.clone()),
        _ => None,
    });
    assert!(settings.contains(&("f-number".into(), "f/8".into())));
}

#[test]
fn a_hung_camera_is_killed_and_comes_back_with_its_files() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    rig.knob(Knob::Stall {
        during: Some(SimCall::Download),
        ms: None,
    });
    let to = rig.fetch(&key);
    rig.state(CameraState::Wedged);
    // The order is answered, not forgotten, and nothing half is left.
    let message = rig.download_failed();
    assert!(message.contains("no sign of progress"), "{message}");
    rig.lost();
    rig.opened();
    let listed = rig.listed();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].same_listing(&key) && listed[0].opening == "boot-2");
    assert_eq!(
        std::fs::read_dir(rig.folder.path()).unwrap().count(),
        2,
        "the camera and its lock, nothing half done"
    );
    assert!(!to.exists());
    rig.fetch(&listed[0]);
    rig.downloaded();
}

#[test]
fn an_unplugged_camera_is_absent_until_it_is_back() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    rig.file_seen();
    rig.knob(Knob::Unplug);
    rig.state(CameraState::Absent);
    rig.lost();
    rig.trigger();
    assert_eq!(refused(&rig), ShotFailureKind::Other);
    rig.knob(Knob::Replug);
    rig.opened();
    assert_eq!(rig.listed().len(), 1, "the card kept the file");
}

#[test]
fn a_crash_of_the_child_costs_nothing() {
    let rig = sim();
    rig.opened();
    rig.knob(Knob::Exit);
    assert!(rig.lost().contains("without a word"));
    rig.opened();
    rig.trigger();
    rig.file_seen();
}

#[test]
fn a_short_download_leaves_nothing_and_can_be_had_again() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    rig.knob(Knob::ShortRead { bytes: 1000 });
    let to = rig.fetch(&key);
    assert!(rig.download_failed().contains("1000 bytes arrived"));
    assert!(!to.exists());
    rig.fetch(&key);
    rig.downloaded();
}

#[test]
fn a_wrong_size_is_no_whole_file() {
    for by in [1, -1] {
        let rig = sim();
        rig.opened();
        rig.knob(Knob::WrongSize { by });
        rig.trigger();
        let key = rig.file_seen();
        let to = rig.fetch(&key);
        assert!(rig.download_failed().contains("announced"), "by {by}");
        assert!(!to.exists());
    }
}

#[test]
fn a_busy_camera_is_asked_again_but_not_for_ever() {
    let rig = sim();
    rig.opened();
    rig.knob(Knob::Busy { count: 3 });
    rig.trigger();
    rig.file_seen();
    rig.knob(Knob::Busy { count: 1_000_000 });
    rig.trigger();
    assert_eq!(refused(&rig), ShotFailureKind::Busy);
}

#[test]
fn a_failed_focus_has_its_own_name_and_opens_the_session_anew() {
    let rig = sim();
    rig.opened();
    rig.knob(Knob::NoFocus);
    rig.trigger();
    assert_eq!(refused(&rig), ShotFailureKind::Focus);
    assert!(rig.lost().contains("failed focus"));
    rig.opened();
    rig.trigger();
    rig.file_seen();
}

#[test]
fn a_full_card_gets_one_fresh_session_and_then_is_full() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    rig.fetch(&key);
    rig.downloaded();
    rig.knob(Knob::CardFull { full: true });
    rig.trigger();
    assert_eq!(refused(&rig), ShotFailureKind::CardFull);
    assert!(rig.lost().contains("full"));
    let info = rig.opened();
    assert_eq!(info.frames_left, Some(0));
    rig.trigger();
    assert_eq!(refused(&rig), ShotFailureKind::CardFull);
    rig.knob(Knob::CardFull { full: false });
    rig.trigger();
    rig.file_seen();
}

#[test]
fn repeated_names_are_two_files() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let first = rig.file_seen();
    rig.knob(Knob::NamesRepeat);
    rig.trigger();
    let second = rig.file_seen();
    assert_eq!(first.name, second.name);
    assert_ne!(first.folder, second.folder);
    for key in [&first, &second] {
        rig.fetch(key);
        let (file, _) = rig.downloaded();
        assert_eq!(file.key.folder, key.folder);
    }
}

#[test]
fn another_file_under_the_same_name_is_not_deleted() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    let card = rig.camera().join(key.folder.trim_start_matches('/'));
    std::fs::write(card.join(&key.name), b"another picture").unwrap();
    rig.send(Order::Delete { key: key.clone() });
    let error = rig.wait("deletion", |n| match n {
        Notice::Deleted { error, .. } => Some(error.clone()),
        _ => None,
    });
    assert!(error.unwrap().contains("another file"));
    assert!(card.join(&key.name).exists());
}

#[test]
fn the_photographers_own_shot_is_heard_of() {
    let rig = sim();
    rig.opened();
    rig.knob(Knob::PressShutter);
    let key = rig.file_seen();
    rig.fetch(&key);
    rig.downloaded();
    assert!(
        !rig.heard()
            .iter()
            .any(|n| matches!(n, Notice::Fired { .. })),
        "nobody asked for it"
    );
}

#[test]
fn a_trigger_does_not_wait_for_a_download() {
    let rig = sim();
    rig.opened();
    rig.trigger();
    let first = rig.file_seen();
    // At this speed the whole file takes longer than any deadline; its pieces are progress nevertheless.
    rig.knob(Knob::Slow {
        bytes_per_s: first.size_bytes.0 / 4,
    });
    rig.fetch(&first);
    rig.state(CameraState::Busy);
    rig.trigger();
    rig.wait("shot before the download ends", |n| match n {
        Notice::Fired { .. } => Some(()),
        Notice::Downloaded { .. } => panic!("the trigger waited"),
        _ => None,
    });
    rig.knob(Knob::Slow { bytes_per_s: 0 });
    rig.downloaded();
}

#[test]
fn a_shot_without_a_file_stays_a_shot() {
    let rig = sim();
    rig.opened();
    rig.knob(Knob::NoFile);
    rig.trigger();
    rig.wait("shot", |n| matches!(n, Notice::Fired { .. }).then_some(()));
    rig.trigger();
    rig.file_seen();
}

#[test]
fn a_child_above_its_memory_limit_is_replaced_when_idle() {
    let rig = sim_with(|o| o.memory_limit = Some(Bytes(1)));
    rig.opened();
    assert!(rig.lost().contains("grew"));
    rig.opened();
}

#[test]
fn a_camera_that_hangs_while_opening_is_tried_again() {
    let rig = sim_with(|o| o.deadlines.open = Millis(1_500));
    rig.opened();
    // The next opening hangs: a crash now makes it come.
    rig.knob(Knob::Stall {
        during: Some(SimCall::Open),
        ms: None,
    });
    rig.knob(Knob::Exit);
    rig.lost();
    rig.state(CameraState::Wedged);
    rig.opened();
}

#[test]
fn the_child_ends_with_the_daemons_pipe_even_while_it_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(CHILD[0])
        .arg(CHILD[1])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let camera = folder.path().join("camera");
    std::fs::create_dir_all(&camera).unwrap();
    std::fs::write(
        camera.join("knobs.json"),
        r#"{"stall": {"during": "event", "ms": null}}"#,
    )
    .unwrap();
    let setup = serde_json::json!({"setup": {
        "version": 1, "driver": Driver::Sim { folder: camera.clone() }, "lock": folder.path().join("lock"),
        "profile": [], "serial_wanted": null, "serial_preferred": null, "event_slice": 50, "idle_poll": 20,
        "opening": "b-1", "quiet_since": 0, "sim_round_trip": 1,
    }})
    .to_string();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, &(setup.len() as u32).to_le_bytes()).unwrap();
    std::io::Write::write_all(&mut stdin, setup.as_bytes()).unwrap();
    // The knob is turned off by the child that felt it: from then on it hangs.
    while !std::fs::read_to_string(camera.join("knobs.json"))
        .unwrap()
        .contains(r#""stall": null"#)
    {
        std::thread::yield_now();
    }
    assert_eq!(child.try_wait().unwrap(), None);
    drop(stdin);
    let mut rest = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()),
        Some(9)
    );
}

#[test]
fn a_trigger_without_a_camera_is_refused_at_once() {
    let rig = sim_with(|o| o.child = vec!["/does/not/exist".into()]);
    rig.send(Order::List);
    rig.send(Order::Trigger {
        request: RequestId(9),
        seated_since: Millis(0),
    });
    assert_eq!(refused(&rig), ShotFailureKind::Other);
}
