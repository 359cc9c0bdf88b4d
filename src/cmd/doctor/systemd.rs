//! What systemd knows, asked through its own commands. Where it does not answer, nothing is known.

use crate::doctor::{Unit, VerifyUnit};
use std::collections::HashMap;
use std::process::{Command, Stdio};

/// The service.
const UNIT: &str = "shutterline.service";

/// What is asked of the service.
const PROPERTIES: &str =
    "LoadState,ActiveState,SubState,Result,UnitFileState,NRestarts,WatchdogUSec";

/// The service as systemd has it.
pub fn unit() -> Option<Unit> {
    let of_unit = properties("systemctl", &["show", UNIT, "--property", PROPERTIES])?;
    let of_manager = properties("systemctl", &["show", "--property", "RuntimeWatchdogUSec"]);
    let word = |name: &str| of_unit.get(name).cloned().unwrap_or_default();
    let span = |map: &HashMap<String, String>, name: &str| map.get(name).map_or(0, |t| span_us(t));
    Some(Unit {
        load: word("LoadState"),
        active: word("ActiveState"),
        sub: word("SubState"),
        result: word("Result"),
        enabled: word("UnitFileState"),
        restarts: word("NRestarts").parse().unwrap_or(0),
        watchdog_us: span(&of_unit, "WatchdogUSec"),
        board_watchdog_us: of_manager.map_or(0, |m| span(&m, "RuntimeWatchdogUSec")),
    })
}

/// The weekly check of the archive as systemd has it.
pub fn verify() -> Option<VerifyUnit> {
    let show = |unit, names| properties("systemctl", &["show", unit, "--property", names]);
    let service = show(
        "shutterline-verify.service",
        "LoadState,ActiveState,Result,ExecMainStatus,ExecMainExitTimestamp",
    )?;
    let timer = show("shutterline-verify.timer", "UnitFileState")?;
    let word = |name: &str| service.get(name).cloned().unwrap_or_default();
    Some(VerifyUnit {
        load: word("LoadState"),
        active: word("ActiveState"),
        result: word("Result"),
        exit: word("ExecMainStatus").parse().unwrap_or(0),
        ended: word("ExecMainExitTimestamp"),
        timer: timer.get("UnitFileState").cloned().unwrap_or_default(),
    })
}

/// Whether the clock is synchronised, and whether a service that does it is switched on.
pub fn time() -> (Option<bool>, Option<bool>) {
    let Some(said) = properties("timedatectl", &["show"]) else {
        return (None, None);
    };
    let flag = |name: &str| said.get(name).map(|v| v == "yes");
    (flag("NTPSynchronized"), flag("NTP"))
}

/// Lines `Name=value` of a command that ends well.
fn properties(program: &str, arguments: &[&str]) -> Option<HashMap<String, String>> {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Some(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
}

/// A span as systemd writes it (`1min 30s`, `500ms`, `infinity`), µs; 0 for none.
fn span_us(text: &str) -> u64 {
    let one = |word: &str| {
        let digits = word
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(word.len());
        let n: u64 = word[..digits].parse().unwrap_or(0);
        let unit = match &word[digits..] {
            "us" | "" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => 0,
        };
        n.saturating_mul(unit)
    };
    text.split(' ').map(one).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_systemd_writes_them() {
        for (text, us) in [
            ("30s", 30_000_000),
            ("1min 30s", 90_000_000),
            ("500ms", 500_000),
            ("0", 0),
            ("infinity", 0),
            ("", 0),
        ] {
            assert_eq!(span_us(text), us, "{text}");
        }
    }
}
