//! What can be wrong with the station, several at once.

use serde::{Deserialize, Serialize};

/// A standing fault. Faults are raised and cleared apart from the station's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// No camera answers.
    CameraAbsent,
    /// Another program holds the camera (libgphoto2's -53).
    CameraClaimed,
    /// The camera did not answer in time; its process is being replaced.
    CameraWedged,
    /// The camera refused to fire because it found no focus. Cleared by the next shot that works.
    FocusFailed,
    /// The camera's card is full.
    CardFull,
    /// The camera did not take its profile (for example `capturetarget` flipped to RAM).
    CameraSettings,
    /// The camera fired, but its file did not come before the deadline.
    FileMissing,
    /// Too little free space on the station.
    StorageFull,
    /// A write or an fsync failed.
    StorageFailed,
    /// Another process keeps the database locked.
    DatabaseLocked,
    /// Pedal, buttons and lamps cannot be reached: the pins could not be opened, or failed. They are tried again by themselves.
    PanelFailed,
    /// An input is held for longer than any foot would: ignored until released.
    PedalStuck,
    /// A destination keeps failing for good.
    UploadFailed,
}

impl Fault {
    /// Every fault, in the order people are shown them: what stops the shutter first.
    pub const ALL: [Fault; 13] = [
        Fault::StorageFailed,
        Fault::StorageFull,
        Fault::DatabaseLocked,
        Fault::CameraWedged,
        Fault::CameraClaimed,
        Fault::CameraAbsent,
        Fault::CardFull,
        Fault::CameraSettings,
        Fault::FocusFailed,
        Fault::FileMissing,
        Fault::PanelFailed,
        Fault::PedalStuck,
        Fault::UploadFailed,
    ];

    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::CameraAbsent => "camera-absent",
            Fault::CameraClaimed => "camera-claimed",
            Fault::CameraWedged => "camera-wedged",
            Fault::FocusFailed => "focus-failed",
            Fault::CardFull => "card-full",
            Fault::CameraSettings => "camera-settings",
            Fault::FileMissing => "file-missing",
            Fault::StorageFull => "storage-full",
            Fault::StorageFailed => "storage-failed",
            Fault::DatabaseLocked => "database-locked",
            Fault::PanelFailed => "panel-failed",
            Fault::PedalStuck => "pedal-stuck",
            Fault::UploadFailed => "upload-failed",
        }
    }

    /// Whether the shutter must not fire while it stands.
    pub fn stops_shooting(self) -> bool {
        matches!(
            self,
            Fault::CameraAbsent
                | Fault::CameraClaimed
                | Fault::CameraWedged
                | Fault::CardFull
                | Fault::StorageFull
                | Fault::StorageFailed
                | Fault::DatabaseLocked
        )
    }
}
