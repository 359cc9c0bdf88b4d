//! The log's lines: with their fields in the foreground, and out of the journal again.

use super::{Bench, path_of};
use crate::rig::{BINARY, CAP, Rig};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

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

/// A journal of the test's own in the place of the machine's, in a mount namespace that only this command sees.
const IN_A_NAMESPACE: &str = r#"set -e
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/journal
mount --bind "$1" /run/systemd/journal
export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)
shift
exec "$@""#;

#[test]
fn under_systemd_each_line_goes_to_the_journal_with_its_fields() {
    let may = Command::new("unshare")
        .args(["-m", "sh", "-c", "mount -t tmpfs tmpfs /run/systemd"])
        .stderr(Stdio::null())
        .status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a journal of one's own needs the right to mount, and /run/systemd");
        return;
    }
    let bench = Bench::new(Rig::new(""));
    let (config, dir) = (bench.config(), &bench.rig.dir);
    let journal = dir.join("journal");
    std::fs::create_dir(&journal).unwrap();
    let socket = UnixDatagram::bind(journal.join("socket")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(CAP.0)))
        .unwrap();
    let stderr = std::fs::File::create(bench.rig.log()).unwrap();
    let mut daemon = Command::new("unshare")
        .args([
            "-m",
            "sh",
            "-c",
            IN_A_NAMESPACE,
            "sh",
            path_of(&journal),
            BINARY,
        ])
        .args([
            "run",
            "--config",
            path_of(&config),
            "--socket",
            path_of(&dir.join("s.sock")),
        ])
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .unwrap();
    let until = |message: &str| loop {
        let mut bytes = vec![0; 65_536];
        let n = socket.recv(&mut bytes).expect("a line");
        let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
        if text.contains(message) {
            return text;
        }
    };
    let opened = until("camera open");
    assert!(
        opened.contains("SHUTTERLINE_MODEL") && opened.contains("PRIORITY"),
        "{opened:?}"
    );
    bench.rig.open_session(2);
    bench.rig.knob(serde_json::json!("unplug"));
    let raised = until("fault raised");
    for part in [
        "SHUTTERLINE_FAULT",
        "SHUTTERLINE_SESSION",
        "SHUTTERLINE_SERIAL",
    ] {
        assert!(raised.contains(part), "{part} is not in {raised:?}");
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(
        std::fs::read_to_string(bench.rig.log()).unwrap(),
        "",
        "nothing twice"
    );
}
