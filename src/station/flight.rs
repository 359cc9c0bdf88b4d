//! A frame on its way from the camera to the archive and its verdict.

use super::ReplyId;
use crate::model::{
    Actor, CameraFileKey, FileRole, Frame, Millis, Reason, RequestState, Serial, ShutterRequest,
    Verdict,
};

/// Where one file of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its download waits for quieter times.
    Queued,
    /// Asked of the camera.
    Fetching,
    /// The download failed or the camera went: asked again later.
    Failed,
    /// Handed to the archive.
    Storing,
    /// Durable.
    Stored,
}

/// Failed downloads of one file in a row before a human is told. A loose plug or a busy camera is over within a try or
/// two, `refetch` apart; after five it is the cable, the card or the disk, and the student still sits there.
const FAILURES: u8 = 5;

/// The longest pause between two tries of a download that keeps failing: short enough to go on within a minute after the
/// cause is gone.
const PAUSE_MOST: Millis = Millis(60_000);

#[derive(Debug)]
pub(super) struct FlightFile {
    pub(super) key: CameraFileKey,
    pub(super) phase: Phase,
    /// How often the camera said that it has no such file.
    pub(super) denied: u8,
    /// How often in a row its download failed while the camera was there.
    pub(super) failures: u8,
}

impl FlightFile {
    pub(super) fn new(key: CameraFileKey, phase: Phase) -> Self {
        Self {
            key,
            phase,
            denied: 0,
            failures: 0,
        }
    }

    /// Its download fails for a reason that does not pass by itself.
    pub(super) fn is_stuck(&self) -> bool {
        self.failures >= FAILURES
    }

    /// How long until it is tried again: `refetch`, and twice as long each time once it is no accident any more.
    pub(super) fn pause(&self, refetch: Millis) -> Millis {
        let doublings = self.failures.saturating_sub(FAILURES).min(16);
        let pause = refetch.0.saturating_mul(1 << doublings);
        Millis(pause.min(PAUSE_MOST.0.max(refetch.0)))
    }

    pub(super) fn is_raw(&self) -> bool {
        FileRole::of_name(&self.key.name) == FileRole::Raw
    }
}

/// What the check had to say.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) reasons: Vec<Reason>,
    pub(super) report: serde_json::Value,
}

/// How a frame's owner is found (I1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is settled already.
    Settled,
    /// By its request, unless somebody else's release may have come before it.
    Request(Box<ShutterRequest>),
    /// By who sat there while it was shot.
    Window,
    /// Found on the card: never by itself.
    Recovered {
        taken_at: Option<crate::model::WallMs>,
    },
}

#[derive(Debug)]
pub(super) struct Flight {
    /// The frame as drawn up; once stored, [`Frames`](super::frames::Frames) has it.
    pub(super) draft: Frame,
    pub(super) stored: bool,
    pub(super) files: Vec<FlightFile>,
    pub(super) claim: Claim,
    pub(super) quiet_since: Millis,
    pub(super) seen_at: Millis,
    /// The second file of a pair may still show up.
    pub(super) pair_open: bool,
    /// Came before the file was durable: the verdict waits for the commit (I4).
    pub(super) early: Option<Judgement>,
    /// Judged, or known to be beyond judging.
    pub(super) resolved: bool,
    /// Asked for before it was stored.
    pub(super) retake: Option<Actor>,
    pub(super) reply: Option<ReplyId>,
    /// It becomes the session's reference once it is judged.
    pub(super) reference: bool,
    /// Its request as committed, for a second file that comes late.
    pub(super) request: Option<RequestState>,
}

impl Flight {
    pub(super) fn new(
        draft: Frame,
        key: CameraFileKey,
        quiet_since: Millis,
        seen_at: Millis,
    ) -> Self {
        Self {
            draft,
            stored: false,
            files: vec![FlightFile::new(key, Phase::Fetching)],
            claim: Claim::Settled,
            quiet_since,
            seen_at,
            pair_open: false,
            early: None,
            resolved: false,
            retake: None,
            reply: None,
            reference: false,
            request: None,
        }
    }

    pub(super) fn file(&mut self, key: &CameraFileKey) -> Option<&mut FlightFile> {
        self.files.iter_mut().find(|f| f.key == *key)
    }

    /// The file that keeps it from landing until a human sees to it.
    pub(super) fn stuck(&self) -> Option<&FlightFile> {
        self.files.iter().find(|f| f.is_stuck())
    }

    /// Whether it will be a new frame of that serial.
    pub(super) fn is_new_of(&self, serial: Serial) -> bool {
        !self.stored && self.draft.serial == Some(serial)
    }

    /// The file that people see and the check judges is durable.
    pub(super) fn picture_stored(&self) -> bool {
        self.files
            .iter()
            .any(|f| !f.is_raw() && f.phase == Phase::Stored)
    }

    /// Only RAW files, and no JPEG is expected any more: nothing to judge.
    pub(super) fn is_beyond_judging(&self) -> bool {
        !self.pair_open
            && self.files.iter().all(FlightFile::is_raw)
            && self.files.iter().any(|f| f.phase == Phase::Stored)
    }

    pub(super) fn is_over(&self) -> bool {
        self.resolved && !self.pair_open && self.files.iter().all(|f| f.phase == Phase::Stored)
    }
}

/// A frame that has landed lately: a straggling RAW still joins it.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) frame: Frame,
    pub(super) keys: Vec<CameraFileKey>,
    pub(super) seen_at: Millis,
    pub(super) request: Option<RequestState>,
}

/// Whether `key`, found in a listing, is the other half of a pair whose first half was seen before the camera went.
pub(super) fn completes_found<'a>(
    keys: impl IntoIterator<Item = &'a CameraFileKey>,
    key: &CameraFileKey,
) -> bool {
    /// Both halves are written within seconds of each other.
    const APART_S: u64 = 5;
    let role = FileRole::of_name(&key.name);
    let mut keys = keys.into_iter();
    let (Some(first), None) = (keys.next(), keys.next()) else {
        return false;
    };
    let timed = first.modified_s != 0 && key.modified_s != 0;
    first.camera == key.camera
        && first.stem() == key.stem()
        && FileRole::of_name(&first.name) != role
        && (!timed || first.modified_s.abs_diff(key.modified_s) <= APART_S)
}

/// Whether `key` is the other half of a RAW and JPEG pair with `keys`.
pub(super) fn completes(keys: &[&CameraFileKey], key: &CameraFileKey) -> bool {
    let role = FileRole::of_name(&key.name);
    let Some(first) = keys.first() else {
        return false;
    };
    first.camera == key.camera
        && first.opening == key.opening
        && first.stem() == key.stem()
        && keys.iter().all(|k| FileRole::of_name(&k.name) != role)
}
