//! Reading beside the archive's thread: lists for people and programs. Never writes, never waits for the writer.

use super::error::{ArchiveError, Result};
use super::making::{self, MakingLook};
use super::outbox::OutboxId;
use super::rows::{self, StoredFile, query, said};
use super::underway::Underway;
use super::{layout, outbox_hand, outbox_rows, schema, snapshot};
use crate::model::{
    Actor, Bytes, CameraFileKey, DestinationStatus, EventKind, FileRole, Frame, FrameId,
    OutboxCounts, QueueEntry, Serial, Session, SessionId, Sha256, Signature, Stamp, WallMs,
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A connection that cannot write, shared by its clones. A call takes milliseconds.
#[derive(Clone)]
pub struct Reader {
    db: Arc<Mutex<Connection>>,
    pub(super) data: PathBuf,
    /// Stays empty where the archive's thread is not ours.
    pub(super) underway: Underway,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// Which frames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrameFilter {
    /// Of this session, and set-aside frames without a session; `None` for all.
    pub session: Option<SessionId>,
    /// Only those that are set aside.
    pub set_aside: bool,
    /// Only those of this serial.
    pub serial: Option<Serial>,
}

/// A row of what happened (I7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Ascending, never used twice.
    pub id: u64,
    /// When.
    pub at: Stamp,
    /// When, reckoned back after the wall clock became trusted.
    pub reckoned_wall: Option<WallMs>,
    /// Who.
    pub who: Actor,
    /// What.
    pub kind: EventKind,
    /// In which session, if any.
    pub session: Option<SessionId>,
    /// About which serial, if one.
    pub serial: Option<Serial>,
    /// About which frame, if one.
    pub frame: Option<FrameId>,
    /// More of it.
    pub detail: serde_json::Value,
}

/// An item of the outbox with where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Its name in the outbox: what `upload retry` and `upload skip` take.
    pub id: OutboxId,
    /// Of which frame; `None` for a manifest.
    pub frame: Option<FrameId>,
    /// What it is of the frame, or of the session.
    pub role: FileRole,
    /// Where to, by the config's name.
    pub destination: String,
    /// The file, relative to the data folder.
    pub path: String,
    /// Its name there.
    pub key: String,
    /// A name to be removed there once this one is verified.
    pub replaces: Option<String>,
    /// Of the bytes to be sent.
    pub sha256: Sha256,
    /// Of the bytes to be sent.
    pub size_bytes: Bytes,
    /// Tries that failed.
    pub attempts: u32,
    /// `pending`, `parked`, `skipped`, `sent`, `superseded`, `replaced`, `removing`, `removing-parked`, `removing-skipped`,
    /// `removed`.
    pub state: String,
    /// The last failure, with what to do about it.
    pub last_error: Option<String>,
    /// How the destination's copy was verified.
    pub verified_by: Option<String>,
    /// When, by the wall clock.
    pub sent_at: Option<WallMs>,
    /// The destination's own number of its receipt.
    pub receipt: Option<String>,
}

impl Reader {
    /// Opens an archive's database to read; the archive must have been opened once.
    pub fn open(data: &Path) -> std::result::Result<Self, ArchiveError> {
        Self::beside(data, Underway::default())
    }

    pub(super) fn beside(data: &Path, underway: Underway) -> Result<Self> {
        let db = schema::open_to_read(&data.join(layout::DATABASE))?;
        Ok(Self {
            db: Arc::new(Mutex::new(db)),
            data: data.to_owned(),
            underway,
        })
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        // A reader that panicked left nothing half done: it cannot write.
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        // One view for all statements of a call, whatever is committed meanwhile.
        let tx = db.unchecked_transaction().map_err(said(&db))?;
        read(&tx)
    }

    /// Frames with their files, by id.
    pub fn frames(&self, filter: FrameFilter) -> std::result::Result<Vec<Frame>, ArchiveError> {
        const WANTED: &str = "(?1 IS NULL OR frame.session = ?1 OR (frame.session IS NULL AND frame.state = 'set-aside'))
            AND (NOT ?2 OR frame.state = 'set-aside') AND (?3 IS NULL OR frame.serial = ?3)";
        let session = filter.session.as_ref().map(|s| s.as_str());
        let params = params![session, filter.set_aside, filter.serial.map(|s| s.0)];
        self.with(|db| {
            let sql = format!("SELECT * FROM frame WHERE {WANTED} ORDER BY id");
            let mut frames = query(db, "frame", &sql, params, rows::frame)?;
            let sql = format!(
                "SELECT file.* FROM file JOIN frame ON frame.id = file.frame WHERE {WANTED} ORDER BY file.frame, file.id"
            );
            let files = query(db, "file", &sql, params, rows::file)?;
            let mut files = files.into_iter().peekable();
            for frame in &mut frames {
                while let Some(stored) = files.next_if(|f| f.frame.as_ref() <= Some(&frame.id)) {
                    frame.files.push(stored.file);
                }
            }
            Ok(frames)
        })
    }

