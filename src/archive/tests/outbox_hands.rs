//! The outbox's order, and what people say of it: retry, skip, pause, metered. Each leaves its event row (I7).

use super::outbox::{
    consignee, due, due_at, give, next_due, receipt, removals, shoot, venue, wait,
};
use super::*;
use crate::archive::{Outbox, OutboxId, Selection};

const AT_ONCE: Millis = Millis(1);

fn named(ids: &[OutboxId]) -> Selection {
    Selection {
        destination: None,
        ids: ids.to_vec(),
    }
}

fn to(destination: &str) -> Selection {
    Selection {
        destination: Some(destination.to_owned()),
        ids: Vec::new(),
    }
}

fn park(outbox: &Outbox, id: OutboxId) {
    wait(outbox.failed(id, "no such bucket".to_owned(), None)).unwrap();
}

/// The technician's events, with their details.
fn acts(venue: &Venue) -> Vec<(EventKind, serde_json::Value)> {
    let events = venue.reader().events(0, 1000).unwrap().into_iter();
    let acts = events.filter(|e| e.who == Actor::Technician);
    acts.map(|e| (e.kind, e.detail)).collect()
}

fn open_session(run: &mut Run, number: u32) {
    let id = SessionId(format!("k7qa-s{number}"));
    let mut rows = opened(5).rows;
    for row in &mut rows {
        match row {
            Row::Session(session) => {
                session.id = id.clone();
                session.reference = None;
            }
            Row::Entry { session, .. } => session.clone_from(&id),
            _ => {}
        }
    }
    assert_committed(&run.commit(change(EventKind::SessionOpened, rows)));
}

fn shoot_in(venue: &Venue, run: &mut Run, session: u32, number: u64, name: &str) {
    let frame = Frame {
        session: Some(SessionId(format!("k7qa-s{session}"))),
        ..frame(number, Some(1))
    };
    let bytes = if name.ends_with("JPG") {
        jpeg(1)
    } else {
        vec![9; 300]
    };
    let download = venue.download(run, &frame.id, name, &bytes);
    assert_committed(&run.store(&frame, download));
}

#[test]
fn small_and_wanted_goes_first_then_the_newest_session() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot_in(&venue, &mut run, 1, 1, "DSC_0001.NEF");
    shoot_in(&venue, &mut run, 1, 2, "DSC_0002.JPG");
    shoot_in(&venue, &mut run, 1, 3, "DSC_0003.JPG");
    // Ten is newer than nine, whatever their letters say.
    for session in [9, 10] {
        open_session(&mut run, session);
        shoot_in(
            &venue,
            &mut run,
            session,
            u64::from(session),
            "DSC_0004.JPG",
        );
    }
    let order = |outbox: &Outbox| -> Vec<String> {
        let items = due(outbox).into_iter();
        items
            .map(|i| format!("{} {}", i.session, i.role.as_str()))
            .collect()
    };
    let wanted = [
        "k7qa-s10 jpeg",
        "k7qa-s9 jpeg",
        "k7qa-s1 jpeg",
        "k7qa-s1 jpeg",
        "k7qa-s1 raw",
        "k7qa-s1 sidecar",
    ];
    assert_eq!(order(&outbox), wanted);
    // What waited after a failure takes its turn again, not the end of the queue.
    let first = due(&outbox).remove(0);
    let soon = crate::clock::boot_time() + Millis(1 << 30);
    wait(outbox.failed(first.id, "no route".to_owned(), Some(Millis(1 << 29)))).unwrap();
    assert_eq!(due_at(&outbox, "office", AT_ONCE).len(), 5);
    assert_eq!(due_at(&outbox, "office", soon)[0].id, first.id);
    assert_eq!(
        due_at(&outbox, "office", AT_ONCE)[0].id,
        first.id,
        "it is due from now on"
    );
    let frames: Vec<_> = due(&outbox).into_iter().map(|i| i.frame).collect();
    assert!(frames[2] < frames[3], "of one session by their number");
}

#[test]
fn a_priority_that_changed_in_the_config_counts_for_what_waits() {
    let (mut venue, mut run) = venue();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let turn = |venue: &Venue| {
        let sql = "SELECT turn FROM outbox";
        let read = |db: &rusqlite::Connection| {
            crate::archive::rows::query(db, "outbox", sql, [], |row| row.get::<i64>("turn"))
        };
        venue.reader().with(read).unwrap()[0]
    };
    let before = turn(&venue);
    drop(run);
    venue.options.destinations[0].priority = 3;
    let mut run = venue.open();
    assert_eq!(turn(&venue), before + (2 << 48));
    // Queued under the new one it is the same.
    give(
        &mut run,
        Frame {
            retaken: true,
            ..frame(1, Some(1))
        },
    );
    give(&mut run, frame(1, Some(1)));
    let sql = "SELECT turn FROM outbox ORDER BY id DESC";
    let read = |db: &rusqlite::Connection| {
        crate::archive::rows::query(db, "outbox", sql, [], |row| row.get::<i64>("turn"))
    };
    assert_eq!(venue.reader().with(read).unwrap(), [before + (2 << 48); 2]);
}

