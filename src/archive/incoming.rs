//! Where downloads land before they are stored. On tmpfs by default: the camera's card still has the frame.

use super::error::{ArchiveError, Result};
use super::layout;
use crate::model::FrameId;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// This run's folder in `incoming/`.
pub(super) struct Incoming {
    all: PathBuf,
    run: PathBuf,
    next: AtomicU64,
}

impl Incoming {
    /// A folder no earlier run used: what an old camera process may still be writing is never mistaken for ours.
    pub(super) fn open(all: &Path) -> Result<Self> {
        fs::create_dir_all(all).map_err(|e| ArchiveError::file("create the folder", all, e))?;
        let mut number = runs(all)?
            .into_iter()
            .filter_map(|(_, n)| n)
            .max()
            .unwrap_or(0)
            + 1;
        loop {
            let run = all.join(format!("run-{number}"));
            match fs::create_dir(&run) {
                Ok(()) => {
                    return Ok(Self {
                        all: all.to_owned(),
                        run,
                        next: AtomicU64::new(1),
                    });
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(e) => return Err(ArchiveError::file("create the folder", &run, e)),
            }
        }
    }

    /// A path never given before.
    pub(super) fn path(&self, frame: &FrameId, name: &str) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = layout::clean(name);
        let frame = layout::clean(frame.as_str());
        self.run.join(format!("{number:06}-{frame}-{name}"))
    }

    /// Removes the folders of earlier runs; returns how many.
    pub(super) fn forget_old(&self) -> Result<usize> {
        let mut removed = 0;
        for (path, _) in runs(&self.all)? {
            if path != self.run {
                fs::remove_dir_all(&path).map_err(|e| ArchiveError::file("remove", &path, e))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Folders of runs, with their number.
fn runs(all: &Path) -> Result<Vec<(PathBuf, Option<u64>)>> {
    let fail = |e| ArchiveError::file("list the folder", all, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(all).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(|n| n.strip_prefix("run-")) else {
            continue;
        };
        found.push((entry.path(), number.parse().ok()));
    }
    Ok(found)
}
