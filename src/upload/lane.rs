//! One destination's part of the outbox: what is due there, what is under way, and whether it is worth a try.

use super::breaker::{Allowed, Breaker};
use super::destination::Destination;
use super::error::{Persistence, Scope, UploadError};
use super::meter::{Meter, Rate};
use super::queue::Queue;
use super::worker::Way;
use crate::archive::{ArchiveError, OutboxId, OutboxItem, OutboxRemoval};
use crate::clock;
use crate::model::{Millis, Reach, Traffic};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;

/// A doubtful failure is parked when it has happened this often.
const DOUBTS: u32 = 3;

/// How often to look again while something is under way or the outbox is behind, ms.
const LOOK_AGAIN: Millis = Millis(500);

/// A folder or disk of this machine is looked for this often, however long it has been away.
const LOOK_FOR_DISK: Millis = Millis(5_000);

/// News end the pause of a destination that is left alone, but not more often than this.
const LEFT_ALONE: Millis = Millis(15_000);

/// Works off what goes to one destination.
pub(super) struct Lane<Q> {
    way: Arc<Way<Q>>,
    post: Arc<Post>,
    under_way: JoinSet<(OutboxId, Result<(), ArchiveError>)>,
    ids: BTreeSet<OutboxId>,
}

/// What each file's task needs of the destination.
struct Post {
    destination: Destination,
    swept: OnceCell<()>,
    breaker: Mutex<Breaker>,
    rate: Arc<Rate>,
    /// What it said when it last failed as a whole.
    said: Mutex<Option<String>>,
}

/// Something to be done there.
enum Errand {
    Send(Box<OutboxItem>),
    Remove(OutboxRemoval),
}

impl<Q: Queue> Lane<Q> {
    pub(super) fn new(way: Arc<Way<Q>>, destination: Destination) -> Self {
        Self {
            way,
            post: Arc::new(Post {
                destination,
                swept: OnceCell::new(),
                breaker: Mutex::default(),
                rate: Arc::default(),
                said: Mutex::default(),
            }),
            under_way: JoinSet::new(),
            ids: BTreeSet::new(),
        }
    }

    /// Runs until the archive is gone. `news` changes whenever something new may be due.
    pub(super) async fn run(mut self, mut news: watch::Receiver<u64>) -> ArchiveError {
        loop {
            match self.turn(&mut news).await {
                Ok(()) => {}
                // The archive has frames to store, which come first; or its disk is full, which is the station's to tell.
                Err(ArchiveError::Behind | ArchiveError::Full { .. }) => pause(LOOK_AGAIN).await,
                Err(error) => return error,
            }
        }
    }

