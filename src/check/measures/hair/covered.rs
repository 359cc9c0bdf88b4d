//! Whether something lies on the head: what has no hair's colour, or ends on the forehead as cloth does.

use super::{HEAD, Head};
use crate::check::colour::Lab;
use crate::check::face::mesh;
use crate::check::mask::quantile;
use crate::check::measure::Taken;
use crate::check::skin::above_forehead;
use crate::check::tiles::Part;

const NO_CROWN: &str = "too little of the head is in the picture above the forehead";

/// The hue of natural hair in CIE Lab, in degrees, from red-brown to pale blond; greys have no hue.
const HAIR_HUE: std::ops::Range<f64> = 20.0..105.0;
/// Below this chroma a colour is grey, and black hair in blue light still is; above the other none is a natural one.
const HAIR_CHROMA: (f64, f64) = (16.0, 50.0);
/// So many square eye distances have to be seen above the forehead.
const CROWN_SEEN: f64 = 0.15;

impl Head<'_> {
    /// How much of the head above the forehead is under something that is no hair.
    pub(super) fn covered(&self) -> Taken {
        let part = above_forehead(self.face, &self.tiles);
        let area = part.count() as f64;
        if area < CROWN_SEEN * self.tiles.per_square() {
            return Taken::nothing(HEAD, NO_CROWN);
        }
        let odd = self
            .tiles
            .colours(&part)
            .filter(|lab| is_no_hair(lab) && !self.skin.is(*lab));
        let odd = odd.count() as f64 / area;
        // A bald head is even and its skin ends somewhere too; what is skin is no cloth.
        let bald = self.tiles.colours(&part).filter(|lab| self.skin.is(*lab));
        let bald = bald.count() as f64 / area;
        Taken::value(HEAD, odd.max((1.0 - bald) * self.cloth(&part)))
    }

    /// How much like cloth the head's upper part ends on the forehead, 0 to 1: a sharp edge along a smooth line, and an even colour above.
    fn cloth(&self, part: &Part) -> f64 {
        let (straight, seen) = self.edge();
        let even = self.evenness(part);
        tracing::debug!(straight, seen, even, "edge of the head's upper part");
        let falling = |v: f64, full: f64, none: f64| ((none - v) / (none - full)).clamp(0.0, 1.0);
        seen * falling(straight, 0.012, 0.03) * falling(even, 2.0, 4.0)
    }

    /// The residual of a smooth line through the places where skin ends above the brows, in eye distances, and the share of columns where it does.
    fn edge(&self) -> (f64, f64) {
        let (top, low) = (self.at(mesh::FOREHEAD)[1] - 0.5, -0.35);
        let mut places = Vec::new();
        let columns = self.tiles.column(-0.7)..=self.tiles.column(0.7);
        let all = columns.clone().count();
        for x in columns {
            let mut run = 0;
            for y in (self.tiles.row(top)..=self.tiles.row(low)).rev() {
                let skin = self.skin.is(self.tiles.tile(x, y).lab);
                if skin {
                    run += 1;
                } else if run >= 3 {
                    places.push(self.tiles.middle(x, y));
                    break;
                } else {
                    run = 0;
                }
            }
        }
        let seen = places.len() as f64 / all.max(1) as f64;
        (bent(&places), seen)
    }

    /// How little the lightness changes from tile to tile there: the upper quartile of the differences between neighbours, in L*.
    fn evenness(&self, part: &Part) -> f64 {
        let mut steps = Vec::new();
        for y in 1..self.tiles.down {
            for x in 1..self.tiles.across {
                if part.has(x, y) && part.has(x - 1, y) && part.has(x, y - 1) {
                    let l = |x, y| self.tiles.tile(x, y).lab.l;
                    let step = (l(x, y) - l(x - 1, y)).hypot(l(x, y) - l(x, y - 1));
                    steps.push(step as f32);
                }
            }
        }
        quantile(steps, 0.75).map_or(f64::MAX, f64::from)
    }
}

/// Whether no natural hair has that colour.
fn is_no_hair(lab: &Lab) -> bool {
    let chroma = lab.chroma();
    chroma > HAIR_CHROMA.1 || (chroma > HAIR_CHROMA.0 && !HAIR_HUE.contains(&lab.hue_deg()))
}

/// The median distance of places from the parabola that fits them best.
fn bent(places: &[[f32; 2]]) -> f64 {
    let mut sums = [0.0f64; 5];
    let mut right = [0.0f64; 3];
    for [x, y] in places {
        let x = f64::from(*x);
        for (power, sum) in sums.iter_mut().enumerate() {
            *sum += x.powi(power as i32);
        }
        for (power, sum) in right.iter_mut().enumerate() {
            *sum += x.powi(power as i32) * f64::from(*y);
        }
    }
    let row = |i: usize| [sums[i], sums[i + 1], sums[i + 2]];
    let det = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let matrix = [row(0), row(1), row(2)];
    let whole = det(matrix);
    if whole.abs() < 1e-9 {
        return f64::MAX;
    }
    let fit = [0, 1, 2].map(|column| {
        let mut replaced = matrix;
        for (line, value) in replaced.iter_mut().zip(right) {
            line[column] = value;
        }
        det(replaced) / whole
    });
    let off = places.iter().map(|[x, y]| {
        let x = f64::from(*x);
        (f64::from(*y) - fit[0] - fit[1] * x - fit[2] * x * x).abs() as f32
    });
    quantile(off.collect(), 0.5).map_or(f64::MAX, f64::from)
}
