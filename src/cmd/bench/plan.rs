//! What is tried on a panel, step by step: from how the board is wired.

use crate::model::{Board, InputName, Keypad, OutputName, Pin, Tune};
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;

/// A pedal is tried this often: its bounce is worth knowing, and one press says little of it.
const PEDAL_PRESSES: u32 = 3;

/// Parts of a panel that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Pedals and buttons
    Inputs,
    /// The keys of the keypad
    Keypad,
    /// The lamps
    Lights,
    /// The buzzer
    Sounds,
    /// The four digits
    Display,
}

/// A lamp as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// Red.
    Red,
    /// Amber; of one RGB LED red and green together.
    Amber,
    /// Green.
    Green,
}

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Light::Red => "red",
            Light::Amber => "amber",
            Light::Green => "green",
        })
    }
}

/// What a step tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Nobody touches anything, and no switch reads pressed.
    Rest,
    /// A switch is pressed and let go that many times.
    Press(InputName, u32),
    /// One lamp is lit, steadily.
    Light(Light),
    /// A sound is played.
    Sound(Tune),
    /// The display shows this number.
    Digits(u32),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it tries.
    pub task: Task,
    /// Where to look with a meter, for example `line 17 (header pin 11)`; `None` where nothing is wired.
    pub place: Option<String>,
}

impl Step {
    /// Its name in the result.
    pub fn name(&self) -> String {
        match &self.task {
            Task::Rest => "rest".to_owned(),
            Task::Press(input, _) => format!("input {}", input.0),
            Task::Light(light) => format!("light {light}"),
            Task::Sound(tune) => format!("sound {}", tune.as_str()),
            Task::Digits(number) => format!("display {number:04}"),
        }
    }
}

/// The steps for a board, without the parts that are left out. `wired` is false for a panel that only the terminal plays.
pub fn steps(board: &Board, wired: bool, without: &[Part]) -> Vec<Step> {
    let wants = |part| !without.contains(&part);
    let mut steps = Vec::new();
    let mut add = |task, pins: &[(&str, &Pin)]| {
        let place = wired.then(|| place(pins)).filter(|p| !p.is_empty());
        steps.push(Step { task, place });
    };
    if wants(Part::Inputs) || wants(Part::Keypad) {
        add(Task::Rest, &[]);
    }
    for input in board.inputs.iter().filter(|_| wants(Part::Inputs)) {
        let pedal = input.name.0.starts_with("pedal");
        let times = if pedal { PEDAL_PRESSES } else { 1 };
        add(Task::Press(input.name.clone(), times), &[("", &input.pin)]);
    }
    for keypad in board.keypad.iter().filter(|_| wants(Part::Keypad)) {
        for (input, row, column) in keys(keypad) {
            add(Task::Press(input, 1), &[("row ", row), ("column ", column)]);
        }
    }
    for (light, outputs) in lights(board) {
        if wants(Part::Lights) {
            let pins: Vec<_> = outputs.into_iter().map(|pin| ("", pin)).collect();
            add(Task::Light(light), &pins);
        }
    }
    if let Some(buzzer) = output(board, OutputName::Buzzer).filter(|_| wants(Part::Sounds)) {
        for tune in Tune::ALL {
            add(Task::Sound(tune), &[("", buzzer)]);
        }
    }
    if let Some(display) = board.display.as_ref().filter(|_| wants(Part::Display)) {
        // Every segment of every digit, then each digit in its place.
        for number in [8888, 1234] {
            let pins = [("clock ", &display.clock), ("data ", &display.data)];
            add(Task::Digits(number), &pins);
        }
    }
    steps
}

fn place(pins: &[(&str, &Pin)]) -> String {
    let pins = pins.iter().map(|(what, pin)| format!("{what}{pin}"));
    pins.collect::<Vec<_>>().join(", ")
}

