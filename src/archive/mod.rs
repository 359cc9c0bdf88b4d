//! Everything durable: SQLite and photo files both, and nothing else touches either.
//!
//! One thread does one job after another in the order they were handed in; a job is stored whole or not at all. It keeps I2
//! (whole files, journalled moves), I3 (each file of the camera exactly once, verified before anybody is told), I5 (a photo is
//! cleared only after every required receipt, and receipts are taken only for the bytes that were queued), I6 (serials without gaps, by the schema), I7 (one event
//! row a change, in the same commit) and I9 (a tag never touches the image). It never decides who owns a frame, never waits
//! for a network, and never tries a failed write again on the same file.

mod backup;
mod crash;
mod disk;
mod error;
mod files;
mod incoming;
mod job;
mod layout;
mod lock;
mod look;
mod made;
mod making;
mod moves;
mod outbox;
mod outbox_hand;
mod outbox_queue;
mod outbox_rows;
mod place;
mod reader;
mod retention;
mod rows;
mod schema;
mod snapshot;
mod start;
mod store;
mod underway;
mod verify;
mod worker;
mod write;

#[cfg(test)]
mod tests;

pub use backup::{
    BackedUp, BackupError, Checked, Lost, Progress, Restored, Source, Target, back_up,
    check_backup, restore,
};
pub use crash::{ARMED_BY, CrashPoint, UnknownCrashPoint, armed};
pub use disk::{Disk, Ground, RealDisk, Sink, Timed, Watch};
pub use error::ArchiveError;
pub use job::{Done, Job, JobFailure, JobId, Waits};
pub use look::{
    DatabaseLook, Depth, TableCount, holder, look_at_database, personal_words, schema_version,
    station_of, table_counts, time_fsync,
};
pub use making::{Making, MakingLook, Task, Unmade, Workbench};
pub use outbox::{Outbox, OutboxId, OutboxItem, OutboxRemoval, Receipt, Selection};
pub use reader::{EventRow, FrameFilter, OutboxRow, Reader};
pub use retention::{Cleared, Clearing, Retention};
pub use start::Notice;
pub use verify::{Problem, Verified, VerifyStep};

use crate::model::{Bytes, Consignee, FrameId, Millis, Snapshot, StationId};
use error::Result;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::Notify;
use worker::{Message, Worker};

/// Jobs that may wait. A press makes about six; the station stops shooting within seconds of a locked database or a failed
/// write, so a thousand are never waiting in a venue. The bound is four times that: a bench that slows every commit to
/// 500 ms keeps its thousand presses flowing, and the memory stays under 10 MB.
const QUEUE: usize = 4096;

/// Larger JPEGs are stored as they came, never held whole in memory: three times the largest that today's cameras make.
const TAG_LIMIT: Bytes = Bytes(96_000_000);

/// How the archive is to work.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder. Created if only its last part is missing.
    pub data: PathBuf,
    /// Where downloads land; `None` for `<data>/incoming`.
    pub incoming: Option<PathBuf>,
    /// Whether a student's name may be written into photos.
    pub name_in_tag: bool,
    /// A knob of drills and benches: each commit waits this long first.
    pub commit_delay: Option<Millis>,
    /// A drill: end the process at this step.
    pub crash_at: Option<CrashPoint>,
    /// `false` leaves every fsync of photos out; only for benches.
    pub sync: bool,
    /// Where delivered files go, and which of them.
    pub destinations: Vec<Consignee>,
}

impl Options {
    /// The usual ones for a data folder.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            incoming: None,
            name_in_tag: false,
            commit_delay: None,
            crash_at: None,
            sync: true,
            destinations: Vec::new(),
        }
    }
}

/// The open archive. Dropping it finishes what was handed in and gives the data folder free.
pub struct Archive {
    sender: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    news: Arc<Notify>,
    bell: Arc<Notify>,
    underway: underway::Underway,
    incoming: incoming::Incoming,
    data: PathBuf,
    station: StationId,
    notices: Vec<Notice>,
    _lock: lock::Lock,
}

impl Archive {
    /// Takes the data folder, brings it to order, and starts the thread `archive`, which answers through `done`.
    pub fn open(
        options: Options,
        done: Box<dyn Fn(Done) + Send>,
    ) -> std::result::Result<(Self, Snapshot), ArchiveError> {
        let ground = Ground::real(options.sync);
        Self::open_on(ground, options, done)
    }

