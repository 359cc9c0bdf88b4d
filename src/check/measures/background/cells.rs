//! The background around the head and shoulders, cut into cells, with the even light that is behind it all.

use crate::check::colour::{Lab, linear};
use crate::check::face::Person;
use crate::check::mask::quantile;
use crate::check::scene::{Face, Scene};

/// Side of a cell, in eye distances: about 10 pixels of a portrait.
const SIDE: f32 = 0.1;

/// A cell's samples, across and down at most.
const SAMPLES: usize = 6;

/// What a background keeps away from the person, in eye distances: the person mask is coarse, and fine hair
/// reaches beyond it.
const MARGIN: f32 = 0.12;

/// How far the background of a portrait reaches from the middle between the eyes, in eye distances: the
/// registration standard's widest crop has a face of 180 of its 480 pixels, which is 2.8 to each side.
const ASIDE: f32 = 2.8;

/// Above the crown, and below the middle between the eyes.
const ABOVE: f32 = 1.3;
const BELOW: f32 = 3.6;

/// Terms of the even background: see [`Cells::terms`].
const TERMS: usize = 6;

/// A piece of background.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// Median of each channel, code values.
    pub(super) rgb: [f32; 3],
    /// Share of the samples that differ from what is around by more than noise.
    pub(super) off: f32,
    /// Place in the grid.
    pub(super) column: usize,
    pub(super) row: usize,
    /// Cells away from the person.
    pub(super) away: usize,
}

/// The background as far as a portrait can hold it.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) across: usize,
    pub(super) down: usize,
    /// Cells that are background only, row by row; the others are `None`.
    pub(super) grid: Vec<Option<Cell>>,
    /// The column and the row of the middle between the eyes.
    pub(super) middle: [f32; 2],
    /// Each channel where no shadow and no object is, as the shares of [`Cells::terms`].
    bowls: [[f64; TERMS]; 3],
}

/// Fewer cells than this are no background to judge.
const CELLS_MIN: usize = 60;

impl Cells {
    /// Of a scene with that face; `None` where hardly any background is seen.
    pub(super) fn of(scene: &Scene, face: &Face) -> Option<Self> {
        let apart = face.eye_distance() / scene.colour.scale;
        let side = (SIDE * apart).max(2.0);
        let [x, y] = scene.small(face.eye_middle());
        let crown = scene.small(face.crown)[1];
        let (width, height) = (scene.colour.width as f32, scene.colour.height as f32);
        let left = (x - ASIDE * apart).max(0.0);
        let top = (crown - ABOVE * apart).max(0.0);
        let across = (((x + ASIDE * apart).min(width) - left) / side).max(0.0) as usize;
        let down = (((y + BELOW * apart).min(height) - top) / side).max(0.0) as usize;
        let place =
            |column: usize, row: usize| [left + column as f32 * side, top + row as f32 * side];
        let mut cells = Cells {
            across,
            down,
            grid: vec![None; across * down],
            middle: [(x - left) / side, (y - top) / side],
            bowls: [[0.0; TERMS]; 3],
        };
        let mut found = 0;
        for row in 0..down {
            for column in 0..across {
                let corner = place(column, row);
                if is_bare(scene, corner, side, MARGIN * apart) {
                    let rgb = median(scene, corner, side);
                    cells.grid[row * across + column] = Some(Cell {
                        rgb,
                        off: 0.0,
                        column,
                        row,
                        away: usize::MAX,
                    });
                    found += 1;
                }
            }
        }
        if found < CELLS_MIN {
            return None;
        }
        cells.distances();
        cells.bowls = std::array::from_fn(|channel| cells.fit(channel));
        cells.compare(scene, side, place);
        Some(cells)
    }

    /// All that are background.
    pub(super) fn each(&self) -> impl Iterator<Item = &Cell> {
        self.grid.iter().flatten()
    }

    /// The even background at a cell, code values.
    pub(super) fn even(&self, cell: &Cell) -> [f64; 3] {
        let terms = self.terms(cell);
        self.bowls.map(|bowl| dot(&bowl, &terms).clamp(1.0, 255.0))
    }

