//! Nouns to rows: everything a change writes, within the one transaction it is given (I7).

use super::error::Result;
use super::layout;
use super::rows::said;
use crate::model::{
    Bytes, Change, EventKind, Frame, FrameFile, FrameId, Purpose, QueueEntry, RequestState, Row,
    Session, SessionId, SessionState, Student,
};
use rusqlite::{Connection, Params, params};

/// One statement, prepared once a connection.
pub(super) fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    db.prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map_err(said(db))
}

/// A size as SQLite holds it.
pub(super) fn sql_bytes(bytes: Bytes) -> i64 {
    bytes.0.cast_signed()
}

/// All rows of a change and its one event row.
pub(super) fn change(db: &Connection, change: &Change) -> Result<()> {
    for row in &change.rows {
        self::row(db, row)?;
    }
    event(db, change)
}

fn row(db: &Connection, row: &Row) -> Result<()> {
    match row {
        Row::Session(session) => self::session(db, session),
        Row::Entry { session, entry } => self::entry(db, session, entry),
        Row::Request(state) => request(db, state),
        Row::Frame(frame) => self::frame(db, frame),
        Row::Report { frame, report } => run(
            db,
            "INSERT INTO report (frame, report) VALUES (?1, ?2)
             ON CONFLICT (frame) DO UPDATE SET report = excluded.report",
            params![frame.as_str(), report.to_string()],
        )
        .map(drop),
        Row::Paused(paused) => run(db, "UPDATE station SET paused = ?1", [paused]).map(drop),
        Row::PendingRoster(students) => pending_roster(db, students),
        Row::Lowered { session, reasons } => lowered(db, session, reasons),
        Row::AdoptedSettings { session, settings } => adopted_settings(db, session, settings),
    }
}

fn session(db: &Connection, session: &Session) -> Result<()> {
    let state = match session.state {
        SessionState::Open => "open",
        SessionState::Closed => "closed",
    };
    run(
        db,
        "INSERT INTO session (id, name, folder, state, current, opened_at_ms, reference)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, current = excluded.current,
            opened_at_ms = excluded.opened_at_ms, reference = excluded.reference",
        params![
            session.id.as_str(),
            session.name,
            layout::session_folder(&session.id, &session.name),
            state,
            session.current.map(|s| s.0),
            session.opened_at.0,
            session.reference.as_ref().map(FrameId::as_str),
        ],
    )?;
    if let Some(number) = session.id.sequence() {
        let sql = "UPDATE station SET next_session = max(next_session, ?1 + 1)";
        run(db, sql, [number.cast_signed()])?;
    }
    Ok(())
}

fn entry(db: &Connection, session: &SessionId, entry: &QueueEntry) -> Result<()> {
    run(
        db,
        "INSERT INTO entry (session, serial, student_number, student_name, student_exempt, state, recall_order, waived)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (session, serial) DO UPDATE SET student_number = excluded.student_number,
            student_name = excluded.student_name, student_exempt = excluded.student_exempt, state = excluded.state,
            recall_order = excluded.recall_order, waived = excluded.waived",
        params![
            session.as_str(),
            entry.serial.0,
            entry.student.as_ref().map(|s| s.number.as_str()),
            entry.student.as_ref().map(|s| &s.name),
            json(&entry.student.as_ref().map_or(&[][..], |s| &s.exempt)),
            entry.state.as_str(),
            entry.recall_order,
            json(&entry.waived),
        ],
    )
    .map(drop)
}

fn request(db: &Connection, state: &RequestState) -> Result<()> {
    let request = &state.request;
    let purpose = match request.purpose {
        Purpose::Portrait => "portrait",
        Purpose::Test => "test",
    };
    let id = request.id.0.cast_signed();
    run(
        db,
        "INSERT INTO request (id, session, serial, student_number, purpose, boot, mono_ms, wall_ms, trusted, outcome)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome",
        params![
            id,
            request.session.as_ref().map(SessionId::as_str),
            request.serial.map(|s| s.0),
            request.student.as_ref().map(|s| s.as_str()),
            purpose,
            request.at.boot.as_str(),
            request.at.mono.0.cast_signed(),
            request.at.wall.0,
            request.at.trusted,
            state.outcome.map(|o| o.as_str()),
        ],
    )?;
    let sql = "UPDATE station SET next_request = max(next_request, ?1 + 1)";
    run(db, sql, [id])?;
    run(db, "DELETE FROM request_file WHERE request = ?1", [id])?;
    for (position, key) in (0_i64..).zip(&state.files) {
        run(
            db,
            "INSERT INTO request_file (request, position, camera, opening, folder, name, size_bytes, modified_s)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id,
                position,
                key.camera,
                key.opening,
                key.folder,
                key.name,
                sql_bytes(key.size_bytes),
                key.modified_s,
            ],
        )?;
    }
    Ok(())
}

