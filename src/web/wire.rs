//! What goes over the socket: the bodies the API takes and the JSON it gives, the same types at both ends.

use crate::model::{
    Bytes, Control, FileRole, Frame, FrameFile, FrameId, FrameState, Gesture, HoldReason, Origin,
    QueueEntry, Serial, Session, SessionId, SessionState, Sha256, StudentNumber, Verdict, WallMs,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A frame as `frames list --json` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameView {
    /// Its only identity.
    pub id: FrameId,
    /// The session it was shot in.
    pub session: Option<SessionId>,
    /// `null` when set aside or a test.
    pub serial: Option<Serial>,
    /// `null` when set aside, a test, or the serial is not bound yet.
    pub student_number: Option<StudentNumber>,
    /// `pedal`, `camera-button`, `recovered`.
    pub origin: Origin,
    /// `kept`, `set-aside`, `discarded`, `test`.
    pub state: FrameState,
    /// A human overruled the verdict.
    pub accepted: bool,
    /// A later shot was asked for in its place.
    pub retaken: bool,
    /// The JPEG, else the RAW, relative to the data folder; `null` until one is stored.
    pub path: Option<String>,
    /// Of the stored bytes of `path`.
    pub sha256: Option<Sha256>,
    /// Of `path` as the camera made it.
    pub original_sha256: Option<Sha256>,
    /// Of the stored bytes of `path`.
    pub size_bytes: Option<Bytes>,
    /// Every file of the frame.
    pub files: Vec<FileView>,
    /// `null` until judged.
    pub verdict: Option<Verdict>,
    /// Ids of the reasons, worst first.
    pub reasons: Vec<String>,
    /// Whether the photographer's equipment spoiled it: a `reject` that is not the student's.
    #[serde(default)]
    pub failed_by_equipment: bool,
    /// Set aside: the serials it may belong to, likeliest first.
    pub candidates: Vec<Serial>,
    /// Proposed for delivery: the serial's last good frame that was not retaken.
    pub proposed: bool,
    /// When the shutter fired, or the best that is known of it.
    pub taken_at_ms: WallMs,
    /// Whether the wall clock was trusted then.
    pub taken_at_trusted: bool,
}

/// One file of a [`FrameView`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileView {
    /// `jpeg`, `raw`, `sidecar`, `other`.
    pub role: FileRole,
    /// Relative to the data folder.
    pub path: String,
    /// Of the stored bytes.
    pub sha256: Sha256,
    /// As the camera made it; `null` for a file that we made.
    pub original_sha256: Option<Sha256>,
    /// Of the stored bytes.
    pub size_bytes: Bytes,
    /// When it was removed here, every required destination having it; `null` while it lies at its path.
    #[serde(default)]
    pub cleared_at_ms: Option<WallMs>,
}

impl From<FrameFile> for FileView {
    fn from(file: FrameFile) -> Self {
        Self {
            role: file.role,
            path: file.path,
            sha256: file.sha256,
            original_sha256: file.original_sha256,
            size_bytes: file.size_bytes,
            cleared_at_ms: file.cleared_at,
        }
    }
}

impl FrameView {
    /// A list as the archive gave it, by id and with all frames of each serial in it.
    pub fn list(frames: Vec<Frame>) -> Vec<Self> {
        let proposed: HashMap<_, FrameId> = frames
            .iter()
            .filter(|f| f.is_eligible())
            .filter_map(|f| Some(((f.session.clone()?, f.serial?), f.id.clone())))
            .collect();
        let views = frames.into_iter().map(|frame| {
            let place = frame.session.clone().zip(frame.serial);
            let proposed = place.and_then(|p| proposed.get(&p)) == Some(&frame.id);
            Self::of(frame, proposed)
        });
        views.collect()
    }

    fn of(frame: Frame, proposed: bool) -> Self {
        let main = frame.main_file().cloned();
        // A frame without a certain owner shows none, whatever was proposed for it (I1).
        let owned = frame.state != FrameState::SetAside;
        Self {
            failed_by_equipment: frame.failed_by_equipment(),
            serial: frame.serial.filter(|_| owned),
            student_number: frame.student.filter(|_| owned),
            path: main.as_ref().map(|f| f.path.clone()),
            sha256: main.as_ref().map(|f| f.sha256.clone()),
            original_sha256: main.as_ref().and_then(|f| f.original_sha256.clone()),
            size_bytes: main.as_ref().map(|f| f.size_bytes),
            id: frame.id,
            session: frame.session,
            origin: frame.origin,
            state: frame.state,
            accepted: frame.accepted,
            retaken: frame.retaken,
            files: frame.files.into_iter().map(FileView::from).collect(),
            verdict: frame.verdict,
            reasons: frame.reasons.into_iter().map(|r| r.id).collect(),
            candidates: frame.candidates,
            proposed,
            taken_at_ms: frame.taken_at,
            taken_at_trusted: frame.taken_at_trusted,
        }
    }
}

/// One frame with all that the check said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameDetail {
    /// The frame.
    #[serde(flatten)]
    pub frame: FrameView,
    /// A [`Report`](crate::model::Report); `null` until judged.
    pub report: Option<serde_json::Value>,
}

/// A session as `session list --json` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// What people call it.
    pub name: String,
    /// `open` or `closed`.
    pub state: SessionState,
    /// The serial in the chair.
    pub serial: Option<Serial>,
    /// Wall clock at opening.
    pub opened_at_ms: WallMs,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            name: session.name,
            state: session.state,
            serial: session.current,
            opened_at_ms: session.opened_at,
        }
    }
}

