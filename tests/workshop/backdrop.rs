//! Faults of a backdrop behind a portrait of `light`. Users name that module too.

use crate::light::{BLUE, Base, coded, linear};
use image::RgbImage;

/// The backdrop with that many stops less light.
pub fn dimmed(stops: f32) -> [u8; 3] {
    BLUE.map(|c| coded(linear(f32::from(c)) * (-stops).exp2()))
}

/// Ever less light towards the image's right, by that many stops.
pub fn across(base: &Base, stops: f32) -> RgbImage {
    let width = base.picture.width() as f32;
    base.before(|x, _| dimmed(stops * x / width))
}

/// Ever less light towards the top, by that many stops.
pub fn down(base: &Base, stops: f32) -> RgbImage {
    let height = base.picture.height() as f32;
    base.before(|_, y| dimmed(stops * (1.0 - y / height)))
}

/// Checks of 0.12 eye distances, darker by that many levels.
pub fn checked(base: &Base, by: f32) -> RgbImage {
    let side = 0.12 * base.eye_distance();
    base.before(|x, y| {
        let odd = ((x / side) as i32 + (y / side) as i32) % 2;
        BLUE.map(|c| (f32::from(c) - by * odd as f32) as u8)
    })
}

/// A round shadow behind the head, that many eye distances aside, that deep (share of the light) and that soft.
pub fn shadowed(base: &Base, aside: f32, depth: f32, soft: f32) -> RgbImage {
    let (middle, apart) = (base.middle(), base.eye_distance());
    base.before(|x, y| {
        let (dx, dy) = (x - middle.x - aside * apart, y - middle.y - 0.2 * apart);
        let inside = ((1.75 * apart - dx.hypot(dy)) / (soft * apart) + 0.5).clamp(0.0, 1.0);
        BLUE.map(|c| coded(linear(f32::from(c)) * (1.0 - depth * inside)))
    })
}

/// A square thing with sides of that many eye distances, that many aside.
pub fn with_thing(base: &Base, side: f32, aside: f32, colour: [u8; 3]) -> RgbImage {
    let (middle, apart) = (base.middle(), base.eye_distance());
    base.before(|x, y| {
        let (dx, dy) = (x - middle.x - aside * apart, y - middle.y + 0.6 * apart);
        let inside = dx.abs().max(dy.abs()) < side * apart / 2.0;
        if inside { colour } else { BLUE }
    })
}
