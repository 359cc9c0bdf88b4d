//! What verdicts say of the whole room: equipment that drifts, a reason that hits too many, the reference shot.

use super::alarms::Alarm;
use super::ledger::By;
use super::{ReplyId, Station};
use crate::model::{
    About, Actor, EventKind, Frame, FrameId, FrameState, Outcome, Row, Serial, SessionId, Severity,
    rule,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Over how many students a reason is counted.
const STUDENTS: usize = 30;

/// More of them than this, a fifth, and light or limits are wrong. Of fewer than 30 students as many are needed: two
/// of the first five say nothing.
const FIFTH: u32 = STUDENTS as u32 / 5;

impl Station {
    /// Whose a frame is, on its way or stored; `None` for one that is nobody's.
    pub fn owner_of(&self, id: &FrameId) -> Option<(SessionId, Serial)> {
        let flying = self.flights.get(id).map(|f| &f.draft);
        let frame = self.frames.get(id).or(flying)?;
        let kept = frame.state == FrameState::Kept;
        frame.session.clone().zip(frame.serial).filter(|_| kept)
    }

    /// Remarks about the equipment on a frame that has an owner stand as alarms until another frame is without them.
    pub(super) fn note_equipment(&mut self, frame: &Frame) {
        if frame.failed_by_equipment() {
            return;
        }
        let remark = |id: &str| {
            let is = |r: &crate::model::Reason| r.id == id && r.about == About::Equipment;
            frame.reasons.iter().any(is)
        };
        for id in rule::EQUIPMENT {
            if remark(id) {
                self.alarm(Alarm::Equipment(id));
            } else {
                self.alarms.remove(&Alarm::Equipment(id));
            }
        }
    }

    /// Counts which reasons reject the last 30 students, each once, and raises or drops the alarms about it.
    pub(super) fn look_for_frequent(&mut self) {
        let hits = self.hits();
        for reason in rule::WAIVABLE {
            let hit = hits.get(reason).copied();
            if let Some(hit) = hit.filter(|(students, _)| *students > FIFTH) {
                self.often.insert(reason, hit);
                self.alarm(Alarm::Often(reason));
            } else {
                self.often.remove(reason);
                self.alarms.remove(&Alarm::Often(reason));
            }
        }
    }

    /// After a start: the alarms that stood, without a sound.
    pub(super) fn recall_frequent(&mut self) {
        let hits = self.hits();
        let often = hits
            .into_iter()
            .filter(|(_, (students, _))| *students > FIFTH);
        self.often = often.collect();
        let alarms = self.often.keys().map(|reason| Alarm::Often(reason));
        self.alarms.extend(alarms);
    }

    /// By reason: how many of how many students it has rejected.
    fn hits(&self) -> BTreeMap<&'static str, (u32, u32)> {
        let students = self.frames.judged().len().min(STUDENTS) as u32;
        let mut hits = BTreeMap::new();
        for serial in self.frames.judged().rev().take(STUDENTS) {
            let own = self.frames.of(serial).filter(|f| !f.failed_by_equipment());
            let rejecting = own
                .flat_map(|f| &f.reasons)
                .filter(|r| r.severity == Severity::Reject && !self.lowered.contains(&r.id));
            let ids: BTreeSet<_> = rejecting.filter_map(|r| rule::waivable(&r.id)).collect();
            for id in ids {
                hits.entry(id).or_insert((0, students)).0 += 1;
            }
        }
        hits
    }

    /// A shot for nobody becomes what the session's later frames are compared with; without a session, the next one's. Not a
    /// black one. Of another that is no good the photographer is told why, and knows whether the hall is like that. Whoever waits
    /// for it hears what became of it, once that is durable.
    pub(super) fn take_reference(&mut self, frame: &Frame, to: Option<ReplyId>, said: String) {
        if frame.reasons.iter().any(|r| r.id == "black-frame") {
            let message = format!("{said}; not taken as the reference: it is black");
            return self.answer_test(to, message, remarks_on(frame));
        }
        let by = By {
            who: Actor::Station,
            reply: to,
        };
        let id = frame.id.clone();
        let Some(session) = &mut self.session else {
            self.waiting_reference = Some(id.clone());
            let entry = self.event(Actor::Station, EventKind::ReferenceTaken);
            let entry = entry.frame(&id).detail(json!({"reference": id}));
            let outcome = Outcome {
                message: format!("{said}; the reference of the session to be opened"),
                remarks: remarks_on(frame),
                ..Outcome::default()
            };
            return self.commit_for(by, entry, outcome);
        };
        session.reference = Some(id.clone());
        let row = Row::Session(session.clone());
        let entry = self.event(Actor::Station, EventKind::ReferenceTaken);
        let entry = entry.frame(&id).detail(json!({"reference": id})).row(row);
        let outcome = Outcome {
            message: format!("{said}; the session's reference now"),
            session: self.session_id(),
            remarks: remarks_on(frame),
            ..Outcome::default()
        };
        self.commit_for(by, entry, outcome);
    }

    /// A reference shot that waits for its session to be opened.
    pub fn waiting_reference(&self) -> Option<&FrameId> {
        self.waiting_reference.as_ref()
    }
}

/// What is wrong with it, a line each.
fn remarks_on(frame: &Frame) -> Vec<String> {
    let said = frame.reasons.iter();
    said.map(|r| format!("{}: {} / {}", r.id, r.zh, r.en))
        .collect()
}
