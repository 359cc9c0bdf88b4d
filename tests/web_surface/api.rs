//! The API over a real socket: every route, every refusal, and what a request can have wrong with it.

use crate::rig::{Manner, Rig, exchange};
use serde_json::{Value, json};
use shutterline::model::{Refusal, RefusalCode, SessionId, StationState, Status};
use std::process::Command;

/// An error body has exactly the three fields, none of them empty.
fn code_of(answer: &Value) -> &str {
    let error = answer["error"].as_object().expect("an error");
    let mut keys: Vec<&str> = error.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["code", "message", "next"], "{answer}");
    assert!(
        error.values().all(|v| !v.as_str().unwrap().is_empty()),
        "{answer}"
    );
    answer["error"]["code"].as_str().unwrap()
}

#[test]
fn the_status_is_the_latest() {
    let rig = Rig::new();
    rig.status.send_replace(Status {
        session: Some(SessionId("k7qa-s1".into())),
        state: StationState::Ready,
        ..Status::default()
    });
    let (status, body) = rig.raw("GET", "/v1/status", "");
    assert_eq!(status, 200);
    assert_eq!(body["session"], "k7qa-s1");
    assert_eq!(body["state"], "ready");
    for key in [
        "session",
        "serial",
        "student_number",
        "state",
        "faults",
        "camera",
        "leds",
        "buzzer",
        "queue",
        "frames",
        "outbox",
        "storage",
    ] {
        assert!(body.get(key).is_some(), "{key} is missing");
    }
}

