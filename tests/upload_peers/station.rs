//! A real archive and a real outbox worker, without the daemon around them, so that hundreds of bad days fit into a minute.
#![allow(dead_code, reason = "each binary uses its own part")]

use crate::peers::{Objects, Peer};
use shutterline::archive::{Archive, Done, Job, JobId, OutboxItem, OutboxRow, Reader};
use shutterline::clock;
use shutterline::config::Config;
use shutterline::daemon::Options;
use shutterline::model::*;
use shutterline::upload::{Brake, Hush, Limits, Quiet, Told, Worker};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest wait for anything.
pub const CAP: Duration = Duration::from_secs(60);

/// The destination's name.
pub const NAME: &str = "there";

/// Long enough for a loopback on a machine that has other things to do.
const PATIENCE: Millis = Millis(700);

/// Students in the session.
const STUDENTS: u32 = 9;

/// One station with one destination.
pub struct Station {
    pub folder: tempfile::TempDir,
    /// More of the destination's table, for example `verify = "read-back"`.
    pub more: String,
    /// An attempt in which nothing moves for this long is given up; short, as most tests wait for it.
    pub patience: Millis,
    archive: Archive,
    answers: Receiver<Done>,
    runtime: Runtime,
    jobs: u64,
    frames: u32,
}

/// A worker at work; ends when dropped, wherever it is, as by a power cut.
pub struct Work(JoinHandle<()>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn options(folder: &Path, destination: &str) -> Options {
    let text = format!(
        "[panel]\ndriver = \"sim\"\n[camera]\ndriver = \"sim\"\n[archive]\ndata = {:?}\nincoming = {:?}\n\
         [upload]\nbackoff-first-ms = 20\nbackoff-max-ms = 150\n\
         [[destination]]\nname = \"{NAME}\"\n{destination}",
        folder.join("data"),
        folder.join("incoming"),
    );
    let config = Config::parse(&text, "test.toml").unwrap_or_else(|e| panic!("{e}\n{text}"));
    Options::from_config(&config).expect("options")
}

impl Station {
    /// One that delivers to this peer, with a session open; nothing is sent yet.
    pub fn new(peer: &dyn Peer, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let destination = peer.destination(peer.address()) + more;
        let mut options = options(folder.path(), &destination).archive;
        options.sync = false;
        let (sender, answers) = channel();
        let done = Box::new(move |done| drop(sender.send(done)));
        let (archive, _) = Archive::open(options, done).expect("archive");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("runtime");
        let mut station = Self {
            folder,
            more: more.to_owned(),
            patience: PATIENCE,
            archive,
            answers,
            runtime,
            jobs: 0,
            frames: 0,
        };
        station.open_session();
        station
    }

    fn open_session(&mut self) {
        let session = self.session();
        let mut rows = vec![Row::Session(Session {
            id: session.clone(),
            name: "法学院".to_owned(),
            state: SessionState::Open,
            current: Some(Serial(1)),
            opened_at: WallMs(1_790_000_000_000),
            reference: None,
        })];
        rows.extend((1..=STUDENTS).map(|n| Row::Entry {
            session: session.clone(),
            entry: QueueEntry {
                serial: Serial(n),
                student: Some(Student {
                    number: student(n),
                    name: format!("学生{n}"),
                    exempt: Vec::new(),
                }),
                state: EntryState::Waiting,
                recall_order: 0,
                waived: Vec::new(),
            },
        }));
        self.commit(EventKind::SessionOpened, None, rows);
    }

    fn session(&self) -> SessionId {
        SessionId(format!("{}-s1", self.archive.station()))
    }

    fn job(&mut self) -> JobId {
        self.jobs += 1;
        JobId(self.jobs)
    }

    fn answered(&self) {
        let answer = self.answers.recv_timeout(CAP).expect("an answer");
        assert!(matches!(answer, Done::Committed(_)), "{answer:?}");
    }

    fn change(&self, kind: EventKind, frame: Option<FrameId>, rows: Vec<Row>) -> Box<Change> {
        Box::new(Change {
            at: Stamp {
                boot: BootId("boot".to_owned()),
                mono: Millis(1000),
                wall: WallMs(1_790_000_000_000),
                trusted: true,
            },
            who: Actor::Pedal,
            kind,
            session: Some(self.session()),
            serial: None,
            frame,
            detail: serde_json::json!({}),
            rows,
        })
    }

    fn commit(&mut self, kind: EventKind, frame: Option<FrameId>, rows: Vec<Row>) {
        let (id, change) = (self.job(), self.change(kind, frame, rows));
        let job = Job::Commit { id, change };
        self.archive.submit(job).expect("archive");
        self.answered();
    }

    fn frame(&self, id: &FrameId, serial: u32) -> Frame {
        Frame {
            id: id.clone(),
            session: Some(self.session()),
            serial: Some(Serial(serial)),
            student: Some(student(serial)),
            request: None,
            origin: Origin::Pedal,
            state: FrameState::Kept,
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

    /// A frame of a student: its JPEG, or whatever `name` says it is.
    pub fn shoot(&mut self, serial: u32, name: &str, bytes: &[u8]) -> FrameId {
        use sha2::Digest;
        self.frames += 1;
        let id = FrameId(format!("{}-{:06}", self.archive.station(), self.frames));
        let incoming = self.archive.incoming_path(&id, name);
        std::fs::write(&incoming, bytes).expect("download");
        let hash = sha2::Sha256::digest(bytes);
        let size = Bytes(bytes.len() as u64);
        let file = CameraFile {
            key: CameraFileKey {
                camera: "3012345".to_owned(),
                opening: format!("boot-{}", self.frames),
                folder: "/DCIM".to_owned(),
                name: name.to_owned(),
                size_bytes: size,
                modified_s: 0,
            },
            received_bytes: size,
            sha256: Sha256(hash.iter().map(|b| format!("{b:02x}")).collect()),
            exif_taken: None,
            exif: ExifSettings::default(),
            quiet_since: Millis(1),
            seen_at: Millis(2),
        };
        let frame = self.frame(&id, serial);
        let rows = vec![Row::Frame(Box::new(frame.clone()))];
        let change = self.change(EventKind::FrameStored, Some(id.clone()), rows);
        let job = Job::Store {
            id: self.job(),
            frame: Box::new(frame),
            file: Box::new(file),
            incoming,
            change,
        };
        self.archive.submit(job).expect("archive");
        self.answered();
        id
    }

    /// Gives a frame to another student.
    pub fn reassign(&mut self, id: &FrameId, serial: u32) {
        let row = Row::Frame(Box::new(self.frame(id, serial)));
        self.commit(EventKind::FrameReassigned, Some(id.clone()), vec![row]);
    }

    /// Starts a worker that reaches the peer at this address.
    pub fn work(&self, peer: &dyn Peer, at: SocketAddr) -> Work {
        let destination = peer.destination(at) + &self.more;
        let options = options(self.folder.path(), &destination);
        let pace = shutterline::upload::Pace {
            patience: self.patience,
            ..options.pace
        };
        let nobody_shoots = Quiet::new(watch::channel(Status::default()).1, Hush::Frame);
        let told = Told {
            counts: watch::Sender::new(OutboxCounts::default()),
            traffic: watch::Sender::new(BTreeMap::new()),
        };
        let worker = Worker::new(
            self.archive.outbox(),
            self.archive.station().clone(),
            self.archive.data().to_owned(),
            options.destinations,
            pace,
            Brake::new(nobody_shoots, Limits::default()),
            told,
        );
        Work(self.runtime.spawn(async move {
            worker.run().await;
        }))
    }

    /// What the archive says is due at the destination.
    pub fn due(&self, limit: u32) -> Vec<OutboxItem> {
        let outbox = self.archive.outbox();
        let asked = outbox.due(NAME.to_owned(), clock::boot_time(), limit);
        self.runtime.block_on(asked).expect("due")
    }

    /// The outbox as its rows have it.
    pub fn rows(&self) -> Vec<OutboxRow> {
        let reader = Reader::open(self.archive.data()).expect("reader");
        reader.outbox_rows(false).expect("rows")
    }

    /// Waits for a condition of the outbox.
    #[track_caller]
    pub fn until(&self, what: &str, reached: impl Fn(&[OutboxRow]) -> bool) -> Vec<OutboxRow> {
        let end = clock::boot_time() + Millis(CAP.as_millis() as u64);
        loop {
            let rows = self.rows();
            if reached(&rows) {
                return rows;
            }
            let waited = clock::boot_time() < end;
            assert!(waited, "waited in vain for {what}: {:#?}", open(&rows));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until nothing is to be done any more, and asks so little that neither time nor memory of a long outbox is the asker's.
    #[track_caller]
    pub fn until_empty(&self, cap: Duration) {
        let end = clock::boot_time() + Millis(cap.as_millis() as u64);
        let reader = Reader::open(self.archive.data()).expect("reader");
        while reader.outbox_counts().expect("counts") != OutboxCounts::default() {
            assert!(clock::boot_time() < end, "waited in vain");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until nothing is to be done any more, by itself or by a human.
    #[track_caller]
    pub fn until_delivered(&self) -> Vec<OutboxRow> {
        self.until("an empty outbox", |rows| open(rows).is_empty())
    }
}

/// The i-th student's number.
fn student(n: u32) -> StudentNumber {
    StudentNumber(format!("2026{n:04}"))
}

/// What is not done with.
pub fn open(rows: &[OutboxRow]) -> Vec<&OutboxRow> {
    let done = |r: &&OutboxRow| !matches!(r.state.as_str(), "sent" | "superseded" | "removed");
    rows.iter().filter(done).collect()
}

/// What the archive has receipts for, by name.
pub fn receipts(rows: &[OutboxRow]) -> Objects {
    let sent = rows.iter().filter(|r| r.state == "sent");
    let objects: Vec<(String, String)> = sent
        .map(|r| {
            assert!(r.verified_by.is_some(), "no receipt: {r:#?}");
            (r.key.clone(), r.sha256.as_str().to_owned())
        })
        .collect();
    let names: Objects = objects.iter().cloned().collect();
    assert_eq!(
        names.len(),
        objects.len(),
        "two under one name: {objects:#?}"
    );
    names
}

/// Every object is there, byte for byte, once, under its right name; and nothing else is.
#[track_caller]
pub fn all_is_there(peer: &dyn Peer, rows: &[OutboxRow], about: &str) {
    let (there, wanted) = (peer.objects(), receipts(rows));
    if there != wanted {
        let missing: Vec<_> = wanted
            .iter()
            .filter(|w| there.get(w.0) != Some(w.1))
            .collect();
        let more: Vec<_> = there.keys().filter(|k| !wanted.contains_key(*k)).collect();
        panic!("{about}: missing or different: {missing:#?}; not to be there: {more:#?}");
    }
    assert_eq!(peer.unfinished(), Vec::<String>::new(), "{about}");
}

/// What has a receipt is there, whatever else is.
#[track_caller]
pub fn no_receipt_without_its_object(peer: &dyn Peer, rows: &[OutboxRow], about: &str) {
    let there = peer.objects();
    for (name, hash) in receipts(rows) {
        assert_eq!(
            there.get(&name),
            Some(&hash),
            "{about}: {name} has a receipt"
        );
    }
}

/// A small photo, different for each number, of some kilobytes.
pub fn photo(number: u32) -> Vec<u8> {
    noise(number, 40 + number % 7 * 30)
}

/// A square photo of nothing, which no compression makes small.
pub fn noise(number: u32, side: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(side, side, |x, y| {
        let v = (x * 131 + y * 197 + number * 7919).wrapping_mul(2_654_435_761);
        image::Rgb([(v >> 24) as u8, (v >> 16) as u8, (v >> 8) as u8])
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)
        .encode_image(&image)
        .expect("encode");
    jpeg
}

/// What a RAW file is to the outbox: many bytes.
pub fn raw(number: u32, megabytes: usize) -> Vec<u8> {
    let mut state = u64::from(number) | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..megabytes << 20).map(|_| next()).collect()
}
