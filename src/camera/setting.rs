//! Camera settings as text: the same aperture is `f/8`, `8.0` or `8` depending on who says it.

use crate::model::SettingMismatch;

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

/// `f/5.6`, `1/125`, `0.0080s`, `100`, `50%` as a number.
fn quantity(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("f/").unwrap_or(&text);
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

#[cfg(test)]
mod tests {
    use super::*;

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
