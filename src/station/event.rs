//! What the station hears.

use super::{Ticket, TimerId};
use crate::model::{
    Actor, Bytes, CameraFile, CameraFileKey, CameraState, Command, Fault, FrameId, InputName,
    Level, Millis, Reason, RequestId, Stamp, Verdict,
};

/// Which API call waits for an answer; minted by the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyId(pub u64);

/// Now, by both clocks: every call of the station is given one.
pub type Now = Stamp;

/// Why the camera did not fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShotFailure {
    /// No focus found.
    Focus,
    /// Busy through all retries.
    Busy,
    /// The card is full.
    CardFull,
    /// Anything else the camera said.
    Other,
}

/// How a commit failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommitFailure {
    /// No space left for a photo; what was begun is rolled back. Rows alone [wait](Event::ArchiveWaits) instead.
    Full,
    /// A write or fsync failed, or what was stored does not read back as it was sent.
    Broken,
}

/// What the archive waits for before it goes on with anything. Nothing is lost meanwhile, and nothing becomes durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArchiveWait {
    /// Another process locks the database.
    Unlocked,
    /// The data folder's disk is full.
    Room,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A switch of the panel changed, debounced.
    Edge {
        /// Which.
        input: InputName,
        /// To what.
        level: Level,
        /// The kernel's timestamp, boot-time clock.
        at: Millis,
    },
    /// The driver says an input has been held for too long (`true`), or is free again.
    Stuck {
        /// Which.
        input: InputName,
        /// Held or free.
        stuck: bool,
    },
    /// A timer set by [`Action::SetTimer`](super::Action::SetTimer) ran out.
    Timer(TimerId),
    /// A person asks by API.
    Command {
        /// To be answered by exactly one [`Action::Reply`](super::Action::Reply).
        reply: ReplyId,
        /// Who.
        who: Actor,
        /// What.
        command: Command,
    },
    /// The camera's observed state changed.
    Camera(CameraState),
    /// The camera took the trigger.
    Fired {
        /// Which request.
        request: RequestId,
    },
    /// The camera refused the trigger.
    ShotFailed {
        /// Which request.
        request: RequestId,
        /// Why.
        failure: ShotFailure,
    },
    /// The camera's process died or was replaced: what was outstanding there is gone. Files seen but
    /// not downloaded are still on the card.
    CameraLost,
    /// A file showed up on the camera while it was open (never from a listing).
    FileSeen {
        /// Which.
        key: CameraFileKey,
        /// Last moment the camera's event queue was known empty.
        quiet_since: Millis,
        /// When it showed up.
        seen_at: Millis,
    },
    /// A listing after opening found a file that the archive does not hold.
    FileFound {
        /// Which.
        key: CameraFileKey,
        /// Its modification time by our wall clock, when the camera's clock offset is known.
        taken_at: Option<crate::model::WallMs>,
    },
    /// A file was downloaded whole.
    Downloaded {
        /// Of which frame.
        frame: FrameId,
        /// The file.
        file: CameraFile,
        /// EXIF time by our wall clock, when the camera's clock offset is known: narrows who sat there (I1).
        taken_at: Option<crate::model::WallMs>,
    },
    /// A download failed, or the size did not match; the file is still on the card.
    DownloadFailed {
        /// Of which frame.
        frame: FrameId,
        /// The file.
        key: CameraFileKey,
    },
    /// The camera is well and does not have the file: deleted there by hand, or another card is in.
    FileGone {
        /// Of which frame.
        frame: FrameId,
        /// The file.
        key: CameraFileKey,
    },
    /// A commit is durable.
    Committed(Ticket),
    /// A commit failed; nothing of it is stored.
    CommitFailed {
        /// Which.
        ticket: Ticket,
        /// How.
        failure: CommitFailure,
    },
    /// The archive waits, or goes on (`None`).
    ArchiveWaits(Option<ArchiveWait>),
    /// A frame was judged.
    Judged {
        /// Which.
        frame: FrameId,
        /// The verdict.
        verdict: Verdict,
        /// Its reasons, worst first.
        reasons: Vec<Reason>,
        /// The whole report, to be stored.
        report: serde_json::Value,
    },
    /// The wall clock became trusted: earlier events of this boot can be dated after all (I7).
    ClockTrusted,
    /// Free space.
    Space {
        /// On the data folder's file system.
        free: Bytes,
        /// Where downloads land, if that is a file system of its own.
        landing: Option<Bytes>,
    },
    /// Another room raises or clears a fault.
    Fault {
        /// Which.
        fault: Fault,
        /// Raised or cleared.
        raised: bool,
    },
}
