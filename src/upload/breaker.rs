//! When a destination as a whole is not worth a try. Pure.

use super::pace::Pace;
use crate::model::Millis;

/// It is left alone after this many failures in a row.
const TRIP: u32 = 3;

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Whatever is due.
    All,
    /// One file, to see whether it is back.
    One,
    /// Nothing before this, by the boot-time clock.
    Nothing(Millis),
}

/// A circuit breaker: closed while things go well, open after failures in a row, half open for one file after a pause that
/// grows.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    failures: u32,
    open_until: Option<Millis>,
    opened_at: Millis,
}

impl Breaker {
    pub(super) fn allowed(&self, now: Millis) -> Allowed {
        match self.open_until {
            None => Allowed::All,
            Some(until) if now >= until => Allowed::One,
            Some(until) => Allowed::Nothing(until),
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The destination as a whole failed. `longest` ends the pause's growth earlier than the pace does, where looking costs
    /// nothing; `draw` is random, from 0 to 1.
    pub(super) fn failed(&mut self, now: Millis, pace: &Pace, longest: Option<Millis>, draw: f64) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= TRIP {
            let pause = pace.backoff(self.failures - TRIP + 1, draw);
            let pause = longest.map_or(pause, |longest| pause.min(longest));
            self.open_until = Some(now + pause);
            self.opened_at = now;
        }
    }

    /// Somebody asks for a try, or something new is to be sent: the pause ends, if it lasted `least` already.
    pub(super) fn nudge(&mut self, now: Millis, least: Millis) {
        if self.open_until.is_some() && now.since(self.opened_at) >= least {
            self.open_until = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        backoff_first: Millis(100),
        backoff_max: Millis(1_000),
        parallel: 2,
        patience: Millis(1),
    };

    fn open() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..TRIP {
            assert_eq!(breaker.allowed(Millis(0)), Allowed::All);
            breaker.failed(Millis(0), &PACE, None, 1.0);
        }
        breaker
    }

    #[test]
    fn it_opens_lets_one_through_and_closes() {
        let mut breaker = open();
        assert_eq!(breaker.allowed(Millis(99)), Allowed::Nothing(Millis(100)));
        assert_eq!(breaker.allowed(Millis(100)), Allowed::One);
        breaker.failed(Millis(100), &PACE, None, 1.0);
        assert_eq!(breaker.allowed(Millis(100)), Allowed::Nothing(Millis(300)));
        breaker.succeeded();
        assert_eq!(breaker.allowed(Millis(101)), Allowed::All);
    }

    #[test]
    fn where_looking_is_free_the_pause_stays_short() {
        let mut breaker = open();
        for _ in 0..10 {
            breaker.failed(Millis(0), &PACE, Some(Millis(250)), 1.0);
        }
        assert_eq!(breaker.allowed(Millis(0)), Allowed::Nothing(Millis(250)));
    }

    #[test]
    fn a_nudge_ends_the_pause_but_not_at_once() {
        let mut breaker = open();
        breaker.nudge(Millis(20), Millis(50));
        assert_eq!(breaker.allowed(Millis(20)), Allowed::Nothing(Millis(100)));
        breaker.nudge(Millis(60), Millis(50));
        assert_eq!(breaker.allowed(Millis(60)), Allowed::One);
        let mut closed = Breaker::default();
        closed.nudge(Millis(60), Millis(0));
        assert_eq!(closed.allowed(Millis(60)), Allowed::All);
    }
}
