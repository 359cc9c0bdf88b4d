//! Frames on their way out: works the outbox off, one destination beside another.
//!
//! A photo counts as delivered only when the destination has been read back and holds the very bytes
//! the archive has; that receipt is what I5 waits for. Names at a destination are given by the archive
//! and never invented here, so that sending twice, after a crash or by a second try, changes nothing.
//! A file appears under its name whole or not at all where the service can rename, and what it
//! replaces is removed only after its successor was verified.
//!
//! This room keeps no state of its own: what is due, sent or parked is in the archive, and a worker that
//! is dropped at any point goes on after a restart. It never deletes a photo on the station, and it
//! never writes where a destination's folder is missing: a disk that is not mounted is waited for.

mod destination;
mod error;
mod pace;
mod partial;
mod probe;
mod queue;
mod quiet;
mod worker;

pub use destination::{Destination, Place};
pub use error::{Persistence, UploadError};
pub use pace::Pace;
pub use probe::probe;
pub use queue::Queue;
pub use quiet::Quiet;
pub use worker::Worker;
