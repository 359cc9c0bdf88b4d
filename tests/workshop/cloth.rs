//! A sitter whose clothes, hair and skin can be changed one at a time: the head of the NASA astronaut (public domain, see
//! tests/data/README.md) cut out by the person mask, over a drawn neck and a drawn white shirt, on a plain background.
//!
//! Users name the module `judging` too. Places are in eye distances from the middle between the eyes: `u` to the image's right, `v` down.

use crate::judging::{file_of_quality, judge_file};
use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};
use shutterline::check::colour::Lab;
use shutterline::model::{Geometry, Report};
use std::sync::OnceLock;

/// What a pixel of the sitter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Background,
    /// Face, hair and all else of the head.
    Head,
    /// Drawn: neck and ears.
    Skin,
    Shirt,
}

/// One pixel, for whoever paints.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    pub u: f32,
    pub v: f32,
    pub kind: Kind,
    /// Brightness of the shirt by its folds, about 1.
    pub shade: f32,
    pub rgb: [u8; 3],
    /// Within the mesh's rim of the face.
    pub face: bool,
}

/// The sitter.
#[derive(Clone)]
pub struct Sitter {
    pub picture: RgbImage,
    spots: Vec<Spot>,
}

pub const BLUE: [u8; 3] = [100, 197, 255];
/// Canvas, and the eye distance on it, in pixels.
const SIZE: (u32, u32) = (720, 900);
const UNIT: f32 = 112.0;
const EYES: (f32, f32) = (360.0, 370.0);

/// The report on a picture by the blue standard.
pub fn judge(picture: &RgbImage) -> Report {
    judge_file(&file_of_quality(picture, 95), "cn-graduate-blue")
}

/// Mixes linearly in code values.
pub fn mixed(from: [u8; 3], to: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|i| {
        let (from, to) = (f32::from(from[i]), f32::from(to[i]));
        (from + (to - from) * share).round() as u8
    })
}

/// A colour in other light: linear light times that.
pub fn lit(rgb: [u8; 3], by: f32) -> [u8; 3] {
    rgb.map(|c| {
        let linear = shutterline::check::colour::linear(c) * f64::from(by);
        code(linear)
    })
}

fn code(linear: f64) -> u8 {
    (shutterline::check::colour::coded(linear.clamp(0.0, 1.0)) * 255.0).round() as u8
}

/// sRGB of a colour in CIE Lab.
pub fn rgb_of(lab: Lab) -> [u8; 3] {
    let y = (lab.l + 16.0) / 116.0;
    let f = |t: f64| match t > 6.0 / 29.0 {
        true => t.powi(3),
        false => (t - 16.0 / 116.0) * 3.0 * (6.0f64 / 29.0).powi(2),
    };
    let (x, y, z) = (
        0.950_47 * f(y + lab.a / 500.0),
        f(y),
        1.088_83 * f(y - lab.b / 200.0),
    );
    [
        code(3.240_454_2 * x - 1.537_138_5 * y - 0.498_531_4 * z),
        code(-0.969_266_0 * x + 1.876_010_8 * y + 0.041_556_0 * z),
        code(0.055_643_4 * x - 0.204_025_9 * y + 1.057_225_2 * z),
    ]
}

/// A skin of another tone: darker, L* times `lightness`, and a* and b* less by half of that; lighter (above 1), what L* lacks to 100 less
/// by as much, and a* and b* less by 1.2 of it. Hue and modelling stay.
pub fn toned(rgb: [u8; 3], lightness: f64) -> [u8; 3] {
    let lab = Lab::of_rgb(rgb);
    let above = (lightness - 1.0).max(0.0);
    let chroma = 0.5 + 0.5 * lightness.min(1.0) - 1.2 * above;
    let l = match lightness <= 1.0 {
        true => lab.l * lightness,
        false => 100.0 - (100.0 - lab.l) * (1.0 - above),
    };
    rgb_of(Lab {
        l,
        a: lab.a * chroma,
        b: lab.b * chroma,
    })
}

