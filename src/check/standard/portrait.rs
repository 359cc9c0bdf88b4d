//! The table `[portrait]`: the picture that is delivered, and where the head lies in it.

use super::read::{Parser, Table, Value, number_of};
use crate::check::position::Bands;
use crate::model::Severity;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// The portrait that a standard asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortraitRules {
    /// Its size, and where the head lies.
    pub bands: Bands,
    /// What it leads to when no crop keeps the bands.
    pub severity: Severity,
    /// Dots per inch, written into the file; says nothing about the pixels.
    pub dpi: u16,
    /// Smallest and largest size of the file, in bytes, both allowed.
    pub file_bytes: [u32; 2],
    /// Lowest JPEG quality, 1 to 100 on the IJG scale.
    pub min_quality: u8,
    /// What comes of a picture that is too large at the lowest quality.
    pub too_large: OutsideSize,
    /// What comes of a picture that is too small at the highest quality.
    pub too_small: OutsideSize,
    /// What the file says about itself.
    pub metadata: Metadata,
}

/// What comes of a file outside the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsideSize {
    /// It is made, with a remark.
    Note,
    /// It is not made.
    Error,
}

/// What a portrait's file says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing: size, density and pixels only.
    None,
    /// The student's identity, as XMP.
    Identity,
}

const KEYS: [&str; 14] = [
    "width-px",
    "height-px",
    "crown-px",
    "eyes-px",
    "face-width-px",
    "head-height-px",
    "centre-tolerance-px",
    "severity",
    "dpi",
    "file-bytes",
    "min-quality",
    "too-large",
    "too-small",
    "metadata",
];

/// No delivered portrait is larger, and a crop this large is still decoded.
const MAX_SIDE_PX: u32 = 4_000;
const MAX_FILE_BYTES: u32 = 10_000_000;

/// The table, and where it stands.
struct Fields<'a, 't> {
    table: &'a Table<'t>,
    span: Range<usize>,
}

impl Parser<'_> {
    /// The portrait; `None` where there is no such table, or with a problem told for each thing wrong in it.
    pub(super) fn portrait(&mut self, table: &Table) -> Option<PortraitRules> {
        let value = table.get("portrait")?;
        let Some(fields) = value.get_ref().as_table() else {
            self.problem(value.span(), "portrait must be a table");
            return None;
        };
        self.unknown_keys(fields, &KEYS, "portrait.");
        let at = Fields {
            table: fields,
            span: value.span(),
        };
        // Each is read before any is missed, so that all problems are told at once.
        let bands = self.bands(&at);
        let severity = self.severity(fields, "portrait.", value.span());
        let dpi = self.whole(&at, "dpi", 1..=2_400);
        let file_bytes = self.band(&at, "file-bytes", MAX_FILE_BYTES);
        let min_quality = self.whole(&at, "min-quality", 1..=100);
        let too_large = self.word(&at, "too-large", &OUTSIDE);
        let too_small = self.word(&at, "too-small", &OUTSIDE);
        let metadata = match fields.get("metadata") {
            None => Some(Metadata::None),
            Some(_) => self.word(&at, "metadata", &METADATA),
        };
        Some(PortraitRules {
            bands: bands?,
            severity,
            dpi: u16::try_from(dpi?).ok()?,
            file_bytes: file_bytes?,
            min_quality: u8::try_from(min_quality?).ok()?,
            too_large: too_large?,
            too_small: too_small?,
            metadata: metadata?,
        })
    }

    fn bands(&mut self, at: &Fields) -> Option<Bands> {
        let width = self.whole(at, "width-px", 16..=MAX_SIDE_PX);
        let height = self.whole(at, "height-px", 16..=MAX_SIDE_PX);
        let (across, down) = (width.unwrap_or(MAX_SIDE_PX), height.unwrap_or(MAX_SIDE_PX));
        let crown = self.band(at, "crown-px", down);
        let eyes = self.band(at, "eyes-px", down);
        let face = self.band(at, "face-width-px", across);
        let head = match at.table.get("head-height-px") {
            None => Some(None),
            Some(_) => self.band(at, "head-height-px", down).map(Some),
        };
        let tolerance = self.whole(at, "centre-tolerance-px", 1..=across / 2);
        if let (Some(crown), Some(eyes)) = (crown, eyes)
            && eyes[1] <= crown[0]
        {
            let message =
                "portrait.eyes-px lies above portrait.crown-px; both count from the top edge";
            self.problem(at.of("eyes-px"), message);
        }
        Some(Bands {
            width_px: width?,
            height_px: height?,
            crown_px: crown?,
            eyes_px: eyes?,
            face_width_px: face?,
            head_height_px: head?,
            centre_tolerance_px: tolerance?,
        })
    }

    fn whole(&mut self, at: &Fields, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.present(at, key)?;
        let number = whole_of(value).filter(|n| range.contains(n));
        if number.is_none() {
            let (from, to) = range.into_inner();
            let message = format!("portrait.{key} must be a whole number from {from} to {to}");
            self.problem(value.span(), message);
        }
        number
    }

    /// Two whole numbers, the smaller first.
    fn band(&mut self, at: &Fields, key: &str, most: u32) -> Option<[u32; 2]> {
        let value = self.present(at, key)?;
        let ends: Option<Vec<u32>> =
            (value.get_ref().as_array()).and_then(|ends| ends.iter().map(whole_of).collect());
        let band = match ends.as_deref() {
            Some(&[low, high]) if low < high && high <= most => Some([low, high]),
            _ => None,
        };
        if band.is_none() {
            let message = format!(
                "portrait.{key} must be two whole numbers [least, most], rising and at most {most}"
            );
            self.problem(value.span(), message);
        }
        band
    }

    fn word<T: Copy>(&mut self, at: &Fields, key: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.present(at, key)?;
        let said = value.get_ref().as_str();
        let found = words.iter().find(|(word, _)| Some(*word) == said);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(w, _)| format!("\"{w}\"")).collect();
            let message = format!("portrait.{key} must be {}", known.join(" or "));
            self.problem(value.span(), message);
        }
        found.map(|(_, meaning)| *meaning)
    }

    fn present<'a, 't>(&mut self, at: &Fields<'a, 't>, key: &str) -> Option<&'a Value<'t>> {
        let value = at.table.get(key);
        if value.is_none() {
            self.problem(at.span.clone(), format!("portrait.{key} is missing"));
        }
        value
    }
}

