//! Why a backup or a restore did not come about, and what a person does about it.

use super::super::error::ArchiveError;
use super::super::files::OTHERWISE;
use crate::model::{Bytes, StationId};
use std::io;
use std::path::{Path, PathBuf};

/// Shorthand within the backup.
pub(super) type Result<T> = std::result::Result<T, BackupError>;

/// Why not. Each names the thing and the next step.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("there is no archive in {}; name the data folder with --data or the config with --config", data.display())]
    NoArchive {
        /// Where it was sought.
        data: PathBuf,
    },
    /// A backup beside the original is lost with it.
    #[error("{} lies in the data folder itself; name a folder on another disk", path.display())]
    Inside {
        /// The target.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error("{} is not empty and no backup; name a new folder, or one that holds backups of this station", path.display())]
    NotABackup {
        /// The target.
        path: PathBuf,
    },
    /// The folder is for another station.
    #[error("{} holds backups of station {theirs}, and this is {ours}; name another folder", path.display())]
    OtherStation {
        /// The target.
        path: PathBuf,
        /// Whose backups it holds.
        theirs: StationId,
        /// This station.
        ours: StationId,
    },
    /// A file is never overwritten.
    #[error("{} is there already; name another file, or a folder, where backups follow each other", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// Somebody else writes there.
    #[error("another backup writes to {}; wait for it to end", path.display())]
    Busy {
        /// The target.
        path: PathBuf,
    },
    /// The target has no room.
    #[error(
        "no room for the backup at {}{}; free some, or name a larger disk: earlier backups there are whole",
        path.display(), shortage(*needed, *free)
    )]
    TargetFull {
        /// Where.
        path: PathBuf,
        /// What is needed, if known beforehand.
        needed: Option<Bytes>,
        /// What is free, if known.
        free: Option<Bytes>,
    },
    /// The target fails or is gone.
    #[error("failed to {doing} {} for the backup; look after that disk (is it still plugged in?): earlier backups there are whole", path.display())]
    Target {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What was written does not read back.
    #[error("{} does not read back as it was written; that disk is failing, name another", path.display())]
    Misread {
        /// Which file.
        path: PathBuf,
    },
    /// Files moved under every copy.
    #[error(
        "files were moved during each of {rounds} tries; run it again when nobody makes corrections"
    )]
    Restless {
        /// How often it was tried.
        rounds: u32,
    },
    /// There is nothing to restore.
    #[error("there is no backup in {}{}; name the folder or the .tar file that `shutterline backup` made", path.display(), which(*generation))]
    NoBackup {
        /// Where it was sought.
        path: PathBuf,
        /// Which generation was asked for.
        generation: Option<u32>,
    },
    /// A newer program made it.
    #[error("{} has format {found}, which this version does not know; restore it with the version that made it", path.display())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The backup is not as it was made.
    #[error("{} {what}; the data folder is as it was: take another generation (--generation) or another copy of the backup, or leave out damaged photos with --skip-damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A restore never overwrites.
    #[error("{} is not empty (it holds {found}); move it aside or name an empty folder with --data", data.display())]
    NotEmpty {
        /// The data folder.
        data: PathBuf,
        /// Something in it.
        found: String,
    },
    /// The archive's own side.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

fn shortage(needed: Option<Bytes>, free: Option<Bytes>) -> String {
    match (needed, free) {
        (Some(needed), Some(free)) => format!(" ({needed} are needed, {free} are free)"),
        _ => String::new(),
    }
}

fn which(generation: Option<u32>) -> String {
    generation.map_or_else(String::new, |n| format!(" under generation {n}"))
}

impl BackupError {
    /// What went wrong with a file below `target`, told apart from what is wrong with the archive.
    pub(super) fn at(target: &Path) -> impl Fn(ArchiveError) -> Self + '_ {
        move |error| match error {
            ArchiveError::Full { path, .. } if path.starts_with(target) => Self::TargetFull {
                path,
                needed: None,
                free: None,
            },
            ArchiveError::File {
                doing,
                path,
                source,
            } if path.starts_with(target) => Self::Target {
                doing,
                path,
                source,
            },
            ArchiveError::Content { path, .. } if path.starts_with(target) => {
                Self::Misread { path }
            }
            ArchiveError::Database { path, source } if path.starts_with(target) => Self::Target {
                doing: "write the database",
                path,
                source: io::Error::other(source),
            },
            other => Self::Archive(other),
        }
    }

    /// A file operation on the target that failed.
    pub(super) fn target(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::at(path)(ArchiveError::file(doing, path, source))
    }

    /// What is wrong with a photo of the data folder, in words, where this error is about one: it may have moved meanwhile.
    pub(super) fn of_the_source(&self, data: &Path) -> Option<String> {
        match self {
            Self::Archive(ArchiveError::File { path, source, .. }) if path.starts_with(data) => {
                Some(source.to_string())
            }
            Self::Archive(ArchiveError::Content { path, what, .. })
                if path.starts_with(data) && what == OTHERWISE =>
            {
                Some(what.clone())
            }
            _ => None,
        }
    }
}
