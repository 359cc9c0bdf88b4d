//! From a file on the camera to a durable frame: seen, fetched, stored (I3).

use super::alarms::Alarm;
use super::flight::{Claim, Flight, FlightFile, Landed, Phase, completes};
use super::ledger::After;
use super::ownership::{candidates, own_by_request};
use super::recovery::Bound;
use super::{Action, CommitFailure, Station, TimerId};
use crate::model::{
    Actor, CameraFile, CameraFileKey, CameraState, EventKind, Fault, FileRole, FrameId, FrameState,
    Millis, Origin, Purpose, Refusal, RefusalCode, RequestOutcome, Row, Serial, ShutterRequest,
    Tune, WallMs,
};
use serde_json::json;

/// Frames that landed and may still get a straggling RAW; more than a burst of one camera.
const LANDED: usize = 16;

/// Answers of "no such file" before a frame is given up; `refetch` lies between them.
const DENIALS: u8 = 3;

impl Station {
    /// A file showed up while the camera was open.
    pub(super) fn file_seen(&mut self, key: CameraFileKey, quiet_since: Millis, seen_at: Millis) {
        let flying = |f: &Flight| {
            f.files
                .iter()
                .any(|file| file.key == key && file.phase != Phase::Stored)
        };
        if !self.overtakes_recovery(&key) && self.flights.values().any(flying) {
            return;
        }
        self.shot_worked();
        if self.join_pair(&key, seen_at) {
            return;
        }
        let fired = |o: &super::requests::Outstanding| {
            o.frame.is_none() && seen_at >= o.state.request.at.mono
        };
        if self.outstanding.as_ref().is_some_and(fired) {
            self.answer_request(key, quiet_since, seen_at);
        } else {
            self.unrequested(key, quiet_since, seen_at);
        }
    }

    /// A listing may run ahead of the events and find a file that is about to be announced. Being seen says more about its
    /// owner than being found, so a recovery that is not stored yet gives way.
    fn overtakes_recovery(&mut self, key: &CameraFileKey) -> bool {
        let found = |f: &&Flight| {
            matches!(f.claim, Claim::Recovered { .. })
                && f.files.len() == 1
                && f.files.iter().all(|file| {
                    file.key.same_listing(key)
                        && matches!(file.phase, Phase::Queued | Phase::Fetching)
                })
        };
        let id = self
            .flights
            .values()
            .find(found)
            .map(|f| f.draft.id.clone());
        id.is_some_and(|id| self.flights.remove(&id).is_some())
    }

    /// The second file of a RAW and JPEG pair joins the frame of the first.
    fn join_pair(&mut self, key: &CameraFileKey, seen_at: Millis) -> bool {
        let joins = |f: &&Flight| {
            let keys: Vec<_> = f.files.iter().map(|f| &f.key).collect();
            completes(&keys, key)
        };
        let id = self
            .flights
            .values()
            .find(joins)
            .map(|f| f.draft.id.clone());
        let id = id.or_else(|| self.reopen_landed(key, seen_at));
        let Some(id) = id else {
            return false;
        };
        let Some(flight) = self.flights.get_mut(&id) else {
            return false;
        };
        flight
            .files
            .push(FlightFile::new(key.clone(), Phase::Fetching));
        flight.pair_open = false;
        let late = flight.request.clone();
        self.push(Action::CancelTimer(TimerId::Pair(id.clone())));
        let open = self
            .outstanding
            .as_ref()
            .is_some_and(|o| o.frame.as_ref() == Some(&id));
        if open {
            self.bind_file(&id, key);
        } else if let Some(mut request) = late {
            request.files.push(key.clone());
            self.commit_request(Actor::Station, EventKind::FileBound, &request);
        }
        self.push(Action::Fetch {
            frame: id,
            key: key.clone(),
        });
        true
    }

    fn reopen_landed(&mut self, key: &CameraFileKey, seen_at: Millis) -> Option<FrameId> {
        let deadline = self.policy.pair_deadline;
        let joins = |l: &Landed| {
            let keys: Vec<_> = l.keys.iter().collect();
            completes(&keys, key) && seen_at.since(l.seen_at) <= deadline
        };
        let index = self.landed.iter().position(joins)?;
        self.reopen(index, seen_at)
    }

