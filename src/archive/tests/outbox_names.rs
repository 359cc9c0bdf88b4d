//! I5 and superseding: what lies at a destination is the right file under the right name, whatever the names are made of and
//! whenever a correction comes, or is taken back.

use super::outbox::{consignee, due, due_at, give, receipt, removals, shoot, venue, wait};
use super::*;
use crate::archive::{Outbox, OutboxRow};

/// Names that do not tell owners apart.
fn by_frame() -> Consignee {
    Consignee {
        template: KeyTemplate::parse("{session}/{frame}.{ext}").unwrap(),
        ..consignee("office")
    }
}

fn venue_of(destinations: Vec<Consignee>) -> (Venue, Run) {
    let mut venue = Venue::new();
    venue.options.destinations = destinations;
    let mut run = venue.open();
    assert_committed(&run.commit(opened(5)));
    (venue, run)
}

fn rows(venue: &Venue) -> Vec<OutboxRow> {
    venue.reader().outbox_rows(false).unwrap()
}

fn states(venue: &Venue) -> Vec<String> {
    rows(venue).into_iter().map(|r| r.state).collect()
}

fn discard(run: &mut Run, number: u64) {
    let discarded = Frame {
        state: FrameState::Discarded,
        ..frame(number, None)
    };
    give(run, discarded);
}

fn send(outbox: &Outbox, item: &crate::archive::OutboxItem) {
    wait(outbox.sent(item.id, receipt(item))).unwrap();
}

#[test]
fn an_item_says_whose_it_is() {
    let (venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(2)));
    let item = due(&run.archive.outbox()).remove(0);
    assert_eq!(
        (item.session, item.serial, item.student, item.role),
        (
            session(),
            Some(Serial(2)),
            Some(student(2).number),
            FileRole::Jpeg
        )
    );
}

#[test]
fn the_same_name_with_other_bytes_is_written_over() {
    let (venue, mut run) = venue_of(vec![by_frame()]);
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let first = due(&outbox).remove(0);
    assert_eq!(first.key, "k7qa-s1/k7qa-000001.JPG");
    send(&outbox, &first);

    give(&mut run, frame(1, Some(2)));
    let second = due(&outbox).remove(0);
    assert_eq!((&second.key, &second.replaces), (&first.key, &None));
    assert_ne!(second.sha256, first.sha256, "the tag names another student");
    assert_eq!(removals(&outbox), []);
    send(&outbox, &second);
    assert_eq!(states(&venue), ["superseded", "sent"]);
}

#[test]
fn what_was_to_be_written_over_is_removed_where_nothing_is_sent_after_all() {
    let (venue, mut run) = venue_of(vec![by_frame()]);
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    send(&outbox, &due(&outbox).remove(0));
    give(&mut run, frame(1, Some(2)));
    // Nobody has begun to send the second when the frame loses its owner; the first still lies there.
    discard(&mut run, 1);
    assert_eq!(due(&outbox), []);
    let removals = removals(&outbox);
    assert_eq!(removals.len(), 1);
    assert_eq!(removals[0].key, "k7qa-s1/k7qa-000001.JPG");
    wait(outbox.removed(removals[0].id)).unwrap();
    assert_eq!(wait(outbox.counts()).unwrap(), OutboxCounts::default());
}

#[test]
fn bytes_of_a_former_owner_that_arrive_late_are_written_over() {
    let (venue, mut run) = venue_of(vec![by_frame()]);
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let late = due(&outbox).remove(0);
    give(&mut run, frame(1, Some(2)));
    let right = due(&outbox).remove(0);
    send(&outbox, &right);
    send(&outbox, &late);
    let again = due(&outbox);
    assert_eq!(again.len(), 1, "the late one may have been written last");
    assert_eq!(again[0].sha256, right.sha256);
    send(&outbox, &again[0]);
    assert_eq!(due(&outbox), []);
    assert_eq!(removals(&outbox), []);
}

#[test]
fn a_correction_taken_back_under_way_ends_with_the_file_there() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let first = due(&outbox).remove(0);
    send(&outbox, &first);
    give(&mut run, frame(1, Some(2)));
    let second = due(&outbox).remove(0);
    assert_eq!(second.replaces.as_ref(), Some(&first.key));
    // Taken back while the second is on its way, whose sending removes the first.
    give(&mut run, frame(1, Some(1)));
    let again = due(&outbox).remove(0);
    assert_eq!(again.key, first.key);
    // It is found there still, and only then removed by the other: its receipt says nothing any more.
    send(&outbox, &again);
    send(&outbox, &second);
    let last = due(&outbox).remove(0);
    assert_eq!(last.key, first.key);
    send(&outbox, &last);
    let removals = removals(&outbox);
    assert_eq!(removals.len(), 1);
    assert_eq!(removals[0].key, second.key);
    wait(outbox.removed(removals[0].id)).unwrap();
    assert_eq!(due(&outbox), []);
    let sent: Vec<_> = rows(&venue)
        .into_iter()
        .filter(|r| r.state == "sent")
        .collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].key, first.key);
}

#[test]
fn a_receipt_that_comes_after_the_removal_of_its_file_does_not_count() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let first = due(&outbox).remove(0);
    send(&outbox, &first);
    discard(&mut run, 1);
    let removal = removals(&outbox).remove(0);
    // Undone while the removal is on its way; the file is looked for there, and found, just before it goes.
    give(&mut run, frame(1, Some(1)));
    let again = due(&outbox).remove(0);
    wait(outbox.removed(removal.id)).unwrap();
    send(&outbox, &again);
    let last = due(&outbox);
    assert_eq!(last.len(), 1, "{:?}", states(&venue));
    send(&outbox, &last[0]);
    assert_eq!(due(&outbox), []);
    assert_eq!(removals(&outbox), []);
}

