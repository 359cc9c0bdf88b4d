//! The few file operations the archive's promises rest on, behind a trait: a drill can make any of them fail.

use super::CrashPoint;
use crate::clock;
use crate::model::Bytes;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// A file being written.
pub trait Sink: Write {
    /// Make what was written durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// The disk under the archive.
pub trait Disk: Send + Sync {
    /// Open for reading.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>>;
    /// Create for writing; refuses an existing file.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>>;
    /// Rename; refuses an existing target.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// A second name for the same bytes. Not every file system can.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Make one folder.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// Make a folder's names durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Remove a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// What is free for us where `path` lies.
    fn free(&self, path: &Path) -> io::Result<Bytes>;
}

/// What of the archive's work is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timed {
    /// The fsync of a photo or a sidecar.
    FileSync,
    /// The fsync of a folder.
    FolderSync,
    /// One transaction of the database with its fsync; waiting for room or for a lock is left out.
    Transaction,
    /// A download from being read to its committed row.
    Store,
}

/// Hears how long something took, µs.
pub type Watch = Arc<dyn Fn(Timed, u64) + Send + Sync>;

/// What the archive stands on. A drill gives its own.
#[derive(Clone)]
pub struct Ground {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// This machine's id, by which a cloned card is found out; `None` when the machine has none.
    pub machine_id: Option<String>,
    /// What reaching [`Options::crash_at`](super::Options::crash_at) does.
    pub crash: Arc<dyn Fn(CrashPoint) + Send + Sync>,
    /// Hears how long fsyncs, transactions and stores take.
    pub watch: Watch,
}

impl Ground {
    /// The machine itself: its disk, its id, and `abort()` at a crash point. `sync: false` leaves every fsync out.
    pub fn real(sync: bool) -> Self {
        let machine_id = fs::read_to_string("/etc/machine-id").ok();
        Self {
            disk: Arc::new(RealDisk { sync }),
            machine_id: machine_id
                .map(|id| id.trim().to_owned())
                .filter(|id| !id.is_empty()),
            crash: Arc::new(|point| {
                if !super::crash::armed() {
                    return;
                }
                tracing::error!(%point, "crash drill");
                std::process::abort();
            }),
            watch: Arc::new(|_, _| {}),
        }
    }

    /// The same, with somebody who hears how long things take.
    pub fn watched_by(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }

    /// Does something and tells how long it took.
    pub(super) fn time<T>(&self, what: Timed, work: impl FnOnce() -> T) -> T {
        let began = clock::boot_time_us();
        let done = work();
        (self.watch)(what, clock::boot_time_us().saturating_sub(began));
        done
    }
}

/// The machine's file system.
pub struct RealDisk {
    /// `false`: no fsync at all, for benches that measure everything else.
    pub sync: bool,
}

struct RealFile {
    file: File,
    sync: bool,
}

impl Write for RealFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink for RealFile {
    fn sync(&mut self) -> io::Result<()> {
        if self.sync {
            self.file.sync_all()?;
        }
        Ok(())
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(RealFile {
            file,
            sync: self.sync,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            // exFAT and some network file systems do not know the flag; this is the only process that names files here.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) if !to.exists() => {
                fs::rename(from, to)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if self.sync {
            File::open(path)?.sync_all()?;
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn free(&self, path: &Path) -> io::Result<Bytes> {
        let fs = rustix::fs::statvfs(path)?;
        Ok(Bytes(fs.f_bavail.saturating_mul(fs.f_frsize)))
    }
}
