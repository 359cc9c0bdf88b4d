//! A copy of everything durable, made beside a daemon that shoots, and put back into an empty data folder.
//!
//! A backup is a folder, or one tar file with the same in it:
//!
//! ```text
//! objects/3f/3fa9…        a photo under the hash of its bytes: made once, never written again
//! generations/0007/       one backup: shutterline.db as of one moment, and manifest.json, which is written last
//! lock                    one backup at a time
//! ```
//!
//! A generation without a manifest is none: whatever ends a backup in its middle, the earlier ones are whole. Photos are
//! named by their hash, so a second backup to the same folder copies only what is new, a correction that moves files under
//! other names never touches a copy, and any file system will do. The database is copied by SQLite's own backup within one
//! read transaction, so it is of one moment although frames go on being stored; the photos follow, and where one was moved
//! meanwhile the database is copied again, until every row has its file. Nothing in the data folder is written (I2, I3, I5).
//!
//! Restoring verifies each file by its hash before anything is put in place, and puts the database in place last.

mod database;
mod error;
mod folder;
mod manifest;
mod restore;
mod source;
mod tape;

pub use error::BackupError;
pub use manifest::Lost;
#[cfg(test)]
pub(super) use restore::restore_on;
pub use restore::{Restored, refuse_half_restored, restore};
pub use source::{Checked, Source, check_backup};

use super::disk::Ground;
use super::files::Files;
use super::layout::DATABASE;
use crate::clock;
use crate::model::Bytes;
use database::Snapshot;
use error::Result;
use manifest::{Entry, Manifest};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How often the database is copied anew because files moved under the copy. Corrections are made by hand, a few a day.
const ROUNDS: u32 = 6;

/// Where a backup goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A folder that holds, or will hold, backups and nothing else.
    Folder(PathBuf),
    /// A file that is not there yet.
    File(PathBuf),
}

impl Target {
    /// A name that ends in `.tar` is a file, every other a folder.
    pub fn of(path: &Path) -> Self {
        match path.extension() {
            Some(end) if end == "tar" => Self::File(path.to_owned()),
            _ => Self::Folder(path.to_owned()),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::File(path) => path,
        }
    }
}

/// How far a backup or a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files done.
    pub done: u64,
    /// Files in all, as far as known.
    pub total: u64,
}

/// How a backup ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Which generation of the folder it is, from 1.
    pub generation: u32,
    /// Photo files that it holds.
    pub files: u64,
    /// Of these, copied now; the others were there from earlier backups.
    pub copied: u64,
    /// Bytes copied now, the database included.
    pub copied_bytes: Bytes,
    /// Files that are damaged or missing in the data folder itself and therefore in the backup.
    pub lost: Vec<Lost>,
}

/// Where the copies go: a folder or a tape.
trait Store {
    /// Whether a photo's bytes are there already.
    fn has(&mut self, entry: &Entry) -> Result<bool>;
    /// Takes a photo's bytes from a file and reads them back.
    fn put(&mut self, entry: &Entry, from: &Path) -> Result<()>;
    /// A path on the target's own disk for the database, before it is kept.
    fn staging(&self) -> PathBuf;
    /// What is free there.
    fn free(&self) -> Option<Bytes>;
    /// Takes the staged database and, last of all, the manifest: from then on the backup counts.
    fn close(&mut self, manifest: Manifest) -> Result<u32>;
}

/// Makes a backup of a data folder. `keep` is how many generations stay in a folder, the newest; photos are never removed
/// from it. `reread` hashes the photos of earlier backups too and copies anew what does not read back. `step` hears of
/// progress.
///
/// # Errors
/// When the target is full, gone, or something else than a backup, and when the archive cannot be read. Earlier generations
/// are whole then as before.
pub fn back_up(
    data: &Path,
    target: &Target,
    keep: u32,
    reread: bool,
    step: impl FnMut(Progress),
) -> Result<BackedUp> {
    back_up_on(&Ground::real(true), data, target, keep, reread, step)
}

