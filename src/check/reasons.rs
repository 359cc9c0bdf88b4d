//! What the photographer is told, in Chinese and English.

use super::jpeg::Unreadable;
use super::measure::{MeasureKind, Words};
use crate::model::{About, Reason, Severity};

/// Which side of which limit a value is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Breach {
    /// Below this limit.
    Below(f64),
    /// Above this limit.
    Above(f64),
}

/// For a value that breaks a limit. `None` where the measure gives no reason on that side, which a
/// standard cannot ask for.
pub(super) fn breach(
    kind: &MeasureKind,
    value: f64,
    breach: Breach,
    severity: Severity,
) -> Option<Reason> {
    let (fault, limit, zh_word, en_word) = match breach {
        Breach::Below(limit) => (kind.below?, limit, "不低于", "at least"),
        Breach::Above(limit) => (kind.above?, limit, "不高于", "at most"),
    };
    let (zh, en) = match fault.words {
        Words::Made(make) => make(value),
        Words::Fixed { fault, remedy } => {
            let (value, limit) = (number(value), number(limit));
            let unit = match kind.unit {
                "" | "fraction" => String::new(),
                unit => format!(" {unit}"),
            };
            let name = kind.name;
            (
                format!(
                    "{}（{name} {value}{unit}，要求{zh_word} {limit}）：{}",
                    fault.0, remedy.0
                ),
                format!(
                    "{} ({name} {value}{unit}, {en_word} {limit}): {}",
                    fault.1, remedy.1
                ),
            )
        }
    };
    Some(Reason {
        id: fault.id.to_owned(),
        severity,
        was: None,
        about: About::Student,
        zh,
        en,
    })
}

/// For a file that cannot be judged.
pub(super) fn unreadable(why: &Unreadable) -> Reason {
    Reason {
        id: "unreadable".to_owned(),
        severity: Severity::Reject,
        was: None,
        about: About::Student,
        zh: format!("{}：请重拍，并检查存储卡和数据线", why.zh()),
        en: format!("{why}: shoot again, and check the card and the cable"),
    }
}

/// Three figures are enough to act on.
pub fn number(value: f64) -> String {
    let text = match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue::limited;

    #[test]
    fn every_reason_has_words_in_both_languages() {
        for kind in limited() {
            for side in [Breach::Below(1.5), Breach::Above(1.5)] {
                let Some(reason) = breach(kind, 2.5, side, Severity::Warn) else {
                    continue;
                };
                assert!(!reason.zh.is_ascii() && reason.en.len() > 5, "{reason:?}");
                assert!(
                    reason.en.is_ascii() || reason.en.contains('°'),
                    "{reason:?}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_short() {
        let texts = [0.1234, 1.5, 12.0, 250.4, 0.0, 5.996].map(number);
        assert_eq!(texts, ["0.123", "1.5", "12", "250", "0", "6"]);
    }
}
