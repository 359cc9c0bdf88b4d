//! Identities. All are unique across stations, because a station's rows may one day be merged with another's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is no id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind}; expected {expected}")]
pub struct InvalidId {
    /// What was wanted: `frame id`, `serial`, …
    pub kind: &'static str,
    /// What was given.
    pub text: String,
    /// The accepted form, for a person.
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// This station, drawn at first start: four characters of `a-z2-7`.
    StationId
);
text_id!(
    /// A session: `<station>-s<sequence>`, for example `k7qa-s3`.
    SessionId
);
text_id!(
    /// A frame: `<station>-<sequence>`, for example `k7qa-000123`. Given at arrival; the only identity a frame has (I3).
    FrameId
);
text_id!(
    /// The kernel's boot id; says which boot a boot-time clock reading belongs to.
    BootId
);
text_id!(
    /// 学号, or the capture code (采集码) that stands in for it. Trimmed, not empty, no path separators or control characters.
    StudentNumber
);
text_id!(
    /// A SHA-256 in lower-case hexadecimal.
    Sha256
);

impl SessionId {
    /// The id of the `sequence`-th session of a station.
    pub fn new(station: &StationId, sequence: u64) -> Self {
        Self(format!("{station}-s{sequence}"))
    }

    /// The sequence within the station, if the id has the usual form.
    pub fn sequence(&self) -> Option<u64> {
        self.0.rsplit_once("-s")?.1.parse().ok()
    }
}

impl FrameId {
    /// The id of the `sequence`-th frame of a station.
    pub fn new(station: &StationId, sequence: u64) -> Self {
        Self(format!("{station}-{sequence:06}"))
    }

    /// The sequence within the station, if the id has the usual form.
    pub fn sequence(&self) -> Option<u64> {
        self.0.rsplit_once('-')?.1.parse().ok()
    }

    /// The place in the order in which frames were shot: by sequence, as text would put 1000000 before 999999.
    pub fn order(&self) -> FrameOrder {
        (self.sequence().unwrap_or(0), self.clone())
    }
}

/// See [`FrameId::order`].
pub type FrameOrder = (u64, FrameId);

impl FromStr for StudentNumber {
    type Err = InvalidId;

    /// Accepts what a file name and an XMP field can both carry: 1 to 64 characters, none of them
    /// a control character, white space, or one of `/ \ : * ? " < > |`, and not `.` or `..`.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let text = text.trim();
        let refused = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        };
        if text.is_empty()
            || text.chars().count() > 64
            || text.starts_with('.')
            || text.contains(refused)
        {
            return Err(InvalidId {
                kind: "student number",
                text: text.to_owned(),
                expected: "1 to 64 characters without spaces or / \\ : * ? \" < > |",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The number in the queue: 1, 2, 3 … within a session (拍摄序号, I6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(pub u32);

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Serial {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.trim().parse() {
            Ok(n) if n > 0 => Ok(Self(n)),
            _ => Err(InvalidId {
                kind: "serial",
                text: text.to_owned(),
                expected: "a whole number from 1",
            }),
        }
    }
}

/// One release of the shutter asked for by this station; a sequence from its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_numbers_refuse_what_a_path_cannot_carry() {
        assert_eq!("  20210001 ".parse(), Ok(StudentNumber("20210001".into())));
        for bad in ["", "a/b", "..", "a b", "a\u{7}b", "a:b"] {
            assert!(bad.parse::<StudentNumber>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn frame_ids_carry_their_sequence() {
        let id = FrameId::new(&StationId("k7qa".into()), 123);
        assert_eq!(id.as_str(), "k7qa-000123");
        assert_eq!(id.sequence(), Some(123));
    }
}
