//! "Background uniformity" of ISO/IEC 29794-5.

use crate::check::colour::{linear_table, luminance};
use crate::check::face::{Person, below};
use crate::check::mask::Mask;
use crate::check::scene::{Face, Scene};

/// What the window is scaled to.
const WIDTH: usize = 354;
const HEIGHT: usize = 292;

/// The window around the middle between the eyes, in eye distances: where OFIQ's aligned picture of 616
/// pixels, eyes 113 apart and 272 from the top, is cut.
const LEFT: f32 = 2.18;
const ABOVE: f32 = 2.41;
const ACROSS: f32 = 4.35;
const DOWN: f32 = 4.5;

/// Mean gradient of the linear luminance (0 to 255) where there is background, by Scharr's kernel (3, 10, 3), which is what OFIQ's
/// call of Sobel stands for: a ramp of one level a pixel reads 32. Unlike OFIQ's, the
/// window is not turned with the head, and the mask is the person's, with a margin of 3 of these pixels
/// for its coarseness. `None` where there is no background.
pub(super) fn measure(scene: &Scene, face: &Face) -> Option<f64> {
    let apart = face.eye_distance() / scene.colour.scale;
    let [x, y] = scene.small(face.eye_middle());
    let place = |column: usize, row: usize| {
        [
            x + ((column as f32 + 0.5) / WIDTH as f32 * ACROSS - LEFT) * apart,
            y + ((row as f32 + 0.5) / HEIGHT as f32 * DOWN - ABOVE) * apart,
        ]
    };
    let (width, height) = (scene.colour.width as f32, scene.colour.height as f32);
    // The window is upright: each column and each row has one place in the person mask.
    let columns: [_; WIDTH] = std::array::from_fn(|column| {
        let [x, _] = place(column, 0);
        let inside = x >= 1.0 && x < width - 1.0;
        inside.then(|| scene.person.column(x / width))
    });
    let rows: [_; HEIGHT] = std::array::from_fn(|row| {
        let [_, y] = place(0, row);
        let inside = y >= 1.0 && y < height - 1.0;
        inside.then(|| scene.person.row(y / height))
    });
    let background = Mask::of(WIDTH, HEIGHT, |column, row| {
        let at = columns[column].zip(rows[row]);
        at.is_some_and(|(u, v)| scene.person.between(u, v) < Person::THRESHOLD)
    });
    // What is left of it has nothing else within reach of the kernel.
    let plane = scaled(scene, place, ACROSS * apart / WIDTH as f32, &background);
    let background = background.eroded(5);
    let (mut sum, mut count) = (0.0f64, 0usize);
    for row in 1..HEIGHT - 1 {
        for column in 1..WIDTH - 1 {
            if !background.has(column, row) {
                continue;
            }
            let at = |dx: usize, dy: usize| plane[(row + dy - 1) * WIDTH + column + dx - 1];
            let gx =
                3.0 * (at(2, 0) - at(0, 0) + at(2, 2) - at(0, 2)) + 10.0 * (at(2, 1) - at(0, 1));
            let gy =
                3.0 * (at(0, 2) - at(0, 0) + at(2, 2) - at(2, 0)) + 10.0 * (at(1, 2) - at(1, 0));
            sum += f64::from(gx.hypot(gy));
            count += 1;
        }
    }
    // A hundredth of the window tells nothing of the rest.
    (count * 100 >= WIDTH * HEIGHT).then(|| sum / count as f64)
}

/// Linear luminance, 0 to 255: between the pixels where they are coarser than the window's, and the mean of
/// as many as it covers where they are finer. 0 where nobody looks.
fn scaled(
    scene: &Scene,
    place: impl Fn(usize, usize) -> [f32; 2],
    step: f32,
    looked_at: &Mask,
) -> Vec<f32> {
    let table = linear_table();
    let y_at = |x: i32, y: i32| {
        let rgb = scene.colour.at(x, y);
        255.0 * luminance(rgb.map(|c| f64::from(table[usize::from(c)]))) as f32
    };
    let between = |x: f32, y: f32| {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (below(x), below(y));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let line = |y: i32| y_at(left, y) * (1.0 - fx) + y_at(left + 1, y) * fx;
        line(top) * (1.0 - fy) + line(top + 1) * fy
    };
    let fine = (step.round() as usize).clamp(1, 3);
    let share = |i: usize| ((i as f32 + 0.5) / fine as f32 - 0.5) * step;
    let mut plane = Vec::with_capacity(WIDTH * HEIGHT);
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            if !looked_at.has(column, row) {
                plane.push(0.0);
                continue;
            }
            let [x, y] = place(column, row);
            plane.push(if fine == 1 {
                between(x, y)
            } else {
                let each = (0..fine * fine).map(|i| {
                    let (x, y) = (x + share(i % fine), y + share(i / fine));
                    y_at(below(x), below(y))
                });
                each.sum::<f32>() / (fine * fine) as f32
            });
        }
    }
    plane
}
