//! One contact: what its bouncing edges mean. Pure: moments come in, changes go out.

use super::bounce::{BounceStats, Train};
use crate::model::{Level, Millis};

/// A contact shorter than this is no press, in µs. Flash units and relays induce spikes of some ten µs into a pedal's cable;
/// the shortest closure of a foot switch that means it lasts milliseconds, however much it bounces before. This is all
/// that the shutter waits: whoever looks a moment after the edge sees whether the contact still holds.
pub const GLITCH_US: u64 = 300;

/// After the lines are opened a contact counts only once it was open for this long, in µs: pull-ups charge long cables, and a
/// foot may rest on the pedal while the station starts.
pub const SETTLE_US: u64 = 100_000;

/// How patient a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Contacts may bounce for this long.
    pub debounce: Millis,
    /// Held for this long it is stuck.
    pub stuck: Millis,
}

/// What became of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It closed.
    Pressed {
        /// The edge of the contact that held, µs.
        at_us: u64,
    },
    /// It opened.
    Released {
        /// The last edge before it stayed open, µs.
        at_us: u64,
    },
    /// It is held for too long (`true`), or was let go after that.
    Stuck(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Pressed or unsettled since the lines were opened: no press of anybody's.
    Starting { since: u64 },
    /// Let go.
    Up,
    /// Pressed, and told so.
    Down { since: u64 },
    /// Held for too long, and told so.
    Stuck,
}

/// One contact.
#[derive(Debug)]
pub struct Contact {
    debounce_us: u64,
    stuck_us: u64,
    state: State,
    raw: Level,
    /// Since when `raw` has held without any edge.
    raw_since: u64,
    train: Train,
    stats: BounceStats,
    /// Short contacts just now, and the longest: glitches, unless a press follows at once and they were its bounce.
    short: (u64, u64),
}

impl Contact {
    /// A contact whose line says `raw` as it is opened.
    pub fn new(timing: Timing, raw: Level, now_us: u64) -> Self {
        Self {
            debounce_us: timing.debounce.0 * 1000,
            stuck_us: timing.stuck.0 * 1000,
            state: State::Starting { since: now_us },
            raw,
            raw_since: now_us,
            train: Train::default(),
            stats: BounceStats::default(),
            short: (0, 0),
        }
    }

    /// What the line said last.
    pub fn raw(&self) -> Level {
        self.raw
    }

    /// What the contact did so far.
    pub fn stats(&self) -> BounceStats {
        let (glitches, longest) = self.short;
        BounceStats {
            glitches: self.stats.glitches + glitches,
            longest_glitch_us: self.stats.longest_glitch_us.max(longest),
            ..self.stats
        }
    }

    /// The kernel dropped edges.
    pub fn lost(&mut self, edges: u64) {
        self.stats.lost += edges;
    }

    /// The line changed, or was found changed; a level that repeats says that an edge between was missed.
    pub fn edge(&mut self, level: Level, at_us: u64) -> Vec<Change> {
        // Readings and edges are stamped in different places; time never runs backwards here.
        let at_us = at_us.max(self.raw_since);
        let told = self.pass(at_us);
        let held = at_us - self.raw_since;
        match (self.state, self.raw, level) {
            (State::Up, Level::Pressed, Level::Released) => {
                self.short = (self.short.0 + 1, self.short.1.max(held));
            }
            (State::Up, Level::Released, Level::Pressed) if held >= self.debounce_us => {
                self.stats = self.stats();
                self.short = (0, 0);
            }
            _ => {}
        }
        self.train.edge(at_us, self.debounce_us, &mut self.stats);
        self.raw = level;
        self.raw_since = at_us;
        told
    }

    /// No edge came until `now_us`.
    pub fn pass(&mut self, now_us: u64) -> Vec<Change> {
        let mut told = Vec::new();
        while self.wake_at().is_some_and(|due| due <= now_us) {
            told.extend(self.step());
        }
        told
    }

    /// When the present level has held for long enough to mean something; `None` if it never will.
    pub fn wake_at(&self) -> Option<u64> {
        let held = |span: u64| Some(self.raw_since + span);
        match (self.state, self.raw) {
            (State::Starting { .. }, Level::Released) => held(self.debounce_us.max(SETTLE_US)),
            (State::Starting { since } | State::Down { since }, Level::Pressed) => {
                Some(since + self.stuck_us)
            }
            (State::Up, Level::Pressed) => held(GLITCH_US),
            (State::Down { .. } | State::Stuck, Level::Released) => held(self.debounce_us),
            (State::Up, Level::Released) | (State::Stuck, Level::Pressed) => None,
        }
    }

    /// Whether `pass(now_us)` would tell a press.
    pub fn about_to_press(&self, now_us: u64) -> bool {
        self.state == State::Up
            && self.raw == Level::Pressed
            && self.wake_at().is_some_and(|due| due <= now_us)
    }

    /// What the level means that has held until it was due.
    fn step(&mut self) -> Option<Change> {
        let at_us = self.raw_since;
        match (self.state, self.raw) {
            (State::Starting { .. }, Level::Released) => {
                self.state = State::Up;
                None
            }
            (State::Starting { .. } | State::Down { .. }, Level::Pressed) => {
                self.state = State::Stuck;
                Some(Change::Stuck(true))
            }
            (State::Up, Level::Pressed) => {
                self.state = State::Down { since: at_us };
                self.stats.presses += 1;
                self.short = (0, 0);
                Some(Change::Pressed { at_us })
            }
            (State::Down { .. }, Level::Released) => {
                self.state = State::Up;
                Some(Change::Released { at_us })
            }
            (State::Stuck, Level::Released) => {
                self.state = State::Up;
                Some(Change::Stuck(false))
            }
            (State::Up, Level::Released) | (State::Stuck, Level::Pressed) => None,
        }
    }

    /// Nobody reads the line any more.
    pub fn let_go(&mut self, now_us: u64) -> Option<Change> {
        let was = std::mem::replace(&mut self.state, State::Starting { since: now_us });
        match was {
            State::Down { .. } => Some(Change::Released { at_us: now_us }),
            State::Stuck => Some(Change::Stuck(false)),
            State::Up | State::Starting { .. } => None,
        }
    }
}
