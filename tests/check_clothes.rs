//! Clothes, hair and ornaments: pictures on both sides of each limit, made by changing one picture in one respect.
//!
//! Each test prints what it saw (`cargo test --test check_clothes -- --nocapture`); docs/quality/clothes.md has the table.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "workshop/cloth.rs"]
mod cloth;
#[path = "workshop/judging.rs"]
#[allow(dead_code)]
mod judging;
#[path = "workshop/worn.rs"]
mod worn;

use cloth::{BLUE, Kind, Sitter, Spot, judge, lit, mixed};
use judging::measured as value;
use shutterline::model::{Report, Severity};
use worn::*;

/// The reasons that these measures give.
const OURS: [&str; 9] = [
    "clothes-colour",
    "clothes-contrast",
    "clothes-pattern",
    "shoulders-bare",
    "head-covered",
    "hair-over-brows",
    "hair-over-eyes",
    "ears-covered",
    "ornament",
];

/// Of the reasons above, those that a report has.
fn ours(report: &Report) -> Vec<(&str, Severity)> {
    let reasons = report.reasons.iter().map(|r| (r.id.as_str(), r.severity));
    reasons.filter(|(id, _)| OURS.contains(id)).collect()
}

fn ids(report: &Report) -> Vec<&str> {
    ours(report).into_iter().map(|(id, _)| id).collect()
}

fn seen(sitter: &Sitter) -> Report {
    judge(&sitter.picture)
}

/// Asserts that a series of ever more of a fault never reads better (`rising`: more is worse), but for noise.
fn monotonic(what: &str, values: &[f64], rising: bool, noise: f64) {
    println!("{what}: {values:.3?}");
    let sign = if rising { 1.0 } else { -1.0 };
    let worst = values.iter().fold((f64::MIN, true), |(most, holds), v| {
        let v = sign * v;
        (most.max(v), holds && v >= most - noise)
    });
    assert!(worst.1, "{what} reads better with more of it: {values:?}");
    let (first, last) = (values[0], values[values.len() - 1]);
    assert!(
        sign * (last - first) > noise,
        "{what} is not told: {values:?}"
    );
}

#[test]
fn a_white_shirt_free_ears_and_a_bare_forehead_give_no_reason_at_any_size() {
    let base = Sitter::new();
    let names = [
        "clothes-colour",
        "clothes-contrast",
        "clothes-pattern",
        "shoulders-bare",
        "head-covered",
        "hair-over-brows",
        "hair-over-eyes",
        "ears-seen",
        "ornament-ears",
        "ornament-neck",
    ];
    for by in [0.7, 1.0, 3.2] {
        let report = judge(&base.scaled(by));
        println!("{by}: {:?}", names.map(|n| (n, value(&report, n))));
        assert_eq!(ids(&report), [""; 0], "{by}");
    }
}

const BLUES: [[u8; 3]; 5] = [
    [20, 60, 180],
    [90, 140, 210],
    [0, 120, 200],
    [30, 40, 110],
    [120, 190, 240],
];
const PURPLES: [[u8; 3]; 4] = [
    [110, 40, 150],
    [147, 112, 219],
    [80, 30, 100],
    [200, 150, 225],
];
const YELLOWS: [[u8; 3]; 4] = [
    [240, 210, 40],
    [255, 240, 120],
    [225, 173, 20],
    [250, 220, 90],
];
const GREENS: [[u8; 3]; 5] = [
    [30, 120, 50],
    [140, 200, 120],
    [0, 128, 128],
    [60, 90, 40],
    [170, 230, 180],
];
const PINKS: [[u8; 3]; 4] = [
    [255, 182, 193],
    [240, 120, 170],
    [255, 105, 180],
    [230, 150, 165],
];
const PLAIN: [[u8; 3]; 9] = [
    [250, 250, 250],
    [215, 215, 215],
    [245, 245, 220],
    [225, 215, 195],
    [214, 220, 228],
    [255, 250, 235],
    [128, 128, 128],
    [45, 45, 48],
    [20, 20, 22],
];

#[test]
fn each_forbidden_family_is_named_and_rejected_and_plain_shirts_are_not() {
    let families: [(&str, &[[u8; 3]]); 5] = [
        ("blue", &BLUES),
        ("purple", &PURPLES),
        ("yellow", &YELLOWS),
        ("green", &GREENS),
        ("pink", &PINKS),
    ];
    for (name, colours) in families {
        for &rgb in colours {
            let report = seen(&Sitter::new().wearing(rgb));
            println!("{name} {rgb:?}: {:.3}", value(&report, "clothes-colour"));
            let reason = report
                .reasons
                .iter()
                .find(|r| r.id == "clothes-colour")
                .unwrap();
            assert_eq!(reason.severity, Severity::Reject, "{rgb:?}");
            assert!(reason.en.contains(name), "{rgb:?}: {}", reason.en);
            assert!(!reason.zh.is_ascii());
        }
    }
    for rgb in PLAIN {
        let report = seen(&Sitter::new().wearing(rgb));
        println!(
            "plain {rgb:?}: {:.3} {:.3}",
            value(&report, "clothes-colour"),
            value(&report, "shoulders-bare")
        );
        assert_eq!(ids(&report), [""; 0], "{rgb:?}");
    }
}

