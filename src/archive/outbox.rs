//! The upload room's door to the outbox: what is due, and what became of it.
//!
//! Everything goes through the archive's thread, as it is the only writer: no lock is ever waited for, and a receipt
//! takes its turn behind the frames that were handed in before it.

use super::error::{ArchiveError, Result};
use super::worker::Message;
use crate::clock;
use crate::model::{Bytes, FrameId, Millis, OutboxCounts, Sha256, WallMs};
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
    /// Of which frame.
    pub frame: FrameId,
    /// Where to, by the config's name.
    pub destination: String,
    /// The file, relative to the data folder. It may move before it is opened: then it is superseded, and its failure is of no account.
    pub path: String,
    /// Its name there: `<session>/<serial>_<student>/<frame>.JPG`.
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
    /// How that was verified, for example `read-back`.
    pub verified_by: String,
    /// Size as found there.
    pub size_bytes: Bytes,
    /// Hash as found there.
    pub sha256: Sha256,
    /// Wall clock.
    pub at: WallMs,
}

/// A question to the outbox.
pub(super) enum OutboxAsk {
    Due(Millis, u32, Answer<Vec<OutboxItem>>),
    DueRemovals(Millis, u32, Answer<Vec<OutboxRemoval>>),
    NextDue(Answer<Option<Millis>>),
    Sent(OutboxId, Receipt, Answer<()>),
    Removed(OutboxId, Answer<()>),
    Failed(OutboxId, String, Option<Millis>, Answer<()>),
    RetryParked(Answer<u64>),
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

    /// What is to be sent now, oldest first, at most `limit` for each destination. `now` is the boot-time clock.
    pub async fn due(&self, now: Millis, limit: u32) -> Result<Vec<OutboxItem>> {
        self.ask(|answer| OutboxAsk::Due(now, limit, answer)).await
    }

    /// What is to be removed at a destination now, at most `limit` for each.
    pub async fn due_removals(&self, now: Millis, limit: u32) -> Result<Vec<OutboxRemoval>> {
        self.ask(|answer| OutboxAsk::DueRemovals(now, limit, answer))
            .await
    }

    /// When the next item is due by the boot-time clock; `None` when nothing waits.
    pub async fn next_due(&self) -> Result<Option<Millis>> {
        self.ask(OutboxAsk::NextDue).await
    }

    /// Waits until something new may be due: a frame was stored or corrected, or parked items are tried again.
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

    /// A try failed; it is due again after `retry_after`, or parked until [`retry_parked`](Self::retry_parked) when that
    /// is `None`.
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

    /// Everything parked is due again; returns how many.
    pub async fn retry_parked(&self) -> Result<u64> {
        self.ask(OutboxAsk::RetryParked).await
    }

    /// What waits, and what is parked.
    pub async fn counts(&self) -> Result<OutboxCounts> {
        self.ask(OutboxAsk::Counts).await
    }
}
