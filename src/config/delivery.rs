//! `[upload]` and `[[destination]]`: where frames go, how fast, and what of them.

use super::check::Findings;
use super::section::Section;
use crate::model::{Goods, KeyTemplate, Millis};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// When transfers let the venue be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QuietRule {
    /// `frame`: while a frame is on its way to its light.
    #[default]
    Frame,
    /// `session`: while a session is open.
    Session,
}

/// A time of the day with a limit of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// `from`: `07:30`.
    pub from: String,
    /// `to`: `18:00`; before `from` where it reaches over midnight.
    pub to: String,
    /// `limit-kb-s`: thousand bytes a second; 0 for none.
    pub limit_kb_s: u32,
}

impl Hours {
    /// First minute of the day and the minute after its last; `None` where they cannot be read.
    pub fn minutes(&self) -> Option<(u16, u16)> {
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        Some((minute(&self.from)?, minute(&self.to)?)).filter(|(from, to)| from != to)
    }
}

/// `[upload]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// `backoff-first-ms`: the wait before a second attempt is drawn from 0 to this; doubled each time; 2000.
    pub backoff_first: Millis,
    /// `backoff-max-ms`: the span to draw from never grows past this; 300 000.
    pub backoff_max: Millis,
    /// `parallel`: files sent side by side to each destination; 2.
    pub parallel: u8,
    /// `limit-kb-s`: thousand bytes a second, over all destinations; 0 for none.
    pub limit_kb_s: u32,
    /// `schedule`: other limits at some times of the day.
    pub schedule: Vec<Hours>,
    /// `quiet`: when nothing is sent; `frame`.
    pub quiet: QuietRule,
}

impl Default for Upload {
    fn default() -> Self {
        Self {
            backoff_first: Millis(2000),
            backoff_max: Millis(300_000),
            parallel: 2,
            limit_kb_s: 0,
            schedule: Vec::new(),
            quiet: QuietRule::Frame,
        }
    }
}

/// What kind of place a destination is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DestinationKind {
    /// `fs`: a folder, for example on a mounted disk or share.
    #[default]
    Fs,
    /// `s3`: a bucket of an S3-compatible service.
    S3,
    /// `webdav`: a WebDAV folder.
    WebDav,
    /// `sftp`: a folder on an SSH server.
    Sftp,
    /// `intake`: a plain HTTPS intake.
    Intake,
}

impl DestinationKind {
    const ALL: [Self; 5] = [Self::Fs, Self::S3, Self::WebDav, Self::Sftp, Self::Intake];

    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fs => "fs",
            Self::S3 => "s3",
            Self::WebDav => "webdav",
            Self::Sftp => "sftp",
            Self::Intake => "intake",
        }
    }
}

/// How well a transfer has to be proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VerifyRule {
    /// `auto`: by what the destination can prove at little cost.
    #[default]
    Auto,
    /// `read-back`: by reading everything back.
    ReadBack,
}

/// How an intake is handed a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IntakeMethod {
    /// `put`: as the body.
    #[default]
    Put,
    /// `post-form`: as a part of a form.
    PostForm,
}

/// `[[destination]]`. What belongs to other kinds stays at its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// `name`: by which the outbox knows it; never change it while frames wait for it. No default.
    pub name: String,
    /// `kind`.
    pub kind: DestinationKind,
    /// `send`: what goes there; originals and RAWs.
    pub send: Vec<Goods>,
    /// `required`: whether a photo stays on the station until this destination has it; `true`.
    pub required: bool,
    /// `priority`: 0 to 9, smaller goes first; 1.
    pub priority: u8,
    /// `key`: what files of frames are called there.
    pub key: String,
    /// `manifest-key`: what manifests are called there.
    pub manifest_key: String,
    /// `verify`.
    pub verify: VerifyRule,
    /// `on-metered`: whether it is worth a network that costs money; `true`.
    pub on_metered: bool,
    /// `credential-file`: its secrets; the systemd credential of its name otherwise.
    pub credential_file: Option<PathBuf>,
    /// `ca-file`: further trust roots.
    pub ca_file: Option<PathBuf>,
    /// `folder`: `fs`, where files go; must exist (a disk that is not mounted must not be mistaken for one). `sftp`, the same there.
    pub folder: PathBuf,
    /// `disk-label`: `fs`, the disk that the folder is on.
    pub disk_label: String,
    /// `endpoint`: `s3`.
    pub endpoint: String,
    /// `bucket`: `s3`.
    pub bucket: String,
    /// `region`: `s3`.
    pub region: String,
    /// `prefix`: `s3`, what every name begins with.
    pub prefix: String,
    /// `addressing`: `s3`, `true` for `virtual`.
    pub virtual_host: bool,
    /// `url`: `webdav` and `intake`.
    pub url: String,
    /// `host`: `sftp`.
    pub host: String,
    /// `port`: `sftp`; 22.
    pub port: u16,
    /// `user`: `sftp`.
    pub user: String,
    /// `method`: `intake`.
    pub method: IntakeMethod,
    /// `form-file`: `intake`, the form's field for the file; `file`.
    pub form_file: String,
    /// `form`: `intake`, the form's other fields.
    pub form: BTreeMap<String, String>,
    /// `idempotency-header`: `intake`; `Idempotency-Key`.
    pub idempotency_header: String,
    /// `receipt-sha256`: `intake`, where the answer has it.
    pub receipt_sha256: String,
    /// `receipt-md5`: `intake`.
    pub receipt_md5: String,
    /// `receipt-size`: `intake`.
    pub receipt_size: String,
    /// `receipt-id`: `intake`.
    pub receipt_id: String,
}

