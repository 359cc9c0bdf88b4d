//! What leaves the station: which files go where, under which names, and how far they are.

use super::{Bytes, FileRole, Millis, WallMs};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a destination is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goods {
    /// The camera's JPEG, tagged.
    Originals,
    /// The camera's RAW, and the XMP beside it.
    Raw,
    /// The portrait of each student's proposed frame.
    Portraits,
    /// The check's report of each frame that is delivered.
    Reports,
    /// What a closed session delivers, and who did not come: one list a session.
    Manifests,
}

impl Goods {
    /// All there are.
    pub const ALL: [Goods; 5] = [
        Goods::Originals,
        Goods::Raw,
        Goods::Portraits,
        Goods::Reports,
        Goods::Manifests,
    ];

    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Goods::Originals => "originals",
            Goods::Raw => "raw",
            Goods::Portraits => "portraits",
            Goods::Reports => "reports",
            Goods::Manifests => "manifests",
        }
    }

    /// What a file belongs to; `None` for what never leaves the station.
    pub fn of(role: FileRole) -> Option<Self> {
        match role {
            FileRole::Jpeg => Some(Goods::Originals),
            FileRole::Raw | FileRole::Sidecar => Some(Goods::Raw),
            FileRole::Portrait => Some(Goods::Portraits),
            FileRole::Report => Some(Goods::Reports),
            FileRole::Manifest => Some(Goods::Manifests),
            FileRole::Other => None,
        }
    }

    /// Its turn among what waits: small and wanted first, 0 before 1.
    pub fn turn(self) -> u8 {
        match self {
            Goods::Portraits | Goods::Reports | Goods::Manifests => 0,
            Goods::Originals => 1,
            Goods::Raw => 2,
        }
    }
}

/// A placeholder of a [`KeyTemplate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Session,
    Serial,
    Student,
    Frame,
    Extension,
}

