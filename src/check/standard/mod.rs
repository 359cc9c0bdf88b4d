//! A standard: a named set of limits and severities, written in TOML.

mod background;
mod portrait;
mod read;

pub use portrait::{Metadata, OutsideSize, PortraitRules};

use super::reasons::Breach;
use crate::model::Severity;
use read::Parser;
use std::collections::BTreeMap;
use thiserror::Error;
use toml::de::DeTable;

/// The standards that are built in, so that a station runs without any file: name and text.
const BUILT_IN: [(&str, &str); 3] = [
    (
        "cn-graduate-blue",
        include_str!("../../../config/standards/cn-graduate-blue.toml"),
    ),
    (
        "cn-graduate-white",
        include_str!("../../../config/standards/cn-graduate-white.toml"),
    ),
    ("icao", include_str!("../../../config/standards/icao.toml")),
];

/// The limits of one measure, in its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// A value below leads to `severity`.
    pub min: Option<f64>,
    /// A value above leads to `severity`.
    pub max: Option<f64>,
    /// A value below, but not below `min`, leads to `warn`.
    pub warn_min: Option<f64>,
    /// A value above, but not above `max`, leads to `warn`.
    pub warn_max: Option<f64>,
    /// What a broken `min` or `max` leads to; `off` silences the warnings too.
    pub severity: Severity,
}

impl Limit {
    /// Measured and shown, never held against a frame.
    pub(super) const NONE: Limit = Limit {
        min: None,
        max: None,
        warn_min: None,
        warn_max: None,
        severity: Severity::Off,
    };

    /// The limit that the value breaks, the more severe first. A value that is no number breaks
    /// whatever limit there is.
    pub(super) fn broken_by(&self, value: f64) -> Option<(Breach, Severity)> {
        let warn = self.severity.min(Severity::Warn);
        let below = |min: Option<f64>| {
            min.filter(|&min| value < min || value.is_nan())
                .map(Breach::Below)
        };
        let above = |max: Option<f64>| {
            max.filter(|&max| value > max || value.is_nan())
                .map(Breach::Above)
        };
        None.or(below(self.min))
            .or(above(self.max))
            .map(|breach| (breach, self.severity))
            .or_else(|| {
                None.or(below(self.warn_min))
                    .or(above(self.warn_max))
                    .map(|breach| (breach, warn))
            })
    }
}

/// A named set of limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Standard {
    name: String,
    title_zh: String,
    title_en: String,
    limits: BTreeMap<&'static str, Limit>,
    background: Vec<[u8; 3]>,
    portrait: Option<PortraitRules>,
}

/// Something wrong in a standard's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the text, from 1.
    pub line: usize,
    /// What, and what would be right.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Why there is no standard to be had.
#[derive(Debug, Error)]
pub enum StandardError {
    /// The text has problems; all of them are listed.
    #[error("{origin} is not a valid standard:\n{}", list(problems))]
    Invalid {
        /// The file, or the name of the built-in one.
        origin: String,
        /// In the order of the lines.
        problems: Vec<Problem>,
    },
    /// No built-in standard of that name.
    #[error("there is no standard named {name}; the built-in ones are {}", Standard::builtin_names().join(", "))]
    Unknown {
        /// As asked for.
        name: String,
    },
}

