//! Every fault of the check's pictures, each at a strength of which nobody would doubt it, and pictures without any.

use crate::{backdrop, cloth, face, judging, light, persons, worn};
use cloth::{Kind, Sitter};
use face::Portrait;
use image::{RgbImage, imageops};
use light::{BLUE, Base};
use shutterline::check::face::mesh;
use std::sync::LazyLock;

/// Why some reasons come beside the one that was meant.
pub const FRAME: &str = "dark edges across the eyes are sharper one way than the other";
pub const FRINGE: &str = "strands at the eyes are sharper across than along";
pub const CLOSED_EYE: &str = "a closed eye has edges in one direction only";
pub const NARROW: &str =
    "the face is as wide as its limit, and the mesh a little narrower over this";
pub const ICAO_EYES: &str = "112 pixels between the eyes, and this standard warns below 120";
pub const WHOLE_FRAME: &str = "where no face is found the whole frame is judged";
pub const MESH: &str = "the mesh follows what is left of the face";
pub const RELIEF: &str = "the relief that was turned tears at its rim";
pub const RAISED: &str = "seen from below, the hair comes down to the brows";
pub const CLIPPED: &str = "clipped colours are others";
pub const RAMP: &str = "the light falls off over backdrop and ears as well";
pub const SPOTS: &str = "skin and hair are learnt from places that shine";
pub const SMEAR: &str = "light and dark are drawn across the ear";
pub const NOISE: &str = "noise is an edge in every tile";
pub const LENSES: &str = "the dark lenses reach the hair, and are as dark";

/// A picture, and what should be said of it.
pub struct Shot {
    /// What was changed.
    pub what: &'static str,
    /// The reason that has to be given; empty where nothing is wrong.
    pub wanted: &'static str,
    /// Reasons that may be given beside it, each with why.
    pub beside: &'static [(&'static str, &'static str)],
    pub standard: &'static str,
    /// The photo as a file.
    pub file: Box<dyn Fn() -> Vec<u8> + Sync + Send>,
}

/// A picture judged by the blue standard.
pub fn shot(
    what: &'static str,
    wanted: &'static str,
    beside: &'static [(&'static str, &'static str)],
    picture: impl Fn() -> RgbImage + Sync + Send + 'static,
) -> Shot {
    Shot {
        what,
        wanted,
        beside,
        standard: "cn-graduate-blue",
        file: Box::new(move || light::file(&picture())),
    }
}

/// The head of the astronaut over a drawn neck, ears and white shirt, smiling as she does.
pub static SMILING: LazyLock<Portrait> =
    LazyLock::new(|| Portrait::of(Sitter::new().picture.clone()));

/// The same with its lips closed: no rule is broken.
pub static SOBER: LazyLock<Portrait> = LazyLock::new(|| Portrait::of(face::sober(&SMILING)));

/// The same for those who change light and backdrop.
pub static BASE: LazyLock<Base> = LazyLock::new(|| Base {
    picture: SOBER.picture.clone(),
    geometry: SOBER.geometry.clone(),
});

/// Another sitter, with lips closed.
pub fn sober(sitter: &Sitter) -> RgbImage {
    face::sober(&Portrait {
        picture: sitter.picture.clone(),
        geometry: SMILING.geometry.clone(),
    })
}

/// Pictures with nothing wrong in them.
pub fn clean() -> Vec<Shot> {
    let mut all = vec![
        shot("nothing", "", &[], || BASE.picture.clone()),
        shot(
            "a dark frame around the eyes",
            "",
            &[("motion-blur", FRAME), ("resolution", NARROW)],
            || face::framed(&SOBER),
        ),
        shot("half a stop less light", "", &[], || {
            light::exposed(&BASE.picture, -0.5)
        }),
        shot("0.15 stops more light", "", &[], || {
            light::exposed(&BASE.picture, 0.15)
        }),
        shot(
            "0.3 stops from one side to the other",
            "",
            &[("ears-covered", RAMP)],
            || light::one_sided(&BASE, 0.3),
        ),
        shot("blurred by 0.5 pixels", "", &[], || {
            imageops::blur(&BASE.picture, 0.5)
        }),
        shot("noise of 3 levels", "", &[], || {
            light::noisy(&BASE.picture, 3.0)
        }),
        shot("a backdrop half a stop darker", "", &[], || {
            BASE.before(|_, _| backdrop::dimmed(0.5))
        }),
        shot("a shadow of 6 %", "", &[], || {
            backdrop::shadowed(&BASE, 0.55, 0.06, 0.5)
        }),
        shot("lids at 70 %", "", &[], || face::blinking(&SOBER, 0.7)),
        shot("a lamp's image on a bare eye", "", &[], || {
            face::spotted(&SOBER, 0.2)
        }),
        shot("a cream shirt", "", &[], || {
            sober(&Sitter::new().wearing([255, 250, 235]))
        }),
        shot("a dark grey shirt", "", &[], || {
            sober(&Sitter::new().wearing([45, 45, 48]))
        }),
        shot("a striped tie", "", &[], || {
            sober(&worn::patterned(1.0, |u, v| {
                u.abs() < 0.22 && worn::odd(u + v, 0.2)
            }))
        }),
        shot("black hair", "", &[], || {
            let black =
                |s: &cloth::Spot| cloth::lit([52, 48, 46], 0.85 + 0.25 * (s.u * 60.0).sin());
            sober(&Sitter::new().painted(|s| worn::is_hair(s).then(|| black(s))))
        }),
        shot("darker skin", "", &[], || {
            sober(&Sitter::new().of_tone(0.8))
        }),
        shot("lighter skin", "", &[], || {
            sober(&Sitter::new().of_tone(1.2))
        }),
    ];
    let by = |standard, shot| Shot { standard, ..shot };
    all.push(by(
        "cn-graduate-white",
        shot(
            "a dark shirt on white, by the white standard",
            "",
            &[],
            || on([255; 3]),
        ),
    ));
    all.push(by(
        "icao",
        shot(
            "a dark shirt on light grey, by icao",
            "",
            &[("resolution", ICAO_EYES)],
            || on([225; 3]),
        ),
    ));
    all
}

