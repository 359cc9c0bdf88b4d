//! The mesh of a face: MediaPipe's 478 landmarks, irises among them.

use super::detect::Found;
use super::mesh;
use super::patch::{Sizes, Square};
use crate::check::models::{InferenceError, Net};

/// Pixels across and down of what the network sees.
const SIDE: usize = 256;
/// How much wider than the face's box the network's view is: as it was trained.
const MARGIN: f32 = 1.5;
/// Points it gives.
pub(in crate::check) const POINTS: usize = 478;

/// A face's points.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::check) struct Mesh {
    /// x, y in pixels of the small picture; z in the same unit, smaller towards the camera.
    pub(in crate::check) points: Vec<[f32; 3]>,
    /// Probability that this is a face, 0 to 1; 0 where the points lie nowhere near it.
    pub(in crate::check) score: f32,
}

/// The mesh of a face that was found.
///
/// The detector's box and eyes are coarse (its pixels are a 128th of the picture), so the network looks
/// twice, the second time where the first one put the mesh.
///
/// # Errors
/// When the engine fails.
pub(in crate::check) fn landmarks(
    net: &Net,
    picture: &Sizes,
    face: &Found,
) -> Result<Mesh, InferenceError> {
    let first = look(net, picture, &around_box(face))?;
    if first.score == 0.0 {
        return Ok(first);
    }
    look(net, picture, &around_mesh(&first.points))
}

fn levelled(eyes: [(f32, f32); 2]) -> f32 {
    let [(x0, y0), (x1, y1)] = eyes;
    (y1 - y0).atan2(x1 - x0)
}

fn around_box(face: &Found) -> Square {
    let side = face.width.max(face.height) * MARGIN;
    Square {
        x: face.x + face.width / 2.0,
        y: face.y + face.height / 2.0,
        width: side,
        height: side,
        angle: levelled(face.eyes),
    }
}

fn around_mesh(points: &[[f32; 3]]) -> Square {
    let corner = |i: usize| (points[i][0], points[i][1]);
    let angle = levelled([corner(mesh::RIGHT_EYE_OUTER), corner(mesh::LEFT_EYE_OUTER)]);
    let (sin, cos) = angle.sin_cos();
    // The bounds of the mesh in a frame that is turned as the face is.
    let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    for p in points {
        let (u, v) = (p[0] * cos + p[1] * sin, p[1] * cos - p[0] * sin);
        bounds = [
            bounds[0].min(u),
            bounds[1].min(v),
            bounds[2].max(u),
            bounds[3].max(v),
        ];
    }
    let (u, v) = ((bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0);
    let side = (bounds[2] - bounds[0]).max(bounds[3] - bounds[1]) * MARGIN;
    Square {
        x: u * cos - v * sin,
        y: u * sin + v * cos,
        width: side,
        height: side,
        angle,
    }
}

fn look(net: &Net, picture: &Sizes, square: &Square) -> Result<Mesh, InferenceError> {
    let input = square.sample(picture, SIDE, 0.0, 1.0);
    let outputs = net.run([1, SIDE, SIDE, 3], input)?;
    let mesh = outputs.iter().find(|o| o.len() == POINTS * 3);
    let flag = outputs.iter().find(|o| o.len() == 1);
    let (Some(mesh), Some(&[logit])) = (mesh, flag.map(Vec::as_slice)) else {
        return Err(net.unexpected());
    };
    let side = SIDE as f32;
    // Of a picture it was not made for a network may say anything; what is measured later takes as long as a mesh is large.
    let is_place = |p: &[f32]| {
        let near = |v: f32| (-1.0..=2.0).contains(&(v / side));
        near(p[0]) && near(p[1]) && p[2].is_finite()
    };
    let score = match mesh.chunks_exact(3).all(is_place) {
        true => 1.0 / (1.0 + (-logit).exp()),
        false => 0.0,
    };
    let points = mesh
        .chunks_exact(3)
        .map(|p| {
            let (x, y) = square.place(p[0] / side, p[1] / side);
            [x, y, p[2] / side * square.width]
        })
        .collect();
    Ok(Mesh { points, score })
}
