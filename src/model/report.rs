//! What the check measured, and the verdict.

use super::{Crop, Geometry, Signature};
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

    /// What these reasons lead to: the worst of them.
    pub fn of(reasons: &[Reason]) -> Self {
        match reasons.iter().map(|r| r.severity).max() {
            Some(Severity::Reject) => Verdict::Reject,
            Some(Severity::Warn) => Verdict::Warn,
            Some(Severity::Off) | None => Verdict::Pass,
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

/// Whose a reason is to put right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The student in the chair: eyes, hair, a shirt.
    #[default]
    Student,
    /// The photographer's equipment: lamps, trigger, shutter, tripod. Never held against the student.
    Equipment,
}

/// Why a frame is not simply good. Ids are stable and public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// For example `blurred`.
    pub id: String,
    /// What it leads to.
    pub severity: Severity,
    /// What it would lead to, where a waiver or a lowering has made it milder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Severity>,
    /// Whose it is.
    #[serde(default)]
    pub about: About,
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
    /// What later frames of the session are compared by; `None` for an unreadable file.
    #[serde(default)]
    pub signature: Option<Signature>,
}

impl Report {
    /// Adds reasons that are not the file's alone. Worst first; of two equally bad ones the equipment's, as it
    /// explains the other. The verdict is never better for it.
    pub fn add(&mut self, reasons: Vec<Reason>) {
        self.reasons.extend(reasons);
        self.reasons
            .sort_by_key(|r| std::cmp::Reverse((r.severity, r.about == About::Equipment)));
        self.verdict = self.verdict.max(Verdict::of(&self.reasons));
    }
}
