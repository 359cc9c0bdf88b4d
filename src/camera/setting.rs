//! Camera settings as text: the same aperture is `f/8`, `8.0` or `8` depending on who says it.

use crate::model::{ExifSettings, SettingMismatch};

/// Two texts of one number may differ by this share: cameras say 0.0080s for 1/125, 0.0166 for 1/60.
const TOLERANCE: f64 = 0.02;

/// Whether two texts mean the same value of the same setting.
pub fn same_value(a: &str, b: &str) -> bool {
    if a.trim().eq_ignore_ascii_case(b.trim()) {
        return true;
    }
    match (quantity(a), quantity(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
        _ => switch(a).is_some() && switch(a) == switch(b),
    }
}

/// On or off, where a setting has only these.
pub fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// `f/5.6`, `1/125`, `0.0080s`, `100`, `ISO 100`, `50%` as a number.
pub fn quantity(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text
        .strip_prefix("f/")
        .or_else(|| text.strip_prefix("iso"))
        .unwrap_or(&text)
        .trim();
    let text = text
        .strip_suffix(" sec")
        .or_else(|| text.strip_suffix(['s', '%']))
        .unwrap_or(text)
        .trim();
    match text.split_once('/') {
        Some((n, d)) => {
            let (n, d) = (n.trim().parse::<f64>().ok()?, d.trim().parse::<f64>().ok()?);
            (d != 0.0).then_some(n / d)
        }
        None => text.parse().ok(),
    }
}

/// The one of `choices` that means `wanted`. For `capturetarget`, `card` is whatever this camera calls its card.
pub fn choose<'a>(key: &str, wanted: &str, choices: &'a [String]) -> Option<&'a str> {
    let exact = choices.iter().find(|c| c.as_str() == wanted);
    let same = || choices.iter().find(|c| same_value(c, wanted));
    let card = || {
        let asked = key == "capturetarget" && wanted.to_ascii_lowercase().contains("card");
        choices.iter().find(|c| asked && names_card(c))
    };
    exact.or_else(same).or_else(card).map(String::as_str)
}

/// Whether a value of `capturetarget` is the card and not the camera's memory.
pub fn names_card(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.contains("card") && !value.contains("ram")
}

/// Where `found` differs from what `wanted` asks; `None` when it agrees.
pub fn mismatch(key: &str, wanted: &str, found: Option<String>) -> Option<SettingMismatch> {
    let agrees = found.as_deref().is_some_and(|f| {
        same_value(f, wanted) || key == "capturetarget" && names_card(f) && names_card(wanted)
    });
    (!agrees).then(|| SettingMismatch {
        key: key.to_owned(),
        wanted: wanted.to_owned(),
        found,
    })
}

/// Exposures less than this far apart are the same third of a stop: cameras write the nominal value (f/5.6, 1/60) or the
/// exact one (5.657, 1/64) as they please.
const SAME_THIRD: f64 = 1.0 / 6.0;

/// What EXIF can be held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposed {
    Aperture,
    Time,
    Iso,
}

/// Which of them a key of libgphoto2's is; makers name theirs differently.
fn exposed(key: &str) -> Option<Exposed> {
    match key {
        "f-number" | "aperture" => Some(Exposed::Aperture),
        "shutterspeed" | "shutterspeed2" => Some(Exposed::Time),
        "iso" => Some(Exposed::Iso),
        _ => None,
    }
}

/// Whether this profile leaves the choice to the camera, which then differs from frame to frame.
fn left_to_camera(profile: &[(String, String)], what: Exposed) -> bool {
    profile.iter().any(|(key, value)| match key.as_str() {
        "autoiso" | "isoauto" => what == Exposed::Iso && switch(value) == Some(true),
        "expprogram" | "expprogram2" | "autoexposuremode" => {
            match value.trim().to_ascii_lowercase().as_str() {
                "m" | "manual" => false,
                "a" | "av" => what == Exposed::Time,
                "s" | "tv" => what == Exposed::Aperture,
                _ => what != Exposed::Iso,
            }
        }
        _ => false,
    })
}

/// Where a frame was exposed otherwise than the profile asks; `None` where the two have nothing in common to compare,
/// as with a profile that names no exposure, `Auto`, or a file without EXIF.
pub fn exposure_mismatches(
    profile: &[(String, String)],
    exif: &ExifSettings,
) -> Option<Vec<SettingMismatch>> {
    let mut compared = false;
    let mut mismatches = Vec::new();
    for (key, wanted) in profile {
        let Some(what) = exposed(key).filter(|what| !left_to_camera(profile, *what)) else {
            continue;
        };
        let found = match what {
            Exposed::Aperture => exif.f_number,
            Exposed::Time => exif.exposure_s,
            Exposed::Iso => exif.iso.map(f64::from),
        };
        let (Some(asked), Some(found)) = (quantity(wanted).filter(|q| *q > 0.0), found) else {
            continue;
        };
        compared = true;
        // The light through an aperture goes with the square of its number.
        let stops =
            (asked / found).log2().abs() * if what == Exposed::Aperture { 2.0 } else { 1.0 };
        if stops > SAME_THIRD {
            mismatches.push(SettingMismatch {
                key: key.clone(),
                wanted: wanted.clone(),
                found: Some(spelled(what, found)),
            });
        }
    }
    compared.then_some(mismatches)
}

