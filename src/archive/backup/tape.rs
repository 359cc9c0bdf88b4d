//! A backup in one tar file: the layout of a folder with one generation, its manifest last.

use super::super::error::ArchiveError;
use super::super::files::{Hasher, OTHERWISE};
use super::super::layout::DATABASE;
use super::Store;
use super::error::{BackupError, Result};
use super::manifest::{self, Entry, Manifest, generation, object};
use super::source::{Source, check_source};
use crate::model::Bytes;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Whose photos they are is nobody else's business.
const MODE: u32 = 0o600;

pub(super) struct Tape {
    /// The name it gets when it is whole.
    path: PathBuf,
    /// What it is called until then.
    part: PathBuf,
    staging: PathBuf,
    tar: tar::Builder<BufWriter<File>>,
    on_it: HashSet<String>,
}

impl Tape {
    /// Begins a file. What an earlier backup that was cut short left under its temporary names goes.
    pub(super) fn create(path: &Path) -> Result<Self> {
        if path.exists() {
            return Err(BackupError::Exists {
                path: path.to_owned(),
            });
        }
        let part = beside(path, ".part");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(MODE)
            .open(&part)
            .map_err(|e| BackupError::target("create", &part, e))?;
        Ok(Self {
            path: path.to_owned(),
            staging: beside(path, ".db.part"),
            tar: tar::Builder::new(BufWriter::new(file)),
            part,
            on_it: HashSet::new(),
        })
    }

    fn append(&mut self, name: &str, size: u64, reader: &mut dyn Read) -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(MODE);
        header.set_entry_type(tar::EntryType::Regular);
        self.tar
            .append_data(&mut header, name, reader)
            .map_err(|e| BackupError::target("write", &self.part, e))
    }

    /// Everything durable under its final name.
    fn finish(&mut self) -> Result<()> {
        let fail = |doing| move |e| (doing, e);
        let finished = self
            .tar
            .finish()
            .map_err(fail("write"))
            .and_then(|()| self.tar.get_mut().flush().map_err(fail("write")))
            .and_then(|()| {
                self.tar
                    .get_ref()
                    .get_ref()
                    .sync_all()
                    .map_err(fail("fsync"))
            });
        finished.map_err(|(doing, e)| BackupError::target(doing, &self.part, e))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.staging);
        // Gone already where it has its name.
        let _ = fs::remove_file(&self.part);
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

/// Reads on, hashing, and keeps an error of the source apart from one of the target's.
struct Hashing<'f> {
    file: &'f mut File,
    hasher: Hasher,
    failed: Option<io::Error>,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(n) => {
                self.hasher.update(&buffer[..n]);
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                self.failed = Some(io::Error::from(e.kind()));
                Err(e)
            }
        }
    }
}

impl Store for Tape {
    fn has(&mut self, entry: &Entry) -> Result<bool> {
        Ok(self.on_it.contains(entry.sha256.as_str()))
    }

    fn put(&mut self, entry: &Entry, from: &Path) -> Result<()> {
        let unreadable = |e| ArchiveError::file("read", from, e);
        let otherwise = || ArchiveError::Content {
            path: from.to_owned(),
            what: OTHERWISE.to_owned(),
            next: "run `shutterline archive verify`",
        };
        let mut file = File::open(from).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        if size != entry.size_bytes.0 {
            return Err(otherwise().into());
        }
        let mut hashing = Hashing {
            file: &mut file,
            hasher: Hasher::default(),
            failed: None,
        };
        let appended = self.append(&object(&entry.sha256), size, &mut hashing);
        if let Some(failed) = hashing.failed {
            // The tape has half a photo on it now and is given up; the cause is the archive's disk all the same.
            return Err(BackupError::Damaged {
                path: from.to_owned(),
                what: format!(
                    "cannot be read ({failed}); run `shutterline archive verify`, or back up to a folder"
                ),
            });
        }
        appended?;
        if hashing.hasher.finish().0 != entry.sha256 {
            // Under a name that it does not deserve. Nothing names it unless the right bytes follow, and of two of one name
            // the later counts.
            return Err(otherwise().into());
        }
        self.on_it.insert(entry.sha256.as_str().to_owned());
        Ok(())
    }

    fn staging(&self) -> PathBuf {
        self.staging.clone()
    }

    fn free(&self) -> Option<Bytes> {
        let fs = rustix::fs::statvfs(&self.part).ok()?;
        Some(Bytes(fs.f_bavail.saturating_mul(fs.f_frsize)))
    }

    fn close(&mut self, manifest: Manifest) -> Result<u32> {
        const ONLY: u32 = 1;
        let staging = self.staging.clone();
        let mut database =
            File::open(&staging).map_err(|e| BackupError::target("read", &staging, e))?;
        let folder = generation(ONLY);
        let size = manifest.database.size_bytes.0;
        self.append(&format!("{folder}/{DATABASE}"), size, &mut database)?;
        let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        let name = format!("{folder}/{}", manifest::NAME);
        self.append(&name, text.len() as u64, &mut &text[..])?;
        self.finish()?;
        // Read back before it counts.
        let source = Source::open(&self.part)?;
        let checked = check_source(&source, Some(ONLY), |_| {})?;
        if let Some(first) = checked.damaged.first() {
            return Err(BackupError::Misread {
                path: self.part.join(first),
            });
        }
        fs::rename(&self.part, &self.path)
            .map_err(|e| BackupError::target("name", &self.path, e))?;
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| BackupError::target("fsync the folder of", &self.path, e))?;
        Ok(ONLY)
    }
}