impl Fields<'_, '_> {
    fn of(&self, key: &str) -> Range<usize> {
        let value = self.table.get(key);
        value.map_or_else(|| self.span.clone(), Spanned::span)
    }
}

const OUTSIDE: [(&str, OutsideSize); 2] =
    [("note", OutsideSize::Note), ("error", OutsideSize::Error)];

const METADATA: [(&str, Metadata); 2] =
    [("none", Metadata::None), ("identity", Metadata::Identity)];

fn whole_of(value: &Value) -> Option<u32> {
    let number = number_of(value)?;
    let whole = number as u32;
    (f64::from(whole) == number).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::super::Standard;
    use super::*;

    #[test]
    fn the_registration_standard_has_its_figures() {
        for name in ["cn-graduate-blue", "cn-graduate-white"] {
            let standard = Standard::builtin(name).unwrap();
            let rules = standard.portrait().unwrap();
            assert_eq!(rules.bands, Bands::REGISTRATION, "{name}");
            assert_eq!((rules.dpi, rules.min_quality), (300, 60));
            assert_eq!(rules.file_bytes, [20_480, 40_000]);
            assert_eq!(rules.metadata, Metadata::None);
        }
    }

    fn problems(from: &str, to: &str) -> Vec<String> {
        let text = include_str!("../../../config/standards/cn-graduate-blue.toml");
        assert!(text.contains(from), "{from}");
        let changed = text.replace(from, to);
        let told = |p: super::super::Problem| {
            let line = changed.lines().nth(p.line - 1).unwrap_or_default();
            format!("{} | {line}", p.message)
        };
        Standard::check(&changed).into_iter().map(told).collect()
    }

    #[test]
    fn each_mistake_is_told_at_its_line() {
        for (from, to, said) in [
            (
                "crown-px = [50, 110]",
                "crown-px = [110, 50]",
                "portrait.crown-px must be two",
            ),
            (
                "crown-px = [50, 110]",
                "crown-px = [50]",
                "portrait.crown-px must be two",
            ),
            (
                "eyes-px = [200, 300]",
                "eyes-px = [200, 641]",
                "at most 640 | eyes-px",
            ),
            (
                "eyes-px = [200, 300]",
                "eyes-px = [20, 50]",
                "lies above portrait.crown-px",
            ),
            (
                "width-px = 480",
                "width-px = 480.5",
                "from 16 to 4000 | width-px",
            ),
            (
                "width-px = 480",
                "width-px = -1",
                "from 16 to 4000 | width-px",
            ),
            ("dpi = 300", "dpi = 0", "portrait.dpi must be"),
            ("dpi = 300", "", "portrait.dpi is missing | [portrait]"),
            (
                "dpi = 300",
                "dpi = 300\ndip = 3",
                "unknown key portrait.dip",
            ),
            (
                "min-quality = 60",
                "min-quality = 101",
                "from 1 to 100 | min-quality",
            ),
            (
                "too-large = \"error\"",
                "too-large = \"ignore\"",
                "must be \"note\" or \"error\"",
            ),
            (
                "metadata = \"none\"",
                "metadata = \"all\"",
                "must be \"none\" or \"identity\"",
            ),
            (
                "centre-tolerance-px = 10",
                "centre-tolerance-px = 0",
                "from 1 to 240",
            ),
        ] {
            let all = problems(from, to);
            assert_eq!(all.len(), 1, "{from} -> {to}: {all:?}");
            assert!(all[0].contains(said), "{from} -> {to}: {all:?}");
        }
        assert!(problems("metadata = \"none\"", "").is_empty());
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let all = problems("-px = [", "-px = [x");
        assert!(!all.is_empty());
        let text = "[portrait]\nwidth-px = 1\neyes-px = 3\nmetadata = 1\n";
        let said: Vec<_> = Standard::check(text)
            .into_iter()
            .filter(|p| p.message.starts_with("portrait."))
            .map(|p| p.line)
            .collect();
        assert_eq!(said.iter().filter(|&&l| l > 1).count(), 3, "{said:?}");
    }
}
