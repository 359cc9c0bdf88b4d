//! The outbox worker against real folders, with an outbox in memory.

#![allow(
    clippy::unwrap_used,
    reason = "a test that unwraps says where it broke"
)]

use shutterline::archive::{ArchiveError, OutboxId, OutboxItem, OutboxRemoval, Receipt};
use shutterline::model::{
    Bytes, FileRole, FrameId, Millis, OutboxCounts, Reach, Serial, SessionId, Sha256, StationId,
    Status, Traffic,
};
use shutterline::upload::{Brake, Destination, Limits, Pace, Queue, Quiet, Settings, Told, Worker};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// What the outbox knows of an item.
#[derive(Debug, Clone, PartialEq)]
enum State {
    Waiting { not_before: Millis, failures: u32 },
    Sent(Receipt),
    Removed,
    Parked(String),
}

#[derive(Debug, Clone, Default)]
struct Rows {
    items: BTreeMap<OutboxId, (OutboxItem, State)>,
    removals: BTreeMap<OutboxId, (OutboxRemoval, State)>,
    /// Every failure, in order.
    failures: Vec<String>,
    /// Destinations that a human stopped.
    paused: Vec<String>,
    /// The network costs money.
    metered: bool,
}

/// An outbox in memory; its rows can be watched.
#[derive(Clone)]
struct Memory {
    rows: Arc<watch::Sender<Rows>>,
    news: Arc<Notify>,
}

impl Memory {
    fn change(&self, change: impl FnOnce(&mut Rows)) {
        self.rows.send_modify(change);
    }

    /// Waits until the rows are so, with a generous cap.
    async fn until(&self, what: &str, so: impl FnMut(&Rows) -> bool) -> Rows {
        let mut rows = self.rows.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(30), rows.wait_for(so)).await;
        match waited {
            Ok(rows) => rows.unwrap().clone(),
            Err(_) => panic!("never {what}: {:#?}", self.rows.borrow()),
        }
    }
}

fn due<T: Clone>(rows: &BTreeMap<OutboxId, (T, State)>, now: Millis) -> Vec<(T, u32)> {
    let waiting = rows.values().filter_map(|(item, state)| match state {
        State::Waiting {
            not_before,
            failures,
        } if *not_before <= now => Some((item.clone(), *failures)),
        _ => None,
    });
    waiting.collect()
}

