//! The background, each fault on both sides of its limit.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/backdrop.rs"]
mod backdrop;
#[path = "workshop/judging.rs"]
#[allow(dead_code)]
mod judging;
#[path = "workshop/light.rs"]
#[allow(dead_code)]
mod light;

use backdrop::*;
use judging::*;
use light::*;
use shutterline::model::Severity;

#[test]
fn the_colour_is_told_by_the_standard() {
    let plain = |colour: [u8; 3]| ASTRONAUT.before(|_, _| colour);
    let told = |colour, standard| {
        let report = judge_file(&file(&plain(colour)), standard);
        severity(&report, "background-colour")
    };
    assert_eq!(told(BLUE, "cn-graduate-blue"), None);
    assert_eq!(told([255; 3], "cn-graduate-blue"), Some(Severity::Reject));
    assert_eq!(
        told([215, 68, 50], "cn-graduate-blue"),
        Some(Severity::Reject)
    );
    assert_eq!(told([255; 3], "cn-graduate-white"), None);
    assert_eq!(told([238; 3], "cn-graduate-white"), None);
    assert_eq!(told(BLUE, "cn-graduate-white"), Some(Severity::Reject));
    assert_eq!(told([225; 3], "icao"), None);
    // A little less light, or the camera's idea of white, is no other colour; another blue is.
    assert_eq!(told(dimmed(0.5), "cn-graduate-blue"), None);
    assert_eq!(told([116, 197, 240], "cn-graduate-blue"), None);
    assert_eq!(
        told([67, 142, 219], "cn-graduate-blue"),
        Some(Severity::Warn)
    );
    // From the reference on to green.
    let pictures = [0.0, 0.2, 0.5, 0.8, 1.0f32].map(|share| {
        let mixed = [100.0, 197.0, 255.0 - 135.0 * share].map(|c| c as u8);
        (share, plain(mixed))
    });
    let found = sweep("tint", ("background-colour", "background-colour"), pictures);
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    let report = judge(&plain([255, 255, 255]));
    let said = words(&report, "background-colour");
    assert!(
        said.contains("(255, 255, 255)") && said.contains("(100, 197, 255)"),
        "{said}"
    );
}

#[test]
fn a_standard_without_colours_has_no_wrong_one() {
    let text = include_str!("../config/standards/cn-graduate-blue.toml");
    let without = text
        .lines()
        .filter(|l| !l.starts_with("[background]") && !l.starts_with("reference-rgb"))
        .collect::<Vec<_>>()
        .join("\n");
    let standard = shutterline::check::Standard::parse(&without, "test").unwrap();
    assert!(standard.background().is_empty());
}

#[test]
fn gradients_are_told_with_their_dark_end() {
    let steps = [0.0, 0.3, 0.6, 1.0, 1.4];
    let found = sweep(
        "across",
        ("background-gradient", "background-uneven"),
        steps.map(|s| (s, across(&ASTRONAUT, s))),
    );
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    let found = sweep(
        "down",
        ("background-gradient", "background-uneven"),
        steps.map(|s| (s, down(&ASTRONAUT, s))),
    );
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    let report = judge(&across(&ASTRONAUT, 1.4));
    assert!(
        words(&report, "background-uneven").contains("right"),
        "{:?}",
        report.reasons
    );
    assert_eq!(severity(&report, "background-shadow"), None);
    assert_eq!(severity(&report, "background-object"), None);
    let report = judge(&down(&ASTRONAUT, 1.4));
    assert!(
        words(&report, "background-uneven").contains("top"),
        "{:?}",
        report.reasons
    );
}

#[test]
fn patterns_are_uneven() {
    let pictures = [0.0, 6.0, 18.0, 40.0].map(|by| (by, checked(&ASTRONAUT, by)));
    let found = sweep(
        "checks",
        ("background-uniformity", "background-uneven"),
        pictures,
    );
    assert_rises(&found, 0.0);
    assert_worsens(&found);
}

#[test]
fn a_shadow_is_told_with_its_side() {
    for (aside, soft, side) in [(0.55, 0.5, "right side"), (-0.55, 0.15, "left side")] {
        let pictures =
            [0.0, 0.06, 0.18, 0.3, 0.45].map(|d| (d, shadowed(&ASTRONAUT, aside, d, soft)));
        let found = sweep(side, ("background-shadow", "background-shadow"), pictures);
        assert_rises(&found, 0.0);
        assert_worsens(&found);
        let report = judge(&shadowed(&ASTRONAUT, aside, 0.35, soft));
        assert!(
            words(&report, "background-shadow").contains(side),
            "{:?}",
            report.reasons
        );
        assert_eq!(
            severity(&report, "background-object"),
            None,
            "a shadow is no thing"
        );
    }
}

#[test]
fn a_thing_in_the_background_is_told_with_its_side() {
    for colour in [[40, 40, 45], [250, 250, 250], [200, 40, 40]] {
        let pictures = [0.0, 0.35, 0.6, 1.0].map(|s| (s, with_thing(&ASTRONAUT, s, -2.4, colour)));
        let found = sweep(
            "thing",
            ("background-object", "background-object"),
            pictures,
        );
        assert_rises(&found, 0.0);
        assert_worsens(&found);
        assert_eq!(found[1].1, Some(Severity::Warn), "{colour:?}");
    }
    let report = judge(&with_thing(&ASTRONAUT, 0.8, -2.4, [200, 40, 40]));
    assert!(
        words(&report, "background-object").contains("left side"),
        "{:?}",
        report.reasons
    );
    assert_eq!(severity(&report, "background-shadow"), None);
}
