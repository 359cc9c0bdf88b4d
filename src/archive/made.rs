//! What was made becomes a file of ours: under a fresh name, and what it replaces goes by the journal like an old place of a
//! correction (I2).

use super::error::{ArchiveError, Result};
use super::files::{Content, digest};
use super::making::{MakeAsk, Making, Task, Wants, list_anew, stored};
use super::moves::{self, Moved};
use super::rows::{self, StoredFile, first};
use super::worker::Worker;
use super::write::{self, run};
use super::{CrashPoint, outbox_queue};
use crate::clock;
use crate::model::{Actor, Change, EventKind, FrameFile, Sha256};
use rusqlite::{Connection, params};
use serde_json::json;

impl Worker {
    pub(super) fn making(&self, ask: MakeAsk) {
        // An asker who went away does not hear; that is no failure here.
        match ask {
            MakeAsk::Made(task, bytes, answer) => {
                let _ = answer.send(self.made(&task, &bytes));
            }
            MakeAsk::Failed(task, error, answer) => {
                let sql = "UPDATE making SET error = ?2 WHERE id = ?1";
                let failed = self.transact(|db| run(db, sql, params![task.id, error]));
                let _ = answer.send(failed.map(drop));
            }
        }
    }

    /// Whether it was taken: not when it has been asked for anew meanwhile.
    fn made(&self, task: &Task, bytes: &[u8]) -> Result<bool> {
        let sql = "SELECT 1 FROM making WHERE id = ?1";
        if first(&self.db, "making", sql, [task.id], |_| Ok(()))?.is_none() {
            return Ok(false);
        }
        let old = stored(&self.db, &task.making)?;
        let (sha256, size_bytes) = digest(bytes);
        if old.as_ref().is_some_and(|old| old.file.sha256 == sha256) {
            self.transact(|db| {
                self.taken(db, task)?;
                self.note_made(db, task, &sha256)
            })?;
            self.news.notify_one();
            return Ok(true);
        }
        let file = FrameFile {
            role: task.making.role(),
            path: self.path_of(&task.making)?,
            sha256,
            original_sha256: None,
            size_bytes,
            source: None,
            cleared_at: None,
        };
        self.keep(task, bytes, &file, old.as_ref())?;
        self.news.notify_one();
        self.bell.notify_one();
        Ok(true)
    }

    /// The new file is durable before its row, and the old one goes after it.
    fn keep(
        &self,
        task: &Task,
        bytes: &[u8],
        file: &FrameFile,
        old: Option<&StoredFile>,
    ) -> Result<()> {
        let _noted = self.underway.note([&file.path]);
        if let Some(old) = old {
            self.begin_replacing(old, &file.path)?;
        }
        let to = self.data.join(&file.path);
        let put = self.files.put(&Content::Bytes(bytes), &to);
        self.files.reach(CrashPoint::AfterNewFile);
        let kept = put.and_then(|_| {
            self.transact(|db| {
                match old {
                    Some(old) => moves::swap(db, &[Moved::new(old, file)])?,
                    None => write::file(db, task.making.frame(), task.making.session(), file)?,
                }
                self.taken(db, task)?;
                self.note_made(db, task, &file.sha256)?;
                self.files.reach(CrashPoint::BeforeCommit);
                Ok(())
            })
        });
        match (kept.is_ok(), old) {
            (true, None) => {}
            (true, Some(_)) => {
                self.files.reach(CrashPoint::AfterSwap);
                self.finish_replacing();
            }
            (false, Some(_)) => self.take_back(),
            (false, None) => {
                if let Err(error) = self.files.remove(&to) {
                    tracing::warn!(error = error.chain(), "set apart at the next start");
                }
            }
        }
        kept
    }

    fn path_of(&self, making: &Making) -> Result<String> {
        let change = made_change(making, json!({}));
        let places = self.places(&change);
        match making {
            Making::Manifest(session) => places.manifest_path(session),
            Making::Portrait(id) | Making::Report(id) => {
                let frame = rows::frame_by_id(&self.db, id)?;
                let frame = frame.ok_or_else(|| ArchiveError::Row {
                    table: "making",
                    value: id.as_str().to_owned(),
                    wanted: "frame",
                })?;
                places.path(&frame, making.role(), "")
            }
        }
    }

    /// It is made, and the outbox follows.
    fn taken(&self, db: &Connection, task: &Task) -> Result<()> {
        run(db, "DELETE FROM making WHERE id = ?1", [task.id])?;
        let destinations = &self.options.destinations;
        match &task.making {
            Making::Manifest(session) => outbox_queue::requeue_manifest(db, session, destinations),
            Making::Portrait(id) | Making::Report(id) => {
                outbox_queue::requeue(db, id, destinations)?;
                let frame = rows::frame_by_id(db, id)?;
                match frame.and_then(|f| f.session) {
                    Some(session) => list_anew(db, &session, Wants::of(destinations)),
                    None => Ok(()),
                }
            }
        }
    }

    fn note_made(&self, db: &Connection, task: &Task, sha256: &Sha256) -> Result<()> {
        let detail = json!({ "role": task.making.role(), "sha256": sha256 });
        write::change(db, &made_change(&task.making, detail))
    }
}

/// The station's own act, which changes no row of the station's.
fn made_change(making: &Making, detail: serde_json::Value) -> Change {
    Change {
        at: clock::stamp(clock::wall_clock_trusted()),
        who: Actor::Station,
        kind: EventKind::FileMade,
        session: making.session().cloned(),
        serial: None,
        frame: making.frame().cloned(),
        detail,
        rows: Vec::new(),
    }
}
