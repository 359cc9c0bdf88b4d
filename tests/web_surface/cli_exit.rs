//! The command line as a program sees it: exit codes, what goes to which stream, JSON.

use crate::rig::{Manner, Rig, cli, stderr, stdout};
use serde_json::Value;
use shutterline::model::{Refusal, RefusalCode};
use std::path::Path;

fn code(output: &std::process::Output) -> i32 {
    output.status.code().expect("an exit code")
}

#[test]
fn done_is_0() {
    let rig = Rig::new();
    let output = rig.cli(&["status"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("no-session"));
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_failure_is_1_with_its_causes_and_the_next_step() {
    let rig = Rig::new();
    let output = rig.cli(&["roster", "import", "/nowhere/roster.csv"]);
    assert_eq!(code(&output), 1);
    let text = stderr(&output);
    assert!(
        text.starts_with("error: failed to read the roster /nowhere/roster.csv\n"),
        "{text}"
    );
    assert!(text.contains("\n  caused by: No such file"), "{text}");
    assert!(text.contains("\n  next: "), "{text}");
    assert_eq!(stdout(&output), "");
}

#[test]
fn wrong_usage_is_2() {
    let rig = Rig::new();
    let cases: [&[&str]; 8] = [
        &[],
        &["stattus"],
        &["queue", "call"],
        &["queue", "call", "zero"],
        &["queue", "call", "0"],
        &["panel", "press", "lever"],
        &["panel", "press", "pedal", "--long", "--double"],
        &["queue", "hold", "--reason", "bored"],
    ];
    for args in cases {
        assert_eq!(code(&rig.cli(args)), 2, "{args:?}");
    }
    rig.set_manner(Manner::Refusing(Refusal::new(
        RefusalCode::Invalid,
        "to is before from",
        "swap them",
    )));
    let output = rig.cli(&["queue", "shift", "--from", "9", "--to", "5", "--by", "1"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
}

#[test]
fn no_daemon_is_3_whatever_is_at_the_socket() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none.sock");
    let stale = dir.path().join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cases: [&Path; 4] = [&missing, &stale, &file, Path::new("/nowhere/at/all.sock")];
    for socket in cases {
        for args in [
            &["status"][..],
            &["frames", "list", "--json"],
            &["archive", "verify"],
            &["events", "--follow"],
        ] {
            let output = cli(socket, args);
            assert_eq!(
                code(&output),
                3,
                "{} {args:?}: {}",
                socket.display(),
                stderr(&output)
            );
            let text = stderr(&output);
            assert!(text.contains(&socket.display().to_string()), "{text}");
            assert!(text.contains("next: start it"), "{text}");
        }
    }
}

#[test]
fn a_refusal_is_4_with_the_stations_own_words() {
    let rig = Rig::new();
    rig.set_manner(Manner::Refusing(Refusal::new(
        RefusalCode::Unbalanced,
        "serial 7 is held, 2 frames are set aside",
        "recall 7, or close with --force",
    )));
    let cases: [&[&str]; 6] = [
        &["session", "close"],
        &["queue", "call", "9"],
        &["frames", "accept", "k7qa-000001"],
        &["panel", "press", "pedal"],
        &["camera", "test-shot"],
        &["upload", "retry"],
    ];
    for args in cases {
        let output = rig.cli(args);
        assert_eq!(code(&output), 4, "{args:?}: {}", stderr(&output));
        assert_eq!(
            stderr(&output),
            "error: serial 7 is held, 2 frames are set aside\n  next: recall 7, or close with --force\n"
        );
        assert_eq!(stdout(&output), "");
    }
    let output = rig.cli(&["frames", "show", "k7qa-999999"]);
    assert_eq!(code(&output), 4, "{}", stderr(&output));
}

#[test]
fn a_stopping_daemon_is_1() {
    let rig = Rig::new();
    rig.set_manner(Manner::Dropping);
    let output = rig.cli(&["queue", "undo"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("the daemon is stopping"));
}

#[test]
fn the_flag_overrules_the_environment() {
    let rig = Rig::new();
    let flag = rig.socket.display().to_string();
    let output = cli(Path::new("/nowhere.sock"), &["status", "--socket", &flag]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = cli(Path::new("/nowhere.sock"), &["--socket", &flag, "status"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn json_is_json_and_nothing_else() {
    let rig = Rig::new();
    let cases: [&[&str]; 14] = [
        &["status", "--json"],
        &["session", "list", "--json"],
        &["session", "open", "--json"],
        &["frames", "list", "--json"],
        &["frames", "list", "--set-aside", "--serial", "3", "--json"],
        &["camera", "show", "--json"],
        &["upload", "status", "--json"],
        &["upload", "retry", "--json"],
        &["upload", "skip", "--destination", "office", "--json"],
        &["upload", "metered", "on", "--json"],
        &["events", "--json"],
        &["panel", "press", "next", "--json"],
        &["queue", "swap", "3", "4", "--dry-run", "--json"],
        &[
            "frames",
            "reassign",
            "k7qa-000001",
            "--to",
            "2021007",
            "--json",
        ],
    ];
    for args in cases {
        let output = rig.cli(args);
        assert_eq!(code(&output), 0, "{args:?}: {}", stderr(&output));
        serde_json::from_str::<Value>(&stdout(&output)).unwrap_or_else(|e| panic!("{args:?}: {e}"));
    }
}

#[test]
fn commands_without_a_daemon_need_none() {
    let nowhere = Path::new("/nowhere.sock");
    let output = cli(nowhere, &["config", "check", "config/shutterline.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.toml");
    std::fs::write(&bad, "[station]\nsettle-s = 1\n").unwrap();
    let output = cli(nowhere, &["config", "check", bad.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("line 2"), "{}", stderr(&output));
    let output = cli(nowhere, &["camera", "list", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        serde_json::from_str::<Value>(&stdout(&output))
            .unwrap()
            .is_array()
    );
}

#[test]
fn a_bad_roster_is_refused_by_line_before_the_daemon_is_asked() {
    let rig = Rig::new();
    let file = rig.dir.path().join("twice.csv");
    std::fs::write(&file, "student_number,name\n1,a\n1,b\n").unwrap();
    let output = rig.cli(&["roster", "import", file.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("line 3"), "{}", stderr(&output));
    assert_eq!(rig.asked(), "");
}

#[test]
fn what_is_said_of_the_outbox_is_asked_as_it_was_said() {
    let rig = Rig::new();
    let cases: [(&[&str], &str); 6] = [
        (
            &["upload", "retry"],
            r#"upload-retry {"destination":null,"ids":[]}"#,
        ),
        (
            &["upload", "retry", "7", "9", "--destination", "office"],
            r#"upload-retry {"destination":"office","ids":[7,9]}"#,
        ),
        (
            &["upload", "skip", "7"],
            r#"upload-skip {"destination":null,"ids":[7]}"#,
        ),
        (
            &["upload", "pause", "--destination", "office"],
            r#"upload-pause Some("office") true"#,
        ),
        (&["upload", "resume"], "upload-pause None false"),
        (&["upload", "metered", "off"], "upload-metered false"),
    ];
    for (args, asked) in cases {
        let output = rig.cli(args);
        assert_eq!(code(&output), 0, "{args:?}: {}", stderr(&output));
        assert_eq!(rig.asked(), asked);
    }
    let output = rig.cli(&["upload", "skip"]);
    assert_eq!(code(&output), 2, "all of everything is never skipped");
}

#[test]
fn help_has_examples() {
    for command in [
        "run", "demo", "status", "roster", "session", "queue", "panel", "frames", "archive",
        "upload", "camera", "events",
    ] {
        let output = cli(Path::new("/nowhere.sock"), &[command, "--help"]);
        assert_eq!(code(&output), 0);
        assert!(stdout(&output).contains("Examples:"), "{command}");
    }
}
