//! Wiring and supervision: opens every part in order, and stops all when the first one ends.

use super::checks::CheckPool;
use super::darkroom::Darkroom;
use super::inbox::{INBOX, Inbox, Message};
use super::metrics::Metrics;
use super::options::Options;
use super::panel::start_panel;
use super::publish::Publisher;
use super::retention;
use super::shell::{End, Parts};
use super::sight::{Cores, load_models};
use super::threads::{forward_asks, start_housekeeping, start_loop, start_watchdog};
use crate::archive::{self, Archive, ArchiveError, Ground, Reader};
use crate::camera::{self, CameraError, CameraLink};
use crate::check::{Checker, Standard};
use crate::clock;
use crate::doctor::System;
use crate::model::{DestinationStatus, Session, Snapshot, Status, Traffic};
use crate::station::Station;
use crate::upload::{Brake, Quiet, Told, Worker};
use crate::web::{self, About, Ask, BindError, Handle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};
use tokio::sync::{mpsc, oneshot, watch};

/// Questions waiting for the loop: more than any number of people at one station.
const ASKS: usize = 64;

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
    clearing: tokio::task::JoinHandle<()>,
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
        let metrics = Metrics::new();
        let (archive, snapshot) = open_archive(options.archive, &inbox, &metrics)?;
        let reader = archive.reader()?;
        // Under the data folder's lock, so a stale socket is nobody else's.
        let listener = web::bind_with_mode(&options.socket, options.socket_mode)?;

        let profile = profile_in_force(&reader, snapshot.session.as_ref(), &options.camera)?;
        let station_id = snapshot.station.clone();
        let mut policy = options.policy;
        let bindings = policy.bindings.clone();
        let panel = start_panel(&inbox, &mut policy, options.panel)?;
        let (station, first) =
            Station::new(policy, snapshot, &clock::stamp(clock::wall_clock_trusted()));
        let standard = options.standard.name().to_owned();
        let darkroom = Darkroom {
            bench: archive.workbench()?,
            reader: reader.clone(),
            data: data.clone(),
            station: station_id.clone(),
            standard: options.standard.clone(),
        };
        let (checker, sight) = checker(options.standard, options.models.as_deref());
        let checks = start_checks(options.check_threads, checker, &data, &reader, &inbox)?;
        let camera = start_camera(options.camera, &profile, &inbox)?;
        let publisher = Publisher::new();
        let about = about(&data, options.camera_driver, &standard, sight.as_ref());
        let (traffic, seen) = watch::channel(BTreeMap::new());
        let (handle, questions) = handle(about, &publisher, &reader, &metrics, seen);
        // What waits before the worker has counted for the first time: an outbox that is not counted yet is not empty.
        let (counts, counted) = watch::channel(reader.outbox_counts()?);
        let quiet = Quiet::new(publisher.status(), options.hush);
        let uploads = Worker::new(
            archive.outbox(),
            station_id,
            data.clone(),
            options.destinations.clone(),
            options.pace,
            Brake::new(quiet, options.limits),
            Told { counts, traffic },
        );
        darkroom.start(publisher.status())?;
        let clearing = retention::start(archive.clearing()?, options.retention, publisher.status());
        let (leftovers, left_over) = channel();
        start_housekeeping(&data, incoming, counted.clone(), left_over, &inbox)?;
        forward_asks(questions, &inbox)?;
        let parts = Parts {
            station,
            archive,
            reader,
            camera,
            panel: panel.panel,
            finger: panel.finger,
            panel_status: panel.status,
            checks,
            publisher,
            runtime: tokio::runtime::Handle::current(),
            outbox: *counted.borrow(),
            bindings,
            profile,
            standard,
            sight,
            check_deadline: options.check_deadline,
            leftovers,
            watchdog: start_watchdog()?,
            destinations: options.destinations,
            metrics,
        };
        let ended = start_loop(parts, messages, inbox.clone(), first)?;
        let (stop_web, web) = serve(listener, handle);
        let uploads = tokio::spawn(uploads.run());
        notify(&[sd_notify::NotifyState::Ready]);
        Ok(Self {
            inbox,
            ended: Some(ended),
            stop_web: Some(stop_web),
            web,
            uploads,
            clearing,
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
            end = &mut self.uploads => {
                if let Ok(error) = end {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(error, "the outbox ended");
                }
                stopped = Some(Stopped::PartEnded("outbox"));
                None
            }
        };
        notify(&[sd_notify::NotifyState::Stopping]);
        if let Some(stop) = self.stop_web.take() {
            stop.send(()).ok();
        }
        self.uploads.abort();
        self.clearing.abort();
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

/// The archive, which takes the data folder's lock; its thread answers into the inbox and tells how long things took.
fn open_archive(
    options: archive::Options,
    inbox: &Inbox,
    metrics: &Metrics,
) -> Result<(Archive, Snapshot), ArchiveError> {
    let (done, timed) = (inbox.clone(), metrics.clone());
    let tell = move |d| drop(done.send(Message::Archive(d)));
    let ground =
        Ground::real(options.sync).watched_by(Arc::new(move |what, us| timed.timed(what, us)));
    Archive::open_on(ground, options, Box::new(tell))
}

/// The camera's process, with the settings that hold.
fn start_camera(
    options: camera::Options,
    profile: &[(String, String)],
    inbox: &Inbox,
) -> Result<CameraLink, CameraError> {
    let notices = inbox.clone();
    let tell = move |n| drop(notices.send(Message::Camera(n)));
    let profile = profile.to_owned();
    CameraLink::start(camera::Options { profile, ..options }, Box::new(tell))
}

/// What the daemon says of itself.
fn about(data: &Path, camera_driver: &str, standard: &str, blind: Option<&String>) -> About {
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        data: data.to_owned(),
        camera_driver: camera_driver.to_owned(),
        standard: standard.to_owned(),
        blind: blind.cloned(),
    }
}

