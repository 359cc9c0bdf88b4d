//! The demonstration: a venue morning without a venue.

pub mod pictures;
