//! How the camera is driven.

use crate::model::{Bytes, Millis};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// Which camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// A real one, through libgphoto2.
    Gphoto,
    /// A folder that takes pictures.
    Sim {
        /// Where its card and its memory lie.
        folder: PathBuf,
    },
}

/// How long the child may go without a sign of progress, by what it is doing, before it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// Waiting for the lock, finding, opening and configuring the camera.
    pub open: Millis,
    /// The trigger call.
    pub trigger: Millis,
    /// Between two pieces of a download.
    pub download: Millis,
    /// Between two folders of a listing.
    pub list: Millis,
    /// Everything else: an event slice, a deletion, reading settings.
    pub other: Millis,
}

impl Default for Deadlines {
    /// Seconds that real cameras were seen to need, doubled.
    fn default() -> Self {
        Self {
            open: Millis(20_000),
            trigger: Millis(5_000),
            download: Millis(8_000),
            list: Millis(60_000),
            other: Millis(10_000),
        }
    }
}

/// Everything [`CameraLink::start`](super::CameraLink::start) needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which camera.
    pub driver: Driver,
    /// The child's program and its leading arguments, for example `shutterline camera-child`.
    pub child: Vec<OsString>,
    /// Locked by the child for as long as it lives: the next one waits for it, or both would claim the camera (-53).
    pub lock: PathBuf,
    /// libgphoto2 name to value, applied in order at every opening.
    pub profile: Vec<(String, String)>,
    /// Only this body; `None` takes the body last seen, else the first.
    pub camera_serial: Option<String>,
    /// Longest stay in one `wait_event` while a file is awaited.
    pub event_slice: Millis,
    /// Longest wait for an order between two looks at the event queue.
    pub idle_poll: Millis,
    /// Kept outside the child.
    pub deadlines: Deadlines,
    /// The child is replaced, when idle, once its resident memory is above this.
    pub memory_limit: Option<Bytes>,
    /// First wait before a new attempt; doubled for each that fails.
    pub backoff_first: Millis,
    /// Longest wait between attempts.
    pub backoff_max: Millis,
    /// Each opening is called `<prefix>-<count>`; the daemon gives the boot.
    pub opening_prefix: String,
    /// What each call of the `sim` camera costs, as a USB round trip does.
    pub sim_round_trip: Millis,
    /// More environment for the child, for example where libgphoto2's drivers lie.
    pub child_env: Vec<(OsString, OsString)>,
}

impl Options {
    /// The usual values for a driver, a child and a lock.
    pub fn new(driver: Driver, child: Vec<OsString>, lock: PathBuf) -> Self {
        Self {
            driver,
            child,
            lock,
            profile: Vec::new(),
            camera_serial: None,
            event_slice: Millis(50),
            idle_poll: Millis(20),
            deadlines: Deadlines::default(),
            memory_limit: Some(Bytes(256_000_000)),
            backoff_first: Millis(100),
            backoff_max: Millis(5_000),
            opening_prefix: "boot".to_owned(),
            sim_round_trip: Millis(1),
            child_env: Vec::new(),
        }
    }
}
