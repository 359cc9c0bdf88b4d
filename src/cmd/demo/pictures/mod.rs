//! Pictures for the demonstration and the tests: drawn, not photographed, so that nobody's face
//! is in the repository and any size can be had.
//!
//! A scene is the same for the same arguments on every machine. A good one is lit, sharp and whole
//! by every measure of the check that needs no face; the others each spoil one thing.

mod canvas;
mod exif;
mod person;

use canvas::Canvas;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// What is wrong with a scene, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Nothing: passes.
    Good,
    /// A little out of focus: passes with a warning.
    Soft,
    /// Saved by a camera that is set to its smallest files: passes with a warning, `compressed`.
    Compressed,
    /// Out of focus: `blurred`.
    Blurred,
    /// The flash did not fire: `under-exposed`.
    Dark,
    /// The lamps at full power: `over-exposed`.
    Bright,
}

/// IJG quality of the files; a camera's "fine" is about there.
const JPEG_QUALITY: u8 = 92;
/// The same of a camera's "basic".
const JPEG_QUALITY_LOW: u8 = 70;

/// A JPEG with EXIF of a student with the number `index` on a card. Sizes in pixels, at most
/// 65,535 each; the person stands in the middle, upright, whatever the shape of the frame.
pub fn scene(index: u32, quality: Scene, width: u32, height: u32) -> Vec<u8> {
    let width = width.clamp(16, u32::from(u16::MAX));
    let height = height.clamp(16, u32::from(u16::MAX));
    let mut canvas = Canvas::new(width as usize, height as usize);
    person::paint(&mut canvas, index);
    // In shares of the frame's height: the same blur to the eye at every size.
    let blur = |share: f64| (f64::from(height) * share).ceil() as usize;
    match quality {
        Scene::Good | Scene::Compressed => {}
        // The standard's limit is in pixels, so the blur is too.
        Scene::Soft => canvas.blur(3),
        Scene::Blurred => canvas.blur(blur(0.004).max(6)),
        Scene::Dark => canvas.expose(0.1),
        Scene::Bright => canvas.expose(4.0),
    }
    // Noise comes last: the sensor makes it, and no lens ever blurred it.
    canvas.add_noise(index);
    let jpeg_quality = match quality {
        Scene::Compressed => JPEG_QUALITY_LOW,
        _ => JPEG_QUALITY,
    };
    let mut bytes = encode(&canvas, jpeg_quality, width, height);
    // EXIF goes right behind the two bytes that begin every JPEG.
    bytes.splice(2..2, exif::segment());
    bytes
}

fn encode(canvas: &Canvas, quality: u8, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(canvas.rgb().len() / 8);
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    // Writing to memory cannot fail, and the buffer has the size that is named.
    let written = encoder.write_image(canvas.rgb(), width, height, ExtendedColorType::Rgb8);
    debug_assert!(written.is_ok(), "{written:?}");
    bytes
}
