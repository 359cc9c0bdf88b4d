//! Full disks, failing disks and locked databases: a clear answer, and nothing that was stored is lost or changed.

use super::*;
use crate::archive::files::Files;
use crate::archive::worker::Worker;
use crate::archive::{JobFailure, Waits, schema};

/// What is stored, to the byte.
fn picture(venue: &Venue) -> (Vec<Frame>, Vec<(String, Vec<u8>)>) {
    let read = |path: String| {
        let bytes = std::fs::read(venue.data().join(&path)).unwrap();
        (path, bytes)
    };
    (
        venue.frames(),
        venue.photos().into_iter().map(read).collect(),
    )
}

#[track_caller]
fn assert_failed(done: &Done, expected: JobFailure, what: &str) {
    match done {
        Done::Failed {
            failure, message, ..
        } => {
            assert_eq!(*failure, expected, "{what}: {message}");
            assert!(
                message.contains("/data/"),
                "{what}: names the file: {message}"
            );
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_disk_that_fails_while_storing_leaves_what_was_stored() {
    for (code, expected) in [(EIO, JobFailure::Broken), (ENOSPC, JobFailure::Full)] {
        for op in Op::ALL.into_iter().filter(|op| *op != Op::Link) {
            let venue = Venue::new();
            let mut run = venue.open();
            assert_committed(&run.commit(opened(5)));
            let stored = frame(1, Some(1));
            let download = venue.download(&run, &stored.id, "DSC_0001.JPG", &jpeg(1));
            assert_committed(&run.store(&stored, download));
            let before = picture(&venue);

            for name in ["DSC_0002.JPG", "DSC_0002.NEF"] {
                let next = frame(2, Some(2));
                let (incoming, file) = venue.download(&run, &next.id, name, &jpeg(2));
                *venue.knob.lock().unwrap() = Some((op, "", code));
                let what = format!("{op:?} {code} {name}");
                let done = run.store(&next, (incoming.clone(), file.clone()));
                assert_failed(&done, expected, &what);
                *venue.knob.lock().unwrap() = None;
                assert_eq!(picture(&venue), before, "{what}");
                assert!(incoming.exists(), "{what}");
            }
            // The disk is well again, and the frame is read from the camera anew.
            let next = frame(2, Some(2));
            let download = venue.download(&run, &next.id, "DSC_0002.JPG", &jpeg(2));
            assert_committed(&run.store(&next, download));
            venue.assert_in_order();
        }
    }
}

#[test]
fn a_folder_that_could_not_be_made_durable_is_made_again() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let next = frame(2, Some(2));
    let folder = || {
        let mut all = venue.data().join("photos").read_dir().unwrap();
        all.next().map(|entry| entry.unwrap().path())
    };
    *venue.knob.lock().unwrap() = Some((Op::SyncDir, "photos", EIO));
    let download = venue.download(&run, &next.id, "DSC_0002.JPG", &jpeg(2));
    assert_failed(&run.store(&next, download), JobFailure::Broken, "session");
    assert_eq!(folder(), None, "the next try would take it for durable");
    *venue.knob.lock().unwrap() = None;
    let download = venue.download(&run, &next.id, "DSC_0002.JPG", &jpeg(2));
    assert_committed(&run.store(&next, download));
}

#[test]
fn a_sidecar_that_cannot_be_written_takes_its_raw_along() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let frame = frame(1, Some(1));
    let download = venue.download(&run, &frame.id, "DSC_0001.NEF", b"raw");
    *venue.knob.lock().unwrap() = Some((Op::Sync, ".xmp", EIO));
    let done = run.store(&frame, download);
    assert_failed(&done, JobFailure::Broken, "sidecar");
    assert_eq!(venue.photos(), [] as [&str; 0]);
}

/// Three stored frames, and the change that shifts them all by two serials.
fn a_shift(venue: &Venue, run: &mut Run) -> Change {
    assert_committed(&run.commit(opened(5)));
    for number in 1..=3 {
        let frame = frame(number, Some(number as u32));
        let download = venue.download(run, &frame.id, "DSC_0001.JPG", &jpeg(number as u8));
        assert_committed(&run.store(&frame, download));
    }
    let moved = |n: u64| Row::Frame(Box::new(frame(n, Some(n as u32 + 2))));
    change(EventKind::Shifted, (1..=3).map(moved).collect())
}

/// Where the knob strikes the last of the three: the first two go well, and are taken back too.
fn last_of_a_shift(op: Op) -> &'static str {
    match op {
        Op::Write | Op::Create | Op::Sync | Op::Rename => "k7qa-000003",
        _ => "0005_",
    }
}

