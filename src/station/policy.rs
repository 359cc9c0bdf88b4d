//! How this venue wants the station to behave; filled from the config.

use crate::model::{Binding, Bytes, Millis};

/// When the pedal moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PedalPolicy {
    /// Never: a press always fires for the current serial.
    #[default]
    PressShoots,
    /// A press at least `advance_guard` after green was shown moves on.
    OnePedal,
}

/// The station's settings. Times are spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// When the pedal moves on.
    pub pedal: PedalPolicy,
    /// Which gesture means which control.
    pub bindings: Vec<Binding>,
    /// After moving on the shutter is blocked for this long, so that a second stamp of the foot does not shoot the wrong student.
    pub settle: Millis,
    /// One pedal: a press moves on only this long after green was shown.
    pub advance_guard: Millis,
    /// The flash needs this long to recycle.
    pub min_shot_interval: Millis,
    /// A press this long is a long one.
    pub long_press: Millis,
    /// A second press this soon makes a double one.
    pub double_press: Millis,
    /// A request without a file expires after this long.
    pub request_deadline: Millis,
    /// How long the second file of a RAW and JPEG pair may take.
    pub pair_deadline: Millis,
    /// Files the profile makes of one release: 1, or 2 for RAW and JPEG.
    pub files_per_frame: u8,
    /// More shots than this on one serial raise an alarm.
    pub max_shots: u32,
    /// Another shot this long after a pass, while others wait, raises `advance?`.
    pub advance_hint: Millis,
    /// How long a first `next` without a good frame waits for the second.
    pub confirm_next: Millis,
    /// Typed digits are forgotten after this long.
    pub digits_timeout: Millis,
    /// A failed download is tried again after this long.
    pub refetch: Millis,
    /// Below this much free space the station refuses to shoot.
    pub min_free: Bytes,
    /// Below this much free space an alarm says so, long before that; 0 for none.
    pub warn_free: Bytes,
    /// Whether archived files are deleted on the camera.
    pub clear_card: bool,
}
