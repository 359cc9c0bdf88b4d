//! Why a file did not arrive, and whether waiting helps.

use std::path::PathBuf;

/// Whether an attempt is made again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Waiting may help: try again, for as long as it takes.
    Passing,
    /// It may be that the file was just moving: park it once this has happened a few times in a row.
    Doubtful,
    /// Waiting does not help: park it until a human retries.
    Lasting,
}

/// Why a file did not arrive. Each names the thing and the next step.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The destination's folder is not there.
    #[error(
        "{destination}: the folder {} is not there; mount its disk or create it, sending goes on by itself",
        folder.display()
    )]
    FolderMissing {
        /// Which destination.
        destination: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// The destination's folder is a file.
    #[error(
        "{destination}: {} is not a folder; correct `folder` in the config, then run `shutterline upload retry`",
        folder.display()
    )]
    NotAFolder {
        /// Which destination.
        destination: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// The destination may not be written.
    #[error(
        "{destination}: not allowed to {doing} {key}; let this user write there, then run `shutterline upload retry`"
    )]
    Denied {
        /// Which destination.
        destination: String,
        /// What was being done.
        doing: &'static str,
        /// The name there.
        key: String,
        /// What the service said.
        #[source]
        source: Box<opendal::Error>,
    },
    /// The destination failed otherwise.
    #[error(
        "{destination}: failed to {doing} {key}; sending goes on by itself, look after the disk or network if it stays so"
    )]
    Failed {
        /// Which destination.
        destination: String,
        /// What was being done.
        doing: &'static str,
        /// The name there.
        key: String,
        /// What the service said.
        #[source]
        source: Box<opendal::Error>,
    },
    /// What was written does not read back.
    #[error(
        "{destination}: {key} does not read back as it was sent ({found}); it is sent again, check that disk if it stays so"
    )]
    Mismatch {
        /// Which destination.
        destination: String,
        /// The name there.
        key: String,
        /// What was found instead.
        found: String,
    },
    /// The archive's file cannot be read.
    #[error("failed to read {} to send it; run `shutterline archive verify`, then `shutterline upload retry`", path.display())]
    Source {
        /// The file in the archive.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The archive's file is not what its row says.
    #[error(
        "{} is not what the archive noted of it, so it was not sent; run `shutterline archive verify`, then `shutterline upload retry`",
        path.display()
    )]
    SourceChanged {
        /// The file in the archive.
        path: PathBuf,
    },
    /// The name would leave the destination.
    #[error(
        "{destination}: {key:?} is no name within the destination; report it, the frame stays on the station"
    )]
    Name {
        /// Which destination.
        destination: String,
        /// The name there.
        key: String,
    },
    /// The outbox names a destination that the config does not.
    #[error("{destination} is not in the config; add it, then run `shutterline upload retry`")]
    Unknown {
        /// Which destination.
        destination: String,
    },
    /// It took longer than [`Pace::deadline`](super::Pace::deadline).
    #[error(
        "{destination}: no end after {seconds} s; sending goes on by itself, look after the network if it stays so"
    )]
    TooSlow {
        /// Which destination.
        destination: String,
        /// The deadline.
        seconds: u64,
    },
}

impl UploadError {
    /// What a service said, told apart by what a person would do about it.
    pub(super) fn service(
        destination: &str,
        doing: &'static str,
        key: &str,
        source: opendal::Error,
    ) -> Self {
        let (destination, key) = (destination.to_owned(), key.to_owned());
        let (kind, source) = (source.kind(), Box::new(source));
        match kind {
            opendal::ErrorKind::PermissionDenied => Self::Denied {
                destination,
                doing,
                key,
                source,
            },
            _ => Self::Failed {
                destination,
                doing,
                key,
                source,
            },
        }
    }

    /// Whether waiting helps.
    pub fn persistence(&self) -> Persistence {
        match self {
            Self::FolderMissing { .. }
            | Self::Failed { .. }
            | Self::Mismatch { .. }
            | Self::TooSlow { .. } => Persistence::Passing,
            Self::Source { .. } | Self::SourceChanged { .. } => Persistence::Doubtful,
            Self::NotAFolder { .. }
            | Self::Denied { .. }
            | Self::Name { .. }
            | Self::Unknown { .. } => Persistence::Lasting,
        }
    }

    /// The whole chain in one line, for the outbox.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opendal::ErrorKind;

    #[test]
    fn only_what_waiting_cannot_help_is_parked_at_once() {
        let of = |kind| {
            UploadError::service("office", "write", "a.JPG", opendal::Error::new(kind, "no"))
                .persistence()
        };
        assert_eq!(of(ErrorKind::PermissionDenied), Persistence::Lasting);
        assert_eq!(of(ErrorKind::Unexpected), Persistence::Passing);
        assert_eq!(of(ErrorKind::RateLimited), Persistence::Passing);
    }
}
