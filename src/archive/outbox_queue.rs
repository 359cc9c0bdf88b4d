//! What is queued for whom: each file under the name that its frame's owner gives it, at each destination that is sent such files.
//! What is not delivered under its right name is known here, whatever happens to its owner.

use super::error::Result;
use super::layout::{self, Owner};
use super::making::{self, Making};
use super::rows::{self, StoredFile, first, query};
use super::write::{run, sql_bytes};
use crate::model::{Consignee, FileRole, Frame, FrameId, Goods, SessionId, Sha256, WallMs};
use rusqlite::{Connection, params};

/// What a step of a destination's priority is worth in a row's turn; 2^40 is what a step of the goods' own turn is.
const PRIORITY: i64 = 1 << 48;

/// The number of a session counts down from here, as the newest goes first.
const SESSIONS: u64 = (1 << 32) - 1;

/// A destination as of the last start.
struct Known {
    active: bool,
    priority: i64,
    goods: String,
    template: String,
    manifest: String,
}

/// Makes the config's destinations the active ones, and queues what they lack. Everything not yet sent is due at once.
pub(super) fn start(db: &Connection, destinations: &[Consignee]) -> Result<()> {
    let mut known = Vec::new();
    for to in destinations {
        let sql = "SELECT * FROM destination WHERE name = ?1";
        known.push(first(db, "destination", sql, [&to.name], |row| {
            Ok(Known {
                active: row.flag("active")?,
                priority: row.get("priority")?,
                goods: row.get("goods")?,
                template: row.get("template")?,
                manifest: row.get("manifest")?,
            })
        })?);
    }
    run(db, "UPDATE destination SET active = 0", [])?;
    for (to, known) in destinations.iter().zip(known) {
        name_destination(db, to)?;
        if let Some(known) = known {
            bring_along(db, to, &known)?;
        }
        queue_missing(db, to)?;
    }
    let sql = "UPDATE outbox SET next_at_ms = 0 WHERE state IN ('pending', 'removing') AND next_at_ms > 0";
    run(db, sql, []).map(drop)
}

fn name_destination(db: &Connection, to: &Consignee) -> Result<()> {
    run(
        db,
        "INSERT INTO destination (name, active, required, priority, goods, template, manifest)
         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (name) DO UPDATE SET active = 1, required = excluded.required, priority = excluded.priority,
            goods = excluded.goods, template = excluded.template, manifest = excluded.manifest",
        params![
            to.name,
            to.required,
            to.priority,
            goods_json(to),
            to.template.to_string(),
            to.manifest.to_string(),
        ],
    )
    .map(drop)
}

