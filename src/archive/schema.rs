//! Opening the database and bringing its schema up to date.

use super::error::{ArchiveError, Result};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// Every step from an empty database to this version's; the place in the list is the `user_version` it leads to.
/// A step that was released is never edited.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/001.sql"),
    include_str!("migrations/002.sql"),
    include_str!("migrations/003.sql"),
    include_str!("migrations/004.sql"),
    include_str!("migrations/005.sql"),
    include_str!("migrations/006.sql"),
];

/// The schema this version writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// How long one try waits for another process's lock while at work. Short: between tries the station is told, and a stop is
/// heard.
const BUSY: Duration = Duration::from_millis(250);

/// How long start-up waits: long enough for a backup tool to let go, short enough for a person to see why.
const START_BUSY: Duration = Duration::from_secs(2);

/// The archive's own connection, its schema up to date.
pub(super) fn open(path: &Path) -> Result<Connection> {
    open_up_to(path, VERSION)
}

/// After start-up.
pub(super) fn at_work(db: &Connection) -> Result<()> {
    db.busy_timeout(BUSY).map_err(super::rows::said(db))
}

/// Up to a given version; the tests make old databases with it.
pub(super) fn open_up_to(path: &Path, version: i64) -> Result<Connection> {
    let fail = |e| ArchiveError::database(path, e);
    let db = Connection::open(path).map_err(fail)?;
    db.busy_timeout(START_BUSY).map_err(fail)?;
    db.set_prepared_statement_cache_capacity(64);
    // Refused before anything is written: not even the journal mode of a newer database changes.
    let found: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(fail)?;
    if found > VERSION {
        return Err(ArchiveError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    db.pragma_update(None, "journal_mode", "WAL")
        .map_err(fail)?;
    db.pragma_update(None, "synchronous", "FULL")
        .map_err(fail)?;
    // A table that others refer to is made anew only without; each step looks at all references before it commits.
    db.pragma_update(None, "foreign_keys", false)
        .map_err(fail)?;
    if 0 < found && found < version {
        keep_copy(&db, path, found)?;
    }
    for step in found..version {
        migrate(&db, step, path)?;
    }
    db.pragma_update(None, "foreign_keys", true).map_err(fail)?;
    Ok(db)
}

/// The way back to the program that wrote an older database: a copy of it, whole and durable, before anything in it changes.
/// Of the same schema there is one, the latest.
fn keep_copy(db: &Connection, path: &Path, found: i64) -> Result<()> {
    let copy = path.with_extension(format!("db.schema-{found}"));
    let partial = path.with_extension(format!("db.schema-{found}.partial"));
    let fail = |e| ArchiveError::database(&partial, e);
    match std::fs::remove_file(&partial) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            return Err(ArchiveError::file("remove", &partial, e));
        }
        _ => {}
    }
    db.execute("VACUUM INTO ?1", [partial.to_string_lossy()])
        .map_err(fail)?;
    let written = Connection::open_with_flags(&partial, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let sound: String = written
        .and_then(|copy| copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))
        .map_err(fail)?;
    if sound != "ok" {
        return Err(ArchiveError::Content {
            path: partial,
            what: format!("the copy before the migration is not sound ({sound})"),
            next: "check the disk (`dmesg`); the database itself was not changed",
        });
    }
    let durable = |what: &Path| File::open(what).and_then(|file| file.sync_all());
    durable(&partial).map_err(|e| ArchiveError::file("write", &partial, e))?;
    std::fs::rename(&partial, &copy).map_err(|e| ArchiveError::file("rename", &partial, e))?;
    if let Some(folder) = path.parent() {
        durable(folder).map_err(|e| ArchiveError::file("write", folder, e))?;
    }
    tracing::info!(copy = %copy.display(), "a copy of the database as it was is kept");
    Ok(())
}

/// One step, whole or not at all.
fn migrate(db: &Connection, from: i64, path: &Path) -> Result<()> {
    let fail = |e| ArchiveError::database(path, e);
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate).map_err(fail)?;
    let sql = usize::try_from(from).ok().and_then(|i| MIGRATIONS.get(i));
    tx.execute_batch(sql.copied().unwrap_or_default())
        .map_err(fail)?;
    if let Some(table) = dangling(&tx).map_err(fail)? {
        return Err(ArchiveError::Content {
            path: path.to_owned(),
            what: format!("has rows in `{table}` that refer to nothing"),
            next: "it was not changed; restore the latest backup, or report it with a support bundle",
        });
    }
    tx.pragma_update(None, "user_version", from + 1)
        .map_err(fail)?;
    tx.commit().map_err(fail)?;
    tracing::info!(to = from + 1, "database schema migrated");
    Ok(())
}

/// A table with a reference to a row that is not there.
fn dangling(db: &Connection) -> rusqlite::Result<Option<String>> {
    let mut check = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.query([])?;
    rows.next()?.map(|row| row.get("table")).transpose()
}

/// A connection that cannot write, for [`Reader`](super::Reader)s beside the archive's thread.
pub(super) fn open_to_read(path: &Path) -> Result<Connection> {
    let fail = |e| ArchiveError::database(path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(fail)?;
    db.busy_timeout(BUSY).map_err(fail)?;
    db.set_prepared_statement_cache_capacity(32);
    let found: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(fail)?;
    if found > VERSION {
        return Err(ArchiveError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    Ok(db)
}
