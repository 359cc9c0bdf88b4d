//! What each control of the panel means.

use super::gesture::Pressed;
use super::ledger::By;
use super::{Action, Station, TimerId};
use crate::model::{Actor, Control, EventKind, Millis, Outcome, Refusal, RefusalCode, Row, Tune};

/// More digits than any venue has serials; one more is refused.
const MAX_DIGITS: usize = 5;

impl Station {
    /// Carries out a control whose gesture came at `at`; a refusal sounds.
    pub(super) fn control(&mut self, control: Control, at: Millis) -> Pressed {
        if control == Control::Pedal {
            return self.pedal(at);
        }
        let by = By::actor(Actor::Button);
        let result = match control {
            Control::Pedal => Ok(()),
            Control::Next => self.next(by, at),
            Control::Back => self.unless_settling(at).and_then(|()| self.back(by)),
            Control::Hold => self
                .unless_settling(at)
                .and_then(|()| self.hold_current(by, None)),
            Control::Retake => self.retake(by),
            Control::Accept => self.accept_last(by),
            Control::Pause => {
                self.toggle_pause(by);
                Ok(())
            }
            Control::Digit(digit) => self.digit(digit),
            Control::Enter => self.enter(by),
            Control::Clear => {
                self.clear_digits();
                Ok(())
            }
        };
        if let Err(refusal) = result {
            tracing::info!(%control, reason = %refusal.message, "a press was refused");
            self.sound(Tune::Refused);
        }
        Pressed::Other
    }

    /// A second stamp of the foot right after a move means nothing.
    pub(super) fn unless_settling(&self, at: Millis) -> Result<(), Refusal> {
        if at < self.settle_until {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                "the chair has only just changed",
                "wait a moment, then press again",
            ));
        }
        Ok(())
    }

    /// A pause begins or ends; only a hand does that.
    pub(super) fn toggle_pause(&mut self, by: By) {
        self.paused = !self.paused;
        self.note_seat();
        let (kind, message) = if self.paused {
            (EventKind::Paused, "paused: what is shot belongs to nobody")
        } else {
            (EventKind::Resumed, "the pause is over")
        };
        let serial = self.current();
        let entry = self.event(by.who, kind).serial(serial);
        let outcome = Outcome {
            message: message.to_owned(),
            ..Outcome::default()
        };
        self.commit_for(by, entry.row(Row::Paused(self.paused)), outcome);
        self.sound(Tune::Paused);
    }

    fn digit(&mut self, digit: u8) -> Result<(), Refusal> {
        self.open_session()?;
        if self.digits.len() >= MAX_DIGITS {
            return Err(Refusal::new(
                RefusalCode::Invalid,
                "too many digits",
                "press clear and type the serial again",
            ));
        }
        self.digits.push(char::from(b'0' + digit % 10));
        self.digits_until = self.now.mono + self.policy.digits_timeout;
        self.push(Action::SetTimer {
            id: TimerId::Digits,
            at: self.digits_until,
        });
        Ok(())
    }

    fn enter(&mut self, by: By) -> Result<(), Refusal> {
        let typed = std::mem::take(&mut self.digits);
        self.push(Action::CancelTimer(TimerId::Digits));
        let serial = typed.parse().map_err(|_| {
            Refusal::new(
                RefusalCode::Invalid,
                "no serial was typed",
                "type the serial, then press enter",
            )
        })?;
        self.call(by, serial)
    }

    fn clear_digits(&mut self) {
        if !self.digits.is_empty() {
            self.digits.clear();
            self.push(Action::CancelTimer(TimerId::Digits));
        }
    }
}
