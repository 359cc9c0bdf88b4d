//! How the archive lies on disk, for a human with a file manager: session, then serial and student number, then frame id.
//! Student names are in no path.

use crate::model::{
    FileRole, Frame, FrameState, KeyFields, KeyTemplate, Serial, SessionId, StudentNumber,
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
    let extension = match role {
        FileRole::Jpeg => "JPG".to_owned(),
        FileRole::Sidecar => "xmp".to_owned(),
        FileRole::Raw | FileRole::Other => camera_name
            .rsplit_once('.')
            .map_or(String::new(), |(_, e)| clean(e).to_ascii_uppercase()),
    };
    let mut name = clean(frame.id.as_str());
    if again > 1 {
        name.push_str(&format!("_{again}"));
    }
    if !extension.is_empty() {
        name.push('.');
        name.push_str(&extension);
    }
    name
}

/// A file's name at a destination, by default `k7qa-s3/0012_20210001/k7qa-000123.JPG`. The session's name stays out of it, so
/// that it never changes with how people call a session.
pub(super) fn outbox_key(
    template: &KeyTemplate,
    session: &SessionId,
    serial: Serial,
    student: &StudentNumber,
    stored_path: &str,
) -> String {
    let file = stored_path.rsplit('/').next().unwrap_or_default();
    let (frame, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    template.key(&KeyFields {
        session: &clean(session.as_str()),
        serial: &format!("{:04}", serial.0),
        student: &clean(student.as_str()),
        frame,
        extension,
    })
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

    #[test]
    fn names_stay_readable_and_safe() {
        let id = SessionId("k7qa-s3".into());
        assert_eq!(session_folder(&id, ""), "k7qa-s3");
        assert_eq!(session_folder(&id, "法学院/下午"), "k7qa-s3 法学院-下午");
        assert_eq!(session_folder(&id, "../../etc"), "k7qa-s3 -.-..-etc");
        assert_eq!(clean("a. . "), "a");
        assert_eq!(session_folder(&id, &"长".repeat(200)).chars().count(), 68);
    }

    #[test]
    fn a_key_is_the_files_place_here_without_the_sessions_name() {
        let id = SessionId("k7qa-s3".into());
        for (student, path) in [
            ("2021", "photos/k7qa-s3 Law/0012_2021/k7qa-000123.JPG"),
            ("2021", "photos/k7qa-s3/0012_2021/k7qa-000123_2.NEF"),
            ("学 1/2.", "photos/k7qa-s3/0012_学 1-2/k7qa-000123.xmp"),
        ] {
            let (_, place) = path.split_once("/0012").unwrap();
            let student = StudentNumber(student.into());
            let key = outbox_key(&KeyTemplate::default(), &id, Serial(12), &student, path);
            assert_eq!(key, format!("k7qa-s3/0012{place}"));
        }
    }

    #[test]
    fn a_template_of_ones_own_keeps_files_of_a_frame_apart() {
        let template = KeyTemplate::parse("{student}-{frame}.{ext}").unwrap();
        let key = |path| {
            let session = SessionId("k7qa-s3".into());
            outbox_key(
                &template,
                &session,
                Serial(1),
                &StudentNumber("7".into()),
                path,
            )
        };
        assert_eq!(key("photos/s/0001_7/k7qa-000123.NEF"), "7-k7qa-000123.NEF");
        assert_eq!(
            key("photos/s/0001_7/k7qa-000123_2.NEF"),
            "7-k7qa-000123_2.NEF"
        );
    }
}
