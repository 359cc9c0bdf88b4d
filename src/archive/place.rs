//! Where a frame's files belong and what their tags say, once a change is applied.

use super::error::Result;
use super::rows::{self, first};
use super::{Options, layout};
use crate::model::{Change, FileRole, Frame, FrameId, Row, Serial, SessionId, StationId};
use crate::tag::TagFields;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;

/// What a frame's place depends on; a change of any of them moves and retags its files.
pub(super) fn same_place(a: &Frame, b: &Frame) -> bool {
    (&a.session, a.serial, &a.student, a.state) == (&b.session, b.serial, &b.student, b.state)
}

/// The frames of a change as they shall read, each once.
pub(super) fn frames<'c>(
    change: &'c Change,
    stored: Option<&'c Frame>,
) -> BTreeMap<&'c FrameId, &'c Frame> {
    let rows = change.rows.iter().filter_map(|row| match row {
        Row::Frame(frame) => Some(&**frame),
        _ => None,
    });
    stored.into_iter().chain(rows).map(|f| (&f.id, f)).collect()
}

/// Looks names up as they will read after the change: in its rows first, then in the database.
pub(super) struct Places<'w> {
    pub(super) db: &'w Connection,
    pub(super) data: &'w Path,
    pub(super) options: &'w Options,
    pub(super) station: &'w StationId,
    pub(super) change: &'w Change,
}

/// A session's name and folder.
struct Called {
    name: String,
    folder: String,
}

impl Places<'_> {
    fn session(&self, id: &SessionId) -> Result<Called> {
        let coming = self.change.rows.iter().rev().find_map(|row| match row {
            Row::Session(session) if session.id == *id => Some(&session.name),
            _ => None,
        });
        let sql = "SELECT name, folder FROM session WHERE id = ?1";
        let stored = first(self.db, "session", sql, [id.as_str()], |row| {
            Ok(Called {
                name: row.get("name")?,
                folder: row.get("folder")?,
            })
        })?;
        let name = coming.map_or("", String::as_str);
        let mut called = stored.unwrap_or_else(|| Called {
            name: String::new(),
            folder: layout::session_folder(id, name),
        });
        if let Some(name) = coming {
            called.name.clone_from(name);
        }
        Ok(called)
    }

    fn student_name(&self, session: &SessionId, serial: Serial) -> Result<Option<String>> {
        let coming = self.change.rows.iter().rev().find_map(|row| match row {
            Row::Entry { session: s, entry } if s == session && entry.serial == serial => {
                Some(entry.student.as_ref().map(|s| s.name.clone()))
            }
            _ => None,
        });
        if let Some(name) = coming {
            return Ok(name);
        }
        let sql = "SELECT student_name FROM entry WHERE session = ?1 AND serial = ?2";
        let name = first(
            self.db,
            "entry",
            sql,
            params![session.as_str(), serial.0],
            |row| row.get("student_name"),
        )?;
        Ok(name.flatten())
    }

    /// What a frame's tags say.
    pub(super) fn tag(&self, frame: &Frame) -> Result<TagFields> {
        let session = frame.session.as_ref();
        let name = match (session, frame.serial) {
            (Some(session), Some(serial))
                if self.options.name_in_tag && frame.student.is_some() =>
            {
                self.student_name(session, serial)?
            }
            _ => None,
        };
        let session_name = match session {
            Some(id) => Some(self.session(id)?.name).filter(|name| !name.is_empty()),
            None => None,
        };
        Ok(TagFields {
            student: frame.student.clone(),
            name: name.filter(|name| !name.is_empty()),
            serial: frame.serial,
            session: frame.session.clone(),
            session_name,
            frame: frame.id.clone(),
            station: self.station.clone(),
            taken_at: frame.taken_at,
            taken_at_trusted: frame.taken_at_trusted,
        })
    }

    /// A path for a new file of the frame, relative to the data folder: neither a row's, nor the journal's, nor a file's.
    pub(super) fn path(&self, frame: &Frame, role: FileRole, camera_name: &str) -> Result<String> {
        let folder = match &frame.session {
            Some(id) => Some(self.session(id)?.folder),
            None => None,
        };
        let folder = layout::frame_folder(folder.as_deref(), frame);
        self.free(|again| {
            let name = layout::file_name(frame, role, camera_name, again);
            format!("{folder}/{name}")
        })
    }

    fn free(&self, path: impl Fn(u32) -> String) -> Result<String> {
        let mut again = 1;
        loop {
            let path = path(again);
            if !self.taken(&path)? {
                return Ok(path);
            }
            again += 1;
        }
    }

    /// A path for a new manifest of the session, as free as a frame's.
    pub(super) fn manifest_path(&self, session: &SessionId) -> Result<String> {
        let folder = layout::session_path(&self.session(session)?.folder);
        self.free(|again| format!("{folder}/{}", layout::manifest_name(again)))
    }

    fn taken(&self, path: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM file WHERE path = ?1 UNION ALL SELECT 1 FROM journal WHERE new_path = ?1";
        let known = rows::first(self.db, "file", sql, [path], |_| Ok(()))?.is_some();
        Ok(known || self.data.join(path).exists())
    }
}
