//! Backups and restores on real files: whole, of one moment, and nothing that was stored before is lost whatever fails.

use super::*;
use crate::archive::backup::{back_up_on, restore_on};
use crate::archive::{
    BackedUp, BackupError, Checked, Problem, Progress, Restored, Target, VerifyStep, check_backup,
};

/// A station that has shot three students, one of them in RAW, and a place beside it for backups.
struct Station {
    venue: Venue,
    run: Option<Run>,
}

impl Station {
    fn new() -> Self {
        let venue = Venue::new();
        let mut run = venue.open();
        assert_committed(&run.commit(opened(5)));
        for number in 1..=3 {
            shoot(
                &venue,
                &mut run,
                number,
                "DSC_0001.JPG",
                &jpeg(number as u8),
            );
        }
        shoot(&venue, &mut run, 4, "DSC_0004.NEF", b"raw");
        std::fs::create_dir(venue.data().join("found")).unwrap();
        std::fs::write(venue.data().join("found/2__lost.JPG"), b"of a power cut").unwrap();
        Self {
            venue,
            run: Some(run),
        }
    }

    fn run(&mut self) -> &mut Run {
        self.run.as_mut().unwrap()
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.venue.folder.path().join(name)
    }

    fn try_back_up(&self, to: &Path, step: impl FnMut(Progress)) -> Result<BackedUp, BackupError> {
        let ground = self.venue.ground();
        back_up_on(&ground, self.venue.data(), &Target::of(to), 10, false, step)
    }

    fn back_up(&self, to: &Path) -> BackedUp {
        self.try_back_up(to, |_| {}).unwrap()
    }

    fn try_restore(&self, from: &Path, data: &Path) -> Result<Restored, BackupError> {
        restore_on(&self.venue.ground(), from, data, None, false, |_| {})
    }

    fn fail(&self, op: Op, part: &'static str, code: i32) {
        *self.venue.knob.lock().unwrap() = Some((op, part, code));
    }

    fn well(&self) {
        *self.venue.knob.lock().unwrap() = None;
    }
}

fn shoot(venue: &Venue, run: &mut Run, number: u64, name: &str, bytes: &[u8]) {
    let frame = frame(number, Some(number as u32));
    let download = venue.download(run, &frame.id, name, bytes);
    assert_committed(&run.store(&frame, download));
}

/// Every file of `photos/` and `found/` by its path, with its bytes.
fn files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths = Vec::new();
    for folder in ["found", "photos"] {
        crate::archive::start::walk(data, folder, &mut paths).unwrap();
    }
    let read = |path: String| (std::fs::read(data.join(&path)).unwrap(), path);
    paths.into_iter().map(read).map(|(b, p)| (p, b)).collect()
}

/// What `archive verify` objects to.
fn problems(data: &Path) -> Vec<(String, Problem)> {
    let mut problems = Vec::new();
    let step = |step| {
        if let VerifyStep::Problem { path, problem } = step {
            problems.push((path, problem));
        }
        true
    };
    Reader::open(data).unwrap().verify(step).unwrap();
    problems
}

#[track_caller]
fn whole(path: &Path) -> Checked {
    let checked = check_backup(path, None, |_| {}).unwrap();
    assert_eq!(checked.damaged, [] as [&str; 0]);
    checked
}