#[test]
fn more_colour_and_more_of_it_never_reads_better() {
    for rgb in [BLUES[0], PURPLES[0], YELLOWS[0], GREENS[0], PINKS[1]] {
        let steps = [0.0, 0.1, 0.25, 0.5, 1.0];
        let values = steps.map(|share| {
            let tinted = mixed([246, 246, 246], rgb, share);
            value(&seen(&Sitter::new().wearing(tinted)), "clothes-colour")
        });
        monotonic(&format!("a tint of {rgb:?}"), &values, true, 0.01);
    }
    // A coloured trim along the bottom that rises until all of the shirt has the colour.
    let values = [0.0, 0.4, 0.8, 1.6, 3.0].map(|high| {
        let trimmed = Sitter::new().painted(|s| {
            (s.kind == Kind::Shirt && s.v > 4.7 - high).then(|| lit(GREENS[0], s.shade))
        });
        value(&seen(&trimmed), "clothes-colour")
    });
    monotonic("a green part", &values, true, 0.01);
}

#[test]
fn a_shirt_of_the_backgrounds_colour_lacks_contrast() {
    let on = |background: [u8; 3], shirt: [u8; 3]| {
        let worn = Sitter::new().wearing(shirt);
        worn.painted(|s| (s.kind == Kind::Background).then_some(background))
    };
    let steps = [0.0, 0.4, 0.7, 1.0];
    let values = steps.map(|share| {
        let shirt = mixed([246, 246, 246], BLUE, share);
        value(&seen(&on(BLUE, shirt)), "clothes-contrast")
    });
    monotonic("a shirt ever more like the background", &values, false, 0.5);
    let grey = [225, 225, 225];
    let report = seen(&on(grey, [246, 246, 246]));
    println!(
        "white on light grey: {:.2}",
        value(&report, "clothes-contrast")
    );
    assert!(
        ids(&report).contains(&"clothes-contrast"),
        "{:?}",
        ids(&report)
    );
    let report = seen(&on([250, 250, 250], [90, 90, 95]));
    println!(
        "dark grey on white: {:.2}",
        value(&report, "clothes-contrast")
    );
    assert_eq!(ids(&report), [""; 0]);
}

#[test]
fn stripes_and_checks_of_all_widths_are_told_from_folds_and_a_tie() {
    for period in [0.12, 0.2, 0.35, 0.5] {
        let upright = patterned(1.0, |u, _| odd(u, period));
        let level = patterned(1.0, |_, v| odd(v, period));
        let check = patterned(1.0, |u, v| odd(u, period) != odd(v, period));
        for (name, shirt) in [("upright", upright), ("level", level), ("check", check)] {
            let report = seen(&shirt);
            println!("{name} {period}: {:.2}", value(&report, "clothes-pattern"));
            assert!(ids(&report).contains(&"clothes-pattern"), "{name} {period}");
        }
    }
    let tie = patterned(1.0, |u, v| u.abs() < 0.22 && odd(u + v, 0.2));
    let report = seen(&tie);
    println!("a striped tie: {:.2}", value(&report, "clothes-pattern"));
    assert_eq!(ids(&report), [""; 0]);
    let strengths = [0.0, 0.05, 0.15, 0.4, 1.0];
    let values =
        strengths.map(|s| value(&seen(&patterned(s, |u, _| odd(u, 0.3))), "clothes-pattern"));
    monotonic("ever darker stripes", &values, true, 0.1);
    let dense = [2.0, 1.0, 0.5, 0.25];
    let values = dense.map(|p| value(&seen(&patterned(1.0, |u, _| odd(u, p))), "clothes-pattern"));
    monotonic("ever more stripes", &values, true, 0.1);
}

