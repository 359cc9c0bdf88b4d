//! Carrying a correction out: memory, the rows before and after, one commit.

use super::Station;
use super::alarms::Alarm;
use super::corrections::{Chair, Plan};
use super::ledger::{By, Entry};
use super::verdict::on_its_way;
use crate::model::{
    ChairStep, CorrectionPreview, EntryState, EventKind, Frame, FrameMove, Outcome, QueueEntry,
    Refusal, RefusalCode, Row, Serial, Session, Tune,
};
use serde_json::json;
use std::collections::BTreeSet;

impl Station {
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
    fn apply(&mut self, by: By, plan: Plan, mut touched: BTreeSet<Serial>) -> Entry {
        let session = self.session.clone();
        let entries = self.queue.entries().to_vec();
        let known = |f: &Frame| self.frames.get(&f.id).cloned();
        let mut was: Vec<Row> = plan
            .frames
            .iter()
            .filter_map(known)
            .map(frame_row)
            .collect();
        let mut is: Vec<Row> = plan.frames.iter().cloned().map(frame_row).collect();
        let (kind, undone) = (plan.kind, plan.undone);
        let trail = self.trail.clone();
        touched.extend(self.carry_out(plan, &touched));
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
        match undone {
            Some(kind) => {
                self.corrections.pop();
                detail["undone"] = json!(kind);
            }
            None => self.corrections.push((kind, detail.clone())),
        }
        if trail != self.trail {
            detail["trail"] = ChairStep::note(&trail, &self.trail);
        }
        self.event(by.who, kind).detail(detail).rows(is)
    }

    /// Memory as the plan has it; the serial that sat down because the chair was empty and somebody waits now.
    fn carry_out(&mut self, plan: Plan, touched: &BTreeSet<Serial>) -> Option<Serial> {
        let idle = self.current().is_none();
        for frame in plan.frames {
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
        for serial in touched {
            self.reckon(*serial);
        }
        if !idle || self.current().is_some() {
            return None;
        }
        let next = self.queue.next_in_line()?;
        self.give_chair(Chair {
            to: Some(next),
            first_frame: self.next_frame,
            leaving: EntryState::Waiting,
        });
        Some(next)
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
            _ => self.trail.push(ChairStep {
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
}

fn frame_row(frame: Frame) -> Row {
    Row::Frame(Box::new(frame))
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
