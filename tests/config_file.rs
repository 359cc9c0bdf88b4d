//! The config: its defaults, the shipped file, and every kind of slip.

use shutterline::config::{Config, ConfigError, DestinationKind, PedalRule, Problem};
use shutterline::model::{Bytes, Control, Gesture, Millis};
use std::path::Path;
use std::process::Command;

fn problems(text: &str) -> Vec<Problem> {
    match Config::parse(text, "test.toml") {
        Err(ConfigError::Invalid { problems, .. }) => problems,
        other => panic!("{text:?} gave {other:?}"),
    }
}

/// The only problem of a text, on this line, with these words in it.
fn problem(text: &str, line: usize, words: &[&str]) {
    let found = problems(text);
    assert_eq!(found.len(), 1, "{text:?}: {found:#?}");
    assert_eq!(found[0].line, Some(line), "{found:#?}");
    for word in words {
        let said = found[0].to_string();
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
}

/// As `make config-check` does: the command itself, on each file that is shipped.
#[test]
fn config_check_has_nothing_to_say_of_any_shipped_file() {
    let shipped = ["config", "config/standards", "config/boards"].map(|folder| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = std::fs::read_dir(folder).expect("a folder of the project");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths
            .filter(|path| path.extension().is_some_and(|e| e == "toml"))
            .collect::<Vec<_>>()
    });
    assert!(shipped.iter().all(|files| !files.is_empty()), "{shipped:?}");
    for file in shipped.iter().flatten() {
        let checked = Command::new(env!("CARGO_BIN_EXE_shutterline"))
            .args(["config", "check"])
            .arg(file)
            .output()
            .expect("shutterline");
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{}: {said}", file.display());
    }
}

#[test]
fn no_config_at_all_runs_on_defaults() {
    let config = Config::parse("", "nothing").unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.check(), []);
    assert_eq!(config.station.policy, PedalRule::PressShoots);
    assert_eq!(config.station.settle, Millis(700));
    assert_eq!(config.panel.bindings.len(), Control::ALL.len());
    let pedal = &config.panel.bindings[0];
    assert_eq!((&*pedal.input.0, pedal.gesture), ("pedal", Gesture::Press));
}

#[test]
fn the_shipped_file_says_the_defaults_and_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/shutterline.toml");
    assert_eq!(Config::load(&path).unwrap(), Config::default());
    let text = std::fs::read_to_string(path).unwrap();
    let mut section = String::new();
    let mut mentioned = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ") {
            mentioned.push(format!("{section}.{key}"));
        }
    }
    for key in Config::keys() {
        let key = key.replace(".*.", ".");
        let found = match key.strip_suffix(".*") {
            Some(free) => mentioned.iter().any(|m| m.starts_with(free)),
            None => mentioned.contains(&key),
        };
        assert!(found, "config/shutterline.toml does not mention {key}");
    }
    assert!(Config::keys().len() > 60);
}

#[test]
fn what_is_commented_out_in_the_shipped_file_is_valid_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/shutterline.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let is_toml = |line: &str| {
        let key = line.split(" = ").next().unwrap_or_default();
        line.starts_with('[') || line.contains(" = ") && !key.contains(' ')
    };
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_toml(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = Config::parse(&uncommented, "uncommented").unwrap();
    assert_eq!(config.destinations.len(), 5);
    assert_eq!(config.camera.profile.settings.len(), 4);
    assert!(!config.camera.profile.built_in);
}

#[test]
fn values_arrive() {
    let config = Config::parse(
        r#"
[station]
policy = "one-pedal"
settle-ms = 1_200
min-free-mb = 500
[panel.bindings]
next = "hand press"
back = "hand double"
pause = "none"
[camera.profile.settings]
zoom = "1"
capturetarget = "Memory card"
aperture = 8
[[destination]]
name = "office"
kind = "fs"
folder = "/mnt/office"
[[destination]]
name = "spare"
folder = "/mnt/spare"
required = false
[socket]
mode = "0600"
"#,
        "test.toml",
    )
    .unwrap();
    assert_eq!(config.station.policy, PedalRule::OnePedal);
    assert_eq!(config.station.settle, Millis(1200));
    assert_eq!(config.station.min_free, Bytes(500_000_000));
    let bound = |control| {
        let mut all = config.panel.bindings.iter();
        all.find(|b| b.control == control)
            .map(|b| (b.input.0.clone(), b.gesture))
    };
    assert_eq!(bound(Control::Next), Some(("hand".into(), Gesture::Press)));
    assert_eq!(bound(Control::Back), Some(("hand".into(), Gesture::Double)));
    assert_eq!(bound(Control::Pause), None);
    let names: Vec<_> = config.camera.profile.settings.iter().collect();
    assert_eq!(names[0].0, "zoom");
    assert_eq!(names[2], &("aperture".to_owned(), "8".to_owned()));
    assert_eq!(config.destinations[0].kind, DestinationKind::Fs);
    assert!(config.destinations[0].required && !config.destinations[1].required);
    assert_eq!(config.socket.mode, 0o600);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
    problem(
        "[station]\n\nsetle-ms = 700",
        3,
        &["station.setle-ms", "did you mean `settle-ms`?"],
    );
    problem("[stations]\n", 1, &["did you mean `station`?"]);
    problem("colour = 1", 1, &["unknown key", "known here: station"]);
    problem(
        "[panel.bindings]\nnxt = \"hand press\"",
        2,
        &["panel.bindings.nxt", "did you mean `next`?"],
    );
    problem(
        "[[destination]]\nname = \"a\"\nfolder = \"/a\"\nfoldr = \"/b\"",
        4,
        &["did you mean `folder`?"],
    );
}

