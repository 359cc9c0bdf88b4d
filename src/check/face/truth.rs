//! The pose against heads whose turn is known: a portrait is made a relief, turned and drawn again.
//!
//! The relief's depth is that of the average head laid under the portrait's own landmarks. Asked is by how many degrees
//! the told pose changes when the head is turned by so many: how the sitter held the head to begin with is not known.

use super::mesh;
use super::pose::{pose, relief};
use crate::check::checker::tests::{astronaut, encoded, see};
use image::{Rgb, RgbImage};

/// Cells across and down of the depth raster.
const CELLS: usize = 96;

/// Depth towards the camera over the picture, in pixels: the relief's points, by how near they are.
fn depths(relief: &[[f32; 3]], width: f32, height: f32) -> Vec<f32> {
    let (left, right) = relief
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, r), p| (l.min(p[0]), r.max(p[0])));
    let reach = (right - left) / 14.0;
    let back = relief.iter().fold(f32::MAX, |b, p| b.min(p[2]));
    let cell = |i: usize| {
        let x = (i % CELLS) as f32 / (CELLS - 1) as f32 * width;
        let y = (i / CELLS) as f32 / (CELLS - 1) as f32 * height;
        // A little of the background's depth everywhere, which is all there is far from the face.
        let (mut sum, mut total) = (back * 1e-3, 1e-3);
        for p in relief {
            let far = ((p[0] - x).powi(2) + (p[1] - y).powi(2)) / (2.0 * reach * reach);
            let weight = (-far).exp();
            sum += p[2] * weight;
            total += weight;
        }
        sum / total
    };
    (0..CELLS * CELLS).map(cell).collect()
}

fn depth_at(depths: &[f32], u: f32, v: f32) -> f32 {
    let (x, y) = (u * (CELLS - 1) as f32, v * (CELLS - 1) as f32);
    let (left, top) = ((x as usize).min(CELLS - 2), (y as usize).min(CELLS - 2));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let cell = |dx: usize, dy: usize| depths[(top + dy) * CELLS + left + dx];
    let above = cell(0, 0) * (1.0 - fx) + cell(1, 0) * fx;
    let below = cell(0, 1) * (1.0 - fx) + cell(1, 1) * fx;
    above * (1.0 - fy) + below * fy
}

/// The picture with the head turned by these degrees (signs as in [`Pose`]), seen from twenty face widths.
fn turned(picture: &RgbImage, landmarks: &[[f32; 3]], yaw: f32, pitch: f32, roll: f32) -> RgbImage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let relief = relief(landmarks);
    let depths = depths(&relief, width, height);
    let mean = |axis: usize| relief.iter().map(|p| p[axis]).sum::<f32>() / relief.len() as f32;
    let centre = [mean(0), mean(1), mean(2)];
    let distance = 20.0 * (landmarks[mesh::CHEEKS[1]][0] - landmarks[mesh::CHEEKS[0]][0]);
    let mut drawn = RgbImage::new(picture.width(), picture.height());
    let mut nearest = vec![f32::MIN; (picture.width() * picture.height()) as usize];
    const FINE: u32 = 3;
    for row in 0..picture.height() * FINE {
        for column in 0..picture.width() * FINE {
            let (sx, sy) = (column as f32 / FINE as f32, row as f32 / FINE as f32);
            let depth = depth_at(&depths, sx / width, sy / height);
            let [x, y, z] = [sx - centre[0], centre[1] - sy, depth - centre[2]];
            let (sin, cos) = (-roll.to_radians()).sin_cos();
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            let (sin, cos) = (-pitch.to_radians()).sin_cos();
            let (y, z) = (y * cos - z * sin, y * sin + z * cos);
            let (sin, cos) = yaw.to_radians().sin_cos();
            let (x, z) = (x * cos + z * sin, z * cos - x * sin);
            let nearer = distance / (distance - z);
            let (px, py) = (centre[0] + x * nearer, centre[1] - y * nearer);
            if px < 0.0 || py < 0.0 || px >= width || py >= height {
                continue;
            }
            let at = py as usize * picture.width() as usize + px as usize;
            if z > nearest[at] {
                nearest[at] = z;
                let from: Rgb<u8> = *picture.get_pixel(column / FINE, row / FINE);
                drawn.put_pixel(px as u32, py as u32, from);
            }
        }
    }
    drawn
}

#[test]
fn a_head_that_is_turned_by_known_angles_gives_them_back() {
    let picture = image::load_from_memory(astronaut()).unwrap().to_rgb8();
    let start = see(astronaut()).landmarks;
    let from = pose(&start).unwrap();
    let mut worst = 0.0f32;
    for (yaw, pitch, roll) in [
        (0.0, 0.0, 0.0),
        (5.0, 0.0, 0.0),
        (-5.0, 0.0, 0.0),
        (10.0, 0.0, 0.0),
        (-10.0, 0.0, 0.0),
        (0.0, 5.0, 0.0),
        (0.0, 10.0, 0.0),
        (0.0, -5.0, 0.0),
        (0.0, -10.0, 0.0),
        (0.0, 0.0, 10.0),
        (0.0, 0.0, -15.0),
    ] {
        let file = encoded(&turned(&picture, &start, yaw, pitch, roll));
        let told = pose(&see(&file).landmarks).unwrap();
        let off = [
            told.yaw_deg - from.yaw_deg - yaw,
            told.pitch_deg - from.pitch_deg - pitch,
            told.roll_deg - from.roll_deg - roll,
        ];
        println!("{yaw:5} {pitch:5} {roll:5}: off by {off:5.1?}");
        worst = off.iter().fold(worst, |worst, o| worst.max(o.abs()));
    }
    assert!(worst < 3.0, "off by {worst}");
}
