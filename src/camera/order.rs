//! What the daemon asks of the camera, and what it hears.

use crate::model::{
    CameraFile, CameraFileKey, CameraInfo, CameraState, FrameId, Millis, RequestId, SettingMismatch,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Asked of the camera. Never blocks the asker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Fire now.
    Trigger {
        /// For which request.
        request: RequestId,
        /// Since when the same person is before the camera, boot-time clock. Where the camera's event queue was not known empty
        /// after that, it is looked at once before firing: a frame of the camera's own button may wait in it (I1).
        seated_since: Millis,
    },
    /// Download to a path that must not exist yet.
    Download {
        /// For which frame.
        frame: FrameId,
        /// Which file.
        key: CameraFileKey,
        /// Where to.
        to: PathBuf,
    },
    /// Delete when idle; answered by [`Notice::Deleted`].
    Delete {
        /// Which file; not deleted unless name and size still agree.
        key: CameraFileKey,
    },
    /// List the card; only when idle, never in the shooting path.
    List,
    /// Read all settings back.
    ReadSettings,
    /// Apply a profile now, and at every opening from now on.
    ApplyProfile {
        /// libgphoto2 name to value, in order.
        settings: Vec<(String, String)>,
    },
    /// Read battery, card and clock again.
    Probe,
    /// A fault knob of the `sim` camera; refused by others.
    Knob(super::Knob),
}

/// Heard from the camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Its observed state changed.
    State(CameraState),
    /// It was opened, its profile applied and read back.
    Opened {
        /// Who it is.
        info: CameraInfo,
    },
    /// Another program holds it.
    Claimed {
        /// The holder's process id and name, when it could be found.
        holder: Option<String>,
    },
    /// It took the trigger.
    Fired {
        /// Of which request.
        request: RequestId,
        /// When the trigger call that worked was made, microseconds of the boot-time clock.
        at_us: u64,
    },
    /// It refused the trigger, or took it and had no room for the picture (then after [`Notice::Fired`]).
    ShotFailed {
        /// Of which request.
        request: RequestId,
        /// Why.
        failure: ShotFailureKind,
        /// The camera's own words.
        message: String,
    },
    /// A file showed up.
    FileSeen {
        /// Which.
        key: CameraFileKey,
        /// Last moment the event queue was known empty.
        quiet_since: Millis,
        /// When it showed up.
        seen_at: Millis,
    },
    /// The whole card.
    Listed {
        /// Every file on it.
        files: Vec<CameraFileKey>,
    },
    /// The card could not be listed.
    ListFailed {
        /// The camera's own words.
        message: String,
    },
    /// A download arrived whole, fsync not done (`incoming/` may be tmpfs).
    Downloaded {
        /// For which frame.
        frame: FrameId,
        /// What arrived.
        file: Box<CameraFile>,
        /// Where it lies.
        path: PathBuf,
    },
    /// A download failed or came short; nothing is left at its path.
    DownloadFailed {
        /// For which frame.
        frame: FrameId,
        /// Which file.
        key: CameraFileKey,
        /// The camera answers and does not have it (any more): asking again will hardly help.
        gone: bool,
        /// Why.
        message: String,
    },
    /// A deletion was done, or refused.
    Deleted {
        /// Which file.
        key: CameraFileKey,
        /// Why not; `None` when done.
        error: Option<String>,
    },
    /// All settings.
    Settings {
        /// libgphoto2 name to value.
        settings: Vec<(String, String)>,
    },
    /// The profile was applied (again).
    ProfileApplied {
        /// Where the camera differs.
        mismatches: Vec<SettingMismatch>,
    },
    /// Fresh battery, card and clock.
    Info {
        /// Who and how it is.
        info: CameraInfo,
    },
    /// The child process ended or was killed; a new one is on its way.
    Lost {
        /// Why.
        why: String,
    },
}

/// Why the camera did not fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShotFailureKind {
    /// No focus found.
    Focus,
    /// Busy through all retries.
    Busy,
    /// The card is full.
    CardFull,
    /// Anything else.
    Other,
}
