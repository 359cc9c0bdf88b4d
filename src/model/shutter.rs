//! What was asked of the shutter. What then happened is observed, never assumed.

use super::{CameraFileKey, RequestId, Serial, SessionId, Stamp, StudentNumber};
use serde::{Deserialize, Serialize};

/// What a release of the shutter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A portrait of whoever sits there.
    Portrait,
    /// Shot while paused, or by `camera test-shot`, or as a reference: belongs to nobody.
    Test,
}

/// The intent to fire, drawn up at the pedal edge and committed beside the trigger (I1, I8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutterRequest {
    /// Its id.
    pub id: RequestId,
    /// The open session, if any.
    pub session: Option<SessionId>,
    /// The serial in the chair at the edge; `None` for a test.
    pub serial: Option<Serial>,
    /// Its student then, if bound.
    pub student: Option<StudentNumber>,
    /// Portrait or test.
    pub purpose: Purpose,
    /// When the edge came.
    pub at: Stamp,
}

/// How a request closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestOutcome {
    /// Its file was seen on the camera.
    Filed,
    /// The camera refused to fire (focus, busy, card full).
    Refused,
    /// Nothing came until the deadline; a file that comes later is set aside.
    Expired,
}

impl RequestOutcome {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestOutcome::Filed => "filed",
            RequestOutcome::Refused => "refused",
            RequestOutcome::Expired => "expired",
        }
    }

    /// The outcome of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            RequestOutcome::Filed,
            RequestOutcome::Refused,
            RequestOutcome::Expired,
        ]
        .into_iter()
        .find(|o| o.as_str() == word)
    }
}

/// A request with what is durably known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestState {
    /// What was asked.
    pub request: ShutterRequest,
    /// `None` while open.
    pub outcome: Option<RequestOutcome>,
    /// The camera files observed as its answer, so that a restart can still give them their owner.
    pub files: Vec<CameraFileKey>,
}