#[test]
fn what_is_parked_waits_for_a_word() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    for number in 1..=3 {
        shoot(&venue, &mut run, &frame(number, Some(1)));
    }
    let items = due(&outbox);
    park(&outbox, items[0].id);
    park(&outbox, items[1].id);
    assert_eq!(wait(outbox.retry(named(&[items[0].id]))).unwrap(), 1);
    assert_eq!(due(&outbox).len(), 2);
    assert_eq!(wait(outbox.retry(to("office"))).unwrap(), 1);
    assert_eq!(due(&outbox).len(), 3);
    assert_eq!(due(&outbox)[0].attempts, 0);
    assert_eq!(wait(outbox.retry(Selection::default())).unwrap(), 0);
    let kinds: Vec<_> = acts(&venue).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        [EventKind::UploadRetried; 2],
        "nothing done leaves none"
    );
    assert_eq!(acts(&venue)[1].1["destination"], "office");
    assert_eq!(acts(&venue)[1].1["items"], 1);
}

#[test]
fn what_is_skipped_stays_until_it_is_named() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    shoot(&venue, &mut run, &frame(2, Some(2)));
    let items = due(&outbox);
    park(&outbox, items[0].id);
    assert!(
        wait(outbox.skip(Selection::default())).is_err(),
        "not all of everything"
    );
    assert_eq!(wait(outbox.skip(to("office"))).unwrap(), 2);
    assert_eq!(due(&outbox), []);
    assert_eq!(next_due(&outbox), None);
    assert_eq!(wait(outbox.counts()).unwrap(), OutboxCounts::default());
    assert_eq!(wait(outbox.retry(Selection::default())).unwrap(), 0);
    let status = venue.reader().destination_statuses().unwrap().remove(0);
    assert_eq!((status.pending, status.parked, status.skipped), (0, 0, 2));
    // A start and a correction change nothing about it.
    drop((run, outbox));
    let mut run = venue.open();
    let outbox = run.archive.outbox();
    give(&mut run, frame(1, Some(3)));
    assert_eq!(due(&outbox), []);
    let skipped = venue.reader().outbox_look(9).unwrap();
    let skipped: Vec<_> = skipped.iter().filter(|r| r.state == "skipped").collect();
    assert_eq!(skipped.len(), 2);
    assert!(skipped.iter().any(|r| r.key.contains("20210003")));
    let second = items[1].id;
    assert_eq!(wait(outbox.retry(named(&[second]))).unwrap(), 1);
    assert_eq!(due(&outbox)[0].id, second);
    let kinds: Vec<_> = acts(&venue).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [EventKind::UploadSkipped, EventKind::UploadRetried]);
}

#[test]
fn a_skipped_file_that_arrives_all_the_same_is_there() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let item = due(&outbox).remove(0);
    wait(outbox.skip(named(&[item.id]))).unwrap();
    wait(outbox.failed(item.id, "reset".to_owned(), Some(Millis(5)))).unwrap();
    assert_eq!(due(&outbox), []);
    wait(outbox.sent(item.id, receipt(&item))).unwrap();
    assert_eq!(venue.reader().outbox_rows(false).unwrap()[0].state, "sent");
}

#[test]
fn skipping_a_successor_leaves_no_photo_under_a_wrong_name() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    for (number, select) in [
        (1, named as fn(&[OutboxId]) -> Selection),
        (2, |_| to("office")),
    ] {
        shoot(&venue, &mut run, &frame(number, Some(1)));
        let first = due(&outbox).remove(0);
        wait(outbox.sent(first.id, receipt(&first))).unwrap();
        give(&mut run, frame(number, Some(2)));
        let second = due(&outbox).remove(0);
        wait(outbox.skip(select(&[second.id]))).unwrap();
        let removal = removals(&outbox).remove(0);
        assert_eq!(removal.key, first.key);
        wait(outbox.removed(removal.id)).unwrap();
        assert_eq!(removals(&outbox), []);
        // Another correction does not make it wait for the skipped one again; of that one something may lie there, half sent.
        give(&mut run, frame(number, Some(3)));
        assert_eq!(due(&outbox), []);
        let half = removals(&outbox).remove(0);
        assert_eq!(half.key, second.key);
        wait(outbox.removed(half.id)).unwrap();
        assert_eq!(removals(&outbox), []);
    }
}

#[test]
fn what_cannot_be_is_told_and_nothing_is_done() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    for number in 1..=2 {
        shoot(&venue, &mut run, &frame(number, Some(1)));
    }
    let items = due(&outbox);
    park(&outbox, items[0].id);
    wait(outbox.sent(items[1].id, receipt(&items[1]))).unwrap();
    let (parked, sent, none) = (items[0].id, items[1].id, OutboxId(99));
    let both = |ids| named(ids);
    for (outcome, words) in [
        (wait(outbox.retry(both(&[parked, none]))), "no item 99"),
        (wait(outbox.retry(both(&[parked, sent]))), "is sent"),
        (wait(outbox.skip(both(&[parked, sent]))), "is sent"),
        (wait(outbox.retry(to("agency"))), "the config names office"),
        (
            wait(outbox.set_paused(Some("agency".to_owned()), true)),
            "no destination \"agency\"",
        ),
        (
            wait(outbox.skip(Selection::default())),
            "name a destination",
        ),
    ] {
        let error = outcome.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(venue.reader().outbox_counts().unwrap().failed, 1);
    assert_eq!(acts(&venue), []);
}

