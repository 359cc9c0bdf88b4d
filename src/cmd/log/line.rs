//! One line of the log.

use super::super::when;
use crate::model::WallMs;
use std::fmt::Write;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is not as it should be.
    Warn,
    /// What happens.
    Info,
    /// For finding out why.
    Debug,
}

impl Level {
    /// Of a journal's priority, 0 (the worst) to 7.
    pub fn of_priority(priority: u8) -> Self {
        match priority {
            0..=3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }

    /// As a journal's priority: what happens is informational there, as with other daemons.
    pub(super) fn priority(self) -> &'static str {
        match self {
            Self::Error => "3",
            Self::Warn => "4",
            Self::Info => "6",
            Self::Debug => "7",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => " WARN",
            Self::Info => " INFO",
            Self::Debug => "DEBUG",
        }
    }

    /// A terminal's colour: red, amber, green and grey, as the lamps have it.
    fn colour(self) -> u8 {
        match self {
            Self::Error => 31,
            Self::Warn => 33,
            Self::Info => 32,
            Self::Debug => 90,
        }
    }
}

/// How lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// With a terminal's colours.
    pub colour: bool,
    /// With the moment before it, in UTC.
    pub time: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, by the wall clock.
    pub at: WallMs,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub message: String,
    /// About what: names and values, in order. `session`, `serial` and `frame` come last.
    pub fields: Vec<(String, String)>,
}

/// What a line is about is said at its end, in this order, whether the line itself says it or what it happened within.
const ABOUT: [&str; 3] = ["session", "serial", "frame"];

impl LogLine {
    /// The fields in the order they are shown, each of what the line is about once: the event's own word counts more than
    /// what it happened within, which comes first.
    pub(super) fn fields(&self) -> Vec<&(String, String)> {
        let about = |name: &str| ABOUT.iter().position(|a| *a == name);
        let mut fields: Vec<&(String, String)> = Vec::new();
        for field in &self.fields {
            let known = fields.iter().position(|f| f.0 == field.0);
            match known.filter(|_| about(&field.0).is_some()) {
                Some(at) => fields[at] = field,
                None => fields.push(field),
            }
        }
        fields.sort_by_key(|(name, _)| about(name).map_or(0, |at| at + 1));
        fields
    }

    /// The line as people read it, without a line break: `12:03:04.123Z WARN download failed file=… session=… serial=…`.
    /// Control characters of values are shown and not sent: a file's name must not repaint a technician's terminal.
    pub fn show(&self, style: Style) -> String {
        let mut out = String::new();
        let (on, off) = match style.colour {
            true => (format!("\x1b[{}m", self.level.colour()), "\x1b[0m"),
            false => (String::new(), ""),
        };
        let (dim, plain) = if style.colour {
            ("\x1b[2m", "\x1b[0m")
        } else {
            ("", "")
        };
        if style.time {
            let _ = write!(out, "{dim}{}{plain} ", when::iso(self.at));
        }
        let _ = write!(
            out,
            "{on}{}{off} {}",
            self.level.word(),
            harmless(&self.message)
        );
        for (name, value) in self.fields() {
            let _ = write!(out, " {dim}{name}={plain}{}", quoted(value));
        }
        out
    }
}

/// A value with blanks stands in quotes.
fn quoted(value: &str) -> String {
    match value.is_empty() || value.contains([' ', '"', '\n']) {
        true => format!("\"{}\"", harmless(value).replace('"', "\\\"")),
        false => harmless(value),
    }
}

fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: &[(&str, &str)]) -> LogLine {
        LogLine {
            at: WallMs(1_767_225_600_123),
            level: Level::Warn,
            message: "download failed".into(),
            fields: fields
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect(),
        }
    }

    #[test]
    fn what_a_line_is_about_stands_at_its_end_once() {
        let shown = line(&[
            ("session", "k7qa-s1"),
            ("serial", "7"),
            ("file", "DSC 1.JPG"),
            ("serial", "8"),
        ]);
        assert_eq!(
            shown.show(Style::default()),
            " WARN download failed file=\"DSC 1.JPG\" session=k7qa-s1 serial=8"
        );
        let timed = Style {
            time: true,
            ..Style::default()
        };
        assert!(
            shown
                .show(timed)
                .starts_with("2026-01-01T00:00:00.123Z  WARN download failed")
        );
    }

    #[test]
    fn no_name_of_a_file_repaints_a_terminal() {
        let shown = line(&[("file", "a\x1b[2J\nb")]).show(Style::default());
        assert!(
            !shown.contains('\x1b') && !shown.contains('\n'),
            "{shown:?}"
        );
        let coloured = Style {
            colour: true,
            time: false,
        };
        assert!(line(&[]).show(coloured).starts_with("\x1b[33m WARN\x1b[0m"));
    }
}
