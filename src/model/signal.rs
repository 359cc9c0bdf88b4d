//! What lamps and buzzer do: rhythms as data, evaluated by whoever drives the pins.

use super::Millis;
use serde::{Deserialize, Serialize};

/// One stretch of a rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Beat {
    /// Lit, or sounding.
    pub on: bool,
    /// For how long.
    pub ms: u16,
}

/// A rhythm: beats one after another, then again from the start if it repeats, else off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The beats; a repeating pattern has at least one of more than 0 ms.
    pub beats: &'static [Beat],
    /// Whether it starts over.
    pub repeats: bool,
}

impl Pattern {
    /// Never on.
    pub const OFF: Pattern = Pattern {
        beats: &[Beat {
            on: false,
            ms: 1000,
        }],
        repeats: true,
    };
    /// Always on.
    pub const ON: Pattern = Pattern {
        beats: &[Beat { on: true, ms: 1000 }],
        repeats: true,
    };

    /// One round of it.
    pub fn length(&self) -> Millis {
        Millis(self.beats.iter().map(|b| u64::from(b.ms)).sum())
    }

    /// Whether it is on, `elapsed` after its start.
    pub fn is_on(&self, elapsed: Millis) -> bool {
        let length = self.length().0;
        if length == 0 || (!self.repeats && elapsed.0 >= length) {
            return false;
        }
        let mut left = elapsed.0 % length;
        for beat in self.beats {
            if left < u64::from(beat.ms) {
                return beat.on;
            }
            left -= u64::from(beat.ms);
        }
        false
    }

    /// When it next changes, counted from its start, after `elapsed`; `None` if it never does again.
    pub fn next_change(&self, elapsed: Millis) -> Option<Millis> {
        let length = self.length().0;
        if length == 0 || (!self.repeats && elapsed.0 >= length) {
            return None;
        }
        let now = self.is_on(elapsed);
        let mut at = elapsed.0 - elapsed.0 % length;
        // Two rounds are enough to meet every change of a repeating rhythm.
        for beat in self.beats.iter().chain(self.beats) {
            if at > elapsed.0 && self.is_on(Millis(at)) != now {
                return Some(Millis(at));
            }
            at += u64::from(beat.ms);
        }
        (!self.repeats && now).then_some(Millis(length))
    }

    /// The rhythm in one word, for `status`.
    pub fn state(&self) -> LampState {
        let on = self.beats.iter().filter(|b| b.ms > 0).any(|b| b.on);
        let off = self.beats.iter().filter(|b| b.ms > 0).any(|b| !b.on);
        match (on, off && self.repeats) {
            (false, _) => LampState::Off,
            (true, false) if self.repeats => LampState::On,
            (true, _) => LampState::Blink,
        }
    }
}

/// A lamp in one word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LampState {
    /// Dark.
    #[default]
    Off,
    /// Steady.
    On,
    /// In a rhythm.
    Blink,
}

/// The three lamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lamps {
    /// Stop: shoot again, or call the technician.
    pub red: Pattern,
    /// Wait, or look.
    pub amber: Pattern,
    /// Good.
    pub green: Pattern,
}

/// A sound of the buzzer, by what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tune {
    /// The frame is good.
    Pass,
    /// Good, with a remark.
    Warn,
    /// Shoot again.
    Reject,
    /// The equipment spoiled the frame: look at it, then shoot again.
    Equipment,
    /// The next serial is up. Unlike everything else.
    MovedOn,
    /// The press did nothing.
    Refused,
    /// A pause began or ended.
    Paused,
    /// A fault was raised.
    Fault,
    /// Something a human must look at: too many shots, `advance?`, a late reject, an unfinished serial.
    Alarm,
    /// A held or called serial was taken up, or a correction was made.
    Acknowledge,
}

impl Tune {
    /// Every sound there is.
    pub const ALL: [Tune; 10] = [
        Tune::Pass,
        Tune::Warn,
        Tune::Reject,
        Tune::Equipment,
        Tune::MovedOn,
        Tune::Refused,
        Tune::Paused,
        Tune::Fault,
        Tune::Alarm,
        Tune::Acknowledge,
    ];

    /// The word on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Tune::Pass => "pass",
            Tune::Warn => "warn",
            Tune::Reject => "reject",
            Tune::Equipment => "equipment",
            Tune::MovedOn => "moved-on",
            Tune::Refused => "refused",
            Tune::Paused => "paused",
            Tune::Fault => "fault",
            Tune::Alarm => "alarm",
            Tune::Acknowledge => "acknowledge",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLINK: Pattern = Pattern {
        beats: &[Beat { on: true, ms: 100 }, Beat { on: false, ms: 200 }],
        repeats: true,
    };
    const BEEP: Pattern = Pattern {
        beats: &[Beat { on: true, ms: 100 }],
        repeats: false,
    };

    #[test]
    fn a_blink_is_on_and_off_and_on() {
        assert!(BLINK.is_on(Millis(0)));
        assert!(!BLINK.is_on(Millis(100)));
        assert!(BLINK.is_on(Millis(300)));
        assert_eq!(BLINK.next_change(Millis(0)), Some(Millis(100)));
        assert_eq!(BLINK.next_change(Millis(150)), Some(Millis(300)));
        assert_eq!(BLINK.state(), LampState::Blink);
    }

    #[test]
    fn a_beep_ends() {
        assert!(BEEP.is_on(Millis(99)));
        assert!(!BEEP.is_on(Millis(100)));
        assert_eq!(BEEP.next_change(Millis(20)), Some(Millis(100)));
        assert_eq!(BEEP.next_change(Millis(100)), None);
    }

    #[test]
    fn steady_patterns_never_change() {
        assert_eq!(Pattern::ON.next_change(Millis(7)), None);
        assert_eq!(Pattern::OFF.next_change(Millis(7)), None);
        assert_eq!(Pattern::ON.state(), LampState::On);
        assert_eq!(Pattern::OFF.state(), LampState::Off);
    }
}
