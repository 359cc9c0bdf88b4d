//! The nouns everyone speaks: ids, units, student, session, serial, frame, verdict.
//!
//! Nothing here does I/O, asks a clock or decides anything; every other room may import this one
//! and it imports none. What is written in the database, sent over the socket or shown to a person
//! is spelled here once.

mod camera;
mod change;
mod command;
mod control;
mod delivery;
mod fault;
mod finding;
mod frame;
mod geometry;
mod ids;
mod queue;
mod report;
pub mod rule;
mod shutter;
mod signal;
mod signature;
mod stamp;
mod status;
mod units;
mod wiring;

pub use camera::{
    CameraFile, CameraFileKey, CameraInfo, CameraState, ExifSettings, SettingMismatch,
};
pub use change::{ChairStep, Change, EventKind, Row, Snapshot};
pub use command::{
    Command, CorrectionPreview, FrameMove, HoldTarget, Outcome, Refusal, RefusalCode, RosterEntry,
};
pub use control::{Binding, Control, Gesture, InputName, Level};
pub use delivery::{
    Consignee, DestinationStatus, Goods, KeyFields, KeyTemplate, Reach, TemplateError, Traffic,
    key_is_safe,
};
pub use fault::Fault;
pub use finding::{CheckLine, Finding};
pub use frame::{FileRole, Frame, FrameFile, FrameState, Origin};
pub use geometry::{Crop, Geometry, Point, Pose, Rect, Silhouette, Spans};
pub use ids::{
    BootId, FrameId, FrameOrder, InvalidId, RequestId, Serial, SessionId, Sha256, StationId,
    StudentNumber,
};
pub use queue::{EntryState, HoldReason, QueueEntry, Session, SessionState, Student};
pub use report::{About, Measure, MeasureState, Reason, Report, Severity, Verdict};
pub use shutter::{Purpose, RequestOutcome, RequestState, ShutterRequest};
pub use signal::{Beat, LampState, Lamps, Pattern, Tune};
pub use signature::{Band, Signature};
pub use stamp::{Actor, Stamp};
pub use status::{
    CameraStatus, FrameCounts, LedStatus, OutboxCounts, PanelStatus, QueueCounts, StationDisk,
    StationState, Status, StorageStatus,
};
pub use units::{Bytes, Millis, WallMs};
pub use wiring::{
    Active, Board, BoardInput, BoardOutput, Contact, GpioDriver, Keypad, Line, OutputName, Pin,
    Pull, SerialDisplay,
};
