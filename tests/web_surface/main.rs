//! The control surface end to end: the real socket, server, client and binary, with the daemon's side played by the test.
//!
//! One binary for all of it: each links the whole library, which takes longer than its tests.

mod api;
mod cli_asks;
mod cli_exit;
mod events;
mod rig;
mod seed;
mod stored;
