//! Each reason on both sides of its limit, by signatures and by pictures.

use super::*;
use crate::model::{About, Band, Severity, Silhouette};
use proptest::prelude::*;

fn ids(reasons: &[Reason]) -> Vec<&str> {
    assert!(reasons.iter().all(|r| r.about == About::Equipment));
    reasons.iter().map(|r| &*r.id).collect()
}

/// A student before a lit backdrop.
fn sound() -> Signature {
    Signature {
        brightest: 0.9,
        band: None,
        background: Some(0.4),
        background_lab: Some([70.0, -12.0, -35.0]),
        background_left: Some(0.1),
        cells: Vec::new(),
        face_found: Some(true),
        person: Some(0.4),
        face_left: Some(0.2),
        eye_line: Some(0.4),
        face_width: Some(0.3),
        sharpness: Some(20.0),
    }
}

fn by(change: impl Fn(&mut Signature)) -> Signature {
    let mut changed = sound();
    change(&mut changed);
    changed
}

fn students(count: u32, signature: Signature) -> Vec<Known> {
    let known = |serial| Known {
        serial,
        signature: signature.clone(),
    };
    (1..=count).map(known).collect()
}

fn baseline(reference: Option<Signature>, known: &[Known]) -> Baseline {
    Baseline::of(reference, known.iter().map(|k| (k.serial, &k.signature)))
}

fn after(count: u32) -> Baseline {
    baseline(None, &students(count, sound()))
}

fn judged(change: impl Fn(&mut Signature)) -> Vec<String> {
    let reasons = after(8).judge(Some(9), &by(change));
    ids(&reasons).into_iter().map(str::to_owned).collect()
}

#[test]
fn each_spoiled_frame_is_told_just_over_its_limit() {
    let darker = |s: &mut Signature, by: f64| s.background = Some(0.4 * 2f64.powf(-by));
    assert_eq!(judged(|s| darker(s, 2.1)), ["flash-misfire"]);
    assert!(judged(|s| darker(s, 1.9)).is_empty());
    assert_eq!(judged(|s| s.brightest = 0.019), ["black-frame"]);
    assert!(judged(|s| s.brightest = 0.021).is_empty());
    assert_eq!(judged(|s| s.face_left = Some(1.25)), ["one-lamp"]);
    assert_eq!(judged(|s| s.face_left = Some(-0.85)), ["one-lamp"]);
    assert!(judged(|s| s.face_left = Some(1.15)).is_empty());
    assert_eq!(judged(|s| s.background_left = Some(-0.65)), ["one-lamp"]);
    assert!(judged(|s| s.background_left = Some(-0.55)).is_empty());
    let band = |stops| Some(Band { stops, share: 0.2 });
    assert_eq!(judged(|s| s.band = band(2.1)), ["sync-band"]);
    assert!(judged(|s| s.band = band(1.9)).is_empty());
    let empty = |s: &mut Signature, person| {
        s.face_found = Some(false);
        s.person = Some(person);
    };
    assert_eq!(judged(|s| empty(s, 0.019)), ["empty-seat"]);
    assert!(judged(|s| empty(s, 0.021)).is_empty());
    let spoiled = after(8).judge(Some(9), &by(|s| s.brightest = 0.0));
    assert_eq!(spoiled[0].severity, Severity::Reject);
    for reason in [spoiled, after(8).judge(Some(9), &by(|s| darker(s, 3.0)))].concat() {
        assert!(
            !reason.zh.is_empty() && reason.en.contains("shoot again"),
            "{reason:?}"
        );
    }
}

#[test]
fn without_a_baseline_only_what_needs_none_speaks() {
    let none = Baseline::default();
    let odd = by(|s| {
        s.background = Some(0.03);
        s.face_left = Some(4.0);
        s.face_found = Some(false);
        s.person = Some(0.0);
    });
    assert!(none.judge(Some(1), &odd).is_empty());
    let band = by(|s| {
        s.band = Some(Band {
            stops: 4.0,
            share: 0.2,
        })
    });
    assert_eq!(ids(&none.judge(Some(1), &band)), ["sync-band"]);
    assert_eq!(
        ids(&none.judge(None, &Signature::default())),
        ["black-frame"]
    );
    // Nobody's frame: somebody tries the lamps.
    assert!(after(8).judge(None, &odd).is_empty());
    let reference = baseline(Some(sound()), &[]);
    assert_eq!(
        ids(&reference.judge(Some(1), &odd)),
        ["flash-misfire", "empty-seat"]
    );
}

