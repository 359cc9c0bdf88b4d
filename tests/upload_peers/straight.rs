//! The whole station and each peer, with nothing in between: what is shot arrives, under names that people wrote in Chinese too.

use crate::peers::certificates::{Flaw, certificate};
use crate::peers::sftp::Sftp;
use crate::peers::{Kind, Peer, Served};
use crate::rig::{BINARY, Rig, picture};
use crate::station::{CAP, NAME, all_is_there, open};
use serde_json::json;
use shutterline::archive::{OutboxRow, Reader};
use shutterline::clock;
use shutterline::model::Millis;
use std::process::Command;
use std::time::Duration;

/// A station that delivers to a destination of these keys; nothing is started.
pub fn station(destination: &str) -> Rig {
    let mut rig = Rig::new("");
    let folder = rig.config.find("[[destination]]").expect("the rig's own");
    rig.config.truncate(folder);
    rig.config += &format!(
        "[upload]\nbackoff-first-ms = 20\nbackoff-max-ms = 200\n[[destination]]\nname = \"{NAME}\"\n{destination}"
    );
    // What a technician would turn on in search of a fault must not show a secret either.
    rig.env.push(("RUST_LOG".into(), "debug".into()));
    rig
}

/// The outbox of a daemon, also of one that was killed.
pub fn rows(rig: &Rig) -> Vec<OutboxRow> {
    let reader = Reader::open(&rig.dir.join("data")).expect("reader");
    reader.outbox_rows(false).expect("rows")
}

