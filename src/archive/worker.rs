//! The archive's thread: one job after another, in the order they came, each whole or not at all.

use super::error::Result;
use super::files::Files;
use super::outbox::OutboxAsk;
use super::rows::said;
use super::{Done, Job, JobId, Options, outbox_rows};
use crate::model::StationId;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use tokio::sync::Notify;

/// What the thread is sent.
pub(super) enum Message {
    Job(Job),
    Outbox(OutboxAsk),
    /// Everything before this is done first.
    Stop,
}

/// Who is told, from this thread.
pub(super) type Answer = Box<dyn Fn(Done) + Send>;

/// Everything the thread owns.
pub(super) struct Worker {
    pub(super) db: Connection,
    pub(super) data: PathBuf,
    pub(super) options: Options,
    pub(super) station: StationId,
    pub(super) files: Files,
    pub(super) done: Answer,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) news: Arc<Notify>,
}

impl Worker {
    /// Works until it is told to stop or nobody is left to send it anything.
    pub(super) fn run(&self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Job(job) => self.job(job),
                Message::Outbox(ask) => self.outbox(ask),
                Message::Stop => return,
            }
        }
    }

    fn job(&self, job: Job) {
        let (id, done) = match job {
            Job::Commit { id, change } => (id, self.commit(&change)),
            Job::Store {
                id,
                frame,
                file,
                incoming,
                change,
            } => (id, self.store(&frame, &file, &incoming, &change)),
        };
        (self.done)(answer(id, done));
    }

    /// The bench's knob: how slow a card's commits are made.
    pub(super) fn delay(&self) {
        if let Some(delay) = self.options.commit_delay {
            std::thread::sleep(std::time::Duration::from_millis(delay.0));
        }
    }

    /// One transaction, whole or not at all; waits for as long as another process keeps the database locked.
    pub(super) fn transact<T>(&self, write: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        self.patiently(|| {
            let tx = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)
                .map_err(said(&self.db))?;
            let value = write(&tx)?;
            tx.commit().map_err(said(&self.db))?;
            Ok(value)
        })
    }

    /// Tries again while the database is locked, each try waiting for as long as the connection's busy timeout. The
    /// station is told once when it begins and once when it ends. Only a stop ends the waiting, by failing the job.
    pub(super) fn patiently<T>(&self, attempt: impl Fn() -> Result<T>) -> Result<T> {
        let mut locked = false;
        loop {
            match attempt() {
                Err(error) if error.is_busy() && !self.stop.load(Ordering::Relaxed) => {
                    if !locked {
                        locked = true;
                        tracing::warn!(error = error.chain(), "the database is locked");
                        (self.done)(Done::Locked(true));
                    }
                }
                outcome => {
                    if locked {
                        (self.done)(Done::Locked(false));
                    }
                    return outcome;
                }
            }
        }
    }

    fn outbox(&self, ask: OutboxAsk) {
        // An asker who went away does not hear; that is no failure here.
        match ask {
            OutboxAsk::Due(now, limit, to) => {
                let _ = to.send(self.transact(|db| outbox_rows::due(db, now, limit)));
            }
            OutboxAsk::DueRemovals(now, limit, to) => {
                let _ = to.send(self.patiently(|| outbox_rows::due_removals(&self.db, now, limit)));
            }
            OutboxAsk::NextDue(to) => {
                let _ = to.send(self.patiently(|| outbox_rows::next_due(&self.db)));
            }
            OutboxAsk::Sent(id, receipt, to) => {
                let _ = to.send(self.transact(|db| outbox_rows::sent(db, id, &receipt)));
            }
            OutboxAsk::Removed(id, to) => {
                let _ = to.send(self.transact(|db| outbox_rows::removed(db, id)));
            }
            OutboxAsk::Failed(id, error, retry_at, to) => {
                let _ = to.send(self.transact(|db| outbox_rows::failed(db, id, &error, retry_at)));
            }
            OutboxAsk::RetryParked(to) => {
                let _ = to.send(self.transact(outbox_rows::retry_parked));
                self.news.notify_one();
            }
            OutboxAsk::Counts(to) => {
                let _ = to.send(self.patiently(|| outbox_rows::counts(&self.db)));
            }
        }
    }
}

fn answer(id: JobId, done: Result<()>) -> Done {
    match done {
        Ok(()) => Done::Committed(id),
        Err(error) => {
            let message = error.chain();
            tracing::error!(job = id.0, message, "a job failed; nothing of it is stored");
            Done::Failed {
                id,
                failure: error.failure(),
                message,
            }
        }
    }
}
