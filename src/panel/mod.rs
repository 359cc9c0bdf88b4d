//! The photographer's panel: foot pedal, buttons, keypad, lamps, buzzer and the display of the serial.
//!
//! A driver reports debounced edges with the moment they really happened and plays the rhythms it is
//! given; it never decides what an edge means. Nothing here stands between an edge and the station's loop: a press is
//! told at its first contact (I8), and no disk, network or display is waited for on that way. Whatever drives the
//! pins, the same logic reads the switches (`switches`) and plays the lamps (`show`); drivers (`gpio`) move levels, no more.
//! Lamps and buzzer are dark and silent once the panel is gone, however it went.

mod bench;
mod error;
pub mod gpio;
mod machine;
mod show;
mod sim;
pub mod switches;
mod telling;
mod wired;

pub use bench::BenchPanel;
pub use error::PanelError;
pub use machine::Machine;
pub use sim::{Finger, PressError, Shown, SimPanel};
pub use wired::{WiredPanel, make_safe};

use crate::model::{Board, InputName, Lamps, Level, Millis, Pattern};

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
    /// The pins are open: pedal and lamps work.
    Opened {
        /// What drives them, as status shows it.
        driver: &'static str,
    },
    /// The pins could not be opened, or failed; they are tried again by themselves.
    Failed {
        /// What is wrong, and the next step.
        problem: String,
    },
}

/// Where a driver sends its events; called from the driver's own threads and never blocks for long.
pub type PanelSink = Box<dyn Fn(PanelEvent) + Send + Sync>;

/// What the display of four digits shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Digits {
    /// Nothing: nobody is in the chair.
    #[default]
    Blank,
    /// The serial of whoever sits there.
    Serial(u32),
    /// Digits being typed; told apart by the colon.
    Typed(u32),
}

/// A panel's outputs. Inputs go to the [`PanelSink`] that the driver was started with.
pub trait Panel: Send {
    /// Light the lamps in these rhythms, counted from `since`.
    fn show(&mut self, lamps: Lamps, since: Millis);
    /// Sound once, from `since`.
    fn sound(&mut self, pattern: Pattern, since: Millis);
    /// Show these digits, where there is a display.
    fn number(&mut self, digits: Digits);
}

/// Which library moves the levels.
#[derive(Debug, Clone)]
pub enum Driver {
    /// The board's own; the character device where that one does not know this machine.
    Auto,
    /// A Raspberry Pi's registers.
    Rppal,
    /// The kernel's GPIO character device.
    Cdev,
    /// Lines that a test moves.
    Sim(gpio::sim::SimBoard),
}

/// How a panel is wired and how patient it is.
#[derive(Debug, Clone)]
pub struct Options {
    /// What moves the levels.
    pub driver: Driver,
    /// The board and its wiring.
    pub board: Board,
    /// Contacts may bounce for this long.
    pub debounce: Millis,
    /// An input held for this long is stuck.
    pub stuck: Millis,
}

/// A panel that nobody can press or see: this machine's is not known.
#[derive(Debug, Clone, Copy)]
pub struct NoPanel;

impl Panel for NoPanel {
    fn show(&mut self, _: Lamps, _: Millis) {}
    fn sound(&mut self, _: Pattern, _: Millis) {}
    fn number(&mut self, _: Digits) {}
}
