//! What the API asks of the daemon, and what it shows from it: the one handle between the two.

use crate::archive::Selection;
use crate::model::{
    Actor, CameraFileKey, CameraInfo, Command, Control, Gesture, Millis, Outcome, Refusal, Status,
    Traffic,
};
pub use crate::model::{CheckLine as PreflightLine, Finding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// An answer, or a refusal that names the next step.
pub type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// One question to the daemon. A dropped answer means that the daemon is stopping.
#[derive(Debug)]
pub enum Ask {
    /// A command to the station.
    Command {
        /// Who asks.
        who: Actor,
        /// What.
        command: Command,
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// A press on the sim panel.
    Press {
        /// Which control.
        control: Control,
        /// How; `None` for the gesture it is bound to.
        gesture: Option<Gesture>,
        /// Answered once the edges are sent.
        answer: Answer<Outcome>,
    },
    /// The camera as observed now.
    CameraShow {
        /// Where to answer.
        answer: Answer<CameraView>,
    },
    /// Read the camera's settings and make them the session's profile.
    CameraAdopt {
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// A fault knob of the `sim` camera, for drills.
    Knob {
        /// Which.
        knob: KnobJson,
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// Everything to look at before the first student.
    Preflight {
        /// Where to answer.
        answer: Answer<Vec<PreflightLine>>,
    },
    /// List the card and count what the archive lacks (for closing).
    CardCount {
        /// Where to answer; `None` when the card could not be listed.
        answer: Answer<Option<u32>>,
    },
    /// Send parked or skipped outbox items again.
    UploadRetry {
        /// Which.
        which: Selection,
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// Do not send outbox items.
    UploadSkip {
        /// Which.
        which: Selection,
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// Stop or go on sending to a destination, or to all.
    UploadPause {
        /// Which; `None` for all.
        destination: Option<String>,
        /// Stop.
        paused: bool,
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// Whether the network costs money.
    UploadMetered {
        /// It does.
        metered: bool,
        /// Where to answer.
        answer: Answer<Outcome>,
    },
    /// Write an object to every destination, read it back and remove it.
    UploadProbe {
        /// Where to answer.
        answer: Answer<Vec<DestinationProbe>>,
    },
    /// Check every stored file against its row.
    Verify {
        /// Progress and findings, one by one; closed at the end.
        lines: mpsc::Sender<VerifyLine>,
    },
}

/// The JSON text of a fault knob, passed through to the camera room.
pub type KnobJson = serde_json::Value;

/// The camera in full.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CameraView {
    /// Absent, ready, …
    pub state: crate::model::CameraState,
    /// Who it is, once it was opened.
    pub info: Option<CameraInfo>,
    /// What it is asked to be set to.
    pub profile: Vec<(String, String)>,
    /// Files that the archive holds and the card still has, as far as listed.
    pub waiting_deletion: Vec<CameraFileKey>,
    /// Who holds the camera, while the fault `camera-claimed` stands and that is known.
    #[serde(default)]
    pub claimed_by: Option<String>,
}

/// The running daemon: which version, on what folder, with which parts. Fixed at its start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// The data folder.
    pub data: std::path::PathBuf,
    /// The camera's driver: `gphoto` or `sim`.
    pub camera_driver: String,
    /// What frames are judged by.
    pub standard: String,
    /// Why the check sees no faces; `null` where it does.
    pub blind: Option<String>,
}

/// What came of a probe object at one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationProbe {
    /// The destination's name in the config.
    pub name: String,
    /// How long writing, reading back and removing took together; `null` where one of them failed.
    pub took_ms: Option<Millis>,
    /// What failed and what to do, in one line; `null` where all went well.
    pub error: Option<String>,
}

/// One step of `archive verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum VerifyLine {
    /// So far.
    Progress {
        /// Files done.
        done: u64,
        /// Files in all.
        total: u64,
    },
    /// Something is wrong with a file.
    Problem {
        /// Relative to the data folder.
        path: String,
        /// `missing`, `size`, `hash`, or `unknown-file`.
        problem: String,
        /// What to do.
        next: String,
    },
    /// The end.
    Done {
        /// Files looked at.
        files: u64,
        /// Problems found.
        problems: u64,
    },
}

/// One event of `/v1/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamEvent {
    /// Ascending within a run of the daemon; with `Last-Event-ID` a client goes on where it stopped.
    pub id: u64,
    /// `status`, `sound`, `frame`, `event`, `notice`.
    pub kind: String,
    /// By kind.
    pub data: serde_json::Value,
}

/// What the API holds of the daemon.
#[derive(Clone)]
pub struct Handle {
    /// Questions; bounded to 64, more than any number of people at one station.
    pub asks: mpsc::Sender<Ask>,
    /// The latest status.
    pub status: watch::Receiver<Status>,
    /// Everything that happens.
    pub events: broadcast::Sender<StreamEvent>,
    /// The last events, for those who come late, oldest first.
    pub recent: std::sync::Arc<std::sync::Mutex<std::collections::VecDeque<StreamEvent>>>,
    /// Reads the archive.
    pub reader: crate::archive::Reader,
    /// Who answers.
    pub about: std::sync::Arc<About>,
    /// What the outbox worker knows of each destination, by name; empty until it told.
    pub traffic: watch::Receiver<BTreeMap<String, Traffic>>,
    /// Makes the text of `/metrics`; may look at disk, so not on the async runtime.
    pub metrics: std::sync::Arc<dyn Fn() -> String + Send + Sync>,
}
