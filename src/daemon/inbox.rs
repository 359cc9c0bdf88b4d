//! Everything the loop can hear.

use super::recovery::Comparison;
use crate::archive::Done;
use crate::camera::Notice;
use crate::model::{Bytes, FrameId, OutboxCounts, Report};
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
    /// From the recovery: a listing, compared with the archive. One message for all of it: a card of old pictures must
    /// not fill the inbox, where a pedal edge would find no room.
    CardCompared(Comparison),
    /// From housekeeping.
    Housekeeping {
        /// Free for the data folder.
        free: Bytes,
        /// Free where downloads land, if that is a file system of its own.
        landing: Option<Bytes>,
        clock_trusted: bool,
        outbox: OutboxCounts,
    },
    /// Finish: a signal came, or another part of the daemon ended.
    Stop { why: &'static str },
}

/// Where everybody sends to.
pub(super) type Inbox = SyncSender<Message>;
