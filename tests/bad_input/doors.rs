//! The data folder's lock, the socket, and what a command says when nobody answers or the answer is no.

use super::kept::station;
use super::rig::{Rig, picture};
use super::{ask, run, shutterline};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

#[test]
fn a_second_daemon_on_the_data_folder_names_the_first_and_leaves_it_alone() {
    let mut rig = Rig::new("");
    let before = station(&mut rig, 3);
    let other = rig.dir.join("other.sock");
    let second = run(&rig, &["--socket", other.to_str().expect("UTF-8")]);
    let data = rig.dir.join("data");
    second.failed(
        1,
        &[
            &format!("another shutterline (pid {})", rig.pid()),
            data.to_str().expect("UTF-8"),
            "stop it, or choose another folder with --data",
        ],
    );
    assert!(!other.exists());
    // The same once more, as systemd would, on the first one's own socket: it must not be taken for a stale one.
    run(&rig, &["--socket", &path(&rig, "s.sock")]).failed(1, &["another shutterline (pid"]);

    assert!(rig.status().faults.is_empty());
    rig.scene(&picture(2));
    let frame = rig.shoot();
    assert_eq!(frame.serial.map(|s| s.0), Some(2));
    before.still(&rig);
    rig.stop();
}

fn path(rig: &Rig, name: &str) -> String {
    rig.dir.join(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_socket_is_made_only_where_it_can_be() {
    let mut rig = Rig::new("");
    let before = station(&mut rig, 3);
    let socket = rig.dir.join("s.sock");

    // Somebody answers there: another station, which must not lose its socket.
    let mut other = Rig::new("");
    other.config = other.config.replace("settle-ms = 0\n", "settle-ms = 1\n");
    run(&other, &["--socket", &path(&rig, "s.sock")]).failed(
        1,
        &[
            "another program answers on",
            &path(&rig, "s.sock"),
            "name another socket with --socket",
        ],
    );
    before.still(&rig);

    // Its folder is missing.
    rig.stop();
    assert!(
        !socket.exists(),
        "a daemon that stops in order takes its socket along"
    );
    run(&rig, &["--socket", &path(&rig, "gone/s.sock")]).failed(
        1,
        &["the folder", "gone", "is missing", "create it", "--socket"],
    );
    assert!(!rig.dir.join("gone").exists());

    // A file has its name.
    std::fs::write(rig.dir.join("notes.txt"), "precious").expect("file");
    run(&rig, &["--socket", &path(&rig, "notes.txt")])
        .failed(1, &["notes.txt is there and is no socket"]);
    assert_eq!(
        std::fs::read(rig.dir.join("notes.txt")).expect("file"),
        b"precious"
    );

    // A dead daemon left it.
    rig.start();
    rig.kill();
    let left = std::fs::symlink_metadata(&socket).expect("a stale socket");
    assert!(left.file_type().is_socket());
    rig.start();
    before.still(&rig);
    rig.stop();
}

#[test]
fn without_a_daemon_every_question_exits_3() {
    let nobody = Path::new("/nonexistent/shutterline.sock");
    for question in [
        &["status"][..],
        &["status", "--json"],
        &["frames", "list", "--json"],
        &["queue", "list"],
        &["panel", "press", "pedal"],
        &["session", "open"],
        &["session", "preflight"],
        &["archive", "verify"],
        &["upload", "status"],
        &["camera", "show"],
    ] {
        let answer = shutterline(nobody, question);
        answer.failed(3, &["/nonexistent/shutterline.sock", "next: "]);
        assert_eq!(answer.out, "", "{question:?}");
    }

    // A dead daemon's socket is no daemon either.
    let mut rig = Rig::new("");
    rig.start();
    rig.kill();
    ask(&rig, &["status"]).failed(3, &["s.sock", "next: "]);
}

#[test]
fn what_the_state_forbids_exits_4_and_changes_nothing() {
    let mut rig = Rig::new("");
    rig.start();
    for early in [
        &["queue", "call", "1"][..],
        &["session", "close"],
        &["queue", "hold"],
    ] {
        ask(&rig, early).failed(4, &["error: ", "next: "]);
    }
    let before = super::kept::seat_the_second(&rig, 3);
    let status = rig.status();
    for no in [
        &["session", "open"][..],
        &["session", "close"],
        &["queue", "call", "99"],
        &["queue", "recall", "1"],
        &["frames", "accept", "zzzz-999999"],
        &["frames", "show", "zzzz-999999"],
        &["queue", "swap", "1", "77"],
    ] {
        let answer = ask(&rig, no);
        answer.failed(4, &["error: ", "next: "]);
        assert_eq!(answer.out, "", "{no:?}");
    }
    let now = rig.status();
    assert_eq!(
        (now.serial, now.state, now.queue),
        (status.serial, status.state, status.queue)
    );
    before.still(&rig);
    // A slip of the fingers is the caller's: 2.
    ask(&rig, &["queue", "call", "first"]).failed(2, &["first"]);
    rig.stop();
}
