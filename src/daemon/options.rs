//! What a station is run with: the config, overruled by flags, in the words of each room.

use super::panel::{PanelPlan, plan_panel};
use super::standards::find_standard;
use crate::check::{Standard, StandardError};
use crate::clock;
use crate::config::{
    self, CameraDriver, Config, ConfigError, DestinationKind, IntakeMethod, PedalRule, QuietRule,
    VerifyRule,
};
use crate::model::{Consignee, KeyTemplate, Millis};
use crate::panel::Machine;
use crate::station::{PedalPolicy, Policy};
use crate::{archive, camera, upload};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A check that takes longer than this is answered `unchecked`: ten times what a small board needs for 24 megapixels.
const CHECK_DEADLINE: Millis = Millis(15_000);

/// Everything [`Daemon::start`](super::Daemon::start) needs.
pub struct Options {
    /// Where the control socket is made.
    pub socket: PathBuf,
    /// Its permissions.
    pub socket_mode: u32,
    /// The station's behaviour.
    pub policy: Policy,
    /// Pedal, buttons, lamps and buzzer.
    pub panel: PanelPlan,
    /// The archive's folders and drills.
    pub archive: archive::Options,
    /// The camera's driver and profile.
    pub camera: camera::Options,
    /// What frames are judged by.
    pub standard: Standard,
    /// The folder of the models that find the face; the usual ones are tried where none is named.
    pub models: Option<PathBuf>,
    /// Check threads; each holds one frame's pixels.
    pub check_threads: usize,
    /// A check that takes longer is answered `unchecked`.
    pub check_deadline: Millis,
    /// The camera's driver in a word, as the config has it.
    pub camera_driver: &'static str,
    /// Where frames are delivered.
    pub destinations: Vec<upload::Destination>,
    /// How many at once, and how patiently.
    pub pace: upload::Pace,
    /// How fast.
    pub limits: upload::Limits,
    /// When not at all.
    pub hush: upload::Hush,
    /// How long delivered photos stay.
    pub retention: archive::Retention,
}

