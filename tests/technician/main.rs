//! A technician's tools as they are used: the real command line beside a real daemon, and without one.
//!
//! systemd's own commands are played by scripts, so that what they answer is known.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on shall say where"
)]

#[path = "../rig/mod.rs"]
mod rig;

mod backup;
mod bundle;
mod doctor;
mod logs;
mod metrics;

use rig::{BINARY, Rig};
use shutterline::model::Status;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How a command ended.
#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}

/// A rig with a folder of commands that go before the system's own.
struct Bench {
    rig: Rig,
}

impl Bench {
    fn new(rig: Rig) -> Self {
        std::fs::create_dir(rig.dir.join("bin")).unwrap();
        let bench = Self { rig };
        bench.plays("systemctl", SYSTEMCTL);
        bench.plays("timedatectl", "echo NTP=yes; echo NTPSynchronized=yes");
        bench.plays("journalctl", "exit 0");
        bench
    }

    /// A script of that name; `$DIR` is the rig's folder.
    fn plays(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.rig.dir.join("bin").join(name);
        let script = format!("#!/bin/sh\nDIR={}\n{script}\n", self.rig.dir.display());
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn config(&self) -> PathBuf {
        let path = self.rig.dir.join("shutterline.toml");
        if !path.exists() {
            std::fs::write(&path, &self.rig.config).unwrap();
        }
        path
    }

    /// A command, prepared.
    fn command(&self, arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = self.rig.dir.join("bin");
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(&self.rig.dir)
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("SHUTTERLINE_SOCKET", self.rig.dir.join("s.sock"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// With the rig's config.
    fn here(&self, arguments: &[&str]) -> Answer {
        let config = self.config();
        let mut all = arguments.to_vec();
        all.extend(["--config", config.to_str().unwrap()]);
        self.run(&all)
    }

    fn data(&self) -> PathBuf {
        self.rig.dir.join("data")
    }

    /// A session of `n` students of which the first `shot` were shot.
    fn shot(&mut self, n: u32, shot: u32) {
        self.rig.start();
        self.rig.open_session(n);
        for serial in 1..=shot {
            self.rig.scene(&rig::picture(serial));
            self.rig.shoot();
            if serial < n {
                self.rig.press("next");
                let next = |s: &Status| s.serial.is_some_and(|s| s.0 == serial + 1);
                self.rig.until("the next student", next);
            }
        }
        self.rig.until_delivered();
        // What people are told of it follows within a second.
        self.rig
            .until("a status that knows", |s| s.outbox.pending == 0);
    }
}

/// A service that runs, watched and enabled.
const SYSTEMCTL: &str = r#"case "$*" in
  *RuntimeWatchdogUSec*) echo RuntimeWatchdogUSec=1min ;;
  *shutterline-verify.timer*) echo UnitFileState=enabled ;;
  *shutterline-verify.service*) printf '%s\n' LoadState=loaded ActiveState=inactive Result=success ExecMainStatus=0 \
    'ExecMainExitTimestamp=Mon 2026-06-15 02:51:08 CST' ;;
  *) printf '%s\n' LoadState=loaded ActiveState=active SubState=running Result=success UnitFileState=enabled NRestarts=0 WatchdogUSec=30s ;;
esac"#;

fn path_of(path: &Path) -> &str {
    path.to_str().unwrap()
}
