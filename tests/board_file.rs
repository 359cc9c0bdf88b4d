//! Board files: the shipped ones, and every kind of slip.
#![allow(clippy::unwrap_used)] // a test that cannot go on shall stop

use shutterline::config::{
    Config, ConfigError, Problem, board_names, board_of_model, board_text, find_board, is_board,
    parse_board,
};
use shutterline::model::{Active, Board, GpioDriver, InputName, Line, Millis, OutputName, Pull};
use std::path::Path;

const HEAD: &str =
    "[board]\nname = \"Bench\"\ndriver = \"cdev\"\nchip = \"gpio-sim\"\nlines = 16\n";

fn board(rest: &str) -> Board {
    parse_board(&format!("{HEAD}{rest}"), "board.toml").unwrap()
}

fn problems(text: &str) -> Vec<Problem> {
    match parse_board(text, "board.toml") {
        Err(ConfigError::Invalid { problems, .. }) => problems,
        other => panic!("{text:?} gave {other:?}"),
    }
}

/// The only problem of what follows the head, on this line of it, with these words.
fn problem(rest: &str, line: usize, words: &[&str]) {
    let found = problems(&format!("{HEAD}{rest}"));
    assert_eq!(found.len(), 1, "{rest:?}: {found:#?}");
    assert_eq!(found[0].line, Some(line + 5), "{found:#?}");
    for word in words {
        let said = found[0].to_string();
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
}

#[test]
fn every_shipped_board_is_sound_and_has_a_pedal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/boards");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names = board_names();
    names.sort_unstable();
    assert_eq!(files, names, "what is in the folder is what is built in");
    for name in names {
        let board = find_board(name).unwrap();
        assert!(board.input_names().contains(&InputName("pedal".into())));
        assert!(is_board(board_text(name).unwrap()));
        for model in &board.models {
            let found = board_of_model(&format!("{model} Rev 1.5")).unwrap();
            assert_eq!(found.name, board.name, "{model}");
        }
    }
    assert_eq!(board_of_model("Toaster 3000"), None);
}

#[test]
fn values_arrive() {
    let board = board(
        r##"
[inputs.pedal]
line = 3
header = 11
contact = "normally-closed"
debounce-ms = 20
[inputs.hand]
line = "PIN_13"
pull = "down"
[inputs.far]
line = 5
pull = "none"
active = "low"
[outputs.red]
line = 6
active = "low"
[keypad]
rows = [7, 8]
columns = [9, 10]
row-headers = [21, 22]
keys = ["12", "*#"]
[display]
clock = 11
data = 12
"##,
    );
    assert_eq!(board.driver, GpioDriver::Cdev);
    let [pedal, hand, far] = &board.inputs[..] else {
        panic!("{board:#?}");
    };
    assert_eq!(pedal.active, Active::High, "it opens, and is pulled up");
    assert_eq!(pedal.debounce, Some(Millis(20)));
    assert_eq!(pedal.pin.to_string(), "line 3 (header pin 11)");
    assert_eq!(hand.pin.line, Line::Name("PIN_13".into()));
    assert_eq!((hand.pull, hand.active), (Pull::Down, Active::High));
    assert_eq!(far.active, Active::Low);
    assert_eq!(board.outputs[0].name, OutputName::Red);
    assert_eq!(board.outputs[0].active, Active::Low);
    let keypad = board.keypad.unwrap();
    assert_eq!(keypad.input_at(1, 0), Some(InputName("clear".into())));
    assert_eq!(keypad.input_at(0, 1), Some(InputName("digit-2".into())));
    assert_eq!(keypad.rows[1].header, Some(22));
    assert_eq!(board.display.unwrap().brightness, 5);
}

#[test]
fn two_controls_on_one_pin_are_both_named() {
    problem(
        "[inputs.pedal]\nline = 3\n[inputs.next]\nline = 4\n[outputs.red]\nline = 3\n",
        6,
        &["outputs.red.line", "line 3", "`inputs.pedal` (line 7"],
    );
    problem(
        "[inputs.pedal]\nline = 3\nheader = 11\n[inputs.next]\nline = 4\nheader = 11\n",
        5,
        &["header pin 11", "`inputs.pedal`", "count the header's pins"],
    );
    problem(
        "[inputs.pedal]\nline = 3\n[display]\nclock = 4\ndata = 3\n",
        5,
        &["display.data", "`inputs.pedal`"],
    );
}

