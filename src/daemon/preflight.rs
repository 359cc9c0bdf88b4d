//! Everything to look at before the first student, in under a minute: battery, card, the camera's clock,
//! disk, models, and one reference shot that goes all the way to the archive.

use super::shell::Shell;
use crate::camera::Order;
use crate::clock;
use crate::model::{
    Actor, Bytes, CameraInfo, CameraState, Command, Millis, Outcome, Refusal, RefusalCode,
};
use crate::station::ReplyId;
use crate::web::{Answer, Finding, PreflightLine};

/// How long the camera may take to answer, then the last shot and its flashes to be over, and then the reference shot to
/// come through.
const PATIENCE: Millis = Millis(19_000);

/// Battery at which a whole session is not to be started, percent.
const LOW_BATTERY: u32 = 40;

/// Frames that should fit on the card: a session of 350 students with two shots each.
const CARD_FRAMES: u32 = 700;

/// Bytes that one such session takes on the station, at 12 MB a frame.
const SESSION_BYTES: Bytes = Bytes(700 * 12_000_000);

/// A camera clock further off than this makes the picture's own time useless as evidence.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

#[derive(PartialEq, Eq)]
enum Step {
    Probing,
    /// The last shot is not over, or its flashes recycle.
    Waiting,
    Shooting(ReplyId),
}

/// A preflight under way.
pub(super) struct Preflight {
    answer: Option<Answer<Vec<PreflightLine>>>,
    lines: Vec<PreflightLine>,
    step: Step,
    until: Millis,
}

impl Preflight {
    /// Takes the reply of its own reference shot; `false` for anybody else's.
    pub(super) fn replied(&mut self, to: ReplyId, result: &Result<Outcome, Refusal>) -> bool {
        if !matches!(self.step, Step::Shooting(shot) if shot == to) {
            return false;
        }
        self.lines.push(match result {
            Ok(outcome) if outcome.remarks.is_empty() => {
                line("reference-shot", Finding::Ok, outcome.message.clone(), "")
            }
            Ok(outcome) => line(
                "reference-shot",
                Finding::Warn,
                outcome.message.clone(),
                &outcome.remarks.join("; "),
            ),
            Err(refusal) => line(
                "reference-shot",
                Finding::Fail,
                refusal.message.clone(),
                &refusal.next,
            ),
        });
        self.finish();
        true
    }

    fn finish(&mut self) {
        if let Some(answer) = self.answer.take() {
            answer.send(Ok(std::mem::take(&mut self.lines))).ok();
        }
    }
}

fn line(name: &str, finding: Finding, message: String, next: &str) -> PreflightLine {
    PreflightLine {
        name: name.into(),
        finding,
        message,
        next: next.into(),
    }
}

/// The number in a battery reading such as `80%`; cameras also say `Full` or `Low`, which have none.
fn percent(battery: &str) -> Option<u32> {
    battery.trim().trim_end_matches('%').trim().parse().ok()
}

fn camera_lines(info: &CameraInfo) -> Vec<PreflightLine> {
    let battery = match &info.battery {
        None => line(
            "battery",
            Finding::Warn,
            "the camera does not say".into(),
            "look at the camera; use a mains coupler",
        ),
        Some(said) => match percent(said) {
            Some(p) if p < LOW_BATTERY => line(
                "battery",
                Finding::Warn,
                format!("{said}, under {LOW_BATTERY}%"),
                "change it now, or use a mains coupler",
            ),
            _ => line("battery", Finding::Ok, said.clone(), ""),
        },
    };
    let card = match (info.frames_left, info.card_free) {
        (Some(n), _) if n < CARD_FRAMES => line(
            "card",
            Finding::Warn,
            format!("room for {n} frames, under {CARD_FRAMES}"),
            "insert an empty card: it is the second copy",
        ),
        (Some(n), _) => line("card", Finding::Ok, format!("room for {n} frames"), ""),
        (None, Some(free)) => line("card", Finding::Ok, format!("{free} free"), ""),
        (None, None) => line(
            "card",
            Finding::Warn,
            "the camera does not say what is free".into(),
            "check that a card is in: it is the second copy",
        ),
    };
    let clock = match info.clock_offset_ms {
        None => line(
            "clock",
            Finding::Warn,
            "the camera's clock cannot be read".into(),
            "set it by hand",
        ),
        Some(ms) if ms.abs() > CLOCK_TOLERANCE_MS => line(
            "clock",
            Finding::Warn,
            format!("the camera's clock is {} s off", ms / 1000),
            "set it; the offset is taken into account meanwhile",
        ),
        Some(ms) => line("clock", Finding::Ok, format!("{ms} ms off"), ""),
    };
    vec![battery, card, clock]
}

