//! What a small board does to a station: a clock that is wrong, a card that turns read-only, a camera process that keeps dying.

use super::disks::until;
use super::kept::{Before, sha256_of, station};
use super::rig::{CAP, Rig, files_below, picture, process_kib, student};
use super::run;
use shutterline::archive::EventRow;
use shutterline::clock;
use shutterline::model::{EventKind, WallMs};
use shutterline::web::wire::FrameView;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A year, in milliseconds.
const YEAR_MS: i64 = 365 * 86_400_000;

/// The wall clock of the rig's daemon from now on.
fn set_clock(file: &Path, ahead_ms: i64, trust: &str) {
    let next = file.with_extension("next");
    std::fs::write(&next, format!("{ahead_ms} {trust}\n")).expect("clock");
    std::fs::rename(&next, file).expect("clock");
}

/// Events, first to last.
fn events(rig: &Rig) -> Vec<EventRow> {
    rig.get("/v1/log?after=0&limit=500").expect("events")
}

/// Within an hour of the machine's own clock.
fn is_about_now(at: WallMs) -> bool {
    (at.0 - clock::wall_time().0).abs() < 3_600_000
}

#[test]
fn a_clock_without_trust_that_jumps_a_year_changes_no_order_and_no_owner() {
    let mut rig = Rig::new("");
    let file = rig.dir.join("clock");
    set_clock(&file, -YEAR_MS, "untrusted");
    rig.env = vec![("SHUTTERLINE_DRILL_CLOCK".into(), file.display().to_string())];
    station(&mut rig, 4);
    let mut frames = rig.frames();
    let first = frames.remove(0);
    assert!(!first.taken_at_trusted && !is_about_now(first.taken_at_ms));
    assert!(events(&rig).iter().all(|e| !e.at.trusted));

    set_clock(&file, 0, "trusted");
    until("the clock's trust", || {
        events(&rig)
            .iter()
            .any(|e| e.kind == EventKind::ClockTrusted)
    });
    rig.scene(&picture(2));
    let second = rig.shoot();
    assert!(second.taken_at_trusted && is_about_now(second.taken_at_ms));
    // What happened before is dated after all.
    for event in events(&rig) {
        let at = event.reckoned_wall.unwrap_or(event.at.wall);
        assert!(is_about_now(at), "{event:#?}");
    }

    // And back, as with a time server that is wrong. Nothing waits for a year, and nothing is done at once that had to wait.
    set_clock(&file, -YEAR_MS, "trusted");
    rig.press("next");
    rig.scene(&picture(3));
    let third = rig.shoot();
    let owners =
        [&first, &second, &third].map(|f| f.student_number.as_ref().map(|s| s.as_str().to_owned()));
    assert_eq!(owners, [1, 2, 3].map(|i| Some(student(i))));
    rig.until("readiness", |s| s.faults.is_empty());
    rig.until_delivered();

    let before = Before::of(&rig);
    rig.stop();
    set_clock(&file, 20 * YEAR_MS, "untrusted");
    rig.start();
    before.still(&rig);
    let delivered = files_below(&rig.dir.join("delivered"));
    assert_eq!(delivered.len(), 3, "{delivered:#?}");
    rig.stop();
}

/// An ext4 disk in a file, which its kernel turns read-only at the first error, as the installation guide asks for.
struct FailingDisk {
    folder: PathBuf,
    device: String,
}

impl FailingDisk {
    /// `None`, and a line that nobody overlooks, where loop devices and mounting are not ours to have.
    fn at(folder: PathBuf) -> Option<Self> {
        let image = folder.with_extension("img");
        std::fs::create_dir_all(&folder).expect("folder");
        let file = std::fs::File::create(&image).expect("image");
        file.set_len(300_000_000).expect("image");
        let made = command("mkfs.ext4", &["-q", "-F", path(&image)])
            .and_then(|_| command("losetup", &["--find", "--show", path(&image)]))
            .and_then(|device| {
                let options = ["-o", "errors=remount-ro", device.as_str(), path(&folder)];
                command("mount", &options).map(|_| device)
            });
        match made {
            Ok(device) => Some(Self { folder, device }),
            Err(why) => {
                eprintln!("SKIPPED: a disk that turns read-only needs a loop device: {why}");
                None
            }
        }
    }

    /// The kernel finds an error, and writes nothing more.
    fn fail(&self) {
        let name = self.device.trim_start_matches("/dev/");
        let trigger = format!("/sys/fs/ext4/{name}/trigger_fs_error");
        std::fs::write(trigger, "a test").expect("an error of ext4");
    }

    /// Taken out, checked, and put back, while nobody uses it.
    fn repair(&self) {
        command("umount", &[path(&self.folder)]).expect("umount");
        let checked = Command::new("e2fsck").args(["-fy", &self.device]).output();
        let code = checked.expect("e2fsck").status.code();
        // 1: errors were corrected (e2fsck(8)).
        assert!(matches!(code, Some(0 | 1)), "{code:?}");
        let options = ["-o", "errors=remount-ro", &self.device, path(&self.folder)];
        command("mount", &options).expect("mount");
    }
}

