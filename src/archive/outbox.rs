//! The upload room's door to the outbox: what is due, and what became of it.
//!
//! Everything goes through the archive's thread, as it is the only writer: no lock is ever waited for, and a receipt
//! takes its turn behind the frames that were handed in before it.

use super::error::{ArchiveError, Result};
use super::worker::Message;
use crate::clock;
use crate::model::{
    Bytes, FileRole, FrameId, Millis, OutboxCounts, Serial, SessionId, Sha256, StudentNumber,
    WallMs,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use tokio::sync::{Notify, oneshot};

/// Names an item of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboxId(pub i64);

/// A file to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxItem {
    /// Its name in the outbox.
    pub id: OutboxId,
    /// Of which frame; `None` for a manifest, like serial and student.
    pub frame: Option<FrameId>,
    /// What it is of the frame.
    pub role: FileRole,
    /// The session the frame was shot in.
    pub session: SessionId,
    /// Whose place in the queue.
    pub serial: Option<Serial>,
    /// Whose portrait, as of now: it may change before the file is there, and then this item is superseded.
    pub student: Option<StudentNumber>,
    /// Where to, by the config's name.
    pub destination: String,
    /// The file, relative to the data folder. It may move before it is opened: then it is superseded, and its failure is of no account.
    pub path: String,
    /// Its name there, by the destination's template: `<session>/<serial>_<student>/<frame>.JPG`.
    pub key: String,
    /// A name to be removed there once this one is verified: the file lay there under its former owner.
    pub replaces: Option<String>,
    /// Of the bytes to be sent.
    pub sha256: Sha256,
    /// Of the bytes to be sent.
    pub size_bytes: Bytes,
    /// Tries that failed.
    pub attempts: u32,
}

/// A file to be removed at a destination: it was sent, and has no certain owner any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRemoval {
    /// Its name in the outbox.
    pub id: OutboxId,
    /// Where, by the config's name.
    pub destination: String,
    /// Its name there.
    pub key: String,
    /// Tries that failed.
    pub attempts: u32,
}

/// A destination's word that it holds the bytes (I5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What proves that the bytes below are those that lie there, for example `read-back`: what was sent is held against
    /// what that found.
    pub verified_by: String,
    /// Of the bytes that were sent.
    pub size_bytes: Bytes,
    /// Of the bytes that were sent.
    pub sha256: Sha256,
    /// The destination's own number for it; `None` where it gives none.
    pub reference: Option<String>,
    /// Wall clock.
    pub at: WallMs,
}

/// Which items a person means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Only those that go there, by the config's name; `None` for all destinations.
    pub destination: Option<String>,
    /// Only these; none named: all that it can be done to.
    pub ids: Vec<OutboxId>,
}

/// A question to the outbox.
pub(super) enum OutboxAsk {
    Due(String, Millis, u32, Answer<Vec<OutboxItem>>),
    DueRemovals(String, Millis, u32, Answer<Vec<OutboxRemoval>>),
    NextDue(String, Answer<Option<Millis>>),
    Sent(OutboxId, Receipt, Answer<()>),
    Removed(OutboxId, Answer<()>),
    Failed(OutboxId, String, Option<Millis>, Answer<()>),
    Retry(Selection, Answer<u64>),
    Skip(Selection, Answer<u64>),
    SetPaused(Option<String>, bool, Answer<u64>),
    Paused(Answer<Vec<String>>),
    SetMetered(bool, Answer<()>),
    Metered(Answer<bool>),
    Counts(Answer<OutboxCounts>),
}

/// Where an answer goes.
pub(super) type Answer<T> = oneshot::Sender<Result<T>>;

/// A handle to the outbox. Cheap to clone, never blocks the asker's thread.
#[derive(Clone)]
pub struct Outbox {
    pub(super) sender: SyncSender<Message>,
    pub(super) news: Arc<Notify>,
}

