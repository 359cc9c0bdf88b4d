//! The child's end of the pipe to the daemon.

use super::super::wire::{self, Doing, FromChild, Presence, VERSION};
use super::super::{CameraError, Notice};
use crate::clock;
use crate::model::Millis;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};

/// A sign of life at least this often while work goes on: a fraction of the shortest sensible deadline.
const BEAT: Millis = Millis(100);

/// Speaks to the daemon. A pipe that broke ends the child.
pub struct Voice {
    pipe: File,
    said: Option<Doing>,
    said_at: Millis,
    /// Last moment the event queue was known empty.
    pub quiet_since: Millis,
}

impl Voice {
    /// Takes standard output for the protocol and points descriptor 1 at standard error, where a camera driver's
    /// own prints do no harm.
    pub fn take_stdout() -> Result<Self, CameraError> {
        let pipe = std::io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .map_err(CameraError::Pipe)?;
        // SAFETY: descriptor 1 is open (it was just cloned) and `ManuallyDrop` keeps it so.
        #[allow(unsafe_code)]
        let mut stdout = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(1) });
        rustix::io::dup2(std::io::stderr(), &mut stdout)
            .map_err(|e| CameraError::Pipe(e.into()))?;
        Ok(Self {
            pipe: pipe.into(),
            said: None,
            said_at: Millis(0),
            quiet_since: Millis(0),
        })
    }

    /// The first message.
    pub fn hello(&mut self) -> Result<(), CameraError> {
        wire::write(&mut self.pipe, &FromChild::Hello { version: VERSION })
    }

    /// Says what is being done, when that changed or a beat is due.
    pub fn doing(&mut self, doing: Doing) -> Result<(), CameraError> {
        let now = clock::boot_time();
        if self.said == Some(doing) && now.since(self.said_at) < BEAT {
            return Ok(());
        }
        self.said = Some(doing);
        self.said_at = now;
        let quiet_since = self.quiet_since;
        wire::write(&mut self.pipe, &FromChild::Doing { doing, quiet_since })
    }

    /// Says something for the daemon.
    pub fn notice(&mut self, notice: Notice) -> Result<(), CameraError> {
        wire::write(&mut self.pipe, &FromChild::Notice(notice))
    }

    /// The last message.
    pub fn ending(&mut self, why: &str, camera: Presence) -> Result<(), CameraError> {
        let why = why.to_owned();
        wire::write(&mut self.pipe, &FromChild::Ending { why, camera })
    }
}
