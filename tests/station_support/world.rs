//! A world for the station to be tried in: an archive that only knows what was committed, and a camera that knows who
//! really sat there when it fired. After each event the invariants are looked at.

mod invariants;

use super::*;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Who was current when the shutter fired.
type Truth = Option<(SessionId, Serial)>;

#[derive(Debug, Clone)]
pub enum Step {
    Wait(u16),
    Tap(&'static str),
    LongHand,
    /// The camera fires the trigger it was given.
    Fire,
    /// The same, but the file shows up only after the request's deadline.
    FireSlowly,
    Refuse,
    /// The photographer's finger on the camera.
    Button,
    /// The camera's events are read: the next file, or nothing.
    Poll,
    Download(u8, bool),
    DownloadFails(u8),
    Judge(u8, u8),
    Commit,
    CommitFails(bool),
    CameraLost,
    CameraReady,
    Kill,
    Space(bool),
    Ask(Ask),
}

#[derive(Debug, Clone)]
pub enum Ask {
    Hold(u8),
    Recall(u8),
    Call(u8),
    Absent(u8),
    Bind(u8, u8),
    Shift(u8, u8, i8),
    Swap(u8, u8),
    Split(u8),
    Reassign(u8, u8),
    UndoAdvance,
    Undo,
    Accept(u8),
    Waive(u8, bool),
    Lower(bool),
    Discard(u8),
    TestShot,
    Close(bool),
    Open,
}

pub struct CardFile {
    key: CameraFileKey,
}

pub struct World {
    policy: Policy,
    pub station: Station,
    archive: Archive,
    now: u64,
    timers: BTreeMap<TimerId, Millis>,
    commits: VecDeque<Action>,
    fetches: Vec<(FrameId, CameraFileKey)>,
    checks: Vec<FrameId>,
    card: Vec<CardFile>,
    unseen: VecDeque<(CameraFileKey, Millis)>,
    windows: HashMap<CameraFileKey, (Millis, Millis)>,
    triggers: VecDeque<(ShutterRequest, u64)>,
    quiet: Millis,
    /// Files that the camera has yet to show.
    developing: VecDeque<(CameraFileKey, u64)>,
    ready: bool,
    opening: u32,
    shots: u32,
    /// Frames that a human placed: what they belong to is theirs to know.
    placed: BTreeSet<FrameId>,
    /// By name, which never repeats here: who sat there, and when it fired.
    truths: HashMap<String, (Truth, u64)>,
    replies: BTreeSet<ReplyId>,
    asked: u64,
    /// The archive waits for room.
    waiting: bool,
}

impl World {
    pub fn new(pair: bool, one_pedal: bool) -> Self {
        let mut policy = policy();
        policy.clear_card = true;
        policy.files_per_frame = if pair { 2 } else { 1 };
        if one_pedal {
            policy.pedal = PedalPolicy::OnePedal;
        }
        let archive = Archive {
            pending_roster: (1..=5).map(student).collect(),
            ..Archive::default()
        };
        let (station, actions) = Station::new(policy.clone(), archive.snapshot(), &stamp(0));
        let mut world = Self {
            policy,
            station,
            archive,
            now: 0,
            timers: BTreeMap::new(),
            commits: VecDeque::new(),
            fetches: Vec::new(),
            checks: Vec::new(),
            card: Vec::new(),
            unseen: VecDeque::new(),
            windows: HashMap::new(),
            triggers: VecDeque::new(),
            quiet: Millis(0),
            developing: VecDeque::new(),
            ready: false,
            opening: 1,
            shots: 0,
            placed: BTreeSet::new(),
            truths: HashMap::new(),
            replies: BTreeSet::new(),
            asked: 0,
            waiting: false,
        };
        world.act(actions);
        world.step(Step::CameraReady);
        world.step(Step::Ask(Ask::Open));
        world.now += 1000;
        world.step(Step::Poll);
        world
    }

