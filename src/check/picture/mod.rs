//! From bytes to pixels: a small picture in colour and the whole luminance, both seen upright.
//!
//! Decoding is most of what a check costs, so each is decoded no further than it is needed: colour at
//! the smallest of the scales that a JPEG gives for nothing, luminance alone at full resolution. Only
//! who makes a portrait needs all of the colour.

mod orient;
mod plane;

pub use orient::Turn;
pub use plane::{Grey, Luma};

use super::jpeg::{Frame, Header, Outline, Unreadable};
use std::panic::{AssertUnwindSafe, catch_unwind};
use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

/// The longer side of the small picture is at least this, in pixels, where the photo has that many: a
/// face that takes an eighth of the frame's height then still fills half of the network's 256.
const COLOUR_SIDE_MIN: usize = 1000;

/// Progressive files have at most this many scans (see [`super::jpeg`]).
const MAX_SCANS: u32 = 64;

/// The photo in colour: gamma-coded as the file has it, one byte a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Colour {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Pixels of the full image for one of these: 1, 2, 4 or 8.
    pub scale: f32,
    /// Red, green, blue, row by row.
    pub rgb: Vec<u8>,
}

impl Colour {
    /// The pixel at that place; the nearest one for a place outside.
    pub fn at(&self, x: i32, y: i32) -> [u8; 3] {
        let x = (x.max(0) as usize).min(self.width.saturating_sub(1));
        let y = (y.max(0) as usize).min(self.height.saturating_sub(1));
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// At half its size: each pixel the mean of four. An odd last column or row is left out.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgb = vec![0; width * height * 3];
        let line = self.width * 3;
        // Whole lines are added, which a processor does with many values at once: first those one above the other, then those side
        // by side. What is between two of the pixels that are wanted is reckoned too and left out.
        let (mut twos, mut fours) = (vec![0u16; line], vec![0u8; line]);
        let pairs = self.rgb.chunks_exact((line * 2).max(1));
        let halved = rgb.chunks_exact_mut((width * 3).max(1));
        for (rows, halved) in pairs.zip(halved) {
            let (above, below) = rows.split_at(line);
            for ((two, &a), &b) in twos.iter_mut().zip(above).zip(below) {
                *two = u16::from(a) + u16::from(b);
            }
            let beside = twos.get(3..).unwrap_or_default();
            for ((four, &a), &b) in fours.iter_mut().zip(&twos).zip(beside) {
                *four = ((a + b + 2) / 4) as u8;
            }
            let (halved, _) = halved.as_chunks_mut::<3>();
            let (means, _) = fours.as_chunks::<6>();
            for (pixel, &[r, g, b, ..]) in halved.iter_mut().zip(means) {
                *pixel = [r, g, b];
            }
        }
        Colour {
            width,
            height,
            scale: self.scale * 2.0,
            rgb,
        }
    }

    /// Decodes the small picture, upright.
    ///
    /// # Errors
    /// When the decoder refuses the file.
    pub fn decode(data: &[u8], header: &Header, turn: Turn) -> Result<Self, Unreadable> {
        let (width, height) = size(&header.frame);
        let scale = [8, 4, 2, 1]
            .into_iter()
            .find(|s| width.max(height).div_ceil(*s) >= COLOUR_SIDE_MIN)
            .unwrap_or(1);
        let (small, across, down) = decode(data, &header.frame, scale, PixelFormat::RGB)?;
        let (rgb, width, height) = turn.apply(small, across, down, 3);
        Ok(Colour {
            width,
            height,
            scale: scale as f32,
            rgb,
        })
    }

    /// Decodes every pixel of a file that was proven whole, as it stores them: not turned upright.
    ///
    /// # Errors
    /// When the decoder refuses the file.
    pub fn decode_all(data: &[u8], outline: &Outline) -> Result<Self, Unreadable> {
        let (rgb, width, height) = decode(data, &outline.frame, 1, PixelFormat::RGB)?;
        Ok(Colour {
            width,
            height,
            scale: 1.0,
            rgb,
        })
    }
}

