//! A camera link whose notices can be waited for.
#![allow(dead_code)]

use shutterline::camera::{CameraLink, Driver, Knob, Notice, Options, Order};
use shutterline::clock;
use shutterline::model::{
    CameraFile, CameraFileKey, CameraInfo, CameraState, FrameId, Millis, RequestId,
};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// No condition of these tests takes this long, on the slowest machine.
const CAP: Millis = Millis(60_000);

pub const CHILD: [&str; 2] = [env!("CARGO_BIN_EXE_shutterline"), "camera-child"];

pub struct Rig {
    pub link: CameraLink,
    notices: Receiver<Notice>,
    heard: RefCell<Vec<Notice>>,
    pub folder: tempfile::TempDir,
    count: Cell<u64>,
}

/// A sim camera in a new folder, with deadlines short enough for a test and long enough for a loaded machine.
pub fn sim() -> Rig {
    sim_with(|_| {})
}

pub fn sim_with(change: impl FnOnce(&mut Options)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let driver = Driver::Sim {
        folder: folder.path().join("camera"),
    };
    start(folder, driver, change)
}

pub fn start(folder: tempfile::TempDir, driver: Driver, change: impl FnOnce(&mut Options)) -> Rig {
    let child = CHILD.iter().map(Into::into).collect();
    let mut options = Options::new(driver, child, folder.path().join("camera.lock"));
    options.deadlines.trigger = Millis(4_000);
    options.deadlines.download = Millis(4_000);
    options.deadlines.other = Millis(4_000);
    options.backoff_first = Millis(20);
    options.backoff_max = Millis(200);
    change(&mut options);
    let (tell, notices) = channel();
    let sink = Box::new(move |notice| drop(tell.send(notice)));
    let link = CameraLink::start(options, sink).unwrap();
    Rig {
        link,
        notices,
        heard: RefCell::default(),
        folder,
        count: Cell::new(0),
    }
}

impl Rig {
    pub fn camera(&self) -> PathBuf {
        self.folder.path().join("camera")
    }

    pub fn send(&self, order: Order) {
        self.link.send(order).unwrap();
    }

    pub fn knob(&self, knob: Knob) {
        self.send(Order::Knob(knob));
    }

    /// The next notice that `pick` takes.
    pub fn wait<T>(&self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        let until = clock::boot_time() + CAP;
        let mut passed = Vec::new();
        loop {
            let left = until.since(clock::boot_time());
            let Ok(notice) = self.notices.recv_timeout(Duration::from_millis(left.0)) else {
                panic!("no {what} within {CAP:?}; heard {passed:?}");
            };
            self.heard.borrow_mut().push(notice.clone());
            if let Some(picked) = pick(&notice) {
                return picked;
            }
            passed.push(notice);
        }
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<Notice> {
        self.heard.borrow().clone()
    }

    pub fn opened(&self) -> CameraInfo {
        self.wait("opening", |n| match n {
            Notice::Opened { info } => Some(info.clone()),
            _ => None,
        })
    }

    pub fn lost(&self) -> String {
        self.wait("loss", |n| match n {
            Notice::Lost { why } => Some(why.clone()),
            _ => None,
        })
    }

    pub fn state(&self, wanted: CameraState) {
        self.wait(wanted.as_str(), |n| {
            (*n == Notice::State(wanted)).then_some(())
        });
    }

    pub fn trigger(&self) -> RequestId {
        self.count.set(self.count.get() + 1);
        let request = RequestId(self.count.get());
        self.send(Order::Trigger {
            request,
            seated_since: Millis(0),
        });
        request
    }

    pub fn file_seen(&self) -> CameraFileKey {
        self.wait("file", |n| match n {
            Notice::FileSeen { key, .. } => Some(key.clone()),
            _ => None,
        })
    }

    /// Asks for a file and tells where it goes.
    pub fn fetch(&self, key: &CameraFileKey) -> PathBuf {
        self.count.set(self.count.get() + 1);
        let frame = FrameId(format!("test-{:06}", self.count.get()));
        let to = self.folder.path().join(&frame.0);
        self.send(Order::Download {
            frame,
            key: key.clone(),
            to: to.clone(),
        });
        to
    }

    pub fn downloaded(&self) -> (CameraFile, PathBuf) {
        self.wait("download", |n| match n {
            Notice::Downloaded { file, path, .. } => Some((CameraFile::clone(file), path.clone())),
            Notice::DownloadFailed { message, .. } => panic!("download failed: {message}"),
            _ => None,
        })
    }

    pub fn download_failed(&self) -> String {
        self.wait("failed download", |n| match n {
            Notice::DownloadFailed { message, .. } => Some(message.clone()),
            Notice::Downloaded { .. } => panic!("it should have failed"),
            _ => None,
        })
    }

    pub fn listed(&self) -> Vec<CameraFileKey> {
        self.send(Order::List);
        self.wait("listing", |n| match n {
            Notice::Listed { files } => Some(files.clone()),
            Notice::ListFailed { message } => panic!("{message}"),
            _ => None,
        })
    }
}

/// Where the unpacked virtual camera lies, if it is there; says loudly if not.
pub fn virtual_camera() -> Option<PathBuf> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/virtual-camera");
    let folder = std::env::var_os("SHUTTERLINE_VIRTUAL_CAMERA").map_or(kept, PathBuf::from);
    let vusb = folder.join("gphoto2/libgphoto2/vusb");
    if vusb.join("vusb.so").exists() {
        return Some(vusb);
    }
    eprintln!(
        "\n*** SKIPPED, NOT TESTED: no virtual camera in {}; run scripts/fetch-virtual-camera ***\n",
        folder.display()
    );
    None
}