    fn send(&mut self, event: Event) {
        let before = self.station.status();
        let said = format!("{event:?}");
        let actions = self.station.handle(&stamp(self.now), event);
        // I8: nothing goes before the trigger.
        let trigger = actions.iter().position(|a| matches!(a, Action::Trigger(_)));
        assert!(
            trigger.is_none_or(|at| at == 0),
            "I8 after {said}: {actions:?}"
        );
        // I7: what is durable changes with an event row only.
        let after = self.station.status();
        let durable = |s: &Status| (s.session.clone(), s.serial, s.queue, s.faults.clone());
        let row = actions
            .iter()
            .any(|a| matches!(a, Action::Commit { .. } | Action::Store { .. }));
        assert!(
            durable(&before) == durable(&after) || row,
            "I7 after {said}"
        );
        self.act(actions);
        self.hold_invariants(&said);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Trigger(request) => {
                    assert!(!self.waits_for_a_shot(), "two requests at once");
                    assert!(!self.waiting, "fires although nothing can be stored");
                    self.triggers.push_back((request, self.now));
                }
                Action::Commit { .. } | Action::Store { .. } => self.commits.push_back(action),
                Action::Fetch { frame, key } => {
                    assert!(
                        self.card.iter().any(|f| f.key.same_listing(&key)),
                        "fetches what is gone"
                    );
                    self.fetches.push((frame, key));
                }
                Action::Check { frame, .. } => self.checks.push(frame),
                Action::DeleteOnCamera(key) => {
                    // I3: nothing is deleted before its copy is durable.
                    assert!(
                        self.archive.holds(&key),
                        "I3: {} deleted too early",
                        key.name
                    );
                    self.card.retain(|f| !f.key.same_listing(&key));
                }
                Action::SetTimer { id, at } => _ = self.timers.insert(id, at),
                Action::CancelTimer(id) => _ = self.timers.remove(&id),
                Action::Reply { to, .. } => assert!(self.replies.remove(&to), "answered twice"),
                Action::Show(_) | Action::Sound(_) => {}
            }
        }
    }
}

impl World {
    fn sat(&self) -> Truth {
        let status = self.station.status();
        let paused = status.state == StationState::Paused || self.paused();
        (!paused).then_some(())?;
        Some((status.session?, status.serial?))
    }

    fn paused(&self) -> bool {
        self.station.is_paused()
    }

    /// A release: one file or a pair appears on the card.
    fn release(&mut self, truth: &Truth, delay: u64) {
        self.shots += 1;
        let pair: &[&str] = if self.policy.files_per_frame > 1 {
            &["NEF", "JPG"]
        } else {
            &["JPG"]
        };
        for extension in pair {
            let key = CameraFileKey {
                camera: "cam".into(),
                opening: format!("boot-{}", self.opening),
                folder: "/DCIM".into(),
                name: format!("DSC_{:04}.{extension}", self.shots),
                size_bytes: Bytes(1000),
                modified_s: 1000 + i64::from(self.shots) * 10,
            };
            self.truths
                .insert(key.name.clone(), (truth.clone(), self.now));
            self.developing.push_back((key, self.now + delay));
        }
        if delay == 0 {
            self.show();
        }
    }