    /// The cells next to that place, across and down.
    pub(super) fn beside(&self, column: usize, row: usize) -> impl Iterator<Item = &Cell> {
        let steps = [(0, 1), (2, 1), (1, 0), (1, 2)];
        steps.into_iter().filter_map(move |(dx, dy)| {
            let (x, y) = ((column + dx).checked_sub(1)?, (row + dy).checked_sub(1)?);
            let inside = x < self.across && y < self.down;
            inside.then(|| self.grid[y * self.across + x].as_ref())?
        })
    }

    /// How many cells each is from the nearest that is none: in two passes, as a king walks.
    fn distances(&mut self) {
        let (across, down) = (self.across, self.down);
        let mut away = vec![usize::MAX / 2; across * down];
        let background = |i: usize, cells: &Self| cells.grid[i].is_some();
        for pass in 0..2 {
            for step in 0..across * down {
                let i = if pass == 0 {
                    step
                } else {
                    across * down - 1 - step
                };
                if !background(i, self) {
                    away[i] = 0;
                    continue;
                }
                let (x, y) = (i % across, i / across);
                for ny in y.saturating_sub(1)..(y + 2).min(down) {
                    for nx in x.saturating_sub(1)..(x + 2).min(across) {
                        away[i] = away[i].min(away[ny * across + nx] + 1);
                    }
                }
            }
        }
        for (cell, away) in self.grid.iter_mut().zip(away) {
            if let Some(cell) = cell {
                cell.away = away;
            }
        }
    }

    /// A shallow bowl through one channel, by least squares in which what lies far off counts little more
    /// each time: shadows and objects are to stand out from it, not to bend it.
    fn fit(&self, channel: usize) -> [f64; TERMS] {
        const ROUNDS: usize = 8;
        let value = |c: &Cell| f64::from(c.rgb[channel]);
        let cells = self.each().map(|c| (self.terms(c), value(c)));
        let cells = cells.collect::<Vec<_>>();
        let mut values = self.each().map(value).collect::<Vec<_>>();
        let middle = values.len() / 2;
        let mut even = [0.0; TERMS];
        even[0] = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
        for _ in 0..ROUNDS {
            let residual = |(terms, value): &([f64; TERMS], f64)| value - dot(&even, terms);
            let residuals = cells.iter().map(residual).collect::<Vec<_>>();
            let mut sizes = residuals.iter().map(|r| r.abs()).collect::<Vec<_>>();
            let typical = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
            let spread = (1.5 * typical).max(3.0);
            let mut equations = [[0.0; TERMS + 1]; TERMS];
            for ((terms, value), residual) in cells.iter().zip(&residuals) {
                let far = residual / spread;
                let weight = 1.0 / (1.0 + far * far).powi(2);
                for (row, of_row) in equations.iter_mut().zip(terms) {
                    for (at, term) in row.iter_mut().zip(terms) {
                        *at += weight * of_row * term;
                    }
                    row[TERMS] += weight * of_row * value;
                }
            }
            match solved(equations) {
                Some(better) => even = better,
                None => break,
            }
        }
        even
    }

    /// What the bowl is made of at a cell: places from -1 to 1, and their products.
    fn terms(&self, cell: &Cell) -> [f64; TERMS] {
        let place = |at: usize, of: usize| 2.0 * at as f64 / of.max(2) as f64 - 1.0;
        let (x, y) = (place(cell.column, self.across), place(cell.row, self.down));
        [1.0, x, y, x * x, x * y, y * y]
    }