impl Field {
    const ALL: [Field; 5] = [
        Field::Session,
        Field::Serial,
        Field::Student,
        Field::Frame,
        Field::Extension,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Field::Session => "session",
            Field::Serial => "serial",
            Field::Student => "student",
            Field::Frame => "frame",
            Field::Extension => "ext",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// What a file is called at a destination, for example `{session}/{serial}_{student}/{frame}.{ext}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTemplate(Vec<Part>);

/// What fills a [`KeyTemplate`]; each already fit to be part of a file's name.
#[derive(Debug, Clone, Copy)]
pub struct KeyFields<'a> {
    /// The session's id.
    pub session: &'a str,
    /// The serial, four digits at least.
    pub serial: &'a str,
    /// The student number.
    pub student: &'a str,
    /// The frame's id, and what tells its files of one kind apart.
    pub frame: &'a str,
    /// The extension, without its dot.
    pub extension: &'a str,
}

/// Why a text is no key template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace without its other half.
    #[error("a brace is not closed; a placeholder is written {{frame}}")]
    Brace,
    /// No such placeholder.
    #[error(
        "there is no {{{0}}}; there are {{session}}, {{serial}}, {{student}}, {{frame}} and {{ext}}"
    )]
    Unknown(String),
    /// Two files would have one name.
    #[error("without {{{0}}} two files would get one name there; add it")]
    Ambiguous(&'static str),
    /// Something that the file it names does not have.
    #[error("a manifest is of a whole session: it has no {{{0}}}")]
    Foreign(&'static str),
    /// The name would leave the destination, or is none.
    #[error("it gives names like {0:?}, which are no names within the destination")]
    Unsafe(String),
}

/// Whether a name stays within a destination and every service can carry it.
pub fn key_is_safe(key: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..") && part.trim() == part;
    !key.contains(|c: char| c.is_control() || c == '\\') && key.split('/').all(plain)
}

impl KeyTemplate {
    /// The one that is used where the config has none.
    pub const DEFAULT: &'static str = "{session}/{serial}_{student}/{frame}.{ext}";

    /// The same for manifests.
    pub const DEFAULT_MANIFEST: &'static str = "{session}/manifest.{ext}";

    /// Reads a template, and makes sure that it gives each file a name of its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        // The frame's id is the only name that no two frames share; its files differ by what follows it and by their extension.
        Self::parse_with(text, &[Field::Frame, Field::Extension])
    }

    /// Reads a template for manifests, and makes sure that it gives each session's a name of its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_manifest(text: &str) -> Result<Self, TemplateError> {
        let template = Self::parse_with(text, &[Field::Session])?;
        for foreign in [Field::Serial, Field::Student, Field::Frame] {
            if template.0.contains(&Part::Field(foreign)) {
                return Err(TemplateError::Foreign(foreign.as_str()));
            }
        }
        Ok(template)
    }

    fn parse_with(text: &str, needed: &[Field]) -> Result<Self, TemplateError> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(open) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(open);
            let inner = after.strip_prefix('{').ok_or(TemplateError::Brace)?;
            let (word, behind) = inner.split_once('}').ok_or(TemplateError::Brace)?;
            let field = Field::ALL.into_iter().find(|f| f.as_str() == word);
            let field = field.ok_or_else(|| TemplateError::Unknown(word.to_owned()))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Field(field));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let template = Self(parts);
        for needed in needed {
            if !template.0.contains(&Part::Field(*needed)) {
                return Err(TemplateError::Ambiguous(needed.as_str()));
            }
        }
        let example = template.key(&KeyFields {
            session: "k7qa-s3",
            serial: "0012",
            student: "20210001",
            frame: "k7qa-000123",
            extension: "JPG",
        });
        match key_is_safe(&example) {
            true => Ok(template),
            false => Err(TemplateError::Unsafe(example)),
        }
    }

    /// The name of a file.
    pub fn key(&self, fields: &KeyFields<'_>) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(Field::Session) => fields.session.to_owned(),
            Part::Field(Field::Serial) => fields.serial.to_owned(),
            Part::Field(Field::Student) => fields.student.to_owned(),
            Part::Field(Field::Frame) => fields.frame.to_owned(),
            Part::Field(Field::Extension) => fields.extension.to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

impl KeyTemplate {
    /// [`DEFAULT_MANIFEST`](Self::DEFAULT_MANIFEST).
    pub fn default_manifest() -> Self {
        Self(vec![
            Part::Field(Field::Session),
            Part::Text("/manifest.".to_owned()),
            Part::Field(Field::Extension),
        ])
    }
}

impl Default for KeyTemplate {
    fn default() -> Self {
        let field = Part::Field;
        let text = |text: &str| Part::Text(text.to_owned());
        Self(vec![
            field(Field::Session),
            text("/"),
            field(Field::Serial),
            text("_"),
            field(Field::Student),
            text("/"),
            field(Field::Frame),
            text("."),
            field(Field::Extension),
        ])
    }
}

impl fmt::Display for KeyTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Field(field) => write!(f, "{{{}}}", field.as_str()),
        })
    }
}

/// What the archive has to know of a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consignee {
    /// Its name in the config.
    pub name: String,
    /// What it is sent.
    pub goods: Vec<Goods>,
    /// What files of frames are called there.
    pub template: KeyTemplate,
    /// What manifests are called there.
    pub manifest: KeyTemplate,
    /// Whether a photo stays on the station until it is there (I5).
    pub required: bool,
    /// Smaller goes first among what goes there.
    pub priority: u8,
}

/// How a destination stands just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Nothing stands in the way.
    #[default]
    Ready,
    /// Files are on their way.
    Sending,
    /// The venue comes first: nothing is sent at this moment.
    Quiet,
    /// A human stopped it.
    Paused,
    /// The network costs money, and this destination is not worth it.
    Metered,
    /// It failed as a whole; it is tried again, one file at a time.
    Unreachable,
}

impl Reach {
    /// All there are.
    pub const ALL: [Reach; 6] = [
        Reach::Ready,
        Reach::Sending,
        Reach::Quiet,
        Reach::Paused,
        Reach::Metered,
        Reach::Unreachable,
    ];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Reach::Ready => "ready",
            Reach::Sending => "sending",
            Reach::Quiet => "quiet",
            Reach::Paused => "paused",
            Reach::Metered => "metered",
            Reach::Unreachable => "unreachable",
        }
    }
}

