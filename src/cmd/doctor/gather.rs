//! The facts of a station: asked of its daemon where one answers, looked up where none does.

use super::super::place::real;
use super::systemd;
use crate::archive::{self, Depth};
use crate::camera;
use crate::check::Models;
use crate::clock;
use crate::config::{CameraDriver, Config};
use crate::daemon::{destinations, load_models};
use crate::doctor::{
    CameraFacts, DaemonFacts, DatabaseFacts, DestinationFacts, Facts, ModelFacts, PanelFacts,
    StorageFacts, System, TimeFacts, Versions,
};
use crate::model::{Bytes, StationId, Status};
use crate::upload;
use crate::web::client::{Client, ClientError};
use crate::web::wire::NoBody;
use crate::web::{About, CameraView, DestinationProbe};
use std::path::{Path, PathBuf};

/// Small files made durable to see how long that takes.
const SYNCS: u32 = 5;

/// What was found, and where.
pub struct Gathered {
    /// What is judged.
    pub facts: Facts,
    /// The data folder: the running daemon's, else the config's.
    pub data: PathBuf,
    /// The daemon's figures, where one answers.
    pub metrics: Option<String>,
}

/// A daemon that answers.
struct Answers {
    about: About,
    status: Status,
    camera: CameraView,
}

/// Looks at everything. Opens no camera while a daemon or anybody else works on the data folder.
pub async fn gather(config: &Config, client: &Client, depth: Depth) -> Gathered {
    let asked = ask(client).await;
    let data = match &asked {
        Ok(answers) => answers.about.data.clone(),
        Err(_) => config.archive.data.clone(),
    };
    let daemon = daemon(&asked, &data);
    let answers = asked.ok();
    let system = System::here();
    let (synchronised, service) = systemd::time();
    let facts = Facts {
        camera: camera_facts(config, answers.as_ref(), &daemon),
        panel: PanelFacts {
            driver: config.panel.driver.as_str().to_owned(),
            status: answers.as_ref().map(|a| a.status.panel.clone()),
        },
        storage: storage(config, &data, &system),
        database: database(&data, depth),
        models: ModelFacts {
            files: load_models(config.check.models.as_deref())
                .err()
                .map(|e| chain(&e)),
            daemon: answers.as_ref().and_then(|a| a.about.blind.clone()),
        },
        interfaces: system.interfaces(),
        default_route: system.default_route(),
        destinations: probes(config, client, answers.is_some(), &data).await,
        outbox: answers
            .as_ref()
            .map(|a| (a.status.outbox.failed, a.status.outbox.pending)),
        time: TimeFacts {
            trusted: clock::wall_clock_trusted(),
            synchronised,
            service,
            rtc: system.has_rtc(),
        },
        temperatures: system.temperatures(),
        throttled: system.throttled(),
        unit: systemd::unit(),
        verify: systemd::verify(),
        versions: versions(&system),
        daemon,
    };
    let metrics = match answers {
        Some(_) => client.text("/metrics").await.ok(),
        None => None,
    };
    Gathered {
        facts,
        data,
        metrics,
    }
}

async fn ask(client: &Client) -> Result<Answers, ClientError> {
    let status = client.get("/v1/status").await?;
    Ok(Answers {
        about: client.get("/v1/about").await?,
        camera: client.get("/v1/camera").await?,
        status,
    })
}

fn daemon(asked: &Result<Answers, ClientError>, data: &Path) -> DaemonFacts {
    let error = match asked {
        Ok(answers) => {
            return DaemonFacts::Answers {
                version: answers.about.version.clone(),
                pid: answers.about.pid,
                faults: answers.status.faults.clone(),
            };
        }
        Err(error) => error,
    };
    let why = chain(error);
    match archive::holder(data) {
        Ok(Some(pid)) => DaemonFacts::Mute { why, pid },
        // What keeps the lock from being looked at is told by the storage's line.
        Ok(None) | Err(_) => DaemonFacts::None { why },
    }
}

fn camera_facts(config: &Config, answers: Option<&Answers>, daemon: &DaemonFacts) -> CameraFacts {
    if let Some(answers) = answers {
        return CameraFacts {
            driver: answers.about.camera_driver.clone(),
            state: Some(answers.camera.state),
            info: answers.camera.info.clone(),
            claimed_by: answers.camera.claimed_by.clone(),
            error: None,
        };
    }
    let mut facts = CameraFacts {
        driver: config.camera.driver.as_str().to_owned(),
        ..CameraFacts::default()
    };
    let free = matches!(daemon, DaemonFacts::None { .. });
    if config.camera.driver == CameraDriver::Gphoto && free {
        match camera::detect() {
            Ok(found) => facts.info = found.into_iter().next(),
            Err(error) => facts.error = Some(chain(&error)),
        }
    }
    facts
}

fn storage(config: &Config, data: &Path, system: &System) -> StorageFacts {
    let free = rustix::fs::statvfs(data).ok();
    StorageFacts {
        data: data.display().to_string(),
        free: free.map(|fs| Bytes(fs.f_bavail.saturating_mul(fs.f_frsize))),
        min_free: config.station.min_free,
        disk: system.disk(&real(data)),
        fsync_us: Some(archive::time_fsync(data, SYNCS).map_err(|e| chain(&e))),
    }
}

fn database(data: &Path, depth: Depth) -> DatabaseFacts {
    match archive::look_at_database(data, depth) {
        Ok(None) => DatabaseFacts::None,
        Ok(Some(look)) => DatabaseFacts::Looked {
            schema: look.schema,
            known: look.known_schema,
            size_bytes: look.size_bytes,
            problems: look.problems,
        },
        Err(error) => DatabaseFacts::Unreadable(chain(&error)),
    }
}

/// With the daemon's own rights where one answers: what root may write says nothing of it.
async fn probes(
    config: &Config,
    client: &Client,
    answers: bool,
    data: &Path,
) -> Vec<DestinationFacts> {
    let required = |name: &str| {
        let found = config.destinations.iter().find(|d| d.name == name);
        found.is_none_or(|d| d.required)
    };
    let mut all = Vec::new();
    if answers {
        let probed: Result<Vec<DestinationProbe>, ClientError> =
            client.post("/v1/upload/probe", &NoBody {}).await;
        for p in probed.unwrap_or_default() {
            let failed = || p.error.clone().unwrap_or_default();
            all.push(DestinationFacts {
                required: required(&p.name),
                probe: p.took_ms.ok_or_else(failed),
                name: p.name,
            });
        }
        return all;
    }
    let station = archive::station_of(data).unwrap_or_else(|_| StationId("none".to_owned()));
    for destination in destinations(config) {
        let probe = upload::probe(&destination, &station).await;
        all.push(DestinationFacts {
            required: required(destination.name()),
            name: destination.name().to_owned(),
            probe: probe.map_err(|e| e.chain()),
        });
    }
    all
}

fn versions(system: &System) -> Versions {
    let kernel = rustix::system::uname();
    Versions {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: archive::schema_version(),
        models: Models::version(),
        libgphoto2: camera::library_version(),
        kernel: format!(
            "{} {}",
            kernel.release().to_string_lossy(),
            kernel.machine().to_string_lossy()
        ),
        board: system.board(),
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |e| e.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
