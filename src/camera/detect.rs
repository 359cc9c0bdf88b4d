//! `camera list`: which cameras are there, looked for in a child too, because looking can hang like everything else.

use super::{CameraError, process};
use crate::model::{CameraInfo, Millis};
use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How long looking may take: several cameras, each opened once.
const LIMIT: Millis = Millis(30_000);

/// The cameras on USB, by this very program's `camera-child`.
pub fn detect() -> Result<Vec<CameraInfo>, CameraError> {
    let program = std::env::current_exe().map_err(|source| CameraError::Spawn {
        program: PathBuf::from("this program"),
        source,
    })?;
    detect_with(&[program.into(), "camera-child".into()], &[], LIMIT)
}

/// The same with another child, more environment, and another limit.
pub fn detect_with(
    child: &[OsString],
    env: &[(OsString, OsString)],
    limit: Millis,
) -> Result<Vec<CameraInfo>, CameraError> {
    let mut command = process::command(child);
    let mut process = command
        .arg("--detect")
        .envs(env.iter().cloned())
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| CameraError::Spawn {
            program: PathBuf::from(command.get_program()),
            source,
        })?;
    let (mut out, mut err) = (process.stdout.take(), process.stderr.take());
    let (done, waiting) = sync_channel(1);
    std::thread::Builder::new()
        .name("camera-detect".to_owned())
        .spawn(move || {
            let (mut text, mut trouble) = (String::new(), String::new());
            let read = out.as_mut().map(|o| o.read_to_string(&mut text));
            let _ = err.as_mut().map(|e| e.read_to_string(&mut trouble));
            let _ = done.send((read, text, trouble));
        })
        .map_err(CameraError::Thread)?;
    let answer = waiting.recv_timeout(Duration::from_millis(limit.0));
    // It has closed its pipe, or its time is over.
    let _ = process.kill();
    let _ = process.wait();
    match answer {
        Ok((Some(Ok(_)), text, trouble)) => {
            serde_json::from_str(&text).map_err(|_| CameraError::Detect {
                message: trouble.trim().to_owned(),
            })
        }
        Ok((Some(Err(e)), ..)) => Err(CameraError::Pipe(e)),
        Ok((None, ..)) => Err(CameraError::Pipe(std::io::ErrorKind::BrokenPipe.into())),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Err(CameraError::DetectTimeout { limit_ms: limit.0 })
        }
    }
}
