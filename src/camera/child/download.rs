//! One file on its way from the card to `incoming/`: in pieces where the camera can, hashed as it comes.

use super::super::exif;
use super::super::wire::Doing;
use super::hashing::Hashing;
use super::turn::Wanted;
use super::{Body, BodyError, Piece, Voice};
use crate::clock;
use crate::model::{Bytes, CameraFile, Millis};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Asked for at a time: some 20 ms of USB 2, less than an event slice, so that a trigger never waits longer.
const PIECE: usize = 512 * 1024;

/// A camera may be busy between two pieces while it writes a shot to its card, but not for longer.
const BUSY_LIMIT: Millis = Millis(5_000);

/// Where a file lies until it is whole. What a killed process leaves there is nobody's and may be removed.
pub fn part(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Why a download did not arrive whole.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("failed to create {path}; the path must not exist yet and its folder must")]
    Create {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("failed to write {path}; check the free space")]
    Write {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Camera(#[from] BodyError),
    #[error("the hash of {path} could not be taken; it is still on the card")]
    Hash { path: String },
    #[error("{received} bytes arrived, the camera announced {announced}; it is still on the card")]
    Length { received: u64, announced: u64 },
}

impl Failure {
    /// The camera is well and has no such file.
    pub fn is_no_file(&self) -> bool {
        matches!(self, Failure::Camera(BodyError::NoFile(_)))
    }

    /// The broken session behind it, if that is what it was.
    pub fn into_gone(self) -> Option<BodyError> {
        match self {
            Failure::Camera(gone @ BodyError::Gone(_)) => Some(gone),
            _ => None,
        }
    }
}

/// A download that runs.
pub struct Download {
    wanted: Wanted,
    file: File,
    hash: Hashing,
    received: u64,
    announced: u64,
    modified_s: i64,
    busy_since: Option<Millis>,
}

impl Download {
    /// Asks for the size and creates the file, which must not exist (I3: nothing is ever overwritten).
    pub fn begin(body: &mut dyn Body, wanted: &Wanted) -> Result<Self, Failure> {
        let info = body.file_info(&wanted.key.folder, &wanted.key.name)?;
        let announced = info.size.0;
        if wanted.key.size_bytes != Bytes(0) && wanted.key.size_bytes.0 != announced {
            return Err(BodyError::NoFile(format!(
                "{} on the card is another file now",
                wanted.key.name
            ))
            .into());
        }
        let create = || {
            if wanted.to.try_exists()? {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let part = part(&wanted.to);
            // Left by a process that was killed: this one holds the lock, so nobody writes there.
            match fs::remove_file(&part) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let file = OpenOptions::new().write(true).create_new(true).open(part)?;
            Ok((file, Hashing::begin()?))
        };
        let (file, hash) = create().map_err(|source| Failure::Create {
            path: wanted.to.display().to_string(),
            source,
        })?;
        Ok(Self {
            wanted: Wanted {
                frame: wanted.frame.clone(),
                key: wanted.key.clone(),
                to: wanted.to.clone(),
            },
            file,
            hash,
            received: 0,
            announced,
            modified_s: info.modified_s,
            busy_since: None,
        })
    }

    /// One piece; `true` when that was the last.
    pub fn step(
        &mut self,
        body: &mut dyn Body,
        buffer: &mut Vec<u8>,
        voice: &mut Voice,
    ) -> Result<bool, Failure> {
        buffer.resize(PIECE, 0);
        let (folder, name) = (&self.wanted.key.folder, &self.wanted.key.name);
        match body.read(folder, name, self.received, buffer) {
            Ok(Piece::Bytes(0)) => Ok(true),
            Ok(Piece::Bytes(n)) => {
                self.busy_since = None;
                self.take(&buffer[..n])?;
                Ok(self.received >= self.announced)
            }
            Ok(Piece::WholeOnly) => self.take_whole(body, voice).map(|()| true),
            Err(BodyError::Busy(message)) => {
                let now = clock::boot_time();
                let since = *self.busy_since.get_or_insert(now);
                if now.since(since) > BUSY_LIMIT {
                    return Err(BodyError::Busy(message).into());
                }
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    fn take_whole(&mut self, body: &mut dyn Body, voice: &mut Voice) -> Result<(), Failure> {
        let (folder, name) = (self.wanted.key.folder.clone(), self.wanted.key.name.clone());
        let mut failure = None;
        let result = body.read_whole(&folder, &name, &mut |bytes| {
            // A broken pipe shows at the next message.
            let _ = voice.doing(Doing::Download);
            match self.take(bytes) {
                Ok(()) => true,
                Err(e) => {
                    failure = Some(e);
                    false
                }
            }
        });
        match (failure, result) {
            (Some(failure), _) => Err(failure),
            (None, result) => Ok(result?),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file
            .write_all(bytes)
            .map_err(|source| Failure::Write {
                path: self.wanted.to.display().to_string(),
                source,
            })?;
        self.hash.take(bytes);
        self.received += bytes.len() as u64;
        Ok(())
    }

    /// Compares the length and reads the EXIF time; leaves nothing behind when it came short.
    pub fn finish(self) -> (Wanted, Result<CameraFile, Failure>) {
        if self.received != self.announced {
            let failure = Failure::Length {
                received: self.received,
                announced: self.announced,
            };
            return (self.discard(), Err(failure));
        }
        let path = self.wanted.to.display().to_string();
        let Some(sha256) = self.hash.finish() else {
            let _ = fs::remove_file(part(&self.wanted.to));
            return (self.wanted, Err(Failure::Hash { path }));
        };
        // A link refuses an existing name where a rename would replace it.
        let part = part(&self.wanted.to);
        let named = fs::hard_link(&part, &self.wanted.to);
        // One name too many does no harm: the next download to this path removes it.
        let _ = fs::remove_file(&part);
        if let Err(source) = named {
            return (self.wanted, Err(Failure::Create { path, source }));
        }
        let said = exif::read(&self.wanted.to);
        let mut key = self.wanted.key.clone();
        if key.size_bytes == Bytes(0) {
            // Nothing could be told when it showed up; a later listing must know it again (I3).
            key.size_bytes = Bytes(self.announced);
            key.modified_s = self.modified_s;
        }
        let file = CameraFile {
            key,
            received_bytes: Bytes(self.received),
            sha256,
            exif_taken: said.taken_at,
            exif: said.settings,
            // The daemon's side knows these from the file's first notice, across restarts of this process.
            quiet_since: Millis(0),
            seen_at: clock::boot_time(),
        };
        (self.wanted, Ok(file))
    }

    /// Takes back what was begun.
    pub fn discard(self) -> Wanted {
        // If it cannot be removed, the next attempt at this path says so.
        let _ = fs::remove_file(part(&self.wanted.to));
        self.wanted
    }
}
