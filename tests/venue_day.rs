//! Stories of a venue day on the real daemon, through its socket: what the photographer and the clerk do, what goes
//! wrong meanwhile, and the plug pulled in the middle of it (guards I1, I3, I5, I6, I7).

mod rig;

use rig::{CAP, Rig, files_below, picture, student};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shutterline::clock;
use shutterline::model::{Fault, FrameId, FrameState, Origin, Serial, Verdict};
use shutterline::web::Finding;
use shutterline::web::wire::{FrameView, PreflightView, QueueView};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// A press of `next` that asks for a second one waits for it longer than any machine takes.
const PATIENT: &str = "confirm-next-ms = 60000";

fn seated(rig: &Rig, serial: u32) {
    rig.until(&format!("serial {serial} in the chair"), |s| {
        s.serial == Some(Serial(serial))
    });
}

fn next(rig: &Rig, serial: u32) {
    rig.press("next");
    seated(rig, serial);
}

/// Shoots a picture of its own for whoever sits there.
fn shoot(rig: &Rig, number: u32) -> FrameView {
    rig.scene(&picture(number));
    let frame = rig.shoot();
    assert_eq!(frame.verdict, Some(Verdict::Pass), "{frame:?}");
    frame
}

/// Of each frame, by id, whether it is proposed for delivery; each frame alone says the same.
fn proposed(rig: &Rig) -> Vec<bool> {
    let frames = rig.frames();
    for frame in &frames {
        let alone: Value = rig.get(&format!("/v1/frames/{}", frame.id)).expect("frame");
        assert_eq!(alone["proposed"], frame.proposed, "{frame:?}");
    }
    frames.into_iter().map(|f| f.proposed).collect()
}

#[test]
fn the_last_good_frame_that_was_not_retaken_is_proposed() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(2);
    shoot(&rig, 1);
    shoot(&rig, 2);
    assert_eq!(proposed(&rig), [false, true]);
    rig.scene(b"no picture at all");
    assert_eq!(rig.shoot().verdict, Some(Verdict::Reject));
    assert_eq!(proposed(&rig), [false, true, false]);
    next(&rig, 2);
    shoot(&rig, 3);
    assert_eq!(proposed(&rig), [false, true, false, true]);
    rig.stop();
}

/// Pull the plug and come back.
fn crash(rig: &mut Rig) {
    rig.kill();
    rig.start();
}

fn owner(frame: &FrameView) -> (Option<u32>, Option<String>) {
    let student = frame.student_number.as_ref().map(ToString::to_string);
    (frame.serial.map(|s| s.0), student)
}

/// Serial and student as the rig's roster has them.
fn of(serial: u32) -> (Option<u32>, Option<String>) {
    (Some(serial), Some(student(serial)))
}

/// Waits until the queue durably reads so: the status runs ahead of the commit, a plug pulled in between does not.
fn until_entries(rig: &Rig, wanted: &[&str]) {
    let until = clock::boot_time() + CAP;
    loop {
        let queue: QueueView = rig.get("/v1/queue").expect("queue");
        let states: Vec<String> = queue.entries.into_iter().map(|e| e.state).collect();
        if states == wanted {
            return;
        }
        assert!(clock::boot_time() < until, "{states:?}, not {wanted:?}");
        std::thread::sleep(LOOK);
    }
}

/// The command line, against this rig.
fn shutterline(rig: &Rig, arguments: &[&str]) -> Command {
    let mut command = Command::new(rig::BINARY);
    command
        .args(arguments)
        .arg("--socket")
        .arg(rig.dir.join("s.sock"));
    command
}

fn stored_files(rig: &Rig) -> Vec<PathBuf> {
    files_below(&rig.dir.join("data/photos"))
}

fn refused(rig: &Rig, path: &str, body: Value) -> String {
    let answer = rig.post::<Value>(path, body);
    let error = answer.expect_err("a refusal");
    let problem = error.problem().unwrap_or_else(|| panic!("{path}: {error}"));
    assert!(!problem.next.is_empty(), "{path}: names no next step");
    format!("{}: {}", problem.code, problem.message)
}

