//! Board files: which pin of which board carries what. Read like the config: every problem at once, with its line.

mod check;
mod read;

use super::{ConfigError, Problem};
use crate::model::Board;
use std::path::Path;
use toml::de::DeTable;

/// The boards that are built in, by name.
const SHIPPED: [(&str, &str); 1] = [(
    "raspberry-pi-4",
    include_str!("../../../config/boards/raspberry-pi-4.toml"),
)];

/// The names of the shipped boards.
pub fn board_names() -> Vec<&'static str> {
    SHIPPED.iter().map(|(name, _)| *name).collect()
}

/// The text of a shipped board; `None` if there is none of that name.
pub fn board_text(name: &str) -> Option<&'static str> {
    let mut all = SHIPPED.iter();
    all.find(|(shipped, _)| *shipped == name)
        .map(|(_, text)| *text)
}

/// Whether a text is meant to be a board file: it has a table `[board]`.
pub fn is_board(text: &str) -> bool {
    let (document, _) = DeTable::parse_recoverable(text);
    document.get_ref().get("board").is_some()
}

/// Reads and checks a board; `origin` names it in the error.
///
/// # Errors
/// Every problem there is, by line.
pub fn parse_board(text: &str, origin: &str) -> Result<Board, ConfigError> {
    let (board, lines, mut problems) = read::board(text);
    // What could not be read kept its default: that line has its problem already.
    let noted: Vec<_> = problems.iter().filter_map(|p| p.line).collect();
    let mut found = check::problems(&board, &lines);
    found.retain(|p| p.line.is_none_or(|line| !noted.contains(&line)));
    problems.extend(found);
    ConfigError::unless_empty(problems, origin)?;
    Ok(board)
}

/// A shipped board by its name, else the one in that file.
///
/// # Errors
/// When it is neither, or has problems.
pub fn find_board(name: &str) -> Result<Board, ConfigError> {
    let text = match board_text(name) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(name).map_err(|source| ConfigError::BoardUnreadable {
            path: Path::new(name).into(),
            source,
        })?,
    };
    parse_board(&text, name)
}

/// The shipped board that a device tree's model means: the one whose `models` has the longest beginning of it.
pub fn board_of_model(model: &str) -> Option<Board> {
    let known = SHIPPED
        .iter()
        .filter_map(|(name, text)| parse_board(text, name).ok());
    let fit = |board: &Board| {
        let beginnings = board.models.iter().filter(|m| model.starts_with(*m));
        beginnings.map(String::len).max()
    };
    let fitting = known.filter_map(|board| Some((fit(&board)?, board)));
    fitting.max_by_key(|(length, _)| *length).map(|(_, b)| b)
}

/// A problem at a key of the file.
fn problem_at(line: Option<usize>, key: &str, message: String, next: String) -> Problem {
    Problem {
        line,
        key: key.to_owned(),
        message,
        next,
    }
}
