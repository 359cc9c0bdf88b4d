//! One release of the shutter and its files.

use super::{
    About, Bytes, CameraFileKey, FrameId, Reason, RequestId, Serial, SessionId, Severity, Sha256,
    StudentNumber, Verdict, WallMs,
};
use serde::{Deserialize, Serialize};

/// What caused a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A request of this station (pedal or button).
    Pedal,
    /// The photographer's finger on the camera.
    CameraButton,
    /// Found on the card after a restart or reconnection.
    Recovered,
}

impl Origin {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Pedal => "pedal",
            Origin::CameraButton => "camera-button",
            Origin::Recovered => "recovered",
        }
    }

    /// The origin of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Origin::Pedal, Origin::CameraButton, Origin::Recovered]
            .into_iter()
            .find(|o| o.as_str() == word)
    }
}

/// What a frame is to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameState {
    /// Belongs to a serial.
    Kept,
    /// Has no certain owner; a human places it.
    SetAside,
    /// Kept on disk, never delivered: a human said so.
    Discarded,
    /// Shot while paused or as a reference; belongs to nobody, never delivered.
    Test,
}

impl FrameState {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            FrameState::Kept => "kept",
            FrameState::SetAside => "set-aside",
            FrameState::Discarded => "discarded",
            FrameState::Test => "test",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            FrameState::Kept,
            FrameState::SetAside,
            FrameState::Discarded,
            FrameState::Test,
        ]
        .into_iter()
        .find(|s| s.as_str() == word)
    }
}

/// What one file of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileRole {
    /// The camera's JPEG, tagged.
    Jpeg,
    /// The camera's RAW, untouched.
    Raw,
    /// The XMP beside a RAW.
    Sidecar,
    /// Neither by its name: kept whole, untagged.
    Other,
    /// The portrait that is made of the frame.
    Portrait,
    /// The check's report of the frame.
    Report,
    /// A session's list of what is delivered. Of no frame.
    Manifest,
}

impl FileRole {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            FileRole::Jpeg => "jpeg",
            FileRole::Raw => "raw",
            FileRole::Sidecar => "sidecar",
            FileRole::Other => "other",
            FileRole::Portrait => "portrait",
            FileRole::Report => "report",
            FileRole::Manifest => "manifest",
        }
    }

    /// The role of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            FileRole::Jpeg,
            FileRole::Raw,
            FileRole::Sidecar,
            FileRole::Other,
            FileRole::Portrait,
            FileRole::Report,
            FileRole::Manifest,
        ]
        .into_iter()
        .find(|r| r.as_str() == word)
    }

    /// The role of a camera file, by its extension.
    pub fn of_name(name: &str) -> Self {
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => FileRole::Jpeg,
            "nef" | "nrw" | "cr2" | "cr3" | "crw" | "arw" | "raf" | "rw2" | "orf" | "dng"
            | "pef" => FileRole::Raw,
            _ => FileRole::Other,
        }
    }
}

/// A file of a frame as the archive holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameFile {
    /// JPEG, RAW, …
    pub role: FileRole,
    /// Relative to the data folder.
    pub path: String,
    /// Of the stored bytes.
    pub sha256: Sha256,
    /// Of the bytes as the camera made them; `None` for a file that we made (a sidecar).
    pub original_sha256: Option<Sha256>,
    /// Of the stored bytes.
    pub size_bytes: Bytes,
    /// Which file of which card it came from; `None` for a file that we made.
    pub source: Option<CameraFileKey>,
    /// When it was removed here, every required destination having it; `None` while it lies at its path.
    #[serde(default)]
    pub cleared_at: Option<WallMs>,
}

/// A frame as the station knows it and the archive stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Its only identity.
    pub id: FrameId,
    /// The session it was shot in; `None` when none was open.
    pub session: Option<SessionId>,
    /// `None` when set aside or a test.
    pub serial: Option<Serial>,
    /// `None` when set aside, a test, or the serial is not bound yet.
    pub student: Option<StudentNumber>,
    /// The request it answers, if any.
    pub request: Option<RequestId>,
    /// What caused it.
    pub origin: Origin,
    /// What it is to the session.
    pub state: FrameState,
    /// A human overruled the verdict.
    pub accepted: bool,
    /// A later shot was asked for in its place (`retake`): not proposed for delivery.
    pub retaken: bool,
    /// `None` until judged.
    pub verdict: Option<Verdict>,
    /// Ids of the reasons behind the verdict, worst first.
    pub reasons: Vec<Reason>,
    /// Set aside: who it may belong to, likeliest first.
    pub candidates: Vec<Serial>,
    /// When the shutter fired, or the best that is known of it.
    pub taken_at: WallMs,
    /// Whether the wall clock was trusted then.
    pub taken_at_trusted: bool,
    /// The files, as far as they are committed.
    pub files: Vec<FrameFile>,
}

impl Frame {
    /// Whether the student may leave on this frame: passing or accepted, and theirs. `warn` counts as passing.
    pub fn is_good(&self) -> bool {
        self.state == FrameState::Kept
            && (self.accepted || matches!(self.verdict, Some(Verdict::Pass | Verdict::Warn)))
    }

    /// Whether it may be proposed for delivery: the serial's last such frame is.
    pub fn is_eligible(&self) -> bool {
        self.is_good() && !self.retaken
    }

    /// Whether the photographer's equipment spoiled it: a reject that is not the student's.
    pub fn failed_by_equipment(&self) -> bool {
        let spoils = |r: &Reason| r.about == About::Equipment && r.severity == Severity::Reject;
        self.verdict == Some(Verdict::Reject) && self.reasons.iter().any(spoils)
    }

    /// The file people are shown: the JPEG, else the RAW, else whatever there is.
    pub fn main_file(&self) -> Option<&FrameFile> {
        self.files
            .iter()
            .min_by_key(|f| (f.role == FileRole::Sidecar, f.role))
    }
}
