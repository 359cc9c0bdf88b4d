//! What a JPEG file says of itself, and the proof that all of it is there.
//!
//! Picture decoders are kind: they paint grey where data is missing and go on, and some of them never mention a scan that is not there.
//! A station must not be, so a file can be walked, bit by bit: every scan that the header promises, every block of every scan, the
//! marker that ends the file. Nothing is allocated in proportion to a size that the file merely claims, but for one machine word a
//! block in progressive files, whose size is capped.

mod bits;
mod frame;
mod huffman;
mod outline;
mod scan;
mod unreadable;

pub use frame::Frame;
pub use outline::{Header, Outline};
pub use unreadable::Unreadable;

/// The largest file that is looked at, in bytes. The largest JPEGs of 60-megapixel cameras at
/// their finest setting are about 45 MB; what is more than twice that is no photo from a session.
pub const MAX_FILE_BYTES: usize = 100_000_000;

/// The largest image that is decoded, in pixels: above today's largest camera (102 megapixels),
/// below what would need more memory than a small board has (one byte a pixel).
pub const MAX_PIXELS: u64 = 110_000_000;

/// The same for progressive files, whose coefficients have to be held whole: up to 6 bytes a pixel
/// beside the plane. Cameras write baseline files; only edited ones are progressive.
pub const MAX_PIXELS_PROGRESSIVE: u64 = 30_000_000;
