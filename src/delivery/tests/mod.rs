//! On a drawn figure, whose place is known.

pub mod figure;
mod overlays;
mod portraits;
