//! Corrections: frames that went to the wrong serial go to the right one, audited, undoable, shown beforehand.
//!
//! A correction is a plan first. Its preview is what `--dry-run` shows; applying it changes memory, and commits the rows
//! with what they were before, from which [`undo`](super::undo) takes it back. Frames on their way are never corrected.

use super::Station;
use super::alarms::Alarm;
use super::frames::order;
use super::ledger::By;
use super::verdict::on_its_way;
use crate::model::{
    CorrectionPreview, EntryState, EventKind, Frame, FrameId, FrameMove, FrameState, Outcome,
    QueueEntry, Refusal, RefusalCode, Row, Serial, Session, Student, StudentNumber, Tune,
};
use serde_json::json;
use std::collections::BTreeSet;

/// The chair's part in a correction.
#[derive(Debug, Clone)]
pub(super) struct Chair {
    pub(super) to: Option<Serial>,
    /// Frames of the new sitting begin here.
    pub(super) first_frame: u64,
    /// What becomes of whoever leaves it.
    pub(super) leaving: EntryState,
}

/// What a correction would change.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) kind: EventKind,
    /// The frames as they shall read.
    pub(super) frames: Vec<Frame>,
    /// Who gets which student.
    pub(super) students: Vec<(Serial, Option<Student>)>,
    /// Where entries stand afterwards, before they are reckoned anew.
    pub(super) states: Vec<(Serial, EntryState)>,
    pub(super) chair: Option<Chair>,
    pub(super) message: String,
    /// The correction that this one takes back.
    pub(super) undone: Option<EventKind>,
}

impl Plan {
    pub(super) fn new(kind: EventKind, message: String) -> Self {
        Self {
            kind,
            frames: Vec::new(),
            students: Vec::new(),
            states: Vec::new(),
            chair: None,
            message,
            undone: None,
        }
    }
}

impl Station {
    /// A frame reads otherwise from now on, wherever it is held.
    pub(super) fn put_frame(&mut self, frame: Frame) {
        if let Some(flight) = self.flights.get_mut(&frame.id) {
            flight.draft = frame.clone();
        }
        self.frames.put(frame);
    }

