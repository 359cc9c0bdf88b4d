//! I5 and the outbox: what a destination holds under which name is known whatever happens to a frame.

use super::*;
use crate::archive::{Outbox, OutboxItem, Receipt, outbox_rows};

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn due(outbox: &Outbox) -> Vec<OutboxItem> {
    wait(outbox.due(Millis(u64::MAX >> 1), 100)).unwrap()
}

fn receipt(item: &OutboxItem) -> Receipt {
    Receipt {
        verified_by: "read-back".to_owned(),
        size_bytes: item.size_bytes,
        sha256: item.sha256.clone(),
        at: WallMs(1),
    }
}

fn venue() -> (Venue, Run) {
    let mut venue = Venue::new();
    venue.options.destinations = vec!["office".to_owned()];
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    (venue, run)
}

fn shoot(venue: &Venue, run: &mut Run, frame: &Frame) {
    let download = venue.download(run, &frame.id, "DSC_0001.JPG", &jpeg(1));
    assert_committed(&run.store(frame, download));
}

fn give(run: &mut Run, frame: Frame) {
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
    assert_eq!(wait(outbox.due_removals(Millis(1 << 40), 9)).unwrap(), []);
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
    let removal = wait(outbox.due_removals(Millis(1 << 40), 9))
        .unwrap()
        .remove(0);
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
    let removals = wait(outbox.due_removals(Millis(1 << 40), 9)).unwrap();
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
    assert_eq!(wait(outbox.due(crate::clock::boot_time(), 9)).unwrap(), []);
    assert!(wait(outbox.next_due()).unwrap().is_some());
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
    let again = wait(outbox.due(Millis(0), 9)).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].attempts, 1);
    assert_eq!(wait(outbox.retry_parked()).unwrap(), 1);
    assert_eq!(wait(outbox.due(Millis(0), 9)).unwrap().len(), 2);
}

#[test]
fn a_destination_named_later_gets_what_it_lacks() {
    let (mut venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    drop(run);
    venue.options.destinations = vec!["agency".to_owned()];
    let run = venue.open();
    let items = due(&run.archive.outbox());
    let names: Vec<_> = items.iter().map(|i| i.destination.as_str()).collect();
    assert_eq!(
        names,
        ["agency"],
        "and the one no longer named gets nothing"
    );
}

#[test]
fn the_next_item_is_found_by_its_index() {
    let (venue, _run) = venue();
    let plan = |db: &rusqlite::Connection| {
        let sql = format!("EXPLAIN QUERY PLAN {}", outbox_rows::DUE);
        let params = rusqlite::params!["office", "pending", 0, 1];
        crate::archive::rows::query(db, "outbox", &sql, params, |row| {
            row.get::<String>("detail")
        })
    };
    let plan = venue.reader().with(plan).unwrap().join("\n");
    assert!(plan.contains("USING INDEX outbox_due"), "{plan}");
    assert!(
        !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
        "{plan}"
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
    let removals = wait(outbox.due_removals(Millis(1 << 40), 9)).unwrap();
    assert_eq!(removals.len(), 1, "what was sent of it is taken back");
}