#[test]
fn a_disk_that_fails_within_a_correction_leaves_everything_in_its_place() {
    // A link that fails is copied instead; that it is tried is seen by the others not failing.
    for op in Op::ALL.into_iter().filter(|op| *op != Op::Link) {
        let venue = Venue::new();
        let mut run = venue.open();
        let shift = a_shift(&venue, &mut run);
        let before = picture(&venue);
        *venue.knob.lock().unwrap() = Some((op, last_of_a_shift(op), EIO));
        let done = run.commit(shift.clone());
        *venue.knob.lock().unwrap() = None;
        assert_failed(&done, JobFailure::Broken, &format!("{op:?}"));
        assert_eq!(picture(&venue), before, "{op:?}");
        venue.assert_in_order();
        assert_committed(&run.commit(shift));
        venue.assert_in_order();
    }
}

#[test]
fn a_correction_waits_for_room_and_everything_stays_in_its_place_meanwhile() {
    let mut ops = Op::ALL.to_vec();
    ops.retain(|op| *op != Op::Link);
    ops.push(Op::Free);
    for op in ops {
        let venue = Venue::new();
        let mut run = venue.open();
        let shift = a_shift(&venue, &mut run);
        let before = venue.frames();
        *venue.knob.lock().unwrap() = Some((op, last_of_a_shift(op), ENOSPC));
        let id = run.submit(shift);
        let later = run.submit(change(EventKind::Paused, vec![Row::Paused(true)]));
        let told = run.answer();
        assert!(matches!(told, Done::Waits(Some(Waits::Room))), "{told:?}");
        assert_eq!(venue.frames(), before, "{op:?}");
        *venue.knob.lock().unwrap() = None;
        assert!(matches!(run.answer(), Done::Waits(None)), "{op:?}");
        let done = run.answer();
        assert!(
            matches!(done, Done::Committed(of) if of == id),
            "{op:?} {done:?}"
        );
        assert!(
            matches!(run.answer(), Done::Committed(of) if of == later),
            "{op:?}"
        );
        venue.assert_in_order();
    }
}

#[test]
fn rows_wait_for_room_and_are_written_once() {
    let venue = Venue::new();
    drop(venue.open());
    let (sender, told) = channel();
    let db = schema::open(&venue.data().join("shutterline.db")).unwrap();
    let pages = |db: &rusqlite::Connection, limit: u32| {
        // SQLite says that there is no room, as it does on a full disk.
        db.pragma_update(None, "max_page_count", limit).unwrap();
    };
    pages(&db, 1);
    let worker = Worker {
        db,
        data: venue.data().to_owned(),
        options: venue.options.clone(),
        station: StationId("k7qa".into()),
        files: Files {
            ground: venue.ground(),
            crash_at: None,
        },
        done: Box::new(move |done| drop(sender.send(done))),
        stop: Arc::default(),
        news: Arc::default(),
        bell: Arc::default(),
        underway: Default::default(),
    };
    let mut large = change(EventKind::Paused, vec![Row::Paused(true)]);
    large.detail = serde_json::json!({ "filler": "x".repeat(100_000) });
    let tries = std::cell::Cell::new(0);
    let written = worker.transact(|db| {
        tries.set(tries.get() + 1);
        // Every earlier try was rolled back: not one row of it is left.
        let paused = "SELECT * FROM event WHERE kind = 'paused'";
        let rows = super::super::rows::query(db, "event", paused, [], |_| Ok(()))?;
        assert_eq!(rows.len(), 0);
        if tries.get() == 3 {
            pages(db, 1_000_000);
        }
        super::super::write::change(db, &large)
    });
    written.unwrap();
    assert_eq!(tries.get(), 3);
    let told: Vec<_> = told.try_iter().collect();
    assert!(
        matches!(
            told[..],
            [Done::Waits(Some(Waits::Room)), Done::Waits(None)]
        ),
        "{told:?}"
    );
    let events = venue.reader().events(0, 100).unwrap();
    let paused = events.iter().filter(|e| e.kind == EventKind::Paused);
    assert_eq!(paused.count(), 1);
}