#[test]
fn a_dark_floor_that_every_frame_shows_is_no_shutter() {
    let floor = by(|s| {
        s.band = Some(Band {
            stops: 2.5,
            share: 0.1,
        })
    });
    let baseline = baseline(None, &students(3, floor.clone()));
    assert!(baseline.judge(Some(4), &floor).is_empty());
    let shutter = by(|s| {
        s.band = Some(Band {
            stops: 3.6,
            share: 0.3,
        })
    });
    assert_eq!(ids(&baseline.judge(Some(4), &shutter)), ["sync-band"]);
}

#[test]
fn one_odd_student_does_not_move_the_baseline() {
    let mut known = students(8, sound());
    known[3].signature.background = Some(0.01);
    let baseline = baseline(None, &known);
    assert!(baseline.judge(Some(9), &sound()).is_empty());
}

/// Ten students at first, then five of another kind: what is told of the last.
fn drifted(
    reference: Option<Signature>,
    before: u32,
    change: impl Fn(&mut Signature),
) -> Vec<String> {
    let mut known = students(before, sound());
    let now = by(change);
    known.extend((1..5).map(|n| Known {
        serial: before + n,
        signature: now.clone(),
    }));
    let reasons = baseline(reference, &known).judge(Some(before + 5), &now);
    assert!(reasons.iter().all(|r| r.severity == Severity::Warn));
    ids(&reasons).into_iter().map(str::to_owned).collect()
}

#[test]
fn each_drift_is_told_just_over_its_limit_and_only_as_a_remark() {
    let light = |s: &mut Signature, by: f64| s.background = Some(0.4 * 2f64.powf(by));
    assert_eq!(drifted(None, 10, |s| light(s, 0.35)), ["drift-exposure"]);
    assert_eq!(drifted(None, 10, |s| light(s, -0.35)), ["drift-exposure"]);
    assert!(drifted(None, 10, |s| light(s, 0.31)).is_empty());
    let lab = |s: &mut Signature, b: f64| s.background_lab = Some([70.0, -12.0, b]);
    assert_eq!(
        drifted(None, 10, |s| lab(s, -26.8)),
        ["drift-white-balance"]
    );
    assert!(drifted(None, 10, |s| lab(s, -27.8)).is_empty());
    assert_eq!(
        drifted(None, 10, |s| s.sharpness = Some(13.9)),
        ["drift-focus"]
    );
    assert!(drifted(None, 10, |s| s.sharpness = Some(14.1)).is_empty());
    assert_eq!(
        drifted(None, 10, |s| s.eye_line = Some(0.47)),
        ["camera-moved"]
    );
    assert!(drifted(None, 10, |s| s.eye_line = Some(0.45)).is_empty());
    assert_eq!(
        drifted(None, 10, |s| s.face_width = Some(0.25)),
        ["camera-moved"]
    );
    assert!(drifted(None, 10, |s| s.face_width = Some(0.27)).is_empty());
}

#[test]
fn a_drift_is_told_from_the_reference_shot_or_else_from_the_first_five() {
    let light = |s: &mut Signature| s.background = Some(0.6);
    assert_eq!(drifted(Some(sound()), 0, light), ["drift-exposure"]);
    // Fewer than five before: nothing to tell it from.
    assert!(drifted(None, 4, light).is_empty());
    // An empty chair has no eyes that could have been sharper.
    let chair = by(|s| {
        s.face_found = Some(false);
        s.sharpness = Some(49.0);
    });
    assert!(drifted(Some(chair), 0, |_| {}).is_empty());
}

