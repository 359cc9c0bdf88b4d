//! Eyes, mouth, shoulders and glasses, on both sides of their limits: one portrait, changed in one respect.
//!
//! The portrait is made of the astronaut's (tests/data): cut out, set on plain light blue, the lips closed, and the
//! body below the chin mirrored, so that its shoulders are level by construction.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/judging.rs"]
mod judging;
#[path = "workshop/warp.rs"]
mod warp;

use image::imageops::{FilterType, crop_imm, resize};
use image::{Rgb, RgbImage};
use judging::{file_of_quality, judge_file, measured as value, severity};
use shutterline::check::face::mesh;
use shutterline::model::{Geometry, MeasureState, Report, Severity};
use std::sync::OnceLock;
use warp::Place;

/// How many times larger than in the astronaut's picture she is.
const LARGER: u32 = 3;
const BACKDROP: [u8; 3] = [100, 197, 255];

fn judge(picture: &RgbImage) -> Report {
    judge_file(&file_of_quality(picture, 95), "cn-graduate-blue")
}

struct Portrait {
    picture: RgbImage,
    geometry: Geometry,
}

impl Portrait {
    fn of(picture: RgbImage) -> Self {
        let geometry = judge(&picture).geometry.unwrap();
        Portrait { picture, geometry }
    }

    fn at(&self, index: usize) -> Place {
        let p = self.geometry.landmarks[index];
        [p.x, p.y]
    }

    fn chin(&self) -> Place {
        self.at(mesh::CHIN)
    }

    /// From the middle between the eyes to the chin.
    fn unit(&self) -> f32 {
        let [right, left] = self.geometry.eyes.unwrap();
        let middle = [(right.x + left.x) / 2.0, (right.y + left.y) / 2.0];
        apart(middle, self.chin())
    }

    /// Pixels from the centre of an iris to its rim.
    fn iris_radius(&self, iris: usize) -> f32 {
        apart(self.at(iris + 1), self.at(iris + 3)) / 2.0
    }

    /// Upper and lower rim of an opening whose landmarks run around it, from the image's left to its right.
    fn rims(&self, around: &[usize]) -> [Vec<Place>; 2] {
        let half = around.len() / 2;
        let upper = around[..=half].iter().map(|&i| self.at(i)).collect();
        let back = around[half..].iter().chain([&around[0]]);
        let lower = back.map(|&i| self.at(i)).collect();
        [upper, lower].map(|mut line: Vec<Place>| {
            line.sort_by(|a, b| a[0].total_cmp(&b[0]));
            line
        })
    }

    /// The same with the lids of an eye that far open, of what they are.
    fn lids(&self, around: &[usize; 16], share: f32) -> RgbImage {
        let [upper, lower] = self.rims(around);
        // The upper lid closes over the eye, the lower one stays.
        warp::reopened(
            &self.picture,
            &upper,
            &lower,
            (share, 0.95, self.unit() * 0.2),
        )
    }

    /// The same with the lips that far open, of what they are.
    fn lips(&self, share: f32) -> RgbImage {
        let [upper, lower] = self.rims(&mesh::LIPS_INNER);
        warp::reopened(
            &self.picture,
            &upper,
            &lower,
            (share, 0.4, self.unit() * 0.3),
        )
    }
}

fn apart(a: Place, b: Place) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The astronaut's head and shoulders on the plain backdrop, smiling as she does.
fn smiling() -> &'static Portrait {
    static SMILING: OnceLock<Portrait> = OnceLock::new();
    SMILING.get_or_init(|| {
        let all = image::load_from_memory(include_bytes!("data/astronaut.jpg")).unwrap();
        let part = crop_imm(&all.to_rgb8(), 92, 0, 260, 340).to_image();
        let (width, height) = (part.width() * LARGER, part.height() * LARGER);
        let large = resize(&part, width, height, FilterType::CatmullRom);
        let person = judge(&large).geometry.unwrap().person.unwrap();
        let cell = |x: u32, cells: u16, size: u32| (x * u32::from(cells) / size) as u16;
        let is_person = |x: u32, y: u32| {
            let row = &person.rows[usize::from(cell(y, person.height, height))];
            let column = cell(x, person.width, width);
            row.iter()
                .any(|[first, end]| (*first..*end).contains(&column))
        };
        let cut = RgbImage::from_fn(width, height, |x, y| {
            if is_person(x, y) {
                *large.get_pixel(x, y)
            } else {
                Rgb(BACKDROP)
            }
        });
        Portrait::of(levelled(&Portrait::of(cut)))
    })
}

