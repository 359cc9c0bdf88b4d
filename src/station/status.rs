//! What people are shown: the state, the status, and the lamps.

use super::flight::{Claim, Flight};
use super::signals::{self, View};
use super::{Action, Station};
use crate::model::{
    CameraStatus, Fault, FrameState, LedStatus, Pattern, Serial, StationState, Status,
    StorageStatus, Verdict,
};

impl Station {
    /// The state now. Faults that stop the shutter come first, then what is being done, then the verdict.
    pub fn state(&self) -> StationState {
        let Some(session) = &self.session else {
            return StationState::NoSession;
        };
        if self.stopping_fault().is_some() {
            return StationState::Fault;
        }
        if self.paused {
            return StationState::Paused;
        }
        if self.outstanding.is_some() {
            return StationState::Shooting;
        }
        let seated = |f: &Flight| {
            let seat = f.draft.serial.is_some()
                && f.draft.serial == session.current
                && f.draft.session.as_ref() == Some(&session.id);
            // One that needs a human first must not hide the lights of the next shot.
            !f.resolved && f.stuck().is_none() && (seat || f.draft.state == FrameState::Test)
        };
        if self.flights.values().any(seated) {
            return StationState::Checking;
        }
        match session.current {
            Some(serial) => self.last_verdict(serial),
            None => StationState::QueueDone,
        }
    }

    /// The frame that the light speaks of: the last one shot in this sitting.
    fn shown_frame(&self, serial: Serial) -> Option<&crate::model::Frame> {
        self.frames
            .last_of(serial)
            .filter(|f| f.id.order().0 >= self.sitting.first_frame)
    }

    fn last_verdict(&self, serial: Serial) -> StationState {
        let shown = self.shown_frame(serial).filter(|f| !f.retaken);
        let spoiled = |f: &&crate::model::Frame| f.failed_by_equipment() && !f.accepted;
        if shown.as_ref().is_some_and(spoiled) {
            return StationState::Equipment;
        }
        match shown.map(|f| (f.accepted, f.verdict)) {
            Some((_, Some(Verdict::Pass))) => StationState::Passed,
            Some((true, _)) | Some((_, Some(Verdict::Warn))) => StationState::Warned,
            Some((false, Some(Verdict::Reject))) => StationState::Rejected,
            Some((false, None)) | None => StationState::Ready,
        }
    }

    /// The status as far as the station knows it: camera model and battery, outbox and disk are the daemon's to fill in.
    pub fn status(&self) -> Status {
        let current = self.current();
        let lamps = self.shown.unwrap_or(signals::DARK);
        let reasons = current
            .and_then(|serial| self.shown_frame(serial))
            .map(|f| f.reasons.iter().map(|r| r.id.clone()).collect());
        Status {
            session: self.session_id(),
            session_name: self.session.as_ref().map(|s| s.name.clone()),
            serial: current,
            student_number: current.and_then(|s| self.queue.student_of(s)),
            state: self.state(),
            faults: Fault::ALL
                .into_iter()
                .filter(|f| self.faults.contains(f))
                .collect(),
            alarms: self.alarms.iter().map(|a| self.alarm_text(*a)).collect(),
            digits: self.digits.clone(),
            camera: CameraStatus {
                state: self.camera,
                ..CameraStatus::default()
            },
            leds: LedStatus {
                red: lamps.red.state(),
                amber: lamps.amber.state(),
                green: lamps.green.state(),
            },
            buzzer: self.sounded.map_or("", |t| t.as_str()).to_owned(),
            queue: self.queue.counts(),
            frames: self.frames.counts(),
            reasons: reasons.unwrap_or_default(),
            lowered: self.lowered.iter().cloned().collect(),
            storage: StorageStatus {
                full: self.full_disks(),
                ..StorageStatus::default()
            },
            ..Status::default()
        }
    }

    /// Lights what the state asks, when that changed. Green is only ever lit here, from frames that are durable (I4).
    pub(super) fn refresh_lamps(&mut self) {
        let view = View {
            state: self.state(),
            fault: self.first_fault(),
            alarm: !self.alarms.is_empty(),
            settling: self.now.mono < self.settle_until,
        };
        let lamps = signals::lamps(view);
        if self.shown != Some(lamps) {
            self.shown = Some(lamps);
            self.push(Action::Show(lamps));
        }
        if lamps.green == Pattern::OFF {
            self.green_since = None;
        } else if self.green_since.is_none() {
            self.green_since = Some(self.now.mono);
        }
    }

    /// Frames on their way that somebody may wait for, and those found on the card.
    pub(super) fn in_flight(&self) -> (usize, usize) {
        let recovered = |f: &&Flight| matches!(f.claim, Claim::Recovered { .. });
        let found = self.flights.values().filter(recovered).count();
        (self.flights.len() - found, found)
    }
}
