//! The sim camera's card: the folder `DCIM` and below.

use super::super::CameraError;
use super::super::child::{BodyError, FileInfo, Listed};
use crate::model::Bytes;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A card's worth of space, less what lies on it.
const CAPACITY: u64 = 64_000_000_000;

/// The card of one sim camera. Folders are spoken of as on a real one: `/DCIM/100SIMUL`.
pub struct Card {
    root: PathBuf,
    open: Option<(PathBuf, File)>,
}

impl Card {
    pub fn of(folder: &Path) -> Self {
        Self {
            root: folder.to_owned(),
            open: None,
        }
    }

    fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.root.join(folder.trim_start_matches('/')).join(name)
    }

    /// A new picture; the camera's own writing is not torn by a crash of the child.
    pub fn write(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), CameraError> {
        let path = self.path(folder, name);
        let temp = path.with_extension("writing");
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            File::create(&temp)?.write_all(bytes)?;
            fs::rename(&temp, &path)
        };
        write().map_err(|source| CameraError::Sim {
            path: path.clone(),
            source,
        })
    }

    pub fn info(&self, folder: &str, name: &str) -> Result<FileInfo, BodyError> {
        let path = self.path(folder, name);
        fs::metadata(&path)
            .map(|meta| info_of(&meta))
            .map_err(|e| trouble(&path, &e))
    }

    /// Up to a buffer of bytes; the file is kept open between pieces.
    pub fn read(
        &mut self,
        folder: &str,
        name: &str,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, BodyError> {
        let path = self.path(folder, name);
        let mut read = || {
            if offset == 0 || self.open.as_ref().is_none_or(|(p, _)| *p != path) {
                self.open = Some((path.clone(), File::open(&path)?));
            }
            let Some((_, file)) = &mut self.open else {
                return Ok(0);
            };
            file.seek(SeekFrom::Start(offset))?;
            let mut n = 0;
            while n < buffer.len() {
                match file.read(&mut buffer[n..])? {
                    0 => break,
                    more => n += more,
                }
            }
            Ok(n)
        };
        read().map_err(|e| trouble(&path, &e))
    }

    pub fn delete(&mut self, folder: &str, name: &str) -> Result<(), BodyError> {
        let path = self.path(folder, name);
        self.open = None;
        fs::remove_file(&path).map_err(|e| trouble(&path, &e))
    }

    pub fn list(&self, progress: &mut dyn FnMut()) -> Result<Vec<Listed>, BodyError> {
        let mut files = Vec::new();
        let mut folders = vec!["/DCIM".to_owned()];
        while let Some(folder) = folders.pop() {
            progress();
            let path = self.path(&folder, "");
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(trouble(&path, &e)),
            };
            for entry in entries {
                let entry = entry.map_err(|e| trouble(&path, &e))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let meta = entry.metadata().map_err(|e| trouble(&entry.path(), &e))?;
                if meta.is_dir() {
                    folders.push(format!("{folder}/{name}"));
                } else if !name.ends_with(".writing") {
                    files.push(Listed {
                        folder: folder.clone(),
                        name,
                        info: info_of(&meta),
                    });
                }
            }
        }
        files.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
        Ok(files)
    }

    /// Free space, by what lies on the card.
    pub fn free(&self) -> u64 {
        let used = self
            .list(&mut || {})
            .map(|files| files.iter().map(|f| f.info.size.0).sum())
            .unwrap_or(0);
        CAPACITY.saturating_sub(used)
    }
}

fn info_of(meta: &fs::Metadata) -> FileInfo {
    let modified_s = meta
        .modified()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |d| d.as_secs() as i64);
    FileInfo {
        size: Bytes(meta.len()),
        modified_s,
    }
}

fn trouble(path: &Path, error: &io::Error) -> BodyError {
    let text = format!("{}: {error}", path.display());
    if error.kind() == io::ErrorKind::NotFound {
        BodyError::NoFile(text)
    } else {
        BodyError::Refused(text)
    }
}