/// The body below the chin, mirrored from the image's left half.
fn levelled(portrait: &Portrait) -> RgbImage {
    let [middle, chin] = portrait.chin();
    warp::warped(&portrait.picture, |[x, y]| {
        if y > chin && x > middle {
            [2.0 * middle - x, y]
        } else {
            [x, y]
        }
    })
}

/// The portrait that keeps every rule that is tested here.
fn base() -> &'static Portrait {
    static BASE: OnceLock<Portrait> = OnceLock::new();
    BASE.get_or_init(|| {
        let closed = Portrait {
            picture: smiling().lips(0.02),
            geometry: smiling().geometry.clone(),
        };
        Portrait::of(sobered(&closed, 1.0))
    })
}

/// A measure's value, and its score.
/// What is told of each picture: the values and the severities of the reason. They are printed for whoever asks with
/// --nocapture, and with them the other reasons of this page, which are its confusions.
fn series(name: &str, id: &str, pictures: Vec<RgbImage>) -> Vec<(f64, Option<Severity>)> {
    let reports = pictures.iter().map(judge).collect::<Vec<_>>();
    let told = told_of(&reports, name, id);
    let others = reports.iter().map(|report| {
        let ids = report.reasons.iter().map(|r| r.id.as_str());
        ids.filter(|i| *i != id && IDS.contains(i))
            .collect::<Vec<_>>()
    });
    println!("confused with {id}: {:?}", others.collect::<Vec<_>>());
    told
}

fn told_of(reports: &[Report], name: &str, id: &str) -> Vec<(f64, Option<Severity>)> {
    let told = reports.iter().map(|r| (value(r, name), severity(r, id)));
    let told = told.collect::<Vec<_>>();
    println!("{name}: {told:?}");
    told
}

#[track_caller]
fn never_better(told: &[(f64, Option<Severity>)]) {
    let worse = told
        .windows(2)
        .all(|t| t[0].0 <= t[1].0 && t[0].1 <= t[1].1);
    assert!(worse, "more of the fault read better: {told:?}");
}

const IDS: [&str; 9] = [
    "eyes-closed",
    "gaze",
    "red-eye",
    "mouth-open",
    "expression",
    "shoulders",
    "glasses-tinted",
    "glasses-glare",
    "glasses-frame",
];

#[test]
fn the_portrait_without_a_fault_has_no_reason() {
    let report = judge(&base().picture);
    let found = report
        .reasons
        .iter()
        .filter(|r| IDS.contains(&r.id.as_str()));
    let found = found.map(|r| &r.en).collect::<Vec<_>>();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn lids_that_close_are_told() {
    let shares = [1.0, 0.7, 0.5, 0.3, 0.05];
    let pictures = shares.map(|share| {
        let right = base().lids(&mesh::RIGHT_EYE, share);
        Portrait {
            picture: right,
            geometry: base().geometry.clone(),
        }
        .lids(&mesh::LEFT_EYE, share)
    });
    let reports = pictures.iter().map(judge).collect::<Vec<_>>();
    let of = |name: &str| told_of(&reports, name, "eyes-closed");
    of("blink");
    let told = of("eyes-open");
    never_better(&told.iter().map(|t| (-t.0, t.1)).collect::<Vec<_>>());
    let both = of("eyes-closed");
    never_better(&both);
    assert_eq!(both[1].1, None, "{both:?}");
    assert_eq!(both[4].1, Some(Severity::Reject), "{both:?}");
}

#[test]
fn a_wink_warns_and_the_eye_is_named() {
    let winks = [1.0, 0.6, 0.3, 0.05].map(|share| base().lids(&mesh::LEFT_EYE, share));
    let told = series("eyes-alike", "eyes-closed", winks.to_vec());
    // The first two differ by the mesh's noise alone.
    assert!(told[1..].windows(2).all(|t| t[0].0 >= t[1].0), "{told:?}");
    assert_eq!((told[0].1, told[3].1), (None, Some(Severity::Warn)));
    let report = judge(&winks[3]);
    let reason = report.reasons.iter().find(|r| r.id == "eyes-closed");
    let reason = reason.unwrap();
    assert!(reason.en.contains("left eye") && reason.zh.contains("左眼"));
}

#[test]
fn lips_that_part_are_told() {
    let pictures = [0.02, 0.2, 0.4, 0.7, 1.0, 1.6].map(|share| smiling().lips(share));
    let told = series("mouth-closed", "mouth-open", pictures.to_vec());
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[4].1, Some(Severity::Reject), "teeth show");
    assert_eq!(told[5].1, Some(Severity::Reject));
}

