//! One table of the document, read key by key: what is asked for is known, the rest is reported.

use super::Problem;
use super::problem::{unit, unknown_key, unknown_word};
use crate::model::{Binding, Bytes, Control, Gesture, InputName, Line, Millis};
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What was found while walking.
pub(super) struct Page<'t> {
    text: &'t str,
    pub problems: Vec<Problem>,
    pub lines: std::collections::BTreeMap<String, usize>,
    pub keys: Vec<String>,
}

impl<'t> Page<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            problems: Vec::new(),
            lines: Default::default(),
            keys: Vec::new(),
        }
    }

    pub fn line_of(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + before.iter().filter(|b| **b == b'\n').count()
    }

    pub fn note(&mut self, line: Option<usize>, key: &str, message: &str, next: &str) {
        self.problems.push(Problem {
            line,
            key: key.to_owned(),
            message: message.to_owned(),
            next: next.to_owned(),
        });
    }

    /// What is no TOML.
    pub fn syntax(&mut self, errors: &[toml::de::Error]) {
        for error in errors {
            let line = error.span().map(|span| self.line_of(span.start));
            let message = error.message().trim().replace('\n', ", ");
            self.note(line, "", &message, "correct the TOML syntax there");
        }
    }
}

/// One table of the document, or its absence: then every key keeps its default.
pub(super) struct Section<'p, 't> {
    page: &'p mut Page<'t>,
    name: String,
    table: Option<&'p DeTable<'p>>,
    known: Vec<&'static str>,
}

impl<'p, 't> Section<'p, 't> {
    pub fn new(page: &'p mut Page<'t>, name: &str, table: Option<&'p DeTable<'p>>) -> Self {
        Self {
            page,
            name: name.to_owned(),
            table,
            known: Vec::new(),
        }
    }

    fn full(&self, key: &str) -> String {
        match &*self.name {
            "" => key.to_owned(),
            section => format!("{section}.{key}"),
        }
    }

    /// The value of a key, its line noted; and the key is known from now on.
    fn find(&mut self, key: &'static str) -> Option<(&'p DeValue<'p>, usize)> {
        self.known.push(key);
        let mut all = self.table?.iter();
        let (name, value) = all.find(|(name, _)| name.get_ref() == key)?;
        let line = self.page.line_of(name.span().start);
        let full = self.full(key);
        self.page.lines.insert(full, line);
        Some((value.get_ref(), line))
    }

    fn leaf(&mut self, key: &'static str) -> Option<(&'p DeValue<'p>, usize)> {
        let full = self.full(key);
        self.page.keys.push(full);
        self.find(key)
    }

    fn note(&mut self, key: &str, line: usize, message: &str, next: &str) {
        let full = self.full(key);
        self.page.note(Some(line), &full, message, next);
    }