/// All that the web room has of the daemon, and what it will ask.
fn handle(
    about: About,
    publisher: &Publisher,
    reader: &Reader,
    metrics: &Metrics,
    traffic: watch::Receiver<BTreeMap<String, Traffic>>,
) -> (Handle, mpsc::Receiver<Ask>) {
    let (asks, questions) = mpsc::channel(ASKS);
    let handle = Handle {
        asks,
        status: publisher.status(),
        events: publisher.events(),
        recent: publisher.recent(),
        reader: reader.clone(),
        about: Arc::new(about),
        metrics: page(
            metrics.clone(),
            publisher.status(),
            reader.clone(),
            traffic.clone(),
        ),
        traffic,
    };
    (handle, questions)
}

/// Answers on the socket until the sender is used or dropped.
fn serve(
    listener: tokio::net::UnixListener,
    handle: Handle,
) -> (
    oneshot::Sender<()>,
    tokio::task::JoinHandle<std::io::Result<()>>,
) {
    let (stop, stopped) = oneshot::channel();
    let stopped = async move {
        stopped.await.ok();
    };
    (stop, tokio::spawn(web::serve(listener, handle, stopped)))
}

/// What makes the page of `/metrics`.
fn page(
    metrics: Metrics,
    status: watch::Receiver<Status>,
    reader: Reader,
    traffic: watch::Receiver<BTreeMap<String, Traffic>>,
) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || {
        let now = status.borrow().clone();
        let stored = reader.destination_statuses();
        let known = traffic.borrow().clone();
        let with = |status: DestinationStatus| {
            let known = known.get(&status.name);
            status.with_traffic(known)
        };
        let stored = stored.map(|all| all.into_iter().map(with).collect::<Vec<_>>());
        metrics.text(&now, stored.ok().as_deref(), &System::here())
    })
}

/// The camera first, so that nothing new arrives; then the archive, which finishes what it was given.
fn close(parts: Parts) {
    parts.camera.stop();
    drop(parts.archive);
}

/// Tells systemd, if it is there.
pub(super) fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told");
    }
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
