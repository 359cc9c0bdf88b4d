//! A real daemon on a sim camera, in a folder of its own, driven through its socket.
#![allow(dead_code, reason = "each test binary uses its own part of the rig")]

pub mod disk;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shutterline::clock;
use shutterline::model::{Millis, Outcome, Status};
use shutterline::web::client::{Client, ClientError, frames_path};
use shutterline::web::wire::{FrameQuery, FrameView};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longest wait for anything; a loaded machine needs a small part of it.
pub const CAP: Millis = Millis(60_000);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// A shipped standard with every limit off: the rig's pictures are small and of nobody, and pass if they are whole.
fn lenient_standard() -> String {
    let shipped = include_str!("../../config/standards/icao.toml");
    ["reject", "warn"]
        .iter()
        .fold(shipped.to_owned(), |text, severity| {
            text.replace(&format!("severity = \"{severity}\""), "severity = \"off\"")
        })
}

/// The daemon's binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_shutterline");

/// A figure of a process's memory in KiB: `VmRSS`, what it has now, or `VmHWM`, the most it had.
pub fn process_kib(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("process status");
    let line = status.lines().find_map(|l| l.strip_prefix(field));
    let value = line.and_then(|l| l.trim_start_matches(':').trim().strip_suffix("kB"));
    value.and_then(|v| v.trim().parse().ok()).expect(field)
}

/// One station.
pub struct Rig {
    pub dir: PathBuf,
    pub config: String,
    pub env: Vec<(String, String)>,
    pub arguments: Vec<String>,
    pub client: Client,
    runtime: tokio::runtime::Runtime,
    daemon: Option<Child>,
    _keep: Option<tempfile::TempDir>,
    /// When somebody last sat down.
    seated_at: Cell<Millis>,
}

/// Students sit for longer than this before they are shot. A file that shows up sooner might be of whoever sat
/// there before, and would rightly be set aside: the camera's event queue is read every 20 ms.
pub const SEATED: Millis = Millis(150);

impl Rig {
    /// A rig in a fresh folder, nothing started. `station` is more of the `[station]` table, for example `settle-ms = 0`.
    pub fn new(station: &str) -> Self {
        let keep = tempfile::Builder::new()
            .prefix("shutterline-")
            .tempdir()
            .expect("temporary folder");
        let dir = keep.path().to_owned();
        let config = format!(
            "[station]\nsettle-ms = 0\nmin-shot-interval-ms = 0\nmin-free-mb = 100\n{station}\n\
             [panel]\ndriver = \"sim\"\n\
             [camera]\ndriver = \"sim\"\nsim-folder = {:?}\n\
             [archive]\ndata = {:?}\nincoming = {:?}\n\
             [check]\nstandard = {:?}\nmodels = {:?}\n\
             [retention]\nwarn-free-gb = 0\n\
             [[destination]]\nname = \"agency\"\nkind = \"fs\"\nfolder = {:?}\n",
            dir.join("card"),
            dir.join("data"),
            dir.join("incoming"),
            dir.join("standard.toml"),
            // Nobody is in the rig's pictures, and looking for them would take longer than all else here.
            dir.join("no-models"),
            dir.join("delivered"),
        );
        std::fs::create_dir(dir.join("delivered")).expect("destination");
        std::fs::write(dir.join("standard.toml"), lenient_standard()).expect("standard");
        let client = Client::new(dir.join("s.sock"));
        Self {
            dir,
            config,
            env: Vec::new(),
            arguments: Vec::new(),
            client,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("runtime"),
            daemon: None,
            _keep: Some(keep),
            seated_at: Cell::new(Millis(0)),
        }
    }

    /// Gives the station the models, so that it sees faces; before it is started.
    pub fn with_models(mut self) -> Self {
        let none = format!("models = {:?}\n", self.dir.join("no-models"));
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
        self.config = self
            .config
            .replace(&none, &format!("models = {models:?}\n"));
        self
    }

    /// The picture that the sim camera takes from now on.
    pub fn scene(&self, jpeg: &[u8]) {
        let scenes = self.dir.join("card/scenes");
        std::fs::create_dir_all(&scenes).expect("scenes");
        let next = scenes.join("scene.next");
        std::fs::write(&next, jpeg).expect("scene");
        std::fs::rename(&next, scenes.join("scene.jpg")).expect("scene in place");
    }

    /// Start the daemon and return at once.
    pub fn spawn(&mut self) {
        let config = self.dir.join("shutterline.toml");
        std::fs::write(&config, &self.config).expect("config");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("log");
        let child = Command::new(BINARY)
            .arg("run")
            .arg("--config")
            .arg(&config)
            .arg("--socket")
            .arg(self.dir.join("s.sock"))
            .args(&self.arguments)
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("daemon");
        self.daemon = Some(child);
    }

    /// Start the daemon and wait until its camera is ready.
    pub fn start(&mut self) {
        self.spawn();
        self.until("the camera to be ready", |s| {
            s.camera.state.as_str() == "ready"
        });
    }

    /// Where the daemon's log is.
    pub fn log(&self) -> PathBuf {
        self.dir.join("daemon.log")
    }

    /// The daemon's process id.
    pub fn pid(&self) -> u32 {
        self.daemon.as_ref().expect("a daemon").id()
    }

