//! How something that was looked at came out, and what to do about it.

use serde::{Deserialize, Serialize};

/// How a line of a preflight or of `doctor` came out, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Good.
    Ok,
    /// To be looked at.
    Warn,
    /// Not fit to shoot.
    Fail,
}

impl Finding {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Finding::Ok => "ok",
            Finding::Warn => "warn",
            Finding::Fail => "fail",
        }
    }
}

/// One line of a preflight or of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// A stable word: `battery`, `card`, `database` …
    pub name: String,
    /// How it came out.
    pub finding: Finding,
    /// What was found.
    pub message: String,
    /// What to do; empty when nothing.
    pub next: String,
}
