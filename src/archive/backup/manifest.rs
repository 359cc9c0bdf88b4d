//! What a backup says of itself.

use super::error::{BackupError, Result};
use crate::model::{Bytes, Sha256, StationId, WallMs};
use serde::{Deserialize, Serialize};
use std::path::{Component, Path};

/// The layout of a backup that this version writes and reads.
pub(super) const FORMAT: u32 = 1;

/// The manifest's name in its generation.
pub(super) const NAME: &str = "manifest.json";

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Where it lies in a data folder, relative to it.
    pub(super) path: String,
    /// Of its bytes.
    pub(super) sha256: Sha256,
    /// Of its bytes.
    pub(super) size_bytes: Bytes,
}

/// A file that a row names and that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Relative to the data folder.
    pub path: String,
    /// What is wrong with it, in words.
    pub problem: String,
}

/// Everything of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`FORMAT`].
    pub(super) format: u32,
    /// The version of the program that made it.
    pub(super) program: String,
    /// The database's schema.
    pub(super) schema: i64,
    /// Which station.
    pub(super) station: StationId,
    /// When, by the wall clock.
    pub(super) made_at_ms: WallMs,
    /// Whether the wall clock was trusted then.
    pub(super) made_at_trusted: bool,
    /// The database.
    pub(super) database: Entry,
    /// Every photo file, by path.
    pub(super) files: Vec<Entry>,
    /// Files that were damaged or missing at the station already.
    pub(super) lost: Vec<Lost>,
}

/// Where the bytes of a hash lie in a backup.
pub(super) fn object(sha256: &Sha256) -> String {
    let text = sha256.as_str();
    format!("objects/{}/{text}", text.get(..2).unwrap_or("__"))
}

/// Where a generation lies in a backup.
pub(super) fn generation(number: u32) -> String {
    format!("generations/{number:04}")
}

impl Manifest {
    /// Reads one, and refuses what it does not know and what would lead out of a data folder.
    pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        let damaged = |what: String| BackupError::Damaged {
            path: path.to_owned(),
            what,
        };
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|e| damaged(format!("is no manifest: {e}")))?;
        if manifest.format != FORMAT {
            return Err(BackupError::Format {
                path: path.to_owned(),
                found: manifest.format,
            });
        }
        for file in &manifest.files {
            if !is_inside(&file.path) {
                return Err(damaged(format!(
                    "names {:?}, which lies in no data folder",
                    file.path
                )));
            }
            // The hash is part of a path too.
            if file.sha256.as_str().len() != 64 || !is_hex(file.sha256.as_str()) {
                return Err(damaged(format!("has no hash for {}", file.path)));
            }
        }
        Ok(manifest)
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// Only `photos/…` and `found/…`, without a way up.
fn is_inside(path: &str) -> bool {
    let plain = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    plain && !path.ends_with('/') && (path.starts_with("photos/") || path.starts_with("found/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_a_data_folder_is_restored() {
        for path in ["photos/a/b.JPG", "found/x"] {
            assert!(is_inside(path), "{path}");
        }
        for path in [
            "",
            "photos",
            "photos/",
            "photos/../lock",
            "/photos/a",
            "lock",
            "photos/./../../x",
            "shutterline.db",
        ] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
