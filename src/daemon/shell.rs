//! The loop itself: receive, decide, act.

use super::asks::Pending;
use super::baseline::Signatures;
use super::checks::{self, CheckPool};
use super::drill::{self, Drill};
use super::inbox::{Inbox, Message};
use super::lights::{Lights, Place};
use super::metrics::Metrics;
use super::publish::Publisher;
use super::recovery::Recovery;
use super::settings::Differences;
use super::timers::Timers;
use crate::archive::{Archive, Done, Job, JobFailure, JobId, Waits};
use crate::camera::{CameraLink, Order};
use crate::clock;
use crate::model::{
    Bytes, CameraFileKey, CameraInfo, CameraState, EventKind, Fault, FileRole, FrameId, Millis,
    OutboxCounts, PanelStatus, Report, RequestId, Stamp, Status, Tune,
};
use crate::panel::{Digits, Finger, Panel, PanelEvent};
use crate::station::{Action, ArchiveWait, CommitFailure, Event, Station, Ticket, signals};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// The loop wakes at least this often, to feed the watchdog and look at its deadlines.
const HEARTBEAT: Millis = Millis(500);

/// The camera's thread goes round several times a second; after this long it hangs.
const CAMERA_STANDSTILL: Millis = Millis(10_000);

/// The parts of the station, wired together by [`start`](super::start).
pub(super) struct Parts {
    pub(super) station: Station,
    pub(super) archive: Archive,
    pub(super) reader: crate::archive::Reader,
    pub(super) camera: CameraLink,
    pub(super) panel: Box<dyn Panel>,
    pub(super) finger: Finger,
    pub(super) panel_status: PanelStatus,
    pub(super) checks: CheckPool,
    pub(super) publisher: Publisher,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) outbox: OutboxCounts,
    pub(super) bindings: Vec<crate::model::Binding>,
    pub(super) profile: Vec<(String, String)>,
    pub(super) standard: String,
    /// Why the check sees no faces; `None` where it does.
    pub(super) sight: Option<String>,
    pub(super) check_deadline: Millis,
    pub(super) leftovers: std::sync::mpsc::Sender<PathBuf>,
    pub(super) watchdog: std::sync::mpsc::SyncSender<()>,
    pub(super) destinations: Vec<crate::upload::Destination>,
    pub(super) metrics: Metrics,
}

/// A download that lies in `incoming/`.
pub(super) struct Arrived {
    pub(super) path: PathBuf,
    pub(super) file: crate::model::CameraFile,
}

/// A file that is being made durable.
struct Storing {
    frame: FrameId,
    key: CameraFileKey,
    /// When its trigger went out, µs of the boot-time clock.
    fired_us: Option<u64>,
}

/// Why the loop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody asked for it.
    Asked(&'static str),
    /// A commit failed: what is in memory and what is on disk no longer agree, so a fresh start must reconcile.
    CommitFailed(String),
}

/// Owns the station and everything it acts on.
pub(super) struct Shell {
    pub(super) parts: Parts,
    inbox: Receiver<Message>,
    pub(super) sender: Inbox,
    timers: Timers,
    pub(super) camera_state: CameraState,
    pub(super) camera_info: Option<CameraInfo>,
    /// Who was last seen to hold the camera.
    pub(super) claimed_by: Option<String>,
    pub(super) free: Bytes,
    outbox: OutboxCounts,
    clock_trusted: bool,
    pub(super) arrived: HashMap<CameraFileKey, Arrived>,
    pub(super) deletions: Vec<CameraFileKey>,
    judging: HashMap<FrameId, Millis>,
    /// Files being made durable.
    stores: HashMap<JobId, Storing>,
    pub(super) pending: Pending,
    pub(super) recovery: Recovery,
    pub(super) differences: Differences,
    signatures: Signatures,
    /// Pedal edges whose trigger is not answered yet, µs of the boot-time clock.
    pub(super) edges: HashMap<RequestId, u64>,
    /// Triggers whose file is not stored yet, µs of the boot-time clock.
    fired: HashMap<RequestId, u64>,
    /// The press that is being answered, µs of the boot-time clock; none while a command is.
    edge_us: Option<u64>,
    /// What the panel's display shows.
    digits: Digits,
    pub(super) lights: Lights,
    /// Session and serial, on each line that is logged while they are the current ones.
    place: Place,
    drill: Drill,
    end: Option<End>,
}

