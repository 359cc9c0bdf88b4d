//! A 200 MB file goes through the archive without being held in memory. Alone in its process, so that the peak is its own.

#![allow(clippy::unwrap_used)]

use sha2::Digest;
use shutterline::archive::{Archive, Done, Job, JobId, Options, Reader};
use shutterline::model::*;
use std::io::Write;
use std::sync::mpsc::channel;
use std::time::Duration;

const MB: usize = 1_000_000;

/// The most memory this process ever had resident, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[test]
fn two_hundred_megabytes_are_stored_as_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, answers) = channel();
    let options = Options {
        sync: false,
        ..Options::new(folder.path().join("data"))
    };
    let data = options.data.clone();
    let done = Box::new(move |done| drop(sender.send(done)));
    let (archive, _) = Archive::open(options, done).unwrap();
    for (number, name) in [(1, "DSC_0001.JPG"), (2, "DSC_0001.NEF")] {
        let id = FrameId(format!("k7qa-{number:06}"));
        let incoming = archive.incoming_path(&id, name);
        let mut file = std::fs::File::create(&incoming).unwrap();
        let mut hasher = sha2::Sha256::new();
        for n in 0..200_u8 {
            let block = vec![n; MB];
            hasher.update(&block);
            file.write_all(&block).unwrap();
        }
        let sha256: String = hasher
            .finalize()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let size = Bytes(200 * MB as u64);
        let key = CameraFileKey {
            camera: "3012345".to_owned(),
            opening: "boot-1".to_owned(),
            folder: "/DCIM".to_owned(),
            name: name.to_owned(),
            size_bytes: size,
            modified_s: 0,
        };
        archive
            .submit(Job::Store {
                id: JobId(number),
                frame: Box::new(set_aside(id)),
                file: Box::new(CameraFile {
                    key,
                    received_bytes: size,
                    sha256: Sha256(sha256),
                    exif_taken: None,
                    exif: ExifSettings::default(),
                    quiet_since: Millis(0),
                    seen_at: Millis(0),
                }),
                incoming,
                change: Box::new(stored()),
            })
            .unwrap();
        let answer = answers.recv_timeout(Duration::from_secs(120)).unwrap();
        assert!(matches!(answer, Done::Committed(_)), "{answer:?}");
    }
    let verified = Reader::open(&data).unwrap().verify(|_| true).unwrap();
    // Two large files, each with the sidecar that carries its tag.
    assert_eq!((verified.files, verified.problems), (4, 0));
    let peak = peak();
    assert!(peak < 100 * MB, "peak {} MB", peak / MB);
}

fn set_aside(id: FrameId) -> Frame {
    Frame {
        id,
        session: None,
        serial: None,
        student: None,
        request: None,
        origin: Origin::Recovered,
        state: FrameState::SetAside,
        accepted: false,
        retaken: false,
        verdict: None,
        reasons: Vec::new(),
        candidates: Vec::new(),
        taken_at: WallMs(0),
        taken_at_trusted: false,
        files: Vec::new(),
    }
}

fn stored() -> Change {
    Change {
        at: Stamp {
            boot: BootId("boot".to_owned()),
            mono: Millis(0),
            wall: WallMs(0),
            trusted: false,
        },
        who: Actor::Station,
        kind: EventKind::FrameStored,
        session: None,
        serial: None,
        frame: None,
        detail: serde_json::json!({}),
        rows: Vec::new(),
    }
}
