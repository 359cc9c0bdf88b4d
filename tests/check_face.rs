//! Eyes, mouth, shoulders and glasses, on both sides of their limits: one portrait, changed in one respect.
//!
//! The portrait is made of the astronaut's (tests/data): cut out, set on plain light blue, the lips closed, and the
//! body below the chin mirrored, so that its shoulders are level by construction.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/face.rs"]
mod face;
#[path = "workshop/judging.rs"]
mod judging;
#[path = "workshop/warp.rs"]
mod warp;

use face::*;
use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};
use judging::{measured as value, severity};
use shutterline::check::face::mesh;
use shutterline::model::{MeasureState, Report, Severity};

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
    let pictures = shares.map(|share| blinking(base(), share));
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

#[test]
fn a_broad_smile_warns_and_never_rejects() {
    let smiles = [1.0, 0.7, 0.5, 0.3, 0.0].map(|share| sobered(smiling(), share));
    let told = series("expression", "expression", smiles.to_vec());
    never_better(&told);
    assert_eq!((told[0].1, told[4].1), (None, Some(Severity::Warn)));
}

#[test]
fn eyes_that_look_aside_are_told_with_the_side() {
    let told = series(
        "gaze",
        "gaze",
        [0.0, 2.0, 4.0, 6.0].map(|mm| looking(base(), mm)).to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert!(told[3].1.is_some(), "{told:?}");
    let other = judge(&looking(base(), -6.0));
    assert!(value(&other, "gaze") < -10.0);
    let reason = other.reasons.iter().find(|r| r.id == "gaze").unwrap();
    assert!(reason.en.contains("right") && reason.zh.contains("右"));
}

#[test]
fn red_pupils_are_told() {
    let told = series(
        "red-eye",
        "red-eye",
        [0.0, 0.1, 0.3, 0.6, 1.0]
            .map(|share| red_eyed(base(), share))
            .to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[4].1, Some(Severity::Reject));
}

#[test]
fn slanted_shoulders_are_told_in_degrees() {
    let angles = [0.0, 2.0, 7.0, 21.0];
    let told = series(
        "shoulders",
        "shoulders",
        angles.map(|angle| slanted(base(), angle)).to_vec(),
    );
    never_better(&told);
    for (angle, (told, _)) in angles.iter().zip(&told) {
        // At the steep end one shoulder's outer part leaves the columns that are compared.
        let slack = 2.0 + f64::from(*angle) / 8.0;
        assert!((told - f64::from(*angle)).abs() < slack, "{angle}: {told}");
    }
    assert_eq!(told[1].1, None);
    assert_eq!(told[2].1, Some(Severity::Warn));
    assert_eq!(told[3].1, Some(Severity::Reject));
    let other = judge(&slanted(base(), -7.0));
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

#[test]
fn a_dark_frame_around_the_eyes_is_seen_and_no_fault() {
    let told = series(
        "glasses",
        "glasses-frame",
        vec![base().picture.clone(), framed(base())],
    );
    assert!(told[0].0 < 0.35 && told[1].0 > 0.35);
    assert_eq!(told[1].1, None, "it covers nothing");
}

#[test]
fn a_dark_bar_across_the_irises_is_told() {
    let told = series(
        "glasses-frame",
        "glasses-frame",
        [0.0, 0.03, 0.06, 0.1, 0.15]
            .map(|thick| barred(base(), thick))
            .to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[4].1, Some(Severity::Reject));
}

#[test]
fn a_bright_spot_is_a_fault_when_it_is_larger_than_a_lamp_on_a_bare_eye() {
    let told = series(
        "glasses-glare",
        "glasses-glare",
        [0.0, 0.2, 0.45, 0.7, 1.1]
            .map(|share| spotted(base(), share))
            .to_vec(),
    );
    never_better(&told);
    assert_eq!((told[0].1, told[1].1), (None, None), "a catchlight is none");
    assert!(told[3].1.is_some() && told[4].1 == Some(Severity::Reject));
}

#[test]
fn a_reflection_beside_the_eye_warns_where_a_frame_is_seen() {
    let told = series(
        "glasses-lens-glare",
        "glasses-glare",
        [0.0, 0.5, 1.0]
            .map(|share| reflecting(base(), share))
            .to_vec(),
    );
    never_better(&told);
    assert_eq!(told[0].1, None);
    assert_eq!(told[2].1, Some(Severity::Warn));
}

#[test]
fn tinted_lenses_are_told_by_darkness_and_by_colour() {
    let dark = [1.0, 0.85, 0.6, 0.4, 0.2].map(|t| behind_lenses(base(), [t; 3]));
    let told = series("glasses-tinted", "glasses-tinted", dark.to_vec());
    never_better(&told.iter().map(|t| (-t.0, t.1)).collect::<Vec<_>>());
    assert_eq!((told[0].1, told[1].1), (None, None));
    assert!(told[2].1.is_some());
    assert_eq!(told[4].1, Some(Severity::Reject));
    let blue = [1.0, 0.8, 0.6].map(|t| behind_lenses(base(), [t, t.sqrt(), 1.0]));
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

#[test]
fn eyes_that_look_up_or_down_read_so() {
    let told = series(
        "gaze-height",
        "gaze",
        [-4.0, -2.0, 0.0, 2.0, 4.0]
            .map(|mm| looking_down(base(), mm))
            .to_vec(),
    );
    let values = told.iter().map(|t| t.0).collect::<Vec<_>>();
    assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
    assert_eq!(told[2].1, None);
}
