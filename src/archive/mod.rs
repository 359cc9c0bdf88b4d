//! The signatures of the archive's reader that the API is built against; the archive's own branch replaces this file.

mod job;

pub use job::{Done, Job, JobFailure, JobId};

use crate::model::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Reads.
#[derive(Debug, Clone)]
pub struct Reader;

/// Which frames.
#[derive(Debug, Clone, Default)]
pub struct FrameFilter {
    /// Session.
    pub session: Option<SessionId>,
    /// Only set aside.
    pub set_aside: bool,
    /// Serial.
    pub serial: Option<Serial>,
}

/// An event row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventRow {
    /// Row id.
    pub id: u64,
    /// When.
    pub at: Stamp,
    /// Who.
    pub who: Actor,
    /// What.
    pub kind: EventKind,
    /// Session.
    pub session: Option<SessionId>,
    /// Serial.
    pub serial: Option<Serial>,
    /// Frame.
    pub frame: Option<FrameId>,
    /// More.
    pub detail: serde_json::Value,
}

/// An outbox row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutboxItem {
    /// Frame.
    pub frame: FrameId,
}

#[allow(missing_docs)]
impl Reader {
    pub fn open(_data: &Path) -> Result<Self, std::io::Error> {
        Ok(Self)
    }
    pub fn frames(&self, _: FrameFilter) -> Result<Vec<Frame>, std::io::Error> {
        Ok(vec![])
    }
    #[allow(clippy::type_complexity)]
    pub fn frame(
        &self,
        _: &FrameId,
    ) -> Result<Option<(Frame, Option<serde_json::Value>)>, std::io::Error> {
        Ok(None)
    }
    pub fn sessions(&self) -> Result<Vec<Session>, std::io::Error> {
        Ok(vec![])
    }
    pub fn entries(&self, _: &SessionId) -> Result<Vec<QueueEntry>, std::io::Error> {
        Ok(vec![])
    }
    pub fn events(&self, _: u64, _: u32) -> Result<Vec<EventRow>, std::io::Error> {
        Ok(vec![])
    }
    pub fn outbox_items(&self) -> Result<Vec<OutboxItem>, std::io::Error> {
        Ok(vec![])
    }
}
