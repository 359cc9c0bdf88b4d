//! What a technician reads about the panel's pins, held equal to what the program reads.

// In a test, a panic is the report.
#![allow(clippy::unwrap_used)]

use shutterline::config::{board_names, board_text, parse_board};
use shutterline::model::{Board, GpioDriver, Line, Pin};
use std::collections::BTreeMap;
use std::path::Path;

/// GPIO (BCM) number of each pin of a Raspberry Pi's 40-pin header; supplies and grounds are not in it.
const HEADER: [(u8, u32); 28] = [
    (3, 2),
    (5, 3),
    (7, 4),
    (8, 14),
    (10, 15),
    (11, 17),
    (12, 18),
    (13, 27),
    (15, 22),
    (16, 23),
    (18, 24),
    (19, 10),
    (21, 9),
    (22, 25),
    (23, 11),
    (24, 8),
    (26, 7),
    (27, 0),
    (28, 1),
    (29, 5),
    (31, 6),
    (32, 12),
    (33, 13),
    (35, 19),
    (36, 16),
    (37, 26),
    (38, 20),
    (40, 21),
];

/// I2C for a clock module, the serial console, the memory of a HAT.
const KEPT_FREE: [u8; 6] = [3, 5, 8, 10, 27, 28];

/// SPI0, which only the keypad may use: it is off unless somebody turns it on.
const SPI: [u8; 5] = [19, 21, 23, 24, 26];

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The text of a board with its keypad taken out of the comment, as docs/wiring.md says how.
fn with_keypad(text: &str) -> String {
    let (before, keypad) = text.split_once("# [keypad]").expect("a keypad in comments");
    let keypad: Vec<&str> = keypad.lines().map(|l| l.trim_start_matches("# ")).collect();
    format!("{before}[keypad]{}\n", keypad.join("\n"))
}

fn boards() -> Vec<(&'static str, Board)> {
    let read = |name| {
        let text = with_keypad(board_text(name).unwrap());
        (name, parse_board(&text, name).unwrap())
    };
    board_names().into_iter().map(read).collect()
}

fn number(pin: &Pin) -> u32 {
    match &pin.line {
        Line::Number(number) => *number,
        Line::Name(name) => panic!("{name} is no number"),
    }
}

/// Header pin → what it carries and the line.
fn pins(board: &Board) -> BTreeMap<u8, (String, u32)> {
    let pins = board.pins().into_iter().map(|(carries, pin)| {
        let header = pin.header.expect("every pin says where it comes out");
        (header, (carries, number(pin)))
    });
    let pins: Vec<_> = pins.collect();
    let map: BTreeMap<_, _> = pins.iter().cloned().collect();
    assert_eq!(map.len(), pins.len(), "{}: two on one pin", board.name);
    map
}

/// The same, as the page's table says it in a column: 2 for the Raspberry Pis, 3 for the Orange Pi.
fn page(column: usize) -> BTreeMap<u8, (String, u32)> {
    let page = shipped("docs/wiring.md");
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let header = cells[0].parse().ok()?;
        let carries = cells.get(1)?.trim_matches('`').to_owned();
        let line = cells.get(column)?.split(' ').next()?.parse().unwrap();
        Some((header, (carries, line)))
    });
    rows.collect()
}

#[test]
fn the_pages_table_is_what_the_boards_files_say() {
    assert_eq!(page(2).len(), 20);
    for (name, board) in boards() {
        let column = match board.driver {
            GpioDriver::Rppal => 2,
            GpioDriver::Cdev => 3,
        };
        assert_eq!(pins(&board), page(column), "{name}");
    }
}

