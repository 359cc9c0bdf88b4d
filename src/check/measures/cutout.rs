//! A small part of the small picture, at the cost of its own size: a mask over the whole picture would be
//! filled and searched for each cheek.

use crate::check::colour::{linear_table, luminance};
use crate::check::mask::Mask;
use crate::check::picture::Colour;

/// What lies within some corners.
#[derive(Debug)]
pub(super) struct Cutout {
    left: usize,
    top: usize,
    mask: Mask,
}

impl Cutout {
    /// The inside of a polygon, its corners in pixels of the small picture.
    pub(super) fn polygon(colour: &Colour, corners: &[[f32; 2]]) -> Self {
        Self::cut(colour, corners, Mask::polygon)
    }

    /// The smallest polygon without dents around those points.
    pub(super) fn hull(colour: &Colour, points: &[[f32; 2]]) -> Self {
        Self::cut(colour, points, Mask::hull)
    }

    fn cut(
        colour: &Colour,
        points: &[[f32; 2]],
        mask: fn(usize, usize, &[[f32; 2]]) -> Mask,
    ) -> Self {
        let (mut left, mut top) = (colour.width, colour.height);
        let (mut right, mut bottom) = (0, 0);
        for [x, y] in points {
            left = left.min(x.max(0.0) as usize);
            top = top.min(y.max(0.0) as usize);
            right = right.max((x.max(0.0).ceil() as usize).min(colour.width));
            bottom = bottom.max((y.max(0.0).ceil() as usize).min(colour.height));
        }
        let moved = points
            .iter()
            .map(|[x, y]| [x - left as f32, y - top as f32])
            .collect::<Vec<_>>();
        Cutout {
            left,
            top,
            mask: mask(
                right.saturating_sub(left),
                bottom.saturating_sub(top),
                &moved,
            ),
        }
    }

    /// Whether that pixel of the small picture belongs.
    pub(super) fn has(&self, x: usize, y: usize) -> bool {
        match (x.checked_sub(self.left), y.checked_sub(self.top)) {
            (Some(x), Some(y)) => self.mask.has(x, y),
            _ => false,
        }
    }

    /// The places that belong.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let width = self.mask.width.max(1);
        let inside = self.mask.inside.iter().enumerate().filter(|(_, i)| **i);
        inside.map(move |(at, _)| (self.left + at % width, self.top + at / width))
    }

    /// The pixels that belong and of whose place that holds, as sRGB code values.
    pub(super) fn pixels(
        &self,
        colour: &Colour,
        holds: impl Fn(usize, usize) -> bool,
    ) -> Vec<[u8; 3]> {
        let places = self.places().filter(|&(x, y)| holds(x, y));
        places.map(|(x, y)| colour.at(x as i32, y as i32)).collect()
    }
}

/// Linear luminance (Rec. 709), 0 to 1, of each.
pub(super) fn luminances(pixels: &[[u8; 3]]) -> Vec<f32> {
    let linear = linear_table();
    let light = |p: &[u8; 3]| luminance(p.map(|c| f64::from(linear[usize::from(c)]))) as f32;
    pixels.iter().map(light).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_where_its_corners_are() {
        let colour = Colour {
            width: 6,
            height: 4,
            scale: 1.0,
            rgb: (0..72).collect(),
        };
        let corners = [[2.0, 1.0], [9.0, 1.0], [9.0, 3.0], [2.0, 3.0]];
        for part in [
            Cutout::polygon(&colour, &corners),
            Cutout::hull(&colour, &corners),
        ] {
            let places = part.places().collect::<Vec<_>>();
            assert_eq!(places.len(), 8, "{places:?}");
            assert!(part.has(2, 1) && part.has(5, 2) && !part.has(1, 1) && !part.has(2, 3));
            let first = part.pixels(&colour, |x, y| (x, y) == (2, 1));
            assert_eq!(first, [[24, 25, 26]]);
        }
        assert_eq!(Cutout::polygon(&colour, &[]).places().count(), 0);
        let outside = [[-5.0, -5.0], [-2.0, -5.0], [-2.0, -2.0]];
        assert_eq!(Cutout::polygon(&colour, &outside).places().count(), 0);
    }
}
