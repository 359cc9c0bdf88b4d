//! From the pixels of one frame to its signature: what can be told without a face.

use crate::check::colour::{self, linear};
use crate::check::measure::rounded;
use crate::model::{Band, Signature, Silhouette};

/// Cells of the background, across and down.
pub(super) const CELLS: usize = 16;
/// Strips along the way of the shutter, from one edge of the sensor to the other.
const STRIPS: usize = 32;
/// Parts of a strip.
const PARTS: usize = 8;
/// Parts that have to see a band's edge: below one along the top, dark hair hides it in two.
const AGREEING: usize = 6;
/// A band covers no more than half the frame: what is darker than that is the frame.
const BAND_STRIPS: usize = STRIPS / 2;
/// Pixels looked at, at most. An average over a cell needs no more, and 24 megapixels take a millisecond.
const SAMPLES: usize = 1 << 18;
/// Without a person mask, this many cells along the left and right edge stand in for the background …
const BORDER: usize = 2;
/// … in the rows above the shoulders, and as many rows along the top.
const ABOVE_SHOULDERS: usize = 10;

/// A frame's luminance as the sensor read it: gamma-coded Y', row by row, before any EXIF rotation.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height` values.
    pub samples: &'a [u8],
    /// EXIF orientation, 1 to 8; upright where the file has none.
    pub orientation: u8,
}

/// What can be told of a frame by its luminance. With the person mask of the upright image the background is what is not
/// person; without, the borders beside and above the shoulders stand in for it. Colour, face and focus stay `None`, for
/// whoever knows them to fill in.
pub fn sight(plane: Plane<'_>, person: Option<&Silhouette>) -> Signature {
    let sums = Sums::of(plane);
    let upright = sums.upright(plane.orientation);
    let background = |n: usize| match person {
        Some(person) => !holds_person(person, n % CELLS, n / CELLS),
        None => is_border(n % CELLS, n / CELLS),
    };
    let lights: Vec<Option<f64>> = upright
        .into_iter()
        .enumerate()
        .map(|(n, light)| light.filter(|_| background(n)))
        .collect();
    let side = |left: bool| {
        let here =
            |(n, light): (usize, &Option<f64>)| light.filter(|_| (n % CELLS < CELLS / 2) == left);
        let lights: Vec<f64> = lights.iter().enumerate().filter_map(here).collect();
        (!lights.is_empty()).then(|| lights.iter().sum::<f64>() / lights.len() as f64)
    };
    let left = side(true).zip(side(false));
    Signature {
        brightest: rounded(sums.brightest()),
        band: sums.band(),
        background: super::median(lights.iter().flatten().copied().collect()).map(rounded),
        background_left: left.map(|(left, right)| rounded(super::stops(left, right))),
        cells: lights.into_iter().map(|l| l.map(coded)).collect(),
        person: person.map(|p| rounded(share_of(p))),
        ..Signature::default()
    }
}

fn is_border(x: usize, y: usize) -> bool {
    y < BORDER || (y < ABOVE_SHOULDERS && !(BORDER..CELLS - BORDER).contains(&x))
}

/// Whether any of the mask's cells that reach into this one is person.
fn holds_person(person: &Silhouette, x: usize, y: usize) -> bool {
    let span = |n: usize, size: u16| {
        let size = usize::from(size);
        (n * size / CELLS, ((n + 1) * size).div_ceil(CELLS).min(size))
    };
    let (left, right) = span(x, person.width);
    let (top, bottom) = span(y, person.height);
    let rows = person.rows.get(top..bottom).unwrap_or_default();
    let mut stretches = rows.iter().flatten();
    stretches.any(|[from, to]| usize::from(*from) < right && usize::from(*to) > left)
}

fn share_of(person: &Silhouette) -> f64 {
    let covered = |[from, to]: &[u16; 2]| u64::from(to.saturating_sub(*from));
    let cells: u64 = person.rows.iter().flatten().map(covered).sum();
    cells as f64 / (f64::from(person.width) * f64::from(person.height)).max(1.0)
}

/// sRGB's code value of a luminance: the inverse of [`linear`].
fn coded(light: f64) -> u8 {
    (colour::coded(light) * 255.0).round().clamp(0.0, 255.0) as u8
}

