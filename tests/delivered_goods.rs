//! What a school is sent besides photos, on the real daemon: portraits, reports and a session's list, right under whatever
//! correction comes.

mod rig;

use image::imageops::{FilterType, crop_imm, resize};
use rig::{CAP, Rig, files_below, student};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shutterline::clock;
use shutterline::model::{Serial, Verdict};
use shutterline::tag;
use shutterline::web::wire::FrameView;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// The astronaut near enough for a portrait.
fn sitter() -> Vec<u8> {
    let all = image::load_from_memory(include_bytes!("data/astronaut.jpg")).expect("astronaut");
    let part = crop_imm(&all.to_rgb8(), 92, 0, 260, 340).to_image();
    let large = resize(&part, 780, 1020, FilterType::CatmullRom);
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95)
        .encode_image(&large)
        .expect("encoded");
    jpeg
}

/// A station that is to deliver everything, its standard putting the student number into portraits.
fn station() -> Rig {
    let mut rig = Rig::new("").with_models();
    let standard = rig.dir.join("standard.toml");
    let rules = std::fs::read_to_string(&standard).expect("standard");
    let with_number = rules.replace("metadata = \"none\"", "metadata = \"identity\"");
    assert_ne!(rules, with_number);
    std::fs::write(&standard, with_number).expect("standard");
    rig.config
        .push_str("send = [\"originals\", \"portraits\", \"reports\", \"manifests\"]\n");
    rig.scene(&sitter());
    rig.start();
    rig
}

/// What lies at the destination: name with bytes.
fn delivered(rig: &Rig) -> BTreeMap<String, Vec<u8>> {
    let folder = rig.dir.join("delivered");
    let name = |path: &PathBuf| {
        let name = path.strip_prefix(&folder).expect("below");
        name.to_string_lossy().into_owned()
    };
    let whole = |path: &PathBuf| !name(path).starts_with('.');
    let files = files_below(&folder).into_iter().filter(whole);
    // One that was renamed or removed since is looked at next time.
    let read = files.filter_map(|path| Some((name(&path), std::fs::read(&path).ok()?)));
    read.collect()
}

