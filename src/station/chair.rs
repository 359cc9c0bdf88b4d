//! Who sits in the chair: moving on, going back, holding, recalling, calling.
//!
//! The chair moves in strict order (I6): the recalled, then the lowest waiting serial. It is never left empty while
//! somebody waits. Each move blocks the shutter until it has settled.

use super::alarms::Alarm;
use super::history::Seat;
use super::ledger::By;
use super::requests::Outstanding;
use super::{Action, Station, TimerId};
use crate::model::{
    ChairStep, EntryState, EventKind, HoldReason, HoldTarget, Millis, Outcome, Purpose, QueueEntry,
    Refusal, RefusalCode, Row, Serial, Session, Tune,
};
use serde_json::json;

/// The present stay in the chair.
#[derive(Debug, Default)]
pub(super) struct Sitting {
    /// Frames from this sequence on were shot in it.
    pub(super) first_frame: u64,
    /// When it first had a passing frame.
    pub(super) passed_at: Option<Millis>,
}

/// A move about to be made.
pub(super) struct Move {
    pub(super) kind: EventKind,
    /// What becomes of the one seated.
    pub(super) leaving: EntryState,
    /// Who sits down.
    pub(super) next: Option<Serial>,
    pub(super) detail: serde_json::Value,
    pub(super) tune: Tune,
}

impl Station {
    pub(super) fn open_session(&self) -> Result<&Session, Refusal> {
        self.session.as_ref().ok_or_else(|| {
            Refusal::new(
                RefusalCode::NoSession,
                "no session is open",
                "open one: shutterline session open",
            )
        })
    }

    pub(super) fn entry(&self, serial: Serial) -> Result<&QueueEntry, Refusal> {
        self.open_session()?;
        self.queue.get(serial).ok_or_else(|| {
            Refusal::new(
                RefusalCode::NotFound,
                format!("serial {serial} was not issued"),
                format!("serials go from 1 to {}", self.queue.len()),
            )
        })
    }

    pub(super) fn seated(&self) -> Result<Serial, Refusal> {
        self.open_session()?;
        self.current().ok_or_else(|| {
            Refusal::new(
                RefusalCode::WrongState,
                "nobody is in the chair",
                "call a serial: shutterline queue call N",
            )
        })
    }

    /// The control: with a good frame at once, without one at the second press.
    pub(super) fn next(&mut self, by: By, at: Millis) -> Result<(), Refusal> {
        self.unless_settling(at)?;
        let sure = match self.current() {
            Some(serial) => self.frames.has_good(serial),
            None => true,
        };
        let confirmed = self.confirm_next.is_some_and(|until| at <= until);
        if sure || confirmed {
            return self.advance(by);
        }
        let until = at + self.policy.confirm_next;
        self.confirm_next = Some(until);
        self.push(Action::SetTimer {
            id: TimerId::ConfirmNext,
            at: until,
        });
        Err(Refusal::new(
            RefusalCode::WrongState,
            "the serial has no accepted or passing frame",
            "press next again to leave it unfinished",
        ))
    }