impl Default for Destination {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: DestinationKind::Fs,
            send: vec![Goods::Originals, Goods::Raw],
            required: true,
            priority: 1,
            key: KeyTemplate::DEFAULT.to_owned(),
            manifest_key: KeyTemplate::DEFAULT_MANIFEST.to_owned(),
            verify: VerifyRule::Auto,
            on_metered: true,
            credential_file: None,
            ca_file: None,
            folder: PathBuf::new(),
            disk_label: String::new(),
            endpoint: String::new(),
            bucket: String::new(),
            region: String::new(),
            prefix: String::new(),
            virtual_host: true,
            url: String::new(),
            host: String::new(),
            port: 22,
            user: String::new(),
            method: IntakeMethod::Put,
            form_file: "file".to_owned(),
            form: BTreeMap::new(),
            idempotency_header: "Idempotency-Key".to_owned(),
            receipt_sha256: String::new(),
            receipt_md5: String::new(),
            receipt_size: String::new(),
            receipt_id: String::new(),
        }
    }
}

pub(super) fn read_upload(s: &mut Section, upload: &mut Upload) {
    s.span("backoff-first-ms", &mut upload.backoff_first);
    s.span("backoff-max-ms", &mut upload.backoff_max);
    s.number("parallel", "a whole number", &mut upload.parallel);
    s.number("limit-kb-s", "a whole number", &mut upload.limit_kb_s);
    let rules = [("frame", QuietRule::Frame), ("session", QuietRule::Session)];
    s.word("quiet", &mut upload.quiet, &rules);
    s.each("schedule", |s| {
        let mut hours = Hours::default();
        s.text("from", &mut hours.from);
        s.text("to", &mut hours.to);
        s.number("limit-kb-s", "a whole number", &mut hours.limit_kb_s);
        // Without the table this is only asked for its keys.
        if s.is_there() {
            upload.schedule.push(hours);
        }
    });
}

/// Only the keys of its kind are known; without a table, those of every kind.
pub(super) fn read_destination(s: &mut Section) -> Destination {
    let mut d = Destination::default();
    s.text("name", &mut d.name);
    let kinds = DestinationKind::ALL.map(|kind| (kind.as_str(), kind));
    s.word("kind", &mut d.kind, &kinds);
    let goods = Goods::ALL.map(|goods| (goods.as_str(), goods));
    s.words("send", &mut d.send, &goods);
    s.flag("required", &mut d.required);
    s.number("priority", "a whole number", &mut d.priority);
    s.text("key", &mut d.key);
    s.text("manifest-key", &mut d.manifest_key);
    let rules = [
        ("auto", VerifyRule::Auto),
        ("read-back", VerifyRule::ReadBack),
    ];
    s.word("verify", &mut d.verify, &rules);
    s.flag("on-metered", &mut d.on_metered);
    s.optional("credential-file", &mut d.credential_file);
    let kinds = match s.is_there() {
        true => vec![d.kind],
        false => DestinationKind::ALL.to_vec(),
    };
    for kind in kinds {
        read_place(s, kind, &mut d);
    }
    d
}