    /// A frame that has landed takes off again for another file.
    pub(super) fn reopen(&mut self, index: usize, seen_at: Millis) -> Option<FrameId> {
        let landed = self.landed.remove(index)?;
        let id = landed.frame.id.clone();
        let frame = self.frames.get(&id).cloned().unwrap_or(landed.frame);
        let mut keys = landed.keys.into_iter();
        let mut flight = Flight::new(frame, keys.next()?, seen_at, landed.seen_at);
        flight
            .files
            .extend(keys.map(|k| FlightFile::new(k, Phase::Stored)));
        if let Some(first) = flight.files.first_mut() {
            first.phase = Phase::Stored;
        }
        flight.stored = true;
        flight.resolved = flight.draft.verdict.is_some() || flight.draft.accepted;
        flight.request = landed.request;
        self.flights.insert(id.clone(), flight);
        Some(id)
    }

    /// The file of the outstanding request, unless an expired one of somebody else may have made it.
    fn answer_request(&mut self, key: CameraFileKey, quiet_since: Millis, seen_at: Millis) {
        let Some(request) = self.outstanding.as_ref().map(|o| o.state.request.clone()) else {
            return;
        };
        let owner = |r: &ShutterRequest| (r.session.clone(), r.serial, r.purpose);
        let rivals = self.overdue_now(seen_at);
        let id = self.new_frame_id();
        let mut draft = self.draft(&id, Origin::Pedal);
        draft.taken_at = request.at.wall;
        draft.taken_at_trusted = request.at.trusted;
        draft.session = request.session.clone();
        let rivalled = rivals.iter().any(|r| owner(r) != owner(&request));
        // A test shot belongs to nobody in any case, and must not become a riddle.
        let test = request.purpose == Purpose::Test && !self.paused;
        let doubted = !test && self.is_doubtful(quiet_since, request.at.mono);
        if rivalled {
            // Which of the two releases made it is not known: a human places it (I1).
            draft.state = FrameState::SetAside;
            draft.candidates = candidates(rivals.iter().chain([&request]).filter_map(|r| r.serial));
        } else {
            own_by_request(&mut draft, &request);
        }
        let mut flight = Flight::new(draft, key.clone(), quiet_since, seen_at);
        if doubted && !rivalled {
            flight.claim = Claim::Request(Box::new(request.clone()));
        }
        flight.pair_open = self.policy.files_per_frame > 1;
        if let Some(outstanding) = &mut self.outstanding {
            outstanding.doubted = rivalled || doubted;
            flight.reply = outstanding.reply.take();
            flight.reference = outstanding.reference;
        }
        self.bind_file(&id, &key);
        if self.outstanding.is_none() && !rivalled && !doubted {
            flight.request = Some(crate::model::RequestState {
                request,
                outcome: Some(RequestOutcome::Filed),
                files: vec![key],
            });
        }
        self.take_off(flight);
    }

    /// Nobody asked for it: the camera's own button, or a file that comes too late.
    fn unrequested(&mut self, key: CameraFileKey, quiet_since: Millis, seen_at: Millis) {
        let id = self.new_frame_id();
        let mut draft = self.draft(&id, Origin::CameraButton);
        let seen = self.stamp_at(seen_at);
        draft.taken_at = seen.wall;
        draft.taken_at_trusted = seen.trusted;
        let mut flight = Flight::new(draft, key, quiet_since, seen_at);
        flight.pair_open = self.policy.files_per_frame > 1;
        let late = self.overdue_now(seen_at);
        if late.is_empty() {
            flight.claim = Claim::Window;
            self.own_by_window(&mut flight.draft, quiet_since, seen_at);
            self.last_shot = self.last_shot.max(Some(seen_at));
            if let (Some(serial), true) =
                (flight.draft.serial, flight.draft.serial == self.current())
            {
                self.take_off(flight);
                self.shot_alarms(serial, seen_at);
                return;
            }
        } else {
            let sat = self.serials_between(quiet_since, seen_at);
            let serials = late.iter().filter_map(|r| r.serial).chain(sat);
            flight.draft.session = self.session_id();
            flight.draft.candidates = candidates(serials);
            flight.draft.origin = Origin::Pedal;
        }
        self.take_off(flight);
    }

    /// Begins the way to the archive.
    fn take_off(&mut self, flight: Flight) {
        let id = flight.draft.id.clone();
        if flight.pair_open {
            self.push(Action::SetTimer {
                id: TimerId::Pair(id.clone()),
                at: self.now.mono + self.policy.pair_deadline,
            });
        }
        for file in &flight.files {
            self.out.push(Action::Fetch {
                frame: id.clone(),
                key: file.key.clone(),
            });
        }
        self.flights.insert(id, flight);
    }

    pub(super) fn new_frame_id(&mut self) -> FrameId {
        let id = FrameId::new(&self.station, self.next_frame);
        self.next_frame += 1;
        id
    }

