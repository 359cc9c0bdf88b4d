//! Why a file did not arrive, whether waiting helps, and whether the others fare better.

use std::path::PathBuf;

/// The longest part of what a server said that is kept, in characters.
const SAID: usize = 300;

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

/// Whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This file.
    File,
    /// Everything that goes there.
    Destination,
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
    /// The destination's disk is not there.
    #[error(
        "{destination}: no disk labelled {label} is mounted; plug it in, sending goes on by itself"
    )]
    DiskMissing {
        /// Which destination.
        destination: String,
        /// The label of its file system.
        label: String,
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
    /// Its credentials cannot be used.
    #[error("{destination}: the credential file {} {what}; sending goes on by itself after that", path.display())]
    Credential {
        /// Which destination.
        destination: String,
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do. Never what is in it.
        what: String,
    },
    /// The config does not fit the service.
    #[error(
        "{destination}: {what}; correct its [[destination]] in the config and restart the station"
    )]
    Settings {
        /// Which destination.
        destination: String,
        /// What is wrong.
        what: String,
    },
    /// The destination may not be written, or not with these credentials.
    #[error(
        "{destination}: not allowed to {doing} {key}: {said}; give the station the right to (its credentials, or who owns the folder), then run `shutterline upload retry`"
    )]
    Denied {
        /// Which destination.
        destination: String,
        /// What was being done.
        doing: &'static str,
        /// The name there.
        key: String,
        /// What the service said.
        said: String,
    },
    /// There is no room there, or no more is granted.
    #[error(
        "{destination}: no room for {key}: {said}; make room or raise the quota there, then run `shutterline upload retry`"
    )]
    NoRoom {
        /// Which destination.
        destination: String,
        /// The name there.
        key: String,
        /// What the service said.
        said: String,
    },
    /// It does not take this file under this name.
    #[error(
        "{destination}: {key} was refused (HTTP {status}): {said}; look at its `key` and `url` in the config, then run `shutterline upload retry`"
    )]
    Refused {
        /// Which destination.
        destination: String,
        /// The name there.
        key: String,
        /// The answer's status.
        status: u16,
        /// What the service said.
        said: String,
    },
    /// The bucket or the folder that everything should go to is not there.
    #[error(
        "{destination}: the place to {doing} {key} is not there: {said}; correct `bucket`, `url` or `folder` in the config, or create it, then run `shutterline upload retry`"
    )]
    NoPlace {
        /// Which destination.
        destination: String,
        /// What was being done.
        doing: &'static str,
        /// The name there.
        key: String,
        /// What the service said.
        said: String,
    },
    /// A campus portal answered in the server's place.
    #[error(
        "{destination}: something else answers in its place (HTTP {status}, to {to}); log in to the network's portal, sending goes on by itself"
    )]
    Portal {
        /// Which destination.
        destination: String,
        /// The answer's status.
        status: u16,
        /// Where it leads.
        to: String,
    },
    /// The SSH server is not known.
    #[error(
        "{destination}: the server's key is not known, or not the one that was known: {said}; compare it with the server's people and put it into /etc/ssh/ssh_known_hosts (`ssh-keyscan`), sending goes on by itself"
    )]
    HostKey {
        /// Which destination.
        destination: String,
        /// What ssh said.
        said: String,
    },
    /// The server finds our clock wrong.
    #[error(
        "{destination}: it refuses the station's clock; set the time (`timedatectl`), sending goes on by itself"
    )]
    Clock {
        /// Which destination.
        destination: String,
    },
    /// The destination failed otherwise.
    #[error(
        "{destination}: failed to {doing} {key}: {said}; sending goes on by itself, look after the disk or network if it stays so"
    )]
    Failed {
        /// Which destination.
        destination: String,
        /// What was being done.
        doing: &'static str,
        /// The name there.
        key: String,
        /// What the service said.
        said: String,
    },
    /// What was written does not read back.
    #[error(
        "{destination}: {key} does not read back as it was sent ({found}); it is sent again, check that disk or server if it stays so"
    )]
    Mismatch {
        /// Which destination.
        destination: String,
        /// The name there.
        key: String,
        /// What was found instead.
        found: String,
    },
    /// The server took it and did not say so in the way that the config names.
    #[error(
        "{destination}: {key} was taken without a receipt ({found}); correct `receipt-…` in the config or the server, then run `shutterline upload retry`"
    )]
    NoReceipt {
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
    /// What was sent there cannot be taken back.
    #[error(
        "{destination}: {key} cannot be removed there by the station; have it removed by hand, then run `shutterline upload skip`"
    )]
    NoRemoval {
        /// Which destination.
        destination: String,
        /// The name there.
        key: String,
    },
    /// Nothing moved for [`Pace::patience`](super::Pace::patience).
    #[error(
        "{destination}: nothing moved for {seconds} s; sending goes on by itself, look after the network if it stays so"
    )]
    TooSlow {
        /// Which destination.
        destination: String,
        /// The patience.
        seconds: u64,
    },
}

