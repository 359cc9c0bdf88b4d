//! Sharpness, movement, noise, compression and size of the face, each on both sides of its limit.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/judging.rs"]
#[allow(dead_code)]
mod judging;
#[path = "workshop/light.rs"]
#[allow(dead_code)]
mod light;

use image::imageops;
use judging::*;
use light::*;
use shutterline::model::Severity;

#[test]
fn blur_is_told_at_the_eyes() {
    let steps = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0];
    let blurred = |sigma| imageops::blur(&ASTRONAUT.picture, sigma);
    let pictures = steps.map(|sigma| (sigma, blurred(sigma)));
    let found = sweep("blur", ("eye-sharpness", "blurred"), pictures);
    assert!(found.is_sorted_by(|a, b| a.0 > b.0), "{found:?}");
    assert_worsens(&found);
    assert_eq!(found[1].1, None);
    assert_eq!(found[4].1, Some(Severity::Reject));
}

#[test]
fn a_sharp_background_is_no_sharp_face_and_a_soft_one_is_no_blur() {
    let lines = |x: f32, y: f32| {
        let dark = ((x / 16.0) as i32 + (y / 16.0) as i32) % 2 == 0;
        if dark { [20, 40, 60] } else { BLUE }
    };
    let soft = light::Base {
        picture: imageops::blur(&ASTRONAUT.picture, 5.0),
        ..ASTRONAUT.clone()
    };
    let report = judge(&soft.before(lines));
    assert_eq!(severity(&report, "blurred"), Some(Severity::Reject));
    let report = judge(&ASTRONAUT.before(lines));
    assert_eq!(severity(&report, "blurred"), None);
    // The frame's own measure is shown, without limits.
    let frame = report
        .measures
        .iter()
        .find(|m| m.name == "sharpness")
        .unwrap();
    assert_eq!((frame.min, frame.max), (None, None));
    assert!(value(&report, "sharpness").is_some());
}

#[test]
fn movement_is_told_with_its_direction_and_is_no_defocus() {
    for (direction, word) in [
        ((1, 0), "sideways"),
        ((0, 1), "up or down"),
        ((1, 1), "aslant"),
    ] {
        let lengths = if direction == (1, 1) {
            [1, 6, 12, 20]
        } else {
            [1, 8, 16, 28]
        };
        let pictures = lengths.map(|l| (l as f32, dragged(&ASTRONAUT.picture, l, direction)));
        let found = sweep(word, ("motion-blur", "motion-blur"), pictures);
        assert_rises(&found, 0.2);
        assert_worsens(&found);
        let report = judge(&dragged(&ASTRONAUT.picture, lengths[3], direction));
        assert!(
            words(&report, "motion-blur").contains(word),
            "{:?}",
            report.reasons
        );
    }
    for sigma in [2.0, 4.0, 7.0] {
        let report = judge(&imageops::blur(&ASTRONAUT.picture, sigma));
        assert_eq!(severity(&report, "motion-blur"), None, "blur of {sigma}");
    }
}

#[test]
fn noise_is_told_in_levels_and_texture_is_none() {
    let steps = [0.0, 3.0, 6.0, 9.0, 14.0, 20.0];
    let pictures = steps.map(|sigma| (sigma, noisy(&ASTRONAUT.picture, sigma)));
    let found = sweep("noise", ("noise", "noisy"), pictures);
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    // Equal noise in red, green and blue is 0.67 of it in the luminance.
    assert!((found[4].0 / 14.0 - 0.67).abs() < 0.13, "{found:?}");
    let cloth = ASTRONAUT.before(|x, y| {
        let up = ((x / 3.0) as i32 + (y / 3.0) as i32) % 2 * 30;
        BLUE.map(|c| (i32::from(c) - up) as u8)
    });
    assert_eq!(severity(&judge(&cloth), "noisy"), None);
}

#[test]
fn blocks_are_told_even_when_the_file_was_saved_again() {
    let qualities = [95, 80, 60, 40, 25, 12];
    let again = |quality| {
        let crushed = file_of_quality(&ASTRONAUT.picture, quality);
        image::load_from_memory(&crushed).unwrap().to_rgb8()
    };
    let pictures = qualities.map(|q| (f32::from(q), again(q)));
    let found = sweep("saved again from", ("blockiness", "compressed"), pictures);
    assert_rises(&found, 0.0);
    assert_worsens(&found);
    assert_eq!(found[1].1, None);
}

#[test]
fn a_small_face_lacks_resolution_and_a_small_frame_does_not() {
    let picture = &ASTRONAUT.picture;
    let report = judge(picture);
    assert!(picture.width() * picture.height() < 1_000_000);
    assert_eq!(severity(&report, "resolution"), None);
    let scaled = |share: f32| {
        let (w, h) = (
            picture.width() as f32 * share,
            picture.height() as f32 * share,
        );
        imageops::resize(picture, w as u32, h as u32, imageops::FilterType::Triangle)
    };
    let pictures = [1.0, 0.75, 0.6, 0.4].map(|share| (share, scaled(share)));
    let found = sweep("scale", ("face-width", "resolution"), pictures);
    assert!(found.is_sorted_by(|a, b| a.0 > b.0), "{found:?}");
    assert_worsens(&found);
}
