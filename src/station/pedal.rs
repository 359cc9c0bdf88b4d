//! When a press of the pedal fires, and when it is refused.

use super::alarms::Alarm;
use super::gesture::Pressed;
use super::ledger::By;
use super::requests::Outstanding;
use super::{Action, PedalPolicy, Station, TimerId};
use crate::model::{
    Actor, CameraState, EventKind, Fault, Millis, Purpose, Refusal, RefusalCode, RequestId,
    RequestState, Row, ShutterRequest, StationState, Tune,
};

/// Why the shutter does not fire now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotNow {
    Fault(Fault),
    CameraNotReady,
    NoSession,
    NobodySeated,
    Outstanding,
    Recycling,
    Settling,
}

impl NotNow {
    pub(super) fn tune(self) -> Tune {
        match self {
            NotNow::Fault(_) => Tune::Fault,
            _ => Tune::Refused,
        }
    }

    pub(super) fn refusal(self) -> Refusal {
        let (code, message, next) = match self {
            NotNow::Fault(fault) => {
                let code = match fault {
                    Fault::StorageFull | Fault::StorageFailed | Fault::DatabaseLocked => {
                        RefusalCode::Storage
                    }
                    _ => RefusalCode::Camera,
                };
                let message = format!("the shutter is blocked by the fault {}", fault.as_str());
                return Refusal::new(code, message, "clear the fault (shutterline status)");
            }
            NotNow::CameraNotReady => (
                RefusalCode::Camera,
                "the camera is not ready",
                "wait until shutterline status shows it ready",
            ),
            NotNow::NoSession => (
                RefusalCode::NoSession,
                "no session is open",
                "open one: shutterline session open",
            ),
            NotNow::NobodySeated => (
                RefusalCode::WrongState,
                "nobody is in the chair",
                "call a serial: shutterline queue call N",
            ),
            NotNow::Outstanding => (
                RefusalCode::Camera,
                "a shot is still outstanding",
                "wait for its light",
            ),
            NotNow::Recycling => (
                RefusalCode::Camera,
                "the flash is still recycling",
                "wait a moment, then ask again",
            ),
            NotNow::Settling => (
                RefusalCode::WrongState,
                "the chair has only just changed",
                "wait a moment, then press again",
            ),
        };
        Refusal::new(code, message, next)
    }
}

impl Station {
    /// A press of the pedal, on its edge.
    pub(super) fn pedal(&mut self, at: Millis) -> Pressed {
        if self.policy.pedal == PedalPolicy::OnePedal && self.moves_on(at) {
            return Pressed::Choice;
        }
        self.press_to_shoot(at)
    }

    fn press_to_shoot(&mut self, at: Millis) -> Pressed {
        let purpose = if self.paused {
            Purpose::Test
        } else {
            Purpose::Portrait
        };
        match self.shoot(By::actor(Actor::Pedal), at, purpose) {
            Ok(_) => Pressed::Shot,
            Err(why) => {
                tracing::info!(?why, "a press of the pedal was refused");
                self.sound(why.tune());
                Pressed::Other
            }
        }
    }

    /// One pedal: whether an edge at `at` may move on. Anything in doubt shoots the same student, which is the safe error.
    fn moves_on(&self, at: Millis) -> bool {
        matches!(self.state(), StationState::Passed | StationState::Warned)
            && self
                .green_since
                .is_some_and(|green| at >= green + self.policy.advance_guard)
    }

    /// One pedal, released in time: move on, unless the frame came into question meanwhile.
    pub(super) fn choose_next(&mut self) {
        let still = matches!(self.state(), StationState::Passed | StationState::Warned);
        let moved = still && self.advance(By::actor(Actor::Pedal)).is_ok();
        if !moved {
            self.sound(Tune::Refused);
        }
    }

    /// One pedal, held: the same student again.
    pub(super) fn choose_again(&mut self) {
        self.press_to_shoot(self.now.mono);
    }

    /// Whether all that forbids a test shot at `at` passes by itself within moments: another shot, recycling flashes, a
    /// chair that settles.
    pub fn is_between_shots(&self, at: Millis) -> bool {
        let why = self.not_now(at, Purpose::Test);
        matches!(
            why,
            Some(NotNow::Outstanding | NotNow::Recycling | NotNow::Settling)
        )
    }

    fn not_now(&self, at: Millis, purpose: Purpose) -> Option<NotNow> {
        if let Some(fault) = self.stopping_fault() {
            return Some(NotNow::Fault(fault));
        }
        if purpose == Purpose::Portrait {
            if self.session.is_none() {
                return Some(NotNow::NoSession);
            }
            if self.current().is_none() {
                return Some(NotNow::NobodySeated);
            }
        }
        if self.outstanding.is_some() {
            return Some(NotNow::Outstanding);
        }
        // Busy is handing over a file: the camera takes a trigger then.
        if !matches!(self.camera, CameraState::Ready | CameraState::Busy) {
            return Some(NotNow::CameraNotReady);
        }
        if at < self.settle_until {
            return Some(NotNow::Settling);
        }
        let recycled = |last: Millis| at >= last + self.policy.min_shot_interval;
        if !self.last_shot.is_none_or(recycled) {
            return Some(NotNow::Recycling);
        }
        None
    }

    /// Fires, or says why not. The trigger is the first action of its event; the intent is committed beside it (I8).
    pub(super) fn shoot(
        &mut self,
        by: By,
        at: Millis,
        purpose: Purpose,
    ) -> Result<RequestId, NotNow> {
        if let Some(why) = self.not_now(at, purpose) {
            return Err(why);
        }
        let serial = self.current().filter(|_| purpose == Purpose::Portrait);
        let request = ShutterRequest {
            id: RequestId(self.next_request),
            session: self.session_id(),
            serial,
            student: serial.and_then(|s| self.queue.student_of(s)),
            purpose,
            at: self.stamp_at(at),
        };
        self.next_request += 1;
        let id = request.id;
        self.push(Action::Trigger(request.clone()));
        let state = RequestState {
            request,
            outcome: None,
            files: Vec::new(),
        };
        let entry = self.event(by.who, EventKind::ShutterRequested);
        self.commit(entry.serial(serial).row(Row::Request(state.clone())));
        self.push(Action::SetTimer {
            id: TimerId::Request,
            at: self.now.mono + self.policy.request_deadline,
        });
        self.outstanding = Some(Outstanding {
            state,
            frame: None,
            seen: 0,
            doubted: false,
            reply: by.reply,
            reference: false,
        });
        self.note_seat();
        self.last_shot = Some(at);
        self.confirm_next = None;
        if let Some(serial) = serial {
            self.shot_alarms(serial, at);
        }
        Ok(id)
    }

    /// A shot falls on `serial` at `at`: too many, or long after it passed?
    pub(super) fn shot_alarms(&mut self, serial: crate::model::Serial, at: Millis) {
        let flying = self
            .flights
            .values()
            .filter(|f| f.is_new_of(serial))
            .count();
        let pressed = self
            .outstanding
            .as_ref()
            .is_some_and(|o| o.frame.is_none() && o.state.request.serial == Some(serial));
        let shots = self.frames.shots_of(serial) + flying as u32 + u32::from(pressed);
        if shots > self.policy.max_shots {
            self.alarm(Alarm::TooManyShots(serial));
        }
        let late = |passed: Millis| at.since(passed) > self.policy.advance_hint;
        if self.sitting.passed_at.is_some_and(late) && self.queue.somebody_waits() {
            self.alarm(Alarm::Advance);
        }
    }
}
