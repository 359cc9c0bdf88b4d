//! What the sim camera remembers when it is switched off: who it is, how it is set, how many shots it took.

use super::super::CameraError;
use crate::clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files in a folder before the camera starts the next one.
const FILES_A_FOLDER: u32 = 9999;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kept {
    serial: String,
    /// Shots ever taken.
    shots: u64,
    /// Number of the folder, 100 to 999.
    folder: u32,
    /// Last number given, 0 to 9999.
    number: u32,
    settings: BTreeMap<String, String>,
}

/// The memory and its file.
pub struct Memory {
    path: PathBuf,
    kept: Kept,
}

/// Where a shot's files go.
pub struct Names {
    pub folder: String,
    pub files: Vec<String>,
}

impl Memory {
    /// What the file says, or a camera fresh from its box.
    pub fn load(folder: &Path) -> Result<Self, CameraError> {
        let path = folder.join("camera.json");
        let failed = |source| CameraError::Sim {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(folder.join("DCIM")).map_err(failed)?;
        let kept = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|e| failed(e.into()))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => fresh(),
            Err(e) => return Err(failed(e)),
        };
        let memory = Self {
            path: path.clone(),
            kept,
        };
        memory.save()?;
        Ok(memory)
    }

    fn save(&self) -> Result<(), CameraError> {
        let failed = |source| CameraError::Sim {
            path: self.path.clone(),
            source,
        };
        let temp = self.path.with_extension("new");
        let text = serde_json::to_vec_pretty(&self.kept).map_err(|e| failed(e.into()))?;
        fs::write(&temp, text)
            .and_then(|()| fs::rename(&temp, &self.path))
            .map_err(failed)
    }

    pub fn serial(&self) -> &str {
        &self.kept.serial
    }

    pub fn shots(&self) -> u64 {
        self.kept.shots
    }

    pub fn get(&self, key: &str) -> Option<String> {
        self.kept.settings.get(key).cloned()
    }

    pub fn settings(&self) -> Vec<(String, String)> {
        let settings = &self.kept.settings;
        settings
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    /// Sets a setting the camera has; others it does not take.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), CameraError> {
        match self.kept.settings.get_mut(key) {
            Some(held) if held != value => {
                value.clone_into(held);
                self.save()
            }
            _ => Ok(()),
        }
    }

    /// Names for the next shot; `repeat` gives the last name again, in a new folder, as after DSC_9999.
    pub fn next_names(&mut self, repeat: bool) -> Result<Names, CameraError> {
        let kept = &mut self.kept;
        kept.shots += 1;
        if repeat && kept.number > 0 {
            kept.folder += 1;
        } else if kept.number >= FILES_A_FOLDER {
            kept.folder += 1;
            kept.number = 1;
        } else {
            kept.number += 1;
        }
        let stem = format!("DSC_{:04}", kept.number);
        let raw = kept
            .settings
            .get("imagequality")
            .is_some_and(|q| q.starts_with("NEF"));
        let both = kept
            .settings
            .get("imagequality")
            .is_some_and(|q| q.contains('+'));
        let mut files = Vec::new();
        if raw {
            files.push(format!("{stem}.NEF"));
        }
        if !raw || both {
            files.push(format!("{stem}.JPG"));
        }
        let folder = format!("/DCIM/{}SIMUL", kept.folder);
        self.save()?;
        Ok(Names { folder, files })
    }
}

/// A camera as it leaves the factory, photos into its own memory: the profile has something to set right.
fn fresh() -> Kept {
    let settings = [
        ("capturetarget", "Internal RAM"),
        ("imagequality", "JPEG Fine"),
        ("f-number", "f/5.6"),
        ("shutterspeed", "1/125"),
        ("iso", "100"),
        ("whitebalance", "Flash"),
        ("focusmode", "AF-S"),
        ("exposurecompensation", "0"),
    ];
    Kept {
        serial: format!("sim-{:08x}", clock::boot_time_us() as u32),
        shots: 0,
        folder: 100,
        number: 0,
        settings: settings
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
    }
}

/// What a setting may be, where the camera is strict about it.
pub fn choices(key: &str) -> Option<Vec<String>> {
    let choices: &[&str] = match key {
        "capturetarget" => &["Internal RAM", "Memory card"],
        "imagequality" => &["JPEG Fine", "JPEG Basic", "NEF (Raw)", "NEF+Fine"],
        "f-number" => &["f/2.8", "f/4", "f/5.6", "f/8", "f/11", "f/16"],
        "shutterspeed" => &["1/60", "1/125", "1/160", "1/200", "1/250"],
        "iso" => &["100", "200", "400", "800"],
        _ => return None,
    };
    Some(choices.iter().map(|c| (*c).to_owned()).collect())
}

/// Notes when the trigger call came, for the bench.
pub fn note_trigger(folder: &Path, at_us: u64) -> Result<(), CameraError> {
    let path = folder.join("fired.txt");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(format!("{at_us}\n").as_bytes()))
        .map_err(|source| CameraError::Sim { path, source })
}