impl Shell {
    /// A loop that hears `inbox`, whose senders are clones of `sender`.
    pub(super) fn new(parts: Parts, inbox: Receiver<Message>, sender: Inbox) -> Self {
        let recovery = Recovery::new(parts.reader.clone());
        let signatures = Signatures::read(parts.archive.reader(), &parts.station);
        Self {
            outbox: parts.outbox,
            parts,
            inbox,
            sender,
            timers: Timers::default(),
            camera_state: CameraState::Absent,
            camera_info: None,
            claimed_by: None,
            free: Bytes(u64::MAX),
            clock_trusted: clock::wall_clock_trusted(),
            arrived: HashMap::new(),
            deletions: Vec::new(),
            judging: HashMap::new(),
            stores: HashMap::new(),
            pending: Pending::default(),
            recovery,
            differences: Differences::default(),
            signatures,
            edges: HashMap::new(),
            fired: HashMap::new(),
            edge_us: None,
            digits: Digits::Blank,
            lights: Lights::default(),
            place: Place::default(),
            drill: Drill::from_word(std::env::var(drill::VARIABLE).ok().as_deref()),
            end: None,
        }
    }

    /// Act on the station's first actions, then hear and act until something ends it.
    pub(super) fn run(mut self, first: Vec<Action>) -> (Parts, End) {
        self.act(first);
        self.judge_what_a_crash_cut_off();
        self.publish();
        loop {
            if let Some(end) = self.end.take() {
                return (self.parts, end);
            }
            let _here = self.place.enter();
            let now = clock::boot_time();
            let wait = match self.timers.next() {
                // What the card holds is worked through between messages, never before one.
                _ if self.recovery.has_more() => 0,
                Some(at) => at.since(now).0.min(HEARTBEAT.0),
                None => HEARTBEAT.0,
            };
            match self.inbox.recv_timeout(Duration::from_millis(wait)) {
                Ok(message) => self.hear(message),
                Err(RecvTimeoutError::Timeout) => self.recover_one(),
                Err(RecvTimeoutError::Disconnected) => self.end = Some(End::Asked("no senders")),
            }
            self.ring();
            self.list_when_quiet();
            self.publish();
            self.feed_watchdog();
        }
    }

    fn hear(&mut self, message: Message) {
        self.drill.look(&message);
        match message {
            Message::Panel(event) => self.hear_panel(event),
            Message::Camera(notice) => self.hear_camera(notice),
            Message::Archive(done) => self.hear_archive(done),
            Message::Judged { frame, report } => self.judged(frame, *report),
            Message::Ask(ask) => {
                self.edge_us = None;
                self.hear_ask(ask);
            }
            Message::CardCompared(comparison) => self.recovery.compared_with(comparison),
            Message::Housekeeping {
                free,
                landing,
                clock_trusted,
                outbox,
            } => {
                self.free = free;
                self.housekeeping(clock_trusted, outbox);
                self.decide(Event::Space { free, landing });
                self.preflight_shoots();
                self.preflight_overdue();
            }
            Message::Stop { why } => self.end = Some(End::Asked(why)),
        }
    }

    fn hear_panel(&mut self, event: PanelEvent) {
        match event {
            PanelEvent::Edge {
                input,
                level,
                at_us,
            } => {
                self.edge_us = Some(at_us);
                self.decide(Event::Edge {
                    input,
                    level,
                    at: Millis(at_us / 1000),
                });
            }
            PanelEvent::Stuck { input, stuck } => self.decide(Event::Stuck { input, stuck }),
            PanelEvent::Opened { driver } => {
                self.parts.panel_status.driver = driver.to_owned();
                self.parts.panel_status.problem = None;
                self.fault(Fault::PanelFailed, false);
            }
            PanelEvent::Failed { problem } => {
                self.parts.panel_status.problem = Some(problem);
                self.fault(Fault::PanelFailed, true);
            }
        }
    }

    fn hear_archive(&mut self, done: Done) {
        match done {
            Done::Committed(JobId(n)) => {
                if let Some(stored) = self.stores.remove(&JobId(n)) {
                    self.parts.metrics.frames_stored.inc();
                    self.arrived.remove(&stored.key);
                    let frame = stored.frame;
                    let took = stored
                        .fired_us
                        .map(|us| clock::boot_time_us().saturating_sub(us));
                    self.parts.publisher.tell(
                        "frame",
                        serde_json::json!({ "stored": frame, "trigger_to_commit_us": took }),
                    );
                }
                self.decide(Event::Committed(Ticket(n)));
            }
            Done::Failed {
                id,
                failure,
                message,
            } => {
                let stored = self.stores.remove(&id);
                let frame = stored.as_ref().map(|s| s.frame.as_str());
                tracing::error!(
                    job = id.0,
                    ?failure,
                    frame,
                    error = message,
                    "a commit failed"
                );
                let failure = match failure {
                    JobFailure::Full => CommitFailure::Full,
                    JobFailure::Broken => CommitFailure::Broken,
                };
                self.decide(Event::CommitFailed {
                    ticket: Ticket(id.0),
                    failure,
                });
                if stored.is_none() {
                    self.end = Some(End::CommitFailed(message));
                }
            }
            Done::Waits(waits) => self.decide(Event::ArchiveWaits(waits.map(|w| match w {
                Waits::Unlocked => ArchiveWait::Unlocked,
                Waits::Room => ArchiveWait::Room,
            }))),
        }
    }

