//! Pixels to report: is the file whole, and does the photo keep the limits of a standard.
//!
//! A frame goes in as bytes and a [`Report`](crate::model::Report) comes out; limits and severities
//! come from a [`Standard`], which is text. The room reads no file, starts no thread and asks no
//! clock: who calls decides where the bytes come from and how long it may take. It never changes
//! a photo (I9) and it never decides what a verdict leads to; that is the station's.
//!
//! Whether the equipment is still what it was in the session's earlier frames is told by [`baseline`], which is handed those
//! frames and keeps none.
//!
//! What it tells today needs no face: whether all of the file is there, resolution, sharpness,
//! exposure and clipping, dynamic range, compression. Every other rule of the portrait standard
//! stands in the report as not measured, with the reason.

pub mod baseline;
pub mod catalogue;
mod checker;
mod decode;
mod exposure;
mod jpeg;
mod metadata;
pub mod position;
mod reasons;
mod sharpness;
mod standard;

pub use checker::{Checker, Judge};
pub use jpeg::{Coding, MAX_FILE_BYTES, MAX_PIXELS, MAX_PIXELS_PROGRESSIVE, Outline, Unreadable};
pub use reasons::number;
pub use standard::{Limit, Metadata, OutsideSize, PortraitRules, Problem, Standard, StandardError};
