//! The light on the face and the colour of the skin, each on both sides of its limit.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/judging.rs"]
#[allow(dead_code)]
mod judging;
#[path = "workshop/light.rs"]
#[allow(dead_code)]
mod light;

use judging::*;
use light::*;
use shutterline::check::face::mesh;
use shutterline::model::{Point, Severity};

/// Cheeks in CIE Lab (D65) from very light to very dark, along the classes of the individual typology
/// angle (Chardon, Cretois and Hourseau, 1991; Del Bino and Bernerd, 2013): 67, 56, 44, 29, 2, -29, -51, -65
/// and -75 degrees.
const TONES: [[f32; 3]; 9] = [
    [80.0, 7.0, 13.0],
    [72.0, 9.0, 15.0],
    [67.0, 10.0, 17.5],
    [60.0, 11.0, 18.0],
    [50.6, 12.5, 18.0],
    [41.0, 12.0, 16.0],
    [35.0, 10.0, 12.0],
    [28.0, 8.0, 10.0],
    [24.0, 6.0, 7.0],
];

#[test]
fn the_base_has_nothing_wrong_with_light_skin_focus_or_background() {
    let report = judge(&ASTRONAUT.picture);
    for id in [
        "under-exposed",
        "over-exposed",
        "low-contrast",
        "uneven-light",
        "shine",
        "skin-colour",
        "blurred",
        "motion-blur",
        "noisy",
        "compressed",
        "resolution",
        "background-colour",
        "background-uneven",
        "background-shadow",
        "background-object",
    ] {
        assert_eq!(severity(&report, id), None, "{}", words(&report, id));
    }
}

#[test]
fn less_light_is_never_better_and_two_stops_are_too_few() {
    let steps = [0.0, -0.5, -1.0, -1.5, -2.0, -2.5, -3.0];
    let pictures = steps.map(|stops| (stops, exposed(&ASTRONAUT.picture, stops)));
    let found = sweep("stops", ("face-exposure", "under-exposed"), pictures);
    assert!(found.is_sorted_by(|a, b| a.0 > b.0), "{found:?}");
    assert_worsens(&found);
    assert_eq!(found[2].1, None, "one stop is no fault yet");
    assert_eq!(found[3].1, Some(Severity::Warn));
    assert_eq!(found[4].1, Some(Severity::Reject));
    let stops = found[0].0 - found[4].0;
    assert!((stops - 2.0).abs() < 0.15, "two stops read as {stops}");
}

#[test]
fn more_light_is_never_better_and_a_stop_is_too_much() {
    let steps = [0.0, 0.5, 1.0, 1.5];
    let pictures = steps.map(|stops| (stops, exposed(&ASTRONAUT.picture, stops)));
    let found = sweep("stops", ("over-exposure", "over-exposed"), pictures);
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    assert_eq!(found[2].1, Some(Severity::Reject));
}

#[test]
fn skin_of_any_tone_in_good_light_is_neither_too_dark_nor_of_a_wrong_colour() {
    for tone in TONES {
        let picture = ASTRONAUT.toned(tone);
        let report = judge(&picture);
        println!(
            "tone {tone:?}: face-exposure {:?}, under-exposure {:?}, natural-colour {:?}",
            value(&report, "face-exposure"),
            value(&report, "under-exposure"),
            value(&report, "natural-colour"),
        );
        for id in [
            "under-exposed",
            "over-exposed",
            "low-contrast",
            "skin-colour",
            "shine",
        ] {
            assert_eq!(
                severity(&report, id),
                None,
                "{tone:?}: {}",
                words(&report, id)
            );
        }
        // Where the light really is too little, the tone is no excuse either.
        let dark = judge(&exposed(&picture, -2.5));
        let told = severity(&dark, "under-exposed");
        assert_eq!(told, Some(Severity::Reject), "{tone:?}");
    }
    // What the public formula says of the darkest, and why it holds nothing against a frame here.
    let darkest = judge(&ASTRONAUT.toned(TONES[8]));
    assert!(value(&darkest, "under-exposure").unwrap() > 0.92);
}

#[test]
fn one_sided_light_is_told_with_its_darker_side() {
    for (sign, side) in [(1.0f32, "right"), (-1.0, "left")] {
        let pictures =
            [0.0, 0.7, 1.4, 2.1, 2.8].map(|s| (s * sign, one_sided(&ASTRONAUT, s * sign)));
        let found = sweep("ramp", ("light-balance", "uneven-light"), pictures);
        assert_worsens(&found);
        let tilt = found.iter().map(|f| f.0 * f64::from(sign));
        assert!(tilt.collect::<Vec<_>>().is_sorted(), "{found:?}");
        let report = judge(&one_sided(&ASTRONAUT, 2.4 * sign));
        let said = words(&report, "uneven-light");
        assert!(
            said.contains(&format!("the student's {side} side")),
            "{said}"
        );
    }
}

#[test]
fn what_shines_is_told_with_its_place() {
    let at = |i: usize| ASTRONAUT.geometry.landmarks[i];
    let apart = ASTRONAUT.eye_distance();
    let forehead = {
        let (top, brows) = (at(mesh::FOREHEAD), at(mesh::GLABELLA));
        Point {
            x: (top.x + brows.x) / 2.0,
            y: (2.0 * top.y + 3.0 * brows.y) / 5.0,
        }
    };
    for (place, centre) in [
        ("forehead", forehead),
        ("cheeks", at(280)),
        ("nose", at(mesh::NOSE_TIP)),
    ] {
        let picture = glaring(&ASTRONAUT.picture, centre, 0.35 * apart, 0.5);
        let report = judge(&picture);
        let said = words(&report, "shine");
        assert!(
            said.contains(place),
            "{place}: {said} {:?}",
            value(&report, "shine")
        );
    }
    // On both cheeks and the forehead, on fair skin and on dark.
    for tone in [TONES[0], TONES[6]] {
        let base = ASTRONAUT.toned(tone);
        let pictures = [0.0, 0.2, 0.35, 0.5].map(|radius| {
            let spots = [forehead, at(280), at(50), at(mesh::CHIN)];
            let picture = spots.iter().fold(base.clone(), |p, spot| {
                glaring(&p, *spot, (radius * apart).max(0.1), 0.5)
            });
            (radius, picture)
        });
        let found = sweep("spots", ("shine", "shine"), pictures);
        assert_rises(&found, 0.005);
        assert_worsens(&found);
    }
}

#[test]
fn a_cast_over_the_frame_shows_in_the_skin() {
    let cast = |by: f32| lit(&ASTRONAUT.picture, |_, _| [1.0 - by, 1.0, 1.0 + by]);
    let pictures = [0.0, 0.15, 0.3, 0.4, 0.5].map(|by| (by, cast(by)));
    let found = sweep("blue", ("natural-colour", "skin-colour"), pictures);
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    let report = judge(&cast(0.5));
    assert!(
        words(&report, "skin-colour").contains("blue"),
        "{:?}",
        report.reasons
    );
    let green = lit(&ASTRONAUT.picture, |_, _| [0.7, 1.15, 0.75]);
    assert!(severity(&judge(&green), "skin-colour").is_some());
    let warm = lit(&ASTRONAUT.picture, |_, _| [1.6, 1.0, 0.45]);
    assert!(severity(&judge(&warm), "skin-colour").is_some());
}
