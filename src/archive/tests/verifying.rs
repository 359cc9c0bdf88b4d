//! `archive verify`, and what start-up sees by itself.

use super::*;
use crate::archive::{CrashPoint, Notice, Problem, VerifyStep};
use std::sync::OnceLock;

#[test]
fn the_reading_can_be_paused_before_each_piece() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let frame = frame(1, Some(1));
    let mut large = jpeg(1);
    large.resize(700_000, 0);
    let download = venue.download(&run, &frame.id, "DSC_0001.JPG", &large);
    assert_committed(&run.store(&frame, download));
    let pauses = std::cell::Cell::new(0);
    let seen = |_| {
        // Three pieces of 256 KiB, and the look that finds the end.
        assert_eq!(pauses.get(), 4);
        true
    };
    let reader = venue.reader();
    let verified = reader.verify_between(|| pauses.set(pauses.get() + 1), seen);
    assert_eq!(verified.unwrap().files, 1);
}

/// What a verification finds wrong, by its file.
fn problems_of(reader: &Reader) -> Vec<(String, Problem)> {
    let mut problems = Vec::new();
    let step = |step| {
        if let VerifyStep::Problem { path, problem } = step {
            problems.push((path, problem));
        }
        true
    };
    reader.verify(step).unwrap();
    problems
}

#[test]
fn a_file_that_is_being_stored_is_no_stranger() {
    for point in [
        CrashPoint::AfterRename,
        CrashPoint::BeforeCommit,
        CrashPoint::AfterCommit,
    ] {
        let venue = Venue::new();
        let beside: Arc<OnceLock<Reader>> = Arc::default();
        let found = Arc::new(Mutex::new(Vec::new()));
        let (ours, told) = (beside.clone(), found.clone());
        let ground = Ground {
            // No crash here: just then somebody verifies, and the store goes on.
            crash: Arc::new(move |_| {
                let problems = ours.get().map(problems_of);
                told.lock().unwrap().extend(problems);
            }),
            ..venue.ground()
        };
        let options = Options {
            crash_at: Some(point),
            ..venue.options.clone()
        };
        let mut run = venue.try_open_on(ground, options).unwrap();
        assert_committed(&run.commit(opened(5)));
        beside.set(run.archive.reader().unwrap()).unwrap();
        let (raw, frame) = (jpeg(1), frame(1, None));
        let download = venue.download(&run, &frame.id, "DSC_0001.NEF", &raw);
        assert_committed(&run.store(&frame, download));
        let found = found.lock().unwrap().clone();
        // A RAW and its sidecar are renamed one after the other.
        assert!(!found.is_empty(), "{point} was not reached");
        assert!(found.iter().all(Vec::is_empty), "{point}: {found:?}");
        // Of what nobody stores it still tells.
        let stranger = "photos/holiday.jpg".to_owned();
        std::fs::write(venue.data().join(&stranger), b"x").unwrap();
        let reader = run.archive.reader().unwrap();
        assert_eq!(problems_of(&reader), [(stranger, Problem::UnknownFile)]);
    }
}

#[test]
fn every_kind_of_damage_is_found_and_named() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    for number in 1..=4 {
        let frame = frame(number, Some(number as u32));
        let download = venue.download(&run, &frame.id, "DSC_0001.JPG", &jpeg(number as u8));
        assert_committed(&run.store(&frame, download));
    }
    let paths = venue.photos();
    let full = |n: usize| venue.data().join(&paths[n]);
    std::fs::remove_file(full(0)).unwrap();
    let mut bytes = std::fs::read(full(1)).unwrap();
    bytes.push(0);
    std::fs::write(full(1), &bytes).unwrap();
    let mut bytes = std::fs::read(full(2)).unwrap();
    bytes[200] ^= 1;
    std::fs::write(full(2), &bytes).unwrap();
    let stranger = "photos/k7qa-s1 法学院/holiday.jpg";
    std::fs::write(venue.data().join(stranger), b"x").unwrap();

    let (mut problems, mut last) = (Vec::new(), None);
    let verified = venue
        .reader()
        .verify(|step| {
            match step {
                VerifyStep::Problem { path, problem } => problems.push((path, problem)),
                VerifyStep::Progress { done, total } => last = Some((done, total)),
            }
            true
        })
        .unwrap();
    assert_eq!(
        problems,
        [
            (paths[0].clone(), Problem::Missing),
            (paths[1].clone(), Problem::Size),
            (paths[2].clone(), Problem::Hash),
            (stranger.to_owned(), Problem::UnknownFile),
        ]
    );
    assert_eq!(
        (verified.files, verified.problems, last),
        (4, 4, Some((4, 4)))
    );
    drop(run);

    // Start-up moves the stranger aside, reports the missing one, and touches nothing else.
    let run = venue.open();
    let missing = Notice::Missing {
        frame: Some(frame(1, None).id),
        path: paths[0].clone(),
    };
    assert!(
        run.archive.notices().contains(&missing),
        "{:?}",
        run.archive.notices()
    );
    assert_eq!(
        venue.photos().last().unwrap(),
        "found/photos__k7qa-s1 法学院__holiday.jpg"
    );
    assert_eq!(std::fs::read(full(2)).unwrap(), bytes);
}

#[test]
fn a_closed_session_that_nobody_touched_is_not_walked_again() {
    let venue = Venue::new();
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    let shot = frame(1, Some(1));
    let download = venue.download(&run, &shot.id, "DSC_0001.JPG", &jpeg(1));
    assert_committed(&run.store(&shot, download));
    let mut closed = opened(5);
    closed.kind = EventKind::SessionClosed;
    if let Row::Session(session) = &mut closed.rows[0] {
        session.state = SessionState::Closed;
    }
    assert_committed(&run.commit(closed));
    drop(run);
    std::fs::remove_file(venue.data().join(venue.photos().remove(0))).unwrap();
    assert_eq!(
        venue.open().archive.notices().len(),
        1,
        "it was shot in the last run"
    );
    assert_eq!(venue.open().archive.notices().len(), 0, "nothing was since");
}
