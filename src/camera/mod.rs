//! The tethered camera, in a process of its own.
//!
//! For: firing the shutter, hearing of files, bringing them to `incoming/` and clearing the card. libgphoto2 can hang,
//! leak or crash, so it never runs in the daemon: [`CameraLink`] starts `shutterline camera-child`, speaks to it over two
//! pipes, keeps every deadline on this side, kills what hangs and starts afresh. A hung camera costs seconds, never a
//! frame: the card still has it.
//!
//! Never: decides whose a frame is, writes anywhere but at the path it is given, lists the card in the shooting path, or
//! deletes what it was not told to delete.
//!
//! Keeps I3 (a file whose name, size or time no longer agree is not deleted; a download that came short leaves nothing
//! behind), I8 (a trigger goes from the caller's thread straight into the pipe) and gives I1 its window (the last moment
//! the event queue was known empty).
//!
//! The drivers, behind one trait ([`child::Body`](child)): `gphoto`, and `sim`, a folder that takes pictures.

pub mod child;
mod detect;
mod exif;
mod gphoto;
mod knob;
mod link;
mod options;
mod order;
mod process;
mod setting;
mod sim;
mod supervisor;
mod track;
mod wire;

pub use detect::{detect, detect_with};
pub use knob::{Knob, SimCall};
pub use link::CameraLink;
pub use options::{Deadlines, Driver, Options};
pub use order::{Notice, Order, ShotFailureKind};
pub use setting::{exposure_mismatches, same_value};

use std::path::PathBuf;

/// Why the camera room could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// The operating system refused a thread.
    #[error("failed to start the camera thread; check the limit on processes (ulimit -u)")]
    Thread(#[source] std::io::Error),
    /// The child program could not be started.
    #[error(
        "failed to start {program:?} as the camera process; check that it exists and may be executed"
    )]
    Spawn {
        /// What was to be started.
        program: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// More orders wait than any card holds files.
    #[error(
        "{waiting} orders wait for the camera already; wait for its answers before asking for more"
    )]
    Full {
        /// How many wait.
        waiting: usize,
    },
    /// The link was stopped.
    #[error("the camera link was stopped; start it again")]
    Stopped,
    /// The other end of the pipe says something else than agreed.
    #[error(
        "the camera process speaks otherwise than agreed: {detail}; daemon and child must be the same program"
    )]
    Protocol {
        /// What was heard.
        detail: String,
    },
    /// The pipe broke.
    #[error("the pipe between daemon and camera process broke")]
    Pipe(#[source] std::io::Error),
    /// The lock of the camera process.
    #[error(
        "failed to lock {path:?} for the camera process; check that its folder exists and may be written"
    )]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// libgphoto2 could not look for cameras.
    #[error(
        "failed to look for cameras: {message}; check the cable, and that the user is in group plugdev"
    )]
    Detect {
        /// libgphoto2's words.
        message: String,
    },
    /// The child did not answer in time.
    #[error(
        "looking for cameras took longer than {limit_ms} ms; unplug the camera and switch it off and on"
    )]
    DetectTimeout {
        /// The limit.
        limit_ms: u64,
    },
    /// The folder of the sim camera cannot be used.
    #[error("failed to use {path:?} as the sim camera's folder; check that it may be written")]
    Sim {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// The version of the libgphoto2 that this program runs with.
pub fn library_version() -> String {
    gphoto2::library_version().unwrap_or("unknown").to_owned()
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
