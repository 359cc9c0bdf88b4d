//! From TOML to a [`Board`], with every problem noted on the way.

use super::super::section::{Page, Section};
use crate::config::Problem;
use crate::model::{
    Active, Board, BoardInput, BoardOutput, Contact, GpioDriver, InputName, Keypad, Line, Millis,
    OutputName, Pin, Pull, SerialDisplay,
};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// How bright the display is unless the file says: readable in a lit room, no glare in a dim one.
const BRIGHTNESS: u8 = 5;

/// The board that a text says as far as it can be understood, the lines of its keys, and what is wrong with it.
pub(super) fn board(text: &str) -> (Board, BTreeMap<String, usize>, Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut page = Page::new(text);
    page.syntax(&errors);
    let board = walk(&mut page, document.get_ref());
    (board, page.lines, page.problems)
}

fn walk(page: &mut Page, document: &DeTable) -> Board {
    let mut board = Board::bare("", "");
    let mut root = Section::new(page, "", Some(document));
    root.section("board", |s| head(s, &mut board));
    root.named("inputs", |name, s| board.inputs.extend(input(name, s)));
    root.section("outputs", |s| {
        for name in OutputName::ALL {
            s.section_if_there(name.as_str(), |s| board.outputs.extend(output(name, s)));
        }
    });
    root.section_if_there("keypad", |s| board.keypad = Some(keypad(s)));
    root.section_if_there("display", |s| board.display = display(s));
    root.finish();
    board
}

fn head(s: &mut Section, board: &mut Board) {
    let drivers = [GpioDriver::Rppal, GpioDriver::Cdev].map(|d| (d.as_str(), d));
    s.text("name", &mut board.name);
    s.texts("models", &mut board.models);
    s.word("driver", &mut board.driver, &drivers);
    s.text("chip", &mut board.chip);
    let mut lines = 0;
    s.number("lines", "how many lines come out", &mut lines);
    // A Raspberry Pi's header has 28, and driving what lies beyond can stop the board.
    board.lines = match (lines, board.driver) {
        (0, GpioDriver::Rppal) => Some(28),
        (0, GpioDriver::Cdev) => None,
        (lines, _) => Some(lines),
    };
}

fn pin(s: &mut Section, line: &'static str, header: &'static str) -> Option<Pin> {
    let line = s.gpio_line(line);
    let mut number = 0u8;
    s.number(header, "the number of a pin, from 1 to 255", &mut number);
    Some(Pin {
        line: line?,
        header: (number > 0).then_some(number),
    })
}

fn input(name: &str, s: &mut Section) -> Option<BoardInput> {
    let pin = pin(s, "line", "header");
    let mut pull = Pull::Up;
    let pulls = [("up", Pull::Up), ("down", Pull::Down), ("none", Pull::None)];
    s.word("pull", &mut pull, &pulls);
    let mut contact = Contact::NormallyOpen;
    let contacts = [
        ("normally-open", Contact::NormallyOpen),
        ("normally-closed", Contact::NormallyClosed),
    ];
    s.word("contact", &mut contact, &contacts);
    let mut active = Active::of_switch(pull, contact);
    let levels = [("low", Some(Active::Low)), ("high", Some(Active::High))];
    s.word("active", &mut active, &levels);
    if active.is_none() {
        s.needs(
            "active",
            "with pull = \"none\" nothing tells the level of a press",
            "write active = \"low\" or \"high\": the level while it is pressed",
        );
    }
    let mut debounce = Millis(0);
    s.span("debounce-ms", &mut debounce);
    Some(BoardInput {
        name: InputName(name.to_owned()),
        pin: pin?,
        pull,
        contact,
        active: active?,
        debounce: (debounce.0 > 0).then_some(debounce),
    })
}

fn output(name: OutputName, s: &mut Section) -> Option<BoardOutput> {
    let pin = pin(s, "line", "header");
    let mut active = Active::High;
    let levels = [("low", Active::Low), ("high", Active::High)];
    s.word("active", &mut active, &levels);
    Some(BoardOutput {
        name,
        pin: pin?,
        active,
    })
}

fn keypad(s: &mut Section) -> Keypad {
    let mut keys = Vec::new();
    let rows = pins(s, "rows", "row-headers");
    let columns = pins(s, "columns", "column-headers");
    s.texts("keys", &mut keys);
    Keypad {
        rows,
        columns,
        keys: keys.iter().map(|row| row.chars().collect()).collect(),
    }
}

fn pins(s: &mut Section, lines: &'static str, headers: &'static str) -> Vec<Pin> {
    let mut found: Vec<Line> = Vec::new();
    s.gpio_lines(lines, &mut found);
    let mut numbers: Vec<u8> = Vec::new();
    s.numbers(headers, "numbers of pins, from 1 to 255", &mut numbers);
    let headers = numbers.into_iter().map(Some).chain(std::iter::repeat(None));
    found
        .into_iter()
        .zip(headers)
        .map(|(line, header)| Pin { line, header })
        .collect()
}

fn display(s: &mut Section) -> Option<SerialDisplay> {
    let clock = pin(s, "clock", "clock-header");
    let data = pin(s, "data", "data-header");
    let mut brightness = BRIGHTNESS;
    s.number("brightness", "a whole number from 0 to 7", &mut brightness);
    Some(SerialDisplay {
        clock: clock?,
        data: data?,
        brightness,
    })
}
