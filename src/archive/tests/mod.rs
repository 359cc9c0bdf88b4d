//! Drills on real SQLite files and real photos in a folder of their own.

#![allow(clippy::unwrap_used)]

mod backups;
mod clearing;
mod corrections;
mod crashes;
mod days;
mod failures;
mod making;
mod making_days;
mod opening;
mod outbox;
mod outbox_hands;
mod outbox_names;
mod storing;
mod verifying;

use super::disk::{Disk, Ground, RealDisk, Sink};
use super::error::ArchiveError;
use super::files::digest;
use super::{Archive, Done, Job, JobId, Options, Reader};
use crate::model::*;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A cap, not a pace: every wait ends as soon as its condition holds.
const CAP: Duration = Duration::from_secs(60);

/// An operation of the disk that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Create,
    Write,
    Sync,
    Rename,
    Link,
    MakeDir,
    SyncDir,
    /// Not an operation that fails: the disk says that next to nothing is free.
    Free,
}

impl Op {
    const ALL: [Op; 7] = [
        Op::Create,
        Op::Write,
        Op::Sync,
        Op::Rename,
        Op::Link,
        Op::MakeDir,
        Op::SyncDir,
    ];
}

/// Which operation fails, on paths that contain what, with which error.
type Knob = Arc<Mutex<Option<(Op, &'static str, i32)>>>;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// The real disk with a knob.
struct Drill {
    real: RealDisk,
    knob: Knob,
}

struct DrillFile {
    real: Box<dyn Sink>,
    knob: Knob,
    path: PathBuf,
}

fn check(knob: &Knob, op: Op, path: &Path) -> io::Result<()> {
    match *knob.lock().unwrap() {
        Some((o, part, code)) if o == op && path.to_string_lossy().contains(part) => {
            Err(io::Error::from_raw_os_error(code))
        }
        _ => Ok(()),
    }
}

impl Write for DrillFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Some bytes go through first: a disk fills up in the middle of a file.
        if check(&self.knob, Op::Write, &self.path).is_err() {
            self.real.write_all(&bytes[..bytes.len() / 2])?;
        }
        check(&self.knob, Op::Write, &self.path)?;
        self.real.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.real.flush()
    }
}

impl Sink for DrillFile {
    fn sync(&mut self) -> io::Result<()> {
        check(&self.knob, Op::Sync, &self.path)?;
        self.real.sync()
    }
}

impl Disk for Drill {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        self.real.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        check(&self.knob, Op::Create, path)?;
        Ok(Box::new(DrillFile {
            real: self.real.create(path)?,
            knob: self.knob.clone(),
            path: path.to_owned(),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        check(&self.knob, Op::Rename, to)?;
        self.real.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        check(&self.knob, Op::Link, to)?;
        self.real.link(from, to)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        check(&self.knob, Op::MakeDir, path)?;
        self.real.make_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        check(&self.knob, Op::SyncDir, path)?;
        self.real.sync_dir(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.real.remove(path)
    }

    fn free(&self, path: &Path) -> io::Result<Bytes> {
        match *self.knob.lock().unwrap() {
            Some((Op::Free, ..)) => Ok(Bytes(1)),
            _ => self.real.free(path),
        }
    }
}

/// A data folder that outlives its archives.
struct Venue {
    folder: tempfile::TempDir,
    knob: Knob,
    options: Options,
}

/// An archive at work, with its answers.
struct Run {
    archive: Archive,
    snapshot: Snapshot,
    answers: Receiver<Done>,
    next: u64,
}

impl Venue {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            sync: false,
            ..Options::new(folder.path().join("data"))
        };
        Self {
            folder,
            knob: Knob::default(),
            options,
        }
    }

    fn data(&self) -> &Path {
        &self.options.data
    }

    fn ground(&self) -> Ground {
        Ground {
            disk: Arc::new(Drill {
                real: RealDisk { sync: false },
                knob: self.knob.clone(),
            }),
            machine_id: Some("machine".to_owned()),
            // The thread ends here and cleans nothing up: to the disk and the database it is a crash.
            crash: Arc::new(|_| std::panic::panic_any("drill")),
            watch: Arc::new(|_, _| {}),
        }
    }

    fn try_open(&self, options: Options) -> Result<Run, ArchiveError> {
        self.try_open_on(self.ground(), options)
    }

    fn try_open_on(&self, ground: Ground, options: Options) -> Result<Run, ArchiveError> {
        let (sender, answers) = channel();
        let done = Box::new(move |done| drop(sender.send(done)));
        let (archive, snapshot) = Archive::open_on(ground, options, done)?;
        Ok(Run {
            archive,
            snapshot,
            answers,
            next: 1,
        })
    }

    fn open(&self) -> Run {
        self.try_open(self.options.clone()).unwrap()
    }

    fn reader(&self) -> Reader {
        Reader::open(self.data()).unwrap()
    }

    fn frames(&self) -> Vec<Frame> {
        self.reader().frames(super::FrameFilter::default()).unwrap()
    }

    /// Every file under `photos/` and `found/`, relative to the data folder.
    fn photos(&self) -> Vec<String> {
        let mut paths = Vec::new();
        super::start::walk(self.data(), "photos", &mut paths).unwrap();
        super::start::walk(self.data(), "found", &mut paths).unwrap();
        paths
    }

    /// Every stored file is where its row says, whole, and nothing else lies there; the journal is empty.
    fn assert_in_order(&self) {
        let mut problems = Vec::new();
        let step = |step| {
            if let super::VerifyStep::Problem { path, problem } = step {
                problems.push((path, problem));
            }
            true
        };
        self.reader().verify(step).unwrap();
        assert_eq!(problems, []);
        let journal = |db: &rusqlite::Connection| {
            super::rows::query(db, "journal", "SELECT * FROM journal", [], |_| Ok(()))
        };
        assert_eq!(self.reader().with(journal).unwrap().len(), 0);
    }

    /// A file of the camera, downloaded.
    fn download(
        &self,
        run: &Run,
        frame: &FrameId,
        name: &str,
        bytes: &[u8],
    ) -> (PathBuf, CameraFile) {
        let path = run.archive.incoming_path(frame, name);
        std::fs::write(&path, bytes).unwrap();
        let (sha256, size) = digest(bytes);
        let key = CameraFileKey {
            camera: "3012345".to_owned(),
            opening: "boot-1".to_owned(),
            folder: "/store_00010001/DCIM/100D5100".to_owned(),
            name: name.to_owned(),
            size_bytes: size,
            modified_s: 1_790_000_000,
        };
        let file = CameraFile {
            key,
            received_bytes: size,
            sha256,
            exif_taken: None,
            exif: ExifSettings::default(),
            quiet_since: Millis(1),
            seen_at: Millis(2),
        };
        (path, file)
    }
}

impl Run {
    fn id(&mut self) -> JobId {
        self.next += 1;
        JobId(self.next)
    }

