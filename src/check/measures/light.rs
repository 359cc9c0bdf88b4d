//! The light on the face: enough of it, not too much, and alike on both sides.
//!
//! The region is like that of ISO/IEC 29794-5 in OFIQ: the hull of jaw and brows, so that neither the
//! hair on the forehead nor the crown counts. Ours comes from another mesh, and nothing that covers the
//! face is cut out. Y is the luminance of the linearised sRGB.
//!
//! How bright a face is says little of the light that falls on it: well-lit dark skin lies in the
//! darkest tenth of Y, where the public formula for under-exposure scores next to nothing. So that formula and the
//! mean are shown, and what is held against a frame is `face-exposure`, which also asks the white of
//! the eyes: it is alike in all people.

use super::cutout::{Cutout, luminances};
use crate::check::exposure::Exposure;
use crate::check::face::mesh;
use crate::check::mask::quantile;
use crate::check::measure::{Fault, MeasureKind, Taken, Words, score};
use crate::check::scene::{Face, Scene, distance, middle};
use crate::model::Rect;

/// Median linear luminance of fair skin in a good portrait: sRGB code values around 190.
const SKIN_Y: f64 = 0.5;

/// Linear luminance of the white of the eye in a good portrait: white itself, but in the shade of the
/// lids and lashes.
const EYE_WHITE_Y: f64 = 0.5;

/// Fewer pixels of it than this tell nothing, for both eyes together.
const EYE_WHITE_PIXELS_MIN: usize = 24;

const FACE_EXPOSURE: MeasureKind = MeasureKind {
    name: "face-exposure",
    unit: "stops",
    below: Some(Fault {
        id: "under-exposed",
        words: Words::Made(|v| {
            let stops = tenths(v);
            (
                format!("脸部曝光不足约 {stops} 档：检查闪光灯是否闪亮，加光或开大光圈后重拍"),
                format!(
                    "the face is about {stops} stops too dark: check that the lamps fired, add light or open the aperture"
                ),
            )
        }),
    }),
    above: None,
    about: "light on the face against a good portrait, by the skin or the white of the eyes",
};

/// "Luminance mean" of ISO/IEC 29794-5, like-29794-5: over our region.
const LUMINANCE_MEAN: MeasureKind = MeasureKind {
    name: "luminance-mean",
    unit: "",
    below: Some(UNDER_EXPOSED),
    above: Some(OVER_EXPOSED),
    about: "mean linear luminance of the face, 0 to 1",
};

/// "Luminance variance" of ISO/IEC 29794-5, like-29794-5: over our region.
const LUMINANCE_VARIANCE: MeasureKind = MeasureKind {
    name: "luminance-variance",
    unit: "",
    below: None,
    above: None,
    about: "variance of the face's linear luminance",
};

/// "Under-exposure prevention" of ISO/IEC 29794-5, like-29794-5: over our region.
const UNDER_EXPOSURE: MeasureKind = MeasureKind {
    name: "under-exposure",
    unit: "fraction",
    below: None,
    above: Some(UNDER_EXPOSED),
    about: "share of the face with linear luminance up to 25 of 255",
};

/// "Over-exposure prevention" of ISO/IEC 29794-5, like-29794-5: over our region.
const OVER_EXPOSURE: MeasureKind = MeasureKind {
    name: "over-exposure",
    unit: "fraction",
    below: None,
    above: Some(OVER_EXPOSED),
    about: "share of the face with linear luminance from 247 of 255",
};

/// "Dynamic range" of ISO/IEC 29794-5, like-29794-5: over our region.
const DYNAMIC_RANGE: MeasureKind = MeasureKind {
    name: "dynamic-range",
    unit: "bits",
    below: Some(Fault {
        id: "low-contrast",
        words: Words::Fixed {
            fault: ("脸部发灰，反差过低", "the face is washed out"),
            remedy: (
                "检查镜头是否起雾或逆光，以及曝光",
                "check the lens for haze or light shining into it, and the exposure",
            ),
        },
    }),
    above: None,
    about: "entropy of the histogram of the face's linear luminance",
};

/// "Illumination uniformity" of ISO/IEC 29794-5, like-29794-5: the squares lie by our landmarks.
const UNIFORMITY: MeasureKind = MeasureKind {
    name: "illumination-uniformity",
    unit: "",
    below: Some(UNEVEN),
    above: None,
    about: "how much the luminance histograms of the cheeks have in common, 0 to 1",
};

const BALANCE: MeasureKind = MeasureKind {
    name: "light-balance",
    unit: "stops",
    below: Some(UNEVEN),
    above: Some(UNEVEN),
    about: "how much brighter the student's left cheek is than the right",
};

