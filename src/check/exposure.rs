//! How bright the face or the whole frame is, and how much of it is lost to black or white.
//!
//! The formulas are those of ISO/IEC 29794-5 as OFIQ 1.0.3 computes them. Of the frame they differ in
//! what Y is: there the luminance of the linearised RGB, here the stored Y' linearised by itself. For
//! greys that is the same number; for the light blue of the backdrop (100, 197, 255) it is 0.43 instead
//! of 0.50. In return no colour is decoded. Of the face, Y is theirs.

use super::colour;
use super::measure::{score, sigmoid};
use super::picture::Luma;

/// Linear luminance up to this counts as lost in the dark, on 0–255 (29794-5: 0 to 25).
const DARK_MAX: u8 = 25;
/// Linear luminance from this on counts as lost in the light, on 0–255 (29794-5: 247 to 255).
const LIGHT_MIN: u8 = 247;

/// The distribution of linear luminance, and what is read from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Fraction of the pixels with linear luminance in 0–25 of 255.
    pub under: f64,
    /// Fraction of the pixels with linear luminance in 247–255 of 255.
    pub over: f64,
    /// Mean linear luminance, 0 to 1.
    pub mean: f64,
    /// Variance of the linear luminance, 0 to 0.25.
    pub variance: f64,
    /// Entropy of the histogram of linear luminance in 256 steps, in bits, 0 to 8.
    pub entropy_bits: f64,
}

impl Exposure {
    /// Over all pixels of a frame.
    pub fn measure(luma: &Luma) -> Self {
        let coded = histogram(&luma.samples);
        let each = coded.iter().enumerate();
        Self::of(each.map(|(code, &count)| (colour::linear(code as u8), count)))
    }

    /// Over pixels whose linear luminances, 0 to 1, are these.
    pub fn of_linear(luminances: &[f32]) -> Self {
        Self::of(luminances.iter().map(|&y| (f64::from(y), 1)))
    }

    /// Over luminances, each with the number of its pixels.
    fn of(counted: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut linear = [0u64; 256];
        let (mut sum, mut squares) = (0.0, 0.0);
        for (y, count) in counted {
            linear[((y * 255.0).round() as usize).min(255)] += count;
            sum += y * count as f64;
            squares += y * y * count as f64;
        }
        let total = linear.iter().sum::<u64>().max(1) as f64;
        let fraction = |range: std::ops::RangeInclusive<u8>| {
            let (first, last) = (usize::from(*range.start()), usize::from(*range.end()));
            linear[first..=last].iter().sum::<u64>() as f64 / total
        };
        let entropy_bits = linear
            .iter()
            .filter(|&&n| n > 0)
            .map(|&n| n as f64 / total)
            .map(|p| -p * p.log2())
            .sum::<f64>();
        let mean = sum / total;
        Exposure {
            under: fraction(0..=DARK_MAX),
            over: fraction(LIGHT_MIN..=255),
            mean,
            variance: (squares / total - mean * mean).max(0.0),
            entropy_bits: entropy_bits.max(0.0),
        }
    }

    /// Score of the under-exposed fraction (29794-5), 0 to 100.
    pub fn under_score(&self) -> f64 {
        score(120.0 * (0.832 - sigmoid(self.under, 0.92, 0.05)))
    }

    /// Score of the over-exposed fraction (29794-5), 0 to 100.
    pub fn over_score(&self) -> f64 {
        score(1.0 / (self.over + 0.01))
    }

    /// Score of the mean (29794-5), 0 to 100.
    pub fn mean_score(&self) -> f64 {
        let rise = sigmoid(self.mean, 0.2, 0.05);
        let fall = 1.0 - sigmoid(self.mean, 0.8, 0.05);
        score(100.0 * rise * fall)
    }

    /// Score of the variance (29794-5), 0 to 100.
    pub fn variance_score(&self) -> f64 {
        let share = 60.0 * self.variance / (60.0 * self.variance + 1.0);
        score(100.0 * (std::f64::consts::PI * share).sin())
    }

    /// Score of the entropy (29794-5), 0 to 100.
    pub fn entropy_score(&self) -> f64 {
        score(12.5 * self.entropy_bits)
    }
}

/// How often each value comes. Counted by pairs of neighbours, as that is half as many additions; pairs are of few kinds in a photo, whose
/// counters stay near the processor. Two tables in turn: neighbours are often equal, and adding to one counter twice in a row
/// waits for the first addition.
fn histogram(samples: &[u8]) -> [u64; 256] {
    const PAIRS: usize = 1 << 16;
    let mut counts = [0u64; 256];
    let mut tables = vec![0u32; 2 * PAIRS];
    let (eights, rest) = samples.as_chunks::<8>();
    for &s in rest {
        counts[usize::from(s)] += 1;
    }
    if let ([first, second], _) = tables.as_chunks_mut::<PAIRS>() {
        for eight in eights {
            let word = u64::from_le_bytes(*eight);
            let pair = |at: u32| usize::from((word >> (16 * at)) as u16);
            first[pair(0)] += 1;
            second[pair(1)] += 1;
            first[pair(2)] += 1;
            second[pair(3)] += 1;
        }
    }
    for (pair, &count) in tables.iter().enumerate() {
        counts[pair % 256] += u64::from(count);
        counts[pair / 256 % 256] += u64::from(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::picture::Turn;

    fn flat(code: u8) -> Luma {
        Luma {
            width: 10,
            height: 7,
            turn: Turn::default(),
            samples: vec![code; 70],
        }
    }

    #[test]
    fn black_white_and_grey_are_told_apart() {
        let black = Exposure::measure(&flat(0));
        assert_eq!((black.under, black.over, black.mean), (1.0, 0.0, 0.0));
        assert_eq!(black.under_score(), 0.0);
        let white = Exposure::measure(&flat(255));
        assert_eq!((white.under, white.over, white.mean), (0.0, 1.0, 1.0));
        assert_eq!(white.over_score(), 1.0);
        let grey = Exposure::measure(&flat(188));
        assert_eq!((grey.under, grey.over), (0.0, 0.0));
        assert!((grey.mean - 0.5).abs() < 0.01, "{}", grey.mean);
        assert_eq!((grey.under_score(), grey.over_score()), (100.0, 100.0));
    }

    #[test]
    fn entropy_is_zero_for_one_value_and_three_bits_for_eight() {
        assert_eq!(Exposure::measure(&flat(99)).entropy_bits, 0.0);
        let eight = Luma {
            width: 8,
            height: 1,
            turn: Turn::default(),
            samples: vec![0, 90, 120, 150, 180, 200, 220, 255],
        };
        let entropy = Exposure::measure(&eight).entropy_bits;
        assert!((entropy - 3.0).abs() < 1e-9, "{entropy}");
    }

    #[test]
    fn each_value_is_counted_as_often_as_it_comes() {
        let samples = (0..1003usize)
            .map(|i| (i * i / 7) as u8)
            .collect::<Vec<_>>();
        let mut counts = [0u64; 256];
        samples.iter().for_each(|s| counts[usize::from(*s)] += 1);
        assert_eq!(histogram(&samples), counts);
    }
}
