//! What was stored before, and that it is there still.

use super::ask;
use super::rig::{Rig, picture, student};
use sha2::{Digest, Sha256};
use shutterline::model::{FrameState, Verdict};
use shutterline::web::wire::FrameView;
use std::path::Path;

pub fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn sha256_of(file: &Path) -> String {
    sha256(&std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())))
}

/// Frames as they were.
pub struct Before(Vec<FrameView>);

impl Before {
    pub fn of(rig: &Rig) -> Self {
        Self(rig.frames())
    }

    /// None is lost, none has changed, and the archive says so itself.
    #[track_caller]
    pub fn still(&self, rig: &Rig) {
        let now = rig.frames();
        for was in &self.0 {
            let found = now.iter().find(|f| f.id == was.id).expect("lost");
            // A later frame of the student may be the one that is proposed now.
            let proposed = was.proposed;
            assert_eq!(
                &FrameView {
                    proposed,
                    ..found.clone()
                },
                was,
                "changed"
            );
            for file in &was.files {
                let stored = rig.dir.join("data").join(&file.path);
                assert_eq!(sha256_of(&stored), file.sha256.0, "{}", file.path);
            }
        }
        let verified = ask(rig, &["archive", "verify", "--json"]).json();
        assert_eq!(verified["problems"], serde_json::json!([]), "{verified}");
    }
}

/// A station with a session of `n`, serial 1 shot and passed, serial 2 in the chair.
pub fn station(rig: &mut Rig, n: u32) -> Before {
    rig.scene(&picture(1));
    rig.start();
    seat_the_second(rig, n)
}

/// The same on a daemon that runs already.
pub fn seat_the_second(rig: &Rig, n: u32) -> Before {
    rig.open_session(n);
    rig.shoot();
    rig.press("next");
    rig.until("serial 2", |s| s.serial.is_some_and(|s| s.0 == 2));
    // What is delivered meanwhile changes nothing of a frame.
    Before::of(rig)
}

/// The one frame of serial 2, kept, under its own student, made of exactly these bytes.
#[track_caller]
pub fn second_is_whole(rig: &Rig, original: &str) -> FrameView {
    let frames = rig.until_frames("serial 2's frame", |frames| {
        frames
            .iter()
            .any(|f| f.serial.is_some_and(|s| s.0 == 2) && f.verdict.is_some())
    });
    assert_eq!(frames.len(), 2, "{frames:#?}");
    let frame = frames
        .into_iter()
        .find(|f| f.serial.is_some_and(|s| s.0 == 2))
        .expect("serial 2");
    assert_eq!(frame.state, FrameState::Kept);
    let owner = frame.student_number.as_ref().map(|s| s.as_str().to_owned());
    assert_eq!(owner, Some(student(2)));
    assert_eq!(frame.original_sha256.as_ref().expect("hash").0, original);
    assert_ne!(frame.reasons, ["unreadable"], "{frame:#?}");
    assert!(matches!(
        frame.verdict,
        Some(Verdict::Pass | Verdict::Warn | Verdict::Reject)
    ));
    frame
}