#[test]
fn a_monitoring_system_reads_text_and_a_technician_who_answers() {
    let rig = Rig::new();
    let answer = exchange(
        &rig.socket,
        "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("application/openmetrics-text"), "{answer}");
    assert!(answer.ends_with("# EOF\n"), "{answer}");
    let (status, about) = rig.raw("GET", "/v1/about", "");
    assert_eq!((status, &about["version"]), (200, &json!("0.0.0")));
    let (status, probes) = rig.raw("POST", "/v1/upload/probe", "");
    assert_eq!((status, &probes[0]["took_ms"]), (200, &json!(3)));
    assert_eq!(rig.asked(), "upload-probe");
}

#[test]
fn every_changing_route_asks_the_daemon_for_just_that() {
    let rig = Rig::new();
    let cases = [
        (
            "/v1/frames/k7qa-000001/accept",
            "",
            r#""command":"accept","frame":"k7qa-000001""#,
        ),
        (
            "/v1/frames/k7qa-000001/reassign",
            r#"{"to":"2021007"}"#,
            r#""command":"reassign","frame":"k7qa-000001","to":"2021007","dry_run":false"#,
        ),
        (
            "/v1/frames/k7qa-000001/split",
            r#"{"dry_run":true}"#,
            r#""command":"split","from":"k7qa-000001","dry_run":true"#,
        ),
        (
            "/v1/frames/k7qa-000001/discard",
            "{}",
            r#""command":"discard","frame":"k7qa-000001""#,
        ),
        (
            "/v1/queue/call",
            r#"{"serial":9}"#,
            r#""command":"call","serial":9"#,
        ),
        (
            "/v1/queue/hold",
            "",
            r#""command":"hold","target":"current","reason":null"#,
        ),
        (
            "/v1/queue/hold",
            r#"{"serial":3,"reason":"fix"}"#,
            r#""target":{"serial":3},"reason":"fix""#,
        ),
        (
            "/v1/queue/recall",
            r#"{"serial":3}"#,
            r#""command":"recall","serial":3"#,
        ),
        (
            "/v1/queue/absent",
            r#"{"serial":3}"#,
            r#""command":"mark-absent","serial":3"#,
        ),
        (
            "/v1/queue/bind",
            r#"{"serial":3,"student_number":"2021003","name":"王"}"#,
            r#""student":{"number":"2021003","name":"王"}"#,
        ),
        (
            "/v1/queue/undo-advance",
            r#"{"dry_run":true}"#,
            r#""command":"undo-advance","dry_run":true"#,
        ),
        (
            "/v1/queue/shift",
            r#"{"from":5,"to":9,"by":-1}"#,
            r#""from":5,"to":9,"by":-1,"dry_run":false"#,
        ),
        (
            "/v1/queue/swap",
            r#"{"a":3,"b":4}"#,
            r#""command":"swap","a":3,"b":4,"dry_run":false"#,
        ),
        (
            "/v1/queue/undo",
            "",
            r#""command":"undo-correction","dry_run":false"#,
        ),
        (
            "/v1/sessions",
            r#"{"name":"AM"}"#,
            r#""command":"session-open","name":"AM""#,
        ),
        (
            "/v1/sessions/close",
            r#"{"force":true}"#,
            r#""command":"session-close","force":true,"card_only":2"#,
        ),
        (
            "/v1/roster",
            r#"{"students":[{"student_number":"2021001","name":"张三"}]}"#,
            r#""command":"roster-import","students":[{"number":"2021001","name":"张三"}],"session":null"#,
        ),
        (
            "/v1/panel/press",
            r#"{"control":"pedal"}"#,
            "press pedal None",
        ),
        (
            "/v1/panel/press",
            r#"{"control":"digit-7","gesture":"long"}"#,
            "press digit-7 Some(Long)",
        ),
        ("/v1/camera/adopt", "", "camera-adopt"),
        ("/v1/camera/test-shot", "", r#""command":"test-shot""#),
        (
            "/v1/camera/knob",
            r#"{"unplug":true}"#,
            r#"knob {"unplug":true}"#,
        ),
        (
            "/v1/upload/retry",
            "",
            r#"upload-retry {"destination":null,"ids":[]}"#,
        ),
        (
            "/v1/upload/skip",
            r#"{"ids":[7]}"#,
            r#"upload-skip {"destination":null,"ids":[7]}"#,
        ),
        (
            "/v1/upload/pause",
            r#"{"destination":"office"}"#,
            r#"upload-pause Some("office") true"#,
        ),
        ("/v1/upload/resume", "", "upload-pause None false"),
        (
            "/v1/upload/metered",
            r#"{"metered":true}"#,
            "upload-metered true",
        ),
        ("/v1/sessions/preflight", "", "preflight"),
    ];
    for (path, body, wanted) in cases {
        let (status, answer) = rig.raw("POST", path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        let asked = rig.asked();
        assert!(asked.contains(wanted), "{path} {body} asked {asked}");
        if asked.contains("command") {
            assert!(asked.starts_with("technician "), "{asked}");
        }
    }
}

#[test]
fn every_refusal_has_its_status_and_keeps_its_words() {
    let rig = Rig::new();
    let cases = [
        (RefusalCode::NoSession, 409),
        (RefusalCode::SessionOpen, 409),
        (RefusalCode::Unbalanced, 409),
        (RefusalCode::NotFound, 404),
        (RefusalCode::WrongState, 409),
        (RefusalCode::Camera, 409),
        (RefusalCode::Storage, 507),
        (RefusalCode::Invalid, 400),
    ];
    for (code, wanted) in cases {
        rig.set_manner(Manner::Refusing(Refusal::new(
            code,
            "what is wrong",
            "what to do",
        )));
        let (status, answer) = rig.raw("POST", "/v1/queue/call", r#"{"serial":9}"#);
        assert_eq!(status, wanted);
        assert_eq!(
            answer,
            json!({"error": {"code": code.as_str(), "message": "what is wrong", "next": "what to do"}})
        );
    }
}

#[test]
fn a_card_that_cannot_be_listed_is_the_stations_to_judge() {
    let rig = Rig::new();
    rig.set_manner(Manner::Refusing(Refusal::new(
        RefusalCode::Camera,
        "absent",
        "plug it in",
    )));
    let (status, _) = rig.raw("POST", "/v1/sessions/close", "");
    assert_eq!(status, 409);
    assert!(
        rig.asked().contains(r#""card_only":null"#),
        "{}",
        rig.asked()
    );
}

#[test]
fn whatever_is_wrong_with_a_request_is_answered_in_one_form() {
    let rig = Rig::new();
    let huge = format!("\"{}\"", "x".repeat(5 << 20));
    let cases = [
        ("GET", "/", "", 404, "no-route"),
        ("GET", "/v1/nothing", "", 404, "no-route"),
        ("GET", "/v1/frames/none", "", 404, "not-found"),
        ("DELETE", "/v1/status", "", 405, "wrong-method"),
        ("GET", "/v1/queue/call", "", 405, "wrong-method"),
        ("POST", "/v1/queue/call", "{", 400, "invalid"),
        ("POST", "/v1/queue/call", "", 400, "invalid"),
        (
            "POST",
            "/v1/queue/call",
            r#"{"serial":"x"}"#,
            400,
            "invalid",
        ),
        (
            "POST",
            "/v1/queue/call",
            r#"{"serial":1,"seriall":2}"#,
            400,
            "invalid",
        ),
        ("POST", "/v1/queue/call", r#"{"serial":-1}"#, 400, "invalid"),
        ("POST", "/v1/camera/adopt", r#"{"x":1}"#, 400, "invalid"),
        (
            "POST",
            "/v1/panel/press",
            r#"{"control":"lever"}"#,
            400,
            "invalid",
        ),
        (
            "POST",
            "/v1/queue/bind",
            r#"{"serial":1,"student_number":"a/b"}"#,
            400,
            "invalid",
        ),
        ("POST", "/v1/roster", r#"{"students":[]}"#, 400, "invalid"),
        (
            "POST",
            "/v1/roster",
            r#"{"students":[{"student_number":"1"},{"student_number":"1"}]}"#,
            400,
            "invalid",
        ),
        ("POST", "/v1/roster", &huge, 413, "too-large"),
        ("GET", "/v1/frames?serial=x", "", 400, "invalid"),
        ("GET", "/v1/frames?colour=red", "", 400, "invalid"),
        ("GET", "/v1/frames/%ff", "", 400, "invalid"),
        ("GET", "/v1/queue", "", 409, "no-session"),
    ];
    for (method, path, body, wanted, code) in cases {
        let (status, answer) = rig.raw(method, path, body);
        assert_eq!(
            (status, code_of(&answer)),
            (wanted, code),
            "{method} {path}"
        );
    }
    assert_eq!(rig.asked(), "", "nothing of it reached the daemon");
}

#[test]
fn a_daemon_that_drops_the_question_is_stopping() {
    let rig = Rig::new();
    rig.set_manner(Manner::Dropping);
    let (status, answer) = rig.raw("POST", "/v1/queue/undo", "");
    assert_eq!((status, code_of(&answer)), (503, "stopping"));
}

#[test]
fn stopping_answers_who_still_waits_and_removes_the_socket() {
    let mut rig = Rig::new();
    rig.set_manner(Manner::Silent);
    let client = rig.client();
    let waiting = std::thread::spawn({
        let socket = rig.socket.clone();
        move || crate::rig::raw(&socket, "POST", "/v1/queue/undo", "")
    });
    let mut events = rig.wait(client.events(None)).unwrap();
    // One that connected and says nothing must not keep the daemon.
    let _idle = std::os::unix::net::UnixStream::connect(&rig.socket).unwrap();
    rig.until("the question", || !rig.asked().is_empty());
    rig.begin_stop();
    let (status, text) = waiting.join().unwrap();
    assert_eq!(status, 503, "{text}");
    assert_eq!(code_of(&serde_json::from_str(&text).unwrap()), "stopping");
    let first = rig.wait(events.next()).unwrap().unwrap();
    assert_eq!(first.kind, "status");
    assert_eq!(rig.wait(events.next()).unwrap(), None);
    rig.ended().unwrap();
    assert!(!rig.socket.exists());
}

#[test]
fn verify_streams_its_lines() {
    let rig = Rig::new();
    let (status, text) = crate::rig::raw(&rig.socket, "GET", "/v1/archive/verify", "");
    assert_eq!(status, 200);
    let kinds: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(Value::is_object)
        .map(|line| line["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        ["progress", "progress", "progress", "problem", "done"]
    );
}

#[test]
fn curl_reaches_it() {
    let rig = Rig::new();
    let curl = |args: &[&str]| {
        Command::new("curl")
            .args(["--silent", "--max-time", "60", "--unix-socket"])
            .arg(&rig.socket)
            .args(args)
            .output()
    };
    let Ok(status) = curl(&["http://localhost/v1/status"]) else {
        eprintln!("SKIPPED: curl is not installed, so curl --unix-socket was not tried");
        return;
    };
    assert!(status.status.success(), "{status:?}");
    let body: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(body["state"], "no-session");
    // curl -d sends a form's content type; the body counts.
    let pressed = curl(&[
        "-d",
        r#"{"control":"next"}"#,
        "http://localhost/v1/panel/press",
    ])
    .unwrap();
    assert!(pressed.status.success(), "{pressed:?}");
    assert_eq!(rig.asked(), "press next None");
}
