//! The decisions: what every press, file, verdict and command means for the queue.
//!
//! [`Station::handle`] turns one event into actions. It never does I/O, asks no clock, starts no
//! thread: a whole venue day replays in milliseconds. It decides who owns a frame (I1), when a file may
//! leave the card (I3), when green may show (I4), keeps the queue in order (I6), gives every change its event
//! row (I7), and fires before anything is written (I8).
//!
//! Memory changes at once and the commit follows, strictly in order. A frame is the exception: it is
//! drawn up as a [`flight`] and only becomes one of the session's [`frames`] when its first file is durable, so
//! no row ever speaks of a frame that the archive does not hold.

mod action;
mod alarms;
mod balance;
mod chair;
mod commands;
mod controls;
mod correcting;
mod corrections;
mod equipment;
mod event;
mod faults;
mod flight;
mod frames;
mod gesture;
mod history;
mod landing;
mod ledger;
mod leniency;
mod ownership;
mod paper;
mod pedal;
mod policy;
mod queue;
mod recovery;
mod requests;
mod session;
pub mod signals;
mod start;
mod status;
mod storage;
mod undo;
mod verdict;

pub use action::{Action, Ticket, TimerId};
pub use event::{ArchiveWait, CommitFailure, Event, Now, ReplyId, ShotFailure};
pub use policy::{PedalPolicy, Policy};