/// The corners of the mouth drawn down and in, by a share of what makes the smile go.
fn sobered(portrait: &Portrait, share: f32) -> RgbImage {
    let unit = portrait.unit();
    let corners = [(61, 1.0), (291, -1.0)].map(|(i, inwards)| (portrait.at(i), inwards));
    warp::warped(&portrait.picture, |[x, y]| {
        let mut from = [x, y];
        for (corner, inwards) in corners {
            let away = apart([x, y], corner) / (unit * 0.22);
            let pull = share * unit * (-away * away).exp();
            from[0] -= inwards * pull * 0.06;
            from[1] -= pull * 0.12;
        }
        from
    })
}

#[test]
fn a_broad_smile_warns_and_never_rejects() {
    let smiles = [1.0, 0.7, 0.5, 0.3, 0.0].map(|share| sobered(smiling(), share));
    let told = series("expression", "expression", smiles.to_vec());
    never_better(&told);
    assert_eq!((told[0].1, told[4].1), (None, Some(Severity::Warn)));
}

/// The irises moved by so many millimetres to the image's right.
fn looking(aside: f32) -> RgbImage {
    let base = base();
    let eyes = [
        (&mesh::RIGHT_EYE, mesh::RIGHT_IRIS),
        (&mesh::LEFT_EYE, mesh::LEFT_IRIS),
    ];
    let moved = |picture: &RgbImage, (rim, iris): (&[usize; 16], usize)| {
        let corners = rim.map(|i| base.at(i));
        let ends = [
            corners[0][0].min(corners[8][0]),
            corners[0][0].max(corners[8][0]),
        ];
        let (x, radius) = (base.at(iris)[0], base.iris_radius(iris) * 1.05);
        let by = aside / 11.7 * 2.0 * base.iris_radius(iris);
        warp::warped(picture, |place| {
            if !warp::within(&corners, place) {
                return place;
            }
            let knots = [
                (ends[0], ends[0]),
                (x - radius + by, x - radius),
                (x + radius + by, x + radius),
                (ends[1], ends[1]),
            ];
            [warp::through(&knots, place[0]), place[1]]
        })
    };
    let right = moved(&base.picture, eyes[0]);
    moved(&right, eyes[1])
}

#[test]
fn eyes_that_look_aside_are_told_with_the_side() {
    let told = series("gaze", "gaze", [0.0, 2.0, 4.0, 6.0].map(looking).to_vec());
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert!(told[3].1.is_some(), "{told:?}");
    let other = judge(&looking(-6.0));
    assert!(value(&other, "gaze") < -10.0);
    let reason = other.reasons.iter().find(|r| r.id == "gaze").unwrap();
    assert!(reason.en.contains("right") && reason.zh.contains("右"));
}

#[test]
fn red_pupils_are_told() {
    let red = |share: f32| {
        let base = base();
        let pupil = |picture: &RgbImage, iris| {
            let disc = warp::disc(base.at(iris), base.iris_radius(iris) * 0.45);
            warp::painted(picture, [190, 40, 45], |place| disc(place).min(1.0) * share)
        };
        let right = pupil(&base.picture, mesh::RIGHT_IRIS);
        pupil(&right, mesh::LEFT_IRIS)
    };
    let told = series(
        "red-eye",
        "red-eye",
        [0.0, 0.1, 0.3, 0.6, 1.0].map(red).to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[4].1, Some(Severity::Reject));
}

/// The body below the chin sheared, so that the shoulders slant by that angle, the student's left one down.
fn slanted(degrees: f32) -> RgbImage {
    let base = base();
    let ([middle, chin], unit) = (base.chin(), base.unit());
    warp::warped(&base.picture, |[x, y]| {
        let share = ((y - chin) / (unit * 0.1)).clamp(0.0, 1.0);
        [x, y - (x - middle) * degrees.to_radians().tan() * share]
    })
}

