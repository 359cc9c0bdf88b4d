//! The thread `camera`: starts the child, keeps its deadlines, replaces it.

use super::link::Shared;
use super::process::{self, Heard, Running};
use super::track::Track;
use super::wire::{Doing, FromChild, Presence, Setup, ToChild, VERSION};
use super::{CameraError, Driver, Knob, Notice, Options, Order, ShotFailureKind, child, sim};
use crate::clock;
use crate::model::{CameraState, Millis};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

/// Longest sleep between two looks at the clock.
const TICK: Millis = Millis(250);

/// A child that lived for this long after its start, or fired, was a success: the next failure starts from the first
/// backoff again.
const LIVED: Millis = Millis(3_000);

/// How often an idle child's memory is looked at.
const WEIGH: Millis = Millis(5_000);

/// How long closing the camera in order may take at the end.
const FAREWELL: Millis = Millis(2_000);

/// To the supervisor.
pub enum Message {
    /// From the reading thread of a child.
    Heard(u64, Heard),
    /// Orders wait.
    Wake,
    /// End.
    Stop,
}

/// Everything the thread holds.
pub struct Supervisor {
    options: Options,
    sink: Box<dyn Fn(Notice) + Send>,
    shared: Arc<Shared>,
    inbox: SyncSender<Message>,
    messages: Receiver<Message>,
    track: Track,
    child: Option<Running>,
    /// Killed, not yet reaped.
    dead: Vec<Child>,
    state: CameraState,
    /// Openings so far; also the generation of the present child.
    openings: u64,
    start_at: Millis,
    backoff: Millis,
    /// A restart that waits for a moment of rest, and why.
    planned: Option<String>,
    serial_seen: Option<String>,
    quiet_since: Millis,
    claimed: Option<Option<String>>,
}

impl Supervisor {
    /// A supervisor that has not started anything yet.
    pub fn new(
        options: Options,
        sink: Box<dyn Fn(Notice) + Send>,
        shared: Arc<Shared>,
        inbox: SyncSender<Message>,
        messages: Receiver<Message>,
    ) -> Self {
        Self {
            backoff: options.backoff_first,
            options,
            sink,
            shared,
            inbox,
            messages,
            track: Track::default(),
            child: None,
            dead: Vec::new(),
            state: CameraState::Absent,
            openings: 0,
            start_at: Millis(0),
            planned: None,
            serial_seen: None,
            quiet_since: Millis(0),
            claimed: None,
        }
    }