    fn wrong_type(&mut self, key: &str, line: usize, wanted: &str, found: &DeValue) {
        let shown = match found {
            DeValue::String(text) => format!("the text \"{text}\""),
            DeValue::Integer(number) => format!("the number {}", number.as_str()),
            DeValue::Float(number) => format!("the number {}", number.as_str()),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(when) => when.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        let message = format!("expected {wanted}, found {shown}");
        let next = match unit(key).1 {
            Some(word) => format!("write it without quotes or unit: the key says {word}"),
            None => format!("write {wanted}"),
        };
        self.note(key, line, &message, &next);
    }

    pub fn number<N: TryFrom<i64>>(&mut self, key: &'static str, wanted: &str, into: &mut N) {
        let Some((value, line)) = self.leaf(key) else {
            return;
        };
        match whole(value) {
            Some(number) => *into = number,
            None => self.wrong_type(key, line, wanted, value),
        }
    }

    pub fn span(&mut self, key: &'static str, into: &mut Millis) {
        self.number(key, "a whole number of milliseconds", &mut into.0);
    }

    pub fn megabytes(&mut self, key: &'static str, into: &mut Bytes) {
        let mut megabytes = into.0 / 1_000_000;
        self.number(key, "a whole number of megabytes", &mut megabytes);
        into.0 = megabytes.saturating_mul(1_000_000);
    }

    pub fn gigabytes(&mut self, key: &'static str, into: &mut Bytes) {
        let mut gigabytes = into.0 / 1_000_000_000;
        self.number(key, "a whole number of gigabytes", &mut gigabytes);
        into.0 = gigabytes.saturating_mul(1_000_000_000);
    }

    pub fn flag(&mut self, key: &'static str, into: &mut bool) {
        if let Some((value, line)) = self.leaf(key) {
            match value.as_bool() {
                Some(flag) => *into = flag,
                None => self.wrong_type(key, line, "true or false", value),
            }
        }
    }

    fn string(&mut self, key: &'static str) -> Option<(String, usize)> {
        let (value, line) = self.leaf(key)?;
        let text = value.as_str().map(|text| (text.to_owned(), line));
        if text.is_none() {
            self.wrong_type(key, line, "a text in quotes", value);
        }
        text
    }

    pub fn text(&mut self, key: &'static str, into: &mut String) {
        if let Some((text, _)) = self.string(key) {
            *into = text;
        }
    }

    pub fn path(&mut self, key: &'static str, into: &mut PathBuf) {
        if let Some((text, _)) = self.string(key) {
            *into = text.into();
        }
    }

    pub fn optional<T: From<String>>(&mut self, key: &'static str, into: &mut Option<T>) {
        if let Some((text, _)) = self.string(key) {
            *into = Some(text.into());
        }
    }

    pub fn word<T: Copy>(&mut self, key: &'static str, into: &mut T, words: &[(&str, T)]) {
        let Some((text, line)) = self.string(key) else {
            return;
        };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => *into = *meaning,
            None => {
                let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let (message, next) = unknown_word(&text, key, &allowed);
                self.note(key, line, &message, &next);
            }
        }
    }

    /// Whether the file has this table at all.
    pub fn is_there(&self) -> bool {
        self.table.is_some()
    }

    pub fn words<T: Copy>(&mut self, key: &'static str, into: &mut Vec<T>, words: &[(&str, T)]) {
        let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let wanted = format!("words of {}", allowed.join(", "));
        let meaning = |value: &DeValue| {
            let text = value.as_str()?;
            words.iter().find(|(word, _)| *word == text).map(|w| w.1)
        };
        self.list(key, &wanted, into, meaning);
    }

