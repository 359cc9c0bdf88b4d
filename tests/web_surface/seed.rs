//! A data folder with a session of two students, a judged frame of the first and a frame that nobody owns.

use crate::rig::CAP;
use sha2::Digest;
use shutterline::archive::{Archive, Done, Job, JobId, Options};
use shutterline::clock;
use shutterline::model::{
    About, Actor, Bytes, CameraFile, CameraFileKey, Change, EntryState, EventKind, ExifSettings,
    Frame, FrameId, FrameState, Millis, Origin, QueueEntry, Reason, Report, Row, Serial, Session,
    SessionId, SessionState, Severity, Sha256, Student, StudentNumber, Verdict, WallMs,
};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

/// What was put there.
pub struct Seeded {
    pub session: SessionId,
    /// Kept, of serial 1, rejected.
    pub kept: FrameId,
    /// Set aside, between serials 1 and 2.
    pub aside: FrameId,
}

pub fn seed(data: &Path) -> Seeded {
    let (answers, answered) = channel();
    let done = Box::new(move |done| answers.send(done).unwrap());
    let (archive, _) = Archive::open(Options::new(data), done).unwrap();
    let station = archive.station().clone();
    let seeded = Seeded {
        session: SessionId::new(&station, 1),
        kept: FrameId::new(&station, 1),
        aside: FrameId::new(&station, 2),
    };
    let mut jobs = Jobs {
        archive,
        answered,
        next: 0,
    };
    jobs.open_session(&seeded.session);
    jobs.store(kept(&seeded));
    jobs.store(aside(&seeded));
    jobs.judge(kept(&seeded));
    seeded
}

struct Jobs {
    archive: Archive,
    answered: Receiver<Done>,
    next: u64,
}

impl Jobs {
    fn run(&mut self, job: impl FnOnce(JobId) -> Job) {
        self.next += 1;
        self.archive.submit(job(JobId(self.next))).unwrap();
        match self.answered.recv_timeout(CAP).unwrap() {
            Done::Committed(id) => assert_eq!(id, JobId(self.next)),
            other => panic!("{other:?}"),
        }
    }

    fn open_session(&mut self, session: &SessionId) {
        let entry = |serial, number: &str, name: &str, state| Row::Entry {
            session: session.clone(),
            entry: QueueEntry {
                serial: Serial(serial),
                student: Some(Student {
                    number: StudentNumber(number.into()),
                    name: name.into(),
                    exempt: vec!["head-covered".into()],
                }),
                state,
                recall_order: 0,
                waived: Vec::new(),
            },
        };
        let rows = vec![
            Row::Session(Session {
                id: session.clone(),
                name: "上午场".into(),
                state: SessionState::Open,
                current: Some(Serial(1)),
                opened_at: clock::wall_time(),
                reference: None,
            }),
            entry(1, "2021001", "张三", EntryState::Seated),
            entry(2, "2021002", "李四", EntryState::Waiting),
        ];
        let change = Box::new(change(EventKind::SessionOpened, None, rows));
        self.run(|id| Job::Commit { id, change });
    }

    fn store(&mut self, frame: Frame) {
        let name = format!("DSC_{:04}.NEF", self.next);
        let bytes = format!("a RAW file, {name}").into_bytes();
        let incoming = self.archive.incoming_path(&frame.id, &name);
        std::fs::write(&incoming, &bytes).unwrap();
        let size = Bytes(bytes.len() as u64);
        let digest = sha2::Sha256::digest(&bytes);
        let file = Box::new(CameraFile {
            key: CameraFileKey {
                camera: "6001".into(),
                opening: "b-1".into(),
                folder: "/DCIM/100NIKON".into(),
                name,
                size_bytes: size,
                modified_s: 0,
            },
            received_bytes: size,
            sha256: Sha256(digest.iter().map(|b| format!("{b:02x}")).collect()),
            exif_taken: None,
            exif: ExifSettings::default(),
            quiet_since: Millis(1),
            seen_at: Millis(2),
        });
        let rows = vec![Row::Frame(Box::new(frame.clone()))];
        let change = Box::new(change(EventKind::FrameStored, Some(&frame.id), rows));
        let frame = Box::new(frame);
        self.run(|id| Job::Store {
            id,
            frame,
            file,
            incoming,
            change,
        });
    }

    fn judge(&mut self, frame: Frame) {
        let reasons = vec![Reason {
            id: "blurred".into(),
            severity: Severity::Reject,
            was: None,
            about: About::Student,
            zh: "不清晰".into(),
            en: "not sharp".into(),
        }];
        let report = Report {
            standard: "graduate".into(),
            verdict: Verdict::Reject,
            reasons: reasons.clone(),
            measures: Vec::new(),
            width_px: 6000,
            height_px: 4000,
            geometry: None,
            crop: None,
            timings_ms: Default::default(),
            signature: None,
        };
        let id = frame.id.clone();
        let judged = Frame {
            verdict: Some(Verdict::Reject),
            reasons,
            ..frame
        };
        let rows = vec![
            Row::Frame(Box::new(judged)),
            Row::Report {
                frame: id.clone(),
                report: serde_json::to_value(&report).unwrap(),
            },
        ];
        let change = Box::new(change(EventKind::FrameJudged, Some(&id), rows));
        self.run(|id| Job::Commit { id, change });
    }
}

fn change(kind: EventKind, frame: Option<&FrameId>, rows: Vec<Row>) -> Change {
    Change {
        at: clock::stamp(false),
        who: Actor::Station,
        kind,
        session: None,
        serial: None,
        frame: frame.cloned(),
        detail: serde_json::json!({}),
        rows,
    }
}

fn kept(seeded: &Seeded) -> Frame {
    Frame {
        id: seeded.kept.clone(),
        session: Some(seeded.session.clone()),
        serial: Some(Serial(1)),
        student: Some(StudentNumber("2021001".into())),
        request: None,
        origin: Origin::Pedal,
        state: FrameState::Kept,
        accepted: false,
        retaken: false,
        verdict: None,
        reasons: Vec::new(),
        candidates: Vec::new(),
        taken_at: WallMs(1_781_946_753_000),
        taken_at_trusted: true,
        files: Vec::new(),
    }
}

fn aside(seeded: &Seeded) -> Frame {
    Frame {
        id: seeded.aside.clone(),
        serial: None,
        student: None,
        origin: Origin::CameraButton,
        state: FrameState::SetAside,
        candidates: vec![Serial(1), Serial(2)],
        ..kept(seeded)
    }
}

/// An archive that was opened once and holds nothing.
pub fn empty(data: &Path) {
    drop(Archive::open(Options::new(data), Box::new(|_| {})).unwrap());
}