/// What the worker knows of a destination.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// How it stands.
    pub reach: Reach,
    /// Bytes a second, over the last half minute of sending; 0 when nothing was sent.
    pub rate: u64,
    /// Until it is tried again, where it is unreachable.
    pub retry_in_ms: Option<Millis>,
    /// What it said last when it failed as a whole.
    pub error: Option<String>,
}

/// A destination, as `upload status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DestinationStatus {
    /// Its name in the config.
    pub name: String,
    /// Whether photos stay here until it has them.
    pub required: bool,
    /// Files that wait, or are on their way.
    pub pending: u64,
    /// Their bytes.
    pub pending_bytes: Bytes,
    /// Files that wait for a human.
    pub parked: u64,
    /// Files that a human does not want sent; their photos stay here.
    #[serde(default)]
    pub skipped: u64,
    /// When the oldest that waits was shot.
    pub oldest: Option<WallMs>,
    /// What the worker knows.
    pub traffic: Traffic,
}

impl DestinationStatus {
    /// The same with what the worker knows; that a human paused it is known without.
    pub fn with_traffic(mut self, known: Option<&Traffic>) -> Self {
        let paused = self.traffic.reach == Reach::Paused;
        if let Some(known) = known {
            self.traffic.clone_from(known);
        }
        if paused {
            self.traffic.reach = Reach::Paused;
        }
        self
    }

    /// How long what waits will take at the present rate; `None` while nothing is sent.
    pub fn time_left(&self) -> Option<Millis> {
        let ms = self.pending_bytes.0.saturating_mul(1000);
        ms.checked_div(self.traffic.rate).map(Millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: KeyFields<'static> = KeyFields {
        session: "k7qa-s3",
        serial: "0012",
        student: "2021 学1",
        frame: "k7qa-000123",
        extension: "JPG",
    };

    #[test]
    fn a_template_names_files_and_reads_back() {
        let known = KeyTemplate::parse(KeyTemplate::DEFAULT).unwrap();
        assert_eq!(known, KeyTemplate::default());
        assert_eq!(known.to_string(), KeyTemplate::DEFAULT);
        let manifest = KeyTemplate::default_manifest();
        assert_eq!(manifest.to_string(), KeyTemplate::DEFAULT_MANIFEST);
        assert_eq!(
            KeyTemplate::parse_manifest(KeyTemplate::DEFAULT_MANIFEST),
            Ok(manifest)
        );
        assert_eq!(known.key(&FIELDS), "k7qa-s3/0012_2021 学1/k7qa-000123.JPG");
        let own = KeyTemplate::parse("毕业照 2026/{student}-{frame}.{ext}").unwrap();
        assert_eq!(own.key(&FIELDS), "毕业照 2026/2021 学1-k7qa-000123.JPG");
    }

    #[test]
    fn what_cannot_be_is_told() {
        for (text, word) in [
            ("{student}.{ext}", "without {frame}"),
            ("{student}/{frame}", "without {ext}"),
            ("{frame}.{ext}}", "brace"),
            ("{frame}.{ext", "brace"),
            ("{name}/{frame}.{ext}", "there is no {name}"),
            ("/{frame}.{ext}", "no names within"),
            ("../{frame}.{ext}", "no names within"),
            ("a//{frame}.{ext}", "no names within"),
            ("a /{frame}.{ext}", "no names within"),
            ("a\n{frame}.{ext}", "no names within"),
            ("{frame}.{ext}/", "no names within"),
        ] {
            let error = KeyTemplate::parse(text).expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        for (text, word) in [
            ("manifest.{ext}", "without {session}"),
            ("{session}/{frame}.{ext}", "no {frame}"),
            ("{session}/../{ext}", "no names within"),
        ] {
            let error = KeyTemplate::parse_manifest(text).expect_err(text);
            assert!(error.to_string().contains(word), "{text}: {error}");
        }
    }
}