    /// A list whose entries `read` can make something of; `wanted` says what that is.
    fn list<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        into: &mut Vec<T>,
        read: impl Fn(&DeValue) -> Option<T>,
    ) {
        let Some((value, line)) = self.leaf(key) else {
            return;
        };
        let entries = value.as_array().map(|entries| {
            let entries = entries.iter();
            entries.map(|e| read(e.get_ref())).collect::<Option<_>>()
        });
        match entries.flatten() {
            Some(entries) => *into = entries,
            None => self.wrong_type(key, line, &format!("a list of {wanted}"), value),
        }
    }

    pub fn texts(&mut self, key: &'static str, into: &mut Vec<String>) {
        let text = |value: &DeValue| value.as_str().map(str::to_owned);
        self.list(key, "texts in quotes", into, text);
    }

    pub fn numbers<N: TryFrom<i64>>(&mut self, key: &'static str, wanted: &str, into: &mut Vec<N>) {
        self.list(key, wanted, into, |value| whole(value));
    }

    pub fn gpio_lines(&mut self, key: &'static str, into: &mut Vec<Line>) {
        self.list(key, "lines: numbers, or names in quotes", into, gpio_line);
    }

    /// The line of a pin, which has no default.
    pub fn gpio_line(&mut self, key: &'static str) -> Option<Line> {
        let Some((value, line)) = self.leaf(key) else {
            self.needs(
                key,
                "no line of the GPIO chip is given",
                &format!("write {key} = N, or the line's name in quotes"),
            );
            return None;
        };
        let found = gpio_line(value);
        if found.is_none() {
            self.wrong_type(key, line, "a line's number, or its name in quotes", value);
        }
        found
    }

    /// Something this table cannot do without is missing.
    pub fn needs(&mut self, key: &str, message: &str, next: &str) {
        let line = self.page.lines.get(&self.name).copied();
        let full = self.full(key);
        self.page.note(line, &full, message, next);
    }

    pub fn mode(&mut self, key: &'static str, into: &mut u32) {
        let Some((text, line)) = self.string(key) else {
            return;
        };
        match u32::from_str_radix(&text, 8) {
            Ok(mode) if mode <= 0o777 => *into = mode,
            _ => self.note(
                key,
                line,
                &format!("\"{text}\" is no file mode"),
                "write three octal digits after a 0, for example \"0660\"",
            ),
        }
    }

    /// The binding of a control: as written, as it was, or none.
    pub fn binding(&mut self, bound: Binding) -> Option<Binding> {
        let key = control_key(bound.control);
        let Some((text, line)) = self.string(key) else {
            return Some(bound);
        };
        let mut words = text.split_whitespace();
        let gesture = match (words.next(), words.next(), words.next()) {
            (Some("none"), None, _) => return None,
            (Some(input), Some(gesture), None) => Some((input, gesture)),
            _ => None,
        };
        let Some((input, gesture)) = gesture else {
            self.note(
                key,
                line,
                &format!("\"{text}\" is no binding"),
                "write an input and a gesture, for example \"hand press\", or \"none\"",
            );
            return None;
        };
        let gestures = [Gesture::Press, Gesture::Long, Gesture::Double];
        let found = gestures.into_iter().find(|g| g.as_str() == gesture);
        if found.is_none() {
            let (message, next) = unknown_word(gesture, "gesture", &gestures.map(Gesture::as_str));
            self.note(key, line, &message, &next);
        }
        Some(Binding {
            control: bound.control,
            input: InputName(input.to_owned()),
            gesture: found?,
        })
    }

    /// A table whose keys the file chooses, all of its values texts; in the order of the file.
    pub fn pairs(&mut self, key: &'static str) -> Option<Vec<(String, String)>> {
        let full = self.full(key);
        self.page.keys.push(format!("{full}.*"));
        let (value, line) = self.find(key)?;
        let Some(table) = value.as_table() else {
            self.wrong_type(key, line, "a table", value);
            return None;
        };
        let mut ordered: Vec<_> = table.iter().collect();
        ordered.sort_by_key(|(name, _)| name.span().start);
        let mut inner = Section::new(self.page, &full, Some(table));
        let mut pairs = Vec::new();
        for (name, value) in ordered {
            match value.get_ref() {
                DeValue::String(text) => {
                    pairs.push((name.get_ref().to_string(), text.to_string()));
                }
                DeValue::Integer(number) => {
                    pairs.push((name.get_ref().to_string(), number.as_str().to_owned()));
                }
                other => {
                    let line = inner.page.line_of(name.span().start);
                    inner.wrong_type(name.get_ref(), line, "a text in quotes", other);
                }
            }
        }
        Some(pairs)
    }

    pub fn section(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_, 't>)) {
        let full = self.full(key);
        let table = match self.find(key) {
            Some((DeValue::Table(table), _)) => Some(table),
            Some((other, line)) => {
                self.wrong_type(key, line, &format!("a table [{full}]"), other);
                None
            }
            None => None,
        };
        let mut section = Section::new(self.page, &full, table);
        read(&mut section);
        section.finish();
    }

    /// A table that may be left out, and then is not read.
    pub fn section_if_there(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_, 't>)) {
        let there = self.table.is_some_and(|t| t.get(key).is_some());
        if there {
            self.section(key, read);
        } else {
            self.known.push(key);
        }
    }

    /// A table of tables whose names the file chooses, in the order of the file.
    pub fn named(&mut self, key: &'static str, mut read: impl FnMut(&str, &mut Section<'_, 't>)) {
        let full = self.full(key);
        let table = match self.find(key) {
            Some((DeValue::Table(table), _)) => table,
            Some((other, line)) => {
                self.wrong_type(key, line, &format!("tables [{full}.…]"), other);
                return;
            }
            None => return,
        };
        let mut ordered: Vec<_> = table.iter().collect();
        ordered.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in ordered {
            let line = self.page.line_of(name.span().start);
            let chosen: &str = name.get_ref();
            let inner = format!("{full}.{chosen}");
            let DeValue::Table(table) = value.get_ref() else {
                let wanted = format!("a table [{inner}]");
                self.wrong_type(&format!("{key}.{chosen}"), line, &wanted, value.get_ref());
                continue;
            };
            self.page.lines.insert(inner.clone(), line);
            let mut section = Section::new(self.page, &inner, Some(table));
            read(chosen, &mut section);
            section.finish();
        }
    }

    /// An array of tables. Its keys are named `destination.*.folder`, its lines `destination.0.folder`.
    pub fn each(&mut self, key: &'static str, mut read: impl FnMut(&mut Section<'_, 't>)) {
        let full = self.full(key);
        let entries: &[Spanned<DeValue>] = match self.find(key) {
            Some((DeValue::Array(entries), _)) => entries,
            Some((other, line)) => {
                self.wrong_type(key, line, &format!("tables [[{full}]]"), other);
                &[]
            }
            None => {
                // Only asked for its keys: walk through an absent entry.
                if self.table.is_none() {
                    read(&mut Section::new(self.page, &format!("{full}.*"), None));
                }
                &[]
            }
        };
        for (number, entry) in entries.iter().enumerate() {
            let line = self.page.line_of(entry.span().start);
            let DeValue::Table(table) = entry.get_ref() else {
                self.wrong_type(key, line, &format!("a table [[{full}]]"), entry.get_ref());
                continue;
            };
            let name = format!("{full}.{number}");
            self.page.lines.insert(name.clone(), line);
            let mut section = Section::new(self.page, &name, Some(table));
            read(&mut section);
            section.finish();
        }
    }

    /// Everything that was asked for has been asked for: the rest is unknown.
    pub fn finish(&mut self) {
        for (name, _) in self.table.into_iter().flatten() {
            let key: &str = name.get_ref();
            if !self.known.contains(&key) {
                let (message, next) = unknown_key(key, &self.known);
                let line = self.page.line_of(name.span().start);
                self.note(key, line, &message, &next);
            }
        }
    }
}

