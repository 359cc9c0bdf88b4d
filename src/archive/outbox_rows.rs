//! The outbox at work: what is due, and what became of it.

use super::error::{ArchiveError, Result};
use super::outbox::{OutboxId, OutboxItem, OutboxRemoval, Receipt};
use super::rows::{self, first, query};
use super::write::{run, sql_bytes};
use crate::model::{
    Bytes, DestinationStatus, FileRole, FrameId, Millis, OutboxCounts, Reach, SessionId, Sha256,
    StudentNumber, Traffic, WallMs,
};
use rusqlite::{Connection, params};

/// The next of a destination that may be tried, by their turn: one probe of `outbox_due`, however long the queue.
pub(super) const DUE: &str = "SELECT outbox.*, file.path AS path, file.frame AS frame, file.role AS role, ifnull(file.session, frame.session) AS session,
        frame.serial AS serial, frame.student_number AS student_number
    FROM outbox JOIN file ON file.id = outbox.file LEFT JOIN frame ON frame.id = file.frame
    WHERE outbox.destination = ?1 AND outbox.state = ?2 AND outbox.next_at_ms = 0
    ORDER BY outbox.turn, outbox.id LIMIT ?3";

/// Those whose wait is over may be tried again.
pub(super) const RIPEN: &str = "UPDATE outbox SET next_at_ms = 0
    WHERE destination = ?1 AND state = ?2 AND next_at_ms > 0 AND next_at_ms <= ?3";

/// The destinations of the config, by name.
pub(super) fn active(db: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM destination WHERE active = 1 ORDER BY name";
    query(db, "destination", sql, [], |row| row.get("name"))
}

/// Whether anything is to happen at a destination.
fn open(db: &Connection, destination: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM destination WHERE name = ?1 AND active = 1 AND paused = 0";
    Ok(first(db, "destination", sql, [destination], |_| Ok(()))?.is_some())
}

/// A row as an item to be sent; only what has an owner can be, and lists.
fn item(row: &rows::Reading<'_, '_>) -> Result<OutboxItem> {
    Ok(OutboxItem {
        id: OutboxId(row.get("id")?),
        frame: row.get::<Option<String>>("frame")?.map(FrameId),
        role: row.word("role", "file role", FileRole::from_word)?,
        session: SessionId(row.get("session")?),
        serial: row.serial("serial")?,
        student: row
            .get::<Option<String>>("student_number")?
            .map(StudentNumber),
        destination: row.get("destination")?,
        path: row.get("path")?,
        key: row.get("key")?,
        replaces: row.get("replaces")?,
        sha256: Sha256(row.get("sha256")?),
        size_bytes: row.bytes("size_bytes")?,
        attempts: row.get("attempts")?,
    })
}

/// What is to be sent to a destination now. Noted as begun before it is handed out.
pub(super) fn due(
    db: &Connection,
    destination: &str,
    now: Millis,
    limit: u32,
) -> Result<Vec<OutboxItem>> {
    if !open(db, destination)? {
        return Ok(Vec::new());
    }
    run(
        db,
        RIPEN,
        params![destination, "pending", now.0.cast_signed()],
    )?;
    let items = query(
        db,
        "outbox",
        DUE,
        params![destination, "pending", limit],
        item,
    )?;
    for item in &items {
        let sql = "UPDATE outbox SET begun = 1 WHERE id = ?1 AND begun = 0";
        run(db, sql, [item.id.0])?;
    }
    Ok(items)
}

/// What is to be removed at a destination now.
pub(super) fn due_removals(
    db: &Connection,
    destination: &str,
    now: Millis,
    limit: u32,
) -> Result<Vec<OutboxRemoval>> {
    if !open(db, destination)? {
        return Ok(Vec::new());
    }
    run(
        db,
        RIPEN,
        params![destination, "removing", now.0.cast_signed()],
    )?;
    query(
        db,
        "outbox",
        DUE,
        params![destination, "removing", limit],
        |row| {
            Ok(OutboxRemoval {
                id: OutboxId(row.get("id")?),
                destination: row.get("destination")?,
                key: row.get("key")?,
                attempts: row.get("attempts")?,
            })
        },
    )
}