#[test]
fn slanted_shoulders_are_told_in_degrees() {
    let angles = [0.0, 2.0, 7.0, 21.0];
    let told = series("shoulders", "shoulders", angles.map(slanted).to_vec());
    never_better(&told);
    for (angle, (told, _)) in angles.iter().zip(&told) {
        // At the steep end one shoulder's outer part leaves the columns that are compared.
        let slack = 2.0 + f64::from(*angle) / 8.0;
        assert!((told - f64::from(*angle)).abs() < slack, "{angle}: {told}");
    }
    assert_eq!(told[1].1, None);
    assert_eq!(told[2].1, Some(Severity::Warn));
    assert_eq!(told[3].1, Some(Severity::Reject));
    let other = judge(&slanted(-7.0));
    assert!((value(&other, "shoulders") + 7.0).abs() < 2.0);
    let reason = other.reasons.iter().find(|r| r.id == "shoulders").unwrap();
    assert!(reason.en.contains("right shoulder"), "{reason:?}");
}

#[test]
fn shoulders_beyond_the_edge_or_behind_hair_are_not_measured() {
    let base = base();
    let unmeasured = |picture: &RgbImage| {
        let report = judge(picture);
        let measure = report
            .measures
            .iter()
            .find(|m| m.name == "shoulders")
            .unwrap();
        matches!(measure.state, MeasureState::NotMeasured { .. })
    };
    let chin = base.chin();
    let head = crop_imm(
        &base.picture,
        0,
        0,
        base.picture.width(),
        chin[1] as u32 + 40,
    );
    assert!(unmeasured(&head.to_image()));
    // Long dark hair on both sides, down to the lower edge.
    let height = base.picture.height() as f32;
    let mut picture = base.picture.clone();
    for side in [-1.0, 1.0] {
        let centre = [chin[0] + side * base.unit() * 1.25, height - 500.0];
        picture = warp::painted(
            &picture,
            [40, 30, 25],
            warp::bar(centre, [base.unit() * 0.75, 700.0]),
        );
    }
    assert!(unmeasured(&picture));
}

const EYES: [usize; 2] = [mesh::RIGHT_IRIS, mesh::LEFT_IRIS];

/// A black frame: the rim of a lens around each eye, and a bridge.
fn framed(picture: &RgbImage) -> RgbImage {
    let base = base();
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let mut picture = picture.clone();
    for iris in EYES {
        let centre = base.at(iris);
        let outer = warp::bar(centre, [0.44 * distance, 0.36 * distance]);
        let inner = warp::bar(centre, [0.39 * distance, 0.31 * distance]);
        let rim = |place: Place| outer(place).max(0.0) - inner(place).max(0.0);
        picture = warp::painted(&picture, [20, 20, 22], rim);
    }
    let [right, left] = EYES.map(|i| base.at(i));
    let bridge = [
        (right[0] + left[0]) / 2.0,
        (right[1] + left[1]) / 2.0 - 0.05 * distance,
    ];
    warp::painted(
        &picture,
        [20, 20, 22],
        warp::bar(bridge, [0.1 * distance, 0.025 * distance]),
    )
}

#[test]
fn a_dark_frame_around_the_eyes_is_seen_and_no_fault() {
    let told = series(
        "glasses",
        "glasses-frame",
        vec![base().picture.clone(), framed(&base().picture)],
    );
    assert!(told[0].0 < 0.35 && told[1].0 > 0.35);
    assert_eq!(told[1].1, None, "it covers nothing");
}

#[test]
fn a_dark_bar_across_the_irises_is_told() {
    let base = base();
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let barred = |thick: f32| {
        let [right, left] = EYES.map(|i| base.at(i));
        let middle = [(right[0] + left[0]) / 2.0, (right[1] + left[1]) / 2.0];
        let bar = warp::bar(middle, [distance, distance * thick / 2.0]);
        warp::painted(&base.picture, [25, 22, 22], |place| {
            bar(place) * f32::from(thick > 0.0)
        })
    };
    let told = series(
        "glasses-frame",
        "glasses-frame",
        [0.0, 0.03, 0.06, 0.1, 0.15].map(barred).to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[4].1, Some(Severity::Reject));
}

