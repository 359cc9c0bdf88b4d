//! The decisions: what every press, file, verdict and command means for the queue.
//!
//! [`Station::handle`] turns one event into actions. It never does I/O, asks no clock, starts no
//! thread: a whole venue day replays in milliseconds. It decides who owns a frame (I1), when a file may
//! leave the card (I3), when green may show (I4), keeps the queue in order (I6), gives every change its event
//! row (I7), and fires before anything is written (I8).

mod action;
mod event;
mod policy;

pub use action::{Action, Ticket, TimerId};
pub use event::{CommitFailure, Event, Now, ReplyId, ShotFailure};
pub use policy::{PedalPolicy, Policy};
