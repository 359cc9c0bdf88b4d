//! What the worker needs of the outbox; the archive's is the real one, tests have their own.

use crate::archive::{ArchiveError, Outbox, OutboxId, OutboxItem, OutboxRemoval, Receipt};
use crate::model::{Millis, OutboxCounts};
use std::future::Future;

/// What came of a question to the outbox.
type Answer<T> = Result<T, ArchiveError>;

/// The outbox as its worker sees it; the meaning of each is that of [`Outbox`]'s.
pub trait Queue: Clone + Send + Sync + 'static {
    /// What is to be sent to a destination now, in its order, at most `limit`.
    fn due(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> impl Future<Output = Answer<Vec<OutboxItem>>> + Send;
    /// What is to be removed there now, at most `limit`.
    fn due_removals(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> impl Future<Output = Answer<Vec<OutboxRemoval>>> + Send;
    /// When the next thing is due there by the boot-time clock; `None` when nothing waits.
    fn next_due(&self, destination: String) -> impl Future<Output = Answer<Option<Millis>>> + Send;
    /// The destinations that a human stopped.
    fn paused(&self) -> impl Future<Output = Answer<Vec<String>>> + Send;
    /// Whether the network costs money.
    fn metered(&self) -> impl Future<Output = Answer<bool>> + Send;
    /// Returns once something new may be due.
    fn news(&self) -> impl Future<Output = ()> + Send;
    /// It is there, verified.
    fn sent(&self, id: OutboxId, receipt: Receipt) -> impl Future<Output = Answer<()>> + Send;
    /// It is gone there.
    fn removed(&self, id: OutboxId) -> impl Future<Output = Answer<()>> + Send;
    /// A try failed: due again after a span, or parked when that is `None`.
    fn failed(
        &self,
        id: OutboxId,
        error: String,
        retry_after: Option<Millis>,
    ) -> impl Future<Output = Answer<()>> + Send;
    /// What waits, and what is parked.
    fn counts(&self) -> impl Future<Output = Answer<OutboxCounts>> + Send;
}

impl Queue for Outbox {
    async fn due(&self, destination: String, now: Millis, limit: u32) -> Answer<Vec<OutboxItem>> {
        Outbox::due(self, destination, now, limit).await
    }

    async fn due_removals(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> Answer<Vec<OutboxRemoval>> {
        Outbox::due_removals(self, destination, now, limit).await
    }

    async fn next_due(&self, destination: String) -> Answer<Option<Millis>> {
        Outbox::next_due(self, destination).await
    }

    async fn paused(&self) -> Answer<Vec<String>> {
        Outbox::paused(self).await
    }

    async fn metered(&self) -> Answer<bool> {
        Outbox::metered(self).await
    }

    async fn news(&self) {
        Outbox::news(self).await;
    }

    async fn sent(&self, id: OutboxId, receipt: Receipt) -> Answer<()> {
        Outbox::sent(self, id, receipt).await
    }

    async fn removed(&self, id: OutboxId) -> Answer<()> {
        Outbox::removed(self, id).await
    }

    async fn failed(&self, id: OutboxId, error: String, retry_after: Option<Millis>) -> Answer<()> {
        Outbox::failed(self, id, error, retry_after).await
    }

    async fn counts(&self) -> Answer<OutboxCounts> {
        Outbox::counts(self).await
    }
}
