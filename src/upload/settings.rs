//! What the config says of a destination.

use super::error::UploadError;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What kind of place it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder that exists, for example on a mounted disk or share.
    Folder(PathBuf),
    /// A folder on a disk that comes and goes, found by its file system's label.
    Disk {
        /// The label.
        label: String,
        /// Within the disk; empty for its top.
        folder: PathBuf,
    },
    /// A bucket of an S3-compatible service.
    S3(S3),
    /// A WebDAV folder, by its URL.
    WebDav {
        /// Ends with a slash or not.
        url: String,
    },
    /// A folder on an SSH server.
    Sftp(Sftp),
    /// A plain HTTPS intake, such as schools write themselves.
    Intake(Intake),
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// For example `https://oss-cn-hangzhou.aliyuncs.com`.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// For example `oss-cn-hangzhou`.
    pub region: String,
    /// What every key begins with; empty for nothing.
    pub prefix: String,
    /// `bucket.host/key` instead of `host/bucket/key`.
    pub virtual_host: bool,
}

/// A folder over SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sftp {
    /// Name or address.
    pub host: String,
    /// 22 as a rule.
    pub port: u16,
    /// Whom the credential file's key belongs to.
    pub user: String,
    /// From the server's root on.
    pub folder: String,
}

/// How a file is handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// As the body of a `PUT`.
    #[default]
    Put,
    /// As a part of a `POST`ed form.
    PostForm,
}

/// Where in an answer something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// A header's value.
    Header(String),
    /// A JSON pointer (RFC 6901) into the body.
    Json(String),
}

impl Spot {
    /// Reads `header:X-Checksum` or `json:/data/sha256`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("header", name) if http::HeaderName::try_from(name).is_ok() => {
                Some(Self::Header(name.to_owned()))
            }
            ("json", pointer) if pointer.starts_with('/') => Some(Self::Json(pointer.to_owned())),
            _ => None,
        }
    }
}

/// An intake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// With `{key}` where the name goes, for `PUT`.
    pub url: String,
    /// How.
    pub method: Method,
    /// The form's field that carries the file.
    pub form_file: String,
    /// The form's other fields, values with `{session}`, `{serial}`, `{student}`, `{frame}`, `{key}` and `{sha256}`.
    pub form: BTreeMap<String, String>,
    /// The header that carries an identity of the content under its name, the same for every repeat.
    pub idempotency_header: String,
    /// Where the answer has the SHA-256 of what was taken, in hexadecimal.
    pub receipt_sha256: Option<Spot>,
    /// Its MD5.
    pub receipt_md5: Option<Spot>,
    /// Its size, bytes.
    pub receipt_size: Option<Spot>,
    /// Their own number for it.
    pub receipt_id: Option<Spot>,
}

/// How well a transfer has to be proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// By what the destination can prove at little cost.
    #[default]
    Auto,
    /// By reading everything back.
    ReadBack,
}

/// A destination as the config has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its name in the config, by which the outbox knows it.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// How well a transfer has to be proven.
    pub verify: Verify,
    /// The file with its secrets; `None` for the systemd credential of its name, or none at all.
    pub credential_file: Option<PathBuf>,
    /// Further trust roots, PEM.
    pub ca_file: Option<PathBuf>,
    /// Whether it is worth a network that costs money.
    pub on_metered: bool,
}

impl Settings {
    /// One that is no more than a folder.
    pub fn folder(name: &str, folder: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::Folder(folder),
            verify: Verify::Auto,
            credential_file: None,
            ca_file: None,
            on_metered: true,
        }
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> UploadError {
        UploadError::Settings {
            destination: self.name.clone(),
            what: what.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_is_a_header_or_a_pointer() {
        let header = Spot::Header("X-Sum".into());
        assert_eq!(Spot::parse("header:X-Sum"), Some(header));
        assert_eq!(Spot::parse("json:/a/b"), Some(Spot::Json("/a/b".into())));
        for text in ["X-Sum", "header:", "header:a b", "json:a", "body:/a", ""] {
            assert_eq!(Spot::parse(text), None, "{text}");
        }
    }
}
