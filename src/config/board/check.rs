//! What a well-formed board file can still get wrong.

use super::problem_at;
use crate::config::Problem;
use crate::config::problem::nearest;
use crate::model::{Board, Control, GpioDriver, Keypad, Line, OutputName, Pin};
use std::collections::BTreeMap;

/// Longest debounce that still lets a person press twice.
const DEBOUNCE_MS: std::ops::RangeInclusive<u64> = 1..=100;

/// The brightest that a TM1637 can be.
const BRIGHTEST: u8 = 7;

pub(super) fn problems(board: &Board, lines: &BTreeMap<String, usize>) -> Vec<Problem> {
    let mut findings = Findings {
        board,
        lines,
        problems: Vec::new(),
    };
    findings.head();
    findings.pins();
    findings.inputs();
    findings.outputs();
    findings.keypad();
    findings.display();
    findings.problems
}

struct Findings<'b> {
    board: &'b Board,
    lines: &'b BTreeMap<String, usize>,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn line(&self, key: &str) -> Option<usize> {
        // A key that is not written has its table's line.
        let above = key.rsplit_once('.').map_or("", |(table, _)| table);
        self.lines.get(key).or(self.lines.get(above)).copied()
    }

    fn note(&mut self, key: &str, message: impl Into<String>, next: impl Into<String>) {
        let problem = problem_at(self.line(key), key, message.into(), next.into());
        self.problems.push(problem);
    }

    fn head(&mut self) {
        if self.board.name.trim().is_empty() {
            self.note(
                "board.name",
                "the board has no name",
                "write name = \"…\", as people call it",
            );
        }
        if self.board.chip.trim().is_empty() {
            self.note(
                "board.chip",
                "no GPIO chip is named",
                "write its label (gpiodetect lists them) or /dev/gpiochipN",
            );
        }
    }

    /// The key of a pin's line, by the name of what it carries.
    fn key(name: &str) -> String {
        match name.split_once('.') {
            Some(("inputs" | "outputs", _)) => format!("{name}.line"),
            _ => name.to_owned(),
        }
    }

    fn pins(&mut self) {
        let board = self.board;
        let mut seen: Vec<(String, &Pin)> = Vec::new();
        for (name, pin) in board.pins() {
            let key = Self::key(&name);
            let taken = seen.iter().find(|(_, other)| other.line == pin.line);
            if let Some((other, _)) = taken {
                let at = match self.line(&Self::key(other)) {
                    Some(line) => format!("`{other}` (line {line} of this file)"),
                    None => format!("`{other}`"),
                };
                self.note(
                    &key,
                    format!("{pin} carries {at} already"),
                    "wire one of the two to another line",
                );
            }
            let same_pin = |other: &Pin| other.header.is_some() && other.header == pin.header;
            let shared = seen
                .iter()
                .find(|(_, other)| other.line != pin.line && same_pin(other));
            if let Some((other, at)) = shared {
                self.note(
                    &key,
                    format!("{} and {at} of `{other}` cannot both be right", pin),
                    "count the header's pins again",
                );
            }
            self.range(&key, pin);
            seen.push((name, pin));
        }
    }

    fn range(&mut self, key: &str, pin: &Pin) {
        match (&pin.line, self.board.lines) {
            (Line::Number(number), Some(lines)) if *number >= lines => self.note(
                key,
                format!(
                    "{pin} is not on the header, which has the lines 0 to {}",
                    lines.saturating_sub(1)
                ),
                "write a line that is; on a Raspberry Pi the BCM number counts, not the pin's",
            ),
            (Line::Name(_), _) if self.board.driver == GpioDriver::Rppal => self.note(
                key,
                "the driver rppal knows lines by their BCM number only",
                "write the number, or driver = \"cdev\"",
            ),
            _ => {}
        }
    }

    fn inputs(&mut self) {
        let board = self.board;
        // One that could not be read has a problem of its own.
        let tried = self.lines.keys().any(|key| key.starts_with("inputs."));
        if board.input_names().is_empty() && !tried {
            self.note(
                "inputs",
                "nothing can be pressed",
                "write a table [inputs.pedal] with its line",
            );
        }
        let words: Vec<String> = Control::ALL.iter().map(ToString::to_string).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for input in &board.inputs {
            let name = &*input.name.0;
            let key = format!("inputs.{name}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || !name.chars().all(plain) {
                self.note(
                    &key,
                    format!("\"{name}\" is no name for an input"),
                    "use small letters, digits and -",
                );
            } else if let Some(near) = nearest(name, &words).filter(|near| *near != name) {
                self.note(
                    &key,
                    "unknown input",
                    format!("did you mean `{near}`? A name of your own must be less like it"),
                );
            }
            if let Some(debounce) = input.debounce.filter(|d| !DEBOUNCE_MS.contains(&d.0)) {
                self.note(
                    &format!("{key}.debounce-ms"),
                    format!("{} ms is not between 1 and 100 ms", debounce.0),
                    "contacts bounce for some milliseconds; 15 suits most",
                );
            }
        }
        let keys = board.keypad.iter().flat_map(|k| k.keys.iter().flatten());
        for name in keys.filter_map(|key| Keypad::input_of(*key)) {
            if board.inputs.iter().any(|input| input.name == name) {
                self.note(
                    &format!("inputs.{}", name.0),
                    format!("the keypad has `{}` too", name.0),
                    "give the button another name, and bind it in the config",
                );
            }
        }
    }

    fn outputs(&mut self) {
        use OutputName as O;
        let has = |name: O| self.board.outputs.iter().any(|o| o.name == name);
        let lamps = [O::Red, O::Amber, O::Green].map(has).contains(&true);
        let (red, green) = (has(O::RgbRed), has(O::RgbGreen));
        let rgb = red || green || has(O::RgbBlue);
        if lamps && rgb {
            self.note(
                "outputs",
                "three lamps and one of three colours are both wired",
                "keep red, amber and green, or rgb-red and rgb-green",
            );
        }
        if rgb && !(red && green) {
            self.note(
                "outputs",
                "a lamp of three colours needs its red and its green",
                "wire rgb-red and rgb-green; both together are amber",
            );
        }
    }

    fn keypad(&mut self) {
        let Some(keypad) = &self.board.keypad else {
            return;
        };
        let (rows, columns) = (keypad.rows.len(), keypad.columns.len());
        if rows == 0 || columns == 0 {
            self.note(
                "keypad.rows",
                "a keypad needs its rows and its columns",
                "write rows = [line, …] and columns = [line, …]",
            );
        }
        let shape = keypad.keys.len() == rows && keypad.keys.iter().all(|r| r.len() == columns);
        if !shape {
            self.note(
                "keypad.keys",
                format!("{rows} rows of {columns} keys are wired, and not as many are written"),
                "write one text for each row, one character for each key, for example \"123\"",
            );
        }
        let mut seen: Vec<char> = Vec::new();
        for key in keypad.keys.iter().flatten() {
            if Keypad::input_of(*key).is_none() {
                self.note(
                    "keypad.keys",
                    format!("there is no key '{key}'"),
                    "keys are the digits, * (clear) and # (enter)",
                );
            } else if seen.contains(key) {
                self.note(
                    "keypad.keys",
                    format!("the key '{key}' is there twice"),
                    "write what is printed on the keys",
                );
            }
            seen.push(*key);
        }
    }

    fn display(&mut self) {
        let Some(display) = &self.board.display else {
            return;
        };
        if display.brightness > BRIGHTEST {
            self.note(
                "display.brightness",
                format!("{} is brighter than it can be", display.brightness),
                "write 0 (dim) to 7",
            );
        }
    }
}
