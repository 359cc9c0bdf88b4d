//! What the station makes of its frames (portraits, reports) and of a session (its manifest): what is asked for, and what comes of it.
//!
//! A change that takes the truth out of such a file asks for it anew in the same commit, and until it is made the old one is not sent, and
//! taken back where it was: no portrait leaves the station with the number of whoever sat there before a correction. The makers work beside the archive's
//! thread on what is stored, and hand in bytes; bytes that were made for a question that has been asked anew are not taken.

use super::error::{ArchiveError, Result};
use super::layout::Owner;
use super::outbox::Answer;
use super::reader::Reader;
use super::rows::{self, StoredFile, first, query};
use super::worker::Message;
use super::write::run;
use super::{outbox_queue, place};
use crate::model::{Change, Consignee, FileRole, Frame, FrameId, Goods, Row, Serial, SessionId};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use tokio::sync::{Notify, oneshot};

/// What a file is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Making {
    /// The portrait of a frame.
    Portrait(FrameId),
    /// The report of a frame.
    Report(FrameId),
    /// The list of a session.
    Manifest(SessionId),
}

impl Making {
    pub(super) fn role(&self) -> FileRole {
        match self {
            Making::Portrait(_) => FileRole::Portrait,
            Making::Report(_) => FileRole::Report,
            Making::Manifest(_) => FileRole::Manifest,
        }
    }

    pub(super) fn frame(&self) -> Option<&FrameId> {
        match self {
            Making::Portrait(frame) | Making::Report(frame) => Some(frame),
            Making::Manifest(_) => None,
        }
    }

    pub(super) fn session(&self) -> Option<&SessionId> {
        match self {
            Making::Portrait(_) | Making::Report(_) => None,
            Making::Manifest(session) => Some(session),
        }
    }

    /// The column that names what it is made of.
    fn of(&self) -> &str {
        match self {
            Making::Portrait(frame) | Making::Report(frame) => frame.as_str(),
            Making::Manifest(session) => session.as_str(),
        }
    }
}

/// Something to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub(super) id: i64,
    /// What.
    pub making: Making,
}

/// What could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmade {
    /// What.
    pub making: Making,
    /// Why, with what to do about it.
    pub error: String,
}

/// How much is still to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakingLook {
    /// What waits for its turn.
    pub waiting: u64,
    /// What could not be made: the first few.
    pub unmade: Vec<Unmade>,
}

/// What the maker's side asks of the archive's thread.
pub(super) enum MakeAsk {
    Made(Task, Vec<u8>, Answer<bool>),
    Failed(Task, String, Answer<()>),
}

/// Where portraits, reports and manifests are asked for and handed in; for a thread that may wait.
#[derive(Clone)]
pub struct Workbench {
    pub(super) sender: SyncSender<Message>,
    pub(super) reader: Reader,
    pub(super) bell: Arc<Notify>,
}

impl Workbench {
    /// Waits until something new may be asked for.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// The next to be made. Nothing of a student who still sits there, and no manifest before all that it lists.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn next(&self) -> std::result::Result<Option<Task>, ArchiveError> {
        self.reader.with(next)
    }

    /// Hands in what was made; `false` when it has been asked for anew meanwhile, and these bytes are of no use.
    ///
    /// # Errors
    /// When it cannot be stored, or the archive has ended.
    pub fn made(&self, task: Task, bytes: Vec<u8>) -> std::result::Result<bool, ArchiveError> {
        self.ask(|answer| MakeAsk::Made(task, bytes, answer))
    }

    /// It cannot be made; tried again at the next start, or when it is asked for anew.
    ///
    /// # Errors
    /// When that cannot be noted, or the archive has ended.
    pub fn failed(&self, task: Task, error: String) -> std::result::Result<(), ArchiveError> {
        self.ask(|answer| MakeAsk::Failed(task, error, answer))
    }

    fn ask<T>(&self, ask: impl FnOnce(Answer<T>) -> MakeAsk) -> Result<T> {
        let (answer, heard) = oneshot::channel();
        let sent = self.sender.send(Message::Make(ask(answer)));
        sent.map_err(|_| ArchiveError::Gone)?;
        heard.blocking_recv().unwrap_or(Err(ArchiveError::Gone))
    }
}

fn task(row: &rows::Reading<'_, '_>) -> Result<Task> {
    let role = row.word("role", "file role", FileRole::from_word)?;
    let (frame, session) = (row.get("frame")?, row.get("session")?);
    let making = match (role, frame, session) {
        (FileRole::Portrait, Some(frame), _) => Making::Portrait(FrameId(frame)),
        (FileRole::Report, Some(frame), _) => Making::Report(FrameId(frame)),
        (FileRole::Manifest, _, Some(session)) => Making::Manifest(SessionId(session)),
        _ => {
            return Err(ArchiveError::Row {
                table: "making",
                value: role.as_str().to_owned(),
                wanted: "something that is made",
            });
        }
    };
    Ok(Task {
        id: row.get("id")?,
        making,
    })
}