#[test]
fn a_wrong_unit_is_named() {
    problem(
        "[station]\nsettle-s = 1",
        2,
        &["milliseconds", "write `settle-ms`"],
    );
    problem(
        "[station]\nsettle-ms = \"700ms\"",
        2,
        &[
            "a whole number of milliseconds",
            "\"700ms\"",
            "without quotes",
        ],
    );
    problem("[station]\nsettle-ms = 0.7", 2, &["the number 0.7"]);
    problem("[station]\nsettle-ms = -1", 2, &["the number -1"]);
    problem("[station]\nsettle-ms = 700000", 2, &["10000 ms"]);
    problem("[station]\nmin-free-gb = 1", 2, &["`min-free-mb`"]);
}

#[test]
fn two_controls_on_one_binding_are_both_named() {
    problem(
        "[panel.bindings]\nnext = \"hand press\"\nback = \"hand press\"",
        3,
        &["`back` and `next` (on line 2)", "hand press"],
    );
    problem(
        "[panel.bindings]\nback = \"next press\"",
        2,
        &["`back` and `next` (by default)", "next = \"none\""],
    );
}

#[test]
fn the_pedal_is_guarded() {
    problem("[panel.bindings]\npedal = \"foot double\"", 2, &["double"]);
    problem("[panel.bindings]\npedal = \"none\"", 2, &["nothing fires"]);
    problem(
        "[panel.bindings]\npedal = \"foot press\"\naccept = \"foot long\"",
        3,
        &["`accept` is never on a pedal"],
    );
    problem(
        "[panel.bindings]\naccept = \"second-pedal press\"",
        2,
        &["`accept` is never on a pedal"],
    );
    problem(
        "[station]\npolicy = \"one-pedal\"\n[panel.bindings]\nhold = \"pedal long\"",
        4,
        &["one-pedal", "same student again"],
    );
}

#[test]
fn unknown_words_are_named_with_those_allowed() {
    problem(
        "[station]\npolicy = \"one-pedl\"",
        2,
        &["no policy \"one-pedl\"", "did you mean \"one-pedal\"?"],
    );
    problem(
        "[panel.bindings]\nnext = \"hand hold\"",
        2,
        &["no gesture \"hold\"", "\"press\", \"long\", \"double\""],
    );
    problem("[panel.bindings]\nnext = \"hand\"", 2, &["hand press"]);
    problem("[camera]\ndriver = \"usb\"", 2, &["\"gphoto\", \"sim\""]);
    problem(
        "[[destination]]\nname = \"a\"\nkind = \"ftp\"\nfolder = \"/a\"",
        3,
        &["no kind \"ftp\"", "\"fs\"", "\"sftp\""],
    );
    problem("[socket]\nmode = \"rw\"", 2, &["\"0660\""]);
    problem("[socket]\nmode = \"0666\"", 2, &["everybody"]);
}

#[test]
fn destinations_need_their_own_name_and_a_folder() {
    problem("\n[[destination]]\nname = \"a\"", 2, &["needs its folder"]);
    problem("[[destination]]\nfolder = \"/a\"", 1, &["no name"]);
    problem(
        "[[destination]]\nname = \"a\"\nfolder = \"/var/lib/shutterline/out\"",
        3,
        &["in the data folder"],
    );
    problem(
        "[[destination]]\nname = \"a\"\nfolder = \"/a\"\n[[destination]]\nname = \"a\"\nfolder = \"/b\"",
        5,
        &["both called \"a\""],
    );
    problem("[archive]\ndata = \"\"", 2, &["a path is needed"]);
}