impl Queue for Memory {
    async fn due(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<OutboxItem>, ArchiveError> {
        let items = due(&self.rows.borrow().items, now).into_iter();
        let items = items.map(|(item, attempts)| OutboxItem { attempts, ..item });
        let here = items.filter(|item| item.destination == destination);
        Ok(here.take(limit as usize).collect())
    }

    async fn due_removals(
        &self,
        destination: String,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<OutboxRemoval>, ArchiveError> {
        let all = due(&self.rows.borrow().removals, now).into_iter();
        let here = all.map(|(r, _)| r).filter(|r| r.destination == destination);
        Ok(here.take(limit as usize).collect())
    }

    async fn next_due(&self, destination: String) -> Result<Option<Millis>, ArchiveError> {
        let rows = self.rows.borrow();
        let items = rows
            .items
            .values()
            .map(|(i, state)| (&i.destination, state));
        let removals = rows.removals.values();
        let all = items.chain(removals.map(|(r, state)| (&r.destination, state)));
        Ok(all
            .filter_map(|(to, state)| match state {
                State::Waiting { not_before, .. } if *to == destination => Some(*not_before),
                _ => None,
            })
            .min())
    }

    async fn paused(&self) -> Result<Vec<String>, ArchiveError> {
        Ok(self.rows.borrow().paused.clone())
    }

    async fn metered(&self) -> Result<bool, ArchiveError> {
        Ok(self.rows.borrow().metered)
    }

    async fn news(&self) {
        self.news.notified().await;
    }

    async fn sent(&self, id: OutboxId, receipt: Receipt) -> Result<(), ArchiveError> {
        self.change(|rows| rows.items.get_mut(&id).unwrap().1 = State::Sent(receipt));
        Ok(())
    }

    async fn removed(&self, id: OutboxId) -> Result<(), ArchiveError> {
        self.change(|rows| rows.removals.get_mut(&id).unwrap().1 = State::Removed);
        Ok(())
    }

    async fn failed(
        &self,
        id: OutboxId,
        error: String,
        retry_after: Option<Millis>,
    ) -> Result<(), ArchiveError> {
        self.change(|rows| {
            rows.failures.push(error.clone());
            let Rows {
                items, removals, ..
            } = rows;
            let item = items.get_mut(&id).map(|(_, state)| state);
            let state = item.or(removals.get_mut(&id).map(|(_, state)| state));
            let state = state.unwrap();
            let failures = match state {
                State::Waiting { failures, .. } => *failures + 1,
                _ => 1,
            };
            *state = match retry_after {
                Some(span) => State::Waiting {
                    not_before: shutterline::clock::boot_time() + span,
                    failures,
                },
                None => State::Parked(error),
            };
        });
        Ok(())
    }

    async fn counts(&self) -> Result<OutboxCounts, ArchiveError> {
        let rows = self.rows.borrow();
        let states = || rows.items.values().map(|(_, state)| state);
        Ok(OutboxCounts {
            pending: states()
                .filter(|s| matches!(s, State::Waiting { .. }))
                .count() as u64,
            failed: states().filter(|s| matches!(s, State::Parked(_))).count() as u64,
        })
    }
}

/// A station's data folder, a destination called `office`, and a worker between them.
struct Rig {
    folder: tempfile::TempDir,
    queue: Memory,
    counts: watch::Receiver<OutboxCounts>,
    traffic: watch::Receiver<BTreeMap<String, Traffic>>,
    worker: Option<tokio::task::JoinHandle<ArchiveError>>,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("data/photos")).unwrap();
        std::fs::create_dir(folder.path().join("office")).unwrap();
        Self {
            folder,
            queue: Memory {
                rows: Arc::new(watch::Sender::new(Rows::default())),
                news: Arc::new(Notify::new()),
            },
            counts: watch::channel(OutboxCounts::default()).1,
            traffic: watch::channel(BTreeMap::new()).1,
            worker: None,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn office(&self) -> PathBuf {
        self.folder.path().join("office")
    }

    fn start(&mut self) {
        let office = Destination::new(Settings::folder("office", self.office()));
        let pace = Pace {
            backoff_first: Millis(5),
            backoff_max: Millis(20),
            parallel: 2,
            patience: Millis(60_000),
        };
        let (sender, counts) = watch::channel(OutboxCounts::default());
        self.counts = counts;
        let (traffic, told) = watch::channel(BTreeMap::new());
        self.traffic = told;
        let nobody_shoots = Quiet::while_shooting(watch::channel(Status::default()).1);
        let worker = Worker::new(
            self.queue.clone(),
            StationId("k7qa".into()),
            self.data(),
            vec![office],
            pace,
            Brake::new(nobody_shoots, Limits::default()),
            Told {
                counts: sender,
                traffic,
            },
        );
        self.worker = Some(tokio::spawn(worker.run()));
    }

    /// Waits until the office stands so.
    async fn reach(&self, wanted: Reach) -> Traffic {
        let mut traffic = self.traffic.clone();
        let so = |t: &BTreeMap<String, Traffic>| t.get("office").is_some_and(|t| t.reach == wanted);
        let waited = tokio::time::timeout(Duration::from_secs(30), traffic.wait_for(so)).await;
        match waited {
            Ok(known) => known.unwrap()["office"].clone(),
            Err(_) => panic!("never {wanted:?}: {:?}", self.traffic.borrow()),
        }
    }

    /// Ends the worker wherever it is, as a power cut would.
    async fn kill(&mut self) {
        let worker = self.worker.take().unwrap();
        worker.abort();
        let _ = worker.await;
    }

    /// Puts a file into the archive and the outbox.
    fn add(&self, id: i64, key: &str, bytes: &[u8]) -> OutboxItem {
        let path = format!("photos/{id}.JPG");
        std::fs::write(self.data().join(&path), bytes).unwrap();
        let item = OutboxItem {
            id: OutboxId(id),
            frame: Some(FrameId(format!("k7qa-{id:06}"))),
            destination: "office".into(),
            path,
            key: key.into(),
            replaces: None,
            sha256: sha256(bytes),
            size_bytes: Bytes(bytes.len() as u64),
            attempts: 0,
            role: FileRole::Jpeg,
            session: SessionId("k7qa-s1".into()),
            serial: Some(Serial(1)),
            student: "20210001".parse().ok(),
        };
        self.put(item.clone());
        item
    }

    fn put(&self, item: OutboxItem) {
        let state = State::Waiting {
            not_before: Millis(0),
            failures: 0,
        };
        self.queue
            .change(|rows| drop(rows.items.insert(item.id, (item, state))));
        self.queue.news.notify_one();
    }

    async fn sent(&self, id: i64) -> Receipt {
        let id = OutboxId(id);
        let is_sent = |rows: &Rows| matches!(rows.items[&id].1, State::Sent(_));
        match &self.queue.until("sent", is_sent).await.items[&id].1 {
            State::Sent(receipt) => receipt.clone(),
            other => panic!("{other:?}"),
        }
    }

    async fn parked(&self, id: i64) -> String {
        let id = OutboxId(id);
        let is_parked = |rows: &Rows| matches!(rows.items[&id].1, State::Parked(_));
        match &self.queue.until("parked", is_parked).await.items[&id].1 {
            State::Parked(reason) => reason.clone(),
            other => panic!("{other:?}"),
        }
    }

    async fn fails(&self, words: &str) {
        let said = |rows: &Rows| rows.failures.iter().any(|f| f.contains(words));
        self.queue.until(words, said).await;
    }

    fn there(&self, key: &str) -> Option<Vec<u8>> {
        std::fs::read(self.office().join(key)).ok()
    }
}

fn sha256(bytes: &[u8]) -> Sha256 {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(bytes);
    Sha256(hash.iter().map(|b| format!("{b:02x}")).collect())
}

/// Everything below a folder that is a file.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push(path),
        }
    }
    found
}

