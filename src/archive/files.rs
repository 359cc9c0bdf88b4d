//! Whole files or none: everything that becomes a file under its final name goes through here (I2).

use super::disk::{Ground, Sink};
use super::{ArchiveError, CrashPoint, error::Result};
use crate::model::{Bytes, Sha256};
use sha2::Digest;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

/// Read and written at a time: large enough that a 24-megapixel file takes a dozen calls, small beside the memory goal.
const CHUNK: usize = 1 << 20;

/// What temporary files end in; whatever is found under such a name at start-up is rubbish of a power cut.
pub(super) const TEMP: &str = ".part";

/// A SHA-256 being taken.
#[derive(Default)]
pub(super) struct Hasher(sha2::Sha256, u64);

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1 += bytes.len() as u64;
    }

    pub(super) fn finish(self) -> (Sha256, Bytes) {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            text.push_str(&format!("{byte:02x}"));
        }
        (Sha256(text), Bytes(self.1))
    }
}

/// Hash and size of bytes in memory.
pub(super) fn digest(bytes: &[u8]) -> (Sha256, Bytes) {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

/// What a new file is made of.
pub(super) enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// The bytes of that file, never held whole in memory, which must have this hash.
    Copy(&'a Path, &'a Sha256),
    /// The same, and the old file is ours and never written again: a second name will do where the file system has them.
    Link(&'a Path, &'a Sha256),
}

/// Writes files on a [`Ground`], stopping where a drill wants it.
#[derive(Clone)]
pub(super) struct Files {
    pub(super) ground: Ground,
    pub(super) crash_at: Option<CrashPoint>,
}

impl Files {
    /// A drill's step.
    pub(super) fn reach(&self, point: CrashPoint) {
        if self.crash_at == Some(point) {
            (self.ground.crash)(point);
        }
    }

    /// A file under its final name, whole and durable, or an error and no file. Returns hash and size as read back.
    pub(super) fn put(&self, content: &Content<'_>, to: &Path) -> Result<(Sha256, Bytes)> {
        let folder = to.parent().unwrap_or(Path::new("."));
        self.make_dirs(folder)?;
        if let Content::Link(from, sha256) = content
            && self.ground.disk.link(from, to).is_ok()
        {
            let linked = self
                .sync_dir(folder)
                .and_then(|()| self.verified(to, sha256));
            if linked.is_err() {
                let _ = self.ground.disk.remove(to);
            }
            return linked;
        }
        let temp = temp_path(to);
        let put = self.put_by_temp(content, &temp, to, folder);
        if put.is_err() {
            // What was not finished must not look like a file; if even this fails, start-up removes the one and
            // sets the other apart, as it has no row.
            let _ = self.ground.disk.remove(&temp);
        }
        put
    }

    fn put_by_temp(
        &self,
        content: &Content<'_>,
        temp: &Path,
        to: &Path,
        folder: &Path,
    ) -> Result<(Sha256, Bytes)> {
        let disk = &*self.ground.disk;
        if temp.exists() {
            disk.remove(temp)
                .map_err(|e| ArchiveError::file("remove", temp, e))?;
        }
        let mut sink = disk
            .create(temp)
            .map_err(|e| ArchiveError::file("create", temp, e))?;
        let write = |sink: &mut dyn Sink| self.write_out(content, sink, temp);
        let sha256 = match content {
            // Hashed beside the write and its fsync, which leave a core idle: 4 ms of 6 MB that nobody waits for.
            Content::Bytes(bytes) => thread::scope(|scope| {
                let hashed = scope.spawn(|| digest(bytes).0);
                write(&mut *sink)?;
                Ok(hashed.join().unwrap_or_else(|_| digest(bytes).0))
            })?,
            Content::Copy(_, sha256) | Content::Link(_, sha256) => {
                write(&mut *sink)?;
                (*sha256).clone()
            }
        };
        drop(sink);
        disk.rename(temp, to)
            .map_err(|e| ArchiveError::file("rename a temporary file to", to, e))?;
        self.reach(CrashPoint::AfterRename);
        let finished = self
            .sync_dir(folder)
            .map(|()| self.reach(CrashPoint::AfterDirFsync))
            .and_then(|()| match content {
                Content::Bytes(bytes) => self.same(to, bytes).map(|size| (sha256, size)),
                Content::Copy(..) | Content::Link(..) => self.verified(to, &sha256),
            });
        if finished.is_err() {
            let _ = disk.remove(to);
        }
        finished
    }

