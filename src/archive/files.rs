//! Whole files or none: everything that becomes a file under its final name goes through here (I2).

use super::disk::{Ground, Sink, Timed};
use super::{ArchiveError, CrashPoint, error::Result};
use crate::model::{Bytes, Sha256};
use sha2::Digest;
use std::cell::RefCell;
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
    /// These bytes, made of a download's.
    Made {
        bytes: &'a [u8],
        of: &'a [u8],
        /// Where the download lies, for the error.
        from: &'a Path,
        /// The hash that was taken while receiving; a download that has another is refused.
        received: &'a Sha256,
    },
    /// The bytes of that file, never held whole in memory, which must have this hash.
    Copy(&'a Path, &'a Sha256),
    /// The same, and the old file is ours and never written again: a second name will do where the file system has them.
    Link(&'a Path, &'a Sha256),
    /// What is read from there, never held whole in memory, which must have this hash.
    Stream(&'a RefCell<Box<dyn Read>>, &'a Path, &'a Sha256),
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
        let (sha256, size) = match content {
            Content::Bytes(bytes) => self.write_bytes(bytes, None, &mut *sink, temp)?,
            Content::Made {
                bytes,
                of,
                from,
                received,
            } => self.write_bytes(bytes, Some((of, from, received)), &mut *sink, temp)?,
            Content::Stream(stream, from, sha256) => {
                let mut hasher = Hasher::default();
                each_chunk_of(&mut *stream.borrow_mut(), from, |chunk| {
                    hasher.update(chunk);
                    let wrote = sink.write_all(chunk);
                    wrote.map_err(|e| ArchiveError::file("write", temp, e))
                })?;
                if hasher.finish().0 != **sha256 {
                    return Err(otherwise(from));
                }
                self.sync(&mut *sink, temp)?;
                self.verified(temp, sha256)?
            }
            Content::Copy(from, sha256) | Content::Link(from, sha256) => {
                self.each_chunk(from, |chunk| {
                    let wrote = sink.write_all(chunk);
                    wrote.map_err(|e| ArchiveError::file("write", temp, e))
                })?;
                self.sync(&mut *sink, temp)?;
                self.verified(temp, sha256)?
            }
        };
        drop(sink);
        disk.rename(temp, to)
            .map_err(|e| ArchiveError::file("rename a temporary file to", to, e))?;
        self.reach(CrashPoint::AfterRename);
        let finished = self
            .sync_dir(folder)
            .map(|()| self.reach(CrashPoint::AfterDirFsync));
        if finished.is_err() {
            let _ = disk.remove(to);
        }
        finished.map(|()| (sha256, size))
    }

    /// Bytes, durable under the temporary name, read back and hashed. All that only reads is done beside the write and
    /// its fsync, which leave the cores idle: on a board each pass over a frame takes as long as the fsync itself.
    fn write_bytes(
        &self,
        bytes: &[u8],
        made_of: Option<(&[u8], &Path, &Sha256)>,
        sink: &mut dyn Sink,
        temp: &Path,
    ) -> Result<(Sha256, Bytes)> {
        thread::scope(|scope| {
            let hashed = scope.spawn(|| digest(bytes).0);
            let arrived = made_of.map(|(of, ..)| scope.spawn(|| digest(of).0));
            for chunk in bytes.chunks(CHUNK) {
                sink.write_all(chunk)
                    .map_err(|e| ArchiveError::file("write", temp, e))?;
            }
            sink.flush()
                .map_err(|e| ArchiveError::file("write", temp, e))?;
            let read_back = scope.spawn(|| self.same(temp, bytes));
            self.sync(sink, temp)?;
            let size = read_back
                .join()
                .unwrap_or_else(|_| self.same(temp, bytes))?;
            if let (Some((of, from, received)), Some(arrived)) = (made_of, arrived)
                && arrived.join().unwrap_or_else(|_| digest(of).0) != *received
            {
                return Err(changed(from));
            }
            let sha256 = hashed.join().unwrap_or_else(|_| digest(bytes).0);
            Ok((sha256, size))
        })
    }

    /// Everything written so far, durable under its temporary name.
    fn sync(&self, sink: &mut dyn Sink, temp: &Path) -> Result<()> {
        sink.flush()
            .map_err(|e| ArchiveError::file("write", temp, e))?;
        self.reach(CrashPoint::AfterTempWrite);
        self.ground
            .time(Timed::FileSync, || sink.sync())
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

    fn each_chunk(&self, path: &Path, each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let file = self.ground.disk.open(path);
        let mut file = file.map_err(|e| ArchiveError::file("read", path, e))?;
        each_chunk_of(&mut file, path, each)
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
            .time(Timed::FolderSync, || self.ground.disk.sync_dir(folder))
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

/// A reader, a chunk at a time; `path` names it in errors.
pub(super) fn each_chunk_of(
    reader: &mut dyn Read,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => each(&buffer[..n])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(ArchiveError::file("read", path, e)),
        }
    }
}

/// A source that does not hold the bytes it should: told apart from a disk that does not read back what was written.
pub(super) const OTHERWISE: &str = "does not have the hash it should";

fn otherwise(path: &Path) -> ArchiveError {
    ArchiveError::Content {
        path: path.to_owned(),
        what: OTHERWISE.to_owned(),
        next: "take it from another copy: the camera's card, the destination or another backup",
    }
}

fn changed(path: &Path) -> ArchiveError {
    ArchiveError::Content {
        path: path.to_owned(),
        what: "changed since it was received".to_owned(),
        next: "it is fetched again from the camera's card",
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