#[test]
fn a_stop_that_cuts_a_wait_short_stores_nothing_of_what_came_after() {
    let venue = Venue::new();
    let mut run = venue.open();
    let shift = a_shift(&venue, &mut run);
    let before = picture(&venue);
    *venue.knob.lock().unwrap() = Some((Op::Write, "k7qa-000003", ENOSPC));
    run.submit(shift);
    run.submit(change(EventKind::Paused, vec![Row::Paused(true)]));
    assert!(matches!(run.answer(), Done::Waits(Some(Waits::Room))));
    let Run {
        archive, answers, ..
    } = run;
    drop(archive);
    let rest: Vec<_> = answers.iter().collect();
    assert!(
        matches!(rest[..], [Done::Waits(None), Done::Failed { .. }]),
        "{rest:?}"
    );
    assert_eq!(picture(&venue), before);
    assert!(!venue.open().snapshot.paused);
}

#[test]
fn where_no_second_name_can_be_had_a_raw_is_copied() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let download = venue.download(&run, &frame(1, None).id, "DSC_0001.NEF", b"raw");
    assert_committed(&run.store(&frame(1, Some(1)), download));
    *venue.knob.lock().unwrap() = Some((Op::Link, "", 1));
    let moved = Row::Frame(Box::new(frame(1, Some(2))));
    assert_committed(&run.commit(change(EventKind::FrameReassigned, vec![moved])));
    assert!(venue.photos()[0].contains("0002_20210002"));
    venue.assert_in_order();
}

#[test]
fn a_locked_database_is_waited_for_in_order() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let other = rusqlite::Connection::open(venue.data().join("shutterline.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = run.submit(change(EventKind::Paused, vec![Row::Paused(true)]));
    let second = run.submit(change(EventKind::Resumed, vec![Row::Paused(false)]));
    assert!(matches!(run.answer(), Done::Waits(Some(Waits::Unlocked))));
    other.execute_batch("COMMIT").unwrap();
    assert!(matches!(run.answer(), Done::Waits(None)));
    assert!(matches!(run.answer(), Done::Committed(id) if id == first));
    assert!(matches!(run.answer(), Done::Committed(id) if id == second));
}

#[test]
fn a_stop_does_not_wait_for_a_locked_database() {
    let venue = Venue::new();
    let mut run = venue.open();
    let other = rusqlite::Connection::open(venue.data().join("shutterline.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run.submit(opened(5));
    assert!(matches!(run.answer(), Done::Waits(Some(Waits::Unlocked))));
    let Run {
        archive, answers, ..
    } = run;
    drop(archive);
    let rest: Vec<_> = answers.iter().collect();
    assert!(matches!(rest.last(), Some(Done::Failed { .. })), "{rest:?}");
}

#[test]
fn a_full_database_is_told_from_a_broken_one() {
    let venue = Venue::new();
    let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(13), None);
    let io = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(10), None);
    let failure = |e| ArchiveError::database(venue.data(), e).failure();
    let index = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(4874), None);
    assert_eq!(failure(full), JobFailure::Full);
    assert_eq!(failure(index), JobFailure::Full);
    assert_eq!(failure(io), JobFailure::Broken);
    drop(venue.folder);
}
