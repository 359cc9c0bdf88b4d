//! A folder that takes pictures: a driver like any other, chosen at run time.
//!
//! The folder is the camera. `DCIM/` is its card, `camera.json` its memory (counter, settings, serial number), `knobs.json`
//! what is made to go wrong, `scenes/*.jpg` what stands before its lens, in turn; `fired.txt` gets the boot-time
//! microsecond of each trigger call. All of it survives restarts. Each call costs a USB round trip, and `wait_event`
//! blocks for its full slice, as the real thing does.

mod card;
mod knobs;
mod memory;
mod picture;

use super::child::{
    Body, BodyError, BodyEvent, Condition, FileInfo, Identity, Listed, OpenError, Piece,
};
use super::setting::{choose, mismatch, quantity};
use super::{CameraError, Knob, SimCall};
use crate::clock;
use crate::model::{Bytes, ExifSettings, Millis, SettingMismatch};
use card::Card;
use knobs::Knobs;
use memory::Memory;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From the trigger to the file, as a fast camera writes to a fast card.
const WRITE_MS: Millis = Millis(5);

/// How often a hung call looks whether it was released.
const HANG_LOOK: Duration = Duration::from_millis(2);

/// Turns a knob of the camera in `folder`, open or not.
pub fn turn_knob(folder: &Path, knob: &Knob) -> Result<(), CameraError> {
    Knobs::of(folder).turn(knob)
}

/// Opens the camera in `folder`; creates it when it is new.
pub fn open(
    folder: &Path,
    round_trip: Millis,
    found: &mut dyn FnMut() -> Result<(), CameraError>,
) -> Result<Box<dyn Body>, OpenError> {
    let failed = |e: CameraError| OpenError::Failed(super::chain(&e));
    let mut sim = Sim {
        folder: folder.to_owned(),
        round_trip: Duration::from_millis(round_trip.0),
        knobs: Knobs::of(folder),
        card: Card::of(folder),
        memory: Memory::load(folder).map_err(failed)?,
        coming: VecDeque::new(),
        dead: false,
    };
    if sim.knobs.look().map_err(failed)?.unplugged {
        return Err(OpenError::Absent("the sim camera is unplugged".to_owned()));
    }
    found().map_err(failed)?;
    picture::prepare(folder).map_err(failed)?;
    sim.call(SimCall::Open)
        .map_err(|e| OpenError::Failed(e.to_string()))?;
    Ok(Box::new(sim))
}

/// A file the camera is still writing.
struct Coming {
    at: Millis,
    folder: String,
    name: String,
}

struct Sim {
    folder: PathBuf,
    round_trip: Duration,
    knobs: Knobs,
    card: Card,
    memory: Memory,
    coming: VecDeque<Coming>,
    /// Focus failed: nothing works until it is opened anew.
    dead: bool,
}

impl Sim {
    /// What every call goes through: the round trip, the cable, a hang, a crash.
    fn call(&mut self, call: SimCall) -> Result<(), BodyError> {
        std::thread::sleep(self.round_trip);
        let set = self.knobs.look().map_err(refused)?;
        if set.unplugged {
            return Err(BodyError::Gone("the sim camera was unplugged".to_owned()));
        }
        if set.exit {
            self.knobs.change(|k| k.exit = false).map_err(refused)?;
            std::process::abort();
        }
        let hangs = set
            .stall
            .as_ref()
            .filter(|s| s.during.is_none_or(|d| d == call))
            .cloned();
        if let Some(stall) = hangs {
            let releases = set.releases;
            self.knobs.change(|k| k.stall = None).map_err(refused)?;
            self.hang(stall.ms, releases)?;
        }
        if self.dead {
            return Err(BodyError::Gone("dead since it found no focus".to_owned()));
        }
        Ok(())
    }

    fn hang(&mut self, ms: Option<u64>, releases: u64) -> Result<(), BodyError> {
        let until = ms.map(|ms| clock::boot_time() + Millis(ms));
        while until.is_none_or(|u| clock::boot_time() < u) {
            if self.knobs.look().map_err(refused)?.releases != releases {
                break;
            }
            std::thread::sleep(HANG_LOOK);
        }
        Ok(())
    }

