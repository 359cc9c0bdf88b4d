//! What a technician is told over SSH: facts in, lines out, each ok, warn or fail with the next step; and what is taken out of
//! the text that leaves the station for support.
//!
//! Judging is pure. The facts about the machine are read by [`System`] below a root that a test can choose; all other facts
//! (the daemon's answers, the database, destinations) are brought by the caller. It never changes anything, opens no camera
//! and holds nobody's name.

mod facts;
mod judge;
mod redact;
mod system;
mod throttle;

pub use facts::{
    CameraFacts, DaemonFacts, DatabaseFacts, DestinationFacts, Disk, Facts, Interface, ModelFacts,
    PanelFacts, StorageFacts, TimeFacts, Unit, VerifyUnit, Versions,
};
pub use judge::{judge, worst};
pub use redact::{Redactor, is_withheld, redacted_config, withheld_values};
pub use system::System;
pub use throttle::throttled;