    fn judged(&mut self, frame: FrameId, report: Report) {
        // A check that ends after its deadline was answered already.
        if self.judging.remove(&frame).is_none() {
            return;
        }
        let report = self.signatures.judge(&self.parts.station, &frame, report);
        let json = serde_json::to_value(&report).unwrap_or_default();
        self.parts.metrics.judged(report.verdict);
        self.parts.publisher.tell(
            "frame",
            serde_json::json!({ "judged": frame, "verdict": report.verdict,
                "reasons": report.reasons.iter().map(|r| &r.id).collect::<Vec<_>>() }),
        );
        self.decide(Event::Judged {
            frame,
            verdict: report.verdict,
            reasons: report.reasons,
            report: json,
        });
    }

    fn housekeeping(&mut self, clock_trusted: bool, outbox: OutboxCounts) {
        let became_trusted = clock_trusted && !self.clock_trusted;
        self.clock_trusted = clock_trusted;
        if became_trusted {
            self.decide(Event::ClockTrusted);
        }
        if (outbox.failed > 0) != (self.outbox.failed > 0) {
            self.fault(Fault::UploadFailed, outbox.failed > 0);
        }
        self.outbox = outbox;
    }

    pub(super) fn fault(&mut self, fault: Fault, raised: bool) {
        self.decide(Event::Fault { fault, raised });
    }

    pub(super) fn now(&self) -> Stamp {
        clock::stamp(self.clock_trusted)
    }

