//! The demo's stage: a folder with a roster, a config, a card, and the daemon that runs on it.

use super::super::run::CameraArg;
use super::pictures::{self, Scene};
use super::standard::frame_only;
use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

/// Says that a folder was made by the demo and may be cleared by the next one.
const MARKER: &str = ".shutterline-demo";

/// Pixels of a demo picture: enough for every limit of the shipped standards, small enough to be drawn at once.
const SIZE: (u32, u32) = (1240, 1860);

/// The virtual camera reads a file's size once, so every scene it is to take is padded to this many bytes.
const PADDED_BYTES: usize = 2_000_000;

/// When the picture on the virtual camera's card says it was taken, seconds since the epoch: 2020-01-01.
const LONG_AGO_S: u64 = 1_577_836_800;

/// A longer path cannot be bound as a Unix socket.
const SOCKET_PATH_LIMIT: usize = 100;

/// The students of the morning, invented.
const STUDENTS: [(&str, &str); 12] = [
    ("20260101", "林晓雨"),
    ("20260102", "陈思远"),
    ("20260103", "王子涵"),
    ("20260104", "李明轩"),
    ("20260105", "赵雅琪"),
    ("20260106", "孙浩然"),
    ("20260107", "周欣怡"),
    ("20260108", "吴俊杰"),
    ("20260109", "郑梦瑶"),
    ("20260110", "冯天宇"),
    ("20260111", "许佳宁"),
    ("20260112", "何志强"),
];

/// The folder, and the daemon on it while it runs.
pub(super) struct Stage {
    /// Everything is below here.
    pub(super) dir: PathBuf,
    /// The control socket.
    pub(super) socket: PathBuf,
    /// What stands in for the camera.
    pub(super) camera: CameraArg,
    daemon: Option<Child>,
}

impl Stage {
    /// Set up an empty folder, or clear one that an earlier demo left.
    pub(super) fn build(dir: &Path, camera: CameraArg, fast: bool) -> anyhow::Result<Self> {
        clear(dir)?;
        let dir = dir
            .canonicalize()
            .with_context(|| format!("cannot find {} again", dir.display()))?;
        let mut socket = dir.join("shutterline.sock");
        if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
            socket = std::env::temp_dir().join(format!("shutterline-demo-{}", std::process::id()));
        }
        let stage = Self {
            socket,
            camera,
            daemon: None,
            dir,
        };
        fs::create_dir(stage.delivered()).context("cannot make the folder to deliver to")?;
        stage.write("roster.csv", &roster())?;
        let shipped = include_str!("../../../config/standards/cn-graduate-blue.toml");
        stage.write("standard.toml", &frame_only(shipped))?;
        stage.write("shutterline.toml", &stage.config(fast))?;
        fs::create_dir_all(stage.picture().parent().unwrap_or(&stage.dir))
            .context("cannot make the card's folders")?;
        stage.set_scene(1, Scene::Good)?;
        Ok(stage)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.dir.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn config(&self, fast: bool) -> String {
        let (settle, interval) = if fast { (0, 0) } else { (700, 1000) };
        let driver = match self.camera {
            CameraArg::Sim => "sim",
            CameraArg::Gphoto => "gphoto",
        };
        format!(
            "# Written by `shutterline demo`.\n\
             [station]\nsettle-ms = {settle}\nmin-shot-interval-ms = {interval}\nmin-free-mb = 100\n\n\
             [retention]\nwarn-free-gb = 0\n\n\
             [panel]\ndriver = \"sim\"\n\n\
             [camera]\ndriver = \"{driver}\"\nsim-folder = {card:?}\n\n\
             [archive]\ndata = {data:?}\nincoming = {incoming:?}\n\n\
             # The shipped cn-graduate-blue, but for the person: the students here are drawn.\n\
             [check]\nstandard = {standard:?}\n\n\
             [[destination]]\nname = \"agency\"\nkind = \"fs\"\nfolder = {delivered:?}\n",
            standard = self.dir.join("standard.toml"),
            card = self.card(),
            data = self.data(),
            incoming = self.dir.join("incoming"),
            delivered = self.delivered(),
        )
    }

    /// The data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Where frames are delivered.
    pub(super) fn delivered(&self) -> PathBuf {
        self.dir.join("delivered")
    }

    fn card(&self) -> PathBuf {
        self.dir.join("card")
    }

    /// The file that the next release of the shutter takes a picture of.
    fn picture(&self) -> PathBuf {
        match self.camera {
            CameraArg::Sim => self.card().join("scenes/scene.jpg"),
            CameraArg::Gphoto => self.card().join("DCIM/100NIKON/DSC_0001.JPG"),
        }
    }

