//! What a person can ask of the station besides the panel, and how it answers.

use super::{FrameId, HoldReason, Serial, SessionId, Student, StudentNumber};
use serde::{Deserialize, Serialize};

/// A line of a roster.
pub type RosterEntry = Student;

/// Which serial is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldTarget {
    /// Whoever sits there.
    Current,
    /// This one.
    Serial(Serial),
}

/// A request to the station by API or command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum Command {
    /// Open a session; issues 1…n to the waiting roster in one commit.
    SessionOpen {
        /// What people call it; a date by default.
        name: Option<String>,
    },
    /// Close the open session if it balances.
    SessionClose {
        /// Close although it does not.
        force: bool,
        /// Files on the card that are not in the archive, as the daemon counted; `None` when the card could not be listed.
        card_only: Option<u32>,
    },
    /// Fill the open session, or the next one, with students.
    RosterImport {
        /// In roster order, numbers distinct.
        students: Vec<RosterEntry>,
        /// Refused unless this session is the open one.
        session: Option<SessionId>,
    },
    /// Call a serial out of order.
    Call {
        /// Which.
        serial: Serial,
    },
    /// Hold a serial.
    Hold {
        /// Which.
        target: HoldTarget,
        /// Why; by default `absent` when nothing was shot of it, else `fix`.
        reason: Option<HoldReason>,
    },
    /// A held serial sits next after the one seated.
    Recall {
        /// Which.
        serial: Serial,
    },
    /// A waiting, held or unfinished serial did not come.
    MarkAbsent {
        /// Which.
        serial: Serial,
    },
    /// A serial without a student gets one; one with a student gets another.
    Bind {
        /// Which.
        serial: Serial,
        /// Who; the name may be empty when the roster does not know the number.
        student: Student,
        /// Only show what would change.
        dry_run: bool,
    },
    /// Moved on too early: back, with the frames shot since.
    UndoAdvance {
        /// Only show what would change.
        dry_run: bool,
    },
    /// The frames of serials `from` to `to` belong `by` serials further.
    Shift {
        /// First.
        from: Serial,
        /// Last.
        to: Serial,
        /// How far; negative is towards 1.
        by: i32,
        /// Only show what would change.
        dry_run: bool,
    },
    /// The frames of two serials change places.
    Swap {
        /// One.
        a: Serial,
        /// The other.
        b: Serial,
        /// Only show what would change.
        dry_run: bool,
    },
    /// The last correction is taken back.
    UndoCorrection {
        /// Only show what would change.
        dry_run: bool,
    },
    /// Overrule a reject.
    Accept {
        /// Which frame.
        frame: FrameId,
    },
    /// Give a frame, set aside or not, its owner.
    Reassign {
        /// Which frame.
        frame: FrameId,
        /// Whose it is.
        to: StudentNumber,
        /// Only show what would change.
        dry_run: bool,
    },
    /// Forgot to move on: this frame and later ones of its serial go to the next serial.
    Split {
        /// First frame of the next serial.
        from: FrameId,
        /// Only show what would change.
        dry_run: bool,
    },
    /// A set-aside frame belongs to nobody: kept on disk, never delivered.
    Discard {
        /// Which frame.
        frame: FrameId,
    },
    /// Fire once for nobody; what comes is a `test` frame.
    TestShot {
        /// The session's later frames are compared with it.
        #[serde(default)]
        reference: bool,
    },
    /// A reason is no more than a remark in this session.
    Lower {
        /// Its id.
        reason: String,
        /// Take it back.
        #[serde(default)]
        undo: bool,
    },
    /// A reason is no more than a remark on this student.
    Waive {
        /// Who: the seated one, or a serial.
        target: HoldTarget,
        /// Its id.
        reason: String,
        /// Take it back.
        #[serde(default)]
        undo: bool,
    },
    /// What `camera adopt` read from the camera.
    AdoptSettings {
        /// libgphoto2 name to value.
        settings: Vec<(String, String)>,
    },
}

/// Why a command was refused; the word is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// No session is open.
    NoSession,
    /// One is open already.
    SessionOpen,
    /// The session does not balance.
    Unbalanced,
    /// No such serial, frame, student or session.
    NotFound,
    /// The thing is not in a state that allows it.
    WrongState,
    /// The camera is not there or not idle.
    Camera,
    /// Too little space, or a failed write.
    Storage,
    /// The request itself makes no sense.
    Invalid,
}

impl RefusalCode {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalCode::NoSession => "no-session",
            RefusalCode::SessionOpen => "session-open",
            RefusalCode::Unbalanced => "unbalanced",
            RefusalCode::NotFound => "not-found",
            RefusalCode::WrongState => "wrong-state",
            RefusalCode::Camera => "camera",
            RefusalCode::Storage => "storage",
            RefusalCode::Invalid => "invalid",
        }
    }
}

/// A refusal that names the thing and the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}; {next}")]
pub struct Refusal {
    /// Which kind.
    pub code: RefusalCode,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub next: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: RefusalCode, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            next: next.into(),
        }
    }
}

/// Where one frame was and would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameMove {
    /// Which frame.
    pub frame: FrameId,
    /// Serial and student before; `None` when set aside or unbound.
    pub before: (Option<Serial>, Option<StudentNumber>),
    /// Serial and student after.
    pub after: (Option<Serial>, Option<StudentNumber>),
}

/// What a correction changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionPreview {
    /// Every frame that goes elsewhere.
    pub moves: Vec<FrameMove>,
    /// The serial in the chair before and after.
    pub current: (Option<Serial>, Option<Serial>),
    /// Whether it was done, or only shown.
    pub applied: bool,
}

/// A command that was carried out (committed), or shown by `--dry-run`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// One line for a person.
    pub message: String,
    /// For a correction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preview: Option<CorrectionPreview>,
    /// The session opened or closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<SessionId>,
    /// Things to look at: a forced closing lists what remained.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub remarks: Vec<String>,
}
