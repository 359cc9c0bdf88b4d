//! Random days of stores, corrections, failing disks and crashes: after each, files and rows agree, and every answered job
//! is there exactly once under its owner (I1's durable half, I2, I3, I7).

use super::*;
use crate::archive::CrashPoint;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// The next frame is stored for a serial, or set aside for 0.
    Store(u32, bool),
    /// These frames get these owners in one change.
    Correct(Vec<(usize, u32)>),
    /// The next job crashes there, if it comes by.
    Crash(usize),
    /// The next job's disk fails so.
    Fail(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..=5_u32, any::<bool>()).prop_map(|(serial, raw)| Step::Store(serial, raw)),
        3 => prop::collection::vec((0..8_usize, 0..=5_u32), 1..4).prop_map(Step::Correct),
        2 => (0..CrashPoint::ALL.len()).prop_map(Step::Crash),
        1 => (0..Op::ALL.len(), any::<bool>()).prop_map(|(op, full)| Step::Fail(op, full)),
    ]
}

fn owned(number: u64, serial: u32) -> Frame {
    frame(number, (serial > 0).then_some(serial))
}

/// A day under way: what was answered is in `truth`.
struct Day {
    venue: Venue,
    truth: BTreeMap<u64, u32>,
    events: usize,
    crash: Option<CrashPoint>,
    next: u64,
}

impl Day {
    fn run(&self) -> Run {
        let options = Options {
            crash_at: self.crash,
            ..self.venue.options.clone()
        };
        self.venue.try_open(options).unwrap()
    }

    /// Hands in a job; `None` if the process ended in it, or while it waited for room, of which the end may be either.
    fn answer(&mut self, job: impl FnOnce(&Venue, &Run) -> Job) -> Option<bool> {
        let run = self.run();
        run.archive.submit(job(&self.venue, &run)).unwrap();
        let answer = run.answers.recv_timeout(CAP).ok();
        *self.venue.knob.lock().unwrap() = None;
        drop(run);
        self.crash = None;
        match answer? {
            Done::Waits(_) => None,
            done => Some(matches!(done, Done::Committed(_))),
        }
    }

    /// Owners as stored. After a crash a job may be there or not; if it is, it is there as a whole.
    fn settle(&mut self, answered: Option<bool>, wished: &BTreeMap<u64, u32>) {
        drop(self.run());
        let stored: BTreeMap<u64, u32> = self
            .venue
            .frames()
            .iter()
            .map(|f| (f.id.sequence().unwrap(), f.serial.map_or(0, |s| s.0)))
            .collect();
        let happened = match answered {
            Some(happened) => happened,
            None => stored == *wished && *wished != self.truth || self.grew(),
        };
        if happened {
            self.truth.clone_from(wished);
            self.events += 1;
        }
        assert_eq!(stored, self.truth);
        assert_eq!(self.stored_events(), self.events, "one event row a job");
        self.venue.assert_in_order();
        for frame in self.venue.frames() {
            let main = frame.main_file().unwrap();
            assert!(main.path.contains(frame.id.as_str()));
            let folder = frame.serial.map_or("set-aside".to_owned(), |s| {
                format!("{:04}_2021{:04}", s.0, s.0)
            });
            assert!(
                frame.files.iter().all(|f| f.path.contains(&folder)),
                "{frame:?}"
            );
        }
    }

    fn stored_events(&self) -> usize {
        self.venue.reader().events(0, 10_000).unwrap().len()
    }

    fn grew(&self) -> bool {
        self.stored_events() > self.events
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn files_and_rows_agree_whatever_happens(steps in prop::collection::vec(step(), 1..14)) {
        super::crashes::quiet_panics();
        let venue = Venue::new();
        let mut run = venue.open();
        assert_committed(&run.commit(opened(5)));
        drop(run);
        let mut day = Day { venue, truth: BTreeMap::new(), events: 1, crash: None, next: 1 };
        for step in steps {
            match step {
                Step::Crash(point) => day.crash = Some(CrashPoint::ALL[point]),
                Step::Fail(op, full) => {
                    let code = if full { ENOSPC } else { EIO };
                    *day.venue.knob.lock().unwrap() = Some((Op::ALL[op], "k7qa-0", code));
                }
                Step::Store(serial, raw) => {
                    let number = day.next;
                    day.next += 1;
                    let mut wished = day.truth.clone();
                    wished.insert(number, serial);
                    let answered = day.answer(|venue, run| {
                        let frame = owned(number, serial);
                        let name = if raw { "DSC_0001.NEF" } else { "DSC_0001.JPG" };
                        let (incoming, file) = venue.download(run, &frame.id, name, &jpeg(number as u8));
                        Job::Store {
                            id: JobId(1),
                            frame: Box::new(frame),
                            file: Box::new(file),
                            incoming,
                            change: Box::new(change(EventKind::FrameStored, vec![])),
                        }
                    });
                    day.settle(answered, &wished);
                }
                Step::Correct(moves) => {
                    let mut wished = day.truth.clone();
                    for (which, serial) in moves {
                        if let Some(number) = day.truth.keys().nth(which) {
                            wished.insert(*number, serial);
                        }
                    }
                    let rows = wished.iter().map(|(n, s)| Row::Frame(Box::new(owned(*n, *s)))).collect();
                    let answered = day.answer(|_, _| Job::Commit {
                        id: JobId(1),
                        change: Box::new(change(EventKind::Shifted, rows)),
                    });
                    day.settle(answered, &wished);
                }
            }
        }
    }
}