pub(super) const KINDS: &[MeasureKind] = &[
    FACE_EXPOSURE,
    LUMINANCE_MEAN,
    LUMINANCE_VARIANCE,
    UNDER_EXPOSURE,
    OVER_EXPOSURE,
    DYNAMIC_RANGE,
    UNIFORMITY,
    BALANCE,
];

const UNDER_EXPOSED: Fault = Fault {
    id: "under-exposed",
    words: Words::Fixed {
        fault: ("脸部曝光不足", "the face is under-exposed"),
        remedy: (
            "检查闪光灯是否闪亮，加光或开大光圈后重拍",
            "check that the lamps fired, add light or open the aperture, shoot again",
        ),
    },
};
const OVER_EXPOSED: Fault = Fault {
    id: "over-exposed",
    words: Words::Fixed {
        fault: ("脸部曝光过度", "the face is over-exposed"),
        remedy: (
            "减弱灯光或收小光圈后重拍",
            "turn the lights down or close the aperture, shoot again",
        ),
    },
};
const UNEVEN: Fault = Fault {
    id: "uneven-light",
    words: Words::Made(uneven),
};

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    let pixels = region(scene, face).pixels(&scene.colour, |_, _| true);
    if pixels.is_empty() {
        return Taken::none_of(KINDS, "the face is outside the picture");
    }
    let of_face = Exposure::of_linear(&luminances(&pixels));
    let [cheeks, inner] = [cheek_squares(face), inner_squares(face)]
        .map(|squares| skin_in(scene, face, squares).map(|pixels| luminances(&pixels)));
    let mut taken = vec![
        exposure(scene, face, &cheeks),
        Taken::scored(LUMINANCE_MEAN, of_face.mean, of_face.mean_score()),
        Taken::scored(
            LUMINANCE_VARIANCE,
            of_face.variance,
            of_face.variance_score(),
        ),
        Taken::scored(UNDER_EXPOSURE, of_face.under, of_face.under_score()),
        Taken::scored(OVER_EXPOSURE, of_face.over, of_face.over_score()),
        Taken::scored(DYNAMIC_RANGE, of_face.entropy_bits, of_face.entropy_score()),
    ];
    taken.extend(sides(cheeks, inner));
    taken
}

/// The hull of jaw and brows.
fn region(scene: &Scene, face: &Face) -> Cutout {
    /// The rim from ear to ear below the eyes, as places in [`mesh::OVAL`].
    const JAW: std::ops::Range<usize> = 8..29;
    let jaw = mesh::OVAL[JAW].iter();
    let rim = jaw.chain(&mesh::RIGHT_BROW).chain(&mesh::LEFT_BROW);
    let points = rim.map(|&i| scene.small(face.point(i)));
    Cutout::hull(&scene.colour, &points.collect::<Vec<_>>())
}

/// The two witnesses seldom err on the same side: skin may be dark, eyes half shut. The brighter one is
/// believed.
fn exposure(scene: &Scene, face: &Face, cheeks: &[Vec<f32>; 2]) -> Taken {
    let skin = cheeks
        .iter()
        .filter_map(|cheek| quantile(cheek.clone(), 0.5))
        .reduce(f32::max);
    let stops = |y: f32, good: f64| (f64::from(y).max(1e-4) / good).log2();
    let by_skin = skin.map(|y| stops(y, SKIN_Y));
    let by_eyes = eye_white(scene, face).map(|y| stops(y, EYE_WHITE_Y));
    match [by_skin, by_eyes].into_iter().flatten().reduce(f64::max) {
        Some(value) => Taken::value(FACE_EXPOSURE, value),
        None => Taken::nothing(FACE_EXPOSURE, "the cheeks are outside the picture"),
    }
}

/// Linear luminance of the white of the eyes; `None` where too little of it is seen.
fn eye_white(scene: &Scene, face: &Face) -> Option<f32> {
    let mut white = Vec::new();
    for (rim, iris) in [
        (&mesh::RIGHT_EYE, mesh::RIGHT_IRIS),
        (&mesh::LEFT_EYE, mesh::LEFT_IRIS),
    ] {
        let centre = face.point(iris);
        let radius = (1..=4).map(|i| distance(centre, face.point(iris + i)));
        // A little more than the iris: its rim and the shine on it are not white of the eye.
        let radius = 1.15 * radius.fold(0.0, f32::max) / scene.colour.scale;
        let [cx, cy] = scene.small(centre);
        let beside = |x: usize, y: usize| (x as f32 + 0.5 - cx).hypot(y as f32 + 0.5 - cy) > radius;
        let corners = rim.map(|i| scene.small(face.point(i)));
        white.extend(Cutout::polygon(&scene.colour, &corners).pixels(&scene.colour, beside));
    }
    // Lashes and the shade of the lid are the darker half of what is left.
    (white.len() >= EYE_WHITE_PIXELS_MIN)
        .then(|| quantile(luminances(&white), 0.75))
        .flatten()
}

