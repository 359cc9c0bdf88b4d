//! What is wrong with a config, in words that name the next step.

use std::fmt;
use std::path::PathBuf;

/// One thing wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1; `None` when it is about a default or a flag.
    pub line: Option<usize>,
    /// Dotted name of the key, for example `station.settle-ms`; empty when the text is no TOML.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub next: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.message, self.next)
    }
}

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read the config {}; check the path, or leave --config out to run on the built-in defaults", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A board is neither shipped nor a file that can be read.
    #[error("failed to read the board {}; name a shipped one ({}) or an existing file", path.display(), super::board_names().join(", "))]
    BoardUnreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It was read, and does not hold.
    #[error("{}", listed(origin, problems))]
    Invalid {
        /// Which file.
        origin: String,
        /// All of them, by line.
        problems: Vec<Problem>,
    },
}

impl ConfigError {
    /// An error of all these problems, by line, if there are any.
    pub(super) fn unless_empty(mut problems: Vec<Problem>, origin: &str) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
        Err(ConfigError::Invalid {
            origin: origin.to_owned(),
            problems,
        })
    }
}

fn listed(origin: &str, problems: &[Problem]) -> String {
    let count = match problems.len() {
        1 => "one problem".to_owned(),
        n => format!("{n} problems"),
    };
    let lines: String = problems.iter().map(|p| format!("\n  {p}")).collect();
    format!("{origin} has {count}:{lines}")
}

/// Units that a key may carry, with their word.
const UNITS: [(&str, &str); 7] = [
    ("-ms", "milliseconds"),
    ("-s", "seconds"),
    ("-sec", "seconds"),
    ("-min", "minutes"),
    ("-kb", "kilobytes"),
    ("-mb", "megabytes"),
    ("-gb", "gigabytes"),
];

/// A key without its unit, and the unit's word.
pub(super) fn unit(key: &str) -> (&str, Option<&'static str>) {
    for (suffix, word) in UNITS {
        if let Some(stem) = key.strip_suffix(suffix) {
            return (stem, Some(word));
        }
    }
    (key, None)
}

/// Message and next step for a key that is not known here.
pub(super) fn unknown_key(key: &str, known: &[&str]) -> (String, String) {
    let other_unit = known
        .iter()
        .find(|k| unit(k).1.is_some() && unit(k).0 == unit(key).0);
    if let Some(other) = other_unit {
        let word = unit(other).1.unwrap_or_default();
        return (
            format!("unknown key; this span or size is given in {word}"),
            format!("write `{other}` with a whole number of {word}"),
        );
    }
    let next = match nearest(key, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("remove it; known here: {}", known.join(", ")),
    };
    ("unknown key".into(), next)
}

/// Message and next step for a word that is none of those allowed.
pub(super) fn unknown_word(found: &str, what: &str, allowed: &[&str]) -> (String, String) {
    let allowed_list = allowed
        .iter()
        .map(|a| format!("\"{a}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let next = match nearest(found, allowed) {
        Some(near) => format!("did you mean \"{near}\"? Allowed: {allowed_list}"),
        None => format!("write one of {allowed_list}"),
    };
    (format!("there is no {what} \"{found}\""), next)
}

/// The most alike of `known`, if any is alike enough to be a slip of the fingers.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|k| (distance(word, k), *k))
        .filter(|(distance, k)| *distance <= (k.len() / 3).max(1))
        .min()
        .map(|(_, k)| k)
}

/// Levenshtein distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let known = ["settle-ms", "max-shots", "min-free-mb"];
        assert_eq!(nearest("setle-ms", &known), Some("settle-ms"));
        assert_eq!(nearest("max_shots", &known), Some("max-shots"));
        assert_eq!(nearest("wallpaper", &known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn another_unit_is_named() {
        let (message, next) = unknown_key("settle-s", &["settle-ms"]);
        assert!(message.contains("milliseconds"), "{message}");
        assert!(next.contains("`settle-ms`"), "{next}");
    }
}
