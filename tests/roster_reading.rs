//! Rosters as they come, and every way in which they come wrong.

use proptest::prelude::*;
use shutterline::desk::roster::{Roster, read};

const GOOD: &str = "学号,姓名\n20210001,张伟\n20210002,王芳\n";

fn roster(bytes: &[u8]) -> Roster {
    read(bytes, "class.csv").unwrap_or_else(|error| panic!("{error}"))
}

fn pairs(roster: &Roster) -> Vec<(&str, &str)> {
    let students = roster.students.iter();
    students.map(|s| (s.number.as_str(), &*s.name)).collect()
}

/// Refused with exactly these problems: a line, and words of both languages.
fn refused(bytes: &[u8], wanted: &[(Option<u64>, &str, &str)]) {
    let Err(error) = read(bytes, "class.csv") else {
        panic!("it was accepted, {wanted:?} notwithstanding");
    };
    let found = &error.problems;
    assert_eq!(found.len(), wanted.len(), "{error}");
    for (problem, (line, en, zh)) in found.iter().zip(wanted) {
        assert_eq!(problem.line, *line, "{error}");
        assert!(problem.en.contains(en), "{error}");
        assert!(problem.zh.contains(zh), "{error}");
    }
    assert!(error.to_string().contains("class.csv"));
}

#[test]
fn either_heading_in_either_order() {
    let wanted = [("20210001", "张伟"), ("20210002", "王芳")];
    assert_eq!(pairs(&roster(GOOD.as_bytes())), wanted);
    let english = "Student_Number , Name\n20210001,张伟\n20210002,王芳";
    assert_eq!(pairs(&roster(english.as_bytes())), wanted);
    let turned = "姓名,学号\n张伟,20210001\n王芳,20210002";
    assert_eq!(pairs(&roster(turned.as_bytes())), wanted);
    assert_eq!(roster(GOOD.as_bytes()).remarks, []);
}

#[test]
fn a_mark_and_windows_line_ends_do_no_harm() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(roster(text.as_bytes()), roster(GOOD.as_bytes()));
    let old_mac = GOOD.replace('\n', "\r");
    assert_eq!(roster(old_mac.as_bytes()), roster(GOOD.as_bytes()));
}

#[test]
fn exemptions_are_read_by_their_ids_and_unknown_ones_refused_with_their_line() {
    let text = "学号,豁免,姓名\n1,head-covered,a\n2,,b\n3,ears-covered；head-covered; ornament ornament,c\n";
    let read = roster(text.as_bytes());
    let exempt = read.students.iter().map(|s| s.exempt.join("+"));
    let wanted = ["head-covered", "", "ears-covered+head-covered+ornament"];
    assert_eq!(exempt.collect::<Vec<_>>(), wanted);
    assert_eq!(read.remarks, []);
    // A short line has none.
    let short = "student_number,name,exempt\n1,a\n2,b,yaw\n";
    assert!(roster(short.as_bytes()).students[0].exempt.is_empty());
    let wrong = "学号,姓名,豁免\n1,a,head-covered\n2,b,hat no-face\n3,c,flash-misfire\n";
    refused(
        wrong.as_bytes(),
        &[
            (Some(3), "\"hat\"", "豁免"),
            (Some(3), "\"no-face\"", "豁免"),
            (Some(4), "\"flash-misfire\"", "豁免"),
        ],
    );
    let twice = "学号,姓名,豁免,exempt\n1,a,,\n";
    refused(twice.as_bytes(), &[(Some(1), "both exempt", "豁免")]);
}

#[test]
fn gb18030_is_recognised() {
    let (bytes, _, lossy) = encoding_rs::GB18030.encode(GOOD);
    assert!(!lossy && std::str::from_utf8(&bytes).is_err());
    let read = roster(&bytes);
    assert_eq!(read.students, roster(GOOD.as_bytes()).students);
    assert!(read.remarks[0].en.contains("GB18030"));
    let rare = "学号,姓名\n1,\u{3400}\u{20000}𠮷\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(rare);
    assert_eq!(pairs(&roster(&bytes)), [("1", "\u{3400}\u{20000}𠮷")]);
}