/// When a destination's next item is due; `None` when nothing waits, or it is paused.
pub(super) fn next_due(db: &Connection, destination: &str) -> Result<Option<Millis>> {
    if !open(db, destination)? {
        return Ok(None);
    }
    let mut next = None;
    for state in ["pending", "removing"] {
        let sql =
            "SELECT min(next_at_ms) AS next FROM outbox WHERE destination = ?1 AND state = ?2";
        let at = first(db, "outbox", sql, params![destination, state], |row| {
            row.get::<Option<i64>>("next")
        })?;
        let at = at.flatten().map(|ms| Millis(ms.unsigned_abs()));
        next = [next, at].into_iter().flatten().min();
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
/// `trusted`: whether the wall clock is.
pub(super) fn sent(db: &Connection, id: OutboxId, receipt: &Receipt, trusted: bool) -> Result<()> {
    let item = find(db, id)?;
    if receipt.sha256.as_str() != item.sha256 || sql_bytes(receipt.size_bytes) != item.size_bytes {
        return Err(strange(id, "the receipt is for other bytes; send it again"));
    }
    let state = match item.state.as_str() {
        "pending" | "parked" | "skipped" | "sent" => "sent",
        _ if written_over(db, &item)? => "superseded",
        _ => "removing",
    };
    run(
        db,
        "UPDATE outbox SET state = ?2, verified_by = ?3, sent_at_ms = ?4, receipt = ?5, counts_from_ms = ?6,
            last_error = NULL, next_at_ms = 0 WHERE id = ?1",
        params![
            id.0,
            state,
            receipt.verified_by,
            receipt.at.0,
            receipt.reference,
            trusted.then_some(receipt.at.0),
        ],
    )?;
    if let Some(replaced) = &item.replaces {
        // What it replaced is gone; a correction that was taken back meanwhile may count on it.
        send_anew(db, &item, replaced, "")?;
        run(
            db,
            "UPDATE outbox SET state = 'removed' WHERE file = ?1 AND destination = ?2 AND key = ?3
               AND state IN ('replaced', 'removing', 'removing-parked', 'removing-skipped')",
            params![item.file, item.destination, replaced],
        )?;
    }
    Ok(())
}

/// Whether the same name is the file's by another row, whose bytes this one may have been written over; then they are sent again.
fn written_over(db: &Connection, item: &Item) -> Result<bool> {
    let sql = "SELECT 1 FROM outbox WHERE file = ?1 AND destination = ?2 AND key = ?3 AND id <> ?4
        AND state IN ('pending', 'parked', 'skipped', 'sent')";
    let place = params![item.file, item.destination, item.key, item.id];
    let claimed = first(db, "outbox", sql, place, |_| Ok(()))?.is_some();
    send_anew(db, item, &item.key, &item.sha256)?;
    Ok(claimed)
}

/// What is, or is to be, under a name is sent again, unless it has the hash `but`: what lies there may be written over or gone by
/// now. Under an id of its own, so that the receipt of a transfer that is under way does not count for it. Sending what is there
/// already costs a look.
fn send_anew(db: &Connection, item: &Item, key: &str, but: &str) -> Result<()> {
    let these = "file = ?1 AND destination = ?2 AND key = ?3 AND sha256 <> ?4
        AND state IN ('pending', 'parked', 'sent')";
    let place = params![item.file, item.destination, key, but];
    let copy = format!(
        "INSERT INTO outbox (file, destination, key, sha256, size_bytes, state, replaces, turn, taken_at_ms, begun)
         SELECT file, destination, key, sha256, size_bytes, CASE WHEN state = 'parked' THEN state ELSE 'pending' END,
            CASE WHEN state = 'sent' THEN NULL ELSE replaces END, turn, taken_at_ms, 1
         FROM outbox WHERE {these}"
    );
    let last: i64 = db
        .query_row("SELECT ifnull(max(id), 0) FROM outbox", [], |row| {
            row.get(0)
        })
        .map_err(rows::said(db))?;
    run(db, &copy, place)?;
    let retire = format!("UPDATE outbox SET state = 'superseded' WHERE {these} AND id <= ?5");
    let place = params![item.file, item.destination, key, but, last];
    run(db, &retire, place).map(drop)
}

/// A removal at the destination was done. Where a correction gave the file that very name back meanwhile, it is sent again.
pub(super) fn removed(db: &Connection, id: OutboxId) -> Result<()> {
    let item = find(db, id)?;
    send_anew(db, &item, &item.key, "")?;
    let sql = "UPDATE outbox SET last_error = NULL,
            state = CASE WHEN verified_by IS NULL THEN 'superseded' ELSE 'removed' END
         WHERE id = ?1 AND state IN ('removing', 'removing-parked', 'removing-skipped')";
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

/// A destination's files in some states.
struct Sum {
    files: u64,
    bytes: Bytes,
    oldest: Option<WallMs>,
}

/// All of it is in `outbox_waiting`: no row is looked up, however many wait.
pub(super) const SUM: &str =
    "SELECT count(*) AS files, ifnull(sum(size_bytes), 0) AS bytes, min(taken_at_ms) AS oldest
    FROM outbox WHERE destination = ?1 AND state = ?2";

fn sum(db: &Connection, destination: &str, state: &str) -> Result<Sum> {
    let sum = first(db, "outbox", SUM, [destination, state], |row| {
        Ok(Sum {
            files: row.get::<i64>("files")?.unsigned_abs(),
            bytes: row.bytes("bytes")?,
            oldest: row.get::<Option<i64>>("oldest")?.map(WallMs),
        })
    })?;
    sum.ok_or_else(|| ArchiveError::Row {
        table: "outbox",
        value: "no row".to_owned(),
        wanted: "count",
    })
}

/// Each active destination, by name; of the traffic only whether it is paused.
pub(super) fn statuses(db: &Connection) -> Result<Vec<DestinationStatus>> {
    let sql = "SELECT * FROM destination WHERE active = 1 ORDER BY name";
    let destinations = query(db, "destination", sql, [], |row| {
        let name: String = row.get("name")?;
        Ok((name, row.flag("required")?, row.flag("paused")?))
    })?;
    let mut statuses = Vec::new();
    for (name, required, paused) in destinations {
        let of = |state| sum(db, &name, state);
        let (pending, parked) = (of("pending")?, of("parked")?);
        let reach = match paused {
            true => Reach::Paused,
            false => Reach::Ready,
        };
        statuses.push(DestinationStatus {
            required,
            pending: pending.files + of("removing")?.files,
            pending_bytes: pending.bytes,
            parked: parked.files + of("removing-parked")?.files,
            skipped: of("skipped")?.files + of("removing-skipped")?.files,
            oldest: [pending.oldest, parked.oldest].into_iter().flatten().min(),
            traffic: Traffic {
                reach,
                ..Traffic::default()
            },
            name,
        });
    }
    Ok(statuses)
}
