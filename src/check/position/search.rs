//! The search for the crop, in whole numbers throughout.
//!
//! The portrait's shape in lowest terms is `across : down` (3 : 4), with `unit` = portrait width / `across`. A crop
//! is `across · k` × `down · k` source pixels, and a length of `p` source pixels is `p · unit / k` in the portrait.
//! For one `k`, what the bands ask of the left and of the top edge are intervals that do not depend on each other,
//! so that each `k` takes a handful of steps, and all of them are looked at.

use super::bands::{Bands, Head};
use crate::model::Crop;
use std::cmp::Ordering;

/// Steps a pixel that the head's places are rounded to: finer than any landmark is exact.
const Q: i64 = 256;
/// Larger than any image that is decoded; keeps all products far inside 128 bits.
const FARTHEST: f32 = 1e6;

/// A search over one image.
pub(super) struct Search<'a> {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) head: &'a Head,
    pub(super) bands: &'a Bands,
    across: i64,
    down: i64,
    unit: i64,
    crown: i64,
    eyes: i64,
    chin: i64,
    middle: i64,
    face: i64,
}

/// What a search ends with.
pub(super) enum Outcome {
    /// The best crop.
    Found(Crop),
    /// Crops of the right size exist, but all of them reach over the image's edge.
    Outside(Missing),
    /// The head has too few source pixels; it would have to be larger by this factor.
    Small {
        /// Above 1.
        factor: f64,
    },
    /// The image itself is smaller than the portrait.
    SmallImage {
        /// Above 1.
        factor: f64,
    },
    /// No scale brings this head into all bands.
    Shape(Shape),
}

/// Source pixels that lack at each edge for the crop that reaches out least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) left: i64,
    pub(super) right: i64,
    pub(super) above: i64,
    pub(super) below: i64,
    /// The crop is wider than the image by this much.
    pub(super) across: i64,
    /// The crop is higher than the image by this much.
    pub(super) down: i64,
    /// Its left edge, top edge and width.
    pub(super) nearest: [i64; 3],
}

impl Missing {
    /// The larger of what the crop's size and what its place lack, across and down.
    pub(super) fn total(&self) -> i64 {
        (self.left + self.right).max(self.across) + (self.above + self.below).max(self.down)
    }
}

/// Two lengths of a head that no one scale brings into their bands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Crown to eyes (or to chin) is too long beside the face's width; else too short.
    pub(super) tall: bool,
    /// By how many source pixels.
    pub(super) excess_px: f64,
    /// The same as a share of the length, in percent.
    pub(super) excess_percent: f64,
}

/// A share of half a band: 1 in its middle, 0 at its ends.
#[derive(Debug, Clone, Copy)]
struct Margin {
    over: i128,
    /// Above 0.
    under: i128,
}

impl Ord for Margin {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.over * other.under).cmp(&(other.over * self.under))
    }
}

impl PartialOrd for Margin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Margin {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Margin {}

impl<'a> Search<'a> {
    /// `None` where the head is no head (not finite, no width, chin above the crown) or the bands have no size.
    pub(super) fn new(width: u32, height: u32, head: &'a Head, bands: &'a Bands) -> Option<Self> {
        let fixed = |at: f32| {
            let inside = at.is_finite() && at.abs() <= FARTHEST;
            inside.then(|| (f64::from(at) * Q as f64).round() as i64)
        };
        let unit = gcd(bands.width_px.into(), bands.height_px.into());
        if unit == 0 {
            return None;
        }
        let search = Search {
            width: width.into(),
            height: height.into(),
            head,
            bands,
            across: i64::from(bands.width_px) / unit,
            down: i64::from(bands.height_px) / unit,
            unit,
            crown: fixed(head.crown_y)?,
            eyes: fixed(head.eyes_y)?,
            chin: fixed(head.chin_y)?,
            middle: fixed(head.middle_x)?,
            face: fixed(head.face_width)?,
        };
        let is_head = search.crown < search.eyes && search.eyes < search.chin && search.face > 0;
        (is_head && bands.width_px > 0 && bands.height_px > 0).then_some(search)
    }

    /// Looks at every size of crop.
    pub(super) fn run(&self) -> Outcome {
        let least = [
            f64::from(self.bands.width_px) / self.width.max(1) as f64,
            f64::from(self.bands.height_px) / self.height.max(1) as f64,
        ];
        if let Some(factor) = least.into_iter().reduce(f64::max).filter(|&f| f > 1.0) {
            return Outcome::SmallImage { factor };
        }
        let mut best: Option<(Margin, i64, i64, i64)> = None;
        let mut least: Option<Missing> = None;
        for k in self.sizes() {
            if let Some((margin, x, y)) = self.best_of(k) {
                // From small to large: of equal ones the larger, which has more pixels to scale down.
                if best.is_none_or(|(known, ..)| margin >= known) {
                    best = Some((margin, k, x, y));
                }
            } else if best.is_none()
                && let Some(missing) = self.missing(k)
                && least.is_none_or(|known| missing.total() < known.total())
            {
                least = Some(missing);
            }
        }
        match (best, least) {
            (Some((_, k, x, y)), _) => Outcome::Found(Crop {
                x: x as u32,
                y: y as u32,
                width: (self.across * k) as u32,
                height: (self.down * k) as u32,
            }),
            (None, Some(missing)) => Outcome::Outside(missing),
            (None, None) => self.impossible(),
        }
    }

