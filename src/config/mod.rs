//! What a venue may decide without a programmer: one TOML file, every key with a default.
//!
//! Keys are kebab-case and carry their unit (`settle-ms`, `min-free-mb`). Reading a file finds every
//! problem in one go (unknown keys, wrong units, values that contradict each other), each with its line
//! and the next step, and a file with a problem is refused as a whole: a station never runs on half a
//! config. This room never applies anything; the daemon hands the values to the rooms they are for.
//! `config/shutterline.toml` explains every key; a test holds it equal to the defaults here.

mod board;
mod check;
mod delivery;
mod problem;
mod read;
mod section;

pub use board::{board_names, board_of_model, board_text, find_board, is_board, parse_board};
pub use delivery::{
    Destination, DestinationKind, Hours, IntakeMethod, QuietRule, Upload, VerifyRule,
};
pub use problem::{ConfigError, Problem};

use crate::model::{Binding, Board, Bytes, Control, Gesture, InputName, Millis};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything a venue decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// How the station behaves.
    pub station: Station,
    /// Pedal, buttons, lamps and buzzer.
    pub panel: Panel,
    /// The tethered camera.
    pub camera: Camera,
    /// Where frames are kept.
    pub archive: Archive,
    /// How frames are judged.
    pub check: Check,
    /// How frames travel on.
    pub upload: Upload,
    /// `[retention]`.
    pub retention: Retention,
    /// Where frames travel to; none by default.
    pub destinations: Vec<Destination>,
    /// Where clients reach the station.
    pub socket: Socket,
    /// Where each key stood.
    lines: Lines,
}

/// Line numbers of keys, by their dotted name. Not part of what a config says: two configs that differ
/// in these alone are equal.
#[derive(Debug, Clone, Default, Eq)]
struct Lines(BTreeMap<String, usize>);

impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// When the pedal moves on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PedalRule {
    /// `press-shoots`: never; a press always fires for the current serial.
    #[default]
    PressShoots,
    /// `one-pedal`: a press moves on once green was shown for long enough.
    OnePedal,
}

/// `[station]`. Times are spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// `policy`: when the pedal moves on; `press-shoots`.
    pub policy: PedalRule,
    /// `settle-ms`: the shutter is blocked for this long after moving on; 700.
    pub settle: Millis,
    /// `advance-guard-ms`: one pedal: a press moves on only this long after green was shown; 700.
    pub advance_guard: Millis,
    /// `min-shot-interval-ms`: the flash needs this long to recycle; 1500.
    pub min_shot_interval: Millis,
    /// `long-press-ms`: a press this long is a long one; 800.
    pub long_press: Millis,
    /// `double-press-ms`: a second press this soon makes a double one; 350.
    pub double_press: Millis,
    /// `request-deadline-ms`: a shot without a file is given up after this long; 10 000.
    pub request_deadline: Millis,
    /// `pair-deadline-ms`: how long the second file of a RAW and JPEG pair may take; 10 000.
    pub pair_deadline: Millis,
    /// `files-per-frame`: 1, or 2 for RAW and JPEG; 1.
    pub files_per_frame: u8,
    /// `max-shots`: more shots than this on one serial raise an alarm; 5.
    pub max_shots: u32,
    /// `advance-hint-ms`: another shot this long after a pass, while others wait, raises `advance?`; 8000.
    pub advance_hint: Millis,
    /// `confirm-next-ms`: how long a first `next` without a good frame waits for the second; 3000.
    pub confirm_next: Millis,
    /// `digits-timeout-ms`: typed digits are forgotten after this long; 5000.
    pub digits_timeout: Millis,
    /// `refetch-ms`: a failed download is tried again after this long, from the fifth time on ever more slowly; 1000.
    pub refetch: Millis,
    /// `min-free-mb`: below this much free space the station refuses to shoot; 1000.
    pub min_free: Bytes,
    /// `clear-card`: whether archived files are deleted on the camera; `false`.
    pub clear_card: bool,
}

impl Default for Station {
    fn default() -> Self {
        Self {
            policy: PedalRule::PressShoots,
            settle: Millis(700),
            advance_guard: Millis(700),
            min_shot_interval: Millis(1500),
            long_press: Millis(800),
            double_press: Millis(350),
            request_deadline: Millis(10_000),
            pair_deadline: Millis(10_000),
            files_per_frame: 1,
            max_shots: 5,
            advance_hint: Millis(8000),
            confirm_next: Millis(3000),
            digits_timeout: Millis(5000),
            refetch: Millis(1000),
            min_free: Bytes(1_000_000_000),
            clear_card: false,
        }
    }
}

