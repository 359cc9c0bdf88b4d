//! Portraits, reports and manifests: what is asked for and when, and that nothing out of date leaves the station.

use super::outbox::{consignee, due, give, receipt, removals, venue, wait};
use super::*;
use crate::archive::{
    CrashPoint, Making, Outbox, OutboxItem, Retention, Selection, Task, Workbench,
};

pub(super) fn all_goods() -> Consignee {
    Consignee {
        goods: Goods::ALL.to_vec(),
        ..consignee("office")
    }
}

fn venue_of(to: Consignee) -> (Venue, Run) {
    let mut venue = Venue::new();
    venue.options.destinations = vec![to];
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    (venue, run)
}

fn shoot(venue: &Venue, run: &mut Run, frame: &Frame) {
    super::outbox::shoot(venue, run, frame);
    judge(run, frame, "first");
}

/// The check's report comes, or comes anew.
pub(super) fn judge(run: &mut Run, frame: &Frame, said: &str) {
    let report = Row::Report {
        frame: frame.id.clone(),
        report: serde_json::json!({ "said": said }),
    };
    let rows = vec![Row::Frame(Box::new(frame.clone())), report];
    assert_committed(&run.commit(change(EventKind::FrameJudged, rows)));
}

fn close(run: &mut Run) {
    let closed = Row::Session(Session {
        id: session(),
        name: "法学院".to_owned(),
        state: SessionState::Closed,
        current: None,
        opened_at: WallMs(1_790_000_000_000),
        reference: None,
    });
    assert_committed(&run.commit(change(EventKind::SessionClosed, vec![closed])));
}

fn bench(run: &Run) -> Workbench {
    run.archive.workbench().unwrap()
}

fn portrait(number: u64) -> Making {
    Making::Portrait(frame(number, None).id)
}

fn report_of(number: u64) -> Making {
    Making::Report(frame(number, None).id)
}

/// Makes all there is to make, of these words.
fn make_all(run: &Run, words: &str) -> Vec<Making> {
    let bench = bench(run);
    let mut made = Vec::new();
    while let Some(task) = bench.next().unwrap() {
        let bytes = format!("{words} {:?}", task.making);
        made.push(task.making.clone());
        assert!(bench.made(task, bytes.into_bytes()).unwrap());
    }
    made
}

fn send_all(outbox: &Outbox) -> Vec<OutboxItem> {
    let items = due(outbox);
    for item in &items {
        wait(outbox.sent(item.id, receipt(item))).unwrap();
    }
    for removal in removals(outbox) {
        wait(outbox.removed(removal.id)).unwrap();
    }
    items
}

fn keys(items: &[OutboxItem]) -> Vec<&str> {
    let name = |item: &OutboxItem| item.key.len() - item.key.rsplit('/').next().unwrap().len();
    items.iter().map(|i| &i.key[name(i)..]).collect()
}

/// What lies at the office by its receipts: names with hashes.
fn lies_there(venue: &Venue) -> Vec<(String, Sha256)> {
    let rows = venue.reader().outbox_rows(false).unwrap();
    let mut there: Vec<_> = (rows.into_iter())
        .filter(|r| r.state == "sent")
        .map(|r| (r.key, r.sha256))
        .collect();
    there.sort();
    there
}

