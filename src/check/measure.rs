//! What a measure is, and what becomes of one when it is taken.

/// A measure that is taken.
#[derive(Debug, Clone, Copy)]
pub struct MeasureKind {
    /// As in the report and the standard's file.
    pub name: &'static str,
    /// As in the report and the standard's file; empty for a pure number.
    pub unit: &'static str,
    /// What is wrong when the value is below its limit; `None` where a lower limit makes no sense.
    pub below: Option<Fault>,
    /// What is wrong when the value is above its limit.
    pub above: Option<Fault>,
    /// What it is, for people.
    pub about: &'static str,
}

impl MeasureKind {
    /// Whether a standard sets limits for it: what has no fault on either side is for information.
    pub fn is_limited(&self) -> bool {
        self.below.is_some() || self.above.is_some()
    }
}

/// The reason that a value outside its limit gives.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Stable and public, for example `blurred`.
    pub id: &'static str,
    /// What the photographer is told.
    pub words: Words,
}

/// How the words of a reason are made. Each is Chinese, then English.
#[derive(Debug, Clone, Copy)]
pub enum Words {
    /// What is wrong in a word or two, and what to do; value and limit are put between.
    Fixed {
        /// For example `blurred`.
        fault: (&'static str, &'static str),
        /// For example `check the focus point, shoot again`.
        remedy: (&'static str, &'static str),
    },
    /// All of it, made from the value.
    Made(fn(f64) -> (String, String)),
}

/// A measure of one picture.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) kind: MeasureKind,
    pub(super) found: Found,
    /// Words that know more than the value (on which side, how far); Chinese, then English.
    pub(super) words: Option<(String, String)>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// The value in the kind's unit, and the score (0 to 100) by its public definition, if it has one.
    Value { value: f64, score: Option<f64> },
    /// Why there is none.
    Nothing { why: String },
}

impl Taken {
    /// A value, without a score.
    pub(super) fn value(kind: MeasureKind, value: f64) -> Self {
        Self::scored(kind, value, None)
    }

    /// A value and its score.
    pub(super) fn scored(kind: MeasureKind, value: f64, score: impl Into<Option<f64>>) -> Self {
        Taken {
            kind,
            found: Found::Value {
                value: rounded(value),
                score: score.into(),
            },
            words: None,
        }
    }

    /// What could not be told, and why.
    pub(super) fn nothing(kind: MeasureKind, why: impl Into<String>) -> Self {
        Taken {
            kind,
            found: Found::Nothing { why: why.into() },
            words: None,
        }
    }

    /// None of those kinds, and why.
    pub(super) fn none_of<'k>(
        kinds: impl IntoIterator<Item = &'k MeasureKind>,
        why: &str,
    ) -> Vec<Self> {
        let each = kinds.into_iter().map(|kind| Self::nothing(*kind, why));
        each.collect()
    }

    /// The same, with these words (Chinese, English) in place of the kind's, should it break its limit.
    pub(super) fn saying(mut self, zh: String, en: String) -> Self {
        self.words = Some((zh, en));
        self
    }
}

/// To six decimals, finer than any measure is exact: so a value reads the same in the report, in the
/// database and back.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// 1 / (1 + e^((x0 − v) / w)), from which the scores of ISO/IEC 29794-5 are made.
pub(super) fn sigmoid(v: f64, x0: f64, w: f64) -> f64 {
    1.0 / (1.0 + ((x0 - v) / w).exp())
}

/// As 29794-5 hands scores out: clamped to 0–100, and whole.
pub(super) fn score(raw: f64) -> f64 {
    raw.clamp(0.0, 100.0).round()
}
