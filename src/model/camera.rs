//! What is observed of the camera.

use super::{Bytes, Millis, Sha256, WallMs};
use serde::{Deserialize, Serialize};

/// The camera as observed, not as wished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameraState {
    /// None answers on USB, or it is claimed by another program.
    #[default]
    Absent,
    /// Being opened, or its settings applied.
    Opening,
    /// Open and idle.
    Ready,
    /// Firing, or handing over a file.
    Busy,
    /// Did not answer within its deadline; its process is being replaced.
    Wedged,
}

impl CameraState {
    /// The word on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            CameraState::Absent => "absent",
            CameraState::Opening => "opening",
            CameraState::Ready => "ready",
            CameraState::Busy => "busy",
            CameraState::Wedged => "wedged",
        }
    }
}

/// A setting that the camera holds otherwise than its profile asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingMismatch {
    /// libgphoto2's name, for example `capturetarget`.
    pub key: String,
    /// What the profile asks.
    pub wanted: String,
    /// What was read back; `None` when the camera has no such setting.
    pub found: Option<String>,
}

/// Who and how the camera is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraInfo {
    /// Model as the camera says it.
    pub model: String,
    /// The body's serial number, by which it is found again; empty when it has none.
    pub serial: String,
    /// USB port, for example `usb:001,004`.
    pub port: String,
    /// Battery as the camera says it, for example `80%`.
    pub battery: Option<String>,
    /// Free space on its card.
    pub card_free: Option<Bytes>,
    /// Frames left on its card, as the camera estimates.
    pub frames_left: Option<u32>,
    /// The camera's clock minus ours, in milliseconds, when both are known.
    pub clock_offset_ms: Option<i64>,
    /// Where the camera differs from its profile.
    pub mismatches: Vec<SettingMismatch>,
}

/// Which file of which card: what recovery compares, with size and hash. Cameras repeat names
/// after a restart and at `DSC_9999`, so a name alone means nothing (I3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CameraFileKey {
    /// The body's serial number.
    pub camera: String,
    /// Which opening of the camera first showed the file: `<boot>-<count>`, minted by the daemon.
    pub opening: String,
    /// Folder on the camera.
    pub folder: String,
    /// Name in that folder.
    pub name: String,
    /// Size as the camera says it.
    pub size_bytes: Bytes,
    /// Modification time as the camera says it, seconds of the camera's own clock; 0 when unknown.
    pub modified_s: i64,
}

impl CameraFileKey {
    /// What a RAW and its JPEG have in common: folder and name without extension.
    pub fn stem(&self) -> (&str, &str) {
        let name = self.name.rsplit_once('.').map_or(&*self.name, |(s, _)| s);
        (&self.folder, name)
    }

    /// Whether `whole` is this file after its download: a camera that was busy when the file showed up may have told no
    /// size, and then no time either.
    pub fn became(&self, whole: &Self) -> bool {
        let told = self.size_bytes != Bytes(0);
        let place = |k: &Self| {
            (
                k.camera.clone(),
                k.opening.clone(),
                k.folder.clone(),
                k.name.clone(),
            )
        };
        place(self) == place(whole) && (!told || self == whole)
    }

    /// Whether both are the same file of the same card as far as a listing can tell.
    pub fn same_listing(&self, other: &Self) -> bool {
        self.camera == other.camera
            && self.folder == other.folder
            && self.name == other.name
            && self.size_bytes == other.size_bytes
            && self.modified_s == other.modified_s
    }
}

/// How a picture was exposed, as its EXIF says; `None` where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ExifSettings {
    /// `FNumber`: focal length over aperture.
    pub f_number: Option<f64>,
    /// `ExposureTime`, seconds.
    pub exposure_s: Option<f64>,
    /// `PhotographicSensitivity`, ISO.
    pub iso: Option<u32>,
}

/// A camera file after its download: whole by its size, hashed while it was received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraFile {
    /// Where it came from.
    pub key: CameraFileKey,
    /// Bytes received.
    pub received_bytes: Bytes,
    /// Taken while receiving.
    pub sha256: Sha256,
    /// EXIF `DateTimeOriginal` by the camera's clock, as milliseconds since the epoch had it been UTC.
    pub exif_taken: Option<WallMs>,
    /// How it was exposed, to be compared with the profile.
    #[serde(default)]
    pub exif: ExifSettings,
    /// Last moment the camera's event queue was known empty before this file showed up.
    pub quiet_since: Millis,
    /// When the file showed up.
    pub seen_at: Millis,
}
