//! Which photos may go, and how they go (I5): every required destination has given its receipt for every file that it is to get, the
//! retention time is over by a clock that is trusted, the session is closed, and newer ones remain.
//!
//! A file is marked as cleared and noted in `clearing` in one commit, with its event row; then it is removed; then the note goes. What a
//! power cut leaves of that is finished at the next start. Rows stay for good: what was delivered is known, and recovery fetches no
//! frame from a card anew.

use super::CrashPoint;
use super::error::{ArchiveError, Result};
use super::files::prune;
use super::outbox::Answer;
use super::reader::Reader;
use super::rows::query;
use super::worker::{Message, Worker};
use super::write::{self, run};
use crate::clock;
use crate::model::{Actor, Bytes, Change, EventKind, FrameId, FrameOrder, Millis, WallMs};
use rusqlite::{Connection, params};
use serde_json::json;
use std::sync::mpsc::SyncSender;
use tokio::sync::oneshot;

/// Frames that are cleared in one commit: few enough that a photo that comes meanwhile waits no longer than for another photo.
const BATCH: usize = 10;

/// What the config says of photos that are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long they stay after the last receipt; `None` for ever.
    pub keep: Option<Millis>,
    /// This many frames stay whatever was delivered, the newest.
    pub keep_newest: u64,
}

/// What a run of clearing did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Files that were removed.
    pub files: u64,
    /// Their size.
    pub bytes: Bytes,
}

/// A file that lies here, and who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptFile {
    pub(super) id: i64,
    pub(super) size: Bytes,
    /// It came from the camera: what was made of it is small, and stays.
    pub(super) large: bool,
    /// Required destinations that are to get it.
    pub(super) required: u64,
    /// Those of them that gave a receipt for these very bytes.
    pub(super) receipts: u64,
    /// The last of these receipts; `None` where the clock was not trusted yet at one of them, or there is none.
    pub(super) since: Option<WallMs>,
}

/// A frame with files that lie here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptFrame {
    pub(super) id: FrameId,
    /// Its session is closed: nobody corrects it any more, and all that is made of it is made.
    pub(super) closed: bool,
    pub(super) files: Vec<KeptFile>,
}

impl KeptFrame {
    /// Whether its delivered files may go: each that anybody must have is there, for as long as is asked. A file that nobody must
    /// have is nowhere else, and stays.
    pub(super) fn may_go(&self, keep: Millis, now: WallMs) -> bool {
        let over = |since: WallMs| {
            let kept = i64::try_from(keep.0).unwrap_or(i64::MAX);
            since.0.saturating_add(kept) <= now.0
        };
        let mut delivered = self.files.iter().filter(|f| f.required > 0).peekable();
        self.closed
            && delivered.peek().is_some()
            && delivered.all(|f| f.receipts >= f.required && f.since.is_some_and(over))
    }
}

/// The frames whose delivered files may go now, oldest first. `frames`: all that lie here. `now`: `None` while the wall clock is not
/// trusted.
pub(super) fn may_go(frames: &[KeptFrame], rules: Retention, now: Option<WallMs>) -> Vec<FrameId> {
    let (Some(keep), Some(now)) = (rules.keep, now) else {
        return Vec::new();
    };
    let mut by_age: Vec<(FrameOrder, &KeptFrame)> =
        frames.iter().map(|f| (f.id.order(), f)).collect();
    by_age.sort_by(|a, b| a.0.cmp(&b.0));
    let newest = usize::try_from(rules.keep_newest).unwrap_or(usize::MAX);
    let older = by_age.len().saturating_sub(newest);
    let may = by_age
        .into_iter()
        .take(older)
        .filter(|(_, f)| f.may_go(keep, now));
    may.map(|(_, frame)| frame.id.clone()).collect()
}

