//! Portraits, reports and manifests: made of what is stored, one after another, behind everything else.

use super::standards::find_standard;
use super::start::StartError;
use crate::archive::{ArchiveError, FrameFilter, Making, Reader, Task, Workbench};
use crate::check::Standard;
use crate::delivery;
use crate::model::{FileRole, Frame, FrameId, Report, SessionId, StationId, Status};
use crate::tag::{self, TagFields};
use crate::upload::Quiet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// How far the darkroom steps back (`nice`): as far as there is.
const NICENESS: i32 = 19;

/// After the archive could not take what was made: a disk is cleared by a person.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why something cannot be made, in words.
struct Spoiled(String);

impl<E: std::error::Error> From<E> for Spoiled {
    fn from(error: E) -> Self {
        let causes = std::iter::successors(error.source(), |e| e.source());
        Self(causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
    }
}

/// What it works with.
pub(super) struct Darkroom {
    pub(super) bench: Workbench,
    pub(super) reader: Reader,
    pub(super) data: PathBuf,
    pub(super) station: StationId,
    /// What frames are judged by now; a report names the one it was made by.
    pub(super) standard: Standard,
}

impl Darkroom {
    /// Starts its thread, which ends with the station. Must be called inside a tokio runtime.
    pub(super) fn start(self, status: watch::Receiver<Status>) -> Result<(), StartError> {
        let runtime = tokio::runtime::Handle::current();
        let run = move || {
            // On Linux this is the calling thread's alone.
            if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                tracing::warn!(%error, "portraits are made at full priority");
            }
            let quiet = Quiet::while_shooting(status.clone());
            let mut status = status;
            let mut patience = None;
            loop {
                let rung = async {
                    tokio::select! {
                        () = self.bench.rung() => true,
                        () = pause(patience) => true,
                        gone = status.wait_for(|_| false) => gone.is_ok(),
                    }
                };
                if !runtime.block_on(rung) {
                    return;
                }
                patience = match self.work(|| runtime.block_on(quiet.wait())) {
                    Ok(()) => None,
                    Err(ArchiveError::Gone) => return,
                    Err(error) => {
                        let error: &(dyn std::error::Error + 'static) = &error;
                        tracing::warn!(error, "what was made cannot be stored; tried again");
                        Some(PATIENCE)
                    }
                };
            }
        };
        let thread = std::thread::Builder::new().name("darkroom".into());
        let started = thread.spawn(run).map(drop);
        started.map_err(|source| StartError::Thread {
            what: "the darkroom",
            source,
        })
    }

    /// Makes all there is to make.
    fn work(&self, wait: impl Fn()) -> Result<(), ArchiveError> {
        loop {
            wait();
            let Some(task) = self.bench.next()? else {
                return Ok(());
            };
            self.one(task)?;
        }
    }

    fn one(&self, task: Task) -> Result<(), ArchiveError> {
        // A panic costs the one portrait.
        let made = catch_unwind(AssertUnwindSafe(|| self.make(&task.making)));
        match made {
            Ok(Ok(bytes)) => {
                let making = task.making.clone();
                let taken = self.bench.made(task, bytes)?;
                tracing::debug!(?making, taken, "made");
                Ok(())
            }
            Ok(Err(Spoiled(error))) => self.failed(task, error),
            Err(_) => self.failed(
                task,
                "an internal error; report it with `shutterline support-bundle`".to_owned(),
            ),
        }
    }

    fn failed(&self, task: Task, error: String) -> Result<(), ArchiveError> {
        tracing::warn!(making = ?task.making, error, "cannot be made");
        self.bench.failed(task, error)
    }

    fn make(&self, making: &Making) -> Result<Vec<u8>, Spoiled> {
        match making {
            Making::Portrait(id) => {
                let (frame, report) = self.judged(id)?;
                self.portrait(&frame, &report)
            }
            Making::Report(id) => Ok(delivery::report_file(id, &self.judged(id)?.1)),
            Making::Manifest(session) => self.manifest(session),
        }
    }

    fn judged(&self, id: &FrameId) -> Result<(Frame, Report), Spoiled> {
        let found = self.reader.frame(id)?;
        let (frame, report) =
            found.ok_or_else(|| Spoiled(format!("frame {id} is not in the archive")))?;
        let report = report
            .ok_or_else(|| Spoiled("it was never judged; there is nothing to go by".to_owned()))?;
        Ok((frame, serde_json::from_value(report)?))
    }

    fn portrait(&self, frame: &Frame, report: &Report) -> Result<Vec<u8>, Spoiled> {
        let standard = self.standard_of(report)?;
        let Some(rules) = standard.portrait() else {
            let name = standard.name();
            return Err(Spoiled(format!(
                "the standard {name} makes no portrait; give it a table [portrait]"
            )));
        };
        let Some(crop) = report.crop else {
            let why = delivery::why_no_crop(report);
            let why: Vec<String> = why.iter().map(|w| format!("{} · {}", w.zh, w.en)).collect();
            return Err(Spoiled(why.join("; ")));
        };
        let jpeg = frame.files.iter().find(|f| f.role == FileRole::Jpeg);
        let jpeg = jpeg.ok_or_else(|| {
            Spoiled("the frame has no JPEG; set the camera to RAW+JPEG".to_owned())
        })?;
        let path = self.data.join(&jpeg.path);
        let bytes = std::fs::read(&path).map_err(|e| {
            Spoiled(format!(
                "{} cannot be read ({e}); run `shutterline archive verify`",
                path.display()
            ))
        })?;
        let identity = tag::sidecar(&self.identity(frame));
        let made = delivery::make(&bytes, crop, rules, Some(identity.as_bytes()))?;
        for note in &made.notes {
            tracing::info!(frame = frame.id.as_str(), %note, "of the portrait");
        }
        Ok(made.jpeg)
    }

    /// The standard that a report was made by: the daemon's own, or one that is shipped.
    fn standard_of(&self, report: &Report) -> Result<Standard, Spoiled> {
        if self.standard.name() == report.standard {
            return Ok(self.standard.clone());
        }
        Ok(find_standard(&report.standard)?)
    }

    /// No name: the number is what a school goes by.
    fn identity(&self, frame: &Frame) -> TagFields {
        TagFields {
            student: frame.student.clone(),
            name: None,
            serial: frame.serial,
            session: frame.session.clone(),
            session_name: None,
            frame: frame.id.clone(),
            station: self.station.clone(),
            taken_at: frame.taken_at,
            taken_at_trusted: frame.taken_at_trusted,
        }
    }

    fn manifest(&self, session: &SessionId) -> Result<Vec<u8>, Spoiled> {
        let entries = self.reader.entries(session)?;
        let filter = FrameFilter {
            session: Some(session.clone()),
            ..FrameFilter::default()
        };
        let frames = self.reader.frames(filter)?;
        Ok(delivery::manifest(&entries, &frames)?)
    }
}

async fn pause(patience: Option<Duration>) {
    match patience {
        Some(patience) => tokio::time::sleep(patience).await,
        None => std::future::pending().await,
    }
}