#[test]
fn a_backup_of_a_station_at_work_restores_to_the_same_station() {
    let station = Station::new();
    for name in ["usb", "day.tar"] {
        let to = station.beside(name);
        let made = station.back_up(&to);
        assert_eq!(
            (made.generation, made.files, made.copied),
            (1, 6, 6),
            "{name}"
        );
        assert_eq!(made.lost, []);
        let checked = whole(&to);
        assert_eq!(checked.files, 6);
        let data = station.beside(&format!("restored-{name}"));
        let restored = station.try_restore(&to, &data).unwrap();
        assert_eq!((restored.files, restored.lost), (6, vec![]), "{name}");
        assert_eq!(files(&data), files(station.venue.data()), "{name}");
        assert_eq!(problems(&data), []);
        let frames = Reader::open(&data).unwrap();
        let frames = frames
            .frames(crate::archive::FrameFilter::default())
            .unwrap();
        assert_eq!(frames, station.venue.frames(), "{name}");
        assert!(!data.join("restoring").exists());
        // The daemon starts on it, and is the same station.
        let options = Options {
            data: data.clone(),
            ..station.venue.options.clone()
        };
        let run = station.venue.try_open(options).unwrap();
        assert_eq!(run.archive.station(), &checked.station);
        assert_eq!(run.archive.notices(), []);
        let names: Vec<_> = std::fs::read_dir(station.beside(""))
            .unwrap()
            .flatten()
            .collect();
        assert!(
            names
                .iter()
                .all(|n| !n.file_name().to_string_lossy().ends_with(".part")),
            "{names:?}"
        );
    }
}

#[test]
fn a_second_backup_copies_what_is_new_and_the_first_stays_restorable() {
    let mut station = Station::new();
    let usb = station.beside("usb");
    station.back_up(&usb);
    let first = station.venue.frames();
    let venue = Venue {
        folder: tempfile::tempdir().unwrap(),
        knob: Knob::default(),
        options: station.venue.options.clone(),
    };
    shoot(&venue, station.run(), 5, "DSC_0005.JPG", &jpeg(5));
    let made = station.back_up(&usb);
    assert_eq!((made.generation, made.files, made.copied), (2, 7, 1));
    let data = station.beside("earlier");
    let restored = restore_on(&venue.ground(), &usb, &data, Some(1), false, |_| {}).unwrap();
    assert_eq!(restored.generation, 1);
    let frames = Reader::open(&data).unwrap();
    assert_eq!(
        frames
            .frames(crate::archive::FrameFilter::default())
            .unwrap(),
        first
    );
    assert_eq!(problems(&data), []);
}

