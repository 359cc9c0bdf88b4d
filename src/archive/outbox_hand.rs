//! What people say of the outbox: try again, do not send, wait, go on. Each leaves its event row in the same commit (I7).

use super::error::{ArchiveError, Result};
use super::outbox::Selection;
use super::outbox_rows;
use super::rows::{first, query};
use super::write::{self, run};
use crate::clock;
use crate::model::{Actor, Change, EventKind};
use rusqlite::{Connection, params};
use serde_json::json;

/// What becomes of each state that a word of a person applies to.
type Turns = &'static [(&'static str, &'static str)];

const RETRY: Turns = &[("parked", "pending"), ("removing-parked", "removing")];
const RETRY_NAMED: Turns = &[
    ("parked", "pending"),
    ("removing-parked", "removing"),
    ("skipped", "pending"),
    ("removing-skipped", "removing"),
];
/// No removals: a photo that lies somewhere under a wrong name is left there only by naming it.
const SKIP: Turns = &[("pending", "skipped"), ("parked", "skipped")];
const SKIP_NAMED: Turns = &[
    ("pending", "skipped"),
    ("parked", "skipped"),
    ("removing", "removing-skipped"),
    ("removing-parked", "removing-skipped"),
];

/// A technician's act, which changes no row of the station's.
fn note(db: &Connection, kind: EventKind, detail: serde_json::Value) -> Result<()> {
    let change = Change {
        at: clock::stamp(clock::wall_clock_trusted()),
        who: Actor::Technician,
        kind,
        session: None,
        serial: None,
        frame: None,
        detail,
        rows: Vec::new(),
    };
    write::change(db, &change)
}

/// The destinations that are meant: the one named, or all of them.
fn meant(db: &Connection, name: Option<&String>) -> Result<Vec<String>> {
    let known = outbox_rows::active(db)?;
    match name {
        None => Ok(known),
        Some(name) if known.contains(name) => Ok(vec![name.clone()]),
        Some(name) => Err(ArchiveError::NoDestination {
            name: name.clone(),
            known,
        }),
    }
}

/// Everything that is named goes from one state to another; returns how many did. What cannot is an error.
fn turn_named(db: &Connection, which: &Selection, turns: Turns, can: &str) -> Result<u64> {
    let destinations = meant(db, which.destination.as_ref())?;
    let mut count = 0;
    for id in &which.ids {
        let strange = |what: String| ArchiveError::Outbox { id: id.0, what };
        let sql = "SELECT destination, state FROM outbox WHERE id = ?1";
        let found = first(db, "outbox", sql, [id.0], |row| {
            Ok((
                row.get::<String>("destination")?,
                row.get::<String>("state")?,
            ))
        })?;
        let Some((destination, state)) = found else {
            return Err(ArchiveError::NoOutboxItem { id: id.0 });
        };
        if !destinations.contains(&destination) {
            return Err(strange(format!("goes to {destination}, not there")));
        }
        let Some((_, to)) = turns.iter().find(|(from, _)| *from == state) else {
            return Err(strange(format!("is {state}; only {can}")));
        };
        if *to == "skipped" {
            forget_replaced(db, "successor.id = ?1", [id.0])?;
        }
        let sql = "UPDATE outbox SET state = ?2, attempts = 0, next_at_ms = 0,
            replaces = CASE WHEN ?2 = 'skipped' THEN NULL ELSE replaces END WHERE id = ?1";
        count += run(db, sql, params![id.0, to])? as u64;
    }
    Ok(count)
}

/// The same with all there is.
fn turn_all(db: &Connection, which: &Selection, turns: Turns) -> Result<u64> {
    let mut count = 0;
    for destination in meant(db, which.destination.as_ref())? {
        for (from, to) in turns {
            let place = params![destination, from];
            if *to == "skipped" {
                let these = "successor.destination = ?1 AND successor.state = ?2";
                forget_replaced(db, these, place)?;
            }
            let sql = "UPDATE outbox SET state = ?3, attempts = 0, next_at_ms = 0,
                replaces = CASE WHEN ?3 = 'skipped' THEN NULL ELSE replaces END
                WHERE destination = ?1 AND state = ?2";
            count += run(db, sql, params![destination, from, to])? as u64;
        }
    }
    Ok(count)
}

/// Without its successor nothing would ever remove what lies there under a name that is not right.
fn forget_replaced(db: &Connection, successors: &str, params: impl rusqlite::Params) -> Result<()> {
    let sql = format!(
        "UPDATE outbox SET state = 'removing', attempts = 0, next_at_ms = 0 FROM outbox AS successor
         WHERE {successors} AND outbox.file = successor.file AND outbox.destination = successor.destination
           AND outbox.key = successor.replaces AND outbox.state = 'replaced'"
    );
    run(db, &sql, params).map(drop)
}

fn detail(which: &Selection, count: u64) -> serde_json::Value {
    json!({ "destination": which.destination, "ids": which.ids, "items": count })
}

/// What is parked is due again, and what was skipped if it is named.
pub(super) fn retry(db: &Connection, which: &Selection) -> Result<u64> {
    let count = match which.ids.is_empty() {
        true => turn_all(db, which, RETRY)?,
        false => turn_named(
            db,
            which,
            RETRY_NAMED,
            "what is parked or skipped can be tried again",
        )?,
    };
    if count > 0 {
        note(db, EventKind::UploadRetried, detail(which, count))?;
    }
    Ok(count)
}

/// What waits or is parked is not to be sent.
pub(super) fn skip(db: &Connection, which: &Selection) -> Result<u64> {
    let count = match (which.ids.is_empty(), &which.destination) {
        (true, None) => return Err(ArchiveError::NothingNamed),
        (true, Some(_)) => turn_all(db, which, SKIP)?,
        (false, _) => turn_named(
            db,
            which,
            SKIP_NAMED,
            "what waits or is parked can be skipped",
        )?,
    };
    if count > 0 {
        note(db, EventKind::UploadSkipped, detail(which, count))?;
    }
    Ok(count)
}

/// Stops or goes on sending; returns how many destinations that changed.
pub(super) fn set_paused(db: &Connection, name: &Option<String>, paused: bool) -> Result<u64> {
    let mut changed = Vec::new();
    for destination in meant(db, name.as_ref())? {
        let sql = "UPDATE destination SET paused = ?2 WHERE name = ?1 AND paused <> ?2";
        if run(db, sql, params![destination, paused])? > 0 {
            changed.push(destination);
        }
    }
    if !changed.is_empty() {
        let kind = match paused {
            true => EventKind::UploadPaused,
            false => EventKind::UploadResumed,
        };
        note(db, kind, json!({ "destinations": changed }))?;
    }
    Ok(changed.len() as u64)
}

/// The destinations that are paused.
pub(super) fn paused(db: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM destination WHERE active = 1 AND paused = 1 ORDER BY name";
    query(db, "destination", sql, [], |row| row.get("name"))
}

/// Whether the network costs money.
pub(super) fn set_metered(db: &Connection, metered: bool) -> Result<()> {
    let sql = "UPDATE station SET metered = ?1 WHERE metered <> ?1";
    if run(db, sql, [metered])? > 0 {
        note(db, EventKind::NetworkMetered, json!({ "metered": metered }))?;
    }
    Ok(())
}

/// Whether the network costs money, as a person last said.
pub(super) fn metered(db: &Connection) -> Result<bool> {
    let read = |row: &super::rows::Reading<'_, '_>| row.flag("metered");
    Ok(first(db, "station", "SELECT metered FROM station", [], read)?.unwrap_or(false))
}