    /// Sizes without upscaling that bring the face's width (and the head's height) into its band.
    fn sizes(&self) -> impl Iterator<Item = i64> + use<'_> {
        let mut from = self.unit;
        let mut to = i64::MAX;
        let lengths = [
            Some((self.face, self.bands.face_width_px)),
            self.bands
                .head_height_px
                .map(|b| (self.chin - self.crown, b)),
            // Both ends of this one follow from crown and eyes; it keeps the loop short.
            Some((self.eyes - self.crown, self.crown_to_eyes())),
        ];
        for (length, [low, high]) in lengths.into_iter().flatten() {
            from = from.max(ceil_div(length * self.unit, i64::from(high.max(1)) * Q));
            if low > 0 {
                to = to.min((length * self.unit).div_euclid(i64::from(low) * Q));
            }
        }
        from..=to.min(FARTHEST as i64)
    }

    /// What the bands of crown and eyes leave for the distance between them.
    fn crown_to_eyes(&self) -> [u32; 2] {
        let ([c_low, c_high], [e_low, e_high]) = (self.bands.crown_px, self.bands.eyes_px);
        [e_low.saturating_sub(c_high), e_high.saturating_sub(c_low)]
    }

    /// Top edges at which crown and eyes keep their bands and the chin is inside, image or not.
    fn tops(&self, k: i64) -> [i64; 2] {
        let per = Q * self.unit;
        let at_least = |p: i64, high: u32| ceil_div(p * self.unit - i64::from(high) * k * Q, per);
        let at_most = |p: i64, low: u32| (p * self.unit - i64::from(low) * k * Q).div_euclid(per);
        let ([c_low, c_high], [e_low, e_high]) = (self.bands.crown_px, self.bands.eyes_px);
        [
            at_least(self.crown, c_high)
                .max(at_least(self.eyes, e_high))
                .max(ceil_div(self.chin - self.down * k * Q, Q)),
            at_most(self.crown, c_low).min(at_most(self.eyes, e_low)),
        ]
    }

    /// Left edges at which the face is centred, image or not.
    fn lefts(&self, k: i64) -> [i64; 2] {
        let per = 2 * Q * self.unit;
        let tolerance = 2 * i64::from(self.bands.centre_tolerance_px) * k * Q;
        let middle = (2 * self.middle - self.across * k * Q) * self.unit;
        [
            ceil_div(middle - tolerance, per),
            (middle + tolerance).div_euclid(per),
        ]
    }

    /// The best place for a crop of this size inside the image, and its smallest margin.
    fn best_of(&self, k: i64) -> Option<(Margin, i64, i64)> {
        let (room_x, room_y) = (self.width - self.across * k, self.height - self.down * k);
        let inside = |[low, high]: [i64; 2], room: i64| {
            let range = (low.max(0), high.min(room));
            (range.0 <= range.1).then_some(range)
        };
        let (x_from, x_to) = inside(self.lefts(k), room_x)?;
        let (y_from, y_to) = inside(self.tops(k), room_y)?;
        let x = self.best_left(k, x_from, x_to);
        let y = self.best_top(k, y_from, y_to);
        let margin = self.margin(k, x, y);
        Some((margin, x, y))
    }

    /// Twice the distance of the face's middle from the crop's, in steps.
    fn off_centre(&self, k: i64, x: i64) -> i64 {
        (2 * self.middle - (2 * x + self.across * k) * Q).abs()
    }

    fn best_left(&self, k: i64, from: i64, to: i64) -> i64 {
        let floor = (2 * self.middle - self.across * k * Q).div_euclid(2 * Q);
        let (one, other) = (floor.clamp(from, to), (floor + 1).clamp(from, to));
        // Where both are as good, towards the middle of the image, so that a mirrored frame has the mirrored crop.
        let key = |x: i64| {
            let from_middle = (2 * x + self.across * k - self.width).abs();
            (self.off_centre(k, x), from_middle, x)
        };
        if key(one) <= key(other) { one } else { other }
    }

