//! What is no more than a remark: reasons lowered for the session, waived at the chair, or exempted by the roster.
//!
//! All three make a student's `reject` a `warn`, and nothing else: never the equipment's reasons, and never what leaves nobody to
//! look at. The reason keeps what it was, so that taking a waiver back restores it. What is granted is an audited change, and
//! answers at once: the last frame of the student is judged anew, and so is the light.

use super::Station;
use super::alarms::Alarm;
use super::ledger::By;
use crate::model::{
    About, EntryState, EventKind, HoldTarget, Outcome, Reason, Refusal, RefusalCode, Row, Serial,
    Severity, Tune, Verdict, rule,
};
use serde_json::json;

/// The reasons with those made milder that `excused` names, and those restored that it no longer names. Doing it twice
/// is doing it once.
pub(super) fn tempered(reasons: &[Reason], excused: impl Fn(&str) -> bool) -> Vec<Reason> {
    let temper = |reason: &Reason| {
        let full = reason.was.unwrap_or(reason.severity);
        let mild = full == Severity::Reject
            && reason.about == About::Student
            && rule::waivable(&reason.id).is_some()
            && excused(&reason.id);
        Reason {
            severity: if mild { Severity::Warn } else { full },
            was: mild.then_some(full),
            ..reason.clone()
        }
    };
    let mut reasons: Vec<Reason> = reasons.iter().map(temper).collect();
    reasons.sort_by_key(|r| std::cmp::Reverse(r.severity));
    reasons
}

impl Station {
    /// What a frame of that serial is told, given what the check said.
    pub(super) fn leniently(
        &self,
        serial: Option<Serial>,
        verdict: Verdict,
        reasons: Vec<Reason>,
    ) -> (Verdict, Vec<Reason>) {
        let entry = serial.and_then(|s| self.queue.get(s));
        let excused =
            |id: &str| self.lowered.contains(id) || entry.is_some_and(|e| e.is_excused(id));
        let told = tempered(&reasons, excused);
        let severities = |of: &[Reason]| of.iter().map(|r| r.severity).max();
        // A verdict stands unless its worst reason has changed.
        let verdict = if severities(&told) == severities(&reasons) {
            verdict
        } else {
            Verdict::of(&told)
        };
        (verdict, told)
    }

    /// A reason is no more than a remark in this session, or is its own again.
    pub(super) fn lower(&mut self, by: By, reason: &str, undo: bool) -> Result<(), Refusal> {
        let session = self.open_session()?.id.clone();
        let reason = known(reason)?;
        let changes = if undo {
            self.lowered.remove(reason)
        } else {
            self.lowered.insert(reason.to_owned())
        };
        if !changes {
            let is = if undo {
                "not lowered"
            } else {
                "lowered already"
            };
            return Err(nothing_to_do(format!("{reason} is {is} in this session")));
        }
        let mut rows = vec![Row::Lowered {
            session,
            reasons: self.lowered.iter().cloned().collect(),
        }];
        let seated = self.current();
        rows.extend(seated.into_iter().flat_map(|s| self.judge_anew(s)));
        let kind = if undo {
            EventKind::LoweringUndone
        } else {
            EventKind::ReasonLowered
        };
        let entry = self.event(by.who, kind).detail(json!({"reason": reason}));
        let now = if undo {
            "is as severe as the standard has it again"
        } else {
            "is no more than a remark in this session"
        };
        let outcome = Outcome {
            message: format!("{reason} {now}"),
            session: self.session_id(),
            ..Outcome::default()
        };
        self.commit_for(by, entry.rows(rows), outcome);
        self.look_for_frequent();
        self.sound(Tune::Acknowledge);
        Ok(())
    }

