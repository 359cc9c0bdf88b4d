//! Everything that is judged, as it was found.

use crate::model::{Bytes, CameraInfo, CameraState, Fault, Millis, PanelStatus};
use serde::Serialize;

/// The facts of one look. What could not be found out is `None` or an error's words, and is judged as such.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Whether a daemon answers.
    pub daemon: DaemonFacts,
    /// The tethered camera.
    pub camera: CameraFacts,
    /// Pedal, buttons, lamps.
    pub panel: PanelFacts,
    /// The data folder's disk.
    pub storage: StorageFacts,
    /// The database.
    pub database: DatabaseFacts,
    /// What the check sees faces with.
    pub models: ModelFacts,
    /// The machine's network interfaces, the loopback left out.
    pub interfaces: Vec<Interface>,
    /// Whether there is a way beyond the local network.
    pub default_route: bool,
    /// Each destination of the config.
    pub destinations: Vec<DestinationFacts>,
    /// Files parked in the outbox until a human retries, and files that wait; where a daemon answers.
    pub outbox: Option<(u64, u64)>,
    /// The wall clock.
    pub time: TimeFacts,
    /// Temperatures by zone, °C.
    pub temperatures: Vec<(String, f64)>,
    /// A Raspberry Pi's word on voltage and throttling; `None` on other boards.
    pub throttled: Option<u32>,
    /// The service; `None` where systemd does not answer.
    pub unit: Option<Unit>,
    /// The weekly check of the stored photos; `None` where systemd does not answer.
    pub verify: Option<VerifyUnit>,
    /// Who is who.
    pub versions: Versions,
}

/// Whether a daemon answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaemonFacts {
    /// One does.
    Answers {
        /// Its version.
        version: String,
        /// Its process.
        pid: u32,
        /// Everything that it says is wrong.
        faults: Vec<Fault>,
    },
    /// None does, and the data folder is free.
    None {
        /// The socket that was tried, with what the system said.
        why: String,
    },
    /// None answers, and yet a process holds the data folder.
    Mute {
        /// The socket that was tried, with what the system said.
        why: String,
        /// The process, where it is known.
        pid: Option<u32>,
    },
}

impl Default for DaemonFacts {
    fn default() -> Self {
        Self::None { why: String::new() }
    }
}

/// The tethered camera.
#[derive(Debug, Clone, Default)]
pub struct CameraFacts {
    /// The driver: `gphoto` or `sim`.
    pub driver: String,
    /// As the daemon observes it; `None` without a daemon.
    pub state: Option<CameraState>,
    /// Who it is. Without a daemon, the first that was found on USB.
    pub info: Option<CameraInfo>,
    /// Who holds it, if another program does and that is known.
    pub claimed_by: Option<String>,
    /// Looking for one failed.
    pub error: Option<String>,
}

/// Pedal, buttons, lamps.
#[derive(Debug, Clone, Default)]
pub struct PanelFacts {
    /// The config's word for its driver.
    pub driver: String,
    /// As a running daemon sees it.
    pub status: Option<PanelStatus>,
}

/// The data folder's disk.
#[derive(Debug, Clone, Default)]
pub struct StorageFacts {
    /// The data folder, as it is named.
    pub data: String,
    /// Free for us; `None` when it cannot be asked.
    pub free: Option<Bytes>,
    /// Below this the station does not shoot.
    pub min_free: Bytes,
    /// The disk below it, as far as the kernel tells.
    pub disk: Disk,
    /// What a small new file's fsyncs took, µs, or why none was made.
    pub fsync_us: Option<Result<Vec<u64>, String>>,
}

/// A disk, as far as the kernel tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// Where its file system is mounted.
    pub mounted_at: String,
    /// The file system's kind, for example `ext4`.
    pub kind: String,
    /// Its partition in `/sys`, for example `mmcblk0p2`.
    pub partition: Option<String>,
    /// The whole device, for example `mmcblk0`.
    pub device: Option<String>,
    /// Whether it can be read only now.
    pub read_only: bool,
    /// Errors that ext4 noted in its superblock since it was last checked.
    pub errors: Option<u64>,
    /// An eMMC's estimate of its wear, the worse of its two kinds of cells: 1 is up to 10 % used, 10 up to 100 %, 11 more.
    pub life: Option<u8>,
    /// An eMMC's reserve of spare blocks: 1 normal, 2 80 % used, 3 90 % used.
    pub reserve: Option<u8>,
}

/// The database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DatabaseFacts {
    /// There is none yet.
    #[default]
    None,
    /// It could not be looked at.
    Unreadable(String),
    /// It was looked over.
    Looked {
        /// Its schema.
        schema: i64,
        /// The schema that this program writes.
        known: i64,
        /// Its size.
        size_bytes: Bytes,
        /// What SQLite objects to.
        problems: Vec<String>,
    },
}

/// What the check sees faces with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// What is wrong with the files as they lie there now; `None` when each has its hash.
    pub files: Option<String>,
    /// What the running daemon said when it loaded them; `None` when it did, or none runs.
    pub daemon: Option<String>,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// `up`, `down`, … as the kernel has it.
    pub state: String,
}

/// One destination of the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationFacts {
    /// Its name.
    pub name: String,
    /// Whether a photo stays on the station until it is there.
    pub required: bool,
    /// How long a probe object took, or why it failed.
    pub probe: Result<Millis, String>,
}

/// The wall clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeFacts {
    /// Whether the station takes it for synchronised.
    pub trusted: bool,
    /// systemd's word: `NTPSynchronized` of `timedatectl show`.
    pub synchronised: Option<bool>,
    /// Whether a service that synchronises is switched on: `NTP`.
    pub service: Option<bool>,
    /// Whether there is a clock that goes on without power.
    pub rtc: bool,
}

/// The service, in systemd's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// `loaded`, `not-found`, …
    pub load: String,
    /// `active`, `failed`, …
    pub active: String,
    /// `running`, `dead`, …
    pub sub: String,
    /// Why it last ended: `success`, `watchdog`, …
    pub result: String,
    /// `enabled`, `disabled`, …
    pub enabled: String,
    /// How often it was started again since it was started by hand.
    pub restarts: u64,
    /// µs without a sign of life after which it is started again; 0 for never.
    pub watchdog_us: u64,
    /// µs without a sign of life of systemd itself after which the board is reset; 0 for never.
    pub board_watchdog_us: u64,
}

/// The service that verifies the archive once a week, in systemd's words. They are of this start of the board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyUnit {
    /// `loaded`, `not-found`, …
    pub load: String,
    /// `inactive`, `activating` while it runs, `failed`, …
    pub active: String,
    /// Why it last ended: `success`, `exit-code`, `timeout`, …
    pub result: String,
    /// The exit code of `archive verify`; 0 before its first run.
    pub exit: u8,
    /// When it last ended, as systemd writes a moment; empty before its first run.
    pub ended: String,
    /// Whether its timer is `enabled`, `disabled`, …
    pub timer: String,
}

/// Who is who.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// This program.
    pub program: String,
    /// The schema that it writes.
    pub schema: i64,
    /// The first digits of the models' common hash.
    pub models: String,
    /// The camera library.
    pub libgphoto2: String,
    /// The kernel.
    pub kernel: String,
    /// The board, as it calls itself.
    pub board: String,
}
