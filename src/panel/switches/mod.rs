//! From raw edges to presses: one logic for every driver.
//!
//! A press is told at its first contact that lasts [`GLITCH_US`]; what follows within the debounce is bounce. The kernel's
//! own debouncing is not used: it tells an edge only after its whole period, which it counts in ticks of 4 or 10 ms, and
//! the shutter would wait for it.

mod bounce;
mod contact;
mod inputs;

pub use bounce::BounceStats;
pub use contact::{Change, Contact, GLITCH_US, SETTLE_US, Timing};
pub use inputs::{Inputs, Seen};

use super::PanelEvent;
use super::gpio::RawEdge;
use crate::model::{BoardInput, InputName, Level, Millis};

/// All switches of a board.
#[derive(Debug)]
pub struct Switches {
    switches: Vec<Switch>,
}

#[derive(Debug)]
struct Switch {
    name: InputName,
    /// The level of the line while pressed.
    pressed_high: bool,
    contact: Contact,
    /// The kernel's number of the last edge.
    number: Option<u32>,
    /// Edges were lost: what is known of the level is in doubt.
    doubtful: bool,
}

impl Switches {
    /// The switches of these inputs, whose lines have these levels (`true` is high) at `now_us`.
    pub fn new(
        inputs: &[BoardInput],
        debounce: Millis,
        stuck: Millis,
        high: &[bool],
        now_us: u64,
    ) -> Self {
        let switch = |(input, high): (&BoardInput, &bool)| {
            let pressed_high = input.active.is_high();
            let timing = Timing {
                debounce: input.debounce.unwrap_or(debounce),
                stuck,
            };
            Switch {
                name: input.name.clone(),
                pressed_high,
                contact: Contact::new(timing, level(*high, pressed_high), now_us),
                number: None,
                doubtful: false,
            }
        };
        Self {
            switches: inputs.iter().zip(high).map(switch).collect(),
        }
    }

    /// An edge came; what it means is added to `events`.
    pub fn edge(&mut self, edge: RawEdge, events: &mut Vec<PanelEvent>) {
        let Some(switch) = self.switches.get_mut(edge.input) else {
            return;
        };
        let lost = switch
            .number
            .map_or(0, |last| edge.number.wrapping_sub(last).saturating_sub(1));
        switch.number = Some(edge.number);
        if lost > 0 {
            switch.doubtful = true;
            switch.contact.lost(u64::from(lost));
        }
        let level = level(edge.high, switch.pressed_high);
        let told = switch.contact.edge(level, edge.at_us);
        tell(&switch.name, told, events);
    }

    /// A line was read at `now_us`.
    pub fn read(&mut self, input: usize, high: bool, now_us: u64, events: &mut Vec<PanelEvent>) {
        let Some(switch) = self.switches.get_mut(input) else {
            return;
        };
        switch.doubtful = false;
        let level = level(high, switch.pressed_high);
        if level != switch.contact.raw() {
            let told = switch.contact.edge(level, now_us);
            tell(&switch.name, told, events);
        }
    }

    /// Time has passed.
    pub fn pass(&mut self, now_us: u64, events: &mut Vec<PanelEvent>) {
        let before = events.len();
        for switch in &mut self.switches {
            let told = switch.contact.pass(now_us);
            tell(&switch.name, told, events);
        }
        // Of two switches the one that was pressed first is told first.
        events[before..].sort_by_key(|event| match event {
            PanelEvent::Edge { at_us, .. } => *at_us,
            _ => u64::MAX,
        });
    }

    /// Nobody reads the lines any more: what is held counts as let go, so that no press and no fault outlives its driver.
    pub fn let_go(&mut self, now_us: u64, events: &mut Vec<PanelEvent>) {
        for switch in &mut self.switches {
            let told = switch.contact.let_go(now_us);
            tell(&switch.name, told, events);
        }
    }

    /// When [`Switches::pass`] next has something to say, if no edge comes before.
    pub fn wake_at(&self) -> Option<u64> {
        self.switches
            .iter()
            .filter_map(|s| s.contact.wake_at())
            .min()
    }

    /// Whether the lines should be read now: a press is about to be believed, or edges were lost.
    pub fn wants_reading(&self, now_us: u64) -> bool {
        self.switches
            .iter()
            .any(|s| s.doubtful || s.contact.about_to_press(now_us))
    }

    /// Whether a line's level is not what the edges told.
    pub fn differs(&self, high: &[bool]) -> bool {
        let mut all = high.iter().enumerate();
        all.any(|(input, high)| self.changed(input, *high))
    }

    /// Whether one line's level is not what the edges told.
    fn changed(&self, input: usize, high: bool) -> bool {
        let switch = self.switches.get(input);
        switch.is_some_and(|s| level(high, s.pressed_high) != s.contact.raw())
    }

    /// What the contacts of each input did.
    pub fn stats(&self) -> Vec<(InputName, BounceStats)> {
        self.switches
            .iter()
            .map(|s| (s.name.clone(), s.contact.stats()))
            .collect()
    }

    /// An input's name, and the level that its line has when it is `high`.
    fn meaning(&self, input: usize, high: bool) -> Option<(InputName, Level)> {
        let switch = self.switches.get(input)?;
        Some((switch.name.clone(), level(high, switch.pressed_high)))
    }
}

fn level(high: bool, pressed_high: bool) -> Level {
    if high == pressed_high {
        Level::Pressed
    } else {
        Level::Released
    }
}

fn tell(name: &InputName, told: impl IntoIterator<Item = Change>, events: &mut Vec<PanelEvent>) {
    events.extend(told.into_iter().map(|change| {
        let edge = |level, at_us| PanelEvent::Edge {
            input: name.clone(),
            level,
            at_us,
        };
        match change {
            Change::Pressed { at_us } => edge(Level::Pressed, at_us),
            Change::Released { at_us } => edge(Level::Released, at_us),
            Change::Stuck(stuck) => PanelEvent::Stuck {
                input: name.clone(),
                stuck,
            },
        }
    }));
}

#[cfg(test)]
mod tests;