fn goods_json(to: &Consignee) -> String {
    let mut words: Vec<_> = to.goods.iter().map(|g| g.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    serde_json::Value::from(words).to_string()
}

/// What waits follows the config's new word; what is there already stays as it was sent.
fn bring_along(db: &Connection, to: &Consignee, known: &Known) -> Result<()> {
    let by = (i64::from(to.priority) - known.priority) * PRIORITY;
    if by != 0 {
        let sql = "UPDATE outbox SET turn = turn + ?2 WHERE destination = ?1";
        run(db, sql, params![to.name, by])?;
    }
    // While the config did not name it, owners changed without it.
    let missed = !known.active;
    if missed || known.goods != goods_json(to) || known.template != to.template.to_string() {
        let frames = query(
            db,
            "outbox",
            "SELECT DISTINCT file.frame AS frame FROM outbox JOIN file ON file.id = outbox.file
             WHERE outbox.destination = ?1 AND file.frame IS NOT NULL AND (outbox.state IN ('pending', 'parked', 'skipped')
                OR (?2 AND outbox.state NOT IN ('superseded', 'removed'))) ORDER BY file.frame",
            params![to.name, missed],
            |row| Ok(FrameId(row.get("frame")?)),
        )?;
        for frame in frames {
            requeue(db, &frame, std::slice::from_ref(to))?;
        }
    }
    if missed || known.goods != goods_json(to) || known.manifest != to.manifest.to_string() {
        let sql = "SELECT session FROM file WHERE role = 'manifest' ORDER BY session";
        for session in query(db, "file", sql, [], |row| {
            Ok(SessionId(row.get("session")?))
        })? {
            requeue_manifest(db, &session, std::slice::from_ref(to))?;
        }
    }
    Ok(())
}

/// Files that the destination is to get and that are neither there nor queued.
fn queue_missing(db: &Connection, to: &Consignee) -> Result<()> {
    let roles = [
        FileRole::Jpeg,
        FileRole::Raw,
        FileRole::Sidecar,
        FileRole::Portrait,
        FileRole::Report,
    ];
    let wanted = roles.into_iter().filter(|role| wants(to, *role));
    let wanted: Vec<_> = wanted.map(|role| role.as_str()).collect();
    let missing = query(
        db,
        "frame",
        "SELECT DISTINCT frame.id AS id FROM frame JOIN file ON file.frame = frame.id
         WHERE frame.state = 'kept' AND frame.student_number IS NOT NULL
           AND file.role IN (SELECT value FROM json_each(?2)) AND file.cleared_at_ms IS NULL
           AND frame.retaken = 0 AND (frame.accepted = 1 OR frame.verdict IN ('pass', 'warn'))
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.file = file.id AND outbox.destination = ?1
              AND outbox.state IN ('pending', 'parked', 'skipped', 'sent')) ORDER BY frame.id",
        params![to.name, serde_json::Value::from(wanted).to_string()],
        |row| Ok(FrameId(row.get("id")?)),
    )?;
    for frame in missing {
        requeue(db, &frame, std::slice::from_ref(to))?;
    }
    if wants(to, FileRole::Manifest) {
        let sql = "SELECT session FROM file WHERE role = 'manifest' AND NOT EXISTS
                (SELECT 1 FROM outbox WHERE outbox.file = file.id AND outbox.destination = ?1
                    AND outbox.state IN ('pending', 'parked', 'skipped', 'sent')) ORDER BY session";
        let session = |row: &rows::Reading<'_, '_>| Ok(SessionId(row.get("session")?));
        for session in query(db, "file", sql, [&to.name], session)? {
            requeue_manifest(db, &session, std::slice::from_ref(to))?;
        }
    }
    Ok(())
}

fn wants(to: &Consignee, role: FileRole) -> bool {
    Goods::of(role).is_some_and(|goods| to.goods.contains(&goods))
}

/// Smaller first among what is due at a destination.
fn turn(to: &Consignee, role: FileRole, session: Option<&SessionId>) -> i64 {
    let goods = Goods::of(role).map_or(u8::MAX, Goods::turn);
    let session = session.and_then(SessionId::sequence).unwrap_or(0);
    let newest_first = SESSIONS - session.min(SESSIONS);
    i64::from(to.priority) * PRIORITY + (i64::from(goods) << 40) + newest_first.cast_signed()
}

/// Only what has a certain owner leaves the station, and of that only what is good: a reject that nobody overruled and a frame that
/// was shot anew are kept here, never delivered. Of a student's portraits the proposed frame's is; what is to be made anew waits for that.
fn leaves(db: &Connection, frame: &Frame, role: FileRole) -> Result<bool> {
    if !frame.is_eligible() {
        return Ok(false);
    }
    match role {
        FileRole::Jpeg | FileRole::Raw | FileRole::Sidecar => Ok(true),
        FileRole::Other | FileRole::Manifest => Ok(false),
        FileRole::Report => Ok(!making::is_wanted(db, &Making::Report(frame.id.clone()))?),
        FileRole::Portrait => {
            let (Some(session), Some(serial)) = (&frame.session, frame.serial) else {
                return Ok(false);
            };
            let frames = rows::frames_at(db, session, serial)?;
            let proposed = making::proposed(&frames).is_some_and(|f| f.id == frame.id);
            Ok(proposed && !making::is_wanted(db, &Making::Portrait(frame.id.clone()))?)
        }
    }
}

