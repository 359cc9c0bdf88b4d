//! Whether the camera still sees the same background: by its edges, as a plain wall has nothing to hold on to.

use super::limits::{CELL_OFF_STOPS, CELLS_OFF_SHARE, EDGE_CELLS, EDGE_STOPS};
use super::sight::CELLS;
use super::{median, stops};
use crate::check::exposure::linearised;

/// Whether most cells beside the usual background's edges show something else. A change of all light alike is no move.
pub(super) fn told_by_background(usual: &[Option<u8>], now: &[Option<u8>]) -> bool {
    let off: Vec<(usize, f64)> = usual
        .iter()
        .zip(now)
        .enumerate()
        .filter_map(|(n, (was, is))| Some((n, stops(light((*is)?), light((*was)?)))))
        .collect();
    let Some(all) = median(off.iter().map(|(_, by)| *by).collect()) else {
        return false;
    };
    let beside: Vec<f64> = off
        .into_iter()
        .filter(|(n, _)| beside_an_edge(usual, *n))
        .map(|(_, by)| (by - all).abs())
        .collect();
    let gone = beside.iter().filter(|by| **by > CELL_OFF_STOPS).count();
    beside.len() >= EDGE_CELLS && gone as f64 > CELLS_OFF_SHARE * beside.len() as f64
}

fn light(code: u8) -> f64 {
    linearised(code)
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
