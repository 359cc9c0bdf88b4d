//! The named steps at which a drill ends the process, to show that nothing is lost there.

use std::fmt;
use std::str::FromStr;

macro_rules! crash_points {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// A step between a file's arrival and its row, or within a move or a clearing. A drill that reaches it aborts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CrashPoint {
            $($(#[$doc])* $name,)*
        }

        impl CrashPoint {
            /// Every step, in the order they are reached.
            pub const ALL: &'static [CrashPoint] = &[$(CrashPoint::$name,)*];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(CrashPoint::$name => $word,)* }
            }
        }
    };
}

crash_points! {
    /// The download is verified, nothing is written yet.
    BeforeTemp = "before-temp",
    /// The temporary file is written, not yet durable.
    AfterTempWrite = "after-temp-write",
    /// The temporary file is durable.
    AfterTempFsync = "after-temp-fsync",
    /// The file has its final name, which may not be durable.
    AfterRename = "after-rename",
    /// The final name is durable.
    AfterDirFsync = "after-dir-fsync",
    /// The rows are written in an open transaction.
    BeforeCommit = "before-commit",
    /// The rows are durable; the download still lies in `incoming/`.
    AfterCommit = "after-commit",
    /// The download is removed; nobody was told yet.
    AfterUnlink = "after-unlink",
    /// A move is in the journal, nothing was moved yet.
    AfterJournal = "after-journal",
    /// One new file of a move is durable.
    AfterNewFile = "after-new-file",
    /// The rows point to the new files; the old files still lie there.
    AfterSwap = "after-swap",
    /// The old files are removed; the journal still knows them.
    AfterOldRemoved = "after-old-removed",
    /// Delivered photos are marked as cleared; they still lie there.
    AfterClearMark = "after-clear-mark",
    /// One of them is removed.
    AfterClearRemove = "after-clear-remove",
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is no crash point; known: {}", known())]
pub struct UnknownCrashPoint {
    /// What was given.
    pub word: String,
}

fn known() -> String {
    let words: Vec<_> = CrashPoint::ALL.iter().map(|p| p.as_str()).collect();
    words.join(", ")
}

impl FromStr for CrashPoint {
    type Err = UnknownCrashPoint;

    fn from_str(word: &str) -> Result<Self, UnknownCrashPoint> {
        CrashPoint::ALL
            .iter()
            .copied()
            .find(|p| p.as_str() == word)
            .ok_or_else(|| UnknownCrashPoint {
                word: word.to_owned(),
            })
    }
}

/// Names a file without which no drill ends the process, so that a drill can wait for the moment it is about.
pub const ARMED_BY: &str = "SHUTTERLINE_DRILL_ARMED_BY";

/// Whether a drill may end the process now: the file named by [`ARMED_BY`] is there, or none is named.
pub fn armed() -> bool {
    std::env::var_os(ARMED_BY).is_none_or(|file| std::path::Path::new(&file).exists())
}
