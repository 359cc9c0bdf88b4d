//! I5: a photo goes only after every required receipt and the retention time, by a clock that is trusted; and a death anywhere on the
//! way leaves nothing half done.

use super::outbox::{consignee, due_at, receipt, wait};
use super::*;
use crate::archive::backup::back_up_on;
use crate::archive::retention::{KeptFile, KeptFrame, may_go};
use crate::archive::{Cleared, CrashPoint, OutboxId, Receipt, Retention, Selection, Target};

const DAY: u64 = 86_400_000;

/// A month after the receipts.
const LATER: WallMs = WallMs(1_790_000_000_000 + 30 * 86_400_000);

const RULES: Retention = Retention {
    keep: Some(Millis(7 * DAY)),
    keep_newest: 0,
};

fn at_receipt() -> WallMs {
    stamp().wall
}

/// Everything about it speaks for clearing.
fn delivered(number: u64) -> KeptFrame {
    KeptFrame {
        id: FrameId(format!("k7qa-{number:06}")),
        closed: true,
        files: vec![KeptFile {
            id: number.cast_signed(),
            size: Bytes(10),
            large: true,
            required: 1,
            receipts: 1,
            since: Some(at_receipt()),
        }],
    }
}

fn gone(frames: &[KeptFrame], rules: Retention, now: Option<WallMs>) -> Vec<u64> {
    let ids = may_go(frames, rules, now).into_iter();
    ids.map(|id| id.sequence().unwrap()).collect()
}

#[test]
fn what_was_delivered_long_ago_may_go_oldest_first() {
    // By the order they were shot, not by the letters of their ids.
    let frames = [1_000_000, 999_999, 7].map(delivered);
    assert_eq!(gone(&frames, RULES, Some(LATER)), [7, 999_999, 1_000_000]);
}

#[test]
fn each_condition_keeps_a_photo_here() {
    let with = |change: fn(&mut KeptFrame)| {
        let mut frame = delivered(1);
        change(&mut frame);
        gone(&[frame], RULES, Some(LATER))
    };
    let none: [u64; 0] = [];
    assert_eq!(with(|_| {}), [1]);
    assert_eq!(with(|f| f.closed = false), none);
    assert_eq!(with(|f| f.files[0].receipts = 0), none);
    assert_eq!(with(|f| f.files[0].required = 2), none);
    assert_eq!(
        with(|f| f.files[0].required = 0),
        none,
        "nobody must have it"
    );
    assert_eq!(
        with(|f| f.files[0].since = None),
        none,
        "an untrusted receipt"
    );
    assert_eq!(with(|f| f.files[0].since = Some(LATER)), none, "too soon");
    let future = |f: &mut KeptFrame| f.files[0].since = Some(WallMs(LATER.0 + 1));
    assert_eq!(with(future), none, "the clock went back");
    let second = |f: &mut KeptFrame| {
        let lacking = KeptFile {
            receipts: 0,
            since: None,
            ..f.files[0]
        };
        f.files.push(lacking);
    };
    assert_eq!(with(second), none, "one of its files has no receipt");
    let nowhere = |f: &mut KeptFrame| {
        let nowhere = KeptFile {
            required: 0,
            receipts: 0,
            since: None,
            ..f.files[0]
        };
        f.files.push(nowhere);
    };
    assert_eq!(with(nowhere), [1], "the others may go; this one stays");
}

#[test]
fn rules_and_an_untrusted_clock_keep_them_all() {
    let frames: Vec<_> = (1..=5).map(delivered).collect();
    let none: [u64; 0] = [];
    assert_eq!(gone(&frames, RULES, None), none);
    let for_ever = Retention {
        keep: None,
        ..RULES
    };
    assert_eq!(gone(&frames, for_ever, Some(LATER)), none);
    for (keep_newest, wanted) in [(0, 5), (2, 3), (5, 0), (u64::MAX, 0)] {
        let rules = Retention {
            keep_newest,
            ..RULES
        };
        let oldest: Vec<u64> = (1..=wanted).collect();
        assert_eq!(gone(&frames, rules, Some(LATER)), oldest);
    }
    let exactly = WallMs(at_receipt().0 + (7 * DAY).cast_signed());
    assert_eq!(gone(&frames, RULES, Some(exactly)).len(), 5);
    assert_eq!(gone(&frames, RULES, Some(WallMs(exactly.0 - 1))), none);
}

