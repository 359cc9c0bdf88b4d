//! Taking a correction back, from what its event row says things were before.

use super::Station;
use super::corrections::{Chair, Plan};
use super::ledger::By;
use crate::model::{
    EntryState, EventKind, Frame, QueueEntry, Refusal, RefusalCode, Row, Serial, Session, Student,
};
use serde_json::Value;

/// The rows of one side of a correction.
#[derive(Debug, Default)]
struct Side {
    frames: Vec<Frame>,
    entries: Vec<QueueEntry>,
    session: Option<Session>,
}

impl Side {
    fn read(detail: &Value, side: &str) -> Option<Self> {
        let rows: Vec<Row> = serde_json::from_value(detail.get(side)?.clone()).ok()?;
        let mut read = Self::default();
        for row in rows {
            match row {
                Row::Frame(frame) => read.frames.push(*frame),
                Row::Entry { entry, .. } => read.entries.push(entry),
                Row::Session(session) => read.session = Some(session),
                _ => {}
            }
        }
        Some(read)
    }
}

impl Station {
    /// Takes the last correction back. Refused if what it changed has changed since.
    pub(super) fn undo_correction(&mut self, by: By, dry_run: bool) -> Result<(), Refusal> {
        self.open_session()?;
        let (kind, detail) = self.corrections.last().cloned().ok_or_else(|| {
            Refusal::new(
                RefusalCode::NotFound,
                "there is no correction to take back",
                "see shutterline frames list",
            )
        })?;
        let sides = Side::read(&detail, "before").zip(Side::read(&detail, "after"));
        let (before, after) = sides.ok_or_else(|| {
            Refusal::new(
                RefusalCode::Invalid,
                "the last correction cannot be read back",
                "correct by hand: shutterline frames reassign",
            )
        })?;
        let mut plan = Plan::new(
            EventKind::CorrectionUndone,
            "the last correction is taken back".to_owned(),
        );
        plan.undone = Some(kind);
        self.restore_frames(&before, &after, &mut plan)?;
        self.restore_chair(&before, &after, &mut plan)?;
        self.restore_entries(&before, &after, &mut plan)?;
        self.follow_students(&mut plan);
        self.correct(by, plan, dry_run)
    }

    /// Only the assignment goes back: a verdict that came since stays.
    fn restore_frames(&self, was: &Side, is: &Side, plan: &mut Plan) -> Result<(), Refusal> {
        for (old, new) in was.frames.iter().zip(&is.frames) {
            let now = self.frames.get(&old.id).cloned().ok_or_else(changed)?;
            let owner = |f: &Frame| (f.session.clone(), f.serial, f.student.clone(), f.state);
            if owner(&now) != owner(new) {
                return Err(changed());
            }
            plan.frames.push(Frame {
                session: old.session.clone(),
                serial: old.serial,
                student: old.student.clone(),
                state: old.state,
                candidates: old.candidates.clone(),
                ..now
            });
        }
        Ok(())
    }

    /// Frames that came since go with the student of their serial as well.
    fn follow_students(&self, plan: &mut Plan) {
        for (serial, student) in &plan.students {
            let number = student.as_ref().map(|s| s.number.clone());
            let known: Vec<_> = plan.frames.iter().map(|f| f.id.clone()).collect();
            let since = self.frames.of(*serial).filter(|f| !known.contains(&f.id));
            plan.frames.extend(since.cloned());
            for frame in &mut plan.frames {
                if frame.serial == Some(*serial) {
                    frame.student = number.clone();
                }
            }
        }
    }

    fn restore_chair(&self, was: &Side, is: &Side, plan: &mut Plan) -> Result<(), Refusal> {
        let (Some(old), Some(new)) = (&was.session, &is.session) else {
            return Ok(());
        };
        if self.current() != new.current {
            return Err(changed());
        }
        let left = was.entries.iter().find(|e| Some(e.serial) == new.current);
        let first = plan.frames.iter().filter(|f| f.serial == old.current);
        plan.chair = Some(Chair {
            to: old.current,
            first_frame: first
                .map(|f| f.id.order().0)
                .min()
                .unwrap_or(self.next_frame),
            leaving: left.map_or(EntryState::Waiting, |e| e.state),
        });
        Ok(())
    }

    fn restore_entries(&self, was: &Side, is: &Side, plan: &mut Plan) -> Result<(), Refusal> {
        let number = |s: &Option<Student>| s.as_ref().map(|s| s.number.clone());
        for (old, new) in was.entries.iter().zip(&is.entries) {
            let now = self.queue.get(old.serial).ok_or_else(changed)?;
            if number(&old.student) != number(&new.student) {
                if number(&now.student) != number(&new.student) {
                    return Err(changed());
                }
                let taken = number(&old.student).and_then(|n| self.queue.serial_of(&n));
                if taken.is_some_and(|serial: Serial| serial != old.serial) {
                    return Err(changed());
                }
                let student = old.student.as_ref().map(|s| Student {
                    number: s.number.clone(),
                    name: self.name_of(&s.number),
                    exempt: s.exempt.clone(),
                });
                plan.students.push((old.serial, student));
            }
            // The chair is restored by itself; nobody else can be seated.
            let seats = [now.state, old.state].contains(&EntryState::Seated);
            if !seats && now.state == new.state {
                plan.states.push((old.serial, old.state));
            }
        }
        Ok(())
    }
}

fn changed() -> Refusal {
    Refusal::new(
        RefusalCode::WrongState,
        "what the last correction changed has changed since",
        "correct by hand: shutterline frames reassign",
    )
}
