//! Frames on their way out: works the outbox off, one destination beside another.
//!
//! A photo counts as delivered only when its destination has proven that it holds the very bytes the archive has; that receipt is
//! what I5 waits for, and it says how it was proven. Names at a destination are given by the archive and never invented here, so
//! that sending twice, after a crash or by a second try, changes nothing. A file appears under its name whole or not at all where
//! the service can rename, and what it replaces is removed only after its successor was verified.
//!
//! `worker` has a `lane` for each destination; a lane's `breaker` leaves a dead one alone, and all share one `brake`, so that the
//! venue comes first. A `destination` is a `store` (folders, buckets, WebDAV, SFTP) or an `intake`, over one HTTP client (`wire`).
//! Secrets are in `credentials` and leave it only towards their server.
//!
//! This room keeps no state of its own: what is due, sent or parked is in the archive, and a worker that
//! is dropped at any point goes on after a restart. It never deletes a photo on the station, and it
//! never writes where a destination's folder is missing: a disk that is not mounted is waited for.

mod attempt;
mod brake;
mod breaker;
mod bucket;
mod credentials;
mod dav;
mod destination;
mod disk;
mod error;
mod intake;
mod lane;
mod meter;
mod pace;
mod partial;
mod probe;
mod proof;
mod queue;
mod quiet;
mod settings;
mod source;
mod store;
mod wire;
mod worker;

pub use brake::{Brake, Limits, Window};
pub use destination::Destination;
pub use error::{Persistence, Scope, UploadError};
pub use pace::Pace;
pub use probe::probe;
pub use queue::Queue;
pub use quiet::{Hush, Quiet};
pub use settings::{Intake, Method, Place, S3, Settings, Sftp, Spot, Verify};
pub use worker::{Told, Worker};
