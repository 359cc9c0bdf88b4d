//! How the archive lies on disk, for a human with a file manager: session, then serial and student number, then frame id.
//! Student names are in no path.

use crate::model::{
    FileRole, Frame, FrameFile, FrameId, FrameState, KeyFields, KeyTemplate, Serial, SessionId,
    StudentNumber,
};

/// The database's name in the data folder.
pub(super) const DATABASE: &str = "shutterline.db";

/// Where photos lie in the data folder.
pub(super) const PHOTOS: &str = "photos";

/// Longest part of a session's name that goes into its folder, in characters: a name is 255 bytes at most, a Chinese
/// character takes three.
const NAME_CHARS: usize = 60;

/// A session's folder name: `k7qa-s3 Law Faculty`. Fixed when the session is first stored.
pub(super) fn session_folder(id: &SessionId, name: &str) -> String {
    let name: String = clean(name).chars().take(NAME_CHARS).collect();
    format!("{} {}", clean(id.as_str()), name.trim())
        .trim()
        .to_owned()
}

/// A frame's folder within the data folder. `session_folder` is `None` for a frame outside any session.
pub(super) fn frame_folder(session_folder: Option<&str>, frame: &Frame) -> String {
    let session = session_folder.unwrap_or("no-session");
    let part = match (frame.state, frame.serial) {
        (FrameState::Kept, Some(serial)) if session_folder.is_some() => {
            format!("{:04}_{}", serial.0, owner(frame.student.as_ref()))
        }
        (FrameState::Discarded, _) => "discarded".to_owned(),
        (FrameState::Test, _) => "test".to_owned(),
        (FrameState::SetAside | FrameState::Kept, _) => "set-aside".to_owned(),
    };
    format!("{PHOTOS}/{session}/{part}")
}

fn owner(student: Option<&StudentNumber>) -> String {
    student.map_or_else(|| "unbound".to_owned(), |s| clean(s.as_str()))
}

/// A file's name in its frame's folder; `again` tells apart files of a frame that would share one, from 2.
pub(super) fn file_name(frame: &Frame, role: FileRole, camera_name: &str, again: u32) -> String {
    let (what, extension) = match (role, made(role)) {
        (_, Some((what, extension))) => (what, extension.to_owned()),
        (FileRole::Jpeg, None) => ("", "JPG".to_owned()),
        (FileRole::Sidecar, None) => ("", "xmp".to_owned()),
        (_, None) => {
            let extension = camera_name.rsplit_once('.').map(|(_, e)| clean(e));
            ("", extension.unwrap_or_default().to_ascii_uppercase())
        }
    };
    let mut name = clean(frame.id.as_str()) + what;
    if again > 1 {
        name.push_str(&format!("_{again}"));
    }
    if !extension.is_empty() {
        name.push('.');
        name.push_str(&extension);
    }
    name
}

/// What follows the frame's id in the name of a file that we made of it, and its extension.
fn made(role: FileRole) -> Option<(&'static str, &'static str)> {
    match role {
        FileRole::Portrait => Some(("-portrait", "jpg")),
        FileRole::Report => Some(("-report", "json")),
        _ => None,
    }
}

/// The name of a session's manifest in its folder.
pub(super) fn manifest_name(again: u32) -> String {
    match again {
        0 | 1 => "manifest.csv".to_owned(),
        again => format!("manifest_{again}.csv"),
    }
}

/// A manifest's name at a destination.
pub(super) fn manifest_key(template: &KeyTemplate, session: &SessionId) -> String {
    template.key(&KeyFields {
        session: &clean(session.as_str()),
        serial: "",
        student: "",
        frame: "",
        extension: "csv",
    })
}

/// The name of a session's folder within the data folder.
pub(super) fn session_path(session_folder: &str) -> String {
    format!("{PHOTOS}/{session_folder}")
}

/// A file's name at a destination, by default `k7qa-s3/0012_20210001/k7qa-000123.JPG`. The session's name stays out of it, so
/// that it never changes with how people call a session.
pub(super) fn outbox_key(template: &KeyTemplate, owner: &Owner<'_>, file: &FrameFile) -> String {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let (stored, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    // What is made anew lies here beside what it replaces, under the next free name; there its name never changes.
    let frame = match made(file.role) {
        None => stored.to_owned(),
        Some((what, _)) => clean(owner.frame.as_str()) + what,
    };
    template.key(&KeyFields {
        session: &clean(owner.session.as_str()),
        serial: &format!("{:04}", owner.serial.0),
        student: &clean(owner.student.as_str()),
        frame: &frame,
        extension,
    })
}

