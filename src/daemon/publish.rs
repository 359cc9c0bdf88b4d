//! What everybody may see: the status, and the stream of events.

use crate::model::Status;
use crate::web::StreamEvent;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

/// Events kept for a client that comes back: some minutes of a fast room.
const RECENT: usize = 512;

/// Sends status and events to whoever looks.
pub(super) struct Publisher {
    next_id: u64,
    status: watch::Sender<Status>,
    events: broadcast::Sender<StreamEvent>,
    recent: Arc<Mutex<VecDeque<StreamEvent>>>,
}

impl Publisher {
    /// A publisher and the ends that the API holds.
    pub(super) fn new() -> Self {
        Self {
            next_id: 1,
            status: watch::Sender::new(Status::default()),
            events: broadcast::Sender::new(RECENT),
            recent: Arc::default(),
        }
    }

    /// The latest status.
    pub(super) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// The live stream.
    pub(super) fn events(&self) -> broadcast::Sender<StreamEvent> {
        self.events.clone()
    }

    /// The last events.
    pub(super) fn recent(&self) -> Arc<Mutex<VecDeque<StreamEvent>>> {
        self.recent.clone()
    }

    /// Show a status, if it says anything new.
    pub(super) fn show(&mut self, status: Status) {
        let before = self.status.borrow().clone();
        if before == status {
            return;
        }
        // Free space moves all the time; as an event it would push everything else out of the memory of recent ones.
        let same_but_space = Status {
            storage: status.storage.clone(),
            ..before
        } == status;
        if let (false, Ok(data)) = (same_but_space, serde_json::to_value(&status)) {
            self.tell("status", data);
        }
        self.status.send_replace(status);
    }

    /// Say that something happened.
    pub(super) fn tell(&mut self, kind: &str, data: serde_json::Value) {
        let event = StreamEvent {
            id: self.next_id,
            kind: kind.to_owned(),
            data,
        };
        self.next_id += 1;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(event.clone());
        drop(recent);
        // Nobody listening is no error.
        self.events.send(event).ok();
    }
}