    /// The same on another ground: how drills make a disk fail.
    pub fn open_on(
        ground: Ground,
        options: Options,
        done: Box<dyn Fn(Done) + Send>,
    ) -> std::result::Result<(Self, Snapshot), ArchiveError> {
        let data = options.data.clone();
        make_data_folder(&data)?;
        let lock = lock::take(&data)?;
        backup::refuse_half_restored(&data)?;
        let files = files::Files {
            ground,
            crash_at: options.crash_at,
        };
        files.make_dirs(&data.join(layout::PHOTOS))?;
        let incoming = incoming::Incoming::open(
            &options
                .incoming
                .clone()
                .unwrap_or_else(|| data.join("incoming")),
        )?;
        let db = schema::open(&data.join(layout::DATABASE))?;
        let (station, cloned) = start::identify(&db, &files.ground)?;
        // Stopped until all is in order: start-up reports a locked database or a full disk instead of waiting.
        let (stop, news) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
        let (underway, bell) = (underway::Underway::default(), Arc::new(Notify::new()));
        let worker = Worker {
            db,
            data: data.clone(),
            options,
            station: station.clone(),
            files,
            done,
            stop: stop.clone(),
            news: news.clone(),
            bell: bell.clone(),
            underway: underway.clone(),
        };
        let mut notices: Vec<Notice> = cloned.into_iter().collect();
        notices.extend(worker.reconcile()?);
        for notice in &notices {
            tracing::warn!(%notice, "start-up");
        }
        worker.transact(|db| {
            making::start(db, &worker.options.destinations)?;
            outbox_queue::start(db, &worker.options.destinations)
        })?;
        bell.notify_one();
        let snapshot = snapshot::read(&worker.db)?;
        schema::at_work(&worker.db)?;
        stop.store(false, Ordering::Relaxed);
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("archive".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(|e| ArchiveError::file("start the thread for", &data, e))?;
        let archive = Self {
            sender,
            thread: Some(thread),
            stop,
            news,
            bell,
            underway,
            incoming,
            data,
            station,
            notices,
            _lock: lock,
        };
        Ok((archive, snapshot))
    }

    /// Hands in a job; answered through `done`. Waits only if [thousands](QUEUE) wait already; an error means that the
    /// thread is gone and the job with it.
    pub fn submit(&self, job: Job) -> std::result::Result<(), ArchiveError> {
        self.sender
            .send(Message::Job(job))
            .map_err(|_| ArchiveError::Gone)
    }

    /// A fresh path for a download; never given twice.
    pub fn incoming_path(&self, frame: &FrameId, name: &str) -> PathBuf {
        self.incoming.path(frame, name)
    }

    /// Removes what earlier runs downloaded and did not store; to be called once the card was listed, as the card is where
    /// those frames are fetched from again. Returns how many runs.
    pub fn forget_old_incoming(&self) -> std::result::Result<usize, ArchiveError> {
        self.incoming.forget_old()
    }

    /// The upload room's door.
    pub fn outbox(&self) -> Outbox {
        Outbox {
            sender: self.sender.clone(),
            news: self.news.clone(),
        }
    }

    /// What clears delivered photos.
    ///
    /// # Errors
    /// When the database cannot be opened to read beside the archive's thread.
    pub fn clearing(&self) -> std::result::Result<Clearing, ArchiveError> {
        Ok(Clearing {
            sender: self.sender.clone(),
            reader: Reader::open(&self.data)?,
        })
    }

    /// Where portraits, reports and manifests are asked for and handed in.
    ///
    /// # Errors
    /// When the database cannot be opened to read beside the archive's thread.
    pub fn workbench(&self) -> std::result::Result<Workbench, ArchiveError> {
        Ok(Workbench {
            sender: self.sender.clone(),
            reader: Reader::open(&self.data)?,
            bell: self.bell.clone(),
        })
    }

    /// Reads beside the thread, and knows what it is storing.
    ///
    /// # Errors
    /// When the database cannot be opened once more.
    pub fn reader(&self) -> std::result::Result<Reader, ArchiveError> {
        Reader::beside(&self.data, self.underway.clone())
    }

    /// What start-up found and a person should know; it is in the log too.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// This station.
    pub fn station(&self) -> &StationId {
        &self.station
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        // Jobs handed in are finished; only a locked database or a full disk is not waited for any longer.
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.sender.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Only the last part is made: a data folder on a disk that is not mounted must not appear on the system's own.
fn make_data_folder(data: &Path) -> Result<()> {
    match std::fs::create_dir(data) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(ArchiveError::Folder {
            path: data.to_owned(),
            source,
        }),
    }
}

/// A path in the data folder as rows and people have it.
fn relative(data: &Path, path: &Path) -> String {
    path.strip_prefix(data)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}
