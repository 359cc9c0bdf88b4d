//! Bad input as a user meets it: the real daemon, the real command line, real files and disks.
//!
//! Each case asks for a clear error that names the thing and the next step, and for everything stored before to be there
//! still, byte for byte (guards I1, I2, I3, I9).

#[path = "../rig/mod.rs"]
mod rig;

mod board;
mod disks;
mod doors;
mod kept;
mod papers;
mod photos;

use rig::{BINARY, Rig};
use std::path::Path;
use std::process::{Command, Stdio};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The exit code, and words that standard error must have.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in {self:#?}");
        }
    }

    /// Standard output of a command that did what it was told.
    #[track_caller]
    pub(crate) fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:#?}");
        &self.out
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.done()).expect("JSON")
    }
}

/// The command line, as anybody would type it.
pub(crate) fn shutterline(socket: &Path, arguments: &[&str]) -> Answer {
    let output = Command::new(BINARY)
        .args(arguments)
        .env("SHUTTERLINE_SOCKET", socket)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .expect("shutterline");
    Answer {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The same, to the rig's daemon.
pub(crate) fn ask(rig: &Rig, arguments: &[&str]) -> Answer {
    shutterline(&rig.dir.join("s.sock"), arguments)
}

/// A daemon with the rig's config, which is expected not to get far.
pub(crate) fn run(rig: &Rig, arguments: &[&str]) -> Answer {
    let config = rig.dir.join("shutterline.toml");
    std::fs::write(&config, &rig.config).expect("config");
    let config = config.to_str().expect("UTF-8");
    let mut all = vec!["run", "--config", config];
    all.extend(arguments);
    ask(rig, &all)
}