fn list(problems: &[Problem]) -> String {
    let lines = problems.iter().map(|p| format!("  {p}"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Standard {
    /// Whether this text means to be a standard: its first key is `kind = "standard"`. Tells a
    /// standard from the station's own configuration.
    pub fn is_meant(text: &str) -> bool {
        let (table, _) = DeTable::parse_recoverable(text);
        let kind = table
            .get_ref()
            .get("kind")
            .and_then(|v| v.get_ref().as_str());
        kind == Some("standard")
    }

    /// Reads a standard; `origin` names the file in errors.
    pub fn parse(text: &str, origin: &str) -> Result<Self, StandardError> {
        let (standard, mut problems) = Parser::new(text).parse();
        if problems.is_empty() {
            return Ok(standard);
        }
        problems.sort_by_key(|p| p.line);
        Err(StandardError::Invalid {
            origin: origin.to_owned(),
            problems,
        })
    }

    /// Everything that is wrong in the text, in the order of the lines; empty if it is valid.
    pub fn check(text: &str) -> Vec<Problem> {
        match Standard::parse(text, "") {
            Err(StandardError::Invalid { problems, .. }) => problems,
            _ => Vec::new(),
        }
    }

    /// The text of the built-in standard of that name, with its figures' sources as comments.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| *text)
    }

    /// The built-in standard of that name.
    pub fn builtin(name: &str) -> Result<Self, StandardError> {
        match Standard::builtin_text(name) {
            Some(text) => Standard::parse(text, name),
            None => Err(StandardError::Unknown {
                name: name.to_owned(),
            }),
        }
    }

    /// The names of the built-in standards.
    pub fn builtin_names() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// For example `cn-graduate-blue`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For people, in Chinese.
    pub fn title_zh(&self) -> &str {
        &self.title_zh
    }

    /// For people, in English.
    pub fn title_en(&self) -> &str {
        &self.title_en
    }

    /// The portrait that is made by this standard; `None` where it makes none.
    pub fn portrait(&self) -> Option<&PortraitRules> {
        self.portrait.as_ref()
    }

    /// The limits of a measure; none at all for a measure that has none.
    pub fn limit(&self, measure: &str) -> Limit {
        self.limits.get(measure).copied().unwrap_or(Limit::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_standards_are_valid_and_named_after_their_files() {
        for name in Standard::builtin_names() {
            let standard = Standard::builtin(name).unwrap();
            assert_eq!(standard.name(), name);
            assert!(!standard.title_zh().is_empty() && !standard.title_en().is_empty());
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = Standard::builtin("passport").unwrap_err().to_string();
        assert!(
            error.contains("passport") && error.contains("icao"),
            "{error}"
        );
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_lines() {
        let text = BUILT_IN[0]
            .1
            .replace("unit = \"%/px\"", "unit = \"px\"")
            .replace("severity = \"reject\"", "severity = \"fatal\"")
            .replace("title-en", "titel-en");
        let problems = Standard::check(&text);
        let said = |part: &str| problems.iter().any(|p| p.message.contains(part));
        assert!(
            said("measure.sharpness.unit must be \"%/px\""),
            "{problems:?}"
        );
        assert!(said("unknown key titel-en") && said("title-en is missing"));
        assert!(said("severity must be"));
        let unit = problems
            .iter()
            .find(|p| p.message.contains("unit must"))
            .unwrap();
        let line = text.lines().nth(unit.line - 1).unwrap();
        assert!(line.starts_with("unit = \"px\""), "{line}");
    }

    #[test]
    fn limits_that_contradict_each_other_are_found() {
        let sharpness = |body: &str| {
            let text = format!("[measure.sharpness]\nunit = \"%/px\"\n{body}");
            let mut problems = Standard::check(&text);
            problems.retain(|p| p.message.contains("measure.sharpness."));
            problems
                .into_iter()
                .map(|p| p.message)
                .collect::<Vec<_>>()
                .join("; ")
        };
        assert_eq!(
            sharpness("min = 3\nwarn-min = 4.5\nseverity = \"reject\""),
            ""
        );
        assert!(sharpness("min = 5\nwarn-min = 4\nseverity = \"reject\"").contains("order"));
        assert!(sharpness("max = 5\nseverity = \"reject\"").contains("on that side"));
        assert!(sharpness("severity = \"warn\"").contains("without a limit"));
        assert!(sharpness("min = nan\nseverity = \"warn\"").contains("must be a number"));
        assert!(sharpness("min = \"3\"\nseverity = \"warn\"").contains("must be a number"));
    }

    #[test]
    fn the_worse_limit_speaks_first() {
        let limit = Limit {
            min: Some(2.0),
            warn_min: Some(4.0),
            warn_max: None,
            max: Some(9.0),
            severity: Severity::Reject,
        };
        assert_eq!(
            limit.broken_by(1.0),
            Some((Breach::Below(2.0), Severity::Reject))
        );
        assert_eq!(
            limit.broken_by(3.0),
            Some((Breach::Below(4.0), Severity::Warn))
        );
        assert_eq!(limit.broken_by(4.0), None);
        assert_eq!(
            limit.broken_by(9.5),
            Some((Breach::Above(9.0), Severity::Reject))
        );
        assert!(limit.broken_by(f64::NAN).is_some());
    }
}
