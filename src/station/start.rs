//! From the snapshot of what is durable to a station that goes on where it stopped.

use super::alarms::Alarm;
use super::chair::Sitting;
use super::frames::Frames;
use super::gesture::Gestures;
use super::history::History;
use super::ledger::Ledger;
use super::queue::Queue;
use super::recovery::Bound;
use super::requests::Overdue;
use super::{Action, Policy, Station};
use crate::model::{
    Actor, CameraState, EntryState, EventKind, Fault, Frame, Millis, RequestOutcome, RequestState,
    Row, Snapshot, Stamp,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

impl Station {
    /// A station that starts from `snapshot`, and its first actions. The camera counts as absent until it says otherwise.
    pub fn new(policy: Policy, snapshot: Snapshot, now: &Stamp) -> (Station, Vec<Action>) {
        let session = snapshot
            .session
            .filter(|s| s.state == crate::model::SessionState::Open);
        let unfinished = snapshot
            .entries
            .iter()
            .filter(|e| e.state == EntryState::Unfinished)
            .map(|e| Alarm::Unfinished(e.serial))
            .collect();
        let id = session.as_ref().map(|s| s.id.clone());
        let mut station = Station {
            gestures: Gestures::new(&policy),
            policy,
            station: snapshot.station,
            now: now.clone(),
            out: Vec::new(),
            session,
            queue: Queue::new(snapshot.entries),
            frames: Frames::new(id, snapshot.frames),
            pending_roster: snapshot.pending_roster,
            corrections: snapshot.corrections,
            lowered: snapshot.lowered.into_iter().collect(),
            often: BTreeMap::new(),
            waiting_reference: snapshot.waiting_reference,
            paused: snapshot.paused,
            next_session: snapshot.next_session,
            next_frame: snapshot.next_frame,
            next_request: snapshot.next_request,
            digits: String::new(),
            digits_until: Millis(0),
            confirm_next: None,
            sitting: Sitting::default(),
            trail: snapshot.trail,
            history: History::default(),
            settle_until: Millis(0),
            outstanding: None,
            last_shot: None,
            overdue: Vec::new(),
            bound: Vec::new(),
            found: 0,
            flights: BTreeMap::new(),
            backlog: VecDeque::new(),
            landed: VecDeque::new(),
            camera: CameraState::Absent,
            faults: BTreeSet::from([Fault::CameraAbsent]),
            short: BTreeSet::new(),
            archive_waits: None,
            alarms: unfinished,
            ledger: Ledger::default(),
            shown: None,
            green_since: None,
            sounded: None,
        };
        station.note_seat();
        station.recall_frequent();
        let entry = station
            .event(Actor::Station, EventKind::Started)
            .detail(json!({"faults": [Fault::CameraAbsent.as_str()], "paused": station.paused}));
        station.commit(entry);
        for state in snapshot.open_requests {
            station.take_up(state);
        }
        station.bring_all_students_along();
        station.refresh_lamps();
        let first = std::mem::take(&mut station.out);
        (station, first)
    }

    /// Frames that were stored just as their serial was bound, before they could follow.
    fn bring_all_students_along(&mut self) {
        let stray = |f: &&Frame| {
            f.serial
                .is_some_and(|s| f.student != self.queue.student_of(s))
        };
        let strays: Vec<_> = self
            .frames
            .all()
            .filter(stray)
            .map(|f| f.id.clone())
            .collect();
        for id in strays {
            self.bring_student_along(&id);
        }
    }

    /// A request of an earlier run: its files are awaited if they were seen, else it has expired.
    fn take_up(&mut self, mut state: RequestState) {
        let seen = !state.files.is_empty();
        if state.outcome.is_none() {
            let outcome = if seen {
                RequestOutcome::Filed
            } else {
                RequestOutcome::Expired
            };
            state.outcome = Some(outcome);
            let entry = self
                .event(Actor::Station, EventKind::RequestClosed)
                .session(state.request.session.clone())
                .serial(state.request.serial)
                .row(Row::Request(state.clone()));
            self.commit(entry);
        }
        if seen {
            let id = state.request.id;
            let frame = self.frames.all().find(|f| f.request == Some(id));
            let frame = frame.map(|f| f.id.clone());
            self.bound.push(Bound { state, frame });
        } else if state.outcome == Some(RequestOutcome::Expired) {
            self.overdue.push(Overdue {
                request: state.request,
                until: Millis(0),
                listed: true,
            });
        }
    }
}