    /// A frame with its files and the check's report.
    #[allow(clippy::type_complexity)]
    pub fn frame(
        &self,
        id: &FrameId,
    ) -> std::result::Result<Option<(Frame, Option<serde_json::Value>)>, ArchiveError> {
        self.with(|db| {
            let Some(mut frame) = rows::frame_by_id(db, id)? else {
                return Ok(None);
            };
            let files = rows::files_of(db, id)?;
            frame.files = files.into_iter().map(|f| f.file).collect();
            let sql = "SELECT report FROM report WHERE frame = ?1";
            let report = rows::first(db, "report", sql, [id.as_str()], |row| {
                row.json("report", "report")
            })?;
            Ok(Some((frame, report)))
        })
    }

    /// What is kept for comparison of a session's judged frames, and of one more frame, in no order: to sort them would carry each
    /// one's whole report through a file. Reads the reports through, 50 µs each. A report without one, or with
    /// one of another version's making, is left out.
    pub fn signatures(
        &self,
        session: Option<&SessionId>,
        also: Option<&FrameId>,
    ) -> std::result::Result<Vec<(FrameId, Signature)>, ArchiveError> {
        let sql = "SELECT frame.id AS id, json_extract(report.report, '$.signature') AS signature
            FROM frame JOIN report ON report.frame = frame.id
            WHERE (frame.session = ?1 OR frame.id = ?2) AND json_type(report.report, '$.signature') = 'object'";
        let params = params![session.map(SessionId::as_str), also.map(FrameId::as_str)];
        let read = self.with(|db| {
            query(db, "report", sql, params, |row| {
                let text: String = row.get("signature")?;
                let id = FrameId(row.get("id")?);
                Ok(serde_json::from_str(&text).ok().map(|read| (id, read)))
            })
        })?;
        Ok(read.into_iter().flatten().collect())
    }

    /// All sessions, oldest first.
    pub fn sessions(&self) -> std::result::Result<Vec<Session>, ArchiveError> {
        let sql = "SELECT * FROM session ORDER BY opened_at_ms, id";
        self.with(|db| query(db, "session", sql, [], rows::session))
    }

    /// A session's queue, by serial.
    pub fn entries(
        &self,
        session: &SessionId,
    ) -> std::result::Result<Vec<QueueEntry>, ArchiveError> {
        self.with(|db| rows::entries(db, session))
    }

    /// Events after a row, in order, at most `limit`.
    pub fn events(
        &self,
        after: u64,
        limit: u32,
    ) -> std::result::Result<Vec<EventRow>, ArchiveError> {
        let sql = "SELECT * FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.with(|db| query(db, "event", sql, params![after.cast_signed(), limit], event))
    }

    /// The outbox with where each item stands; `open`: only what is not done with.
    pub fn outbox_rows(&self, open: bool) -> std::result::Result<Vec<OutboxRow>, ArchiveError> {
        let sql = format!(
            "{OUTBOX} JOIN destination ON destination.name = outbox.destination
            WHERE destination.active = 1 AND (NOT ?1 OR outbox.state NOT IN ('sent', 'superseded', 'removed'))
            ORDER BY outbox.id"
        );
        self.with(|db| query(db, "outbox", &sql, [open], outbox_row))
    }

