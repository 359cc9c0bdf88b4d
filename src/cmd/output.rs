//! What commands print: tables for people, JSON for programs.

use crate::model::{CorrectionPreview, FrameMove, Outcome, Serial, StudentNumber};
use anyhow::Context;
use clap::Args;
use comfy_table::{LineStyle, Table, TableStyle, presets};
use serde::Serialize;
use std::io::{self, Write};

/// `--json`, for every command that prints data.
#[derive(Debug, Clone, Copy, Args)]
pub struct Format {
    /// Print JSON for programs instead of a table for people.
    #[arg(long)]
    pub json: bool,
}

/// Writes to standard output. A reader that has gone (`| head`) ends the program quietly: nothing is left to do.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.context("failed to write to standard output"),
    }
}

/// Prints JSON, indented, with a line break at its end.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value).context("failed to make JSON of the answer")?;
    print(&format!("{text}\n"))
}

/// Prints what `human` makes of the data, or the data as JSON.
pub fn show<T: Serialize>(
    value: &T,
    format: Format,
    human: impl FnOnce(&T) -> String,
) -> anyhow::Result<()> {
    if format.json {
        print_json(value)
    } else {
        print(&human(value))
    }
}

/// Nothing but a rule under the heading: rows stay short, and `grep` and `awk` find their way.
const HEADED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with a heading. Widths are those of a terminal, in which a Chinese character takes two columns.
pub fn table<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(HEADED);
    table.set_header(heading);
    table
}

/// A list of facts, one a line, aligned, without rules.
pub fn facts() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// A table as text, without the blanks at the ends of its lines.
pub fn text(table: &Table) -> String {
    table
        .to_string()
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// A value, or a dash.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| v.to_string())
}

/// Prints how a command came out; a correction with what was and what is.
pub fn show_outcome(outcome: &Outcome, format: Format) -> anyhow::Result<()> {
    show(outcome, format, outcome_text)
}

fn outcome_text(outcome: &Outcome) -> String {
    let mut out = String::new();
    if let Some(preview) = &outcome.preview {
        out.push_str(&preview_text(preview));
    }
    if !outcome.message.is_empty() {
        out.push_str(&outcome.message);
        out.push('\n');
    }
    for remark in &outcome.remarks {
        out.push_str(&format!("  - {remark}\n"));
    }
    out
}

fn preview_text(preview: &CorrectionPreview) -> String {
    let mut rows = table(["frame", "before 更正前", "after 更正后"]);
    for FrameMove {
        frame,
        before,
        after,
    } in &preview.moves
    {
        rows.add_row([frame.to_string(), owner(before), owner(after)]);
    }
    if preview.current.0 != preview.current.1 {
        let seat = |serial: Option<Serial>| or_dash(serial.map(|s| format!("serial {s}")));
        rows.add_row([
            "in the chair 当前".to_owned(),
            seat(preview.current.0),
            seat(preview.current.1),
        ]);
    }
    let mut out = String::new();
    if rows.is_empty() {
        out.push_str("no frame changes its owner\n");
    } else {
        out.push_str(&text(&rows));
    }
    if !preview.applied {
        out.push_str("dry run: nothing was changed  试运行：未作任何更改\n");
    }
    out
}

fn owner((serial, student): &(Option<Serial>, Option<StudentNumber>)) -> String {
    match (serial, student) {
        (None, None) => "nobody (set aside)".to_owned(),
        (Some(serial), None) => format!("serial {serial}, not bound"),
        (Some(serial), Some(student)) => format!("serial {serial}, {student}"),
        (None, Some(student)) => student.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrameId;

    #[test]
    fn a_dry_run_shows_before_and_after_and_says_that_nothing_changed() {
        let outcome = Outcome {
            message: "1 frame would move".into(),
            preview: Some(CorrectionPreview {
                moves: vec![FrameMove {
                    frame: FrameId("k7qa-000001".into()),
                    before: (Some(Serial(3)), Some(StudentNumber("2021003".into()))),
                    after: (Some(Serial(4)), None),
                }],
                current: (Some(Serial(4)), Some(Serial(3))),
                applied: false,
            }),
            ..Outcome::default()
        };
        let shown = outcome_text(&outcome);
        for part in [
            "k7qa-000001",
            "serial 3, 2021003",
            "serial 4, not bound",
            "in the chair",
            "nothing was changed",
        ] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn columns_line_up_behind_chinese() {
        let mut rows = table(["name", "x"]);
        rows.add_row(["张三", "1"]);
        rows.add_row(["abcd", "2"]);
        let shown = text(&rows);
        // Two wide characters fill four columns, so both lines have the same blanks before their number.
        let blanks = |number: &str| {
            let line = shown.lines().find(|l| l.ends_with(number)).unwrap();
            line.trim_end_matches(number)
                .chars()
                .rev()
                .take_while(|c| *c == ' ')
                .count()
        };
        assert_eq!(blanks("1"), blanks("2"), "{shown}");
    }
}
