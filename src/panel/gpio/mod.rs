//! GPIO lines behind two small traits, so that one logic and one suite of tests serve every driver.
//!
//! A driver opens lines, tells edges and levels, and moves levels. It knows nothing of presses, lamps or rhythms.

mod cdev;
mod chips;
mod layout;
mod pads;
mod rppal;
pub mod sim;

pub(super) use layout::{KeypadPads, Layout};
pub(super) use pads::SafePads;

use super::{Driver, Options, PanelError};
use crate::clock;
use crate::model::GpioDriver;
use std::time::Duration;

/// An edge as the kernel saw it, before any debouncing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEdge {
    /// Which input, in the order of the board's file.
    pub input: usize,
    /// Whether the line went high.
    pub high: bool,
    /// The kernel's timestamp, µs of the boot-time clock.
    pub at_us: u64,
    /// The kernel's number of it among this line's edges; a gap says that edges were lost.
    pub number: u32,
}

impl RawEdge {
    /// An edge stamped by the monotonic clock, as the kernel does.
    fn at_monotonic(input: usize, high: bool, ns: u64, number: u32) -> Self {
        Self {
            input,
            high,
            at_us: clock::boot_time_of_monotonic(ns / 1000),
            number,
        }
    }
}

/// The lines of all switches.
pub trait InputLines: Send {
    /// Wait for an edge, for no longer than `timeout`; `None` if there was none. Where edges do not come, this only waits.
    ///
    /// # Errors
    /// When the lines fail.
    fn wait(&mut self, timeout: Duration) -> Result<Option<RawEdge>, PanelError>;

    /// Read all levels, in the order of the board's file; `true` is high.
    ///
    /// # Errors
    /// When the lines fail.
    fn levels(&mut self, high: &mut Vec<bool>) -> Result<(), PanelError>;

    /// Whether the driver expects edges at all.
    fn has_edges(&self) -> bool;
}

/// The lines of everything else, by their place in the layout.
pub trait Pads: Send {
    /// Move a line; one that is an open drain is let go of when `high`.
    ///
    /// # Errors
    /// When the lines fail.
    fn set(&mut self, pad: usize, high: bool) -> Result<(), PanelError>;

    /// Read a line.
    ///
    /// # Errors
    /// When the lines fail.
    fn is_high(&mut self, pad: usize) -> Result<bool, PanelError>;
}

/// A board, opened.
pub(super) struct Lines {
    /// What drives it.
    pub(super) driver: &'static str,
    pub(super) inputs: Box<dyn InputLines>,
    pub(super) pads: SafePads,
}

/// Open everything that a board's file names.
///
/// # Errors
/// Names the pin, who holds it and the remedy.
pub(super) fn open(options: &Options) -> Result<Lines, PanelError> {
    let layout = Layout::of(&options.board);
    let (driver, inputs, pads) = open_inputs_and_pads(options, &layout)?;
    Ok(Lines {
        driver,
        inputs,
        pads: SafePads::new(pads, &layout)?,
    })
}

/// Open lamps, buzzer, keypad and display, but no switch.
///
/// # Errors
/// Names the pin, who holds it and the remedy.
pub(super) fn open_pads(options: &Options) -> Result<SafePads, PanelError> {
    let mut layout = Layout::of(&options.board);
    layout.inputs.clear();
    let (_, _, pads) = open_inputs_and_pads(options, &layout)?;
    SafePads::new(pads, &layout)
}

type Opened = (&'static str, Box<dyn InputLines>, Box<dyn Pads>);

fn open_inputs_and_pads(options: &Options, layout: &Layout) -> Result<Opened, PanelError> {
    let chip = &*options.board.chip;
    let by_cdev = || cdev::open(chip, layout);
    let by_rppal = || rppal::open(chip, layout);
    match (&options.driver, options.board.driver) {
        (Driver::Sim(board), _) => board.open(layout),
        (Driver::Cdev, _) | (Driver::Auto, GpioDriver::Cdev) => by_cdev(),
        (Driver::Rppal, _) => by_rppal(),
        (Driver::Auto, GpioDriver::Rppal) => match by_rppal() {
            Err(PanelError::NotAPi) => {
                tracing::info!("rppal does not know this Raspberry Pi; its GPIO chip is used");
                by_cdev()
            }
            opened => opened,
        },
    }
}
