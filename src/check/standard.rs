//! A standard: a named set of limits and severities, written in TOML.

use super::catalogue::{LIMITED, MeasureKind};
use super::reasons::Breach;
use crate::model::Severity;
use std::collections::BTreeMap;
use std::ops::Range;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The standards that are built in, so that a station runs without any file: name and text.
const BUILT_IN: [(&str, &str); 3] = [
    (
        "cn-graduate-blue",
        include_str!("../../config/standards/cn-graduate-blue.toml"),
    ),
    (
        "cn-graduate-white",
        include_str!("../../config/standards/cn-graduate-white.toml"),
    ),
    ("icao", include_str!("../../config/standards/icao.toml")),
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
    const NONE: Limit = Limit {
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
        let below = |min: Option<f64>| min.filter(|&min| !(value >= min)).map(Breach::Below);
        let above = |max: Option<f64>| max.filter(|&max| !(value <= max)).map(Breach::Above);
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

    /// The built-in standard of that name.
    pub fn builtin(name: &str) -> Result<Self, StandardError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Standard::parse(text, name),
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

    /// The limits of a measure; none at all for a measure that has none.
    pub fn limit(&self, measure: &str) -> Limit {
        self.limits.get(measure).copied().unwrap_or(Limit::NONE)
    }
}

type Table<'t> = DeTable<'t>;
type Value<'t> = Spanned<DeValue<'t>>;

/// Walks the table by hand instead of by serde, which would stop at the first problem.
struct Parser<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        Parser {
            text,
            problems: Vec::new(),
        }
    }

    fn parse(mut self) -> (Standard, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.problem(error.span().unwrap_or_default(), error.message());
        }
        let table = table.get_ref();
        const KEYS: [&str; 5] = ["kind", "name", "title-zh", "title-en", "measure"];
        self.unknown_keys(table, &KEYS, "");
        match self.string(table, "kind").as_deref() {
            None | Some("standard") => {}
            Some(other) => {
                let span = table.get("kind").map(Spanned::span).unwrap_or_default();
                self.problem(
                    span,
                    format!("kind is \"{other}\"; it must be \"standard\""),
                );
            }
        }
        let standard = Standard {
            name: self.string(table, "name").unwrap_or_default(),
            title_zh: self.string(table, "title-zh").unwrap_or_default(),
            title_en: self.string(table, "title-en").unwrap_or_default(),
            limits: self.limits(table),
        };
        (standard, self.problems)
    }

    fn problem(&mut self, span: Range<usize>, message: impl Into<String>) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        self.problems.push(Problem {
            line: 1 + before.iter().filter(|&&b| b == b'\n').count(),
            message: message.into(),
        });
    }

    fn unknown_keys(&mut self, table: &Table, known: &[&str], place: &str) {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let message = format!(
                    "unknown key {place}{}; known here: {}",
                    key.get_ref(),
                    known.join(", ")
                );
                self.problem(key.span(), message);
            }
        }
    }

    fn string(&mut self, table: &Table, key: &str) -> Option<String> {
        let Some(value) = table.get(key) else {
            self.problem(0..0, format!("{key} is missing"));
            return None;
        };
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.problem(value.span(), format!("{key} is empty"));
                None
            }
            None => {
                self.problem(value.span(), format!("{key} must be text in quotes"));
                None
            }
        }
    }

    fn limits(&mut self, table: &Table) -> BTreeMap<&'static str, Limit> {
        let mut limits = BTreeMap::new();
        let measures = table.get("measure").and_then(|v| v.get_ref().as_table());
        let Some(measures) = measures else {
            let span = table.get("measure").map(Spanned::span).unwrap_or_default();
            self.problem(span, "there is no [measure.…] table");
            return limits;
        };
        self.unknown_keys(measures, &LIMITED.map(|k| k.name), "measure.");
        for kind in LIMITED {
            match measures.get(kind.name) {
                // A measure without a word about it would be a limit that nobody decided on.
                None => self.problem(
                    0..0,
                    format!(
                        "[measure.{}] is missing; to ignore it, give it severity = \"off\"",
                        kind.name
                    ),
                ),
                Some(value) => match value.get_ref().as_table() {
                    Some(fields) => {
                        let limit = self.limit(&kind, fields, value.span());
                        limits.insert(kind.name, limit);
                    }
                    None => self.problem(
                        value.span(),
                        format!("measure.{} must be a table", kind.name),
                    ),
                },
            }
        }
        limits
    }

    fn limit(&mut self, kind: &MeasureKind, fields: &Table, span: Range<usize>) -> Limit {
        const KEYS: [&str; 6] = ["unit", "min", "max", "warn-min", "warn-max", "severity"];
        let place = format!("measure.{}.", kind.name);
        self.unknown_keys(fields, &KEYS, &place);
        match fields.get("unit") {
            Some(unit) if unit.get_ref().as_str() == Some(kind.unit) => {}
            Some(unit) => self.problem(
                unit.span(),
                format!("{place}unit must be \"{}\"", kind.unit),
            ),
            None => self.problem(
                span.clone(),
                format!("{place}unit is missing; it is \"{}\"", kind.unit),
            ),
        }
        let limit = Limit {
            min: self.number(fields, "min", &place, kind.below),
            max: self.number(fields, "max", &place, kind.above),
            warn_min: self.number(fields, "warn-min", &place, kind.below),
            warn_max: self.number(fields, "warn-max", &place, kind.above),
            severity: self.severity(fields, &place, span.clone()),
        };
        let ladder = [limit.min, limit.warn_min, limit.warn_max, limit.max];
        let rungs = ladder.into_iter().flatten().collect::<Vec<_>>();
        if !rungs.is_sorted() {
            self.problem(
                span.clone(),
                format!("{place}* must not fall in the order min, warn-min, warn-max, max"),
            );
        }
        if rungs.is_empty() && limit.severity != Severity::Off {
            self.problem(span, format!("{place}severity stands without a limit"));
        }
        limit
    }

    fn number(
        &mut self,
        fields: &Table,
        key: &str,
        place: &str,
        reason: Option<&str>,
    ) -> Option<f64> {
        let value = fields.get(key)?;
        if reason.is_none() {
            self.problem(
                value.span(),
                format!("{place}{key}: this measure has no limit on that side"),
            );
            return None;
        }
        let number = number_of(value).filter(|n| n.is_finite());
        if number.is_none() {
            self.problem(value.span(), format!("{place}{key} must be a number"));
        }
        number
    }

    fn severity(&mut self, fields: &Table, place: &str, span: Range<usize>) -> Severity {
        let word = fields.get("severity");
        match word.and_then(|v| v.get_ref().as_str()) {
            Some("off") => Severity::Off,
            Some("warn") => Severity::Warn,
            Some("reject") => Severity::Reject,
            _ => {
                self.problem(
                    word.map(Spanned::span).unwrap_or(span),
                    format!("{place}severity must be \"off\", \"warn\" or \"reject\""),
                );
                Severity::Off
            }
        }
    }
}

fn number_of(value: &Value) -> Option<f64> {
    let value = value.get_ref();
    if let Some(float) = value.as_float() {
        return float.as_str().parse().ok();
    }
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .map(|n| n as f64)
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
