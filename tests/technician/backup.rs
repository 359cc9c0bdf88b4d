//! `shutterline backup` beside a station that shoots, and `shutterline restore` to one that goes on.

use super::{Bench, path_of};
use crate::rig::{CAP, Rig, files_below, picture};
use shutterline::clock;
use std::path::Path;
use std::time::Duration;

/// Every stored photo, by path below the data folder, with its bytes.
fn photos(data: &Path) -> Vec<(String, Vec<u8>)> {
    files_below(&data.join("photos"))
        .into_iter()
        .map(|p| {
            let bytes = std::fs::read(&p).unwrap();
            (
                p.strip_prefix(data).unwrap().to_string_lossy().into_owned(),
                bytes,
            )
        })
        .collect()
}

fn until(what: &str, reached: impl Fn() -> bool) {
    let end = clock::boot_time() + CAP;
    while !reached() {
        assert!(clock::boot_time() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_station_is_backed_up_while_it_shoots_and_goes_on_elsewhere() {
    for name in ["usb", "day.tar"] {
        let mut bench = Bench::new(Rig::new(""));
        bench.shot(5, 2);
        let usb = bench.rig.dir.join(name);
        let made = bench.here(&["backup", path_of(&usb), "--json"]);
        assert_eq!(made.code, Some(0), "{made:#?}");
        assert_eq!(made.json()["files"], 2, "{made:#?}");
        // Shooting goes on, and does not touch what was backed up.
        let (then, ids) = (photos(&bench.data()), bench.rig.frames());
        bench.rig.scene(&picture(3));
        bench.rig.shoot();
        bench.rig.stop();

        let looked = bench.here(&["restore", path_of(&usb), "--dry-run"]);
        assert_eq!(looked.code, Some(0), "{looked:#?}");
        assert!(looked.out.contains("each is whole"), "{looked:#?}");
        let refused = bench.here(&["restore", path_of(&usb)]);
        assert_eq!(refused.code, Some(1), "{refused:#?}");
        assert!(refused.err.contains("is not empty"), "{refused:#?}");
        std::fs::rename(bench.data(), bench.rig.dir.join("data.old")).unwrap();
        let restored = bench.here(&["restore", path_of(&usb), "--json"]);
        assert_eq!(restored.code, Some(0), "{restored:#?}");
        assert_eq!(photos(&bench.data()), then, "{name}");

        bench.rig.start();
        // The third is on the camera's card: found there and set aside, as nobody knows whose it is.
        let frames = bench
            .rig
            .until_frames("the frame shot since", |f| f.len() == 3);
        let verified = bench.run(&["archive", "verify"]);
        assert_eq!(verified.code, Some(0), "{verified:#?}");
        assert!(
            verified.out.contains("each present and whole"),
            "{verified:#?}"
        );
        let kept: Vec<_> = frames.iter().filter(|f| f.serial.is_some()).collect();
        assert_eq!(kept.len(), 2);
        for (before, after) in ids.iter().zip(&kept) {
            assert_eq!((&before.id, &before.sha256), (&after.id, &after.sha256));
        }
        let running = bench.here(&["restore", path_of(&usb)]);
        assert_eq!(running.code, Some(1), "{running:#?}");
    }
}

#[test]
fn no_restore_while_a_daemon_runs_on_the_folder() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(1, 1);
    let usb = bench.rig.dir.join("usb");
    assert_eq!(bench.here(&["backup", path_of(&usb)]).code, Some(0));
    // Somebody emptied the folder under the daemon, which holds its lock all the same.
    for name in [
        "shutterline.db",
        "shutterline.db-wal",
        "shutterline.db-shm",
        "photos",
        "camera.lock",
        "incoming",
    ] {
        let path = bench.data().join(name);
        let _ = std::fs::remove_dir_all(&path);
        let _ = std::fs::remove_file(&path);
    }
    let refused = bench.here(&["restore", path_of(&usb)]);
    assert_eq!(refused.code, Some(1), "{refused:#?}");
    assert!(refused.err.contains("another shutterline"), "{refused:#?}");
    assert!(!bench.data().join("restoring").exists());
}

#[test]
fn a_backup_that_is_killed_leaves_the_earlier_ones_whole_and_is_run_again() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(3, 1);
    let usb = bench.rig.dir.join("usb");
    assert_eq!(bench.here(&["backup", path_of(&usb)]).code, Some(0));
    for serial in 2..=3 {
        bench.rig.press("next");
        bench.rig.scene(&picture(serial));
        bench.rig.shoot();
    }
    bench.rig.stop();
    // A photo that nobody ever finishes to read: there the backup is, for certain, when it is killed.
    let stored = files_below(&bench.data().join("photos"));
    let last = stored.last().unwrap();
    let bytes = std::fs::read(last).unwrap();
    std::fs::remove_file(last).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(last)
        .status()
        .unwrap();
    assert!(made.success());
    let config = bench.config();
    let mut child = bench
        .command(&["backup", path_of(&usb), "--config", path_of(&config)])
        .spawn()
        .unwrap();
    until("the second photo's copy", || {
        files_below(&usb.join("objects")).len() >= 2
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        usb.join("generations/0002").is_dir(),
        "killed in its middle"
    );
    std::fs::remove_file(last).unwrap();
    std::fs::write(last, bytes).unwrap();

    let looked = bench.here(&["restore", path_of(&usb), "--dry-run", "--json"]);
    assert_eq!(looked.code, Some(0), "{looked:#?}");
    assert_eq!(
        (&looked.json()["generation"], &looked.json()["files"]),
        (&1.into(), &1.into())
    );
    let again = bench.here(&["backup", path_of(&usb), "--json"]);
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert_eq!(
        (&again.json()["generation"], &again.json()["files"]),
        (&2.into(), &3.into())
    );
    let looked = bench.here(&["restore", path_of(&usb), "--dry-run"]);
    assert!(
        looked.out.contains("3 photo files\neach is whole"),
        "{looked:#?}"
    );
}

#[test]
fn a_backup_holds_others_off() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(1, 1);
    let usb = bench.rig.dir.join("usb");
    let tar = bench.rig.dir.join("day.tar");
    for to in [&usb, &tar] {
        assert_eq!(bench.here(&["backup", path_of(to)]).code, Some(0));
        let mode = to.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else reads {}", to.display());
    }
    let nothing = bench.run(&["backup", path_of(&usb), "--data", "/nowhere"]);
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing.err.contains("no archive in /nowhere"),
        "{nothing:#?}"
    );
}
