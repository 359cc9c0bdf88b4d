//! One daemon a data folder: the lock on `<data>/lock`, which the kernel releases however the holder ends.

use super::error::{ArchiveError, Result};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

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
        .open(data.join("lock"))
        .map_err(fail)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            let pid = file
                .read_to_string(&mut holder)
                .ok()
                .and_then(|_| holder.trim().parse().ok());
            return Err(ArchiveError::InUse {
                path: data.to_owned(),
                pid,
            });
        }
        Err(errno) => return Err(fail(errno.into())),
    }
    file.set_len(0).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(Lock(file))
}