impl Shell {
    pub(super) fn start_preflight(&mut self, answer: Answer<Vec<PreflightLine>>) {
        if self
            .pending
            .preflight
            .as_ref()
            .is_some_and(|p| p.answer.is_some())
        {
            let busy = Refusal::new(
                RefusalCode::WrongState,
                "a preflight is under way",
                "wait for it to end",
            );
            answer.send(Err(busy)).ok();
            return;
        }
        let mut preflight = Preflight {
            answer: Some(answer),
            lines: vec![self.disk_line(), self.models_line()],
            step: Step::Probing,
            until: clock::boot_time() + PATIENCE,
        };
        if self.camera_state == CameraState::Ready {
            self.camera(Order::Probe);
        } else {
            preflight.lines.push(line(
                "camera",
                Finding::Fail,
                format!("the camera is {}", self.camera_state.as_str()),
                "connect it and switch it on; `shutterline camera show`",
            ));
            preflight.finish();
        }
        self.pending.preflight = Some(preflight);
    }

    fn disk_line(&self) -> PreflightLine {
        let free = self.free;
        if free < SESSION_BYTES {
            line(
                "disk",
                Finding::Warn,
                format!("{free} free, under {SESSION_BYTES} for 700 frames"),
                "let the outbox empty, or bring a larger disk",
            )
        } else {
            line("disk", Finding::Ok, format!("{free} free"), "")
        }
    }

    fn models_line(&self) -> PreflightLine {
        let standard = &self.parts.standard;
        match &self.parts.sight {
            None => line(
                "models",
                Finding::Ok,
                format!("standard {standard}; the face models are loaded"),
                "",
            ),
            Some(why) => line(
                "models",
                Finding::Fail,
                format!("standard {standard}; no frame's face will be checked: {why}"),
                "install the models and start the station again",
            ),
        }
    }

    /// The camera answered a probe: on to the reference shot.
    pub(super) fn preflight_probed(&mut self) {
        let Some(info) = self.camera_info.clone() else {
            return;
        };
        let waits = self
            .pending
            .preflight
            .as_ref()
            .is_some_and(|p| p.answer.is_some() && matches!(p.step, Step::Probing));
        if !waits {
            return;
        }
        if let Some(preflight) = &mut self.pending.preflight {
            preflight.lines.extend(camera_lines(&info));
            preflight.step = Step::Waiting;
            preflight.until = clock::boot_time() + PATIENCE;
        }
        self.preflight_shoots();
    }

    /// Fires the reference shot that a preflight waits for, as soon as a shot may follow the last one. The preflight's
    /// deadline goes on meanwhile.
    pub(super) fn preflight_shoots(&mut self) {
        let preflight = self.pending.preflight.as_ref();
        let waits = preflight.is_some_and(|p| p.answer.is_some() && p.step == Step::Waiting);
        if !waits || self.parts.station.is_between_shots(clock::boot_time()) {
            return;
        }
        let (reply, event) = self.command(Actor::Technician, Command::TestShot { reference: true });
        if let Some(preflight) = &mut self.pending.preflight {
            preflight.step = Step::Shooting(reply);
            preflight.until = clock::boot_time() + PATIENCE;
        }
        self.decide(event);
    }

    /// A preflight whose camera went silent ends with what it has.
    pub(super) fn preflight_overdue(&mut self) {
        self.counts_overdue();
        self.adoptions_overdue();
        let now = clock::boot_time();
        if let Some(preflight) = &mut self.pending.preflight
            && preflight.answer.is_some()
            && preflight.until <= now
        {
            preflight.lines.push(match preflight.step {
                Step::Waiting => line(
                    "reference-shot",
                    Finding::Fail,
                    "the last shot is not over yet, or the flashes recycle".into(),
                    "wait for its light, then ask again",
                ),
                Step::Probing | Step::Shooting(_) => line(
                    "camera",
                    Finding::Fail,
                    "the camera did not answer in time".into(),
                    "switch it off and on; `shutterline camera show`",
                ),
            });
            preflight.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_battery_is_a_warning_and_a_wordy_one_is_believed() {
        let info = |battery: &str| CameraInfo {
            battery: Some(battery.into()),
            ..CameraInfo::default()
        };
        assert_eq!(camera_lines(&info("20%"))[0].finding, Finding::Warn);
        assert_eq!(camera_lines(&info("80 %"))[0].finding, Finding::Ok);
        assert_eq!(camera_lines(&info("Full"))[0].finding, Finding::Ok);
    }
}
