//! See the room.

use crate::model::Student;

/// A roster.
#[derive(Debug)]
pub struct Roster {
    /// In its order.
    pub students: Vec<Student>,
    /// Things to look at.
    pub remarks: Vec<String>,
}

/// Reads lines of `number,name` under a heading.
pub fn read(bytes: &[u8], _file: &str) -> Result<Roster, std::str::Utf8Error> {
    let students = std::str::from_utf8(bytes)?
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .filter_map(|(number, name)| {
            let number = number.parse().ok()?;
            let name = name.to_owned();
            Some(Student { number, name })
        })
        .collect();
    Ok(Roster {
        students,
        remarks: Vec::new(),
    })
}