#[test]
fn a_paused_destination_gets_nothing_over_a_restart_too() {
    let (mut venue, run) = venue();
    drop(run);
    venue.options.destinations.push(consignee("agency"));
    let mut run = venue.open();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let pause = |outbox: &Outbox, name: Option<&str>, paused| {
        wait(outbox.set_paused(name.map(str::to_owned), paused)).unwrap()
    };
    assert_eq!(pause(&outbox, Some("office"), true), 1);
    assert_eq!(pause(&outbox, Some("office"), true), 0, "it was already");
    assert_eq!((due(&outbox), next_due(&outbox)), (vec![], None));
    assert_eq!(due_at(&outbox, "agency", AT_ONCE).len(), 1);
    drop((run, outbox));
    let run = venue.open();
    let outbox = run.archive.outbox();
    assert_eq!(wait(outbox.paused()).unwrap(), ["office"]);
    assert_eq!(due(&outbox), []);
    let reaches: Vec<_> = venue.reader().destination_statuses().unwrap();
    let reaches: Vec<_> = reaches
        .into_iter()
        .map(|d| (d.name, d.traffic.reach))
        .collect();
    assert_eq!(
        reaches,
        [
            ("agency".to_owned(), Reach::Ready),
            ("office".to_owned(), Reach::Paused)
        ]
    );
    assert_eq!(pause(&outbox, None, true), 1);
    assert_eq!(pause(&outbox, None, false), 2);
    assert_eq!(due(&outbox).len(), 1);
    assert_eq!(next_due(&outbox), Some(Millis(0)));
    let acts = acts(&venue);
    let kinds: Vec<_> = acts.iter().map(|(kind, _)| *kind).collect();
    use EventKind::{UploadPaused, UploadResumed};
    assert_eq!(kinds, [UploadPaused, UploadPaused, UploadResumed]);
    assert_eq!(
        acts[2].1["destinations"],
        serde_json::json!(["agency", "office"])
    );
}

#[test]
fn whether_the_network_costs_money_outlives_a_restart() {
    let (venue, run) = venue();
    let outbox = run.archive.outbox();
    assert!(!wait(outbox.metered()).unwrap());
    wait(outbox.set_metered(true)).unwrap();
    wait(outbox.set_metered(true)).unwrap();
    drop((run, outbox));
    let run = venue.open();
    assert!(wait(run.archive.outbox().metered()).unwrap());
    assert!(venue.reader().metered().unwrap());
    assert_eq!(
        acts(&venue),
        [(
            EventKind::NetworkMetered,
            serde_json::json!({"metered": true})
        )]
    );
}

#[test]
fn a_word_wakes_whoever_works_it_off() {
    let (_venue, run) = venue();
    let outbox = run.archive.outbox();
    wait(outbox.set_metered(true)).unwrap();
    let told = async { tokio::time::timeout(CAP, outbox.news()).await };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(told).unwrap();
}

#[test]
fn a_receipt_keeps_the_destinations_own_number() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    shoot(&venue, &mut run, &frame(1, Some(1)));
    let item = due(&outbox).remove(0);
    let receipt = crate::archive::Receipt {
        reference: Some("R-17".to_owned()),
        ..receipt(&item)
    };
    wait(outbox.sent(item.id, receipt)).unwrap();
    let row = venue.reader().outbox_rows(false).unwrap().remove(0);
    assert_eq!(row.receipt.as_deref(), Some("R-17"));
}

#[test]
fn a_destination_is_summed_up_however_much_waits() {
    let (venue, mut run) = venue();
    let outbox = run.archive.outbox();
    for number in 1..=4_u64 {
        let shot = Frame {
            taken_at: WallMs(1_000 * number.cast_signed()),
            ..frame(number, Some(1))
        };
        shoot(&venue, &mut run, &shot);
    }
    let items = due(&outbox);
    park(&outbox, items[1].id);
    wait(outbox.sent(items[0].id, receipt(&items[0]))).unwrap();
    let status = venue.reader().destination_statuses().unwrap().remove(0);
    assert_eq!(
        (status.pending, status.parked, status.required),
        (2, 1, true)
    );
    assert_eq!(
        status.pending_bytes.0,
        items[2].size_bytes.0 + items[3].size_bytes.0
    );
    assert_eq!(
        status.oldest,
        Some(WallMs(2_000)),
        "what is parked waits too"
    );
    let look = venue.reader().outbox_look(1).unwrap();
    let look: Vec<_> = look
        .iter()
        .map(|row| (row.id, row.state.as_str()))
        .collect();
    assert_eq!(look, [(items[1].id, "parked"), (items[2].id, "pending")]);
}