/// After a frame's owner or files changed: what is queued for its files follows.
pub(super) fn requeue(db: &Connection, frame: &FrameId, destinations: &[Consignee]) -> Result<()> {
    let Some(frame) = rows::frame_by_id(db, frame)? else {
        return Ok(());
    };
    for stored in rows::files_of(db, &frame.id)? {
        // What is no longer here cannot be sent under another name.
        if stored.file.cleared_at.is_some() {
            continue;
        }
        let owner = match leaves(db, &frame, stored.file.role)? {
            true => Owner::of(&frame),
            false => None,
        };
        for to in destinations {
            let key = (owner.as_ref()).map(|o| layout::outbox_key(&to.template, o, &stored.file));
            let queue = FileQueue {
                db,
                stored: &stored,
                session: frame.session.as_ref(),
                taken_at: frame.taken_at,
                to,
                key: key.as_deref(),
            };
            queue.follow()?;
        }
    }
    Ok(())
}

/// After a session's manifest was made.
pub(super) fn requeue_manifest(
    db: &Connection,
    session: &SessionId,
    destinations: &[Consignee],
) -> Result<()> {
    let Some(stored) = rows::manifest_of(db, session)? else {
        return Ok(());
    };
    // As old as the last that it lists.
    let sql = "SELECT max(taken_at_ms) AS last FROM frame WHERE session = ?1";
    let last = first(db, "frame", sql, [session.as_str()], |row| {
        row.get::<Option<i64>>("last")
    })?;
    for to in destinations {
        let key = layout::manifest_key(&to.manifest, session);
        let queue = FileQueue {
            db,
            stored: &stored,
            session: Some(session),
            taken_at: WallMs(last.flatten().unwrap_or(0)),
            to,
            key: Some(&key),
        };
        queue.follow()?;
    }
    Ok(())
}

/// A name under which a file lies, or may lie, at a destination.
struct Lying {
    id: i64,
    key: String,
    sha256: Sha256,
    state: String,
    /// There is a receipt.
    verified: bool,
    /// It lies there for certain: neither a removal nor a successor that removes it was begun.
    certain: bool,
}

/// What is to be sent, was parked or was skipped under a name.
struct Waiting {
    id: i64,
    key: String,
    sha256: Sha256,
    skipped: bool,
    replaces: Option<String>,
}

/// One file at one destination, and the name it shall have there.
struct FileQueue<'a> {
    db: &'a Connection,
    stored: &'a StoredFile,
    session: Option<&'a SessionId>,
    taken_at: WallMs,
    to: &'a Consignee,
    /// `None` when it shall not lie there.
    key: Option<&'a str>,
}