/// Whose a frame is.
pub(super) struct Owner<'a> {
    pub(super) frame: &'a FrameId,
    pub(super) session: &'a SessionId,
    pub(super) serial: Serial,
    pub(super) student: &'a StudentNumber,
}

impl<'a> Owner<'a> {
    /// `None` while nobody certain owns it.
    pub(super) fn of(frame: &'a Frame) -> Option<Self> {
        let kept = frame.state == FrameState::Kept;
        Some(Self {
            frame: &frame.id,
            session: frame.session.as_ref().filter(|_| kept)?,
            serial: frame.serial?,
            student: frame.student.as_ref()?,
        })
    }
}

/// What a file name cannot carry on any file system the card may be read on becomes `-`; no leading dot, none of the
/// trailing dots and spaces that Windows drops.
pub(super) fn clean(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    let text = text.trim().trim_end_matches(['.', ' ']);
    match text.strip_prefix('.') {
        Some(rest) => format!("-{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bytes, Sha256};

    #[test]
    fn names_stay_readable_and_safe() {
        let id = SessionId("k7qa-s3".into());
        assert_eq!(session_folder(&id, ""), "k7qa-s3");
        assert_eq!(session_folder(&id, "法学院/下午"), "k7qa-s3 法学院-下午");
        assert_eq!(session_folder(&id, "../../etc"), "k7qa-s3 -.-..-etc");
        assert_eq!(clean("a. . "), "a");
        assert_eq!(session_folder(&id, &"长".repeat(200)).chars().count(), 68);
    }

    fn key(template: &KeyTemplate, student: &str, role: FileRole, path: &str) -> String {
        let owner = Owner {
            frame: &FrameId("k7qa-000123".into()),
            session: &SessionId("k7qa-s3".into()),
            serial: Serial(12),
            student: &StudentNumber(student.into()),
        };
        let file = FrameFile {
            role,
            path: path.to_owned(),
            sha256: Sha256("00".repeat(32)),
            original_sha256: None,
            size_bytes: Bytes(1),
            source: None,
            cleared_at: None,
        };
        outbox_key(template, &owner, &file)
    }

    #[test]
    fn a_key_is_the_files_place_here_without_the_sessions_name() {
        for (student, role, path) in [
            (
                "2021",
                FileRole::Jpeg,
                "photos/k7qa-s3 Law/0012_2021/k7qa-000123.JPG",
            ),
            (
                "2021",
                FileRole::Raw,
                "photos/k7qa-s3/0012_2021/k7qa-000123_2.NEF",
            ),
            (
                "学 1/2.",
                FileRole::Sidecar,
                "photos/k7qa-s3/0012_学 1-2/k7qa-000123.xmp",
            ),
            (
                "2021",
                FileRole::Report,
                "photos/k7qa-s3/0012_2021/k7qa-000123-report.json",
            ),
        ] {
            let (_, place) = path.split_once("/0012").unwrap();
            let key = key(&KeyTemplate::default(), student, role, path);
            assert_eq!(key, format!("k7qa-s3/0012{place}"));
        }
    }

    #[test]
    fn a_template_of_ones_own_keeps_files_of_a_frame_apart() {
        let template = KeyTemplate::parse("{student}-{frame}.{ext}").unwrap();
        for (role, name, there) in [
            (FileRole::Raw, "k7qa-000123.NEF", "7-k7qa-000123.NEF"),
            (FileRole::Raw, "k7qa-000123_2.NEF", "7-k7qa-000123_2.NEF"),
            (
                FileRole::Portrait,
                "k7qa-000123-portrait_2.jpg",
                "7-k7qa-000123-portrait.jpg",
            ),
        ] {
            let path = format!("photos/s/0001_7/{name}");
            assert_eq!(key(&template, "7", role, &path), there);
        }
        let manifest = KeyTemplate::default_manifest();
        let session = SessionId("k7qa-s3".into());
        assert_eq!(manifest_key(&manifest, &session), "k7qa-s3/manifest.csv");
    }
}
