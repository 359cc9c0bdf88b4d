//! What a verdict means: the light, the late reject, and the human who overrules it (I4).

use super::Station;
use super::alarms::Alarm;
use super::flight::Judgement;
use super::ledger::By;
use crate::model::{
    About, Actor, EntryState, EventKind, Frame, FrameId, FrameState, Outcome, QueueEntry, Reason,
    Refusal, RefusalCode, Row, Serial, Severity, Tune, Verdict,
};
use serde_json::json;

impl Station {
    /// The check has judged a download. The verdict waits until the file is durable (I4).
    pub(super) fn judged(&mut self, id: &FrameId, judgement: Judgement) {
        if let Some(flight) = self.flights.get_mut(id) {
            if flight.resolved {
                return;
            }
            flight.early = Some(judgement);
            self.resolve(id);
        } else if let Some(frame) = self.frames.get(id).filter(|f| f.verdict.is_none()) {
            let frame = frame.clone();
            self.apply_verdict(frame, judgement);
        }
    }

    /// Gives the verdict if everything that it needs has come.
    pub(super) fn resolve(&mut self, id: &FrameId) {
        let Some(flight) = self.flights.get_mut(id) else {
            return;
        };
        if !flight.resolved {
            let beyond = flight.is_beyond_judging();
            let judgement = if flight.picture_stored() {
                flight.early.take()
            } else {
                None
            };
            flight.resolved = beyond || judgement.is_some();
            let reply = flight.reply.take_if(|_| flight.resolved);
            let reference = flight.reference && judgement.is_some();
            let frame = flight.draft.clone();
            let frame = self.frames.get(id).cloned().unwrap_or(frame);
            let word = match &judgement {
                Some(judgement) => judgement.verdict.as_str(),
                None => "not judged",
            };
            match judgement {
                Some(judgement) => self.apply_verdict(frame, judgement),
                None if beyond => self.not_checked(frame),
                None => {}
            }
            let judged = self.flights.get(id).map(|f| f.draft.clone());
            let said = format!("frame {id} is stored as a test; verdict: {word}");
            match judged.filter(|_| reference) {
                Some(judged) => self.take_reference(&judged, reply, said),
                None => self.answer_test(reply, said, Vec::new()),
            }
        }
        self.land(id);
    }

    fn apply_verdict(&mut self, mut frame: Frame, judgement: Judgement) {
        let whose = frame.serial.filter(|_| frame.session == self.session_id());
        let (verdict, reasons) = self.leniently(whose, judgement.verdict, judgement.reasons);
        frame.verdict = Some(verdict);
        frame.reasons = reasons;
        self.put_frame(frame.clone());
        let mut rows = vec![
            Row::Frame(Box::new(frame.clone())),
            Row::Report {
                frame: frame.id.clone(),
                report: judgement.report,
            },
        ];
        let ours = frame.session == self.session_id();
        let serial = frame.serial.filter(|_| ours);
        rows.extend(serial.and_then(|s| self.reckon(s)));
        let entry = self
            .event(Actor::Station, EventKind::FrameJudged)
            .session(frame.session.clone())
            .serial(frame.serial)
            .frame(&frame.id)
            .detail(json!({"verdict": verdict.as_str()}))
            .rows(rows);
        self.commit(entry);
        let tune = match verdict {
            Verdict::Pass => Tune::Pass,
            Verdict::Warn => Tune::Warn,
            Verdict::Reject if frame.failed_by_equipment() => Tune::Equipment,
            Verdict::Reject => Tune::Reject,
        };
        match serial {
            Some(serial) if Some(serial) == self.current() => {
                self.note_pass(serial);
                if !frame.retaken {
                    self.sound(tune);
                }
            }
            Some(serial) if verdict == Verdict::Reject => self.alarm(Alarm::LateReject(serial)),
            None if frame.state == FrameState::Test => self.sound(tune),
            _ => {}
        }
        if serial.is_some() {
            self.note_equipment(&frame);
            self.look_for_frequent();
        }
    }

    /// A RAW file without a JPEG cannot be judged: a human looks and accepts it.
    fn not_checked(&mut self, mut frame: Frame) {
        frame.reasons = vec![Reason {
            id: "not-checked".to_owned(),
            severity: Severity::Warn,
            was: None,
            about: About::Student,
            zh: "只有 RAW 文件，无法自动检查；看过后按“接受”".to_owned(),
            en: "only a RAW file, which cannot be checked; look at it and press accept".to_owned(),
        }];
        let seated = frame.serial.is_some() && frame.serial == self.current();
        self.put_frame(frame.clone());
        let entry = self
            .event(Actor::Station, EventKind::FrameJudged)
            .session(frame.session.clone())
            .serial(frame.serial)
            .frame(&frame.id)
            .detail(json!({"verdict": null}))
            .row(Row::Frame(Box::new(frame)));
        self.commit(entry);
        if seated {
            self.sound(Tune::Warn);
        }
    }

    pub(super) fn note_pass(&mut self, serial: Serial) {
        if !self.frames.has_good(serial) {
            self.sitting.passed_at = None;
        } else if self.sitting.passed_at.is_none() {
            self.sitting.passed_at = Some(self.now.mono);
        }
    }

    /// An entry that was left, as its frames now say; its row if that changed.
    pub(super) fn reckon(&mut self, serial: Serial) -> Option<Row> {
        let session = self.session_id()?;
        let entry = self.queue.get(serial)?;
        let state = self.reckoned(entry);
        if state == entry.state {
            return None;
        }
        let mut entry = entry.clone();
        entry.state = state;
        self.set_entry(entry.clone());
        Some(Row::Entry { session, entry })
    }