    /// Pull the plug.
    pub fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().expect("kill");
            daemon.wait().expect("wait");
        }
    }

    /// Stop as systemd does; the exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let mut daemon = self.daemon.take()?;
        Command::new("kill")
            .arg("-TERM")
            .arg(daemon.id().to_string())
            .status()
            .expect("kill");
        daemon.wait().expect("wait").code()
    }

    /// Wait until the daemon has ended by itself; whether by a signal.
    pub fn wait_for_end(&mut self) -> bool {
        use std::os::unix::process::ExitStatusExt;
        let until = clock::boot_time() + CAP;
        let daemon = self.daemon.as_mut().expect("a daemon");
        loop {
            if let Some(status) = daemon.try_wait().expect("wait") {
                self.daemon = None;
                return status.signal().is_some();
            }
            assert!(clock::boot_time() < until, "the daemon did not end");
            std::thread::sleep(LOOK);
        }
    }

    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.runtime.block_on(self.client.get(path))
    }

    pub fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T, ClientError> {
        self.runtime.block_on(self.client.post(path, &body))
    }

    pub fn ask(&self, path: &str, body: Value) -> Outcome {
        self.post(path, body)
            .unwrap_or_else(|e| panic!("{path}: {e}\n{}", self.tail()))
    }

    /// Run a future on the rig's runtime.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub fn status(&self) -> Status {
        self.get("/v1/status").expect("status")
    }

    pub fn frames(&self) -> Vec<FrameView> {
        self.get(&frames_path(&FrameQuery::default()))
            .expect("frames")
    }

    /// Wait for a condition of the status; the daemon may be down meanwhile.
    pub fn until(&self, what: &str, reached: impl Fn(&Status) -> bool) -> Status {
        let until = clock::boot_time() + CAP;
        let mut last = None;
        while clock::boot_time() < until {
            if let Ok(status) = self.get::<Status>("/v1/status") {
                if reached(&status) {
                    return status;
                }
                last = Some(status);
            }
            std::thread::sleep(LOOK);
        }
        panic!("waited in vain for {what}; last {last:#?}\n{}", self.tail());
    }

    /// Wait until nothing has to be sent. Asked of the archive itself: the status hears of a frame's way out a moment
    /// after its commit.
    pub fn until_delivered(&self) {
        self.until("an empty outbox", |_| {
            let view = self.get::<Value>("/v1/upload");
            view.is_ok_and(|v| v["items"].as_array().is_some_and(Vec::is_empty))
        });
    }

    /// Wait for a condition of the frames.
    pub fn until_frames(
        &self,
        what: &str,
        reached: impl Fn(&[FrameView]) -> bool,
    ) -> Vec<FrameView> {
        let until = clock::boot_time() + CAP;
        while clock::boot_time() < until {
            let frames = self.frames();
            if reached(&frames) {
                return frames;
            }
            std::thread::sleep(LOOK);
        }
        panic!(
            "waited in vain for {what}; frames {:#?}\n{}",
            self.frames(),
            self.tail()
        );
    }

    fn tail(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// A roster of `n` students and an open session.
    pub fn open_session(&self, n: u32) {
        let students: Vec<Value> = (1..=n)
            .map(|i| json!({ "student_number": student(i), "name": "" }))
            .collect();
        self.ask("/v1/roster", json!({ "students": students }));
        self.ask("/v1/sessions", json!({ "name": "test" }));
        self.seated_at.set(clock::boot_time());
    }

    pub fn press(&self, control: &str) {
        self.try_press(control)
            .unwrap_or_else(|e| panic!("press {control}: {e}\n{}", self.tail()));
        if control != "pedal" {
            self.seated_at.set(clock::boot_time());
        }
    }

    /// Press a control from within the runtime, at once.
    pub async fn tap(&self, control: &str) {
        let body = json!({ "control": control });
        let pressed = self.client.post::<Value>("/v1/panel/press", &body);
        pressed.await.expect("press");
    }

    /// Press a control of a daemon that may die of it.
    pub fn try_press(&self, control: &str) -> Result<Outcome, ClientError> {
        if control == "pedal" {
            while clock::boot_time() < self.seated_at.get() + SEATED {
                std::thread::sleep(LOOK);
            }
        }
        self.post("/v1/panel/press", json!({ "control": control }))
    }

    pub fn knob(&self, knob: Value) {
        self.ask("/v1/camera/knob", knob);
    }

    /// Files on the sim camera's card. What a death caught it writing is none: no camera would show it.
    pub fn on_card(&self) -> usize {
        let files = files_below(&self.dir.join("card/DCIM"));
        let whole = |path: &&PathBuf| path.extension().is_none_or(|e| e != "writing");
        files.iter().filter(whole).count()
    }

    /// Press the pedal, wait for one more judged frame, and return it.
    pub fn shoot(&self) -> FrameView {
        let before: Vec<_> = self.frames().into_iter().map(|f| f.id).collect();
        self.press("pedal");
        let frames = self.until_frames("one more judged frame", |frames| {
            frames
                .iter()
                .any(|f| !before.contains(&f.id) && f.verdict.is_some())
        });
        self.until("the light", |s| {
            !matches!(s.state.as_str(), "shooting" | "checking")
        });
        frames
            .into_iter()
            .find(|f| !before.contains(&f.id))
            .expect("the new frame")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The student number of the i-th student of the rig's roster.
pub fn student(i: u32) -> String {
    format!("2026{i:04}")
}

/// All files below a folder, sorted.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A small picture of nobody else: the number decides its bytes. About 100 kB.
pub fn picture(number: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(320, 480, |x, y| {
        let v = (x * 7 + y * 13 + number * 29) as u8;
        image::Rgb([v, v.wrapping_mul(3), 255 - v])
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)
        .encode_image(&image)
        .expect("encode");
    jpeg
}