/// Waits for a condition of a daemon's outbox.
#[track_caller]
pub fn until(rig: &Rig, what: &str, reached: impl Fn(&[OutboxRow]) -> bool) -> Vec<OutboxRow> {
    let end = clock::boot_time() + Millis(CAP.as_millis() as u64);
    loop {
        let rows = rows(rig);
        if reached(&rows) {
            return rows;
        }
        let waited = clock::boot_time() < end;
        assert!(waited, "waited in vain for {what}: {:#?}", open(&rows));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// All frames are on their way, and none waits any more.
#[track_caller]
pub fn until_delivered(rig: &Rig, frames: usize) -> Vec<OutboxRow> {
    until(rig, "an empty outbox", |rows| {
        rows.len() >= frames && open(rows).is_empty()
    })
}

/// Students of this session have numbers of their school's own taste.
pub fn open_session(rig: &Rig, numbers: &[&str]) {
    let student = |number: &&str| json!({ "student_number": number, "name": "张 三" });
    let students: Vec<_> = numbers.iter().map(student).collect();
    rig.ask("/v1/roster", json!({ "students": students }));
    rig.ask("/v1/sessions", json!({ "name": "法学院 2026" }));
}

/// Each student in turn gets a photo.
pub fn shoot_all(rig: &Rig, students: u32) {
    for n in 1..=students {
        rig.scene(&picture(n));
        rig.shoot();
        if n < students {
            rig.press("next");
            let next = |s: &shutterline::model::Status| s.serial.is_some_and(|s| s.0 == n + 1);
            rig.until("the next serial", next);
        }
    }
}

/// Everything that the station says to anybody.
pub fn all_that_is_said(rig: &Rig) -> String {
    let mut said = std::fs::read_to_string(rig.log()).expect("log");
    for command in [
        &["status", "--json"][..],
        &["status"],
        &["upload", "status", "--json"],
        &["upload", "status"],
        &["metrics"],
        &["doctor"],
    ] {
        let output = Command::new(BINARY)
            .args(command)
            .env("SHUTTERLINE_SOCKET", rig.dir.join("s.sock"))
            .output()
            .expect("shutterline");
        said += &String::from_utf8_lossy(&output.stdout);
        said += &String::from_utf8_lossy(&output.stderr);
    }
    for row in rows(rig) {
        said += &row.last_error.unwrap_or_default();
    }
    said
}

#[track_caller]
pub fn no_secret_is_said(rig: &Rig, peer: &dyn Peer) {
    let said = all_that_is_said(rig);
    for secret in peer.secrets() {
        let line = said.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "a secret is said");
    }
}

/// Three students, three photos, and how each was proven.
fn delivers(peer: &dyn Peer, path: Option<String>, proof: &str) {
    delivers_with(peer, "", path, proof);
}

fn delivers_with(peer: &dyn Peer, more: &str, path: Option<String>, proof: &str) {
    let mut rig = station(&(peer.destination(peer.address()) + more));
    rig.env.extend(path.map(|path| ("PATH".into(), path)));
    rig.start();
    rig.open_session(3);
    shoot_all(&rig, 3);
    let rows = until_delivered(&rig, 3);
    all_is_there(peer, &rows, proof);
    for row in &rows {
        assert_eq!(row.verified_by.as_deref(), Some(proof), "{row:#?}");
    }
    no_secret_is_said(&rig, peer);
    rig.stop();
}

/// Names beyond ASCII, and spaces, from the roster and from the template.
fn delivers_names(peer: &dyn Peer, path: Option<String>) {
    let key = "key = \"毕业照 2026/{student}/{serial} {frame}.{ext}\"\n";
    let mut rig = station(&(peer.destination(peer.address()) + key));
    rig.env.extend(path.map(|path| ("PATH".into(), path)));
    rig.start();
    open_session(&rig, &["研2026-01", "A+b#c%41&d"]);
    shoot_all(&rig, 2);
    let rows = until_delivered(&rig, 2);
    all_is_there(peer, &rows, "names");
    let names: Vec<_> = peer.objects().into_keys().collect();
    let first = |name: &String| name.starts_with("毕业照 2026/研2026-01/0001 ");
    assert!(names.iter().any(first), "{names:#?}");
    rig.stop();
}

const READ_BACK: &str = "verify = \"read-back\"\n";

#[test]
fn s3_by_its_checksum_or_by_reading_back() {
    if let Some(peer) = Served::start(Kind::S3) {
        delivers(&peer, None, "etag-md5");
    }
    if let Some(peer) = Served::start(Kind::S3) {
        delivers_with(&peer, READ_BACK, None, "read-back");
    }
}

#[test]
fn webdav_by_a_sample_or_by_reading_back() {
    if let Some(peer) = Served::start(Kind::WebDav) {
        delivers(&peer, None, "size-and-sample");
    }
    if let Some(peer) = Served::start(Kind::WebDav) {
        delivers_with(&peer, READ_BACK, None, "read-back");
    }
}

#[test]
fn an_intake_by_its_receipt_or_by_reading_back() {
    if let Some(peer) = Served::start(Kind::Intake) {
        delivers(&peer, None, "receipt-sha256");
    }
    if let Some(peer) = Served::start(Kind::Intake) {
        delivers_with(&peer, READ_BACK, None, "read-back");
    }
}

#[test]
fn an_intake_by_forms_by_its_receipt() {
    if let Some(peer) = Served::start(Kind::IntakeForm) {
        delivers(&peer, None, "receipt-sha256");
    }
}

#[test]
fn sftp_by_a_sample_or_by_reading_back() {
    if let Some(peer) = Sftp::start(None) {
        delivers(&peer, Some(peer.path()), "size-and-sample");
    }
    if let Some(peer) = Sftp::start(None) {
        delivers_with(&peer, READ_BACK, Some(peer.path()), "read-back");
    }
}

#[test]
fn names_as_schools_have_them() {
    for kind in [Kind::S3, Kind::WebDav, Kind::Intake] {
        if let Some(peer) = Served::start(kind) {
            delivers_names(&peer, None);
        }
    }
    if let Some(peer) = Sftp::start(None) {
        delivers_names(&peer, Some(peer.path()));
    }
}

#[test]
fn behind_a_schools_own_authority() {
    for (kind, proof) in [
        (Kind::S3, "etag-md5"),
        (Kind::WebDav, "size-and-sample"),
        (Kind::Intake, "receipt-sha256"),
    ] {
        let folder = tempfile::tempdir().expect("folder");
        let Some(tls) = certificate(folder.path(), Flaw::None) else {
            return;
        };
        if let Some(peer) = Served::start_with(kind, Some(tls), None) {
            delivers(&peer, None, proof);
        }
    }
}