/// As a photographer writes it.
fn spelled(what: Exposed, value: f64) -> String {
    match what {
        Exposed::Aperture => format!("f/{}", (value * 10.0).round() / 10.0),
        Exposed::Time if value < 0.3 => format!("1/{}", (1.0 / value).round()),
        Exposed::Time => format!("{}s", (value * 10.0).round() / 10.0),
        Exposed::Iso => format!("{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(settings: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = settings.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        owned.collect()
    }

    /// f/8, 1/125 s, ISO 100, as a camera writes them.
    const METERED: ExifSettings = ExifSettings {
        f_number: Some(8.0),
        exposure_s: Some(0.008),
        iso: Some(100),
    };

    #[test]
    fn a_frame_as_metered_agrees_however_the_profile_spells_it() {
        for settings in [
            [
                ("f-number", "f/8"),
                ("shutterspeed", "1/125"),
                ("iso", "100"),
            ],
            [
                ("aperture", "8"),
                ("shutterspeed2", "0.0080s"),
                ("iso", "ISO 100"),
            ],
            [
                ("aperture", "8.0"),
                ("shutterspeed", "1/128"),
                ("iso", "Auto"),
            ],
        ] {
            let found = exposure_mismatches(&profile(&settings), &METERED);
            assert_eq!(found, Some(vec![]), "{settings:?}");
        }
        let exact = ExifSettings {
            f_number: Some(5.657),
            exposure_s: Some(1.0 / 64.0),
            iso: None,
        };
        let nominal = profile(&[("f-number", "f/5.6"), ("shutterspeed", "1/60")]);
        assert_eq!(exposure_mismatches(&nominal, &exact), Some(vec![]));
    }

    #[test]
    fn a_third_of_a_stop_off_is_another_setting() {
        for (key, wanted, found) in [
            ("f-number", "f/9", "f/8"),
            ("f-number", "f/7.1", "f/8"),
            ("shutterspeed2", "1/160", "1/125"),
            ("shutterspeed", "0.01 sec", "1/125"),
            ("iso", "125", "100"),
        ] {
            let mismatches = exposure_mismatches(&profile(&[(key, wanted)]), &METERED).unwrap();
            assert_eq!(mismatches.len(), 1, "{key} {wanted}");
            assert_eq!(mismatches[0].wanted, wanted);
            assert_eq!(mismatches[0].found.as_deref(), Some(found));
        }
    }

    #[test]
    fn nothing_in_common_is_no_opinion() {
        let metered = profile(&[("f-number", "f/8"), ("iso", "100")]);
        assert_eq!(
            exposure_mismatches(&metered, &ExifSettings::default()),
            None
        );
        let without = profile(&[("capturetarget", "Memory card"), ("shutterspeed", "Bulb")]);
        assert_eq!(exposure_mismatches(&without, &METERED), None);
    }

    #[test]
    fn what_is_left_to_the_camera_is_not_held_against_it() {
        let aperture_priority = [
            ("expprogram", "A"),
            ("shutterspeed", "1/30"),
            ("f-number", "f/8"),
        ];
        let found = exposure_mismatches(&profile(&aperture_priority), &METERED);
        assert_eq!(found, Some(vec![]));
        let auto_iso = [("autoiso", "On"), ("iso", "400")];
        assert_eq!(exposure_mismatches(&profile(&auto_iso), &METERED), None);
        let manual = [("expprogram", "M"), ("autoiso", "Off"), ("iso", "400")];
        assert_eq!(
            exposure_mismatches(&profile(&manual), &METERED)
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn one_value_in_several_spellings() {
        for (a, b) in [
            ("f/8", "8"),
            ("f/5.6", "5.6"),
            ("1/125", "0.0080s"),
            ("0.0166s", "1/60"),
            ("Memory card", "memory card"),
            ("50%", "50"),
            ("0.01 sec", "1/100"),
        ] {
            assert!(same_value(a, b), "{a} is {b}");
        }
        for (a, b) in [
            ("f/8", "f/9"),
            ("1/125", "1/160"),
            ("Auto", "100"),
            ("Internal RAM", "Memory card"),
        ] {
            assert!(!same_value(a, b), "{a} is not {b}");
        }
    }

    #[test]
    fn card_is_whatever_the_camera_calls_it() {
        let choices = ["Internal RAM".to_owned(), "Memory card".to_owned()];
        assert_eq!(
            choose("capturetarget", "card", &choices),
            Some("Memory card")
        );
        assert_eq!(choose("f-number", "card", &choices), None);
        assert!(mismatch("capturetarget", "card", Some("Memory card".into())).is_none());
        assert!(mismatch("capturetarget", "card", Some("Internal RAM".into())).is_some());
    }
}