    /// All of the content, durable under its temporary name.
    fn write_out(&self, content: &Content<'_>, sink: &mut dyn Sink, temp: &Path) -> Result<()> {
        let fail = |e| ArchiveError::file("write", temp, e);
        match content {
            Content::Bytes(bytes) => {
                for chunk in bytes.chunks(CHUNK) {
                    sink.write_all(chunk).map_err(fail)?;
                }
            }
            Content::Copy(from, _) | Content::Link(from, _) => {
                self.each_chunk(from, |chunk| sink.write_all(chunk).map_err(fail))?;
            }
        }
        sink.flush().map_err(fail)?;
        self.reach(CrashPoint::AfterTempWrite);
        sink.sync()
            .map_err(|e| ArchiveError::file("fsync", temp, e))?;
        self.reach(CrashPoint::AfterTempFsync);
        Ok(())
    }

    /// Reads the file back and compares it with the bytes it was made of: as strong as a hash, and quicker.
    fn same(&self, path: &Path, bytes: &[u8]) -> Result<Bytes> {
        let mut rest = bytes;
        self.each_chunk(path, |chunk| {
            rest = rest.strip_prefix(chunk).ok_or_else(|| misread(path))?;
            Ok(())
        })?;
        if rest.is_empty() {
            Ok(Bytes(bytes.len() as u64))
        } else {
            Err(misread(path))
        }
    }

    /// Reads the file back and compares its hash.
    fn verified(&self, path: &Path, sha256: &Sha256) -> Result<(Sha256, Bytes)> {
        let (found, size) = self.digest_of(path)?;
        if found == *sha256 {
            return Ok((found, size));
        }
        Err(misread(path))
    }

    /// Hash and size of a stored file.
    pub(super) fn digest_of(&self, path: &Path) -> Result<(Sha256, Bytes)> {
        let mut hasher = Hasher::default();
        self.each_chunk(path, |chunk| {
            hasher.update(chunk);
            Ok(())
        })?;
        Ok(hasher.finish())
    }

    /// The whole file; for files whose size was looked at.
    pub(super) fn read(&self, path: &Path, size: Bytes) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(size.0 as usize);
        self.ground
            .disk
            .open(path)
            .and_then(|file| file.take(size.0 + 1).read_to_end(&mut bytes))
            .map_err(|e| ArchiveError::file("read", path, e))?;
        Ok(bytes)
    }

    fn each_chunk(&self, path: &Path, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let disk = &*self.ground.disk;
        let fail = |e| ArchiveError::file("read", path, e);
        let mut file = disk.open(path).map_err(fail)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => each(&buffer[..n])?,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(fail(e)),
            }
        }
    }

    /// Removes a file that may be gone already, and makes that durable.
    pub(super) fn remove(&self, path: &Path) -> Result<()> {
        match self.ground.disk.remove(path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(ArchiveError::file("remove", path, e)),
        }
        path.parent().map_or(Ok(()), |folder| self.sync_dir(folder))
    }

    /// A folder and the folders above it; each new one's parent is synced, or the folder is gone after a power cut (I2).
    pub(super) fn make_dirs(&self, folder: &Path) -> Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().unwrap_or(Path::new("/"));
        self.make_dirs(parent)?;
        match self.ground.disk.make_dir(folder) {
            // A folder whose name may not be durable is none: left there, the next try would take it for one.
            Ok(()) => self.sync_dir(parent).inspect_err(|_| prune(folder)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(ArchiveError::file("create the folder", folder, e)),
        }
    }

    fn sync_dir(&self, folder: &Path) -> Result<()> {
        self.ground
            .disk
            .sync_dir(folder)
            .map_err(|e| ArchiveError::file("fsync the folder", folder, e))
    }

    /// Moves a file that has no row out of the way, keeping its name readable; returns where to.
    pub(super) fn set_apart(&self, data: &Path, relative: &str) -> Result<PathBuf> {
        let found = data.join("found");
        self.make_dirs(&found)?;
        let flat = relative.replace('/', "__");
        let mut to = found.join(&flat);
        let mut again = 2;
        while to.exists() {
            to = found.join(format!("{again}__{flat}"));
            again += 1;
        }
        let from = data.join(relative);
        self.ground
            .disk
            .rename(&from, &to)
            .map_err(|e| ArchiveError::file("move to found/", &from, e))?;
        self.sync_dir(&found)?;
        Ok(to)
    }
}

fn misread(path: &Path) -> ArchiveError {
    ArchiveError::Content {
        path: path.to_owned(),
        what: "does not read back as it was written".to_owned(),
        next: "the disk is failing: replace it, the camera's card still has the frame",
    }
}

/// Where a file is written before it gets its name: beside it, so that the rename stays within one file system.
pub(super) fn temp_path(to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!(".{name}{TEMP}"))
}

/// Removes a folder if nothing is in it: a serial whose frames all moved leaves no empty folder behind.
pub(super) fn prune(folder: &Path) {
    let _ = fs::remove_dir(folder);
}
