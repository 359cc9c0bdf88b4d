//! `shutterline doctor` on a station that runs, on one that does not, and on one that is broken.

use super::{Answer, Bench, path_of};
use crate::rig::Rig;
use serde_json::Value;

/// A line of `doctor --json`.
#[track_caller]
fn line(report: &Value, name: &str) -> (String, String) {
    let lines = report["lines"].as_array().unwrap();
    let line = lines.iter().find(|l| l["name"] == name);
    let line = line.unwrap_or_else(|| panic!("no line {name} in {report:#}"));
    let word = |key: &str| line[key].as_str().unwrap().to_owned();
    if word("finding") != "ok" {
        assert!(!word("next").is_empty(), "{line}");
    }
    (word("finding"), word("message"))
}

#[track_caller]
fn report(answer: &Answer) -> Value {
    let report = answer.json();
    // Warnings are no failure; a busy machine's disk may be slow enough to be one.
    let code = if report["finding"] == "fail" { 1 } else { 0 };
    assert_eq!(answer.code, Some(code), "{answer:#?}");
    report
}

#[test]
fn a_running_station_is_asked_and_nothing_stays_behind() {
    let mut bench = Bench::new(Rig::new("").with_models());
    bench.shot(2, 1);
    let report = report(&bench.here(&["doctor", "--json", "--deep"]));
    for (name, finding, words) in [
        ("daemon", "ok", "version"),
        ("unit", "ok", "active (running)"),
        (
            "watchdog",
            "ok",
            "after 30 s; a board that hangs is reset after 60 s",
        ),
        ("camera", "warn", "simulated"),
        ("camera-profile", "ok", "read back"),
        ("battery", "ok", "%"),
        ("panel", "warn", "simulated"),
        ("database", "ok", "schema"),
        ("archive-verify", "ok", "whole, Mon 2026-06-15 02:51:08"),
        ("models", "ok", "hash"),
        ("destination agency", "ok", "written, read back and removed"),
        ("outbox", "ok", "0 files"),
        ("versions", "ok", "libgphoto2 2."),
    ] {
        let (found, message) = line(&report, name);
        assert_eq!(found, finding, "{name}: {message}");
        assert!(message.contains(words), "{name}: {message}");
    }
    assert_eq!(report["unit"]["watchdog_us"], 30_000_000);
    assert!(report["disk"]["kind"].is_string());
    let left = std::fs::read_dir(bench.rig.dir.join("delivered/.shutterline-partial"));
    assert_eq!(left.map_or(0, Iterator::count), 0);
    let stray =
        |e: std::io::Result<std::fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
    let names: Vec<String> = std::fs::read_dir(bench.data())
        .unwrap()
        .map(stray)
        .collect();
    assert!(!names.iter().any(|n| n.contains("fsync")), "{names:?}");
    // People read the same.
    let shown = bench.here(&["doctor"]).out;
    assert!(
        shown.contains("WARN  camera") && shown.contains("next: "),
        "{shown}"
    );
    assert_eq!(bench.rig.status().faults, []);
}

#[test]
fn without_a_daemon_it_looks_things_up_itself() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(2, 1);
    bench.rig.stop();
    let found = report(&bench.here(&["doctor", "--json"]));
    let (finding, message) = line(&found, "daemon");
    assert_eq!(finding, "fail");
    assert!(
        message.contains("none answers") && message.contains("s.sock"),
        "{message}"
    );
    assert_eq!(line(&found, "database").0, "ok");
    assert_eq!(line(&found, "destination agency").0, "ok");
    assert_eq!(line(&found, "panel").0, "warn");
    assert!(line(&found, "models").1.contains("no-models"), "{found:#}");
    // A folder that another process holds, and a socket that is not its.
    let config = bench.config();
    bench.rig.start();
    let args = [
        "doctor",
        "--json",
        "--socket",
        "/nowhere.sock",
        "--config",
        path_of(&config),
    ];
    let (finding, message) = line(&bench.run(&args).json(), "daemon");
    assert_eq!(finding, "fail");
    assert!(
        message.contains(&format!("process {}", bench.rig.pid())),
        "{message}"
    );
}

#[test]
fn a_weekly_check_that_failed_is_told() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(2, 1);
    bench.plays(
        "systemctl",
        "case \"$*\" in *.timer*) echo UnitFileState=enabled ;; *) printf '%s\\n' LoadState=loaded ActiveState=failed Result=exit-code ExecMainStatus=1 ;; esac",
    );
    let found = report(&bench.here(&["doctor", "--json"]));
    let (finding, message) = line(&found, "archive-verify");
    assert_eq!(finding, "fail", "{message}");
    assert!(message.contains("failed"), "{message}");
}

#[test]
fn each_break_is_told_on_its_line() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(2, 1);
    std::fs::remove_dir_all(bench.rig.dir.join("delivered")).unwrap();
    bench.rig.knob(serde_json::json!("unplug"));
    bench.rig.until("no camera", |s| !s.faults.is_empty());
    bench.plays("systemctl", "exit 1");
    bench.plays("timedatectl", "echo NTP=no; echo NTPSynchronized=no");
    let found = report(&bench.here(&["doctor", "--json"]));
    let (finding, message) = line(&found, "destination agency");
    assert!(
        finding == "fail" && message.contains("mount its disk"),
        "{message}"
    );
    assert!(
        !bench.rig.dir.join("delivered").exists(),
        "a probe makes no folder"
    );
    let (finding, message) = line(&found, "daemon");
    assert!(
        finding == "fail" && message.contains("camera-absent"),
        "{message}"
    );
    assert_eq!(line(&found, "camera").0, "fail");
    assert_eq!(line(&found, "unit").0, "warn");
    bench.rig.stop();
    // Rows go bad in the middle of the file.
    let path = bench.data().join("shutterline.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    let folded = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    folded.unwrap();
    drop(db);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let found = report(&bench.here(&["doctor", "--json", "--deep"]));
    let (finding, message) = line(&found, "database");
    assert_eq!(finding, "fail", "{message}");
    // No database at all is no failure of its own: a first start makes it.
    std::fs::remove_dir_all(bench.data()).unwrap();
    let found = report(&bench.here(&["doctor", "--json"]));
    assert_eq!(line(&found, "database").0, "warn");
    assert_eq!(line(&found, "storage-space").0, "fail");
    assert!(!bench.data().exists(), "doctor makes no station");
}

#[test]
fn a_config_that_is_wrong_is_told_as_such() {
    let bench = Bench::new(Rig::new(""));
    std::fs::write(bench.rig.dir.join("bad.toml"), "[station]\nsettle = 1\n").unwrap();
    let answer = bench.run(&["doctor", "--config", "bad.toml"]);
    assert_eq!(answer.code, Some(1), "{answer:#?}");
    assert!(answer.err.contains("settle-ms"), "{answer:#?}");
}
