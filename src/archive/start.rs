//! Start-up: who this station is, and what a power cut left.

use super::disk::Ground;
use super::error::{ArchiveError, Result};
use super::files::{TEMP, digest, prune};
use super::layout::PHOTOS;
use super::rows::{first, query};
use super::worker::Worker;
use super::write::run;
use crate::model::{FrameId, StationId};
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// What start-up found and a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The card was copied from another machine: this station drew a new id, so that no frame id is given twice.
    NewStation {
        /// The id it had.
        old: StationId,
        /// The id it has now.
        new: StationId,
    },
    /// A photo without a row was moved out of the way.
    Found {
        /// Where it lay, relative to the data folder.
        path: String,
        /// Where it lies now, relative to the data folder.
        now: String,
    },
    /// A row whose file is not there.
    Missing {
        /// Of which frame; `None` for a manifest.
        frame: Option<FrameId>,
        /// Where it should lie, relative to the data folder.
        path: String,
    },
    /// A correction that was under way was finished.
    MoveFinished {
        /// Where the file lies now.
        path: String,
    },
    /// A correction that was under way was taken back: it had not been answered, so nobody was told it was done.
    MoveTakenBack {
        /// Where the file still lies.
        path: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::NewStation { old, new } => write!(
                f,
                "this data folder came from another machine; station {old} is now {new}"
            ),
            Notice::Found { path, now } => write!(
                f,
                "{path} has no row (a power cut came before its commit); moved to {now}; the camera's card has the same frame"
            ),
            Notice::Missing { frame, path } => write!(
                f,
                "{path}{} is missing; run `shutterline archive verify` and restore it from the card or the destination",
                frame
                    .as_ref()
                    .map_or(String::new(), |frame| format!(" of frame {frame}"))
            ),
            Notice::MoveFinished { path } => write!(f, "finished moving a file to {path}"),
            Notice::MoveTakenBack { path } => write!(
                f,
                "a correction was cut short and taken back, {path} stays; make the correction again"
            ),
        }
    }
}

/// The station's id: drawn at first start, drawn again where the machine is another.
pub(super) fn identify(db: &Connection, ground: &Ground) -> Result<(StationId, Option<Notice>)> {
    let machine = ground.machine_id.as_ref().map(|id| digest(id.as_bytes()).0);
    let stored = first(db, "station", "SELECT * FROM station", [], |row| {
        Ok((
            StationId(row.get("station")?),
            row.get::<Option<String>>("machine_sha256")?,
        ))
    })?;
    let machine = machine.as_ref().map(|m| m.as_str());
    match stored {
        None => {
            let new = draw();
            let sql = "INSERT INTO station (id, station, machine_sha256) VALUES (1, ?1, ?2)";
            run(db, sql, params![new.as_str(), machine])?;
            Ok((new, None))
        }
        Some((old, Some(of))) if machine.is_some_and(|m| m != of) => {
            let mut new = draw();
            while new == old {
                new = draw();
            }
            let sql = "UPDATE station SET station = ?1, machine_sha256 = ?2";
            run(db, sql, params![new.as_str(), machine])?;
            let notice = Notice::NewStation {
                old,
                new: new.clone(),
            };
            Ok((new, Some(notice)))
        }
        Some((station, of)) => {
            if of.is_none() && machine.is_some() {
                run(db, "UPDATE station SET machine_sha256 = ?1", [machine])?;
            }
            Ok((station, None))
        }
    }
}

fn draw() -> StationId {
    const LETTERS: [char; 32] = [
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
        's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7',
    ];
    let random: [u8; 4] = rand::random();
    let letter = |byte: u8| LETTERS[usize::from(byte % 32)];
    StationId(random.into_iter().map(letter).collect())
}

