//! The signature of a frame in which somebody looked for a face.

use super::{Plane, sight};
use crate::check::mask;
use crate::check::measure::rounded;
use crate::check::picture::Luma;
use crate::check::scene::{Face, Scene};
use crate::model::{Point, Signature};

/// How far from the person the background begins, as a share of the picture's longer side: fine hair reaches over the
/// mask's edge.
const MARGIN: f32 = 0.02;

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
    let background = scene.background_mask(MARGIN);
    let lab = background.mean_lab(&scene.colour);
    Signature {
        face_found: Some(face.is_some()),
        face_left: face.as_ref().and_then(|face| lighter_left(scene, face)),
        eye_line: face
            .map(|f| rounded(f64::from(f.eye_middle().y) / f64::from(scene.height.max(1)))),
        face_width: face
            .map(|f| rounded(f64::from(f.bounds.width) / f64::from(scene.width.max(1)))),
        background_lab: lab.map(|lab| [lab.l, lab.a, lab.b].map(rounded)),
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

/// How much lighter the left half of the face is than the right, in stops, as the image shows it: the halves meet at
/// the line from the middle of the eyes to the chin.
fn lighter_left(scene: &Scene, face: &Face<'_>) -> Option<f64> {
    let (top, bottom) = (face.eye_middle(), face.chin);
    let is_left = |at: Point| {
        let along = (bottom.x - top.x, bottom.y - top.y);
        along.0 * (at.y - top.y) - along.1 * (at.x - top.x) > 0.0
    };
    let whole = scene.face_mask();
    let half = |left: bool| {
        let mut part = whole.clone();
        let width = part.width.max(1);
        for (n, inside) in part.inside.iter_mut().enumerate() {
            let at = Point {
                x: (n % width) as f32 * scene.colour.scale,
                y: (n / width) as f32 * scene.colour.scale,
            };
            *inside &= is_left(at) == left;
        }
        mask::mean(&part.luminances(&scene.colour))
    };
    let (left, right) = half(true).zip(half(false))?;
    Some(rounded(super::stops(left, right)))
}