impl Luma {
    /// Decodes the luminance at full resolution. Colour is skipped, not converted: one byte a pixel
    /// is all that is ever held (24 MB for 24 megapixels, where RGB would be 72).
    ///
    /// # Errors
    /// When the decoder refuses the file.
    pub fn decode(data: &[u8], header: &Header, turn: Turn) -> Result<Self, Unreadable> {
        let (samples, width, height) = decode(data, &header.frame, 1, PixelFormat::GRAY)?;
        Ok(Luma {
            width,
            height,
            turn,
            samples,
        })
    }
}

fn size(frame: &Frame) -> (usize, usize) {
    (frame.width as usize, frame.height as usize)
}

/// Samples, width and height, as the file has them.
fn decode(
    data: &[u8],
    frame: &Frame,
    scale: usize,
    format: PixelFormat,
) -> Result<(Vec<u8>, usize, usize), Unreadable> {
    // What panics on some file must cost that file's verdict, not the thread's life.
    catch_unwind(AssertUnwindSafe(|| turbo(data, frame, scale, format)))
        .unwrap_or_else(|_| Err(refused("it stopped with an internal error")))
}

fn turbo(
    data: &[u8],
    frame: &Frame,
    scale: usize,
    format: PixelFormat,
) -> Result<(Vec<u8>, usize, usize), Unreadable> {
    let mut decoder = Decompressor::new().map_err(refused)?;
    decoder.set_scan_limit(MAX_SCANS).map_err(refused)?;
    let read = decoder.read_header(data).map_err(refused)?;
    if (read.width, read.height) != size(frame) {
        return Err(refused("it reads another size than the header has"));
    }
    let factor = ScalingFactor::new(1, scale);
    decoder.set_scaling_factor(factor).map_err(refused)?;
    let (width, height) = (factor.scale(read.width), factor.scale(read.height));
    let pitch = width * format.size();
    let mut samples = vec![0; pitch * height];
    let image = Image {
        pixels: samples.as_mut_slice(),
        width,
        pitch,
        height,
        format,
    };
    decoder.decompress(data, image).map_err(refused)?;
    Ok((samples, width, height))
}

fn refused(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Decoder {
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_is_what_another_decoder_sees() {
        let files: [&[u8]; 4] = [
            include_bytes!("../../../tests/data/grey.jpg"),
            include_bytes!("../../../tests/data/subsampled.jpg"),
            include_bytes!("../../../tests/data/subsampled-across.jpg"),
            include_bytes!("../../../tests/data/progressive.jpg"),
        ];
        for (i, file) in files.into_iter().enumerate() {
            let header = Header::read(file).unwrap();
            let luma = Luma::decode(file, &header, Turn::default()).unwrap();
            let rgb = image::load_from_memory(file).unwrap().to_rgb8();
            assert_eq!(
                (rgb.width() as usize, rgb.height() as usize),
                (luma.width, luma.height)
            );
            for (pixel, &y) in rgb.pixels().zip(&luma.samples) {
                // BT.601 as JFIF has it; where a channel was clipped, Y' cannot be had back.
                let [r, g, b] = pixel.0.map(f64::from);
                let clipped = pixel.0.iter().any(|c| matches!(c, 0 | 255));
                let back = 0.299 * r + 0.587 * g + 0.114 * b;
                assert!(
                    clipped || (back - f64::from(y)).abs() < 2.5,
                    "file {i}: {back} and {y}"
                );
            }
            let colour = Colour::decode(file, &header, Turn::default()).unwrap();
            assert_eq!((colour.width, colour.height), (luma.width, luma.height));
        }
    }

    #[test]
    fn half_the_size_is_the_mean_of_four() {
        let (width, height) = (7, 5);
        let colour = Colour {
            width,
            height,
            scale: 1.0,
            rgb: (0..width * height * 3)
                .map(|i| (i * i * 11) as u8)
                .collect(),
        };
        let half = colour.halved();
        assert_eq!((half.width, half.height, half.scale), (3, 2, 2.0));
        for (i, mean) in half.rgb.iter().enumerate() {
            let (x, y, channel) = (i / 3 % 3, i / 9, i % 3);
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)];
            let values =
                four.map(|(dx, dy)| colour.at(2 * x as i32 + dx, 2 * y as i32 + dy)[channel]);
            let sum = values.map(u16::from).iter().sum::<u16>();
            assert_eq!(u16::from(*mean), (sum + 2) / 4, "{i}");
        }
    }
}
