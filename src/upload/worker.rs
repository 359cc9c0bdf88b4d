//! The outbox worker: a lane for each destination, so that a dead one holds up no other.

use super::brake::Brake;
use super::destination::Destination;
use super::lane::Lane;
use super::pace::Pace;
use super::queue::Queue;
use crate::archive::ArchiveError;
use crate::model::{OutboxCounts, StationId, Traffic};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// The least pause between two counts.
const COUNTED: Duration = Duration::from_secs(1);

/// Works the outbox off.
pub struct Worker<Q> {
    way: Arc<Way<Q>>,
    destinations: Vec<Destination>,
}

/// What all lanes share.
pub(super) struct Way<Q> {
    pub(super) queue: Q,
    pub(super) data: PathBuf,
    pub(super) station: StationId,
    pub(super) pace: Pace,
    pub(super) brake: Arc<Brake>,
    pub(super) traffic: watch::Sender<BTreeMap<String, Traffic>>,
    /// An errand ended: there is something to count.
    pub(super) changed: Notify,
    counts: watch::Sender<OutboxCounts>,
}

/// Where a worker tells how it stands.
#[derive(Debug)]
pub struct Told {
    /// What waits and what is parked, over all destinations.
    pub counts: watch::Sender<OutboxCounts>,
    /// How each destination stands, by its name.
    pub traffic: watch::Sender<BTreeMap<String, Traffic>>,
}

impl<Q: Queue> Worker<Q> {
    /// A worker over the files of the data folder.
    pub fn new(
        queue: Q,
        station: StationId,
        data: PathBuf,
        destinations: Vec<Destination>,
        pace: Pace,
        brake: Brake,
        told: Told,
    ) -> Self {
        Self {
            way: Arc::new(Way {
                queue,
                data,
                station,
                pace,
                brake: Arc::new(brake),
                traffic: told.traffic,
                changed: Notify::new(),
                counts: told.counts,
            }),
            destinations,
        }
    }

    /// Runs until the archive is gone, and returns that. Dropped at any point it loses nothing.
    pub async fn run(self) -> ArchiveError {
        let (news, heard) = watch::channel(0_u64);
        let mut lanes = JoinSet::new();
        for destination in self.destinations {
            let lane = Lane::new(self.way.clone(), destination);
            lanes.spawn(lane.run(heard.clone()));
        }
        drop(heard);
        let mut counting = std::pin::pin!(self.way.keep_counting());
        loop {
            tokio::select! {
                ended = lanes.join_next(), if !lanes.is_empty() => match ended {
                    Some(Ok(error)) => return error,
                    Some(Err(error)) => {
                        // Not one of its files, but the lane itself: the daemon starts anew, and the outbox with it.
                        tracing::error!(%error, "a destination's lane ended early");
                        return ArchiveError::Gone;
                    }
                    None => {}
                },
                () = self.way.queue.news() => {
                    news.send_modify(|n| *n = n.wrapping_add(1));
                    self.way.changed.notify_one();
                }
                error = &mut counting => return error,
            }
        }
    }
}

impl<Q: Queue> Way<Q> {
    /// Counts when something changed, but not more often than now and then: a long queue takes the archive's thread tens of
    /// milliseconds, and frames wait for it. Until the archive is gone.
    async fn keep_counting(&self) -> ArchiveError {
        self.changed.notify_one();
        loop {
            self.changed.notified().await;
            match self.count().await {
                Ok(()) => {}
                Err(ArchiveError::Behind | ArchiveError::Full { .. }) => self.changed.notify_one(),
                Err(error) => return error,
            }
            tokio::time::sleep(COUNTED).await;
        }
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