fn read_place(s: &mut Section, kind: DestinationKind, d: &mut Destination) {
    match kind {
        DestinationKind::Fs => {
            s.path("folder", &mut d.folder);
            s.text("disk-label", &mut d.disk_label);
        }
        DestinationKind::S3 => {
            s.text("endpoint", &mut d.endpoint);
            s.text("bucket", &mut d.bucket);
            s.text("region", &mut d.region);
            s.text("prefix", &mut d.prefix);
            let ways = [("virtual", true), ("path", false)];
            s.word("addressing", &mut d.virtual_host, &ways);
            s.optional("ca-file", &mut d.ca_file);
        }
        DestinationKind::WebDav => {
            s.text("url", &mut d.url);
            s.optional("ca-file", &mut d.ca_file);
        }
        DestinationKind::Sftp => {
            s.text("host", &mut d.host);
            s.number("port", "a port's number", &mut d.port);
            s.text("user", &mut d.user);
            s.path("folder", &mut d.folder);
        }
        DestinationKind::Intake => {
            s.text("url", &mut d.url);
            s.optional("ca-file", &mut d.ca_file);
            let methods = [
                ("put", IntakeMethod::Put),
                ("post-form", IntakeMethod::PostForm),
            ];
            s.word("method", &mut d.method, &methods);
            s.text("form-file", &mut d.form_file);
            if let Some(fields) = s.pairs("form") {
                d.form = fields.into_iter().collect();
            }
            s.text("idempotency-header", &mut d.idempotency_header);
            s.text("receipt-sha256", &mut d.receipt_sha256);
            s.text("receipt-md5", &mut d.receipt_md5);
            s.text("receipt-size", &mut d.receipt_size);
            s.text("receipt-id", &mut d.receipt_id);
        }
    }
}

