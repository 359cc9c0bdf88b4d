//! A portrait on a plain background, and one thing at a time changed in it. Pixel operations only; what
//! is light is changed in linear light. Users name the module `judging` too.

use crate::judging::{file_of_quality, judge_file, severity, value};
use image::{Rgb, RgbImage, imageops};
use shutterline::check::face::mesh;
use shutterline::model::{Geometry, Point, Report, Severity};
use std::sync::LazyLock;

/// The backdrop of the standard cn-graduate-blue.
pub const BLUE: [u8; 3] = [100, 197, 255];

/// How much larger the face is than in the file: it is then about 275 pixels wide.
const ENLARGED: u32 = 3;

/// A picture with what was found in it.
#[derive(Clone)]
pub struct Base {
    pub picture: RgbImage,
    pub geometry: Geometry,
}

/// The NASA astronaut cut out by the person mask and set on the blue backdrop, enlarged and sharpened
/// until the eyes are as sharp as a camera's.
pub static ASTRONAUT: LazyLock<Base> = LazyLock::new(|| on_plain(BLUE));

/// The same on another plain colour.
pub fn on_plain(background: [u8; 3]) -> Base {
    let file = include_bytes!("../data/astronaut.jpg");
    let photo = image::load_from_memory(file).unwrap().to_rgb8();
    let part = imageops::crop_imm(&photo, 92, 0, 270, 300).to_image();
    let (width, height) = (part.width() * ENLARGED, part.height() * ENLARGED);
    let mut large = imageops::resize(&part, width, height, imageops::FilterType::CatmullRom);
    for radius in [2.0, 1.2] {
        large = imageops::unsharpen(&large, radius, 0);
    }
    let seen = look(&large);
    // Room above the hair, which the photo does not have.
    let above = 90;
    let mut picture = RgbImage::from_pixel(width, height + above, Rgb(background));
    let mask = soft_mask(&seen, width, height);
    for (x, y, pixel) in large.enumerate_pixels() {
        let person = mask[(y * width + x) as usize];
        let mixed = mix(background, pixel.0, person);
        picture.put_pixel(x, y + above, Rgb(mixed));
    }
    let geometry = look(&picture);
    Base { picture, geometry }
}

fn mix(a: [u8; 3], b: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|i| {
        let (a, b) = (f32::from(a[i]), f32::from(b[i]));
        (a + (b - a) * share).round() as u8
    })
}

/// 1 where there is person, 0 where there is none, a few pixels drawn in from the mask's rim.
fn soft_mask(seen: &Geometry, width: u32, height: u32) -> Vec<f32> {
    let person = seen.person.as_ref().unwrap();
    let (columns, rows) = (u32::from(person.width), u32::from(person.height));
    let mut cells = image::GrayImage::new(columns, rows);
    for (row, spans) in person.rows.iter().enumerate() {
        for [first, end] in spans {
            for column in *first..*end {
                cells.put_pixel(u32::from(column), row as u32, image::Luma([255]));
            }
        }
    }
    let large = imageops::resize(&cells, width, height, imageops::FilterType::Triangle);
    let value = |v: &image::Luma<u8>| ((f32::from(v.0[0]) / 255.0 - 0.55) / 0.35).clamp(0.0, 1.0);
    large.pixels().map(value).collect()
}

/// What the check finds in a picture.
pub fn look(picture: &RgbImage) -> Geometry {
    judge(picture).geometry.unwrap()
}

/// As a file of quality 97.
pub fn file(picture: &RgbImage) -> Vec<u8> {
    file_of_quality(picture, 97)
}

pub fn judge(picture: &RgbImage) -> Report {
    judge_file(&file(picture), "cn-graduate-blue")
}

/// The raw values of a measure over pictures with more and more of a fault, and how severe the reason is
/// in each. Printed for whoever wants the figures.
pub fn sweep(
    what: &str,
    (measure, reason): (&str, &str),
    pictures: impl IntoIterator<Item = (f32, RgbImage)>,
) -> Vec<(f64, Option<Severity>)> {
    let each = pictures.into_iter().map(|(amount, picture)| {
        let report = judge(&picture);
        let found = (value(&report, measure).unwrap(), severity(&report, reason));
        let others = report.reasons.iter().map(|r| r.id.as_str());
        let others = others.filter(|id| *id != reason).collect::<Vec<_>>();
        println!(
            "{what} {amount}: {measure} {:.3} {:?}; beside it {others:?}",
            found.0, found.1
        );
        found
    });
    each.collect()
}