/// Three pairs, delivered to a required office; a best-effort agency never answers.
fn venue_delivered() -> Venue {
    let mut venue = Venue::new();
    let agency = Consignee {
        required: false,
        ..consignee("agency")
    };
    venue.options.destinations = vec![consignee("office"), agency];
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    for number in 1..=3 {
        let frame = frame(number, Some(1));
        for (name, bytes) in [("DSC_0001.JPG", jpeg(1)), ("DSC_0001.NEF", vec![7; 500])] {
            let download = venue.download(&run, &frame.id, name, &bytes);
            assert_committed(&run.store(&frame, download));
        }
    }
    let outbox = run.archive.outbox();
    for item in due_at(&outbox, "office", Millis(1)) {
        let receipt = Receipt {
            at: at_receipt(),
            ..receipt(&item)
        };
        wait(outbox.sent(item.id, receipt)).unwrap();
    }
    close(&mut run);
    drop(run);
    set(
        &venue,
        "UPDATE outbox SET counts_from_ms = sent_at_ms WHERE verified_by IS NOT NULL",
    );
    venue
}

fn close(run: &mut Run) {
    let mut rows = opened(5).rows;
    rows.truncate(1);
    if let Some(Row::Session(session)) = rows.first_mut() {
        session.state = SessionState::Closed;
    }
    assert_committed(&run.commit(change(EventKind::SessionClosed, rows)));
}

fn set(venue: &Venue, sql: &str) {
    let db = rusqlite::Connection::open(venue.data().join("shutterline.db")).unwrap();
    db.execute_batch(sql).unwrap();
}

fn clear(run: &Run, rules: Retention) -> Cleared {
    let clearing = run.archive.clearing().unwrap();
    clearing.run_at(rules, Some(LATER), || true).unwrap()
}

fn cleared_events(venue: &Venue) -> Vec<crate::archive::EventRow> {
    let events = venue.reader().events(0, 1000).unwrap().into_iter();
    events
        .filter(|e| e.kind == EventKind::PhotosCleared)
        .collect()
}

#[test]
fn delivered_photos_go_and_stay_known() {
    let venue = venue_delivered();
    let run = venue.open();
    let rules = Retention {
        keep_newest: 1,
        ..RULES
    };
    let cleared = clear(&run, rules);
    assert_eq!(cleared.files, 6, "two frames of three files");
    let left = venue.photos();
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.iter().all(|path| path.contains("k7qa-000003")));
    venue.assert_in_order();
    let frames = venue.frames();
    assert_eq!(frames.len(), 3);
    for frame in &frames {
        let gone = frame.id.sequence() != Some(3);
        assert_eq!(frame.files.len(), 3);
        assert!(frame.files.iter().all(|f| f.cleared_at.is_some() == gone));
    }
    let events = cleared_events(&venue);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].who, Actor::Station);
    assert_eq!(
        events[0].detail["frames"],
        serde_json::json!(["k7qa-000001", "k7qa-000002"])
    );
    assert_eq!(events[0].detail["files"], 6);
    // The agency cannot have them any more; the card's files are known still.
    let outbox = run.archive.outbox();
    assert_eq!(due_at(&outbox, "agency", Millis(1)).len(), 3);
    assert_eq!(
        venue.reader().known_camera_files("3012345").unwrap().len(),
        6
    );
    assert_eq!(clear(&run, rules), Cleared::default(), "once is enough");
    drop((run, outbox));
    let run = venue.open();
    assert_eq!(run.archive.notices(), [], "nothing is missed");
    assert_eq!(due_at(&run.archive.outbox(), "agency", Millis(1)).len(), 3);
    assert_eq!(cleared_events(&venue).len(), 1);
}

#[test]
fn a_destination_named_after_the_clearing_is_promised_nothing() {
    let mut venue = venue_delivered();
    clear(&venue.open(), RULES);
    venue.options.destinations.push(consignee("school"));
    let run = venue.open();
    assert_eq!(due_at(&run.archive.outbox(), "school", Millis(1)), []);
}

