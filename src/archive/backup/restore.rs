//! A backup put back: verified in a folder of its own first, then named in place, the database last.

use super::super::disk::Ground;
use super::super::error::ArchiveError;
use super::super::files::{Content, Files, OTHERWISE};
use super::super::layout::{DATABASE, PHOTOS};
use super::super::look::{Depth, objections};
use super::super::{lock, make_data_folder, schema};
use super::error::{BackupError, Result};
use super::manifest::{Entry, Lost, Manifest};
use super::source::Source;
use super::{Progress, database};
use crate::model::StationId;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where a restore gathers its files, within the data folder: naming them in place is then a rename.
const STAGE: &str = "restoring";

/// Photos that a power cut left without a row.
const FOUND: &str = "found";

/// How a restore ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Which generation.
    pub generation: u32,
    /// Of which station.
    pub station: StationId,
    /// Photo files restored.
    pub files: u64,
    /// Photos that the backup does not have, or has damaged: `archive verify` will name them too.
    pub lost: Vec<Lost>,
}

/// Whether a restore was cut short in a data folder; a daemon must not begin an archive of its own beside it.
pub fn refuse_half_restored(data: &Path) -> std::result::Result<(), ArchiveError> {
    let path = data.join(STAGE);
    // The database is put in place last: where it is, only the emptied folder was left to remove.
    if data.join(DATABASE).exists() {
        let _ = fs::remove_dir(&path);
    }
    match path.exists() {
        true => Err(ArchiveError::HalfRestored { path }),
        false => Ok(()),
    }
}

/// Puts a backup into an empty data folder; the newest generation unless another is asked for. Every file is compared with
/// its hash first; one that is damaged ends it before anything is in place, or is left out where `skip_damaged` is given.
/// Cut short, it goes on where it was when it is run again.
///
/// # Errors
/// When the data folder is not empty, in use or on a full disk, and when the backup is damaged.
pub fn restore(
    from: &Path,
    data: &Path,
    generation: Option<u32>,
    skip_damaged: bool,
    step: impl FnMut(Progress),
) -> Result<Restored> {
    restore_on(
        &Ground::real(true),
        from,
        data,
        generation,
        skip_damaged,
        step,
    )
}

/// The same on another ground: how drills make the disk fail.
pub(in super::super) fn restore_on(
    ground: &Ground,
    from: &Path,
    data: &Path,
    generation: Option<u32>,
    skip_damaged: bool,
    step: impl FnMut(Progress),
) -> Result<Restored> {
    let source = Source::open(from)?;
    let (number, manifest) = source.manifest(generation)?;
    make_data_folder(data)?;
    is_empty(data)?;
    let _lock = lock::take(data)?;
    let files = Files {
        ground: ground.clone(),
        crash_at: None,
    };
    take_back_into_stage(data)?;
    let mut restoring = Restoring {
        files,
        source,
        stage: data.join(STAGE),
        skip_damaged,
        lost: manifest.lost.clone(),
    };
    restoring.photos(&manifest, step)?;
    restoring.database(number, &manifest)?;
    let files = manifest.files.len() + manifest.lost.len() - restoring.lost.len();
    own_alike(data)?;
    put_in_place(&restoring.files, data)?;
    Ok(Restored {
        generation: number,
        station: manifest.station,
        files: files as u64,
        lost: restoring.lost,
    })
}

