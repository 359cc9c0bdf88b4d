//! What still has to reach a destination, as rows. What is not delivered under its right name is known here, whatever happens
//! to its owner.

use super::error::{ArchiveError, Result};
use super::layout;
use super::outbox::{OutboxId, OutboxItem, OutboxRemoval, Receipt};
use super::rows::{self, StoredFile, first, query};
use super::write::{run, sql_bytes};
use crate::model::{FileRole, Frame, FrameId, FrameState, Millis, OutboxCounts, Sha256};
use rusqlite::{Connection, params};

/// Makes the config's destinations the active ones, and queues what they lack. Everything not yet sent is due at once.
pub(super) fn start(db: &Connection, names: &[String]) -> Result<()> {
    run(db, "UPDATE destination SET active = 0", [])?;
    for name in names {
        run(
            db,
            "INSERT INTO destination (name, active) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET active = 1",
            [name],
        )?;
        let missing = query(
            db,
            "frame",
            "SELECT DISTINCT frame.id AS id FROM frame JOIN file ON file.frame = frame.id
             WHERE frame.state = 'kept' AND frame.student_number IS NOT NULL AND file.role <> 'other'
               AND frame.retaken = 0 AND (frame.accepted = 1 OR frame.verdict IN ('pass', 'warn'))
               AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.file = file.id AND outbox.destination = ?1)",
            [name],
            |row| Ok(FrameId(row.get("id")?)),
        )?;
        for frame in missing {
            requeue(db, &frame, std::slice::from_ref(name))?;
        }
    }
    let sql = "UPDATE outbox SET next_at_ms = 0 WHERE state IN ('pending', 'removing') AND next_at_ms > 0";
    run(db, sql, []).map(drop)
}

/// Only what has a certain owner leaves the station, and of that only what is good: a reject that nobody overruled and a frame that
/// was shot anew are kept here, never delivered.
fn key_of(frame: &Frame, stored: &StoredFile) -> Option<String> {
    let session = frame.session.as_ref()?;
    let owned =
        frame.state == FrameState::Kept && frame.serial.is_some() && frame.student.is_some();
    let good = frame.is_good() && !frame.retaken;
    (owned && good && stored.file.role != FileRole::Other)
        .then(|| layout::outbox_key(session, &stored.file.path))
}

/// After a frame's owner or files changed: what is queued for its files follows.
pub(super) fn requeue(db: &Connection, frame: &FrameId, destinations: &[String]) -> Result<()> {
    let Some(row) = rows::frame_by_id(db, frame)? else {
        return Ok(());
    };
    for stored in rows::files_of(db, frame)? {
        let key = key_of(&row, &stored);
        for destination in destinations {
            requeue_file(db, &stored, key.as_deref(), destination)?;
        }
    }
    Ok(())
}

/// A name under which a file lies, or may lie, at a destination.
struct Lying {
    id: i64,
    key: String,
    sha256: Sha256,
    /// There is a receipt.
    verified: bool,
}

/// What lies, or may lie, of a file at a destination, the newest first.
fn lying(db: &Connection, file: i64, destination: &str) -> Result<Vec<Lying>> {
    query(
        db,
        "outbox",
        "SELECT id, key, sha256, verified_by IS NOT NULL AS verified FROM outbox WHERE file = ?1 AND destination = ?2
           AND state IN ('sent', 'replaced', 'removing', 'removing-parked') ORDER BY id DESC",
        params![file, destination],
        |row| {
            Ok(Lying {
                id: row.get("id")?,
                key: row.get("key")?,
                sha256: Sha256(row.get("sha256")?),
                verified: row.get("verified")?,
            })
        },
    )
}

fn requeue_file(
    db: &Connection,
    stored: &StoredFile,
    key: Option<&str>,
    destination: &str,
) -> Result<()> {
    let lying = lying(db, stored.id, destination)?;
    let file = &stored.file;
    let right = |l: &&Lying| l.verified && Some(l.key.as_str()) == key && l.sha256 == file.sha256;
    let there = lying.iter().find(right).map(|l| l.id);
    // What waits already under this name goes on waiting where it stands.
    let waiting = query(
        db,
        "outbox",
        "SELECT id FROM outbox WHERE file = ?1 AND destination = ?2 AND state IN ('pending', 'parked')
           AND key = ?3 AND sha256 = ?4",
        params![stored.id, destination, key, file.sha256.as_str()],
        |row| row.get::<i64>("id"),
    )?
    .pop();
    run(
        db,
        // What may have been written under a name that is no longer right is removed, whether or not a receipt ever comes.
        "UPDATE outbox SET attempts = 0, next_at_ms = 0,
            state = CASE WHEN begun = 1 AND key IS NOT ?4 THEN 'removing' ELSE 'superseded' END
         WHERE file = ?1 AND destination = ?2 AND state IN ('pending', 'parked') AND id IS NOT ?3",
        params![stored.id, destination, waiting, key],
    )?;
    let mut replaces = None;
    for old in &lying {
        let state = if Some(old.id) == there {
            "sent"
        } else if Some(old.key.as_str()) == key {
            // Written over by what is sent under the same name.
            "superseded"
        } else if old.verified && key.is_some() && there.is_none() && replaces.is_none() {
            replaces = Some(old.key.as_str());
            "replaced"
        } else {
            "removing"
        };
        let sql = "UPDATE outbox SET state = ?2, attempts = 0, next_at_ms = 0 WHERE id = ?1";
        run(db, sql, params![old.id, state])?;
    }
    if let (Some(key), None, None) = (key, there, waiting) {
        queue_file(db, stored, destination, key, replaces)?;
    }
    Ok(())
}

