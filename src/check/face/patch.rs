//! A square piece of the picture, turned and scaled to what a network takes.

use crate::check::picture::Colour;

/// Where the square lies, in pixels of the small picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Square {
    /// Centre.
    pub(super) x: f32,
    /// Centre.
    pub(super) y: f32,
    /// Across and down, before it is turned.
    pub(super) width: f32,
    pub(super) height: f32,
    /// How far it is turned clockwise, in radians.
    pub(super) angle: f32,
}

impl Square {
    /// The place in the picture of a place in the square, 0 to 1 each.
    pub(super) fn place(&self, u: f32, v: f32) -> (f32, f32) {
        self.turned(self.angle.sin_cos(), u, v)
    }

    /// The same, with the sine and cosine of the angle at hand.
    fn turned(&self, (sin, cos): (f32, f32), u: f32, v: f32) -> (f32, f32) {
        let (dx, dy) = ((u - 0.5) * self.width, (v - 0.5) * self.height);
        (self.x + dx * cos - dy * sin, self.y + dx * sin + dy * cos)
    }

    /// `side` by `side` pixels of it as red, green, blue; code values 0 to 255 are mapped to
    /// `low` to `high`. What lies outside the picture is black.
    ///
    /// It is taken from the smallest of the sizes that still has as many pixels as are wanted, as
    /// skipping pixels would turn fine patterns of the clothes into coarse ones.
    pub(super) fn sample(&self, sizes: &Sizes, side: usize, low: f32, high: f32) -> Vec<f32> {
        let step = self.width.max(self.height) / side as f32;
        let (colour, smaller) = sizes.for_step(step);
        let source = Source::new(colour);
        // Exact, as it is a power of two.
        let smaller = 1.0 / smaller;
        let gain = (high - low) / 255.0;
        let sin_cos = self.angle.sin_cos();
        let shares = (0..side).map(|n| (n as f32 + 0.5) / side as f32);
        let shares = shares.collect::<Vec<_>>();
        let mut pixels = vec![0.0; side * side * 3];
        let (threes, _) = pixels.as_chunks_mut::<3>();
        for (line, down) in threes.chunks_exact_mut(side.max(1)).zip(&shares) {
            for (pixel, across) in line.iter_mut().zip(&shares) {
                let (x, y) = self.turned(sin_cos, *across, *down);
                let [r, g, b] = source.between(x * smaller, y * smaller);
                *pixel = [low + r * gain, low + g * gain, low + b * gain];
            }
        }
        pixels
    }
}

/// The small picture at half, a quarter, … of its size, for whoever needs few pixels of it.
pub(in crate::check) struct Sizes {
    whole: Colour,
    halves: Vec<Colour>,
}

impl Sizes {
    /// Down to an eighth.
    pub(in crate::check) fn of(whole: Colour) -> Self {
        let mut halves: Vec<Colour> = Vec::new();
        for _ in 0..3 {
            let next = halves.last().unwrap_or(&whole).halved();
            if next.width == 0 || next.height == 0 {
                break;
            }
            halves.push(next);
        }
        Sizes { whole, halves }
    }

    /// The picture itself.
    pub(in crate::check) fn whole(&self) -> &Colour {
        &self.whole
    }

    /// The picture itself, when nobody needs the others any more.
    pub(in crate::check) fn into_whole(self) -> Colour {
        self.whole
    }

    /// The one for whoever takes a pixel every `step` pixels, and how much smaller it is.
    fn for_step(&self, step: f32) -> (&Colour, f32) {
        let level = (step.max(1.0).log2().floor() as usize).min(self.halves.len());
        match level.checked_sub(1) {
            None => (&self.whole, 1.0),
            Some(half) => (&self.halves[half], (1u32 << level) as f32),
        }
    }
}

/// A picture to be read between its pixels, with its size as it is asked for at each.
struct Source<'c> {
    colour: &'c Colour,
    last: [i32; 2],
    size: [f32; 2],
}

impl<'c> Source<'c> {
    fn new(colour: &'c Colour) -> Self {
        let size = [colour.width, colour.height];
        Source {
            colour,
            last: size.map(|side| side as i32 - 1),
            size: size.map(|side| side as f32),
        }
    }

