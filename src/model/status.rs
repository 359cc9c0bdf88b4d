//! The station at a glance, as people and programs are shown it.

use super::{Bytes, CameraState, Fault, LampState, Serial, SessionId, StudentNumber};
use serde::{Deserialize, Serialize};

/// What the station is doing. Faults stand apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StationState {
    /// No session is open.
    #[default]
    NoSession,
    /// Waiting for a press.
    Ready,
    /// A trigger is outstanding.
    Shooting,
    /// A file is on its way, being made durable or judged.
    Checking,
    /// The seated student's last frame passed.
    Passed,
    /// It passed with a remark.
    Warned,
    /// It is to be shot again.
    Rejected,
    /// The equipment spoiled it: look at lamps, trigger and camera, then shoot again.
    Equipment,
    /// What is shot belongs to nobody.
    Paused,
    /// Nobody is waiting.
    QueueDone,
    /// A fault stops the shutter.
    Fault,
}

impl StationState {
    /// The word on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            StationState::NoSession => "no-session",
            StationState::Ready => "ready",
            StationState::Shooting => "shooting",
            StationState::Checking => "checking",
            StationState::Passed => "passed",
            StationState::Warned => "warned",
            StationState::Rejected => "rejected",
            StationState::Equipment => "equipment",
            StationState::Paused => "paused",
            StationState::QueueDone => "queue-done",
            StationState::Fault => "fault",
        }
    }
}

/// The camera as observed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraStatus {
    /// Absent, ready, busy, …
    pub state: CameraState,
    /// As the camera says it.
    pub model: Option<String>,
    /// As the camera says it.
    pub battery: Option<String>,
}

/// The panel as observed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelStatus {
    /// What drives the pins (`rppal`, `cdev`), or `sim`; empty until they are open.
    pub driver: String,
    /// The board; empty where nothing is wired.
    pub board: String,
    /// Why it cannot be used, and the next step; none while it works.
    pub problem: Option<String>,
}

/// The lamps, in a word each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedStatus {
    /// Red.
    pub red: LampState,
    /// Amber.
    pub amber: LampState,
    /// Green.
    pub green: LampState,
}

/// The queue of the open session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueCounts {
    /// Not yet called, and recalled.
    pub waiting: u32,
    /// Left with a good frame.
    pub done: u32,
    /// Held.
    pub held: u32,
    /// Left without a good frame.
    pub unfinished: u32,
    /// Did not come.
    pub absent: u32,
}

/// The frames of the open session; set-aside frames without a session count too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameCounts {
    /// All but tests and discarded.
    pub total: u32,
    /// Judged `pass`.
    pub pass: u32,
    /// Judged `warn`.
    pub warn: u32,
    /// Judged `reject` for what is the student's.
    pub reject: u32,
    /// Judged `reject` because the equipment spoiled them.
    #[serde(default)]
    pub equipment: u32,
    /// Without a certain owner.
    pub set_aside: u32,
}

/// What still has to reach a destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxCounts {
    /// Waiting or being sent.
    pub pending: u64,
    /// Parked until a human retries.
    pub failed: u64,
}

/// A disk of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StationDisk {
    /// The data folder's: photos and database.
    Data,
    /// Where downloads land, when that is a disk of its own; usually in memory.
    Incoming,
}

impl StationDisk {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            StationDisk::Data => "data",
            StationDisk::Incoming => "incoming",
        }
    }
}

/// The station's disks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageStatus {
    /// Free on the file system of the data folder.
    pub free_bytes: Bytes,
    /// Which disks [`Fault::StorageFull`] is about.
    #[serde(default)]
    pub full: Vec<StationDisk>,
}

/// `status --json`, and what the event stream carries whenever it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The open session.
    pub session: Option<SessionId>,
    /// What people call it.
    pub session_name: Option<String>,
    /// In the chair.
    pub serial: Option<Serial>,
    /// Their student number.
    pub student_number: Option<StudentNumber>,
    /// What the station is doing.
    pub state: StationState,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
    /// Alarms a human has yet to see, for example `late-reject 7`, `advance?`.
    pub alarms: Vec<String>,
    /// Digits typed towards a serial.
    pub digits: String,
    /// The camera as observed.
    pub camera: CameraStatus,
    /// The panel as observed.
    #[serde(default)]
    pub panel: PanelStatus,
    /// The lamps.
    pub leds: LedStatus,
    /// The last sound, by name; empty before the first.
    pub buzzer: String,
    /// The queue.
    pub queue: QueueCounts,
    /// The frames.
    pub frames: FrameCounts,
    /// The outbox.
    pub outbox: OutboxCounts,
    /// The disk.
    pub storage: StorageStatus,
    /// Reasons of the last verdict, ids.
    pub reasons: Vec<String>,
    /// Reasons that are no more than remarks in this session, ids.
    #[serde(default)]
    pub lowered: Vec<String>,
}
