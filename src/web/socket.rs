//! The Unix socket: who may bind it, and what is done about one that lies there already.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Longest path of a Unix socket in bytes: `sun_path` is 108, its end a zero byte.
const PATH_MAX_BYTES: usize = 107;

/// Where the daemon listens and clients look unless they are told otherwise.
pub const DEFAULT_SOCKET: &str = "/run/shutterline/shutterline.sock";

/// Owner and group may connect (which needs write permission), nobody else.
const MODE: u32 = 0o660;

/// Why the socket could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The folder is not there.
    #[error(
        "the folder {folder} of the socket {path} is missing; create it (systemd: RuntimeDirectory=shutterline) or name another with --socket",
        folder = folder.display(),
        path = path.display()
    )]
    FolderMissing {
        /// The folder.
        folder: PathBuf,
        /// The socket.
        path: PathBuf,
    },
    /// The kernel takes no path this long.
    #[error(
        "the socket path {path} is {length} bytes long, and the kernel takes {PATH_MAX_BYTES}; name a shorter one with --socket",
        path = path.display()
    )]
    TooLong {
        /// The socket.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// Somebody answers there.
    #[error(
        "another program answers on {path}; stop it (systemctl stop shutterline) or name another socket with --socket",
        path = path.display()
    )]
    Live {
        /// The socket.
        path: PathBuf,
    },
    /// A file or folder has that name.
    #[error(
        "{path} is there and is no socket; it was left alone: move it away or name another socket with --socket",
        path = path.display()
    )]
    NotASocket {
        /// What lies there.
        path: PathBuf,
    },
    /// The system said no.
    #[error(
        "failed to {step} the socket {path}; look at the rights of its folder, or name another with --socket",
        path = path.display()
    )]
    Io {
        /// `bind`, `remove the stale`, …
        step: &'static str,
        /// The socket.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Binds the control socket with mode 0660.
///
/// Call it only after `Archive::open`: a stale socket (a file on which nobody answers) is removed here, and only
/// the holder of the data folder's lock may do that. Without the lock, two daemons starting together would each
/// take the other's fresh socket for a stale one.
pub fn bind(path: &Path) -> Result<UnixListener, BindError> {
    bind_with_mode(path, MODE)
}

/// [`bind`], with the mode that the config gives.
pub fn bind_with_mode(path: &Path, mode: u32) -> Result<UnixListener, BindError> {
    let length = path.as_os_str().len();
    if length > PATH_MAX_BYTES {
        return Err(BindError::TooLong {
            path: path.to_owned(),
            length,
        });
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Without a config the station runs on the defaults, and nobody made this folder for it. Any other is somebody's
    // decision, and a missing one more likely a slip of the pen.
    let ours = path == Path::new(DEFAULT_SOCKET) && std::fs::create_dir(folder).is_ok();
    if !ours && !folder.is_dir() {
        return Err(BindError::FolderMissing {
            folder: folder.to_owned(),
            path: path.to_owned(),
        });
    }
    clear_stale(path)?;
    let failed = |step| {
        move |source| BindError::Io {
            step,
            path: path.to_owned(),
            source,
        }
    };
    // Until the mode is set the socket has 0777 less the umask; under the usual 022 only the owner may connect.
    let listener = UnixListener::bind(path).map_err(failed("bind"))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .map_err(failed("set the mode of"))?;
    Ok(listener)
}

/// Removes a socket on which nobody answers; refuses everything else that has its name.
fn clear_stale(path: &Path) -> Result<(), BindError> {
    let failed = |step, source| BindError::Io {
        step,
        path: path.to_owned(),
        source,
    };
    let kind = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta.file_type(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed("look at", e)),
    };
    if !kind.is_socket() {
        return Err(BindError::NotASocket {
            path: path.to_owned(),
        });
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(BindError::Live {
            path: path.to_owned(),
        }),
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
            tracing::info!(socket = %path.display(), "removing a stale socket");
            std::fs::remove_file(path).map_err(|e| failed("remove the stale", e))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        // A listener whose backlog is full is alive, only busy.
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(BindError::Live {
            path: path.to_owned(),
        }),
        Err(e) => Err(failed("try", e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    }

    #[test]
    fn the_mode_is_0660() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sock");
        let runtime = runtime();
        let _in = runtime.enter();
        let _listener = bind(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
    }

    #[test]
    fn a_missing_folder_is_named_with_the_next_step() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gone/s.sock");
        let runtime = runtime();
        let _in = runtime.enter();
        let error = bind(&path).unwrap_err();
        assert!(matches!(error, BindError::FolderMissing { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("/gone of the socket"), "{text}");
        assert!(text.contains("create it"), "{text}");
        assert!(!dir.path().join("gone").exists());
    }

    #[test]
    fn a_stale_socket_makes_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sock");
        let runtime = runtime();
        let _in = runtime.enter();
        drop(bind(&path).unwrap());
        assert!(path.exists(), "a dropped listener leaves its file");
        let _listener = bind(&path).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn a_live_socket_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sock");
        let runtime = runtime();
        let _in = runtime.enter();
        let _first = bind(&path).unwrap();
        let error = bind(&path).unwrap_err();
        assert!(matches!(error, BindError::Live { .. }), "{error}");
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn a_file_of_that_name_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sock");
        std::fs::write(&path, "precious").unwrap();
        let runtime = runtime();
        let _in = runtime.enter();
        let error = bind(&path).unwrap_err();
        assert!(matches!(error, BindError::NotASocket { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_path_too_long_is_refused_before_the_kernel_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x".repeat(120));
        let runtime = runtime();
        let _in = runtime.enter();
        let error = bind(&path).unwrap_err();
        assert!(matches!(error, BindError::TooLong { .. }), "{error}");
    }
}