fn logged(rig: &Rig, kind: &str) -> bool {
    let rows: Vec<Value> = rig.get("/v1/log?limit=5000").expect("log");
    rows.iter().any(|row| row["kind"] == kind)
}

/// By name at the destination: the hash of what is to lie there, which is each owned frame and nothing else.
fn to_be_delivered(rig: &Rig) -> BTreeMap<String, String> {
    let owned = rig.frames().into_iter().filter_map(|frame| {
        let student = frame.student_number?;
        let (serial, session) = (frame.serial?, frame.session?);
        (frame.state == FrameState::Kept).then(|| {
            let key = format!("{session}/{:04}_{student}/{}.JPG", serial.0, frame.id);
            (key, frame.sha256.expect("hash").0)
        })
    });
    owned.collect()
}

fn delivered(rig: &Rig) -> BTreeMap<String, String> {
    let folder = rig.dir.join("delivered");
    let lie = files_below(&folder).into_iter().filter_map(|path| {
        // A file may be moved between the listing and the reading.
        let bytes = std::fs::read(&path).ok()?;
        let hash = Sha256::digest(bytes)
            .into_iter()
            .map(|b| format!("{b:02x}"));
        let name = path.strip_prefix(&folder).expect("below");
        Some((name.display().to_string(), hash.collect()))
    });
    lie.collect()
}

/// Waits until exactly the owned frames lie at the destination, under the right names, and their tags say so too.
fn all_delivered(rig: &Rig, count: usize) {
    let wanted = to_be_delivered(rig);
    assert_eq!(wanted.len(), count, "{wanted:#?}");
    let until = clock::boot_time() + CAP;
    while delivered(rig) != wanted {
        assert!(
            clock::boot_time() < until,
            "at the destination {:#?}, to be there {wanted:#?}",
            delivered(rig)
        );
        std::thread::sleep(LOOK);
    }
    rig.until_delivered();
    for name in wanted.keys() {
        let path = rig.dir.join("delivered").join(name);
        let Ok(read) = Command::new("exiftool")
            .args(["-s3", "-XMP-dc:Identifier"])
            .arg(&path)
            .output()
        else {
            eprintln!("SKIPPED: exiftool is not installed");
            return;
        };
        let identifier = String::from_utf8_lossy(&read.stdout).trim().to_owned();
        let folder = name.split('/').nth(1).expect("folder");
        assert_eq!(folder.split('_').nth(1), Some(&*identifier), "{name}");
    }
}

