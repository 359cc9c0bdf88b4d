//! Whether the camera is set as its profile asks: by what it read back, and by what its frames say of themselves.

use super::shell::Shell;
use crate::camera::exposure_mismatches;
use crate::doctor::is_withheld;
use crate::model::{CameraFile, Fault, FrameId, Millis, SettingMismatch};

/// Either raises the fault. A camera whose mode dial was turned reads back all it was told and exposes otherwise.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// It did not take the profile, or lost it since.
    read_back: bool,
    /// The last frame that could be compared was exposed otherwise.
    exposure: bool,
}

/// A setting's value, but for those in which photographers write who they are: no name goes into the log.
fn sayable<'m>(mismatch: &SettingMismatch, value: &'m str) -> &'m str {
    match is_withheld(&mismatch.key) {
        true => "(withheld)",
        false => value,
    }
}

impl Shell {
    /// The profile was applied and read back.
    pub(super) fn profile_applied(&mut self, mismatches: &[SettingMismatch]) {
        for m in mismatches {
            tracing::warn!(
                setting = m.key,
                wanted = sayable(m, &m.wanted),
                found = sayable(m, m.found.as_deref().unwrap_or("no such setting")),
                "the camera differs from its profile"
            );
        }
        self.differences.read_back = mismatches.iter().any(|m| m.found.is_some());
        self.differ();
    }

    /// Earlier frames are no evidence against a new profile.
    pub(super) fn profile_changed(&mut self) {
        self.differences.exposure = false;
    }

    /// A frame arrived: was it exposed as the profile asks?
    pub(super) fn compare_exposure(&mut self, frame: &FrameId, file: &CameraFile) {
        // A file known only from a listing may be older than the profile.
        if file.quiet_since == Millis(0) {
            return;
        }
        let Some(mismatches) = exposure_mismatches(&self.parts.profile, &file.exif) else {
            return;
        };
        for m in &mismatches {
            tracing::warn!(
                %frame,
                setting = m.key,
                wanted = m.wanted,
                found = m.found.as_deref().unwrap_or_default(),
                "a frame was exposed otherwise than the profile asks"
            );
        }
        self.differences.exposure = !mismatches.is_empty();
        self.differ();
    }

    fn differ(&mut self) {
        let differs = self.differences.read_back || self.differences.exposure;
        self.fault(Fault::CameraSettings, differs);
    }
}