fn queue_file(
    db: &Connection,
    stored: &StoredFile,
    destination: &str,
    key: &str,
    replaces: Option<&str>,
) -> Result<()> {
    run(
        db,
        "INSERT INTO outbox (file, destination, key, sha256, size_bytes, state, replaces, begun)
         VALUES (?1, ?2, ?3, ?4, ?5, 'pending', ?6, 0)",
        params![
            stored.id,
            destination,
            key,
            stored.file.sha256.as_str(),
            sql_bytes(stored.file.size_bytes),
            replaces,
        ],
    )
    .map(drop)
}

/// The next of a destination by their turn: one probe of `outbox_due` each, however long the queue.
pub(super) const DUE: &str = "SELECT outbox.*, file.path AS path, file.frame AS frame FROM outbox JOIN file ON file.id = outbox.file
    WHERE outbox.destination = ?1 AND outbox.state = ?2 AND outbox.next_at_ms <= ?3
    ORDER BY outbox.next_at_ms, outbox.id LIMIT ?4";

fn active(db: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM destination WHERE active = 1 ORDER BY name";
    query(db, "destination", sql, [], |row| row.get("name"))
}

/// A row as an item to be sent.
pub(super) fn item(row: &rows::Reading<'_, '_>) -> Result<OutboxItem> {
    Ok(OutboxItem {
        id: OutboxId(row.get("id")?),
        frame: FrameId(row.get("frame")?),
        destination: row.get("destination")?,
        path: row.get("path")?,
        key: row.get("key")?,
        replaces: row.get("replaces")?,
        sha256: Sha256(row.get("sha256")?),
        size_bytes: row.bytes("size_bytes")?,
        attempts: row.get("attempts")?,
    })
}

/// What is to be sent now, at most `limit` for each destination, so that a dead one holds up no other. Noted as begun
/// before it is handed out.
pub(super) fn due(db: &Connection, now: Millis, limit: u32) -> Result<Vec<OutboxItem>> {
    let mut all = Vec::new();
    for name in active(db)? {
        let params = params![name, "pending", now.0.cast_signed(), limit];
        all.extend(query(db, "outbox", DUE, params, item)?);
    }
    for item in &all {
        let sql = "UPDATE outbox SET begun = 1 WHERE id = ?1 AND begun = 0";
        run(db, sql, [item.id.0])?;
    }
    Ok(all)
}

/// What is to be removed at a destination now.
pub(super) fn due_removals(db: &Connection, now: Millis, limit: u32) -> Result<Vec<OutboxRemoval>> {
    let mut all = Vec::new();
    for name in active(db)? {
        let params = params![name, "removing", now.0.cast_signed(), limit];
        all.extend(query(db, "outbox", DUE, params, |row| {
            Ok(OutboxRemoval {
                id: OutboxId(row.get("id")?),
                destination: row.get("destination")?,
                key: row.get("key")?,
                attempts: row.get("attempts")?,
            })
        })?);
    }
    Ok(all)
}

/// When the next item is due; `None` when nothing waits.
pub(super) fn next_due(db: &Connection) -> Result<Option<Millis>> {
    let mut next = None;
    for name in active(db)? {
        for state in ["pending", "removing"] {
            let sql =
                "SELECT min(next_at_ms) AS next FROM outbox WHERE destination = ?1 AND state = ?2";
            let at = first(db, "outbox", sql, params![name, state], |row| {
                row.get::<Option<i64>>("next")
            })?;
            let at = at.flatten().map(|ms| Millis(ms.unsigned_abs()));
            next = [next, at].into_iter().flatten().min();
        }
    }
    Ok(next)
}

/// An item's row: file, destination, key, hash, size, state.
struct Item {
    id: i64,
    file: i64,
    destination: String,
    key: String,
    replaces: Option<String>,
    sha256: String,
    size_bytes: i64,
    state: String,
}

fn find(db: &Connection, id: OutboxId) -> Result<Item> {
    let found = first(
        db,
        "outbox",
        "SELECT * FROM outbox WHERE id = ?1",
        [id.0],
        |row| {
            Ok(Item {
                id: id.0,
                file: row.get("file")?,
                destination: row.get("destination")?,
                key: row.get("key")?,
                replaces: row.get("replaces")?,
                sha256: row.get("sha256")?,
                size_bytes: row.get("size_bytes")?,
                state: row.get("state")?,
            })
        },
    )?;
    found.ok_or_else(|| strange(id, "is not in the outbox"))
}

