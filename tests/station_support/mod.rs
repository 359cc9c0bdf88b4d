//! What the station tests share: an archive in memory that applies changes as the real one does.
#![allow(dead_code)]

pub mod script;
pub mod world;

use shutterline::model::*;
use shutterline::station::*;
use std::collections::BTreeMap;

/// A wall clock for tests: boot time 0 is 2026-06-01T00:00:00Z.
pub const EPOCH: i64 = 1_780_272_000_000;

pub fn stamp(mono: u64) -> Stamp {
    Stamp {
        boot: BootId("boot".into()),
        mono: Millis(mono),
        wall: WallMs(EPOCH + mono as i64),
        trusted: true,
    }
}

pub fn student(n: u32) -> Student {
    Student {
        number: StudentNumber(format!("s{n:03}")),
        name: format!("Name {n}"),
        exempt: Vec::new(),
    }
}

pub fn input(name: &str) -> InputName {
    InputName(name.into())
}

pub fn policy() -> Policy {
    let bind = |control, name: &str, gesture| Binding {
        control,
        input: input(name),
        gesture,
    };
    let mut bindings = vec![
        bind(Control::Pedal, "pedal", Gesture::Press),
        bind(Control::Next, "next", Gesture::Press),
        bind(Control::Back, "back", Gesture::Press),
        bind(Control::Hold, "hold", Gesture::Press),
        bind(Control::Retake, "retake", Gesture::Press),
        bind(Control::Accept, "accept", Gesture::Press),
        bind(Control::Pause, "hand", Gesture::Long),
        bind(Control::Next, "hand", Gesture::Press),
        bind(Control::Back, "hand", Gesture::Double),
        bind(Control::Enter, "enter", Gesture::Press),
        bind(Control::Clear, "clear", Gesture::Press),
    ];
    bindings.extend((0..10).map(|d| bind(Control::Digit(d), &format!("d{d}"), Gesture::Press)));
    Policy {
        pedal: PedalPolicy::PressShoots,
        bindings,
        settle: Millis(700),
        advance_guard: Millis(700),
        min_shot_interval: Millis(800),
        long_press: Millis(600),
        double_press: Millis(300),
        request_deadline: Millis(10_000),
        pair_deadline: Millis(3000),
        files_per_frame: 1,
        max_shots: 4,
        advance_hint: Millis(8000),
        confirm_next: Millis(3000),
        digits_timeout: Millis(5000),
        refetch: Millis(1000),
        min_free: Bytes(1_000_000),
        warn_free: Bytes(5_000_000),
        clear_card: false,
    }
}

/// Everything durable.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    pub session: Option<Session>,
    pub entries: BTreeMap<Serial, QueueEntry>,
    pub frames: BTreeMap<FrameId, Frame>,
    pub files: BTreeMap<FrameId, Vec<CameraFileKey>>,
    pub requests: BTreeMap<RequestId, RequestState>,
    pub pending_roster: Vec<Student>,
    pub corrections: Vec<(EventKind, serde_json::Value)>,
    pub trail: Vec<ChairStep>,
    pub waiting_reference: Option<FrameId>,
    pub lowered: Vec<String>,
    pub paused: bool,
    pub sessions: u64,
    pub events: Vec<Change>,
}

impl Archive {
    pub fn holds(&self, key: &CameraFileKey) -> bool {
        self.files.values().flatten().any(|k| k.same_listing(key))
    }

    /// A file becomes durable, with its frame's row.
    pub fn store(&mut self, frame: &Frame, key: &CameraFileKey, change: &Change) {
        let files = self.files.entry(frame.id.clone()).or_default();
        assert!(
            !files.contains(key),
            "I3: {} of {} stored twice",
            key.name,
            frame.id
        );
        files.push(key.clone());
        self.frames.entry(frame.id.clone()).or_insert(frame.clone());
        self.apply(change);
    }

    /// A change becomes durable.
    pub fn apply(&mut self, change: &Change) {
        for row in &change.rows {
            self.row(change, row);
        }
        ChairStep::follow(&mut self.trail, &change.detail);
        use EventKind as K;
        match change.kind {
            K::CorrectionUndone => _ = self.corrections.pop(),
            K::SessionOpened | K::SessionClosed | K::SessionForced => {
                self.corrections.clear();
                self.trail.clear();
                self.waiting_reference = None;
            }
            K::ReferenceTaken if change.session.is_none() => {
                self.waiting_reference.clone_from(&change.frame);
            }
            _ if change.detail.get("before").is_some() => {
                self.corrections.push((change.kind, change.detail.clone()))
            }
            _ => {}
        }
        self.events.push(change.clone());
    }

    fn row(&mut self, change: &Change, row: &Row) {
        match row {
            Row::Session(session) => {
                if self.session.as_ref().is_none_or(|s| s.id != session.id) {
                    self.sessions += 1;
                    self.entries.clear();
                    self.lowered.clear();
                }
                let open = session.state == SessionState::Open;
                self.session = Some(session.clone()).filter(|_| open);
            }
            Row::Entry { entry, .. } => self.entry(change, entry),
            Row::Request(request) => _ = self.requests.insert(request.request.id, request.clone()),
            Row::Frame(frame) => {
                let known = self.frames.insert(frame.id.clone(), (**frame).clone());
                assert!(
                    known.is_some(),
                    "a row of frame {} before its file",
                    frame.id
                );
            }
            Row::Paused(paused) => self.paused = *paused,
            Row::PendingRoster(roster) => self.pending_roster = roster.clone(),
            Row::Lowered { reasons, .. } => self.lowered = reasons.clone(),
            Row::Report { .. } | Row::AdoptedSettings { .. } => {}
        }
    }

    /// I6: issued once, in order, without gaps; the student changes only by an audited correction.
    fn entry(&mut self, change: &Change, entry: &QueueEntry) {
        let next = Serial(self.entries.len() as u32 + 1);
        let old = self.entries.insert(entry.serial, entry.clone());
        let number = |e: &QueueEntry| e.student.as_ref().map(|s| s.number.clone());
        match old {
            None => assert_eq!(entry.serial, next, "I6: a gap in the serials"),
            Some(old) if number(&old) != number(entry) => {
                let audited = [EventKind::Bound, EventKind::CorrectionUndone];
                assert!(
                    audited.contains(&change.kind),
                    "I6: serial {} changed its student by {:?}",
                    entry.serial,
                    change.kind
                );
            }
            Some(_) => {}
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        let id = self.session.as_ref().map(|s| s.id.clone());
        let frames = self.frames.values().filter(|f| {
            (f.session.is_some() && f.session == id)
                || (f.session.is_none() && f.state == FrameState::SetAside)
        });
        let open = self
            .requests
            .values()
            .filter(|r| r.outcome.is_none() || r.files.iter().any(|key| !self.holds(key)));
        Snapshot {
            station: StationId("k7qa".into()),
            session: self.session.clone(),
            entries: self
                .entries
                .values()
                .filter(|_| id.is_some())
                .cloned()
                .collect(),
            frames: frames.cloned().collect(),
            open_requests: open.cloned().collect(),
            pending_roster: self.pending_roster.clone(),
            corrections: self.corrections.clone(),
            trail: self.trail.clone(),
            waiting_reference: self.waiting_reference.clone(),
            lowered: self.lowered.clone(),
            paused: self.paused,
            next_session: self.sessions + 1,
            next_frame: self
                .frames
                .keys()
                .filter_map(FrameId::sequence)
                .max()
                .unwrap_or(0)
                + 1,
            next_request: self.requests.keys().map(|r| r.0).max().unwrap_or(0) + 1,
        }
    }
}