/// The same on another ground: how drills make the target's disk fail.
pub(super) fn back_up_on(
    ground: &Ground,
    data: &Path,
    target: &Target,
    keep: u32,
    reread: bool,
    step: impl FnMut(Progress),
) -> Result<BackedUp> {
    if !data.join(DATABASE).is_file() {
        return Err(BackupError::NoArchive {
            data: data.to_owned(),
        });
    }
    let path = target.path();
    // Of a target that is not there yet, its parent tells where it will lie.
    let real = path
        .canonicalize()
        .or_else(|_| path.parent().unwrap_or(path).canonicalize());
    if let (Ok(real), Ok(data)) = (real, data.canonicalize())
        && real.starts_with(&data)
    {
        return Err(BackupError::Inside {
            path: path.to_owned(),
        });
    }
    let station = super::look::station_of(data)?;
    let files = Files {
        ground: ground.clone(),
        crash_at: None,
    };
    match target {
        Target::Folder(path) => {
            let store = folder::Folder::open(files, path, &station, keep, reread)?;
            run(data, store, step)
        }
        Target::File(path) => run(data, tape::Tape::create(path)?, step),
    }
}

fn run(data: &Path, mut store: impl Store, mut step: impl FnMut(Progress)) -> Result<BackedUp> {
    let mut made = BackedUp::default();
    // Files that were not as their row says, by path and hash: once may be a move under way, twice is damage.
    let mut doubted = BTreeSet::new();
    for _ in 0..ROUNDS {
        let staged = store.staging();
        let snapshot = database::copy(data, &staged)?;
        has_room(&mut store, &snapshot)?;
        let total = snapshot.files.len() as u64;
        let (mut lost, mut moving) = (Vec::new(), false);
        for (done, entry) in (1..).zip(&snapshot.files) {
            if !store.has(entry)? {
                match store.put(entry, &data.join(&entry.path)) {
                    Ok(()) => {
                        made.copied += 1;
                        made.copied_bytes.0 += entry.size_bytes.0;
                    }
                    Err(error) => {
                        let problem = error.of_the_source(data).ok_or(error)?;
                        let known = (entry.path.clone(), entry.sha256.clone());
                        moving |= doubted.insert(known);
                        lost.push(Lost {
                            path: entry.path.clone(),
                            problem,
                        });
                    }
                }
            }
            step(Progress { done, total });
        }
        if !moving {
            made.files = total - lost.len() as u64;
            made.copied_bytes.0 += snapshot.size_bytes.0;
            made.lost.clone_from(&lost);
            made.generation = store.close(manifest(snapshot, lost))?;
            return Ok(made);
        }
    }
    Err(BackupError::Restless { rounds: ROUNDS })
}

/// Refuses before the first byte what will not all fit.
fn has_room(store: &mut impl Store, snapshot: &Snapshot) -> Result<()> {
    let mut needed = 0;
    for entry in &snapshot.files {
        if !store.has(entry)? {
            needed += entry.size_bytes.0;
        }
    }
    match store.free() {
        Some(free) if free.0 < needed => Err(BackupError::TargetFull {
            path: store.staging(),
            needed: Some(Bytes(needed)),
            free: Some(free),
        }),
        // A disk that does not say what is free tells when it is written to.
        _ => Ok(()),
    }
}

fn manifest(snapshot: Snapshot, lost: Vec<Lost>) -> Manifest {
    let gone: BTreeSet<&str> = lost.iter().map(|l| l.path.as_str()).collect();
    let files = snapshot.files.into_iter();
    let files = files.filter(|f| !gone.contains(f.path.as_str())).collect();
    Manifest {
        format: manifest::FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: snapshot.schema,
        station: snapshot.station,
        made_at_ms: clock::wall_time(),
        made_at_trusted: clock::wall_clock_trusted(),
        database: Entry {
            path: DATABASE.to_owned(),
            sha256: snapshot.sha256,
            size_bytes: snapshot.size_bytes,
        },
        files,
        lost,
    }
}