    /// Who was left with a good frame is done, who has lost all frames waits again, and who came after all is not absent.
    pub(super) fn reckoned(&self, entry: &QueueEntry) -> EntryState {
        let good = self.frames.has_good(entry.serial);
        let none = self.frames.count_of(entry.serial) == 0;
        match entry.state {
            EntryState::Done | EntryState::Unfinished | EntryState::Absent if good => {
                EntryState::Done
            }
            EntryState::Waiting if good => EntryState::Done,
            EntryState::Done if none => EntryState::Waiting,
            EntryState::Done => EntryState::Unfinished,
            other => other,
        }
    }

    /// The panel's accept: the last frame of whoever sits there.
    pub(super) fn accept_last(&mut self, by: By) -> Result<(), Refusal> {
        let serial = self.seated()?;
        if self.is_shooting(serial) {
            return Err(on_its_way());
        }
        let last = self.frames.last_of(serial).map(|f| f.id.clone());
        self.accept(by, &last.ok_or_else(|| nothing_shot(serial))?)
    }

    /// A human overrules a reject, or vouches for a RAW file that cannot be checked. The verdict stays as it was.
    pub(super) fn accept(&mut self, by: By, id: &FrameId) -> Result<(), Refusal> {
        let mut frame = self.known_frame(id)?;
        if self.flights.get(id).is_some_and(|f| !f.resolved) {
            return Err(on_its_way());
        }
        if frame.state != FrameState::Kept {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("frame {id} is {}", frame.state.as_str()),
                "give it an owner first: shutterline frames reassign",
            ));
        }
        if frame.is_good() && !frame.retaken {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("frame {id} is good already"),
                "nothing is to be done",
            ));
        }
        frame.accepted = true;
        frame.retaken = false;
        self.put_frame(frame.clone());
        let mut rows = vec![Row::Frame(Box::new(frame.clone()))];
        if let Some(serial) = frame.serial {
            rows.extend(self.reckon(serial));
            self.alarms.remove(&Alarm::LateReject(serial));
            if Some(serial) == self.current() {
                self.note_pass(serial);
            }
        }
        let entry = self.event(by.who, EventKind::FrameAccepted);
        let entry = entry.serial(frame.serial).frame(id).rows(rows);
        let outcome = Outcome {
            message: format!("frame {id} is accepted; its verdict stays as it was"),
            ..Outcome::default()
        };
        self.commit_for(by, entry, outcome);
        self.sound(Tune::Acknowledge);
        Ok(())
    }

    /// The last frame of whoever sits there is not to be delivered, whatever its verdict.
    pub(super) fn retake(&mut self, by: By) -> Result<(), Refusal> {
        let serial = self.seated()?;
        let flying = self.flights.values_mut().filter(|f| f.is_new_of(serial));
        if let Some(flight) = flying.last() {
            flight.retake = Some(by.who);
            return Ok(());
        }
        let last = self.frames.last_of(serial).filter(|f| !f.retaken);
        let last = last.cloned().ok_or_else(|| nothing_shot(serial))?;
        self.mark_retaken(by.who, last);
        Ok(())
    }

    /// A retake that was asked for while the frame was on its way.
    pub(super) fn retake_if_asked(&mut self, id: &FrameId) {
        let asked = self.flights.get_mut(id).and_then(|f| f.retake.take());
        if let (Some(who), Some(frame)) = (asked, self.frames.get(id).cloned()) {
            self.mark_retaken(who, frame);
        }
    }

    fn mark_retaken(&mut self, who: Actor, mut frame: Frame) {
        frame.retaken = true;
        self.put_frame(frame.clone());
        let serial = frame.serial;
        if let Some(serial) = serial.filter(|s| Some(*s) == self.current()) {
            self.note_pass(serial);
        }
        let mut rows = vec![Row::Frame(Box::new(frame.clone()))];
        rows.extend(serial.and_then(|s| self.reckon(s)));
        let entry = self.event(who, EventKind::FrameRetaken);
        let entry = entry.serial(serial).frame(&frame.id).rows(rows);
        self.commit(entry);
        self.sound(Tune::Acknowledge);
    }

    /// A serial was bound while its frame was on its way: the frame follows.
    pub(super) fn bring_student_along(&mut self, id: &FrameId) {
        let Some(mut frame) = self.frames.get(id).cloned() else {
            return;
        };
        let Some(serial) = frame.serial else { return };
        let student = self.queue.student_of(serial);
        if frame.session == self.session_id() && frame.student != student {
            frame.student = student;
            self.put_frame(frame.clone());
            let entry = self.event(Actor::Station, EventKind::Bound);
            let entry = entry.serial(serial).frame(id);
            self.commit(entry.row(Row::Frame(Box::new(frame))));
        }
    }

    pub(super) fn known_frame(&self, id: &FrameId) -> Result<Frame, Refusal> {
        if self.flights.get(id).is_some_and(|f| !f.stored) {
            return Err(on_its_way());
        }
        self.frames.get(id).cloned().ok_or_else(|| {
            Refusal::new(
                RefusalCode::NotFound,
                format!("frame {id} is neither of the open session nor set aside"),
                "see shutterline frames list",
            )
        })
    }
}

pub(super) fn on_its_way() -> Refusal {
    Refusal::new(
        RefusalCode::WrongState,
        "a frame is still on its way",
        "wait for its light, then ask again",
    )
}

fn nothing_shot(serial: Serial) -> Refusal {
    Refusal::new(
        RefusalCode::WrongState,
        format!("serial {serial} has no frame for that"),
        "shoot first",
    )
}