#[test]
fn a_raspberry_pis_lines_come_out_where_its_header_has_them() {
    let header = BTreeMap::from(HEADER);
    let mut seen = 0;
    for (name, board) in boards() {
        if board.driver == GpioDriver::Rppal {
            for (pin, (carries, line)) in pins(&board) {
                assert_eq!(header.get(&pin), Some(&line), "{name}: {carries}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn the_orange_pis_lines_are_the_pins_in_brackets() {
    let page = shipped("docs/wiring.md");
    let named = page.split('|').filter_map(|cell| {
        let (line, bank) = cell.trim().strip_suffix(')')?.split_once(" (P")?;
        Some((line.parse::<u32>().ok()?, bank.to_owned()))
    });
    let named: Vec<_> = named.collect();
    assert_eq!(named.len(), 20);
    for (line, name) in named {
        let (bank, pin) = name.split_at(1);
        let bank = u32::from(bank.as_bytes()[0] - b'A');
        assert_eq!(line, bank * 32 + pin.parse::<u32>().unwrap(), "P{name}");
    }
}

#[test]
fn buses_stay_free() {
    for (name, board) in boards() {
        for (pin, (carries, _)) in pins(&board) {
            assert!(!KEPT_FREE.contains(&pin), "{name}: {carries} on pin {pin}");
            let keypad = carries.starts_with("keypad.");
            assert!(
                keypad || !SPI.contains(&pin),
                "{name}: {carries} on pin {pin}"
            );
        }
    }
}

/// The value of an attribute of an element.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = element.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

#[test]
fn the_drawing_has_the_same_pins() {
    let drawing = shipped("docs/img/wiring.svg");
    let named: BTreeMap<&str, &str> = BTreeMap::from([
        ("pedal", "inputs.pedal"),
        ("next", "inputs.next"),
        ("back", "inputs.back"),
        ("hold", "inputs.hold"),
        ("retake", "inputs.retake"),
        ("accept", "inputs.accept"),
        ("pause", "inputs.pause"),
        ("red", "outputs.red"),
        ("amber", "outputs.amber"),
        ("green", "outputs.green"),
        ("rgb-red", "outputs.red"),
        ("rgb-green", "outputs.green"),
        ("buzzer", "outputs.buzzer"),
        ("clock", "display.clock"),
        ("data", "display.data"),
    ]);
    let mut drawn = BTreeMap::new();
    for element in drawing.split('<').filter(|e| e.contains("data-signal=")) {
        let signal = attribute(element, "data-signal").unwrap();
        let header: u8 = attribute(element, "data-header").unwrap().parse().unwrap();
        let line: u32 = attribute(element, "data-line").unwrap().parse().unwrap();
        let carries = match signal.rsplit_once('-') {
            Some(("row", _)) => "keypad.rows",
            Some(("column", _)) => "keypad.columns",
            _ => named[signal],
        };
        let shown = format!(">pin {header} · GPIO{line}<");
        assert!(drawing.contains(&shown), "{shown} is not in the drawing");
        drawn.insert(header, (carries.to_owned(), line));
    }
    assert_eq!(drawn, page(2));
}

#[test]
fn the_drawings_values_are_those_of_the_list_of_parts() {
    let drawing = shipped("docs/img/wiring.svg");
    let page = shipped("docs/wiring.md");
    let mut seen = 0;
    for text in drawing.split('>').filter_map(|t| t.strip_suffix("</text")) {
        let Some((part, value)) = text.split_once(' ') else {
            continue;
        };
        let is_part = part.starts_with(['R', 'C', 'D', 'Q', 'U'])
            && part.len() > 1
            && part[1..].bytes().all(|b| b.is_ascii_digit());
        if !is_part || value.contains(' ') && !value.ends_with('Ω') && !value.ends_with('F') {
            continue;
        }
        let row = page.lines().find(|line| {
            let first = line.trim_start_matches('|').split('|').next();
            first.is_some_and(|cell| cell.split(',').any(|name| name.trim() == part))
        });
        let row = row.unwrap_or_else(|| panic!("{part} is not in the list of parts"));
        assert!(
            row.contains(value),
            "{part} is {value} in the drawing: {row}"
        );
        seen += 1;
    }
    assert!(seen >= 16, "{seen} parts were found in the drawing");
}