    /// Runs until told to stop.
    pub fn run(mut self) {
        loop {
            // All that was said before the clock is looked at: a slow listener is no hung camera.
            let mut next = self.messages.try_recv().ok();
            while let Some(message) = next {
                if matches!(message, Message::Stop) {
                    return self.farewell();
                }
                self.take(message);
                next = self.messages.try_recv().ok();
            }
            self.shared.turned();
            self.keep_child();
            self.send_orders();
            match self.messages.recv_timeout(self.patience()) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return self.farewell(),
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn patience(&self) -> Duration {
        let now = clock::boot_time();
        let wait = match &self.child {
            Some(child) => (child.heard_at + self.deadline(child.doing)).since(now),
            None => self.start_at.since(now),
        };
        let wait = if self.planned.is_some() {
            Millis(10)
        } else {
            wait.min(TICK)
        };
        Duration::from_millis(wait.0.max(1))
    }

    fn deadline(&self, doing: Doing) -> Millis {
        let limits = &self.options.deadlines;
        match doing {
            Doing::Seek | Doing::Open => limits.open,
            Doing::Trigger => limits.trigger,
            Doing::Download => limits.download,
            Doing::List => limits.list,
            Doing::Idle | Doing::Other => limits.other,
        }
    }

    fn tell(&self, notice: Notice) {
        (self.sink)(notice);
    }

    fn set_state(&mut self, state: CameraState) {
        if self.state != state {
            self.state = state;
            self.tell(Notice::State(state));
        }
    }

    fn take(&mut self, message: Message) {
        let Message::Heard(generation, heard) = message else {
            return;
        };
        if self.child.as_ref().map(|c| c.generation) != Some(generation) {
            return;
        }
        match heard {
            Heard::Message(message, at) => {
                if let Some(child) = &mut self.child {
                    child.heard_at = at;
                }
                self.take_message(*message);
            }
            Heard::Closed(trouble) => self.child_ended(trouble),
        }
    }

    fn take_message(&mut self, message: FromChild) {
        match message {
            FromChild::Hello { version: VERSION } => {}
            FromChild::Hello { version } => {
                self.replace(&format!("it speaks version {version}, not {VERSION}"));
            }
            FromChild::Doing { doing, quiet_since } => {
                self.quiet_since = self.quiet_since.max(quiet_since);
                self.child_does(doing);
            }
            FromChild::Notice(notice) => self.take_notice(notice),
            FromChild::Ending { why, camera } => {
                if let Some(child) = &mut self.child {
                    child.ending = Some((why, camera));
                }
            }
        }
    }

    fn child_does(&mut self, doing: Doing) {
        let Some(child) = &mut self.child else {
            return;
        };
        child.doing = doing;
        let state = match doing {
            Doing::Seek => return,
            Doing::Open => CameraState::Opening,
            Doing::Idle if child.opened => CameraState::Ready,
            Doing::Idle => return,
            Doing::Trigger | Doing::Download | Doing::List | Doing::Other => CameraState::Busy,
        };
        self.set_state(state);
    }

    fn take_notice(&mut self, mut notice: Notice) {
        self.track.heard(&mut notice);
        match &notice {
            Notice::Opened { info } => {
                if !info.serial.is_empty() {
                    self.serial_seen = Some(info.serial.clone());
                }
                self.claimed = None;
                if let Some(child) = &mut self.child {
                    child.opened = true;
                    child.doing = Doing::Idle;
                }
                self.shared.lock().open = true;
                self.tell(notice);
                self.set_state(CameraState::Ready);
                return;
            }
            Notice::Claimed { holder } => {
                if self.claimed.as_ref() == Some(holder) {
                    return;
                }
                self.claimed = Some(holder.clone());
            }
            Notice::Fired { .. } => {
                self.shared.lock().trigger = None;
                if let Some(child) = &mut self.child {
                    child.shots += 1;
                }
            }
            Notice::ShotFailed { failure, .. } => {
                self.shared.lock().trigger = None;
                // A store can be "full" in the driver only; one fresh session tells. If it is still full before a
                // single shot, it is.
                let shot = self.child.as_ref().is_some_and(|c| c.shots > 0);
                if *failure == ShotFailureKind::CardFull && shot {
                    self.planned = Some("the card was reported full".to_owned());
                }
            }
            _ => {}
        }
        self.tell(notice);
    }

    /// Starts a child when it is time, and kills one that hangs.
    fn keep_child(&mut self) {
        self.dead
            .retain_mut(|child| !matches!(child.try_wait(), Ok(Some(_)) | Err(_)));
        let now = clock::boot_time();
        let Some(child) = &self.child else {
            if now >= self.start_at {
                self.start_child();
            }
            return;
        };
        let silent = now.since(child.heard_at);
        let limit = self.deadline(child.doing);
        if silent > limit {
            let why = format!(
                "no sign of progress for {} ms while it was at {:?}",
                silent.0, child.doing
            );
            tracing::error!(pid = child.id(), doing = ?child.doing, silent_ms = silent.0, "the camera process hangs and is killed");
            // Nothing was found yet, so nothing is wedged: an old process still has the lock, or USB itself hangs.
            if child.doing != Doing::Seek {
                self.set_state(CameraState::Wedged);
            }
            return self.replace(&why);
        }
        self.weigh(now);
        let idle = |c: &Running| c.opened && c.doing == Doing::Idle;
        let resting = self.child.as_ref().is_some_and(idle) && self.track.at_rest(now);
        if resting && self.planned.is_some() && self.shared.lock().trigger.is_none() {
            let why = self.planned.take().unwrap_or_default();
            tracing::info!(why, "the camera process is replaced");
            self.replace(&why);
            self.start_at = now;
        }
    }

    /// Plans a restart when an idle child has grown too large.
    fn weigh(&mut self, now: Millis) {
        let (Some(limit), Some(child)) = (self.options.memory_limit, &mut self.child) else {
            return;
        };
        if child.doing != Doing::Idle || now.since(child.weighed_at) < WEIGH {
            return;
        }
        child.weighed_at = now;
        if let Some(resident) = child.resident().filter(|r| *r > limit) {
            self.planned = Some(format!("it grew to {resident}, above {limit}"));
        }
    }

    fn start_child(&mut self) {
        self.openings += 1;
        let (generation, inbox) = (self.openings, self.inbox.clone());
        let hear = move |heard| inbox.send(Message::Heard(generation, heard)).is_ok();
        let started =
            process::start(&self.options, generation, hear).and_then(|(running, mut pipe)| {
                pipe.send(&ToChild::Setup(self.setup()))?;
                Ok((running, pipe))
            });
        match started {
            Ok((running, pipe)) => {
                tracing::debug!(pid = running.id(), "camera process started");
                self.shared.lock().pipe = Some(pipe);
                self.child = Some(running);
            }
            Err(error) => {
                tracing::error!(error = super::chain(&error), "no camera process");
                self.wait_longer(false);
            }
        }
    }

    fn setup(&self) -> Setup {
        let options = &self.options;
        Setup {
            version: VERSION,
            driver: options.driver.clone(),
            lock: options.lock.clone(),
            profile: options.profile.clone(),
            serial_wanted: options.camera_serial.clone(),
            serial_preferred: self.serial_seen.clone(),
            event_slice: options.event_slice,
            idle_poll: options.idle_poll,
            opening: format!("{}-{}", options.opening_prefix, self.openings),
            quiet_since: self.quiet_since,
            sim_round_trip: options.sim_round_trip,
        }
    }

    /// Kills the child and answers for it.
    fn replace(&mut self, why: &str) {
        if let Some(child) = self.child.take() {
            let (opened, lived) = (child.opened, success(&child));
            self.dead.push(child.kill());
            self.mourn(opened, lived, why);
        }
    }

    /// The child ended by itself.
    fn child_ended(&mut self, trouble: Option<CameraError>) {
        let Some(child) = self.child.take() else {
            return;
        };
        let (opened, lived) = (child.opened, success(&child));
        let (why, camera) = child.ending.clone().unwrap_or_else(|| {
            let why = match trouble {
                Some(trouble) => super::chain(&trouble),
                None => "the camera process ended without a word".to_owned(),
            };
            (why, Presence::Present)
        });
        self.dead.push(child.kill());
        match camera {
            Presence::Absent => self.set_state(CameraState::Absent),
            Presence::Present if opened => self.set_state(CameraState::Opening),
            Presence::Present => {}
        }
        tracing::debug!(why, opened, "camera process ended");
        self.mourn(opened, lived, &why);
    }

    /// Tells of the loss, answers the orders that died with it, and sets the time of the next attempt.
    fn mourn(&mut self, opened: bool, lived: bool, why: &str) {
        let trigger = {
            let mut wire = self.shared.lock();
            wire.pipe = None;
            wire.open = false;
            wire.trigger.take()
        };
        let loss = self.track.lost(why);
        for path in loss.begun {
            // Mostly there is none; one that cannot be removed is told when the path is used again.
            let _ = std::fs::remove_file(child::part(&path));
        }
        for answer in loss.answers {
            self.tell(answer);
        }
        {
            let mut wire = self.shared.lock();
            for order in loss.again.into_iter().rev() {
                wire.queue.push_front(order);
            }
        }
        if opened || trigger.is_some() || self.state == CameraState::Wedged {
            self.tell(Notice::Lost {
                why: why.to_owned(),
            });
        }
        self.planned = None;
        self.wait_longer(lived);
    }

    fn wait_longer(&mut self, lived: bool) {
        if lived {
            self.backoff = self.options.backoff_first;
        }
        self.start_at = clock::boot_time() + self.backoff;
        self.backoff = Millis((self.backoff.0 * 2).max(1)).min(self.options.backoff_max);
    }

    /// Hands waiting orders to the child, as many as it may owe answers for.
    fn send_orders(&mut self) {
        loop {
            let order = {
                let mut wire = self.shared.lock();
                if let Some(pipe) = wire.pipe.as_mut() {
                    // A broken pipe shows as the end of the child.
                    if !matches!(pipe.flush(), Ok(true)) {
                        return;
                    }
                }
                let sendable = wire.open && self.track.has_room();
                match wire.queue.front() {
                    Some(front) if sendable || !waits_for_camera(front) => wire.queue.pop_front(),
                    _ => None,
                }
            };
            let Some(order) = order else {
                return;
            };
            self.send_order(order);
        }
    }

    fn send_order(&mut self, order: Order) {
        match &order {
            Order::Knob(knob) => {
                match (&self.options.driver, knob) {
                    (Driver::Sim { folder }, knob) => {
                        if let Err(error) = sim::turn_knob(folder, knob) {
                            tracing::error!(error = super::chain(&error), "a knob is stuck");
                        }
                        return;
                    }
                    // The child passes it on to libgphoto2's virtual camera, the only one that can be asked.
                    (Driver::Gphoto, Knob::PressShutter) if self.shared.lock().open => {}
                    (Driver::Gphoto, _) => {
                        tracing::warn!("a real camera has no fault knobs");
                        return;
                    }
                }
            }
            Order::Trigger { request, .. } => {
                return self.tell(Notice::ShotFailed {
                    request: *request,
                    failure: ShotFailureKind::Other,
                    message: "no camera is open".to_owned(),
                });
            }
            Order::ApplyProfile { settings } => self.options.profile.clone_from(settings),
            Order::Download { .. }
            | Order::Delete { .. }
            | Order::List
            | Order::ReadSettings
            | Order::Probe => {}
        }
        self.track.sent(&order);
        let message = ToChild::Order {
            order,
            sent_us: clock::boot_time_us(),
        };
        let mut wire = self.shared.lock();
        let sent = wire.pipe.as_mut().map(|pipe| pipe.send(&message));
        if let Some(Err(error)) = sent {
            // Its answer comes with the loss of the child.
            tracing::warn!(%error, "failed to send an order");
        }
    }

    /// Asks the child to close the camera; kills it when that takes too long.
    fn farewell(mut self) {
        let asked = {
            let mut wire = self.shared.lock();
            wire.open = false;
            wire.pipe.as_mut().map(|pipe| pipe.send(&ToChild::Stop))
        };
        let until = clock::boot_time() + FAREWELL;
        while self.child.is_some() && matches!(asked, Some(Ok(()))) {
            let wait = until.since(clock::boot_time());
            match self.messages.recv_timeout(Duration::from_millis(wait.0)) {
                Ok(Message::Heard(generation, Heard::Closed(_)))
                    if self.child.as_ref().map(|c| c.generation) == Some(generation) =>
                {
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        self.shared.lock().pipe = None;
        if let Some(child) = self.child.take() {
            let mut process = child.kill();
            if let Err(error) = process.wait() {
                tracing::warn!(%error, "failed to wait for the camera process");
            }
        }
    }
}

/// Knobs turn without a camera, and a trigger is refused rather than kept.
fn waits_for_camera(order: &Order) -> bool {
    !matches!(order, Order::Knob(_) | Order::Trigger { .. })
}

fn success(child: &Running) -> bool {
    child.opened && (child.shots > 0 || clock::boot_time().since(child.started_at) >= LIVED)
}
