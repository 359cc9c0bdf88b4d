//! After the camera or the station was gone: files on the card that never reached the archive.
//!
//! A file whose binding to a request was committed keeps its owner. Any other is set aside; what is known of
//! it is a proposal, never an assignment (I1).

use super::flight::{Claim, Flight, FlightFile, Phase, completes, completes_found};
use super::ownership::{EXIF_SLACK, candidates, own_by_request};
use super::{Action, Station};
use crate::model::{
    CameraFile, CameraFileKey, CameraState, FrameId, FrameState, Origin, RequestState, SessionId,
    WallMs,
};

/// A request of an earlier run with files that the archive lacked when it ended.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) state: RequestState,
    /// Its frame, once one of its files is stored or on its way.
    pub(super) frame: Option<FrameId>,
}

impl Station {
    /// The camera's process is gone. What it was asked for is asked again once it is back; a request that was outstanding may
    /// have fired or not: a file found later is set aside with it as the proposal.
    pub(super) fn camera_lost(&mut self) {
        self.found = 0;
        for flight in self.flights.values_mut() {
            for file in &mut flight.files {
                if file.phase == Phase::Fetching {
                    file.phase = Phase::Failed;
                }
            }
        }
        self.expire_request();
        // What the last listing did not show was never made.
        self.overdue.retain(|o| !o.listed);
        // The next opening shows no late files of this one; its listing does.
        for overdue in &mut self.overdue {
            overdue.until = overdue.until.min(self.now.mono);
            overdue.listed = true;
        }
    }

    /// A listing found a file that the archive does not hold.
    pub(super) fn file_found(&mut self, key: CameraFileKey, taken_at: Option<WallMs>) {
        if self.is_on_its_way(&key) || self.joins_recovered(&key) || self.joins_lost_pair(&key) {
            return;
        }
        let pairs = self.policy.files_per_frame > 1;
        let known = |b: &Bound| {
            b.state.files.iter().any(|k| k.same_listing(&key))
                || (pairs && completes_found(&b.state.files, &key))
        };
        match self.bound.iter().position(known) {
            Some(index) => self.bring_home(index, key),
            None => self.set_aside_found(key, taken_at),
        }
    }

    /// A file of a flight, or of one that has just landed: the listing was older than the commit.
    fn is_on_its_way(&mut self, key: &CameraFileKey) -> bool {
        let landed = |l: &super::flight::Landed| l.keys.iter().any(|k| k.same_listing(key));
        if self.landed.iter().any(landed) {
            return true;
        }
        let file = |f: &FlightFile| f.key.same_listing(key);
        let flight = self.flights.values().find(|f| f.files.iter().any(file));
        let Some(id) = flight.map(|f| f.draft.id.clone()) else {
            return false;
        };
        self.refetch(&id);
        true
    }

    /// The other half of a pair that was found just before.
    fn joins_recovered(&mut self, key: &CameraFileKey) -> bool {
        let joins = |f: &&mut Flight| {
            let keys: Vec<_> = f.files.iter().map(|f| &f.key).collect();
            matches!(f.claim, Claim::Recovered { .. }) && completes(&keys, key)
        };
        let Some(flight) = self.flights.values_mut().find(joins) else {
            return false;
        };
        flight
            .files
            .push(FlightFile::new(key.clone(), Phase::Queued));
        self.backlog.push_back(flight.draft.id.clone());
        true
    }

    /// The other half of a pair whose first half was seen before the camera went: the same release, so the same owner.
    fn joins_lost_pair(&mut self, key: &CameraFileKey) -> bool {
        if self.policy.files_per_frame < 2 {
            return false;
        }
        let flies = |f: &&Flight| completes_found(f.files.iter().map(|f| &f.key), key);
        let id = self
            .flights
            .values()
            .find(flies)
            .map(|f| f.draft.id.clone());
        let lands = |l: &super::flight::Landed| completes_found(&l.keys, key);
        let id = id.or_else(|| {
            let index = self.landed.iter().position(lands)?;
            self.reopen(index, self.now.mono)
        });
        let Some(flight) = id.and_then(|id| self.flights.get_mut(&id)) else {
            return false;
        };
        flight
            .files
            .push(FlightFile::new(key.clone(), Phase::Queued));
        flight.pair_open = false;
        self.backlog.push_back(flight.draft.id.clone());
        true
    }

