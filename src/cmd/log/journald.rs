//! Lines to the journal, with their fields, in journald's own protocol: a datagram of `NAME`, length and value.
//!
//! Never waits: a journal that stands still on a dying disk must not hold up the loop that logs. What it does not take at
//! once is left out and counted.

use super::PREFIX;
use super::line::LogLine;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where journald listens.
const SOCKET: &str = "/run/systemd/journal/socket";

/// What the lines are filed under; `journalctl -t` asks for it.
const IDENTIFIER: &str = "shutterline";

/// A way to journald.
pub(super) struct Journald {
    socket: UnixDatagram,
    left_out: AtomicU64,
}

impl Journald {
    /// Connects; an error where there is no journald.
    pub(super) fn open() -> io::Result<Self> {
        Self::at(Path::new(SOCKET))
    }

    fn at(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            left_out: AtomicU64::new(0),
        })
    }

    /// Sends a line, or counts it.
    pub(super) fn send(&self, line: &LogLine) {
        let before = self.left_out.swap(0, Ordering::Relaxed);
        let sent = self.socket.send(&datagram(line, before)).or_else(|e| {
            // Longer than a datagram may be: its words without its values are better than nothing.
            let fields = Vec::new();
            let short: String = line.message.chars().take(10_000).collect();
            match e.raw_os_error() {
                Some(code) if code == libc::EMSGSIZE => {
                    let line = LogLine {
                        message: short,
                        fields,
                        ..line.clone()
                    };
                    self.socket.send(&datagram(&line, before))
                }
                _ => Err(e),
            }
        });
        if sent.is_err() {
            self.left_out.fetch_add(before + 1, Ordering::Relaxed);
        }
    }
}

fn datagram(line: &LogLine, left_out: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let mut put = |name: &str, value: &str| {
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(b'\n');
    };
    put("MESSAGE", &line.message);
    put("PRIORITY", line.level.priority());
    put("SYSLOG_IDENTIFIER", IDENTIFIER);
    for (name, value) in line.fields() {
        put(&format!("{PREFIX}_{}", field_name(name)), value);
    }
    if left_out > 0 {
        put(&format!("{PREFIX}_LEFT_OUT_BEFORE"), &left_out.to_string());
    }
    bytes
}

/// journald takes capitals, digits and underscores.
fn field_name(name: &str) -> String {
    name.chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::line::Level;
    use super::*;
    use crate::model::WallMs;

    fn line(message: &str) -> LogLine {
        LogLine {
            at: WallMs(0),
            level: Level::Warn,
            message: message.into(),
            fields: vec![
                ("session".into(), "k7qa-s1".into()),
                ("serial".into(), "7".into()),
                ("retry.after".into(), "two\nlines".into()),
                ("serial".into(), "8".into()),
            ],
        }
    }

    /// Names and values of a datagram.
    fn read(mut bytes: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
            let name = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let (length, rest) = bytes[end + 1..].split_at(8);
            let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
            fields.push((name, String::from_utf8(rest[..length].to_vec()).unwrap()));
            assert_eq!(rest[length], b'\n');
            bytes = &rest[length + 1..];
        }
        fields
    }

    #[test]
    fn a_line_goes_with_its_fields_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let journal = UnixDatagram::bind(&path).unwrap();
        Journald::at(&path).unwrap().send(&line("download failed"));
        let mut bytes = vec![0; 4096];
        let n = journal.recv(&mut bytes).unwrap();
        let wanted = [
            ("MESSAGE", "download failed"),
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "shutterline"),
            ("SHUTTERLINE_RETRY_AFTER", "two\nlines"),
            ("SHUTTERLINE_SESSION", "k7qa-s1"),
            ("SHUTTERLINE_SERIAL", "8"),
        ];
        assert_eq!(
            read(&bytes[..n]),
            wanted.map(|(n, v)| (n.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn a_journal_that_stands_still_holds_up_nobody_and_is_told_what_it_missed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let journal = UnixDatagram::bind(&path).unwrap();
        journal.set_nonblocking(true).unwrap();
        let journald = Journald::at(&path).unwrap();
        // Far more than the kernel keeps for a reader that does not read; were it to wait, this would never end.
        for _ in 0..20_000 {
            journald.send(&line(&"x".repeat(1000)));
        }
        let mut bytes = vec![0; 4096];
        let mut kept = 0;
        while journal.recv(&mut bytes).is_ok() {
            kept += 1;
        }
        assert!(kept < 20_000);
        journald.send(&line("goes again"));
        let n = journal.recv(&mut bytes).unwrap();
        let told = (
            "SHUTTERLINE_LEFT_OUT_BEFORE".to_owned(),
            (20_000 - kept).to_string(),
        );
        assert!(read(&bytes[..n]).contains(&told));
        journald.send(&line(&"y".repeat(4_000_000)));
        let n = journal.recv(&mut bytes).unwrap_or(0);
        assert!(n > 0, "a line that is too long is cut, not lost");
    }
}
