//! Where faces are: MediaPipe's BlazeFace for short range.
//!
//! The network looks at 128 × 128 pixels and says for each of 896 anchors (16 × 16 cells with two, then
//! 8 × 8 with six, in their centres) how likely a face is there, its box and six points on it.

use super::patch::{Sizes, Square};
use crate::check::models::{InferenceError, Net};

/// Pixels across and down of what the network sees.
const SIDE: usize = 128;
/// Probability from which on it is a face: the network's own graph takes the same.
const SCORE_MIN: f32 = 0.5;
/// Boxes that share more than this (intersection over union) are of one face: as in its own graph.
const SAME_FACE: f32 = 0.3;
/// Values the network gives for an anchor: a box and six points.
const VALUES: usize = 16;

/// A face, in pixels of the small picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::check) struct Found {
    /// Left edge, top edge, width, height.
    pub(in crate::check) x: f32,
    pub(in crate::check) y: f32,
    pub(in crate::check) width: f32,
    pub(in crate::check) height: f32,
    /// Centres of the eyes: the student's right one (the image's left), then the left.
    pub(in crate::check) eyes: [(f32, f32); 2],
    /// Probability, 0 to 1.
    pub(in crate::check) score: f32,
}

impl Found {
    /// Width by height.
    pub(in crate::check) fn area(&self) -> f32 {
        self.width * self.height
    }

    fn shared(&self, other: &Found) -> f32 {
        let overlap = |a: f32, la: f32, b: f32, lb: f32| ((a + la).min(b + lb) - a.max(b)).max(0.0);
        let both = overlap(self.x, self.width, other.x, other.width)
            * overlap(self.y, self.height, other.y, other.height);
        both / (self.area() + other.area() - both).max(f32::MIN_POSITIVE)
    }
}

/// All faces, the largest first.
///
/// The whole picture is looked at first. What is too small in it to be seen (a group shot, a student far
/// off) may be found in its middle.
///
/// # Errors
/// When the engine fails.
pub(in crate::check) fn detect(net: &Net, picture: &Sizes) -> Result<Vec<Found>, InferenceError> {
    let (width, height) = (picture.whole().width as f32, picture.whole().height as f32);
    let mut whole = Square {
        x: width / 2.0,
        y: height / 2.0,
        width: width.max(height),
        height: width.max(height),
        angle: 0.0,
    };
    let found = look(net, picture, &whole)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let middle = width.min(height) * 0.6;
    (whole.width, whole.height) = (middle, middle);
    look(net, picture, &whole)
}

fn look(net: &Net, picture: &Sizes, square: &Square) -> Result<Vec<Found>, InferenceError> {
    let input = square.sample(picture, SIDE, -1.0, 1.0);
    let outputs = net.run([1, SIDE, SIDE, 3], input)?;
    let of_length = |n: usize| outputs.iter().find(|o| o.len() == n);
    let anchors = anchors();
    let (Some(boxes), Some(logits)) = (of_length(anchors.len() * VALUES), of_length(anchors.len()))
    else {
        return Err(net.unexpected());
    };
    let candidates = anchors
        .iter()
        .zip(boxes.chunks_exact(VALUES))
        .zip(logits)
        .filter_map(|((anchor, values), logit)| {
            let score = 1.0 / (1.0 + (-logit).exp());
            (score >= SCORE_MIN).then(|| face(square, *anchor, values, score))
        })
        .collect();
    let mut found = merged(candidates);
    found.sort_by(|a, b| b.area().total_cmp(&a.area()));
    Ok(found)
}

/// Centres, 0 to 1, in the network's order.
fn anchors() -> Vec<(f32, f32)> {
    let layer = |cells: usize, each: usize| {
        (0..cells * cells * each).map(move |i| {
            let cell = i / each;
            let centre = |n: usize| (n as f32 + 0.5) / cells as f32;
            (centre(cell % cells), centre(cell / cells))
        })
    };
    layer(16, 2).chain(layer(8, 6)).collect()
}

fn face(square: &Square, anchor: (f32, f32), values: &[f32], score: f32) -> Found {
    let side = SIDE as f32;
    let point = |i: usize| {
        let (u, v) = (values[i] / side + anchor.0, values[i + 1] / side + anchor.1);
        square.place(u, v)
    };
    let (x, y) = point(0);
    let width = values[2] / side * square.width;
    let height = values[3] / side * square.height;
    Found {
        x: x - width / 2.0,
        y: y - height / 2.0,
        width,
        height,
        eyes: [point(4), point(6)],
        score,
    }
}

/// Boxes of the same face become one, each weighing as much as its probability.
fn merged(mut candidates: Vec<Found>) -> Vec<Found> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while !candidates.is_empty() {
        let best = candidates.remove(0);
        // A box of no size, or whose places are no numbers, shares nothing even with itself.
        if best.shared(&best) <= SAME_FACE || !best.area().is_finite() {
            continue;
        }
        let (mut same, others): (Vec<_>, Vec<_>) = candidates
            .into_iter()
            .partition(|c| c.shared(&best) > SAME_FACE);
        candidates = others;
        same.insert(0, best);
        let total = same.iter().map(|c| c.score).sum::<f32>();
        let mean = |of: fn(&Found) -> f32| {
            same.iter().map(|c| of(c) * c.score).sum::<f32>() / total.max(f32::MIN_POSITIVE)
        };
        faces.push(Found {
            x: mean(|c| c.x),
            y: mean(|c| c.y),
            width: mean(|c| c.width),
            height: mean(|c| c.height),
            eyes: [
                (mean(|c| c.eyes[0].0), mean(|c| c.eyes[0].1)),
                (mean(|c| c.eyes[1].0), mean(|c| c.eyes[1].1)),
            ],
            score: best.score,
        });
    }
    faces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, score: f32) -> Found {
        Found {
            x,
            y: 0.0,
            width: 10.0,
            height: 10.0,
            eyes: [(x, 0.0), (x + 5.0, 0.0)],
            score,
        }
    }

    #[test]
    fn boxes_of_one_face_become_one_between_them() {
        let faces = merged(vec![at(0.0, 0.9), at(2.0, 0.9), at(50.0, 0.6)]);
        assert_eq!(faces.len(), 2);
        assert!((faces[0].x - 1.0).abs() < 1e-4, "{faces:?}");
        assert_eq!(faces[1].x, 50.0);
        let none = Found {
            width: 0.0,
            height: 0.0,
            ..at(0.0, 0.9)
        };
        assert!(merged(vec![none, none]).is_empty());
        for wrong in [f32::NAN, f32::INFINITY] {
            let lost = Found {
                width: wrong,
                ..at(wrong, 0.9)
            };
            assert_eq!(merged(vec![lost, at(0.0, 0.8), lost]), [at(0.0, 0.8)]);
        }
    }

    #[test]
    fn there_are_as_many_anchors_as_the_network_has() {
        let anchors = anchors();
        assert_eq!(anchors.len(), 896);
        assert_eq!(anchors[1], (0.5 / 16.0, 0.5 / 16.0));
        assert_eq!(anchors[895], (7.5 / 8.0, 7.5 / 8.0));
    }
}
