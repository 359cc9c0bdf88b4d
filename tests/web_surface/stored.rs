//! What is stored, as the API and the command line show it, read from a real archive.

use crate::rig::{Rig, stderr, stdout};
use crate::seed::{Seeded, seed};
use serde_json::Value;
use shutterline::archive::{Archive, Options};
use shutterline::model::{Consignee, Goods, KeyTemplate, Reach, Status, Traffic};

fn rig() -> (Rig, Seeded) {
    let dir = tempfile::tempdir().unwrap();
    let seeded = seed(dir.path());
    let rig = Rig::over(dir);
    rig.status.send_replace(Status {
        session: Some(seeded.session.clone()),
        ..Status::default()
    });
    (rig, seeded)
}

#[test]
fn a_frame_is_listed_as_promised() {
    let (rig, seeded) = rig();
    let (status, frames) = rig.raw("GET", "/v1/frames?serial=1", "");
    assert_eq!(status, 200);
    let frame = &frames[0];
    assert_eq!(frame["id"], seeded.kept.as_str());
    assert_eq!(frame["serial"], 1);
    assert_eq!(frame["student_number"], "2021001");
    assert_eq!(frame["origin"], "pedal");
    assert_eq!(frame["state"], "kept");
    assert_eq!(frame["accepted"], false);
    assert_eq!(frame["verdict"], "reject");
    assert_eq!(frame["reasons"], serde_json::json!(["blurred"]));
    assert_eq!(frame["taken_at_ms"], 1_781_946_753_000_i64);
    assert_eq!(frame["taken_at_trusted"], true);
    // A RAW is stored untouched, and its sidecar is never what people are shown.
    let path = frame["path"].as_str().unwrap();
    assert_eq!(frame["sha256"], frame["original_sha256"]);
    let stored = std::fs::metadata(rig.dir.path().join(path)).unwrap();
    assert_eq!(frame["size_bytes"], stored.len());
    let roles: Vec<&Value> = frame["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["role"])
        .collect();
    assert_eq!(roles, ["raw", "sidecar"]);
    for file in frame["files"].as_array().unwrap() {
        for key in ["role", "path", "sha256", "size_bytes"] {
            assert!(!file[key].is_null(), "{key} of {file}");
        }
    }
}

#[test]
fn a_destination_is_shown_with_what_the_worker_knows() {
    let dir = tempfile::tempdir().unwrap();
    seed(dir.path());
    let office = Consignee {
        name: "office".into(),
        goods: Goods::ALL.to_vec(),
        template: KeyTemplate::default(),
        manifest: KeyTemplate::default_manifest(),
        required: true,
        priority: 1,
    };
    let options = Options {
        destinations: vec![office],
        ..Options::new(dir.path())
    };
    drop(Archive::open(options, Box::new(|_| ())).unwrap());
    let rig = Rig::over(dir);
    let (_, view) = rig.raw("GET", "/v1/upload", "");
    assert_eq!(view["metered"], false);
    assert_eq!(view["destinations"][0]["name"], "office");
    assert_eq!(view["destinations"][0]["traffic"]["reach"], "ready");
    let traffic = Traffic {
        reach: Reach::Unreachable,
        error: Some("office: no route; look at the network".into()),
        ..Traffic::default()
    };
    let known = std::collections::BTreeMap::from([("office".to_owned(), traffic)]);
    rig.traffic.send_replace(known);
    let (_, view) = rig.raw("GET", "/v1/upload?limit=1", "");
    assert_eq!(view["destinations"][0]["traffic"]["reach"], "unreachable");
    let output = rig.cli(&["upload", "status"]);
    for part in [
        "office",
        "必须 yes",
        "连不上 unreachable",
        "look at the network",
    ] {
        assert!(stdout(&output).contains(part), "{}", stdout(&output));
    }
    assert_eq!(rig.raw("GET", "/v1/upload?limit=many", "").0, 400);
}

#[test]
fn a_frame_set_aside_shows_no_owner() {
    let (rig, seeded) = rig();
    let (_, frames) = rig.raw("GET", "/v1/frames?set_aside=true", "");
    let frames = frames.as_array().unwrap();
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["id"], seeded.aside.as_str());
    assert_eq!(frames[0]["state"], "set-aside");
    assert!(frames[0]["serial"].is_null() && frames[0]["student_number"].is_null());
    assert_eq!(frames[0]["candidates"], serde_json::json!([1, 2]));
    assert!(frames[0]["verdict"].is_null());
}

#[test]
fn one_frame_comes_with_its_report() {
    let (rig, seeded) = rig();
    let (status, frame) = rig.raw("GET", &format!("/v1/frames/{}", seeded.kept), "");
    assert_eq!(status, 200);
    assert_eq!(frame["report"]["reasons"][0]["zh"], "不清晰");
    let (_, aside) = rig.raw("GET", &format!("/v1/frames/{}", seeded.aside), "");
    assert!(aside["report"].is_null() && aside.get("report").is_some());
}

#[test]
fn queue_sessions_and_log_are_read() {
    let (rig, seeded) = rig();
    let (_, queue) = rig.raw("GET", "/v1/queue", "");
    assert_eq!(queue["session"], seeded.session.as_str());
    assert_eq!(queue["entries"][0]["state"], "seated");
    assert_eq!(queue["entries"][1]["student_number"], "2021002");
    assert_eq!(queue["entries"][1]["name"], "李四");
    let (_, sessions) = rig.raw("GET", "/v1/sessions", "");
    assert_eq!(sessions[0]["state"], "open");
    let (_, log) = rig.raw("GET", "/v1/log", "");
    let kinds: Vec<&Value> = log.as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "session-opened",
            "frame-stored",
            "frame-stored",
            "frame-judged"
        ]
    );
    let second = log[1]["id"].as_u64().unwrap();
    let (_, rest) = rig.raw("GET", &format!("/v1/log?after={second}&limit=1"), "");
    assert_eq!(rest.as_array().unwrap().len(), 1);
    assert_eq!(rest[0]["id"], log[2]["id"]);
}

#[test]
fn tables_show_it_to_people() {
    let (rig, seeded) = rig();
    let cases: [(&[&str], &[&str]); 6] = [
        (
            &["frames", "list"],
            &[
                seeded.kept.as_str(),
                "2021001",
                "pedal",
                "blurred",
                "1 or 2?",
                "camera-button",
            ],
        ),
        (
            &["frames", "show", seeded.kept.as_str()],
            &[
                "2026-06-20 09:12:33 UTC",
                "sidecar",
                "不清晰",
                "6000 x 4000",
            ],
        ),
        (&["queue", "list"], &["张三", "就座 seated", "等候 waiting"]),
        (&["session", "list"], &["上午场", "open"]),
        (&["events"], &["session-opened", "frame-judged", "station"]),
        (&["upload", "status"], &["pending 0"]),
    ];
    for (args, parts) in cases {
        let output = rig.cli(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        let shown = stdout(&output);
        for part in parts {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }
}
