//! What a technician asks of a data folder, whether or not a daemon works on it. Nothing here changes a row or a photo.

use super::error::{ArchiveError, Result};
use super::rows::{query, said};
use super::schema::{self, VERSION};
use super::{layout, lock};
use crate::clock;
use crate::model::{Bytes, StationId};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// How thoroughly SQLite looks over its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `PRAGMA quick_check`: every page, not whether indexes agree with their tables.
    Quick,
    /// `PRAGMA integrity_check`: those too.
    Whole,
}

/// What was found of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseLook {
    /// Its schema.
    pub schema: i64,
    /// The schema that this program writes.
    pub known_schema: i64,
    /// Its size, with what still lies in the write-ahead log.
    pub size_bytes: Bytes,
    /// What SQLite objects to; empty when nothing.
    pub problems: Vec<String>,
}

/// A table with its rows counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableCount {
    /// Its name.
    pub name: String,
    /// How it was made.
    pub sql: String,
    /// How many rows it has.
    pub rows: u64,
}

/// Which station a data folder is of.
///
/// # Errors
/// When there is no database, or it cannot be read.
pub fn station_of(data: &Path) -> std::result::Result<StationId, ArchiveError> {
    let db = schema::open_to_read(&data.join(layout::DATABASE))?;
    db.query_row("SELECT station FROM station", [], |row| row.get(0))
        .map(StationId)
        .map_err(said(&db))
}

/// The schema that this version of the program writes.
pub const fn schema_version() -> i64 {
    VERSION
}

/// Looks over the database of a data folder; `None` where there is none yet.
///
/// # Errors
/// When it cannot be read, or a newer version wrote it.
pub fn look_at_database(
    data: &Path,
    depth: Depth,
) -> std::result::Result<Option<DatabaseLook>, ArchiveError> {
    let path = data.join(layout::DATABASE);
    match path.metadata() {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ArchiveError::file("read", &path, e)),
    }
    let db = schema::open_to_read(&path)?;
    let sized = "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
    let size: i64 = db
        .query_row(sized, [], |row| row.get("bytes"))
        .map_err(said(&db))?;
    let schema = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(said(&db))?;
    Ok(Some(DatabaseLook {
        schema,
        known_schema: VERSION,
        size_bytes: Bytes(size.unsigned_abs()),
        problems: objections(&db, depth)?,
    }))
}

/// What SQLite objects to, in its words, at most twenty.
pub(super) fn objections(db: &rusqlite::Connection, depth: Depth) -> Result<Vec<String>> {
    let sql = match depth {
        Depth::Quick => "PRAGMA quick_check(20)",
        Depth::Whole => "PRAGMA integrity_check(20)",
    };
    let mut statement = db.prepare(sql).map_err(said(db))?;
    let lines = statement
        .query_map([], |row| row.get::<_, String>(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<String>>>)
        .map_err(said(db))?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Every table with how it was made and how many rows it has, by name; none where there is no database yet. Holds nobody's data.
///
/// # Errors
/// When the database cannot be read.
pub fn table_counts(data: &Path) -> std::result::Result<Vec<TableCount>, ArchiveError> {
    let path = data.join(layout::DATABASE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let db = schema::open_to_read(&path)?;
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL ORDER BY name";
    let tables = query(&db, "sqlite_schema", sql, [], |row| {
        Ok((row.get::<String>("name")?, row.get::<String>("sql")?))
    })?;
    let count = |(name, sql): (String, String)| {
        let count = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        let rows = db.query_row(&count, [], |row| row.get::<_, i64>(0));
        let rows = rows.map_err(said(&db))?.unsigned_abs();
        Ok(TableCount { name, sql, rows })
    };
    tables.into_iter().map(count).collect()
}

/// Every word of the database by which a person could be known (student numbers, names, what sessions are called), as it
/// was written and as it stands in file names. For taking them out of what leaves the station.
///
/// # Errors
/// When the database cannot be read; then nothing that may hold such words may leave.
pub fn personal_words(data: &Path) -> std::result::Result<Vec<String>, ArchiveError> {
    let path = data.join(layout::DATABASE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let db = schema::open_to_read(&path)?;
    // Tables of older schemas may lack; these have been there since the first.
    let sql = "SELECT student_number AS word FROM entry UNION SELECT student_name FROM entry
        UNION SELECT student_number FROM pending_roster UNION SELECT student_name FROM pending_roster
        UNION SELECT student_number FROM request UNION SELECT student_number FROM frame
        UNION SELECT name FROM session";
    let words = query(&db, "entry", sql, [], |row| {
        row.get::<Option<String>>("word")
    })?;
    let mut all = BTreeSet::new();
    for word in words.into_iter().flatten() {
        all.insert(layout::clean(&word));
        all.insert(word.trim().to_owned());
    }
    Ok(all.into_iter().filter(|word| !word.is_empty()).collect())
}

/// How long it takes to make a small new file durable on the data folder's disk, µs, each of some tries: write, fsync, and
/// fsync of the folder. The file is gone afterwards.
///
/// # Errors
/// When this user may not write there, or the disk fails.
pub fn time_fsync(data: &Path, tries: u32) -> std::result::Result<Vec<u64>, ArchiveError> {
    let path = data.join(format!(".fsync-{}", std::process::id()));
    let mut took = Vec::new();
    for _ in 0..tries {
        let began = clock::boot_time_us();
        let done = sync_once(data, &path);
        took.push(clock::boot_time_us().saturating_sub(began));
        let removed = fs::remove_file(&path);
        done.map_err(|e| ArchiveError::file("fsync", &path, e))?;
        removed.map_err(|e| ArchiveError::file("remove", &path, e))?;
    }
    Ok(took)
}

fn sync_once(data: &Path, path: &Path) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&[0x5a; 4096])?;
    file.sync_all()?;
    File::open(data)?.sync_all()
}

/// The process that works on a data folder, if any: `Some(None)` where somebody does and does not say who.
///
/// # Errors
/// When the lock cannot be looked at.
pub fn holder(data: &Path) -> std::result::Result<Option<Option<u32>>, ArchiveError> {
    lock::holder(data)
}