/// The queue of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// Whose queue.
    pub session: SessionId,
    /// By serial.
    pub entries: Vec<EntryView>,
}

/// One serial of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    /// The number in the queue.
    pub serial: Serial,
    /// `null` for a paper number that is bound later.
    pub student_number: Option<StudentNumber>,
    /// For people's eyes; `null` when unbound.
    pub name: Option<String>,
    /// `waiting`, `seated`, `done`, `unfinished`, `held-absent`, `held-fix`, `recalled`, `absent`.
    pub state: String,
    /// Order among the recalled, ascending; 0 when not recalled.
    pub recall_order: u32,
    /// Ids of reasons waived at the chair.
    #[serde(default)]
    pub waived: Vec<String>,
    /// Ids of reasons that the roster exempts the student from.
    #[serde(default)]
    pub exempt: Vec<String>,
}

impl From<QueueEntry> for EntryView {
    fn from(entry: QueueEntry) -> Self {
        let (student_number, name, exempt) = match entry.student {
            Some(student) => (Some(student.number), Some(student.name), student.exempt),
            None => (None, None, Vec::new()),
        };
        Self {
            serial: entry.serial,
            student_number,
            name,
            state: entry.state.as_str().to_owned(),
            recall_order: entry.recall_order,
            waived: entry.waived,
            exempt,
        }
    }
}

/// `GET /v1/frames?…`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameQuery {
    /// Only of this session; of all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Only frames without a certain owner.
    #[serde(default)]
    pub set_aside: bool,
    /// Only of this serial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
}

/// `GET /v1/queue?session=…`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueQuery {
    /// Whose queue; the open session's when absent.
    pub session: Option<SessionId>,
}

/// `GET /v1/log?after=…&limit=…`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Rows after this one; from the first when absent.
    #[serde(default)]
    pub after: u64,
    /// At most this many; 500 when absent, never more than 5,000.
    pub limit: Option<u32>,
}

/// `POST /v1/sessions`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionOpenBody {
    /// What people call it; a date when absent.
    pub name: Option<String>,
}

/// `POST /v1/sessions/close`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionCloseBody {
    /// Close although it does not balance; audited.
    #[serde(default)]
    pub force: bool,
}

/// A student on the way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudentBody {
    /// 学号
    pub student_number: String,
    /// 姓名; may be empty.
    #[serde(default)]
    pub name: String,
    /// 豁免: ids of reasons that are no more than remarks on this student.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<String>,
}

/// `POST /v1/roster`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterBody {
    /// In roster order, numbers distinct.
    pub students: Vec<StudentBody>,
    /// Refused unless this session is the open one.
    #[serde(default)]
    pub session: Option<SessionId>,
}

/// `POST /v1/queue/call`, `recall`, `absent`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialBody {
    /// Which.
    pub serial: Serial,
}

/// `POST /v1/queue/hold`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// Which; whoever sits there when absent.
    pub serial: Option<Serial>,
    /// `absent` or `fix`; when absent the station decides by whether something was shot.
    pub reason: Option<HoldReason>,
}

/// `POST /v1/queue/bind`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindBody {
    /// Which.
    pub serial: Serial,
    /// 学号
    pub student_number: String,
    /// 姓名; may be empty when the roster knows the number.
    #[serde(default)]
    pub name: String,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /v1/queue/undo-advance`, `undo`, `/v1/frames/{id}/split`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DryRunBody {
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /v1/queue/shift`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftBody {
    /// First serial.
    pub from: Serial,
    /// Last serial.
    pub to: Serial,
    /// How many serials further; negative is towards 1.
    pub by: i32,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /v1/queue/swap`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwapBody {
    /// One.
    pub a: Serial,
    /// The other.
    pub b: Serial,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /v1/frames/{id}/reassign`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReassignBody {
    /// Whose it is.
    pub to: String,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /v1/queue/waive`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiveBody {
    /// Whose; of whoever sits there when absent.
    #[serde(default)]
    pub serial: Option<Serial>,
    /// Which reason, by id.
    pub reason: String,
    /// Take the waiver back.
    #[serde(default)]
    pub undo: bool,
}

/// `POST /v1/standard/lower`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowerBody {
    /// Which reason, by id.
    pub reason: String,
    /// Take the lowering back.
    #[serde(default)]
    pub undo: bool,
}

/// `POST /v1/camera/test-shot`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestShotBody {
    /// The session's later frames are compared with it.
    #[serde(default)]
    pub reference: bool,
}

/// A body without anything in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBody {}

/// `GET /v1/upload?limit=…`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    /// Items shown of each destination that are parked, skipped, and next, each; 20 when absent, 1000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// `POST /v1/upload/pause` and `/resume`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// Which, by the config's name; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// `POST /v1/upload/metered`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeteredBody {
    /// Whether the network costs money.
    pub metered: bool,
}

/// `POST /v1/panel/press`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PressBody {
    /// `pedal`, `next`, …
    pub control: Control,
    /// `press`, `long`, `double`; the gesture it is bound to when absent.
    pub gesture: Option<Gesture>,
}

/// The answer to `POST /v1/sessions/preflight`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightView {
    /// The worst of the lines.
    pub finding: super::Finding,
    /// One by one.
    pub lines: Vec<super::PreflightLine>,
}
