use super::*;
use crate::model::{Board, InputName, Level, Line, Millis};
use crate::panel::Driver;
use crate::panel::gpio::{self, SafePads, sim::SimBoard};

/// A 2 × 2 keypad, its lines, and what was told.
struct Pad {
    board: SimBoard,
    pads: SafePads,
    matrix: Matrix,
    now_us: u64,
    told: Vec<PanelEvent>,
}

fn line(number: u32) -> Line {
    Line::Number(number)
}

fn pin(number: u32) -> Pin {
    Pin {
        line: line(number),
        header: None,
    }
}

/// A keypad that has settled.
fn pad() -> Pad {
    let mut pad = fresh();
    pad.scans(20);
    pad
}

fn fresh() -> Pad {
    let sim = SimBoard::new();
    let keypad = Keypad {
        rows: vec![pin(1), pin(2)],
        columns: vec![pin(3), pin(4)],
        keys: vec![vec!['1', '2'], vec!['*', '#']],
    };
    let options = Options {
        driver: Driver::Sim(sim.clone()),
        board: Board {
            keypad: Some(keypad.clone()),
            ..Board::bare("bench", "sim")
        },
        debounce: Millis(15),
        stuck: Millis(10_000),
    };
    let layout = crate::panel::gpio::Layout::of(&options.board);
    let pads = gpio::open_pads(&options).unwrap();
    let places = layout.keypad.unwrap();
    Pad {
        board: sim,
        pads,
        matrix: Matrix::new(&keypad, places, &options, 1_000_000),
        now_us: 1_000_000,
        told: Vec::new(),
    }
}

impl Pad {
    fn scans(&mut self, times: u32) {
        for _ in 0..times {
            self.now_us += 10_000;
            let scanned = self
                .matrix
                .scan(&mut self.pads, self.now_us, &mut self.told);
            scanned.unwrap();
        }
    }

    fn key(&mut self, row: u32, column: u32, down: bool) {
        self.board.key(&line(row), &line(column), down);
    }

    /// What was told since the last time.
    fn told(&mut self) -> Vec<(String, Level)> {
        let told = self.told.drain(..).map(|event| match event {
            PanelEvent::Edge {
                input: InputName(name),
                level,
                ..
            } => (name, level),
            other => panic!("{other:?}"),
        });
        told.collect()
    }
}

#[test]
fn each_key_is_the_input_that_is_printed_on_it() {
    let mut pad = pad();
    let keys = [
        (1, 3, "digit-1"),
        (1, 4, "digit-2"),
        (2, 3, "clear"),
        (2, 4, "enter"),
    ];
    for (row, column, name) in keys {
        pad.key(row, column, true);
        pad.scans(3);
        assert_eq!(pad.told(), [(name.to_owned(), Level::Pressed)]);
        pad.key(row, column, false);
        pad.scans(4);
        assert_eq!(pad.told(), [(name.to_owned(), Level::Released)]);
    }
}

#[test]
fn a_key_seen_once_is_none() {
    let mut pad = pad();
    pad.key(1, 3, true);
    pad.scans(1);
    pad.key(1, 3, false);
    pad.scans(5);
    assert_eq!(pad.told(), []);
}

#[test]
fn a_key_that_is_down_at_the_start_is_none() {
    let mut pad = fresh();
    pad.key(1, 3, true);
    pad.scans(50);
    pad.key(1, 3, false);
    pad.scans(20);
    assert_eq!(pad.told(), []);
    pad.key(1, 3, true);
    pad.scans(3);
    assert_eq!(pad.told().len(), 1);
}

#[test]
fn two_keys_at_once_are_none_until_all_are_let_go() {
    let mut pad = pad();
    pad.key(1, 3, true);
    pad.key(2, 4, true);
    pad.scans(5);
    pad.key(2, 4, false);
    pad.scans(5);
    assert_eq!(pad.told(), [], "the one that is left was part of two");
    pad.key(1, 3, false);
    pad.scans(5);
    pad.key(1, 3, true);
    pad.scans(3);
    assert_eq!(pad.told().len(), 1);
}

#[test]
fn the_fourth_key_that_three_make_is_never_told() {
    let mut pad = pad();
    pad.key(1, 3, true);
    pad.scans(3);
    assert_eq!(pad.told().len(), 1);
    // With these two the wires of all four keys are one.
    pad.key(1, 4, true);
    pad.key(2, 3, true);
    pad.scans(10);
    let told = pad.told();
    assert_eq!(told, [("digit-1".to_owned(), Level::Released)]);
}

#[test]
fn a_key_that_is_held_for_too_long_is_stuck() {
    let mut pad = pad();
    pad.key(1, 3, true);
    pad.scans(1_100);
    let stuck = |event: &PanelEvent| matches!(event, PanelEvent::Stuck { stuck: true, .. });
    assert!(pad.told.iter().any(stuck), "{:?}", pad.told);
}
