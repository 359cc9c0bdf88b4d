//! One child process: its start, its pipe, its death.

use super::wire::{self, Doing, FromChild, Presence, ToChild};
use super::{CameraError, Options};
use crate::clock;
use crate::model::{Bytes, Millis};
use rustix::fs::OFlags;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The daemon's end of the pipe to the child. Never blocks: what does not fit waits here, and nothing is torn.
pub struct Pipe {
    stdin: ChildStdin,
    pending: Vec<u8>,
}

impl Pipe {
    fn new(stdin: ChildStdin) -> Result<Self, CameraError> {
        let flags = rustix::fs::fcntl_getfl(&stdin).map_err(|e| CameraError::Pipe(e.into()))?;
        rustix::fs::fcntl_setfl(&stdin, flags | OFlags::NONBLOCK)
            .map_err(|e| CameraError::Pipe(e.into()))?;
        Ok(Self {
            stdin,
            pending: Vec::new(),
        })
    }

    /// Sends a message, or keeps what does not fit for [`Pipe::flush`]. A message already begun goes first.
    pub fn send(&mut self, message: &ToChild) -> Result<(), CameraError> {
        let bytes = wire::encode(message)?;
        self.pending.extend_from_slice(&bytes);
        self.flush().map(|_| ())
    }

    /// Writes what waits; `true` when nothing does any more.
    pub fn flush(&mut self) -> Result<bool, CameraError> {
        while !self.pending.is_empty() {
            match self.stdin.write(&self.pending) {
                Ok(n) => {
                    self.pending.drain(..n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(CameraError::Pipe(e)),
            }
        }
        Ok(true)
    }
}

/// A child that runs.
pub struct Running {
    process: Child,
    /// Tells its messages from those of the child before it.
    pub generation: u64,
    /// What it said it is doing.
    pub doing: Doing,
    /// When it last showed a sign of progress.
    pub heard_at: Millis,
    /// When it was started.
    pub started_at: Millis,
    /// It opened the camera.
    pub opened: bool,
    /// Shots it fired.
    pub shots: u32,
    /// It said farewell.
    pub ending: Option<(String, Presence)>,
    /// When its memory was last looked at.
    pub weighed_at: Millis,
}

/// What the reading thread passes on.
pub enum Heard {
    /// A message and when it came.
    Message(Box<FromChild>, Millis),
    /// The pipe ended, and the trouble if that was not in order.
    Closed(Option<CameraError>),
}

/// Starts a child; `hear` is called from its reading thread and answers whether to go on.
pub fn start(
    options: &Options,
    generation: u64,
    hear: impl Fn(Heard) -> bool + Send + 'static,
) -> Result<(Running, Pipe), CameraError> {
    let mut command = command(&options.child);
    let mut process = command
        .envs(options.child_env.iter().cloned())
        // So that libgphoto2 takes the camera's local time as it stands, like EXIF does.
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| CameraError::Spawn {
            program: PathBuf::from(command.get_program()),
            source,
        })?;
    let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(CameraError::Pipe(io::ErrorKind::BrokenPipe.into()));
    };
    let now = clock::boot_time();
    let running = Running {
        process,
        generation,
        doing: Doing::Seek,
        heard_at: now,
        started_at: now,
        opened: false,
        shots: 0,
        ending: None,
        weighed_at: now,
    };
    let pipe = Pipe::new(stdin)?;
    std::thread::Builder::new()
        .name("camera-pipe".to_owned())
        .spawn(move || listen(stdout, hear))
        .map_err(CameraError::Thread)?;
    Ok((running, pipe))
}

/// The child's command line.
pub fn command(child: &[std::ffi::OsString]) -> Command {
    let mut words = child.iter();
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    command
}

fn listen(stdout: ChildStdout, hear: impl Fn(Heard) -> bool) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let heard = match wire::read::<FromChild>(&mut stdout) {
            Ok(Some(message)) => Heard::Message(Box::new(message), clock::boot_time()),
            Ok(None) => Heard::Closed(None),
            Err(e) => Heard::Closed(Some(e)),
        };
        let last = matches!(heard, Heard::Closed(_));
        if !hear(heard) || last {
            return;
        }
    }
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it at once. The process is given back to be reaped: one stuck in the kernel can not be waited for.
    pub fn kill(mut self) -> Child {
        if let Err(error) = self.process.kill() {
            tracing::warn!(pid = self.process.id(), %error, "failed to kill the camera process");
        }
        self.process
    }

    /// Its resident memory.
    pub fn resident(&self) -> Option<Bytes> {
        let mut status = String::new();
        std::fs::File::open(format!("/proc/{}/status", self.id()))
            .ok()?
            .read_to_string(&mut status)
            .ok()?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(Bytes(kib * 1024))
    }
}