#[test]
fn the_preflight_looks_at_everything_and_its_shot_is_nobodys() {
    let mut rig = Rig::new("").with_models();
    rig.scene(include_bytes!("data/astronaut.jpg"));
    rig.start();
    rig.open_session(2);
    let began = clock::boot_time();
    let preflight: PreflightView = rig
        .post("/v1/sessions/preflight", json!({}))
        .expect("preflight");
    assert!(clock::boot_time().since(began).0 < 60_000);
    let names: Vec<&str> = preflight.lines.iter().map(|l| &*l.name).collect();
    for name in [
        "disk",
        "models",
        "battery",
        "card",
        "clock",
        "reference-shot",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    for line in &preflight.lines {
        assert_ne!(line.finding, Finding::Fail, "{line:?}");
    }
    let reference = rig.until_frames("the reference shot", |f| {
        f.len() == 1 && f[0].verdict.is_some()
    });
    assert_eq!(reference[0].state, FrameState::Test);
    let judged: Value = rig
        .get(&format!("/v1/frames/{}", reference[0].id))
        .expect("the reference shot");
    let report = &judged["report"];
    assert_eq!(
        report["geometry"]["landmarks"].as_array().map(Vec::len),
        Some(478)
    );
    assert!(report["timings_ms"]["landmarks"].is_number(), "{report}");
    assert_eq!(owner(&reference[0]), (None, None));

    crash(&mut rig);
    let portrait = rig.shoot();
    assert_eq!(portrait.verdict, Some(Verdict::Pass), "{portrait:?}");
    assert_eq!(owner(&portrait), of(1));
    all_delivered(&rig, 1);

    // Compared with the reference shot, a picture without a face is an empty seat: nobody's reject but the photographer's.
    rig.scene(&picture(1));
    let empty = rig.shoot();
    assert_eq!(empty.reasons, ["empty-seat"]);
    assert!(empty.failed_by_equipment, "{empty:?}");
}

#[test]
fn a_preflight_waits_for_the_flashes() {
    // Long enough that the probe cannot outlast it.
    let mut rig = Rig::new("");
    let interval = ("min-shot-interval-ms = 0", "min-shot-interval-ms = 3000");
    rig.config = rig.config.replace(interval.0, interval.1);
    rig.start();
    rig.open_session(1);
    rig.shoot();
    let preflight: PreflightView = rig
        .post("/v1/sessions/preflight", json!({}))
        .expect("preflight");
    let shot = preflight.lines.iter().find(|l| l.name == "reference-shot");
    let shot = shot.expect("a line of the reference shot");
    assert_ne!(shot.finding, Finding::Fail, "{shot:?}");
}

#[test]
fn what_is_shot_in_a_pause_is_nobodys_and_the_pause_survives_the_plug() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(2);
    rig.press("pause");
    rig.until("the pause", |s| s.state.as_str() == "paused");
    assert_eq!(shoot(&rig, 1).state, FrameState::Test);

    crash(&mut rig);
    rig.until("the pause again", |s| s.state.as_str() == "paused");
    let test = shoot(&rig, 2);
    assert_eq!((test.state, owner(&test)), (FrameState::Test, (None, None)));

    rig.scene(&picture(4));
    rig.press("pedal");
    rig.until("its file", |_| rig.on_card() == 3);
    crash(&mut rig);
    let frames = rig.until_frames("every file of the card", |f| {
        f.len() == 3 && f.iter().all(|f| f.verdict.is_some())
    });
    assert!(
        frames.iter().all(|f| owner(f) == (None, None)),
        "{frames:#?}"
    );
    rig.until("still the pause", |s| s.state.as_str() == "paused");

    rig.press("pause");
    rig.until("the end of the pause", |s| s.state.as_str() == "ready");
    let portrait = shoot(&rig, 3);
    assert_eq!(owner(&portrait), of(1));
    refused(
        &rig,
        &format!("/v1/frames/{}/reassign", test.id),
        json!({ "to": student(1) }),
    );
    all_delivered(&rig, 1);
}

#[test]
fn the_held_come_back_after_the_one_seated() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(4);
    shoot(&rig, 1);
    rig.press("hold");
    seated(&rig, 2);
    rig.press("hold");
    seated(&rig, 3);
    until_entries(&rig, &["held-fix", "held-absent", "seated", "waiting"]);
    rig.ask("/v1/queue/recall", json!({ "serial": 1 }));

    crash(&mut rig);
    seated(&rig, 3);
    until_entries(&rig, &["recalled", "held-absent", "seated", "waiting"]);
    assert_eq!(owner(&shoot(&rig, 3)), of(3));
    next(&rig, 1);
    let again = shoot(&rig, 11);
    assert_eq!(owner(&again), of(1));
    next(&rig, 4);
    until_entries(&rig, &["done", "held-absent", "done", "seated"]);
    all_delivered(&rig, 3);
}