/// The squares on the cheeks by which light is judged here: as large and as high as those of ISO/IEC 29794-5, but outwards
/// from below the eye's centre, where neither the nose nor its shadow reaches. The student's right one first.
pub(super) fn cheek_squares(face: &Face) -> [Rect; 2] {
    let side = 0.3 * face.eye_distance();
    squares_beside(face, [face.eyes[0].x - side, face.eyes[1].x])
}

/// The squares on the cheeks in which ISO/IEC 29794-5 compares the sides and reads the skin's colour: 0.3 eye distances wide,
/// inwards from below the eye's centre, down from halfway to the mouth. The student's right one first.
pub(super) fn inner_squares(face: &Face) -> [Rect; 2] {
    let side = 0.3 * face.eye_distance();
    squares_beside(face, [face.eyes[0].x, face.eyes[1].x - side])
}

/// Squares whose left edges are there, the student's right one first.
fn squares_beside(face: &Face, [right, left]: [f32; 2]) -> [Rect; 2] {
    let side = 0.3 * face.eye_distance();
    let mouth = middle(
        face.point(mesh::LIPS_INNER[5]),
        face.point(mesh::LIPS_INNER[15]),
    );
    let down = distance(face.eye_middle(), mouth) / 2.0;
    let square = |x: f32, eye: f32| Rect {
        x,
        y: eye + down,
        width: side,
        height: side,
    };
    [square(right, face.eyes[0].y), square(left, face.eyes[1].y)]
}

/// The pixels of squares in the small picture, as far as they are face.
pub(super) fn skin_in(scene: &Scene, face: &Face, squares: [Rect; 2]) -> [Vec<[u8; 3]>; 2] {
    let region = region(scene, face);
    squares.map(|square| {
        let scale = scene.colour.scale;
        let (left, top) = (square.x / scale, square.y / scale);
        let (right, bottom) = (left + square.width / scale, top + square.height / scale);
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        Cutout::polygon(&scene.colour, &corners).pixels(&scene.colour, |x, y| region.has(x, y))
    })
}

fn sides([right, left]: [Vec<f32>; 2], inner: [Vec<f32>; 2]) -> [Taken; 2] {
    let seen = inner.iter().all(|square| !square.is_empty());
    let (Some(of_right), Some(of_left), true) = (quantile(right, 0.5), quantile(left, 0.5), seen)
    else {
        let why = "a cheek is turned away or outside the picture";
        return [UNIFORMITY, BALANCE].map(|kind| Taken::nothing(kind, why));
    };
    let common = in_common(&inner[0], &inner[1]);
    // Below a hundredth there is no picture to compare, and noise would decide.
    let floor = |y: f32| f64::from(y.max(0.01));
    let balance = (floor(of_left) / floor(of_right)).log2();
    let (zh, en) = uneven(balance);
    [
        Taken::scored(UNIFORMITY, common, score(100.0 * common.powf(0.3))).saying(zh, en),
        Taken::value(BALANCE, balance),
    ]
}

/// Sum over 256 steps of the lesser share.
fn in_common(one: &[f32], other: &[f32]) -> f64 {
    let histogram = |values: &[f32]| {
        let mut steps = [0.0f64; 256];
        for y in values {
            steps[((y * 255.0).round() as usize).min(255)] += 1.0 / values.len() as f64;
        }
        steps
    };
    let (one, other) = (histogram(one), histogram(other));
    one.iter().zip(&other).map(|(a, b)| a.min(*b)).sum()
}

fn uneven(balance: f64) -> (String, String) {
    let stops = tenths(balance);
    let (zh, en) = if balance < 0.0 {
        ("左", "left")
    } else {
        ("右", "right")
    };
    (
        format!("脸的{zh}侧（学生的{zh}手边）暗 {stops} 档：调整该侧的灯后重拍"),
        format!(
            "the student's {en} side of the face is {stops} stops darker: adjust the lamp on that side"
        ),
    )
}

fn tenths(stops: f64) -> f64 {
    (stops.abs() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_histograms_have_everything_in_common_and_others_nothing() {
        assert!((in_common(&[0.1, 0.5], &[0.5, 0.1]) - 1.0).abs() < 1e-12);
        assert_eq!(in_common(&[0.1, 0.2], &[0.3, 0.4]), 0.0);
        assert!((in_common(&[0.1, 0.2], &[0.1, 0.4]) - 0.5).abs() < 1e-12);
    }
}
