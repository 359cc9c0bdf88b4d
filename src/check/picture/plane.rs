//! The luminance at full resolution.

use super::Turn;
use crate::model::Rect;

/// The luminance of a photo: gamma-coded Y' as the file stores it, 0 to 255, row by row. It is kept as
/// stored, as turning 24 megapixels costs more than most measures; [`Luma::part`] gives upright pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Luma {
    /// Pixels across, before any EXIF rotation.
    pub width: usize,
    /// Pixels down, before any EXIF rotation.
    pub height: usize,
    /// How it has to be turned to stand upright.
    pub turn: Turn,
    /// `width * height` values.
    pub samples: Vec<u8>,
}

/// A piece of the luminance, upright.
#[derive(Debug, Clone, PartialEq)]
pub struct Grey {
    /// Left edge in the full upright image, in pixels.
    pub left: usize,
    /// Top edge in the full upright image, in pixels.
    pub top: usize,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Gamma-coded Y', row by row.
    pub samples: Vec<u8>,
}

impl Luma {
    /// The part of the upright image within that rectangle (pixels of the full upright image), as far
    /// as the image goes; whole pixels, empty where they do not meet.
    pub fn part(&self, rect: Rect) -> Grey {
        let (across, down) = self.turn.size((self.width, self.height));
        let clip = |value: f32, end: usize| (value.max(0.0) as usize).min(end);
        let (left, top) = (clip(rect.x, across), clip(rect.y, down));
        let right = clip((rect.x + rect.width).ceil(), across).max(left);
        let bottom = clip((rect.y + rect.height).ceil(), down).max(top);
        let mut samples = Vec::with_capacity((right - left) * (bottom - top));
        for y in top..bottom {
            if self.turn.is_upright() {
                let row = y * self.width;
                samples.extend_from_slice(&self.samples[row + left..row + right]);
            } else {
                samples.extend((left..right).map(|x| {
                    let (x, y) = self.turn.stored(x, y, self.width, self.height);
                    self.samples[y * self.width + x]
                }));
            }
        }
        Grey {
            left,
            top,
            width: right - left,
            height: bottom - top,
            samples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_part_is_upright_and_stays_within_the_image() {
        // Stored 3 x 2; orientation 6 shows it as 2 x 3, its first column as the top row from the right.
        let stored = vec![1, 2, 3, 4, 5, 6];
        let luma = |turn| Luma {
            width: 3,
            height: 2,
            turn,
            samples: stored.clone(),
        };
        let plain = luma(Turn::default()).part(rect(1.0, 0.0, 9.0, 1.0));
        assert_eq!(
            (plain.width, plain.height, plain.samples),
            (2, 1, vec![2, 3])
        );
        let turned = luma(Turn::new(Some(6))).part(rect(-1.0, 0.0, 9.0, 9.0));
        assert_eq!((turned.width, turned.height), (2, 3));
        assert_eq!(turned.samples, [4, 1, 5, 2, 6, 3]);
        let beyond = luma(Turn::default()).part(rect(7.0, 7.0, 2.0, 2.0));
        assert!(beyond.samples.is_empty());
    }
}
