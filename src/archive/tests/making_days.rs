//! Random days of shots, corrections, verdicts, makers and transfers that cross each other: nothing leaves the station that says another
//! number in its bytes than in its name, and in the end a destination has what is right and nothing else.

use super::making::{all_goods, judge};
use super::outbox::{due, give, receipt, removals, wait};
use super::*;
use crate::archive::{Making, OutboxItem, Task, Workbench};
use crate::tag;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A good frame of a serial.
    Shoot(u32),
    /// A frame gets this owner, or none for 0.
    Give(usize, u32),
    /// A frame's report comes anew.
    Judge(usize),
    /// A frame is to be shot anew, or counts again.
    Retake(usize),
    /// The maker takes the next task; what it made before is thrown away.
    Take,
    /// It hands in what it made.
    HandIn,
    /// The worker takes an item and reads its file.
    Read(usize),
    /// It writes it there, and has its receipt.
    Write,
    /// It removes what is to be removed.
    Remove,
    /// The station starts anew; maker and worker forget what they had.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..=3_u32).prop_map(Step::Shoot),
        3 => (0..6_usize, 0..=3_u32).prop_map(|(frame, serial)| Step::Give(frame, serial)),
        1 => (0..6_usize).prop_map(Step::Judge),
        2 => (0..6_usize).prop_map(Step::Retake),
        3 => Just(Step::Take),
        3 => Just(Step::HandIn),
        4 => (0..4_usize).prop_map(Step::Read),
        4 => Just(Step::Write),
        2 => Just(Step::Remove),
        1 => Just(Step::Restart),
    ]
}

struct Day {
    venue: Venue,
    run: Option<Run>,
    frames: Vec<Frame>,
    verdicts: u32,
    /// What the maker has in its hands.
    made: Option<(Task, String)>,
    /// What the worker has in its hands.
    read: Option<(OutboxItem, Vec<u8>)>,
    /// The destination.
    there: BTreeMap<String, Vec<u8>>,
}

impl Day {
    fn new() -> Self {
        let mut venue = Venue::new();
        venue.options.destinations = vec![all_goods()];
        let mut run = venue.open();
        assert_committed(&run.commit(opened(5)));
        Self {
            venue,
            run: Some(run),
            frames: Vec::new(),
            verdicts: 0,
            made: None,
            read: None,
            there: BTreeMap::new(),
        }
    }

    fn run(&mut self) -> &mut Run {
        self.run.as_mut().unwrap()
    }

    fn bench(&mut self) -> Workbench {
        self.run().archive.workbench().unwrap()
    }

    fn judge(&mut self, which: usize) {
        let Some(frame) = self.frames.get(which).cloned() else {
            return;
        };
        self.verdicts += 1;
        let said = format!("verdict {}", self.verdicts);
        judge(self.run(), &frame, &said);
    }

    fn give(&mut self, which: usize, change: impl FnOnce(&mut Frame)) {
        if let Some(frame) = self.frames.get_mut(which) {
            change(frame);
            let frame = frame.clone();
            give(self.run(), frame);
        }
    }

    /// What the makers would make just now.
    fn words(&self, making: &Making) -> String {
        let reader = self.venue.reader();
        let of = |id| reader.frame(id).unwrap().unwrap();
        match making {
            Making::Manifest(session) => format!("list of {session}"),
            Making::Report(id) => format!("report {id} {}", of(id).1.unwrap()["said"]),
            Making::Portrait(id) => {
                let (frame, report) = of(id);
                let said = report.unwrap()["said"].clone();
                format!("portrait {id} {} {said}", frame.student.unwrap())
            }
        }
    }

    fn take(&mut self) -> bool {
        self.made = self.bench().next().unwrap().map(|task| {
            let words = self.words(&task.making);
            (task, words)
        });
        self.made.is_some()
    }

    fn hand_in(&mut self) {
        if let Some((task, words)) = self.made.take() {
            self.bench().made(task, words.into_bytes()).unwrap();
        }
    }

    /// As the worker does: a file that is not what its row said is not sent.
    fn read(&mut self, which: usize) {
        let outbox = self.run().archive.outbox();
        let items = due(&outbox);
        let Some(item) = items.get(which % items.len().max(1)).cloned() else {
            return;
        };
        let bytes = std::fs::read(self.venue.data().join(&item.path)).unwrap_or_default();
        if digest(&bytes).0 != item.sha256 {
            wait(outbox.failed(item.id, "moved".to_owned(), Some(Millis(0)))).unwrap();
            return;
        }
        assert_says_the_same(&item.key, &bytes);
        self.read = Some((item, bytes));
    }