/// The first is clean, the last is rejected, and it never gets milder.
pub fn assert_worsens(found: &[(f64, Option<Severity>)]) {
    let rank = |s: &Option<Severity>| s.map_or(0, |s| s as u8);
    assert!(found.is_sorted_by_key(|(_, s)| rank(s)), "{found:?}");
    assert_eq!(found.first().unwrap().1, None, "{found:?}");
    assert_eq!(found.last().unwrap().1, Some(Severity::Reject), "{found:?}");
}

/// Values that rise from picture to picture, but for what the file's compression does to them.
pub fn assert_rises(found: &[(f64, Option<Severity>)], slack: f64) {
    let rises = found.windows(2).all(|pair| pair[1].0 >= pair[0].0 - slack);
    assert!(rises, "{found:?}");
}

/// The reason's words in English; empty where it is not given.
pub fn words<'r>(report: &'r Report, id: &str) -> &'r str {
    let reason = report.reasons.iter().find(|r| r.id == id);
    reason.map(|r| r.en.as_str()).unwrap_or_default()
}

/// sRGB code value to linear light.
pub fn linear(code: f32) -> f32 {
    let v = code / 255.0;
    if v <= 0.04045 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

/// Linear light to sRGB code value.
pub fn coded(light: f32) -> u8 {
    let v = light.clamp(0.0, 1.0);
    let v = if v <= 0.003_130_8 {
        12.92 * v
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    };
    (v * 255.0).round() as u8
}

/// Each pixel's red, green and blue times a gain in linear light, which depends on the place.
pub fn lit(picture: &RgbImage, gain: impl Fn(f32, f32) -> [f32; 3]) -> RgbImage {
    let table: Vec<f32> = (0..=255).map(|c| linear(c as f32)).collect();
    let codes: Vec<u8> = (0..=4095).map(|i| coded(i as f32 / 4095.0)).collect();
    let mut changed = picture.clone();
    for (x, y, pixel) in changed.enumerate_pixels_mut() {
        let gain = gain(x as f32, y as f32);
        for (code, gain) in pixel.0.iter_mut().zip(gain) {
            let light = (table[usize::from(*code)] * gain).clamp(0.0, 1.0);
            *code = codes[(light * 4095.0).round() as usize];
        }
    }
    changed
}

/// The same with that many stops more light everywhere.
pub fn exposed(picture: &RgbImage, stops: f32) -> RgbImage {
    lit(picture, |_, _| [stops.exp2(); 3])
}

/// A portrait with light that falls by that many stops over two eye distances towards the image's left.
pub fn one_sided(base: &Base, stops: f32) -> RgbImage {
    let (middle, apart) = (base.middle(), base.eye_distance());
    lit(&base.picture, |x, _| {
        let share = ((x - middle.x) / (2.0 * apart)).clamp(-0.5, 0.5);
        [(stops * share).exp2(); 3]
    })
}

/// Drawn out over `length` pixels in a direction (1, 0), (0, 1) or (1, 1).
pub fn dragged(picture: &RgbImage, length: i32, (dx, dy): (i32, i32)) -> RgbImage {
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let mut sum = [0u32; 3];
        for step in 0..length {
            let by = step - length / 2;
            let x = (x as i32 + by * dx).clamp(0, width - 1) as u32;
            let y = (y as i32 + by * dy).clamp(0, height - 1) as u32;
            let pixel = picture.get_pixel(x, y).0;
            sum.iter_mut()
                .zip(pixel)
                .for_each(|(s, c)| *s += u32::from(c));
        }
        Rgb(sum.map(|s| (s / length as u32) as u8))
    })
}

/// With noise of that standard deviation in code values, alike in each run.
pub fn noisy(picture: &RgbImage, sigma: f32) -> RgbImage {
    let mut state = 0x2545_f491u32;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32
    };
    let mut changed = picture.clone();
    for code in changed.iter_mut() {
        // Four equal draws make a near enough bell of deviation 1/sqrt(3).
        let sum = (0..4).map(|_| uniform() - 0.5).sum::<f32>() * 3f32.sqrt();
        *code = (f32::from(*code) + sigma * sum).round().clamp(0.0, 255.0) as u8;
    }
    changed
}

/// With a lamp's white thrown back by a round patch: linear light added, all of it in the middle.
pub fn glaring(picture: &RgbImage, centre: Point, radius: f32, added: f32) -> RgbImage {
    let mut changed = picture.clone();
    for (x, y, pixel) in changed.enumerate_pixels_mut() {
        let away = (x as f32 - centre.x).hypot(y as f32 - centre.y) / radius;
        if away < 1.0 {
            let light = added * (1.0 - away.powi(4));
            pixel.0 = pixel.0.map(|c| coded(linear(f32::from(c)) + light));
        }
    }
    changed
}