proptest! {
    /// However often one student is shot, however badly: no trend.
    #[test]
    fn a_trend_never_comes_from_one_student(
        shots in prop::collection::vec((0.0..1.0f64, 0.0..50.0f64, 0.0..1.0f64), 1..60),
        before in 0..12u32,
    ) {
        let shot = |(light, sharpness, eyes): &(f64, f64, f64)| by(|s| {
            s.background = Some(*light);
            s.sharpness = Some(*sharpness);
            s.eye_line = Some(*eyes);
        });
        let mut known = students(before, sound());
        for one in &shots {
            let baseline = baseline(None, &known);
            let trends = baseline.trends(99, &shot(one));
            prop_assert!(trends.is_empty(), "{trends:?}");
            known.push(Known { serial: 99, signature: shot(one) });
        }
    }

    /// The first frame of each of the first students and the last of each of the latest, oldest first; as is plain when all are looked at.
    #[test]
    fn a_baseline_has_the_first_and_the_latest_students(serials in prop::collection::vec(1..80u32, 0..300)) {
        let shot = |(n, serial): (usize, &u32)| Known { serial: *serial, signature: by(|s| s.brightest = n as f64) };
        let known: Vec<Known> = serials.iter().enumerate().map(shot).collect();
        let (mut first, mut recent) = (Vec::<Known>::new(), Vec::<Known>::new());
        for frame in &known {
            if first.iter().all(|k| k.serial != frame.serial) {
                first.push(frame.clone());
            }
            recent.retain(|k| k.serial != frame.serial);
            recent.push(frame.clone());
        }
        first.truncate(TREND_STUDENTS);
        let recent = recent.split_off(recent.len().saturating_sub(RECENT_STUDENTS));
        prop_assert_eq!(baseline(None, &known), Baseline { reference: None, first, recent });
    }
}

/// A backdrop between two dark stands, a bright figure before it; gains by light for the left and right half.
fn scene(gain: [f64; 2], shifted: usize) -> Vec<u8> {
    let (width, height) = (320usize, 480usize);
    let coded = |light: f64| {
        let v = if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        (v * 255.0).round().clamp(0.0, 255.0) as u8
    };
    let pixel = |n: usize| {
        let (x, y) = (n % width + shifted, n / width);
        let figure = (120..200).contains(&x) && y > 150;
        let stand = (20..36).contains(&x) || (290..306).contains(&x);
        let light = if figure {
            0.9
        } else if stand {
            0.06
        } else {
            0.5
        };
        coded(light * gain[usize::from(n % width >= width / 2)])
    };
    (0..width * height).map(pixel).collect()
}

fn seen(samples: &[u8]) -> Signature {
    sight(
        Plane {
            width: 320,
            height: 480,
            samples,
            orientation: 1,
        },
        None,
    )
}

fn judge_picture(samples: &[u8]) -> Vec<String> {
    let baseline = baseline(None, &students(3, seen(&scene([1.0, 1.0], 0))));
    let reasons = baseline.judge(Some(4), &seen(samples));
    ids(&reasons).into_iter().map(str::to_owned).collect()
}

#[test]
fn darkened_pictures_are_told_on_both_sides_of_the_limit() {
    let darker = |stops: f64| scene([2f64.powf(-stops); 2], 0);
    assert!(judge_picture(&darker(0.0)).is_empty());
    assert!(judge_picture(&darker(1.9)).is_empty());
    assert_eq!(judge_picture(&darker(2.1)), ["flash-misfire"]);
    assert_eq!(judge_picture(&darker(7.0)), ["black-frame"]);
    assert_eq!(judge_picture(&scene([1.0, 0.55], 0)), ["one-lamp"]);
    assert!(judge_picture(&scene([1.0, 0.7], 0)).is_empty());
}

#[test]
fn a_shutter_too_fast_leaves_a_band_and_a_dark_gown_does_not() {
    let banded = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>, keep: f64| {
        let mut picture = scene([1.0, 1.0], 0);
        for y in rows {
            for x in columns.clone() {
                let code = &mut picture[y * 320 + x];
                *code = (f64::from(*code) * keep) as u8;
            }
        }
        picture
    };
    // A coded value of 0.4 is 3 stops less light, one of 0.75 is 0.9. The camera has turned these pixels: its shutter runs across.
    assert_eq!(judge_picture(&banded(0..480, 0..60, 0.4)), ["sync-band"]);
    assert_eq!(judge_picture(&banded(0..480, 260..320, 0.4)), ["sync-band"]);
    let told = |picture: &[u8]| judge_picture(picture).contains(&"sync-band".to_owned());
    assert!(!told(&banded(0..480, 260..320, 0.75)));
    assert!(!told(&banded(0..480, 130..190, 0.4)));
    // A dark gown fills the lower edge of a tight picture.
    assert!(judge_picture(&banded(390..480, 0..320, 0.1)).is_empty());
    let alone = seen(&banded(0..480, 0..60, 0.4));
    assert_eq!(
        ids(&Baseline::default().judge(Some(1), &alone)),
        ["sync-band"]
    );
    let share = alone.band.unwrap().share;
    assert!((share - 0.1875).abs() < 0.04, "{share}");
}