    /// Counts in each cell what differs from the even background by more than noise.
    fn compare(&mut self, scene: &Scene, side: f32, place: impl Fn(usize, usize) -> [f32; 2]) {
        /// Code values that nobody sees.
        const UNSEEN: f64 = 26.0;
        let mut apart = Vec::new();
        let mut samples = Vec::with_capacity(SAMPLES * SAMPLES);
        for cell in self.each() {
            sample(scene, place(cell.column, cell.row), side, &mut samples);
            let green = |p: &[u8; 3]| (f32::from(p[1]) - cell.rgb[1]).abs();
            apart.extend(samples.iter().map(green));
        }
        let noise = quantile(apart, 0.5).unwrap_or(0.0);
        // The median of a normal distribution's sizes is at 0.67 of its width; 3.5 widths are rare.
        let limit = UNSEEN.max(3.5 * f64::from(noise) / 0.67);
        for i in 0..self.grid.len() {
            let Some(cell) = self.grid[i] else { continue };
            let even = self.even(&cell);
            sample(scene, place(cell.column, cell.row), side, &mut samples);
            let differs = |p: &&[u8; 3]| {
                let apart = p.iter().zip(even).map(|(c, e)| (f64::from(*c) - e).abs());
                apart.fold(0.0, f64::max) > limit
            };
            let off = samples.iter().filter(differs).count();
            if let Some(cell) = &mut self.grid[i] {
                cell.off = off as f32 / samples.len().max(1) as f32;
            }
        }
    }
}

/// Of code values between whole ones.
pub(super) fn lab(rgb: [f64; 3]) -> Lab {
    Lab::of_linear(rgb.map(linear_of))
}

/// Linear light of a code value between whole ones.
pub(super) fn linear_of(code: f64) -> f64 {
    let code = code.clamp(0.0, 255.0);
    let low = code as u8;
    let share = code - f64::from(low);
    linear(low) * (1.0 - share) + linear(low.saturating_add(1)) * share
}

/// Whether no person is in the cell or within the margin around it.
fn is_bare(scene: &Scene, [left, top]: [f32; 2], side: f32, margin: f32) -> bool {
    let (width, height) = (scene.colour.width as f32, scene.colour.height as f32);
    let offsets = [-margin, side / 2.0, side + margin];
    offsets.iter().all(|dx| {
        offsets.iter().all(|dy| {
            let (u, v) = ((left + dx) / width, (top + dy) / height);
            scene.person.at(u, v) < Person::THRESHOLD
        })
    })
}

fn sample(scene: &Scene, [left, top]: [f32; 2], side: f32, into: &mut Vec<[u8; 3]>) {
    let count = (side as usize).clamp(2, SAMPLES);
    let step = side / count as f32;
    let colour = &scene.colour;
    let within = |at: f32, length: usize| {
        let at = (at as i32).max(0) as usize;
        at.min(length.saturating_sub(1))
    };
    let places = |from: f32, length: usize| -> [usize; SAMPLES] {
        std::array::from_fn(|n| within(from + (n as f32 + 0.5) * step, length))
    };
    let (columns, rows) = (places(left, colour.width), places(top, colour.height));
    into.clear();
    for row in &rows[..count] {
        for column in &columns[..count] {
            let at = (row * colour.width + column) * 3;
            into.push([colour.rgb[at], colour.rgb[at + 1], colour.rgb[at + 2]]);
        }
    }
}

fn median(scene: &Scene, corner: [f32; 2], side: f32) -> [f32; 3] {
    let mut samples = Vec::with_capacity(SAMPLES * SAMPLES);
    sample(scene, corner, side, &mut samples);
    std::array::from_fn(|channel| {
        let middle = samples.len() / 2;
        let (below, at, _) = samples.select_nth_unstable_by_key(middle, |p| p[channel]);
        // The middle of an even number lies between two.
        let other = below
            .iter()
            .map(|p| p[channel])
            .max()
            .unwrap_or(at[channel]);
        (f32::from(at[channel]) + f32::from(other)) / 2.0
    })
}

fn dot(a: &[f64; TERMS], b: &[f64; TERMS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The solution of linear equations, each with its right side last, by elimination; `None` where the
/// cells lie in one line and leave something open.
fn solved(mut rows: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for i in 0..TERMS {
        let largest = (i..TERMS).max_by(|a, b| rows[*a][i].abs().total_cmp(&rows[*b][i].abs()))?;
        rows.swap(i, largest);
        let pivot = rows[i];
        if pivot[i].abs() < 1e-6 {
            return None;
        }
        for (j, row) in rows.iter_mut().enumerate() {
            if j != i {
                let share = row[i] / pivot[i];
                row.iter_mut()
                    .zip(pivot)
                    .for_each(|(at, p)| *at -= share * p);
            }
        }
    }
    Some(std::array::from_fn(|i| rows[i][TERMS] / rows[i][i]))
}
