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
//! Two things are proven apart from each other: that all of the file is there (`jpeg`), and what is in
//! the picture (`picture`, `face`, put together in [`Scene`]). The measures of the file and the frame
//! need no face; those of the person (`measures`) need the models of `models/`, which the caller reads.
//! Without them, and where a rule has no measure yet, the report says that it was not measured, and why.

pub mod baseline;
pub mod catalogue;
mod checker;
pub mod colour;
mod exposure;
pub mod face;
mod jpeg;
mod lanes;
mod mask;
mod measure;
mod measures;
mod metadata;
mod models;
pub mod picture;
mod placement;
pub mod position;
mod reasons;
mod scene;
mod sharpness;
mod sight;
mod skin;
mod standard;
mod tiles;
mod timings;

pub use checker::{Checker, Judge};
pub use jpeg::{Header, MAX_FILE_BYTES, MAX_PIXELS, MAX_PIXELS_PROGRESSIVE, Outline, Unreadable};
pub use lanes::{Lanes, OneLane};
pub use measure::{Fault, MeasureKind, Words};
pub use models::{InferenceError, ModelError, Models};
pub use reasons::number;
pub use scene::{Face, Scene};
pub use standard::{Limit, Metadata, OutsideSize, PortraitRules, Problem, Standard, StandardError};
pub use timings::Microseconds;
