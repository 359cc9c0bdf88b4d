//! What can be made to go wrong with the `sim` camera.

use serde::{Deserialize, Serialize};

/// A fault knob, or the photographer's finger on the camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Knob {
    /// The cable comes out; stays out across restarts of the child.
    Unplug,
    /// The cable goes back in.
    Replug,
    /// The next such call hangs.
    Stall {
        /// Which call; `None` is any.
        during: Option<SimCall>,
        /// For how long, milliseconds; `None` is until [`Knob::Release`] or death.
        ms: Option<u64>,
    },
    /// Ends a stall.
    Release,
    /// The next download ends after so many bytes.
    ShortRead {
        /// Bytes handed over.
        bytes: u64,
    },
    /// The next so many triggers answer "busy".
    Busy {
        /// How many.
        count: u32,
    },
    /// The next trigger finds no focus, and the camera is dead until it is opened anew.
    NoFocus,
    /// Whether the card is full.
    CardFull {
        /// Full or not.
        full: bool,
    },
    /// Downloads at this speed; 0 is as fast as it can.
    Slow {
        /// Bytes a second.
        bytes_per_s: u64,
    },
    /// The next file is announced with this many bytes too many (or, negative, too few).
    WrongSize {
        /// The difference.
        by: i64,
    },
    /// The next file gets a name that was used before, in a new folder.
    NamesRepeat,
    /// The camera takes its settings but does not keep this one.
    ForgetSetting {
        /// libgphoto2's name for it.
        key: String,
    },
    /// The photographer presses the camera's own button.
    PressShutter,
    /// The next trigger fires, but no file ever shows up.
    NoFile,
    /// The next deletion is refused.
    RefuseDelete,
    /// The child crashes at its next call.
    Exit,
}

/// A call into the camera, for [`Knob::Stall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimCall {
    /// Opening it.
    Open,
    /// The trigger.
    Trigger,
    /// Waiting for an event.
    Event,
    /// A piece of a download.
    Download,
    /// A deletion.
    Delete,
    /// A listing.
    List,
}
