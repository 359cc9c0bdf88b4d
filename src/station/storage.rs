//! Room on the station's disks, and an archive that waits for it.

use super::{ArchiveWait, Station};
use crate::model::{Bytes, Fault, Refusal, RefusalCode};

/// Why storage counts as full; several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Short {
    /// Less is free for the data folder than the config asks for.
    Low,
    /// A photo found no room there.
    Photo,
    /// The archive waits until there is room for rows.
    Rows,
}

impl Station {
    /// What is free for the data folder.
    pub(super) fn space(&mut self, free: Bytes) {
        let limit = self.policy.min_free.0;
        if free.0 < limit {
            self.fall_short(Short::Low, true);
        } else if free.0 >= limit.saturating_add(limit / 10) {
            // A tenth above the limit, so that the fault does not flicker at it.
            self.fall_short(Short::Low, false);
            self.fall_short(Short::Photo, false);
        }
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
    }

    fn fall_short(&mut self, why: Short, short: bool) {
        if short {
            self.short.insert(why);
        } else {
            self.short.remove(&why);
        }
        self.fault(Fault::StorageFull, !self.short.is_empty());
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
