//! Rhythms as levels at a moment. Pure.

use crate::model::{Lamps, Millis, OutputName, Pattern};
use crate::panel::Digits;

/// What is to be seen and heard.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The lamps' rhythms.
    pub lamps: Lamps,
    /// Since when.
    pub since: Millis,
    /// The last sound and its start.
    pub sound: Option<(Pattern, Millis)>,
    /// The display.
    pub digits: Digits,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            lamps: Lamps {
                red: Pattern::OFF,
                amber: Pattern::OFF,
                green: Pattern::OFF,
            },
            since: Millis(0),
            sound: None,
            digits: Digits::Blank,
        }
    }
}

impl Wanted {
    /// Whether an output is lit or sounds at `now`.
    pub fn is_on(&self, name: OutputName, now: Millis) -> bool {
        let lit = |pattern: Pattern| pattern.is_on(now.since(self.since));
        match name {
            OutputName::Red => lit(self.lamps.red),
            OutputName::Amber => lit(self.lamps.amber),
            OutputName::Green => lit(self.lamps.green),
            // Red and green together are amber; no signal lights green beside another lamp.
            OutputName::RgbRed => lit(self.lamps.red) || lit(self.lamps.amber),
            OutputName::RgbGreen => lit(self.lamps.green) || lit(self.lamps.amber),
            OutputName::RgbBlue => false,
            OutputName::Buzzer => self
                .sound
                .is_some_and(|(pattern, since)| pattern.is_on(now.since(since))),
        }
    }

    /// When anything next changes after `now`; `None` if it stays as it is.
    pub fn next_change(&self, now: Millis) -> Option<Millis> {
        let lamps = [self.lamps.red, self.lamps.amber, self.lamps.green];
        let lamps = lamps.into_iter().map(|pattern| (pattern, self.since));
        lamps
            .chain(self.sound)
            .filter_map(|(pattern, since)| Some(since + pattern.next_change(now.since(since))?))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Beat;

    const BLINK: Pattern = Pattern {
        beats: &[Beat { on: true, ms: 100 }, Beat { on: false, ms: 300 }],
        repeats: true,
    };
    const BEEP: Pattern = Pattern {
        beats: &[Beat { on: true, ms: 50 }],
        repeats: false,
    };

    fn wanted() -> Wanted {
        let mut wanted = Wanted {
            since: Millis(1000),
            sound: Some((BEEP, Millis(1020))),
            ..Wanted::default()
        };
        wanted.lamps.amber = BLINK;
        wanted
    }

    #[test]
    fn a_rhythm_is_counted_from_its_start() {
        let on = |name, at| wanted().is_on(name, Millis(at));
        assert!(on(OutputName::Amber, 1000) && on(OutputName::Amber, 1499));
        assert!(!on(OutputName::Amber, 1100));
        assert!(!on(OutputName::Red, 1000));
        assert!(on(OutputName::Buzzer, 1069) && !on(OutputName::Buzzer, 1070));
    }

    #[test]
    fn every_change_is_waited_for() {
        let next = |at| wanted().next_change(Millis(at));
        assert_eq!(next(1030), Some(Millis(1070)), "the beep ends");
        assert_eq!(next(1070), Some(Millis(1100)));
        assert_eq!(next(1100), Some(Millis(1400)));
        let steady = Wanted::default();
        assert_eq!(steady.next_change(Millis(5)), None);
    }

    #[test]
    fn amber_is_red_and_green_of_one_lamp() {
        let on = |name| wanted().is_on(name, Millis(1000));
        assert!(on(OutputName::RgbRed) && on(OutputName::RgbGreen));
        assert!(!on(OutputName::RgbBlue));
    }
}
