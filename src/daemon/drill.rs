//! Drills: the daemon dies at a named message, as if the plug had been pulled there.
//!
//! The word comes from the environment variable [`VARIABLE`], so that the very binary that shoots is the one
//! that is tried. A message may be counted: `committed:3` is the third commit.

use super::inbox::Message;
use crate::archive::{Done, armed};
use crate::camera::Notice;

/// Names the message at which the daemon aborts.
pub const VARIABLE: &str = "SHUTTERLINE_DRILL_ABORT";

/// When to die.
#[derive(Debug, Default)]
pub(super) struct Drill {
    word: String,
    left: u32,
}

impl Drill {
    /// From a word such as `file-seen` or `committed:3`; none never dies.
    pub(super) fn from_word(word: Option<&str>) -> Self {
        let word = word.unwrap_or_default();
        let (word, count) = word.split_once(':').unwrap_or((word, "1"));
        Self {
            word: word.to_owned(),
            left: count.parse().unwrap_or(1),
        }
    }

    /// Look at a message before it is heard; may not return.
    pub(super) fn look(&mut self, message: &Message) {
        if self.word.is_empty() || word_of(message) != Some(self.word.as_str()) || !armed() {
            return;
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            tracing::error!(at = self.word, "drill: the daemon dies here");
            std::process::abort();
        }
    }
}

/// The steps between trigger and delivery, as the loop hears them.
fn word_of(message: &Message) -> Option<&'static str> {
    Some(match message {
        Message::Panel(_) => "edge",
        Message::Camera(Notice::Fired { .. }) => "fired",
        Message::Camera(Notice::FileSeen { .. }) => "file-seen",
        Message::Camera(Notice::Downloaded { .. }) => "downloaded",
        Message::Camera(Notice::Deleted { .. }) => "deleted",
        Message::Archive(Done::Committed(_)) => "committed",
        Message::Judged { .. } => "judged",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_word_waits_for_its_turn() {
        let drill = Drill::from_word(Some("committed:3"));
        assert_eq!((drill.word.as_str(), drill.left), ("committed", 3));
        assert_eq!(Drill::from_word(None).word, "");
    }
}
