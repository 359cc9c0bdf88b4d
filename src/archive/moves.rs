//! Corrections on disk: files follow their frame's owner, by the journal (I2).
//!
//! Journal rows first; then the new files, durable; then rows, change and journal swapped in one commit; then the old
//! files go. Until the swap nothing that was stored is touched, so a power cut or a full disk leaves everything as it was.

use super::error::{ArchiveError, Result};
use super::files::{Content, digest, prune, temp_path};
use super::place::{self, Places};
use super::rows::{self, StoredFile, query};
use super::worker::Worker;
use super::write::{run, sql_bytes};
use super::{CrashPoint, TAG_LIMIT};
use crate::model::{Bytes, Change, FileRole, Frame, FrameFile, Sha256};
use crate::tag::{self, TagFields};
use rusqlite::{Connection, params};

/// A file on its way.
pub(super) struct Move {
    stored: StoredFile,
    new_path: String,
    tag: TagFields,
}

/// A file at its new place, durable, not yet in its row.
pub(super) struct Moved {
    file: i64,
    old_path: String,
    new_path: String,
    sha256: Sha256,
    size_bytes: Bytes,
}

impl Moved {
    /// A file of ours that was made anew.
    pub(super) fn new(old: &StoredFile, new: &FrameFile) -> Self {
        Self {
            file: old.id,
            old_path: old.file.path.clone(),
            new_path: new.path.clone(),
            sha256: new.sha256.clone(),
            size_bytes: new.size_bytes,
        }
    }
}

impl Worker {
    /// What moves with a change.
    pub(super) fn plan(&self, change: &Change, stored: Option<&Frame>) -> Result<Vec<Move>> {
        let places = self.places(change);
        let mut moves = Vec::new();
        for (id, frame) in place::frames(change, stored) {
            match rows::frame_by_id(&self.db, id)? {
                Some(old) if !place::same_place(&old, frame) => {}
                _ => continue,
            }
            for stored in rows::files_of(&self.db, id)? {
                let name = stored.file.source.as_ref().map_or("", |s| &s.name);
                moves.push(Move {
                    new_path: places.path(frame, stored.file.role, name)?,
                    tag: places.tag(frame)?,
                    stored,
                });
            }
        }
        Ok(moves)
    }

    pub(super) fn places<'w>(&'w self, change: &'w Change) -> Places<'w> {
        Places {
            db: &self.db,
            data: &self.data,
            options: &self.options,
            station: &self.station,
            change,
        }
    }

    /// Journals the moves and makes every new file, or takes all of it back, so that it may be begun anew.
    pub(super) fn begin_moves(&self, moves: &[Move]) -> Result<Vec<Moved>> {
        if moves.is_empty() {
            return Ok(Vec::new());
        }
        self.has_room(moves)?;
        self.transact(|db| {
            let mut all = moves.iter();
            all.try_for_each(|m| journal(db, &m.stored, &m.new_path))
        })?;
        self.files.reach(CrashPoint::AfterJournal);
        let mut moved = Vec::new();
        for m in moves {
            match self.make_new(m) {
                Ok(new) => moved.push(new),
                Err(error) => {
                    self.take_back();
                    return Err(error);
                }
            }
            self.files.reach(CrashPoint::AfterNewFile);
        }
        Ok(moved)
    }

    /// Journals that a file of ours is made anew.
    pub(super) fn begin_replacing(&self, old: &StoredFile, new_path: &str) -> Result<()> {
        self.transact(|db| journal(db, old, new_path))?;
        self.files.reach(CrashPoint::AfterJournal);
        Ok(())
    }

    /// Refuses before the first byte what cannot all be made: a long correction that waits for room must not write and
    /// remove half of itself again and again.
    fn has_room(&self, moves: &[Move]) -> Result<()> {
        // A RAW gets a second name, which takes no room.
        let copied = moves.iter().map(|m| &m.stored.file);
        let copied = copied.filter(|file| file.role != FileRole::Raw);
        let needed: u64 = copied.map(|file| file.size_bytes.0).sum();
        match (self.files.ground.disk.free(&self.data), moves.first()) {
            (Ok(free), Some(first)) if free.0 < needed => Err(ArchiveError::Full {
                doing: "move",
                path: self.data.join(&first.stored.file.path),
            }),
            // A disk that does not say what is free tells when it is written to.
            _ => Ok(()),
        }
    }

    /// After a failure: the new files go, the journal is emptied. If even that fails, the next start does it.
    pub(super) fn take_back(&self) {
        if let Err(error) = self.replay() {
            tracing::warn!(
                error = error.chain(),
                "a move is taken back at the next start"
            );
        }
    }

