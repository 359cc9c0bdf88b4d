//! One daemon a data folder: the lock on `<data>/lock`, which the kernel releases however the holder ends.

use super::error::{ArchiveError, Result};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

/// The lock file's name in the folder that it is for.
pub(super) const NAME: &str = "lock";

/// Held for as long as the archive is open.
pub(super) struct Lock(#[allow(dead_code)] File);

/// Takes the data folder, or says who has it.
pub(super) fn take(data: &Path) -> Result<Lock> {
    let fail = |source| ArchiveError::Folder {
        path: data.to_owned(),
        source,
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(data.join(NAME))
        .map_err(fail)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            return Err(ArchiveError::InUse {
                path: data.to_owned(),
                pid: pid_in(&mut file),
            });
        }
        Err(errno) => return Err(fail(errno.into())),
    }
    file.set_len(0).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(Lock(file))
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut holder = String::new();
    file.read_to_string(&mut holder).ok()?;
    holder.trim().parse().ok()
}

/// Who holds the data folder: nobody, or somebody, who usually says which process it is. Takes nothing and makes no file.
pub(super) fn holder(data: &Path) -> Result<Option<Option<u32>>> {
    let path = data.join(NAME);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ArchiveError::file("read", &path, e)),
    };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(None),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(Some(pid_in(&mut file))),
        Err(errno) => Err(ArchiveError::file("lock", &path, errno.into())),
    }
}