    /// A file arrived whole: its owner is settled now, and it goes to the archive and the check.
    pub(super) fn downloaded(&mut self, id: &FrameId, file: CameraFile, taken_at: Option<WallMs>) {
        let Some(mut flight) = self.flights.remove(id) else {
            return;
        };
        let fetching = |f: &&mut FlightFile| f.phase == Phase::Fetching && f.key.became(&file.key);
        if let Some(part) = flight.files.iter_mut().find(fetching) {
            part.phase = Phase::Storing;
            part.failures = 0;
            part.key = file.key.clone();
            self.settle_owner(&mut flight, &file, taken_at);
            if let Some(stored) = self.frames.get(id) {
                flight.draft = stored.clone();
            } else if let Some(serial) = flight.draft.serial {
                flight.draft.student = self.student_in(&flight.draft, serial);
            }
            self.store(&flight, file);
        }
        self.flights.insert(id.clone(), flight);
    }

    fn store(&mut self, flight: &Flight, file: CameraFile) {
        let frame = flight.draft.clone();
        let (id, key) = (frame.id.clone(), file.key.clone());
        let who = match frame.origin {
            Origin::Pedal => Actor::Pedal,
            Origin::CameraButton => Actor::Camera,
            Origin::Recovered => Actor::Station,
        };
        let entry = self
            .event(who, EventKind::FrameStored)
            .session(frame.session.clone())
            .serial(frame.serial)
            .frame(&id)
            .detail(json!({"file": key.name, "state": frame.state.as_str()}))
            .row(Row::Frame(Box::new(frame.clone())));
        let change = self.change_of(entry);
        let ticket = self.ledger.open(After::Stored {
            frame: id.clone(),
            key: key.clone(),
        });
        self.push(Action::Store {
            ticket,
            frame: Box::new(frame),
            file: Box::new(file),
            change,
        });
        if FileRole::of_name(&key.name) != FileRole::Raw {
            self.push(Action::Check { frame: id, key });
        }
    }

    /// A file is durable.
    pub(super) fn stored(&mut self, id: &FrameId, key: &CameraFileKey) {
        let Some(mut flight) = self.flights.remove(id) else {
            return;
        };
        if let Some(file) = flight.file(key) {
            file.phase = Phase::Stored;
        }
        let first = !std::mem::replace(&mut flight.stored, true);
        if first {
            self.frames.put(flight.draft.clone());
        }
        let (aside, recovered) = (
            flight.draft.state == FrameState::SetAside,
            flight.draft.origin == Origin::Recovered,
        );
        self.flights.insert(id.clone(), flight);
        self.photo_found_room(true);
        self.clear(Fault::StorageFailed);
        if self.policy.clear_card {
            self.push(Action::DeleteOnCamera(key.clone()));
        }
        if first {
            self.bring_student_along(id);
            self.retake_if_asked(id);
            if aside && !recovered {
                self.sound(Tune::Alarm);
            }
        }
        self.resolve(id);
    }

    /// Storing failed. The incoming file is not trusted again: the camera still has it.
    pub(super) fn store_failed(&mut self, id: &FrameId, key: &CameraFileKey, how: CommitFailure) {
        match how {
            CommitFailure::Full => self.photo_found_room(false),
            CommitFailure::Broken => self.raise(Fault::StorageFailed),
        }
        self.failed(id, key);
    }

    /// A download failed. The card is the second copy, so it is tried again for as long as it takes, ever more slowly; a
    /// human is told which file it is once it is no accident any more.
    pub(super) fn download_failed(&mut self, id: &FrameId, key: &CameraFileKey) {
        let there = matches!(self.camera, CameraState::Ready | CameraState::Busy);
        let file = self.flights.get_mut(id).and_then(|f| f.file(key));
        if let Some(file) = file.filter(|f| there && f.phase == Phase::Fetching) {
            file.failures = file.failures.saturating_add(1);
            if file.is_stuck() {
                self.alarm(Alarm::NotDownloaded);
            }
        }
        self.failed(id, key);
    }

    /// The first file whose download keeps failing, with its serial.
    pub(super) fn stuck_file(&self) -> Option<(&CameraFileKey, Option<Serial>)> {
        let stuck = |f: &'_ Flight| f.stuck().is_some();
        let flight = self.flights.values().find(|f| stuck(f))?;
        Some((&flight.stuck()?.key, flight.draft.serial))
    }

