//! Each measure on both sides of its limit, and the report as others read it.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

use image::codecs::jpeg::JpegEncoder;
use shutterline::check::{Checker, Judge, Standard};
use shutterline::cmd::demo::pictures::{Scene, scene};
use shutterline::model::{Measure, MeasureState, Report, Severity, Verdict};

const WIDTH: u32 = 1250;
const HEIGHT: u32 = 1650;

fn judge_by(standard: &str, bytes: &[u8]) -> Report {
    Checker::new(Standard::builtin(standard).unwrap()).judge(bytes)
}

fn judge(bytes: &[u8]) -> Report {
    judge_by("cn-graduate-blue", bytes)
}

fn ids(report: &Report) -> Vec<&str> {
    report.reasons.iter().map(|r| r.id.as_str()).collect()
}

fn measure<'r>(report: &'r Report, name: &str) -> &'r Measure {
    report.measures.iter().find(|m| m.name == name).unwrap()
}

/// Value of a measure that was taken, and whether it keeps its limits.
fn taken(report: &Report, name: &str) -> (f64, bool) {
    match measure(report, name).state {
        MeasureState::Measured { value, within, .. } => (value, within),
        MeasureState::NotMeasured { .. } => panic!("{name} was not measured"),
    }
}

fn encode(grey: &[u8], width: u32, height: u32, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(grey, width, height, image::ExtendedColorType::L8)
        .unwrap();
    bytes
}

#[test]
fn good_scenes_pass_every_standard_for_their_background() {
    for index in 1..=12 {
        let report = judge(&scene(index, Scene::Good, WIDTH, HEIGHT));
        assert_eq!(
            report.verdict,
            Verdict::Pass,
            "{index}: {:?}",
            report.reasons
        );
        assert!(report.reasons.is_empty());
        assert_eq!((report.width_px, report.height_px), (WIDTH, HEIGHT));
    }
    let landscape = scene(5, Scene::Good, 2400, 1600);
    assert_eq!(judge(&landscape).verdict, Verdict::Pass);
    assert_eq!(judge_by("icao", &landscape).verdict, Verdict::Pass);
}

#[test]
fn a_scene_is_the_same_every_time_and_differs_from_the_next() {
    let first = scene(1, Scene::Good, 320, 400);
    assert_eq!(first, scene(1, Scene::Good, 320, 400));
    assert_ne!(first, scene(2, Scene::Good, 320, 400));
}

#[test]
fn each_spoilt_scene_has_its_one_reason() {
    for (quality, verdict, id) in [
        (Scene::Soft, Verdict::Warn, "blurred"),
        (Scene::Compressed, Verdict::Warn, "compressed"),
        (Scene::Blurred, Verdict::Reject, "blurred"),
        (Scene::Dark, Verdict::Reject, "under-exposed"),
        (Scene::Bright, Verdict::Reject, "over-exposed"),
    ] {
        for index in [2, 5] {
            let report = judge(&scene(index, quality, WIDTH, HEIGHT));
            assert_eq!(report.verdict, verdict, "{quality:?} {index}");
            assert_eq!(ids(&report), [id], "{quality:?} {index}");
        }
    }
}

#[test]
fn the_reason_names_the_value_the_limit_and_the_remedy() {
    let report = judge(&scene(1, Scene::Blurred, WIDTH, HEIGHT));
    let reason = &report.reasons[0];
    assert_eq!(reason.severity, Severity::Reject);
    assert!(
        reason.en.starts_with("blurred (sharpness "),
        "{}",
        reason.en
    );
    assert!(reason.en.contains("at least 7") && reason.en.contains("focus"));
    assert!(reason.zh.starts_with("照片模糊") && reason.zh.contains("对焦"));
}

#[test]
fn a_small_image_lacks_resolution() {
    let report = judge(&scene(1, Scene::Good, 900, 1200));
    assert_eq!(ids(&report), ["resolution"]);
    assert!(!taken(&report, "megapixels").1);
    // Pixels enough, but in a strip that leaves no room for a portrait.
    let report = judge(&scene(1, Scene::Good, 3000, 1100));
    assert_eq!(ids(&report), ["resolution"]);
    assert!(taken(&report, "megapixels").1);
    assert!(!taken(&report, "portrait-scale").1);
}

#[test]
fn exposure_and_clipping_are_told_on_both_sides() {
    let good = judge(&scene(2, Scene::Good, WIDTH, HEIGHT));
    let dark = judge(&scene(2, Scene::Dark, WIDTH, HEIGHT));
    let bright = judge(&scene(2, Scene::Bright, WIDTH, HEIGHT));
    for (name, kept, broken) in [
        ("frame-luminance-mean", &good, &dark),
        ("frame-luminance-mean", &good, &bright),
        ("frame-under-exposure", &bright, &dark),
        ("frame-under-exposure", &good, &dark),
        ("frame-over-exposure", &dark, &bright),
        ("frame-over-exposure", &good, &bright),
    ] {
        assert!(taken(kept, name).1, "{name} {:?}", taken(kept, name));
        assert!(!taken(broken, name).1, "{name} {:?}", taken(broken, name));
    }
}