    pub(super) fn decide(&mut self, event: Event) {
        let actions = self.parts.station.handle(&self.now(), event);
        self.act(actions);
        self.lights.over();
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Trigger(request) => {
                    self.camera(Order::Trigger {
                        request: request.id,
                        seated_since: self.parts.station.seated_since(),
                    });
                    if let Some(edge_us) = self.edge_us {
                        self.edges.insert(request.id, edge_us);
                        self.lights.pressed(request.id, edge_us);
                    }
                }
                Action::Commit { ticket, change } => {
                    let id = JobId(ticket.0);
                    if change.kind == EventKind::FrameJudged {
                        self.lights.judges(change.frame.as_ref());
                    }
                    self.submit(Job::Commit { id, change });
                }
                Action::Fetch { frame, key } => {
                    let to = self.parts.archive.incoming_path(&frame, &key.name);
                    self.camera(Order::Download { frame, key, to });
                }
                Action::Store {
                    ticket,
                    frame,
                    file,
                    change,
                } => self.store(ticket, frame, &file.key, change),
                Action::Check { frame, key } => self.check(frame, &key),
                Action::DeleteOnCamera(key) => {
                    self.deletions.push(key.clone());
                    self.camera(Order::Delete { key });
                }
                Action::Show(lamps) => self.parts.panel.show(lamps, clock::boot_time()),
                Action::Sound(tune) => self.sound(tune),
                Action::SetTimer { id, at } => self.timers.set(id, at),
                Action::CancelTimer(id) => self.timers.cancel(&id),
                Action::Reply { to, result } => self.pending.reply(to, result),
            }
        }
    }

    pub(super) fn camera(&mut self, order: Order) {
        if let Err(error) = self.parts.camera.send(order) {
            tracing::error!(%error, "the camera takes no orders");
        }
    }

    fn sound(&mut self, tune: Tune) {
        if let Some(edge_us) = self.lights.shows(tune) {
            let took = clock::boot_time_us().saturating_sub(edge_us);
            self.parts.metrics.lit(took);
        }
        self.parts
            .panel
            .sound(signals::tune(tune), clock::boot_time());
        self.parts.publisher.tell(
            "sound",
            serde_json::json!({ "tune": tune.as_str(), "edge_to_sound_us":
                self.edge_us.map(|us| clock::boot_time_us().saturating_sub(us)) }),
        );
    }

    fn store(
        &mut self,
        ticket: Ticket,
        frame: Box<crate::model::Frame>,
        key: &CameraFileKey,
        change: Box<crate::model::Change>,
    ) {
        let id = JobId(ticket.0);
        self.lights.stores(frame.request, &frame.id);
        let fired_us = frame.request.and_then(|r| self.fired.remove(&r));
        let storing = Storing {
            frame: frame.id.clone(),
            key: key.clone(),
            fired_us,
        };
        self.stores.insert(id, storing);
        let Some(arrived) = self.arrived.get(key) else {
            tracing::error!(frame = %frame.id, "the station stores a file that never arrived");
            self.decide(Event::CommitFailed {
                ticket,
                failure: CommitFailure::Broken,
            });
            return;
        };
        self.submit(Job::Store {
            id,
            frame,
            file: Box::new(arrived.file.clone()),
            incoming: arrived.path.clone(),
            change,
        });
    }

    fn check(&mut self, frame: FrameId, key: &CameraFileKey) {
        // The check comes before or after the store; the thread finds the file in either place.
        let path = self
            .arrived
            .get(key)
            .map_or_else(PathBuf::new, |a| a.path.clone());
        self.judge(frame, path);
    }

    fn judge(&mut self, frame: FrameId, path: PathBuf) {
        let deadline = clock::boot_time() + self.parts.check_deadline;
        self.judging.insert(frame.clone(), deadline);
        if !self.parts.checks.judge(frame.clone(), path) {
            self.judged(frame, checks::unchecked(&self.parts.standard));
        }
    }

    /// Frames that were stored but not judged when the last run ended.
    fn judge_what_a_crash_cut_off(&mut self) {
        for frame in self.parts.station.unjudged() {
            let stored = self.parts.reader.frame(&frame).ok().flatten();
            let pixels =
                stored.is_some_and(|(f, _)| f.files.iter().any(|f| f.role == FileRole::Jpeg));
            if pixels {
                self.judge(frame, PathBuf::new());
            }
        }
    }

    fn submit(&mut self, job: Job) {
        if let Err(error) = self.parts.archive.submit(job) {
            self.end = Some(End::CommitFailed(error.to_string()));
        }
    }

    fn ring(&mut self) {
        let now = clock::boot_time();
        while let Some(id) = self.timers.take_due(now) {
            self.decide(Event::Timer(id));
        }
        let late: Vec<FrameId> = self
            .judging
            .iter()
            .filter(|(_, deadline)| **deadline <= now)
            .map(|(frame, _)| frame.clone())
            .collect();
        for frame in late {
            tracing::error!(%frame, "the check did not answer in time; frame goes unchecked");
            self.judged(frame, checks::unchecked(&self.parts.standard));
        }
    }

    pub(super) fn told_fired(&mut self, request: RequestId, at_us: u64) {
        self.fired.insert(request, at_us);
        self.parts.metrics.shots_fired.inc();
        if let Some(edge_us) = self.edges.remove(&request) {
            self.parts.metrics.fired(at_us.saturating_sub(edge_us));
            self.parts.publisher.tell(
                "fired",
                serde_json::json!({ "request": request.0,
                    "edge_to_trigger_us": at_us.saturating_sub(edge_us) }),
            );
        }
    }

    fn publish(&mut self) {
        let mut status = self.parts.station.status();
        status.camera.state = self.camera_state;
        if let Some(info) = &self.camera_info {
            status.camera.model = Some(info.model.clone());
            status.camera.battery.clone_from(&info.battery);
        }
        status.outbox = self.outbox;
        status.storage.free_bytes = self.free;
        status.panel.clone_from(&self.parts.panel_status);
        let digits = digits_of(&status);
        if digits != self.digits {
            self.parts.panel.number(digits);
            self.digits = digits;
        }
        self.place.follow(status.session.as_ref(), status.serial);
        self.parts.publisher.show(status);
    }

    /// Fed only here: a loop that hangs, or a camera thread that does, starves it and systemd starts afresh.
    fn feed_watchdog(&mut self) {
        let camera_stood_still = clock::boot_time().since(self.parts.camera.last_turn());
        if camera_stood_still < CAMERA_STANDSTILL {
            // One that waits to be told already tells of this round too.
            self.parts.watchdog.try_send(()).ok();
        }
    }
}

/// What is typed goes before who sits there: the photographer looks at it while typing.
fn digits_of(status: &Status) -> Digits {
    match (status.digits.parse(), status.serial) {
        (Ok(typed), _) => Digits::Typed(typed),
        (Err(_), Some(serial)) => Digits::Serial(serial.0),
        (Err(_), None) => Digits::Blank,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Serial;

    #[test]
    fn the_display_follows_the_chair_and_the_fingers() {
        let mut status = Status::default();
        assert_eq!(digits_of(&status), Digits::Blank);
        status.serial = Some(Serial(41));
        assert_eq!(digits_of(&status), Digits::Serial(41));
        status.digits = "07".into();
        assert_eq!(digits_of(&status), Digits::Typed(7));
    }
}