    /// Seat somebody before the camera.
    pub(super) fn set_scene(&self, person: u32, scene: Scene) -> anyhow::Result<()> {
        let mut jpeg = pictures::scene(person, scene, SIZE.0, SIZE.1);
        if self.camera == CameraArg::Gphoto {
            jpeg = padded(jpeg, PADDED_BYTES)?;
        }
        let path = self.picture();
        let next = path.with_extension("next");
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(LONG_AGO_S);
        // One time for all: to the camera it is one file, whoever is in it.
        fs::write(&next, jpeg)
            .and_then(|()| {
                fs::File::options()
                    .write(true)
                    .open(&next)?
                    .set_modified(long_ago)
            })
            .and_then(|()| fs::rename(&next, &path))
            .with_context(|| format!("cannot set the scene at {}", path.display()))
    }

    /// Start `shutterline run` on this stage; its log goes beside the data.
    pub(super) fn start_daemon(&mut self) -> anyhow::Result<()> {
        let log_path = self.dir.join("daemon.log");
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .with_context(|| format!("cannot write {}", log_path.display()))?;
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        command
            .arg("run")
            .arg("--config")
            .arg(self.dir.join("shutterline.toml"))
            .arg("--socket")
            .arg(&self.socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if self.camera == CameraArg::Gphoto {
            command.env("VCAMERADIR", self.card());
        }
        self.daemon = Some(command.spawn().context("cannot start the daemon")?);
        Ok(())
    }

    /// The daemon's process id; an error once it has ended.
    pub(super) fn daemon_pid(&mut self) -> anyhow::Result<u32> {
        let Some(daemon) = &mut self.daemon else {
            bail!("the daemon was not started");
        };
        if let Some(status) = daemon.try_wait().context("cannot look after the daemon")? {
            bail!(
                "the daemon ended ({status}); its log is {}",
                self.dir.join("daemon.log").display()
            );
        }
        Ok(daemon.id())
    }

    /// Ask the daemon to stop and wait until it has.
    pub(super) fn stop_daemon(&mut self) -> anyhow::Result<()> {
        if let Some(mut daemon) = self.daemon.take() {
            let pid = i32::try_from(daemon.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw)
                .context("the daemon has no process id")?;
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)
                .context("cannot stop the daemon")?;
            daemon.wait().context("cannot wait for the daemon")?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            daemon.kill().ok();
            daemon.wait().ok();
        }
    }
}

fn clear(dir: &Path) -> anyhow::Result<()> {
    if dir.exists() {
        let empty = fs::read_dir(dir)
            .with_context(|| format!("cannot look into {}", dir.display()))?
            .next()
            .is_none();
        if !empty {
            anyhow::ensure!(
                dir.join(MARKER).exists(),
                "{} is not empty and was not made by a demo; name another folder with --dir",
                dir.display()
            );
            fs::remove_dir_all(dir).with_context(|| format!("cannot clear {}", dir.display()))?;
        }
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    fs::write(dir.join(MARKER), "").with_context(|| format!("cannot write to {}", dir.display()))
}

fn roster() -> String {
    let lines = STUDENTS.map(|(number, name)| format!("{number},{name}\n"));
    format!("学号,姓名\n{}", lines.concat())
}

/// A JPEG grown to `size` bytes by comment segments behind its start.
fn padded(jpeg: Vec<u8>, size: usize) -> anyhow::Result<Vec<u8>> {
    /// A segment's length field counts itself and cannot say more.
    const SEGMENT: usize = 65_535;
    anyhow::ensure!(
        jpeg.len() + 4 <= size,
        "a demo picture of {} bytes is larger than the {size} it is padded to",
        jpeg.len()
    );
    let mut missing = size - jpeg.len();
    let (start, rest) = jpeg.split_at(2);
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(start);
    while missing > 0 {
        // Never leave a rest too short for a marker and its length.
        let mut whole = missing.min(SEGMENT + 2);
        if missing - whole > 0 && missing - whole < 4 {
            whole -= 4;
        }
        let length = u16::try_from(whole - 2).context("segment length")?;
        out.extend_from_slice(&[0xff, 0xfe]);
        out.extend_from_slice(&length.to_be_bytes());
        out.resize(out.len() + whole - 4, b' ');
        missing -= whole;
    }
    out.extend_from_slice(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_hits_the_size_exactly() {
        for extra in [4, 5, 65_537, 65_538, 65_540, 65_541, 200_000] {
            let jpeg = vec![0xff, 0xd8, 0xff, 0xd9];
            let grown = padded(jpeg, 4 + extra).expect("padded");
            assert_eq!(grown.len(), 4 + extra);
            assert_eq!(grown[grown.len() - 2..], [0xff, 0xd9]);
        }
    }
}