    fn failed(&mut self, id: &FrameId, key: &CameraFileKey) {
        let Some(flight) = self.flights.get_mut(id) else {
            return;
        };
        let Some(file) = flight.file(key).filter(|f| f.phase != Phase::Stored) else {
            return;
        };
        file.phase = Phase::Failed;
        let wait = file.pause(self.policy.refetch);
        let picture = !file.is_raw();
        if picture {
            flight.early = None;
        }
        self.push(Action::SetTimer {
            id: TimerId::Refetch(id.clone()),
            at: self.now.mono + wait,
        });
    }

    /// The camera does not have it. Some deny a file that they are still writing, so it is asked for again; then the frame is
    /// given up, with a row and a fault that is heard, or its student would sit under `checking` for ever. Should a listing
    /// show the file after all (the other card is back), its committed request still names the owner.
    pub(super) fn file_gone(&mut self, id: &FrameId, key: &CameraFileKey) {
        let Some(flight) = self.flights.get_mut(id) else {
            return;
        };
        let Some(file) = flight.file(key).filter(|f| f.phase == Phase::Fetching) else {
            return;
        };
        file.denied += 1;
        if file.denied < DENIALS {
            return self.failed(id, key);
        }
        flight.files.retain(|f| f.key != *key);
        flight.pair_open = false;
        let (draft, stored) = (flight.draft.clone(), flight.stored);
        let found = matches!(flight.claim, Claim::Recovered { .. });
        let reply = flight.reply.take_if(|_| flight.files.is_empty());
        if let Some(state) = flight.request.clone() {
            let frame = stored.then(|| id.clone());
            self.bound.push(Bound { state, frame });
        }
        if flight.files.is_empty() {
            self.flights.remove(id);
        }
        let entry = self
            .event(Actor::Station, EventKind::Alarm)
            .session(draft.session)
            .serial(draft.serial)
            .frame(id)
            .detail(json!({"alarm": "file-gone", "file": key.name}));
        self.commit(entry);
        if let Some(to) = reply {
            let next = "look at the camera and its card, then ask again";
            let gone = Refusal::new(RefusalCode::Camera, "the camera has no such file", next);
            self.reply(to, Err(gone));
        }
        if !found {
            self.raise_again(Fault::FileMissing);
        }
        self.resolve(id);
    }

    /// Asks again for what failed, if the camera is there; else its return does.
    pub(super) fn refetch(&mut self, id: &FrameId) {
        if !matches!(self.camera, CameraState::Ready | CameraState::Busy) {
            return;
        }
        let Some(flight) = self.flights.get_mut(id) else {
            return;
        };
        for file in &mut flight.files {
            if file.phase == Phase::Failed {
                file.phase = Phase::Fetching;
                self.out.push(Action::Fetch {
                    frame: id.clone(),
                    key: file.key.clone(),
                });
            }
        }
    }

    /// The camera is back: everything pending is asked for again.
    pub(super) fn refetch_all(&mut self) {
        let ids: Vec<FrameId> = self.flights.keys().cloned().collect();
        for id in ids {
            self.refetch(&id);
        }
    }

    /// The second file of a pair is overdue: the frame is what there is.
    pub(super) fn pair_timer(&mut self, id: &FrameId) {
        if let Some(flight) = self.flights.get_mut(id) {
            flight.pair_open = false;
        }
        if self
            .outstanding
            .as_ref()
            .is_some_and(|o| o.frame.as_ref() == Some(id))
        {
            self.close_request(Actor::Station, RequestOutcome::Filed);
        }
        self.resolve(id);
    }

    /// A frame has landed when all its files are durable and it is judged as far as it can be.
    pub(super) fn land(&mut self, id: &FrameId) {
        if !self.flights.get(id).is_some_and(Flight::is_over) {
            return;
        }
        if let Some(flight) = self.flights.remove(id) {
            self.landed.push_back(Landed {
                keys: flight.files.into_iter().map(|f| f.key).collect(),
                frame: flight.draft,
                seen_at: flight.seen_at,
                request: flight.request,
            });
            if self.landed.len() > LANDED {
                self.landed.pop_front();
            }
        }
    }

    /// Whether a shot of this serial is on its way.
    pub(super) fn is_shooting(&self, serial: Serial) -> bool {
        let open = |o: &super::requests::Outstanding| {
            o.state.request.serial == Some(serial) && o.state.request.session == self.session_id()
        };
        let session = self.session_id();
        self.outstanding.as_ref().is_some_and(open)
            || self
                .flights
                .values()
                .any(|f| f.is_new_of(serial) && f.draft.session == session)
    }
}