    fn make_new(&self, m: &Move) -> Result<Moved> {
        let old = &m.stored.file;
        let from = self.data.join(&old.path);
        let to = self.data.join(&m.new_path);
        let untagged = old.original_sha256.as_ref() == Some(&old.sha256);
        let (sha256, size_bytes) = if old.role == FileRole::Sidecar {
            let text = tag::sidecar(&m.tag);
            self.files.put(&Content::Bytes(text.as_bytes()), &to)?
        } else if old.role == FileRole::Jpeg && !untagged && old.size_bytes <= TAG_LIMIT {
            let bytes = self.files.read(&from, old.size_bytes)?;
            if digest(&bytes) != (old.sha256.clone(), old.size_bytes) {
                return Err(damaged(&from));
            }
            self.files
                .put(&Content::Bytes(&retag(&bytes, &m.tag, &from)?), &to)?
        } else {
            self.files.put(&Content::Link(&from, &old.sha256), &to)?
        };
        Ok(Moved {
            file: m.stored.id,
            old_path: old.path.clone(),
            new_path: m.new_path.clone(),
            sha256,
            size_bytes,
        })
    }

    /// Once the swap is committed: the old files go, then the journal. What fails here is finished at the next start.
    pub(super) fn finish_moves(&self, moved: &[Moved]) {
        if moved.is_empty() {
            return;
        }
        self.files.reach(CrashPoint::AfterSwap);
        self.finish_replacing();
    }

    /// The old files go; what fails here is finished at the next start.
    pub(super) fn finish_replacing(&self) {
        if let Err(error) = self.replay() {
            tracing::warn!(
                error = error.chain(),
                "old files of a move are removed at the next start"
            );
        }
    }

    /// Brings every journalled move to an end: swapped ones lose their old file, begun ones their new one.
    pub(super) fn replay(&self) -> Result<Vec<Replayed>> {
        let moves = query(
            &self.db,
            "journal",
            "SELECT * FROM journal ORDER BY id",
            [],
            |row| {
                Ok(Replayed {
                    id: row.get("id")?,
                    swapped: row.get::<String>("state")? == "swapped",
                    old_path: row.get("old_path")?,
                    new_path: row.get("new_path")?,
                })
            },
        )?;
        if moves.is_empty() {
            return Ok(moves);
        }
        for m in &moves {
            let goes = self
                .data
                .join(if m.swapped { &m.old_path } else { &m.new_path });
            if !m.swapped {
                self.files.remove(&temp_path(&goes))?;
            }
            self.files.remove(&goes)?;
            if let Some(folder) = goes.parent() {
                prune(folder);
            }
        }
        self.files.reach(CrashPoint::AfterOldRemoved);
        self.transact(|db| {
            for m in &moves {
                run(db, "DELETE FROM journal WHERE id = ?1", [m.id])?;
            }
            Ok(())
        })?;
        Ok(moves)
    }
}

/// A journalled move that was brought to an end.
pub(super) struct Replayed {
    id: i64,
    pub(super) swapped: bool,
    pub(super) old_path: String,
    pub(super) new_path: String,
}

fn journal(db: &Connection, stored: &StoredFile, new_path: &str) -> Result<()> {
    let sql = "INSERT INTO journal (file, state, old_path, new_path) VALUES (?1, 'begun', ?2, ?3)";
    let row = params![stored.id, stored.file.path, new_path];
    run(db, sql, row).map(drop)
}

/// Within the swap's transaction: file rows name the new files, the journal says so.
pub(super) fn swap(db: &Connection, moved: &[Moved]) -> Result<()> {
    for m in moved {
        run(
            db,
            "UPDATE file SET path = ?2, sha256 = ?3, size_bytes = ?4 WHERE id = ?1 AND path = ?5",
            params![
                m.file,
                m.new_path,
                m.sha256.as_str(),
                sql_bytes(m.size_bytes),
                m.old_path
            ],
        )?;
        run(
            db,
            "UPDATE journal SET state = 'swapped' WHERE file = ?1",
            [m.file],
        )?;
    }
    Ok(())
}

/// The same image under another tag; anything else is refused (I9).
fn retag(bytes: &[u8], fields: &TagFields, path: &std::path::Path) -> Result<Vec<u8>> {
    let retagged = tag::tag_jpeg(bytes, fields).ok().filter(|new| {
        let old = tag::image_data(bytes).ok();
        old.is_some() && old == tag::image_data(new).ok()
    });
    retagged.ok_or_else(|| ArchiveError::Content {
        path: path.to_owned(),
        what: "cannot be given another tag without touching its image".to_owned(),
        next: "leave it where it is, and report it",
    })
}

fn damaged(path: &std::path::Path) -> ArchiveError {
    ArchiveError::Content {
        path: path.to_owned(),
        what: "does not have the hash of its row".to_owned(),
        next: "run `shutterline archive verify` and restore it from the card or the destination before moving it",
    }
}