    /// Of each destination what a person is to look at: at most `limit` of what is parked, of what was skipped, and of what is
    /// next, each.
    pub fn outbox_look(&self, limit: u32) -> std::result::Result<Vec<OutboxRow>, ArchiveError> {
        let sql = format!(
            "{OUTBOX} WHERE outbox.destination = ?1 AND outbox.state = ?2
            ORDER BY outbox.next_at_ms, outbox.turn, outbox.id LIMIT ?3"
        );
        self.with(|db| {
            let mut rows = Vec::new();
            for states in [
                ["parked", "removing-parked"],
                ["skipped", "removing-skipped"],
                ["removing", "pending"],
            ] {
                for destination in outbox_rows::active(db)? {
                    let mut some: Vec<OutboxRow> = Vec::new();
                    for state in states {
                        let params = params![destination, state, limit];
                        some.extend(query(db, "outbox", &sql, params, outbox_row)?);
                    }
                    some.truncate(limit as usize);
                    rows.extend(some);
                }
            }
            Ok(rows)
        })
    }

    /// How each destination of the config stands, as far as rows tell: of its traffic only whether it is paused.
    pub fn destination_statuses(
        &self,
    ) -> std::result::Result<Vec<DestinationStatus>, ArchiveError> {
        self.with(outbox_rows::statuses)
    }

    /// Whether the network costs money, as a person last said.
    pub fn metered(&self) -> std::result::Result<bool, ArchiveError> {
        self.with(outbox_hand::metered)
    }

    /// What is still to be made of frames and sessions, and at most `limit` of what could not be.
    pub fn making(&self, limit: u32) -> std::result::Result<MakingLook, ArchiveError> {
        self.with(|db| making::look(db, limit))
    }

    /// What waits and what is parked, over the active destinations.
    pub fn outbox_counts(&self) -> std::result::Result<OutboxCounts, ArchiveError> {
        self.with(outbox_rows::counts)
    }

    /// Every file of a camera that is here, with the hash of its bytes as the camera made them: what recovery compares a card
    /// with (I3).
    pub fn known_camera_files(
        &self,
        camera: &str,
    ) -> std::result::Result<Vec<(CameraFileKey, Sha256)>, ArchiveError> {
        let sql = "SELECT * FROM file WHERE camera = ?1 ORDER BY id";
        let files = self.with(|db| query(db, "file", sql, [camera], rows::file))?;
        let known = |stored: StoredFile| stored.file.source.zip(stored.file.original_sha256);
        Ok(files.into_iter().filter_map(known).collect())
    }

    /// The camera settings adopted for a session, in order; empty when none were.
    pub fn adopted_settings(
        &self,
        session: &SessionId,
    ) -> std::result::Result<Vec<(String, String)>, ArchiveError> {
        let sql = "SELECT name, value FROM adopted_setting WHERE session = ?1 ORDER BY position";
        self.with(|db| {
            query(db, "adopted_setting", sql, [session.as_str()], |row| {
                Ok((row.get("name")?, row.get("value")?))
            })
        })
    }
}

const OUTBOX: &str = "SELECT outbox.*, file.path AS path, file.frame AS frame, file.role AS role
    FROM outbox JOIN file ON file.id = outbox.file";

fn outbox_row(row: &rows::Reading<'_, '_>) -> Result<OutboxRow> {
    Ok(OutboxRow {
        id: OutboxId(row.get("id")?),
        frame: row.get::<Option<String>>("frame")?.map(FrameId),
        role: row.word("role", "file role", FileRole::from_word)?,
        destination: row.get("destination")?,
        path: row.get("path")?,
        key: row.get("key")?,
        replaces: row.get("replaces")?,
        sha256: Sha256(row.get("sha256")?),
        size_bytes: row.bytes("size_bytes")?,
        attempts: row.get("attempts")?,
        state: row.get("state")?,
        last_error: row.get("last_error")?,
        verified_by: row.get("verified_by")?,
        sent_at: row.get::<Option<i64>>("sent_at_ms")?.map(WallMs),
        receipt: row.get("receipt")?,
    })
}

fn event(row: &rows::Reading<'_, '_>) -> Result<EventRow> {
    let who = |word: &str| serde_json::from_value(serde_json::Value::from(word)).ok();
    Ok(EventRow {
        id: row.get::<i64>("seq")?.unsigned_abs(),
        at: rows::stamp(row)?,
        reckoned_wall: row.get::<Option<i64>>("reckoned_wall_ms")?.map(WallMs),
        who: row.word("who", "actor", who)?,
        kind: row.word("kind", "event kind", snapshot::kind_of_word)?,
        session: row.get::<Option<String>>("session")?.map(SessionId),
        serial: row.get::<Option<u32>>("serial")?.map(Serial),
        frame: row.get::<Option<String>>("frame")?.map(FrameId),
        detail: row.json("detail", "detail")?,
    })
}
