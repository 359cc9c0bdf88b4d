//! How steep the edges are: in the middle of the frame, or in a part of it.
//!
//! A plain gradient energy grows with the contrast of the scene, so that a white shirt on a dark
//! suit would pass for focus. Here each gradient is divided by the contrast of the edge it belongs
//! to: what is left is the share of an edge that is crossed in one pixel, the inverse of the edge
//! width of Marziliano, Dufaux, Winkler and Ebrahimi, "A no-reference perceptual blur metric"
//! (ICIP 2002). A step edge gives 50 %/px (the central difference spans two pixels); an edge blurred
//! by a Gaussian of σ pixels gives about 40/σ.
//!
//! Where no face is found, the middle half of the frame stands in for it.
//!
//! Along a direction, only what changes along it counts: a photo that moved while it was taken has
//! lost the edges across the movement and kept those along it.

use super::picture::{Grey, Luma};

/// Side of a block, in pixels: a 64th of the image's shorter side within these bounds. The contrast
/// is that of the block and its eight neighbours, which together have to hold an edge whole, or the
/// part would be taken for the whole and the edge for steeper than it is. 48 pixels are three times
/// the width of an edge that is just rejected (σ of 5.7 pixels, 80 % within 16).
const SIDE_MIN: usize = 16;
/// Above this a block would hold so much that the sharpest thing in it speaks for all.
const SIDE_MAX: usize = 64;

/// With less difference between the darkest and the lightest pixel there is no edge to judge by, in
/// code values: above what sensor noise alone spans.
const CONTRAST_MIN: u8 = 48;

/// Among the blocks that hold an edge, the share that is sharper than the value given, which are
/// the in-focus parts: soft shadows and cheeks have contrast without an edge, even in focus.
const SHARPEST_SHARE: f64 = 0.1;

/// Fewer blocks with an edge than this say nothing.
const BLOCKS_MIN: usize = 4;

/// Percent of an edge's contrast that is crossed in one pixel, over the middle half (by width and
/// by height) of the frame at full resolution. 0 where there is no edge at all: a frame in which
/// nothing can be made out is not sharp.
pub fn measure(luma: &Luma) -> f64 {
    let side = (luma.width.min(luma.height) / 64).clamp(SIDE_MIN, SIDE_MAX);
    let plane = Plane {
        width: luma.width,
        samples: &luma.samples,
    };
    // A pixel's distance from the border, as gradients reach that far.
    let (left, top) = ((luma.width / 4).max(1), (luma.height / 4).max(1));
    let right = luma.width - luma.width / 4;
    let bottom = luma.height - luma.height / 4;
    let blocks = Blocks::<ANY>::of(&plane, left..right, top..bottom, side);
    blocks.steepness(0)
}

/// The same over all of a part, in blocks of `side` pixels (see [`SIDE_MIN`] for how large they have to
/// be): in any direction, then along 0, 45, 90 and 135 degrees, clockwise from the image's horizontal.
pub fn of_part(part: &Grey, side: usize) -> [f64; DIRECTIONS] {
    let plane = Plane {
        width: part.width,
        samples: &part.samples,
    };
    let (right, bottom) = (part.width.saturating_sub(1), part.height.saturating_sub(1));
    let blocks = Blocks::<DIRECTIONS>::of(&plane, 1..right, 1..bottom, side.max(2));
    std::array::from_fn(|direction| blocks.steepness(direction))
}

/// The steepest gradient whichever way it goes.
const ANY: usize = 1;

/// That one, and those along four directions.
const DIRECTIONS: usize = 5;

/// The gradient that noise alone gives, told from the blocks without an edge. It is taken off the
/// others: a grainy photo out of focus would else pass for a sharp one. The quarter with the
/// least of it is believed, as skin and cloth have structure of their own.
fn noise_of(flats: Vec<f64>) -> f64 {
    quantile(flats, 0.25)
}

