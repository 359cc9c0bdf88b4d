//! The sim camera's fault knobs, in a file: they can be turned while no child lives, survive one, and are turned off by
//! the child that felt them.

use super::super::{CameraError, Knob, SimCall};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is set now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Set {
    pub unplugged: bool,
    pub stall: Option<Stall>,
    /// Counts releases: a hung call ends when it changes.
    pub releases: u64,
    pub short_read: Option<u64>,
    pub busy: u32,
    pub no_focus: bool,
    pub card_full: bool,
    pub bytes_per_s: u64,
    pub wrong_size: Option<i64>,
    /// Files that were given a wrong size keep it.
    pub wrong_sizes: BTreeMap<String, i64>,
    pub names_repeat: bool,
    pub forget_setting: Option<String>,
    pub presses: u32,
    pub no_file: bool,
    pub refuse_delete: bool,
    pub exit: bool,
}

/// A call that is to hang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stall {
    pub during: Option<SimCall>,
    pub ms: Option<u64>,
}

/// The file and what was last read from it.
pub struct Knobs {
    path: PathBuf,
    read_at: Option<(SystemTime, u64)>,
    set: Set,
}

impl Knobs {
    pub fn of(folder: &Path) -> Self {
        Self {
            path: folder.join("knobs.json"),
            read_at: None,
            set: Set::default(),
        }
    }

    /// What is set now; reads the file only when it changed.
    pub fn look(&mut self) -> Result<&Set, CameraError> {
        use std::os::unix::fs::MetadataExt;
        let stamp = match fs::metadata(&self.path) {
            // The file is replaced, never rewritten: its number changes even within one tick of its time.
            Ok(meta) => Some((meta.modified().map_err(|e| self.failed(e))?, meta.ino())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(self.failed(e)),
        };
        if stamp.is_none() {
            self.set = Set::default();
            self.read_at = None;
        } else if stamp != self.read_at {
            let text = fs::read(&self.path).map_err(|e| self.failed(e))?;
            self.set = serde_json::from_slice(&text).map_err(|e| self.failed(e.into()))?;
            self.read_at = stamp;
        }
        Ok(&self.set)
    }

    /// Changes the knobs under a lock: the daemon and the child both do.
    pub fn change(&mut self, change: impl FnOnce(&mut Set)) -> Result<(), CameraError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|e| self.failed(e))?;
        }
        let _lock = self.lock().map_err(|e| self.failed(e))?;
        self.look()?;
        let mut set = self.set.clone();
        change(&mut set);
        let fresh = self.path.with_extension("new");
        let text = serde_json::to_vec_pretty(&set).map_err(|e| self.failed(e.into()))?;
        fs::write(&fresh, text)
            .and_then(|()| fs::rename(&fresh, &self.path))
            .map_err(|e| self.failed(e))?;
        self.set = set;
        self.read_at = None;
        Ok(())
    }

    fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.with_extension("lock"))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        Ok(file)
    }

    fn failed(&self, source: io::Error) -> CameraError {
        CameraError::Sim {
            path: self.path.clone(),
            source,
        }
    }

    /// By how much the size of this file is to be wrong; the first file asked for after the knob was turned gets it.
    pub fn wrong_size(&mut self, file: &str) -> Result<i64, CameraError> {
        let set = self.look()?;
        if let Some(by) = set.wrong_sizes.get(file) {
            return Ok(*by);
        }
        let Some(by) = set.wrong_size else {
            return Ok(0);
        };
        let file = file.to_owned();
        self.change(|k| {
            k.wrong_size = None;
            k.wrong_sizes.insert(file, by);
        })?;
        Ok(by)
    }

    /// Turns one knob.
    pub fn turn(&mut self, knob: &Knob) -> Result<(), CameraError> {
        let knob = knob.clone();
        self.change(|k| match knob {
            Knob::Unplug => k.unplugged = true,
            Knob::Replug => k.unplugged = false,
            Knob::Stall { during, ms } => k.stall = Some(Stall { during, ms }),
            Knob::Release => k.releases += 1,
            Knob::ShortRead { bytes } => k.short_read = Some(bytes),
            Knob::Busy { count } => k.busy = count,
            Knob::NoFocus => k.no_focus = true,
            Knob::CardFull { full } => k.card_full = full,
            Knob::Slow { bytes_per_s } => k.bytes_per_s = bytes_per_s,
            Knob::WrongSize { by } => k.wrong_size = Some(by),
            Knob::NamesRepeat => k.names_repeat = true,
            Knob::ForgetSetting { key } => k.forget_setting = Some(key),
            Knob::PressShutter => k.presses += 1,
            Knob::NoFile => k.no_file = true,
            Knob::RefuseDelete => k.refuse_delete = true,
            Knob::Exit => k.exit = true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_knob_is_seen_by_another_pair_of_eyes() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Knobs::of(folder.path());
        assert_eq!(child.look().unwrap(), &Set::default());
        let mut daemon = Knobs::of(folder.path());
        daemon.turn(&Knob::Busy { count: 2 }).unwrap();
        assert_eq!(child.look().unwrap().busy, 2);
        child.change(|k| k.busy -= 1).unwrap();
        daemon.turn(&Knob::Unplug).unwrap();
        let seen = child.look().unwrap();
        assert!(seen.unplugged && seen.busy == 1);
    }
}
