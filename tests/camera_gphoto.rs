//! The camera room on real libgphoto2 with its own virtual camera.

#[path = "rigs/camera.rs"]
mod rig;

use rig::{CHILD, Rig, start, virtual_camera};
use shutterline::camera::{Driver, Notice, Options, Order, ShotFailureKind, detect_with};
use shutterline::model::{Bytes, CameraState, Millis};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const PICTURE: &str = "DCIM/100NIKON/DSC_0001.JPG";

/// A card with one picture of its own, and the environment in which libgphoto2 sees it.
fn card(vusb: &Path, folder: &Path) -> (PathBuf, Vec<(OsString, OsString)>) {
    let card = folder.join("card");
    let picture = card.join(PICTURE);
    std::fs::create_dir_all(picture.parent().unwrap()).unwrap();
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend((0..900_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
    jpeg.extend([0xff, 0xd9]);
    std::fs::write(picture, jpeg).unwrap();
    let env = vec![
        ("IOLIBS".into(), vusb.into()),
        ("VCAMERADIR".into(), card.clone().into()),
    ];
    (card, env)
}

fn virtual_rig(change: impl FnOnce(&mut Options)) -> Option<(Rig, PathBuf)> {
    let vusb = virtual_camera()?;
    let folder = tempfile::tempdir().unwrap();
    let (card, env) = card(&vusb, folder.path());
    let rig = start(folder, Driver::Gphoto, |o| {
        o.child_env = env;
        change(o);
    });
    Some((rig, card))
}

#[test]
fn the_virtual_camera_opens_with_its_profile() {
    let profile = [("f-number", "8"), ("shutterspeed", "1/100"), ("iso", "100")];
    let Some((rig, _)) = virtual_rig(|o| {
        o.profile = profile.map(|(k, v)| (k.into(), v.into())).into();
    }) else {
        return;
    };
    let info = rig.opened();
    assert!(info.model.contains("D750"), "{info:?}");
    assert_eq!(info.serial, "0.1");
    assert_eq!(info.battery.as_deref(), Some("50%"));
    assert!(info.card_free.is_some() && info.frames_left.is_some());
    let offset = info.clock_offset_ms.unwrap();
    assert!(
        offset.abs() < 48 * 3_600_000,
        "its clock is local time: {offset}"
    );
    let missing: Vec<_> = info.mismatches.iter().map(|m| m.key.as_str()).collect();
    assert_eq!(missing, ["iso"], "this camera has none");
    rig.send(Order::ReadSettings);
    let settings = rig.wait("settings", |n| match n {
        Notice::Settings { settings } => Some(settings.clone()),
        _ => None,
    });
    for wanted in [("capturetarget", "Memory card"), ("f-number", "f/8")] {
        let wanted = (wanted.0.to_owned(), wanted.1.to_owned());
        assert!(settings.contains(&wanted), "{wanted:?} in {settings:?}");
    }
}

/// Fires until it fires, through every restart; then brings the file home.
fn one_frame(rig: &Rig) -> u32 {
    let mut restarts = 0;
    loop {
        rig.trigger();
        let fired = rig.wait("shot or refusal", |n| match n {
            Notice::Fired { .. } => Some(Ok(())),
            Notice::ShotFailed {
                failure, message, ..
            } => Some(Err((*failure, message.clone()))),
            _ => None,
        });
        match fired {
            Ok(()) => break,
            Err((ShotFailureKind::CardFull, _)) => {
                restarts += 1;
                rig.opened();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    let key = rig.file_seen();
    rig.fetch(&key);
    let (file, path) = rig.downloaded();
    assert_eq!(file.received_bytes, Bytes(900_004));
    std::fs::remove_file(path).unwrap();
    restarts
}

#[test]
fn sixty_frames_pass_the_cards_limit() {
    let Some((rig, _)) = virtual_rig(|_| {}) else {
        return;
    };
    rig.opened();
    let restarts: u32 = (0..64).map(|_| one_frame(&rig)).sum();
    assert!(restarts >= 2, "it is full after some 26 frames: {restarts}");
}

#[test]
fn the_cameras_own_shutter_is_heard_of() {
    let Some((rig, _)) = virtual_rig(|_| {}) else {
        return;
    };
    rig.opened();
    rig.send(Order::ApplyProfile {
        settings: vec![("opcode".into(), "0x9999,0x0,0x1f4".into())],
    });
    let key = rig.file_seen();
    rig.fetch(&key);
    rig.downloaded();
}

#[test]
fn a_download_that_stalls_is_killed_and_the_camera_comes_back() {
    let Some((rig, card)) = virtual_rig(|_| {}) else {
        return;
    };
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    let picture = card.join(PICTURE);
    let aside = card.join("aside");
    std::fs::rename(&picture, &aside).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&picture)
            .status()
            .unwrap()
            .success()
    );
    rig.fetch(&key);
    rig.state(CameraState::Wedged);
    assert!(rig.download_failed().contains("no sign of progress"));
    rig.lost();
    std::fs::remove_file(&picture).unwrap();
    std::fs::rename(&aside, &picture).unwrap();
    rig.opened();
    one_frame(&rig);
}

#[test]
fn a_picture_that_is_gone_fails_its_download_only() {
    let Some((rig, card)) = virtual_rig(|_| {}) else {
        return;
    };
    rig.opened();
    rig.trigger();
    let key = rig.file_seen();
    std::fs::rename(card.join(PICTURE), card.join("aside")).unwrap();
    rig.fetch(&key);
    rig.download_failed();
    std::fs::rename(card.join("aside"), card.join(PICTURE)).unwrap();
    one_frame(&rig);
}

#[test]
fn a_file_planted_on_the_card_is_found_and_deleted() {
    let Some(vusb) = virtual_camera() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (card, env) = card(&vusb, folder.path());
    std::fs::write(card.join("DCIM/100NIKON/DSC_0042.JPG"), b"left behind").unwrap();
    let rig = start(folder, Driver::Gphoto, |o| o.child_env = env);
    rig.opened();
    let listed = rig.listed();
    let planted = listed.iter().find(|k| k.name == "DSC_0042.JPG").unwrap();
    assert_eq!(planted.size_bytes, Bytes(11));
    rig.fetch(planted);
    let (file, path) = rig.downloaded();
    assert_eq!(std::fs::read(path).unwrap(), b"left behind");
    assert_eq!(
        file.quiet_since,
        Millis(0),
        "nobody knows when it was taken"
    );
    rig.send(Order::Delete {
        key: planted.clone(),
    });
    let error = rig.wait("deletion", |n| match n {
        Notice::Deleted { error, .. } => Some(error.clone()),
        _ => None,
    });
    assert_eq!(error, None);
    assert!(rig.listed().iter().all(|k| k.name != "DSC_0042.JPG"));
}

#[test]
fn only_the_wanted_body_will_do() {
    let Some((rig, _)) = virtual_rig(|o| o.camera_serial = Some("4711".into())) else {
        return;
    };
    rig.trigger();
    let refusal = rig.wait("refusal", |n| match n {
        Notice::ShotFailed { message, .. } => Some(message.clone()),
        Notice::Opened { .. } => panic!("another body was opened"),
        _ => None,
    });
    assert!(refusal.contains("no camera"));
}

#[test]
fn cameras_are_listed_without_a_daemon() {
    let Some(vusb) = virtual_camera() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (_, mut env) = card(&vusb, folder.path());
    let child: Vec<OsString> = CHILD.iter().map(Into::into).collect();
    let found = detect_with(&child, &env, Millis(60_000)).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].model.contains("D750") && found[0].serial == "0.1");
    // A folder of drivers with none in it is a machine without a camera.
    env[0].1 = folder.path().into();
    assert_eq!(detect_with(&child, &env, Millis(60_000)).unwrap(), []);
}
