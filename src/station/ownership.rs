//! Whose a frame is (I1): its request's, or whoever alone sat there while it was shot; in any doubt nobody's.

use super::Station;
use super::flight::{Claim, Flight};
use super::history::Seat;
use crate::model::{
    CameraFile, Frame, FrameId, FrameState, Millis, Origin, Purpose, Serial, ShutterRequest, WallMs,
};

/// EXIF counts whole seconds, and the camera's clock offset is measured no better.
pub(super) const EXIF_SLACK: Millis = Millis(2000);

impl Station {
    /// A frame of which nothing is known yet: set aside.
    pub(super) fn draft(&self, id: &FrameId, origin: Origin) -> Frame {
        Frame {
            id: id.clone(),
            session: self.session_id(),
            serial: None,
            student: None,
            request: None,
            origin,
            state: FrameState::SetAside,
            accepted: false,
            retaken: false,
            verdict: None,
            reasons: Vec::new(),
            candidates: Vec::new(),
            taken_at: self.now.wall,
            taken_at_trusted: self.now.trusted,
            files: Vec::new(),
        }
    }

    /// Whoever alone sat there between the two moments owns it; else nobody (I1).
    pub(super) fn own_by_window(&self, draft: &mut Frame, from: Millis, to: Millis) {
        draft.state = FrameState::SetAside;
        draft.serial = None;
        draft.candidates = Vec::new();
        match self.history.between(from, to).as_slice() {
            [Seat::Taken(session, serial)] => {
                draft.state = FrameState::Kept;
                draft.session = Some(session.clone());
                draft.serial = Some(*serial);
            }
            [Seat::Testing] => draft.state = FrameState::Test,
            _ => draft.candidates = self.serials_between(from, to),
        }
        draft.student = draft.serial.and_then(|s| self.student_in(draft, s));
    }

    /// The open session's serials of that window, else the last one before it.
    pub(super) fn serials_between(&self, from: Millis, to: Millis) -> Vec<Serial> {
        let Some(open) = self.session_id() else {
            return Vec::new();
        };
        let sat = self.history.between(from, to);
        let found = candidates(sat.into_iter().filter_map(|seat| match seat {
            Seat::Taken(session, serial) if *session == open => Some(*serial),
            _ => None,
        }));
        if found.is_empty() {
            return self.history.last_serial(&open, from).into_iter().collect();
        }
        found
    }

    /// The student of a frame's serial as bound now, if its session is the open one.
    pub(super) fn student_in(
        &self,
        frame: &Frame,
        serial: Serial,
    ) -> Option<crate::model::StudentNumber> {
        if frame.session.is_some() && frame.session == self.session_id() {
            return self.queue.student_of(serial);
        }
        frame.student.clone()
    }

    /// The last word on who owns a frame, before its first file is stored.
    pub(super) fn settle_owner(
        &mut self,
        flight: &mut Flight,
        file: &CameraFile,
        taken_at: Option<WallMs>,
    ) {
        if flight.stored {
            return;
        }
        let claim = std::mem::replace(&mut flight.claim, Claim::Settled);
        match claim {
            Claim::Settled => {}
            Claim::Request(request) => self.doubt_request(flight, &request, taken_at),
            Claim::Window => {
                let (from, to) = (flight.quiet_since, flight.seen_at);
                match taken_at.map(|t| self.narrowed(t, from, to)) {
                    None => self.own_by_window(&mut flight.draft, from, to),
                    Some(Some((from, to))) => self.own_by_window(&mut flight.draft, from, to),
                    // The camera's clock contradicts what was seen: not certain, so nobody's (I1).
                    Some(None) => {
                        flight.draft.state = FrameState::SetAside;
                        flight.draft.serial = None;
                        flight.draft.student = None;
                        flight.draft.candidates = self.serials_between(from, to);
                    }
                }
                if let Some(taken) = taken_at {
                    flight.draft.taken_at = taken;
                }
            }
            Claim::Recovered { taken_at: listed } => {
                self.propose(flight, file, taken_at.or(listed));
            }
        }
    }

    /// Whether somebody else may have been shot between the last quiet moment and the trigger.
    pub(super) fn is_doubtful(&self, quiet_since: Millis, fired: Millis) -> bool {
        quiet_since < fired && self.history.between(quiet_since, fired).len() > 1
    }

    /// The first file after a trigger is taken for its own. But the camera's button may have been pressed before, while
    /// somebody else sat there, and that file seen only now: then nobody can tell, and it is set aside (I1).
    fn doubt_request(
        &self,
        flight: &mut Flight,
        request: &ShutterRequest,
        taken_at: Option<WallMs>,
    ) {
        let fired = request.at.mono;
        let slack = |t| Millis(self.mono_of(t).0.saturating_sub(EXIF_SLACK.0));
        let from = flight.quiet_since.max(taken_at.map_or(Millis(0), slack));
        if !self.is_doubtful(from, fired) {
            return;
        }
        let sat = self.serials_between(from, fired);
        let draft = &mut flight.draft;
        draft.state = FrameState::SetAside;
        draft.candidates = candidates(request.serial.into_iter().chain(sat));
        draft.serial = None;
        draft.student = None;
    }

    /// The part of a window in which the EXIF time lies; `None` if they do not meet.
    fn narrowed(&self, taken: WallMs, from: Millis, to: Millis) -> Option<(Millis, Millis)> {
        let at = self.mono_of(taken);
        let low = Millis(at.0.saturating_sub(EXIF_SLACK.0)).max(from);
        let high = (at + EXIF_SLACK).min(to);
        (low <= high).then_some((low, high))
    }

    /// A wall-clock time by the boot-time clock, 0 if before it.
    pub(super) fn mono_of(&self, wall: WallMs) -> Millis {
        let ago = self.now.wall.0.saturating_sub(wall.0);
        let mono = i64::try_from(self.now.mono.0).unwrap_or(i64::MAX);
        Millis(u64::try_from(mono.saturating_sub(ago)).unwrap_or(0))
    }
}

/// The frame belongs to whoever its request was for, even if they have left meanwhile.
pub(super) fn own_by_request(draft: &mut Frame, request: &ShutterRequest) {
    draft.request = Some(request.id);
    draft.session = request.session.clone();
    match request.purpose {
        Purpose::Portrait => {
            draft.state = FrameState::Kept;
            draft.serial = request.serial;
            draft.student = request.student.clone();
        }
        Purpose::Test => draft.state = FrameState::Test,
    }
}

/// Each once, in order.
pub(super) fn candidates(serials: impl IntoIterator<Item = Serial>) -> Vec<Serial> {
    let mut each = Vec::new();
    for serial in serials {
        if !each.contains(&serial) {
            each.push(serial);
        }
    }
    each
}