#[test]
fn nothing_goes_that_is_not_delivered() {
    let nothing = Cleared::default();
    for (why, sql) in [
        ("a receipt is missing", "UPDATE outbox SET state = 'pending', verified_by = NULL, sent_at_ms = NULL, counts_from_ms = NULL
            WHERE destination = 'office' AND key LIKE '%.NEF'"),
        ("a receipt is for other bytes", "UPDATE outbox SET sha256 = printf('%064d', 7) WHERE destination = 'office' AND key LIKE '%.JPG'"),
        ("it lies there under a name that is not right", "UPDATE outbox SET state = 'removing' WHERE destination = 'office' AND key LIKE '%.xmp'"),
        ("the session is open", "UPDATE session SET state = 'open'"),
    ] {
        let venue = venue_delivered();
        set(&venue, sql);
        let run = venue.open();
        assert_eq!(clear(&run, RULES), nothing, "{why}");
        assert_eq!(venue.photos().len(), 9, "{why}");
        assert_eq!(cleared_events(&venue), [], "{why}");
    }
    let venue = venue_delivered();
    let run = venue.open();
    let clearing = run.archive.clearing().unwrap();
    let cleared = clearing.run_at(RULES, None, || true).unwrap();
    assert_eq!(cleared, nothing, "the clock is not trusted");
    let cleared = clearing.run_at(RULES, Some(LATER), || false).unwrap();
    assert_eq!(cleared, nothing, "somebody shoots");
}

#[test]
fn a_skipped_file_keeps_its_frame_here() {
    let mut venue = venue_delivered();
    venue.options.destinations.push(consignee("school"));
    let run = venue.open();
    let outbox = run.archive.outbox();
    let mut skipped: Vec<OutboxId> = Vec::new();
    for item in due_at(&outbox, "school", Millis(1)) {
        if item.frame.as_ref().and_then(FrameId::sequence) == Some(1) && item.role == FileRole::Raw
        {
            skipped.push(item.id);
        } else {
            wait(outbox.sent(item.id, receipt(&item))).unwrap();
        }
    }
    let which = Selection {
        destination: None,
        ids: skipped,
    };
    wait(outbox.skip(which)).unwrap();
    drop((run, outbox));
    set(
        &venue,
        "UPDATE outbox SET counts_from_ms = sent_at_ms WHERE verified_by IS NOT NULL",
    );
    assert_eq!(clear(&venue.open(), RULES).files, 6);
    let left = venue.photos();
    assert!(
        left.iter().all(|path| path.contains("k7qa-000001")),
        "{left:?}"
    );
}

#[test]
fn what_no_required_destination_gets_stays() {
    let mut venue = venue_delivered();
    venue.options.destinations[0].goods = vec![Goods::Originals];
    let run = venue.open();
    assert_eq!(clear(&run, RULES).files, 3);
    assert!(venue.photos().iter().all(|path| !path.ends_with("JPG")));
    venue.assert_in_order();
}

#[test]
fn receipts_of_a_wrong_clock_count_from_the_first_right_one() {
    let venue = venue_delivered();
    set(
        &venue,
        "UPDATE outbox SET counts_from_ms = NULL, sent_at_ms = 946684800000 WHERE verified_by IS NOT NULL",
    );
    let run = venue.open();
    assert_eq!(clear(&run, RULES), Cleared::default(), "not 26 years old");
    let clearing = run.archive.clearing().unwrap();
    let week = WallMs(LATER.0 + (7 * DAY).cast_signed());
    let too_soon = clearing.run_at(RULES, Some(WallMs(week.0 - 1)), || true);
    assert_eq!(too_soon.unwrap(), Cleared::default());
    let cleared = clearing.run_at(RULES, Some(week), || true).unwrap();
    assert_eq!(cleared.files, 9);
}

#[test]
fn a_clearing_is_finished_or_never_happened() {
    super::crashes::quiet_panics();
    for (point, marked) in [
        (CrashPoint::BeforeCommit, false),
        (CrashPoint::AfterClearMark, true),
        (CrashPoint::AfterClearRemove, true),
    ] {
        let venue = venue_delivered();
        let options = Options {
            crash_at: Some(point),
            ..venue.options.clone()
        };
        let run = venue.try_open(options).unwrap();
        let clearing = run.archive.clearing().unwrap();
        assert!(clearing.run_at(RULES, Some(LATER), || true).is_err());
        assert!(run.crashed(), "{point}");
        drop((run, clearing));
        let run = venue.open();
        assert_eq!(run.archive.notices(), [], "{point}");
        let left = if marked { 0 } else { 9 };
        assert_eq!(venue.photos().len(), left, "{point}");
        venue.assert_in_order();
        assert_eq!(cleared_events(&venue).len(), usize::from(marked), "{point}");
        let notes = |db: &rusqlite::Connection| {
            crate::archive::rows::query(db, "clearing", "SELECT * FROM clearing", [], |_| Ok(()))
        };
        assert_eq!(venue.reader().with(notes).unwrap().len(), 0, "{point}");
        if !marked {
            assert_eq!(clear(&run, RULES).files, 9, "{point}");
        }
    }
}

#[test]
fn a_backup_does_not_miss_what_was_cleared() {
    let venue = venue_delivered();
    let run = venue.open();
    let rules = Retention {
        keep_newest: 1,
        ..RULES
    };
    clear(&run, rules);
    let to = venue.folder.path().join("backup");
    std::fs::create_dir(&to).unwrap();
    let made = back_up_on(
        &venue.ground(),
        venue.data(),
        &Target::of(&to),
        10,
        false,
        |_| {},
    );
    let made = made.unwrap();
    assert_eq!((made.files, made.lost.len()), (3, 0));
}