#[test]
fn few_tones_are_low_contrast() {
    let (width, height) = (1600u32, 1600u32);
    let board = |x: u32, y: u32| {
        if (x / 60 + y / 60).is_multiple_of(2) {
            150
        } else {
            210
        }
    };
    let two_tones = (0..width * height)
        .map(|i| board(i % width, i / width))
        .collect::<Vec<u8>>();
    let report = judge(&encode(&two_tones, width, height, 100));
    assert_eq!(report.verdict, Verdict::Warn);
    assert_eq!(ids(&report), ["low-contrast"]);
    assert!(taken(&report, "frame-dynamic-range").0 < 2.0);
    let good = judge(&scene(2, Scene::Good, WIDTH, HEIGHT));
    assert!(taken(&good, "frame-dynamic-range").1);
}

#[test]
fn the_quality_setting_is_found_in_the_tables() {
    let grey = vec![128; 64 * 64];
    for quality in [10, 30, 50, 60, 75, 90, 95] {
        let report = judge(&encode(&grey, 64, 64, quality));
        let (found, _) = taken(&report, "jpeg-quality");
        assert!(
            (found - f64::from(quality)).abs() < 2.0,
            "{quality}: {found}"
        );
    }
    let crushed = image::load_from_memory(&scene(1, Scene::Good, WIDTH, HEIGHT)).unwrap();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 40)
        .encode_image(&crushed.to_rgb8())
        .unwrap();
    let report = judge(&bytes);
    assert_eq!(report.verdict, Verdict::Reject);
    assert!(ids(&report).contains(&"compressed"), "{:?}", report.reasons);
}

#[test]
fn orientation_is_read_and_turns_the_frame() {
    let upright = scene(1, Scene::Good, 400, 640);
    assert_eq!(taken(&judge(&upright), "orientation").0, 1.0);
    let entry = [0x01, 0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00];
    let at = upright.windows(9).position(|w| w == entry).unwrap() + 9;
    let mut turned = upright.clone();
    turned[at] = 6;
    let report = judge(&turned);
    assert_eq!(taken(&report, "orientation").0, 6.0);
    assert_eq!(taken(&report, "portrait-scale").0, 0.625);
    assert_eq!(taken(&judge(&upright), "portrait-scale").0, 0.833333);
    turned[at] = 9;
    let report = judge(&turned);
    let state = &measure(&report, "orientation").state;
    assert!(matches!(state, MeasureState::NotMeasured { .. }));
}

#[test]
fn severity_off_measures_and_says_nothing() {
    let text = include_str!("../config/standards/cn-graduate-blue.toml")
        .replace("severity = \"reject\"", "severity = \"off\"");
    let standard = Standard::parse(&text, "test").unwrap();
    let report = Checker::new(standard).judge(&scene(1, Scene::Blurred, WIDTH, HEIGHT));
    assert_eq!(report.verdict, Verdict::Pass);
    assert!(!taken(&report, "sharpness").1);
}

#[test]
fn what_needs_the_face_is_said_not_to_be_measured() {
    let report = judge(&scene(1, Scene::Good, 200, 260));
    for name in ["faces", "yaw", "eyes-open", "background-colour", "position"] {
        let MeasureState::NotMeasured { why } = &measure(&report, name).state else {
            panic!("{name} cannot have been measured");
        };
        let causes = [
            "the models that find the face are not loaded",
            "no measure tells it",
        ];
        assert!(causes.contains(&why.as_str()), "{name}: {why}");
    }
}

#[test]
fn the_report_reads_as_documented() {
    let report = judge(&[]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["standard"], "cn-graduate-blue");
    assert_eq!(json["verdict"], "reject");
    assert_eq!(json["reasons"][0]["id"], "unreadable");
    assert_eq!(json["reasons"][0]["severity"], "reject");
    assert_eq!(
        json["measures"][0],
        serde_json::json!({
            "name": "whole", "unit": "", "min": 1.0, "max": null,
            "state": "measured", "value": 0.0, "score": null, "within": false
        })
    );
    assert_eq!(
        json["measures"][2],
        serde_json::json!({
            "name": "megapixels", "unit": "Mpx", "min": null, "max": null,
            "state": "not-measured", "why": "the file cannot be read"
        })
    );
    // A readable file has the same measures in the same order.
    let names = |r: &Report| {
        r.measures
            .iter()
            .map(|m| m.name.clone())
            .collect::<Vec<_>>()
    };
    let readable = judge(&scene(1, Scene::Good, 200, 260));
    assert_eq!(names(&report), names(&readable));
    assert_eq!(
        names(&report)[..10],
        [
            "whole",
            "orientation",
            "megapixels",
            "portrait-scale",
            "sharpness",
            "frame-luminance-mean",
            "frame-under-exposure",
            "frame-over-exposure",
            "frame-dynamic-range",
            "jpeg-quality"
        ]
    );
    let again: Report = serde_json::from_value(serde_json::to_value(&readable).unwrap()).unwrap();
    assert_eq!(again, readable);
}

#[test]
fn one_checker_serves_many_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Checker::new(Standard::builtin("icao").unwrap()));
}
