//! The skin: its colour, and light that it throws back.

use super::cutout::Cutout;
use super::light::{inner_squares, skin_in};
use crate::check::colour::{Lab, linear, linear_table, luminance, response};
use crate::check::face::mesh;
use crate::check::measure::{Fault, MeasureKind, Taken, Words, score, sigmoid};
use crate::check::scene::{Face, Scene};

/// How much brighter than the skin's median a highlight is, in linear luminance. What the surface
/// throws back is the lamp's own light and comes on top of what the skin scatters, whatever its tone:
/// a sum and not a factor, so that dark skin is not held to another limit than fair skin.
const HIGHLIGHT_MIN: f64 = 0.2;

/// The colour (Lab chroma) of a highlight as a share of the skin's, at most: the lamp's white is mixed in.
/// Skin that is merely lit more keeps its colour.
const HIGHLIGHT_CHROMA_MAX: f64 = 0.8;

/// "Natural colour" of ISO/IEC 29794-5, like-29794-5: the cheeks lie by our landmarks.
const NATURAL_COLOUR: MeasureKind = MeasureKind {
    name: "natural-colour",
    unit: "",
    below: None,
    above: Some(Fault {
        id: "skin-colour",
        words: Words::Made(|_| cast(&Lab::default())),
    }),
    about: "how far the cheeks' mean a*, b* lie outside [5, 25] x [5, 35]",
};

const SHINE: MeasureKind = MeasureKind {
    name: "shine",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "shine",
        words: Words::Made(|_| shining("脸上", "skin")),
    }),
    about: "share of the skin that shines: much brighter than its median, and whiter",
};

pub(super) const KINDS: &[MeasureKind] = &[NATURAL_COLOUR, SHINE];

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    vec![natural_colour(scene, face), shine(scene, face)]
}

fn natural_colour(scene: &Scene, face: &Face) -> Taken {
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for cheek in skin_in(scene, face, inner_squares(face)) {
        for pixel in cheek {
            count += 1.0;
            for (sum, code) in sum.iter_mut().zip(pixel) {
                *sum += f64::from(code);
            }
        }
    }
    if count == 0.0 {
        return Taken::nothing(NATURAL_COLOUR, "the cheeks are outside the picture");
    }
    // As there, the code values are averaged, and not the light.
    let lab = lab_d50(sum.map(|s| linear((s / count).round() as u8)));
    let outside = |v: f64, low: f64, high: f64| (low - v).max(v - high).max(0.0);
    // Where a* and b* are both those of no skin at all there is no band to be near to.
    let distance = if lab.a < 0.0 || lab.b < 0.0 {
        100.0
    } else {
        outside(lab.a, 5.0, 25.0).hypot(outside(lab.b, 5.0, 35.0))
    };
    let (zh, en) = cast(&lab);
    let points = score(200.0 * (1.0 - sigmoid(distance, 0.0, 10.0)));
    Taken::scored(NATURAL_COLOUR, distance, points).saying(zh, en)
}

/// CIE Lab under D50, which 29794-5 takes: sRGB's primaries adapted by Bradford's matrix (Lindbloom).
fn lab_d50([r, g, b]: [f64; 3]) -> Lab {
    let f = response;
    let x = f((0.436_05 * r + 0.385_08 * g + 0.143_09 * b) / 0.964_22);
    let y = f(0.222_49 * r + 0.716_89 * g + 0.060_62 * b);
    let z = f((0.013_93 * r + 0.097_10 * g + 0.714_19 * b) / 0.825_21);
    Lab {
        l: 116.0 * y - 16.0,
        a: 500.0 * (x - y),
        b: 200.0 * (y - z),
    }
}

fn cast(lab: &Lab) -> (String, String) {
    let (zh, en) = match (lab.a, lab.b) {
        (a, b) if a < 5.0 && b < 5.0 => ("偏青蓝", "blue-green"),
        (_, b) if b < 5.0 => ("偏蓝", "blue"),
        (a, _) if a < 5.0 => ("偏绿", "green"),
        (a, b) if a - 25.0 > b - 35.0 => ("偏红", "red"),
        _ => ("偏黄", "yellow"),
    };
    (
        format!("肤色{zh}，不自然：检查白平衡和现场杂光后重拍"),
        format!("the skin is too {en}: check the white balance and other light in the room"),
    )
}

/// What of a face is no bare skin: brows with the eyes below them, and the lips.
fn holes(scene: &Scene, face: &Face) -> [Cutout; 3] {
    [
        [&mesh::RIGHT_BROW[..], &mesh::RIGHT_EYE].concat(),
        [&mesh::LEFT_BROW[..], &mesh::LEFT_EYE].concat(),
        mesh::LIPS_OUTER.to_vec(),
    ]
    .map(|rim| hull(scene, face, &rim))
}

