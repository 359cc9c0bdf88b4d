//! The colours that a background may have: `[background]` with `reference-rgb = [[r, g, b], …]`.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The table's name.
pub(super) const TABLE: &str = "background";
const KEY: &str = "reference-rgb";

/// The reference colours in sRGB code values; none at all where the standard has no such table. What is
/// wrong is handed to `problem` with its place in the text.
pub(super) fn references(
    table: &DeTable,
    mut problem: impl FnMut(Range<usize>, String),
) -> Vec<[u8; 3]> {
    let Some(background) = table.get(TABLE) else {
        return Vec::new();
    };
    let Some(fields) = background.get_ref().as_table() else {
        problem(background.span(), format!("{TABLE} must be a table"));
        return Vec::new();
    };
    for key in fields.keys().filter(|key| key.get_ref().as_ref() != KEY) {
        let message = format!("unknown key {TABLE}.{}; known here: {KEY}", key.get_ref());
        problem(key.span(), message);
    }
    let Some(colours) = fields.get(KEY) else {
        problem(background.span(), format!("{TABLE}.{KEY} is missing"));
        return Vec::new();
    };
    let each = colours.get_ref().as_array();
    let Some(each) = each.filter(|each| !each.is_empty()) else {
        let message = format!("{TABLE}.{KEY} must be a list of colours, as [[100, 197, 255]]");
        problem(colours.span(), message);
        return Vec::new();
    };
    let mut references = Vec::new();
    for colour in each.iter() {
        match rgb(colour) {
            Some(rgb) => references.push(rgb),
            None => problem(
                colour.span(),
                format!("{TABLE}.{KEY}: a colour is three whole numbers from 0 to 255"),
            ),
        }
    }
    references
}

fn rgb(colour: &Spanned<DeValue>) -> Option<[u8; 3]> {
    let channels = colour.get_ref().as_array()?.iter().map(|channel| {
        let integer = channel.get_ref().as_integer()?;
        u8::from_str_radix(integer.as_str(), integer.radix()).ok()
    });
    let channels = channels.collect::<Option<Vec<_>>>()?;
    channels.try_into().ok()
}

impl super::Standard {
    /// The colours that a background may have, sRGB code values; empty where the standard names none.
    pub fn background(&self) -> &[[u8; 3]] {
        &self.background
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Standard;

    #[test]
    fn the_shipped_standards_name_their_colours() {
        let of = |name| Standard::builtin(name).unwrap().background().to_vec();
        assert_eq!(of("cn-graduate-blue"), [[100, 197, 255]]);
        assert!(of("cn-graduate-white").contains(&[255, 255, 255]));
        assert!(of("icao").len() >= 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told = |body: &str| {
            let mut problems = Standard::check(&format!("\n[background]\n{body}\n"));
            problems.retain(|p| p.message.contains("background."));
            problems
                .into_iter()
                .map(|p| (p.line, p.message))
                .collect::<Vec<_>>()
        };
        assert!(told("reference-rgb = [[1, 2, 3], [255, 0, 0x10]]").is_empty());
        for (body, line, part) in [
            ("colour = 1", 2, "reference-rgb is missing"),
            ("reference-rgb = []", 3, "must be a list of colours"),
            ("reference-rgb = [[1, 2, 3],\n[1, 2, 256]]", 4, "0 to 255"),
            ("reference-rgb = [[1, 2]]", 3, "three whole numbers"),
        ] {
            let problems = told(body);
            let is = |(at, message): &(usize, String)| *at == line && message.contains(part);
            assert!(problems.iter().any(is), "{body}: {problems:?}");
        }
    }
}