    /// Files whose time has come are on the card, and their events wait to be read.
    fn show(&mut self) {
        let now = self.now;
        let (ready, later): (VecDeque<_>, _) = std::mem::take(&mut self.developing)
            .into_iter()
            .partition(|(_, at)| *at <= now);
        self.developing = later;
        for (key, _) in ready {
            self.card.push(CardFile { key: key.clone() });
            self.unseen.push_back((key, self.quiet));
        }
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Wait(ms) => self.wait(u64::from(ms)),
            Step::Tap(name) => {
                self.edge(name, Level::Pressed);
                self.now += 20;
                self.edge(name, Level::Released);
            }
            Step::LongHand => {
                self.edge("hand", Level::Pressed);
                self.wait(700);
                self.edge("hand", Level::Released);
            }
            Step::Fire => self.fire(0),
            Step::FireSlowly => self.fire(12_000),
            Step::Refuse => {
                if let Some((request, _)) = self.triggers.pop_front() {
                    let failure = ShotFailure::Focus;
                    self.send(Event::ShotFailed {
                        request: request.id,
                        failure,
                    });
                }
            }
            // A finger on the camera while a trigger is under way cannot be told from it by anybody.
            Step::Button if self.ready && self.triggers.is_empty() && !self.waits_for_a_shot() => {
                let truth = self.sat();
                self.release(&truth, 0);
            }
            Step::Button => {}
            Step::Poll => self.poll(),
            Step::Download(n, timed) => self.download(n, timed),
            Step::DownloadFails(n) => {
                if let Some((frame, key)) = self.take_fetch(n) {
                    self.send(Event::DownloadFailed { frame, key });
                }
            }
            Step::Judge(n, verdict) => self.judge(n, verdict),
            Step::Commit => self.commit(),
            Step::CommitFails(full) => self.commit_fails(full),
            Step::CameraLost => self.lose_camera(),
            Step::CameraReady => self.open_camera(),
            Step::Kill => self.kill(),
            Step::Space(low) => {
                let free = Bytes(if low { 10 } else { 1_000_000_000 });
                self.send(Event::Space {
                    free,
                    landing: None,
                });
            }
            Step::Ask(ask) => self.ask(ask),
        }
    }

    fn open_requests(&self) -> BTreeSet<RequestId> {
        let commits = self.commits.iter().filter_map(|c| match c {
            Action::Commit { change, .. } => Some(change),
            _ => None,
        });
        let mut open = BTreeMap::new();
        for request in self.archive.requests.values() {
            open.insert(request.request.id, request.outcome.is_none());
        }
        for row in commits.flat_map(|c| &c.rows) {
            if let Row::Request(request) = row {
                open.insert(request.request.id, request.outcome.is_none());
            }
        }
        open.retain(|_, open| *open);
        open.into_keys().collect()
    }

    fn waits_for_a_shot(&self) -> bool {
        !self.open_requests().is_empty()
    }

    fn edge(&mut self, name: &str, level: Level) {
        let at = Millis(self.now);
        self.send(Event::Edge {
            input: input(name),
            level,
            at,
        });
    }

    /// Time passes; timers ring; a trigger that the camera has not fired within a second was dropped by it.
    fn wait(&mut self, ms: u64) {
        let until = self.now + ms;
        loop {
            let due = self.timers.iter().map(|(id, at)| (*at, id.clone())).min();
            let slow = self.developing.front().map(|(_, at)| *at);
            let first = due.as_ref().map_or(u64::MAX, |(at, _)| at.0).min(until);
            if let Some(at) = slow.filter(|at| *at <= first) {
                // The camera's events are read all the time while it is slow.
                self.now = self.now.max(at);
                self.show();
                while !self.unseen.is_empty() && self.ready {
                    self.poll();
                }
                continue;
            }
            let Some((at, id)) = due.filter(|(at, _)| at.0 <= until) else {
                break;
            };
            self.timers.remove(&id);
            self.now = self.now.max(at.0);
            self.drop_stale_trigger();
            self.send(Event::Timer(id));
        }
        self.now = until;
        self.drop_stale_trigger();
    }

    fn drop_stale_trigger(&mut self) {
        let now = self.now;
        self.triggers.retain(|(_, at)| now <= at + 1000);
    }

    fn fire(&mut self, delay: u64) {
        self.drop_stale_trigger();
        let Some((request, _)) = self.triggers.pop_front() else {
            return;
        };
        let truth = request.session.clone().zip(request.serial);
        // Slow, but in order: whatever fired before it has been seen.
        let alone = self.unseen.is_empty() && self.open_requests().contains(&request.id);
        let delay = if alone { delay } else { 0 };
        self.send(Event::Fired {
            request: request.id,
        });
        self.release(&truth, delay);
    }

    fn poll(&mut self) {
        if !self.ready {
            return;
        }
        match self.unseen.pop_front() {
            Some((key, quiet_since)) => {
                let seen_at = Millis(self.now);
                self.windows.insert(key.clone(), (quiet_since, seen_at));
                self.send(Event::FileSeen {
                    key,
                    quiet_since,
                    seen_at,
                });
            }
            // With a trigger under way the queue is not known to stay empty.
            None if self.triggers.is_empty() => self.quiet = Millis(self.now),
            None => {}
        }
    }

    fn take_fetch(&mut self, n: u8) -> Option<(FrameId, CameraFileKey)> {
        (self.ready && !self.fetches.is_empty())
            .then(|| self.fetches.remove(usize::from(n) % self.fetches.len()))
    }

    fn download(&mut self, n: u8, timed: bool) {
        let Some((frame, key)) = self.take_fetch(n) else {
            return;
        };
        let (quiet_since, seen_at) = self.windows.get(&key).copied().unwrap_or_default();
        // EXIF counts whole seconds.
        let fired = self.truths[&key.name].1 / 1000 * 1000;
        let taken_at = timed.then_some(WallMs(EPOCH + fired as i64));
        let file = CameraFile {
            received_bytes: key.size_bytes,
            key,
            sha256: Sha256("00".into()),
            exif_taken: None,
            exif: ExifSettings::default(),
            quiet_since,
            seen_at,
        };
        self.send(Event::Downloaded {
            frame,
            file,
            taken_at,
        });
    }

    fn judge(&mut self, n: u8, verdict: u8) {
        if self.checks.is_empty() {
            return;
        }
        let frame = self.checks.remove(usize::from(n) % self.checks.len());
        let verdict =
            [Verdict::Pass, Verdict::Pass, Verdict::Warn, Verdict::Reject][usize::from(verdict)];
        let reject = |id: &str, about| Reason {
            id: id.into(),
            severity: Severity::Reject,
            was: None,
            about,
            zh: String::new(),
            en: String::new(),
        };
        let reasons = match (verdict, n % 2) {
            (Verdict::Reject, 0) => vec![reject("eyes-closed", About::Student)],
            (Verdict::Reject, _) => vec![reject("flash-misfire", About::Equipment)],
            _ => Vec::new(),
        };
        let report = serde_json::Value::Null;
        self.send(Event::Judged {
            frame,
            verdict,
            reasons,
            report,
        });
    }

    fn commit(&mut self) {
        let Some(action) = self.commits.pop_front() else {
            return;
        };
        if std::mem::take(&mut self.waiting) {
            self.send(Event::ArchiveWaits(None));
        }
        let ticket = match action {
            Action::Commit { ticket, change } => {
                self.archive.apply(&change);
                ticket
            }
            Action::Store {
                ticket,
                frame,
                file,
                change,
            } => {
                self.archive.store(&frame, &file.key, &change);
                ticket
            }
            _ => return,
        };
        self.send(Event::Committed(ticket));
    }

    fn commit_fails(&mut self, full: bool) {
        let failure = if full {
            CommitFailure::Full
        } else {
            CommitFailure::Broken
        };
        match self.commits.pop_front() {
            Some(Action::Store { ticket, .. }) => {
                self.send(Event::CommitFailed { ticket, failure })
            }
            // Rows wait for room, and everything behind them.
            Some(action @ Action::Commit { .. }) if full => {
                self.commits.push_front(action);
                self.waiting = true;
                self.send(Event::ArchiveWaits(Some(ArchiveWait::Room)));
                assert!(self.station.status().faults.contains(&Fault::StorageFull));
            }
            Some(Action::Commit { ticket, .. }) => {
                self.send(Event::CommitFailed { ticket, failure });
                assert!(self.station.status().faults.contains(&Fault::StorageFailed));
                // The daemon exits on it.
                self.kill();
            }
            _ => {}
        }
    }

    /// Nobody listens any more: what is still to come is on the card by the next opening.
    fn settle_card(&mut self) {
        let keys = std::mem::take(&mut self.developing).into_iter();
        self.card.extend(keys.map(|(key, _)| CardFile { key }));
    }

    fn lose_camera(&mut self) {
        self.settle_card();
        self.ready = false;
        self.triggers.clear();
        self.unseen.clear();
        self.fetches.clear();
        self.opening += 1;
        self.send(Event::CameraLost);
        self.send(Event::Camera(CameraState::Absent));
    }

    fn open_camera(&mut self) {
        if self.ready {
            return;
        }
        self.ready = true;
        self.send(Event::Camera(CameraState::Ready));
        let keys: Vec<_> = self.card.iter().map(|f| f.key.clone()).collect();
        for mut key in keys {
            if !self.archive.holds(&key) {
                key.opening = format!("boot-{}", self.opening);
                self.send(Event::FileFound {
                    key,
                    taken_at: None,
                });
            }
        }
        self.quiet = Millis(self.now);
    }

    /// kill -9: what was not committed is gone; the camera's process ends with the daemon's.
    fn kill(&mut self) {
        self.settle_card();
        self.waiting = false;
        self.commits.clear();
        self.fetches.clear();
        self.checks.clear();
        self.timers.clear();
        self.replies.clear();
        self.unseen.clear();
        self.triggers.clear();
        self.ready = false;
        self.opening += 1;
        self.now += 5000;
        let snapshot = self.archive.snapshot();
        let (station, actions) = Station::new(self.policy.clone(), snapshot, &stamp(self.now));
        self.station = station;
        self.act(actions);
        self.hold_invariants("a restart");
    }

    fn ask(&mut self, ask: Ask) {
        let serial = |n: u8| Serial(u32::from(n) + 1);
        let ids: Vec<FrameId> = self.archive.frames.keys().cloned().collect();
        let frame = |n: u8| {
            let id = (!ids.is_empty()).then(|| ids[usize::from(n) % ids.len()].clone());
            id.unwrap_or_else(|| FrameId("k7qa-999999".into()))
        };
        let dry_run = false;
        let command = match ask {
            Ask::Hold(n) => Command::Hold {
                target: HoldTarget::Serial(serial(n)),
                reason: None,
            },
            Ask::Recall(n) => Command::Recall { serial: serial(n) },
            Ask::Call(n) => Command::Call { serial: serial(n) },
            Ask::Absent(n) => Command::MarkAbsent { serial: serial(n) },
            Ask::Bind(n, s) => Command::Bind {
                serial: serial(n),
                student: student(u32::from(s) + 20),
                dry_run,
            },
            Ask::Shift(a, b, by) => Command::Shift {
                from: serial(a),
                to: serial(b),
                by: by.into(),
                dry_run,
            },
            Ask::Swap(a, b) => Command::Swap {
                a: serial(a),
                b: serial(b),
                dry_run,
            },
            Ask::Split(n) => Command::Split {
                from: frame(n),
                dry_run,
            },
            Ask::Reassign(n, s) => Command::Reassign {
                frame: frame(n),
                to: student(u32::from(s) + 1).number,
                dry_run,
            },
            Ask::UndoAdvance => Command::UndoAdvance { dry_run },
            Ask::Undo => Command::UndoCorrection { dry_run },
            Ask::Accept(n) => Command::Accept { frame: frame(n) },
            Ask::Discard(n) => Command::Discard { frame: frame(n) },
            Ask::Waive(n, undo) => Command::Waive {
                target: HoldTarget::Serial(serial(n)),
                reason: "eyes-closed".into(),
                undo,
            },
            Ask::Lower(undo) => Command::Lower {
                reason: "eyes-closed".into(),
                undo,
            },
            Ask::TestShot => Command::TestShot { reference: true },
            Ask::Close(force) => Command::SessionClose {
                force,
                card_only: Some(0),
            },
            Ask::Open => Command::SessionOpen { name: None },
        };
        self.asked += 1;
        let reply = ReplyId(self.asked);
        self.replies.insert(reply);
        let before: Vec<Frame> = self.station.frames().cloned().collect();
        self.send(Event::Command {
            reply,
            who: Actor::Technician,
            command,
        });
        for old in before {
            let moved = self
                .station
                .frame(&old.id)
                .is_some_and(|f| f.serial != old.serial);
            if moved {
                self.placed.insert(old.id);
            }
        }
    }

    /// Everything that can end well does; then nothing the camera made is lost, doubled or unanswered.
    pub fn come_to_rest(&mut self) {
        self.send(Event::Space {
            free: Bytes(1_000_000_000),
            landing: None,
        });
        self.open_camera();
        self.wait(12_000);
        for _ in 0..200 {
            while !self.commits.is_empty() {
                self.commit();
            }
            self.poll();
            self.download(0, false);
            self.judge(0, 0);
            self.wait(300);
        }
        assert!(
            self.replies.is_empty(),
            "somebody still waits for an answer"
        );
        assert!(!self.station.is_busy(), "frames still on their way at rest");
        // I3: every file the camera made is in the archive exactly once (twice is asserted at the store).
        for name in self.truths.keys() {
            let held = self
                .archive
                .files
                .values()
                .flatten()
                .any(|k| k.name == *name);
            assert!(held, "I3: {name} is lost");
        }
        let snapshot = self.archive.snapshot();
        let memory: BTreeMap<&FrameId, &Frame> =
            self.station.frames().map(|f| (&f.id, f)).collect();
        for frame in &snapshot.frames {
            assert_eq!(
                memory.get(&frame.id),
                Some(&frame),
                "memory and archive disagree"
            );
        }
        assert_eq!(
            snapshot.entries,
            self.station.entries(),
            "memory and archive disagree"
        );
    }
}