fn hull(scene: &Scene, face: &Face, rim: &[usize]) -> Cutout {
    let points = rim.iter().map(|&i| scene.small(face.point(i)));
    Cutout::hull(&scene.colour, &points.collect::<Vec<_>>())
}

/// Where a face shines, in the words for it; the rest is cheeks.
#[derive(Clone, Copy, PartialEq)]
enum Zone {
    Forehead,
    Nose,
    Cheeks,
}

fn shine(scene: &Scene, face: &Face) -> Taken {
    let colour = &scene.colour;
    let oval = mesh::OVAL.map(|i| scene.small(face.point(i)));
    let oval = Cutout::polygon(colour, &oval);
    let holes = holes(scene, face);
    let bare = |x: usize, y: usize| !holes.iter().any(|hole| hole.has(x, y));
    let nose = hull(scene, face, &[mesh::GLABELLA, 129, 358, 2]);
    let [middle, brows] = scene.small(face.point(mesh::GLABELLA));
    // Where one side is lit more, that one is believed; without the forehead, where there may be hair.
    let sides = [true, false].map(|is_left| {
        let side = |x: usize, y: usize| ((x as f32) < middle) == is_left && y as f32 > brows;
        Skin::of(&oval.pixels(colour, |x, y| side(x, y) && bare(x, y)))
    });
    let sides = sides.into_iter().flatten();
    let Some(typical) = sides.max_by(|a, b| a.light.total_cmp(&b.light)) else {
        return Taken::nothing(SHINE, "the face is outside the picture");
    };
    let table = linear_table();
    let (mut found, mut skin) = ([0usize; 3], [0usize; 3]);
    for (x, y) in oval.places().filter(|&(x, y)| bare(x, y)) {
        let zone = if (y as f32) < brows {
            Zone::Forehead
        } else if nose.has(x, y) {
            Zone::Nose
        } else {
            Zone::Cheeks
        };
        skin[zone as usize] += 1;
        let pixel = colour.at(x as i32, y as i32);
        let lit = luminance(pixel.map(|c| f64::from(table[usize::from(c)])));
        if lit >= typical.light + HIGHLIGHT_MIN && is_whiter(pixel, &typical.lab) {
            found[zone as usize] += 1;
        }
    }
    let of = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    let share = of(found.iter().sum(), skin.iter().sum());
    let of_zone = |zone: &Zone| of(found[*zone as usize], skin[*zone as usize]);
    let most = [Zone::Nose, Zone::Forehead, Zone::Cheeks]
        .into_iter()
        .max_by(|a, b| of_zone(a).total_cmp(&of_zone(b)));
    let (zh, en) = match most {
        Some(Zone::Forehead) => shining("额头", "forehead"),
        Some(Zone::Nose) => shining("鼻子", "nose"),
        _ => shining("脸颊", "cheeks"),
    };
    Taken::value(SHINE, share).saying(zh, en)
}

/// The skin of one side, without its highlights.
struct Skin {
    light: f64,
    lab: Lab,
}

impl Skin {
    /// The median of each channel; `None` for no pixels.
    fn of(pixels: &[[u8; 3]]) -> Option<Self> {
        let mut typical = [0; 3];
        for (i, typical) in typical.iter_mut().enumerate() {
            let mut channel = pixels.iter().map(|p| p[i]).collect::<Vec<_>>();
            let half = channel.len() / 2;
            if channel.is_empty() {
                return None;
            }
            *typical = *channel.select_nth_unstable(half).1;
        }
        Some(Skin {
            light: luminance(typical.map(linear)),
            lab: Lab::of_rgb(typical),
        })
    }
}

/// The white of the lamp is mixed in, or all of the tone is lost.
fn is_whiter(pixel: [u8; 3], skin: &Lab) -> bool {
    let lost = pixel.iter().all(|&c| c >= 250);
    lost || Lab::of_rgb(pixel).chroma() < HIGHLIGHT_CHROMA_MAX * skin.chroma()
}

fn shining(zh: &str, en: &str) -> (String, String) {
    (
        format!("{zh}反光：擦去油光或把灯移开后重拍"),
        format!("the {en} shine: dab off the oil or move the lamp, shoot again"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_has_no_colour_under_d50_either() {
        let grey = lab_d50([0.3; 3]);
        assert!(grey.chroma() < 0.05, "{grey:?}");
        let skin = lab_d50([198, 150, 125].map(linear));
        assert!(
            (10.0..25.0).contains(&skin.a) && (10.0..30.0).contains(&skin.b),
            "{skin:?}"
        );
    }
}
