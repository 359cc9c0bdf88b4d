//! Facts in, lines out.

mod equipment;
mod machine;
mod program;

use super::Facts;
use crate::model::{CheckLine, Finding};

/// Every line, in the order a technician goes through a station: program, equipment, disk, ways out, the machine.
pub fn judge(facts: &Facts) -> Vec<CheckLine> {
    let mut lines = vec![
        program::daemon(facts),
        program::unit(facts),
        program::watchdog(facts),
    ];
    lines.extend(equipment::camera(facts));
    lines.push(equipment::panel(facts));
    lines.extend(machine::storage(facts));
    lines.push(program::database(facts));
    lines.push(program::archive_verify(facts));
    lines.push(program::models(facts));
    lines.push(machine::network(facts));
    lines.extend(machine::destinations(facts));
    lines.push(machine::time(facts));
    lines.push(machine::temperature(facts));
    lines.push(machine::power(facts));
    lines.push(program::versions(facts));
    lines
}

/// The worst of all lines.
pub fn worst(lines: &[CheckLine]) -> Finding {
    lines.iter().map(|l| l.finding).max().unwrap_or(Finding::Ok)
}

fn ok(name: &str, message: impl Into<String>) -> CheckLine {
    line(name, Finding::Ok, message, "")
}

fn warn(name: &str, message: impl Into<String>, next: &str) -> CheckLine {
    line(name, Finding::Warn, message, next)
}

fn fail(name: &str, message: impl Into<String>, next: &str) -> CheckLine {
    line(name, Finding::Fail, message, next)
}

fn line(name: &str, finding: Finding, message: impl Into<String>, next: &str) -> CheckLine {
    CheckLine {
        name: name.to_owned(),
        finding,
        message: message.into(),
        next: next.to_owned(),
    }
}

#[cfg(test)]
mod tests;
