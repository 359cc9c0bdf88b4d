//! Rosters and configs with something wrong in them.

use super::kept::station;
use super::rig::Rig;
use super::{ask, run, shutterline};
use encoding_rs::GB18030;
use std::path::{Path, PathBuf};

fn file(rig: &Rig, name: &str, bytes: &[u8]) -> PathBuf {
    let path = rig.dir.join(name);
    std::fs::write(&path, bytes).expect("file");
    path
}

fn import(rig: &Rig, path: &Path) -> super::Answer {
    ask(rig, &["roster", "import", path.to_str().expect("UTF-8")])
}

/// Numbers and names of the open session's queue.
fn queue(rig: &Rig) -> Vec<(String, String)> {
    let queue = ask(rig, &["queue", "list", "--json"]).json();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let entries = queue["entries"].as_array().expect("entries").iter();
    entries
        .map(|e| (text(&e["student_number"]), text(&e["name"])))
        .collect()
}

#[test]
fn a_roster_with_mistakes_is_refused_whole_and_changes_nothing() {
    let mut rig = Rig::new("");
    let before = station(&mut rig, 3);
    let was = queue(&rig);

    let bad = file(
        &rig,
        "twice.csv",
        "学号,姓名\n20260001,张三\n20269001,李四\n20269001,王五\n,赵六\n20269002,钱七\n20269001,孙八\n".as_bytes(),
    );
    let refused = import(&rig, &bad);
    refused.failed(
        1,
        &[
            "twice.csv",
            "was not imported",
            "line 4: student number 20269001 is on line 3 already; remove one",
            "line 5: the student number is empty",
            "line 7: student number 20269001 is on line 3 already",
            "请删去其中一行",
        ],
    );
    assert!(!refused.err.contains("王五"), "{refused:#?}");

    let bad = file(&rig, "columns.csv", b"id,full name\n1,x\n");
    import(&rig, &bad).failed(
        1,
        &[
            "no column student_number (or 学号)",
            "no column name (or 姓名)",
            "found id, full name",
            "headings student_number,name",
        ],
    );
    let bad = file(&rig, "one-column.csv", "学号\n1\n".as_bytes());
    import(&rig, &bad).failed(1, &["缺少“姓名”列"]);
    import(&rig, &file(&rig, "empty.csv", b"")).failed(1, &["the file is empty", "export"]);
    import(&rig, &file(&rig, "photo.csv", &super::rig::picture(4)))
        .failed(1, &["neither UTF-8 nor GB18030"]);
    import(&rig, &rig.dir.join("not-there.csv")).failed(1, &["not-there.csv", "check the path"]);

    assert_eq!(queue(&rig), was);
    before.still(&rig);
    rig.stop();
}

#[test]
fn rosters_as_excel_writes_them_are_read() {
    let mut rig = Rig::new("");
    let before = station(&mut rig, 2);
    let with_bom = "\u{feff}学号,姓名\r\n20268001,张三\r\n20268002,\"欧阳, 娜娜\"\r\n";
    import(&rig, &file(&rig, "bom-crlf.csv", with_bom.as_bytes())).done();
    let (gb18030, _, lossy) = GB18030.encode("姓名,学号\r\n李四,20268003\r\n𠮷野,20268004\r\n");
    assert!(!lossy && std::str::from_utf8(&gb18030).is_err());
    let imported = import(&rig, &file(&rig, "gb18030.csv", &gb18030));
    assert!(imported.done().contains("GB18030"), "{imported:#?}");

    let expected = [
        ("20268001", "张三"),
        ("20268002", "欧阳, 娜娜"),
        ("20268003", "李四"),
        ("20268004", "𠮷野"),
    ];
    let added: Vec<_> = queue(&rig).split_off(2);
    let expected: Vec<_> = expected.map(|(n, name)| (n.into(), name.into())).into();
    assert_eq!(added, expected);
    before.still(&rig);
    rig.stop();
}

#[test]
fn a_config_with_mistakes_is_refused_with_all_of_them_at_once() {
    let mut rig = Rig::new("");
    let before = station(&mut rig, 2);
    rig.stop();

    let good = std::mem::take(&mut rig.config);
    rig.config = format!(
        "{}[panel.bindings]\nnext = \"hand press\"\nhold = \"hand press\"\n",
        good.replace(
            "settle-ms = 0\n",
            "settle-s = 1\nsettel-ms = 0\nmax-shots = \"5 shots\"\n"
        )
    );
    let line = |words: &str| {
        let at = rig.config.lines().position(|l| l.starts_with(words));
        format!("line {}: ", at.expect("line") + 1)
    };
    let problems = [
        format!(
            "{}station.settle-s: unknown key; this span or size is given in milliseconds; write `settle-ms`",
            line("settle-s")
        ),
        format!("{}station.settel-ms: unknown key", line("settel-ms")),
        "`settle-ms`".to_owned(),
        format!("{}station.max-shots: expected", line("max-shots")),
        "hold".to_owned(),
        "next".to_owned(),
        "hand press".to_owned(),
        "shutterline.toml has 4 problems".to_owned(),
    ];
    let words: Vec<&str> = problems.iter().map(String::as_str).collect();
    run(&rig, &[]).failed(1, &words);
    let config = rig.dir.join("shutterline.toml");
    let config = config.to_str().expect("UTF-8");
    // No daemon is needed for it.
    let checked = shutterline(Path::new("/nowhere/s.sock"), &["config", "check", config]);
    checked.failed(1, &words);

    // Nothing was begun: no folder, no socket.
    rig.config = rig.config.replace("/data\"", "/another\"");
    run(&rig, &[]).failed(1, &words);
    assert!(!rig.dir.join("another").exists());
    assert!(!rig.dir.join("s.sock").exists());

    rig.config = good;
    rig.start();
    before.still(&rig);
    rig.stop();
}