#[test]
fn a_bright_spot_is_a_fault_when_it_is_larger_than_a_lamp_on_a_bare_eye() {
    let base = base();
    let spots = |share: f32| {
        let spot = |picture: &RgbImage, iris| {
            let disc = warp::disc(base.at(iris), base.iris_radius(iris) * share);
            warp::painted(picture, [250, 252, 255], |place| {
                disc(place) * f32::from(share > 0.0)
            })
        };
        spot(&base.picture, EYES[0])
    };
    let told = series(
        "glasses-glare",
        "glasses-glare",
        [0.0, 0.2, 0.45, 0.7, 1.1].map(spots).to_vec(),
    );
    never_better(&told);
    assert_eq!((told[0].1, told[1].1), (None, None), "a catchlight is none");
    assert!(told[3].1.is_some() && told[4].1 == Some(Severity::Reject));
}

#[test]
fn a_reflection_beside_the_eye_warns_where_a_frame_is_seen() {
    let base = base();
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let lit = |share: f32| {
        let [x, y] = base.at(EYES[1]);
        let spot = warp::bar([x, y + 0.2 * distance], [0.2 * distance, 0.06 * distance]);
        warp::painted(&framed(&base.picture), [250, 252, 255], |place| {
            spot(place) * share
        })
    };
    let told = series(
        "glasses-lens-glare",
        "glasses-glare",
        [0.0, 0.5, 1.0].map(lit).to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[2].1, Some(Severity::Warn));
}

/// Lenses that let that share of each channel through, which light passes twice.
fn behind_lenses(through: [f32; 3]) -> RgbImage {
    let base = base();
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let lens = EYES.map(|i| warp::disc(base.at(i), 0.42 * distance));
    warp::mixed(
        &base.picture,
        |place| lens[0](place).max(lens[1](place)),
        |rgb| {
            // Linear light, at the plain gamma of 2.2.
            std::array::from_fn(|i| (f32::from(rgb[i]) * through[i].powf(2.0 / 2.2)) as u8)
        },
    )
}

#[test]
fn tinted_lenses_are_told_by_darkness_and_by_colour() {
    let dark = [1.0, 0.85, 0.6, 0.4, 0.2].map(|t| behind_lenses([t; 3]));
    let told = series("glasses-tinted", "glasses-tinted", dark.to_vec());
    never_better(&told.iter().map(|t| (-t.0, t.1)).collect::<Vec<_>>());
    assert_eq!((told[0].1, told[1].1), (None, None));
    assert!(told[2].1.is_some());
    assert_eq!(told[4].1, Some(Severity::Reject));
    let blue = [1.0, 0.8, 0.6].map(|t| behind_lenses([t, t.sqrt(), 1.0]));
    let told = series("glasses-tint-colour", "glasses-tinted", blue.to_vec());
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[2].1, Some(Severity::Warn));
}

#[test]
fn what_an_iris_of_few_pixels_cannot_tell_is_not_measured() {
    let whole = &base().picture;
    let (width, height) = (whole.width() / 4, whole.height() / 4);
    let report = judge(&resize(whole, width, height, FilterType::Triangle));
    for name in [
        "red-eye",
        "glasses",
        "glasses-tinted",
        "glasses-glare",
        "glasses-frame",
    ] {
        let measure = report.measures.iter().find(|m| m.name == name).unwrap();
        let MeasureState::NotMeasured { why } = &measure.state else {
            panic!("{name} was measured on an iris of six pixels");
        };
        assert!(why.contains("too few pixels"), "{name}: {why}");
    }
    assert!(value(&report, "eyes-open") > 0.035);
}

/// What is between the lids moved down by so many millimetres, the lids where they were.
fn looking_down(by: f32) -> RgbImage {
    let base = base();
    let mut picture = base.picture.clone();
    for (rim, iris) in [(&mesh::RIGHT_EYE, EYES[0]), (&mesh::LEFT_EYE, EYES[1])] {
        let corners = rim.map(|i| base.at(i));
        let pixels = by / 11.7 * 2.0 * base.iris_radius(iris);
        picture = warp::warped(&picture, |[x, y]| {
            let inside = warp::within(&corners, [x, y]);
            [x, if inside { y - pixels } else { y }]
        });
    }
    picture
}

#[test]
fn eyes_that_look_up_or_down_read_so() {
    let told = series(
        "gaze-height",
        "gaze",
        [-4.0, -2.0, 0.0, 2.0, 4.0].map(looking_down).to_vec(),
    );
    let values = told.iter().map(|t| t.0).collect::<Vec<_>>();
    assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
    assert_eq!(told[2].1, None);
}
