//! I5 and the outbox: what a destination holds under which name is known whatever happens to a frame.

use super::*;
use crate::archive::{Outbox, OutboxItem, OutboxRemoval, Receipt, Selection, outbox_rows};

pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// Far beyond every backoff.
const LATE: Millis = Millis(u64::MAX >> 1);

pub(super) fn due(outbox: &Outbox) -> Vec<OutboxItem> {
    due_at(outbox, "office", LATE)
}

pub(super) fn due_at(outbox: &Outbox, destination: &str, now: Millis) -> Vec<OutboxItem> {
    wait(outbox.due(destination.to_owned(), now, 100)).unwrap()
}

pub(super) fn removals(outbox: &Outbox) -> Vec<OutboxRemoval> {
    wait(outbox.due_removals("office".to_owned(), LATE, 100)).unwrap()
}

pub(super) fn next_due(outbox: &Outbox) -> Option<Millis> {
    wait(outbox.next_due("office".to_owned())).unwrap()
}

/// As today's config has it.
pub(super) fn consignee(name: &str) -> Consignee {
    Consignee {
        name: name.to_owned(),
        goods: vec![Goods::Originals, Goods::Raw],
        template: KeyTemplate::default(),
        manifest: KeyTemplate::default_manifest(),
        required: true,
        priority: 1,
    }
}

pub(super) fn receipt(item: &OutboxItem) -> Receipt {
    Receipt {
        verified_by: "read-back".to_owned(),
        size_bytes: item.size_bytes,
        sha256: item.sha256.clone(),
        reference: None,
        at: WallMs(1),
    }
}

pub(super) fn venue() -> (Venue, Run) {
    let mut venue = Venue::new();
    venue.options.destinations = vec![consignee("office")];
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    (venue, run)
}

pub(super) fn shoot(venue: &Venue, run: &mut Run, frame: &Frame) {
    let download = venue.download(run, &frame.id, "DSC_0001.JPG", &jpeg(1));
    assert_committed(&run.store(frame, download));
}

pub(super) fn give(run: &mut Run, frame: Frame) {
    let row = Row::Frame(Box::new(frame));
    assert_committed(&run.commit(change(EventKind::FrameReassigned, vec![row])));
}

#[test]
fn only_what_has_a_certain_owner_is_sent() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, None));
    shoot(
        &venue,
        &mut run,
        &Frame {
            student: None,
            ..frame(2, Some(2))
        },
    );
    shoot(
        &venue,
        &mut run,
        &Frame {
            state: FrameState::Test,
            ..frame(3, None)
        },
    );
    assert_eq!(due(&outbox), []);
    shoot(&venue, &mut run, &frame(4, Some(1)));
    give(&mut run, frame(2, Some(2)));
    let keys: Vec<_> = due(&outbox).into_iter().map(|i| i.key).collect();
    assert_eq!(
        keys,
        [
            "k7qa-s1/0001_20210001/k7qa-000004.JPG",
            "k7qa-s1/0002_20210002/k7qa-000002.JPG"
        ]
    );
}

#[test]
fn a_receipt_for_other_bytes_is_refused() {
    let (venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let outbox = run.archive.outbox();
    let item = due(&outbox).remove(0);
    let short = Receipt {
        size_bytes: Bytes(1),
        ..receipt(&item)
    };
    assert!(wait(outbox.sent(item.id, short)).is_err());
    assert_eq!(due(&outbox).len(), 1);
    wait(outbox.sent(item.id, receipt(&item))).unwrap();
    assert_eq!(due(&outbox), []);
    assert_eq!(wait(outbox.counts()).unwrap(), OutboxCounts::default());
}

#[test]
fn a_sent_frame_with_another_owner_is_sent_again_and_the_old_name_goes() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let first = due(&outbox).remove(0);
    wait(outbox.sent(first.id, receipt(&first))).unwrap();

    give(&mut run, frame(1, Some(2)));
    give(&mut run, frame(1, Some(3)));
    let items = due(&outbox);
    assert_eq!(
        items.len(),
        1,
        "the one in between was never sent: {items:?}"
    );
    assert_eq!(items[0].key, "k7qa-s1/0003_20210003/k7qa-000001.JPG");
    assert_eq!(items[0].replaces.as_ref(), Some(&first.key));
    assert_eq!(removals(&outbox), []);
    wait(outbox.sent(items[0].id, receipt(&items[0]))).unwrap();
    let states: Vec<_> = venue
        .reader()
        .outbox_rows(false)
        .unwrap()
        .into_iter()
        .map(|r| r.state)
        .collect();
    assert_eq!(states, ["removed", "superseded", "sent"]);
}

