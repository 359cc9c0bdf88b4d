//! Reading a standard's text, with every problem found in one go.

use super::{Limit, Problem, Standard, background};
use crate::check::catalogue::limited;
use crate::check::measure::{Fault, MeasureKind};
use crate::model::Severity;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) type Table<'t> = DeTable<'t>;
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// Walks the table by hand instead of by serde, which would stop at the first problem.
pub(super) struct Parser<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl<'t> Parser<'t> {
    /// Of that text.
    pub(super) fn new(text: &'t str) -> Self {
        Parser {
            text,
            problems: Vec::new(),
        }
    }

    /// The standard as far as it could be read, and everything that is wrong.
    pub(super) fn parse(mut self) -> (Standard, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.problem(error.span().unwrap_or_default(), error.message());
        }
        let table = table.get_ref();
        const KEYS: [&str; 7] = [
            "kind",
            "name",
            "title-zh",
            "title-en",
            background::TABLE,
            "measure",
            "portrait",
        ];
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
            background: background::references(table, |span, message| self.problem(span, message)),
            portrait: self.portrait(table),
        };
        (standard, self.problems)
    }

    pub(super) fn problem(&mut self, span: Range<usize>, message: impl Into<String>) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        self.problems.push(Problem {
            line: 1 + before.iter().filter(|&&b| b == b'\n').count(),
            message: message.into(),
        });
    }

    pub(super) fn unknown_keys(&mut self, table: &Table, known: &[&str], place: &str) {
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
        self.unknown_keys(
            measures,
            &limited().map(|k| k.name).collect::<Vec<_>>(),
            "measure.",
        );
        for kind in limited() {
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
                        let limit = self.limit(kind, fields, value.span());
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
        fault: Option<Fault>,
    ) -> Option<f64> {
        let value = fields.get(key)?;
        if fault.is_none() {
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

    pub(super) fn severity(&mut self, fields: &Table, place: &str, span: Range<usize>) -> Severity {
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

pub(super) fn number_of(value: &Value) -> Option<f64> {
    let value = value.get_ref();
    if let Some(float) = value.as_float() {
        return float.as_str().parse().ok();
    }
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .map(|n| n as f64)
}
