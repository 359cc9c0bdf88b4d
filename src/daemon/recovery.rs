//! Files on the card that never reached the archive (I3).
//!
//! Each listing is compared with what the archive holds of that camera, on a thread of its own since
//! it reads the database. A listing entry that is the same in camera, folder, name, size and time is
//! known. Where the camera gives no times, or changed the time of a name it showed earlier in the same
//! opening, the file is downloaded and its hash compared before it is believed to be known. What is unknown is
//! handed to the station one file at a time, whenever the loop has nothing else to hear.

use super::inbox::Message;
use super::shell::Shell;
use crate::archive::Reader;
use crate::camera::Order;
use crate::model::{CameraFile, CameraFileKey, CameraState, FrameId, Sha256, WallMs};
use crate::station::Event;
use std::collections::{HashMap, VecDeque};

/// Compares the card with the archive.
pub(super) struct Recovery {
    reader: Reader,
    /// Downloads that are only compared: hash of the archived file they may be.
    suspects: HashMap<FrameId, (CameraFileKey, Vec<Sha256>)>,
    next_suspect: u64,
    /// A listing came at a bad moment.
    list_again: bool,
    /// Of the last listing, what was not worked through yet.
    rest: Option<Comparison>,
    /// Files that turned out to be unknown by their bytes.
    found: VecDeque<CameraFileKey>,
}

/// What a listing comes to.
#[derive(Debug)]
pub(super) struct Comparison {
    unknown: VecDeque<CameraFileKey>,
    suspects: VecDeque<(CameraFileKey, Vec<Sha256>)>,
    /// The camera's clock against ours, ms, when it was listed.
    offset: Option<i64>,
    /// How many were unknown.
    count: u32,
}

fn compare(
    files: Vec<CameraFileKey>,
    known: &[(CameraFileKey, Sha256)],
    offset: Option<i64>,
) -> Comparison {
    let mut by_name: HashMap<(&str, &str), Vec<&(CameraFileKey, Sha256)>> = HashMap::new();
    for entry in known {
        by_name
            .entry((&entry.0.folder, &entry.0.name))
            .or_default()
            .push(entry);
    }
    let mut result = Comparison {
        unknown: VecDeque::new(),
        suspects: VecDeque::new(),
        offset,
        count: 0,
    };
    for file in files {
        let named: Vec<_> = by_name
            .get(&(&*file.folder, &*file.name))
            .into_iter()
            .flatten()
            .filter(|(key, _)| key.size_bytes == file.size_bytes)
            .collect();
        let timed = file.modified_s != 0;
        let same_opening = |key: &CameraFileKey| key.opening == file.opening;
        let known = |key: &CameraFileKey| key.same_listing(&file) && (timed || same_opening(key));
        let doubted = |key: &CameraFileKey| !timed || same_opening(key);
        if named.iter().any(|(key, _)| known(key)) {
            continue;
        }
        let hashes: Vec<Sha256> = named
            .iter()
            .filter(|(key, _)| doubted(key))
            .map(|(_, hash)| hash.clone())
            .collect();
        if hashes.is_empty() {
            result.unknown.push_back(file);
        } else {
            result.suspects.push_back((file, hashes));
        }
    }
    result.count = u32::try_from(result.unknown.len()).unwrap_or(u32::MAX);
    result
}

impl Recovery {
    /// A recovery that compares with what `reader` reads.
    pub(super) fn new(reader: Reader) -> Self {
        Self {
            reader,
            suspects: HashMap::new(),
            next_suspect: 0,
            list_again: false,
            rest: None,
            found: VecDeque::new(),
        }
    }

    /// Whether a download was only to be compared; if so it is dealt with, and its file is left over.
    pub(super) fn compared(&mut self, frame: &FrameId, file: &CameraFile) -> bool {
        let Some((key, hashes)) = self.suspects.remove(frame) else {
            return false;
        };
        if !hashes.contains(&file.sha256) {
            self.found.push_back(key);
        }
        true
    }

    /// Whether a download that failed was only to be compared; the next listing doubts its file again.
    pub(super) fn not_compared(&mut self, frame: &FrameId) -> bool {
        self.suspects.remove(frame).is_some()
    }

    /// A newer listing says all that an older one did.
    pub(super) fn compared_with(&mut self, comparison: Comparison) {
        self.rest = Some(comparison);
    }

    /// Whether something is to be done between messages.
    pub(super) fn has_more(&self) -> bool {
        self.rest.is_some() || !self.found.is_empty()
    }
}