/// A config that cannot be turned into a station.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The standard's file cannot be read.
    #[error("failed to read the standard {path}; name a shipped one (cn-graduate-blue, cn-graduate-white, icao) or an existing file", path = path.display())]
    StandardUnreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The standard is no good.
    #[error("the standard cannot be used; `shutterline config check` shows each problem")]
    Standard(#[from] StandardError),
    /// The board's file is no good.
    #[error("the panel's board cannot be used")]
    Board(#[from] ConfigError),
    /// The archive's drill names no step.
    #[error("the drill cannot be set up")]
    Drill(#[from] archive::UnknownCrashPoint),
    /// This program cannot be found, so no camera process can be started.
    #[error("this program cannot find itself; start it by its full path")]
    Program(#[source] std::io::Error),
}

impl Options {
    /// The options of a config, which must have been checked.
    ///
    /// # Errors
    /// When the standard cannot be read, or a drill's word is unknown.
    pub fn from_config(config: &Config) -> Result<Self, OptionsError> {
        Ok(Self {
            socket: config.socket.path.clone(),
            socket_mode: config.socket.mode,
            policy: policy(config),
            panel: plan_panel(config, &Machine::look(Path::new("/")))?,
            archive: archive_options(config)?,
            camera: camera_options(config)?,
            standard: find_standard(&config.check.standard)?,
            models: config.check.models.clone(),
            check_threads: usize::from(config.check.threads),
            check_deadline: CHECK_DEADLINE,
            camera_driver: config.camera.driver.as_str(),
            destinations: destinations(config),
            pace: upload::Pace {
                backoff_first: config.upload.backoff_first,
                backoff_max: config.upload.backoff_max,
                parallel: u32::from(config.upload.parallel),
                ..upload::Pace::default()
            },
            limits: limits(&config.upload),
            hush: match config.upload.quiet {
                QuietRule::Frame => upload::Hush::Frame,
                QuietRule::Session => upload::Hush::Session,
            },
            retention: retention(config),
        })
    }
}

fn retention(config: &Config) -> archive::Retention {
    let days = u64::from(config.retention.originals_days);
    archive::Retention {
        keep: (days > 0).then_some(Millis(days * 86_400_000)),
        keep_newest: config.retention.keep_newest,
    }
}

fn policy(config: &Config) -> Policy {
    let station = &config.station;
    Policy {
        pedal: match station.policy {
            PedalRule::PressShoots => PedalPolicy::PressShoots,
            PedalRule::OnePedal => PedalPolicy::OnePedal,
        },
        bindings: config.panel.bindings.clone(),
        settle: station.settle,
        advance_guard: station.advance_guard,
        min_shot_interval: station.min_shot_interval,
        long_press: station.long_press,
        double_press: station.double_press,
        request_deadline: station.request_deadline,
        pair_deadline: station.pair_deadline,
        files_per_frame: station.files_per_frame,
        max_shots: station.max_shots,
        advance_hint: station.advance_hint,
        confirm_next: station.confirm_next,
        digits_timeout: station.digits_timeout,
        refetch: station.refetch,
        min_free: station.min_free,
        warn_free: config.retention.warn_free,
        clear_card: station.clear_card,
    }
}

/// A drill's number, from the environment like all drills.
fn drill_number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn archive_options(config: &Config) -> Result<archive::Options, OptionsError> {
    let crash_at = match std::env::var("SHUTTERLINE_DRILL_ARCHIVE") {
        Ok(word) => Some(word.parse()?),
        Err(_) => None,
    };
    Ok(archive::Options {
        data: config.archive.data.clone(),
        incoming: Some(config.archive.incoming_folder()),
        name_in_tag: config.archive.name_in_tag,
        commit_delay: drill_number("SHUTTERLINE_DRILL_COMMIT_DELAY_MS").map(Millis),
        crash_at,
        sync: true,
        destinations: config.destinations.iter().map(consignee).collect(),
    })
}

/// What the archive has to know of a destination.
fn consignee(destination: &config::Destination) -> Consignee {
    Consignee {
        name: destination.name.clone(),
        goods: destination.send.clone(),
        // A config with a template that is none was refused.
        template: KeyTemplate::parse(&destination.key).unwrap_or_default(),
        manifest: KeyTemplate::parse_manifest(&destination.manifest_key)
            .unwrap_or_else(|_| KeyTemplate::default_manifest()),
        required: destination.required,
        priority: destination.priority,
    }
}

fn camera_options(config: &Config) -> Result<camera::Options, OptionsError> {
    let wanted = &config.camera;
    let driver = match wanted.driver {
        CameraDriver::Gphoto => camera::Driver::Gphoto,
        CameraDriver::Sim => camera::Driver::Sim {
            folder: wanted
                .sim_folder
                .clone()
                .unwrap_or_else(|| config.archive.data.join("sim-camera")),
        },
    };
    let program = std::env::current_exe().map_err(OptionsError::Program)?;
    let child: Vec<OsString> = vec![program.into(), "camera-child".into()];
    let mut options = camera::Options::new(driver, child, config.archive.data.join("camera.lock"));
    options.profile.clone_from(&wanted.profile.settings);
    options.camera_serial.clone_from(&wanted.serial);
    options.event_slice = wanted.event_slice;
    options.idle_poll = wanted.idle_poll;
    options.deadlines = camera::Deadlines {
        open: wanted.deadlines.open,
        trigger: wanted.deadlines.trigger,
        download: wanted.deadlines.download,
        list: wanted.deadlines.list,
        other: wanted.deadlines.other,
    };
    options.memory_limit = Some(wanted.memory_limit);
    options.backoff_first = wanted.reconnect_first;
    options.backoff_max = wanted.reconnect_max;
    options.sim_round_trip = wanted.sim_round_trip;
    // Unique among all openings of this boot: no two daemons start in the same millisecond of it.
    let boot: String = clock::boot_id().0.chars().take(8).collect();
    options.opening_prefix = format!("{boot}-{}", clock::boot_time().0);
    Ok(options)
}

/// Where a config wants frames delivered.
pub fn destinations(config: &Config) -> Vec<upload::Destination> {
    let settings = config.destinations.iter().map(settings);
    settings.map(upload::Destination::new).collect()
}

fn settings(d: &config::Destination) -> upload::Settings {
    upload::Settings {
        name: d.name.clone(),
        place: place(d),
        verify: match d.verify {
            VerifyRule::Auto => upload::Verify::Auto,
            VerifyRule::ReadBack => upload::Verify::ReadBack,
        },
        credential_file: d.credential_file.clone(),
        ca_file: d.ca_file.clone(),
        on_metered: d.on_metered,
    }
}

fn place(d: &config::Destination) -> upload::Place {
    match d.kind {
        DestinationKind::Fs if d.disk_label.is_empty() => upload::Place::Folder(d.folder.clone()),
        DestinationKind::Fs => upload::Place::Disk {
            label: d.disk_label.clone(),
            folder: d.folder.clone(),
        },
        DestinationKind::S3 => upload::Place::S3(upload::S3 {
            endpoint: d.endpoint.clone(),
            bucket: d.bucket.clone(),
            region: d.region.clone(),
            prefix: d.prefix.clone(),
            virtual_host: d.virtual_host,
        }),
        DestinationKind::WebDav => upload::Place::WebDav { url: d.url.clone() },
        DestinationKind::Sftp => upload::Place::Sftp(upload::Sftp {
            host: d.host.clone(),
            port: d.port,
            user: d.user.clone(),
            folder: d.folder.to_string_lossy().into_owned(),
        }),
        DestinationKind::Intake => upload::Place::Intake(upload::Intake {
            url: d.url.clone(),
            method: match d.method {
                IntakeMethod::Put => upload::Method::Put,
                IntakeMethod::PostForm => upload::Method::PostForm,
            },
            form_file: d.form_file.clone(),
            form: d.form.clone(),
            idempotency_header: d.idempotency_header.clone(),
            receipt_sha256: upload::Spot::parse(&d.receipt_sha256),
            receipt_md5: upload::Spot::parse(&d.receipt_md5),
            receipt_size: upload::Spot::parse(&d.receipt_size),
            receipt_id: upload::Spot::parse(&d.receipt_id),
        }),
    }
}

/// How fast transfers may be when.
fn limits(upload: &config::Upload) -> upload::Limits {
    let bytes = |kb: u32| (kb > 0).then_some(u64::from(kb) * 1000);
    let window = |hours: &config::Hours| {
        let (from, to) = hours.minutes()?;
        let limit = bytes(hours.limit_kb_s);
        Some(upload::Window { from, to, limit })
    };
    upload::Limits {
        usual: bytes(upload.limit_kb_s),
        windows: upload.schedule.iter().filter_map(window).collect(),
    }
}
