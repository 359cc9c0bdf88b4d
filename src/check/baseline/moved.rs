//! Whether the camera still sees the same background: by its edges, as a plain wall has nothing to hold on to.

use super::limits::{CELL_OFF_STOPS, CELLS_OFF_SHARE, EDGE_CELLS, EDGE_STOPS};
use super::sight::CELLS;
use super::{median, stops};
use crate::check::colour::linear;

/// Whether most cells beside the usual background's edges show something else. More or less light is no move, and neither is
/// more on one side than on the other.
pub(super) fn told_by_background(usual: &[Option<u8>], now: &[Option<u8>]) -> bool {
    let (mut beside, mut gone) = (0usize, 0usize);
    for left in [true, false] {
        let off: Vec<(usize, f64)> = usual
            .iter()
            .zip(now)
            .enumerate()
            .filter(|(n, _)| (n % CELLS < CELLS / 2) == left)
            .filter_map(|(n, (was, is))| Some((n, stops(light((*is)?), light((*was)?)))))
            .collect();
        let all = median(off.iter().map(|(_, by)| *by).collect()).unwrap_or(0.0);
        for (_, by) in off.iter().filter(|(n, _)| beside_an_edge(usual, *n)) {
            beside += 1;
            gone += usize::from((by - all).abs() > CELL_OFF_STOPS);
        }
    }
    beside >= EDGE_CELLS && gone as f64 > CELLS_OFF_SHARE * beside as f64
}

fn light(code: u8) -> f64 {
    linear(code)
}

fn beside_an_edge(cells: &[Option<u8>], n: usize) -> bool {
    let at = |n: usize| cells.get(n).copied().flatten().map(light);
    let Some(here) = at(n) else {
        return false;
    };
    let (x, y) = (n % CELLS, n / CELLS);
    let neighbours = [
        (x > 0).then(|| n - 1),
        (x + 1 < CELLS).then_some(n + 1),
        (y > 0).then(|| n - CELLS),
        (y + 1 < CELLS).then_some(n + CELLS),
    ];
    let mut near = neighbours.into_iter().flatten().filter_map(at);
    near.any(|there| stops(here, there).abs() > EDGE_STOPS)
}
