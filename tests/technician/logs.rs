//! The log's lines: with their fields in the foreground, and out of the journal again.

use super::Bench;
use crate::rig::Rig;

#[test]
fn the_journal_is_asked_by_fields_and_shown_as_the_foreground_shows_it() {
    let bench = Bench::new(Rig::new(""));
    let entry = serde_json::json!({
        "__REALTIME_TIMESTAMP": "1767225600123456", "PRIORITY": "4", "MESSAGE": "download failed",
        "SHUTTERLINE_FRAME": "k7qa-000012", "SHUTTERLINE_SESSION": "k7qa-s1", "SHUTTERLINE_SERIAL": "7",
        "SHUTTERLINE_FILE": "DSC 1.JPG", "_PID": "7", "CODE_LINE": "86",
    });
    std::fs::write(
        bench.rig.dir.join("entry"),
        format!("{entry}\nnot an entry\n"),
    )
    .unwrap();
    bench.plays(
        "journalctl",
        r#"printf '%s\n' "$@" > $DIR/asked; cat $DIR/entry"#,
    );
    let answer = bench.run(&[
        "logs",
        "--session",
        "k7qa-s1",
        "--serial",
        "7",
        "--frame",
        "k7qa-000012",
        "--since",
        "1 hour ago",
        "-n",
        "9",
    ]);
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert_eq!(
        answer.out,
        "2026-01-01T00:00:00.123Z  WARN download failed file=\"DSC 1.JPG\" session=k7qa-s1 serial=7 frame=k7qa-000012\n"
    );
    let asked = std::fs::read_to_string(bench.rig.dir.join("asked")).unwrap();
    for word in [
        "--output=json",
        "--unit=shutterline.service",
        "--since=1 hour ago",
        "--lines=9",
        "SHUTTERLINE_SESSION=k7qa-s1",
        "SHUTTERLINE_SERIAL=7",
        "SHUTTERLINE_FRAME=k7qa-000012",
    ] {
        assert!(
            asked.lines().any(|l| l == word),
            "{word} was not asked: {asked}"
        );
    }
    assert!(!asked.contains("--follow"));
}

#[test]
fn a_journal_that_may_not_be_read_and_none_at_all_are_told() {
    let bench = Bench::new(Rig::new(""));
    bench.plays(
        "journalctl",
        "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1",
    );
    let answer = bench.run(&["logs"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.err.contains("insufficient permissions") && answer.err.contains("sudo"),
        "{answer:#?}"
    );
    let mut command = bench.command(&["logs"]);
    let answer = super::Answer::from(command.env("PATH", "/nowhere").output().unwrap());
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("standard error"), "{answer:#?}");
    let answer = bench.run(&["logs", "--serial", "none"]);
    assert_eq!(answer.code, Some(2), "{answer:#?}");
}

#[test]
fn the_foregrounds_lines_say_what_they_are_about_and_never_who() {
    let mut bench = Bench::new(Rig::new(""));
    bench.shot(3, 2);
    bench
        .rig
        .knob(serde_json::json!({ "short-read": { "bytes": 100 } }));
    bench.rig.scene(&crate::rig::picture(3));
    bench.rig.shoot();
    bench.rig.knob(serde_json::json!("unplug"));
    bench.rig.until("no camera", |s| !s.faults.is_empty());
    let log = std::fs::read_to_string(bench.rig.log()).unwrap();
    let about = |words: &str, parts: &[&str]| {
        let line = log.lines().find(|l| l.contains(words));
        let line = line.unwrap_or_else(|| panic!("{words} is not in\n{log}"));
        for part in parts {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    };
    about(
        "sent and verified",
        &["INFO", "destination=agency", "frame="],
    );
    about(
        "download failed",
        &["WARN", "session=", "serial=3", "frame="],
    );
    about("fault raised", &["fault=camera-absent", "serial=3"]);
    assert!(!log.contains('\x1b'), "a file gets no colours");
    for serial in 1..=3 {
        assert!(
            !log.contains(&crate::rig::student(serial)),
            "a student is in\n{log}"
        );
    }
}