fn until_there(
    rig: &Rig,
    what: &str,
    right: impl Fn(&BTreeMap<String, Vec<u8>>) -> bool,
) -> BTreeMap<String, Vec<u8>> {
    let until = clock::boot_time() + CAP;
    loop {
        let there = delivered(rig);
        if right(&there) {
            return there;
        }
        let names: Vec<_> = there.keys().collect();
        assert!(
            clock::boot_time() < until,
            "waited in vain for {what}; there are {names:#?} and {:#}",
            rig.get::<Value>("/v1/upload").unwrap_or_default()
        );
        std::thread::sleep(LOOK);
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// The student number that a portrait or a photo says in its bytes.
fn number_in(jpeg: &[u8]) -> Option<String> {
    let fields = tag::read_tag(jpeg)?;
    fields.student.map(|s| s.to_string())
}

/// Whether each file says in its bytes whose it is by its name; a report says it by its name alone.
fn all_are_their_own(there: &BTreeMap<String, Vec<u8>>) -> bool {
    let jpegs = (there.iter()).filter(|(name, _)| name.to_lowercase().ends_with(".jpg"));
    let mut says = jpegs.map(|(name, bytes)| {
        let folder = name.split('/').nth(1).expect("a folder");
        folder.split('_').nth(1).map(str::to_owned) == number_in(bytes)
    });
    says.all(|own| own)
}

fn ends(there: &BTreeMap<String, Vec<u8>>, end: &str) -> usize {
    there.keys().filter(|name| name.ends_with(end)).count()
}

#[test]
fn portraits_reports_and_the_list_are_there_and_right_after_a_correction() {
    let mut rig = station();
    rig.open_session(3);
    let first = rig.shoot();
    assert_eq!(first.verdict, Some(Verdict::Pass), "{first:?}");
    rig.press("next");
    rig.until("serial 2", |s| s.serial == Some(Serial(2)));
    let there = until_there(&rig, "the first portrait", |there| {
        ends(there, "-portrait.jpg") == 1
    });
    assert!(all_are_their_own(&there));
    rig.shoot();
    rig.press("next");
    rig.until("serial 3", |s| s.serial == Some(Serial(3)));
    until_there(&rig, "two portraits", |there| {
        ends(there, "-portrait.jpg") == 2
    });

    // They sat down in the wrong order. The plug is pulled while that is put right.
    rig.ask("/v1/queue/swap", json!({ "a": 1, "b": 2 }));
    rig.kill();
    rig.start();
    until_there(&rig, "two portraits under their own numbers", |there| {
        ends(there, "-portrait.jpg") == 2
            && ends(there, ".JPG") == 2
            && ends(there, "-report.json") == 2
            && all_are_their_own(there)
            && there.len() == 6
    });
    let owner = rig
        .frames()
        .into_iter()
        .find(|f| f.id == first.id)
        .and_then(|f| f.student_number);
    assert_eq!(owner.map(|s| s.to_string()), Some(student(2)));

    rig.ask("/v1/sessions/close", json!({ "force": true }));
    let there = until_there(&rig, "the list", |there| there.len() == 7);
    let list = there.keys().find(|name| name.ends_with("/manifest.csv"));
    let list = String::from_utf8(there[list.expect("a list")].clone()).expect("text");
    let mut listed: Vec<&str> = (list.lines().skip(1))
        .filter_map(|line| line.rsplit(',').next())
        .filter(|hash| !hash.is_empty())
        .collect();
    let mut lying: Vec<String> = (there.iter())
        .filter(|(name, _)| !name.ends_with("/manifest.csv"))
        .map(|(_, bytes)| sha256(bytes))
        .collect();
    listed.sort_unstable();
    lying.sort_unstable();
    assert_eq!(listed, lying, "{list}");
    let absent = format!("3,{},", student(3));
    assert!(list.lines().any(|l| l.starts_with(&absent)), "{list}");
    for (name, bytes) in &there {
        if name.ends_with("-portrait.jpg") {
            let portrait = image::load_from_memory(bytes).expect("a portrait");
            assert_eq!((portrait.width(), portrait.height()), (480, 640));
        } else if name.ends_with("-report.json") {
            let report: Value = serde_json::from_slice(bytes).expect("a report");
            assert_eq!(report["verdict"], "pass");
            assert!(report["measures"]["eye-sharpness"]["raw"].is_number());
            let frame = report["frame"].as_str().expect("a frame");
            assert!(name.ends_with(&format!("/{frame}-report.json")));
        }
    }
}

#[test]
fn a_portrait_that_cannot_be_made_is_told() {
    let rig = station();
    rig.scene(&rig::picture(1));
    rig.open_session(2);
    rig.shoot();
    rig.press("next");
    rig.until("serial 2", |s| s.serial == Some(Serial(2)));
    until_there(&rig, "report and photo", |there| there.len() == 2);
    let until = clock::boot_time() + CAP;
    let making = loop {
        let view: Value = rig.get("/v1/upload").expect("the outbox");
        if view["making"]["waiting"] == 0 {
            break view["making"].clone();
        }
        assert!(clock::boot_time() < until, "{view:#}");
        std::thread::sleep(LOOK);
    };
    let error = making["unmade"][0]["error"].as_str().expect("an error");
    assert!(error.contains("face"), "{making:#}");
    assert!(making["unmade"][0]["making"]["portrait"].is_string());
}

/// Now by the station: how far the wall clock is ahead of the machine's, and whether it is believed.
fn set_clock(rig: &Rig, ahead_days: i64, word: &str) {
    let ahead_ms = ahead_days * 86_400_000;
    std::fs::write(rig.dir.join("clock"), format!("{ahead_ms} {word}")).expect("clock");
}

/// Frames whose photo was removed here, by when they were shot.
fn cleared(rig: &Rig) -> Vec<bool> {
    let cleared = |f: FrameView| f.files.iter().all(|f| f.cleared_at_ms.is_some());
    rig.frames().into_iter().map(cleared).collect()
}

/// A board without a clock battery wakes up in the year 2000, and one day learns what day it is.
#[test]
fn photos_are_cleared_when_they_were_delivered_long_ago_by_a_clock_that_is_trusted() {
    let days_since_2000 = clock::wall_time().0 / 86_400_000 - 10_957;
    let mut rig = Rig::new("");
    rig.config = rig.config.replace(
        "[retention]\n",
        "[retention]\noriginals-days = 1\nkeep-newest = 1\n",
    );
    let file = rig.dir.join("clock");
    rig.env = vec![("SHUTTERLINE_DRILL_CLOCK".into(), file.display().to_string())];
    set_clock(&rig, -days_since_2000, "untrusted");
    rig.start();
    rig.open_session(3);
    for serial in 1..=3 {
        rig.shoot();
        rig.press("next");
        rig.until("the next", |s| s.serial.is_none_or(|s| s.0 > serial));
    }
    rig.ask("/v1/sessions/close", json!({}));
    rig.until_delivered();
    assert_eq!(delivered(&rig).len(), 3, "the year is nothing to a folder");
    rig.stop();

    // The clock jumps far ahead, and nobody knows whether it is right; then it is set right.
    for (ahead, word) in [(365, "untrusted"), (0, "trusted")] {
        set_clock(&rig, ahead, word);
        rig.start();
        rig.until_delivered();
        rig.stop();
    }
    set_clock(&rig, 0, "trusted");
    rig.start();
    assert_eq!(cleared(&rig), [false; 3], "the days count from now");
    rig.stop();
    set_clock(&rig, 2, "trusted");
    rig.start();
    rig.until_frames("the oldest two to be cleared", |_| {
        cleared(&rig) == [true, true, false]
    });
    let here = || {
        let photos = files_below(&rig.dir.join("data/photos"));
        photos.iter().filter(|p| p.extension().is_some()).count()
    };
    let until = clock::boot_time() + CAP;
    while here() != 1 {
        assert!(clock::boot_time() < until, "{} photos", here());
        std::thread::sleep(LOOK);
    }
    assert_eq!(delivered(&rig).len(), 3);
    let verify = std::process::Command::new(rig::BINARY)
        .args(["archive", "verify", "--socket"])
        .arg(rig.dir.join("s.sock"))
        .output()
        .expect("verify");
    assert!(verify.status.success(), "{verify:?}");
}
