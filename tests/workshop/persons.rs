//! The faults of the person: pose, face, clothes and hair. Pictures of `faults`, each changed in one respect.

use crate::faults::*;
use crate::light::BLUE;
use crate::{cloth, face, relief, worn};
use cloth::{Kind, Sitter};
use image::RgbImage;
use shutterline::check::face::mesh;

pub fn of_the_pose() -> Vec<Shot> {
    vec![
        shot(
            "head turned to the left, told as 11°",
            "yaw",
            &[("resolution", "a turned face is narrower")],
            || turned([20.0, 0.0, 0.0]),
        ),
        shot(
            "head turned to the right, told as 13°",
            "yaw",
            &[
                ("resolution", "a turned face is narrower"),
                ("gaze", MESH),
                ("roll", RELIEF),
                ("shoulders", "the body is turned with the head"),
            ],
            || turned([-20.0, 0.0, 0.0]),
        ),
        shot(
            "head raised, told as 16°",
            "pitch",
            &[
                ("resolution", RELIEF),
                ("ears-covered", RELIEF),
                ("hair-over-brows", RAISED),
                ("hair-over-eyes", RAISED),
            ],
            || turned([0.0, 42.0, 0.0]),
        ),
        shot(
            "head lowered, told as 22°",
            "pitch",
            &[("clothes-colour", RELIEF)],
            || turned([0.0, -20.0, 0.0]),
        ),
        shot(
            "head leant by 12° to the left",
            "roll",
            &[
                ("shoulders", "the body is turned with the head"),
                (
                    "uneven-light",
                    "the squares on the cheeks lie upright and catch brow and neck",
                ),
            ],
            || turned([0.0, 0.0, 12.0]),
        ),
        shot(
            "head leant by 12° to the right",
            "roll",
            &[("shoulders", "the body is turned with the head")],
            || turned([0.0, 0.0, -12.0]),
        ),
    ]
}

/// The portrait turned, as a relief on half of an ellipsoid. That is flatter than a head where it matters, and the mesh follows it
/// by half: the names say what was told. How exact the angles are is tried in src/check/face/truth.rs, on a better relief.
fn turned(angles: [f32; 3]) -> RgbImage {
    let base = &*SOBER;
    let all = &base.geometry.landmarks;
    let rim = mesh::OVAL.map(|i| base.at(i));
    let (left, right) = rim
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, r), p| (l.min(p[0]), r.max(p[0])));
    let (top, bottom) = rim
        .iter()
        .fold((f32::MAX, f32::MIN), |(t, b), p| (t.min(p[1]), b.max(p[1])));
    let (cx, cy) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let (a, b) = ((right - left) / 1.9, (bottom - top) / 1.9);
    let depth = |x: f32, y: f32| {
        let inside = 1.0 - ((x - cx) / a).powi(2) - ((y - cy) / b).powi(2);
        a * inside.max(0.0).sqrt()
    };
    let points = all
        .iter()
        .map(|p| [p.x, p.y, depth(p.x, p.y)])
        .collect::<Vec<_>>();
    relief::turned(&base.picture, &points, angles, BLUE)
}

pub fn of_the_face() -> Vec<Shot> {
    vec![
        shot("both eyes closed", "eyes-closed", &[], || {
            face::blinking(&SOBER, 0.05)
        }),
        shot(
            "one eye closed",
            "eyes-closed",
            &[("motion-blur", CLOSED_EYE)],
            || SOBER.lids(&mesh::LEFT_EYE, 0.05),
        ),
        shot("irises 6 mm to the left", "gaze", &[], || {
            face::looking(&SOBER, 6.0)
        }),
        shot("irises 6 mm to the right", "gaze", &[], || {
            face::looking(&SOBER, -6.0)
        }),
        shot("red pupils", "red-eye", &[], || face::red_eyed(&SOBER, 1.0)),
        shot(
            "lips wide apart",
            "mouth-open",
            &[("expression", "she smiles with it")],
            || SMILING.lips(1.6),
        ),
        shot("a broad smile, lips closed", "expression", &[], || {
            SMILING.lips(0.02)
        }),
        shot(
            "shoulders slanted by 21° to the left",
            "shoulders",
            &[],
            || face::slanted(&SOBER, 21.0),
        ),
        shot(
            "shoulders slanted by 21° to the right",
            "shoulders",
            &[],
            || face::slanted(&SOBER, -21.0),
        ),
        shot(
            "lenses that let 20 % through",
            "glasses-tinted",
            &[("hair-over-brows", LENSES), ("hair-over-eyes", LENSES)],
            || face::behind_lenses(&SOBER, [0.2; 3]),
        ),
        shot(
            "blue lenses",
            "glasses-tinted",
            &[("hair-over-brows", LENSES), ("hair-over-eyes", LENSES)],
            || face::behind_lenses(&SOBER, [0.5, 0.7, 1.0]),
        ),
        shot("a reflection over an iris", "glasses-glare", &[], || {
            face::spotted(&SOBER, 1.1)
        }),
        shot(
            "a reflection on a lens",
            "glasses-glare",
            &[("motion-blur", FRAME), ("resolution", NARROW)],
            || face::reflecting(&SOBER, 1.0),
        ),
        shot(
            "a bar of 0.15 eye distances over the irises",
            "glasses-frame",
            &[
                ("eyes-closed", "no eye is to be seen"),
                ("motion-blur", FRAME),
            ],
            || face::barred(&SOBER, 0.15),
        ),
    ]
}