/// Nothing there but the lock, and what an earlier restore that was cut short left: it holds no database yet.
fn is_empty(data: &Path) -> Result<()> {
    let half = data.join(STAGE).is_dir() && !data.join(DATABASE).exists();
    let list = fs::read_dir(data).map_err(|e| ArchiveError::file("list the folder", data, e))?;
    for entry in list {
        let entry = entry.map_err(|e| ArchiveError::file("list the folder", data, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = match name.as_str() {
            lock::NAME | "lost+found" => true,
            STAGE | PHOTOS | FOUND => half,
            _ => false,
        };
        if !known {
            return Err(BackupError::NotEmpty {
                data: data.to_owned(),
                found: name,
            });
        }
    }
    Ok(())
}

/// What an earlier restore named in place before it was cut short goes back to be compared with the others.
fn take_back_into_stage(data: &Path) -> Result<()> {
    let stage = data.join(STAGE);
    for name in [PHOTOS, FOUND] {
        let (placed, staged) = (data.join(name), stage.join(name));
        if placed.is_dir() && !staged.exists() {
            fs::rename(&placed, &staged)
                .map_err(|e| ArchiveError::file("move back", &placed, e))?;
        }
    }
    Ok(())
}

struct Restoring {
    files: Files,
    source: Source,
    stage: PathBuf,
    skip_damaged: bool,
    lost: Vec<Lost>,
}

impl Restoring {
    fn photos(&mut self, manifest: &Manifest, mut step: impl FnMut(Progress)) -> Result<()> {
        let total = manifest.files.len() as u64;
        for (done, entry) in (1..).zip(&manifest.files) {
            let to = self.stage.join(&entry.path);
            // There from an earlier try.
            let staged = to.is_file()
                && database::digest_of(&to).is_ok_and(|(sha256, _)| sha256 == entry.sha256);
            if !staged {
                let (reader, path) = self.source.photo(entry);
                let stored = self.store(reader, &path, entry, &to);
                self.or_lost(stored, entry)?;
            }
            step(Progress { done, total });
        }
        Ok(())
    }

    fn or_lost(&mut self, stored: Result<()>, entry: &Entry) -> Result<()> {
        match stored {
            Err(BackupError::Damaged { what, .. }) if self.skip_damaged => {
                self.lost.push(Lost {
                    path: entry.path.clone(),
                    problem: format!("its copy {what}"),
                });
                Ok(())
            }
            other => other,
        }
    }

    /// One file, whole and durable in the stage, or an error that says on which side the trouble is.
    fn store(
        &self,
        reader: io::Result<Box<dyn Read>>,
        from: &Path,
        entry: &Entry,
        to: &Path,
    ) -> Result<()> {
        let damaged = |what: String| BackupError::Damaged {
            path: from.to_owned(),
            what,
        };
        if to.exists() {
            fs::remove_file(to).map_err(|e| ArchiveError::file("remove", to, e))?;
        }
        let stream = RefCell::new(reader.map_err(|e| damaged(format!("cannot be read ({e})")))?);
        let content = Content::Stream(&stream, from, &entry.sha256);
        match self.files.put(&content, to) {
            Ok(_) => Ok(()),
            Err(ArchiveError::File { path, source, .. }) if path == from => {
                Err(damaged(format!("cannot be read ({source})")))
            }
            Err(ArchiveError::Content { path, .. }) if path == from => {
                Err(damaged(OTHERWISE.to_owned()))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The database, looked over by SQLite, and agreeing with the manifest on every file.
    fn database(&self, number: u32, manifest: &Manifest) -> Result<()> {
        let to = self.stage.join(DATABASE);
        let (reader, from) = self.source.database(number);
        self.store(reader, &from, &manifest.database, &to)?;
        let damaged = |what: String| BackupError::Damaged {
            path: from.clone(),
            what,
        };
        let db = schema::open_to_read(&to)?;
        if let Some(first) = objections(&db, Depth::Whole)?.first() {
            return Err(damaged(format!("is damaged ({first})")));
        }
        let rows: BTreeSet<Entry> = database::rows(&db)?.into_iter().collect();
        let lost: BTreeSet<&str> = manifest.lost.iter().map(|l| l.path.as_str()).collect();
        let kept = manifest.files.iter().filter(|f| database::has_row(f));
        let kept: BTreeSet<Entry> = kept.cloned().collect();
        let without = rows
            .iter()
            .find(|r| !kept.contains(*r) && !lost.contains(r.path.as_str()));
        let strange = kept.iter().find(|entry| !rows.contains(*entry));
        match without.or(strange) {
            None => Ok(()),
            Some(entry) => Err(damaged(format!(
                "and its manifest disagree about {}",
                entry.path
            ))),
        }
    }
}

/// A restore by root gives everything to whoever owns the data folder: the daemon does not run as root.
fn own_alike(data: &Path) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let meta = fs::metadata(data).map_err(|e| ArchiveError::file("look at", data, e))?;
    let mut paths = vec![data.join(STAGE), data.join(lock::NAME)];
    while let Some(path) = paths.pop() {
        std::os::unix::fs::chown(&path, Some(meta.uid()), Some(meta.gid()))
            .map_err(|e| ArchiveError::file("give to the data folder's owner", &path, e))?;
        if path.is_dir() {
            let list = fs::read_dir(&path).map_err(|e| ArchiveError::file("list", &path, e))?;
            paths.extend(list.flatten().map(|entry| entry.path()));
        }
    }
    Ok(())
}

/// The photos first. Until the database is there the folder is no archive, and a restore may begin again.
fn put_in_place(files: &Files, data: &Path) -> Result<()> {
    let stage = data.join(STAGE);
    let disk = &files.ground.disk;
    for name in [PHOTOS, FOUND, DATABASE] {
        let (from, to) = (stage.join(name), data.join(name));
        if !from.exists() {
            continue;
        }
        disk.rename(&from, &to)
            .and_then(|()| disk.sync_dir(data))
            .map_err(|e| ArchiveError::file("put in place", &to, e))?;
    }
    fs::remove_dir(&stage)
        .and_then(|()| disk.sync_dir(data))
        .map_err(|e| ArchiveError::file("remove", &stage, e))?;
    Ok(())
}