/// A frame's own columns; its files have their own rows.
pub(super) fn frame(db: &Connection, frame: &Frame) -> Result<()> {
    run(
        db,
        "INSERT INTO frame (id, session, serial, student_number, request, origin, state, accepted, retaken,
            verdict, reasons, candidates, taken_at_ms, taken_at_trusted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO UPDATE SET session = excluded.session, serial = excluded.serial,
            student_number = excluded.student_number, request = excluded.request, origin = excluded.origin,
            state = excluded.state, accepted = excluded.accepted, retaken = excluded.retaken,
            verdict = excluded.verdict, reasons = excluded.reasons, candidates = excluded.candidates,
            taken_at_ms = excluded.taken_at_ms, taken_at_trusted = excluded.taken_at_trusted",
        params![
            frame.id.as_str(),
            frame.session.as_ref().map(SessionId::as_str),
            frame.serial.map(|s| s.0),
            frame.student.as_ref().map(|s| s.as_str()),
            frame.request.map(|r| r.0.cast_signed()),
            frame.origin.as_str(),
            frame.state.as_str(),
            frame.accepted,
            frame.retaken,
            frame.verdict.map(|v| v.as_str()),
            json(&frame.reasons),
            json(&frame.candidates),
            frame.taken_at.0,
            frame.taken_at_trusted,
        ],
    )?;
    if let Some(number) = frame.id.sequence() {
        let sql = "UPDATE station SET next_frame = max(next_frame, ?1 + 1)";
        run(db, sql, [number.cast_signed()])?;
    }
    Ok(())
}

/// A list as JSON; lists of our own nouns always have one.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

/// A file's row, once the file is durable: of a frame, or of a session.
pub(super) fn file(
    db: &Connection,
    frame: Option<&FrameId>,
    session: Option<&SessionId>,
    file: &FrameFile,
) -> Result<()> {
    let source = file.source.as_ref();
    run(
        db,
        "INSERT INTO file (frame, session, role, path, sha256, original_sha256, size_bytes, camera, camera_opening,
            camera_folder, camera_name, camera_size_bytes, camera_modified_s)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            frame.map(FrameId::as_str),
            session.map(SessionId::as_str),
            file.role.as_str(),
            file.path,
            file.sha256.as_str(),
            file.original_sha256.as_ref().map(|s| s.as_str()),
            sql_bytes(file.size_bytes),
            source.map(|s| &s.camera),
            source.map(|s| &s.opening),
            source.map(|s| &s.folder),
            source.map(|s| &s.name),
            source.map(|s| sql_bytes(s.size_bytes)),
            source.map(|s| s.modified_s),
        ],
    )
    .map(drop)
}

fn pending_roster(db: &Connection, students: &[Student]) -> Result<()> {
    run(db, "DELETE FROM pending_roster", [])?;
    for (position, student) in (0_i64..).zip(students) {
        run(
            db,
            "INSERT INTO pending_roster (position, student_number, student_name, student_exempt)
             VALUES (?1, ?2, ?3, ?4)",
            params![
                position,
                student.number.as_str(),
                student.name,
                json(&student.exempt)
            ],
        )?;
    }
    Ok(())
}

fn lowered(db: &Connection, session: &SessionId, reasons: &[String]) -> Result<()> {
    let session = session.as_str();
    run(
        db,
        "DELETE FROM lowered_reason WHERE session = ?1",
        [session],
    )?;
    for reason in reasons {
        let sql = "INSERT INTO lowered_reason (session, reason) VALUES (?1, ?2)";
        run(db, sql, [session, reason])?;
    }
    Ok(())
}

fn adopted_settings(
    db: &Connection,
    session: &SessionId,
    settings: &[(String, String)],
) -> Result<()> {
    let session = session.as_str();
    run(
        db,
        "DELETE FROM adopted_setting WHERE session = ?1",
        [session],
    )?;
    for (position, (name, value)) in (0_i64..).zip(settings) {
        run(
            db,
            "INSERT INTO adopted_setting (session, position, name, value) VALUES (?1, ?2, ?3, ?4)",
            params![session, position, name, value],
        )?;
    }
    Ok(())
}

fn event(db: &Connection, change: &Change) -> Result<()> {
    let at = &change.at;
    if change.kind == EventKind::ClockTrusted && at.trusted {
        // The boot-time clock ran all along, so the right time of this boot's earlier events can be reckoned (I7).
        run(
            db,
            "UPDATE event SET reckoned_wall_ms = ?1 - (?2 - mono_ms)
             WHERE boot = ?3 AND trusted = 0 AND reckoned_wall_ms IS NULL",
            params![at.wall.0, at.mono.0.cast_signed(), at.boot.as_str()],
        )?;
    }
    run(
        db,
        "INSERT INTO event (boot, mono_ms, wall_ms, trusted, who, kind, session, serial, frame, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            at.boot.as_str(),
            at.mono.0.cast_signed(),
            at.wall.0,
            at.trusted,
            change.who.as_str(),
            change.kind.as_str(),
            change.session.as_ref().map(SessionId::as_str),
            change.serial.map(|s| s.0),
            change.frame.as_ref().map(FrameId::as_str),
            change.detail.to_string(),
        ],
    )
    .map(drop)
}