impl FileQueue<'_> {
    /// What lies, or may lie, there of the file, the newest first.
    fn lying(&self) -> Result<Vec<Lying>> {
        query(
            self.db,
            "outbox",
            "SELECT id, key, sha256, state, verified_by IS NOT NULL AS verified, state = 'sent' OR (state = 'replaced'
                AND NOT EXISTS (SELECT 1 FROM outbox AS successor WHERE successor.file = outbox.file
                    AND successor.destination = outbox.destination AND successor.replaces = outbox.key
                    AND successor.begun = 1)) AS certain
             FROM outbox WHERE file = ?1 AND destination = ?2
               AND state IN ('sent', 'replaced', 'removing', 'removing-parked', 'removing-skipped') ORDER BY id DESC",
            params![self.stored.id, self.to.name],
            |row| {
                Ok(Lying {
                    id: row.get("id")?,
                    key: row.get("key")?,
                    sha256: Sha256(row.get("sha256")?),
                    state: row.get("state")?,
                    verified: row.get("verified")?,
                    certain: row.get("certain")?,
                })
            },
        )
    }

    fn waiting(&self) -> Result<Vec<Waiting>> {
        query(
            self.db,
            "outbox",
            "SELECT * FROM outbox WHERE file = ?1 AND destination = ?2
               AND state IN ('pending', 'parked', 'skipped') ORDER BY id DESC",
            params![self.stored.id, self.to.name],
            |row| {
                Ok(Waiting {
                    id: row.get("id")?,
                    key: row.get("key")?,
                    sha256: Sha256(row.get("sha256")?),
                    skipped: row.get::<String>("state")? == "skipped",
                    replaces: row.get("replaces")?,
                })
            },
        )
    }

    fn right(&self, key: &str, sha256: &Sha256) -> bool {
        Some(key) == self.key && *sha256 == self.stored.file.sha256
    }

    fn follow(&self) -> Result<()> {
        let (lying, waiting) = (self.lying()?, self.waiting()?);
        let wanted = self.key.is_some() && wants(self.to, self.stored.file.role);
        let right = |l: &&Lying| l.verified && self.right(&l.key, &l.sha256);
        // What a removal may be under way of is sent again, as another item: that costs a look if it is there still.
        let there = lying.iter().filter(right).find(|l| l.certain);
        // A human's word on a file holds under its next name too.
        let skipped = waiting.iter().any(|w| w.skipped);
        // What waits already under this name goes on waiting where it stands.
        let stays = waiting.iter().find(|w| self.right(&w.key, &w.sha256));
        let stays = stays.filter(|_| wanted && there.is_none());
        self.supersede(stays.map(|w| w.id), self.key.filter(|_| wanted))?;
        // Only what is sent may take another's place there.
        let mut replaces = stays.and_then(|w| w.replaces.as_deref());
        let may_replace = wanted && there.is_none() && stays.is_none() && !skipped;
        for old in &lying {
            let state = if there.is_some_and(|t| t.id == old.id) {
                "sent"
            } else if wanted && Some(old.key.as_str()) == self.key {
                // Written over by what is sent under the same name.
                "superseded"
            } else if old.verified && stays.is_some() && replaces == Some(old.key.as_str()) {
                "replaced"
            } else if old.verified && may_replace && replaces.is_none() {
                replaces = Some(old.key.as_str());
                "replaced"
            } else if old.state == "removing-skipped" {
                "removing-skipped"
            } else {
                "removing"
            };
            let sql = "UPDATE outbox SET state = ?2, attempts = 0, next_at_ms = 0 WHERE id = ?1";
            run(self.db, sql, params![old.id, state])?;
        }
        match self.key {
            Some(key) if wanted && there.is_none() && stays.is_none() => {
                let state = if skipped { "skipped" } else { "pending" };
                self.queue(key, state, replaces)
            }
            _ => Ok(()),
        }
    }

    /// What waits and is not `stays` is not sent. What may have been written under a name that is not `key`, or that nothing is
    /// sent under any more, is removed, whether or not a receipt ever comes.
    fn supersede(&self, stays: Option<i64>, key: Option<&str>) -> Result<()> {
        run(
            self.db,
            "UPDATE outbox SET attempts = 0, next_at_ms = 0,
                state = CASE WHEN begun = 1 AND key IS NOT ?4 THEN 'removing' ELSE 'superseded' END
             WHERE file = ?1 AND destination = ?2 AND state IN ('pending', 'parked', 'skipped') AND id IS NOT ?3",
            params![self.stored.id, self.to.name, stays, key],
        )
        .map(drop)
    }

    /// Bytes may lie under this name already, of the same file as it was before: where the key does not tell owners apart, what
    /// is sent is written over them, and they are removed with it.
    fn queue(&self, key: &str, state: &str, replaces: Option<&str>) -> Result<()> {
        run(
            self.db,
            "INSERT INTO outbox (file, destination, key, sha256, size_bytes, state, replaces, turn, taken_at_ms, begun)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, EXISTS (SELECT 1 FROM outbox
                WHERE file = ?1 AND destination = ?2 AND key = ?3 AND begun = 1 AND state <> 'removed'))",
            params![
                self.stored.id,
                self.to.name,
                key,
                self.stored.file.sha256.as_str(),
                sql_bytes(self.stored.file.size_bytes),
                state,
                replaces,
                turn(self.to, self.stored.file.role, self.session),
                self.taken_at.0,
            ],
        )
        .map(drop)
    }
}
