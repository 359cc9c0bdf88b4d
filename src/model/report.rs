//! What the check measured, and the verdict.

use super::{Crop, Geometry};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer to a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing to say against it.
    Pass,
    /// Usable, with a remark. Counts as passing.
    Warn,
    /// To be shot again.
    Reject,
}

impl Verdict {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Reject => "reject",
        }
    }

    /// The verdict of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Verdict::Pass, Verdict::Warn, Verdict::Reject]
            .into_iter()
            .find(|v| v.as_str() == word)
    }
}

/// How bad it is when a limit is broken. `Off` still measures and shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Measured and shown, never held against the frame.
    Off,
    /// Leads to `warn`.
    Warn,
    /// Leads to `reject`.
    Reject,
}

/// Why a frame is not simply good. Ids are stable and public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// For example `blurred`.
    pub id: String,
    /// What it leads to.
    pub severity: Severity,
    /// What the photographer can act on, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// Whether a measure could be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum MeasureState {
    /// Taken.
    Measured {
        /// The raw value, in `unit`.
        value: f64,
        /// 0 to 100, 100 is best; `None` where no score is defined.
        score: Option<f64>,
        /// Whether it keeps its limits.
        within: bool,
    },
    /// Not taken, and why.
    NotMeasured {
        /// In English.
        why: String,
    },
}

/// One measure of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// For example `sharpness`.
    pub name: String,
    /// For example `px`, `bits`, `fraction`; empty for a pure number.
    pub unit: String,
    /// Lower limit of the standard, if it has one.
    pub min: Option<f64>,
    /// Upper limit of the standard, if it has one.
    pub max: Option<f64>,
    /// The value, or why there is none.
    #[serde(flatten)]
    pub state: MeasureState,
}

/// Everything the check has to say of a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the standard it was judged by.
    pub standard: String,
    /// The worst of the reasons, `pass` when there is none.
    pub verdict: Verdict,
    /// Worst first.
    pub reasons: Vec<Reason>,
    /// All measures, those not taken included.
    pub measures: Vec<Measure>,
    /// Width of the image in pixels, before any EXIF rotation; 0 when unreadable.
    pub width_px: u32,
    /// Height of the image in pixels; 0 when unreadable.
    pub height_px: u32,
    /// What was found of the person; `None` where nobody looked or the file is unreadable.
    #[serde(default)]
    pub geometry: Option<Geometry>,
    /// The crop that the portrait is made of, where one keeps the standard's bands.
    #[serde(default)]
    pub crop: Option<Crop>,
    /// Milliseconds by phase of the check, for whoever asks how long it took.
    #[serde(default)]
    pub timings_ms: BTreeMap<String, f64>,
}
