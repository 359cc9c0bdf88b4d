//! The queue of the open session: entries by serial, with what is asked of them at every event kept at hand.

use crate::model::{EntryState, QueueCounts, QueueEntry, Serial, StudentNumber};
use std::collections::{BTreeSet, HashMap};

/// Serial `n` is entry `n - 1`: issued once, in order, without gaps (I6).
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: Vec<QueueEntry>,
    waiting: BTreeSet<Serial>,
    recalled: BTreeSet<(u32, Serial)>,
    by_student: HashMap<StudentNumber, Serial>,
    counts: QueueCounts,
}

impl Queue {
    pub(super) fn new(entries: Vec<QueueEntry>) -> Self {
        let mut queue = Self::default();
        for entry in entries {
            queue.set(entry);
        }
        queue
    }

    pub(super) fn entries(&self) -> &[QueueEntry] {
        &self.entries
    }

    pub(super) fn get(&self, serial: Serial) -> Option<&QueueEntry> {
        self.entries.get((serial.0 as usize).checked_sub(1)?)
    }

    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The serial that would be issued next.
    pub(super) fn next_free(&self) -> Serial {
        Serial(self.len() + 1)
    }

    pub(super) fn serial_of(&self, student: &StudentNumber) -> Option<Serial> {
        self.by_student.get(student).copied()
    }

    pub(super) fn student_of(&self, serial: Serial) -> Option<StudentNumber> {
        Some(self.get(serial)?.student.as_ref()?.number.clone())
    }

    pub(super) fn counts(&self) -> QueueCounts {
        self.counts
    }

    /// Whether anybody waits for the chair.
    pub(super) fn somebody_waits(&self) -> bool {
        self.counts.waiting > 0
    }

    /// Who sits down when the chair is left: the recalled in their order, then the lowest waiting serial.
    pub(super) fn next_in_line(&self) -> Option<Serial> {
        let recalled = self.recalled.first().map(|(_, serial)| *serial);
        recalled.or_else(|| self.waiting.first().copied())
    }

    /// An order behind all that are recalled now.
    pub(super) fn next_recall_order(&self) -> u32 {
        self.recalled.last().map_or(1, |(order, _)| order + 1)
    }

    /// The highest serial below `below` (of all, if `None`) that was seated and left.
    pub(super) fn left_before(&self, below: Option<Serial>) -> Option<Serial> {
        let until = below.map_or(self.entries.len(), |s| s.0.saturating_sub(1) as usize);
        self.entries
            .iter()
            .take(until)
            .rev()
            .find(|e| matches!(e.state, EntryState::Done | EntryState::Unfinished))
            .map(|e| e.serial)
    }

    /// Puts an entry in its place; a new one only at the end.
    pub(super) fn set(&mut self, entry: QueueEntry) {
        let serial = entry.serial;
        if let Some(old) = self.get(serial).cloned() {
            self.count(&old, false);
            self.count(&entry, true);
            self.entries[serial.0 as usize - 1] = entry;
        } else if serial == self.next_free() {
            self.count(&entry, true);
            self.entries.push(entry);
        } else {
            tracing::error!(serial = serial.0, "a serial out of order was dropped");
        }
    }

    fn count(&mut self, entry: &QueueEntry, add: bool) {
        let serial = entry.serial;
        let recall = (entry.recall_order, serial);
        match (entry.state, add) {
            (EntryState::Waiting, true) => _ = self.waiting.insert(serial),
            (EntryState::Waiting, false) => _ = self.waiting.remove(&serial),
            (EntryState::Recalled, true) => _ = self.recalled.insert(recall),
            (EntryState::Recalled, false) => _ = self.recalled.remove(&recall),
            _ => {}
        }
        if let Some(student) = &entry.student {
            if add {
                self.by_student.insert(student.number.clone(), serial);
            } else if self.by_student.get(&student.number) == Some(&serial) {
                self.by_student.remove(&student.number);
            }
        }
        let counter = match entry.state {
            EntryState::Waiting | EntryState::Recalled => &mut self.counts.waiting,
            EntryState::Done => &mut self.counts.done,
            EntryState::Held(_) => &mut self.counts.held,
            EntryState::Unfinished => &mut self.counts.unfinished,
            EntryState::Absent => &mut self.counts.absent,
            EntryState::Seated => return,
        };
        *counter = if add { *counter + 1 } else { *counter - 1 };
    }
}
