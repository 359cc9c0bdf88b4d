//! A moment as XMP writes it: `2026-06-01T08:30:00.123Z`, always UTC, with milliseconds.

use crate::model::WallMs;

const DAY_MS: i64 = 86_400_000;

/// The moment in ISO 8601, UTC.
pub(super) fn iso(at: WallMs) -> String {
    let (days, ms) = (at.0.div_euclid(DAY_MS), at.0.rem_euclid(DAY_MS));
    let (year, month, day) = date(days);
    let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
    let (second, milli) = (ms / 1000 % 60, ms % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The moment of a text that [`iso`] wrote; years 0 to 9999.
pub(super) fn from_iso(text: &str) -> Option<WallMs> {
    if !text.is_ascii() || text.len() != 24 || !text.ends_with('Z') {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let minutes = number(11, 13)? * 60 + number(14, 16)?;
    let ms = minutes * 60_000 + number(17, 19)? * 1000 + number(20, 23)?;
    let at = WallMs(days * DAY_MS + ms);
    (iso(at) == text).then_some(at)
}

/// The Gregorian date that many days after 1970-01-01. Years are counted from March, so that the leap day
/// is the last of its year, and in cycles of 400 years, which all have 146,097 days.
fn date(days: i64) -> (i64, i64, i64) {
    let since_march_0 = days + 719_468;
    let cycle = since_march_0.div_euclid(146_097);
    let day = since_march_0.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March have 153 days, and so have the next five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + cycle * 400 + next, month, day)
}

/// The inverse of [`date`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + day - 1;
    cycle * 146_097 + 365 * year + year / 4 - year / 100 + day - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
        ] {
            assert_eq!(iso(WallMs(ms)), text);
            assert_eq!(from_iso(text), Some(WallMs(ms)));
        }
    }

    #[test]
    fn every_day_of_five_centuries_comes_back() {
        for day in -73_000..109_500 {
            let (y, m, d) = date(day);
            assert_eq!(days(y, m, d), day);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-02-30T00:00:00.000Z",
            "2026-01-01T00:00:00Z",
            "+026-01-01T00:00:00.000Z",
            "2026-01-01T25:00:00.000Z",
        ] {
            assert_eq!(from_iso(text), None, "{text}");
        }
    }
}