    /// A reason is waived for whoever holds a serial, or is no longer.
    pub(super) fn waive(
        &mut self,
        by: By,
        target: HoldTarget,
        reason: &str,
        undo: bool,
    ) -> Result<(), Refusal> {
        let serial = match target {
            HoldTarget::Current => self.seated()?,
            HoldTarget::Serial(serial) => serial,
        };
        let mut entry = self.entry(serial)?.clone();
        let session = self.open_session()?.id.clone();
        let reason = known(reason)?;
        let waived = entry.waived.iter().any(|id| id == reason);
        if waived != undo {
            let is = if undo { "not waived" } else { "waived already" };
            return Err(nothing_to_do(format!(
                "{reason} is {is} for serial {serial}"
            )));
        }
        if undo {
            entry.waived.retain(|id| id != reason);
        } else {
            entry.waived.push(reason.to_owned());
        }
        self.queue.set(entry);
        let mut rows = self.judge_anew(serial);
        // Once more, as the frame's new verdict may have moved the entry on.
        rows.retain(|row| !matches!(row, Row::Entry { .. }));
        let entry = self.queue.get(serial).cloned();
        rows.extend(entry.map(|entry| Row::Entry { session, entry }));
        let (kind, now) = if undo {
            (EventKind::WaiverUndone, "is no longer waived")
        } else {
            (EventKind::ReasonWaived, "is waived")
        };
        let entry = self.event(by.who, kind).serial(serial);
        let outcome = Outcome {
            message: format!("{reason} {now} for serial {serial}"),
            ..Outcome::default()
        };
        let entry = entry.detail(json!({"reason": reason})).rows(rows);
        self.commit_for(by, entry, outcome);
        self.sound(Tune::Acknowledge);
        let left = self.queue.get(serial).map(|e| e.state);
        if left == Some(EntryState::Unfinished) {
            self.alarm(Alarm::Unfinished(serial));
        }
        Ok(())
    }

    /// The last frame of a serial, judged by what is granted now; the rows that changed.
    fn judge_anew(&mut self, serial: Serial) -> Vec<Row> {
        let last = self.frames.last_of(serial).cloned();
        let Some((mut frame, was)) = last.and_then(|f| f.verdict.map(|v| (f, v))) else {
            return Vec::new();
        };
        let (verdict, reasons) = self.leniently(Some(serial), was, frame.reasons.clone());
        if reasons == frame.reasons {
            return Vec::new();
        }
        frame.verdict = Some(verdict);
        frame.reasons = reasons;
        self.put_frame(frame.clone());
        let mut rows = vec![Row::Frame(Box::new(frame))];
        rows.extend(self.reckon(serial));
        if self.frames.has_good(serial) {
            self.drop_alarms_of(serial);
        }
        if Some(serial) == self.current() {
            self.note_pass(serial);
        }
        rows
    }
}

fn known(reason: &str) -> Result<&'static str, Refusal> {
    if let Some(id) = rule::waivable(reason) {
        return Ok(id);
    }
    let why = match rule::equipment(reason) {
        Some(_) => "is about the equipment, not about a student",
        None if ["unreadable", "no-face", "many-faces"].contains(&reason) => {
            "leaves nobody to be judged"
        }
        None => "is no reason that the check knows",
    };
    Err(Refusal::new(
        RefusalCode::Invalid,
        format!("{reason} {why}"),
        format!("use one of: {}", rule::WAIVABLE.join(", ")),
    ))
}

fn nothing_to_do(message: String) -> Refusal {
    Refusal::new(RefusalCode::WrongState, message, "nothing is to be done")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(id: &str, severity: Severity, about: About) -> Reason {
        Reason {
            id: id.into(),
            severity,
            was: None,
            about,
            zh: String::new(),
            en: String::new(),
        }
    }

    #[test]
    fn what_is_excused_becomes_a_remark_and_comes_back_whole() {
        use Severity::{Reject, Warn};
        let said = vec![
            reason("head-covered", Reject, About::Student),
            reason("flash-misfire", Reject, About::Equipment),
            reason("no-face", Reject, About::Student),
            reason("expression", Warn, About::Student),
        ];
        let all = tempered(&said, |_| true);
        let of = |id: &str| all.iter().find(|r| r.id == id).map(|r| (r.severity, r.was));
        assert_eq!(of("head-covered"), Some((Warn, Some(Reject))));
        for (id, severity) in [
            ("flash-misfire", Reject),
            ("no-face", Reject),
            ("expression", Warn),
        ] {
            assert_eq!(of(id), Some((severity, None)), "{id}");
        }
        assert_eq!(tempered(&all, |_| true), all);
        let back = tempered(&all, |_| false);
        assert_eq!(back.len(), said.len());
        assert!(said.iter().all(|r| back.contains(r)));
    }
}
