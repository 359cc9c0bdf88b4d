//! Every stored file against its row: presence, size, hash, and files nobody knows.

use super::error::{ArchiveError, Result};
use super::files::{Hasher, TEMP};
use super::layout::PHOTOS;
use super::reader::Reader;
use super::rows::{self, StoredFile, first, query};
use super::start::walk;
use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Bytes read at once: some milliseconds of a card, so that a pause begins soon.
const PIECE: usize = 1 << 18;

/// What can be wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// Not there.
    Missing,
    /// Of another size than its row says.
    Size,
    /// Of the right size, with other bytes.
    Hash,
    /// It cannot be read.
    Unreadable,
    /// No row knows it.
    UnknownFile,
}

impl Problem {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Problem::Missing => "missing",
            Problem::Size => "size",
            Problem::Hash => "hash",
            Problem::Unreadable => "unreadable",
            Problem::UnknownFile => "unknown-file",
        }
    }

    /// What to do.
    pub fn next(self) -> &'static str {
        match self {
            Problem::Missing | Problem::Size | Problem::Hash => {
                "restore it from the camera's card or from the destination; do not clear the card"
            }
            Problem::Unreadable => "check the disk (`dmesg`) and the file's permissions",
            Problem::UnknownFile => {
                "look at it, then move it out of photos/; the next start moves it to found/"
            }
        }
    }
}

/// One step of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyStep {
    /// So far.
    Progress {
        /// Files done.
        done: u64,
        /// Files in all.
        total: u64,
    },
    /// Something is wrong with a file.
    Problem {
        /// Relative to the data folder.
        path: String,
        /// What.
        problem: Problem,
    },
}

/// How a verification ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files looked at.
    pub files: u64,
    /// Problems found.
    pub problems: u64,
}

impl Reader {
    /// Looks at every file; `step` hears of progress after each and of each problem, and ends it by returning `false`. Takes as
    /// long as reading the disk takes. Frames may be stored and moved meanwhile.
    pub fn verify(
        &self,
        step: impl FnMut(VerifyStep) -> bool,
    ) -> std::result::Result<Verified, ArchiveError> {
        self.verify_between(|| {}, step)
    }

    /// The same, with `pause` before every piece that is read: whoever has something more urgent for the disk returns from it later.
    pub fn verify_between(
        &self,
        pause: impl Fn(),
        mut step: impl FnMut(VerifyStep) -> bool,
    ) -> std::result::Result<Verified, ArchiveError> {
        let mut paths = Vec::new();
        walk(&self.data, PHOTOS, &mut paths)?;
        let sql = "SELECT * FROM file ORDER BY path";
        let mut rows = self.with(|db| query(db, "file", sql, [], rows::file))?;
        let known: HashSet<String> = rows.iter().map(|r| r.file.path.clone()).collect();
        // What every required destination has is no longer expected here.
        rows.retain(|r| r.file.cleared_at.is_none());
        let total = rows.len() as u64;
        let mut verified = Verified::default();
        for row in rows {
            verified.files += 1;
            if let Some((path, problem)) = self.verify_row(row, &pause)? {
                verified.problems += 1;
                if !step(VerifyStep::Problem { path, problem }) {
                    return Ok(verified);
                }
            }
            let done = verified.files;
            if !step(VerifyStep::Progress { done, total }) {
                return Ok(verified);
            }
        }
        for path in paths.into_iter().filter(|p| !known.contains(p)) {
            if path.ends_with(TEMP) || !self.is_unknown(&path)? {
                continue;
            }
            verified.problems += 1;
            let problem = Problem::UnknownFile;
            if !step(VerifyStep::Problem { path, problem }) {
                return Ok(verified);
            }
        }
        Ok(verified)
    }

    /// A file that moved between its row being read and its bytes is looked at again under its new row; one that was cleared
    /// meanwhile is not missed.
    fn verify_row(&self, row: StoredFile, pause: &impl Fn()) -> Result<Option<(String, Problem)>> {
        let mut row = row;
        loop {
            let Some(problem) = look(&self.data, &row, pause) else {
                return Ok(None);
            };
            let sql = "SELECT * FROM file WHERE id = ?1";
            let now = self.with(|db| first(db, "file", sql, [row.id], rows::file))?;
            match now {
                Some(now) if now.file.cleared_at.is_some() => return Ok(None),
                Some(now) if now != row => row = now,
                _ => return Ok(Some((row.file.path, problem))),
            }
        }
    }

    /// Still there, and still without a row: it was neither stored nor moved away since the folder was read, nor is it being
    /// stored. That is asked first: what is not noted any more has its row, or is gone.
    fn is_unknown(&self, path: &str) -> Result<bool> {
        if self.underway.has(path) {
            return Ok(false);
        }
        let sql = "SELECT 1 FROM file WHERE path = ?1
            UNION ALL SELECT 1 FROM journal WHERE new_path = ?1 OR old_path = ?1";
        let known = self.with(|db| first(db, "file", sql, [path], |_| Ok(())))?;
        Ok(known.is_none() && self.data.join(path).exists())
    }
}

fn look(data: &Path, row: &StoredFile, pause: &impl Fn()) -> Option<Problem> {
    let path = data.join(&row.file.path);
    let problem_of = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Problem::Missing,
        _ => Problem::Unreadable,
    };
    match path.metadata() {
        Err(error) => return Some(problem_of(error)),
        Ok(meta) if meta.len() != row.file.size_bytes.0 => return Some(Problem::Size),
        Ok(_) => {}
    }
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => return Some(problem_of(error)),
    };
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; PIECE];
    loop {
        pause();
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Some(problem_of(error)),
        }
    }
    (hasher.finish().0 != row.file.sha256).then_some(Problem::Hash)
}
