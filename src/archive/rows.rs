//! Rows to nouns: everything that is read from the database is read here.

use super::error::{ArchiveError, Result};
use crate::model::{
    Bytes, CameraFileKey, EntryState, FileRole, Frame, FrameFile, FrameId, FrameState, Origin,
    Purpose, QueueEntry, RequestId, RequestOutcome, RequestState, Serial, Session, SessionId,
    SessionState, Sha256, ShutterRequest, Stamp, Student, StudentNumber, Verdict, WallMs,
};
use rusqlite::{Connection, Params, Row, params, types::FromSql};
use serde::de::DeserializeOwned;
use std::path::PathBuf;

/// A connection's own file, to name in errors.
pub(super) fn path_of(db: &Connection) -> PathBuf {
    PathBuf::from(db.path().unwrap_or_default())
}

/// What SQLite said, with the database's name.
pub(super) fn said(db: &Connection) -> impl Fn(rusqlite::Error) -> ArchiveError + '_ {
    |error| ArchiveError::database(&path_of(db), error)
}

/// A row being read: columns by name, failures told by table.
pub(super) struct Reading<'r, 'a> {
    row: &'r Row<'a>,
    db: &'r Connection,
    table: &'static str,
}

impl Reading<'_, '_> {
    pub(super) fn get<T: FromSql>(&self, column: &str) -> Result<T> {
        self.row.get(column).map_err(said(self.db))
    }

    pub(super) fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.get::<i64>(column)? != 0)
    }

    pub(super) fn serial(&self, column: &str) -> Result<Option<Serial>> {
        Ok(self.get::<Option<u32>>(column)?.map(Serial))
    }

    pub(super) fn bytes(&self, column: &str) -> Result<Bytes> {
        Ok(Bytes(self.get::<i64>(column)?.unsigned_abs()))
    }

    /// A word of a closed list.
    pub(super) fn word<T>(
        &self,
        column: &str,
        wanted: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<T> {
        let word: String = self.get(column)?;
        parse(&word).ok_or_else(|| self.strange(word, wanted))
    }

    fn word_or_none<T>(
        &self,
        column: &str,
        wanted: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        match self.get::<Option<String>>(column)? {
            None => Ok(None),
            Some(word) => match parse(&word) {
                Some(value) => Ok(Some(value)),
                None => Err(self.strange(word, wanted)),
            },
        }
    }

    pub(super) fn json<T: DeserializeOwned>(
        &self,
        column: &str,
        wanted: &'static str,
    ) -> Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|_| self.strange(text, wanted))
    }

    fn strange(&self, value: String, wanted: &'static str) -> ArchiveError {
        ArchiveError::Row {
            table: self.table,
            value,
            wanted,
        }
    }
}

/// All rows of a query, each read by `read`.
pub(super) fn query<T>(
    db: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Reading<'_, '_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = db.prepare_cached(sql).map_err(said(db))?;
    let mut rows = statement.query(params).map_err(said(db))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(said(db))? {
        all.push(read(&Reading { row, db, table })?);
    }
    Ok(all)
}

/// The first row of a query, if there is one.
pub(super) fn first<T>(
    db: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Reading<'_, '_>) -> Result<T>,
) -> Result<Option<T>> {
    Ok(query(db, table, sql, params, read)?.into_iter().next())
}

/// A frame's own columns; `files` stays empty.
pub(super) fn frame(row: &Reading<'_, '_>) -> Result<Frame> {
    Ok(Frame {
        id: FrameId(row.get("id")?),
        session: row.get::<Option<String>>("session")?.map(SessionId),
        serial: row.serial("serial")?,
        student: row
            .get::<Option<String>>("student_number")?
            .map(StudentNumber),
        request: row
            .get::<Option<i64>>("request")?
            .map(|n| RequestId(n.unsigned_abs())),
        origin: row.word("origin", "origin", Origin::from_word)?,
        state: row.word("state", "frame state", FrameState::from_word)?,
        accepted: row.flag("accepted")?,
        retaken: row.flag("retaken")?,
        verdict: row.word_or_none("verdict", "verdict", Verdict::from_word)?,
        reasons: row.json("reasons", "list of reasons")?,
        candidates: row.json("candidates", "list of serials")?,
        taken_at: WallMs(row.get("taken_at_ms")?),
        taken_at_trusted: row.flag("taken_at_trusted")?,
        files: Vec::new(),
    })
}

/// A frame by its id, without its files.
pub(super) fn frame_by_id(db: &Connection, id: &FrameId) -> Result<Option<Frame>> {
    first(
        db,
        "frame",
        "SELECT * FROM frame WHERE id = ?1",
        [id.as_str()],
        frame,
    )
}

/// A stored file with its row's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredFile {
    pub(super) id: i64,
    /// `None` for a manifest.
    pub(super) frame: Option<FrameId>,
    pub(super) file: FrameFile,
}