#[test]
fn a_correction_taken_back_before_anything_was_done_sends_nothing() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    send(&outbox, &due(&outbox).remove(0));
    give(&mut run, frame(1, Some(2)));
    give(&mut run, frame(1, Some(1)));
    assert_eq!(due(&outbox), []);
    assert_eq!(removals(&outbox), []);
    assert_eq!(states(&venue), ["sent", "superseded"]);
}

fn shoot_pair(venue: &Venue, run: &mut Run, frame: &Frame) {
    for (name, bytes) in [("DSC_0001.JPG", jpeg(1)), ("DSC_0001.NEF", vec![7; 500])] {
        let download = venue.download(run, &frame.id, name, &bytes);
        assert_committed(&run.store(frame, download));
    }
}

#[test]
fn each_destination_gets_its_goods_under_its_names() {
    let agency = Consignee {
        goods: vec![Goods::Raw],
        template: KeyTemplate::parse("raw/{frame}.{ext}").unwrap(),
        ..consignee("agency")
    };
    let school = Consignee {
        goods: vec![Goods::Originals],
        template: KeyTemplate::parse("{student}-{frame}.{ext}").unwrap(),
        ..consignee("school")
    };
    let (venue, mut run) = venue_of(vec![agency, school]);
    let outbox = run.archive.outbox();
    shoot_pair(&venue, &mut run, &frame(1, Some(1)));
    let keys = |at| -> Vec<String> {
        let items = due_at(&outbox, at, Millis(1));
        items.into_iter().map(|i| i.key).collect()
    };
    assert_eq!(
        keys("agency"),
        ["raw/k7qa-000001.NEF", "raw/k7qa-000001.xmp"]
    );
    assert_eq!(keys("school"), ["20210001-k7qa-000001.JPG"]);

    for at in ["agency", "school"] {
        for item in due_at(&outbox, at, Millis(1)) {
            send(&outbox, &item);
        }
    }
    give(&mut run, frame(1, Some(2)));
    // The RAW is the same bytes under the same name; its sidecar names the other student.
    assert_eq!(keys("agency"), ["raw/k7qa-000001.xmp"]);
    assert_eq!(keys("school"), ["20210002-k7qa-000001.JPG"]);
    let first = due_at(&outbox, "school", Millis(1)).remove(0);
    assert_eq!(first.replaces.as_deref(), Some("20210001-k7qa-000001.JPG"));
}

#[test]
fn a_config_that_changes_its_mind_changes_what_waits_and_nothing_that_is_there() {
    let (mut venue, mut run) = venue_of(vec![consignee("office")]);
    let outbox = run.archive.outbox();
    shoot_pair(&venue, &mut run, &frame(1, Some(1)));
    for item in due(&outbox) {
        send(&outbox, &item);
    }
    shoot_pair(&venue, &mut run, &frame(2, Some(2)));
    drop((run, outbox));
    venue.options.destinations = vec![Consignee {
        goods: vec![Goods::Originals],
        ..by_frame()
    }];
    let run = venue.open();
    let outbox = run.archive.outbox();
    let keys =
        |outbox: &Outbox| -> Vec<String> { due(outbox).into_iter().map(|i| i.key).collect() };
    assert_eq!(keys(&outbox), ["k7qa-s1/k7qa-000002.JPG"]);
    assert_eq!(removals(&outbox), []);
    drop((run, outbox));
    venue.options.destinations = vec![by_frame()];
    let run = venue.open();
    assert_eq!(
        keys(&run.archive.outbox()),
        [
            "k7qa-s1/k7qa-000002.JPG",
            "k7qa-s1/k7qa-000002.NEF",
            "k7qa-s1/k7qa-000002.xmp"
        ],
        "what is wanted again is queued again, what is there stays"
    );
    drop(run);
    // Once they were handed out, an interrupted sending may have left something under a name of theirs.
    venue.options.destinations = vec![Consignee {
        goods: vec![Goods::Originals],
        ..by_frame()
    }];
    let run = venue.open();
    let gone: Vec<_> = removals(&run.archive.outbox())
        .into_iter()
        .map(|r| r.key)
        .collect();
    assert_eq!(gone, ["k7qa-s1/k7qa-000002.NEF", "k7qa-s1/k7qa-000002.xmp"]);
}

#[test]
fn what_was_corrected_while_a_destination_was_away_is_right_when_it_comes_back() {
    let (mut venue, mut run) = venue_of(vec![consignee("office")]);
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    send(&outbox, &due(&outbox).remove(0));
    shoot(&venue, &mut run, &frame(2, Some(2)));
    drop((run, outbox));
    venue.options.destinations = vec![];
    let mut run = venue.open();
    give(&mut run, frame(1, Some(3)));
    give(&mut run, frame(2, Some(4)));
    drop(run);
    venue.options.destinations = vec![consignee("office")];
    let run = venue.open();
    let items = due(&run.archive.outbox());
    let keys: Vec<_> = items.iter().map(|i| i.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "k7qa-s1/0003_20210003/k7qa-000001.JPG",
            "k7qa-s1/0004_20210004/k7qa-000002.JPG"
        ]
    );
    assert!(items[0].replaces.is_some());
}