#[test]
fn the_chair_moves_only_as_it_was_told() {
    let mut rig = Rig::new(PATIENT);
    rig.start();
    rig.open_session(3);
    rig.press("next");
    let asked = rig.until("a refusal", |s| s.buzzer == "refused");
    assert_eq!(asked.serial, Some(Serial(1)));
    next(&rig, 2);
    until_entries(&rig, &["unfinished", "seated", "waiting"]);
    let alarms = rig.status().alarms;
    assert!(alarms.iter().any(|a| a == "unfinished 1"), "{alarms:?}");

    crash(&mut rig);
    rig.press("back");
    seated(&rig, 1);
    assert_eq!(owner(&shoot(&rig, 1)), of(1));
    next(&rig, 2);
    rig.press("digit-3");
    rig.until("the digit", |s| s.digits == "3");
    rig.press("enter");
    seated(&rig, 3);
    until_entries(&rig, &["done", "waiting", "seated"]);
    assert!(logged(&rig, "called"));

    crash(&mut rig);
    assert_eq!(owner(&shoot(&rig, 3)), of(3));
    next(&rig, 2);
    assert_eq!(owner(&shoot(&rig, 2)), of(2));
    rig.press("next");
    rig.until("the end of the queue", |s| s.state.as_str() == "queue-done");
    all_delivered(&rig, 3);
}

#[test]
fn the_cameras_own_button_shoots_for_whoever_sits_there() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(2);
    shoot(&rig, 1);
    rig.scene(&picture(2));
    rig.knob(json!("press-shutter"));
    let frames = rig.until_frames("the button's frame", |f| {
        f.len() == 2 && f.iter().all(|f| f.verdict.is_some())
    });
    let button = frames.iter().find(|f| f.origin == Origin::CameraButton);
    assert_eq!(owner(button.expect("the button's frame")), of(1));
    next(&rig, 2);
    assert_eq!(owner(&shoot(&rig, 3)), of(2));
    all_delivered(&rig, 3);
}

#[test]
fn a_file_left_on_the_card_is_found_set_aside_and_placed_by_hand() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(2);
    shoot(&rig, 1);
    rig.knob(json!("unplug"));
    rig.until("the fault", |s| s.faults.contains(&Fault::CameraAbsent));
    // Shot with the cable out.
    let folder = rig.dir.join("card/DCIM/100SIMUL");
    std::fs::write(folder.join("DSC_0777.JPG"), picture(7)).expect("planted");
    rig.knob(json!("replug"));
    let found = |f: &[FrameView]| f.len() == 2 && f.iter().all(|f| f.verdict.is_some());
    let frames = rig.until_frames("the file that was left", found);
    let left = frames
        .iter()
        .find(|f| f.origin == Origin::Recovered)
        .expect("recovered");
    assert_eq!(
        (left.state, owner(left)),
        (FrameState::SetAside, (None, None))
    );
    assert_eq!(left.candidates, [Serial(1)]);
    let answer = refused(&rig, "/v1/sessions/close", json!({}));
    assert!(answer.contains(left.id.as_str()), "{answer}");
    all_delivered(&rig, 1);

    crash(&mut rig);
    let owner = student(1);
    let by_hand = ["frames", "reassign", left.id.as_str(), "--to", &owner];
    let done = shutterline(&rig, &by_hand).output().expect("reassign");
    assert!(done.status.success(), "{done:?}");
    let placed = rig.until_frames("its owner", |f| f.iter().all(|f| f.serial.is_some()));
    assert_eq!(placed.len(), 2, "found once: {placed:#?}");
    all_delivered(&rig, 2);
    assert_eq!(rig.status().frames.set_aside, 0);
}

#[test]
fn a_download_cut_off_by_the_cable_ends_with_its_own_student() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(2);
    rig.scene(&picture(1));
    rig.knob(json!({ "slow": { "bytes_per_s": 20_000 } }));
    rig.press("pedal");
    rig.until("the download", |s| s.state.as_str() == "checking");
    rig.knob(json!("unplug"));
    rig.until("the fault", |s| s.faults.contains(&Fault::CameraAbsent));
    rig.press("hold");
    seated(&rig, 2);
    until_entries(&rig, &["held-fix", "seated"]);
    rig.knob(json!({ "slow": { "bytes_per_s": 0 } }));
    rig.knob(json!("replug"));
    let frames = rig.until_frames("the frame", |f| f.len() == 1 && f[0].verdict.is_some());
    assert_eq!(owner(&frames[0]), of(1));
    rig.until("readiness", |s| {
        s.state.as_str() == "ready" && s.faults.is_empty()
    });
    assert_eq!(owner(&shoot(&rig, 2)), of(2));
    all_delivered(&rig, 2);
}