impl Sitter {
    /// With a white shirt on light blue, ears free.
    pub fn new() -> &'static Self {
        static BASE: OnceLock<Sitter> = OnceLock::new();
        BASE.get_or_init(base)
    }

    /// The colour of the cheeks.
    pub fn skin() -> [u8; 3] {
        let at = |u: f32, v: f32| Self::new().at(u, v);
        mixed(at(-0.55, 0.7), at(0.55, 0.7), 0.5)
    }

    /// The colour of the hair above the forehead, its darker strands.
    pub fn hair() -> [u8; 3] {
        lit(Self::new().at(0.0, -1.35), 0.6)
    }

    fn at(&self, u: f32, v: f32) -> [u8; 3] {
        let (x, y) = (EYES.0 + u * UNIT, EYES.1 + v * UNIT);
        self.picture.get_pixel(x as u32, y as u32).0
    }

    /// The same, with each pixel as that says; `None` leaves it.
    pub fn painted(&self, paint: impl Fn(&Spot) -> Option<[u8; 3]>) -> Sitter {
        let mut painted = self.clone();
        for (pixel, spot) in painted.picture.pixels_mut().zip(&mut painted.spots) {
            if let Some(rgb) = paint(spot) {
                *pixel = Rgb(rgb);
                spot.rgb = rgb;
            }
        }
        painted
    }

    /// The same in a shirt of that colour, with the folds of the white one.
    pub fn wearing(&self, rgb: [u8; 3]) -> Sitter {
        self.painted(|s| (s.kind == Kind::Shirt).then(|| lit(rgb, s.shade)))
    }

    /// The same with skin of another lightness (1 is as it is).
    pub fn of_tone(&self, lightness: f64) -> Sitter {
        self.painted(|s| (s.kind == Kind::Skin || s.face).then(|| toned(s.rgb, lightness)))
    }

    /// The same larger or smaller.
    pub fn scaled(&self, by: f32) -> RgbImage {
        let side = |length: u32| (length as f32 * by).round() as u32;
        resize(
            &self.picture,
            side(SIZE.0),
            side(SIZE.1),
            FilterType::CatmullRom,
        )
    }
}

fn base() -> Sitter {
    let bytes = include_bytes!("../data/astronaut.jpg");
    let source = image::load_from_memory(bytes).unwrap().to_rgb8();
    let seen = judge_file(bytes, "cn-graduate-blue").geometry.unwrap();
    let [right, left] = seen.eyes.unwrap();
    let unit = (left.x - right.x).hypot(left.y - right.y);
    let scale = UNIT / unit;
    let side = |length: u32| (length as f32 * scale).round() as u32;
    let large = resize(&source, side(512), side(512), FilterType::CatmullRom);
    let middle = ((left.x + right.x) / 2.0, (left.y + right.y) / 2.0);
    let place = |p: &shutterline::model::Point| ((p.x - middle.0) / unit, (p.y - middle.1) / unit);
    let rim = RIM.map(|i| place(&seen.landmarks[i]));
    let chin = place(&seen.chin.unwrap()).1;
    let cheek = [
        cheek(&large, middle, scale, -0.55),
        cheek(&large, middle, scale, 0.55),
    ];
    let skin = mixed(cheek[0], cheek[1], 0.5);

    let mut picture = RgbImage::new(SIZE.0, SIZE.1);
    let mut spots = Vec::new();
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (u, v) = ((x as f32 - EYES.0) / UNIT, (y as f32 - EYES.1) / UNIT);
        let from = (middle.0 * scale + u * UNIT, middle.1 * scale + v * UNIT);
        let (mut kind, mut rgb, mut shade) = (Kind::Background, BLUE, 1.0);
        if let Some(folds) = shirt(u, v - chin) {
            (kind, rgb, shade) = (Kind::Shirt, lit([246, 246, 246], folds), folds);
        }
        if u.abs() < 0.62 && v > chin - 0.9 && v - chin < neckline(u) {
            // The chin's shadow, fading down the neck.
            let shadow = 0.72 + 0.2 * ((v - chin) / 0.6).clamp(0.0, 1.0);
            (kind, rgb) = (
                Kind::Skin,
                lit(skin, shadow * (1.0 - 0.25 * (u / 0.62).powi(2))),
            );
        }
        let face = inside(&rim, (u, v));
        let person =
            v < 0.9 && soft(&seen, from.0 / (512.0 * scale), from.1 / (512.0 * scale)) >= 0.5;
        let within = from.0 >= 0.0
            && from.1 >= 0.0
            && from.0 < large.width() as f32
            && from.1 < large.height() as f32;
        if within && (face || person) {
            (kind, rgb) = (Kind::Head, large.get_pixel(from.0 as u32, from.1 as u32).0);
        }
        if ear(u, v) < 1.0 && !face {
            (kind, rgb) = (Kind::Skin, lit(skin, 0.95 - 0.2 * ear(u, v)));
        }
        *pixel = Rgb(rgb);
        spots.push(Spot {
            u,
            v,
            kind,
            shade,
            rgb,
            face,
        });
    }
    Sitter { picture, spots }
}

