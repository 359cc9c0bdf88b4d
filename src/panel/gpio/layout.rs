//! Which line is what: a board's file as lists of lines, the same for every driver.

use crate::model::{Active, Board, OutputName, Pin, Pull};

/// How a line is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadKind {
    /// High and low; safe at this level.
    Driven {
        /// The level of a dark lamp and a silent buzzer.
        safe_high: bool,
    },
    /// Pulled low, or let go of and pulled up; safe when let go of.
    OpenDrain,
    /// Read only, pulled up.
    Read,
}

/// A line that is no switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pad {
    /// What it is, as the board's file says.
    pub what: String,
    /// Where.
    pub pin: Pin,
    /// How it is driven.
    pub kind: PadKind,
}

/// The line of a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputPad {
    /// What it is, as the board's file says.
    pub what: String,
    /// Where.
    pub pin: Pin,
    /// The resistor inside the chip.
    pub pull: Pull,
}

/// Places of a keypad's lines among the pads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeypadPads {
    /// Open drains.
    pub rows: Vec<usize>,
    /// Read.
    pub columns: Vec<usize>,
}

/// All lines of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Switches, in the order of the board's file.
    pub inputs: Vec<InputPad>,
    /// Everything else.
    pub pads: Vec<Pad>,
    /// Lamps and buzzer: place among the pads, and the level that lights them.
    pub outputs: Vec<(OutputName, usize, Active)>,
    /// The keypad's places.
    pub keypad: Option<KeypadPads>,
    /// The display's clock and data.
    pub display: Option<(usize, usize)>,
}

impl Layout {
    /// The lines of a board.
    pub fn of(board: &Board) -> Self {
        let inputs = board.inputs.iter().map(|input| InputPad {
            what: format!("inputs.{}", input.name.0),
            pin: input.pin.clone(),
            pull: input.pull,
        });
        let mut layout = Self {
            inputs: inputs.collect(),
            pads: Vec::new(),
            outputs: Vec::new(),
            keypad: None,
            display: None,
        };
        for output in &board.outputs {
            let kind = PadKind::Driven {
                safe_high: !output.active.is_high(),
            };
            let what = format!("outputs.{}", output.name.as_str());
            let pad = layout.pad(what, &output.pin, kind);
            layout.outputs.push((output.name, pad, output.active));
        }
        if let Some(keypad) = &board.keypad {
            let mut all = |what: &str, pins: &[Pin], kind| {
                let pads = pins.iter().map(|pin| layout.pad(what.into(), pin, kind));
                pads.collect::<Vec<_>>()
            };
            let rows = all("keypad.rows", &keypad.rows, PadKind::OpenDrain);
            let columns = all("keypad.columns", &keypad.columns, PadKind::Read);
            layout.keypad = Some(KeypadPads { rows, columns });
        }
        if let Some(display) = &board.display {
            let clock = layout.pad("display.clock".into(), &display.clock, PadKind::OpenDrain);
            let data = layout.pad("display.data".into(), &display.data, PadKind::OpenDrain);
            layout.display = Some((clock, data));
        }
        layout
    }

    fn pad(&mut self, what: String, pin: &Pin, kind: PadKind) -> usize {
        self.pads.push(Pad {
            what,
            pin: pin.clone(),
            kind,
        });
        self.pads.len() - 1
    }
}
