//! Moments as people read them.

use crate::model::WallMs;

/// How long ago, in the largest fitting unit: a station without a time zone cannot show a venue's wall clock, and between
/// two students it is the minutes that count. `?` marks a clock that was not trusted.
pub fn ago(then: WallMs, now: WallMs, trusted: bool) -> String {
    let seconds = (now.0 - then.0) / 1000;
    let text = match seconds {
        ..0 => "in the future".to_owned(),
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h {} min ago", seconds / 3_600, seconds % 3_600 / 60),
        _ => utc(then),
    };
    if trusted { text } else { format!("{text} ?") }
}

/// A moment in UTC: `2026-06-20 09:12:33 UTC`.
pub fn utc(at: WallMs) -> String {
    let seconds = at.0.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// A moment in UTC with its milliseconds, as logs have it: `2026-06-20T09:12:33.123Z`.
pub fn iso(at: WallMs) -> String {
    let text = utc(at);
    let text = text.trim_end_matches(" UTC").replace(' ', "T");
    format!("{text}.{:03}Z", at.0.rem_euclid(1000))
}

/// Year, month and day of a day counted from 1970-01-01, by walking years and months: exact, and short enough to be seen through.
fn civil(mut days: i64) -> (i64, u32, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // The calendar repeats every 400 years of 146,097 days.
    let mut year = 1970 + 400 * days.div_euclid(146_097);
    days = days.rem_euclid(146_097);
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_knows_the_calendar() {
        let cases = [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (1_767_225_600_000, "2026-01-01 00:00:00 UTC"),
            (1_781_946_753_999, "2026-06-20 09:12:33 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ];
        for (ms, text) in cases {
            assert_eq!(utc(WallMs(ms)), text);
        }
    }

    #[test]
    fn recent_moments_are_told_by_their_age() {
        let now = WallMs(10_000_000);
        assert_eq!(ago(WallMs(9_958_000), now, true), "42 s ago");
        assert_eq!(ago(WallMs(9_000_000), now, false), "16 min ago ?");
        assert_eq!(ago(WallMs(0), now, true), "2 h 46 min ago");
    }
}
