//! What each command asks of the daemon, and what people are shown of the answer.

use crate::rig::{Rig, stderr, stdout};
use serde_json::Value;

#[test]
fn commands_ask_for_just_what_they_say() {
    let rig = Rig::new();
    let cases: [(&[&str], &str); 23] = [
        (
            &["session", "open", "--name", "上午场"],
            r#""command":"session-open","name":"上午场""#,
        ),
        (
            &["session", "close", "--force"],
            r#""command":"session-close","force":true,"card_only":2"#,
        ),
        (&["queue", "call", "9"], r#""command":"call","serial":9"#),
        (&["queue", "hold"], r#""target":"current","reason":null"#),
        (
            &["queue", "hold", "3", "--reason", "absent"],
            r#""target":{"serial":3},"reason":"absent""#,
        ),
        (
            &["queue", "recall", "3"],
            r#""command":"recall","serial":3"#,
        ),
        (
            &["queue", "absent", "3"],
            r#""command":"mark-absent","serial":3"#,
        ),
        (
            &["queue", "bind", "12", "2021012", "--name", "王小明"],
            r#""student":{"number":"2021012","name":"王小明"},"dry_run":false"#,
        ),
        (
            &["queue", "waive", ".", "head-covered"],
            r#""command":"waive","target":"current","reason":"head-covered","undo":false"#,
        ),
        (
            &["queue", "waive", "7", "head-covered", "--undo"],
            r#""target":{"serial":7},"reason":"head-covered","undo":true"#,
        ),
        (
            &["standard", "lower", "shine"],
            r#""command":"lower","reason":"shine","undo":false"#,
        ),
        (
            &["camera", "test-shot", "--reference"],
            r#""command":"test-shot","reference":true"#,
        ),
        (
            &["queue", "undo-advance", "--dry-run"],
            r#""command":"undo-advance","dry_run":true"#,
        ),
        (
            &["queue", "shift", "--from", "5", "--to", "9", "--by", "-1"],
            r#""from":5,"to":9,"by":-1,"dry_run":false"#,
        ),
        (
            &["queue", "swap", "3", "4", "--dry-run"],
            r#""a":3,"b":4,"dry_run":true"#,
        ),
        (
            &["queue", "undo"],
            r#""command":"undo-correction","dry_run":false"#,
        ),
        (
            &["panel", "press", "pedal", "--long"],
            "press pedal Some(Long)",
        ),
        (&["panel", "press", "digit-7"], "press digit-7 None"),
        (
            &["frames", "accept", "k7qa-000001"],
            r#""command":"accept","frame":"k7qa-000001""#,
        ),
        (
            &[
                "frames",
                "reassign",
                "k7qa-000001",
                "--to",
                "2021007",
                "--dry-run",
            ],
            r#""to":"2021007","dry_run":true"#,
        ),
        (
            &["frames", "split", "--from", "../x y"],
            r#""command":"split","from":"../x y""#,
        ),
        (
            &["frames", "discard", "k7qa-000001"],
            r#""command":"discard","frame":"k7qa-000001""#,
        ),
        (
            &["camera", "knob", r#"{"stall":true}"#],
            r#"knob {"stall":true}"#,
        ),
    ];
    for (args, wanted) in cases {
        let output = rig.cli(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        let asked = rig.asked();
        assert!(asked.contains(wanted), "{args:?} asked {asked}");
    }
}

#[test]
fn a_correction_shows_before_and_after() {
    let rig = Rig::new();
    let shown = stdout(&rig.cli(&["queue", "swap", "3", "4"]));
    for part in [
        "before",
        "after",
        "k7qa-000001",
        "serial 3, 2021003",
        "serial 4, 2021004",
        "1 frame moved",
        "look at serial 4",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

#[test]
fn a_roster_is_read_here_and_sent_as_students() {
    let rig = Rig::new();
    let file = rig.dir.path().join("名单.csv");
    std::fs::write(&file, "学号,姓名\n2021001,张三\n2021002,李四\n").unwrap();
    let output = rig.cli(&[
        "roster",
        "import",
        file.to_str().unwrap(),
        "--session",
        "k7qa-s1",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let wanted = r#""students":[{"number":"2021001","name":"张三"},{"number":"2021002","name":"李四"}],"session":"k7qa-s1""#;
    assert!(rig.asked().contains(wanted), "{}", rig.asked());
}

#[test]
fn a_failed_preflight_is_told_and_fails() {
    let rig = Rig::new();
    let output = rig.cli(&["session", "preflight"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = stdout(&output);
    for part in ["battery", "80%", "no card", "put one in", "不可开拍"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    let output = rig.cli(&["session", "preflight", "--json"]);
    let view: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(view["finding"], "fail");
}

#[test]
fn verify_lists_the_problems_and_fails() {
    let rig = Rig::new();
    let output = rig.cli(&["archive", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = stdout(&output);
    assert!(
        shown.contains("k7qa-s1/0003/a.jpg") && shown.contains("take it from the card"),
        "{shown}"
    );
    let output = rig.cli(&["archive", "verify", "--json"]);
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&found["files"], &found["problems"][0]["problem"]),
        (&3.into(), &"hash".into())
    );
}

#[test]
fn a_check_that_was_cut_short_never_looks_clean() {
    let rig = Rig::new();
    *rig.verify_cut.lock().unwrap() = true;
    let output = rig.cli(&["archive", "verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cut short"));
    assert_eq!(stdout(&output), "");
}

#[test]
fn following_events_ends_with_the_daemon() {
    let mut rig = Rig::new();
    rig.happen(1, "event");
    rig.happen(2, "sound");
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_shutterline"))
        .args(["events", "--follow", "--after", "1", "--json"])
        .env("SHUTTERLINE_SOCKET", &rig.socket)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    rig.until("the listener", || rig.events.receiver_count() > 0);
    rig.begin_stop();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let shown = stdout(&output);
    let events: Vec<Value> = shown
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(
        (&events[0]["id"], &events[0]["kind"]),
        (&2.into(), &"sound".into())
    );
}
