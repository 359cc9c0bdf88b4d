//! Questions of the API: handed to the station, the camera or the panel, and answered when they are done.

use super::preflight::Preflight;
use super::shell::Shell;
use crate::archive::VerifyStep;
use crate::camera::{Knob, Order};
use crate::clock;
use crate::model::{
    Actor, Binding, CameraState, Command, Control, Gesture, Millis, Outcome, Refusal, RefusalCode,
};
use crate::station::{Event, ReplyId};
use crate::upload::Quiet;
use crate::web::{Answer, Ask, CameraView, KnobJson, VerifyLine};
use std::collections::HashMap;

/// How long a client waits for the card to be listed, before it is answered without.
const LISTING_PATIENCE: Millis = Millis(30_000);

/// How long a camera may take to say how it is set.
const SETTINGS_PATIENCE: Millis = Millis(30_000);

/// How far the verification steps back (`nice`): as far as there is.
const VERIFY_NICENESS: i32 = 19;

/// Somebody who wants to know what the card holds beyond the archive.
struct Count {
    answer: Answer<Option<u32>>,
    until: Millis,
}

/// Everything somebody still waits for.
#[derive(Default)]
pub(super) struct Pending {
    next: u64,
    replies: HashMap<ReplyId, Answer<Outcome>>,
    counts: Vec<Count>,
    /// With the moment until which they wait.
    adoptions: Vec<(Millis, Answer<Outcome>)>,
    pub(super) preflight: Option<Preflight>,
}

impl Pending {
    /// Answer a command. A client that went away is no error.
    pub(super) fn reply(&mut self, to: ReplyId, result: Result<Outcome, Refusal>) {
        if let Some(preflight) = &mut self.preflight
            && preflight.replied(to, &result)
        {
            return;
        }
        if let Some(answer) = self.replies.remove(&to) {
            answer.send(result).ok();
        }
    }

    fn next_id(&mut self) -> ReplyId {
        self.next += 1;
        ReplyId(self.next)
    }
}

fn no_camera() -> Refusal {
    Refusal::new(
        RefusalCode::Camera,
        "no camera is open",
        "connect it, switch it on, and look at `shutterline camera show`",
    )
}

impl Shell {
    pub(super) fn hear_ask(&mut self, ask: Ask) {
        match ask {
            Ask::Command {
                who,
                command,
                answer,
            } => {
                let reply = self.command(who, command);
                self.await_reply(reply.0, answer);
                self.decide(reply.1);
            }
            Ask::Press {
                control,
                gesture,
                answer,
            } => {
                answer.send(self.press(control, gesture)).ok();
            }
            Ask::CameraShow { answer } => {
                answer.send(Ok(self.camera_view())).ok();
            }
            Ask::CameraAdopt { answer } => self.adopt(answer),
            Ask::Knob { knob, answer } => {
                answer.send(self.turn_knob(knob)).ok();
            }
            Ask::Preflight { answer } => self.start_preflight(answer),
            Ask::CardCount { answer } => {
                let until = clock::boot_time() + LISTING_PATIENCE;
                self.pending.counts.push(Count { answer, until });
                self.list_card();
            }
            Ask::UploadRetry { which, answer } => self.retry_uploads(which, answer),
            Ask::UploadSkip { which, answer } => self.skip_uploads(which, answer),
            Ask::UploadPause {
                destination,
                paused,
                answer,
            } => self.pause_uploads(destination, paused, answer),
            Ask::UploadMetered { metered, answer } => self.meter_uploads(metered, answer),
            Ask::UploadProbe { answer } => self.probe_destinations(answer),
            Ask::Verify { lines } => self.verify(lines),
        }
    }

    /// A command with a fresh reply id.
    pub(super) fn command(&mut self, who: Actor, command: Command) -> (ReplyId, Event) {
        let reply = self.pending.next_id();
        (
            reply,
            Event::Command {
                reply,
                who,
                command,
            },
        )
    }

    fn await_reply(&mut self, reply: ReplyId, answer: Answer<Outcome>) {
        self.pending.replies.insert(reply, answer);
    }

    fn press(&self, control: Control, gesture: Option<Gesture>) -> Result<Outcome, Refusal> {
        let bound: Option<&Binding> = self.parts.bindings.iter().find(|b| b.control == control);
        let Some(binding) = bound else {
            return Err(Refusal::new(
                RefusalCode::NotFound,
                format!("control {control} is bound to nothing"),
                "bind it under [panel.bindings] in the config",
            ));
        };
        let gesture = gesture.unwrap_or(binding.gesture);
        self.parts
            .finger
            .press(&binding.input, gesture)
            .map_err(|e| Refusal::new(RefusalCode::WrongState, e.to_string(), "try again"))?;
        Ok(Outcome {
            message: format!("{control}: {} on {}", gesture.as_str(), binding.input.0),
            ..Outcome::default()
        })
    }