fn cheek(large: &RgbImage, middle: (f32, f32), scale: f32, u: f32) -> [u8; 3] {
    let (x, y) = (middle.0 * scale + u * UNIT, middle.1 * scale + 0.7 * UNIT);
    large.get_pixel(x as u32, y as u32).0
}

/// Where the drawn ears are: below 1 inside of the ellipse.
pub fn ear(u: f32, v: f32) -> f32 {
    (((u.abs() - 1.25) / 0.2).powi(2) + ((v - 0.32) / 0.42).powi(2)).sqrt()
}

/// How far below the chin the neck is bare.
fn neckline(u: f32) -> f32 {
    0.75 - 0.75 * (u.abs() / 0.62)
}

/// Brightness of the shirt there, `below` the chin: shoulders that fall to the sides, a shadow beside the collar and soft folds.
fn shirt(u: f32, below: f32) -> Option<f32> {
    let shoulder = 0.12 + 0.28 * (u.abs() - 0.5).max(0.0) + 0.7 * (u.abs() - 2.1).max(0.0).powi(2);
    let worn = below > shoulder && u.abs() < 2.85;
    worn.then(|| {
        let folds = 0.03 * (2.1 * u + 0.8 * below).sin() + 0.03 * (1.3 * u - 2.2 * below).cos();
        let collar = (1.0 - ((below - neckline(u) - 0.28).abs() / 0.03).min(1.0)) * 0.25;
        let collar = if u.abs() < 0.75 { collar } else { 0.0 };
        let rim = 0.1 * (1.0 - ((below - shoulder) / 0.15).min(1.0));
        0.9 + folds - collar - rim
    })
}

/// The person mask's cells there, softened: a place in shares of the picture.
fn soft(seen: &Geometry, u: f32, v: f32) -> f32 {
    let mask = seen.person.as_ref().unwrap();
    let cell = |x: f32, y: f32| {
        let row = mask.rows.get(y.max(0.0) as usize);
        let inside = row.is_some_and(|r| {
            r.iter()
                .any(|s| (f32::from(s[0])..f32::from(s[1])).contains(&x))
        });
        f32::from(u8::from(inside))
    };
    let (x, y) = (
        u * f32::from(mask.width) - 0.5,
        v * f32::from(mask.height) - 0.5,
    );
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let (x, y) = (x.floor(), y.floor());
    let above = cell(x, y) * (1.0 - fx) + cell(x + 1.0, y) * fx;
    let below = cell(x, y + 1.0) * (1.0 - fx) + cell(x + 1.0, y + 1.0) * fx;
    above * (1.0 - fy) + below * fy
}

fn inside(corners: &[(f32, f32)], (x, y): (f32, f32)) -> bool {
    let mut inside = false;
    for (i, a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        if (a.1 <= y) != (b.1 <= y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0) {
            inside = !inside;
        }
    }
    inside
}

/// The mesh's rim of the face.
const RIM: [usize; 36] = shutterline::check::face::mesh::OVAL;