    /// Of the four pixels around the place, whose centres lie at halves.
    #[inline]
    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        if x < 0.0 || y < 0.0 || x > self.size[0] || y > self.size[1] {
            return [0.0; 3];
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (below(x), below(y));
        let shares = [x - left as f32, y - top as f32];
        if left >= 0 && top >= 0 && left < self.last[0] && top < self.last[1] {
            let at = (top as usize * self.colour.width + left as usize) * 3;
            let two = |at: usize| self.colour.rgb[at..].first_chunk::<7>();
            if let (Some(above), Some(below)) = (two(at), two(at + self.colour.width * 3)) {
                return mixed(above, below, shares);
            }
        }
        // Along the picture's edges the nearest ones.
        let [above, below] = [top, top + 1].map(|y| {
            let (near, next) = (self.colour.at(left, y), self.colour.at(left + 1, y));
            [near[0], near[1], near[2], next[0], next[1], next[2], 0]
        });
        mixed(&above, &below, shares)
    }
}

/// Between two pixels side by side and the two below them. A byte comes after each pair, as a processor takes four at a time.
#[inline]
fn mixed(above: &[u8; 7], below: &[u8; 7], [across, down]: [f32; 2]) -> [f32; 3] {
    let along = |line: &[u8; 7]| {
        let mix = |i: usize| {
            let (from, to) = (f32::from(line[i]), f32::from(line[i + 3]));
            from + (to - from) * across
        };
        [mix(0), mix(1), mix(2), mix(3)]
    };
    let (above, below) = (along(above), along(below));
    let mix = |i: usize| above[i] + (below[i] - above[i]) * down;
    [mix(0), mix(1), mix(2)]
}

/// The whole number at or below a place in a picture, which has less than four million pixels a side. `floor` is a call into the C
/// library on processors of which nothing is asked, and a cast looks for numbers that are too large; here the number is rounded
/// by adding one so large that no fraction is left.
#[inline]
pub(in crate::check) fn below(place: f32) -> i32 {
    const LARGE: f32 = 12_582_912.0;
    let sum = place + LARGE;
    let near = sum.to_bits().wrapping_sub(LARGE.to_bits()) as i32;
    near.wrapping_sub(i32::from(sum - LARGE > place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_turned_by_a_quarter_shows_the_picture_turned_back() {
        let mut rgb = vec![0u8; 8 * 8 * 3];
        rgb[(8 + 6) * 3] = 255; // red at (6, 1)
        let colour = Colour {
            width: 8,
            height: 8,
            scale: 1.0,
            rgb,
        };
        let mut square = Square {
            x: 4.0,
            y: 4.0,
            width: 8.0,
            height: 8.0,
            angle: 0.0,
        };
        let plain = square.sample(&Sizes::of(colour.clone()), 8, 0.0, 1.0);
        assert_eq!(plain[(8 + 6) * 3], 1.0);
        square.angle = std::f32::consts::FRAC_PI_2;
        let turned = square.sample(&Sizes::of(colour), 8, -1.0, 1.0);
        let brightest = (0..64).max_by(|a, b| turned[a * 3].total_cmp(&turned[b * 3]));
        assert_eq!(
            brightest,
            Some(8 + 1),
            "(6, 1) is at (1, 1) for an eye turned clockwise"
        );
        assert_eq!(turned[1], -1.0);
    }

    #[test]
    fn below_is_the_floor() {
        for place in [
            -0.5f32, -0.0, 0.0, 0.3, 0.5, 0.999, 1.5, 2.5, 7.0, 1500.4999, 65_535.75,
        ] {
            for place in [place, -place] {
                assert_eq!(below(place), place.floor() as i32, "{place}");
            }
        }
    }

    #[test]
    fn a_pattern_finer_than_what_is_taken_becomes_its_mean() {
        let stripe = |i: usize| if i.is_multiple_of(2) { 255 } else { 0 };
        let colour = Colour {
            width: 64,
            height: 64,
            scale: 1.0,
            rgb: (0..64 * 64).flat_map(|i| [stripe(i); 3]).collect(),
        };
        let whole = Square {
            x: 32.0,
            y: 32.0,
            width: 64.0,
            height: 64.0,
            angle: 0.0,
        };
        let taken = whole.sample(&Sizes::of(colour), 16, 0.0, 1.0);
        assert!(taken.iter().all(|v| (v - 0.5).abs() < 0.01), "{taken:?}");
    }
}
