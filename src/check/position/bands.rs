//! What a head has to keep in the portrait, and what is known of a head.

use crate::check::face::mesh;
use crate::model::{Geometry, Point};

/// Where the parts of a head may lie in the finished portrait, in its pixels; both ends of a band are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bands {
    /// The portrait's width. A crop has at least as many source pixels: nothing is scaled up.
    pub width_px: u32,
    /// The portrait's height.
    pub height_px: u32,
    /// Top of the hair (or covering), from the top edge.
    pub crown_px: [u32; 2],
    /// The eye line, from the top edge.
    pub eyes_px: [u32; 2],
    /// Width of the face between the cheeks.
    pub face_width_px: [u32; 2],
    /// Crown to chin, where the standard has a figure for it.
    pub head_height_px: Option<[u32; 2]>,
    /// How far the face's middle may lie from the portrait's middle line, to either side.
    pub centre_tolerance_px: u32,
}

/// A head in the upright image, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// Top of the hair, from the top edge of the image; 0 where it is cut off there.
    pub crown_y: f32,
    /// The eye line: mean height of the two eye centres.
    pub eyes_y: f32,
    /// Lowest point of the chin.
    pub chin_y: f32,
    /// The face's middle: halfway between the cheeks.
    pub middle_x: f32,
    /// Between the cheeks, across.
    pub face_width: f32,
}

impl Head {
    /// From what the eyes, the cheeks' points ([`mesh::CHEEKS`]), the crown and the chin say; `None` where
    /// one of them was not found.
    pub fn of(geometry: &Geometry) -> Option<Self> {
        let [right, left]: [&Point; 2] = [
            geometry.landmarks.get(mesh::CHEEKS[0])?,
            geometry.landmarks.get(mesh::CHEEKS[1])?,
        ];
        let [one, other] = geometry.eyes?;
        Some(Head {
            crown_y: geometry.crown?.y,
            eyes_y: (one.y + other.y) / 2.0,
            chin_y: geometry.chin?.y,
            middle_x: (right.x + left.x) / 2.0,
            face_width: (left.x - right.x).abs(),
        })
    }
}

impl Bands {
    /// The registration standard of Chinese graduates: 480 × 640 px; crown 50–110, eyes 200–300, face width
    /// 180–300. It says "horizontally centred" without a figure; 10 px (2 % of the width) is the station's.
    pub const REGISTRATION: Bands = Bands {
        width_px: 480,
        height_px: 640,
        crown_px: [50, 110],
        eyes_px: [200, 300],
        face_width_px: [180, 300],
        head_height_px: None,
        centre_tolerance_px: 10,
    };

    /// Crown, eyes, face width, offset of the middle (positive: to the right) and crown to chin, in the portrait
    /// cut at this left edge, top edge and width.
    pub(super) fn place(&self, head: &Head, [x, y, width]: [i64; 3]) -> [f64; 5] {
        let scale = f64::from(self.width_px) / width as f64;
        let down = |at: f32| (f64::from(at) - y as f64) * scale;
        let middle = (f64::from(head.middle_x) - x as f64) * scale;
        [
            down(head.crown_y),
            down(head.eyes_y),
            f64::from(head.face_width) * scale,
            middle - f64::from(self.width_px) / 2.0,
            (f64::from(head.chin_y) - f64::from(head.crown_y)) * scale,
        ]
    }
}