impl Outbox {
    async fn ask<T>(&self, ask: impl FnOnce(Answer<T>) -> OutboxAsk) -> Result<T> {
        let (answer, heard) = oneshot::channel();
        match self.sender.try_send(Message::Outbox(ask(answer))) {
            Ok(()) => heard.await.unwrap_or(Err(ArchiveError::Gone)),
            Err(TrySendError::Full(_)) => Err(ArchiveError::Behind),
            Err(TrySendError::Disconnected(_)) => Err(ArchiveError::Gone),
        }
    }

    /// What is to be sent to a destination now, by its turn; nothing while it is paused. `now` is the boot-time clock.
    pub async fn due(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<OutboxItem>> {
        self.ask(|answer| OutboxAsk::Due(destination, now, limit, answer))
            .await
    }

    /// What is to be removed at a destination now; nothing while it is paused.
    pub async fn due_removals(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<OutboxRemoval>> {
        self.ask(|answer| OutboxAsk::DueRemovals(destination, now, limit, answer))
            .await
    }

    /// When a destination's next item is due by the boot-time clock; `None` when nothing waits, or it is paused.
    pub async fn next_due(&self, destination: String) -> Result<Option<Millis>> {
        self.ask(|answer| OutboxAsk::NextDue(destination, answer))
            .await
    }

    /// Waits until something new may be due: a frame was stored or corrected, or a person said what shall be sent.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// It is there. Refused when size or hash are not those of the item (I5).
    pub async fn sent(&self, id: OutboxId, receipt: Receipt) -> Result<()> {
        self.ask(|answer| OutboxAsk::Sent(id, receipt, answer))
            .await
    }

    /// A removal is done.
    pub async fn removed(&self, id: OutboxId) -> Result<()> {
        self.ask(|answer| OutboxAsk::Removed(id, answer)).await
    }

    /// A try failed; it is due again after `retry_after`, or parked until [`retry`](Self::retry) when that is `None`.
    pub async fn failed(
        &self,
        id: OutboxId,
        error: String,
        retry_after: Option<Millis>,
    ) -> Result<()> {
        let retry_at = retry_after.map(|span| clock::boot_time() + span);
        self.ask(|answer| OutboxAsk::Failed(id, error, retry_at, answer))
            .await
    }

    /// What is parked is due again, and what was skipped if it is named; returns how many.
    ///
    /// # Errors
    /// When a destination or an item is not there, or there is nothing about it to be tried again; then nothing changed.
    pub async fn retry(&self, which: Selection) -> Result<u64> {
        self.ask(|answer| OutboxAsk::Retry(which, answer)).await
    }

    /// What waits or is parked is not to be sent until it is retried by name; returns how many. Its photos stay on the
    /// station for good (I5).
    ///
    /// # Errors
    /// When neither a destination nor an item is named, or what is named is not there; then nothing changed.
    pub async fn skip(&self, which: Selection) -> Result<u64> {
        self.ask(|answer| OutboxAsk::Skip(which, answer)).await
    }

    /// Stops or goes on sending to a destination, or to all of them, also after a restart; returns how many that changed.
    ///
    /// # Errors
    /// When there is no such destination.
    pub async fn set_paused(&self, destination: Option<String>, paused: bool) -> Result<u64> {
        self.ask(|answer| OutboxAsk::SetPaused(destination, paused, answer))
            .await
    }

    /// The destinations that are paused, by name.
    pub async fn paused(&self) -> Result<Vec<String>> {
        self.ask(OutboxAsk::Paused).await
    }

    /// Whether the network costs money, as a person says; kept over a restart.
    pub async fn set_metered(&self, metered: bool) -> Result<()> {
        self.ask(|answer| OutboxAsk::SetMetered(metered, answer))
            .await
    }

    /// Whether the network costs money, as a person last said.
    pub async fn metered(&self) -> Result<bool> {
        self.ask(OutboxAsk::Metered).await
    }

    /// What waits, and what is parked.
    pub async fn counts(&self) -> Result<OutboxCounts> {
        self.ask(OutboxAsk::Counts).await
    }
}