fn next(db: &Connection) -> Result<Option<Task>> {
    let sql = "SELECT making.* FROM making JOIN frame ON frame.id = making.frame
            LEFT JOIN entry ON entry.session = frame.session AND entry.serial = frame.serial
         WHERE making.error IS NULL AND frame.state = 'kept' AND frame.student_number IS NOT NULL
            AND ifnull(entry.state, '') <> 'seated' ORDER BY making.id LIMIT 1";
    if let Some(of_a_frame) = first(db, "making", sql, [], task)? {
        return Ok(Some(of_a_frame));
    }
    let sql = "SELECT * FROM making WHERE error IS NULL AND role = 'manifest' ORDER BY id LIMIT 1";
    first(db, "making", sql, [], task)
}

/// What is still to be made, and what could not be.
pub(super) fn look(db: &Connection, limit: u32) -> Result<MakingLook> {
    // What lost its owner is made anew when it has another, if ever.
    let sql = "SELECT count(*) AS n FROM making LEFT JOIN frame ON frame.id = making.frame WHERE making.error IS NULL
        AND (making.frame IS NULL OR (frame.state = 'kept' AND frame.student_number IS NOT NULL))";
    let waiting = first(db, "making", sql, [], |row| row.get::<i64>("n"))?;
    let sql = "SELECT * FROM making WHERE error IS NOT NULL ORDER BY id LIMIT ?1";
    let unmade = query(db, "making", sql, [limit], |row| {
        Ok(Unmade {
            making: task(row)?.making,
            error: row.get("error")?,
        })
    })?;
    Ok(MakingLook {
        waiting: waiting.unwrap_or(0).unsigned_abs(),
        unmade,
    })
}

/// Asks for it, anew if it was asked for already.
fn want(db: &Connection, making: &Making) -> Result<()> {
    run(
        db,
        "INSERT OR REPLACE INTO making (frame, session, role) VALUES (?1, ?2, ?3)",
        params![
            making.frame().map(FrameId::as_str),
            making.session().map(SessionId::as_str),
            making.role().as_str()
        ],
    )
    .map(drop)
}

/// Whether it is asked for, and not made yet: what there is of it does not hold.
pub(super) fn is_wanted(db: &Connection, making: &Making) -> Result<bool> {
    let sql = "SELECT 1 FROM making WHERE ifnull(frame, session) = ?1 AND role = ?2";
    let of = params![making.of(), making.role().as_str()];
    Ok(first(db, "making", sql, of, |_| Ok(()))?.is_some())
}

/// What there is of it.
pub(super) fn stored(db: &Connection, making: &Making) -> Result<Option<StoredFile>> {
    match making {
        Making::Manifest(session) => rows::manifest_of(db, session),
        Making::Portrait(frame) | Making::Report(frame) => {
            let sql = "SELECT * FROM file WHERE frame = ?1 AND role = ?2";
            let of = params![frame.as_str(), making.role().as_str()];
            first(db, "file", sql, of, rows::file)
        }
    }
}

/// The frame of a place whose portrait is delivered: the last good one that was not shot anew.
pub(super) fn proposed(frames: &[Frame]) -> Option<&Frame> {
    let owned = |f: &&Frame| f.is_eligible() && Owner::of(f).is_some();
    frames.iter().rev().find(owned)
}

/// What any destination is sent of what we make.
#[derive(Clone, Copy)]
pub(super) struct Wants {
    portraits: bool,
    reports: bool,
    manifests: bool,
}

impl Wants {
    pub(super) fn of(destinations: &[Consignee]) -> Self {
        let any = |goods| destinations.iter().any(|to| to.goods.contains(&goods));
        Self {
            portraits: any(Goods::Portraits),
            reports: any(Goods::Reports),
            manifests: any(Goods::Manifests),
        }
    }
}

/// Places in queues.
type Places = BTreeSet<(SessionId, Serial)>;

/// A commit under way: who sat where before its rows were written.
pub(super) struct Before {
    frames: Vec<(FrameId, Option<Frame>)>,
}