    /// Its owner is durably known: the request's.
    fn bring_home(&mut self, index: usize, key: CameraFileKey) {
        let Some(bound) = self.bound.get(index) else {
            return;
        };
        let request = bound.state.request.clone();
        let known = bound.frame.clone();
        let id = known.clone().unwrap_or_else(|| self.new_frame_id());
        if let Some(bound) = self.bound.get_mut(index) {
            bound.frame = Some(id.clone());
        }
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.files.push(FlightFile::new(key, Phase::Queued));
        } else {
            let mut draft = self.draft(&id, Origin::Pedal);
            own_by_request(&mut draft, &request);
            draft.taken_at = request.at.wall;
            draft.taken_at_trusted = request.at.trusted;
            let now = self.now.mono;
            let mut flight = Flight::new(draft, key, now, now);
            if let Some(stored) = self.frames.get(&id) {
                flight.draft = stored.clone();
                flight.stored = true;
                flight.resolved = flight.draft.verdict.is_some();
            }
            flight.files[0].phase = Phase::Queued;
            self.flights.insert(id.clone(), flight);
        }
        self.backlog.push_back(id);
    }

    fn set_aside_found(&mut self, key: CameraFileKey, taken_at: Option<WallMs>) {
        self.found += 1;
        let id = self.new_frame_id();
        let mut draft = self.draft(&id, Origin::Recovered);
        let modified = WallMs(key.modified_s.saturating_mul(1000));
        draft.taken_at_trusted = taken_at.is_some() && self.now.trusted;
        if let Some(taken) = taken_at.or((modified.0 > 0).then_some(modified)) {
            draft.taken_at = taken;
        }
        let now = self.now.mono;
        let mut flight = Flight::new(draft, key, now, now);
        flight.claim = Claim::Recovered { taken_at };
        flight.files[0].phase = Phase::Queued;
        self.flights.insert(id.clone(), flight);
        self.backlog.push_back(id);
    }

    /// Who a recovered frame may belong to, likeliest first. Decided when it is downloaded: by then the listing is complete.
    pub(super) fn propose(&self, flight: &mut Flight, file: &CameraFile, taken: Option<WallMs>) {
        debug_assert_eq!(flight.draft.state, FrameState::SetAside);
        let open = self.session.as_ref();
        if let Some(taken) = taken.or(file.exif_taken) {
            flight.draft.taken_at = taken;
        }
        let before = |session: &crate::model::Session| {
            taken.is_some_and(|t| t.0 < session.opened_at.0) && self.now.trusted
        };
        if open.is_none_or(before) {
            flight.draft.session = None;
            return;
        }
        let id: Option<SessionId> = open.map(|s| s.id.clone());
        let intents: Vec<_> = self
            .overdue
            .iter()
            .filter(|o| o.request.session == id && o.request.serial.is_some())
            .collect();
        let only = match intents.as_slice() {
            [one] if self.found == 1 => one.request.serial,
            _ => None,
        };
        let sat = match taken {
            Some(taken) => {
                let at = self.mono_of(taken);
                self.serials_between(at - EXIF_SLACK, at + EXIF_SLACK)
            }
            None => Vec::new(),
        };
        let others = intents.iter().filter_map(|o| o.request.serial);
        flight.draft.candidates = candidates(only.into_iter().chain(sat).chain(others));
    }

    /// Recovered files come one at a time, and only while nothing that somebody waits for is on its way.
    pub(super) fn fetch_backlog(&mut self) {
        let quiet = matches!(self.camera, CameraState::Ready | CameraState::Busy)
            && self.outstanding.is_none()
            && !self.backlog.is_empty();
        let fetching = |f: &Flight| f.files.iter().any(|f| f.phase == Phase::Fetching);
        if !quiet || self.flights.values().any(fetching) {
            return;
        }
        while let Some(id) = self.backlog.pop_front() {
            let Some(flight) = self.flights.get_mut(&id) else {
                continue;
            };
            let Some(file) = flight.files.iter_mut().find(|f| f.phase == Phase::Queued) else {
                continue;
            };
            file.phase = Phase::Fetching;
            let key = file.key.clone();
            self.push(Action::Fetch { frame: id, key });
            return;
        }
    }
}
