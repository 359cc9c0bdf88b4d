//! Shutterline: a camera-tethered capture station for official graduate portraits.
//!
//! The rooms, and which way the arrows run, are in `docs/design.md`; each room's `mod.rs` says what it
//! is for and which invariants it keeps.

pub mod archive;
pub mod camera;
pub mod check;
pub mod clock;
pub mod cmd;
pub mod config;
pub mod daemon;
pub mod delivery;
pub mod desk;
pub mod doctor;
pub mod model;
pub mod panel;
pub mod station;
pub mod tag;
pub mod upload;
pub mod web;

#[cfg(test)]
mod house;
