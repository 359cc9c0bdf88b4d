//! A portrait made a relief, turned about the head's middle and drawn again as a camera sees it.

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

/// The picture with the head turned by yaw, pitch and roll in degrees (signs as in the report's pose), seen from twenty
/// times the relief's width. The relief is given by points: across and down in the picture, and towards the camera, in pixels.
/// `ground` is the colour of what comes into view.
pub fn turned(
    picture: &RgbImage,
    relief: &[[f32; 3]],
    [yaw, pitch, roll]: [f32; 3],
    ground: [u8; 3],
) -> RgbImage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let depths = depths(relief, width, height);
    let mean = |axis: usize| relief.iter().map(|p| p[axis]).sum::<f32>() / relief.len() as f32;
    let centre = [mean(0), mean(1), mean(2)];
    let ends = relief
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, r), p| (l.min(p[0]), r.max(p[0])));
    let distance = 20.0 * (ends.1 - ends.0);
    let mut drawn = RgbImage::from_pixel(picture.width(), picture.height(), Rgb(ground));
    let mut nearest = vec![f32::MIN; (picture.width() * picture.height()) as usize];
    const FINE: u32 = 3;
    let [about_nose, about_ears, about_neck] =
        [-roll, -pitch, yaw].map(|degrees| degrees.to_radians().sin_cos());
    for row in 0..picture.height() * FINE {
        for column in 0..picture.width() * FINE {
            let (sx, sy) = (column as f32 / FINE as f32, row as f32 / FINE as f32);
            let depth = depth_at(&depths, sx / width, sy / height);
            let [x, y, z] = [sx - centre[0], centre[1] - sy, depth - centre[2]];
            let (sin, cos) = about_nose;
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            let (sin, cos) = about_ears;
            let (y, z) = (y * cos - z * sin, y * sin + z * cos);
            let (sin, cos) = about_neck;
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