#[test]
fn old_generations_go_and_photos_stay() {
    let station = Station::new();
    let usb = station.beside("usb");
    let ground = station.venue.ground();
    for _ in 0..5 {
        let target = Target::of(&usb);
        back_up_on(&ground, station.venue.data(), &target, 2, false, |_| {}).unwrap();
    }
    let mut left: Vec<_> = std::fs::read_dir(usb.join("generations"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["0004", "0005"]);
    whole(&usb);
}

#[test]
fn files_that_move_under_the_copy_are_in_the_backup_under_their_new_owner() {
    for name in ["usb", "day.tar"] {
        let mut station = Station::new();
        let to = station.beside(name);
        let mut run = station.run.take().unwrap();
        let moved = |n: u64| Row::Frame(Box::new(frame(n, Some(n as u32 + 1))));
        let mut shift = Some(change(EventKind::Shifted, (1..=3).map(moved).collect()));
        // After the first file was copied, all three change their owners, and another student is shot.
        let step = |_| {
            if let Some(shift) = shift.take() {
                assert_committed(&run.commit(shift));
                shoot(&station.venue, &mut run, 5, "DSC_0005.JPG", &jpeg(5));
            }
        };
        let made = station.try_back_up(&to, step).unwrap();
        assert_eq!((made.files, made.lost), (7, vec![]), "{name}");
        whole(&to);
        let data = station.beside("restored");
        station.try_restore(&to, &data).unwrap();
        assert_eq!(problems(&data), [], "{name}");
        assert_eq!(files(&data), files(station.venue.data()), "{name}");
        drop(run);
    }
}

#[test]
fn a_target_that_is_full_or_fails_is_named_and_keeps_what_it_had() {
    let mut station = Station::new();
    let usb = station.beside("usb");
    station.back_up(&usb);
    let outside = Venue {
        folder: tempfile::tempdir().unwrap(),
        knob: Knob::default(),
        options: station.venue.options.clone(),
    };
    shoot(&outside, station.run(), 5, "DSC_0005.JPG", &jpeg(5));
    let before = files(station.venue.data());
    let new = station
        .venue
        .photos()
        .into_iter()
        .find(|p| p.contains("k7qa-000005"));
    let copy = copy_of(&usb, &station.venue.data().join(new.unwrap()));

    station.fail(Op::Free, "", ENOSPC);
    let error = station.try_back_up(&usb, |_| {}).unwrap_err();
    assert!(
        matches!(
            error,
            BackupError::TargetFull {
                needed: Some(_),
                free: Some(Bytes(1)),
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("are needed, 1 B are free"),
        "{error}"
    );
    for op in [
        Op::Create,
        Op::Write,
        Op::Sync,
        Op::Rename,
        Op::MakeDir,
        Op::SyncDir,
    ] {
        for (part, code) in [("objects", EIO), ("objects", ENOSPC), ("generations", EIO)] {
            // An earlier turn may have come further.
            let _ = std::fs::remove_dir_all(copy.parent().unwrap());
            station.fail(op, part, code);
            let error = station.try_back_up(&usb, |_| {}).unwrap_err();
            let full = matches!(error, BackupError::TargetFull { .. });
            let failed = matches!(error, BackupError::Target { .. });
            assert!(
                if code == ENOSPC { full } else { failed },
                "{op:?} {part} {code}: {error}"
            );
            assert!(error.to_string().contains("usb"), "{error}");
            station.well();
            assert_eq!(whole(&usb).generation, 1, "{op:?} {part} {code}");
        }
    }
    station.well();
    assert_eq!(files(station.venue.data()), before);
    let made = station.back_up(&usb);
    assert_eq!(made.files, 7);
    whole(&usb);
}

#[test]
fn a_target_that_vanishes_is_told_and_not_made_anew() {
    let station = Station::new();
    let (usb, pulled) = (station.beside("usb"), station.beside("pulled"));
    let mut there = true;
    let step = |_| {
        if std::mem::take(&mut there) {
            std::fs::rename(&usb, &pulled).unwrap();
            // What a disk leaves that is taken away: the empty folder that it was mounted on.
            std::fs::create_dir(&usb).unwrap();
        }
    };
    let error = station.try_back_up(&usb, step).unwrap_err();
    assert!(matches!(error, BackupError::Target { .. }), "{error}");
    assert!(error.to_string().contains("still plugged in"), "{error}");
    let left: Vec<_> = std::fs::read_dir(&usb).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(problems(station.venue.data()), []);
}

#[test]
fn only_a_folder_of_this_stations_backups_is_written_to() {
    let station = Station::new();
    let photos = station.beside("photos");
    std::fs::create_dir(&photos).unwrap();
    std::fs::write(photos.join("holiday.jpg"), b"x").unwrap();
    let refused = |to: &Path| station.try_back_up(to, |_| {}).unwrap_err();
    assert!(matches!(refused(&photos), BackupError::NotABackup { .. }));
    let inside = station.venue.data().join("backup");
    assert!(matches!(refused(&inside), BackupError::Inside { .. }));
    assert!(!inside.exists());
    assert!(matches!(
        refused(&station.beside("not/mounted")),
        BackupError::Target { .. }
    ));
    let tar = station.beside("day.tar");
    std::fs::write(&tar, b"precious").unwrap();
    assert!(matches!(refused(&tar), BackupError::Exists { .. }));
    assert_eq!(std::fs::read(&tar).unwrap(), b"precious");
    // The same folder for another station: a restore could not tell whose it is.
    let usb = station.beside("usb");
    station.back_up(&usb);
    let other = Station::new();
    let error = other.try_back_up(&usb, |_| {}).unwrap_err();
    assert!(matches!(error, BackupError::OtherStation { .. }), "{error}");
    let lock = crate::archive::lock::take(&usb).unwrap();
    assert!(matches!(refused(&usb), BackupError::Busy { .. }));
    drop(lock);
    let empty = station.beside("empty");
    std::fs::create_dir(&empty).unwrap();
    let error = back_up_on(
        &station.venue.ground(),
        &empty,
        &Target::of(&usb),
        1,
        false,
        |_| {},
    );
    assert!(matches!(error.unwrap_err(), BackupError::NoArchive { .. }));
}

/// The copy of a photo in a backup's folder.
fn copy_of(usb: &Path, path: &Path) -> PathBuf {
    let (sha256, _) = digest(&std::fs::read(path).unwrap());
    usb.join(format!("objects/{}/{sha256}", &sha256.as_str()[..2]))
}

#[test]
fn a_copy_that_rots_is_found_never_restored_and_made_anew_on_request() {
    let station = Station::new();
    let usb = station.beside("usb");
    station.back_up(&usb);
    let path = station.venue.photos().remove(0);
    let copy = copy_of(&usb, &station.venue.data().join(&path));
    let mut bytes = std::fs::read(&copy).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&copy, &bytes).unwrap();
    let checked = check_backup(&usb, None, |_| {}).unwrap();
    assert_eq!(checked.damaged, std::slice::from_ref(&path));

    let data = station.beside("restored");
    let error = station.try_restore(&usb, &data).unwrap_err();
    assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("--skip-damaged"), "{error}");
    assert!(!data.join("shutterline.db").exists() && !data.join("photos").exists());
    // The rest, where nothing better is to be had; what is missing is known.
    let restored = restore_on(&station.venue.ground(), &usb, &data, None, true, |_| {}).unwrap();
    assert_eq!((restored.files, restored.lost.len()), (5, 1));
    assert_eq!(restored.lost[0].path, path);
    assert_eq!(problems(&data), [(path, Problem::Missing)]);

    let target = Target::of(&usb);
    let ground = station.venue.ground();
    back_up_on(&ground, station.venue.data(), &target, 9, true, |_| {}).unwrap();
    whole(&usb);
}

#[test]
fn a_backup_whose_database_or_manifest_rots_is_refused() {
    let station = Station::new();
    let usb = station.beside("usb");
    station.back_up(&usb);
    let folder = usb.join("generations/0001");
    let keep = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (db, manifest) = (keep("shutterline.db"), keep("manifest.json"));
    let mut rotten = db.clone();
    let middle = rotten.len() / 2;
    rotten[middle] ^= 1;
    let forged = String::from_utf8(manifest.clone()).unwrap();
    let without_one = {
        let mut m: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        m["files"].as_array_mut().unwrap().remove(3);
        m.to_string()
    };
    for (name, bytes) in [
        ("shutterline.db", rotten),
        ("manifest.json", forged[..forged.len() / 2].into()),
        (
            "manifest.json",
            forged.replace("photos/", "photos/../../").into(),
        ),
        ("manifest.json", without_one.into()),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
        let data = station.beside("restored");
        let error = station.try_restore(&usb, &data).unwrap_err();
        assert!(
            matches!(error, BackupError::Damaged { .. }),
            "{name}: {error}"
        );
        assert!(!data.join("shutterline.db").exists());
        let _ = std::fs::remove_dir_all(&data);
        std::fs::write(folder.join("shutterline.db"), &db).unwrap();
        std::fs::write(folder.join("manifest.json"), &manifest).unwrap();
    }
    station
        .try_restore(&usb, &station.beside("restored"))
        .unwrap();
}

#[test]
fn a_tar_that_was_cut_short_is_no_backup() {
    let station = Station::new();
    let tar = station.beside("day.tar");
    station.back_up(&tar);
    let bytes = std::fs::read(&tar).unwrap();
    for length in [bytes.len() / 2, 100, 0] {
        std::fs::write(&tar, &bytes[..length]).unwrap();
        let data = station.beside("restored");
        let error = station.try_restore(&tar, &data).unwrap_err();
        assert!(
            matches!(
                error,
                BackupError::Damaged { .. } | BackupError::NoBackup { .. }
            ),
            "{length}: {error}"
        );
        assert!(!data.join("shutterline.db").exists());
    }
}

#[test]
fn a_photo_that_is_damaged_at_the_station_costs_no_other() {
    let station = Station::new();
    let paths: Vec<_> = station
        .venue
        .photos()
        .into_iter()
        .filter(|p| p.starts_with("photos/"))
        .collect();
    let full = |n: usize| station.venue.data().join(&paths[n]);
    let mut bytes = std::fs::read(full(0)).unwrap();
    bytes[20] ^= 1;
    std::fs::write(full(0), &bytes).unwrap();
    std::fs::remove_file(full(1)).unwrap();
    for name in ["usb", "day.tar"] {
        let to = station.beside(name);
        let made = station.back_up(&to);
        let lost: Vec<_> = made.lost.iter().map(|l| l.path.as_str()).collect();
        assert_eq!(lost, [&paths[0], &paths[1]], "{name}");
        assert_eq!(made.files, 4);
        assert_eq!(whole(&to).lost, made.lost);
        let data = station.beside(&format!("restored-{name}"));
        let restored = station.try_restore(&to, &data).unwrap();
        assert_eq!(restored.lost, made.lost);
        assert_eq!(
            problems(&data),
            [
                (paths[0].clone(), Problem::Missing),
                (paths[1].clone(), Problem::Missing)
            ]
        );
    }
}

#[test]
fn a_restore_overwrites_nothing_and_waits_for_no_daemon() {
    let mut station = Station::new();
    let usb = station.beside("usb");
    station.back_up(&usb);
    let before = files(station.venue.data());
    let error = station.try_restore(&usb, station.venue.data()).unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    assert_eq!(files(station.venue.data()), before);
    // An empty data folder on which a daemon has just started.
    let data = station.beside("held");
    std::fs::create_dir(&data).unwrap();
    let lock = crate::archive::lock::take(&data).unwrap();
    let error = station.try_restore(&usb, &data).unwrap_err();
    assert!(
        matches!(error, BackupError::Archive(ArchiveError::InUse { .. })),
        "{error}"
    );
    drop(lock);
    station.try_restore(&usb, &data).unwrap();
    let nothing = station.try_restore(&station.beside("nowhere"), &station.beside("x"));
    assert!(matches!(nothing.unwrap_err(), BackupError::NoBackup { .. }));
    drop(station.run.take());
}

#[test]
fn a_restore_that_is_cut_short_starts_no_station_and_goes_on_when_run_again() {
    let station = Station::new();
    let usb = station.beside("usb");
    station.back_up(&usb);
    for (n, op, part, code) in [
        (0, Op::Write, "restoring", ENOSPC),
        (1, Op::Sync, "restoring/.shutterline.db.part", EIO),
        // The photos are in place, the database is not.
        (2, Op::Rename, "restored-2/shutterline.db", EIO),
    ] {
        let data = station.beside(&format!("restored-{n}"));
        station.fail(op, part, code);
        let failed = station.try_restore(&usb, &data);
        station.well();
        let error = failed.unwrap_err();
        assert!(matches!(error, BackupError::Archive(_)), "{error}");
        assert!(!data.join("shutterline.db").exists());
        let options = Options {
            data: data.clone(),
            ..station.venue.options.clone()
        };
        let refused = station.venue.try_open(options).err().unwrap();
        assert!(
            matches!(refused, ArchiveError::HalfRestored { .. }),
            "{refused}"
        );
        station.try_restore(&usb, &data).unwrap();
        assert_eq!(problems(&data), []);
        assert_eq!(files(&data), files(station.venue.data()));
    }
}
