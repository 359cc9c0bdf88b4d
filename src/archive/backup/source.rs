//! A backup being read: a folder or a tar file, alike from here on.

use super::super::error::ArchiveError;
use super::super::layout::DATABASE;
use super::Progress;
use super::database;
use super::error::{BackupError, Result};
use super::manifest::{self, Entry, Manifest, generation, object};
use crate::model::{StationId, WallMs};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where a backup lies.
pub struct Source {
    path: PathBuf,
    /// Where each file begins in a tar, and how long it is; `None` for a folder.
    tar: Option<HashMap<String, (u64, u64)>>,
}

/// What was found of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Which generation.
    pub generation: u32,
    /// Of which station.
    pub station: StationId,
    /// When it was made, by that station's wall clock.
    pub made_at: WallMs,
    /// Whether that clock was trusted.
    pub made_at_trusted: bool,
    /// Photo files that it holds.
    pub files: u64,
    /// Paths of photos whose copy is damaged or missing, and of the database if it is.
    pub damaged: Vec<String>,
    /// Photos that were damaged or missing at the station already.
    pub lost: Vec<manifest::Lost>,
}

/// Generations of a backup's folder by number, each with whether it is whole. None where there is no such folder.
pub(super) fn generations_in(path: &Path) -> Result<BTreeMap<u32, bool>> {
    let folder = path.join("generations");
    let mut found = BTreeMap::new();
    let list = match fs::read_dir(&folder) {
        Ok(list) => list,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(BackupError::target("list the folder", &folder, e)),
    };
    for entry in list {
        let entry = entry.map_err(|e| BackupError::target("list the folder", &folder, e))?;
        let name = entry.file_name();
        if let Some(number) = name.to_str().and_then(|n| n.parse().ok()) {
            found.insert(number, entry.path().join(manifest::NAME).is_file());
        }
    }
    Ok(found)
}

impl Source {
    /// Opens a folder or a tar file; nothing of it is verified yet.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable = |e| BackupError::target("read", path, e);
        let meta = match fs::metadata(path) {
            Ok(meta) => meta,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NoBackup {
                    path: path.to_owned(),
                    generation: None,
                });
            }
            Err(e) => return Err(unreadable(e)),
        };
        let tar = match meta.is_dir() {
            true => None,
            false => Some(index(path)?),
        };
        Ok(Self {
            path: path.to_owned(),
            tar,
        })
    }

    /// The newest whole generation, or the one asked for, with its manifest.
    pub(super) fn manifest(&self, asked: Option<u32>) -> Result<(u32, Manifest)> {
        let whole = match &self.tar {
            None => generations_in(&self.path)?
                .into_iter()
                .filter_map(|(number, whole)| whole.then_some(number))
                .collect(),
            Some(index) => {
                let name = format!("{}/{}", generation(1), manifest::NAME);
                index
                    .contains_key(&name)
                    .then_some(1)
                    .into_iter()
                    .collect::<Vec<u32>>()
            }
        };
        let number = match asked {
            Some(number) => whole.into_iter().find(|n| *n == number),
            None => whole.into_iter().max(),
        };
        let number = number.ok_or_else(|| BackupError::NoBackup {
            path: self.path.clone(),
            generation: asked,
        })?;
        let name = format!("{}/{}", generation(number), manifest::NAME);
        let (mut bytes, path) = (Vec::new(), self.path.join(&name));
        let read = self.read(&name).and_then(|mut r| r.read_to_end(&mut bytes));
        read.map_err(|e| BackupError::target("read", &path, e))?;
        Ok((number, Manifest::parse(&bytes, &path)?))
    }

    /// A file of the backup by its name in the layout.
    fn read(&self, name: &str) -> io::Result<Box<dyn Read>> {
        let Some(index) = &self.tar else {
            return Ok(Box::new(File::open(self.path.join(name))?));
        };
        let (at, length) = *index
            .get(name)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Box::new(file.take(length)))
    }

    /// A photo's bytes, and what to call them in errors.
    pub(super) fn photo(&self, entry: &Entry) -> (io::Result<Box<dyn Read>>, PathBuf) {
        let name = object(&entry.sha256);
        (self.read(&name), self.path.join(name))
    }

    /// A generation's database, and what to call it in errors.
    pub(super) fn database(&self, number: u32) -> (io::Result<Box<dyn Read>>, PathBuf) {
        let name = format!("{}/{DATABASE}", generation(number));
        (self.read(&name), self.path.join(name))
    }
}

/// Where each file of a tar begins. Of two of one name the later counts.
fn index(path: &Path) -> Result<HashMap<String, (u64, u64)>> {
    let damaged = |e: io::Error| BackupError::Damaged {
        path: path.to_owned(),
        what: format!("is no whole tar file ({e})"),
    };
    let file = File::open(path).map_err(|e| BackupError::target("read", path, e))?;
    let mut tar = tar::Archive::new(file);
    let mut index = HashMap::new();
    for entry in tar.entries_with_seek().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let name = entry
            .path()
            .map_err(damaged)?
            .to_string_lossy()
            .into_owned();
        index.insert(name, (entry.raw_file_position(), entry.size()));
    }
    Ok(index)
}

/// Reads a backup through and compares every hash; writes nothing. `step` hears of progress.
///
/// # Errors
/// When there is none, or its manifest cannot be read. What is damaged otherwise is told in [`Checked::damaged`].
pub fn check_backup(
    path: &Path,
    generation: Option<u32>,
    step: impl FnMut(Progress),
) -> Result<Checked> {
    check_source(&Source::open(path)?, generation, step)
}

pub(super) fn check_source(
    source: &Source,
    asked: Option<u32>,
    mut step: impl FnMut(Progress),
) -> Result<Checked> {
    let (number, manifest) = source.manifest(asked)?;
    let mut damaged = Vec::new();
    if !is_whole(source.database(number), &manifest.database) {
        damaged.push(manifest.database.path.clone());
    }
    let total = manifest.files.len() as u64;
    for (done, entry) in (1..).zip(&manifest.files) {
        if !is_whole(source.photo(entry), entry) {
            damaged.push(entry.path.clone());
        }
        step(Progress { done, total });
    }
    Ok(Checked {
        generation: number,
        station: manifest.station,
        made_at: manifest.made_at_ms,
        made_at_trusted: manifest.made_at_trusted,
        files: total,
        damaged,
        lost: manifest.lost,
    })
}

fn is_whole((reader, path): (io::Result<Box<dyn Read>>, PathBuf), entry: &Entry) -> bool {
    let read = reader.map_err(|e| ArchiveError::file("read", &path, e));
    let digest = read.and_then(|mut reader| database::digest_from(&mut *reader, &path));
    digest.is_ok_and(|found| found == (entry.sha256.clone(), entry.size_bytes))
}
