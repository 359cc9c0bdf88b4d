//! Reads the lines and has them understood: waits for edges, drains them in order, and looks at the levels beside them.

use super::{BounceStats, Switches};
use crate::clock;
use crate::model::{InputName, Level};
use crate::panel::gpio::InputLines;
use crate::panel::{Options, PanelError, PanelEvent};
use std::time::Duration;

/// How often levels are read beside the edges, µs: it finds what an interrupt that went missing would have told.
const LOOK_US: u64 = 20_000;

/// How often levels are read where edges do not come (some expanders, emulated boards), µs. A press is told 1.3 ms late there.
const POLL_US: u64 = 1_000;

/// A level that changed is given this long for its edge to be told, before the edge counts as missing.
const GRACE: Duration = Duration::from_millis(2);

/// Edges read in one turn: a storm of interference must not keep a press from being told.
const MOST_EDGES: usize = 256;

/// What somebody who watches the switches is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// An edge of a line, before debouncing.
    Raw {
        /// Of which input.
        input: InputName,
        /// To what.
        level: Level,
        /// When, µs of the boot-time clock.
        at_us: u64,
    },
    /// What came of it.
    Told(PanelEvent),
}

/// The switches of a board, being read.
pub struct Inputs {
    lines: Box<dyn InputLines>,
    switches: Switches,
    high: Vec<bool>,
    next_look: u64,
    /// An edge came once, so interrupts work here.
    edges_come: bool,
    /// Edges do not come: levels are read instead.
    polls: bool,
}

impl Inputs {
    /// Read lines that are open.
    pub(in crate::panel) fn new(
        mut lines: Box<dyn InputLines>,
        options: &Options,
    ) -> Result<Self, PanelError> {
        let mut high = Vec::new();
        lines.levels(&mut high)?;
        let now = clock::boot_time_us();
        let inputs = &options.board.inputs;
        Ok(Self {
            switches: Switches::new(inputs, options.debounce, options.stuck, &high, now),
            polls: !lines.has_edges(),
            lines,
            high,
            next_look: now,
            edges_come: false,
        })
    }

    /// Wait for something to happen, but no longer than `longest`, and tell it.
    ///
    /// # Errors
    /// When the lines fail.
    pub fn turn(&mut self, longest: Duration, seen: &mut Vec<Seen>) -> Result<(), PanelError> {
        let now = clock::boot_time_us();
        let due = self.switches.wake_at().unwrap_or(u64::MAX);
        let wait = due.min(self.next_look).saturating_sub(now);
        self.read_edges(Duration::from_micros(wait).min(longest), seen)?;
        let now = clock::boot_time_us();
        if now >= self.next_look {
            self.look(seen)?;
        } else if self.switches.wants_reading(now) {
            self.read_levels(seen)?;
        }
        let mut events = Vec::new();
        self.switches.pass(clock::boot_time_us(), &mut events);
        seen.extend(events.into_iter().map(Seen::Told));
        Ok(())
    }

    /// Nobody will read them any more: what is held is told as let go.
    pub fn let_go(mut self) -> Vec<PanelEvent> {
        let mut events = Vec::new();
        self.switches.let_go(clock::boot_time_us(), &mut events);
        events
    }

    /// What the contacts did so far.
    pub fn stats(&self) -> Vec<(InputName, BounceStats)> {
        self.switches.stats()
    }

    fn read_edges(&mut self, wait: Duration, seen: &mut Vec<Seen>) -> Result<(), PanelError> {
        let mut wait = wait;
        for _ in 0..MOST_EDGES {
            let Some(edge) = self.lines.wait(wait)? else {
                return Ok(());
            };
            wait = Duration::ZERO;
            self.edges_come = true;
            let mut events = Vec::new();
            self.raw(edge.input, edge.high, edge.at_us, seen);
            self.switches.edge(edge, &mut events);
            seen.extend(events.into_iter().map(Seen::Told));
        }
        Ok(())
    }

    fn raw(&self, input: usize, high: bool, at_us: u64, seen: &mut Vec<Seen>) {
        if let Some((input, level)) = self.switches.meaning(input, high) {
            seen.push(Seen::Raw {
                input,
                level,
                at_us,
            });
        }
    }

    /// The levels beside the edges, now and then; where no edge ever comes, often.
    fn look(&mut self, seen: &mut Vec<Seen>) -> Result<(), PanelError> {
        if !self.polls {
            self.lines.levels(&mut self.high)?;
            if self.switches.differs(&self.high) {
                self.read_edges(GRACE, seen)?;
                self.lines.levels(&mut self.high)?;
            }
            if self.switches.differs(&self.high) && !self.edges_come {
                tracing::warn!(
                    "no edges come from these lines; their levels are read every millisecond instead"
                );
                self.polls = true;
            }
        }
        self.read_levels(seen)?;
        let pause = if self.polls { POLL_US } else { LOOK_US };
        self.next_look = clock::boot_time_us() + pause;
        Ok(())
    }

    fn read_levels(&mut self, seen: &mut Vec<Seen>) -> Result<(), PanelError> {
        self.lines.levels(&mut self.high)?;
        let now = clock::boot_time_us();
        let high = std::mem::take(&mut self.high);
        let mut events = Vec::new();
        for (input, high) in high.iter().enumerate() {
            if self.switches.changed(input, *high) {
                self.raw(input, *high, now, seen);
            }
            self.switches.read(input, *high, now, &mut events);
        }
        self.high = high;
        seen.extend(events.into_iter().map(Seen::Told));
        Ok(())
    }
}
