//! How a panel is wired to a board: which line carries which switch, lamp, buzzer or display.

use super::{InputName, Millis};
use std::fmt;

/// A line of a GPIO chip.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Its offset in the chip; on a Raspberry Pi the BCM number.
    Number(u32),
    /// Its name as the kernel knows it, for example `PIN_11`.
    Name(String),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Number(number) => write!(f, "line {number}"),
            Line::Name(name) => write!(f, "line \"{name}\""),
        }
    }
}

/// A line, and where a technician finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Which line.
    pub line: Line,
    /// The pin of the board's header it comes out at, counted from 1.
    pub header: Option<u8>,
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.header {
            Some(header) => write!(f, "{} (header pin {header})", self.line),
            None => write!(f, "{}", self.line),
        }
    }
}

/// The resistor inside the chip that holds an input while its switch is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// `up`: high while open; the switch goes to ground.
    Up,
    /// `down`: low while open; the switch goes to the supply.
    Down,
    /// `none`: there is a resistor outside.
    None,
}

/// What a switch does when it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// `normally-open`: closes.
    NormallyOpen,
    /// `normally-closed`: opens, so that a broken cable looks like a press that never ends and is found.
    NormallyClosed,
}

/// An electrical level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Active {
    /// `low`: near ground.
    Low,
    /// `high`: near the supply.
    High,
}

impl Active {
    /// The level of an input while it is pressed, where pull and contact tell.
    pub fn of_switch(pull: Pull, contact: Contact) -> Option<Active> {
        match (pull, contact) {
            (Pull::Up, Contact::NormallyOpen) | (Pull::Down, Contact::NormallyClosed) => {
                Some(Active::Low)
            }
            (Pull::Up, Contact::NormallyClosed) | (Pull::Down, Contact::NormallyOpen) => {
                Some(Active::High)
            }
            (Pull::None, _) => None,
        }
    }

    /// The level as a bit of the chip: 1 is high.
    pub fn is_high(self) -> bool {
        self == Active::High
    }
}

/// A switch on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardInput {
    /// By which name bindings know it.
    pub name: InputName,
    /// Where.
    pub pin: Pin,
    /// The resistor inside the chip.
    pub pull: Pull,
    /// What it does when pressed.
    pub contact: Contact,
    /// The level while pressed.
    pub active: Active,
    /// How long its contacts may bounce; the config's for all inputs when not given.
    pub debounce: Option<Millis>,
}

impl BoardInput {
    /// A switch from a line to ground that a resistor inside the chip holds high, as the wiring page draws them all.
    pub fn to_ground(name: &str, pin: Pin) -> Self {
        Self {
            name: InputName(name.to_owned()),
            pin,
            pull: Pull::Up,
            contact: Contact::NormallyOpen,
            active: Active::Low,
            debounce: None,
        }
    }
}

/// What an output drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputName {
    /// The red lamp.
    Red,
    /// The amber lamp.
    Amber,
    /// The green lamp.
    Green,
    /// An active buzzer: it sounds while it has power.
    Buzzer,
    /// The red part of one lamp of three colours; amber is red and green together.
    RgbRed,
    /// Its green part.
    RgbGreen,
    /// Its blue part, which no signal uses: kept dark.
    RgbBlue,
}

impl OutputName {
    /// Every output there can be.
    pub const ALL: [OutputName; 7] = [
        OutputName::Red,
        OutputName::Amber,
        OutputName::Green,
        OutputName::Buzzer,
        OutputName::RgbRed,
        OutputName::RgbGreen,
        OutputName::RgbBlue,
    ];

    /// The word in a board file.
    pub fn as_str(self) -> &'static str {
        match self {
            OutputName::Red => "red",
            OutputName::Amber => "amber",
            OutputName::Green => "green",
            OutputName::Buzzer => "buzzer",
            OutputName::RgbRed => "rgb-red",
            OutputName::RgbGreen => "rgb-green",
            OutputName::RgbBlue => "rgb-blue",
        }
    }
}

/// A lamp or the buzzer on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardOutput {
    /// What it drives.
    pub name: OutputName,
    /// Where.
    pub pin: Pin,
    /// The level that lights it or makes it sound.
    pub active: Active,
}

/// A matrix of keys. Rows are pulled low one at a time, columns are read with pull-ups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keypad {
    /// From the top.
    pub rows: Vec<Pin>,
    /// From the left.
    pub columns: Vec<Pin>,
    /// What is printed on the keys, row by row: digits, `*` for clear, `#` for enter.
    pub keys: Vec<Vec<char>>,
}

