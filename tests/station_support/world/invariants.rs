//! What must hold after each event.

use super::*;

impl World {
    pub(super) fn hold_invariants(&self, said: &str) {
        let status = self.station.status();
        self.hold_green(&status, said);
        self.hold_owners(said);
        self.hold_queue(said);
        // Counts kept by increments equal counts made anew.
        let frames: Vec<&Frame> = self.station.frames().collect();
        let counted = frames
            .iter()
            .filter(|f| matches!(f.state, FrameState::Kept | FrameState::SetAside))
            .count();
        assert_eq!(status.frames.total as usize, counted, "counts after {said}");
        for entry in self.station.entries() {
            for frame in self.station.frames_of(entry.serial) {
                let number = entry.student.as_ref().map(|s| &s.number);
                assert_eq!(frame.serial, Some(entry.serial));
                let unsettled = self
                    .commits
                    .iter()
                    .any(|c| matches!(c, Action::Store { .. }));
                assert!(
                    frame.student.as_ref() == number || unsettled,
                    "student after {said}"
                );
            }
        }
    }

    /// I4: green only for a frame of the seated serial that the archive holds, good by its verdict or a human.
    fn hold_green(&self, status: &Status, said: &str) {
        if status.leds.green == LampState::Off {
            return;
        }
        let serial = status.serial.expect("green for nobody");
        let last = self
            .station
            .frames_of(serial)
            .last()
            .expect("green without a frame");
        assert!(last.is_good(), "I4 after {said}: {last:?}");
        let files = self.archive.files.get(&last.id);
        assert!(
            files.is_some_and(|f| !f.is_empty()),
            "I4 after {said}: not durable"
        );
    }

    /// I1: whatever the archive says of an owner is the truth, or a human's word.
    fn hold_owners(&self, said: &str) {
        for frame in self.archive.frames.values() {
            let Some(serial) = frame.serial else { continue };
            assert_eq!(frame.state, FrameState::Kept, "{said}");
            if self.placed.contains(&frame.id) {
                continue;
            }
            for key in &self.archive.files[&frame.id] {
                let truth = self.truth(key);
                let owner = frame.session.clone().map(|s| (s, serial));
                assert_eq!(owner, truth, "I1 after {said}: {frame:?}");
            }
        }
    }

    fn truth(&self, key: &CameraFileKey) -> Truth {
        let file = self.truths.get(&key.name);
        file.expect("a file the camera never made").0.clone()
    }

    /// I6 by the archive's own assertions; here: exactly the seated one is in the chair, and nobody waits beside an empty one.
    fn hold_queue(&self, said: &str) {
        let status = self.station.status();
        let entries = self.station.entries();
        let issued = |s: Serial| entries.iter().any(|e| e.serial == s);
        assert!(
            status.serial.is_none_or(issued),
            "I6: nobody's serial in the chair after {said}"
        );
        for (n, entry) in entries.iter().enumerate() {
            assert_eq!(entry.serial.0 as usize, n + 1, "I6 after {said}");
            let seated = entry.state == EntryState::Seated;
            assert_eq!(
                seated,
                status.serial == Some(entry.serial),
                "chair after {said}"
            );
            assert_eq!(entry.state == EntryState::Recalled, entry.recall_order > 0);
        }
    }
}
