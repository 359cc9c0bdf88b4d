//! What a sitter may wear: patterns, bare shoulders, a fringe, a hat, hair over the ears, ornaments. Users name the module
//! `cloth` too.

use crate::cloth::{Kind, Sitter, Spot, ear, lit, mixed};

/// A shirt with a pattern: dark where that says so, by so much.
pub fn patterned(strength: f32, dark: impl Fn(f32, f32) -> bool) -> Sitter {
    let ink = mixed([246, 246, 246], [60, 60, 66], strength);
    Sitter::new().painted(|s| (s.kind == Kind::Shirt && dark(s.u, s.v)).then(|| lit(ink, s.shade)))
}

pub fn odd(place: f32, period: f32) -> bool {
    (place / period * 2.0).floor() as i32 % 2 != 0
}

/// Skin from the shoulders down by that much, as far as a sleeveless top leaves it.
pub fn bare(sitter: &Sitter, deep: f32, skin: [u8; 3]) -> Sitter {
    sitter.painted(|s| {
        let top = 2.0 + 0.28 * (s.u.abs() - 0.5);
        (s.kind == Kind::Shirt && s.u.abs() > 0.9 && s.v < top + deep).then(|| lit(skin, s.shade))
    })
}

/// Hair from the hairline down to that height on that side, strands of two shades.
pub fn fringe(s: &Spot, across: std::ops::Range<f32>, down_to: f32) -> Option<[u8; 3]> {
    let over = s.kind == Kind::Head && across.contains(&s.u) && (-1.3..down_to).contains(&s.v);
    over.then(|| lit(Sitter::hair(), 0.85 + 0.25 * (s.u * 60.0).sin()))
}

/// What is hair on the head of the base picture: above the forehead and beside the face.
pub fn is_hair(s: &Spot) -> bool {
    s.kind == Kind::Head && (!s.face || s.v < -0.75)
}

/// A hat down to that height, a little bent as a rim is.
pub fn hat(rgb: [u8; 3], rim: f32) -> Sitter {
    Sitter::new().painted(|s| {
        let over = s.kind == Kind::Head && s.v < rim + 0.12 * s.u * s.u;
        over.then(|| lit(rgb, 0.92 + 0.08 * (1.2 * s.u).cos()))
    })
}

/// Hair over the ear on that side (1 the image's right), down to that height.
pub fn over_ear(side: f32, down_to: f32) -> Sitter {
    Sitter::new().painted(|s| {
        let covered = ear(s.u, s.v) < 1.25 && s.u * side > 0.0 && !s.face && s.v < down_to;
        covered.then(|| lit(Sitter::hair(), 0.85 + 0.25 * (s.u * 60.0).sin()))
    })
}

/// Whether a place is that near to a point.
fn dot(s: &Spot, u: f32, v: f32, radius: f32) -> bool {
    (s.u - u).hypot(s.v - v) < radius
}

/// A stud of that colour and radius below each ear.
pub fn earrings(rgb: [u8; 3], radius: f32) -> Sitter {
    Sitter::new().painted(|s| {
        let on = dot(s, 1.25, 0.72, radius) || dot(s, -1.25, 0.72, radius);
        on.then_some(rgb)
    })
}

/// A bright pendant on the neck.
pub fn pendant() -> Sitter {
    Sitter::new().painted(|s| dot(s, 0.0, 2.15, 0.07).then_some([255, 255, 250]))
}
