//! The database as of one moment, copied beside the daemon that writes it.

use super::super::error::ArchiveError;
use super::super::files::{Hasher, TEMP, each_chunk_of};
use super::super::layout::{DATABASE, PHOTOS};
use super::super::look::{Depth, objections};
use super::super::rows::{query, said};
use super::super::schema;
use super::super::start::walk;
use super::error::{BackupError, Result};
use super::manifest::Entry;
use crate::model::{Bytes, Sha256, StationId};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Pages copied between two looks at the target: 8 MB.
const PAGES: i32 = 2048;

/// Between two tries while somebody holds the target's or the source's lock.
const PAUSE: Duration = Duration::from_millis(50);

/// What the copied database says should be there.
pub(super) struct Snapshot {
    pub(super) station: StationId,
    pub(super) schema: i64,
    pub(super) sha256: Sha256,
    pub(super) size_bytes: Bytes,
    /// Files with a row, then what lies in `found/`, by path.
    pub(super) files: Vec<Entry>,
}

fn station(db: &Connection) -> std::result::Result<StationId, ArchiveError> {
    db.query_row("SELECT station FROM station", [], |row| row.get(0))
        .map(StationId)
        .map_err(said(db))
}

/// Copies the database of a data folder to a new file, whole, checked and durable.
pub(super) fn copy(data: &Path, to: &Path) -> Result<Snapshot> {
    let at_target = BackupError::at(to);
    match std::fs::remove_file(to) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(BackupError::target("remove", to, e));
        }
        _ => {}
    }
    copy_pages(&data.join(DATABASE), to).map_err(&at_target)?;
    let copied = settle(to).map_err(&at_target)?;
    let (sha256, size_bytes) = digest_of(to).map_err(&at_target)?;
    let mut files = rows(&copied).map_err(&at_target)?;
    let schema = copied
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|e| at_target(said(&copied)(e)))?;
    let station = station(&copied).map_err(&at_target)?;
    files.extend(found(data)?);
    Ok(Snapshot {
        station,
        schema,
        sha256,
        size_bytes,
        files,
    })
}

/// One read transaction over all of it: what is committed meanwhile is not in the copy, and does not start it anew.
fn copy_pages(from: &Path, to: &Path) -> std::result::Result<(), ArchiveError> {
    let source = schema::open_to_read(from)?;
    let held = source.unchecked_transaction().map_err(said(&source))?;
    held.query_row("SELECT count(*) FROM station", [], |_| Ok(()))
        .map_err(said(&source))?;
    let fail = |e| ArchiveError::database(to, e);
    let mut copy = Connection::open(to).map_err(fail)?;
    let backup = Backup::new(&source, &mut copy).map_err(fail)?;
    loop {
        match backup.step(PAGES).map_err(fail)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => std::thread::sleep(PAUSE),
            _ => {}
        }
    }
}

/// Makes the copy one file that needs no log beside it, has SQLite look over it, and makes it durable. What is returned
/// can only read.
fn settle(path: &Path) -> std::result::Result<Connection, ArchiveError> {
    let fail = |e| ArchiveError::database(path, e);
    let db = Connection::open(path).map_err(fail)?;
    db.pragma_update(None, "journal_mode", "DELETE")
        .map_err(fail)?;
    drop(db);
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| ArchiveError::file("fsync", path, e))?;
    let db = schema::open_to_read(path)?;
    let objections = objections(&db, Depth::Whole)?;
    match objections.first() {
        None => Ok(db),
        Some(first) => Err(ArchiveError::Content {
            path: path.to_owned(),
            what: format!("is damaged: {first}"),
            next: "run `shutterline doctor`: the station's own database may be damaged too",
        }),
    }
}

/// Hash and size of a file.
pub(super) fn digest_of(path: &Path) -> std::result::Result<(Sha256, Bytes), ArchiveError> {
    let mut file = File::open(path).map_err(|e| ArchiveError::file("read", path, e))?;
    digest_from(&mut file, path)
}

/// Hash and size of what a reader gives; `path` names it.
pub(super) fn digest_from(
    reader: &mut dyn Read,
    path: &Path,
) -> std::result::Result<(Sha256, Bytes), ArchiveError> {
    let mut hasher = Hasher::default();
    each_chunk_of(reader, path, |chunk| {
        hasher.update(chunk);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// Every file that a row names and that was not cleared, by path. The database may be of an older schema, which cleared none.
pub(super) fn rows(db: &Connection) -> std::result::Result<Vec<Entry>, ArchiveError> {
    let sql = "SELECT 1 FROM pragma_table_info('file') WHERE name = 'cleared_at_ms'";
    let clears = !query(db, "file", sql, [], |_| Ok(()))?.is_empty();
    let sql = match clears {
        true => {
            "SELECT path, sha256, size_bytes FROM file WHERE cleared_at_ms IS NULL ORDER BY path"
        }
        false => "SELECT path, sha256, size_bytes FROM file ORDER BY path",
    };
    query(db, "file", sql, [], |row| {
        Ok(Entry {
            path: row.get("path")?,
            sha256: Sha256(row.get("sha256")?),
            size_bytes: row.bytes("size_bytes")?,
        })
    })
}

/// Photos that a power cut left without a row and that wait for a human.
fn found(data: &Path) -> Result<Vec<Entry>> {
    let mut paths = Vec::new();
    walk(data, "found", &mut paths)?;
    let mut entries = Vec::new();
    for path in paths.into_iter().filter(|p| !p.ends_with(TEMP)) {
        let (sha256, size_bytes) = digest_of(&data.join(&path))?;
        entries.push(Entry {
            path,
            sha256,
            size_bytes,
        });
    }
    Ok(entries)
}

/// Whether an entry has a row, or lies in `found/`.
pub(super) fn has_row(entry: &Entry) -> bool {
    entry.path.starts_with(PHOTOS)
}