    fn submit(&mut self, change: Change) -> JobId {
        let id = self.id();
        let change = Box::new(change);
        self.archive.submit(Job::Commit { id, change }).unwrap();
        id
    }

    fn commit(&mut self, change: Change) -> Done {
        self.submit(change);
        self.answer()
    }

    fn store(&mut self, frame: &Frame, download: (PathBuf, CameraFile)) -> Done {
        let id = self.id();
        let (incoming, file) = download;
        let mut change = change(
            EventKind::FrameStored,
            vec![Row::Frame(Box::new(frame.clone()))],
        );
        change.frame = Some(frame.id.clone());
        change.session = frame.session.clone();
        self.archive
            .submit(Job::Store {
                id,
                frame: Box::new(frame.clone()),
                file: Box::new(file),
                incoming,
                change: Box::new(change),
            })
            .unwrap();
        self.answer()
    }

    /// The next answer.
    fn answer(&self) -> Done {
        self.answers.recv_timeout(CAP).unwrap()
    }

    /// Waits for the thread to end at its crash point.
    fn crashed(&self) -> bool {
        matches!(
            self.answers.recv_timeout(CAP),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
        )
    }
}

#[track_caller]
fn assert_committed(done: &Done) {
    assert!(matches!(done, Done::Committed(_)), "{done:?}");
}

fn stamp() -> Stamp {
    Stamp {
        boot: BootId("boot".to_owned()),
        mono: Millis(1000),
        wall: WallMs(1_790_000_000_000),
        trusted: true,
    }
}

fn change(kind: EventKind, rows: Vec<Row>) -> Change {
    Change {
        at: stamp(),
        who: Actor::Pedal,
        kind,
        session: None,
        serial: None,
        frame: None,
        detail: serde_json::json!({}),
        rows,
    }
}

fn session() -> SessionId {
    SessionId("k7qa-s1".to_owned())
}

fn student(number: u32) -> Student {
    Student {
        number: StudentNumber(format!("2021{number:04}")),
        name: format!("学生{number}"),
        exempt: vec!["head-covered".to_owned()],
    }
}

fn entry(serial: u32, student: Option<Student>) -> Row {
    Row::Entry {
        session: session(),
        entry: QueueEntry {
            serial: Serial(serial),
            student,
            state: EntryState::Waiting,
            recall_order: 0,
            waived: vec!["ears-covered".to_owned()],
        },
    }
}

/// An open session whose first `bound` of five serials have students.
fn opened(bound: u32) -> Change {
    let mut rows = vec![Row::Session(Session {
        id: session(),
        name: "法学院".to_owned(),
        state: SessionState::Open,
        current: Some(Serial(1)),
        opened_at: WallMs(1_790_000_000_000),
        reference: Some(FrameId("k7qa-000009".to_owned())),
    })];
    rows.extend((1..=5).map(|n| entry(n, (n <= bound).then(|| student(n)))));
    let mut change = change(EventKind::SessionOpened, rows);
    change.session = Some(session());
    change
}

fn frame(number: u64, serial: Option<u32>) -> Frame {
    let owner = serial.map(student);
    Frame {
        id: FrameId(format!("k7qa-{number:06}")),
        session: Some(session()),
        serial: serial.map(Serial),
        student: owner.map(|s| s.number),
        request: None,
        origin: Origin::Pedal,
        state: serial.map_or(FrameState::SetAside, |_| FrameState::Kept),
        accepted: false,
        retaken: false,
        verdict: Some(Verdict::Pass),
        reasons: Vec::new(),
        candidates: Vec::new(),
        taken_at: WallMs(1_790_000_000_000),
        taken_at_trusted: true,
        files: Vec::new(),
    }
}

/// A small real photo; `shade` makes it differ from others.
fn jpeg(shade: u8) -> Vec<u8> {
    let image = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([shade, x as u8, y as u8]));
    let mut bytes = io::Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}