    /// Moves on.
    pub(super) fn advance(&mut self, by: By) -> Result<(), Refusal> {
        self.open_session()?;
        let left = self.current();
        let next = self.queue.next_in_line();
        if left.is_none() && next.is_none() {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                "nobody is waiting",
                "recall a held serial, or close the session",
            ));
        }
        let good = left.is_none_or(|serial| self.frames.has_good(serial));
        let leaving = if good {
            EntryState::Done
        } else {
            EntryState::Unfinished
        };
        self.move_chair(
            by,
            Move {
                kind: EventKind::Advanced,
                leaving,
                next,
                detail: json!(null),
                tune: Tune::MovedOn,
            },
        );
        if let (Some(serial), false) = (left, good) {
            self.alarm(Alarm::Unfinished(serial));
        }
        Ok(())
    }

    /// Returns to the serial seated before. No frame changes.
    pub(super) fn back(&mut self, by: By) -> Result<(), Refusal> {
        self.open_session()?;
        let to = self.previous()?;
        let leaving = self.put_back();
        self.move_chair(
            by,
            Move {
                kind: EventKind::WentBack,
                leaving,
                next: Some(to),
                detail: json!(null),
                tune: Tune::Acknowledge,
            },
        );
        Ok(())
    }

    /// Whom `back` and `undo-advance` return to; in a session that an older version began, the last one below who was seated
    /// and left.
    pub(super) fn previous(&self) -> Result<Serial, Refusal> {
        let current = self.current();
        let left = self.trail.last().and_then(|step| step.left);
        let left = left.filter(|serial| Some(*serial) != current);
        left.or_else(|| self.queue.left_before(current))
            .ok_or_else(|| {
                Refusal::new(
                    RefusalCode::WrongState,
                    "nobody was in the chair before",
                    "call a serial: shutterline queue call N",
                )
            })
    }

    /// What the one seated becomes when the chair is given to an earlier one: done with a good frame, else first in line again.
    pub(super) fn put_back(&self) -> EntryState {
        match self.current() {
            Some(serial) if self.frames.has_good(serial) => EntryState::Done,
            _ => EntryState::Waiting,
        }
    }

    pub(super) fn hold(
        &mut self,
        by: By,
        target: HoldTarget,
        reason: Option<HoldReason>,
    ) -> Result<(), Refusal> {
        match target {
            HoldTarget::Current => self.hold_current(by, reason),
            HoldTarget::Serial(serial) if self.current() == Some(serial) => {
                self.hold_current(by, reason)
            }
            HoldTarget::Serial(serial) => {
                let entry = self.entry(serial)?.clone();
                if matches!(entry.state, EntryState::Done | EntryState::Absent) {
                    return Err(wrong_state(
                        &entry,
                        "only a serial still to be shot is held",
                    ));
                }
                let state = EntryState::Held(self.hold_reason(serial, reason));
                self.change_entry(by, EventKind::Held, entry, state, 0)
            }
        }
    }

    pub(super) fn hold_current(
        &mut self,
        by: By,
        reason: Option<HoldReason>,
    ) -> Result<(), Refusal> {
        let serial = self.seated()?;
        let reason = self.hold_reason(serial, reason);
        let word = EntryState::Held(reason).as_str();
        self.move_chair(
            by,
            Move {
                kind: EventKind::Held,
                leaving: EntryState::Held(reason),
                next: self.queue.next_in_line(),
                detail: json!({"state": word}),
                tune: Tune::MovedOn,
            },
        );
        Ok(())
    }

    /// Who was shot is there, and has something to fix; who was not is absent.
    fn hold_reason(&self, serial: Serial, asked: Option<HoldReason>) -> HoldReason {
        let shot = self.frames.count_of(serial) > 0 || self.is_shooting(serial);
        asked.unwrap_or(if shot {
            HoldReason::Fix
        } else {
            HoldReason::Absent
        })
    }

    /// A held serial sits next after the one seated; at once if the chair is empty.
    pub(super) fn recall(&mut self, by: By, serial: Serial) -> Result<(), Refusal> {
        let entry = self.entry(serial)?.clone();
        if !matches!(entry.state, EntryState::Held(_)) {
            return Err(wrong_state(&entry, "only a held serial is recalled"));
        }
        if self.current().is_none() {
            return self.seat_out_of_order(by, serial, EventKind::Recalled, Vec::new());
        }
        let order = self.queue.next_recall_order();
        self.sound(Tune::Acknowledge);
        self.change_entry(by, EventKind::Recalled, entry, EntryState::Recalled, order)
    }

    pub(super) fn mark_absent(&mut self, by: By, serial: Serial) -> Result<(), Refusal> {
        let entry = self.entry(serial)?.clone();
        let may = matches!(
            entry.state,
            EntryState::Waiting
                | EntryState::Held(_)
                | EntryState::Unfinished
                | EntryState::Recalled
        );
        if !may {
            return Err(wrong_state(
                &entry,
                "only a waiting, held or unfinished serial is marked absent",
            ));
        }
        self.change_entry(by, EventKind::MarkedAbsent, entry, EntryState::Absent, 0)
    }

    /// Calls a serial out of order, audited. The one after the last issued is a new paper number.
    pub(super) fn call(&mut self, by: By, serial: Serial) -> Result<(), Refusal> {
        self.open_session()?;
        if self.current() == Some(serial) {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("serial {serial} is in the chair already"),
                "shoot, or move on",
            ));
        }
        let issued = self.paper_number(serial)?;
        self.seat_out_of_order(by, serial, EventKind::Called, issued)
    }

    fn seat_out_of_order(
        &mut self,
        by: By,
        serial: Serial,
        kind: EventKind,
        issued: Vec<QueueEntry>,
    ) -> Result<(), Refusal> {
        let left = self.current();
        let leaving = self.state_on_leaving(left);
        let new = !issued.is_empty();
        for entry in issued {
            self.queue.set(entry);
        }
        self.move_chair(
            by,
            Move {
                kind,
                leaving,
                next: Some(serial),
                detail: json!({"left": left, "issued": new}),
                tune: Tune::Acknowledge,
            },
        );
        if let (Some(left), EntryState::Unfinished) = (left, leaving) {
            self.alarm(Alarm::Unfinished(left));
        }
        Ok(())
    }

    /// What a serial becomes that leaves the chair for one called.
    pub(super) fn state_on_leaving(&self, left: Option<Serial>) -> EntryState {
        match left {
            Some(serial) if self.frames.has_good(serial) => EntryState::Done,
            Some(serial) if self.frames.count_of(serial) > 0 || self.is_shooting(serial) => {
                EntryState::Unfinished
            }
            _ => EntryState::Waiting,
        }
    }

    /// One entry that is not in the chair changes its state.
    fn change_entry(
        &mut self,
        by: By,
        kind: EventKind,
        mut entry: QueueEntry,
        state: EntryState,
        order: u32,
    ) -> Result<(), Refusal> {
        let session = self.open_session()?.id.clone();
        entry.state = state;
        entry.recall_order = order;
        let serial = entry.serial;
        self.set_entry(entry.clone());
        let event = self.event(by.who, kind).serial(serial);
        let event = event
            .detail(json!({"state": state.as_str()}))
            .row(Row::Entry { session, entry });
        let outcome = Outcome {
            message: format!("serial {serial} is {} now", state.as_str()),
            ..Outcome::default()
        };
        self.commit_for(by, event, outcome);
        Ok(())
    }

    /// Puts an entry in place, and takes back the alarms that this answers.
    pub(super) fn set_entry(&mut self, entry: QueueEntry) {
        if !matches!(entry.state, EntryState::Unfinished | EntryState::Waiting) {
            self.drop_alarms_of(entry.serial);
        }
        self.queue.set(entry);
    }

    /// Moves the chair: entries, session, history and event in one commit.
    pub(super) fn move_chair(&mut self, by: By, plan: Move) {
        let Some(id) = self.session_id() else {
            return;
        };
        let left = self.current();
        let mut rows = Vec::new();
        let states = [(left, plan.leaving), (plan.next, EntryState::Seated)];
        for (serial, state) in states {
            let Some(mut entry) = serial.and_then(|s| self.queue.get(s)).cloned() else {
                continue;
            };
            entry.state = state;
            entry.recall_order = 0;
            self.set_entry(entry.clone());
            rows.push(Row::Entry {
                session: id.clone(),
                entry,
            });
        }
        let before = self.trail.clone();
        if plan.kind == EventKind::WentBack {
            // Forward and back again cancel out.
            self.trail.pop();
        } else {
            self.trail.push(ChairStep {
                left,
                first_frame: self.next_frame,
            });
        }
        let mut detail = plan.detail;
        detail["trail"] = ChairStep::note(&before, &self.trail);
        rows.extend(self.take_seat(plan.next));
        self.settle();
        let event = self.event(by.who, plan.kind);
        let event = event.serial(left.or(plan.next)).detail(detail);
        let message = match plan.next {
            Some(serial) => format!("serial {serial} is in the chair"),
            None => "nobody is waiting; the queue is done".to_owned(),
        };
        let outcome = Outcome {
            message,
            ..Outcome::default()
        };
        self.commit_for(by, event.rows(rows), outcome);
        self.sound(plan.tune);
    }

    /// `serial` is in the chair from now on; the session's row as it reads then.
    pub(super) fn take_seat(&mut self, serial: Option<Serial>) -> Option<Row> {
        let session = self.session.as_mut()?;
        session.current = serial;
        let row = Row::Session(session.clone());
        self.sitting = Sitting {
            first_frame: self.next_frame,
            passed_at: None,
        };
        self.confirm_next = None;
        self.digits.clear();
        self.drop_sitting_alarms();
        self.note_seat();
        Some(row)
    }

    /// A second stamp of the foot must not shoot the wrong student.
    pub(super) fn settle(&mut self) {
        self.settle_until = self.now.mono + self.policy.settle;
        self.push(Action::SetTimer {
            id: TimerId::Settled,
            at: self.settle_until,
        });
    }

    /// Notes for the history who is shot from now on (I1).
    pub(super) fn note_seat(&mut self) {
        let test = |o: &Outstanding| o.state.request.purpose == Purpose::Test;
        let testing = self.paused || self.outstanding.as_ref().is_some_and(test);
        let seat = match (&self.session, self.current()) {
            _ if testing => Seat::Testing,
            (Some(session), Some(serial)) => Seat::Taken(session.id.clone(), serial),
            _ => Seat::Nobody,
        };
        self.history.note(self.now.mono, seat);
    }
}

fn wrong_state(entry: &QueueEntry, rule: &str) -> Refusal {
    Refusal::new(
        RefusalCode::WrongState,
        format!("serial {} is {}", entry.serial, entry.state.as_str()),
        rule,
    )
}
