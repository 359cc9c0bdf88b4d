//! What is taken out of the text that leaves the station: whoever reads it shall learn how the station is, and of no person.

use std::collections::BTreeSet;
use toml::{Table, Value};

/// Stands where a word of a person was.
const PERSON: &str = "[person]";
/// Stands where a number was that may be somebody's telephone or document.
const NUMBER: &str = "[number]";
/// Stands where a setting's value was that is nobody else's business.
const SECRET: &str = "[withheld]";

/// A word this short in ASCII is only taken out where it stands alone: student number 7 must not take every 7 along.
const SHORT: usize = 6;

/// Parts of keys whose values are secrets.
const SECRET_KEYS: [&str; 8] = [
    "secret",
    "password",
    "passphrase",
    "token",
    "credential",
    "access-key",
    "api-key",
    "private",
];

/// Camera settings in which photographers write who they are.
const PERSONAL_KEYS: [&str; 5] = ["artist", "author", "copyright", "owner", "comment"];

/// Whether a setting of that name may say who the photographer is, or be a secret.
pub fn is_withheld(key: &str) -> bool {
    let key = key.to_lowercase().replace('_', "-");
    let mut parts = SECRET_KEYS.iter().chain(&PERSONAL_KEYS);
    parts.any(|part| key.contains(part))
}

/// Takes the words of persons out of text.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Longest first, so that no word hides within a longer one.
    words: Vec<String>,
}

impl Redactor {
    /// With the words that are known to be of persons, in whatever order.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut all = BTreeSet::new();
        for word in words.into_iter().filter(|w| !w.trim().is_empty()) {
            let percent = percent_encoded(&word);
            all.insert(percent.to_lowercase());
            all.insert(percent);
            // As a Debug form or JSON writes it.
            all.insert(word.escape_debug().to_string());
            all.insert(word.escape_default().to_string());
            all.insert(word.escape_unicode().to_string());
            all.insert(word);
        }
        let mut words: Vec<String> = all.into_iter().collect();
        words.sort_by_key(|w| std::cmp::Reverse(w.len()));
        Self { words }
    }

    /// The text without them, without what a frame's folder says of its owner, and without numbers and addresses that may be
    /// somebody's.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for word in &self.words {
            text = without_word(&text, word);
        }
        without_numbers(&without_addresses(&without_folders(&text)))
    }

    /// The same in every text of a JSON value; numbers of JSON are measures and stay.
    pub fn clean_json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.clean(text),
            serde_json::Value::Array(all) => all.iter_mut().for_each(|v| self.clean_json(v)),
            serde_json::Value::Object(all) => all.values_mut().for_each(|v| self.clean_json(v)),
            _ => {}
        }
    }
}

fn percent_encoded(word: &str) -> String {
    word.bytes()
        .map(
            |b| match b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
                true => char::from(b).to_string(),
                false => format!("%{b:02X}"),
            },
        )
        .collect()
}

/// Replaces a word; a short one in ASCII only where no letter or digit touches it.
fn without_word(text: &str, word: &str) -> String {
    if !text.contains(word) {
        return text.to_owned();
    }
    let alone = word.is_ascii() && word.len() < SHORT;
    let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let left = before
            .chars()
            .next_back()
            .or_else(|| out.chars().next_back());
        out.push_str(before);
        match alone && (touches(left) || touches(after.chars().next())) {
            true => out.push_str(word),
            false => out.push_str(PERSON),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `0012_20210001` in a path becomes `0012_[person]`, also where the database no longer knows whose it was.
fn without_folders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, part) in text.split('/').enumerate() {
        if n > 0 {
            out.push('/');
        }
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let rest = &part[digits..];
        let owner = rest.strip_prefix('_').filter(|_| digits >= 4);
        match owner {
            Some(owner) => {
                let end = owner.find([' ', '"', '\'', ',', ';', '\n', '\t', ')']);
                let after = end.map_or("", |end| &owner[end..]);
                let whose = &owner[..owner.len() - after.len()];
                let known = if whose == "unbound" { whose } else { PERSON };
                out.push_str(&format!("{}_{known}{after}", &part[..digits]));
            }
            None => out.push_str(part),
        }
    }
    out
}

