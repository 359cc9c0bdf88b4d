//! The outbox worker: one task that sees what is due and lets each file travel in a task of its own.

use super::destination::Destination;
use super::error::{Persistence, UploadError};
use super::pace::Pace;
use super::queue::Queue;
use super::quiet::Quiet;
use crate::archive::{ArchiveError, OutboxId, OutboxItem, OutboxRemoval};
use crate::clock;
use crate::model::{Millis, OutboxCounts, StationId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;

/// A doubtful failure is parked when it has happened this often.
const DOUBTS: u32 = 3;

/// How often to look again while something is under way or the outbox is behind, ms.
const LOOK_AGAIN: Millis = Millis(500);

/// Works the outbox off.
pub struct Worker<Q> {
    way: Arc<Way<Q>>,
    under_way: JoinSet<(OutboxId, Result<(), ArchiveError>)>,
    ids: BTreeSet<OutboxId>,
}

/// What each file's task needs.
struct Way<Q> {
    queue: Q,
    data: PathBuf,
    station: StationId,
    destinations: BTreeMap<String, Counter>,
    pace: Pace,
    quiet: Quiet,
    counts: watch::Sender<OutboxCounts>,
}

/// A destination, and whether it was swept in this life.
struct Counter {
    destination: Destination,
    swept: OnceCell<()>,
}

/// Something to be done at a destination.
enum Errand {
    Send(OutboxItem),
    Remove(OutboxRemoval),
}

impl<Q: Queue> Worker<Q> {
    /// A worker over the files of the data folder. Transfers go on only when it is
    /// `quiet`; `counts` is kept at what waits and what is parked.
    pub fn new(
        queue: Q,
        station: StationId,
        data: PathBuf,
        destinations: Vec<Destination>,
        pace: Pace,
        quiet: Quiet,
        counts: watch::Sender<OutboxCounts>,
    ) -> Self {
        let destinations = destinations.into_iter().map(|destination| {
            let swept = OnceCell::new();
            (destination.name.clone(), Counter { destination, swept })
        });
        Self {
            way: Arc::new(Way {
                queue,
                data,
                station,
                destinations: destinations.collect(),
                pace,
                quiet,
                counts,
            }),
            under_way: JoinSet::new(),
            ids: BTreeSet::new(),
        }
    }

    /// Runs until the archive is gone, and returns that. Dropped at any point it loses nothing.
    pub async fn run(mut self) -> ArchiveError {
        loop {
            let turn = self.turn().await;
            match turn {
                Ok(()) => {}
                // The archive has frames to store, which come first; or its disk is full, which is the station's to tell.
                Err(ArchiveError::Behind | ArchiveError::Full { .. }) => pause(LOOK_AGAIN).await,
                Err(error) => return error,
            }
        }
    }

    /// Starts what is due, then waits until there may be more to do.
    async fn turn(&mut self) -> Result<(), ArchiveError> {
        let way = self.way.clone();
        let (now, parallel) = (clock::boot_time(), way.pace.parallel.max(1));
        let mut errands: Vec<Errand> = Vec::new();
        for name in way.destinations.keys() {
            // What lies somewhere under a wrong name goes before anything new.
            let removals = way.queue.due_removals(name.clone(), now, parallel).await?;
            errands.extend(removals.into_iter().map(Errand::Remove));
            let items = way.queue.due(name.clone(), now, parallel).await?;
            errands.extend(items.into_iter().map(Errand::Send));
        }
        for errand in errands {
            let id = errand.id();
            if self.ids.insert(id) {
                let way = way.clone();
                self.under_way
                    .spawn(async move { (id, way.run(errand).await) });
            }
        }
        way.count().await?;
        let mut next: Option<Millis> = None;
        for name in way.destinations.keys() {
            let at = way.queue.next_due(name.clone()).await?;
            next = [next, at].into_iter().flatten().min();
        }
        let idle = self.under_way.is_empty();
        let wait = next.map(|at| {
            at.since(clock::boot_time()).0.max(match idle {
                true => 1,
                // What is under way is still noted as due.
                false => LOOK_AGAIN.0,
            })
        });
        tokio::select! {
            ended = self.under_way.join_next(), if !idle => match ended {
                Some(Ok((id, outcome))) => {
                    self.ids.remove(&id);
                    outcome?;
                }
                // A task that panicked leaves its item due; it cannot be told which it was.
                Some(Err(error)) => {
                    tracing::error!(%error, "an upload ended early");
                    self.under_way.abort_all();
                    while self.under_way.join_next().await.is_some() {}
                    self.ids.clear();
                }
                None => {}
            },
            () = way.queue.news() => {}
            () = pause(Millis(wait.unwrap_or(0))), if wait.is_some() => {}
        }
        Ok(())
    }
}

async fn pause(span: Millis) {
    tokio::time::sleep(Duration::from_millis(span.0)).await;
}

impl Errand {
    fn id(&self) -> OutboxId {
        match self {
            Errand::Send(item) => item.id,
            Errand::Remove(removal) => removal.id,
        }
    }

    fn destination(&self) -> &str {
        match self {
            Errand::Send(item) => &item.destination,
            Errand::Remove(removal) => &removal.destination,
        }
    }

    /// Whose file it is; a removal knows a name only.
    fn frame(&self) -> Option<&str> {
        match self {
            Errand::Send(item) => Some(item.frame.as_str()),
            Errand::Remove(_) => None,
        }
    }

    fn attempts(&self) -> u32 {
        match self {
            Errand::Send(item) => item.attempts,
            Errand::Remove(removal) => removal.attempts,
        }
    }
}

impl<Q: Queue> Way<Q> {
    /// Does one errand and tells the outbox what came of it.
    async fn run(&self, errand: Errand) -> Result<(), ArchiveError> {
        let told = match self.attempt(&errand).await {
            Ok(told) => told,
            Err(error) => self.failed(&errand, &error).await,
        };
        match told {
            // The answer is lost, the errand is due again, and doing it again changes nothing.
            Err(ArchiveError::Behind | ArchiveError::Outbox { .. }) => Ok(()),
            other => other,
        }
    }

    /// The outer error is the destination's, the inner one the outbox's.
    async fn attempt(&self, errand: &Errand) -> Result<Result<(), ArchiveError>, UploadError> {
        let name = errand.destination();
        let Some(Counter { destination, swept }) = self.destinations.get(name) else {
            return Err(UploadError::Unknown {
                destination: name.to_owned(),
            });
        };
        let deadline = Duration::from_millis(self.pace.deadline.0);
        let too_slow = |_| UploadError::TooSlow {
            destination: name.to_owned(),
            seconds: deadline.as_secs(),
        };
        // Before anything of ours is on its way there: nobody can tell a forgotten file from it later. What keeps it
        // from being done is told by the errand itself, or does it no harm; the next errand tries again.
        let sweeping = swept.get_or_try_init(|| destination.sweep(&self.station));
        let sweeping = tokio::time::timeout(deadline, sweeping).await;
        if let Err(error) = sweeping.map_err(too_slow)? {
            tracing::debug!(destination = name, reason = error.chain(), "not swept");
        }
        match errand {
            Errand::Send(item) => {
                let sending = destination.send(&self.data, item, &self.quiet);
                let receipt = tokio::time::timeout(deadline, sending).await;
                let receipt = receipt.map_err(too_slow)??;
                tracing::info!(destination = name, frame = %item.frame, bytes = item.size_bytes.0, "sent and verified");
                Ok(self.queue.sent(item.id, receipt).await)
            }
            Errand::Remove(removal) => {
                let removing = destination.remove(&removal.key);
                let removed = tokio::time::timeout(deadline, removing).await;
                removed.map_err(too_slow)??;
                tracing::info!(destination = name, item = removal.id.0, "removed");
                Ok(self.queue.removed(removal.id).await)
            }
        }
    }

    async fn failed(&self, errand: &Errand, error: &UploadError) -> Result<(), ArchiveError> {
        let failures = errand.attempts().saturating_add(1);
        let parked = match error.persistence() {
            Persistence::Passing => false,
            Persistence::Doubtful => failures >= DOUBTS,
            Persistence::Lasting => true,
        };
        let retry_after = (!parked).then(|| self.pace.backoff(failures, rand::random()));
        let (item, reason) = (errand.id().0, error.chain());
        let frame = errand.frame();
        match retry_after {
            Some(span) => {
                tracing::warn!(
                    item,
                    frame,
                    destination = errand.destination(),
                    failures,
                    retry_after_ms = span.0,
                    reason,
                    "not sent yet"
                );
            }
            None => tracing::error!(
                item,
                frame,
                destination = errand.destination(),
                failures,
                reason,
                "parked; `shutterline upload retry` sends it again"
            ),
        }
        self.queue.failed(errand.id(), reason, retry_after).await
    }

    async fn count(&self) -> Result<(), ArchiveError> {
        let counts = self.queue.counts().await?;
        self.counts.send_if_modified(|known| {
            let changed = *known != counts;
            *known = counts;
            changed
        });
        Ok(())
    }
}