/// The value below which that share of the values lies; 0 for none at all.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share) as usize;
    let last = values.len().saturating_sub(1);
    values.get(rank.min(last)).copied().unwrap_or(0.0)
}

/// Gamma-coded luminance, row by row.
struct Plane<'p> {
    width: usize,
    samples: &'p [u8],
}

/// What a square of the image holds, in code values.
#[derive(Clone, Copy)]
struct Block<const N: usize> {
    darkest: u8,
    lightest: u8,
    /// Steepest gradient, a pixel, by direction.
    steepest: [f64; N],
}

/// The squares of a part of the image.
struct Blocks<const N: usize> {
    across: usize,
    blocks: Vec<Block<N>>,
}

impl<const N: usize> Blocks<N> {
    /// All blocks that fit there. The blocks of a row are measured together, line by line: so memory is read as it lies, and a
    /// processor works on many columns at once.
    fn of(
        plane: &Plane,
        across: std::ops::Range<usize>,
        down: std::ops::Range<usize>,
        side: usize,
    ) -> Self {
        let count = |range: &std::ops::Range<usize>| range.len().saturating_sub(1) / side;
        let columns = count(&across);
        let rows = if columns == 0 { 0 } else { count(&down) };
        let mut found = Columns::new(columns * side);
        let mut blocks = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            found.measure(plane, across.start, down.start + row * side, side);
            blocks.extend((0..columns).map(|column| found.block(column * side, side)));
        }
        Blocks {
            across: columns,
            blocks,
        }
    }

    /// Percent of an edge's contrast that is crossed in one pixel along that direction; 0 without an edge.
    fn steepness(&self, direction: usize) -> f64 {
        let (mut edges, mut flats) = (Vec::new(), Vec::new());
        for (steepest, contrast) in self.each() {
            if contrast < CONTRAST_MIN {
                flats.push(steepest[direction]);
            } else {
                edges.push((steepest[direction], f64::from(contrast)));
            }
        }
        if edges.len() < BLOCKS_MIN {
            return 0.0;
        }
        let noise = noise_of(flats);
        let slopes = edges.iter().map(|(s, c)| (s - noise).max(0.0) / c);
        100.0 * quantile(slopes.collect(), 1.0 - SHARPEST_SHARE)
    }

    /// Of each block that has all its neighbours: the steepest gradients, and the contrast among them.
    fn each(&self) -> impl Iterator<Item = ([f64; N], u8)> + '_ {
        let down = self.blocks.len() / self.across.max(1);
        let rows = 1..down.saturating_sub(1);
        let columns = 1..self.across.saturating_sub(1);
        rows.flat_map(move |row| columns.clone().map(move |column| (row, column)))
            .map(|(row, column)| {
                let (mut darkest, mut lightest) = (u8::MAX, 0);
                for y in row - 1..=row + 1 {
                    for near in &self.blocks[y * self.across + column - 1..][..3] {
                        darkest = darkest.min(near.darkest);
                        lightest = lightest.max(near.lightest);
                    }
                }
                let block = self.blocks[row * self.across + column];
                (block.steepest, lightest - darkest)
            })
    }
}

/// What some lines of the image hold in each column.
struct Columns<const N: usize> {
    /// With a pixel more to the left and to the right.
    darkest: Vec<u8>,
    lightest: Vec<u8>,
    /// By direction: the square of the steepest gradient, eight times as steep.
    steepest: [Vec<i32>; N],
    /// Of the line at hand: how steep it goes to the right and down, eight times as steep.
    right: Vec<i16>,
    down: Vec<i16>,
}

impl<const N: usize> Columns<N> {
    fn new(width: usize) -> Self {
        Columns {
            darkest: vec![0; width + 2],
            lightest: vec![0; width + 2],
            steepest: std::array::from_fn(|_| vec![0; width]),
            right: vec![0; width],
            down: vec![0; width],
        }
    }