/// A mean being taken.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn take(&mut self, light: f64) {
        self.sum += light;
        self.count += 1.0;
    }

    fn value(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// Luminance over the frame, by cells and by strips, as the sensor read it.
struct Sums {
    cells: Vec<Mean>,
    /// By strip, then by part.
    strips: Vec<Mean>,
    codes: [u64; 256],
}

impl Sums {
    fn of(plane: Plane<'_>) -> Self {
        let mut sums = Sums {
            cells: vec![Mean::default(); CELLS * CELLS],
            strips: vec![Mean::default(); STRIPS * PARTS],
            codes: [0; 256],
        };
        let lights: [f64; 256] = std::array::from_fn(|code| linear(code as u8));
        let (width, height) = (plane.width, plane.height);
        let step = (width * height).div_ceil(SAMPLES).isqrt().max(1);
        // Curtains run over a sensor's shorter side. Where rows are shorter than columns the camera has turned the pixels.
        let curtain_runs_down = width >= height;
        // Where a column counts, and in the strips what its place across adds: the same for each row.
        let columns = (0..width).step_by(step).map(|x| {
            let across = match curtain_runs_down {
                true => x * PARTS / width,
                false => x * STRIPS / width * PARTS,
            };
            (x, x * CELLS / width, across)
        });
        let columns = columns.collect::<Vec<_>>();
        let rows = plane.samples.chunks_exact(width.max(1)).enumerate();
        for (y, row) in rows.step_by(step) {
            let cells = &mut sums.cells[y * CELLS / height * CELLS..][..CELLS];
            let down = match curtain_runs_down {
                true => y * STRIPS / height * PARTS,
                false => y * PARTS / height,
            };
            for &(x, cell, across) in &columns {
                let code = usize::from(row[x]);
                sums.codes[code] += 1;
                cells[cell].take(lights[code]);
                sums.strips[down + across].take(lights[code]);
            }
        }
        sums
    }

    fn brightest(&self) -> f64 {
        let all: u64 = self.codes.iter().sum();
        let mut above = 0;
        for (code, count) in self.codes.iter().enumerate().rev() {
            above += count;
            if above * 100 > all {
                return linear(code as u8);
            }
        }
        0.0
    }

    /// The cells of the upright image: EXIF's eight orientations say where the sensor's first row and column are.
    fn upright(&self, orientation: u8) -> Vec<Option<f64>> {
        let last = CELLS - 1;
        let source = |x: usize, y: usize| match orientation {
            2 => (last - x, y),
            3 => (last - x, last - y),
            4 => (x, last - y),
            5 => (y, x),
            6 => (y, last - x),
            7 => (last - y, last - x),
            8 => (last - y, x),
            _ => (x, y),
        };
        (0..CELLS * CELLS)
            .map(|n| {
                let (x, y) = source(n % CELLS, n / CELLS);
                self.cells[y * CELLS + x].value()
            })
            .collect()
    }

    /// What a shutter curtain hides is a band along a whole edge of the sensor, dark all over, with a straight border.
    fn band(&self) -> Option<Band> {
        let mut darkest: Option<Band> = None;
        for from_end in [false, true] {
            for strips in 1..=BAND_STRIPS {
                // The strip in which the curtain's soft edge lies belongs to neither side.
                let inside = strips + 1..(strips + 4).min(STRIPS);
                let (hidden, lit) = (
                    self.parts(0..strips, from_end)?,
                    self.parts(inside, from_end)?,
                );
                let mut drops: Vec<f64> = lit
                    .iter()
                    .zip(&hidden)
                    .map(|(l, h)| super::stops(*l, *h))
                    .collect();
                drops.sort_by(f64::total_cmp);
                let brightest = hidden.iter().copied().fold(0.0, f64::max);
                let all_over = super::stops(super::median(lit)?, brightest);
                let stops = drops.get(PARTS - AGREEING)?.min(all_over);
                if stops > darkest.map_or(0.0, |b| b.stops) {
                    darkest = Some(Band {
                        stops: rounded(stops),
                        share: strips as f64 / STRIPS as f64,
                    });
                }
            }
        }
        darkest
    }

    /// The mean luminance of each part over some strips, counted from one edge or the other.
    fn parts(&self, strips: std::ops::Range<usize>, from_end: bool) -> Option<Vec<f64>> {
        let over = |part: usize| {
            let mut all = Mean::default();
            for n in strips.clone() {
                let strip = if from_end { STRIPS - 1 - n } else { n };
                all.take(self.strips[strip * PARTS + part].value()?);
            }
            all.value()
        };
        (0..PARTS).map(over).collect()
    }
}
