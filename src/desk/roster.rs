//! A roster from a CSV file, as universities send it: from Excel, often in GB18030, with columns of their own.

use crate::model::{Student, StudentNumber, rule};
use std::collections::BTreeMap;
use std::fmt;

/// Headings of the two columns that are needed, the first of each to be shown to people.
const NUMBER_HEADINGS: [&str; 2] = ["student_number", "学号"];
const NAME_HEADINGS: [&str; 2] = ["name", "姓名"];
/// Headings of the column that may be there: what a student is exempt from.
const EXEMPT_HEADINGS: [&str; 2] = ["exempt", "豁免"];

/// Who is to be photographed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// In the order of the file, numbers distinct, at least one.
    pub students: Vec<Student>,
    /// What was noticed and did no harm, for the clerk to read.
    pub remarks: Vec<Remark>,
}

/// One sentence for the clerk, in both languages; never a student's name in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Line in the file, from 1; `None` when it is about the whole file.
    pub line: Option<u64>,
    /// In English, with the next step if there is one.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
}

impl Remark {
    fn new(line: Option<u64>, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            line,
            en: en.into(),
            zh: zh.into(),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {} / 第 {line} 行：{}", self.en, self.zh),
            None => write!(f, "{} / {}", self.en, self.zh),
        }
    }
}

/// Why a roster is refused; nothing of it was taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the roster {file} was not imported / 名单 {file} 未导入:{}",
    listed(problems)
)]
pub struct RosterError {
    /// The file's name as the clerk gave it.
    pub file: String,
    /// All of them, by line.
    pub problems: Vec<Remark>,
}

fn listed(problems: &[Remark]) -> String {
    problems.iter().map(|p| format!("\n  {p}")).collect()
}

/// Reads a roster: CSV with a line of headings, in UTF-8 (with or without a byte order mark), GB18030
/// or UTF-16 with a mark, separated by commas, semicolons or tabs, its lines ended in any way. `file`
/// names it in the error.
pub fn read(bytes: &[u8], file: &str) -> Result<Roster, RosterError> {
    let mut sheet = Sheet::default();
    let students = sheet.students(bytes);
    if sheet.problems.is_empty() {
        return Ok(Roster {
            students,
            remarks: sheet.remarks,
        });
    }
    sheet.problems.sort_by_key(|p| p.line);
    Err(RosterError {
        file: file.to_owned(),
        problems: sheet.problems,
    })
}

/// Where the columns are.
struct Columns {
    number: usize,
    name: usize,
    exempt: Option<usize>,
    count: usize,
}

/// What was found while reading.
#[derive(Default)]
struct Sheet {
    problems: Vec<Remark>,
    remarks: Vec<Remark>,
    /// On which line each number was first seen.
    seen: BTreeMap<StudentNumber, u64>,
    blank_rows: u64,
    nameless: u64,
}

impl Sheet {
    fn problem(&mut self, line: Option<u64>, en: impl Into<String>, zh: impl Into<String>) {
        self.problems.push(Remark::new(line, en, zh));
    }

    fn remark(&mut self, en: impl Into<String>, zh: impl Into<String>) {
        self.remarks.push(Remark::new(None, en, zh));
    }