impl Drop for FailingDisk {
    fn drop(&mut self) {
        command("umount", &["-l", path(&self.folder)]).ok();
        command("losetup", &["--detach", &self.device]).ok();
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// What a program said, without the line's end; or why it failed.
fn command(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match output.status.success() {
        true => Ok(told),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn a_disk_that_turns_read_only_under_the_daemon_costs_no_frame() {
    let mut rig = Rig::new("refetch-ms = 50");
    let Some(disk) = FailingDisk::at(rig.dir.join("data")) else {
        return;
    };
    let before = station(&mut rig, 3);
    rig.until_delivered();
    disk.fail();
    rig.scene(&picture(2));
    // Nothing can be written down any more, so nothing is done any more (I7): the daemon ends, and says why. The unit starts it
    // again, and again, and its lamp is the unit's to blink.
    rig.try_press("pedal").ok();
    assert!(!rig.wait_for_end(), "it ends in order");
    let log = std::fs::read_to_string(rig.log()).expect("log");
    assert!(log.contains("dmesg"), "{log}");
    let again = run(&rig, &[]);
    again.failed(1, &["data", "Read-only file system"]);
    let card = files_below(&rig.dir.join("card/DCIM"));

    disk.repair();
    rig.start();
    before.still(&rig);
    match card.len() {
        // It had fired: the intent was not durable, so a human says whose it is.
        2 => {
            let frames = rig.until_frames("the frame on the card", |f| f.len() == 2);
            let found = frames
                .iter()
                .find(|f| f.serial.is_none())
                .expect("set aside");
            let original = found.original_sha256.as_ref().expect("hash");
            assert_eq!(original.0, sha256_of(&card[1]));
        }
        // The failure was known before the shutter.
        fired => assert_eq!(fired, 1),
    }
    rig.stop();
}

/// The camera's process: a child of one of the daemon's threads.
fn camera_process(rig: &Rig) -> Option<String> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", rig.pid())).expect("the daemon");
    let children = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .collect::<Vec<_>>()
        .join(" ");
    let is_camera = |pid: &&str| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("camera-child"))
    };
    let camera = children.split_whitespace().find(is_camera);
    camera.map(str::to_owned)
}

/// Waits until each picture on the card is in the archive, and there once. Each was another one.
fn all_of_the_card(rig: &Rig) -> Vec<FrameView> {
    let photos = files_below(&rig.dir.join("card/DCIM"));
    let is_photo = |p: &&PathBuf| p.extension().is_some_and(|e| e == "JPG");
    let mut card: Vec<_> = photos
        .iter()
        .filter(is_photo)
        .map(|p| sha256_of(p))
        .collect();
    card.sort();
    let until = clock::boot_time() + CAP;
    loop {
        let frames = rig.frames();
        let originals = frames.iter().filter_map(|f| f.original_sha256.clone());
        let mut archive: Vec<_> = originals.map(|hash| hash.0).collect();
        archive.sort();
        if archive == card {
            return frames;
        }
        assert!(
            clock::boot_time() < until,
            "on the card {photos:#?} {card:#?}, in the archive {archive:#?}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_camera_process_killed_fifty_times_comes_back_each_time_and_loses_no_frame() {
    const DEATHS: usize = 50;
    let mut rig = Rig::new("refetch-ms = 50\nmax-shots = 100");
    station(&mut rig, 3);
    let memory = process_kib(rig.pid(), "VmRSS");
    for death in 0..DEATHS {
        let camera = camera_process(&rig).expect("a camera process");
        rig.scene(&picture(100 + death as u32));
        // In its sleep, and every other time in the middle of a shot.
        if death % 2 == 1 {
            rig.press("pedal");
        }
        command("kill", &["-KILL", &camera]).expect("kill");
        until("another camera process", || {
            camera_process(&rig).is_some_and(|now| now != camera)
        });
        rig.until("the camera to be ready", |s| {
            s.camera.state.as_str() == "ready" && s.state.as_str() != "shooting"
        });
    }
    all_of_the_card(&rig);
    let last = rig.shoot();
    assert_eq!(
        last.student_number.map(|s| s.as_str().to_owned()),
        Some(student(2))
    );
    // Whatever fired is in the archive, once: under its student, or set aside where nobody can know.
    let frames = all_of_the_card(&rig);
    let owned = |f: &&FrameView| f.student_number.is_some();
    for frame in frames.iter().filter(owned) {
        assert!(frame.serial.is_some_and(|s| s.0 <= 2), "{frame:#?}");
    }
    let grown = process_kib(rig.pid(), "VmRSS").saturating_sub(memory);
    assert!(grown < 32 * 1024, "the daemon grew by {grown} KiB");
    Before::of(&rig).still(&rig);
    rig.stop();
}
