//! The demo, played to its end by the real program: what `make demo` shows is what the station does.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// After so many seconds the demo has hung: three times what it took on two cores with eight processes running.
const LONGEST_S: &str = "180";

/// Plays the demo in that folder and gives what it printed. `timeout` also ends the daemon of one that hangs.
fn played(stage: &Path) -> String {
    let said = Command::new("timeout")
        .args(["--signal=KILL", LONGEST_S])
        .arg(env!("CARGO_BIN_EXE_shutterline"))
        .args(["demo", "--fast", "--camera", "sim", "--dir"])
        .arg(stage)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, errors) = (text(&said.stdout), text(&said.stderr));
    let log = std::fs::read_to_string(stage.join("daemon.log")).unwrap_or_default();
    let told = format!("{}: {errors}\n{printed}\n{log}", said.status);
    assert!(said.status.success(), "{told}");
    printed
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files_below(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn twelve_students_come_and_twelve_portraits_leave() {
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join("stage");
    let printed = played(&stage);
    assert!(printed.contains("12 accepted, 0 held"), "{printed}");
    let numbers: Vec<String> = (1..=12).map(|n| format!("202601{n:02}")).collect();

    // One frame of everybody passed, and the one of the student who moved did not.
    let rows: Vec<Vec<&str>> = (printed.lines())
        .map(|line| line.split_whitespace().collect())
        .filter(|row: &Vec<&str>| row.iter().any(|w| numbers.iter().any(|n| n == w)))
        .collect();
    let with = |verdict: &str| -> Vec<&str> {
        let rows = rows.iter().filter(|row| row.contains(&verdict));
        let mut students: Vec<&str> = rows.map(|row| row[2]).collect();
        students.sort_unstable();
        students
    };
    assert_eq!(with("pass"), numbers, "{printed}");
    assert_eq!(with("reject"), ["20260103"], "{printed}");
    assert_eq!(rows.len(), 13, "{printed}");

    let mut delivered = Vec::new();
    files_below(&stage.join("delivered"), &mut delivered);
    assert_eq!(delivered.len(), 12, "{delivered:?}");
    let mut students = BTreeSet::new();
    for path in &delivered {
        // session/serial_student/frame.JPG
        let place = path.parent().unwrap().file_name().unwrap();
        let (serial, student) = place.to_str().unwrap().split_once('_').unwrap();
        assert_eq!(student, numbers[serial.parse::<usize>().unwrap() - 1]);
        students.insert(student.to_owned());
        let tag = shutterline::tag::read_tag(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(tag.student.unwrap().as_str(), student, "{}", path.display());
    }
    assert_eq!(students, numbers.into_iter().collect::<BTreeSet<_>>());
}