/// What was being done, where, under which name: the frame of an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doing<'a> {
    pub(super) destination: &'a str,
    pub(super) doing: &'static str,
    pub(super) key: &'a str,
}

impl Doing<'_> {
    /// What a service of OpenDAL said, told apart by what a person would do about it. `status` is the last HTTP status, where
    /// there was one.
    pub(super) fn service(self, error: &opendal::Error, status: Option<u16>) -> UploadError {
        use opendal::ErrorKind as Kind;
        let said = spoken(error);
        if let Some(error) = self.clock(&said) {
            return error;
        }
        if said.contains("Host key verification failed") {
            return UploadError::HostKey {
                destination: self.destination.to_owned(),
                said,
            };
        }
        if said.contains("Permission denied (") {
            return self.denied(said);
        }
        let known = status.filter(|s| *s >= 300 && *s != 404);
        if let Some(error) = known.and_then(|status| self.status(status, &said)) {
            return error;
        }
        match error.kind() {
            Kind::PermissionDenied => self.denied(said),
            Kind::ConfigInvalid | Kind::NotFound => UploadError::NoPlace {
                destination: self.destination.to_owned(),
                doing: self.doing,
                key: self.key.to_owned(),
                said,
            },
            _ => self.failed(said),
        }
    }

    /// What an HTTP status means; `None` for one that means nothing in particular.
    fn status(self, status: u16, said: &str) -> Option<UploadError> {
        let destination = self.destination.to_owned();
        let (key, said) = (self.key.to_owned(), said.to_owned());
        Some(match status {
            300..=399 => UploadError::Portal {
                destination,
                status,
                to: said,
            },
            401 | 403 | 407 => self.denied(said),
            413 | 507 => UploadError::NoRoom {
                destination,
                key,
                said,
            },
            // Somebody else's request just then, or too many: waiting helps.
            408 | 423 | 425 | 429 => self.failed(format!("HTTP {status}: {said}")),
            404 | 410 => UploadError::NoPlace {
                destination,
                doing: self.doing,
                key,
                said,
            },
            400..=499 => UploadError::Refused {
                destination,
                key,
                status,
                said,
            },
            500..=599 => self.failed(format!("HTTP {status}: {said}")),
            _ => return None,
        })
    }

    /// An answer that is no success.
    pub(super) fn answered(self, status: u16, said: String) -> UploadError {
        let known = self.clock(&said).or_else(|| self.status(status, &said));
        known.unwrap_or_else(|| self.failed(format!("HTTP {status}: {said}")))
    }

    /// What a bucket says of a request that was signed at the wrong time.
    fn clock(self, said: &str) -> Option<UploadError> {
        let skewed = said.contains("RequestTimeTooSkewed") || said.contains("RequestExpired");
        skewed.then(|| UploadError::Clock {
            destination: self.destination.to_owned(),
        })
    }

    pub(super) fn failed(self, said: String) -> UploadError {
        UploadError::Failed {
            destination: self.destination.to_owned(),
            doing: self.doing,
            key: self.key.to_owned(),
            said,
        }
    }

    fn denied(self, said: String) -> UploadError {
        UploadError::Denied {
            destination: self.destination.to_owned(),
            doing: self.doing,
            key: self.key.to_owned(),
            said,
        }
    }
}

