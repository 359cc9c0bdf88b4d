//! What the station wants done.

use super::ReplyId;
use crate::model::{
    CameraFile, CameraFileKey, Change, Frame, FrameId, Lamps, Millis, Outcome, Refusal,
    ShutterRequest, Tune,
};

/// Names a commit; [`Event::Committed`](super::Event::Committed) brings it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Names a timer; setting it anew moves it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerId {
    /// A held input becomes a long press.
    Long(crate::model::InputName),
    /// A second press can no longer make a double press.
    Double(crate::model::InputName),
    /// The outstanding request expires.
    Request,
    /// The shutter is free again after moving on.
    Settled,
    /// A second `next` no longer counts as confirmation.
    ConfirmNext,
    /// Typed digits are forgotten.
    Digits,
    /// The second file of a pair is overdue.
    Pair(FrameId),
    /// Fetch a file again after a failure.
    Refetch(FrameId),
}

/// Something to be done by the daemon, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Fire now (I8: nothing goes before it).
    Trigger(ShutterRequest),
    /// Make a change durable; answered by `Committed` or `CommitFailed`.
    Commit {
        /// Comes back.
        ticket: Ticket,
        /// What.
        change: Box<Change>,
    },
    /// Download a camera file into `incoming/`; answered by `Downloaded` or `DownloadFailed`.
    Fetch {
        /// For which frame.
        frame: FrameId,
        /// Which file.
        key: CameraFileKey,
    },
    /// Make a downloaded file durable under its owner's name, with the frame's row; answered by `Committed` or `CommitFailed`.
    Store {
        /// Comes back.
        ticket: Ticket,
        /// The frame as it shall read; its `files` are the archive's own.
        frame: Box<Frame>,
        /// The downloaded file.
        file: Box<CameraFile>,
        /// The event row, and the frame's row among others.
        change: Box<Change>,
    },
    /// Judge a downloaded file.
    Check {
        /// Of which frame.
        frame: FrameId,
        /// Which download.
        key: CameraFileKey,
    },
    /// The archive holds it and the config clears the card: delete when idle (I3).
    DeleteOnCamera(CameraFileKey),
    /// Light the lamps from now on.
    Show(Lamps),
    /// Sound once.
    Sound(Tune),
    /// Ring at this time.
    SetTimer {
        /// Which.
        id: TimerId,
        /// When, boot-time clock.
        at: Millis,
    },
    /// Do not ring.
    CancelTimer(TimerId),
    /// Answer an API call.
    Reply {
        /// Which.
        to: ReplyId,
        /// What.
        result: Result<Outcome, Refusal>,
    },
}
