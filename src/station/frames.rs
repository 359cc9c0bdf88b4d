//! The stored frames that decisions need, indexed so that no event has to look at all of them.

use crate::model::{
    Frame, FrameCounts, FrameId, FrameOrder, FrameState, Serial, SessionId, Verdict,
};
use std::collections::{BTreeSet, HashMap};

/// The frames of the open session and those set aside without one.
#[derive(Debug, Default)]
pub(super) struct Frames {
    session: Option<SessionId>,
    all: HashMap<FrameId, Frame>,
    by_serial: HashMap<Serial, BTreeSet<FrameOrder>>,
    /// Who was judged, by the place of the latest frame that counts as the student's.
    judged: BTreeSet<(u64, Serial)>,
    judged_at: HashMap<Serial, u64>,
    set_aside: BTreeSet<FrameId>,
    counts: FrameCounts,
}

impl Frames {
    pub(super) fn new(session: Option<SessionId>, frames: Vec<Frame>) -> Self {
        let mut new = Self {
            session,
            ..Self::default()
        };
        for frame in frames {
            new.put(frame);
        }
        new
    }

    /// Another session begins, or none: what stays is what is set aside without a session.
    pub(super) fn begin(&mut self, session: Option<SessionId>) {
        let kept = std::mem::take(&mut self.all)
            .into_values()
            .filter(|f| f.session.is_none() && f.state == FrameState::SetAside)
            .collect();
        *self = Self::new(session, kept);
    }

    pub(super) fn get(&self, id: &FrameId) -> Option<&Frame> {
        self.all.get(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Frame> {
        self.all.values()
    }

    pub(super) fn counts(&self) -> FrameCounts {
        self.counts
    }

    pub(super) fn set_aside(&self) -> &BTreeSet<FrameId> {
        &self.set_aside
    }

    /// A serial's frames, oldest first.
    pub(super) fn of(&self, serial: Serial) -> impl DoubleEndedIterator<Item = &Frame> {
        let ids = self.by_serial.get(&serial).into_iter().flatten();
        ids.filter_map(|(_, id)| self.all.get(id))
    }

    pub(super) fn count_of(&self, serial: Serial) -> u32 {
        self.by_serial
            .get(&serial)
            .map_or(0, |ids| ids.len() as u32)
    }

    /// Shots that count as the student's: not those that the equipment spoiled.
    pub(super) fn shots_of(&self, serial: Serial) -> u32 {
        self.of(serial).filter(|f| !f.failed_by_equipment()).count() as u32
    }

    /// Serials in the order in which they were last judged, not counting what the equipment spoiled; the latest is last.
    pub(super) fn judged(&self) -> impl DoubleEndedIterator<Item = Serial> + ExactSizeIterator {
        self.judged.iter().map(|(_, serial)| *serial)
    }

    pub(super) fn last_of(&self, serial: Serial) -> Option<&Frame> {
        self.of(serial).next_back()
    }

    pub(super) fn proposed(&self, serial: Serial) -> Option<&Frame> {
        self.of(serial).rev().find(|f| f.is_eligible())
    }

    /// Whether the student may leave.
    pub(super) fn has_good(&self, serial: Serial) -> bool {
        self.proposed(serial).is_some()
    }

    /// A frame as it reads from now on. One of a session that is over is not kept.
    pub(super) fn put(&mut self, frame: Frame) {
        let new_owner = frame.serial;
        let mut old_owner = None;
        if let Some(old) = self.all.remove(&frame.id) {
            self.index(&old, false);
            old_owner = old.serial;
        }
        let stray = frame.session.is_none() && frame.state == FrameState::SetAside;
        if stray || (frame.session.is_some() && frame.session == self.session) {
            self.index(&frame, true);
            self.all.insert(frame.id.clone(), frame);
        }
        for owner in [old_owner, new_owner].into_iter().flatten() {
            self.index_judged(owner);
        }
    }

    fn index_judged(&mut self, serial: Serial) {
        let counts = |f: &&Frame| f.verdict.is_some() && !f.failed_by_equipment();
        let latest = self.of(serial).rev().find(counts).map(|f| f.id.order().0);
        let known = match latest {
            Some(at) => self.judged_at.insert(serial, at),
            None => self.judged_at.remove(&serial),
        };
        if known != latest {
            if let Some(at) = known {
                self.judged.remove(&(at, serial));
            }
            self.judged.extend(latest.map(|at| (at, serial)));
        }
    }

    fn index(&mut self, frame: &Frame, add: bool) {
        if let Some(serial) = frame.serial {
            let ids = self.by_serial.entry(serial).or_default();
            if add {
                ids.insert(frame.id.order());
            } else {
                ids.remove(&frame.id.order());
            }
        }
        if matches!(frame.state, FrameState::Test | FrameState::Discarded) {
            return;
        }
        let step = |counter: &mut u32| *counter = if add { *counter + 1 } else { *counter - 1 };
        step(&mut self.counts.total);
        match frame.verdict {
            Some(Verdict::Pass) => step(&mut self.counts.pass),
            Some(Verdict::Warn) => step(&mut self.counts.warn),
            Some(Verdict::Reject) if frame.failed_by_equipment() => {
                step(&mut self.counts.equipment);
            }
            Some(Verdict::Reject) => step(&mut self.counts.reject),
            None => {}
        }
        if frame.state == FrameState::SetAside {
            step(&mut self.counts.set_aside);
            if add {
                self.set_aside.insert(frame.id.clone());
            } else {
                self.set_aside.remove(&frame.id);
            }
        }
    }
}