    /// Starts what is due, then waits until there may be more to do.
    async fn turn(&mut self, news: &mut watch::Receiver<u64>) -> Result<(), ArchiveError> {
        let way = self.way.clone();
        let queue = &way.queue;
        let now = clock::boot_time();
        let allowed = self.post.breaker().allowed(now);
        let costs = queue.metered().await? && !self.post.destination.on_metered();
        let paused = queue.paused().await?.iter().any(|n| n == self.name());
        let most = match allowed {
            _ if costs || paused => 0,
            Allowed::All => self.way.pace.parallel.max(1) as usize,
            Allowed::One => 1,
            Allowed::Nothing(_) => 0,
        };
        if self.ids.len() < most {
            self.start(now, most).await?;
        }
        let next = queue.next_due(self.name().to_owned()).await?;
        let idle = self.under_way.is_empty();
        let reach = match allowed {
            _ if paused => Reach::Paused,
            _ if costs => Reach::Metered,
            Allowed::Nothing(_) | Allowed::One => Reach::Unreachable,
            Allowed::All if idle => Reach::Ready,
            Allowed::All if self.way.brake.holds() => Reach::Quiet,
            Allowed::All => Reach::Sending,
        };
        self.tell(reach, allowed, now);
        let wait = next.filter(|_| !costs && !paused).map(|at| match allowed {
            Allowed::Nothing(until) => until.since(now).0.max(1),
            _ if idle => at.since(now).0.max(1),
            // What is under way is still noted as due.
            _ => at.since(now).0.max(LOOK_AGAIN.0),
        });
        // The rate and what it is waiting for are shown as they change.
        let wait = match idle {
            true => wait,
            false => Some(wait.unwrap_or(LOOK_AGAIN.0).min(2 * LOOK_AGAIN.0)),
        };
        tokio::select! {
            ended = self.under_way.join_next(), if !idle => match ended {
                Some(Ok((id, outcome))) => {
                    self.ids.remove(&id);
                    way.changed.notify_one();
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
            changed = news.changed() => {
                if changed.is_err() {
                    return Err(ArchiveError::Gone);
                }
                self.post.breaker().nudge(clock::boot_time(), LEFT_ALONE);
            }
            () = pause(Millis(wait.unwrap_or(0))), if wait.is_some() => {}
        }
        Ok(())
    }

    /// Lets what is due set out, `most` at once.
    async fn start(&mut self, now: Millis, most: usize) -> Result<(), ArchiveError> {
        let way = self.way.clone();
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let mut errands: Vec<Errand> = Vec::new();
        // What lies there under a wrong name goes before anything new.
        let removals = way
            .queue
            .due_removals(self.name().to_owned(), now, limit)
            .await?;
        errands.extend(removals.into_iter().map(Errand::Remove));
        let items = way.queue.due(self.name().to_owned(), now, limit).await?;
        errands.extend(items.into_iter().map(|item| Errand::Send(Box::new(item))));
        for errand in errands {
            let id = errand.id();
            if self.ids.len() < most && self.ids.insert(id) {
                let (way, post) = (self.way.clone(), self.post.clone());
                self.under_way
                    .spawn(async move { (id, post.run(&way, errand).await) });
            }
        }
        Ok(())
    }

    fn name(&self) -> &str {
        self.post.destination.name()
    }

    fn tell(&self, reach: Reach, allowed: Allowed, now: Millis) {
        let retry_in_ms = match allowed {
            Allowed::Nothing(until) => Some(until.since(now)),
            Allowed::All | Allowed::One => None,
        };
        let said = self.post.said.lock();
        let traffic = Traffic {
            reach,
            rate: self.post.rate.at(now),
            retry_in_ms,
            error: said.unwrap_or_else(PoisonError::into_inner).clone(),
        };
        self.way.traffic.send_if_modified(|known| {
            let changed = known.get(self.name()) != Some(&traffic);
            known.insert(self.name().to_owned(), traffic);
            changed
        });
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

    /// Whose file it is; a removal knows a name only.
    fn frame(&self) -> Option<&str> {
        match self {
            Errand::Send(item) => item.frame.as_ref().map(|f| f.as_str()),
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

impl Post {
    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one errand and tells the outbox what came of it.
    async fn run<Q: Queue>(&self, way: &Way<Q>, errand: Errand) -> Result<(), ArchiveError> {
        let meter = Meter::new(way.brake.clone(), self.rate.clone());
        let patience = way.pace.patience;
        let outcome = tokio::select! {
            outcome = self.attempt(way, &errand, &meter) => outcome,
            () = meter.hangs(patience) => Err(UploadError::TooSlow {
                destination: self.destination.name().to_owned(),
                seconds: patience.0 / 1000,
            }),
        };
        let told = match outcome {
            Ok(told) => {
                self.breaker().succeeded();
                *self.said.lock().unwrap_or_else(PoisonError::into_inner) = None;
                told
            }
            Err(error) => self.failed(way, &errand, &error).await,
        };
        match told {
            // The answer is lost, the errand is due again, and doing it again changes nothing.
            Err(ArchiveError::Behind | ArchiveError::Outbox { .. }) => Ok(()),
            other => other,
        }
    }

    /// The outer error is the destination's, the inner one the outbox's.
    async fn attempt<Q: Queue>(
        &self,
        way: &Way<Q>,
        errand: &Errand,
        meter: &Arc<Meter>,
    ) -> Result<Result<(), ArchiveError>, UploadError> {
        let name = self.destination.name();
        // Before anything of ours is on its way there: nobody can tell a forgotten file from it later. So nothing sets out while
        // it may still be done; where it cannot be done at all, what was forgotten stays, which does no harm.
        let sweeping = || async {
            match self.destination.sweep(&way.station, meter).await {
                Err(error) if error.persistence() != Persistence::Passing => {
                    tracing::debug!(destination = name, reason = error.chain(), "not swept");
                    Ok(())
                }
                other => other,
            }
        };
        self.swept.get_or_try_init(sweeping).await?;
        match errand {
            Errand::Send(item) => {
                let receipt = self.destination.send(&way.data, item, meter).await?;
                tracing::info!(
                    destination = name,
                    frame = item.frame.as_ref().map(|f| f.as_str()),
                    role = item.role.as_str(),
                    bytes = item.size_bytes.0,
                    verified_by = receipt.verified_by,
                    "sent and verified"
                );
                Ok(way.queue.sent(item.id, receipt).await)
            }
            Errand::Remove(removal) => {
                self.destination.remove(&removal.key, meter).await?;
                tracing::info!(destination = name, item = removal.id.0, "removed");
                Ok(way.queue.removed(removal.id).await)
            }
        }
    }

    async fn failed<Q: Queue>(
        &self,
        way: &Way<Q>,
        errand: &Errand,
        error: &UploadError,
    ) -> Result<(), ArchiveError> {
        let failures = errand.attempts().saturating_add(1);
        let whole = error.scope() == Scope::Destination;
        let (item, reason) = (errand.id().0, error.chain());
        if whole {
            let longest = error.is_local().then_some(LOOK_FOR_DISK);
            let now = clock::boot_time();
            self.breaker()
                .failed(now, &way.pace, longest, rand::random());
            *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
        }
        let parked = match error.persistence() {
            Persistence::Passing => false,
            Persistence::Doubtful => failures >= DOUBTS,
            Persistence::Lasting => true,
        };
        // While the destination as a whole is at fault, its breaker is what grows patient: once it is back, no file waits on.
        let patience = if whole { 1 } else { failures };
        let retry_after = (!parked).then(|| way.pace.backoff(patience, rand::random()));
        let (destination, frame) = (self.destination.name(), errand.frame());
        match retry_after {
            Some(span) => {
                let retry_after_ms = span.0;
                tracing::warn!(
                    item,
                    frame,
                    destination,
                    failures,
                    retry_after_ms,
                    reason,
                    "not sent yet"
                );
            }
            None => tracing::error!(
                item,
                frame,
                destination,
                failures,
                reason,
                "parked; `shutterline upload retry` sends it again"
            ),
        }
        way.queue.failed(errand.id(), reason, retry_after).await
    }
}
