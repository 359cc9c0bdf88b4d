//! The child's loop: orders first, then events, then one piece of a download or one idle chore. A trigger is never
//! further away than one camera call.

use super::super::wire::{Doing, Setup};
use super::super::{Notice, Order, ShotFailureKind};
use super::download::Download;
use super::{Body, BodyError, BodyEvent, Ending, Heard, Voice};
use crate::clock;
use crate::model::{CameraFileKey, CameraInfo, FrameId, Millis, RequestId};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How long the child listens closely for the file of a shot; the station keeps the deadline that counts.
const FILE_WAIT: Millis = Millis(15_000);

/// After a file, chores wait this long: the RAW of a pair comes a little after its JPEG.
const PAIR_WAIT: Millis = Millis(300);

/// Events taken in one go. Some cameras report property changes without end, and orders must have their turn.
const EVENTS_A_TURN: usize = 16;

/// Events taken at opening at most, should a camera report properties without end.
const EVENTS_AT_OPENING: usize = 256;

/// Failed looks at the event queue in a row before the session counts as broken.
const EVENT_FAILURES: u32 = 5;

/// How long an awaiting loop rests when the driver came back from an empty queue early (the virtual camera does).
const REST: Duration = Duration::from_millis(2);

/// How long the file of a shot may still come after the camera said that its card is full: the last picture that had
/// room is announced after that by some.
const FULL_WAIT: Millis = Millis(2_000);

/// The shot whose file is awaited.
#[derive(Debug, Clone, Copy)]
pub struct Awaited {
    request: RequestId,
    until: Millis,
    /// The camera said that its card is full.
    full: bool,
}

/// A download that waits for its turn.
pub struct Wanted {
    pub frame: FrameId,
    pub key: CameraFileKey,
    pub to: PathBuf,
}

/// Everything the loop holds.
pub struct Turn<'a> {
    pub body: Box<dyn Body>,
    pub setup: &'a Setup,
    pub voice: &'a mut Voice,
    pub orders: &'a Receiver<Heard>,
    pub info: CameraInfo,
    awaiting: Option<Awaited>,
    chores_from: Millis,
    pub wanted: VecDeque<Wanted>,
    active: Option<Download>,
    pub chores: VecDeque<Order>,
    event_failures: u32,
    /// The last look at the event queue found nothing.
    quiet: bool,
    buffer: Vec<u8>,
}

impl<'a> Turn<'a> {
    pub fn new(
        body: Box<dyn Body>,
        setup: &'a Setup,
        voice: &'a mut Voice,
        orders: &'a Receiver<Heard>,
        info: CameraInfo,
    ) -> Self {
        Self {
            body,
            setup,
            voice,
            orders,
            info,
            awaiting: None,
            chores_from: Millis(0),
            wanted: VecDeque::new(),
            active: None,
            chores: VecDeque::new(),
            event_failures: 0,
            quiet: false,
            buffer: Vec::new(),
        }
    }

    /// Empties the event queue, so that the first press falls into a known window, and only then says that the camera
    /// is open. A file that showed up meanwhile was taken any time since the queue was last known empty.
    pub fn begin(&mut self) -> Result<(), Ending> {
        let quiet_since = self.voice.quiet_since;
        let mut files = Vec::new();
        for _ in 0..EVENTS_AT_OPENING {
            match self.next_event(Millis(0))? {
                BodyEvent::Quiet => break,
                BodyEvent::File { folder, name } => files.push((folder, name)),
                BodyEvent::CardFull | BodyEvent::Other => {}
            }
        }
        let info = self.info.clone();
        self.voice.notice(Notice::Opened { info })?;
        for (folder, name) in files {
            self.file_seen(folder, name, quiet_since)?;
        }
        Ok(())
    }

    /// Serves until something ends it.
    pub fn run(&mut self) -> Result<Infallible, Ending> {
        loop {
            self.voice.doing(self.doing())?;
            self.take_orders()?;
            self.take_events()?;
            if self.active.is_some() || !self.wanted.is_empty() {
                self.step_download()?;
            } else if self.awaiting.is_none() && clock::boot_time() >= self.chores_from {
                self.one_chore()?;
            }
        }
    }

    /// Lets go of the camera, unless it is gone: closing a dead session only hangs.
    pub fn close(mut self, ending: &Ending) {
        if let Some(download) = self.active.take() {
            download.discard();
        }
        if matches!(ending, Ending::Body(BodyError::Gone(_))) {
            std::mem::forget(self.body);
        } else {
            self.body.close();
        }
    }

    fn doing(&self) -> Doing {
        if self.awaiting.is_some() {
            Doing::Trigger
        } else if self.active.is_some() || !self.wanted.is_empty() {
            Doing::Download
        } else {
            Doing::Idle
        }
    }

    fn has_download(&self) -> bool {
        self.active.is_some() || !self.wanted.is_empty()
    }

    /// All orders that wait; if there is nothing else to do, waits for one.
    fn take_orders(&mut self) -> Result<(), Ending> {
        let chore_due = !self.chores.is_empty() && clock::boot_time() >= self.chores_from;
        let mut patience = if self.has_download() || chore_due && self.awaiting.is_none() {
            Duration::ZERO
        } else if self.awaiting.is_some() {
            if self.quiet { REST } else { Duration::ZERO }
        } else {
            Duration::from_millis(self.setup.idle_poll.0)
        };
        loop {
            match self.orders.recv_timeout(patience) {
                Ok(Heard::Order { order, sent_us }) => self.take_order(order, sent_us)?,
                Ok(Heard::Stop) => return Err(Ending::Asked),
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => return Err(Ending::Asked),
            }
            patience = Duration::ZERO;
        }
    }