    /// How it is set, as it goes into a picture.
    fn exposure(&self) -> ExifSettings {
        let held = |key| self.memory.get(key).as_deref().and_then(quantity);
        ExifSettings {
            f_number: held("f-number"),
            exposure_s: held("shutterspeed"),
            iso: held("iso").map(|iso| iso as u32),
        }
    }

    /// The shutter opens: files get their names and are on their way.
    fn expose(&mut self) -> Result<(), BodyError> {
        let repeat = self.take(|k| std::mem::take(&mut k.names_repeat))?;
        let no_file = self.take(|k| std::mem::take(&mut k.no_file))?;
        let names = self.memory.next_names(repeat).map_err(refused)?;
        if no_file {
            return Ok(());
        }
        let at = clock::boot_time() + WRITE_MS;
        let bytes =
            picture::next(&self.folder, self.memory.shots(), &self.exposure()).map_err(refused)?;
        for name in names.files {
            self.card
                .write(&names.folder, &name, &bytes)
                .map_err(refused)?;
            self.coming.push_back(Coming {
                at,
                folder: names.folder.clone(),
                name,
            });
        }
        Ok(())
    }

    /// Looks at a knob and changes it in one go, if it is set at all.
    fn take<T: Default + PartialEq>(
        &mut self,
        take: impl Fn(&mut knobs::Set) -> T,
    ) -> Result<T, BodyError> {
        let mut peek = self.knobs.look().map_err(refused)?.clone();
        if take(&mut peek) == T::default() {
            return Ok(T::default());
        }
        let mut taken = T::default();
        self.knobs.change(|k| taken = take(k)).map_err(refused)?;
        Ok(taken)
    }
}

/// The sim camera's own disk trouble, as a camera would say it.
fn refused(error: CameraError) -> BodyError {
    BodyError::Refused(super::chain(&error))
}

impl Body for Sim {
    fn identity(&self) -> Identity {
        Identity {
            model: "Shutterline Sim".to_owned(),
            serial: self.memory.serial().to_owned(),
            port: format!("sim:{}", self.folder.display()),
        }
    }

    fn trigger(&mut self) -> Result<(), BodyError> {
        memory::note_trigger(&self.folder, clock::boot_time_us()).map_err(refused)?;
        self.call(SimCall::Trigger)?;
        if self.take(|k| {
            let busy = k.busy > 0;
            k.busy = k.busy.saturating_sub(1);
            busy
        })? {
            return Err(BodyError::Busy("PTP Device Busy (0x2019)".to_owned()));
        }
        if self.take(|k| std::mem::take(&mut k.no_focus))? {
            self.dead = true;
            return Err(BodyError::Focus("Out of Focus (0xa002)".to_owned()));
        }
        if self.knobs.look().map_err(refused)?.card_full {
            return Err(BodyError::CardFull("Store Full (0x200c)".to_owned()));
        }
        self.expose()
    }

    fn wait_event(&mut self, slice: Millis) -> Result<BodyEvent, BodyError> {
        self.call(SimCall::Event)?;
        if self.take(|k| {
            let pressed = k.presses > 0;
            k.presses = k.presses.saturating_sub(1);
            pressed
        })? {
            self.expose()?;
        }
        let until = clock::boot_time() + slice;
        loop {
            let now = clock::boot_time();
            match self.coming.front() {
                Some(file) if file.at <= now => {
                    let Some(Coming { folder, name, .. }) = self.coming.pop_front() else {
                        return Ok(BodyEvent::Quiet);
                    };
                    return Ok(BodyEvent::File { folder, name });
                }
                // Announced late, but its shutter has opened: the queue is not empty.
                Some(_) if now >= until => return Ok(BodyEvent::Other),
                None if now >= until => return Ok(BodyEvent::Quiet),
                Some(file) => {
                    let wait = file.at.min(until).since(now);
                    std::thread::sleep(Duration::from_millis(wait.0));
                }
                None => std::thread::sleep(Duration::from_millis(until.since(now).0)),
            }
        }
    }