    /// Of that many lines from (`x`, `y`), which keep a pixel's distance from the border of the image.
    fn measure(&mut self, plane: &Plane, x: usize, y: usize, lines: usize) {
        let width = self.darkest.len();
        let line = |y: usize| &plane.samples[y * plane.width + x - 1..][..width];
        self.darkest.fill(u8::MAX);
        self.lightest.fill(0);
        self.steepest.iter_mut().for_each(|s| s.fill(0));
        // The gradients reach a pixel over the border, and so has the contrast to.
        for y in y - 1..=y + lines {
            let limits = self.darkest.iter_mut().zip(&mut self.lightest);
            for ((darkest, lightest), &s) in limits.zip(line(y)) {
                *darkest = s.min(*darkest);
                *lightest = s.max(*lightest);
            }
        }
        for y in y..y + lines {
            self.gradients([line(y - 1), line(y), line(y + 1)]);
            self.steepen();
        }
    }

    /// Sobel's, smoothed across their direction: 1020 at most.
    fn gradients(&mut self, [above, here, below]: [&[u8]; 3]) {
        let width = self.right.len();
        let [a0, a1, a2] = shifted(above, width);
        let [h0, _, h2] = shifted(here, width);
        let [b0, b1, b2] = shifted(below, width);
        let (right, down) = (&mut self.right[..width], &mut self.down[..width]);
        for i in 0..width {
            let at = |line: &[u8]| i16::from(line[i]);
            right[i] = at(a2) - at(a0) + 2 * (at(h2) - at(h0)) + at(b2) - at(b0);
            down[i] = at(b0) - at(a0) + 2 * (at(b1) - at(a1)) + at(b2) - at(a2);
        }
    }

    /// Raises each direction's squares to those of the line at hand.
    fn steepen(&mut self) {
        let square = |g: i16| i32::from(g) * i32::from(g);
        for (direction, steepest) in self.steepest.iter_mut().enumerate() {
            let line = steepest.iter_mut().zip(&self.right).zip(&self.down);
            let line = line.map(|((steepest, &right), &down)| (steepest, right, down));
            // One loop each: what to do is asked once a line and not once a pixel.
            match direction {
                0 => line.for_each(|(s, right, down)| *s = (*s).max(square(right) + square(down))),
                1 => line.for_each(|(s, right, _)| *s = (*s).max(square(right))),
                2 => line.for_each(|(s, right, down)| *s = (*s).max(square(right + down) / 2)),
                3 => line.for_each(|(s, _, down)| *s = (*s).max(square(down))),
                _ => line.for_each(|(s, right, down)| *s = (*s).max(square(right - down) / 2)),
            }
        }
    }

    /// The block of `side` columns from there.
    fn block(&self, from: usize, side: usize) -> Block<N> {
        let reached = from..from + side + 2;
        let darkest = self.darkest[reached.clone()].iter().copied().min();
        let lightest = self.lightest[reached].iter().copied().max();
        let steepest = std::array::from_fn(|direction| {
            let steepest = self.steepest[direction][from..from + side].iter().max();
            f64::from(steepest.copied().unwrap_or(0)).sqrt() / 8.0
        });
        Block {
            darkest: darkest.unwrap_or(u8::MAX),
            lightest: lightest.unwrap_or(0),
            steepest,
        }
    }
}