#[test]
fn bare_shoulders_are_told_at_every_tone_of_skin() {
    for tone in [0.3, 0.45, 0.6, 0.8, 1.0, 1.2, 1.4] {
        let sitter = Sitter::new().of_tone(tone);
        let skin = cloth::toned(Sitter::skin(), tone);
        let dressed = seen(&sitter);
        println!("tone {tone}: skin {skin:?}");
        // A head that dark has hair and skin of one colour, and a fair one may; all else must hold.
        assert_eq!(ids(&dressed), [""; 0], "dressed at {tone}");
        let values = [0.0, 0.3, 0.6, 1.5].map(|deep| {
            let report = seen(&bare(&sitter, deep, skin));
            let told = ids(&report).contains(&"shoulders-bare");
            (value(&report, "shoulders-bare"), told)
        });
        monotonic("bare shoulders", &values.map(|v| v.0), true, 0.01);
        assert!(values[3].1, "bare at {tone}: {values:?}");
    }
    // Dark clothes on light skin and light clothes on dark skin are no skin.
    for (tone, shirt) in [
        (1.2, PLAIN[0]),
        (1.2, PLAIN[3]),
        (0.3, PLAIN[8]),
        (0.3, PLAIN[7]),
    ] {
        let report = seen(&Sitter::new().of_tone(tone).wearing(shirt));
        println!("{tone} {shirt:?}: {:.3}", value(&report, "shoulders-bare"));
        assert!(
            !ids(&report).contains(&"shoulders-bare"),
            "{tone} {shirt:?}"
        );
    }
}

#[test]
fn hair_over_a_brow_and_over_an_eye_is_told_on_its_side() {
    let steps = [-1.0, -0.7, -0.45, -0.3, -0.15, -0.05, 0.1];
    for (across, side) in [(-0.85..-0.1, "right"), (0.1..0.85, "left")] {
        let reports =
            steps.map(|to| seen(&Sitter::new().painted(|s| fringe(s, across.clone(), to))));
        let all = |name: &str| reports.iter().map(|r| value(r, name)).collect::<Vec<_>>();
        monotonic(
            &format!("over the {side} brow"),
            &all("hair-over-brows"),
            true,
            0.06,
        );
        monotonic(
            &format!("over the {side} eye"),
            &all("hair-over-eyes"),
            true,
            0.06,
        );
        assert_eq!(ids(&reports[0]), [""; 0]);
        let last = &reports[steps.len() - 1];
        for id in ["hair-over-brows", "hair-over-eyes"] {
            let reason = last.reasons.iter().find(|r| r.id == id).unwrap();
            assert_eq!(reason.severity, Severity::Warn);
            assert!(reason.en.contains(side), "{}", reason.en);
        }
    }
    // Bangs that end right at the brows' lower edge hide them, and show between.
    let bangs = Sitter::new().painted(|s| fringe(s, -0.9..0.9, -0.2));
    let report = seen(&bangs);
    println!("bangs: {:.3}", value(&report, "hair-over-brows"));
    assert!(ids(&report).contains(&"hair-over-brows"));
    assert!(!ids(&report).contains(&"head-covered"));
    // A dark bar over an eye that does not come from the hair is a frame of glasses.
    let frame = Sitter::new().painted(|s| {
        let bar = (0.15..0.85).contains(&s.u) && (-0.18..-0.12).contains(&s.v);
        bar.then_some([25, 22, 20])
    });
    assert!(!ids(&seen(&frame)).contains(&"hair-over-eyes"));
}

#[test]
fn a_fringe_is_told_on_dark_and_on_fair_skin() {
    let black = |s: &Spot| lit([52, 48, 46], 0.85 + 0.25 * (s.u * 60.0).sin());
    for tone in [0.45, 0.7, 1.0, 1.3] {
        let sitter = Sitter::new().of_tone(tone);
        // The base picture's own fringe ends on the forehead; what is left of it there is made black too.
        let dark = sitter.painted(|s| is_hair(s).then(|| black(s)));
        let free = seen(&dark);
        let hung = seen(&dark.painted(|s| fringe(s, -0.9..0.9, -0.05).map(|_| black(s))));
        let told = [&free, &hung].map(|r| value(r, "hair-over-brows"));
        println!("black hair, tone {tone}: {told:.3?}");
        assert!(!ids(&free).contains(&"hair-over-brows"), "{tone}");
        assert!(ids(&hung).contains(&"hair-over-brows"), "{tone}");
    }
}

#[test]
fn each_fault_gives_its_own_reason_and_no_other() {
    let skin = Sitter::skin();
    let faults = [
        ("clothes-colour", Sitter::new().wearing(GREENS[0])),
        ("clothes-colour", Sitter::new().wearing(PINKS[0])),
        ("clothes-pattern", patterned(1.0, |u, _| odd(u, 0.2))),
        ("shoulders-bare", bare(Sitter::new(), 0.6, skin)),
        ("head-covered", hat([128, 128, 128], -0.62)),
        (
            "hair-over-brows",
            Sitter::new().painted(|s| fringe(s, -0.9..0.9, -0.26)),
        ),
        (
            "ornament",
            Sitter::new()
                .painted(|s| ((s.u - 1.25).hypot(s.v - 0.72) < 0.07).then_some([200, 20, 40])),
        ),
    ];
    for (id, sitter) in faults {
        let report = seen(&sitter);
        println!("{id}: {:?}", ours(&report));
        assert_eq!(ids(&report), [id]);
    }
}