/// What an error of OpenDAL says, without the requests and headers that its own display lists.
fn spoken(error: &opendal::Error) -> String {
    let mut text = error.message().to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    short(&text)
}

/// One line, and no more of it than a person reads.
pub(super) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SAID) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None if line.is_empty() => "no reason given".to_owned(),
        None => line,
    }
}

impl UploadError {
    /// Whether waiting helps.
    pub fn persistence(&self) -> Persistence {
        match self {
            Self::FolderMissing { .. }
            | Self::DiskMissing { .. }
            | Self::Credential { .. }
            | Self::Settings { .. }
            | Self::Portal { .. }
            | Self::HostKey { .. }
            | Self::Clock { .. }
            | Self::Failed { .. }
            | Self::Mismatch { .. }
            | Self::TooSlow { .. } => Persistence::Passing,
            Self::Source { .. } | Self::SourceChanged { .. } | Self::NoReceipt { .. } => {
                Persistence::Doubtful
            }
            Self::NotAFolder { .. }
            | Self::Denied { .. }
            | Self::NoRoom { .. }
            | Self::Refused { .. }
            | Self::NoPlace { .. }
            | Self::Name { .. }
            | Self::NoRemoval { .. } => Persistence::Lasting,
        }
    }

    /// Whether the next file would fare better.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Source { .. }
            | Self::SourceChanged { .. }
            | Self::Name { .. }
            | Self::NoRemoval { .. }
            | Self::Refused { .. }
            | Self::Mismatch { .. }
            | Self::NoReceipt { .. } => Scope::File,
            _ => Scope::Destination,
        }
    }

    /// Whether looking again costs nothing: a folder or a disk of this machine.
    pub(super) fn is_local(&self) -> bool {
        matches!(
            self,
            Self::FolderMissing { .. } | Self::DiskMissing { .. } | Self::Credential { .. }
        )
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

    const DOING: Doing<'static> = Doing {
        destination: "office",
        doing: "write",
        key: "a.JPG",
    };

    #[test]
    fn only_what_waiting_cannot_help_is_parked_at_once() {
        let of = |kind, status| {
            let error = opendal::Error::new(kind, "no");
            DOING.service(&error, status).persistence()
        };
        assert_eq!(of(ErrorKind::PermissionDenied, None), Persistence::Lasting);
        assert_eq!(of(ErrorKind::Unexpected, None), Persistence::Passing);
        assert_eq!(of(ErrorKind::RateLimited, None), Persistence::Passing);
        assert_eq!(of(ErrorKind::Unexpected, Some(507)), Persistence::Lasting);
        assert_eq!(of(ErrorKind::Unexpected, Some(503)), Persistence::Passing);
        assert_eq!(of(ErrorKind::Unexpected, Some(302)), Persistence::Passing);
        assert_eq!(
            of(ErrorKind::ConfigInvalid, Some(404)),
            Persistence::Lasting
        );
    }

    #[test]
    fn a_refused_file_stops_no_other_and_a_dead_server_all() {
        let refused = DOING.status(409, "exists").unwrap();
        assert_eq!(refused.scope(), Scope::File);
        let dead = DOING.status(502, "bad gateway").unwrap();
        assert_eq!(dead.scope(), Scope::Destination);
        let full = DOING.status(507, "").unwrap();
        assert_eq!(full.scope(), Scope::Destination);
    }

    #[test]
    fn a_wrong_clock_is_no_wrong_key() {
        let error = opendal::Error::new(ErrorKind::PermissionDenied, "RequestTimeTooSkewed");
        let told = DOING.service(&error, Some(403));
        assert_eq!(told.persistence(), Persistence::Passing);
        assert!(told.to_string().contains("timedatectl"), "{told}");
    }

    #[test]
    fn what_a_server_says_is_cut_to_what_a_person_reads() {
        assert_eq!(short("a\n  b"), "a b");
        assert_eq!(short(&"长".repeat(999)).chars().count(), SAID + 1);
    }
}
