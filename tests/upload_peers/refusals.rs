//! What a venue gets wrong, and what a server does: each is said clearly, with the next step, without a secret; and the photo is
//! kept until it is there.

use crate::peers::certificates::{Flaw, certificate};
use crate::peers::proxy::{Fault, Proxy};
use crate::peers::sftp::Sftp;
use crate::peers::{Kind, Peer, Served};
use crate::rig::disk::Disk;
use crate::rig::{BINARY, Rig, picture};
use crate::station::{Station, all_is_there, photo};
use crate::straight::{no_secret_is_said, rows, station, until, until_delivered};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A station that shoots one photo for a destination of these keys, which says these words of it, and has it in that state.
fn refused(destination: &str, peer: &dyn Peer, state: &str, words: &[&str]) -> Rig {
    let rig = station(destination);
    refused_on(rig, peer, state, words)
}

fn refused_on(mut rig: Rig, peer: &dyn Peer, state: &str, words: &[&str]) -> Rig {
    rig.scene(&picture(1));
    rig.start();
    rig.open_session(2);
    rig.shoot();
    told(&rig, state, words);
    no_secret_is_said(&rig, peer);
    rig
}

#[track_caller]
fn told(rig: &Rig, state: &str, words: &[&str]) {
    let what = format!("{state} with {words:?}");
    until(rig, &what, |rows| {
        let error = rows.first().and_then(|r| r.last_error.clone());
        let error = error.unwrap_or_default();
        rows.first().is_some_and(|r| r.state == state) && words.iter().all(|w| error.contains(w))
    });
}

/// Whoever runs the station mended it, and says so.
fn retried(rig: &Rig, peer: &dyn Peer) {
    let done = Command::new(BINARY)
        .args(["upload", "retry"])
        .env("SHUTTERLINE_SOCKET", rig.dir.join("s.sock"))
        .output()
        .expect("shutterline");
    assert!(done.status.success(), "{done:?}");
    let rows = until_delivered(rig, 1);
    all_is_there(peer, &rows, "after a retry");
}

#[test]
fn a_wrong_bucket() {
    let Some(peer) = Served::start(Kind::S3) else {
        return;
    };
    let wrong = peer
        .destination(peer.address())
        .replace("graduates", "gradutaes");
    let words = [
        "is not there",
        "NoSuchBucket",
        "correct `bucket`",
        "upload retry",
    ];
    let rig = refused(&wrong, &peer, "parked", &words);
    assert!(peer.objects().is_empty());
    drop(rig);
}

#[test]
fn a_wrong_key() {
    let Some(peer) = Served::start(Kind::S3) else {
        return;
    };
    let rig = station(&peer.destination(peer.address()));
    let credential = peer.credentials(&rig.dir);
    let right = std::fs::read_to_string(&credential).expect("credential");
    let wrong = right.replace("p8-never", "p9-never");
    let usual = rig
        .config
        .lines()
        .find(|l| l.starts_with("credential-file"));
    let usual = usual.expect("a credential").to_owned();
    let mut rig = rig;
    rig.config = rig
        .config
        .replace(&usual, &format!("credential-file = {credential:?}"));
    std::fs::write(&credential, wrong).expect("credential");
    let words = ["not allowed to", "credentials", "upload retry"];
    let mut rig = refused_on(rig, &peer, "parked", &words);
    let log = std::fs::read_to_string(rig.log()).expect("log");
    assert!(!log.contains("p9-never"));
    std::fs::write(&credential, right).expect("credential");
    retried(&rig, &peer);
    rig.stop();
}

#[test]
fn a_credential_that_others_can_read() {
    for kind in [Kind::S3, Kind::WebDav, Kind::Intake] {
        let Some(peer) = Served::start(kind) else {
            return;
        };
        let mut rig = station(&peer.destination(peer.address()));
        let credential = peer.credentials(&rig.dir);
        let usual = rig
            .config
            .lines()
            .find(|l| l.starts_with("credential-file"));
        let usual = usual.expect("a credential").to_owned();
        rig.config = rig
            .config
            .replace(&usual, &format!("credential-file = {credential:?}"));
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&credential, mode(0o644)).expect("mode");
        let words = ["can be read by others", "0644", "chmod 600"];
        let mut rig = refused_on(rig, &peer, "pending", &words);
        assert!(peer.objects().is_empty());
        std::fs::set_permissions(&credential, mode(0o600)).expect("mode");
        let rows = until_delivered(&rig, 1);
        all_is_there(&peer, &rows, "once it is guarded");
        rig.stop();
    }
}

fn bad_certificate(flaw: Flaw, words: &[&str]) {
    for kind in [Kind::S3, Kind::WebDav, Kind::Intake] {
        let folder = tempfile::tempdir().expect("folder");
        let Some(tls) = certificate(folder.path(), flaw) else {
            return;
        };
        let Some(peer) = Served::start_with(kind, Some(tls), None) else {
            return;
        };
        let destination = peer.destination(peer.address());
        let mut rig = refused(&destination, &peer, "pending", words);
        assert!(peer.objects().is_empty(), "{flaw:?}");
        assert_eq!(peer.count("PUT"), 0, "nothing of it was heard");
        rig.stop();
    }
}