/// The keys that have a meaning, from the top left, each with its row and column.
fn keys(keypad: &Keypad) -> Vec<(InputName, &Pin, &Pin)> {
    let rows = keypad.rows.iter().enumerate();
    rows.flat_map(|(r, row)| {
        let columns = keypad.columns.iter().enumerate();
        columns.filter_map(move |(c, column)| Some((keypad.input_at(r, c)?, row, column)))
    })
    .collect()
}

fn output(board: &Board, name: OutputName) -> Option<&Pin> {
    let found = board.outputs.iter().find(|o| o.name == name);
    found.map(|o| &o.pin)
}

/// The lamps there are: three, or those that one RGB LED can show.
fn lights(board: &Board) -> Vec<(Light, Vec<&Pin>)> {
    let red = output(board, OutputName::RgbRed);
    let green = output(board, OutputName::RgbGreen);
    let mixed: Vec<_> = red.into_iter().chain(green).collect();
    let lights = [
        (Light::Red, output(board, OutputName::Red).or(red)),
        (Light::Amber, output(board, OutputName::Amber)),
        (Light::Green, output(board, OutputName::Green).or(green)),
    ];
    let found = lights.into_iter().filter_map(|(light, pin)| match pin {
        Some(pin) => Some((light, vec![pin])),
        None if light == Light::Amber && mixed.len() == 2 => Some((light, mixed.clone())),
        None => None,
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{board_text, parse_board};

    fn names(steps: &[Step]) -> Vec<String> {
        steps.iter().map(Step::name).collect()
    }

    fn shipped() -> String {
        board_text("raspberry-pi-4").unwrap().to_owned()
    }

    #[test]
    fn everything_that_is_wired_is_tried_and_what_is_left_out_is_not() {
        let board = parse_board(&shipped(), "board").unwrap();
        let all = steps(&board, true, &[]);
        let names_of_all = names(&all);
        for name in ["rest", "input pedal", "input pause", "light amber"] {
            assert!(names_of_all.contains(&name.to_owned()), "{names_of_all:?}");
        }
        let sounds = names_of_all.iter().filter(|n| n.starts_with("sound "));
        assert_eq!(sounds.count(), 10);
        assert_eq!(all[1].task, Task::Press(InputName("pedal".into()), 3));
        assert_eq!(all[1].place.as_deref(), Some("line 17 (header pin 11)"));
        let dark = [Part::Sounds, Part::Lights, Part::Display];
        let inputs = names(&steps(&board, true, &dark));
        assert_eq!(inputs.len(), 1 + board.inputs.len(), "{inputs:?}");
        let no_inputs = [Part::Inputs, Part::Keypad];
        assert!(!names(&steps(&board, true, &no_inputs)).contains(&"rest".to_owned()));
        let played = steps(&board, false, &[]);
        assert!(played.iter().all(|s| s.place.is_none()));
    }

    #[test]
    fn each_key_has_its_row_and_column_and_an_rgb_led_is_three_lights() {
        let (head, _) = shipped()
            .split_once("[outputs.red]")
            .map(|(a, _)| (a.to_owned(), ()))
            .unwrap();
        let text = format!(
            "{head}[outputs.rgb-red]\nline = 16\n[outputs.rgb-green]\nline = 21\n\
             [keypad]\nrows = [4, 18]\ncolumns = [9, 10, 11]\nkeys = [\"123\", \"*0#\"]\n"
        );
        let board = parse_board(&text, "board").unwrap();
        let steps = steps(&board, true, &[Part::Inputs]);
        let key = steps.iter().find(|s| s.name() == "input clear").unwrap();
        assert_eq!(key.place.as_deref(), Some("row line 18, column line 9"));
        let amber = steps.iter().find(|s| s.name() == "light amber").unwrap();
        assert_eq!(amber.place.as_deref(), Some("line 16, line 21"));
        assert_eq!(names(&steps).len(), 1 + 6 + 3, "{:?}", names(&steps));
    }
}