#[test]
fn a_sent_frame_that_lost_its_owner_is_removed_there() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let item = due(&outbox).remove(0);
    wait(outbox.sent(item.id, receipt(&item))).unwrap();
    give(
        &mut run,
        Frame {
            state: FrameState::Discarded,
            ..frame(1, None)
        },
    );
    assert_eq!(due(&outbox), []);
    let removal = removals(&outbox).remove(0);
    assert_eq!(removal.key, item.key);
    assert_eq!(wait(outbox.counts()).unwrap().pending, 1);
    wait(outbox.removed(removal.id)).unwrap();
    assert_eq!(wait(outbox.counts()).unwrap().pending, 0);
}

#[test]
fn a_frame_corrected_while_it_was_under_way_is_known_to_lie_there() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let first = due(&outbox).remove(0);
    give(&mut run, frame(1, Some(2)));
    wait(outbox.sent(first.id, receipt(&first))).unwrap();
    let removals = removals(&outbox);
    assert_eq!(
        removals[0].key, first.key,
        "it lies under the former owner's name"
    );
    assert_eq!(due(&outbox)[0].key, "k7qa-s1/0002_20210002/k7qa-000001.JPG");
}

#[test]
fn failures_wait_or_are_parked_and_a_restart_makes_all_due() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    for number in 1..=2 {
        shoot(&venue, &mut run, &frame(number, Some(number as u32)));
    }
    let items = due(&outbox);
    wait(outbox.failed(items[0].id, "no route".to_owned(), Some(Millis(3_600_000)))).unwrap();
    wait(outbox.failed(items[1].id, "no such bucket".to_owned(), None)).unwrap();
    assert_eq!(due_at(&outbox, "office", crate::clock::boot_time()), []);
    assert!(next_due(&outbox).is_some());
    assert_eq!(
        wait(outbox.counts()).unwrap(),
        OutboxCounts {
            pending: 1,
            failed: 1
        }
    );
    drop(run);
    let run = venue.open();
    let outbox = run.archive.outbox();
    let again = due_at(&outbox, "office", Millis(0));
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].attempts, 1);
    assert_eq!(wait(outbox.retry(Selection::default())).unwrap(), 1);
    assert_eq!(due_at(&outbox, "office", Millis(0)).len(), 2);
}

#[test]
fn a_destination_named_later_gets_what_it_lacks() {
    let (mut venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    drop(run);
    venue.options.destinations = vec![consignee("agency")];
    let run = venue.open();
    let outbox = run.archive.outbox();
    assert_eq!(due_at(&outbox, "agency", LATE).len(), 1);
    assert_eq!(due(&outbox), [], "the one no longer named gets nothing");
}

fn plan(venue: &Venue, sql: &str, params: impl rusqlite::Params) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let look = |db: &rusqlite::Connection| {
        crate::archive::rows::query(db, "outbox", &sql, params, |row| {
            row.get::<String>("detail")
        })
    };
    venue.reader().with(look).unwrap().join("\n")
}

#[test]
fn the_next_item_is_found_by_its_index() {
    let (venue, _run) = venue();
    let next = plan(&venue, outbox_rows::DUE, ("office", "pending", 1));
    assert!(next.contains("USING INDEX outbox_due"), "{next}");
    assert!(
        !next.contains("SCAN") && !next.contains("TEMP B-TREE"),
        "{next}"
    );
    let ripe = plan(&venue, outbox_rows::RIPEN, ("office", "pending", 1));
    assert!(
        ripe.contains("INDEX outbox_due") && !ripe.contains("SCAN"),
        "{ripe}"
    );
    let waiting = plan(&venue, outbox_rows::SUM, ("office", "pending"));
    assert!(
        waiting.contains("COVERING INDEX outbox_waiting"),
        "{waiting}"
    );
}

#[test]
fn only_a_good_frame_is_sent() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    let rejected = Frame {
        verdict: Some(Verdict::Reject),
        ..frame(1, Some(1))
    };
    shoot(&venue, &mut run, &rejected);
    assert_eq!(due(&outbox), []);

    let accepted = Frame {
        accepted: true,
        ..rejected
    };
    give(&mut run, accepted.clone());
    let item = due(&outbox).remove(0);
    give(&mut run, accepted.clone());
    assert_eq!(due(&outbox).len(), 1, "it waits where it stands");
    assert_eq!(due(&outbox)[0].id, item.id);
    wait(outbox.sent(item.id, receipt(&item))).unwrap();

    let retaken = Frame {
        retaken: true,
        ..accepted
    };
    give(&mut run, retaken);
    assert_eq!(due(&outbox), []);
    let removals = removals(&outbox);
    assert_eq!(removals.len(), 1, "what was sent of it is taken back");
}
