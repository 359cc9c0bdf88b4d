//! Good neighbours: nobody at the venue is slower because of a transfer, and the line is not taken whole.

use super::quiet::Quiet;
use crate::clock;
use crate::model::Millis;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Held back longer than this at once, a limit that has just become looser would be noticed too late.
const LONGEST_PAUSE: Millis = Millis(1_000);

/// A time of day with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First minute of the local day, 0 to 1439.
    pub from: u16,
    /// The minute after its last; before `from` where it reaches over midnight.
    pub to: u16,
    /// Bytes a second; `None` for as fast as it goes.
    pub limit: Option<u64>,
}

/// How fast transfers may be at what time of the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Outside the windows, and while the time of day is not known; bytes a second, `None` for as fast as it goes.
    pub usual: Option<u64>,
    /// The first that holds counts.
    pub windows: Vec<Window>,
}

impl Limits {
    /// The limit at a minute of the local day; `None` for a clock that nobody trusts.
    fn at(&self, minute: Option<u16>) -> Option<u64> {
        let holds = |w: &&Window| {
            minute.is_some_and(|m| match w.from <= w.to {
                true => (w.from..w.to).contains(&m),
                false => m >= w.from || m < w.to,
            })
        };
        let window = self.windows.iter().find(holds);
        window.map_or(self.usual, |w| w.limit)
    }
}

/// Which moment the line is free again.
#[derive(Debug, Default)]
struct Line {
    free_at_us: u64,
}

impl Line {
    /// Takes the line for some bytes; how long to wait before they may go, µs.
    fn take(&mut self, now_us: u64, bytes: u64, limit: u64) -> u64 {
        let begins = self.free_at_us.max(now_us);
        let lasts = bytes.saturating_mul(1_000_000) / limit.max(1);
        self.free_at_us = begins.saturating_add(lasts);
        begins - now_us
    }
}

/// Holds every transfer of the station, whatever its destination.
#[derive(Debug)]
pub struct Brake {
    quiet: Quiet,
    limits: Limits,
    line: Mutex<Line>,
}

impl Brake {
    /// Lets transfers go on only when it is `quiet`, and no faster than the limits.
    pub fn new(quiet: Quiet, limits: Limits) -> Self {
        Self {
            quiet,
            limits,
            line: Mutex::default(),
        }
    }

    /// Whether the venue lets nothing through at this moment.
    pub(super) fn holds(&self) -> bool {
        self.quiet.holds()
    }

    /// Waits until the venue lets anything through.
    pub(super) async fn quiet(&self) {
        self.quiet.wait().await;
    }

    /// Waits until some bytes may pass.
    pub(super) async fn pass(&self, bytes: usize) {
        self.quiet.wait().await;
        let minute = match self.limits.windows.is_empty() {
            true => None,
            false => clock::local_minute(),
        };
        let Some(limit) = self.limits.at(minute) else {
            return;
        };
        let wait = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            line.take(clock::boot_time_us(), bytes as u64, limit)
        };
        let mut left = Duration::from_micros(wait);
        while !left.is_zero() {
            let pause = left.min(Duration::from_millis(LONGEST_PAUSE.0));
            tokio::time::sleep(pause).await;
            left -= pause;
        }
        self.quiet.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_spreads_bytes_over_time() {
        let mut line = Line::default();
        assert_eq!(line.take(1_000_000, 50_000, 100_000), 0);
        assert_eq!(line.take(1_000_000, 50_000, 100_000), 500_000);
        assert_eq!(line.take(1_200_000, 50_000, 100_000), 800_000);
        // What was not used while nothing was sent is gone: no burst after a pause.
        assert_eq!(line.take(9_000_000, 50_000, 100_000), 0);
        assert_eq!(line.take(9_000_000, 1, 100_000), 500_000);
    }

    #[test]
    fn the_time_of_day_chooses_the_limit() {
        let window = |from, to, limit| Window { from, to, limit };
        let limits = Limits {
            usual: Some(7),
            windows: vec![window(450, 1080, Some(200)), window(1080, 450, None)],
        };
        assert_eq!(limits.at(Some(450)), Some(200));
        assert_eq!(limits.at(Some(1079)), Some(200));
        assert_eq!(limits.at(Some(1080)), None);
        assert_eq!(limits.at(Some(0)), None);
        assert_eq!(limits.at(None), Some(7));
        assert_eq!(Limits::default().at(Some(600)), None);
    }
}