#[test]
fn excels_unicode_text_is_recognised() {
    let mut bytes = vec![0xFF, 0xFE];
    let tabs = GOOD.replace(',', "\t");
    bytes.extend(tabs.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(roster(&bytes).students, roster(GOOD.as_bytes()).students);
}

#[test]
fn other_columns_and_blank_lines_are_remarked() {
    let text = "序号,学号,班级,姓名\n1,20210001,一班,张伟\n\n,,,\n2,20210002,\"一,二班\",\n";
    let read = roster(text.as_bytes());
    assert_eq!(pairs(&read), [("20210001", "张伟"), ("20210002", "")]);
    let remarks: String = read.remarks.iter().map(|r| format!("{r}\n")).collect();
    for words in ["序号, 班级", "1 blank lines", "1 students have no name"] {
        assert!(remarks.contains(words), "{words:?} is not in {remarks}");
    }
}

#[test]
fn duplicate_numbers_are_named_with_both_lines() {
    refused(
        "学号,姓名\n1,甲\n2,乙\n\n1,丙\n2,丁\n".as_bytes(),
        &[
            (Some(5), "number 1 is on line 2", "与第 2 行重复"),
            (Some(6), "number 2 is on line 3", "与第 3 行重复"),
        ],
    );
}

#[test]
fn missing_columns_are_named_with_those_found() {
    refused(
        "编号,姓名\n1,甲\n".as_bytes(),
        &[(
            Some(1),
            "no column student_number (or 学号); found 编号, 姓名",
            "缺少“学号”列",
        )],
    );
    refused(
        b"20210001 Zhang\n",
        &[
            (Some(1), "no column student_number", "学号"),
            (Some(1), "no column name", "姓名"),
        ],
    );
    refused(
        "学号,student_number,姓名\n1,1,甲\n".as_bytes(),
        &[(Some(1), "two columns", "有两列")],
    );
}

#[test]
fn every_bad_line_is_named_at_once() {
    refused(
        "学号,姓名\n,甲\na/b,乙\n2.0210E+11,丙\n4,丁,戊\n5\n6,己\n".as_bytes(),
        &[
            (Some(2), "is empty", "学号为空"),
            (Some(3), "\"a/b\" is no student number", "不是有效的学号"),
            (Some(4), "Excel has rounded", "科学计数法"),
            (Some(5), "3 fields, the headings 2", "3 个字段"),
            (Some(6), "1 fields", "1 个字段"),
        ],
    );
}

#[test]
fn nothing_to_import_is_named() {
    refused(b"", &[(None, "file is empty", "空的")]);
    refused(b"\xEF\xBB\xBF\r\n\r\n", &[(None, "file is empty", "空的")]);
    refused(
        "学号,姓名\r\n".as_bytes(),
        &[(None, "no student below", "没有学生")],
    );
}

#[test]
fn what_is_no_text_is_named() {
    refused(
        b"\x89PNG\r\n\x1a\n\xff\xff\xff",
        &[(None, "neither UTF-8 nor GB18030", "编码")],
    );
    refused(b"PK\x03\x04\xff\xff", &[(None, "neither", "编码")]);
}

#[test]
fn no_message_has_a_name_in_it() {
    let text = "学号,姓名\n1,张伟\n1,王芳\n,李娜\n2,a\u{7}b\n";
    let error = read(text.as_bytes(), "class.csv").unwrap_err().to_string();
    for name in ["张伟", "王芳", "李娜", "a\u{7}b"] {
        assert!(!error.contains(name), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, "soup.csv");
    }

    #[test]
    fn what_is_accepted_has_distinct_numbers(text in "(学号,姓名|name,student_number)\n([0-3,\"\r\n ]{0,40})") {
        if let Ok(roster) = read(text.as_bytes(), "soup.csv") {
            let numbers: std::collections::BTreeSet<_> = roster.students.iter().map(|s| &s.number).collect();
            prop_assert_eq!(numbers.len(), roster.students.len());
            prop_assert!(!numbers.is_empty());
        }
    }
}