#[test]
fn a_hat_is_told_in_any_colour_and_no_hair_is_one() {
    let hats = [
        [200, 30, 40],
        [30, 70, 170],
        [40, 120, 60],
        [240, 240, 240],
        [128, 128, 128],
        [30, 30, 32],
        [60, 50, 40],
        [220, 200, 60],
    ];
    for rgb in hats {
        let report = seen(&hat(rgb, -0.62));
        println!("hat {rgb:?}: {:.3}", value(&report, "head-covered"));
        let told = ours(&report);
        assert!(
            told.contains(&("head-covered", Severity::Warn)),
            "{rgb:?}: {told:?}"
        );
    }
    let hair = |recoloured: &dyn Fn([u8; 3]) -> [u8; 3]| {
        Sitter::new().painted(|s| is_hair(s).then(|| recoloured(s.rgb)))
    };
    let grey = |rgb: [u8; 3], by: f32| {
        let mean = (f32::from(rgb[0]) + f32::from(rgb[1]) + f32::from(rgb[2])) / 3.0;
        lit([mean as u8; 3], by)
    };
    let natural = [
        ("as it is", hair(&|rgb| rgb)),
        ("black", hair(&|rgb| grey(rgb, 0.12))),
        ("dark brown", hair(&|rgb| lit(rgb, 0.3))),
        ("grey", hair(&|rgb| grey(rgb, 1.0))),
        ("white", hair(&|rgb| grey(rgb, 2.2))),
        ("none", hair(&|_| Sitter::skin())),
    ];
    for (name, sitter) in natural {
        let report = seen(&sitter);
        println!("hair {name}: {:.3}", value(&report, "head-covered"));
        assert!(!ids(&report).contains(&"head-covered"), "{name}");
    }
    let values = [-2.3, -1.6, -1.2, -0.9, -0.6]
        .map(|rim| value(&seen(&hat([200, 30, 40], rim)), "head-covered"));
    monotonic("a red cap pulled ever lower", &values, true, 0.02);
}

#[test]
fn hair_over_an_ear_is_told_on_its_side() {
    for (side, name) in [(-1.0, "right"), (1.0, "left")] {
        let reports = [-1.0, 0.1, 0.3, 0.5, 1.0].map(|to| seen(&over_ear(side, to)));
        let values = reports
            .iter()
            .map(|r| value(r, "ears-seen"))
            .collect::<Vec<_>>();
        monotonic(&format!("hair over the {name} ear"), &values, false, 0.005);
        let reason = reports[4]
            .reasons
            .iter()
            .find(|r| r.id == "ears-covered")
            .unwrap();
        assert_eq!(reason.severity, Severity::Warn);
        assert!(reason.en.contains(name), "{}", reason.en);
    }
}

#[test]
fn earrings_and_a_pendant_are_told_and_what_cannot_be_is_said() {
    for rgb in [[255, 255, 250], [20, 60, 200], [200, 20, 40]] {
        let report = seen(&earrings(rgb, 0.07));
        println!("earring {rgb:?}: {:.4}", value(&report, "ornament-ears"));
        assert!(ids(&report).contains(&"ornament"), "{rgb:?}");
    }
    let values = [0.0, 0.03, 0.06, 0.09]
        .map(|r| value(&seen(&earrings([255, 255, 250], r)), "ornament-ears"));
    monotonic("ever larger earrings", &values, true, 0.0);
    let report = seen(&pendant());
    println!("pendant: {:.4}", value(&report, "ornament-neck"));
    assert_eq!(ours(&report), [("ornament", Severity::Warn)]);
    // With the ears under hair and a closed collar there is nothing to look at.
    let hidden = Sitter::new().painted(|s| match s.kind {
        Kind::Skin if s.v < 1.2 => Some(lit(Sitter::hair(), 0.85 + 0.25 * (s.u * 60.0).sin())),
        Kind::Skin => Some([240, 240, 240]),
        _ => None,
    });
    let report = seen(&hidden);
    for (name, word) in [("ornament-ears", "ear"), ("ornament-neck", "neck")] {
        let measure = report.measures.iter().find(|m| m.name == name).unwrap();
        let state = format!("{:?}", measure.state);
        assert!(
            state.contains("NotMeasured") && state.contains(word),
            "{state}"
        );
    }
}
