//! What libgphoto2 means by its errors. Its codes are few and cameras use them loosely, so the driver's log decides.

use super::super::child::BodyError;
use gphoto2::error::ErrorKind;

/// libgphoto2's own words and the last of the driver's.
pub fn words(error: &gphoto2::Error, log: &str) -> String {
    match log.lines().last() {
        Some(line) => format!("{error} ({line})"),
        None => error.to_string(),
    }
}

/// The kind of trouble.
pub fn classify(kind: &ErrorKind, words: &str) -> BodyError {
    let lower = words.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|p| lower.contains(p));
    let words = words.to_owned();
    // Nikon 0xa002; Canon has no code, only this sentence.
    if says(&["0xa002", "out of focus", "perhaps no focus", "focus fail"]) {
        return BodyError::Focus(words);
    }
    if *kind == ErrorKind::NoSpace || says(&["0x200c", "store full", "card full", "memory full"]) {
        return BodyError::CardFull(words);
    }
    if *kind == ErrorKind::CameraBusy || says(&["0x2019", "device busy"]) {
        return BodyError::Busy(words);
    }
    if says(&["0x2003", "session not open"]) {
        return BodyError::Gone(words);
    }
    match kind {
        ErrorKind::FileNotFound | ErrorKind::DirectoryNotFound => BodyError::NoFile(words),
        ErrorKind::Io
        | ErrorKind::IoRead
        | ErrorKind::IoWrite
        | ErrorKind::IoUpdate
        | ErrorKind::IoUsbFind
        | ErrorKind::IoUsbClaim
        | ErrorKind::IoUsbClearHalt
        | ErrorKind::IoLock
        | ErrorKind::Timeout
        | ErrorKind::UnknownPort => BodyError::Gone(words),
        _ => BodyError::Refused(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_decides_where_the_code_says_nothing() {
        type Is = fn(&BodyError) -> bool;
        let cases: [(ErrorKind, &str, Is); 8] = [
            (
                ErrorKind::Other,
                "Unspecified error ('ptp_nikon_capture' failed: Out of Focus (0xa002))",
                |e| matches!(e, BodyError::Focus(_)),
            ),
            (
                ErrorKind::Other,
                "Unspecified error (Canon EOS Full-Press failed: Perhaps no focus?)",
                |e| matches!(e, BodyError::Focus(_)),
            ),
            (
                ErrorKind::Other,
                "Unspecified error (failed: Store Full (0x200c))",
                |e| matches!(e, BodyError::CardFull(_)),
            ),
            (ErrorKind::CameraBusy, "I/O in progress", |e| {
                matches!(e, BodyError::Busy(_))
            }),
            (ErrorKind::Other, "PTP Device Busy (0x2019)", |e| {
                matches!(e, BodyError::Busy(_))
            }),
            (ErrorKind::IoRead, "Error reading from the port", |e| {
                matches!(e, BodyError::Gone(_))
            }),
            (ErrorKind::FileNotFound, "File not found", |e| {
                matches!(e, BodyError::NoFile(_))
            }),
            (ErrorKind::BadParameters, "Bad parameters", |e| {
                matches!(e, BodyError::Refused(_))
            }),
        ];
        for (kind, words, is) in cases {
            let found = classify(&kind, words);
            assert!(is(&found), "{words}: {found:?}");
        }
    }
}