#[test]
fn an_expired_certificate() {
    let words = ["certificate", "xpired", "timedatectl", "goes on by itself"];
    bad_certificate(Flaw::Expired, &words);
}

#[test]
fn a_certificate_of_another_host() {
    bad_certificate(Flaw::OtherName, &["certificate", "goes on by itself"]);
}

#[test]
fn a_certificate_of_an_unknown_authority() {
    bad_certificate(Flaw::OtherAuthority, &["certificate", "goes on by itself"]);
}

#[test]
fn a_host_that_does_not_resolve() {
    for kind in [Kind::S3, Kind::WebDav, Kind::Intake] {
        let Some(peer) = Served::start(kind) else {
            return;
        };
        let address = peer.address().to_string();
        let nowhere = peer
            .destination(peer.address())
            .replace(&address, "files.school.invalid");
        let words = ["failed to", "goes on by itself", "network"];
        drop(refused(&nowhere, &peer, "pending", &words));
    }
    let Some(peer) = Sftp::start(None) else {
        return;
    };
    let nowhere = peer
        .destination(peer.address())
        .replace("127.0.0.1", "files.school.invalid");
    let mut rig = station(&nowhere);
    rig.env.push(("PATH".into(), peer.path()));
    drop(refused_on(
        rig,
        &peer,
        "pending",
        &["failed to", "goes on by itself"],
    ));
}

/// A small disk on which names find room, and photos do not.
fn full(folder: &Path) -> Option<Disk> {
    let disk = Disk::at(folder.to_owned(), 2)?;
    disk.fill(16_384);
    Some(disk)
}

#[test]
fn a_full_disk_behind_webdav() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(disk) = full(folder.path()) else {
        return;
    };
    let Some(peer) = Served::start_with(Kind::WebDav, None, Some(folder.path())) else {
        return;
    };
    stays_until_there_is_room(&disk, &peer, None);
}

#[test]
fn a_full_disk_behind_sftp() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(disk) = full(folder.path()) else {
        return;
    };
    let Some(peer) = Sftp::start(Some(folder.path())) else {
        return;
    };
    let path = peer.path();
    stays_until_there_is_room(&disk, &peer, Some(path));
}

fn stays_until_there_is_room(disk: &Disk, peer: &dyn Peer, path: Option<String>) {
    let mut rig = station(&peer.destination(peer.address()));
    rig.env.extend(path.map(|path| ("PATH".into(), path)));
    rig.scene(&picture(1));
    rig.start();
    rig.open_session(2);
    rig.shoot();
    until(&rig, "the refusal", |rows| {
        rows.first().is_some_and(|r| r.last_error.is_some())
    });
    no_secret_is_said(&rig, peer);
    disk.free();
    let parked = rows(&rig).iter().any(|r| r.state == "parked");
    match parked {
        true => retried(&rig, peer),
        false => all_is_there(peer, &until_delivered(&rig, 1), "once there is room"),
    }
    rig.stop();
}

/// Answers that waiting does not change: parked with the reason, and sent once somebody says that it is mended.
fn parked(kind: Kind, status: u16, body: &str, words: &[&str]) {
    let Some(peer) = Served::start(kind) else {
        return;
    };
    let always = json!({ "kind": "status", "status": status, "body": body, "times": 1000,
        "methods": ["PUT", "POST", "MOVE"] });
    peer.fault(always);
    let mut rig = refused(&peer.destination(peer.address()), &peer, "parked", words);
    peer.heal();
    retried(&rig, &peer);
    rig.stop();
}

#[test]
fn a_refusal_is_parked_with_the_next_step() {
    let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    let words = ["not allowed to", "credentials", "upload retry"];
    parked(Kind::S3, 403, denied, &words);
    parked(Kind::WebDav, 403, "no", &words);
    parked(Kind::Intake, 403, "no", &words);
    parked(Kind::IntakeForm, 401, "no", &words);
}

#[test]
fn a_quota_is_parked_with_the_next_step() {
    let words = ["no room for", "raise the quota", "upload retry"];
    parked(Kind::WebDav, 507, "quota", &words);
    parked(Kind::Intake, 413, "too large", &words);
    parked(Kind::IntakeForm, 507, "full", &words);
    let full = "<Error><Code>QuotaExceeded</Code><Message>full</Message></Error>";
    parked(Kind::S3, 507, full, &words);
}

#[test]
fn a_name_that_a_server_refuses_is_parked() {
    let words = ["refused (HTTP 409)", "`key`", "upload retry"];
    parked(Kind::Intake, 409, "this key came with another file", &words);
    parked(
        Kind::Intake,
        422,
        "no such student",
        &["refused (HTTP 422)", "no such student"],
    );
}