/// A dark shirt on another backdrop.
fn on(backdrop: [u8; 3]) -> RgbImage {
    let dark = Sitter::new().wearing([90, 90, 95]);
    sober(&dark.painted(|s| (s.kind == Kind::Background).then_some(backdrop)))
}

/// One fault each.
pub fn faulty() -> Vec<Shot> {
    [
        of_the_frame(),
        persons::of_the_pose(),
        of_the_light(),
        of_the_focus(),
        of_the_background(),
        persons::of_the_face(),
        persons::of_the_clothes(),
        persons::of_the_hair(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_the_frame() -> Vec<Shot> {
    vec![
        shot(
            "an empty backdrop",
            "no-face",
            &[
                ("blurred", WHOLE_FRAME),
                ("low-contrast", WHOLE_FRAME),
                ("resolution", WHOLE_FRAME),
            ],
            || RgbImage::from_pixel(810, 990, image::Rgb(BLUE)),
        ),
        shot(
            "a second face, half as wide",
            "many-faces",
            &[(
                "background-object",
                "the face is a thing in the background too",
            )],
            with_second_face,
        ),
        shot(
            "cut through a cheek",
            "face-cut",
            &[
                ("blurred", MESH),
                ("ears-covered", "an ear is cut off"),
                ("resolution", "the face is narrower, being cut"),
            ],
            || cropped([0.42, 0.0, 1.0, 1.0]),
        ),
        shot("cut above the hair", "position", &[], || {
            cropped([0.0, 0.1, 1.0, 1.0])
        }),
        shot(
            "scaled to 40 %",
            "resolution",
            &[("blurred", "enlarged to the portrait, the eyes are soft")],
            || {
                let (w, h) = BASE.picture.dimensions();
                imageops::resize(
                    &BASE.picture,
                    w * 2 / 5,
                    h * 2 / 5,
                    imageops::FilterType::Triangle,
                )
            },
        ),
        Shot {
            file: Box::new(|| {
                let mut file = light::file(&BASE.picture);
                file.truncate(file.len() / 2);
                file
            }),
            ..shot("half of a file", "unreadable", &[], RgbImage::default)
        },
    ]
}

/// The part of the portrait between these shares of its width and height.
fn cropped([left, top, right, bottom]: [f32; 4]) -> RgbImage {
    let (w, h) = BASE.picture.dimensions();
    let at = |share: f32, of: u32| (share * of as f32) as u32;
    let (x, y) = (at(left, w), at(top, h));
    imageops::crop_imm(&BASE.picture, x, y, at(right, w) - x, at(bottom, h) - y).to_image()
}

fn with_second_face() -> RgbImage {
    let mut picture = BASE.picture.clone();
    let face = BASE.geometry.faces[0];
    let (x, y) = (face.x.max(0.0) as u32, face.y.max(0.0) as u32);
    let part = imageops::crop_imm(&picture, x, y, face.width as u32, face.height as u32).to_image();
    let (w, h) = (part.width() / 2, part.height() / 2);
    let small = imageops::resize(&part, w, h, imageops::FilterType::Triangle);
    imageops::replace(&mut picture, &small, 20, 60);
    picture
}

fn of_the_light() -> Vec<Shot> {
    vec![
        shot(
            "2.5 stops less light",
            "under-exposed",
            &[("background-colour", "the backdrop has less light too")],
            || light::exposed(&BASE.picture, -2.5),
        ),
        shot(
            "1.5 stops more light",
            "over-exposed",
            &[
                ("background-colour", CLIPPED),
                ("skin-colour", CLIPPED),
                ("shoulders-bare", CLIPPED),
                ("ears-covered", CLIPPED),
            ],
            || light::exposed(&BASE.picture, 1.5),
        ),
        shot(
            "2.8 stops from one side to the other",
            "uneven-light",
            &[
                ("background-uneven", RAMP),
                ("background-shadow", RAMP),
                ("ears-covered", RAMP),
                ("shine", "the lit half is far above the rest"),
            ],
            || light::one_sided(&BASE, 2.8),
        ),
        shot(
            "the same the other way",
            "uneven-light",
            &[
                ("background-colour", RAMP),
                ("background-uneven", RAMP),
                ("background-shadow", RAMP),
                ("over-exposed", "the lit half burns out"),
            ],
            || light::one_sided(&BASE, -2.8),
        ),
        shot(
            "four shining spots of 0.35 eye distances",
            "shine",
            &[
                ("over-exposed", "so much of the face is white"),
                ("hair-over-eyes", SPOTS),
                ("ears-covered", SPOTS),
            ],
            || {
                let spots = [151, 280, 50, mesh::CHIN].map(|i| BASE.geometry.landmarks[i]);
                let radius = 0.35 * BASE.eye_distance();
                spots.iter().fold(BASE.picture.clone(), |p, spot| {
                    light::glaring(&p, *spot, radius, 0.5)
                })
            },
        ),
        shot(
            "a blue cast of 50 %",
            "skin-colour",
            &[("clothes-colour", "the white shirt is blue")],
            || light::lit(&BASE.picture, |_, _| [0.5, 1.0, 1.5]),
        ),
    ]
}

fn of_the_focus() -> Vec<Shot> {
    vec![
        shot(
            "blurred by 6 pixels",
            "blurred",
            &[("head-covered", "hair without strands is as even as cloth")],
            || imageops::blur(&BASE.picture, 6.0),
        ),
        shot(
            "moved by 20 pixels sideways",
            "motion-blur",
            &[
                ("blurred", "it is"),
                ("mouth-open", MESH),
                ("ornament", SMEAR),
            ],
            || light::dragged(&BASE.picture, 20, (1, 0)),
        ),
        shot(
            "moved by 28 pixels upwards",
            "motion-blur",
            &[
                ("blurred", "it is"),
                ("head-covered", "hair without strands is as even as cloth"),
                ("mouth-open", MESH),
                ("roll", MESH),
            ],
            || light::dragged(&BASE.picture, 28, (0, 1)),
        ),
        shot(
            "noise of 20 levels",
            "noisy",
            &[
                ("background-uneven", NOISE),
                ("clothes-pattern", NOISE),
                ("ears-covered", NOISE),
            ],
            || light::noisy(&BASE.picture, 20.0),
        ),
        shot(
            "saved again from quality 12",
            "compressed",
            &[("blurred", "blocks took the detail")],
            || {
                let crushed = judging::file_of_quality(&BASE.picture, 12);
                image::load_from_memory(&crushed).unwrap().to_rgb8()
            },
        ),
    ]
}

fn of_the_background() -> Vec<Shot> {
    vec![
        shot(
            "white instead of blue",
            "background-colour",
            &[("clothes-contrast", "the shirt is white")],
            || BASE.before(|_, _| [255; 3]),
        ),
        shot("red instead of blue", "background-colour", &[], || {
            BASE.before(|_, _| [215, 68, 50])
        }),
        shot("1.4 stops across", "background-uneven", &[], || {
            backdrop::across(&BASE, 1.4)
        }),
        shot(
            "1.4 stops upwards",
            "background-uneven",
            &[("background-colour", "half of it is another colour")],
            || backdrop::down(&BASE, 1.4),
        ),
        shot("checks of 40 levels", "background-uneven", &[], || {
            backdrop::checked(&BASE, 40.0)
        }),
        shot(
            "a soft shadow of 45 % on the right",
            "background-shadow",
            &[],
            || backdrop::shadowed(&BASE, 0.55, 0.45, 0.5),
        ),
        shot(
            "a hard shadow of 45 % on the left",
            "background-shadow",
            &[],
            || backdrop::shadowed(&BASE, -0.55, 0.45, 0.15),
        ),
        shot("a dark thing", "background-object", &[], || {
            backdrop::with_thing(&BASE, 1.0, -2.4, [40, 40, 45])
        }),
        shot("a white thing", "background-object", &[], || {
            backdrop::with_thing(&BASE, 1.0, -2.4, [250; 3])
        }),
        shot("a red thing", "background-object", &[], || {
            backdrop::with_thing(&BASE, 1.0, 2.4, [200, 40, 40])
        }),
    ]
}