/// A file's row.
pub(super) fn file(row: &Reading<'_, '_>) -> Result<StoredFile> {
    let source = match row.get::<Option<String>>("camera")? {
        None => None,
        Some(camera) => Some(CameraFileKey {
            camera,
            opening: row.get("camera_opening")?,
            folder: row.get("camera_folder")?,
            name: row.get("camera_name")?,
            size_bytes: row.bytes("camera_size_bytes")?,
            modified_s: row.get("camera_modified_s")?,
        }),
    };
    Ok(StoredFile {
        id: row.get("id")?,
        frame: row.get::<Option<String>>("frame")?.map(FrameId),
        file: FrameFile {
            role: row.word("role", "file role", FileRole::from_word)?,
            path: row.get("path")?,
            sha256: Sha256(row.get("sha256")?),
            original_sha256: row.get::<Option<String>>("original_sha256")?.map(Sha256),
            size_bytes: row.bytes("size_bytes")?,
            source,
            cleared_at: row.get::<Option<i64>>("cleared_at_ms")?.map(WallMs),
        },
    })
}

/// A frame's files in the order they were stored.
pub(super) fn files_of(db: &Connection, frame: &FrameId) -> Result<Vec<StoredFile>> {
    let sql = "SELECT * FROM file WHERE frame = ?1 ORDER BY id";
    query(db, "file", sql, [frame.as_str()], file)
}

/// A session's manifest.
pub(super) fn manifest_of(db: &Connection, session: &SessionId) -> Result<Option<StoredFile>> {
    let sql = "SELECT * FROM file WHERE session = ?1 AND role = 'manifest'";
    first(db, "file", sql, [session.as_str()], file)
}

/// The frames of a place in a queue in the order they were shot, without their files.
pub(super) fn frames_at(
    db: &Connection,
    session: &SessionId,
    serial: Serial,
) -> Result<Vec<Frame>> {
    let sql = "SELECT * FROM frame WHERE session = ?1 AND serial = ?2";
    let mut frames = query(db, "frame", sql, params![session.as_str(), serial.0], frame)?;
    frames.sort_by_cached_key(|f| f.id.order());
    Ok(frames)
}

/// A session's row.
pub(super) fn session(row: &Reading<'_, '_>) -> Result<Session> {
    Ok(Session {
        id: SessionId(row.get("id")?),
        name: row.get("name")?,
        state: match row.get::<String>("state")?.as_str() {
            "open" => SessionState::Open,
            _ => SessionState::Closed,
        },
        current: row.serial("current")?,
        opened_at: WallMs(row.get("opened_at_ms")?),
        reference: row.get::<Option<String>>("reference")?.map(FrameId),
    })
}

/// A queue, by serial.
pub(super) fn entries(db: &Connection, session: &SessionId) -> Result<Vec<QueueEntry>> {
    let sql = "SELECT * FROM entry WHERE session = ?1 ORDER BY serial";
    query(db, "entry", sql, [session.as_str()], |row| {
        let number: Option<String> = row.get("student_number")?;
        let name: Option<String> = row.get("student_name")?;
        let exempt = row.json("student_exempt", "list of reasons")?;
        Ok(QueueEntry {
            serial: Serial(row.get("serial")?),
            student: number.zip(name).map(|(number, name)| Student {
                number: StudentNumber(number),
                name,
                exempt,
            }),
            state: row.word("state", "entry state", EntryState::from_word)?,
            recall_order: row.get("recall_order")?,
            waived: row.json("waived", "list of reasons")?,
        })
    })
}

/// Requests of a query over `request`, with their files.
pub(super) fn requests(
    db: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<RequestState>> {
    let mut all = query(db, "request", sql, params, request)?;
    for state in &mut all {
        let sql = "SELECT * FROM request_file WHERE request = ?1 ORDER BY position";
        let id = state.request.id.0.cast_signed();
        state.files = query(db, "request_file", sql, [id], |row| {
            Ok(CameraFileKey {
                camera: row.get("camera")?,
                opening: row.get("opening")?,
                folder: row.get("folder")?,
                name: row.get("name")?,
                size_bytes: row.bytes("size_bytes")?,
                modified_s: row.get("modified_s")?,
            })
        })?;
    }
    Ok(all)
}

fn request(row: &Reading<'_, '_>) -> Result<RequestState> {
    Ok(RequestState {
        request: ShutterRequest {
            id: RequestId(row.get::<i64>("id")?.unsigned_abs()),
            session: row.get::<Option<String>>("session")?.map(SessionId),
            serial: row.serial("serial")?,
            student: row
                .get::<Option<String>>("student_number")?
                .map(StudentNumber),
            purpose: match row.get::<String>("purpose")?.as_str() {
                "test" => Purpose::Test,
                _ => Purpose::Portrait,
            },
            at: stamp(row)?,
        },
        outcome: row.word_or_none("outcome", "request outcome", RequestOutcome::from_word)?,
        files: Vec::new(),
    })
}

/// The four columns of a stamp.
pub(super) fn stamp(row: &Reading<'_, '_>) -> Result<Stamp> {
    Ok(Stamp {
        boot: crate::model::BootId(row.get("boot")?),
        mono: crate::model::Millis(row.get::<i64>("mono_ms")?.unsigned_abs()),
        wall: WallMs(row.get("wall_ms")?),
        trusted: row.flag("trusted")?,
    })
}
