//! Faults stand apart from the state: raised, shown and cleared one by one, each with its event row.

use super::Station;
use crate::model::{Actor, CameraState, EventKind, Fault, Tune};
use serde_json::json;

impl Station {
    /// The fault that stops the shutter, worst first.
    pub(super) fn stopping_fault(&self) -> Option<Fault> {
        Fault::ALL
            .into_iter()
            .find(|f| f.stops_shooting() && self.faults.contains(f))
    }

    /// The fault that people are shown first.
    pub(super) fn first_fault(&self) -> Option<Fault> {
        Fault::ALL.into_iter().find(|f| self.faults.contains(f))
    }

    pub(super) fn raise(&mut self, fault: Fault) {
        if self.faults.insert(fault) {
            tracing::warn!(fault = fault.as_str(), "fault raised");
            let entry = self.event(Actor::Station, EventKind::FaultRaised);
            self.commit(entry.detail(json!({"fault": fault.as_str()})));
            self.sound(Tune::Fault);
        }
    }

    /// Raises it, and sounds even if it stands already: each shot that fails is heard.
    pub(super) fn raise_again(&mut self, fault: Fault) {
        if self.faults.contains(&fault) {
            self.sound(Tune::Fault);
        }
        self.raise(fault);
    }

    pub(super) fn clear(&mut self, fault: Fault) {
        if self.faults.remove(&fault) {
            tracing::info!(fault = fault.as_str(), "fault cleared");
            let entry = self.event(Actor::Station, EventKind::FaultCleared);
            self.commit(entry.detail(json!({"fault": fault.as_str()})));
        }
    }

    pub(super) fn fault(&mut self, fault: Fault, raised: bool) {
        if raised {
            self.raise(fault);
        } else {
            self.clear(fault);
        }
    }

    pub(super) fn camera_changed(&mut self, state: CameraState) {
        let before = std::mem::replace(&mut self.camera, state);
        match state {
            CameraState::Absent => {
                self.clear(Fault::CameraWedged);
                // A claimed camera is there, and says who holds it.
                if !self.faults.contains(&Fault::CameraClaimed) {
                    self.raise(Fault::CameraAbsent);
                }
            }
            CameraState::Wedged => self.raise(Fault::CameraWedged),
            CameraState::Opening => {}
            CameraState::Ready | CameraState::Busy => {
                self.clear(Fault::CameraAbsent);
                self.clear(Fault::CameraClaimed);
                self.clear(Fault::CameraWedged);
                let opened = !matches!(before, CameraState::Ready | CameraState::Busy);
                if opened {
                    // Another card, or another count of it: the next shot tells.
                    self.clear(Fault::CardFull);
                    self.refetch_all();
                }
            }
        }
    }

    /// The camera has made a file: what doubted that is over.
    pub(super) fn shot_worked(&mut self) {
        self.clear(Fault::FocusFailed);
        self.clear(Fault::CardFull);
        self.clear(Fault::FileMissing);
    }
}
