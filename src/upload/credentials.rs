//! Secrets of destinations: read from a systemd credential or a file that only its owner reads, held in memory, never shown.

use super::error::UploadError;
use serde::Deserialize;
use std::fmt;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where systemd puts a service's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Larger than any key, smaller than a mistake, bytes.
const LARGEST: u64 = 64 * 1024;

/// A text that no log, error or status shows.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever sends it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a credential file may hold; a destination takes what its kind needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Credentials {
    pub(super) access_key_id: Option<Secret>,
    pub(super) secret_access_key: Option<Secret>,
    pub(super) session_token: Option<Secret>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) token: Option<Secret>,
}

/// Where a destination's credentials lie: the file that the config names, else the systemd credential `destination_<name>`.
pub(super) fn place(destination: &str, named: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = named {
        return Some(path.to_owned());
    }
    let folder = std::env::var_os(CREDENTIALS_DIRECTORY)?;
    let path = PathBuf::from(folder).join(format!("destination_{destination}"));
    path.exists().then_some(path)
}

/// Makes sure that a file may hold a secret: nobody but its owner reads it. Systemd's own credentials are guarded by their folder
/// and may be readable for the group.
pub(super) fn guarded(destination: &str, path: &Path) -> Result<(), UploadError> {
    let wrong = |what: String| UploadError::Credential {
        destination: destination.to_owned(),
        path: path.to_owned(),
        what,
    };
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(wrong("is not there; write it".to_owned()));
        }
        Err(e) => return Err(wrong(format!("cannot be read ({e})"))),
    };
    let systemds = std::env::var_os(CREDENTIALS_DIRECTORY).is_some_and(|f| path.starts_with(f));
    let mode = meta.permissions().mode() & 0o777;
    if !meta.is_file() {
        return Err(wrong("is no file".to_owned()));
    }
    if !systemds && mode & 0o077 != 0 {
        return Err(wrong(format!(
            "can be read by others (mode {mode:04o}); run `chmod 600 {}`",
            path.display()
        )));
    }
    if meta.len() > LARGEST {
        return Err(wrong("is too large for a credential".to_owned()));
    }
    Ok(())
}

/// Reads a destination's credentials; none where it has no file.
pub(super) fn read(destination: &str, named: Option<&Path>) -> Result<Credentials, UploadError> {
    let Some(path) = place(destination, named) else {
        return Ok(Credentials::default());
    };
    guarded(destination, &path)?;
    let wrong = |what: String| UploadError::Credential {
        destination: destination.to_owned(),
        path: path.clone(),
        what,
    };
    let text =
        std::fs::read_to_string(&path).map_err(|e| wrong(format!("cannot be read ({e})")))?;
    // The parser's own words would quote the line, and with it the secret.
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |span| {
            1 + text.get(..span.start).unwrap_or_default().matches('\n').count()
        });
        wrong(format!(
            "is not understood at line {line}; write lines like password = \"…\" with access-key-id, secret-access-key, session-token, username, password or token"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("office");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_guarded_file_is_read_and_never_shown() {
        let (_folder, path) = file("username = \"photo\"\npassword = \"x9-hush\"\n", 0o600);
        let read = read("office", Some(&path)).unwrap();
        assert_eq!(read.password.as_ref().unwrap().reveal(), "x9-hush");
        assert!(!format!("{read:?}").contains("hush"), "{read:?}");
    }

    #[test]
    fn what_others_can_read_is_refused_with_the_remedy() {
        let (_folder, path) = file("token = \"x9-hush\"\n", 0o640);
        let text = read("office", Some(&path)).unwrap_err().to_string();
        assert!(
            text.contains("chmod 600") && text.contains("0640"),
            "{text}"
        );
    }

    #[test]
    fn a_mistake_in_it_is_told_without_its_words() {
        let (_folder, path) = file("username = \"photo\"\npasword = \"x9-hush\"\n", 0o600);
        let text = read("office", Some(&path)).unwrap_err().to_string();
        assert!(text.contains("line 2") && !text.contains("hush"), "{text}");
        let missing = read("office", Some(Path::new("/nowhere/office"))).unwrap_err();
        assert!(missing.to_string().contains("is not there"), "{missing}");
    }
}
