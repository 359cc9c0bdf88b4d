//! The house rules, read off the sources: which room may import which, and what pure rooms never name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Room → rooms it may import, as in `docs/design.md`. `clock` is open to every room that does I/O.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &["model"]),
    ("station", &["model"]),
    ("check", &["model"]),
    ("tag", &["model"]),
    ("config", &["model"]),
    ("panel", &["model", "clock"]),
    ("camera", &["model", "clock"]),
    ("archive", &["model", "clock", "tag"]),
    ("desk", &["model", "archive"]),
    ("delivery", &["model", "archive", "check"]),
    ("upload", &["model", "clock", "archive"]),
    ("web", &["model", "clock", "archive", "desk"]),
    (
        "daemon",
        &[
            "model", "clock", "station", "check", "tag", "config", "panel", "camera", "archive",
            "desk", "delivery", "upload", "web",
        ],
    ),
    (
        "cmd",
        &[
            "model", "clock", "station", "check", "config", "panel", "camera", "archive", "desk",
            "delivery", "web", "daemon",
        ],
    ),
];

/// What a room without I/O never names.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "rusqlite",
    "gphoto2",
    // As paths: the words alone are names that a config may say.
    "rppal::",
    "gpiocdev::",
    "opendal",
    "Instant::now",
    "SystemTime::now",
    "crate::clock",
    "rustix",
];

const PURE: &[&str] = &["model", "station", "check", "tag"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("source folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Code of every source by its room, comments left out.
fn rooms() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut rooms: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in files {
        let inside = path.strip_prefix(&root).expect("below src");
        let first = inside.components().next().expect("a component");
        let room = first.as_os_str().to_string_lossy().replace(".rs", "");
        let text = std::fs::read_to_string(&path).expect("source");
        let code: String = text
            .lines()
            .filter(|l| !l.trim_start().starts_with("//"))
            .flat_map(|l| [l, "\n"])
            .collect();
        rooms.entry(room).or_default().push((path, code));
    }
    rooms
}

fn imported(code: &str) -> Vec<String> {
    code.match_indices("crate::")
        .flat_map(|(at, _)| {
            let rest = &code[at + "crate::".len()..];
            let names: String = match rest.strip_prefix('{') {
                Some(group) => top_level(group),
                None => rest.chars().take_while(|c| is_word(*c)).collect(),
            };
            names
                .split(',')
                .map(|n| n.trim().chars().take_while(|c| is_word(*c)).collect())
                .collect::<Vec<String>>()
        })
        .filter(|n| !n.is_empty())
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The outermost names of a `use crate::{…}` group, after its opening brace.
fn top_level(group: &str) -> String {
    let mut depth = 0;
    let mut names = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            c if depth == 0 => names.push(c),
            _ => {}
        }
    }
    names
}

#[test]
fn arrows_run_one_way() {
    let rooms = rooms();
    let names: Vec<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    for (room, may) in ARROWS {
        for (path, code) in rooms.get(*room).into_iter().flatten() {
            for import in imported(code) {
                let fine = import == *room
                    || may.contains(&import.as_str())
                    || !names.contains(&import.as_str());
                assert!(
                    fine,
                    "{} imports {import}, which is not in {room}'s row",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_room_has_a_row() {
    for room in rooms().keys() {
        let known = ["lib", "main", "house"].contains(&room.as_str())
            || ARROWS.iter().any(|(name, _)| name == room);
        assert!(known, "src/{room} is in no row of the table");
    }
}

#[test]
fn pure_rooms_stay_pure() {
    let rooms = rooms();
    for room in PURE {
        for (path, code) in rooms.get(*room).into_iter().flatten() {
            // Unit tests inside a pure room may read their fixtures.
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            for word in IMPURE {
                assert!(!code.contains(word), "{} names {word}", path.display());
            }
        }
    }
}

#[test]
fn the_import_reader_sees_groups_and_paths() {
    let code = "use crate::{archive::{A, B}, model::C};\nlet x = crate::camera::D;";
    assert_eq!(imported(code), ["archive", "model", "camera"]);
}
