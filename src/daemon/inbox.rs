//! Everything the loop can hear.

use crate::archive::Done;
use crate::camera::Notice;
use crate::model::{Bytes, CameraFileKey, FrameId, OutboxCounts, Report, Sha256, WallMs};
use crate::panel::PanelEvent;
use crate::web::Ask;
use std::sync::mpsc::SyncSender;

/// Messages waiting for the loop. It handles each in well under a millisecond, so a thousand is a
/// second's worth of the worst storm; a sender that finds it full waits, and only the sender.
pub(super) const INBOX: usize = 1024;

/// One message.
#[derive(Debug)]
pub(super) enum Message {
    /// From the panel's driver.
    Panel(PanelEvent),
    /// From the camera's thread.
    Camera(Notice),
    /// From the archive's thread.
    Archive(Done),
    /// From a check thread.
    Judged { frame: FrameId, report: Box<Report> },
    /// From the API.
    Ask(Ask),
    /// From the recovery: the card holds a file that the archive does not.
    FileFound {
        key: CameraFileKey,
        taken_at: Option<WallMs>,
    },
    /// From the recovery: the camera gives no times, so only the bytes tell whether the archive holds this file.
    Suspect {
        key: CameraFileKey,
        hashes: Vec<Sha256>,
    },
    /// From the recovery: the listing was worked through; this many files were unknown.
    CardCompared { unknown: u32 },
    /// From housekeeping.
    Housekeeping {
        free: Bytes,
        clock_trusted: bool,
        outbox: OutboxCounts,
    },
    /// Finish: a signal came, or another part of the daemon ended.
    Stop { why: &'static str },
}

/// Where everybody sends to.
pub(super) type Inbox = SyncSender<Message>;
