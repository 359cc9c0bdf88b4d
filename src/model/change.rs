//! What becomes durable: rows as they shall read, with the event that says why (I7).

use super::{
    Actor, Frame, FrameId, QueueEntry, RequestState, Serial, Session, SessionId, Stamp, StationId,
    Student,
};
use serde::{Deserialize, Serialize};

/// Why a change was made. The words are stored and public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The daemon started.
    Started,
    /// A session was opened, its serials issued.
    SessionOpened,
    /// A session was closed.
    SessionClosed,
    /// A session was closed although it did not balance.
    SessionForced,
    /// A roster was read.
    RosterImported,
    /// The shutter was asked to fire.
    ShutterRequested,
    /// A request closed by its file, by refusal or by its deadline.
    RequestClosed,
    /// One file of a pair was seen; its request does not close by it.
    FileBound,
    /// A file of a frame was stored.
    FrameStored,
    /// A frame was judged.
    FrameJudged,
    /// A shot became the session's reference.
    ReferenceTaken,
    /// A reason was lowered to a remark for the session.
    ReasonLowered,
    /// A lowering was taken back.
    LoweringUndone,
    /// A reason was waived for a student.
    ReasonWaived,
    /// A waiver was taken back.
    WaiverUndone,
    /// A human overruled a reject.
    FrameAccepted,
    /// A frame is not to be delivered, another will be shot.
    FrameRetaken,
    /// A frame without an owner got one, or an owned one another.
    FrameReassigned,
    /// A set-aside frame was put away for good.
    FrameDiscarded,
    /// Frames went to the next serial.
    FramesSplit,
    /// The next serial is in the chair.
    Advanced,
    /// The previous serial is in the chair again.
    WentBack,
    /// A move was taken back, with the frames shot since.
    AdvanceUndone,
    /// A serial was held.
    Held,
    /// A held serial sits next.
    Recalled,
    /// A serial was called out of order.
    Called,
    /// A serial got its student.
    Bound,
    /// A serial was marked absent.
    MarkedAbsent,
    /// Frames of a row of serials moved.
    Shifted,
    /// Frames of two serials changed places.
    Swapped,
    /// A correction was taken back.
    CorrectionUndone,
    /// A pause began.
    Paused,
    /// A pause ended.
    Resumed,
    /// A reject came after its student had left the chair.
    LateReject,
    /// An alarm was raised.
    Alarm,
    /// A fault was raised.
    FaultRaised,
    /// A fault was cleared.
    FaultCleared,
    /// The camera's present settings became the session's profile.
    ProfileAdopted,
    /// The wall clock became trusted.
    ClockTrusted,
    /// What was parked or skipped is to be sent again.
    UploadRetried,
    /// What waited is not to be sent.
    UploadSkipped,
    /// Destinations are sent nothing until further notice.
    UploadPaused,
    /// Destinations are sent files again.
    UploadResumed,
    /// The network began or ceased to cost money.
    NetworkMetered,
    /// Photos that every required destination has were removed here.
    PhotosCleared,
    /// A portrait, a report or a manifest was made.
    FileMade,
}

impl EventKind {
    /// The word in the database: the serde name.
    pub fn as_str(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => word,
            _ => String::new(),
        }
    }
}

/// One row as it shall read after the commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Row {
    /// A session.
    Session(Session),
    /// A serial of a session.
    Entry {
        /// Whose queue.
        session: SessionId,
        /// The entry.
        entry: QueueEntry,
    },
    /// A shutter request and what came of it.
    Request(RequestState),
    /// A frame's assignment and judgement. Its `files` are the archive's own and are ignored here;
    /// where serial, student, session or state differ from the stored row, the archive moves and
    /// retags the files by its journal (I2).
    Frame(Box<Frame>),
    /// The check's whole report of a frame.
    Report {
        /// Which frame.
        frame: FrameId,
        /// A [`Report`](super::Report) as JSON.
        report: serde_json::Value,
    },
    /// Whether the station is paused.
    Paused(bool),
    /// The roster waiting for the next session to be opened; replaces the one that waited.
    PendingRoster(Vec<Student>),
    /// The reasons lowered for a session: all of them.
    Lowered {
        /// For which session.
        session: SessionId,
        /// Their ids.
        reasons: Vec<String>,
    },
    /// Camera settings adopted for a session, libgphoto2 name to value.
    AdoptedSettings {
        /// For which session.
        session: SessionId,
        /// All of them.
        settings: Vec<(String, String)>,
    },
}

/// One durable step: all rows and one event row, in one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Stamp,
    /// Who.
    pub who: Actor,
    /// What.
    pub kind: EventKind,
    /// In which session, if any.
    pub session: Option<SessionId>,
    /// About which serial, if one.
    pub serial: Option<Serial>,
    /// About which frame, if one.
    pub frame: Option<FrameId>,
    /// More of it, as JSON; no names. For a correction: `{"before": [rows], "after": [rows]}`.
    pub detail: serde_json::Value,
    /// The rows, in order.
    pub rows: Vec<Row>,
}

/// A move of the chair that can be returned over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChairStep {
    /// Who was seated before it, if anybody.
    pub left: Option<Serial>,
    /// Frames from this sequence on were shot after it.
    pub first_frame: u64,
}

impl ChairStep {
    /// What an event's `detail` says under `trail`: how many of the earlier steps still count, and which came then.
    pub fn note(before: &[ChairStep], after: &[ChairStep]) -> serde_json::Value {
        let same = before.iter().zip(after).take_while(|(a, b)| a == b);
        let keep = same.count();
        serde_json::json!({"keep": keep, "then": &after[keep..]})
    }

    /// Brings a trail along with the next event's `detail`; most say nothing about it.
    pub fn follow(trail: &mut Vec<ChairStep>, detail: &serde_json::Value) {
        let Some(note) = detail.get("trail") else {
            return;
        };
        let keep = note.get("keep").and_then(serde_json::Value::as_u64);
        trail.truncate(usize::try_from(keep.unwrap_or(0)).unwrap_or(0));
        let then = note.get("then").cloned().unwrap_or_default();
        trail.extend(serde_json::from_value::<Vec<ChairStep>>(then).unwrap_or_default());
    }
}

/// What the station starts from: everything durable that its decisions need.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// This station.
    pub station: StationId,
    /// The open session, if any.
    pub session: Option<Session>,
    /// Its queue, by serial.
    pub entries: Vec<QueueEntry>,
    /// Its frames and those without a session that are set aside, by id; `files` left empty.
    pub frames: Vec<Frame>,
    /// Requests that are open, or closed but with a bound file that is not yet in the archive.
    pub open_requests: Vec<RequestState>,
    /// The roster waiting for a session.
    pub pending_roster: Vec<Student>,
    /// Corrections of the open session that can still be undone, oldest first: kind and the event's `detail`.
    pub corrections: Vec<(EventKind, serde_json::Value)>,
    /// Moves of the chair in the open session that can be returned over, oldest first.
    pub trail: Vec<ChairStep>,
    /// A reference shot that waits for its session to be opened.
    pub waiting_reference: Option<FrameId>,
    /// Reasons lowered for the open session, ids.
    pub lowered: Vec<String>,
    /// Whether the station was paused when it stopped.
    pub paused: bool,
    /// First free sequence for sessions.
    pub next_session: u64,
    /// First free sequence for frames.
    pub next_frame: u64,
    /// First free sequence for requests.
    pub next_request: u64,
}
