//! What stands out from the even background: shadows near the person, and things.

use super::cells::{Cell, Cells, linear_of};

/// On which side of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The image's left.
    Left,
    /// The image's right.
    Right,
}

impl Side {
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Side::Left => ("左边", ", left side"),
            Side::Right => ("右边", ", right side"),
        }
    }
}

/// What was found, each with the side on which there is most of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spots {
    /// How much darker the darkest part near the person is, 0 to 1.
    pub(super) shadow: (f64, Side),
    /// Share of the background under things, 0 to 1.
    pub(super) object: (f64, Side),
}

/// Cells from the person within which its shadow is looked for: 1.2 eye distances, the width of half a face.
const NEAR: usize = 12;

/// Cells that are a shadow's darkest part: a patch of 0.45 eye distances.
const DARKEST: usize = 20;

/// A cell belongs to a thing when that share of it differs from the background.
const OFF_MIN: f32 = 0.3;

/// Code values by which a thing stands out at its edge, from one cell to the next: a shadow with a
/// soft edge does less.
const EDGE_MIN: f32 = 30.0;

/// A thing lies at least so many cells away from the person somewhere: what is nearer is hair or an ear
/// that the mask has missed.
const REACH_MIN: usize = 4;

/// Cells that a thing has at least.
const CELLS_MIN: usize = 3;

/// Looks for both.
pub(super) fn find(cells: &Cells) -> Spots {
    let of = |side: Side| {
        let mut darker = cells
            .each()
            .filter(|c| c.away <= NEAR && side_of(c, cells) == side)
            .map(|c| broad_shade(c, cells))
            .collect::<Vec<_>>();
        darker.sort_by(|a, b| b.total_cmp(a));
        // Where hardly any background is seen on that side, a part of the patch is missing, not bright.
        let taken = darker.len().min(DARKEST);
        let sum = darker.iter().take(taken).sum::<f64>();
        (sum / DARKEST.min(taken.max(8)) as f64, side)
    };
    let (left, right) = (of(Side::Left), of(Side::Right));
    Spots {
        shadow: if left.0 > right.0 { left } else { right },
        object: objects(cells),
    }
}

fn side_of(cell: &Cell, cells: &Cells) -> Side {
    if (cell.column as f32) < cells.middle[0] {
        Side::Left
    } else {
        Side::Right
    }
}

/// The least shade of a cell and those beside it: a shadow is broad, a wisp of hair that the mask has missed
/// is not.
fn broad_shade(cell: &Cell, cells: &Cells) -> f64 {
    let beside = cells.beside(cell.column, cell.row).collect::<Vec<_>>();
    if beside.len() < 3 {
        return 0.0;
    }
    let all = beside.into_iter().chain([cell]);
    let least = all.map(|c| shade(c, cells).unwrap_or(0.0));
    least.fold(1.0, f64::min)
}

/// How much darker a cell is than the even background, 0 to 1, if that is all the difference: less of the
/// same light on the same cloth. `None` for what is of another colour, or so dark that it is no shadow.
fn shade(cell: &Cell, cells: &Cells) -> Option<f64> {
    /// Nothing in the open is left with less than this share of its light.
    const LEFT_MIN: f64 = 0.2;
    /// How far the share of one channel may differ from that of all: shadows are lit by the room.
    const TINT_MAX: f64 = 0.3;
    let even = cells.even(cell).map(linear_of);
    let seen = cell.rgb.map(|c| linear_of(f64::from(c)));
    let left = seen.iter().sum::<f64>() / even.iter().sum::<f64>().max(1e-6);
    let alike = seen.iter().zip(even).all(|(s, e)| {
        // In a channel that is all but black the share means nothing.
        e < 0.03 || (s / e / left.max(1e-6) - 1.0).abs() < TINT_MAX
    });
    (left >= LEFT_MIN && alike).then_some((1.0 - left).max(0.0))
}

/// Connected cells that differ from the background with an edge around them.
fn objects(cells: &Cells) -> (f64, Side) {
    let is_off = |cell: &Cell| cell.off >= OFF_MIN;
    let mut seen = vec![false; cells.grid.len()];
    let mut covered = [0.0f64; 2];
    for start in cells.each().filter(|c| is_off(c)) {
        if std::mem::replace(&mut seen[start.row * cells.across + start.column], true) {
            continue;
        }
        let mut thing = vec![*start];
        let (mut edge, mut next) = (0.0f32, 0);
        while let Some(cell) = thing.get(next).copied() {
            next += 1;
            for beside in cells.beside(cell.column, cell.row) {
                let apart = cell.rgb.iter().zip(beside.rgb).map(|(a, b)| (a - b).abs());
                edge = edge.max(apart.fold(0.0, f32::max));
                let place = beside.row * cells.across + beside.column;
                if is_off(beside) && !std::mem::replace(&mut seen[place], true) {
                    thing.push(*beside);
                }
            }
        }
        let reach = thing.iter().map(|c| c.away).max().unwrap_or(0);
        if thing.len() < CELLS_MIN || edge < EDGE_MIN || reach < REACH_MIN {
            continue;
        }
        // A hard shadow has an edge as well, but it is a shadow: near the person, of the same colour.
        let shaded = thing
            .iter()
            .filter(|c| shade(c, cells).is_some_and(|s| s > 0.05));
        let is_shadow = shaded.count() * 10 >= thing.len() * 8 && thing.iter().any(|c| c.away <= 2);
        if !is_shadow {
            for cell in &thing {
                covered[side_of(cell, cells) as usize] += f64::from(cell.off);
            }
        }
    }
    let all = cells.each().count().max(1) as f64;
    let side = if covered[0] > covered[1] {
        Side::Left
    } else {
        Side::Right
    };
    ((covered[0] + covered[1]) / all, side)
}