    fn students(&mut self, bytes: &[u8]) -> Vec<Student> {
        let Some(text) = self.decode(bytes) else {
            return Vec::new();
        };
        if text.trim().is_empty() {
            self.problem(
                None,
                "the file is empty; export the roster again with its headings",
                "文件是空的；请连同表头重新导出名单",
            );
            return Vec::new();
        }
        let heading = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .delimiter(delimiter(heading))
            .from_reader(text.as_bytes());
        let mut columns = None;
        let mut students = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map(csv::Position::line);
                    self.problem(line, "this line is no CSV", "此行不是有效的 CSV");
                    continue;
                }
            };
            let line = line_of(&record, &text);
            match &columns {
                None => match self.columns(line, &record) {
                    Some(found) => columns = Some(found),
                    None => return Vec::new(),
                },
                Some(columns) => students.extend(self.student(line, &record, columns)),
            }
        }
        self.finish(&students);
        students
    }

    fn decode(&mut self, bytes: &[u8]) -> Option<String> {
        if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
            let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
            if encoding != encoding_rs::UTF_8 {
                let name = encoding.name();
                self.remark(format!("read as {name}"), format!("按 {name} 读取"));
            }
            if !broken {
                return Some(text.into_owned());
            }
        } else if let Ok(text) = std::str::from_utf8(bytes) {
            return Some(text.to_owned());
        } else {
            let (text, broken) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
            if !broken {
                self.remark("read as GB18030", "按 GB18030 读取");
                return Some(text.into_owned());
            }
        }
        self.problem(
            None,
            "the text is neither UTF-8 nor GB18030; save it in Excel as \"CSV UTF-8\"",
            "文字编码既不是 UTF-8 也不是 GB18030；请在 Excel 中另存为“CSV UTF-8”",
        );
        None
    }

    fn columns(&mut self, line: u64, headings: &csv::StringRecord) -> Option<Columns> {
        let found = |wanted: [&str; 2]| -> Vec<usize> {
            let is_wanted = |heading: &str| wanted.contains(&heading.to_lowercase().as_str());
            let all = headings.iter().enumerate();
            all.filter(|(_, h)| is_wanted(h)).map(|(i, _)| i).collect()
        };
        let (numbers, names) = (found(NUMBER_HEADINGS), found(NAME_HEADINGS));
        let exempt = found(EXEMPT_HEADINGS);
        let shown: Vec<&str> = headings.iter().filter(|h| !h.is_empty()).collect();
        let shown = shown.join(", ");
        for (wanted, places) in [(NUMBER_HEADINGS, &numbers), (NAME_HEADINGS, &names)] {
            let [en, zh] = wanted;
            match places.len() {
                0 => self.problem(
                    Some(line),
                    format!(
                        "there is no column {en} (or {zh}); found {shown}; the first line must have the headings student_number,name or 学号,姓名"
                    ),
                    format!(
                        "缺少“{zh}”列（或 {en}）；找到的表头：{shown}；第一行应有表头“学号,姓名”"
                    ),
                ),
                1 => {}
                _ => self.problem(
                    Some(line),
                    format!("two columns are both the {en}; remove one"),
                    format!("有两列都是“{zh}”；请删去一列"),
                ),
            }
        }
        if exempt.len() > 1 {
            let [en, zh] = EXEMPT_HEADINGS;
            self.problem(
                Some(line),
                format!("two columns are both {en}; remove one"),
                format!("有两列都是“{zh}”；请删去一列"),
            );
        }
        let ([number], [name]) = (&numbers[..], &names[..]) else {
            return None;
        };
        let others = headings.iter().enumerate();
        let others: Vec<&str> = others
            .filter(|(i, h)| i != number && i != name && !exempt.contains(i) && !h.is_empty())
            .map(|(_, h)| h)
            .collect();
        if !others.is_empty() {
            let others = others.join(", ");
            self.remark(
                format!("other columns were not read: {others}"),
                format!("未读取其他列：{others}"),
            );
        }
        Some(Columns {
            number: *number,
            name: *name,
            exempt: exempt.first().copied(),
            count: headings.len(),
        })
    }

    fn student(
        &mut self,
        line: u64,
        record: &csv::StringRecord,
        columns: &Columns,
    ) -> Option<Student> {
        if record.iter().all(str::is_empty) {
            self.blank_rows += 1;
            return None;
        }
        // An unquoted comma moves everything behind it one column on: the name would be another's.
        let surplus = record.iter().skip(columns.count).any(|f| !f.is_empty());
        if surplus || record.len() <= columns.number.max(columns.name) {
            let (has, wants) = (record.len(), columns.count);
            self.problem(
                Some(line),
                format!(
                    "this line has {has} fields, the headings {wants}; put a field with a comma in quotes"
                ),
                format!("此行有 {has} 个字段，表头有 {wants} 个；含逗号的字段请加引号"),
            );
            return None;
        }
        let number = self.number(line, &record[columns.number])?;
        let name = record[columns.name].to_owned();
        if name.chars().any(char::is_control) {
            self.problem(
                Some(line),
                "the name has a line break or control character in it; type it again",
                "姓名中有换行或控制字符；请重新输入",
            );
        }
        self.nameless += u64::from(name.is_empty());
        let exempt = columns.exempt.and_then(|column| record.get(column));
        let exempt = self.exempt(line, exempt.unwrap_or_default());
        Some(Student {
            number,
            name,
            exempt,
        })
    }

    /// Reason ids separated by semicolons or spaces, as a clerk types them.
    fn exempt(&mut self, line: u64, text: &str) -> Vec<String> {
        let separates = |c: char| matches!(c, ';' | '；' | ',' | '，' | '、') || c.is_whitespace();
        let mut exempt: Vec<String> = Vec::new();
        for word in text.split(separates).filter(|w| !w.is_empty()) {
            match rule::waivable(word) {
                Some(id) if exempt.iter().any(|e| e == id) => {}
                Some(id) => exempt.push(id.to_owned()),
                None => self.problem(
                    Some(line),
                    format!(
                        "{word:?} is no reason to be exempt from; use ids such as head-covered, separated by semicolons"
                    ),
                    format!("{word:?} 不是可豁免的原因；请填写 head-covered 这样的代号，用分号隔开"),
                ),
            }
        }
        exempt
    }

    fn number(&mut self, line: u64, text: &str) -> Option<StudentNumber> {
        if text.is_empty() {
            self.problem(
                Some(line),
                "the student number is empty; fill it in or remove the line",
                "学号为空；请填写或删去此行",
            );
            return None;
        }
        if is_rounded_by_excel(text) {
            self.problem(
                Some(line),
                format!(
                    "{text} is a student number that Excel has rounded; format the column as text and fill it in again"
                ),
                format!("{text} 是被 Excel 改成科学计数法的学号；请将该列设为文本后重新填写"),
            );
            return None;
        }
        let Ok(number) = text.parse::<StudentNumber>() else {
            self.problem(
                Some(line),
                format!(
                    "{text:?} is no student number: 1 to 64 characters without spaces or / \\ : * ? \" < > |; correct it"
                ),
                format!(
                    "{text:?} 不是有效的学号：1 至 64 个字符，不含空格和 / \\ : * ? \" < > |；请改正"
                ),
            );
            return None;
        };
        if let Some(first) = self.seen.get(&number).copied() {
            self.problem(
                Some(line),
                format!(
                    "student number {number} is on line {first} already; remove one of the two"
                ),
                format!("学号 {number} 与第 {first} 行重复；请删去其中一行"),
            );
            return None;
        }
        self.seen.insert(number.clone(), line);
        Some(number)
    }

    fn finish(&mut self, students: &[Student]) {
        if students.is_empty() && self.problems.is_empty() {
            self.problem(
                None,
                "there is no student below the headings; export the roster again",
                "表头下面没有学生；请重新导出名单",
            );
        }
        let (blank, nameless) = (self.blank_rows, self.nameless);
        if blank > 0 {
            self.remark(
                format!("{blank} blank lines were left out"),
                format!("略过 {blank} 个空行"),
            );
        }
        if nameless > 0 {
            self.remark(
                format!("{nameless} students have no name"),
                format!("{nameless} 名学生没有姓名"),
            );
        }
    }
}

/// What separates the headings: they have none of the three in them.
fn delimiter(heading: &str) -> u8 {
    match () {
        () if heading.contains(',') => b',',
        () if heading.contains('\t') => b'\t',
        () if heading.contains(';') => b';',
        () => b',',
    }
}

/// The line a record begins on, from 1. The reader counts from where the last record ended, which is before any
/// empty lines that it then skips.
fn line_of(record: &csv::StringRecord, text: &str) -> u64 {
    let Some(position) = record.position() else {
        return 0;
    };
    let rest = text.get(position.byte() as usize..).unwrap_or_default();
    let skipped = rest.bytes().take_while(|b| matches!(b, b'\r' | b'\n'));
    position.line() + skipped.filter(|b| *b == b'\n').count() as u64
}

/// `2.02101E+11`: what Excel makes of a long number in a column that is not text.
fn is_rounded_by_excel(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    power.starts_with('+')
        && all_digits(&power[1..])
        && digits.split('.').all(all_digits)
        && digits.len() > 1
}