/// The frames with files that lie here: all of them, or one.
pub(super) fn kept(db: &Connection, frame: Option<&FrameId>) -> Result<Vec<KeptFrame>> {
    const WANTING: &str = "SELECT name FROM destination WHERE active = 1 AND required = 1 AND EXISTS
        (SELECT 1 FROM json_each(destination.goods) WHERE value = CASE file.role WHEN 'jpeg' THEN 'originals'
            WHEN 'portrait' THEN 'portraits' WHEN 'report' THEN 'reports' ELSE 'raw' END)";
    // A portrait that another took the place of is nobody's to get.
    const PROPOSED: &str =
        "EXISTS (SELECT 1 FROM outbox AS sent WHERE sent.file = file.id AND sent.destination = name
        AND sent.state IN ('pending', 'parked', 'skipped', 'sent'))";
    // Two statements: one for all could not look a frame up by its index.
    let which = match frame {
        Some(_) => "file.frame = ?1",
        None => "?1 IS NULL",
    };
    let sql = format!(
        "SELECT file.id AS id, file.frame AS frame, file.size_bytes AS size_bytes,
            ifnull(session.state = 'closed', 0) AND NOT EXISTS (SELECT 1 FROM making WHERE making.frame = frame.id) AS closed,
            file.role NOT IN ('portrait', 'report') AS large,
            CASE file.role WHEN 'other' THEN 0
                WHEN 'portrait' THEN (SELECT count(*) FROM ({WANTING}) WHERE {PROPOSED})
                ELSE (SELECT count(*) FROM ({WANTING})) END AS required,
            count(DISTINCT outbox.destination) AS receipts,
            CASE WHEN count(outbox.id) = count(outbox.counts_from_ms) THEN max(outbox.counts_from_ms) END AS since
         FROM file JOIN frame ON frame.id = file.frame LEFT JOIN session ON session.id = frame.session
         LEFT JOIN outbox ON outbox.file = file.id AND outbox.state = 'sent' AND outbox.sha256 = file.sha256
            AND outbox.destination IN ({WANTING})
         WHERE file.cleared_at_ms IS NULL AND {which}
         GROUP BY file.id ORDER BY file.frame, file.id"
    );
    let id = frame.map(FrameId::as_str);
    let files = query(db, "file", &sql, [id], |row| {
        let frame = FrameId(row.get("frame")?);
        let file = KeptFile {
            id: row.get("id")?,
            size: row.bytes("size_bytes")?,
            large: row.flag("large")?,
            required: row.get::<i64>("required")?.unsigned_abs(),
            receipts: row.get::<i64>("receipts")?.unsigned_abs(),
            since: row.get::<Option<i64>>("since")?.map(WallMs),
        };
        Ok((frame, row.flag("closed")?, file))
    })?;
    let mut frames: Vec<KeptFrame> = Vec::new();
    for (id, closed, file) in files {
        match frames.last_mut() {
            Some(last) if last.id == id => last.files.push(file),
            _ => frames.push(KeptFrame {
                id,
                closed,
                files: vec![file],
            }),
        }
    }
    Ok(frames)
}

/// What the archive's thread is asked.
pub(super) enum ClearAsk {
    /// Receipts from a time without a trusted clock count from now on.
    Count(WallMs, Answer<()>),
    /// Clears what of these frames may go.
    Clear(Vec<FrameId>, Millis, WallMs, Answer<Cleared>),
}

/// Clears delivered photos; for a thread that may wait.
#[derive(Clone)]
pub struct Clearing {
    pub(super) sender: SyncSender<Message>,
    pub(super) reader: Reader,
}

impl Clearing {
    /// Clears what may go, a few frames at a time for as long as `idle` says that nothing more urgent wants the disk.
    ///
    /// # Errors
    /// When the archive cannot be read or written, or has ended.
    pub fn run(
        &self,
        rules: Retention,
        idle: impl Fn() -> bool,
    ) -> std::result::Result<Cleared, ArchiveError> {
        let now = clock::wall_clock_trusted().then(clock::wall_time);
        self.run_at(rules, now, idle)
    }

    /// The same at a moment; `None` while the clock is not trusted.
    pub(super) fn run_at(
        &self,
        rules: Retention,
        now: Option<WallMs>,
        idle: impl Fn() -> bool,
    ) -> Result<Cleared> {
        let mut all = Cleared::default();
        let (Some(now), Some(keep)) = (now, rules.keep) else {
            return Ok(all);
        };
        self.ask(|answer| ClearAsk::Count(now, answer))?;
        let frames = self.reader.with(|db| kept(db, None))?;
        for some in may_go(&frames, rules, Some(now)).chunks(BATCH) {
            if !idle() {
                break;
            }
            let cleared = self.ask(|answer| ClearAsk::Clear(some.to_vec(), keep, now, answer))?;
            all.files += cleared.files;
            all.bytes.0 += cleared.bytes.0;
        }
        Ok(all)
    }

