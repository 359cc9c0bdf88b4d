//! What every camera can be asked, from the child's main thread. Calls may block; the daemon kills the process if they
//! block for too long.

use crate::model::{Bytes, Millis, SettingMismatch};

/// A camera that is open.
pub trait Body {
    /// Who it is.
    fn identity(&self) -> Identity;

    /// Fires, and does not wait for the file.
    fn trigger(&mut self) -> Result<(), BodyError>;

    /// The next event, or [`BodyEvent::Quiet`] when the queue stayed empty for `slice`.
    fn wait_event(&mut self, slice: Millis) -> Result<BodyEvent, BodyError>;

    /// Size and time of a file as the camera says them.
    fn file_info(&mut self, folder: &str, name: &str) -> Result<FileInfo, BodyError>;

    /// Up to `buffer.len()` bytes of a file from `offset`; 0 at its end.
    fn read(
        &mut self,
        folder: &str,
        name: &str,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<Piece, BodyError>;

    /// The whole file in one go, for cameras that hand over no pieces. `sink` answers whether to go on.
    fn read_whole(
        &mut self,
        folder: &str,
        name: &str,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), BodyError>;

    /// Deletes a file.
    fn delete(&mut self, folder: &str, name: &str) -> Result<(), BodyError>;

    /// Every file on the card; calls `progress` now and then.
    fn list(&mut self, progress: &mut dyn FnMut()) -> Result<Vec<Listed>, BodyError>;

    /// Every setting that can be set: libgphoto2's name and value.
    fn settings(&mut self) -> Result<Vec<(String, String)>, BodyError>;

    /// Applies settings in order, reads each back, and says where the camera differs.
    fn apply(&mut self, settings: &[(String, String)]) -> Result<Vec<SettingMismatch>, BodyError>;

    /// Battery, card and clock.
    fn probe(&mut self) -> Result<Condition, BodyError>;

    /// Lets go of a shutter button that a failed focus left half-pressed.
    fn release_half_press(&mut self);

    /// A drill: the photographer's finger on the camera's own button, where the camera is one that can be asked.
    fn press_shutter(&mut self) -> Result<(), BodyError>;

    /// Ends the session in order.
    fn close(self: Box<Self>);
}

/// Who a camera is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// As the camera says it.
    pub model: String,
    /// The body's serial number, or empty.
    pub serial: String,
    /// `usb:001,004`.
    pub port: String,
}

/// How a camera is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// `80%`.
    pub battery: Option<String>,
    /// On its card.
    pub card_free: Option<Bytes>,
    /// As it estimates.
    pub frames_left: Option<u32>,
    /// Its clock minus ours, milliseconds.
    pub clock_offset_ms: Option<i64>,
}

/// What a camera says unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyEvent {
    /// Nothing for the whole slice: the queue is empty.
    Quiet,
    /// A file showed up.
    File {
        /// Its folder.
        folder: String,
        /// Its name.
        name: String,
    },
    /// The card is full: what a camera says that took the trigger and had no room for the picture.
    CardFull,
    /// Anything else: a property changed, a capture is complete. On some cameras these never stop.
    Other,
}

/// What a camera says of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// Bytes.
    pub size: Bytes,
    /// Seconds of the camera's clock; 0 when unknown.
    pub modified_s: i64,
}

/// A file of the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its folder.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Size and time.
    pub info: FileInfo,
}

/// What [`Body::read`] gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes; 0 at the end.
    Bytes(usize),
    /// This camera only hands over whole files.
    WholeOnly,
}

/// Why a camera did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not now.
    #[error("the camera is busy: {0}")]
    Busy(String),
    /// No focus.
    #[error("the camera found no focus: {0}; aim at an edge, or set the lens to manual focus")]
    Focus(String),
    /// No room.
    #[error("the camera's card is full: {0}; change or clear the card")]
    CardFull(String),
    /// No such file.
    #[error("no such file on the camera: {0}")]
    NoFile(String),
    /// It said no.
    #[error("the camera refused: {0}")]
    Refused(String),
    /// The session is broken: only opening it anew helps.
    #[error("the camera does not answer: {0}; check the cable and the battery")]
    Gone(String),
}

/// Why there is no open camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// None answers.
    #[error("no camera answers: {0}")]
    Absent(String),
    /// Another program holds it.
    #[error("another program holds the camera: {}; end it (desktop helpers such as gvfs-gphoto2-volume-monitor can be masked)", .holder.as_deref().unwrap_or("unknown"))]
    Claimed {
        /// Who, when found.
        holder: Option<String>,
    },
    /// It answers and will not open.
    #[error("the camera could not be opened: {0}")]
    Failed(String),
}
