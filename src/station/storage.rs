//! Room on the station's disks, and an archive that waits for it.

use super::alarms::Alarm;
use super::{ArchiveWait, Station};
use crate::model::{Bytes, Fault, Refusal, RefusalCode, StationDisk};
use std::collections::BTreeSet;

/// Less than this where downloads arrive stops the shutter: two frames of RAW and JPEG in flight. That disk is small and
/// usually in memory, so it is nobody's worry before it is almost full.
const LANDING: Bytes = Bytes(64_000_000);

/// Why storage counts as full; several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Short {
    /// Less is free for the data folder than the config asks for.
    Low,
    /// Next to nothing is free where downloads land.
    Landing,
    /// A photo found no room in the data folder.
    Photo,
    /// The archive waits until there is room for rows.
    Rows,
}

impl Short {
    fn disk(self) -> StationDisk {
        match self {
            Short::Low | Short::Photo | Short::Rows => StationDisk::Data,
            Short::Landing => StationDisk::Incoming,
        }
    }
}

/// Whether `free` is too little (`Some(true)`) or ample: a tenth above the limit, so that the fault does not flicker at it.
fn too_little(free: Bytes, limit: Bytes) -> Option<bool> {
    match free {
        free if free < limit => Some(true),
        free if free.0 >= limit.0.saturating_add(limit.0 / 10) => Some(false),
        _ => None,
    }
}

impl Station {
    /// What is free for the data folder, and where downloads land if that is a disk of its own.
    pub(super) fn space(&mut self, free: Bytes, landing: Option<Bytes>) {
        let low = too_little(free, self.policy.min_free);
        if let Some(low) = low {
            self.fall_short(Short::Low, low);
        }
        if low == Some(false) {
            self.fall_short(Short::Photo, false);
        }
        match too_little(free, self.policy.warn_free) {
            Some(true) => self.alarm(Alarm::StorageLow),
            Some(false) => drop(self.alarms.remove(&Alarm::StorageLow)),
            None => {}
        }
        match landing.map(|free| too_little(free, LANDING)) {
            None => self.fall_short(Short::Landing, false),
            Some(Some(low)) => self.fall_short(Short::Landing, low),
            Some(None) => {}
        }
    }

    /// Which disks are full.
    pub(super) fn full_disks(&self) -> Vec<StationDisk> {
        let disks: BTreeSet<_> = self.short.iter().map(|s| s.disk()).collect();
        disks.into_iter().collect()
    }

    /// A photo found no room, or another one did.
    pub(super) fn photo_found_room(&mut self, room: bool) {
        self.fall_short(Short::Photo, !room);
    }

    /// The archive waits, or goes on. Nothing is shot meanwhile: a frame could neither be stored nor shown.
    pub(super) fn archive_waits(&mut self, wait: Option<ArchiveWait>) {
        self.archive_waits = wait;
        self.fault(Fault::DatabaseLocked, wait == Some(ArchiveWait::Unlocked));
        self.fall_short(Short::Rows, wait == Some(ArchiveWait::Room));
        if let Some(wait) = wait {
            let (message, next) = match wait {
                ArchiveWait::Room => (
                    "not written down yet: the disk of the data folder is full",
                    "free some space there and it is done by itself; look before you ask again",
                ),
                ArchiveWait::Unlocked => (
                    "not written down yet: another program locks the database",
                    "close it and it is done by itself; look before you ask again",
                ),
            };
            self.answer_early(&Refusal::new(RefusalCode::Storage, message, next));
        }
    }

    fn fall_short(&mut self, why: Short, short: bool) {
        let news = if short {
            self.short.insert(why)
        } else {
            self.short.remove(&why)
        };
        if news {
            let disk = why.disk().as_str();
            tracing::warn!(disk, ?why, short, "room on a disk");
        }
        self.fault(Fault::StorageFull, !self.short.is_empty());
        if news && self.short.is_empty() {
            // What failed for want of room need not wait any longer.
            self.refetch_all();
        }
    }

    /// Refuses what cannot be written down now: a person shall not wait for an answer that comes when the disk has room,
    /// nor be told that something is done which no restart would know of.
    pub(super) fn can_write(&self) -> Result<(), Refusal> {
        let (message, next) = match self.archive_waits {
            None => return Ok(()),
            Some(ArchiveWait::Room) => (
                "nothing was changed: the disk of the data folder is full",
                "free some space there, then ask again",
            ),
            Some(ArchiveWait::Unlocked) => (
                "nothing was changed: another program locks the database",
                "close it, then ask again",
            ),
        };
        Err(Refusal::new(RefusalCode::Storage, message, next))
    }
}