impl Keypad {
    /// What a printed key is called as an input; `None` for a character that no keypad of ours has.
    pub fn input_of(key: char) -> Option<InputName> {
        match key {
            '0'..='9' => Some(InputName(format!("digit-{key}"))),
            '*' => Some(InputName("clear".into())),
            '#' => Some(InputName("enter".into())),
            _ => None,
        }
    }

    /// The input of the key in a row and column, counted from 0.
    pub fn input_at(&self, row: usize, column: usize) -> Option<InputName> {
        Keypad::input_of(*self.keys.get(row)?.get(column)?)
    }
}

/// A display of four digits behind a TM1637.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialDisplay {
    /// Its clock.
    pub clock: Pin,
    /// Its data.
    pub data: Pin,
    /// 0 (dim) to 7.
    pub brightness: u8,
}

/// Which library drives a board's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpioDriver {
    /// `rppal`: a Raspberry Pi's own registers.
    Rppal,
    /// `cdev`: the kernel's GPIO character device, on any board.
    Cdev,
}

impl GpioDriver {
    /// The word in files and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            GpioDriver::Rppal => "rppal",
            GpioDriver::Cdev => "cdev",
        }
    }
}

/// A board, and the panel wired to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// What people call it.
    pub name: String,
    /// Beginnings of the device tree's model that mean this board.
    pub models: Vec<String>,
    /// What drives it unless the config says otherwise.
    pub driver: GpioDriver,
    /// The label of the GPIO chip that the lines belong to, or the path of its device.
    pub chip: String,
    /// Lines 0 to this, exclusive, come out at the header; `None` where only the chip knows.
    pub lines: Option<u32>,
    /// Pedals and buttons, in the order of the file.
    pub inputs: Vec<BoardInput>,
    /// Lamps and buzzer, in the order of [`OutputName::ALL`].
    pub outputs: Vec<BoardOutput>,
    /// A matrix of keys, if there is one.
    pub keypad: Option<Keypad>,
    /// A display of the serial, if there is one.
    pub display: Option<SerialDisplay>,
}

impl Board {
    /// A board with nothing wired to its chip yet.
    pub fn bare(name: &str, chip: &str) -> Self {
        Self {
            name: name.to_owned(),
            models: Vec::new(),
            driver: GpioDriver::Cdev,
            chip: chip.to_owned(),
            lines: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            keypad: None,
            display: None,
        }
    }

    /// The names of all inputs, those of the keypad's keys too.
    pub fn input_names(&self) -> Vec<InputName> {
        let keys = self.keypad.iter().flat_map(|k| k.keys.iter().flatten());
        let keys = keys.filter_map(|key| Keypad::input_of(*key));
        self.inputs
            .iter()
            .map(|i| i.name.clone())
            .chain(keys)
            .collect()
    }

    /// Every pin that is used, with the name of what it carries, as the board file spells it.
    pub fn pins(&self) -> Vec<(String, &Pin)> {
        let inputs = self.inputs.iter();
        let mut pins: Vec<_> = inputs
            .map(|i| (format!("inputs.{}", i.name.0), &i.pin))
            .collect();
        let outputs = self.outputs.iter();
        pins.extend(outputs.map(|o| (format!("outputs.{}", o.name.as_str()), &o.pin)));
        if let Some(keypad) = &self.keypad {
            pins.extend(keypad.rows.iter().map(|p| ("keypad.rows".to_owned(), p)));
            let columns = keypad.columns.iter();
            pins.extend(columns.map(|p| ("keypad.columns".to_owned(), p)));
        }
        if let Some(display) = &self.display {
            pins.push(("display.clock".to_owned(), &display.clock));
            pins.push(("display.data".to_owned(), &display.data));
        }
        pins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_to_ground_reads_low_when_closed() {
        use Contact::{NormallyClosed, NormallyOpen};
        let level = Active::of_switch;
        assert_eq!(level(Pull::Up, NormallyOpen), Some(Active::Low));
        assert_eq!(level(Pull::Up, NormallyClosed), Some(Active::High));
        assert_eq!(level(Pull::Down, NormallyOpen), Some(Active::High));
        assert_eq!(level(Pull::Down, NormallyClosed), Some(Active::Low));
        assert_eq!(level(Pull::None, NormallyOpen), None);
    }

    #[test]
    fn keys_have_the_names_of_their_controls() {
        for control in super::super::Control::ALL {
            let word = control.to_string();
            let key = match &*word {
                "clear" => Some('*'),
                "enter" => Some('#'),
                digit => digit.strip_prefix("digit-").and_then(|d| d.chars().next()),
            };
            if let Some(key) = key {
                assert_eq!(Keypad::input_of(key), Some(InputName(word)));
            }
        }
        assert_eq!(Keypad::input_of('A'), None);
    }
}