const KEY: &str = "k7qa-s1/0001_20210001/k7qa-000001.JPG";

#[tokio::test]
async fn files_arrive_whole_verified_and_alone() {
    let mut rig = Rig::new();
    let large: Vec<u8> = (0..3_000_000u32)
        .map(|n| (n.wrapping_mul(n) >> 7) as u8)
        .collect();
    rig.add(1, KEY, &large);
    rig.start();
    let receipt = rig.sent(1).await;
    assert_eq!(receipt.sha256, sha256(&large));
    assert_eq!(receipt.size_bytes, Bytes(3_000_000));
    assert_eq!(receipt.verified_by, "read-back");
    assert_eq!(rig.there(KEY).unwrap(), large);
    for id in 2..12 {
        rig.add(id, &format!("k7qa-s1/{id}.JPG"), &[id as u8; 1000]);
    }
    for id in 2..12 {
        rig.sent(id).await;
    }
    assert_eq!(files(&rig.office()).len(), 11, "nothing else is left there");
    let mut counts = rig.counts.clone();
    let none = counts.wait_for(|c| c.pending == 0 && c.failed == 0);
    tokio::time::timeout(Duration::from_secs(30), none)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn what_an_earlier_life_left_half_sent_is_cleared() {
    let mut rig = Rig::new();
    let partial = rig.office().join(".shutterline-partial");
    std::fs::create_dir(&partial).unwrap();
    let forgotten = partial.join("k7qa-000007.3-0");
    let anothers = partial.join("k7qb-000007.3-0");
    for path in [&forgotten, &anothers] {
        std::fs::write(path, b"por").unwrap();
    }
    rig.add(1, KEY, b"portrait");
    rig.start();
    rig.sent(1).await;
    assert!(!forgotten.exists());
    assert!(anothers.exists(), "another station may be sending it now");
    assert_eq!(rig.there(KEY).unwrap(), b"portrait");
}

#[tokio::test]
async fn what_is_there_already_is_not_written_again() {
    let mut rig = Rig::new();
    rig.add(1, "a.JPG", b"portrait");
    std::fs::write(rig.office().join("a.JPG"), b"portrait").unwrap();
    let inode = |rig: &Rig| {
        use std::os::unix::fs::MetadataExt;
        let found = std::fs::metadata(rig.office().join("a.JPG")).unwrap();
        (found.ino(), found.mtime_nsec())
    };
    let before = inode(&rig);
    rig.start();
    rig.sent(1).await;
    assert_eq!(inode(&rig), before);
}

#[tokio::test]
async fn wrong_bytes_there_are_replaced() {
    let mut rig = Rig::new();
    rig.add(1, "a.JPG", b"portrait");
    rig.add(2, "b.JPG", b"portrait");
    std::fs::write(rig.office().join("a.JPG"), b"PORTRAIT").unwrap();
    std::fs::write(rig.office().join("b.JPG"), b"half").unwrap();
    rig.start();
    for (id, key) in [(1, "a.JPG"), (2, "b.JPG")] {
        rig.sent(id).await;
        assert_eq!(rig.there(key).unwrap(), b"portrait");
    }
}

#[tokio::test]
async fn a_former_name_goes_only_after_the_new_one_came() {
    let mut rig = Rig::new();
    std::fs::write(rig.office().join("old.JPG"), b"old").unwrap();
    let mut item = rig.add(1, "new.JPG", b"portrait");
    item.replaces = Some("old.JPG".into());
    rig.put(item.clone());
    std::fs::remove_file(rig.data().join(&item.path)).unwrap();
    rig.start();
    rig.parked(1).await;
    assert!(rig.there("old.JPG").is_some());
    std::fs::write(rig.data().join(&item.path), b"portrait").unwrap();
    rig.put(item);
    rig.sent(1).await;
    assert_eq!(rig.there("new.JPG").unwrap(), b"portrait");
    assert_eq!(rig.there("old.JPG"), None);
}

#[tokio::test]
async fn removals_are_done_and_may_be_done_twice() {
    let mut rig = Rig::new();
    std::fs::write(rig.office().join("old.JPG"), b"old").unwrap();
    for (id, key) in [(1, "old.JPG"), (2, "gone.JPG")] {
        let removal = OutboxRemoval {
            id: OutboxId(id),
            destination: "office".into(),
            key: key.into(),
            attempts: 0,
        };
        let state = State::Waiting {
            not_before: Millis(0),
            failures: 0,
        };
        rig.queue
            .change(|rows| drop(rows.removals.insert(OutboxId(id), (removal, state))));
    }
    rig.start();
    let all_gone = |rows: &Rows| rows.removals.values().all(|(_, s)| *s == State::Removed);
    rig.queue.until("removed", all_gone).await;
    assert_eq!(rig.there("old.JPG"), None);
}

#[tokio::test]
async fn a_missing_folder_is_waited_for_and_never_made() {
    let mut rig = Rig::new();
    std::fs::remove_dir(rig.office()).unwrap();
    rig.add(1, KEY, b"portrait");
    rig.start();
    rig.fails("mount its disk").await;
    assert!(!rig.office().exists());
    std::fs::create_dir(rig.office()).unwrap();
    rig.sent(1).await;

    std::fs::rename(rig.office(), rig.folder.path().join("unplugged")).unwrap();
    rig.queue.change(|rows| rows.failures.clear());
    rig.add(2, "b.JPG", b"another");
    rig.fails("mount its disk").await;
    assert!(!rig.office().exists());
    std::fs::rename(rig.folder.path().join("unplugged"), rig.office()).unwrap();
    rig.sent(2).await;
    assert_eq!(rig.there(KEY).unwrap(), b"portrait");
}

#[tokio::test]
async fn what_waiting_cannot_help_is_parked_with_its_reason() {
    let mut rig = Rig::new();
    std::fs::remove_dir(rig.office()).unwrap();
    std::fs::write(rig.office(), b"a file").unwrap();
    rig.add(1, KEY, b"portrait");
    rig.add(2, "../a.JPG", b"portrait");
    rig.start();
    let reason = rig.parked(1).await;
    assert!(reason.contains("is not a folder"), "{reason}");
    assert!(reason.contains("shutterline upload retry"), "{reason}");
    assert!(rig.parked(2).await.contains("no name within"));
    let mut counts = rig.counts.clone();
    let both = counts.wait_for(|c| c.failed == 2);
    tokio::time::timeout(Duration::from_secs(30), both)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_unwritable_folder_is_parked_with_its_reason() {
    use std::os::unix::fs::PermissionsExt;
    let mut rig = Rig::new();
    std::fs::set_permissions(rig.office(), PermissionsExt::from_mode(0o555)).unwrap();
    if std::fs::write(rig.office().join("probe"), b"").is_ok() {
        eprintln!("SKIPPED: this user (root?) may write where nobody may");
        return;
    }
    rig.add(1, KEY, b"portrait");
    rig.start();
    let reason = rig.parked(1).await;
    assert!(reason.contains("office: not allowed to write"), "{reason}");
}

#[tokio::test]
async fn a_file_that_is_not_what_its_row_says_is_not_sent() {
    let mut rig = Rig::new();
    let item = rig.add(1, "a.JPG", b"portrait");
    std::fs::write(rig.data().join(&item.path), b"Portrait").unwrap();
    std::fs::write(rig.office().join("a.JPG"), b"an earlier one").unwrap();
    rig.start();
    let reason = rig.parked(1).await;
    assert!(reason.contains("archive verify"), "{reason}");
    assert_eq!(
        rig.queue.rows.borrow().failures.len(),
        3,
        "tried before it was parked"
    );
    assert_eq!(rig.there("a.JPG").unwrap(), b"an earlier one");
    assert_eq!(files(&rig.office()).len(), 1, "nothing half is left");
}

#[tokio::test]
async fn one_dead_item_holds_up_no_other() {
    let mut rig = Rig::new();
    // A folder in the way of a file can never be written over.
    std::fs::create_dir_all(rig.office().join("a.JPG/in-the-way")).unwrap();
    rig.add(1, "a.JPG", b"portrait");
    for id in 2..8 {
        rig.add(id, &format!("{id}.JPG"), b"portrait");
    }
    rig.start();
    for id in 2..8 {
        rig.sent(id).await;
    }
    rig.fails("failed to rename a.JPG").await;
}

#[tokio::test]
async fn a_worker_that_dies_anywhere_goes_on_after_a_restart() {
    let mut rig = Rig::new();
    let bytes = vec![7u8; 2_000_000];
    for id in 1..9 {
        rig.add(id, &format!("k7qa-s1/{id}.JPG"), &bytes);
    }
    for enough in 1..9 {
        rig.start();
        let sent = |rows: &Rows| {
            let states = rows
                .items
                .values()
                .filter(|(_, s)| matches!(s, State::Sent(_)));
            states.count() >= enough
        };
        rig.queue.until("sent", sent).await;
        rig.kill().await;
    }
    for id in 1..9 {
        assert_eq!(rig.there(&format!("k7qa-s1/{id}.JPG")).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_paused_or_costly_destination_gets_nothing_until_it_is_let() {
    let mut rig = Rig::new();
    rig.queue.change(|rows| rows.paused = vec!["office".into()]);
    rig.add(1, KEY, b"portrait");
    rig.start();
    rig.reach(Reach::Paused).await;
    assert_eq!(files(&rig.office()), [] as [PathBuf; 0]);
    rig.queue.change(|rows| rows.paused.clear());
    rig.queue.news.notify_one();
    rig.sent(1).await;
    // What a metered network is worth to a folder is everything: it goes on.
    rig.queue.change(|rows| rows.metered = true);
    rig.add(2, "two.JPG", b"another");
    rig.sent(2).await;
}

#[tokio::test]
async fn a_dead_destination_is_left_alone_and_told_of_and_comes_back_by_itself() {
    let mut rig = Rig::new();
    std::fs::remove_dir(rig.office()).unwrap();
    for id in 1..=5 {
        rig.add(id, &format!("{id}.JPG"), b"portrait");
    }
    rig.start();
    let traffic = rig.reach(Reach::Unreachable).await;
    assert!(traffic.error.unwrap().contains("mount its disk"));
    std::fs::create_dir(rig.office()).unwrap();
    for id in 1..=5 {
        rig.sent(id).await;
    }
    let traffic = rig.reach(Reach::Ready).await;
    assert_eq!(traffic.error, None);
}