/// A line's pixels, those one to the right, and those two to the right.
fn shifted(line: &[u8], pixels: usize) -> [&[u8]; 3] {
    [0, 1, 2].map(|by| &line[by..by + pixels])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::picture::Turn;

    /// Vertical bars 40 pixels wide, blurred by a Gaussian of `sigma` pixels, `contrast` code values apart.
    fn bars(sigma: f64, contrast: f64) -> Luma {
        let (width, height) = (640usize, 640usize);
        let line = (0..width)
            .map(|x| {
                let from_edge = (x as f64 + 0.5).rem_euclid(80.0);
                let steps = [0.0, 40.0, 80.0].map(|edge| (from_edge - edge) / sigma.max(1e-9));
                let logistic = |t: f64| 1.0 / (1.0 + (-1.702 * t).exp());
                let lit = logistic(steps[0]) - logistic(steps[1]) + logistic(steps[2]);
                (100.0 + contrast * lit).round() as u8
            })
            .collect::<Vec<_>>();
        Luma {
            width,
            height,
            turn: Turn::default(),
            samples: line.repeat(height),
        }
    }

    #[test]
    fn a_step_crosses_half_its_contrast_in_a_pixel() {
        let sharp = measure(&bars(0.0, 100.0));
        assert!((sharp - 50.0).abs() < 1.0, "{sharp}");
    }

    #[test]
    fn more_blur_never_reads_sharper_and_contrast_does_not_matter() {
        let widths = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0];
        let values = widths.map(|sigma| measure(&bars(sigma, 120.0)));
        assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
        assert!((values[2] - 20.0).abs() < 3.0, "{values:?}");
        let faint = measure(&bars(2.0, 60.0));
        assert!((faint - values[2]).abs() < 2.0, "{faint} and {values:?}");
    }

    #[test]
    fn an_empty_frame_is_not_sharp() {
        let flat = Luma {
            width: 640,
            height: 480,
            turn: Turn::default(),
            samples: vec![128; 640 * 480],
        };
        assert_eq!(measure(&flat), 0.0);
        let tiny = Luma {
            width: 2,
            height: 1,
            turn: Turn::default(),
            samples: vec![0, 255],
        };
        assert_eq!(measure(&tiny), 0.0);
        let thread = Luma {
            width: 1,
            height: 5000,
            turn: Turn::default(),
            samples: vec![7; 5000],
        };
        assert_eq!(measure(&thread), 0.0);
    }

    #[test]
    fn each_block_holds_what_its_own_pixels_say() {
        let (width, height, side) = (61usize, 47usize, 9usize);
        let value = |i: usize| (i * i * 31 + i * 7) as u8 / (1 + (i / 200) as u8);
        let samples = (0..width * height).map(value).collect::<Vec<_>>();
        let plane = Plane {
            width,
            samples: &samples,
        };
        let found = Blocks::<DIRECTIONS>::of(&plane, 3..width - 1, 2..height - 1, side);
        assert_eq!((found.across, found.blocks.len()), (6, 6 * 4));
        for (n, block) in found.blocks.iter().enumerate() {
            let (left, top) = (3 + n % 6 * side, 2 + n / 6 * side);
            let at = |x: usize, y: usize| i32::from(samples[y * width + x]);
            let mut steepest = [0; DIRECTIONS];
            for (x, y) in (0..side * side).map(|i| (left + i % side, top + i / side)) {
                let line = |y: usize| at(x + 1, y) - at(x - 1, y);
                let column = |x: usize| at(x, y + 1) - at(x, y - 1);
                let gx = line(y - 1) + 2 * line(y) + line(y + 1);
                let gy = column(x - 1) + 2 * column(x) + column(x + 1);
                let of = [
                    gx * gx + gy * gy,
                    gx * gx,
                    (gx + gy).pow(2) / 2,
                    gy * gy,
                    (gx - gy).pow(2) / 2,
                ];
                for (steepest, of) in steepest.iter_mut().zip(of) {
                    *steepest = of.max(*steepest);
                }
            }
            assert_eq!(block.steepest, steepest.map(|s| f64::from(s).sqrt() / 8.0));
            let around = (top - 1..=top + side)
                .flat_map(|y| (left - 1..=left + side).map(move |x| at(x, y)));
            let (darkest, lightest) = around.fold((255, 0), |(d, l), v| (v.min(d), v.max(l)));
            assert_eq!(
                (i32::from(block.darkest), i32::from(block.lightest)),
                (darkest, lightest)
            );
        }
    }
}
