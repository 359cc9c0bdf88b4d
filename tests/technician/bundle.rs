//! What leaves the station for support: useful, and of no person, in whatever form.

use super::{Bench, path_of};
use crate::rig::{Rig, files_below, picture};
use encoding_rs::GBK;
use flate2::read::GzDecoder;
use serde_json::json;
use std::path::Path;

/// Student number and name; one number is a document's, and one name has a telephone number behind it.
const STUDENTS: [(&str, &str); 4] = [
    ("20219001", "欧阳建国"),
    ("110105199003072316", "Anna-Maria O'Neill"),
    ("CS-2021-77", "司马相如"),
    ("20219004", "诸葛亮 13987654321"),
];

/// What else could tell a person: a session's name, telephones, documents, an address.
const OTHERS: [&str; 7] = [
    "张教授的毕业照",
    "13987654321",
    "138-0013-8000",
    "11010519491231002X",
    "li.lei@example.edu.cn",
    "Photographer Han Meimei",
    "hunter2-token",
];

fn secrets() -> Vec<String> {
    let students = STUDENTS.iter().flat_map(|(number, name)| [*number, *name]);
    students.chain(OTHERS).map(str::to_owned).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word =
            three.iter().fold(0_u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for n in 0..=three.len() {
            text.push(char::from(LETTERS[(word >> (18 - 6 * n) & 63) as usize]));
        }
    }
    text
}

/// A word as it could stand in a file: as it is, for a URL, in base64 at each of its three places, in UTF-16 and GBK.
fn forms(word: &str) -> Vec<Vec<u8>> {
    let percent = |upper: bool| -> Vec<u8> {
        let each = word.bytes().map(
            |b| match b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
                true => char::from(b).to_string(),
                false if upper => format!("%{b:02X}"),
                false => format!("%{b:02x}"),
            },
        );
        each.collect::<String>().into_bytes()
    };
    let mut all = vec![word.as_bytes().to_vec(), percent(true), percent(false)];
    all.push(word.escape_default().to_string().into_bytes());
    all.push(word.escape_unicode().to_string().into_bytes());
    all.push(
        serde_json::to_string(word)
            .unwrap()
            .trim_matches('"')
            .as_bytes()
            .to_vec(),
    );
    all.push(word.encode_utf16().flat_map(u16::to_le_bytes).collect());
    all.push(word.encode_utf16().flat_map(u16::to_be_bytes).collect());
    all.push(GBK.encode(word).0.into_owned());
    for skip in 0..3 {
        // The first and last letters depend on what stands beside the word.
        let mut shifted = vec![b' '; skip];
        shifted.extend(word.as_bytes());
        let text = base64(&shifted);
        let from = [0, 2, 3][skip];
        let whole = shifted.len() / 3 * 4;
        all.push(text.as_bytes()[from..whole.max(from)].to_vec());
    }
    all.retain(|form| form.len() >= 6);
    all
}

/// Which secrets stand in some bytes, in whatever form.
fn found_in(bytes: &[u8]) -> Vec<String> {
    let holds = |form: &Vec<u8>| bytes.windows(form.len()).any(|w| w == form.as_slice());
    secrets()
        .into_iter()
        .filter(|word| forms(word).iter().any(holds))
        .collect()
}

fn unpack(file: &Path, to: &Path) {
    let file = std::fs::File::open(file).unwrap();
    tar::Archive::new(GzDecoder::new(file)).unpack(to).unwrap();
}

/// Lines of a log as a careless program could have written them.
fn careless_log() -> String {
    let url =
        "GET /x/%E6%AC%A7%E9%98%B3%E5%BB%BA%E5%9B%BD and %e5%8f%b8%e9%a9%ac%e7%9b%b8%e5%a6%82";
    let mut messages = vec![
        "failed to write photos/k7qa-s1 张教授的毕业照/0001_20219001/k7qa-000001.JPG".to_owned(),
        "agency: not allowed to write k7qa-s1/0002_110105199003072316/k7qa-000002.JPG".to_owned(),
        "roster line 3: CS-2021-77".to_owned(),
        "call 138-0013-8000 or 13987654321, id 11010519491231002X".to_owned(),
        "mail li.lei@example.edu.cn".to_owned(),
        url.to_owned(),
        format!(
            "{:?} and {}",
            "欧阳建国",
            "诸葛亮 13987654321".escape_unicode()
        ),
        "the camera differs from its profile, wanted Photographer Han Meimei".to_owned(),
        "a line that is worth keeping".to_owned(),
        "usb 1-1: new high-speed USB device, mmc0: error -110".to_owned(),
    ];
    messages.extend(
        STUDENTS
            .iter()
            .map(|(number, name)| format!("{number} is {name}")),
    );
    let entry = |message: String| {
        let entry = json!({
            "__REALTIME_TIMESTAMP": "1767225600123456", "PRIORITY": "4", "MESSAGE": message,
            "SHUTTERLINE_FRAME": "k7qa-000001", "SHUTTERLINE_ERROR": "20219001: 欧阳建国",
        });
        format!("{entry}\n")
    };
    messages.into_iter().map(entry).collect()
}

