//! The signature of a frame in which somebody looked for a face.

use super::{Plane, sight};
use crate::check::colour::{Lab, linear_table, luminance};
use crate::check::face::{Person, mesh};
use crate::check::mask::Mask;
use crate::check::measure::rounded;
use crate::check::picture::Luma;
use crate::check::scene::{Face, Scene};
use crate::model::Signature;

/// How far from the person the background begins, as a share of the picture: fine hair reaches over the mask's edge.
const MARGIN: f32 = 0.02;

/// Places looked at across the picture and down it. A mean over the background or the face needs no more.
const GRID: usize = 128;

/// Of what can be told without models.
pub(in crate::check) fn blind(luma: &Luma, sharpness: f64) -> Signature {
    Signature {
        sharpness: Some(rounded(sharpness)),
        ..sight(plane(luma), None)
    }
}

/// Of all that was seen; `sharpness` is that of the place where the focus should be.
pub(in crate::check) fn seen(scene: &Scene, sharpness: f64) -> Signature {
    let face = scene.face();
    Signature {
        face_found: Some(face.is_some()),
        face_left: face.as_ref().and_then(|face| lighter_left(scene, face)),
        eye_line: face
            .map(|f| rounded(f64::from(f.eye_middle().y) / f64::from(scene.height.max(1)))),
        face_width: face
            .map(|f| rounded(f64::from(f.bounds.width) / f64::from(scene.width.max(1)))),
        background_lab: background(scene).map(|lab| [lab.l, lab.a, lab.b].map(rounded)),
        sharpness: Some(rounded(sharpness)),
        ..sight(plane(&scene.luma), scene.geometry.person.as_ref())
    }
}

fn plane(luma: &Luma) -> Plane<'_> {
    Plane {
        width: luma.width,
        height: luma.height,
        samples: &luma.samples,
        orientation: luma.turn.orientation(),
    }
}

/// The mean colour of what is not person.
fn background(scene: &Scene) -> Option<Lab> {
    let linear = linear_table();
    let person = &scene.person;
    let near = |n: usize| [-MARGIN, 0.0, MARGIN].map(|away| middle(n) + away);
    let columns: [_; GRID] = std::array::from_fn(|n| near(n).map(|u| person.column(u)));
    let rows: [_; GRID] = std::array::from_fn(|n| near(n).map(|v| person.row(v)));
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for (at, (u, v)) in grid().enumerate() {
        let (columns, rows) = (&columns[at % GRID], &rows[at / GRID]);
        let is_person = |column, row| person.between(column, row) >= Person::THRESHOLD;
        if columns
            .iter()
            .any(|column| rows.iter().any(|row| is_person(*column, *row)))
        {
            continue;
        }
        for (sum, light) in sum.iter_mut().zip(light_at(scene, linear, u, v)) {
            *sum += light;
        }
        count += 1.0;
    }
    (count > 0.0).then(|| Lab::of_linear(sum.map(|s| s / count)))
}

/// How much lighter the left half of the face is than the right, in stops, as the image shows it: the halves meet at
/// the line from the middle of the eyes to the chin.
fn lighter_left(scene: &Scene, face: &Face<'_>) -> Option<f64> {
    let linear = linear_table();
    let (top, bottom) = (face.eye_middle(), face.chin);
    let along = (bottom.x - top.x, bottom.y - top.y);
    let oval = Mask::polygon(GRID, GRID, &on_grid(scene, face));
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for ((u, v), inside) in grid().zip(&oval.inside) {
        if !inside {
            continue;
        }
        let (x, y) = (u * scene.width as f32, v * scene.height as f32);
        let side = usize::from(along.0 * (y - top.y) - along.1 * (x - top.x) <= 0.0);
        sums[side] += luminance(light_at(scene, linear, u, v));
        counts[side] += 1.0;
    }
    let both = counts.iter().all(|c| *c > 0.0);
    both.then(|| rounded(super::stops(sums[0] / counts[0], sums[1] / counts[1])))
}

/// The rim of the face, in cells of the grid.
fn on_grid(scene: &Scene, face: &Face<'_>) -> Vec<[f32; 2]> {
    let cells = |at: f32, size: u32| at / size.max(1) as f32 * GRID as f32;
    let rim = mesh::OVAL.iter().map(|&i| face.point(i));
    rim.map(|p| [cells(p.x, scene.width), cells(p.y, scene.height)])
        .collect()
}

/// The middles of the grid's cells, row by row, as shares of the width and the height.
fn grid() -> impl Iterator<Item = (f32, f32)> {
    (0..GRID).flat_map(move |y| (0..GRID).map(move |x| (middle(x), middle(y))))
}

fn middle(n: usize) -> f32 {
    (n as f32 + 0.5) / GRID as f32
}

/// The linear light at a place.
fn light_at(scene: &Scene, linear: &[f32; 256], u: f32, v: f32) -> [f64; 3] {
    let (width, height) = (scene.colour.width as f32, scene.colour.height as f32);
    let rgb = scene.colour.at((u * width) as i32, (v * height) as i32);
    rgb.map(|code| f64::from(linear[usize::from(code)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::checker::tests::{astronaut, encoded, see};

    fn of(picture: &image::RgbImage) -> Signature {
        seen(&see(&encoded(picture)), 10.0)
    }

    #[test]
    fn the_darker_side_is_the_one_that_is_darker() {
        let lit = image::load_from_memory(astronaut()).unwrap().into_rgb8();
        let mut dark = lit.clone();
        let nose = see(astronaut()).face().unwrap().point(1).x as u32;
        for (x, _, pixel) in dark.enumerate_pixels_mut() {
            // Code values of half the light are about 0.73 of these.
            pixel.0 = pixel.0.map(|c| {
                if x < nose {
                    (f32::from(c) * 0.73) as u8
                } else {
                    c
                }
            });
        }
        let (even, uneven) = (of(&lit), of(&dark));
        let by = even.face_left.unwrap() - uneven.face_left.unwrap();
        assert!((0.6..1.4).contains(&by), "{by}");
        assert_eq!(uneven.face_found, Some(true));
        let (eyes, width) = (even.eye_line.unwrap(), even.face_width.unwrap());
        assert!(
            (0.1..0.4).contains(&eyes) && (0.1..0.5).contains(&width),
            "{even:?}"
        );
    }

    #[test]
    fn the_colour_of_the_background_is_not_the_persons() {
        let scene = see(astronaut());
        let mut painted = image::load_from_memory(astronaut()).unwrap().into_rgb8();
        for (x, y, pixel) in painted.enumerate_pixels_mut() {
            let (u, v) = (
                x as f32 / scene.width as f32,
                y as f32 / scene.height as f32,
            );
            if scene.person.at(u, v) < 0.3 {
                *pixel = image::Rgb([100, 197, 255]);
            }
        }
        let [l, a, b] = of(&painted).background_lab.unwrap();
        let off = Lab { l, a, b }.delta_e_2000(Lab::of_rgb([100, 197, 255]));
        assert!(off < 3.0, "{off}");
        assert_eq!(of(&image::RgbImage::new(64, 64)).face_found, Some(false));
    }
}