impl Findings<'_> {
    pub(super) fn upload(&mut self) {
        let u = &self.config.upload;
        self.span("upload.backoff-first-ms", u.backoff_first, 1, 600_000);
        self.span("upload.backoff-max-ms", u.backoff_max, 1, 86_400_000);
        if u.backoff_first > u.backoff_max {
            self.note(
                "upload.backoff-first-ms",
                "the first wait is longer than the longest",
                format!("write at most backoff-max-ms ({})", u.backoff_max.0),
            );
        }
        for (number, hours) in u.schedule.iter().enumerate() {
            if hours.minutes().is_none() {
                self.note(
                    &format!("upload.schedule.{number}"),
                    format!("\"{}\" to \"{}\" is no part of a day", hours.from, hours.to),
                    "write two different times, for example from = \"07:30\", to = \"18:00\"",
                );
            }
        }
    }

    pub(super) fn destinations(&mut self) {
        let config = self.config;
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, destination) in config.destinations.iter().enumerate() {
            let key = |leaf: &str| {
                let exact = format!("destination.{number}.{leaf}");
                match config.line(&exact) {
                    Some(_) => exact,
                    None => format!("destination.{number}"),
                }
            };
            let name = &*destination.name;
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(plain) {
                self.note(
                    &key("name"),
                    format!("\"{name}\" is no name for a destination"),
                    "write name = \"…\" with letters, digits, - _ or .",
                );
            } else if let Some(first) = names.insert(name, number) {
                self.note(
                    &key("name"),
                    format!(
                        "destinations {} and {} are both called \"{name}\"",
                        first + 1,
                        number + 1
                    ),
                    "give each its own name",
                );
            }
            if let Err(error) = KeyTemplate::parse(&destination.key) {
                let next = format!("write for example key = \"{}\"", KeyTemplate::DEFAULT);
                self.note(&key("key"), error.to_string(), next);
            }
            if let Err(error) = KeyTemplate::parse_manifest(&destination.manifest_key) {
                let example = KeyTemplate::DEFAULT_MANIFEST;
                let next = format!("write for example manifest-key = \"{example}\"");
                self.note(&key("manifest-key"), error.to_string(), next);
            }
            if destination.send.is_empty() {
                self.note(
                    &key("send"),
                    "nothing would be sent there",
                    "name what goes there, for example send = [\"originals\"], or leave the destination out",
                );
            }
            if destination.priority > 9 {
                self.note(
                    &key("priority"),
                    "it is above 9",
                    "write 0 (first) to 9 (last)",
                );
            }
            self.place(destination, &key);
        }
    }

    fn place(&mut self, d: &Destination, key: &dyn Fn(&str) -> String) {
        let mut needs = |leaf: &str, value: &str, example: &str| {
            if value.is_empty() {
                let kind = d.kind.as_str();
                self.note(
                    &key(leaf),
                    format!("a destination of kind \"{kind}\" needs its {leaf}"),
                    format!("write {leaf} = \"{example}\""),
                );
            }
        };
        match d.kind {
            DestinationKind::Fs => {
                if d.disk_label.is_empty() {
                    needs("folder", &d.folder.to_string_lossy(), "/where/photos/go");
                }
            }
            DestinationKind::S3 => {
                needs(
                    "endpoint",
                    &d.endpoint,
                    "https://oss-cn-hangzhou.aliyuncs.com",
                );
                needs("bucket", &d.bucket, "graduates");
                needs("region", &d.region, "oss-cn-hangzhou");
            }
            DestinationKind::WebDav => needs("url", &d.url, "https://cloud.example.edu/dav/photo/"),
            DestinationKind::Sftp => {
                needs("host", &d.host, "files.example.edu");
                needs("user", &d.user, "photo");
                needs(
                    "folder",
                    &d.folder.to_string_lossy(),
                    "/home/photo/incoming",
                );
            }
            DestinationKind::Intake => {
                needs("url", &d.url, "https://school.example.edu/api/photos/{key}");
            }
        }
        if d.kind == DestinationKind::Fs {
            self.folder(d, key);
        }
        let relative = d.folder.is_relative() && !d.folder.as_os_str().is_empty();
        if d.kind == DestinationKind::Sftp && relative {
            self.note(
                &key("folder"),
                "it does not say where it begins",
                "write it from the server's root on, for example \"/home/photo/incoming\"",
            );
        }
        for (leaf, url) in [("endpoint", &d.endpoint), ("url", &d.url)] {
            if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
                self.note(
                    &key(leaf),
                    format!("\"{url}\" is no address of a server"),
                    "write it with https:// at its beginning",
                );
            }
        }
        if d.kind == DestinationKind::Intake {
            self.intake(d, key);
        }
    }

    fn folder(&mut self, d: &Destination, key: &dyn Fn(&str) -> String) {
        let data = &self.config.archive.data;
        if !d.disk_label.is_empty() && d.folder.is_absolute() {
            self.note(
                &key("folder"),
                "with disk-label the folder is one on that disk",
                "write it without a slash at its beginning, or leave it out for the disk's top",
            );
        }
        if d.disk_label.is_empty() && d.folder.starts_with(data) && d.folder.is_absolute() {
            self.note(
                &key("folder"),
                format!("it lies in the data folder {}", data.display()),
                "choose a folder outside, best on another disk",
            );
        }
    }

    fn intake(&mut self, d: &Destination, key: &dyn Fn(&str) -> String) {
        if d.method == IntakeMethod::Put && !d.url.contains("{key}") {
            self.note(
                &key("url"),
                "every file would be put under one address",
                "write {key} where the file's name goes, or method = \"post-form\"",
            );
        }
        if d.method == IntakeMethod::PostForm && d.verify == VerifyRule::ReadBack {
            self.note(
                &key("verify"),
                "what was posted as a form cannot be read back",
                "write verify = \"auto\", and name where the answer has the receipt",
            );
        }
        let receipts = [
            ("receipt-sha256", &d.receipt_sha256),
            ("receipt-md5", &d.receipt_md5),
            ("receipt-size", &d.receipt_size),
            ("receipt-id", &d.receipt_id),
        ];
        for (leaf, spot) in receipts {
            let known = spot.strip_prefix("header:").is_some_and(|n| !n.is_empty())
                || spot.starts_with("json:/");
            if !spot.is_empty() && !known {
                self.note(
                    &key(leaf),
                    format!("\"{spot}\" is no place in an answer"),
                    "write \"header:X-Checksum-Sha256\" or \"json:/data/sha256\"",
                );
            }
        }
        let proves = |(leaf, spot): &(&str, &String)| *leaf != "receipt-id" && !spot.is_empty();
        let proven = d.verify == VerifyRule::ReadBack || receipts.iter().any(proves);
        if d.required && !proven && !d.receipt_id.is_empty() {
            self.note(
                &key("receipt-id"),
                "a number says nothing of the bytes, and photos may be removed here once a required destination has them",
                "name receipt-sha256, receipt-md5 or receipt-size as well, or write required = false",
            );
        }
        if receipts.iter().all(|(_, spot)| spot.is_empty()) {
            self.note(
                &key("receipt-sha256"),
                "nothing would show that a file was taken",
                "name where the answer has a receipt: receipt-sha256, receipt-md5, receipt-size or receipt-id",
            );
        }
    }
}
