//! What leaves the station for the clerk: the portrait made of a good frame, the picture that shows how a
//! frame was judged, its report in words for others, and the list of a session.
//!
//! Bytes in, bytes out. Of an original only a part is cut and scaled down; nothing is turned beyond what its EXIF
//! orientation says, and nothing is mirrored, retouched or sharpened. The original itself is only read (I9): this
//! room opens no file and writes none.

mod canvas;
mod colour;
mod encode;
mod manifest;
pub mod overlay;
mod pixels;
pub mod portrait;
mod told;

pub use manifest::manifest;
pub use portrait::{Note, Portrait, PortraitError, make};
pub use told::{Words, report_file, told, why_no_crop};

#[cfg(test)]
pub(crate) mod tests;
