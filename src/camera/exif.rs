//! When and how a picture was taken, as the camera wrote it into the file.

use crate::model::{ExifSettings, WallMs};
use exif::{DateTime, Exif, In, Reader, Tag, Value};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// EXIF stands at the beginning of JPEG and RAW alike; a RAW would otherwise be read into memory whole.
const HEAD: u64 = 256 * 1024;

/// What a picture says of itself.
#[derive(Debug, Default)]
pub struct Said {
    /// `DateTimeOriginal` with its fraction, as milliseconds since the epoch had it been UTC; `None` where there is none.
    pub taken_at: Option<WallMs>,
    /// How it was exposed.
    pub settings: ExifSettings,
}

/// Reads the file's EXIF; nothing is said by a file that has none.
pub fn read(path: &Path) -> Said {
    fields(path).map_or_else(Said::default, |exif| Said {
        taken_at: taken_at(&exif),
        settings: settings(&exif),
    })
}

fn fields(path: &Path) -> Option<Exif> {
    let mut head = Vec::new();
    File::open(path)
        .ok()?
        .take(HEAD)
        .read_to_end(&mut head)
        .ok()?;
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    reader
        .read_from_container(&mut BufReader::new(std::io::Cursor::new(head)))
        .or_else(|e| e.distill_partial_result(|_| {}))
        .ok()
}

fn taken_at(exif: &Exif) -> Option<WallMs> {
    let text = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().cloned(),
        _ => None,
    };
    let mut date = DateTime::from_ascii(&text(Tag::DateTimeOriginal)?).ok()?;
    if let Some(fraction) = text(Tag::SubSecTimeOriginal) {
        // A camera that fills the fraction with blanks has none.
        let _ = date.parse_subsec(&fraction);
    }
    Some(epoch_ms(&date))
}

fn settings(exif: &Exif) -> ExifSettings {
    // A lens without contacts leaves 0, or 0/0, where its aperture would be.
    let ratio = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(values) => values
            .first()
            .map(exif::Rational::to_f64)
            .filter(|v| v.is_finite() && *v > 0.0),
        _ => None,
    };
    ExifSettings {
        f_number: ratio(Tag::FNumber),
        exposure_s: ratio(Tag::ExposureTime),
        iso: exif
            .get_field(Tag::PhotographicSensitivity, In::PRIMARY)
            .and_then(|field| field.value.get_uint(0))
            .filter(|iso| *iso > 0),
    }
}

fn epoch_ms(date: &DateTime) -> WallMs {
    let days = days_from_epoch(date.year.into(), date.month.into(), date.day.into());
    let seconds = days * 86_400
        + i64::from(date.hour) * 3600
        + i64::from(date.minute) * 60
        + i64::from(date.second);
    WallMs(seconds * 1000 + i64::from(date.nanosecond.unwrap_or(0) / 1_000_000))
}

/// Days since 1970-01-01 in the Gregorian calendar; years count from March, so that the leap day is their last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    /// 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_calendars_do() {
        assert_eq!(days_from_epoch(1970, 1, 1), 0);
        assert_eq!(days_from_epoch(2000, 3, 1), 11_017);
        assert_eq!(days_from_epoch(2024, 2, 29), 19_782);
        assert_eq!(days_from_epoch(2026, 6, 15), 20_619);
    }
}
