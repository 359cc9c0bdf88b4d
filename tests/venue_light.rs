//! Stories of the room's light on the real daemon, through its socket and command line: lamps that do not fire, what is granted
//! to a student, what is lowered for a session, and the plug pulled in between (guards I4, I7).

mod rig;

use rig::{Rig, process_kib};
use serde_json::{Value, json};
use shutterline::cmd::demo::pictures::{self, Scene};
use shutterline::model::{FrameState, Serial, Verdict};
use shutterline::web::wire::{FrameDetail, FrameView, QueueView};
use std::process::Command;

/// A backdrop under a soft light with somebody before it, at so much of the full light.
fn room(light: f64) -> Vec<u8> {
    let image = image::GrayImage::from_fn(320, 480, |x, y| {
        let body = (110..210).contains(&x) && y > 160;
        let linear = light * (0.5 + f64::from(x % 7) * 0.01 + if body { 0.3 } else { 0.0 });
        let code = (1.055 * linear.powf(1.0 / 2.4) - 0.055) * 255.0;
        image::Luma([code.clamp(0.0, 255.0) as u8])
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95)
        .encode_image(&image)
        .expect("encode");
    jpeg
}

/// A wall and nothing on it: no edge to be sharp.
fn wall() -> Vec<u8> {
    let image = image::GrayImage::from_pixel(320, 480, image::Luma([180]));
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95)
        .encode_image(&image)
        .expect("encode");
    jpeg
}

/// Two stops and a half less light.
fn misfired() -> Vec<u8> {
    room(2f64.powf(-2.5))
}

fn shoot(rig: &Rig, jpeg: &[u8]) -> FrameView {
    rig.scene(jpeg);
    rig.shoot()
}

/// Moves on, durably: the status runs ahead of the commit, a plug pulled in between does not.
fn next(rig: &Rig, serial: u32) {
    rig.press("next");
    rig.until("the next in the chair", |s| {
        s.serial == Some(Serial(serial))
    });
    let seated = |queue: &QueueView| queue.entries[serial as usize - 1].state == "seated";
    while !seated(&rig.get("/v1/queue").expect("queue")) {
        std::thread::yield_now();
    }
}

fn crash(rig: &mut Rig) {
    rig.kill();
    rig.start();
}

/// What the command line says, which has to succeed.
fn cli(rig: &Rig, arguments: &[&str]) -> String {
    let output = Command::new(rig::BINARY)
        .args(arguments)
        .arg("--socket")
        .arg(rig.dir.join("s.sock"))
        .output()
        .expect("command line");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}{error}");
    out
}

fn logged(rig: &Rig, kind: &str) -> usize {
    let rows: Vec<Value> = rig.get("/v1/log?limit=5000").expect("log");
    rows.iter().filter(|row| row["kind"] == kind).count()
}

fn reasons(rig: &Rig, frame: &FrameView) -> Vec<(String, String)> {
    let detail: FrameDetail = rig.get(&format!("/v1/frames/{}", frame.id)).expect("frame");
    let report = detail.report.expect("a report");
    let word = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let all = report["reasons"].as_array().expect("reasons").iter();
    all.map(|r| (word(&r["id"]), word(&r["about"]))).collect()
}

/// A standard that minds nothing but sharpness.
fn minds_sharpness(rig: &Rig) {
    let path = rig.dir.join("standard.toml");
    let lenient = std::fs::read_to_string(&path).expect("standard");
    let (before, after) = lenient
        .split_once("[measure.sharpness]")
        .expect("sharpness");
    let after = after.replacen("severity = \"off\"", "severity = \"reject\"", 1);
    let strict = format!("{before}[measure.sharpness]{after}");
    std::fs::write(&path, strict).expect("standard");
}

#[test]
fn a_lamp_that_does_not_fire_is_the_photographers_before_and_after_the_plug() {
    let mut rig = Rig::new("");
    rig.start();
    rig.scene(&room(1.0));
    let students: Vec<Value> = (1..=4)
        .map(|n| json!({ "student_number": rig::student(n) }))
        .collect();
    rig.ask("/v1/roster", json!({ "students": students }));
    let said = cli(&rig, &["session", "open", "--reference"]);
    assert!(said.contains("the session's reference now"), "{said}");
    assert_eq!(logged(&rig, "reference-taken"), 1);

    // The very first student: the reference shot alone is the baseline.
    let dark = shoot(&rig, &misfired());
    assert_eq!(dark.verdict, Some(Verdict::Reject));
    assert!(dark.failed_by_equipment, "{dark:?}");
    let of_equipment = ("flash-misfire".to_owned(), "equipment".to_owned());
    assert_eq!(reasons(&rig, &dark), [of_equipment]);
    let status = rig.until("its own light", |s| s.state.as_str() == "equipment");
    assert_eq!(status.buzzer, "equipment");
    assert_eq!((status.frames.reject, status.frames.equipment), (0, 1));
    let lit = shoot(&rig, &room(2f64.powf(-0.3)));
    assert_eq!(lit.verdict, Some(Verdict::Pass), "{lit:?}");
    next(&rig, 2);

    crash(&mut rig);
    let again = shoot(&rig, &misfired());
    assert!(again.failed_by_equipment, "{again:?}");
    assert_eq!(again.reasons, dark.reasons);
    rig.press("retake");
    assert_eq!(shoot(&rig, &room(1.0)).verdict, Some(Verdict::Pass));
    next(&rig, 3);

    // Less light on purpose: another reference shot, and it is the usual.
    rig.scene(&misfired());
    let said = cli(&rig, &["camera", "test-shot", "--reference"]);
    assert!(said.contains("the session's reference now"), "{said}");
    crash(&mut rig);
    assert_eq!(shoot(&rig, &misfired()).verdict, Some(Verdict::Pass));
    next(&rig, 4);
    let black = shoot(&rig, &room(0.0));
    assert_eq!(black.reasons, ["black-frame"]);
    assert!(black.failed_by_equipment && black.state == FrameState::Kept);
}