    /// Drains the event queue. While a file is awaited and nothing else is to be done, stays for one slice; the
    /// deadline is looked at after every event, of whatever kind.
    fn take_events(&mut self) -> Result<(), Ending> {
        let slice = if self.awaiting.is_some() && !self.has_download() {
            self.setup.event_slice
        } else {
            Millis(0)
        };
        let until = clock::boot_time() + self.setup.event_slice;
        for _ in 0..EVENTS_A_TURN {
            let event = self.next_event(slice)?;
            let now = clock::boot_time();
            if self.awaiting.is_some_and(|shot| now >= shot.until) {
                self.waited_in_vain()?;
            }
            match event {
                BodyEvent::Quiet => break,
                BodyEvent::File { folder, name } => {
                    self.file_seen(folder, name, self.voice.quiet_since)?;
                    break;
                }
                BodyEvent::CardFull => {
                    if let Some(shot) = &mut self.awaiting {
                        shot.full = true;
                        shot.until = shot.until.min(now + FULL_WAIT);
                    }
                }
                BodyEvent::Other if now >= until => break,
                BodyEvent::Other => {}
            }
        }
        Ok(())
    }

    /// No file came for a shot. Only a full card is an answer; else the station's own deadline is.
    fn waited_in_vain(&mut self) -> Result<(), Ending> {
        match self.awaiting.take() {
            Some(Awaited {
                request,
                full: true,
                ..
            }) => Ok(self.voice.notice(Notice::ShotFailed {
                request,
                failure: ShotFailureKind::CardFull,
                message: "the camera fired and said that its card is full".to_owned(),
            })?),
            _ => Ok(()),
        }
    }

    /// One event. The queue counts as empty at the moment the question was put, not when the answer came.
    pub fn next_event(&mut self, slice: Millis) -> Result<BodyEvent, Ending> {
        let asked = clock::boot_time();
        match self.body.wait_event(slice) {
            Ok(event) => {
                self.event_failures = 0;
                self.quiet = event == BodyEvent::Quiet;
                if self.quiet {
                    self.voice.quiet_since = asked;
                }
                Ok(event)
            }
            Err(gone @ BodyError::Gone(_)) => Err(gone.into()),
            Err(other) => {
                self.event_failures += 1;
                if self.event_failures >= EVENT_FAILURES {
                    return Err(BodyError::Gone(other.to_string()).into());
                }
                Ok(BodyEvent::Other)
            }
        }
    }

    /// A file showed up: asks for its size and tells.
    pub fn file_seen(
        &mut self,
        folder: String,
        name: String,
        quiet_since: Millis,
    ) -> Result<(), Ending> {
        let seen_at = clock::boot_time();
        self.awaiting = None;
        self.chores_from = seen_at + PAIR_WAIT;
        let info = match self.body.file_info(&folder, &name) {
            Err(gone @ BodyError::Gone(_)) => return Err(gone.into()),
            // The download asks again where the size is 0.
            other => other.unwrap_or_default(),
        };
        let key = CameraFileKey {
            camera: self.info.serial.clone(),
            opening: self.setup.opening.clone(),
            folder,
            name,
            size_bytes: info.size,
            modified_s: info.modified_s,
        };
        Ok(self.voice.notice(Notice::FileSeen {
            key,
            quiet_since,
            seen_at,
        })?)
    }

    /// One piece of the running download, or the start of the next one.
    fn step_download(&mut self) -> Result<(), Ending> {
        self.voice.doing(self.doing())?;
        let mut download = match self.active.take() {
            Some(active) => active,
            None => {
                let Some(wanted) = self.wanted.pop_front() else {
                    return Ok(());
                };
                match Download::begin(self.body.as_mut(), &wanted) {
                    Ok(download) => download,
                    Err(failure) => return self.download_failed(wanted, failure),
                }
            }
        };
        match download.step(self.body.as_mut(), &mut self.buffer, self.voice) {
            Ok(false) => {
                self.active = Some(download);
                Ok(())
            }
            Ok(true) => {
                let (wanted, result) = download.finish();
                match result {
                    Ok(file) => Ok(self.voice.notice(Notice::Downloaded {
                        frame: wanted.frame,
                        file: Box::new(file),
                        path: wanted.to,
                    })?),
                    Err(failure) => self.download_failed(wanted, failure),
                }
            }
            Err(failure) => {
                let wanted = download.discard();
                self.download_failed(wanted, failure)
            }
        }
    }

    /// Tells that a download failed; a broken session ends the child after that.
    fn download_failed(
        &mut self,
        wanted: Wanted,
        failure: super::download::Failure,
    ) -> Result<(), Ending> {
        self.voice.notice(Notice::DownloadFailed {
            frame: wanted.frame,
            key: wanted.key,
            gone: failure.is_no_file(),
            message: super::super::chain(&failure),
        })?;
        match failure.into_gone() {
            Some(gone) => Err(gone.into()),
            None => Ok(()),
        }
    }

    /// Marks a shot: its file is awaited from now on.
    pub fn shot_fired(&mut self, request: RequestId) {
        // The file may be announced already: the next look comes without a rest.
        self.quiet = false;
        self.awaiting = Some(Awaited {
            request,
            until: clock::boot_time() + FILE_WAIT,
            full: false,
        });
    }
}