#[test]
fn a_destination_needs_what_its_kind_needs_and_nothing_else() {
    let table = |rest: &str| format!("[[destination]]\nname = \"a\"\n{rest}");
    let told = |rest: &str, line, words: &[&str]| problem(&table(rest), line, words);
    told(
        "kind = \"fs\"\nfolder = \"/a\"\nbucket = \"b\"",
        5,
        &["bucket"],
    );
    told(
        "kind = \"s3\"\nendpoint = \"https://e\"\nregion = \"r\"",
        1,
        &["needs its bucket"],
    );
    told(
        "kind = \"webdav\"\nurl = \"cloud.example\"",
        4,
        &["https://"],
    );
    told(
        "kind = \"sftp\"\nhost = \"h\"\nfolder = \"/f\"",
        1,
        &["needs its user"],
    );
    told(
        "kind = \"sftp\"\nhost = \"h\"\nuser = \"u\"\nfolder = \"f\"",
        6,
        &["from the server's root"],
    );
    told(
        "kind = \"intake\"\nurl = \"https://e/up\"\nreceipt-size = \"json:/id\"",
        4,
        &["under one address", "{key}"],
    );
    told(
        "kind = \"intake\"\nurl = \"https://e/{key}\"",
        1,
        &["nothing would show", "receipt-sha256"],
    );
    told(
        "kind = \"intake\"\nurl = \"https://e/{key}\"\nreceipt-size = \"id\"",
        5,
        &["no place in an answer"],
    );
    told(
        "kind = \"intake\"\nurl = \"https://e/{key}\"\nreceipt-id = \"json:/id\"",
        5,
        &["nothing of the bytes", "required = false"],
    );
    told(
        "folder = \"/a\"\nmanifest-key = \"{student}.csv\"",
        4,
        &["without {session}"],
    );
    told(
        "folder = \"/a\"\nkey = \"{student}.{ext}\"",
        4,
        &["one name", "{frame}"],
    );
    told(
        "folder = \"/a\"\nsend = [\"portrait\"]",
        4,
        &["originals, raw"],
    );
    told("folder = \"/a\"\nsend = []", 4, &["nothing would be sent"]);
    told("folder = \"/a\"\ndisk-label = \"L\"", 3, &["on that disk"]);
    problem(
        "[[upload.schedule]]\nfrom = \"7\"\nto = \"18:00\"",
        1,
        &["no part of a day"],
    );
}

#[test]
fn a_warning_comes_before_the_station_stops() {
    problem("[retention]\nwarn-free-gb = 1", 2, &["without a warning"]);
    let parse = |text| Config::parse(text, "test.toml").unwrap();
    let config = parse("[retention]\noriginals-days = 30\nkeep-newest = 5\nwarn-free-gb = 12\n");
    assert_eq!(config.retention.originals_days, 30);
    assert_eq!(config.retention.keep_newest, 5);
    assert_eq!(config.retention.warn_free, Bytes(12_000_000_000));
    assert_eq!(
        parse("").retention.originals_days,
        0,
        "nothing goes unless it is asked for"
    );
}

#[test]
fn every_problem_comes_at_once_and_in_order() {
    let text = "[station]\nsettle-s = 1\npolicy = 7\nfiles-per-frame = 3\n[chek]\n[upload]\nbackoff-first-ms = 500000\n";
    let found = problems(text);
    let lines: Vec<_> = found.iter().map(|p| p.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 7].map(Some), "{found:#?}");
    let error = Config::parse(text, "venue.toml").unwrap_err().to_string();
    assert!(
        error.starts_with("venue.toml has 5 problems:\n  line 2: station.settle-s: "),
        "{error}"
    );
}

#[test]
fn broken_toml_is_named_with_its_line() {
    let found = problems("[station]\nsettle-ms = = 3\n");
    assert_eq!(found[0].line, Some(2), "{found:#?}");
    let found = problems("[station]\nsettle-ms = 1\nsettle-ms = 2\n");
    assert_eq!(found[0].line, Some(3), "{found:#?}");
}

#[test]
fn a_config_with_problems_still_says_what_is_wired() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("venue.toml");
    let text = "[station]\nsettle-ms = \"soon\"\n[panel]\nboard = \"raspberry-pi-4\"\n";
    std::fs::write(&file, text).unwrap();
    let (config, wrong) = Config::salvage(&file);
    assert_eq!(config.panel.board, "raspberry-pi-4");
    assert!(wrong.unwrap().to_string().contains("settle-ms"));
    let (config, wrong) = Config::salvage(&folder.path().join("nowhere.toml"));
    assert_eq!(config, Config::default());
    assert!(wrong.is_some());
}

#[test]
fn a_missing_file_is_named() {
    let error = Config::load(Path::new("/nowhere/venue.toml")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/venue.toml"));
}