pub fn of_the_clothes() -> Vec<Shot> {
    let wearing = |rgb: [u8; 3]| move || sober(&Sitter::new().wearing(rgb));
    vec![
        shot(
            "a blue shirt",
            "clothes-colour",
            &[],
            wearing([20, 60, 180]),
        ),
        shot(
            "a purple shirt",
            "clothes-colour",
            &[],
            wearing([110, 40, 150]),
        ),
        shot(
            "a yellow shirt",
            "clothes-colour",
            &[],
            wearing([240, 210, 40]),
        ),
        shot(
            "a green shirt",
            "clothes-colour",
            &[],
            wearing([30, 120, 50]),
        ),
        shot(
            "a pink shirt",
            "clothes-colour",
            &[],
            wearing([255, 182, 193]),
        ),
        shot(
            "a shirt of the backdrop's blue",
            "clothes-contrast",
            &[("clothes-colour", "it is blue")],
            wearing(BLUE),
        ),
        Shot {
            standard: "icao",
            ..shot(
                "a white shirt on light grey, by icao",
                "clothes-contrast",
                &[("resolution", ICAO_EYES)],
                || {
                    sober(
                        &Sitter::new()
                            .painted(|s| (s.kind == Kind::Background).then_some([225; 3])),
                    )
                },
            )
        },
        shot("upright stripes", "clothes-pattern", &[], || {
            sober(&worn::patterned(1.0, |u, _| worn::odd(u, 0.2)))
        }),
        shot("checks", "clothes-pattern", &[], || {
            sober(&worn::patterned(1.0, |u, v| {
                worn::odd(u, 0.35) != worn::odd(v, 0.35)
            }))
        }),
        shot("bare shoulders", "shoulders-bare", &[], || {
            sober(&worn::bare(Sitter::new(), 0.6, Sitter::skin()))
        }),
    ]
}

pub fn of_the_hair() -> Vec<Shot> {
    let fringed = |across: std::ops::Range<f32>, to: f32| {
        move || sober(&Sitter::new().painted(|s| worn::fringe(s, across.clone(), to)))
    };
    vec![
        shot("a red hat", "head-covered", &[], || {
            sober(&worn::hat([200, 30, 40], -0.62))
        }),
        shot("a grey hat", "head-covered", &[], || {
            sober(&worn::hat([128; 3], -0.62))
        }),
        shot(
            "a fringe over both brows",
            "hair-over-brows",
            &[("motion-blur", FRINGE)],
            fringed(-0.9..0.9, -0.26),
        ),
        shot(
            "hair down over the right eye",
            "hair-over-eyes",
            &[
                ("hair-over-brows", "it comes down over the brow"),
                ("motion-blur", FRINGE),
            ],
            fringed(-0.85..-0.1, 0.1),
        ),
        shot(
            "hair down over the left eye",
            "hair-over-eyes",
            &[
                ("hair-over-brows", "it comes down over the brow"),
                ("motion-blur", FRINGE),
                ("resolution", NARROW),
            ],
            fringed(0.1..0.85, 0.1),
        ),
        shot("hair over the right ear", "ears-covered", &[], || {
            sober(&worn::over_ear(-1.0, 1.0))
        }),
        shot("hair over the left ear", "ears-covered", &[], || {
            sober(&worn::over_ear(1.0, 1.0))
        }),
        shot("earrings", "ornament", &[], || {
            sober(&worn::earrings([255, 255, 250], 0.07))
        }),
        shot("a pendant", "ornament", &[], || sober(&worn::pendant())),
    ]
}