impl Before {
    pub(super) fn of<'f>(db: &Connection, ids: impl Iterator<Item = &'f FrameId>) -> Result<Self> {
        let frames = ids.map(|id| Ok((id.clone(), rows::frame_by_id(db, id)?)));
        Ok(Self {
            frames: frames.collect::<Result<_>>()?,
        })
    }

    /// Asks for what the commit's rows, now written, have taken the truth out of, and for what is to be made for the first time. Has
    /// the outbox follow: the changed frames' files, other frames' portraits that are proposed now or no longer, and manifests.
    pub(super) fn follow(
        &self,
        db: &Connection,
        change: &Change,
        destinations: &[Consignee],
    ) -> Result<()> {
        let wants = Wants::of(destinations);
        let reported: BTreeSet<&FrameId> = (change.rows.iter())
            .filter_map(|row| match row {
                Row::Report { frame, .. } => Some(frame),
                _ => None,
            })
            .collect();
        let mut requeued: BTreeSet<FrameId> = BTreeSet::new();
        let (mut places, mut sessions) = (Places::new(), sessions_of(change));
        for (id, old) in &self.frames {
            let new = rows::frame_by_id(db, id)?;
            for frame in [old.as_ref(), new.as_ref()].into_iter().flatten() {
                places.extend(frame.session.clone().zip(frame.serial));
                sessions.extend(frame.session.clone());
            }
            let moved = match (old, &new) {
                (Some(old), Some(new)) => !place::same_place(old, new),
                _ => false,
            };
            let made = [
                (Making::Portrait(id.clone()), moved),
                (Making::Report(id.clone()), false),
            ];
            for (making, moved) in made {
                let untrue = moved || reported.contains(id);
                if untrue && stored(db, &making)?.is_some() {
                    want(db, &making)?;
                }
            }
            if let Some(frame) = new.filter(|f| wants.reports && leaves(f)) {
                want_first(db, &Making::Report(frame.id))?;
            }
            requeued.insert(id.clone());
        }
        for (session, serial) in &places {
            let frames = rows::frames_at(db, session, *serial)?;
            if let Some(frame) = proposed(&frames).filter(|_| wants.portraits) {
                want_first(db, &Making::Portrait(frame.id.clone()))?;
            }
            for frame in frames {
                if stored(db, &Making::Portrait(frame.id.clone()))?.is_some() {
                    requeued.insert(frame.id);
                }
            }
        }
        for id in &requeued {
            outbox_queue::requeue(db, id, destinations)?;
        }
        for session in &sessions {
            list_anew(db, session, wants)?;
        }
        Ok(())
    }
}

fn leaves(frame: &Frame) -> bool {
    frame.is_eligible() && Owner::of(frame).is_some()
}

fn want_first(db: &Connection, making: &Making) -> Result<()> {
    if stored(db, making)?.is_none() && !is_wanted(db, making)? {
        want(db, making)?;
    }
    Ok(())
}

/// The sessions whose own rows change.
fn sessions_of(change: &Change) -> BTreeSet<SessionId> {
    let of = |row: &Row| match row {
        Row::Session(session) => Some(session.id.clone()),
        Row::Entry { session, .. } => Some(session.clone()),
        _ => None,
    };
    change.rows.iter().filter_map(of).collect()
}

/// A closed session's list follows whatever it lists; while people are still shot there is none. The next one is written over it.
pub(super) fn list_anew(db: &Connection, session: &SessionId, wants: Wants) -> Result<()> {
    let making = Making::Manifest(session.clone());
    let sql = "SELECT 1 FROM session WHERE id = ?1 AND state = 'closed'";
    let closed = first(db, "session", sql, [session.as_str()], |_| Ok(()))?.is_some();
    match closed && (wants.manifests || stored(db, &making)?.is_some()) {
        true => want(db, &making),
        false => Ok(()),
    }
}

/// At a start: what could not be made is tried again, and what destinations are sent for the first time is asked for. Photos that are
/// cleared are past it.
pub(super) fn start(db: &Connection, destinations: &[Consignee]) -> Result<()> {
    let wants = Wants::of(destinations);
    run(
        db,
        "UPDATE making SET error = NULL WHERE error IS NOT NULL",
        [],
    )?;
    if wants.portraits {
        for frame in lacking(db, FileRole::Portrait)? {
            let Some((session, serial)) = frame.session.as_ref().zip(frame.serial) else {
                continue;
            };
            let there = rows::frames_at(db, session, serial)?;
            if proposed(&there).is_some_and(|f| f.id == frame.id) {
                want(db, &Making::Portrait(frame.id))?;
            }
        }
    }
    if wants.reports {
        for frame in lacking(db, FileRole::Report)? {
            want(db, &Making::Report(frame.id))?;
        }
    }
    if wants.manifests {
        let sql = "SELECT id FROM session WHERE state = 'closed' ORDER BY opened_at_ms, id";
        for session in query(db, "session", sql, [], |row| Ok(SessionId(row.get("id")?)))? {
            want_first(db, &Making::Manifest(session))?;
        }
    }
    Ok(())
}

/// Frames that leave the station, of which there is no such file, and nobody asked for it.
fn lacking(db: &Connection, role: FileRole) -> Result<Vec<Frame>> {
    let sql = "SELECT * FROM frame WHERE state = 'kept' AND student_number IS NOT NULL AND retaken = 0
          AND (accepted = 1 OR verdict IN ('pass', 'warn'))
          AND EXISTS (SELECT 1 FROM file WHERE file.frame = frame.id AND file.role = 'jpeg' AND file.cleared_at_ms IS NULL)
          AND NOT EXISTS (SELECT 1 FROM file WHERE file.frame = frame.id AND file.role = ?1)
          AND NOT EXISTS (SELECT 1 FROM making WHERE ifnull(making.frame, making.session) = frame.id AND making.role = ?1)
        ORDER BY session, serial, id";
    query(db, "frame", sql, [role.as_str()], rows::frame)
}