    fn file_info(&mut self, folder: &str, name: &str) -> Result<FileInfo, BodyError> {
        self.call(SimCall::Event)?;
        let mut info = self.card.info(folder, name)?;
        let path = format!("{folder}/{name}");
        let by = self.knobs.wrong_size(&path).map_err(refused)?;
        info.size = Bytes(info.size.0.saturating_add_signed(by));
        Ok(info)
    }

    fn read(
        &mut self,
        folder: &str,
        name: &str,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<Piece, BodyError> {
        self.call(SimCall::Download)?;
        let set = self.knobs.look().map_err(refused)?;
        let (short, speed) = (set.short_read, set.bytes_per_s);
        let mut limit = buffer.len();
        if let Some(short) = short {
            let left = short.saturating_sub(offset);
            if left == 0 {
                self.knobs
                    .change(|k| k.short_read = None)
                    .map_err(refused)?;
                return Ok(Piece::Bytes(0));
            }
            limit = limit.min(usize::try_from(left).unwrap_or(usize::MAX));
        }
        if speed > 0 {
            // Pieces of a slow cable stay as short as those of a fast one: 20 ms each.
            limit = limit.min(usize::try_from(speed / 50).unwrap_or(usize::MAX).max(1));
        }
        let n = self.card.read(folder, name, offset, &mut buffer[..limit])?;
        if let Some(us) = (n as u64 * 1_000_000).checked_div(speed) {
            std::thread::sleep(Duration::from_micros(us));
        }
        Ok(Piece::Bytes(n))
    }

    fn read_whole(
        &mut self,
        folder: &str,
        name: &str,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), BodyError> {
        let mut buffer = vec![0; 256 * 1024];
        let mut offset = 0;
        loop {
            match self.read(folder, name, offset, &mut buffer)? {
                Piece::Bytes(n) if n > 0 && sink(&buffer[..n]) => offset += n as u64,
                _ => return Ok(()),
            }
        }
    }

    fn delete(&mut self, folder: &str, name: &str) -> Result<(), BodyError> {
        self.call(SimCall::Delete)?;
        if self.take(|k| std::mem::take(&mut k.refuse_delete))? {
            return Err(BodyError::Refused("the file is protected".to_owned()));
        }
        self.card.delete(folder, name)
    }

    fn list(&mut self, progress: &mut dyn FnMut()) -> Result<Vec<Listed>, BodyError> {
        self.call(SimCall::List)?;
        self.card.list(progress)
    }

    fn settings(&mut self) -> Result<Vec<(String, String)>, BodyError> {
        self.call(SimCall::Event)?;
        Ok(self.memory.settings())
    }

    fn apply(&mut self, settings: &[(String, String)]) -> Result<Vec<SettingMismatch>, BodyError> {
        self.call(SimCall::Event)?;
        let forgets = self.take(|k| k.forget_setting.take())?;
        for (key, value) in settings {
            let choices = memory::choices(key);
            let value = match &choices {
                Some(choices) => choose(key, value, choices),
                None => Some(value.as_str()),
            };
            if let Some(value) = value.filter(|_| forgets.as_ref() != Some(key)) {
                self.memory.set(key, value).map_err(refused)?;
            }
        }
        Ok(settings
            .iter()
            .filter_map(|(key, wanted)| mismatch(key, wanted, self.memory.get(key)))
            .collect())
    }

    fn probe(&mut self) -> Result<Condition, BodyError> {
        self.call(SimCall::Event)?;
        let full = self.knobs.look().map_err(refused)?.card_full;
        let free = if full { 0 } else { self.card.free() };
        Ok(Condition {
            battery: Some("80%".to_owned()),
            card_free: Some(Bytes(free)),
            frames_left: u32::try_from(free / picture::TYPICAL_BYTES).ok(),
            clock_offset_ms: Some(0),
        })
    }

    fn release_half_press(&mut self) {}

    /// The supervisor turns this knob in the folder itself; nothing is left to do.
    fn press_shutter(&mut self) -> Result<(), BodyError> {
        Ok(())
    }

    fn close(self: Box<Self>) {}
}