#[test]
fn a_pin_out_of_range_is_named() {
    problem(
        "[inputs.pedal]\nline = 16\nheader = 40\n",
        2,
        &["line 16 (header pin 40)", "0 to 15"],
    );
    problem("[inputs.pedal]\nline = -1\n", 2, &["a line's number"]);
    problem("[inputs.pedal]\nheader = 3\n", 1, &["inputs.pedal.line"]);
    // A Raspberry Pi's lines beyond the header drive its card.
    let found = problems(
        "[board]\nname = \"Pi\"\ndriver = \"rppal\"\nchip = \"x\"\n[inputs.pedal]\nline = 45\n",
    );
    assert!(found[0].to_string().contains("0 to 27"), "{found:#?}");
}

#[test]
fn unknown_names_are_named_with_the_nearest() {
    problem(
        "[inputs.pedl]\nline = 3\n",
        1,
        &["unknown input", "did you mean `pedal`?"],
    );
    problem(
        "[inputs.pedal]\nline = 3\npul = \"up\"\n",
        3,
        &["did you mean `pull`?"],
    );
    problem(
        "[inputs.pedal]\nline = 3\n[outputs.gren]\nline = 4\n",
        3,
        &["did you mean `green`?"],
    );
    problem(
        "[inputs.pedal]\nline = 3\npull = \"none\"\n",
        1,
        &["inputs.pedal.active", "write active ="],
    );
}

#[test]
fn a_lamp_of_three_colours_is_whole_and_alone() {
    problem(
        "[inputs.pedal]\nline = 3\n[outputs.red]\nline = 4\n[outputs.rgb-red]\nline = 5\n[outputs.rgb-green]\nline = 6\n",
        3,
        &["three lamps and one of three colours"],
    );
    problem(
        "[inputs.pedal]\nline = 3\n[outputs.rgb-red]\nline = 5\n",
        3,
        &["needs its red and its green"],
    );
}

#[test]
fn a_keypad_has_as_many_keys_as_it_is_wired_for() {
    let pad = |keys: &str| {
        format!("[inputs.pedal]\nline = 3\n[keypad]\nrows = [4, 5]\ncolumns = [6]\nkeys = {keys}\n")
    };
    problem(&pad("[\"1\"]"), 6, &["2 rows of 1 keys"]);
    problem(&pad("[\"1\", \"A\"]"), 6, &["no key 'A'"]);
    problem(&pad("[\"1\", \"1\"]"), 6, &["'1' is there twice"]);
    problem(&pad("7"), 6, &["a list of texts in quotes"]);
}

#[test]
fn a_binding_to_an_input_that_the_board_lacks_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("board.toml");
    std::fs::write(&file, format!("{HEAD}[inputs.pedal]\nline = 3\n")).unwrap();
    let config = |rest: &str| {
        let text = format!("[panel]\nboard = \"{}\"\n{rest}", file.display());
        Config::parse(&text, "venue.toml").map_err(|e| e.to_string())
    };
    // Buttons that nobody wired are only defaults.
    config("").unwrap();
    let said = config("[panel.bindings]\nnext = \"pedl press\"\n").unwrap_err();
    assert!(
        said.contains("line 4: panel.bindings.next")
            && said.contains("has no input \"pedl\"")
            && said.contains("did you mean \"pedal\"?"),
        "{said}"
    );
    let said = config("[panel.bindings]\npedal = \"foot press\"\n").unwrap_err();
    assert!(said.contains("has no input \"foot\""), "{said}");
    std::fs::write(&file, format!("{HEAD}[inputs.hand]\nline = 3\n")).unwrap();
    let said = config("").unwrap_err();
    assert!(said.contains("has no input \"pedal\""), "{said}");
}

#[test]
fn a_board_that_cannot_be_used_is_a_problem_of_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("board.toml");
    let text = format!("[panel]\nboard = \"{}\"\n", file.display());
    let said = Config::parse(&text, "venue.toml").unwrap_err().to_string();
    assert!(said.contains("line 2: panel.board"), "{said}");
    assert!(said.contains("raspberry-pi-4"), "{said}");
    std::fs::write(&file, format!("{HEAD}[inputs.pedal]\nline = 99\n")).unwrap();
    let said = Config::parse(&text, "venue.toml").unwrap_err().to_string();
    assert!(said.contains("line 7: inputs.pedal.line"), "{said}");
    // Nothing is wired to the sim panel, so nobody reads the board's file for it.
    let sim = format!("{text}driver = \"sim\"\n");
    Config::parse(&sim, "venue.toml").unwrap();
}

#[test]
fn spans_of_the_panel_are_checked() {
    for (text, words) in [
        ("[panel]\ndebounce-ms = 500\n", "not between 1 and 100 ms"),
        ("[panel]\nstuck-ms = 10\n", "not between 1000"),
        ("[panel]\ndriver = \"gpio\"\n", "\"rppal\", \"cdev\""),
    ] {
        let said = Config::parse(text, "venue.toml").unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}