#[test]
fn an_answer_without_the_receipt_is_no_delivery() {
    let Some(peer) = Served::start(Kind::Intake) else {
        return;
    };
    peer.fault(json!({ "kind": "no-receipt", "times": 1000 }));
    let words = ["without a receipt", "receipt-", "upload retry"];
    let mut rig = refused(&peer.destination(peer.address()), &peer, "parked", &words);
    peer.heal();
    retried(&rig, &peer);
    rig.stop();
}

#[test]
fn a_portal_is_told_apart_from_the_server() {
    let Some(peer) = Served::start(Kind::Intake) else {
        return;
    };
    let proxy = Proxy::start(peer.address(), [Fault::Answer(302); 400]);
    let words = [
        "something else answers in its place",
        "portal",
        "goes on by itself",
    ];
    let destination = peer.destination(proxy.address());
    let mut rig = refused(&destination, &peer, "pending", &words);
    assert!(peer.objects().is_empty());
    proxy.heal();
    let rows = until_delivered(&rig, 1);
    all_is_there(&peer, &rows, "after the portal");
    rig.stop();
}

/// Servers that say that a photo is there: it is believed only where that is proven.
#[test]
fn a_server_that_lies_is_found_out() {
    let lies: [(Kind, &str, &str); 9] = [
        (Kind::S3, "forget", ""),
        (Kind::S3, "half", ""),
        (Kind::S3, "flip", "verify = \"read-back\"\n"),
        (Kind::WebDav, "forget", ""),
        (Kind::WebDav, "half", ""),
        (Kind::WebDav, "flip", ""),
        (Kind::Intake, "wrong-hash", ""),
        (Kind::Intake, "half", "verify = \"read-back\"\n"),
        (Kind::Intake, "forget", "verify = \"read-back\"\n"),
    ];
    for (kind, lie, more) in lies {
        let Some(peer) = Served::start(kind) else {
            return;
        };
        let about = format!("{kind:?}, {lie}");
        let mut station = Station::new(&peer, more);
        peer.fault(json!({ "kind": lie, "times": 2 }));
        let _work = station.work(&peer, peer.address());
        for n in 1..=3 {
            station.shoot(n, "DSC_0001.JPG", &photo(n));
        }
        let rows = station.until_delivered();
        assert_eq!(peer.count(lie), 2, "{about} came to pass");
        all_is_there(&peer, &rows, &about);
    }
}

#[test]
fn a_server_that_hangs_is_left_and_tried_again() {
    for kind in [Kind::S3, Kind::WebDav, Kind::Intake] {
        let Some(peer) = Served::start(kind) else {
            return;
        };
        let mut station = Station::new(&peer, "");
        peer.fault(json!({ "kind": "hang", "times": 2 }));
        let _work = station.work(&peer, peer.address());
        station.shoot(1, "DSC_0001.JPG", &photo(1));
        station.until("the patience's end", |rows| {
            let error = rows[0].last_error.as_deref().unwrap_or_default();
            error.contains("nothing moved for")
        });
        peer.heal();
        let rows = station.until_delivered();
        all_is_there(&peer, &rows, "after a hang");
    }
}

/// With a photo that came changed, this intake keeps the key: only a human can say what shall be.
#[test]
fn a_photo_changed_on_its_way_to_an_intake_is_never_called_delivered() {
    let Some(peer) = Served::start(Kind::Intake) else {
        return;
    };
    let mut station = Station::new(&peer, "");
    let proxy = Proxy::start(peer.address(), [Fault::Flip(1000)]);
    let _work = station.work(&peer, proxy.address());
    station.shoot(1, "DSC_0001.JPG", &photo(1));
    let rows = station.until("an end", |rows| rows[0].state != "pending");
    if rows[0].state == "sent" {
        all_is_there(&peer, &rows, "sent anew");
    } else {
        let error = rows[0].last_error.clone().unwrap_or_default();
        assert!(error.contains("409"), "{error}");
    }
}

#[test]
fn a_template_that_makes_two_photos_one_name_is_refused() {
    let Some(peer) = Served::start(Kind::WebDav) else {
        return;
    };
    let key = "key = \"{session}/{student}.{ext}\"\n";
    let rig = station(&(peer.destination(peer.address()) + key));
    let config = rig.dir.join("shutterline.toml");
    std::fs::write(&config, &rig.config).expect("config");
    let checked = Command::new(BINARY)
        .args(["config", "check"])
        .arg(&config)
        .output()
        .expect("shutterline");
    let said = String::from_utf8_lossy(&checked.stderr) + String::from_utf8_lossy(&checked.stdout);
    assert!(!checked.status.success(), "{said}");
    for word in ["{frame}", "one name", "key"] {
        assert!(said.contains(word), "{said}");
    }
}
