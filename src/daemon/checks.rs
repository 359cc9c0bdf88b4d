//! The check's threads: `check-0`, `check-1`, …

use super::inbox::{Inbox, Message};
use super::sight::Cores;
use crate::archive::Reader;
use crate::check::{Checker, Judge};
use crate::model::{About, FileRole, FrameId, Reason, Report, Severity, Verdict};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Frames waiting for a check thread: a student is shot a handful of times in the seconds one check
/// takes. One more is answered `unchecked` rather than kept waiting for ever.
const QUEUE: usize = 16;

struct Work {
    frame: FrameId,
    path: PathBuf,
}

/// Hands frames to the check threads.
pub(super) struct CheckPool {
    work: SyncSender<Work>,
}

impl CheckPool {
    /// Start `threads` threads.
    pub(super) fn start(
        threads: usize,
        checker: Checker<Cores>,
        data: PathBuf,
        reader: Reader,
        inbox: &Inbox,
    ) -> std::io::Result<Self> {
        let (work, waiting) = sync_channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let checker = Arc::new(checker);
        for n in 0..threads.max(1) {
            let place = Place {
                data: data.clone(),
                reader: reader.clone(),
            };
            let (waiting, checker, inbox) = (waiting.clone(), checker.clone(), inbox.clone());
            std::thread::Builder::new()
                .name(format!("check-{n}"))
                .spawn(move || {
                    let judge = |work: &Work| place.judge(&checker, &work.frame, &work.path);
                    run(&waiting, judge, checker.standard().name(), &inbox);
                })?;
        }
        Ok(Self { work })
    }

    /// Judge the file of a frame; `false` when the threads are behind or gone.
    pub(super) fn judge(&self, frame: FrameId, path: PathBuf) -> bool {
        match self.work.try_send(Work { frame, path }) {
            Ok(()) => true,
            Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => {
                tracing::warn!(frame = %work.frame, "the check is behind; frame goes unchecked");
                false
            }
        }
    }
}

/// The verdict on a frame that no check thread could take or finish: the photographer has to look.
pub(super) fn unchecked(standard: &str) -> Report {
    report(
        standard,
        Verdict::Warn,
        "unchecked",
        "未检查，请人工查看",
        "not checked; look at the picture yourself",
    )
}

fn unreadable(standard: &str) -> Report {
    report(
        standard,
        Verdict::Reject,
        "unreadable",
        "照片文件无法读取，请重拍",
        "the file cannot be read; shoot again",
    )
}

fn report(standard: &str, verdict: Verdict, id: &str, zh: &str, en: &str) -> Report {
    Report {
        standard: standard.to_owned(),
        verdict,
        reasons: vec![Reason {
            was: None,
            about: About::Student,
            id: id.into(),
            severity: match verdict {
                Verdict::Reject => Severity::Reject,
                Verdict::Warn | Verdict::Pass => Severity::Warn,
            },
            zh: zh.into(),
            en: en.into(),
        }],
        measures: Vec::new(),
        width_px: 0,
        height_px: 0,
        geometry: None,
        crop: None,
        timings_ms: Default::default(),
        signature: None,
    }
}

struct Place {
    data: PathBuf,
    reader: Reader,
}

impl Place {
    /// The report on a download, or on the archived file when the archive was quicker: the image data is the same (I9).
    fn judge(
        &self,
        checker: &Checker<Cores>,
        frame: &FrameId,
        incoming: &Path,
    ) -> io::Result<Report> {
        match judge_file(checker, incoming) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let stored = self
                    .reader
                    .frame(frame)
                    .inspect_err(|error| tracing::warn!(%frame, %error, "where the frame lies cannot be read"))
                    .ok()
                    .flatten()
                    .and_then(|(frame, _)| {
                        let file = frame
                            .files
                            .iter()
                            .find(|f| matches!(f.role, FileRole::Jpeg | FileRole::Other))?;
                        Some(self.data.join(&file.path))
                    });
                judge_file(checker, &stored.ok_or(e)?)
            }
            judged => judged,
        }
    }
}

/// A file that is refused for its size alone is never read: it may be larger than the memory.
fn judge_file(checker: &Checker<Cores>, path: &Path) -> io::Result<Report> {
    match checker.refuse_by_size(std::fs::metadata(path)?.len()) {
        Some(refused) => Ok(refused),
        None => Ok(checker.judge(&std::fs::read(path)?)),
    }
}

/// How far the check steps back (`nice`) where cores are short: storing the same frame goes first, and the light waits
/// for both.
const NICENESS: i32 = 10;

fn run(
    waiting: &Mutex<Receiver<Work>>,
    judge: impl Fn(&Work) -> io::Result<Report>,
    standard: &str,
    inbox: &Inbox,
) {
    // On Linux this is the calling thread's alone.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "the check runs at full priority");
    }
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(work) = next else { return };
        // A panic costs its frame the check, and not the station all checks to come.
        let report = match catch_unwind(AssertUnwindSafe(|| judge(&work))) {
            Err(_) => {
                tracing::error!(frame = %work.frame, "the check stopped with an internal error");
                unchecked(standard)
            }
            Ok(Ok(report)) => report,
            // Storing it failed, and it was fetched again since: that one is judged.
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(frame = %work.frame, "the check came too late for this download");
                continue;
            }
            Ok(Err(error)) => {
                tracing::error!(frame = %work.frame, %error, "the check cannot read the frame");
                unreadable(standard)
            }
        };
        let judged = Message::Judged {
            frame: work.frame,
            report: Box::new(report),
        };
        if inbox.send(judged).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_panics_costs_its_own_frame_only() {
        let (work, waiting) = sync_channel(2);
        let (inbox, heard) = sync_channel(2);
        for name in ["a-000001", "a-000002"] {
            let frame = FrameId(name.to_owned());
            let path = PathBuf::from(name);
            work.try_send(Work { frame, path }).ok().unwrap();
        }
        drop(work);
        let judge = |work: &Work| match work.path.ends_with("a-000001") {
            true => panic!("a picture that no one thought of"),
            false => Ok(unreadable("icao")),
        };
        run(&Mutex::new(waiting), judge, "icao", &inbox);
        drop(inbox);
        let ids = heard.iter().map(|message| match message {
            Message::Judged { report, .. } => report.reasons[0].id.clone(),
            _ => panic!("another message"),
        });
        assert_eq!(ids.collect::<Vec<_>>(), ["unchecked", "unreadable"]);
    }
}