    fn write(&mut self) {
        let Some((item, bytes)) = self.read.take() else {
            return;
        };
        self.there.insert(item.key.clone(), bytes);
        if let Some(replaced) = item.replaces.as_ref().filter(|old| **old != item.key) {
            self.there.remove(replaced);
        }
        wait(self.run().archive.outbox().sent(item.id, receipt(&item))).unwrap();
    }

    fn remove(&mut self) -> bool {
        let outbox = self.run().archive.outbox();
        let removals = removals(&outbox);
        for removal in &removals {
            self.there.remove(&removal.key);
            wait(outbox.removed(removal.id)).unwrap();
        }
        !removals.is_empty()
    }

    fn happen(&mut self, step: Step) {
        match step {
            Step::Shoot(serial) => {
                let frame = frame(self.frames.len() as u64 + 1, Some(serial));
                super::outbox::shoot(&self.venue, self.run.as_mut().unwrap(), &frame);
                self.frames.push(frame);
                self.judge(self.frames.len() - 1);
            }
            Step::Give(which, serial) => self.give(which, |frame| {
                let owned = super::frame(frame.id.sequence().unwrap(), Some(serial));
                *frame = match serial {
                    0 => super::frame(frame.id.sequence().unwrap(), None),
                    _ => Frame {
                        retaken: frame.retaken,
                        ..owned
                    },
                };
            }),
            Step::Judge(which) => self.judge(which),
            Step::Retake(which) => self.give(which, |frame| {
                frame.retaken = frame.state == FrameState::Kept && !frame.retaken;
            }),
            Step::Take => drop(self.take()),
            Step::HandIn => self.hand_in(),
            Step::Read(which) => self.read(which),
            Step::Write => self.write(),
            Step::Remove => drop(self.remove()),
            Step::Restart => {
                (self.run, self.made, self.read) = (None, None, None);
                self.run = Some(self.venue.open());
            }
        }
    }

    /// Everybody ends their work.
    fn end(&mut self) {
        self.write();
        self.hand_in();
        loop {
            let mut idle = !self.take();
            self.hand_in();
            self.read(0);
            idle &= self.read.is_none();
            self.write();
            idle &= !self.remove();
            if idle && due(&self.run().archive.outbox()).is_empty() {
                return;
            }
        }
    }

    /// Names of all that is to lie there.
    fn wanted(&self) -> BTreeMap<String, Option<String>> {
        let mut wanted = BTreeMap::new();
        for frame in self.frames.iter().filter(|f| f.is_eligible()) {
            let (serial, student) = (frame.serial.unwrap(), frame.student.as_ref().unwrap());
            let name = format!("k7qa-s1/{:04}_{student}/{}", serial.0, frame.id);
            let mut of_serial = (self.frames.iter()).filter(|f| f.serial == Some(serial));
            if of_serial.rfind(|f| f.is_eligible()).map(|f| &f.id) == Some(&frame.id) {
                let portrait = Making::Portrait(frame.id.clone());
                let words = self.words(&portrait);
                wanted.insert(format!("{name}-portrait.jpg"), Some(words));
            }
            let report = self.words(&Making::Report(frame.id.clone()));
            wanted.insert(format!("{name}-report.json"), Some(report));
            wanted.insert(format!("{name}.JPG"), None);
        }
        wanted
    }
}

/// What leaves the station says the number of its name in its bytes.
fn assert_says_the_same(key: &str, bytes: &[u8]) {
    let number = key.split('/').nth(1).unwrap().split_once('_').unwrap().1;
    if key.ends_with(".JPG") {
        let said = tag::read_tag(bytes).and_then(|tag| tag.student);
        assert_eq!(said.unwrap().as_str(), number, "{key}");
    } else if key.ends_with("-portrait.jpg") {
        let words = String::from_utf8_lossy(bytes);
        assert_eq!(words.split(' ').nth(2), Some(number), "{key}: {words}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_destination_ends_with_what_is_right_and_nothing_else(steps in prop::collection::vec(step(), 1..40)) {
        let mut day = Day::new();
        for step in steps {
            day.happen(step);
        }
        day.end();
        let wanted = day.wanted();
        let names: Vec<_> = wanted.keys().collect();
        prop_assert_eq!(day.there.keys().collect::<Vec<_>>(), names);
        for (name, bytes) in &day.there {
            assert_says_the_same(name, bytes);
            if let Some(Some(words)) = wanted.get(name) {
                prop_assert_eq!(&String::from_utf8_lossy(bytes), words);
            }
        }
        day.venue.assert_in_order();
    }
}
