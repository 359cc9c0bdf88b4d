//! Noise: what of skin and background differs from pixel to pixel.

use super::NOISE;
use crate::check::face::Person;
use crate::check::measure::Taken;
use crate::check::measures::light::cheek_squares;
use crate::check::picture::Grey;
use crate::check::scene::{Face, Scene};
use crate::model::Rect;

/// The lesser of skin and background, each by its calmest quarter: structure adds to noise, never takes away.
pub(super) fn noise(scene: &Scene, face: &Face) -> Taken {
    let parts = |rects: &[Rect]| {
        let each = rects.iter().flat_map(|rect| {
            let part = scene.luma_in(*rect);
            noise_of_blocks(&part)
        });
        let mut levels = each.collect::<Vec<_>>();
        levels.sort_by(f64::total_cmp);
        levels.get(levels.len() / 4).copied()
    };
    let skin = parts(&cheek_squares(face));
    let background = parts(&beside(scene, face));
    match [skin, background].into_iter().flatten().reduce(f64::min) {
        Some(level) => Taken::value(NOISE, level),
        None => Taken::nothing(NOISE, "skin and background are black, white or too small"),
    }
}

/// Squares of background left and right of the head.
fn beside(scene: &Scene, face: &Face) -> Vec<Rect> {
    let side = 0.4 * face.eye_distance();
    let middle = face.eye_middle();
    let (width, height) = (scene.width as f32, scene.height as f32);
    let mut squares = Vec::new();
    for column in [-6, -5, -4, 3, 4, 5] {
        for row in [-5, -3, -1] {
            let square = Rect {
                x: middle.x + column as f32 * side,
                y: middle.y + row as f32 * side,
                width: side,
                height: side,
            };
            let within = square.x >= 0.0
                && square.y >= 0.0
                && square.x + side <= width
                && square.y + side <= height;
            let places = [-0.3f32, 0.5, 1.3].map(|s| s * side);
            let bare = places.iter().all(|dx| {
                places.iter().all(|dy| {
                    let (u, v) = ((square.x + dx) / width, (square.y + dy) / height);
                    scene.person.at(u, v) < Person::THRESHOLD / 2.0
                })
            });
            if within && bare {
                squares.push(square);
            }
        }
    }
    squares
}

/// Of each block of 8 x 8 pixels that is neither black nor white: the standard deviation of the noise, by
/// the mean absolute response of the difference of two Laplacians (Immerkaer, "Fast noise variance
/// estimation", 1996), which a slope or an even curve leaves at 0.
fn noise_of_blocks(part: &Grey) -> Vec<f64> {
    const SIDE: usize = 8;
    let mut levels = Vec::new();
    for top in (1..part.height.saturating_sub(SIDE)).step_by(SIDE) {
        for left in (1..part.width.saturating_sub(SIDE)).step_by(SIDE) {
            let (mut sum, mut response) = (0u32, 0u32);
            for y in top..top + SIDE {
                let at =
                    |dy: usize| &part.samples[(y + dy - 1) * part.width + left - 1..][..SIDE + 2];
                let (above, here, below) = (at(0), at(1), at(2));
                for x in 0..SIDE {
                    let three = |row: &[u8]| [row[x], row[x + 1], row[x + 2]].map(i32::from);
                    let ([a, b, c], [d, e, f], [g, h, i]) =
                        (three(above), three(here), three(below));
                    sum += e as u32;
                    response += (a + c + g + i - 2 * (b + d + f + h) + 4 * e).unsigned_abs();
                }
            }
            let pixels = (SIDE * SIDE) as u32;
            if (16..=240).contains(&(sum / pixels)) {
                let mean = f64::from(response) / f64::from(pixels);
                levels.push((std::f64::consts::PI / 2.0).sqrt() / 6.0 * mean);
            }
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_no_noise_and_noise_is_told_in_levels() {
        let plane = |level: &dyn Fn(usize, usize) -> u8| Grey {
            left: 0,
            top: 0,
            width: 64,
            height: 64,
            samples: (0..64 * 64).map(|i| level(i % 64, i / 64)).collect(),
        };
        let slope = noise_of_blocks(&plane(&|x, y| (60 + x + y) as u8));
        assert!(
            slope.len() > 40 && slope.iter().all(|l| *l == 0.0),
            "{slope:?}"
        );
        let mut state = 1u32;
        let mut uniform = Vec::new();
        for _ in 0..64 * 64 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            uniform.push(120 + (state >> 24) % 21);
        }
        let noise = noise_of_blocks(&plane(&|x, y| uniform[y * 64 + x] as u8));
        let mean = noise.iter().sum::<f64>() / noise.len() as f64;
        // 21 equal steps have a standard deviation of 6.06.
        assert!((mean - 6.06).abs() < 0.6, "{mean}");
        assert!(noise_of_blocks(&plane(&|_, _| 255)).is_empty());
    }
}