/// Telephone and document numbers by their form: eleven digits of a Chinese mobile number, together or in groups, and the
/// fifteen or eighteen of an identity card. Only where no letter or digit touches them: hashes and ids stay whole.
fn without_numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let touched = at > 0 && chars[at - 1].is_alphanumeric();
        match number_at(&chars[at..]).filter(|_| !touched) {
            Some(length) => {
                out.push_str(NUMBER);
                at += length;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

/// How many characters of a personal number stand here.
fn number_at(chars: &[char]) -> Option<usize> {
    let run = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    let ends = |at: usize| !chars.get(at).is_some_and(|c| c.is_alphanumeric());
    let mobile = chars.first() == Some(&'1') && matches!(chars.get(1), Some('3'..='9'));
    match run {
        11 if mobile && ends(11) => Some(11),
        15 | 18 if ends(run) => Some(run),
        17 if matches!(chars.get(17), Some('X' | 'x')) && ends(18) => Some(18),
        3 if mobile && grouped(chars) && ends(13) => Some(13),
        _ => None,
    }
}

/// `138-1234-5678` or `138 1234 5678`.
fn grouped(chars: &[char]) -> bool {
    let gap = |at: usize| matches!(chars.get(at), Some('-' | ' '));
    let digits = |from: usize| {
        chars
            .get(from..from + 4)
            .is_some_and(|d| d.iter().all(char::is_ascii_digit))
    };
    gap(3) && digits(4) && gap(8) && digits(9)
}

fn without_addresses(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('@') {
        let name = rest[..at].chars().rev().take_while(|c| plain(*c)).count();
        let host: String = rest[at + 1..].chars().take_while(|c| plain(*c)).collect();
        if name > 0 && host.trim_end_matches('.').contains('.') {
            out.push_str(&rest[..at - name]);
            out.push_str(NUMBER);
        } else {
            out.push_str(&rest[..=at]);
            out.push_str(&host);
        }
        rest = &rest[at + 1 + host.len()..];
    }
    out.push_str(rest);
    out
}

/// A config without its comments, its secrets, and what camera settings say of the photographer.
///
/// # Errors
/// The parser's words, where it is no TOML: then nothing of it is to leave.
pub fn redacted_config(text: &str) -> Result<String, String> {
    let mut table: Table = text
        .parse()
        .map_err(|e: toml::de::Error| e.message().to_owned())?;
    withhold(&mut table);
    Ok(table.to_string())
}

/// What such settings of a config say: words to be taken out wherever else they stand. None where it is no TOML.
pub fn withheld_values(text: &str) -> Vec<String> {
    fn gather(key: &str, value: &Value, values: &mut Vec<String>) {
        match value {
            Value::Table(inner) => inner.iter().for_each(|(k, v)| gather(k, v, values)),
            Value::Array(all) => all.iter().for_each(|v| gather(key, v, values)),
            Value::String(text) if is_withheld(key) => values.push(text.clone()),
            _ => {}
        }
    }
    let mut values = Vec::new();
    if let Ok(table) = text.parse::<Table>() {
        gather("", &Value::Table(table), &mut values);
    }
    values
}

fn withhold(table: &mut Table) {
    for (key, value) in table.iter_mut() {
        let personal = is_withheld(key);
        match value {
            Value::Table(inner) => withhold(inner),
            Value::Array(all) => {
                for inner in all.iter_mut().filter_map(Value::as_table_mut) {
                    withhold(inner);
                }
            }
            _ if personal => *value = Value::String(SECRET.to_owned()),
            // Whoever writes a name and a password into an address.
            Value::String(text) if text.contains("://") && text.contains('@') => {
                *value = Value::String(SECRET.to_owned());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(words: &[&str], text: &str) -> String {
        Redactor::new(words.iter().map(|w| (*w).to_owned())).clean(text)
    }

    #[test]
    fn known_words_go_in_every_form_that_text_has() {
        let words = ["20210001", "王小明", "Ann O'Neill", "12"];
        for (text, left) in [
            ("student 20210001 came", "student [person] came"),
            ("王小明拍了", "[person]拍了"),
            ("GET /x/%E7%8E%8B%E5%B0%8F%E6%98%8E", "GET /x/[person]"),
            ("GET /x/%e7%8e%8b%e5%b0%8f%e6%98%8e", "GET /x/[person]"),
            (r"name=\u{738b}\u{5c0f}\u{660e}", "name=[person]"),
            ("by Ann O'Neill.", "by [person]."),
            // A short number goes only where it stands alone.
            (
                "serial=12 of 312, k7qa-000012",
                "serial=[person] of 312, k7qa-000012",
            ),
        ] {
            assert_eq!(clean(&words, text), left, "{text}");
        }
    }

    #[test]
    fn folders_say_whose_they_are_and_no_longer_do() {
        for (text, left) in [
            (
                "photos/k7qa-s3/0012_2021X/k7qa-000123.JPG",
                "photos/k7qa-s3/0012_[person]/k7qa-000123.JPG",
            ),
            (
                "at k7qa-s3/0012_2021X, gone",
                "at k7qa-s3/0012_[person], gone",
            ),
            ("k7qa-s3/0013_unbound/a.JPG", "k7qa-s3/0013_unbound/a.JPG"),
            ("100_NIKON/DSC_0001.JPG", "100_NIKON/DSC_0001.JPG"),
        ] {
            assert_eq!(clean(&[], text), left, "{text}");
        }
    }

    #[test]
    fn numbers_and_addresses_go_by_their_form_and_hashes_stay() {
        for (text, left) in [
            ("call 13812345678!", "call [number]!"),
            (
                "call 138-1234-5678 or 138 1234 5678",
                "call [number] or [number]",
            ),
            (
                "id 11010519491231002X, 110105194912310021",
                "id [number], [number]",
            ),
            ("old id 110105491231002", "old id [number]"),
            ("mail li.lei@example.edu.cn now", "mail [number] now"),
            (
                "a13812345678b 1767225600123 98f905f1a59c21c13812345678",
                "a13812345678b 1767225600123 98f905f1a59c21c13812345678",
            ),
            ("user@host", "user@host"),
            ("21012345678 bytes", "21012345678 bytes"),
        ] {
            assert_eq!(clean(&[], text), left, "{text}");
        }
    }

    #[test]
    fn a_config_keeps_its_settings_and_loses_its_secrets() {
        let text = "# call Li Lei\n[station]\nsettle-ms = 700\n[camera.profile.settings]\nartist = \"Li Lei\"\niso = \"200\"\n\
            [[destination]]\nname = \"agency\"\nsecret-key = \"abc\"\nurl = \"https://u:p@host/x\"\ntoken_file = \"/etc/t\"\n";
        let left = redacted_config(text).unwrap();
        for gone in ["Li Lei", "abc", "u:p", "/etc/t"] {
            assert!(!left.contains(gone), "{gone} is still in\n{left}");
        }
        for kept in [
            "settle-ms = 700",
            "iso = \"200\"",
            "name = \"agency\"",
            SECRET,
        ] {
            assert!(left.contains(kept), "{kept} is missing in\n{left}");
        }
        assert!(redacted_config("[station").is_err());
        let mut words = withheld_values(text);
        words.sort();
        assert_eq!(words, ["/etc/t", "Li Lei", "abc"]);
    }
}