    fn camera_view(&self) -> CameraView {
        CameraView {
            state: self.camera_state,
            info: self.camera_info.clone(),
            profile: self.parts.profile.clone(),
            waiting_deletion: self.deletions.clone(),
            claimed_by: self.claimed_by.clone(),
        }
    }

    fn turn_knob(&mut self, knob: KnobJson) -> Result<Outcome, Refusal> {
        let knob: Knob = serde_json::from_value(knob).map_err(|e| {
            Refusal::new(
                RefusalCode::Invalid,
                format!("no such knob: {e}"),
                "the knobs are listed in docs/api.md",
            )
        })?;
        self.camera(Order::Knob(knob));
        Ok(Outcome {
            message: "turned".into(),
            ..Outcome::default()
        })
    }

    fn adopt(&mut self, answer: Answer<Outcome>) {
        if self.camera_state != CameraState::Ready {
            answer.send(Err(no_camera())).ok();
            return;
        }
        let until = clock::boot_time() + SETTINGS_PATIENCE;
        self.pending.adoptions.push((until, answer));
        self.camera(Order::ReadSettings);
    }

    /// What `camera adopt` waited for: the camera's present settings become the profile.
    pub(super) fn settings_read(&mut self, settings: Vec<(String, String)>) {
        if self.pending.adoptions.is_empty() {
            return;
        }
        // Whoever asked first is answered first.
        let (_, answer) = self.pending.adoptions.remove(0);
        self.parts.profile.clone_from(&settings);
        self.profile_changed();
        self.camera(Order::ApplyProfile {
            settings: settings.clone(),
        });
        let (reply, event) = self.command(Actor::Technician, Command::AdoptSettings { settings });
        self.await_reply(reply, answer);
        self.decide(event);
    }

    fn list_card(&mut self) {
        if self.camera_state == CameraState::Ready {
            self.camera(Order::List);
        } else {
            self.card_counted(None);
        }
    }

    /// The card was counted, or cannot be: everybody who asked is told.
    pub(super) fn card_counted(&mut self, card_only: Option<u32>) {
        for count in self.pending.counts.drain(..) {
            count.answer.send(Ok(card_only)).ok();
        }
    }

    /// Adoptions that the camera never answered.
    pub(super) fn adoptions_overdue(&mut self) {
        let now = clock::boot_time();
        while self
            .pending
            .adoptions
            .first()
            .is_some_and(|(until, _)| *until <= now)
        {
            let (_, answer) = self.pending.adoptions.remove(0);
            answer.send(Err(no_camera())).ok();
        }
    }

    /// Counts whose listing never came, as while frames are on their way: a closing must not wait for ever.
    pub(super) fn counts_overdue(&mut self) {
        let now = clock::boot_time();
        if self.pending.counts.iter().any(|c| c.until <= now) {
            self.card_counted(None);
        }
    }

    /// Reads every stored file, which takes as long as the disk takes: on a thread of its own, behind everything else, and not
    /// while a frame is on its way to its light.
    fn verify(&self, lines: tokio::sync::mpsc::Sender<VerifyLine>) {
        let reader = self.parts.reader.clone();
        let runtime = self.parts.runtime.clone();
        let quiet = Quiet::while_shooting(self.parts.publisher.status());
        let run = move || {
            // On Linux this is the calling thread's alone.
            if let Err(error) = rustix::process::setpriority_process(None, VERIFY_NICENESS) {
                tracing::warn!(%error, "the archive is verified at full priority");
            }
            let verified = reader.verify_between(
                || runtime.block_on(quiet.wait()),
                |step| lines.blocking_send(line_of(step)).is_ok(),
            );
            match verified {
                // A client that went away is no error.
                Ok(v) => drop(lines.blocking_send(VerifyLine::Done {
                    files: v.files,
                    problems: v.problems,
                })),
                Err(error) => tracing::error!(%error, "the archive cannot be verified"),
            }
        };
        let thread = std::thread::Builder::new().name("verify".into());
        if let Err(error) = thread.spawn(run) {
            tracing::error!(%error, "no thread for the verification");
        }
    }
}

fn line_of(step: VerifyStep) -> VerifyLine {
    match step {
        VerifyStep::Progress { done, total } => VerifyLine::Progress { done, total },
        VerifyStep::Problem { path, problem } => VerifyLine::Problem {
            path,
            problem: problem.as_str().to_owned(),
            next: problem.next().to_owned(),
        },
    }
}
