//! The tester's bench as a technician uses it: the real program, its panel played by the lines it is given.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

mod rig;

use rustix::process::{Pid, Signal};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `shutterline panel …` in that folder on these lines. The socket is nobody's unless `arguments` name another.
fn panel(folder: &Path, arguments: &[&str], lines: &str) -> Output {
    let mut child = Command::new(rig::BINARY)
        .arg("panel")
        .args(arguments)
        .env("SHUTTERLINE_SOCKET", folder.join("nobody.sock"))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses does not read.
    child.stdin.take().unwrap().write_all(lines.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn result(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// What a technician types whose panel works: hands off, each switch, then yes to everything.
fn all_well() -> String {
    let mut lines = String::from("\npedal +2\npedal\npedal\n");
    for button in ["next", "back", "hold", "retake", "accept", "pause"] {
        lines.push_str(&format!("{button}\n"));
    }
    // Three lamps, ten sounds, two numbers.
    lines.push_str(&"y\n".repeat(15));
    lines
}

const BOARD: [&str; 5] = ["test", "--driver", "sim", "--board", "raspberry-pi-4"];

#[test]
fn a_panel_that_works_passes_and_the_result_says_what_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&BOARD[..], &["--out", "panel-7.txt"]].concat();
    let ended = panel(folder.path(), &arguments, &all_well());
    let said = text(&ended.stdout);
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{said}{}",
        text(&ended.stderr)
    );
    let json = result(folder.path(), "panel-7.json");
    assert_eq!(json["result"], "passed", "{json:#}");
    assert_eq!(json["driver"], "sim");
    assert_eq!(json["board"], "Raspberry Pi 4 Model B");
    assert_eq!(json["versions"]["shutterline"], env!("CARGO_PKG_VERSION"));
    assert!(json["date"].as_str().unwrap().ends_with("UTC"));
    let steps = json["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1 + 7 + 3 + 10 + 2, "{json:#}");
    assert!(steps.iter().all(|s| s["outcome"] == "passed"), "{json:#}");
    let pedal = &json["bounce"][0];
    assert_eq!(
        (&pedal["input"], &pedal["presses"]),
        (&"pedal".into(), &3.into())
    );
    assert_eq!(pedal["most_edges"], 5, "{pedal:#}");
    let sheet = std::fs::read_to_string(folder.path().join("panel-7.txt")).unwrap();
    assert!(sheet.contains("PASSED") && said.contains(&sheet), "{said}");
    let lamps = ["red is lit", "amber is lit", "green is lit", "shows 8888"];
    for lamp in lamps {
        assert!(said.contains(lamp), "{lamp} is missing in {said}");
    }
}

#[test]
fn the_default_panel_is_everything_the_config_binds_keys_too() {
    let folder = tempfile::tempdir().unwrap();
    let without = ["--without", "lights,sounds,display"];
    let arguments = [&["test", "--driver", "sim", "--out", "all"], &without[..]].concat();
    let ended = panel(folder.path(), &arguments, "\npedal\npedal\npedal\n");
    assert_eq!(ended.status.code(), Some(1));
    let json = result(folder.path(), "all.json");
    assert_eq!(json["result"], "unfinished", "the technician went home");
    let steps = json["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().filter_map(|s| s["step"].as_str()).collect();
    assert_eq!(names.len(), 1 + 19, "{names:?}");
    assert!(names.contains(&"input digit-9"), "{names:?}");
    assert_eq!(steps[1]["outcome"], "passed", "{json:#}");
    assert_eq!(steps[2]["outcome"], "not-reached", "{json:#}");
    assert_eq!(
        json["left_out"],
        serde_json::json!(["lights", "sounds", "display"])
    );
}

#[test]
fn what_does_not_work_is_written_down_and_ends_in_failure() {
    let folder = tempfile::tempdir().unwrap();
    // Next is wired to the pedal's pin and back; the red lamp is green; one button is not there.
    let mut lines =
        String::from("\nnext\nr\npedal\npedal\npedal\nnext\nback\nhold\nretake\naccept\ns\n");
    lines.push_str("n it is green\n");
    lines.push_str(&"y\n".repeat(14));
    let arguments = [&BOARD[..], &["--out", "bad"]].concat();
    let ended = panel(folder.path(), &arguments, &lines);
    assert_eq!(ended.status.code(), Some(1), "{}", text(&ended.stdout));
    let json = result(folder.path(), "bad.json");
    assert_eq!(json["result"], "failed");
    let step = |name: &str| {
        let steps = json["steps"].as_array().unwrap();
        steps.iter().find(|s| s["step"] == name).unwrap().clone()
    };
    assert_eq!(step("input pause")["outcome"], "skipped");
    assert_eq!(step("light red")["outcome"], "failed");
    assert_eq!(step("light red")["remarks"][0], "it is green");
    let said = text(&ended.stdout);
    assert!(said.contains("next answered instead of pedal"), "{said}");
    let again = panel(folder.path(), &arguments, "q\n");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("an old result is not written over"));
}

#[test]
fn watching_shows_raw_edges_beside_what_counts_and_the_bounce() {
    let folder = tempfile::tempdir().unwrap();
    let watch = ["watch", "--driver", "sim", "--board", "raspberry-pi-4"];
    let lines = "pedal +2\nnext\nnonsense\n";
    let ended = panel(folder.path(), &watch, lines);
    let said = text(&ended.stdout);
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{said}{}",
        text(&ended.stderr)
    );
    assert_eq!(said.matches("accepted: pressed").count(), 2, "{said}");
    assert!(said.contains("nonsense is no switch"), "{said}");
    let ended = panel(folder.path(), &[&watch[..], &["--json"]].concat(), lines);
    let rows: Vec<Value> = text(&ended.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let of = |kind: &str| rows.iter().filter(|r| r["kind"] == kind).count();
    assert_eq!((of("raw"), of("accepted")), (12, 4), "{rows:#?}");
    let last = rows.last().unwrap();
    assert_eq!(last["kind"], "statistics");
    assert_eq!(last["inputs"][0]["longest_bounce_us"], 1600, "{last:#}");
}

#[test]
fn an_interrupt_ends_the_watching_with_the_statistics() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(rig::BINARY)
        .args(["panel", "watch", "--driver", "sim"])
        .env("SHUTTERLINE_SOCKET", folder.path().join("nobody.sock"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = child.stdin.take().unwrap();
    lines.write_all(b"pedal +4\n").unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("accepted: released") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended too soon");
    }
    let pid = Pid::from_child(&child);
    rustix::process::kill_process(pid, Signal::INT).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("most at once") && rest.contains("pedal"),
        "{rest}"
    );
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(lines);
}

#[test]
fn a_running_station_keeps_its_panel() {
    let mut station = rig::Rig::new("");
    station.start();
    let folder = tempfile::tempdir().unwrap();
    let socket = station.client.socket().display().to_string();
    for verb in ["test", "watch"] {
        let arguments = [verb, "--driver", "sim", "--socket", &socket];
        let ended = panel(folder.path(), &arguments, "pedal\n");
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(4), "{said}");
        assert!(said.contains("holds the panel"), "{said}");
        assert!(said.contains("systemctl stop shutterline"), "{said}");
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "nothing was written down");
}

#[test]
fn a_machine_that_is_no_known_board_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let ended = panel(folder.path(), &["test", "--driver", "auto"], "");
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("board"), "{said}");
    let named = ["test", "--driver", "cdev", "--board", "raspberry-pi-4"];
    let ended = panel(folder.path(), &named, "");
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("GPIO chip"), "{said}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "nothing was written down");
}
