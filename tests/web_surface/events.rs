//! The event stream: ids, resuming, and being told what was missed.

use crate::rig::Rig;
use shutterline::web::StreamEvent;
use shutterline::web::client::Events;

fn next(rig: &Rig, events: &mut Events) -> StreamEvent {
    rig.wait(events.next()).unwrap().expect("an event")
}

fn ids(rig: &Rig, events: &mut Events, count: usize) -> Vec<u64> {
    (0..count).map(|_| next(rig, events).id).collect()
}

#[test]
fn a_newcomer_gets_the_status_and_then_what_happens() {
    let rig = Rig::new();
    rig.happen(1, "sound");
    let mut events = rig.wait(rig.client().events(None)).unwrap();
    let first = next(&rig, &mut events);
    assert_eq!((first.id, &*first.kind), (0, "status"));
    assert_eq!(first.data["state"], "no-session");
    rig.happen(2, "frame");
    let second = next(&rig, &mut events);
    assert_eq!((second.id, &*second.kind), (2, "frame"));
    assert_eq!(second.data["n"], 2);
}

#[test]
fn a_client_goes_on_where_it_stopped() {
    let rig = Rig::new();
    for id in 1..=5 {
        rig.happen(id, "event");
    }
    let mut events = rig.wait(rig.client().events(Some(3))).unwrap();
    assert_eq!(ids(&rig, &mut events, 2), [4, 5]);
    rig.happen(6, "event");
    assert_eq!(ids(&rig, &mut events, 1), [6]);
}

#[test]
fn what_is_forgotten_is_said() {
    let rig = Rig::new();
    for id in 10..=12 {
        rig.happen(id, "event");
    }
    let mut events = rig.wait(rig.client().events(Some(3))).unwrap();
    let gap = next(&rig, &mut events);
    assert_eq!((&*gap.kind, &gap.data["gap"]), ("notice", &true.into()));
    assert_eq!(next(&rig, &mut events).kind, "status");
    assert_eq!(ids(&rig, &mut events, 3), [10, 11, 12]);
}

#[test]
fn an_id_of_an_earlier_run_is_a_gap() {
    let rig = Rig::new();
    rig.happen(1, "event");
    let mut events = rig.wait(rig.client().events(Some(900))).unwrap();
    assert_eq!(next(&rig, &mut events).kind, "notice");
    assert_eq!(next(&rig, &mut events).kind, "status");
    assert_eq!(ids(&rig, &mut events, 1), [1]);
}

#[test]
fn a_slow_reader_misses_nothing_that_is_remembered() {
    let rig = Rig::new();
    let mut events = rig.wait(rig.client().events(Some(0))).unwrap();
    // Far more than the live channel of the rig holds, and than one write to the socket takes.
    for id in 1..=400 {
        rig.happen(id, "event");
    }
    let seen = ids(&rig, &mut events, 400);
    assert_eq!(seen, (1..=400).collect::<Vec<u64>>());
}

#[test]
fn a_last_event_id_that_is_no_number_is_refused() {
    let rig = Rig::new();
    let head =
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\nlast-event-id: soon\r\n\r\n";
    let answer = crate::rig::exchange(&rig.socket, head);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("\"next\""), "{answer}");
}