#[test]
fn dark_hair_under_a_band_does_not_hide_it_and_a_gown_in_a_wide_frame_makes_none() {
    let (width, height) = (480usize, 320usize);
    let wide = |hidden: f64, gown: u8| -> Vec<u8> {
        let pixel = |n: usize| {
            let (x, y) = (n % width, n / width);
            let code = match (x, y) {
                (200..280, 56..120) => 25,
                (90..390, 230..) => gown,
                _ => 190,
            };
            let keep = if y < 50 { hidden } else { 1.0 };
            (f64::from(code) * keep) as u8
        };
        (0..width * height).map(pixel).collect()
    };
    let band = |samples: &[u8]| {
        let plane = Plane {
            width,
            height,
            samples,
            orientation: 1,
        };
        sight(plane, None).band.map_or(0.0, |b| b.stops)
    };
    assert!(band(&wide(0.3, 120)) > 3.0);
    assert!(band(&wide(1.0, 10)) < 0.5);
}

#[test]
fn a_knocked_tripod_is_told_by_what_stands_beside_the_backdrop() {
    assert!(judge_picture(&scene([1.0, 1.0], 2)).is_empty());
    assert_eq!(judge_picture(&scene([1.0, 1.0], 10)), ["camera-moved"]);
    // Less light is no move.
    assert!(judge_picture(&scene([0.5, 0.5], 0)).is_empty());
    // A plain wall has nothing to hold on to.
    let wall = |code| vec![code; 320 * 480];
    let baseline = baseline(None, &students(3, seen(&wall(180))));
    assert!(baseline.judge(Some(4), &seen(&wall(170))).is_empty());
}

#[test]
fn a_turned_camera_sees_the_same_background() {
    let upright = scene([1.0, 0.7], 3);
    let (width, height) = (320, 480);
    // As the sensor has it where EXIF says 6: the upright image's top row is its last column's worth of rows.
    let mut sensor = vec![0; upright.len()];
    for y in 0..height {
        for x in 0..width {
            sensor[(width - 1 - x) * height + y] = upright[y * width + x];
        }
    }
    let turned = sight(
        Plane {
            width: height,
            height: width,
            samples: &sensor,
            orientation: 6,
        },
        None,
    );
    let as_is = seen(&upright);
    assert_eq!(turned.cells, as_is.cells);
    assert_eq!(turned.background_left, as_is.background_left);
}

#[test]
fn with_a_mask_the_background_is_what_is_not_person() {
    let picture = scene([1.0, 1.0], 0);
    let plane = Plane {
        width: 320,
        height: 480,
        samples: &picture,
        orientation: 1,
    };
    let person = Silhouette {
        width: 32,
        height: 48,
        rows: (0..48)
            .map(|y| if y >= 15 { vec![[12, 20]] } else { Vec::new() })
            .collect(),
    };
    let signature = sight(plane, Some(&person));
    let cell = |x: usize, y: usize| signature.cells[y * 16 + x];
    assert!(cell(7, 10).is_none() && cell(1, 10).is_some() && cell(7, 1).is_some());
    assert_eq!(signature.person, Some(0.171_875));
    assert!((signature.background.unwrap() - 0.5).abs() < 0.01);
}

#[test]
fn nothing_at_all_is_told_without_a_panic() {
    for (width, height) in [(0, 0), (1, 1), (3, 1), (1, 40)] {
        let samples = vec![200; width * height];
        let plane = Plane {
            width,
            height,
            samples: &samples,
            orientation: 8,
        };
        let signature = sight(plane, None);
        assert!(signature.band.is_none());
        after(8).judge(Some(9), &signature);
    }
}
