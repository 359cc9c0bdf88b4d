//! What the station starts from.

use super::error::Result;
use super::rows::{self, first, query};
use crate::model::{ChairStep, EventKind, Frame, FrameId, Snapshot, Student, StudentNumber};
use rusqlite::Connection;

/// Reads everything durable that the station's decisions need.
pub(super) fn read(db: &Connection) -> Result<Snapshot> {
    let station = first(db, "station", "SELECT * FROM station", [], |row| {
        Ok(Snapshot {
            station: crate::model::StationId(row.get("station")?),
            session: None,
            entries: Vec::new(),
            frames: Vec::new(),
            open_requests: Vec::new(),
            pending_roster: Vec::new(),
            corrections: Vec::new(),
            trail: Vec::new(),
            waiting_reference: None,
            lowered: Vec::new(),
            paused: row.flag("paused")?,
            next_session: row.get::<i64>("next_session")?.unsigned_abs(),
            next_frame: row.get::<i64>("next_frame")?.unsigned_abs(),
            next_request: row.get::<i64>("next_request")?.unsigned_abs(),
        })
    })?;
    let mut snapshot = station.ok_or(super::ArchiveError::Row {
        table: "station",
        value: "no row".to_owned(),
        wanted: "station",
    })?;
    snapshot.session = first(
        db,
        "session",
        "SELECT * FROM session WHERE state = 'open' ORDER BY opened_at_ms DESC, id DESC LIMIT 1",
        [],
        rows::session,
    )?;
    let session = snapshot.session.as_ref().map(|s| s.id.clone());
    if let Some(id) = &session {
        snapshot.entries = rows::entries(db, id)?;
        snapshot.corrections = corrections(db, id.as_str())?;
        snapshot.trail = trail(db, id.as_str())?;
        let sql = "SELECT reason FROM lowered_reason WHERE session = ?1 ORDER BY reason";
        let lowered = query(db, "lowered_reason", sql, [id.as_str()], |row| {
            row.get("reason")
        });
        snapshot.lowered = lowered?;
    } else {
        snapshot.waiting_reference = waiting_reference(db)?;
    }
    let id = session.as_ref().map(|id| id.as_str());
    snapshot.frames = frames(db, id)?;
    snapshot.open_requests = open_requests(db, id)?;
    let sql = "SELECT * FROM pending_roster ORDER BY position";
    snapshot.pending_roster = query(db, "pending_roster", sql, [], |row| {
        Ok(Student {
            number: StudentNumber(row.get("student_number")?),
            name: row.get("student_name")?,
            exempt: row.json("student_exempt", "list of reasons")?,
        })
    })?;
    Ok(snapshot)
}

fn frames(db: &Connection, session: Option<&str>) -> Result<Vec<Frame>> {
    let sql = "SELECT * FROM frame WHERE session = ?1
        UNION ALL SELECT * FROM frame WHERE state = 'set-aside' AND session IS NULL ORDER BY id";
    query(db, "frame", sql, [session], rows::frame)
}

/// Open ones, and closed ones of this session (or of none) with a file that is not here yet. Which file of the card it is, is
/// compared as a listing can; one that this very request's frame holds counts under whatever opening it was fetched.
fn open_requests(
    db: &Connection,
    session: Option<&str>,
) -> Result<Vec<crate::model::RequestState>> {
    let sql = "SELECT * FROM request WHERE outcome IS NULL
        UNION
        SELECT request.* FROM request JOIN request_file AS wanted ON wanted.request = request.id
        WHERE request.session IS ?1 AND NOT EXISTS (
            SELECT 1 FROM file JOIN frame ON frame.id = file.frame
            WHERE file.camera = wanted.camera AND file.camera_folder = wanted.folder
              AND file.camera_name = wanted.name AND file.camera_size_bytes = wanted.size_bytes
              AND file.camera_modified_s = wanted.modified_s
              AND (file.camera_opening = wanted.opening OR frame.request = request.id))
        ORDER BY id";
    rows::requests(db, sql, [session])
}

/// What is a correction is told by its detail, `{"before": …, "after": …}`; taking one back takes the last off the pile.
fn corrections(db: &Connection, session: &str) -> Result<Vec<(EventKind, serde_json::Value)>> {
    let sql = "SELECT kind, detail FROM event WHERE session = ?1 AND kind IN
        ('frame-reassigned', 'frame-discarded', 'frames-split', 'advance-undone', 'bound', 'shifted', 'swapped', 'correction-undone')
        ORDER BY seq";
    let events = query(db, "event", sql, [session], |row| {
        let kind = row.word("kind", "event kind", kind_of_word)?;
        Ok((kind, row.json::<serde_json::Value>("detail", "detail")?))
    })?;
    let mut pile = Vec::new();
    for (kind, detail) in events {
        match kind {
            EventKind::CorrectionUndone => {
                pile.pop();
            }
            kind if detail.get("before").is_some() && detail.get("after").is_some() => {
                pile.push((kind, detail));
            }
            _ => {}
        }
    }
    Ok(pile)
}

/// The reference shot that no session has taken up yet.
fn waiting_reference(db: &Connection) -> Result<Option<FrameId>> {
    let sql = "SELECT kind, frame FROM event WHERE kind = 'session-opened'
        OR (kind = 'reference-taken' AND session IS NULL) ORDER BY seq DESC LIMIT 1";
    let last = first(db, "event", sql, [], |row| {
        Ok((
            row.get::<String>("kind")?,
            row.get::<Option<String>>("frame")?,
        ))
    })?;
    let taken = last.filter(|(kind, _)| kind == "reference-taken");
    Ok(taken.and_then(|(_, frame)| frame).map(FrameId))
}

/// Who sat before whom, as the events say that moved the chair.
fn trail(db: &Connection, session: &str) -> Result<Vec<ChairStep>> {
    let sql = "SELECT detail FROM event WHERE session = ?1 AND kind IN
        ('advanced', 'went-back', 'held', 'recalled', 'called',
         'frame-reassigned', 'frames-split', 'advance-undone', 'bound', 'shifted', 'swapped', 'correction-undone')
        AND json_type(detail, '$.trail') = 'object' ORDER BY seq";
    let details = query(db, "event", sql, [session], |row| {
        row.json::<serde_json::Value>("detail", "detail")
    })?;
    let mut trail = Vec::new();
    for detail in details {
        ChairStep::follow(&mut trail, &detail);
    }
    Ok(trail)
}

/// The event kind of a stored word.
pub(super) fn kind_of_word(word: &str) -> Option<EventKind> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}
