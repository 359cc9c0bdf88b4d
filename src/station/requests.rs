//! The outstanding request: at most one, closed by its file, by refusal or by its deadline.

use super::{Action, ReplyId, ShotFailure, Station, TimerId};
use crate::model::{
    Actor, CameraFileKey, EventKind, Fault, FrameId, Millis, Outcome, Refusal, RefusalCode,
    RequestId, RequestOutcome, RequestState, Row, ShutterRequest, Tune,
};

/// A trigger whose files have not all been seen.
#[derive(Debug)]
pub(super) struct Outstanding {
    pub(super) state: RequestState,
    /// The frame of its first file, while the second of a pair is awaited.
    pub(super) frame: Option<FrameId>,
    /// Files taken for its own so far.
    pub(super) seen: u8,
    /// Whether they may be of another release: then no binding is committed, as a restart would believe it (I1).
    pub(super) doubted: bool,
    /// Who waits for a test shot.
    pub(super) reply: Option<ReplyId>,
    /// Its frame becomes the session's reference.
    pub(super) reference: bool,
}

/// A request that expired without a file, which may still come.
#[derive(Debug, Clone)]
pub(super) struct Overdue {
    pub(super) request: ShutterRequest,
    /// Until when a file that shows up may be its; a listing of the card may find it after that too.
    pub(super) until: Millis,
    /// The camera went since: the next listing shows its file, or there is none.
    pub(super) listed: bool,
}

impl Station {
    /// The outstanding request is over; its row and why go to the archive.
    pub(super) fn close_request(&mut self, who: Actor, outcome: RequestOutcome) {
        let Some(mut closed) = self.outstanding.take() else {
            return;
        };
        self.note_seat();
        self.push(Action::CancelTimer(TimerId::Request));
        closed.state.outcome = Some(outcome);
        self.commit_request(who, EventKind::RequestClosed, &closed.state);
        if outcome == RequestOutcome::Filed {
            return;
        }
        if outcome == RequestOutcome::Expired {
            self.overdue.push(Overdue {
                request: closed.state.request,
                until: self.now.mono + self.policy.request_deadline,
                listed: false,
            });
        }
        if let Some(to) = closed.reply {
            let refusal = Refusal::new(
                RefusalCode::Camera,
                "the camera made no file",
                "look at the camera and its faults (shutterline status), then ask again",
            );
            self.reply(to, Err(refusal));
        }
    }

    /// Which files answer a request becomes durable before anything else of them, so that a restart can still name their owner.
    pub(super) fn commit_request(&mut self, who: Actor, kind: EventKind, state: &RequestState) {
        let entry = self
            .event(who, kind)
            .session(state.request.session.clone())
            .serial(state.request.serial)
            .row(Row::Request(state.clone()));
        self.commit(entry);
    }

    /// A file of the outstanding request showed up.
    pub(super) fn bind_file(&mut self, frame: &FrameId, key: &CameraFileKey) {
        let Some(outstanding) = &mut self.outstanding else {
            return;
        };
        outstanding.seen += 1;
        outstanding.frame = Some(frame.clone());
        if !outstanding.doubted {
            outstanding.state.files.push(key.clone());
        }
        if outstanding.seen >= self.policy.files_per_frame {
            self.close_request(Actor::Station, RequestOutcome::Filed);
        } else if !outstanding.doubted {
            let state = outstanding.state.clone();
            self.commit_request(Actor::Station, EventKind::FileBound, &state);
        }
    }

    pub(super) fn shot_failed(&mut self, request: RequestId, failure: ShotFailure) {
        let ours = |o: &Outstanding| o.state.request.id == request && o.seen == 0;
        if !self.outstanding.as_ref().is_some_and(ours) {
            return;
        }
        self.close_request(Actor::Station, RequestOutcome::Refused);
        // The flash has not fired: nothing has to recycle.
        self.last_shot = None;
        match failure {
            ShotFailure::Focus => self.raise_again(Fault::FocusFailed),
            ShotFailure::CardFull => self.raise_again(Fault::CardFull),
            ShotFailure::Busy | ShotFailure::Other => self.sound(Tune::Refused),
        }
    }

    pub(super) fn request_timer(&mut self) {
        let deadline = self.policy.request_deadline;
        let due = |o: &Outstanding| self.now.mono.since(o.state.request.at.mono) >= deadline;
        if self.outstanding.as_ref().is_some_and(due) {
            self.expire_request();
        }
    }

    /// No file came, or only one of a pair.
    pub(super) fn expire_request(&mut self) {
        let Some(outstanding) = &self.outstanding else {
            return;
        };
        if outstanding.frame.is_some() {
            self.close_request(Actor::Station, RequestOutcome::Filed);
        } else {
            self.close_request(Actor::Station, RequestOutcome::Expired);
            self.raise_again(Fault::FileMissing);
        }
    }

    /// The test shot that somebody waits for has landed.
    pub(super) fn answer_test(
        &mut self,
        to: Option<ReplyId>,
        message: String,
        remarks: Vec<String>,
    ) {
        let Some(to) = to else { return };
        let outcome = Outcome {
            message,
            remarks,
            session: self.session_id(),
            ..Outcome::default()
        };
        self.reply(to, Ok(outcome));
    }

    /// Requests whose file may yet show up while the camera stays open.
    pub(super) fn overdue_now(&self, seen_at: Millis) -> Vec<ShutterRequest> {
        self.overdue
            .iter()
            .filter(|o| seen_at <= o.until)
            .map(|o| o.request.clone())
            .collect()
    }
}