fn strange(id: OutboxId, what: &str) -> ArchiveError {
    ArchiveError::Outbox {
        id: id.0,
        what: what.to_owned(),
    }
}

/// A destination's receipt. If the frame's owner changed while it was under way, it lies there under a wrong name now.
pub(super) fn sent(db: &Connection, id: OutboxId, receipt: &Receipt) -> Result<()> {
    let item = find(db, id)?;
    if receipt.sha256.as_str() != item.sha256 || sql_bytes(receipt.size_bytes) != item.size_bytes {
        return Err(strange(id, "the receipt is for other bytes; send it again"));
    }
    let state = match item.state.as_str() {
        "pending" | "parked" | "sent" => "sent",
        _ if again(db, &item)? => "superseded",
        _ => "removing",
    };
    run(
        db,
        "UPDATE outbox SET state = ?2, verified_by = ?3, sent_at_ms = ?4, last_error = NULL, next_at_ms = 0 WHERE id = ?1",
        params![id.0, state, receipt.verified_by, receipt.at.0],
    )?;
    if let Some(replaced) = &item.replaces {
        run(
            db,
            "UPDATE outbox SET state = 'removed' WHERE file = ?1 AND destination = ?2 AND key = ?3
               AND state IN ('replaced', 'removing', 'removing-parked')",
            params![item.file, item.destination, replaced],
        )?;
    }
    Ok(())
}

/// Whether another row of the file claims the same name there; if so its file is sent again, as what lies there may be
/// written over or gone by now. Sending what is there already costs a look.
fn again(db: &Connection, item: &Item) -> Result<bool> {
    let sql = "UPDATE outbox SET state = CASE WHEN state = 'parked' THEN state ELSE 'pending' END,
            attempts = 0, next_at_ms = 0, verified_by = NULL, sent_at_ms = NULL, last_error = NULL
         WHERE file = ?1 AND destination = ?2 AND key = ?3 AND id <> ?4 AND state IN ('pending', 'parked', 'sent')";
    let params = params![item.file, item.destination, item.key, item.id];
    Ok(run(db, sql, params)? > 0)
}

/// A removal at the destination was done. Where a correction gave the file that very name back meanwhile, it is sent again.
pub(super) fn removed(db: &Connection, id: OutboxId) -> Result<()> {
    let item = find(db, id)?;
    again(db, &item)?;
    let sql = "UPDATE outbox SET last_error = NULL,
            state = CASE WHEN verified_by IS NULL THEN 'superseded' ELSE 'removed' END
         WHERE id = ?1 AND state = 'removing'";
    run(db, sql, [id.0]).map(drop)
}

/// A try failed. `retry_at` is `None` to park it. What was superseded meanwhile stays so.
pub(super) fn failed(
    db: &Connection,
    id: OutboxId,
    error: &str,
    retry_at: Option<Millis>,
) -> Result<()> {
    find(db, id)?;
    run(
        db,
        "UPDATE outbox SET attempts = attempts + 1, last_error = ?2, next_at_ms = ifnull(?3, next_at_ms),
            state = CASE WHEN ?3 IS NOT NULL THEN state WHEN state = 'pending' THEN 'parked' ELSE 'removing-parked' END
         WHERE id = ?1 AND state IN ('pending', 'removing')",
        params![id.0, error, retry_at.map(|at| at.0.cast_signed())],
    )
    .map(drop)
}

/// Everything parked is due again; returns how many.
pub(super) fn retry_parked(db: &Connection) -> Result<u64> {
    let mut count = 0;
    for (from, to) in [("parked", "pending"), ("removing-parked", "removing")] {
        let sql = "UPDATE outbox SET state = ?2, attempts = 0, next_at_ms = 0 WHERE state = ?1
            AND destination IN (SELECT name FROM destination WHERE active = 1)";
        count += run(db, sql, params![from, to])? as u64;
    }
    Ok(count)
}

/// What waits and what is parked, over the active destinations.
pub(super) fn counts(db: &Connection) -> Result<OutboxCounts> {
    let mut counts = OutboxCounts::default();
    let sql = "SELECT state, count(*) AS n FROM outbox JOIN destination ON destination.name = outbox.destination
        WHERE destination.active = 1 AND state IN ('pending', 'parked', 'removing', 'removing-parked') GROUP BY state";
    let rows = query(db, "outbox", sql, [], |row| {
        Ok((
            row.get::<String>("state")?,
            row.get::<i64>("n")?.unsigned_abs(),
        ))
    })?;
    for (state, n) in rows {
        match state.as_str() {
            "pending" | "removing" => counts.pending += n,
            _ => counts.failed += n,
        }
    }
    Ok(counts)
}