#[test]
fn a_paper_number_is_delivered_once_it_is_bound() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(1);
    shoot(&rig, 1);
    rig.ask("/v1/queue/call", json!({ "serial": 2 }));
    seated(&rig, 2);
    let paper = shoot(&rig, 2);
    assert_eq!(owner(&paper), (Some(2), None));
    all_delivered(&rig, 1);

    crash(&mut rig);
    let body = json!({ "serial": 2, "student_number": student(2), "name": "" });
    let mut shown = body.clone();
    shown["dry_run"] = json!(true);
    let shown = rig.ask("/v1/queue/bind", shown).preview.expect("preview");
    assert_eq!((shown.applied, shown.moves.len()), (false, 1));
    all_delivered(&rig, 1);
    rig.ask("/v1/queue/bind", body);
    rig.until_frames("its student", |f| {
        f.iter().all(|f| f.student_number.is_some())
    });
    all_delivered(&rig, 2);
    assert!(logged(&rig, "bound"));
}

#[test]
fn corrections_take_files_tags_and_deliveries_along_and_back() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(4);
    let mut frames = Vec::new();
    for serial in 1..=3 {
        seated(&rig, serial);
        frames.push(shoot(&rig, serial).id);
        rig.press("next");
    }
    seated(&rig, 4);
    let owned_by = |rig: &Rig, serials: [u32; 3]| {
        rig.until_frames(&format!("owners {serials:?}"), |f| {
            let serial = |id: &FrameId| f.iter().find(|f| f.id == *id).and_then(|f| f.serial);
            let wanted = serials.map(|s| Some(Serial(s)));
            frames.iter().map(serial).eq(wanted)
        });
        all_delivered(rig, 3);
    };
    owned_by(&rig, [1, 2, 3]);
    rig.ask("/v1/queue/swap", json!({ "a": 1, "b": 2 }));
    owned_by(&rig, [2, 1, 3]);
    rig.ask("/v1/queue/undo", json!({}));
    owned_by(&rig, [1, 2, 3]);

    let shift = json!({ "from": 1, "to": 3, "by": 1 });
    rig.ask("/v1/queue/shift", shift);
    crash(&mut rig);
    owned_by(&rig, [2, 3, 4]);
    rig.ask("/v1/queue/shift", json!({ "from": 2, "to": 4, "by": -1 }));
    owned_by(&rig, [1, 2, 3]);
    rig.ask("/v1/queue/swap", json!({ "a": 1, "b": 3 }));
    crash(&mut rig);
    owned_by(&rig, [3, 2, 1]);
}

#[test]
fn a_plug_pulled_in_the_middle_of_a_shift_moves_all_or_nothing() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(7);
    let mut shot = Vec::new();
    for serial in 1..=6 {
        seated(&rig, serial);
        shot.push(shoot(&rig, serial).id);
        rig.press("next");
    }
    seated(&rig, 7);
    all_delivered(&rig, 6);
    let before = stored_files(&rig);
    let shift = ["queue", "shift", "--from", "1", "--to", "6", "--by", "1"];
    let mut shift = shutterline(&rig, &shift)
        .stderr(Stdio::null())
        .spawn()
        .expect("shift");
    let until = clock::boot_time() + CAP;
    while stored_files(&rig) == before {
        assert!(clock::boot_time() < until, "no file was moved");
    }
    crash(&mut rig);
    shift.wait().expect("shift");
    all_delivered(&rig, 6);
    let frames = rig.frames();
    let serial = |id: &FrameId| frames.iter().find(|f| f.id == *id).and_then(|f| f.serial);
    let serials: Vec<u32> = shot.iter().filter_map(serial).map(|s| s.0).collect();
    let row = |first: u32| (first..first + 6).collect::<Vec<u32>>();
    assert!(serials == row(1) || serials == row(2), "{serials:?}");
    assert_eq!(stored_files(&rig).len(), 6);
    let verify = shutterline(&rig, &["archive", "verify"])
        .output()
        .expect("verify");
    assert!(verify.status.success(), "{verify:?}");
}