use crate::model::{
    CameraState, ChairStep, EventKind, Fault, Frame, FrameId, Lamps, Millis, QueueEntry, Serial,
    Session, Stamp, StationId, Student, Tune,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The station. One [`Event`] in, [`Action`]s out, in the order they are to be done.
#[derive(Debug)]
pub struct Station {
    policy: Policy,
    station: StationId,
    now: Stamp,
    out: Vec<Action>,

    session: Option<Session>,
    queue: queue::Queue,
    frames: frames::Frames,
    pending_roster: Vec<Student>,
    corrections: Vec<(EventKind, serde_json::Value)>,
    lowered: BTreeSet<String>,
    /// By reason: how many of how many students it has rejected, where that is too many.
    often: BTreeMap<&'static str, (u32, u32)>,
    /// A reference shot taken before its session was opened.
    waiting_reference: Option<FrameId>,
    paused: bool,
    next_session: u64,
    next_frame: u64,
    next_request: u64,

    gestures: gesture::Gestures,
    digits: String,
    digits_until: Millis,
    confirm_next: Option<Millis>,
    sitting: chair::Sitting,
    trail: Vec<ChairStep>,
    history: history::History,
    settle_until: Millis,

    outstanding: Option<requests::Outstanding>,
    last_shot: Option<Millis>,
    overdue: Vec<requests::Overdue>,
    bound: Vec<recovery::Bound>,
    found: u32,
    flights: BTreeMap<FrameId, flight::Flight>,
    backlog: VecDeque<FrameId>,
    landed: VecDeque<flight::Landed>,

    camera: CameraState,
    faults: BTreeSet<Fault>,
    /// Why storage counts as full.
    short: BTreeSet<storage::Short>,
    archive_waits: Option<ArchiveWait>,
    alarms: BTreeSet<alarms::Alarm>,
    ledger: ledger::Ledger,

    shown: Option<Lamps>,
    green_since: Option<Millis>,
    sounded: Option<Tune>,
}

impl Station {
    /// What `event` means, `now`. The actions are to be done in order; after a press that
    /// fires, [`Action::Trigger`] is the first of them (I8).
    pub fn handle(&mut self, now: &Stamp, event: Event) -> Vec<Action> {
        self.now = now.clone();
        self.dispatch(event);
        self.fetch_backlog();
        self.drop_download_alarm();
        self.refresh_lamps();
        std::mem::take(&mut self.out)
    }

    fn dispatch(&mut self, event: Event) {
        match event {
            Event::Edge { input, level, at } => self.edge(&input, level, at),
            Event::Stuck { input, stuck } => self.stuck(&input, stuck),
            Event::Timer(id) => self.timer(id),
            Event::Command {
                reply,
                who,
                command,
            } => self.command(reply, who, command),
            Event::Camera(state) => self.camera_changed(state),
            // The file tells; a trigger that was only taken has not yet made anything.
            Event::Fired { .. } => {}
            Event::ShotFailed { request, failure } => self.shot_failed(request, failure),
            Event::CameraLost => self.camera_lost(),
            Event::FileSeen {
                key,
                quiet_since,
                seen_at,
            } => self.file_seen(key, quiet_since, seen_at),
            Event::FileFound { key, taken_at } => self.file_found(key, taken_at),
            Event::Downloaded {
                frame,
                file,
                taken_at,
            } => self.downloaded(&frame, file, taken_at),
            Event::DownloadFailed { frame, key } => self.download_failed(&frame, &key),
            Event::FileGone { frame, key } => self.file_gone(&frame, &key),
            Event::Committed(ticket) => self.committed(ticket),
            Event::CommitFailed { ticket, failure } => self.commit_failed(ticket, failure),
            Event::Judged {
                frame,
                verdict,
                reasons,
                report,
            } => self.judged(
                &frame,
                flight::Judgement {
                    verdict,
                    reasons,
                    report,
                },
            ),
            Event::ClockTrusted => {
                let entry = self.event(crate::model::Actor::Station, EventKind::ClockTrusted);
                self.commit(entry);
            }
            Event::Space { free, landing } => self.space(free, landing),
            Event::ArchiveWaits(wait) => self.archive_waits(wait),
            Event::Fault { fault, raised } => self.fault(fault, raised),
        }
    }

    fn timer(&mut self, id: TimerId) {
        match id {
            TimerId::Long(input) => self.long_timer(&input),
            TimerId::Double(input) => self.double_timer(&input),
            TimerId::Request => self.request_timer(),
            TimerId::Settled => {}
            TimerId::ConfirmNext => {
                if self
                    .confirm_next
                    .is_some_and(|until| self.now.mono >= until)
                {
                    self.confirm_next = None;
                }
            }
            TimerId::Digits => {
                if self.now.mono >= self.digits_until {
                    self.digits.clear();
                }
            }
            TimerId::Pair(frame) => self.pair_timer(&frame),
            TimerId::Refetch(frame) => self.refetch(&frame),
        }
    }

    /// The queue of the open session, by serial; entry `n` is serial `n + 1` (I6).
    pub fn entries(&self) -> &[QueueEntry] {
        self.queue.entries()
    }

    /// The open session.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// A stored frame of the open session, or one set aside; its `files` are the archive's own and empty here.
    pub fn frame(&self, id: &FrameId) -> Option<&Frame> {
        self.frames.get(id)
    }

    /// The stored frames of a serial, oldest first.
    pub fn frames_of(&self, serial: Serial) -> impl Iterator<Item = &Frame> {
        self.frames.of(serial)
    }

    /// Every stored frame that the station knows, in no particular order.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.frames.all()
    }

    /// Kept and set-aside frames without a verdict that are not on their way to one: after a start, those whose
    /// judgement a crash has cut off. A [`Event::Judged`] for them is welcome at any time. RAW files without a JPEG
    /// are among them; they cannot be judged.
    pub fn unjudged(&self) -> Vec<FrameId> {
        let mut ids: Vec<FrameId> = self
            .frames
            .all()
            .filter(|f| f.verdict.is_none() && !self.flights.contains_key(&f.id))
            .map(|f| f.id.clone())
            .collect();
        ids.sort();
        ids
    }

    /// The frame proposed for delivery: the serial's last good one that was not retaken. An unbound
    /// serial has one too, but is not delivered before it is bound.
    pub fn proposed(&self, serial: Serial) -> Option<&Frame> {
        self.frames.proposed(serial)
    }

    /// Whether frames are on their way from the camera or a request is outstanding: a bad moment to stop or to list the card.
    pub fn is_busy(&self) -> bool {
        self.outstanding.is_some() || !self.flights.is_empty()
    }

    /// Whether a pause lasts, even where a fault hides it in the state: what is shot belongs to nobody.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Since when the same serial, or nobody, is before the camera.
    pub fn seated_since(&self) -> Millis {
        self.history.since()
    }

    fn push(&mut self, action: Action) {
        self.out.push(action);
    }

    fn sound(&mut self, tune: Tune) {
        self.sounded = Some(tune);
        self.push(Action::Sound(tune));
    }

    fn current(&self) -> Option<Serial> {
        self.session.as_ref().and_then(|s| s.current)
    }

    /// The stamp of something that happened at `at`, at or before now.
    fn stamp_at(&self, at: Millis) -> Stamp {
        let ago = self.now.mono.since(at).0;
        let mut stamp = self.now.clone();
        stamp.mono = Millis(self.now.mono.0.min(at.0));
        stamp.wall.0 -= i64::try_from(ago).unwrap_or(i64::MAX);
        stamp
    }
}
