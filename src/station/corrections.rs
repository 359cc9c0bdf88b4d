//! Corrections: frames that went to the wrong serial go to the right one, audited, undoable, shown beforehand.
//!
//! A correction is a plan first. Its preview is what `--dry-run` shows; applying it changes memory, and commits the rows
//! with what they were before, from which [`undo`](super::undo) takes it back. Frames on their way are never corrected.

use super::Station;
use super::ledger::By;
use crate::model::{
    EntryState, EventKind, Frame, FrameId, FrameState, Refusal, RefusalCode, Serial, Student,
    StudentNumber,
};

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
            .filter(|f| f.id.order() >= from.order());
        let later: Vec<Frame> = later.cloned().collect();
        let mut plan = Plan::new(
            EventKind::FramesSplit,
            format!(
                "{} of serial {serial} now of {next}",
                frames_text(later.len())
            ),
        );
        plan.frames = later.into_iter().map(|f| self.given_to(f, next)).collect();
        if seated {
            plan.chair = Some(Chair {
                to: Some(next),
                first_frame: from.order().0,
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
        let since = |f: &&Frame| f.id.order().0 >= first_frame;
        let current = self.current();
        let frames = current.map(|s| self.frames.of(s).filter(since).cloned().collect());
        let frames: Vec<Frame> = frames.unwrap_or_default();
        let mut plan = Plan::new(
            EventKind::AdvanceUndone,
            format!(
                "serial {to} is in the chair again, with {}",
                frames_text(frames.len())
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
        if student.exempt.is_empty() {
            let known = self.known_student(&number);
            student.exempt = known.map(|s| s.exempt.clone()).unwrap_or_default();
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

    /// The name that the station knows for a number; empty if none.
    pub(super) fn name_of(&self, number: &StudentNumber) -> String {
        let known = self.known_student(number);
        known.map(|s| s.name.clone()).unwrap_or_default()
    }

    /// The student of that number on the queue or on the roster that waits.
    fn known_student(&self, number: &StudentNumber) -> Option<&Student> {
        let on_queue = self
            .queue
            .serial_of(number)
            .and_then(|s| self.queue.get(s)?.student.as_ref());
        let pending = || self.pending_roster.iter().find(|s| s.number == *number);
        on_queue.or_else(pending)
    }
}

fn frames_text(count: usize) -> String {
    match count {
        1 => "1 frame".to_owned(),
        more => format!("{more} frames"),
    }
}