impl Worker {
    /// Brings files and rows together after whatever ended the last run. Looks at names only, and only in folders that
    /// may have changed since it was last done; hashes are `archive verify`'s.
    pub(super) fn reconcile(&self) -> Result<Vec<Notice>> {
        let mut notices = Vec::new();
        self.finish_clearing()?;
        for replayed in self.replay()? {
            notices.push(if replayed.swapped {
                Notice::MoveFinished {
                    path: replayed.new_path,
                }
            } else {
                Notice::MoveTakenBack {
                    path: replayed.old_path,
                }
            });
        }
        let seq = first(
            &self.db,
            "event",
            "SELECT ifnull(max(seq), 0) AS seq FROM event",
            [],
            |row| row.get::<i64>("seq"),
        )?;
        for folder in self.touched_folders()? {
            self.reconcile_folder(&folder, &mut notices)?;
        }
        run(&self.db, "UPDATE station SET reconciled_seq = ?1", [seq])?;
        Ok(notices)
    }

    /// Folders under `photos/` that were written to since the last start: of the open session, of sessions with events
    /// since, of frames outside any session, and those no session owns.
    fn touched_folders(&self) -> Result<Vec<String>> {
        let quiet = query(
            &self.db,
            "session",
            "SELECT folder FROM session WHERE state = 'closed' AND id NOT IN (
                SELECT session FROM event WHERE session IS NOT NULL
                  AND seq > (SELECT reconciled_seq FROM station))",
            [],
            |row| row.get::<String>("folder"),
        )?;
        let quiet: HashSet<String> = quiet.into_iter().collect();
        let photos = self.data.join(PHOTOS);
        let mut folders = Vec::new();
        for (name, _) in entries(&photos)? {
            if !quiet.contains(&name) {
                folders.push(format!("{PHOTOS}/{name}"));
            }
        }
        // A folder that is gone altogether is looked at for its rows' sake.
        let open = query(
            &self.db,
            "session",
            "SELECT folder FROM session WHERE state = 'open'",
            [],
            |row| row.get::<String>("folder"),
        )?;
        folders.extend(open.into_iter().map(|name| format!("{PHOTOS}/{name}")));
        folders.sort();
        folders.dedup();
        Ok(folders)
    }

    fn reconcile_folder(&self, folder: &str, notices: &mut Vec<Notice>) -> Result<()> {
        let mut rows: HashMap<String, (Option<FrameId>, bool)> = query(
            &self.db,
            "file",
            // Paths are compared by their bytes: '0' is the character after '/'.
            "SELECT path, frame, cleared_at_ms IS NULL AS here FROM file
             WHERE path = ?1 OR (path >= ?1 || '/' AND path < ?1 || '0')",
            [folder],
            |row| {
                let frame = row.get::<Option<String>>("frame")?.map(FrameId);
                Ok((row.get("path")?, (frame, row.flag("here")?)))
            },
        )?
        .into_iter()
        .collect();
        let mut paths = Vec::new();
        walk(&self.data, folder, &mut paths)?;
        for path in paths {
            if rows.remove(&path).is_some() {
                continue;
            }
            let full = self.data.join(&path);
            if path.ends_with(TEMP) {
                self.files.remove(&full)?;
            } else {
                let now = self.files.set_apart(&self.data, &path)?;
                notices.push(Notice::Found {
                    path,
                    now: super::relative(&self.data, &now),
                });
            }
            if let Some(parent) = full.parent() {
                prune(parent);
            }
        }
        // What was cleared is not missed.
        let here = rows.into_iter().filter(|(_, (_, here))| *here);
        let mut missing: Vec<_> = here.map(|(path, (frame, _))| (path, frame)).collect();
        missing.sort();
        notices.extend(
            missing
                .into_iter()
                .map(|(path, frame)| Notice::Missing { frame, path }),
        );
        Ok(())
    }
}

/// Every file under a folder, relative to the data folder, by name.
pub(super) fn walk(data: &Path, folder: &str, paths: &mut Vec<String>) -> Result<()> {
    for (name, is_folder) in entries(&data.join(folder))? {
        let path = format!("{folder}/{name}");
        if is_folder {
            walk(data, &path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// Names in a folder, with whether they are folders; none when it is not there.
fn entries(folder: &Path) -> Result<Vec<(String, bool)>> {
    let fail = |e| ArchiveError::file("list the folder", folder, e);
    let mut names = Vec::new();
    let list = match std::fs::read_dir(folder) {
        Ok(list) => list,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(names),
        Err(e) => return Err(fail(e)),
    };
    for entry in list {
        let entry = entry.map_err(fail)?;
        let is_folder = entry.file_type().map_err(fail)?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    Ok(names)
}