impl Base {
    /// Between the eyes, in pixels.
    pub fn eye_distance(&self) -> f32 {
        let [right, left] = self.geometry.eyes.unwrap();
        (right.x - left.x).hypot(right.y - left.y)
    }

    /// Middle between the eyes.
    pub fn middle(&self) -> Point {
        let [right, left] = self.geometry.eyes.unwrap();
        Point {
            x: (right.x + left.x) / 2.0,
            y: (right.y + left.y) / 2.0,
        }
    }

    /// Whether that place is person.
    pub fn is_person(&self, x: f32, y: f32) -> bool {
        let person = self.geometry.person.as_ref().unwrap();
        let column = x / self.picture.width() as f32 * f32::from(person.width);
        let row = y / self.picture.height() as f32 * f32::from(person.height);
        let spans = person.rows.get(row as usize);
        spans.is_some_and(|spans| {
            let inside = |[first, end]: &[u16; 2]| (*first..*end).contains(&(column as u16));
            spans.iter().any(inside)
        })
    }

    /// The picture with a different background: `paint` gives its colour by place.
    pub fn before(&self, paint: impl Fn(f32, f32) -> [u8; 3]) -> RgbImage {
        let mut changed = self.picture.clone();
        for (x, y, pixel) in changed.enumerate_pixels_mut() {
            if pixel.0 == BLUE || !self.is_person(x as f32, y as f32) {
                pixel.0 = paint(x as f32, y as f32);
            }
        }
        changed
    }

    /// Whether a place is within the polygon of these landmarks.
    fn within(&self, corners: &[usize], x: f32, y: f32) -> bool {
        let at = |i: usize| self.geometry.landmarks[corners[i % corners.len()]];
        let mut inside = false;
        for i in 0..corners.len() {
            let (a, b) = (at(i), at(i + 1));
            if (a.y > y) != (b.y > y) && x < a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) {
                inside = !inside;
            }
        }
        inside
    }

    /// The skin of the face and the neck's top in another tone: the cheeks' L*, a*, b* become these, and all
    /// else of the skin moves in proportion. Eyes stay as they are, as the white of an eye is alike in all
    /// people; teeth are within the lips and stay too.
    pub fn toned(&self, target: [f32; 3]) -> RgbImage {
        let cheek = |i: usize| {
            let p = self.geometry.landmarks[i];
            lab(self.picture.get_pixel(p.x as u32, p.y as u32).0)
        };
        // In the middle of either cheek.
        let (right, left) = (cheek(50), cheek(280));
        let from: [f32; 3] = std::array::from_fn(|i| (right[i] + left[i]) / 2.0);
        let share: [f32; 3] = std::array::from_fn(|i| target[i] / from[i]);
        let mut changed = self.picture.clone();
        for (x, y, pixel) in changed.enumerate_pixels_mut() {
            let (x, y) = (x as f32, y as f32);
            let kept = [&mesh::RIGHT_EYE[..], &mesh::LEFT_EYE, &mesh::LIPS_INNER];
            if self.within(&mesh::OVAL, x, y) && !kept.iter().any(|part| self.within(part, x, y)) {
                let was = lab(pixel.0);
                pixel.0 = of_lab(std::array::from_fn(|i| was[i] * share[i]));
            }
        }
        changed
    }
}

const WHITE: [f32; 3] = [0.950_47, 1.0, 1.088_83];

fn lab(rgb: [u8; 3]) -> [f32; 3] {
    let lab = shutterline::check::colour::Lab::of_rgb(rgb);
    [lab.l as f32, lab.a as f32, lab.b as f32]
}

/// CIE Lab (D65) to sRGB code values.
fn of_lab([l, a, b]: [f32; 3]) -> [u8; 3] {
    let y = (l + 16.0) / 116.0;
    let back = |f: f32| {
        if f > 6.0 / 29.0 {
            f.powi(3)
        } else {
            (f - 16.0 / 116.0) * 3.0 * (6.0f32 / 29.0).powi(2)
        }
    };
    let f = [y + a / 500.0, y, y - b / 200.0];
    let [x, y, z]: [f32; 3] = std::array::from_fn(|i| back(f[i]) * WHITE[i]);
    [
        3.240_454 * x - 1.537_139 * y - 0.498_531 * z,
        -0.969_266 * x + 1.876_011 * y + 0.041_556 * z,
        0.055_643 * x - 0.204_026 * y + 1.057_225 * z,
    ]
    .map(coded)
}
