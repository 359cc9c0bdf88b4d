//! What the child does with each order.

use super::super::setting::mismatch;
use super::super::wire::Doing;
use super::super::{Knob, Notice, Order, ShotFailureKind};
use super::turn::{Turn, Wanted};
use super::{BodyError, BodyEvent, Ending, camera_info};
use crate::clock;
use crate::model::{CameraFileKey, Millis, RequestId};
use std::time::Duration;

/// A trigger older than this is refused: behind a hung call the student may have left the chair by now.
const STALE_US: u64 = 1_500_000;

/// First wait after "busy"; doubled each time, while the event queue is drained. Cameras were seen busy for 300 ms.
const BUSY_FIRST: Millis = Millis(20);

/// Longest such wait.
const BUSY_MAX: Millis = Millis(320);

/// Events taken before firing at most: property changes never stop coming.
const EVENTS_BEFORE_FIRING: usize = 8;

impl Turn<'_> {
    /// Takes one order: triggers at once, downloads in turn, the rest when idle.
    pub fn take_order(&mut self, order: Order, sent_us: u64) -> Result<(), Ending> {
        match order {
            Order::Trigger {
                request,
                seated_since,
            } => self.fire(request, seated_since, sent_us),
            Order::Download { frame, key, to } => {
                self.wanted.push_back(Wanted { frame, key, to });
                Ok(())
            }
            Order::Knob(Knob::PressShutter) => {
                self.voice.doing(Doing::Other)?;
                // One that has no such drill says so; nothing was fired then.
                if let Err(error) = gone_ends(self.body.press_shutter())? {
                    tracing::warn!(%error, "the camera's own button cannot be pressed from here");
                }
                Ok(())
            }
            // The supervisor turns all others itself: they work without an open camera too.
            Order::Knob(_) => Ok(()),
            chore => {
                self.chores.push_back(chore);
                Ok(())
            }
        }
    }

    /// Fires, retrying while the camera is busy and the pedal's edge is fresh.
    fn fire(
        &mut self,
        request: RequestId,
        seated_since: Millis,
        sent_us: u64,
    ) -> Result<(), Ending> {
        self.voice.doing(Doing::Trigger)?;
        self.look_before_firing(seated_since)?;
        let mut wait = BUSY_FIRST;
        loop {
            if clock::boot_time_us().saturating_sub(sent_us) > STALE_US {
                return self.shot_failed(
                    request,
                    ShotFailureKind::Busy,
                    "the camera was busy for too long after the press",
                );
            }
            let at_us = clock::boot_time_us();
            match self.body.trigger() {
                Ok(()) => {
                    self.shot_fired(request);
                    return Ok(self.voice.notice(Notice::Fired { request, at_us })?);
                }
                Err(BodyError::Busy(_)) => {
                    self.drain(wait)?;
                    wait = Millis((wait.0 * 2).min(BUSY_MAX.0));
                }
                Err(BodyError::Focus(message)) => {
                    self.shot_failed(request, ShotFailureKind::Focus, &message)?;
                    self.body.release_half_press();
                    return Err(Ending::Focus);
                }
                // Nobody knows whether it fired: the loss of the session says so.
                Err(gone @ BodyError::Gone(_)) => return Err(gone.into()),
                Err(BodyError::CardFull(message)) => {
                    return self.shot_failed(request, ShotFailureKind::CardFull, &message);
                }
                Err(other) => {
                    return self.shot_failed(request, ShotFailureKind::Other, &other.to_string());
                }
            }
        }
    }

    /// Where the event queue was not known empty since this student sat down (a whole file or a deletion took that long), a
    /// frame of the camera's own button may wait in it that would be taken for this request's (I1). One look
    /// tells them apart; it costs a USB round trip, and only then.
    fn look_before_firing(&mut self, seated_since: Millis) -> Result<(), Ending> {
        if self.voice.quiet_since > seated_since {
            return Ok(());
        }
        for _ in 0..EVENTS_BEFORE_FIRING {
            match self.next_event(Millis(0))? {
                BodyEvent::Quiet => break,
                BodyEvent::File { folder, name } => {
                    self.file_seen(folder, name, self.voice.quiet_since)?;
                }
                BodyEvent::CardFull | BodyEvent::Other => {}
            }
        }
        Ok(())
    }

    fn shot_failed(
        &mut self,
        request: RequestId,
        failure: ShotFailureKind,
        message: &str,
    ) -> Result<(), Ending> {
        Ok(self.voice.notice(Notice::ShotFailed {
            request,
            failure,
            message: message.to_owned(),
        })?)
    }

    /// Takes events for `span`: a busy camera often only wants its queue read.
    fn drain(&mut self, span: Millis) -> Result<(), Ending> {
        let until = clock::boot_time() + span;
        while clock::boot_time() < until {
            let asked = clock::boot_time();
            match self.body.wait_event(Millis(10)) {
                Ok(BodyEvent::File { folder, name }) => {
                    self.file_seen(folder, name, self.voice.quiet_since)?;
                }
                Ok(BodyEvent::Quiet) => {
                    self.voice.quiet_since = asked;
                    std::thread::sleep(Duration::from_millis(2));
                }
                Ok(BodyEvent::CardFull | BodyEvent::Other) | Err(BodyError::Busy(_)) => {}
                Err(gone @ BodyError::Gone(_)) => return Err(gone.into()),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// The oldest chore, if any: only called when no file is awaited and no download waits.
    pub fn one_chore(&mut self) -> Result<(), Ending> {
        let Some(chore) = self.chores.pop_front() else {
            return Ok(());
        };
        match chore {
            Order::Delete { key } => {
                self.voice.doing(Doing::Other)?;
                self.delete(key)
            }
            Order::List => {
                self.voice.doing(Doing::List)?;
                self.list()
            }
            Order::ReadSettings => {
                self.voice.doing(Doing::Other)?;
                let settings = gone_ends(self.body.settings())?.unwrap_or_default();
                Ok(self.voice.notice(Notice::Settings { settings })?)
            }
            Order::ApplyProfile { settings } => {
                self.voice.doing(Doing::Open)?;
                // A profile refused as a whole differs in everything.
                let mismatches = gone_ends(self.body.apply(&settings))?.unwrap_or_else(|_| {
                    settings
                        .iter()
                        .filter_map(|(key, wanted)| mismatch(key, wanted, None))
                        .collect()
                });
                self.info.mismatches = mismatches.clone();
                Ok(self.voice.notice(Notice::ProfileApplied { mismatches })?)
            }
            Order::Probe => {
                self.voice.doing(Doing::Other)?;
                if let Ok(condition) = gone_ends(self.body.probe())? {
                    let mismatches = self.info.mismatches.clone();
                    self.info = camera_info(&self.body.identity(), condition, mismatches);
                }
                let info = self.info.clone();
                Ok(self.voice.notice(Notice::Info { info })?)
            }
            Order::Trigger { .. } | Order::Download { .. } | Order::Knob(_) => Ok(()),
        }
    }

    /// Deletes a file if it is still the one that was meant (I3).
    fn delete(&mut self, key: CameraFileKey) -> Result<(), Ending> {
        let now = gone_ends(self.body.file_info(&key.folder, &key.name))?;
        let error = match now {
            Err(BodyError::NoFile(_)) => Some("it is not on the card any more".to_owned()),
            Err(other) => Some(other.to_string()),
            Ok(info) if info.size != key.size_bytes => Some(format!(
                "the card holds another file of that name: {} bytes, not {}",
                info.size.0, key.size_bytes.0
            )),
            Ok(info)
                if key.modified_s != 0
                    && info.modified_s != 0
                    && info.modified_s != key.modified_s =>
            {
                Some("the card holds another file of that name: its time differs".to_owned())
            }
            Ok(_) if key.camera != self.info.serial => Some(format!(
                "this is camera {:?}, not {:?}",
                self.info.serial, key.camera
            )),
            Ok(_) => gone_ends(self.body.delete(&key.folder, &key.name))?
                .err()
                .map(|e| e.to_string()),
        };
        Ok(self.voice.notice(Notice::Deleted { key, error })?)
    }

    fn list(&mut self) -> Result<(), Ending> {
        let voice = &mut *self.voice;
        let listed = self.body.list(&mut || {
            // A broken pipe shows at the next message; the listing itself has no use for it.
            let _ = voice.doing(Doing::List);
        });
        match gone_ends(listed)? {
            Ok(files) => {
                let files = files
                    .into_iter()
                    .map(|f| CameraFileKey {
                        camera: self.info.serial.clone(),
                        opening: self.setup.opening.clone(),
                        folder: f.folder,
                        name: f.name,
                        size_bytes: f.info.size,
                        modified_s: f.info.modified_s,
                    })
                    .collect();
                Ok(self.voice.notice(Notice::Listed { files })?)
            }
            Err(e) => Ok(self.voice.notice(Notice::ListFailed {
                message: e.to_string(),
            })?),
        }
    }
}

/// A broken session ends the child; any other error is an answer.
fn gone_ends<T>(result: Result<T, BodyError>) -> Result<Result<T, BodyError>, Ending> {
    match result {
        Err(gone @ BodyError::Gone(_)) => Err(gone.into()),
        other => Ok(other),
    }
}