    fn ask<T>(&self, ask: impl FnOnce(Answer<T>) -> ClearAsk) -> Result<T> {
        let (answer, heard) = oneshot::channel();
        let sent = self.sender.send(Message::Clear(ask(answer)));
        sent.map_err(|_| ArchiveError::Gone)?;
        heard.blocking_recv().unwrap_or(Err(ArchiveError::Gone))
    }
}

impl Worker {
    pub(super) fn clearing(&self, ask: ClearAsk) {
        // An asker who went away does not hear; that is no failure here.
        match ask {
            ClearAsk::Count(now, answer) => {
                let _ = answer.send(self.transact(|db| count_from(db, now)));
            }
            ClearAsk::Clear(frames, keep, now, answer) => {
                let _ = answer.send(self.clear(&frames, keep, now));
            }
        }
    }

    fn clear(&self, frames: &[FrameId], keep: Millis, now: WallMs) -> Result<Cleared> {
        let cleared = self.transact(|db| {
            let cleared = mark(db, frames, keep, now)?;
            self.files.reach(CrashPoint::BeforeCommit);
            Ok(cleared)
        })?;
        self.files.reach(CrashPoint::AfterClearMark);
        self.finish_clearing()?;
        Ok(cleared)
    }

    /// Removes what is marked as cleared and may still lie there.
    pub(super) fn finish_clearing(&self) -> Result<()> {
        let sql = "SELECT file.id AS id, file.path AS path FROM clearing JOIN file ON file.id = clearing.file ORDER BY file.id";
        let marked = query(&self.db, "clearing", sql, [], |row| {
            Ok((row.get::<i64>("id")?, row.get::<String>("path")?))
        })?;
        if marked.is_empty() {
            return Ok(());
        }
        for (_, path) in &marked {
            let path = self.data.join(path);
            self.files.remove(&path)?;
            if let Some(folder) = path.parent() {
                prune(folder);
            }
            self.files.reach(CrashPoint::AfterClearRemove);
        }
        self.transact(|db| {
            for (id, _) in &marked {
                run(db, "DELETE FROM clearing WHERE file = ?1", [id])?;
            }
            Ok(())
        })
    }
}

fn count_from(db: &Connection, now: WallMs) -> Result<()> {
    let sql = "UPDATE outbox SET counts_from_ms = ?1 WHERE verified_by IS NOT NULL AND counts_from_ms IS NULL";
    run(db, sql, [now.0]).map(drop)
}

/// Marks the delivered files of those frames that may go, looked at once more within the commit that says so.
fn mark(db: &Connection, frames: &[FrameId], keep: Millis, now: WallMs) -> Result<Cleared> {
    let mut cleared = Cleared::default();
    let mut gone = Vec::new();
    for id in frames {
        for frame in kept(db, Some(id))? {
            if !frame.may_go(keep, now) {
                continue;
            }
            for file in frame.files.iter().filter(|f| f.large && f.required > 0) {
                let sql = "UPDATE file SET cleared_at_ms = ?2 WHERE id = ?1";
                run(db, sql, params![file.id, now.0])?;
                run(db, "INSERT INTO clearing (file) VALUES (?1)", [file.id])?;
                // What nobody must have is not waited for, and cannot be sent any more.
                let sql = "UPDATE outbox SET state = 'superseded' WHERE file = ?1 AND state IN ('pending', 'parked', 'skipped')";
                run(db, sql, [file.id])?;
                cleared.files += 1;
                cleared.bytes.0 += file.size.0;
            }
            gone.push(frame.id.clone());
        }
    }
    if !gone.is_empty() {
        let change = Change {
            at: clock::stamp(true),
            who: Actor::Station,
            kind: EventKind::PhotosCleared,
            session: None,
            serial: None,
            frame: None,
            detail: json!({ "frames": gone, "files": cleared.files, "bytes": cleared.bytes }),
            rows: Vec::new(),
        };
        write::change(db, &change)?;
    }
    Ok(cleared)
}
