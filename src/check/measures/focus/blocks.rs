//! The blocks that a JPEG's compression leaves in the picture.

use super::BLOCKINESS;
use crate::check::measure::Taken;
use crate::check::picture::Luma;
use crate::check::scene::{Face, Scene};
use crate::model::Rect;

/// How much higher the steps at the borders of the file's 8 x 8 blocks are, around the face. It finds what
/// an earlier, coarser compression left behind when the file was saved again, which the table cannot tell,
/// as long as the picture was neither scaled nor cut in between.
pub(super) fn blockiness(scene: &Scene, face: &Face) -> Taken {
    let (mut at_border, mut within) = (Steps::default(), Steps::default());
    let part = stored_part(&scene.luma, face.bounds);
    // Each eighth line is enough, and another one of the block each time.
    for y in (part.top..part.bottom).step_by(9) {
        for x in part.left.max(2)..part.right.min(scene.luma.width.saturating_sub(1)) {
            let steps = if x % 8 == 0 {
                &mut at_border
            } else {
                &mut within
            };
            steps.note(|i| scene.luma.samples[y * scene.luma.width + x + i - 2]);
        }
    }
    for x in (part.left..part.right).step_by(9) {
        for y in part.top.max(2)..part.bottom.min(scene.luma.height.saturating_sub(1)) {
            let steps = if y % 8 == 0 {
                &mut at_border
            } else {
                &mut within
            };
            steps.note(|i| scene.luma.samples[(y + i - 2) * scene.luma.width + x]);
        }
    }
    match (at_border.mean(), within.mean()) {
        (Some(border), Some(within)) => Taken::value(BLOCKINESS, (border - within).max(0.0)),
        _ => Taken::nothing(BLOCKINESS, "the face is smaller than the blocks"),
    }
}

/// How much higher a step is than the ones before and after it.
#[derive(Default)]
struct Steps {
    sum: i64,
    count: i64,
}

impl Steps {
    /// Of the four samples in line around the step.
    fn note(&mut self, sample: impl Fn(usize) -> u8) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| i64::from(sample(i)));
        self.sum += 2 * (c - b).abs() - (b - a).abs() - (d - c).abs();
        self.count += 2;
    }

    fn mean(&self) -> Option<f64> {
        (self.count >= 200).then(|| self.sum as f64 / self.count as f64)
    }
}

/// Whole pixels of the image as stored, where the grid of the blocks begins at 0.
struct Stored {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

fn stored_part(luma: &Luma, rect: Rect) -> Stored {
    let (across, down) = luma.turn.size((luma.width, luma.height));
    let clip = |v: f32, end: usize| (v.max(0.0) as usize).min(end.saturating_sub(1));
    let corner = |x: f32, y: f32| {
        luma.turn
            .stored(clip(x, across), clip(y, down), luma.width, luma.height)
    };
    let (x0, y0) = corner(rect.x, rect.y);
    let (x1, y1) = corner(rect.x + rect.width, rect.y + rect.height);
    Stored {
        left: x0.min(x1),
        top: y0.min(y1),
        right: x0.max(x1),
        bottom: y0.max(y1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::picture::Turn;

    #[test]
    fn the_face_is_found_in_the_image_as_it_is_stored() {
        let rect = |x, y, width, height| Rect {
            x,
            y,
            width,
            height,
        };
        for orientation in 1..=8 {
            let luma = Luma {
                width: 40,
                height: 20,
                turn: Turn::new(Some(orientation)),
                samples: vec![],
            };
            let all = stored_part(&luma, rect(-5.0, -5.0, 99.0, 99.0));
            let sides = (all.left, all.top, all.right, all.bottom);
            assert_eq!(sides, (0, 0, 39, 19), "{orientation}");
        }
        let luma = Luma {
            width: 40,
            height: 20,
            turn: Turn::new(Some(6)),
            samples: vec![],
        };
        // Shown 20 across and 40 down: what is seen at the top right is stored at the top left.
        let part = stored_part(&luma, rect(15.0, 0.0, 4.0, 8.0));
        assert_eq!((part.left, part.top, part.right, part.bottom), (0, 0, 8, 4));
    }
}
