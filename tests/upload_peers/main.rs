//! The outbox against servers that other people wrote, over a network that fails (guards I5).
//!
//! Straight, through the fault proxy, killed in the middle, and with everything that a venue gets wrong in the config.

#[path = "../peers/mod.rs"]
mod peers;
#[path = "../rig/mod.rs"]
mod rig;

mod deaths;
mod refusals;
mod runs;
mod station;
mod straight;