#[test]
fn a_session_closes_when_it_balances_or_by_force() {
    let mut rig = Rig::new("");
    rig.start();
    rig.open_session(3);
    shoot(&rig, 1);
    next(&rig, 2);
    let answer = refused(&rig, "/v1/sessions/close", json!({}));
    assert!(answer.starts_with("unbalanced"), "{answer}");
    assert!(answer.contains("serial 2 is seated"), "{answer}");
    assert!(answer.contains("serial 3 is waiting"), "{answer}");
    shoot(&rig, 2);
    next(&rig, 3);
    rig.press("hold");
    rig.until("an empty chair", |s| s.serial.is_none());
    rig.ask("/v1/queue/absent", json!({ "serial": 3 }));

    crash(&mut rig);
    rig.until("the queue's end", |s| s.state.as_str() == "queue-done");
    // Put there by nobody the station knows, while it looked elsewhere.
    let folder = rig.dir.join("card/DCIM/100SIMUL");
    std::fs::write(folder.join("DSC_0888.JPG"), picture(8)).expect("planted");
    let answer = refused(&rig, "/v1/sessions/close", json!({}));
    assert!(answer.starts_with("unbalanced"), "{answer}");
    let frames = rig.until_frames("the planted file", |f| {
        f.len() == 3 && f.iter().all(|f| f.verdict.is_some())
    });
    let aside = frames.iter().find(|f| f.state == FrameState::SetAside);
    let aside = aside.expect("set aside").id.clone();
    rig.ask(&format!("/v1/frames/{aside}/discard"), json!({}));
    let closed = rig.ask("/v1/sessions/close", json!({}));
    let counts = "2 accepted, 0 held, 1 absent, 0 unfinished, 0 unbound";
    assert!(closed.message.contains(counts), "{}", closed.message);
    assert!(logged(&rig, "session-closed"));
    all_delivered(&rig, 2);

    rig.open_session(2);
    let forced = rig.ask("/v1/sessions/close", json!({ "force": true }));
    assert!(!forced.remarks.is_empty());
    crash(&mut rig);
    rig.until("no session", |s| s.state.as_str() == "no-session");
    assert!(logged(&rig, "session-forced"));
}

#[test]
fn a_frame_exposed_otherwise_than_the_profile_asks_is_reported() {
    let mut rig = Rig::new("");
    rig.config.push_str(
        "[camera.profile.settings]\ncapturetarget = \"Memory card\"\nf-number = \"f/8\"\nshutterspeed = \"1/125\"\niso = \"100\"\n",
    );
    rig.start();
    rig.open_session(1);
    shoot(&rig, 1);
    assert_eq!(rig.status().faults, []);
    // The mode dial was turned: the camera says f/8 still, the picture does not.
    rig.scene(&exposed(&picture(2), (28, 10)));
    let frame = rig.shoot();
    assert_eq!(owner(&frame), of(1));
    rig.until("the fault", |s| s.faults == [Fault::CameraSettings]);
    rig.scene(&exposed(&picture(3), (8, 1)));
    rig.shoot();
    rig.until("no fault", |s| s.faults.is_empty());
}

/// The JPEG with an EXIF segment that names this f-number.
fn exposed(jpeg: &[u8], f_number: (u32, u32)) -> Vec<u8> {
    let (num, denom) = f_number;
    let field = exif::Field {
        tag: exif::Tag::FNumber,
        ifd_num: exif::In::PRIMARY,
        value: exif::Value::Rational(vec![exif::Rational { num, denom }]),
    };
    let mut writer = exif::experimental::Writer::new();
    writer.push_field(&field);
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).expect("EXIF");
    let tiff = tiff.into_inner();
    let length = u16::try_from(tiff.len() + 8).expect("short");
    let mut out = vec![0xff, 0xd8, 0xff, 0xe1];
    out.extend(length.to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(tiff);
    out.extend(&jpeg[2..]);
    out
}