    /// Gives a frame its owner.
    pub(super) fn reassign(
        &mut self,
        by: By,
        id: &FrameId,
        to: &StudentNumber,
        dry_run: bool,
    ) -> Result<(), Refusal> {
        self.open_session()?;
        let frame = self.known_frame(id)?;
        if !matches!(frame.state, FrameState::Kept | FrameState::SetAside) {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("frame {id} is {}", frame.state.as_str()),
                "only kept and set-aside frames get an owner",
            ));
        }
        let serial = self.queue.serial_of(to).ok_or_else(|| {
            Refusal::new(
                RefusalCode::NotFound,
                format!("student number {to} has no serial in this session"),
                "bind it to one: shutterline queue bind SERIAL STUDENT",
            )
        })?;
        if frame.serial == Some(serial) {
            return Err(Refusal::new(
                RefusalCode::Invalid,
                format!("frame {id} is of serial {serial} already"),
                "nothing is to be done",
            ));
        }
        let mut plan = Plan::new(
            EventKind::FrameReassigned,
            format!("frame {id} is of serial {serial} now"),
        );
        plan.frames.push(self.given_to(frame, serial));
        self.correct(by, plan, dry_run)
    }

    /// Forgot to move on: this frame and the later ones of its serial belong to the next.
    pub(super) fn split(&mut self, by: By, from: &FrameId, dry_run: bool) -> Result<(), Refusal> {
        self.open_session()?;
        let first = self.known_frame(from)?;
        let serial = first.serial.ok_or_else(|| {
            Refusal::new(
                RefusalCode::WrongState,
                format!("frame {from} has no serial"),
                "give it an owner: shutterline frames reassign",
            )
        })?;
        let seated = self.current() == Some(serial);
        let next = if seated {
            self.queue.next_in_line()
        } else {
            self.following(serial)
        };
        let next = next.ok_or_else(|| {
            Refusal::new(
                RefusalCode::NotFound,
                format!("no serial follows {serial}"),
                "reassign the frames one by one: shutterline frames reassign",
            )
        })?;
        self.refuse_taken(next, "move the row: shutterline queue shift")?;
        let later = self
            .frames
            .of(serial)
            .filter(|f| order(&f.id) >= order(from));
        let later: Vec<Frame> = later.cloned().collect();
        let mut plan = Plan::new(
            EventKind::FramesSplit,
            format!(
                "{} frames of serial {serial} are of {next} now",
                later.len()
            ),
        );
        plan.frames = later.into_iter().map(|f| self.given_to(f, next)).collect();
        if seated {
            plan.chair = Some(Chair {
                to: Some(next),
                first_frame: order(from).0,
                leaving: EntryState::Unfinished,
            });
        }
        self.correct(by, plan, dry_run)
    }

    /// The serial that sat after one that was left long ago: the next that is neither held nor absent.
    fn following(&self, serial: Serial) -> Option<Serial> {
        let skipped = |s: &EntryState| matches!(s, EntryState::Held(_) | EntryState::Absent);
        self.queue
            .entries()
            .iter()
            .skip(serial.0 as usize)
            .find(|e| !skipped(&e.state))
            .map(|e| e.serial)
    }

    /// Moved on too early: the chair returns, and the frames shot since go with it.
    pub(super) fn undo_advance(&mut self, by: By, dry_run: bool) -> Result<(), Refusal> {
        self.open_session()?;
        let to = self.previous()?;
        let known = self.trail.last().filter(|step| step.left == Some(to));
        let first_frame = known.map_or(0, |step| step.first_frame);
        let since = |f: &&Frame| order(&f.id).0 >= first_frame;
        let current = self.current();
        let frames = current.map(|s| self.frames.of(s).filter(since).cloned().collect());
        let frames: Vec<Frame> = frames.unwrap_or_default();
        let mut plan = Plan::new(
            EventKind::AdvanceUndone,
            format!(
                "serial {to} is in the chair again, with {} frames",
                frames.len()
            ),
        );
        plan.frames = frames.into_iter().map(|f| self.given_to(f, to)).collect();
        plan.chair = Some(Chair {
            to: Some(to),
            first_frame,
            leaving: EntryState::Waiting,
        });
        self.correct(by, plan, dry_run)
    }

    /// A row of serials slipped: the frames of each belong `far` serials further.
    pub(super) fn shift(
        &mut self,
        by: By,
        from: Serial,
        to: Serial,
        far: i32,
        dry_run: bool,
    ) -> Result<(), Refusal> {
        self.entry(from)?;
        self.entry(to)?;
        if from > to || far == 0 {
            return Err(Refusal::new(
                RefusalCode::Invalid,
                format!("serials {from} to {to} by {far} is no shift"),
                "give --from not above --to, and --by other than 0",
            ));
        }
        let range = from.0..=to.0;
        let mut plan = Plan::new(
            EventKind::Shifted,
            format!("the frames of serials {from} to {to} moved by {far}"),
        );
        for serial in range.clone().map(Serial) {
            if self.frames.count_of(serial) == 0 {
                continue;
            }
            let target = serial.0.checked_add_signed(far).map(Serial);
            let target = target.filter(|t| self.queue.get(*t).is_some());
            let target = target.ok_or_else(|| {
                Refusal::new(
                    RefusalCode::NotFound,
                    format!("serial {serial} moved by {far} is outside the queue"),
                    format!("serials go from 1 to {}", self.queue.len()),
                )
            })?;
            if !range.contains(&target.0) {
                self.refuse_taken(target, "include it in the shift, or swap")?;
            }
            let frames = self.frames.of(serial).cloned();
            plan.frames.extend(frames.map(|f| self.given_to(f, target)));
        }
        self.correct(by, plan, dry_run)
    }

    /// The frames of two serials change places.
    pub(super) fn swap(
        &mut self,
        by: By,
        a: Serial,
        b: Serial,
        dry_run: bool,
    ) -> Result<(), Refusal> {
        self.entry(a)?;
        self.entry(b)?;
        let mut plan = Plan::new(
            EventKind::Swapped,
            format!("the frames of serials {a} and {b} changed places"),
        );
        let pairs = [(a, b), (b, a)].into_iter().filter(|_| a != b);
        for (serial, other) in pairs {
            let frames = self.frames.of(serial).cloned();
            plan.frames.extend(frames.map(|f| self.given_to(f, other)));
        }
        self.correct(by, plan, dry_run)
    }

    /// A serial gets its student, and all its frames with it; those on their way follow when they land.
    pub(super) fn bind(
        &mut self,
        by: By,
        serial: Serial,
        mut student: Student,
        dry_run: bool,
    ) -> Result<(), Refusal> {
        let entry = self.entry(serial)?;
        let number = student.number.clone();
        let same = entry.student.as_ref().is_some_and(|s| s.number == number);
        let other = self.queue.serial_of(&number).filter(|s| *s != serial);
        if same || other.is_some() {
            let holder = other.unwrap_or(serial);
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("student number {number} has serial {holder}"),
                "bind another number, or swap the frames: shutterline queue swap",
            ));
        }
        if student.name.is_empty() {
            student.name = self.name_of(&number);
        }
        let mut plan = Plan::new(
            EventKind::Bound,
            format!("serial {serial} is bound to {number}"),
        );
        plan.frames = self
            .frames
            .of(serial)
            .cloned()
            .map(|mut frame| {
                frame.student = Some(number.clone());
                frame
            })
            .collect();
        plan.students.push((serial, Some(student)));
        self.correct(by, plan, dry_run)
    }

    /// The frame as it reads in `serial`'s hands.
    pub(super) fn given_to(&self, mut frame: Frame, serial: Serial) -> Frame {
        frame.session = self.session_id();
        frame.serial = Some(serial);
        frame.student = self.queue.student_of(serial);
        frame.state = FrameState::Kept;
        frame.candidates = Vec::new();
        frame
    }

    fn refuse_taken(&self, serial: Serial, next: &str) -> Result<(), Refusal> {
        if self.frames.count_of(serial) == 0 && !self.is_shooting(serial) {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::WrongState,
            format!("serial {serial} has frames already"),
            next,
        ))
    }

    /// Shows a plan, or carries it out in one commit.
    pub(super) fn correct(&mut self, by: By, plan: Plan, dry_run: bool) -> Result<(), Refusal> {
        let touched = self.touched(&plan);
        let chair_moves = plan.chair.is_some();
        let blocked = |s: &Serial| plan.kind != EventKind::Bound && self.is_shooting(*s);
        let seat = self.current().filter(|_| chair_moves);
        if touched.iter().chain(&seat).any(blocked) {
            return Err(on_its_way());
        }
        if plan.frames.is_empty() && plan.students.is_empty() && !chair_moves {
            return Err(Refusal::new(
                RefusalCode::NotFound,
                "there is no frame to move",
                "see shutterline frames list",
            ));
        }
        let mut preview = CorrectionPreview {
            moves: self.moves(&plan.frames),
            current: (
                self.current(),
                plan.chair.as_ref().map_or(self.current(), |c| c.to),
            ),
            applied: false,
        };
        let message = plan.message.clone();
        if dry_run {
            if let Some(to) = by.reply {
                let outcome = Outcome {
                    message: "nothing was changed (dry run)".to_owned(),
                    preview: Some(preview),
                    ..Outcome::default()
                };
                self.reply(to, Ok(outcome));
            }
            return Ok(());
        }
        let entry = self.apply(by, plan, touched);
        preview.applied = true;
        preview.current.1 = self.current();
        let outcome = Outcome {
            message,
            preview: Some(preview),
            ..Outcome::default()
        };
        self.commit_for(by, entry, outcome);
        self.sound(Tune::Acknowledge);
        self.alarm_unfinished();
        Ok(())
    }

    /// Every serial whose entry a plan may change.
    fn touched(&self, plan: &Plan) -> BTreeSet<Serial> {
        let mut touched = BTreeSet::new();
        for frame in &plan.frames {
            touched.extend(frame.serial);
            touched.extend(self.frames.get(&frame.id).and_then(|f| f.serial));
        }
        touched.extend(plan.students.iter().map(|(serial, _)| *serial));
        touched.extend(plan.states.iter().map(|(serial, _)| *serial));
        if let Some(chair) = &plan.chair {
            touched.extend(chair.to);
            touched.extend(self.current());
        }
        touched
    }

    fn moves(&self, frames: &[Frame]) -> Vec<FrameMove> {
        let moved = frames.iter().filter_map(|after| {
            let before = self.frames.get(&after.id)?;
            Some(FrameMove {
                frame: after.id.clone(),
                before: (before.serial, before.student.clone()),
                after: (after.serial, after.student.clone()),
            })
        });
        moved.collect()
    }

    /// Changes memory; the event row with what was and what is.
    fn apply(&mut self, by: By, plan: Plan, mut touched: BTreeSet<Serial>) -> super::ledger::Entry {
        let idle = self.current().is_none();
        let session = self.session.clone();
        let entries = self.queue.entries().to_vec();
        let before: Vec<Frame> = plan
            .frames
            .iter()
            .filter_map(|f| self.frames.get(&f.id).cloned())
            .collect();
        for frame in plan.frames.iter().cloned() {
            self.put_frame(frame);
        }
        for (serial, student) in plan.students {
            self.edit_entry(serial, |entry| entry.student = student);
        }
        for (serial, state) in plan.states {
            self.edit_entry(serial, |entry| entry.state = state);
        }
        if let Some(chair) = plan.chair {
            self.give_chair(chair);
        }
        for serial in &touched {
            self.reckon(*serial);
        }
        if idle
            && self.current().is_none()
            && let Some(next) = self.queue.next_in_line()
        {
            touched.insert(next);
            self.give_chair(Chair {
                to: Some(next),
                first_frame: self.next_frame,
                leaving: EntryState::Waiting,
            });
        }
        let mut was: Vec<Row> = before
            .into_iter()
            .map(|f| Row::Frame(Box::new(f)))
            .collect();
        let mut is: Vec<Row> = plan
            .frames
            .into_iter()
            .map(|f| Row::Frame(Box::new(f)))
            .collect();
        for serial in touched {
            let old = entries.get(serial.0 as usize - 1);
            let new = self.queue.get(serial);
            if let (Some(old), Some(new), Some(session)) = (old, new, &session)
                && old != new
            {
                was.push(entry_row(session, old));
                is.push(entry_row(session, new));
            }
        }
        if session != self.session {
            was.extend(session.map(Row::Session));
            is.extend(self.session.clone().map(Row::Session));
        }
        let mut detail = json!({"before": unnamed(&was), "after": unnamed(&is)});
        match plan.undone {
            Some(kind) => {
                self.corrections.pop();
                detail["undone"] = json!(kind);
            }
            None => self.corrections.push((plan.kind, detail.clone())),
        }
        self.event(by.who, plan.kind).detail(detail).rows(is)
    }

    pub(super) fn edit_entry(&mut self, serial: Serial, edit: impl FnOnce(&mut QueueEntry)) {
        if let Some(mut entry) = self.queue.get(serial).cloned() {
            edit(&mut entry);
            if entry.state != EntryState::Recalled {
                entry.recall_order = 0;
            } else if entry.recall_order == 0 {
                entry.recall_order = self.queue.next_recall_order();
            }
            self.set_entry(entry);
        }
    }

    fn give_chair(&mut self, chair: Chair) {
        if let Some(left) = self.current() {
            let good = self.frames.has_good(left);
            let state = if good {
                EntryState::Done
            } else {
                chair.leaving
            };
            self.edit_entry(left, |entry| entry.state = state);
        }
        if let Some(serial) = chair.to {
            self.edit_entry(serial, |entry| entry.state = EntryState::Seated);
        }
        match self.trail.last() {
            Some(step) if step.left == chair.to => _ = self.trail.pop(),
            _ => self.trail.push(super::chair::Step {
                left: self.current(),
                first_frame: chair.first_frame,
            }),
        }
        self.take_seat(chair.to);
        self.sitting.first_frame = chair.first_frame;
        self.settle();
    }

    /// Entries that a correction left without a good frame.
    fn alarm_unfinished(&mut self) {
        let unfinished: Vec<Serial> = self
            .queue
            .entries()
            .iter()
            .filter(|e| e.state == EntryState::Unfinished)
            .map(|e| e.serial)
            .collect();
        for serial in unfinished {
            self.alarm(Alarm::Unfinished(serial));
        }
    }

    /// The name that the station knows for a number; empty if none.
    pub(super) fn name_of(&self, number: &StudentNumber) -> String {
        let on_queue = self
            .queue
            .serial_of(number)
            .and_then(|s| self.queue.get(s)?.student.as_ref());
        let pending = || self.pending_roster.iter().find(|s| s.number == *number);
        on_queue
            .or_else(pending)
            .map(|s| s.name.clone())
            .unwrap_or_default()
    }
}

fn entry_row(session: &Session, entry: &QueueEntry) -> Row {
    Row::Entry {
        session: session.id.clone(),
        entry: entry.clone(),
    }
}

/// The rows as an event's detail may show them: an event never carries a name.
fn unnamed(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        if let Row::Entry { entry, .. } = row
            && let Some(student) = &mut entry.student
        {
            student.name.clear();
        }
    }
    rows
}
