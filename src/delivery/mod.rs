//! What leaves the station for the clerk: the portrait made of a good frame, and the picture that shows how a
//! frame was judged.
//!
//! Bytes in, bytes out. Of an original only a part is cut and scaled down; nothing is turned beyond what its EXIF
//! orientation says, and nothing is mirrored, retouched or sharpened. The original itself is only read (I9): this
//! room opens no file and writes none.

mod canvas;
mod colour;
mod encode;
pub mod overlay;
mod pixels;
pub mod portrait;

pub use portrait::{Note, Portrait, PortraitError, make};

#[cfg(test)]
pub(crate) mod tests;
