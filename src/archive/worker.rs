//! The archive's thread: one job after another, in the order they came, each whole or not at all.

use super::disk::Timed;
use super::error::{ArchiveError, Result};
use super::files::Files;
use super::making::MakeAsk;
use super::outbox::OutboxAsk;
use super::retention::ClearAsk;
use super::rows::said;
use super::underway::Underway;
use super::{Done, Job, JobId, Options, Waits, outbox, outbox_hand, outbox_rows};
use crate::clock;
use crate::model::StationId;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tokio::sync::Notify;

/// Between tries while the disk is full: as long as one try waits for a lock, so that a stop is heard as soon, and short
/// beside the time that it takes a person to free some space.
const FULL_PAUSE: Duration = Duration::from_millis(250);

/// What the thread is sent.
pub(super) enum Message {
    Job(Job),
    Outbox(OutboxAsk),
    Clear(ClearAsk),
    Make(MakeAsk),
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
    /// Something may be to be made.
    pub(super) bell: Arc<Notify>,
    pub(super) underway: Underway,
}

impl Worker {
    /// Works until it is told to stop or nobody is left to send it anything.
    pub(super) fn run(&self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Job(job) => {
                    // Of what was handed in after a job that a stop cut short nothing may be stored without it.
                    if !self.job(job) && self.stop.load(Ordering::Relaxed) {
                        return;
                    }
                }
                Message::Outbox(ask) => self.outbox(ask),
                Message::Clear(ask) => self.clearing(ask),
                Message::Make(ask) => self.making(ask),
                Message::Stop => return,
            }
        }
    }

    /// Whether it is stored.
    fn job(&self, job: Job) -> bool {
        let _about = about(&job).entered();
        let (id, done) = match job {
            Job::Commit { id, change } => (id, self.commit(&change)),
            Job::Store {
                id,
                frame,
                file,
                incoming,
                change,
            } => {
                let store = || self.store(&frame, &file, &incoming, &change);
                (id, self.files.ground.time(Timed::Store, store))
            }
        };
        let stored = done.is_ok();
        (self.done)(answer(id, done));
        stored
    }

    /// The bench's knob: how slow a card's commits are made.
    pub(super) fn delay(&self) {
        if let Some(delay) = self.options.commit_delay {
            std::thread::sleep(Duration::from_millis(delay.0));
        }
    }

    /// One transaction, whole or not at all; waits for as long as another process keeps the database locked or the disk
    /// has no room for it.
    pub(super) fn transact<T>(&self, write: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        self.patiently(|| {
            let tx = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)
                .map_err(said(&self.db))?;
            self.files.ground.time(Timed::Transaction, || {
                let value = write(&tx)?;
                tx.commit().map_err(said(&self.db))?;
                Ok(value)
            })
        })
    }

    /// Tries again while the database is locked or the disk is full, for as long as that lasts: nothing that was handed in
    /// is lost, and nothing after it is stored before it. The station is told when it begins, when the cause changes and
    /// when it ends. Only a stop ends the waiting, by failing the job.
    ///
    /// To try again is safe because each attempt is whole or not at all: a transaction that found no room is rolled back, its
    /// pages never counted as written, unlike those of an fsync that failed, after which nobody knows what the disk has.
    pub(super) fn patiently<T>(&self, attempt: impl Fn() -> Result<T>) -> Result<T> {
        let mut told = None;
        loop {
            let outcome = attempt();
            let cause = outcome.as_ref().err().and_then(ArchiveError::passes);
            let cause = cause.filter(|_| !self.stop.load(Ordering::Relaxed));
            if cause != told {
                told = cause;
                if let (Some(waits), Err(error)) = (cause, &outcome) {
                    tracing::warn!(?waits, error = error.chain(), "the archive waits");
                }
                (self.done)(Done::Waits(cause));
            }
            match cause {
                None => return outcome,
                // The connection has waited for the lock already.
                Some(Waits::Unlocked) => {}
                Some(Waits::Room) => std::thread::sleep(FULL_PAUSE),
            }
        }
    }

    fn outbox(&self, ask: OutboxAsk) {
        // An asker who went away does not hear; that is no failure here.
        match ask {
            OutboxAsk::Due(to, now, limit, answer) => {
                let _ = answer.send(self.transact(|db| outbox_rows::due(db, &to, now, limit)));
            }
            OutboxAsk::DueRemovals(at, now, limit, answer) => {
                let due = || outbox_rows::due_removals(&self.db, &at, now, limit);
                let _ = answer.send(self.patiently(due));
            }
            OutboxAsk::NextDue(to, answer) => {
                let _ = answer.send(self.patiently(|| outbox_rows::next_due(&self.db, &to)));
            }
            OutboxAsk::Sent(id, receipt, answer) => {
                let trusted = clock::wall_clock_trusted();
                let sent = self.transact(|db| outbox_rows::sent(db, id, &receipt, trusted));
                let _ = answer.send(sent);
            }
            OutboxAsk::Removed(id, answer) => {
                let _ = answer.send(self.transact(|db| outbox_rows::removed(db, id)));
            }
            OutboxAsk::Failed(id, error, retry_at, answer) => {
                let failed = self.transact(|db| outbox_rows::failed(db, id, &error, retry_at));
                let _ = answer.send(failed);
            }
            OutboxAsk::Retry(which, answer) => {
                self.by_hand(answer, |db| outbox_hand::retry(db, &which));
            }
            OutboxAsk::Skip(which, answer) => {
                self.by_hand(answer, |db| outbox_hand::skip(db, &which));
            }
            OutboxAsk::SetPaused(which, paused, answer) => {
                self.by_hand(answer, |db| outbox_hand::set_paused(db, &which, paused));
            }
            OutboxAsk::Paused(answer) => {
                let _ = answer.send(self.patiently(|| outbox_hand::paused(&self.db)));
            }
            OutboxAsk::SetMetered(metered, answer) => {
                self.by_hand(answer, |db| outbox_hand::set_metered(db, metered));
            }
            OutboxAsk::Metered(answer) => {
                let _ = answer.send(self.patiently(|| outbox_hand::metered(&self.db)));
            }
            OutboxAsk::Counts(answer) => {
                let _ = answer.send(self.patiently(|| outbox_rows::counts(&self.db)));
            }
        }
    }

    /// What a person asked of the outbox; whoever works it off looks again.
    fn by_hand<T>(&self, answer: outbox::Answer<T>, write: impl Fn(&Connection) -> Result<T>) {
        let _ = answer.send(self.transact(write));
        self.news.notify_one();
    }
}

/// What a job is about, on each line that it logs. At the level of errors, or a log of errors alone would lack it.
fn about(job: &Job) -> tracing::Span {
    let (session, serial, frame) = match job {
        Job::Commit { change, .. } => (&change.session, change.serial, change.frame.as_ref()),
        Job::Store { frame, .. } => (&frame.session, frame.serial, Some(&frame.id)),
    };
    tracing::error_span!(
        "job",
        session = session.as_ref().map(|s| s.as_str()),
        serial = serial.map(|s| s.0),
        frame = frame.map(|f| f.as_str()),
    )
}

fn answer(id: JobId, done: Result<()>) -> Done {
    match done {
        Ok(()) => Done::Committed(id),
        Err(error) => {
            let message = error.chain();
            tracing::error!(
                job = id.0,
                error = message,
                "a job failed; nothing of it is stored"
            );
            Done::Failed {
                id,
                failure: error.failure(),
                message,
            }
        }
    }
}