/// A whole number that fits.
fn whole<N: TryFrom<i64>>(value: &DeValue) -> Option<N> {
    let number = value.as_integer()?;
    let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
    N::try_from(number).ok()
}

fn gpio_line(value: &DeValue) -> Option<Line> {
    match value.as_str() {
        Some("") => None,
        Some(name) => Some(Line::Name(name.to_owned())),
        None => whole(value).map(Line::Number),
    }
}

/// The key of a control in `[panel.bindings]`: its own word, for as long as the program runs.
fn control_key(control: Control) -> &'static str {
    match control {
        Control::Pedal => "pedal",
        Control::Next => "next",
        Control::Back => "back",
        Control::Hold => "hold",
        Control::Retake => "retake",
        Control::Accept => "accept",
        Control::Pause => "pause",
        Control::Digit(digit) => {
            const DIGITS: [&str; 10] = [
                "digit-0", "digit-1", "digit-2", "digit-3", "digit-4", "digit-5", "digit-6",
                "digit-7", "digit-8", "digit-9",
            ];
            DIGITS[usize::from(digit.min(9))]
        }
        Control::Enter => "enter",
        Control::Clear => "clear",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn every_controls_key_is_its_word() {
        for control in Control::ALL {
            assert_eq!(control_key(control), control.to_string());
            assert_eq!(Control::from_str(control_key(control)), Ok(control));
        }
    }
}
