//! The journal, asked through `journalctl`, whose JSON is the documented way in.

use super::PREFIX;
use super::line::{Level, LogLine};
use crate::model::WallMs;
use serde_json::Value;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The service whose lines are asked for.
const UNIT: &str = "shutterline.service";

/// Which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only about this session.
    pub session: Option<String>,
    /// Only about this serial.
    pub serial: Option<u32>,
    /// Only about this frame.
    pub frame: Option<String>,
    /// Only from this moment on, in the words of `journalctl --since`.
    pub since: Option<String>,
    /// The last so many; all when not given.
    pub lines: Option<u32>,
    /// Stay, and show what comes.
    pub follow: bool,
    /// The kernel's lines in place of the service's.
    pub kernel: bool,
}

impl Filter {
    /// How `journalctl` is asked for it. A value cannot become an option: each stands behind its field's name.
    pub fn arguments(&self) -> Vec<String> {
        let mut all: Vec<String> = ["--no-pager", "--output=json", "--all"]
            .map(Into::into)
            .into();
        match self.kernel {
            true => all.push("--dmesg".to_owned()),
            false => all.push(format!("--unit={UNIT}")),
        }
        all.extend(self.since.as_ref().map(|since| format!("--since={since}")));
        all.extend(self.lines.map(|lines| format!("--lines={lines}")));
        if self.follow {
            all.push("--follow".to_owned());
        }
        let mut field = |name: &str, value: Option<String>| {
            all.extend(value.map(|value| format!("{PREFIX}_{name}={value}")));
        };
        field("SESSION", self.session.clone());
        field("SERIAL", self.serial.map(|n| n.to_string()));
        field("FRAME", self.frame.clone());
        all
    }
}

/// Why the journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no `journalctl`.
    #[error(
        "failed to run journalctl: a station that does not run under systemd logs to its standard error; look there"
    )]
    NoJournal(#[source] io::Error),
    /// It ended with an error.
    #[error(
        "journalctl ended with an error: {said}; run as a member of group systemd-journal, or with sudo"
    )]
    Refused {
        /// Its words.
        said: String,
    },
    /// What it wrote could not be read.
    #[error("failed to read what journalctl wrote")]
    Read(#[source] io::Error),
}

/// An open journal: lines, one by one.
pub struct Journal {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Journal {
    /// Asks for lines.
    ///
    /// # Errors
    /// When there is no `journalctl`.
    pub fn open(filter: &Filter) -> Result<Self, JournalError> {
        let mut child = Command::new("journalctl")
            .args(filter.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(JournalError::NoJournal)?;
        let Some(out) = child.stdout.take() else {
            return Err(JournalError::Read(io::ErrorKind::BrokenPipe.into()));
        };
        Ok(Self {
            child,
            lines: BufReader::new(out),
        })
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// When `journalctl` ended with an error, in its words.
    pub fn read(&mut self) -> Result<Option<LogLine>, JournalError> {
        loop {
            let mut text = Vec::new();
            let got = self.lines.read_until(b'\n', &mut text);
            if got.map_err(JournalError::Read)? == 0 {
                return self.ended().map(|()| None);
            }
            // What is no entry is none of ours.
            if let Some(line) = serde_json::from_slice(&text).ok().as_ref().and_then(parse) {
                return Ok(Some(line));
            }
        }
    }

    fn ended(&mut self) -> Result<(), JournalError> {
        let mut said = String::new();
        if let Some(mut err) = self.child.stderr.take() {
            let _ = io::Read::read_to_string(&mut err, &mut said);
        }
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(JournalError::Refused {
                said: said.trim().replace('\n', "; "),
            }),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // With --follow it would stay for ever.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An entry of `journalctl --output=json` as a line of ours.
fn parse(entry: &Value) -> Option<LogLine> {
    let entry = entry.as_object()?;
    let us: i64 = entry
        .get("__REALTIME_TIMESTAMP")
        .and_then(text)?
        .parse()
        .ok()?;
    let priority = entry
        .get("PRIORITY")
        .and_then(text)
        .and_then(|p| p.parse().ok());
    let mut fields = Vec::new();
    for (name, value) in entry {
        let ours = name.strip_prefix(PREFIX).and_then(|n| n.strip_prefix('_'));
        if let (Some(name), Some(value)) = (ours, text(value)) {
            fields.push((name.to_lowercase(), value));
        }
    }
    Some(LogLine {
        at: WallMs(us / 1000),
        level: Level::of_priority(priority.unwrap_or(6)),
        message: entry.get("MESSAGE").and_then(text).unwrap_or_default(),
        fields,
    })
}

/// A value is a text, a list of bytes where it is no UTF-8, or a list of such where the field stands there more than once:
/// then the last counts, which is the event's own.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(all) => {
            let bytes: Option<Vec<u8>> = all
                .iter()
                .map(|v| v.as_u64().and_then(|b| u8::try_from(b).ok()))
                .collect();
            match bytes {
                Some(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                None => all.last().and_then(text),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_cannot_become_an_option() {
        let filter = Filter {
            session: Some("k7qa-s1".into()),
            serial: Some(7),
            frame: Some("--vacuum-size=1".into()),
            since: Some("--rotate".into()),
            follow: true,
            ..Filter::default()
        };
        let arguments = filter.arguments();
        for wanted in [
            "--unit=shutterline.service",
            "--since=--rotate",
            "SHUTTERLINE_SESSION=k7qa-s1",
            "SHUTTERLINE_SERIAL=7",
            "SHUTTERLINE_FRAME=--vacuum-size=1",
            "--follow",
        ] {
            assert!(
                arguments.iter().any(|a| a == wanted),
                "{wanted} in {arguments:?}"
            );
        }
    }

    #[test]
    fn entries_are_read_in_every_form_that_journalctl_has() {
        let entry = serde_json::json!({
            "__REALTIME_TIMESTAMP": "1767225600123456",
            "PRIORITY": "4",
            "MESSAGE": [229, 188, 160, 255],
            "SHUTTERLINE_FRAME": "k7qa-000012",
            "SHUTTERLINE_SERIAL": ["7", "8"],
            "_PID": "1",
        });
        let line = parse(&entry).unwrap();
        assert_eq!(
            (line.at, line.level),
            (WallMs(1_767_225_600_123), Level::Warn)
        );
        assert_eq!(line.message, "张\u{fffd}");
        assert_eq!(
            line.fields,
            [
                ("frame".to_owned(), "k7qa-000012".to_owned()),
                ("serial".to_owned(), "8".to_owned())
            ]
        );
        assert_eq!(parse(&serde_json::json!({"MESSAGE": "no time"})), None);
    }
}
