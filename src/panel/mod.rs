//! The photographer's panel: foot pedal, buttons, lamps and buzzer.
//!
//! A driver reports debounced edges with the moment they really happened and plays the rhythms it is
//! given; it never decides what an edge means.

mod sim;

pub use sim::{Finger, PressError, Shown, SimPanel};

use crate::model::{InputName, Lamps, Level, Millis, Pattern};

/// What a panel reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PanelEvent {
    /// A switch changed, after debouncing on the leading edge.
    Edge {
        /// Which.
        input: InputName,
        /// To what.
        level: Level,
        /// The kernel's timestamp of the edge, microseconds of the boot-time clock.
        at_us: u64,
    },
    /// An input has been held for longer than any foot would (`true`), or is free again.
    Stuck {
        /// Which.
        input: InputName,
        /// Held or free.
        stuck: bool,
    },
}

/// Where a driver sends its events; called from the driver's own thread and never blocks.
pub type PanelSink = Box<dyn Fn(PanelEvent) + Send + Sync>;

/// A panel's outputs. Inputs go to the [`PanelSink`] that the driver was started with.
pub trait Panel: Send {
    /// Light the lamps in these rhythms, counted from `since`.
    fn show(&mut self, lamps: Lamps, since: Millis);
    /// Sound once, from `since`.
    fn sound(&mut self, pattern: Pattern, since: Millis);
}