/// Which panel is wired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PanelDriver {
    /// `auto`: what the board's file says; `sim` on a machine that is no board at all.
    #[default]
    Auto,
    /// `rppal`: a Raspberry Pi's own registers.
    Rppal,
    /// `cdev`: the kernel's GPIO character device, on any board.
    Cdev,
    /// `sim`: pressed over the socket or from the terminal.
    Sim,
}

impl PanelDriver {
    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            PanelDriver::Auto => "auto",
            PanelDriver::Rppal => "rppal",
            PanelDriver::Cdev => "cdev",
            PanelDriver::Sim => "sim",
        }
    }
}

/// The word for a board that the machine itself names.
pub const AUTO_BOARD: &str = "auto";

/// `[panel]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// `driver`: which panel is wired; `auto`.
    pub driver: PanelDriver,
    /// `board`: a name from `config/boards/`, the path of such a file, or `auto`: by what the machine says it is; `auto`.
    pub board: String,
    /// `debounce-ms`: contacts may bounce this long, unless the board's file says otherwise of an input; 15.
    pub debounce: Millis,
    /// `stuck-ms`: an input held for this long is ignored until it is released; 10 000.
    pub stuck: Millis,
    /// `[panel.bindings]`, `control = "input gesture"` or `control = "none"`: which gesture means which
    /// control, in the order of the controls. Each control is on an input of its own name with `press`
    /// unless the file binds it elsewhere.
    pub bindings: Vec<Binding>,
}

impl Panel {
    /// The board that the config names; `None` where the machine is to say, or where none is wired.
    pub fn named_board(&self) -> Option<Result<Board, ConfigError>> {
        let named = self.driver != PanelDriver::Sim && self.board != AUTO_BOARD;
        named.then(|| find_board(&self.board))
    }
}

impl Default for Panel {
    fn default() -> Self {
        let bind = |control: Control| Binding {
            control,
            input: InputName(control.to_string()),
            gesture: Gesture::Press,
        };
        Self {
            driver: PanelDriver::Auto,
            board: AUTO_BOARD.into(),
            debounce: Millis(15),
            stuck: Millis(10_000),
            bindings: Control::ALL.into_iter().map(bind).collect(),
        }
    }
}

/// Which camera is driven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CameraDriver {
    /// `gphoto`: a real one on USB, through libgphoto2.
    #[default]
    Gphoto,
    /// `sim`: a folder that takes pictures.
    Sim,
}

impl CameraDriver {
    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            CameraDriver::Gphoto => "gphoto",
            CameraDriver::Sim => "sim",
        }
    }
}

/// `[camera]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// `driver`: `gphoto`.
    pub driver: CameraDriver,
    /// `sim-folder`: where the `sim` camera lives; `sim-camera` in the data folder when not given.
    pub sim_folder: Option<PathBuf>,
    /// `sim-round-trip-ms`: what each call of the `sim` camera costs; 1.
    pub sim_round_trip: Millis,
    /// `serial`: only the body with this serial number; any when not given.
    pub serial: Option<String>,
    /// `event-slice-ms`: longest stay in one wait for the camera's events; 50.
    pub event_slice: Millis,
    /// `idle-poll-ms`: longest wait for an order between two looks at the camera's events; 20.
    pub idle_poll: Millis,
    /// `memory-limit-mb`: the camera's process is replaced, when idle, once it takes more; 256.
    pub memory_limit: Bytes,
    /// `reconnect-first-ms`: first wait before looking for a lost camera again; doubled each time; 100.
    pub reconnect_first: Millis,
    /// `reconnect-max-ms`: longest wait between two looks; 5000.
    pub reconnect_max: Millis,
    /// `[camera.deadlines]`.
    pub deadlines: CameraDeadlines,
    /// `[camera.profile]`.
    pub profile: CameraProfile,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            driver: CameraDriver::Gphoto,
            sim_folder: None,
            sim_round_trip: Millis(1),
            serial: None,
            event_slice: Millis(50),
            idle_poll: Millis(20),
            memory_limit: Bytes(256_000_000),
            reconnect_first: Millis(100),
            reconnect_max: Millis(5000),
            deadlines: CameraDeadlines::default(),
            profile: CameraProfile::default(),
        }
    }
}

/// `[camera.deadlines]`: how long the camera's process may go without progress before it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraDeadlines {
    /// `open-ms`: finding, opening and setting up; 20 000.
    pub open: Millis,
    /// `trigger-ms`: the trigger call; 5000.
    pub trigger: Millis,
    /// `download-ms`: between two pieces of a download; 8000.
    pub download: Millis,
    /// `list-ms`: between two folders of a listing; 60 000.
    pub list: Millis,
    /// `other-ms`: everything else; 10 000.
    pub other: Millis,
}

impl Default for CameraDeadlines {
    fn default() -> Self {
        Self {
            open: Millis(20_000),
            trigger: Millis(5000),
            download: Millis(8000),
            list: Millis(60_000),
            other: Millis(10_000),
        }
    }
}