fn station_of_persons() -> Bench {
    let mut rig = Rig::new("");
    rig.config.push_str(
        "[camera.profile.settings]\ncapturetarget = \"Memory card\"\nartist = \"Photographer Han Meimei\"\n",
    );
    rig.config
        .push_str("# token = hunter2-token, call 13987654321\n");
    let bench = Bench::new(rig);
    std::fs::write(bench.rig.dir.join("entries"), careless_log()).unwrap();
    bench.plays("journalctl", "cat $DIR/entries");
    bench
}

#[test]
fn nothing_of_a_person_is_in_it_in_any_form() {
    let mut bench = station_of_persons();
    bench.rig.start();
    let students = STUDENTS.map(|(n, name)| json!({ "student_number": n, "name": name }));
    bench.rig.ask("/v1/roster", json!({ "students": students }));
    bench
        .rig
        .ask("/v1/sessions", json!({ "name": "张教授的毕业照" }));
    for serial in 1..=2 {
        bench.rig.scene(&picture(serial));
        bench.rig.press("pedal");
        bench.rig.until_frames("a judged frame", |f| {
            f.len() == serial as usize && f.iter().all(|f| f.verdict.is_some())
        });
        bench.rig.press("next");
    }
    let out = bench.rig.dir.join("bundle.tar.gz");
    let made = bench.here(&["support-bundle", "--out", path_of(&out)]);
    assert_eq!(made.code, Some(0), "{made:#?}");
    let folder = bench.rig.dir.join("unpacked");
    unpack(&out, &folder);

    let log = std::fs::read_to_string(bench.rig.log()).unwrap();
    assert!(
        log.contains("setting=artist") && !log.contains("Meimei"),
        "{log}"
    );
    // The search finds what it looks for where it is: in the log as it came, in the config and in the database.
    let raw = std::fs::read(bench.rig.dir.join("entries")).unwrap();
    assert!(found_in(&raw).len() >= 12, "{:?}", found_in(&raw));
    let db = std::fs::read(bench.data().join("shutterline.db-wal")).unwrap();
    assert!(found_in(&db).len() >= 9, "{:?}", found_in(&db));

    let files = files_below(&folder);
    let names: Vec<_> = files
        .iter()
        .map(|p| p.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "README.txt",
            "config.toml",
            "database.txt",
            "doctor.json",
            "doctor.txt",
            "kernel.txt",
            "log.txt",
            "metrics.txt"
        ]
    );
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(found_in(&bytes), [] as [&str; 0], "in {}", path.display());
    }
    let text = |name: &str| {
        std::fs::read_to_string(folder.join("shutterline-support").join(name)).unwrap()
    };
    assert!(text("log.txt").contains("a line that is worth keeping"));
    assert!(
        text("log.txt").contains("0001_[person]/k7qa-000001.JPG"),
        "{}",
        text("log.txt")
    );
    assert!(text("log.txt").contains("frame=k7qa-000001"));
    assert!(text("kernel.txt").contains("mmc0: error -110"));
    assert!(
        !text("kernel.txt").contains("worth keeping"),
        "only what is of devices"
    );
    assert!(
        text("config.toml").contains("settle-ms = 0") && text("config.toml").contains("[withheld]")
    );
    assert!(
        text("database.txt").contains("-- 4 rows\nCREATE TABLE entry"),
        "{}",
        text("database.txt")
    );
    assert!(text("metrics.txt").contains("shutterline_shots_fired_total 2"));
    let doctor: serde_json::Value = serde_json::from_str(&text("doctor.json")).unwrap();
    assert!(doctor["versions"]["program"].is_string() && doctor["lines"].is_array());
}

#[test]
fn where_nobody_knows_the_persons_the_logs_stay_out() {
    let bench = station_of_persons();
    std::fs::create_dir(bench.data()).unwrap();
    std::fs::write(bench.data().join("shutterline.db"), "no database at all").unwrap();
    let out = bench.rig.dir.join("bundle.tar.gz");
    let made = bench.here(&["support-bundle", "--out", path_of(&out)]);
    assert_eq!(made.code, Some(0), "{made:#?}");
    let folder = bench.rig.dir.join("unpacked");
    unpack(&out, &folder);
    for path in files_below(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(found_in(&bytes), [] as [&str; 0], "in {}", path.display());
    }
    let log = std::fs::read_to_string(folder.join("shutterline-support/log.txt")).unwrap();
    assert!(log.contains("left out"), "{log}");
}

#[test]
fn a_file_is_never_overwritten_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let bench = station_of_persons();
    let out = bench.rig.dir.join("bundle.tar.gz");
    let made = bench.here(&["support-bundle", "--out", path_of(&out)]);
    assert_eq!(made.code, Some(0), "{made:#?}");
    assert_eq!(out.metadata().unwrap().permissions().mode() & 0o077, 0);
    let again = bench.here(&["support-bundle", "--out", path_of(&out)]);
    assert_eq!(again.code, Some(1));
    assert!(
        again.err.contains("is there already") && again.err.contains("--out"),
        "{again:#?}"
    );
}
