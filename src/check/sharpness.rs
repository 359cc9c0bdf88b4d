//! How steep the edges in the middle of the frame are.
//!
//! A plain gradient energy grows with the contrast of the scene, so that a white shirt on a dark
//! suit would pass for focus. Here each gradient is divided by the contrast of the edge it belongs
//! to: what is left is the share of an edge that is crossed in one pixel, the inverse of the edge
//! width of Marziliano, Dufaux, Winkler and Ebrahimi, "A no-reference perceptual blur metric"
//! (ICIP 2002). A step edge gives 50 %/px (the central difference spans two pixels); an edge blurred
//! by a Gaussian of σ pixels gives about 40/σ.
//!
//! Until the face is found, the middle half of the frame stands in for it.

use super::decode::Luma;

/// Blocks with less difference between their darkest and lightest pixel hold no edge to judge by,
/// in code values: above what sensor noise alone spans.
const CONTRAST_MIN: f64 = 48.0;

/// Among the blocks that hold an edge, the share that is sharper than the value given, which are
/// the in-focus parts: soft shadows and cheeks have contrast without an edge, even in focus.
const SHARPEST_SHARE: f64 = 0.1;

/// Side of a block, in pixels: a 32nd of the image's shorter side within these bounds. A block has to
/// hold an edge whole, or it takes the part for the whole and finds the edge steeper than it is; twice
/// the width of an edge that is just rejected (σ of 5 pixels, 90 % within 16) fits in the smallest.
const BLOCK_MIN: usize = 32;
/// Above this a block would hold so much that the sharpest thing in it speaks for all.
const BLOCK_MAX: usize = 128;

/// Fewer blocks with an edge than this say nothing.
const BLOCKS_MIN: usize = 4;

/// Percent of an edge's contrast that is crossed in one pixel, over the middle half (by width and
/// by height) of the frame at full resolution. 0 where there is no edge at all: a frame in which
/// nothing can be made out is not sharp.
pub fn measure(luma: &Luma) -> f64 {
    let side = (luma.width.min(luma.height) / 32).clamp(BLOCK_MIN, BLOCK_MAX);
    let (left, right) = (luma.width / 4, luma.width - luma.width / 4);
    let (top, bottom) = (luma.height / 4, luma.height - luma.height / 4);
    let (mut edges, mut flats) = (Vec::new(), Vec::new());
    for y in (top.max(1)..bottom.saturating_sub(side)).step_by(side) {
        for x in (left.max(1)..right.saturating_sub(side)).step_by(side) {
            let block = Block::measure(luma, x, y, side);
            if block.contrast < CONTRAST_MIN {
                flats.push(block);
            } else {
                edges.push(block);
            }
        }
    }
    if edges.len() < BLOCKS_MIN {
        return 0.0;
    }
    let noise = noise_of(flats);
    let mut slopes = edges
        .iter()
        .map(|b| (b.steepest - noise.steepest).max(0.0) / (b.contrast - noise.contrast))
        .collect::<Vec<_>>();
    slopes.sort_by(f64::total_cmp);
    let rank = ((slopes.len() as f64) * (1.0 - SHARPEST_SHARE)) as usize;
    100.0 * slopes[rank.min(slopes.len() - 1)]
}

/// What a square of the image holds, in code values.
#[derive(Clone, Copy, Default)]
struct Block {
    /// Lightest less darkest pixel.
    contrast: f64,
    /// Steepest gradient, a pixel.
    steepest: f64,
}

/// What noise alone gives in a block, told from those without an edge. It is taken off the others:
/// a grainy photo out of focus would else pass for a sharp one. The quarter with the least of it
/// is believed, as skin and cloth have structure of their own.
fn noise_of(mut flats: Vec<Block>) -> Block {
    flats.sort_by(|a, b| a.steepest.total_cmp(&b.steepest));
    flats.get(flats.len() / 4).copied().unwrap_or_default()
}

impl Block {
    /// Of the pixels from (`x`, `y`), which keep a pixel's distance from the border of the image.
    fn measure(luma: &Luma, x: usize, y: usize, side: usize) -> Self {
        let row = |y: usize| &luma.samples[y * luma.width + x - 1..][..side + 2];
        let (mut low, mut high) = (u8::MAX, 0);
        let mut steepest = 0i32;
        for y in y..y + side {
            let (above, here, below) = (row(y - 1), row(y), row(y + 1));
            for &s in &here[1..=side] {
                low = low.min(s);
                high = high.max(s);
            }
            let line = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
            for ((a, h), b) in line {
                let [a0, a1, a2] = [a[0], a[1], a[2]].map(i32::from);
                let [b0, b1, b2] = [b[0], b[1], b[2]].map(i32::from);
                // Sobel: eight times the slope in code values a pixel, smoothed across it.
                let gx = a2 - a0 + 2 * (i32::from(h[2]) - i32::from(h[0])) + b2 - b0;
                let gy = b0 - a0 + 2 * (b1 - a1) + b2 - a2;
                steepest = steepest.max(gx * gx + gy * gy);
            }
        }
        Block {
            contrast: f64::from(high.saturating_sub(low)),
            steepest: f64::from(steepest).sqrt() / 8.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            samples: vec![128; 640 * 480],
        };
        assert_eq!(measure(&flat), 0.0);
        let tiny = Luma {
            width: 2,
            height: 1,
            samples: vec![0, 255],
        };
        assert_eq!(measure(&tiny), 0.0);
    }
}
