//! Stripes, checks and prints on the clothes.

use super::{ASIDE, BELOW, Body, CLOTHES_SEEN, NO_CLOTHES, PATTERN};
use crate::check::colour::Lab;
use crate::check::mask::quantile;
use crate::check::measure::Taken;
use crate::check::scene::{Face, Scene};
use crate::check::tiles::{Part, Tiles, Window};

/// For patterns: 1.3 mm, about a pixel of the portrait; what is finer is not seen in it either.
const FINE: f32 = 48.0;
/// The part of the front, in eye distances to each side, that is left out: collar, tie, buttons.
const FRONT: f32 = 0.8;
/// An edge is a change of this (in L*, a* or b*) ...
const EDGE: f64 = 7.0;
/// ... within this many eye distances (4 mm): folds change more slowly.
const EDGE_WIDTH: f32 = 0.06;

/// Whether the clothes have a pattern: how often one meets an edge on them.
pub(super) fn pattern(scene: &Scene, face: &Face, body: &Body) -> Taken {
    let chin = body.tiles.axes.of(face.chin)[1];
    let window = Window {
        left: -ASIDE,
        right: ASIDE,
        top: chin,
        bottom: BELOW,
    };
    let is_worn = |[x, y]: [f32; 2]| {
        x.abs() >= FRONT && body.clothes.has(body.tiles.column(x), body.tiles.row(y))
    };
    let fine = Tiles::lay_some(scene, body.tiles.axes, window, FINE, is_worn);
    let worn = fine.which(|_, _| true);
    if (worn.count() as f64) < CLOTHES_SEEN * fine.per_square() {
        return Taken::nothing(PATTERN, NO_CLOTHES);
    }
    let across = (0..fine.down).map(|y| (0..fine.across).map(move |x| (x, y)).collect::<Vec<_>>());
    let down = (0..fine.across).map(|x| (0..fine.down).map(move |y| (x, y)).collect::<Vec<_>>());
    let across = typical(&fine, &worn, across);
    let down = typical(&fine, &worn, down);
    match across.into_iter().chain(down).reduce(f32::max) {
        Some(edges) => Taken::value(PATTERN, f64::from(edges)),
        None => Taken::nothing(PATTERN, NO_CLOTHES),
    }
}

/// Edges in an eye distance on the median of those lines: a pattern is on most of them, a seam or a badge on few.
fn typical(
    tiles: &Tiles,
    worn: &Part,
    lines: impl Iterator<Item = Vec<(usize, usize)>>,
) -> Option<f32> {
    let mut all = Vec::new();
    for line in lines {
        let mut met = (0usize, 0usize);
        for stretch in line.split(|&(x, y)| !worn.has(x, y)) {
            let colours = stretch.iter().map(|&(x, y)| tiles.tile(x, y).lab);
            met.0 += edges(&colours.collect::<Vec<_>>(), tiles.steps(EDGE_WIDTH));
            met.1 += stretch.len();
        }
        if met.1 >= tiles.steps(0.6) {
            all.push(met.0 as f32 * tiles.fineness / met.1 as f32);
        }
    }
    (all.len() >= tiles.steps(0.4)).then_some(())?;
    quantile(all, 0.5)
}

/// Edges along a line of colours: how often it turns steep, or steep the other way, in the channel where it does so most.
fn edges(line: &[Lab], lag: usize) -> usize {
    let channels: [fn(&Lab) -> f64; 3] = [|c| c.l, |c| c.a, |c| c.b];
    let count = |channel: fn(&Lab) -> f64| {
        let mut last = 0i8;
        let mut count = 0;
        for (from, to) in line.iter().zip(line.iter().skip(lag)) {
            let step = channel(to) - channel(from);
            let now = i8::from(step >= EDGE) - i8::from(step <= -EDGE);
            count += usize::from(now != 0 && now != last);
            last = now;
        }
        count
    };
    channels.into_iter().map(count).max().unwrap_or(0)
}