fn names_there(venue: &Venue) -> Vec<String> {
    lies_there(venue).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn what_nobody_is_sent_is_not_made() {
    let (venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    close(&mut run);
    assert_eq!(bench(&run).next().unwrap(), None);
}

#[test]
fn portraits_and_reports_go_first_and_the_list_is_made_last() {
    let (venue, mut run) = venue_of(all_goods());
    shoot(&venue, &mut run, &frame(1, Some(1)));
    shoot(&venue, &mut run, &frame(2, Some(2)));
    let reject = Frame {
        verdict: Some(Verdict::Reject),
        ..frame(3, Some(3))
    };
    shoot(&venue, &mut run, &reject);
    assert_eq!(
        make_all(&run, "a"),
        [report_of(1), portrait(1), report_of(2), portrait(2)],
        "nothing of a reject, no list while people are shot"
    );
    close(&mut run);
    assert_eq!(make_all(&run, "a"), [Making::Manifest(session())]);
    let items = due(&run.archive.outbox());
    assert_eq!(
        keys(&items),
        [
            "k7qa-000001-report.json",
            "k7qa-000001-portrait.jpg",
            "k7qa-000002-report.json",
            "k7qa-000002-portrait.jpg",
            "manifest.csv",
            "k7qa-000001.JPG",
            "k7qa-000002.JPG",
        ]
    );
    let list = items.iter().find(|i| i.role == FileRole::Manifest).unwrap();
    assert_eq!((&list.frame, &list.student), (&None, &None));
    assert_eq!(list.key, "k7qa-s1/manifest.csv");
    send_all(&run.archive.outbox());
    venue.assert_in_order();
    let made = venue.reader().events(0, 100).unwrap();
    let made = made.iter().filter(|e| e.kind == EventKind::FileMade);
    assert_eq!(made.count(), 5);
}

#[test]
fn nothing_is_made_of_a_student_who_sits_there() {
    let (venue, mut run) = venue_of(all_goods());
    let seat = |run: &mut Run, state| {
        let mut seated = entry(1, Some(student(1)));
        if let Row::Entry { entry, .. } = &mut seated {
            entry.state = state;
        }
        assert_committed(&run.commit(change(EventKind::Advanced, vec![seated])));
    };
    seat(&mut run, EntryState::Seated);
    shoot(&venue, &mut run, &frame(1, Some(1)));
    assert_eq!(bench(&run).next().unwrap(), None);
    seat(&mut run, EntryState::Done);
    assert_eq!(make_all(&run, "a"), [report_of(1), portrait(1)]);
}

#[test]
fn a_portrait_chosen_anew_takes_the_place_of_the_first() {
    let portraits = Consignee {
        goods: vec![Goods::Portraits],
        ..all_goods()
    };
    let (venue, mut run) = venue_of(portraits);
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    make_all(&run, "a");
    send_all(&outbox);
    let first = "k7qa-s1/0001_20210001/k7qa-000001-portrait.jpg";
    let second = "k7qa-s1/0001_20210001/k7qa-000002-portrait.jpg";
    assert_eq!(names_there(&venue), [first]);

    shoot(&venue, &mut run, &frame(2, Some(1)));
    assert_eq!(make_all(&run, "a"), [portrait(2)]);
    send_all(&outbox);
    assert_eq!(names_there(&venue), [second]);

    // The second is shot anew and the next one is no good: the first counts again, and is here already.
    let retaken = Frame {
        retaken: true,
        ..frame(2, Some(1))
    };
    give(&mut run, retaken);
    assert_eq!(make_all(&run, "a"), []);
    send_all(&outbox);
    assert_eq!(names_there(&venue), [first]);
    venue.assert_in_order();
}

#[test]
fn a_portrait_does_not_go_out_under_another_owner_before_it_is_made_anew() {
    let (venue, mut run) = venue_of(all_goods());
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    make_all(&run, "of 20210001");
    send_all(&outbox);

    give(&mut run, frame(1, Some(2)));
    let waiting = due(&outbox);
    assert_eq!(
        keys(&waiting),
        ["k7qa-000001-report.json", "k7qa-000001.JPG"],
        "no portrait"
    );
    let task = bench(&run).next().unwrap().unwrap();
    assert_eq!(task.making, portrait(1));
    // Corrected again while it is made: those bytes say the wrong number.
    give(&mut run, frame(1, Some(3)));
    let made = bench(&run).made(task, b"of 20210002".to_vec()).unwrap();
    assert!(!made, "asked for anew meanwhile");
    assert_eq!(make_all(&run, "of 20210003"), [portrait(1)]);
    send_all(&outbox);
    let folder = "k7qa-s1/0003_20210003/k7qa-000001";
    assert_eq!(
        names_there(&venue),
        ["-portrait.jpg", "-report.json", ".JPG"].map(|end| format!("{folder}{end}"))
    );
    let (sha256, _) = digest(format!("of 20210003 {:?}", portrait(1)).as_bytes());
    assert_eq!(lies_there(&venue)[0].1, sha256);
    venue.assert_in_order();
}

#[test]
fn a_portrait_that_lost_its_owner_is_taken_back_and_made_anew_for_the_next() {
    let (venue, mut run) = venue_of(all_goods());
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    make_all(&run, "of 20210001");
    send_all(&outbox);
    give(&mut run, frame(1, None));
    assert_eq!(bench(&run).next().unwrap(), None, "nobody's");
    assert_eq!(venue.reader().making(1).unwrap().waiting, 0);
    send_all(&outbox);
    let nothing: [String; 0] = [];
    assert_eq!(names_there(&venue), nothing);
    give(&mut run, frame(1, Some(2)));
    assert_eq!(keys(&due(&outbox)).len(), 2, "report and original");
    assert_eq!(make_all(&run, "of 20210002"), [portrait(1)]);
}

#[test]
fn what_was_judged_anew_is_made_anew_under_its_old_name() {
    let (venue, mut run) = venue_of(all_goods());
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    make_all(&run, "a");
    send_all(&outbox);
    let before = lies_there(&venue);
    judge(&mut run, &frame(1, Some(1)), "second");
    assert_eq!(make_all(&run, "b"), [portrait(1), report_of(1)]);
    send_all(&outbox);
    let after = lies_there(&venue);
    let names = |there: &[(String, Sha256)]| -> Vec<String> {
        there.iter().map(|(key, _)| key.clone()).collect()
    };
    assert_eq!(names(&before), names(&after));
    assert_ne!(before, after);
    assert_eq!(removals(&outbox), []);
    venue.assert_in_order();
}

#[test]
fn a_list_follows_what_it_lists() {
    let (venue, mut run) = venue_of(all_goods());
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    close(&mut run);
    make_all(&run, "a");
    send_all(&outbox);
    let before = lies_there(&venue);
    // A correction of a session that is over, as a later version may allow.
    give(&mut run, frame(1, Some(2)));
    assert_eq!(
        make_all(&run, "b"),
        [portrait(1), Making::Manifest(session())]
    );
    send_all(&outbox);
    let after = lies_there(&venue);
    let list = |there: &[(String, Sha256)]| {
        let lists: Vec<_> = (there.iter())
            .filter(|(key, _)| key == "k7qa-s1/manifest.csv")
            .cloned()
            .collect();
        assert_eq!(lists.len(), 1, "{there:?}");
        lists
    };
    assert_ne!(list(&before), list(&after));
    assert_eq!(removals(&outbox), []);
    venue.assert_in_order();
}

#[test]
fn what_cannot_be_made_is_told_and_tried_again_at_the_next_start() {
    let (venue, mut run) = venue_of(all_goods());
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let fail = |task: Task| bench(&run).failed(task, "no crop".to_owned()).unwrap();
    while let Some(task) = bench(&run).next().unwrap() {
        fail(task);
    }
    let look = venue.reader().making(10).unwrap();
    assert_eq!((look.waiting, look.unmade.len()), (0, 2));
    assert_eq!(look.unmade[1].making, portrait(1));
    assert_eq!(look.unmade[1].error, "no crop");
    assert_eq!(keys(&due(&run.archive.outbox())), ["k7qa-000001.JPG"]);
    drop(run);
    let run = venue.open();
    assert_eq!(make_all(&run, "a"), [report_of(1), portrait(1)]);
}

#[test]
fn a_destination_that_wants_more_than_before_gets_it() {
    let (mut venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    shoot(&venue, &mut run, &frame(2, Some(1)));
    close(&mut run);
    drop(run);
    venue.options.destinations = vec![all_goods()];
    let run = venue.open();
    assert_eq!(
        make_all(&run, "a"),
        [
            portrait(2),
            report_of(1),
            report_of(2),
            Making::Manifest(session())
        ]
    );
    send_all(&run.archive.outbox());
    assert_eq!(names_there(&venue).len(), 6);
    // One that wants less keeps what it has.
    drop(run);
    venue.options.destinations = vec![consignee("office")];
    let run = venue.open();
    assert_eq!(send_all(&run.archive.outbox()), []);
    assert_eq!(names_there(&venue).len(), 6);
}

#[test]
fn a_death_while_it_is_stored_leaves_the_old_or_the_new() {
    for point in [
        CrashPoint::AfterTempWrite,
        CrashPoint::AfterRename,
        CrashPoint::AfterJournal,
        CrashPoint::AfterNewFile,
        CrashPoint::BeforeCommit,
        CrashPoint::AfterSwap,
        CrashPoint::AfterOldRemoved,
    ] {
        let (mut venue, mut run) = venue_of(all_goods());
        shoot(&venue, &mut run, &frame(1, Some(1)));
        make_all(&run, "a");
        judge(&mut run, &frame(1, Some(1)), "second");
        drop(run);
        venue.options.crash_at = Some(point);
        let run = venue.open();
        let task = bench(&run).next().unwrap().unwrap();
        assert!(bench(&run).made(task, b"new".to_vec()).is_err(), "{point}");
        assert!(run.crashed());
        drop(run);
        venue.options.crash_at = None;
        let run = venue.open();
        make_all(&run, "b");
        venue.assert_in_order();
        assert!(
            venue.photos().iter().all(|p| p.starts_with("photos/")),
            "{point}: {:?}",
            venue.photos()
        );
        send_all(&run.archive.outbox());
        assert_eq!(names_there(&venue).len(), 3, "{point}");
    }
}

#[test]
fn an_original_stays_until_its_portrait_is_made_and_there() {
    let rules = Retention {
        keep: Some(Millis(0)),
        keep_newest: 0,
    };
    let later = WallMs(i64::MAX);
    let (venue, mut run) = venue_of(all_goods());
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    make_all(&run, "a");
    // Another takes its place: the first's portrait is nobody's to get.
    shoot(&venue, &mut run, &frame(2, Some(1)));
    close(&mut run);
    send_all(&outbox);
    let clear = || {
        let clearing = run.archive.clearing().unwrap();
        clearing.run_at(rules, Some(later), || true).unwrap().files
    };
    assert_eq!(
        clear(),
        1,
        "of the first, all that is to be made is made and there"
    );
    make_all(&run, "a");
    assert_eq!(clear(), 0, "made, but not there");
    send_all(&outbox);
    assert_eq!(clear(), 1);
    let left = venue.photos();
    let originals = left.iter().filter(|p| p.ends_with(".JPG")).count();
    assert_eq!((originals, left.len()), (0, 5), "{left:?}");
    venue.assert_in_order();
}

#[test]
fn a_portrait_that_is_skipped_keeps_its_original_here() {
    let (venue, mut run) = venue_of(all_goods());
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    make_all(&run, "a");
    let items = due(&outbox);
    let skipped = items.iter().find(|i| i.role == FileRole::Portrait).unwrap();
    let which = Selection {
        destination: None,
        ids: vec![skipped.id],
    };
    assert_eq!(wait(outbox.skip(which)).unwrap(), 1);
    close(&mut run);
    make_all(&run, "a");
    send_all(&outbox);
    let rules = Retention {
        keep: Some(Millis(0)),
        keep_newest: 0,
    };
    let clearing = run.archive.clearing().unwrap();
    let cleared = clearing.run_at(rules, Some(WallMs(i64::MAX)), || true);
    assert_eq!(cleared.unwrap().files, 0);
}