impl Shell {
    /// A listing came: compare it beside the loop. While frames are on their way it is not taken: it may hold a file
    /// whose announcement is still to come, and such a file has an owner.
    pub(super) fn card_listed(&mut self, files: Vec<CameraFileKey>) {
        if self.parts.station.is_busy() {
            self.recovery.list_again = true;
            return;
        }
        let (reader, inbox) = (self.recovery.reader.clone(), self.sender.clone());
        let offset = self.camera_info.as_ref().and_then(|i| i.clock_offset_ms);
        let camera = self
            .camera_info
            .as_ref()
            .map_or_else(String::new, |i| i.serial.clone());
        let spawned = std::thread::Builder::new()
            .name("recovery".into())
            .spawn(move || {
                let known = match reader.known_camera_files(&camera) {
                    Ok(known) => known,
                    Err(error) => {
                        tracing::error!(%error, "the card cannot be compared with the archive");
                        return;
                    }
                };
                let comparison = compare(files, &known, offset);
                inbox.send(Message::CardCompared(comparison)).ok();
            });
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for the recovery");
        }
    }

    /// List again once nothing is on its way any more.
    pub(super) fn list_when_quiet(&mut self) {
        if self.recovery.list_again
            && self.camera_state == CameraState::Ready
            && !self.parts.station.is_busy()
        {
            self.recovery.list_again = false;
            self.camera(Order::List);
        }
    }

    /// One step through what the card holds; called when the loop has nothing to hear.
    pub(super) fn recover_one(&mut self) {
        if let Some(key) = self.recovery.found.pop_front() {
            return self.decide(Event::FileFound {
                key,
                taken_at: None,
            });
        }
        let Some(rest) = &mut self.recovery.rest else {
            return;
        };
        if let Some(key) = rest.unknown.pop_front() {
            let timed = rest.offset.filter(|_| key.modified_s > 0);
            let taken_at = timed.map(|o| WallMs(key.modified_s * 1000 - o));
            tracing::warn!(
                folder = key.folder,
                file = key.name,
                modified_s = key.modified_s,
                "a file on the card is not in the archive"
            );
            self.decide(Event::FileFound { key, taken_at });
        } else if let Some((key, hashes)) = rest.suspects.pop_front() {
            self.suspect(key, hashes);
        } else {
            let count = rest.count;
            self.recovery.rest = None;
            self.card_compared(count);
        }
    }

    /// A file may be one the archive holds: look at its bytes before believing it.
    fn suspect(&mut self, key: CameraFileKey, hashes: Vec<Sha256>) {
        self.recovery.next_suspect += 1;
        let frame = FrameId(format!("compare-{}", self.recovery.next_suspect));
        let to = self.parts.archive.incoming_path(&frame, &key.name);
        self.recovery
            .suspects
            .insert(frame.clone(), (key.clone(), hashes));
        self.camera(Order::Download { frame, key, to });
    }

    /// The listing was worked through.
    fn card_compared(&mut self, unknown: u32) {
        if let Err(error) = self.parts.archive.forget_old_incoming() {
            tracing::warn!(%error, "old downloads stay behind");
        }
        self.card_counted(Some(unknown));
    }

    /// The card could not be listed.
    pub(super) fn card_not_listed(&mut self, message: &str) {
        tracing::warn!(error = message, "the card could not be listed");
        self.card_counted(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bytes;

    fn key(name: &str, modified_s: i64, opening: &str) -> CameraFileKey {
        CameraFileKey {
            camera: "c".into(),
            opening: opening.into(),
            folder: "/DCIM/100".into(),
            name: name.into(),
            size_bytes: Bytes(5),
            modified_s,
        }
    }

    #[test]
    fn the_same_name_at_another_time_is_another_file() {
        let known = [(key("DSC_0001.JPG", 100, "a"), Sha256("aa".into()))];
        let listed = vec![key("DSC_0001.JPG", 100, "b"), key("DSC_0001.JPG", 200, "b")];
        let result = compare(listed, &known, None);
        assert_eq!(result.unknown, [key("DSC_0001.JPG", 200, "b")]);
        assert!(result.suspects.is_empty());
    }

    #[test]
    fn without_times_the_bytes_decide() {
        let known = [(key("DSC_0001.JPG", 0, "a"), Sha256("aa".into()))];
        let again = key("DSC_0001.JPG", 0, "b");
        let result = compare(vec![again.clone()], &known, None);
        assert!(result.unknown.is_empty());
        assert_eq!(result.suspects, [(again, vec![Sha256("aa".into())])]);
    }
}