/// `[camera.profile]`: settings applied at every opening and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraProfile {
    /// `name`: what people call it; `default`.
    pub name: String,
    /// `[camera.profile.settings]`: libgphoto2 name to value, applied in the order of the file;
    /// `capturetarget = "Memory card"`, so that the card is the second copy.
    pub settings: Vec<(String, String)>,
    /// Nobody wrote these settings: a camera that has no such setting is no mismatch.
    pub built_in: bool,
}

impl Default for CameraProfile {
    fn default() -> Self {
        Self {
            name: "default".into(),
            settings: vec![("capturetarget".into(), "Memory card".into())],
            built_in: true,
        }
    }
}

/// `[archive]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// `data`: the data folder; `/var/lib/shutterline`.
    pub data: PathBuf,
    /// `incoming`: where downloads arrive; see [`Archive::incoming_folder`] when not given.
    pub incoming: Option<PathBuf>,
    /// `name-in-tag`: whether the student's name is written into photos; `false`.
    pub name_in_tag: bool,
}

impl Default for Archive {
    fn default() -> Self {
        Self {
            data: "/var/lib/shutterline".into(),
            incoming: None,
            name_in_tag: false,
        }
    }
}

impl Archive {
    /// Where downloads arrive: as configured, else on tmpfs if the system made the folder there (the
    /// card still has the frame, and a station's own card is written once), else in the data folder.
    pub fn incoming_folder(&self) -> PathBuf {
        let on_tmpfs = Path::new("/run/shutterline/incoming");
        match &self.incoming {
            Some(folder) => folder.clone(),
            None if on_tmpfs.is_dir() => on_tmpfs.into(),
            None => self.data.join("incoming"),
        }
    }
}

/// `[check]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `standard`: a name from `config/standards/` or the path of such a file; `cn-graduate-blue`.
    pub standard: String,
    /// `models`: the folder of the models that find the face; none, so that the usual ones are tried.
    pub models: Option<PathBuf>,
    /// `threads`: frames judged side by side; 1. A 24-megapixel frame takes about 75 MB while it is judged.
    pub threads: u8,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            standard: "cn-graduate-blue".into(),
            models: None,
            threads: 1,
        }
    }
}

/// `[retention]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// `originals-days`: photos that every required destination has are removed here this long after the last receipt; 0 for
    /// never; 0.
    pub originals_days: u32,
    /// `keep-newest`: this many frames stay whatever was delivered, the newest; 1000.
    pub keep_newest: u64,
    /// `warn-free-gb`: below this much free space an alarm says so; 0 for none; 5.
    pub warn_free: Bytes,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            originals_days: 0,
            keep_newest: 1000,
            warn_free: Bytes(5_000_000_000),
        }
    }
}

/// `[socket]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// `path`: the Unix socket; `/run/shutterline/shutterline.sock`.
    pub path: PathBuf,
    /// `mode`: its permissions, in octal digits; `"0660"`.
    pub mode: u32,
}

impl Default for Socket {
    fn default() -> Self {
        Self {
            path: "/run/shutterline/shutterline.sock".into(),
            mode: 0o660,
        }
    }
}

impl Config {
    /// Reads and checks a file; every problem comes at once.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.into(),
            source,
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads and checks a text; `origin` names it in the error.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let (config, mut problems) = read::config(text);
        // A value that could not be read has kept its default: that line has its problem already.
        let noted: Vec<_> = problems.iter().filter_map(|p| p.line).collect();
        let mut found = config.check();
        found.retain(|p| p.line.is_none_or(|line| !noted.contains(&line)));
        problems.extend(found);
        ConfigError::unless_empty(problems, origin)?;
        Ok(config)
    }

    /// What a file says as far as it can be understood, and what is wrong with it: for whoever must not fail over a config that a
    /// station does not start with.
    pub fn salvage(path: &Path) -> (Self, Option<ConfigError>) {
        let Ok(text) = std::fs::read_to_string(path) else {
            return (Self::default(), Self::load(path).err());
        };
        let (config, _) = read::config(&text);
        (
            config,
            Self::parse(&text, &path.display().to_string()).err(),
        )
    }

    /// What contradicts itself or cannot work; empty when all is well. A config that was changed by
    /// flags after reading can be checked again.
    pub fn check(&self) -> Vec<Problem> {
        check::problems(self)
    }

    /// Every key there is, by its dotted name; `*` stands for a name that the file chooses.
    pub fn keys() -> Vec<String> {
        read::keys()
    }

    /// The line on which a key stood; `None` for a default.
    fn line(&self, key: &str) -> Option<usize> {
        self.lines.0.get(key).copied()
    }
}