#[test]
fn what_is_granted_at_the_chair_answers_at_once_and_sticks() {
    let mut rig = Rig::new("");
    minds_sharpness(&rig);
    rig.start();
    rig.scene(&room(1.0));
    let roster = rig.dir.join("roster.csv");
    std::fs::write(&roster, "学号,姓名,豁免\n20260001,,\n20260002,,blurred\n").expect("roster");
    cli(&rig, &["roster", "import", roster.to_str().expect("path")]);
    cli(&rig, &["session", "open"]);

    let soft = wall();
    let first = shoot(&rig, &soft);
    assert_eq!(first.verdict, Some(Verdict::Reject), "{first:?}");
    assert!(!first.failed_by_equipment);
    cli(&rig, &["queue", "waive", ".", "blurred"]);
    rig.until("the light", |s| s.state.as_str() == "warned");
    let judged = |rig: &Rig| rig.frames().pop().and_then(|f| f.verdict);
    assert_eq!(judged(&rig), Some(Verdict::Warn));
    assert_eq!(logged(&rig, "reason-waived"), 1);

    crash(&mut rig);
    assert_eq!(shoot(&rig, &soft).verdict, Some(Verdict::Warn));
    let queue: QueueView = rig.get("/v1/queue").expect("queue");
    assert_eq!(queue.entries[0].waived, ["blurred"]);
    assert_eq!(queue.entries[1].exempt, ["blurred"]);
    assert!(cli(&rig, &["queue", "list"]).contains("blurred"));
    cli(&rig, &["queue", "waive", "1", "blurred", "--undo"]);
    rig.until("red again", |s| s.state.as_str() == "rejected");
    assert_eq!(logged(&rig, "waiver-undone"), 1);

    cli(&rig, &["standard", "lower", "blurred"]);
    let status = rig.until("green", |s| s.state.as_str() == "warned");
    assert_eq!(status.lowered, ["blurred"]);
    crash(&mut rig);
    assert_eq!(rig.status().lowered, ["blurred"]);
    assert!(cli(&rig, &["status"]).contains("lowered"));
    cli(&rig, &["standard", "lower", "blurred", "--undo"]);
    rig.until("red", |s| s.state.as_str() == "rejected");
    rig.press("next");
    rig.press("next");
    rig.until("serial 2", |s| s.serial == Some(Serial(2)));
    // By the roster.
    assert_eq!(shoot(&rig, &soft).verdict, Some(Verdict::Warn));

    for (path, body) in [
        ("/v1/queue/waive", json!({ "reason": "no-face" })),
        ("/v1/standard/lower", json!({ "reason": "one-lamp" })),
        (
            "/v1/roster",
            json!({ "students": [{ "student_number": "9", "exempt": ["hat"] }] }),
        ),
    ] {
        let error = rig.post::<Value>(path, body).expect_err("a refusal");
        let problem = error.problem().expect("a problem");
        assert_eq!(problem.code, "invalid", "{path}");
        assert!(problem.next.contains("head-covered"), "{}", problem.next);
    }
}

/// The goal for the daemon and the camera's process together, of which the latter takes a seventh.
const PEAK_MAX_KIB: u64 = 112 * 1024;

#[test]
fn memory_does_not_grow_with_the_frames() {
    let mut rig = Rig::new("").with_models();
    let jpeg = pictures::scene(1, Scene::Good, 4000, 6000);
    rig.scene(&jpeg);
    rig.start();
    rig.open_session(1);
    for _ in 0..6 {
        rig.shoot();
    }
    let peak = process_kib(rig.pid(), "VmHWM");
    assert!(peak < PEAK_MAX_KIB, "{peak} KiB");
}

/// Names of a process's threads, and how nice each is.
fn threads(pid: u32) -> Vec<(String, i32)> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("threads");
    let stats = tasks.flatten().filter_map(|task| {
        // One that has just ended has none.
        std::fs::read_to_string(task.path().join("stat")).ok()
    });
    let thread = |stat: String| {
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        // proc_pid_stat(5): the name is field 2, the niceness field 19.
        let nice = rest.split_whitespace().nth(16)?.parse().ok()?;
        Some((name.to_owned(), nice))
    };
    stats.map(|stat| thread(stat).expect("stat")).collect()
}

/// The pedal and the archive go before the check (I8).
#[test]
fn the_check_stands_back_behind_all_else() {
    let mut rig = Rig::new("").with_models();
    rig.scene(&pictures::scene(1, Scene::Good, 800, 1200));
    rig.start();
    rig.open_session(1);
    rig.shoot();
    let threads = threads(rig.pid());
    let behind = threads.iter().filter(|(_, nice)| *nice == 10);
    let behind: Vec<_> = behind.map(|(name, _)| name.as_str()).collect();
    assert!(
        behind.contains(&"check-0") && behind.contains(&"rten-0"),
        "{threads:?}"
    );
    for name in ["archive", "camera", "finger", "station"] {
        assert!(
            threads.iter().any(|(n, nice)| n == name && *nice < 10),
            "{threads:?}"
        );
    }
}
