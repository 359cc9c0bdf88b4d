//! Wiring and supervision: opens every part in order, and stops all when the first one ends.

use super::checks::CheckPool;
use super::inbox::{INBOX, Inbox, Message};
use super::options::Options;
use super::publish::Publisher;
use super::shell::{End, Parts, Shell};
use super::sight::{Cores, load_models};
use crate::archive::{Archive, ArchiveError, Reader};
use crate::camera::{self, CameraError, CameraLink};
use crate::check::{Checker, Standard};
use crate::clock;
use crate::model::{Bytes, OutboxCounts, Session};
use crate::panel::SimPanel;
use crate::station::Station;
use crate::upload::{Quiet, Worker};
use crate::web::{self, Ask, BindError, Handle};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// Questions waiting for the loop: more than any number of people at one station.
const ASKS: usize = 64;

/// How often free space, the clock's trust and the outbox are looked at.
const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// Why the daemon could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The archive could not be opened.
    #[error("the archive cannot be opened")]
    Archive(#[from] ArchiveError),
    /// The socket could not be made.
    #[error("the control socket cannot be made")]
    Bind(#[from] BindError),
    /// The camera's process could not be started.
    #[error("the camera process cannot be started")]
    Camera(#[from] CameraError),
    /// A thread could not be started.
    #[error("no thread for {what}; the system is out of processes or memory")]
    Thread {
        /// Which part.
        what: &'static str,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
}

/// Why a daemon that ran has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody asked: a signal.
    Asked(&'static str),
    /// A commit failed; the next start reconciles memory with what is on disk.
    CommitFailed(String),
    /// A part ended by itself, which it never should.
    PartEnded(&'static str),
}

/// A running station.
pub struct Daemon {
    inbox: Inbox,
    ended: Option<oneshot::Receiver<(Parts, End)>>,
    stop_web: Option<oneshot::Sender<()>>,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
    uploads: tokio::task::JoinHandle<ArchiveError>,
    socket: PathBuf,
}

impl Daemon {
    /// Open everything and start shooting. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Names the part that could not be opened, and the next step.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let (inbox, messages) = sync_channel(INBOX);
        let data = options.archive.data.clone();
        let incoming = options.archive.incoming.clone();
        let done = inbox.clone();
        let (archive, snapshot) = Archive::open(
            options.archive,
            Box::new(move |d| drop(done.send(Message::Archive(d)))),
        )?;
        let reader = Reader::open(&data)?;
        // Under the data folder's lock, so a stale socket is nobody else's.
        let listener = web::bind_with_mode(&options.socket, options.socket_mode)?;

        let profile = profile_in_force(&reader, snapshot.session.as_ref(), &options.camera)?;
        let station_id = snapshot.station.clone();
        let (station, first) = Station::new(
            options.policy.clone(),
            snapshot,
            &clock::stamp(clock::wall_clock_trusted()),
        );
        let (panel, finger) = start_panel(&inbox, &options.policy)?;
        let standard = options.standard.name().to_owned();
        let (checker, sight) = checker(options.standard, options.models.as_deref());
        let checks = start_checks(options.check_threads, checker, &data, &reader, &inbox)?;
        let notices = inbox.clone();
        let mut camera_options = options.camera;
        camera_options.profile.clone_from(&profile);
        let camera = CameraLink::start(
            camera_options,
            Box::new(move |n| drop(notices.send(Message::Camera(n)))),
        )?;
        let publisher = Publisher::new();
        let (asks, questions) = mpsc::channel(ASKS);
        let handle = Handle {
            asks,
            status: publisher.status(),
            events: publisher.events(),
            recent: publisher.recent(),
            reader: reader.clone(),
        };
        let (counts, counted) = watch::channel(outbox_at_start(&reader)?);
        let uploads = Worker::new(
            archive.outbox(),
            station_id,
            data.clone(),
            options.destinations,
            options.pace,
            Quiet::while_shooting(publisher.status()),
            counts,
        );
        let (leftovers, left_over) = channel();
        start_housekeeping(&data, incoming, counted.clone(), left_over, &inbox)?;
        forward_asks(questions, &inbox)?;
        let parts = Parts {
            station,
            archive,
            reader,
            camera,
            panel: Box::new(panel),
            finger: Some(finger),
            checks,
            publisher,
            runtime: tokio::runtime::Handle::current(),
            outbox: *counted.borrow(),
            bindings: options.policy.bindings,
            profile,
            standard,
            sight,
            check_deadline: options.check_deadline,
            leftovers,
        };
        let ended = start_loop(parts, messages, inbox.clone(), first)?;
        let (stop_web, stopped) = oneshot::channel();
        let web = tokio::spawn(web::serve(listener, handle, async move {
            stopped.await.ok();
        }));
        let uploads = tokio::spawn(uploads.run());
        notify(&[sd_notify::NotifyState::Ready]);
        Ok(Self {
            inbox,
            ended: Some(ended),
            stop_web: Some(stop_web),
            web,
            uploads,
            socket: options.socket,
        })
    }

    /// Run until a signal comes or a part ends, then stop the rest in order: no new questions, the camera's
    /// process, and last the archive with everything that was handed to it.
    pub async fn run(mut self, asked: impl Future<Output = &'static str>) -> Stopped {
        let mut ended = match self.ended.take() {
            Some(ended) => ended,
            None => return Stopped::PartEnded("station loop"),
        };
        let mut stopped = None;
        let finished = tokio::select! {
            why = asked => { stopped = Some(Stopped::Asked(why)); None }
            end = &mut ended => Some(end),
            _ = &mut self.web => { stopped = Some(Stopped::PartEnded("web")); None }
            _ = &mut self.uploads => { stopped = Some(Stopped::PartEnded("outbox")); None }
        };
        notify(&[sd_notify::NotifyState::Stopping]);
        if let Some(stop) = self.stop_web.take() {
            stop.send(()).ok();
        }
        self.uploads.abort();
        let end = match finished {
            Some(end) => end,
            None => {
                let inbox = self.inbox.clone();
                let stop = move || inbox.send(Message::Stop { why: "asked" }).is_ok();
                tokio::task::spawn_blocking(stop).await.ok();
                ended.await
            }
        };
        let reason = match end {
            Ok((parts, end)) => {
                tokio::task::spawn_blocking(move || close(parts)).await.ok();
                match end {
                    End::Asked(why) => Stopped::Asked(why),
                    End::CommitFailed(message) => Stopped::CommitFailed(message),
                }
            }
            Err(_) => Stopped::PartEnded("station loop"),
        };
        std::fs::remove_file(&self.socket).ok();
        stopped.unwrap_or(reason)
    }
}

/// The camera first, so that nothing new arrives; then the archive, which finishes what it was given.
fn close(parts: Parts) {
    parts.camera.stop();
    drop(parts.archive);
}

/// What waits before the worker has counted for the first time: an outbox that is not counted yet is not empty.
fn outbox_at_start(reader: &Reader) -> Result<OutboxCounts, ArchiveError> {
    let rows = reader.outbox_rows(true)?;
    let failed = rows
        .iter()
        .filter(|row| row.state.ends_with("parked"))
        .count() as u64;
    Ok(OutboxCounts {
        pending: rows.len() as u64 - failed,
        failed,
    })
}

fn start_panel(
    inbox: &Inbox,
    policy: &crate::station::Policy,
) -> Result<(SimPanel, crate::panel::Finger), StartError> {
    let edges = inbox.clone();
    SimPanel::start(
        Box::new(move |e| {
            // A press that the loop has no room for is better lost than late: it would fire for whoever sits there then.
            if edges.try_send(Message::Panel(e)).is_err() {
                tracing::error!("an edge was dropped: the loop is behind");
            }
        }),
        policy.long_press,
        policy.double_press,
    )
    .map_err(|source| StartError::Thread {
        what: "the panel",
        source,
    })
}

fn start_loop(
    parts: Parts,
    messages: Receiver<Message>,
    inbox: Inbox,
    first: Vec<crate::station::Action>,
) -> Result<oneshot::Receiver<(Parts, End)>, StartError> {
    let (ending, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name("station".into())
        .spawn(move || {
            let end = Shell::new(parts, messages, inbox).run(first);
            ending.send(end).ok();
        })
        .map_err(|source| StartError::Thread {
            what: "the station loop",
            source,
        })?;
    Ok(ended)
}

/// Questions cross from the async side on a thread of their own, so that a full inbox holds up nobody else.
fn forward_asks(mut questions: mpsc::Receiver<Ask>, inbox: &Inbox) -> Result<(), StartError> {
    let inbox = inbox.clone();
    std::thread::Builder::new()
        .name("asks".into())
        .spawn(move || {
            while let Some(ask) = questions.blocking_recv() {
                if inbox.send(Message::Ask(ask)).is_err() {
                    return;
                }
            }
        })
        .map(drop)
        .map_err(|source| StartError::Thread {
            what: "questions",
            source,
        })
}

/// Looks at the disk, the clock and the outbox, and removes what is left over, beside the loop: each may block on a
/// dying disk.
fn start_housekeeping(
    data: &Path,
    incoming: Option<PathBuf>,
    counted: watch::Receiver<OutboxCounts>,
    leftovers: Receiver<PathBuf>,
    inbox: &Inbox,
) -> Result<(), StartError> {
    let (data, inbox) = (data.to_owned(), inbox.clone());
    std::thread::Builder::new()
        .name("housekeeping".into())
        .spawn(move || {
            loop {
                let look = Message::Housekeeping {
                    free: free_space(&data),
                    landing: incoming.as_deref().and_then(|i| landing(&data, i)),
                    clock_trusted: clock::wall_clock_trusted(),
                    outbox: *counted.borrow(),
                };
                if inbox.send(look).is_err() {
                    return;
                }
                match leftovers.recv_timeout(HOUSEKEEPING) {
                    Ok(leftover) => remove(&leftover),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })
        .map(drop)
        .map_err(|source| StartError::Thread {
            what: "housekeeping",
            source,
        })
}

fn remove(leftover: &Path) {
    if let Err(error) = std::fs::remove_file(leftover) {
        tracing::warn!(path = %leftover.display(), %error, "a download stays behind");
    }
}

/// Free bytes where downloads land; `None` if that is the data folder's own file system, which is looked at anyway.
fn landing(data: &Path, incoming: &Path) -> Option<Bytes> {
    let device = |path: &Path| path.metadata().map(|m| m.dev());
    match (device(data), device(incoming)) {
        (Ok(data), Ok(incoming)) if data == incoming => None,
        _ => Some(free_space(incoming)),
    }
}

/// Free bytes on a path's file system; 0 when it cannot be asked, which stops the shutter.
fn free_space(path: &Path) -> Bytes {
    match rustix::fs::statvfs(path) {
        Ok(fs) => Bytes(fs.f_bavail.saturating_mul(fs.f_frsize)),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "free space cannot be read");
            Bytes(0)
        }
    }
}

fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

/// Tell systemd that the loop goes round.
pub(super) fn feed_watchdog() {
    notify(&[sd_notify::NotifyState::Watchdog]);
}

/// What frames are judged by, and what is wrong with its eyes, if anything. A station without models still shoots:
/// everything but the face is checked, and each report says what was not.
fn checker(standard: Standard, models: Option<&Path>) -> (Checker, Option<String>) {
    let checker = Checker::new(standard).with_clock(clock::boot_time_us);
    match load_models(models) {
        Ok(models) => (checker.with_models(models), None),
        Err(error) => {
            let why = chain(&error);
            tracing::error!(error = why, "the check sees no faces");
            (checker, Some(why))
        }
    }
}

fn start_checks(
    threads: usize,
    checker: Checker,
    data: &Path,
    reader: &Reader,
    inbox: &Inbox,
) -> Result<CheckPool, StartError> {
    let checker = checker.with_lanes(Cores::beside(threads));
    CheckPool::start(threads, checker, data.to_owned(), reader.clone(), inbox).map_err(|source| {
        StartError::Thread {
            what: "the check",
            source,
        }
    })
}

/// The camera settings that hold: those the open session adopted, else the config's.
fn profile_in_force(
    reader: &Reader,
    session: Option<&Session>,
    camera: &camera::Options,
) -> Result<Vec<(String, String)>, ArchiveError> {
    let adopted = match session {
        Some(session) => reader.adopted_settings(&session.id)?,
        None => Vec::new(),
    };
    Ok(match adopted.is_empty() {
        true => camera.profile.clone(),
        false => adopted,
    })
}

/// An error with its causes, for a line of its own.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |e| e.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