    /// As the top edge moves down, the lower ends come nearer and the upper ends farther: the best is where they cross.
    fn best_top(&self, k: i64, from: i64, to: i64) -> i64 {
        let (mut low, mut high) = (from, to);
        while low < high {
            let middle = low + (high - low).div_euclid(2);
            if self.upper_margin(k, middle) >= self.lower_margin(k, middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let before = (low - 1).max(from);
        let of = |y: i64| self.upper_margin(k, y).min(self.lower_margin(k, y));
        if of(before) >= of(low) { before } else { low }
    }

    fn lower_margin(&self, k: i64, y: i64) -> Margin {
        let of = |p: i64, band: [u32; 2]| self.margin_of((p - y * Q) * self.unit, k, band, true);
        of(self.crown, self.bands.crown_px).min(of(self.eyes, self.bands.eyes_px))
    }

    fn upper_margin(&self, k: i64, y: i64) -> Margin {
        let of = |p: i64, band: [u32; 2]| self.margin_of((p - y * Q) * self.unit, k, band, false);
        of(self.crown, self.bands.crown_px).min(of(self.eyes, self.bands.eyes_px))
    }

    /// Distance of `value / (k · Q)` portrait pixels to the lower or the upper end of a band.
    fn margin_of(&self, value: i64, k: i64, [low, high]: [u32; 2], to_low: bool) -> Margin {
        let per = i128::from(k * Q);
        let value = i128::from(value);
        let distance = if to_low {
            value - i128::from(low) * per
        } else {
            i128::from(high) * per - value
        };
        Margin {
            over: 2 * distance,
            under: per * i128::from(high.saturating_sub(low).max(1)),
        }
    }

    /// The smallest of all margins.
    fn margin(&self, k: i64, x: i64, y: i64) -> Margin {
        let both = |length: i64, band: [u32; 2]| {
            let of = |to_low| self.margin_of(length * self.unit, k, band, to_low);
            of(true).min(of(false))
        };
        let tolerance = 2 * i128::from(self.bands.centre_tolerance_px) * i128::from(k * Q);
        let centre = Margin {
            over: tolerance - i128::from(self.off_centre(k, x) * self.unit),
            under: tolerance.max(1),
        };
        let margin = (self.lower_margin(k, y))
            .min(self.upper_margin(k, y))
            .min(both(self.face, self.bands.face_width_px))
            .min(centre);
        match self.bands.head_height_px {
            Some(band) => margin.min(both(self.chin - self.crown, band)),
            None => margin,
        }
    }

    /// What lacks at the edges for a crop of this size; `None` where it keeps the bands nowhere.
    fn missing(&self, k: i64) -> Option<Missing> {
        let ([x_low, x_high], [y_low, y_high]) = (self.lefts(k), self.tops(k));
        if x_low > x_high || y_low > y_high {
            return None;
        }
        let (room_x, room_y) = (self.width - self.across * k, self.height - self.down * k);
        Some(Missing {
            left: (-x_high).max(0),
            right: (x_low - room_x).max(0),
            above: (-y_high).max(0),
            below: (y_low - room_y).max(0),
            across: (-room_x).max(0),
            down: (-room_y).max(0),
            nearest: [
                nearest(x_low, x_high, room_x),
                nearest(y_low, y_high, room_y),
                self.across * k,
            ],
        })
    }

    /// Why no size keeps the bands anywhere: the head is too small, or has a shape that they do not allow.
    fn impossible(&self) -> Outcome {
        let (unit_of, head_of) = (|v: u32| f64::from(v.max(1)), |v: i64| v as f64 / Q as f64);
        let to_chin = self.bands.height_px.saturating_sub(self.bands.crown_px[0]);
        let tall = [
            Some((self.eyes - self.crown, self.crown_to_eyes())),
            self.bands
                .head_height_px
                .map(|b| (self.chin - self.crown, b)),
            Some((self.chin - self.crown, [0, to_chin])),
        ];
        let face = (head_of(self.face), self.bands.face_width_px.map(unit_of));
        let (mut least, mut worst) = (face.1[0] / face.0, None::<Shape>);
        for (length, [low, high]) in tall.into_iter().flatten() {
            let (length, low, high) = (head_of(length), f64::from(low), unit_of(high));
            least = least.max(low / length);
            let too_long = length - high * face.0 / face.1[0];
            let too_short = low * face.0 / face.1[1] - length;
            let excess_px = too_long.max(too_short);
            let excess_percent = 100.0 * excess_px / length;
            if worst.is_none_or(|w| w.excess_percent < excess_percent) {
                worst = Some(Shape {
                    tall: too_long > too_short,
                    excess_px,
                    excess_percent,
                });
            }
        }
        match worst {
            Some(shape) if shape.excess_px > 0.0 || least <= 1.0 => Outcome::Shape(Shape {
                excess_px: shape.excess_px.ceil().max(1.0),
                excess_percent: shape.excess_percent.max(1.0),
                ..shape
            }),
            _ => Outcome::Small { factor: least },
        }
    }
}

/// The edge between `low` and `high` that reaches out of `0..=room` least.
fn nearest(low: i64, high: i64, room: i64) -> i64 {
    if high < 0 {
        high
    } else if low > room.max(0) {
        low
    } else {
        (room / 2).clamp(low, high)
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn ceil_div(a: i64, b: i64) -> i64 {
    -(-a).div_euclid(b)
}
