//! What can go wrong in the archive, and what a person does about it.

use super::{JobFailure, Waits};
use std::io;
use std::path::{Path, PathBuf};

/// Why the archive could not do something. Each names the thing and the next step.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The data folder is not there or not ours to write.
    #[error(
        "the data folder {} cannot be used; create it or mount its disk, and let this user write there",
        path.display()
    )]
    Folder {
        /// The data folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another daemon works on the data folder.
    #[error(
        "another shutterline (pid {}) uses {}; stop it, or choose another folder with --data",
        pid.map_or_else(|| "unknown".to_owned(), |p| p.to_string()), path.display()
    )]
    InUse {
        /// The data folder.
        path: PathBuf,
        /// The holder, when the lock file names it.
        pid: Option<u32>,
    },
    /// A restore was cut short here.
    #[error(
        "an unfinished restore lies in {}; run `shutterline restore` again, or remove that folder to begin with an empty station",
        path.display()
    )]
    HalfRestored {
        /// Where its files lie.
        path: PathBuf,
    },
    /// The database was written by a newer version.
    #[error(
        "{} has schema {found}, this version knows up to {known}; run the newer shutterline that wrote it, or restore the backup",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its `user_version`.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database is damaged, or no database.
    #[error(
        "the database {} is damaged; move it aside, restore the last backup, and run `shutterline archive verify`",
        path.display()
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Another process holds the database's lock.
    #[error("another process keeps {} locked; close the program that has it open", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The disk is full.
    #[error("no space left to {doing} {}; free some space on the data folder's disk", path.display())]
    Full {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
    },
    /// The disk takes no writes any more: it fails, or the kernel has made it read-only because it did.
    #[error(
        "the disk does not take what is written to {}; look at `dmesg`, check the disk (`fsck`) and mount it writable again",
        path.display()
    )]
    Disk {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A file operation failed.
    #[error("failed to {doing} {}; check the disk (`dmesg`) and the folder's permissions", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {what}; {next}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// What to do.
        next: &'static str,
    },
    /// The database refused a statement.
    #[error("the database {} refused a statement; run `shutterline archive verify` and report it", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A stored value is not one this version knows.
    #[error(
        "a row of {table} holds {value:?}, which is no {wanted}; run `shutterline archive verify` and report it"
    )]
    Row {
        /// Which table.
        table: &'static str,
        /// What was found.
        value: String,
        /// What was wanted.
        wanted: &'static str,
    },
    /// The archive's thread has ended.
    #[error(
        "the archive has stopped; restart shutterline, the camera's card still has what was not stored"
    )]
    Gone,
    /// The archive has more to do than it can queue.
    #[error("the archive is behind; try again in a moment")]
    Behind,
    /// There is no such outbox item, or its receipt is for other bytes.
    #[error("outbox item {id}: {what}")]
    Outbox {
        /// Which.
        id: i64,
        /// What is wrong.
        what: String,
    },
    /// No item of that number is in the outbox.
    #[error("there is no item {id} in the outbox")]
    NoOutboxItem {
        /// Which.
        id: i64,
    },
    /// No destination of that name is in the config.
    #[error("there is no destination {name:?}; {}", known_destinations(known))]
    NoDestination {
        /// What was asked for.
        name: String,
        /// Those of the config.
        known: Vec<String>,
    },
    /// Nothing was named where everything would be too much.
    #[error(
        "nothing is named that is not to be sent; name a destination or items of `shutterline upload status`"
    )]
    NothingNamed,
}

/// Shorthand within the room.
pub type Result<T> = std::result::Result<T, ArchiveError>;

impl ArchiveError {
    /// A file operation that failed, full disks told apart.
    pub(super) fn file(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { doing, path },
            _ => Self::File {
                doing,
                path,
                source,
            },
        }
    }

    /// What SQLite said, told apart by what a person would do about it.
    pub(super) fn database(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path, source }
            }
            Some(ErrorCode::DiskFull) => Self::Full {
                doing: "write",
                path,
            },
            // The index beside the write-ahead log could not grow; SQLite has no word of its own for why.
            Some(_) if extended(&source) == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => {
                Self::Full {
                    doing: "write beside",
                    path,
                }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt { path, source }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::SystemIoFailure) => Self::Disk { path, source },
            _ => Self::Database { path, source },
        }
    }

    /// What to wait for before the same is tried again; `None` where waiting does not help.
    pub(super) fn passes(&self) -> Option<Waits> {
        match self {
            Self::Busy { .. } => Some(Waits::Unlocked),
            Self::Full { .. } => Some(Waits::Room),
            _ => None,
        }
    }

    /// What the station is told.
    pub(super) fn failure(&self) -> JobFailure {
        match self {
            Self::Full { .. } => JobFailure::Full,
            _ => JobFailure::Broken,
        }
    }

    /// The whole chain in one line.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

fn known_destinations(known: &[String]) -> String {
    match known {
        [] => "the config names none".to_owned(),
        known => format!("the config names {}", known.join(", ")),
    }
}

fn extended(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|e| e.extended_code)
}
