//! Sessions, students, and the queue of serial numbers.

use super::{FrameId, Serial, SessionId, StudentNumber, WallMs};
use serde::{Deserialize, Serialize};

/// A graduate on the roster. The name is for people's eyes only: never in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Student {
    /// 学号
    pub number: StudentNumber,
    /// 姓名
    pub name: String,
    /// 豁免: ids of reasons that the roster exempts them from (a religious or medical covering).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<String>,
}

/// Whether a session takes frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionState {
    /// The one session that is shot now.
    Open,
    /// Balanced and done.
    Closed,
}

/// One booking (拍摄场次).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// What people call it.
    pub name: String,
    /// Open or closed.
    pub state: SessionState,
    /// The serial now in the chair; `None` before the first and after the last.
    pub current: Option<Serial>,
    /// Wall clock at opening.
    pub opened_at: WallMs,
    /// The reference shot that its frames are compared with; `None` until one was taken.
    #[serde(default)]
    pub reference: Option<FrameId>,
}

/// Why a student was held (过号).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// Did not come when called.
    Absent,
    /// Has something to fix: a shirt, the hair.
    Fix,
}

/// Where a serial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "reason")]
pub enum EntryState {
    /// Not yet called.
    Waiting,
    /// In the chair.
    Seated,
    /// Left with a passing or accepted frame.
    Done,
    /// Left without one.
    Unfinished,
    /// Set apart, to be recalled.
    Held(HoldReason),
    /// Held, and called back: sits next after the one seated.
    Recalled,
    /// Did not come at all (decided at closing).
    Absent,
}

impl EntryState {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryState::Waiting => "waiting",
            EntryState::Seated => "seated",
            EntryState::Done => "done",
            EntryState::Unfinished => "unfinished",
            EntryState::Held(HoldReason::Absent) => "held-absent",
            EntryState::Held(HoldReason::Fix) => "held-fix",
            EntryState::Recalled => "recalled",
            EntryState::Absent => "absent",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "waiting" => EntryState::Waiting,
            "seated" => EntryState::Seated,
            "done" => EntryState::Done,
            "unfinished" => EntryState::Unfinished,
            "held-absent" => EntryState::Held(HoldReason::Absent),
            "held-fix" => EntryState::Held(HoldReason::Fix),
            "recalled" => EntryState::Recalled,
            "absent" => EntryState::Absent,
            _ => return None,
        })
    }
}

/// One serial of a session's queue (I6: issued once, in order, without gaps).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The number in the queue.
    pub serial: Serial,
    /// Who holds it; `None` for a paper number that is bound later.
    pub student: Option<Student>,
    /// Where it stands.
    pub state: EntryState,
    /// Order among the recalled, ascending; 0 when not recalled.
    pub recall_order: u32,
    /// Ids of the reasons waived at the chair for whoever holds it; they stay with the serial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<String>,
}

impl QueueEntry {
    /// Whether this reason is no more than a remark on them, by the roster or by the photographer.
    pub fn is_excused(&self, reason: &str) -> bool {
        let exempt = self.student.iter().flat_map(|s| &s.exempt);
        self.waived.iter().chain(exempt).any(|id| id == reason)
    }
}
