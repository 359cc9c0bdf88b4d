//! Backups in a folder: photos once, generations one after another.

use super::super::error::ArchiveError;
use super::super::files::{Content, Files};
use super::super::layout::DATABASE;
use super::super::lock::{self, Lock};
use super::error::{BackupError, Result};
use super::manifest::{self, Entry, Manifest, generation, object};
use super::source::{Source, generations_in};
use super::{Store, database};
use crate::model::{Bytes, StationId};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Whose photos they are is nobody else's business.
const MODE: u32 = 0o700;

pub(super) struct Folder {
    files: Files,
    path: PathBuf,
    /// Device and inode of the folder: what is mounted there when the backup begins.
    disk: (u64, u64),
    number: u32,
    keep: u32,
    reread: bool,
    /// Hashes of photos known to be there.
    sure: HashSet<String>,
    _lock: Lock,
}

impl Folder {
    /// Opens or makes the folder, and clears what a backup that was cut short left of its generation.
    pub(super) fn open(
        files: Files,
        path: &Path,
        station: &StationId,
        keep: u32,
        reread: bool,
    ) -> Result<Self> {
        // Only the last part is made: a disk that is not mounted must not be mistaken for one.
        match DirBuilder::new().mode(MODE).create(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                return Err(BackupError::target("create the folder", path, e));
            }
            _ => {}
        }
        is_ours(path)?;
        let lock = lock::take(path).map_err(|error| match error {
            ArchiveError::InUse { .. } => BackupError::Busy {
                path: path.to_owned(),
            },
            ArchiveError::Folder { path, source } => BackupError::target("lock", &path, source),
            other => BackupError::Archive(other),
        })?;
        let all = generations_in(path)?;
        let mut last_whole = None;
        for (number, whole) in &all {
            if *whole {
                last_whole = Some(*number);
            } else {
                let left = path.join(generation(*number));
                fs::remove_dir_all(&left).map_err(|e| BackupError::target("remove", &left, e))?;
            }
        }
        if let Some(last) = last_whole {
            let theirs = Source::open(path)?.manifest(Some(last))?.1.station;
            if theirs != *station {
                return Err(BackupError::OtherStation {
                    path: path.to_owned(),
                    theirs,
                    ours: station.clone(),
                });
            }
        }
        let number = last_whole.unwrap_or(0) + 1;
        let folder = path.join(generation(number));
        files.make_dirs(&folder).map_err(BackupError::at(path))?;
        let disk = disk_of(path)?;
        Ok(Self {
            files,
            path: path.to_owned(),
            disk,
            number,
            keep: keep.max(1),
            reread,
            sure: HashSet::new(),
            _lock: lock,
        })
    }

    /// A stick that is pulled out leaves the folder that it was mounted on: what went there would fill the system's own disk.
    fn still_there(&self) -> Result<()> {
        match disk_of(&self.path)? == self.disk {
            true => Ok(()),
            false => Err(BackupError::target(
                "find",
                &self.path,
                io::Error::other("another disk is mounted there now, or none"),
            )),
        }
    }

    /// Of many, the newest stay. Photos stay all: another generation may name them, and room is for the technician to judge.
    fn forget_old(&self) {
        let Ok(all) = generations_in(&self.path) else {
            return;
        };
        let old = all.len().saturating_sub(self.keep as usize);
        for (number, _) in all.into_iter().take(old) {
            let folder = self.path.join(generation(number));
            // The manifest first: from then on it is none, whatever happens to the rest.
            let removed = fs::remove_file(folder.join(manifest::NAME))
                .and_then(|()| fs::remove_dir_all(&folder));
            if let Err(error) = removed {
                tracing::warn!(folder = %folder.display(), %error, "an old generation stays behind");
            }
        }
    }
}

impl Drop for Folder {
    /// A generation that was not finished goes, if its disk is still there.
    fn drop(&mut self) {
        let folder = self.path.join(generation(self.number));
        if folder.is_dir() && !folder.join(manifest::NAME).is_file() {
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

fn disk_of(path: &Path) -> Result<(u64, u64)> {
    let meta = fs::metadata(path).map_err(|e| BackupError::target("find", path, e))?;
    Ok((meta.dev(), meta.ino()))
}

/// Empty, or laid out as a backup.
fn is_ours(path: &Path) -> Result<()> {
    let list = fs::read_dir(path).map_err(|e| BackupError::target("list the folder", path, e))?;
    for entry in list {
        let entry = entry.map_err(|e| BackupError::target("list the folder", path, e))?;
        let name = entry.file_name();
        let ours = ["objects", "generations", lock::NAME, "lost+found"];
        if !ours.iter().any(|known| name == *known) {
            return Err(BackupError::NotABackup {
                path: path.to_owned(),
            });
        }
    }
    Ok(())
}

impl Store for Folder {
    fn has(&mut self, entry: &Entry) -> Result<bool> {
        if self.sure.contains(entry.sha256.as_str()) {
            return Ok(true);
        }
        let path = self.path.join(object(&entry.sha256));
        let there = match path.metadata() {
            Ok(meta) => meta.len() == entry.size_bytes.0,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(BackupError::target("look at", &path, e)),
        };
        let whole = there
            && (!self.reread
                || database::digest_of(&path).is_ok_and(|(sha256, _)| sha256 == entry.sha256));
        if whole {
            self.sure.insert(entry.sha256.as_str().to_owned());
        } else {
            // Of another size or with other bytes: the disk's doing, as a copy is verified before it gets its name.
            fs::remove_file(&path).map_err(|e| BackupError::target("remove", &path, e))?;
        }
        Ok(whole)
    }

    fn put(&mut self, entry: &Entry, from: &Path) -> Result<()> {
        self.still_there()?;
        let file = File::open(from).map_err(|e| ArchiveError::file("read", from, e))?;
        let stream: RefCell<Box<dyn io::Read>> = RefCell::new(Box::new(file));
        let content = Content::Stream(&stream, from, &entry.sha256);
        let to = self.path.join(object(&entry.sha256));
        self.files
            .put(&content, &to)
            .map_err(BackupError::at(&self.path))?;
        self.sure.insert(entry.sha256.as_str().to_owned());
        Ok(())
    }

    fn staging(&self) -> PathBuf {
        self.path.join(generation(self.number)).join(DATABASE)
    }

    fn free(&self) -> Option<Bytes> {
        self.files.ground.disk.free(&self.path).ok()
    }

    fn close(&mut self, manifest: Manifest) -> Result<u32> {
        self.still_there()?;
        let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        let to = self.path.join(generation(self.number)).join(manifest::NAME);
        self.files
            .put(&Content::Bytes(&text), &to)
            .map_err(BackupError::at(&self.path))?;
        self.forget_old();
        Ok(self.number)
    }
}
