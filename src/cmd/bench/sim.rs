//! A panel played from the terminal: a line names a switch, and the switch is pressed, bounces included.
//!
//! Its edges go through the very logic that reads a real panel's; only their moments are made up.

use crate::model::{Board, BoardInput, InputName, Level, Line, Millis, Pin};
use crate::panel::gpio::RawEdge;
use crate::panel::switches::{BounceStats, SETTLE_US, Seen, Switches};
use crate::panel::{Options, PanelEvent};

/// Between two edges of a contact that bounces, µs: in the middle of what switches do.
const BOUNCE_US: u64 = 400;

/// How long a played press lasts, and the pause after it, µs.
const PRESS_US: u64 = 80_000;

/// The switches.
#[derive(Debug)]
pub struct SimSwitches {
    names: Vec<InputName>,
    switches: Switches,
    down: Vec<bool>,
    edges: Vec<u32>,
    now_us: u64,
    stuck_us: u64,
}

/// Which edges a line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Play {
    input: usize,
    /// Pressed, then released; one of them for `down` and `up`.
    levels: Vec<Level>,
    /// Times that each of them opens and closes again first.
    bounces: u32,
    /// Kept down until the switch counts as stuck.
    hold: bool,
}

impl SimSwitches {
    /// The board's switches and keys, all let go, at that moment.
    pub fn new(options: &Options, now_us: u64) -> Self {
        let (board, debounce, stuck) = (&options.board, options.debounce, options.stuck);
        let names = board.input_names();
        let inputs: Vec<BoardInput> = names
            .iter()
            .map(|name| stand_in(board, name, debounce))
            .collect();
        let high: Vec<bool> = inputs.iter().map(|i| !i.active.is_high()).collect();
        let mut sim = Self {
            switches: Switches::new(&inputs, debounce, stuck, &high, now_us),
            down: vec![false; names.len()],
            edges: vec![0; names.len()],
            names,
            now_us,
            stuck_us: stuck.0 * 1000,
        };
        // a real panel's contacts settle while its technician reads the first line
        sim.wait(SETTLE_US + debounce.0 * 1000);
        sim
    }

    /// Plays a line, `NAME [down|up|hold] [+BOUNCES]`; `None` if it names no switch.
    pub fn play(&mut self, line: &str) -> Option<Vec<Seen>> {
        let play = self.understand(line)?;
        let mut seen = Vec::new();
        for level in play.levels {
            for _ in 0..play.bounces {
                self.edge(play.input, level, &mut seen);
                self.edge(play.input, other(level), &mut seen);
            }
            self.edge(play.input, level, &mut seen);
            let lasts = if play.hold { self.stuck_us } else { 0 };
            seen.extend(self.wait(PRESS_US + lasts));
        }
        Some(seen)
    }

    /// The switches that are down.
    pub fn held(&self) -> Vec<InputName> {
        let pairs = self.names.iter().zip(&self.down);
        let down = pairs.filter(|(_, down)| **down);
        down.map(|(name, _)| name.clone()).collect()
    }

    /// What the contacts did.
    pub fn stats(&self) -> Vec<(InputName, BounceStats)> {
        self.switches.stats()
    }

    fn understand(&self, line: &str) -> Option<Play> {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let mut play = Play {
            input: self.names.iter().position(|n| n.0 == name)?,
            levels: vec![Level::Pressed, Level::Released],
            bounces: 0,
            hold: false,
        };
        for word in words {
            match (word, word.strip_prefix('+').map(str::parse)) {
                ("down", _) => play.levels = vec![Level::Pressed],
                ("up", _) => play.levels = vec![Level::Released],
                ("hold", _) => play.hold = true,
                (_, Some(Ok(bounces))) => play.bounces = bounces,
                _ => return None,
            }
        }
        Some(play)
    }

    fn edge(&mut self, input: usize, level: Level, seen: &mut Vec<Seen>) {
        self.now_us += BOUNCE_US;
        self.edges[input] += 1;
        self.down[input] = level == Level::Pressed;
        seen.push(Seen::Raw {
            input: self.names[input].clone(),
            level,
            at_us: self.now_us,
        });
        let mut events = Vec::new();
        let edge = RawEdge {
            input,
            // pulled up, to ground when pressed
            high: level == Level::Released,
            at_us: self.now_us,
            number: self.edges[input],
        };
        self.switches.edge(edge, &mut events);
        seen.extend(events.into_iter().map(Seen::Told));
    }

    fn wait(&mut self, span_us: u64) -> Vec<Seen> {
        self.now_us += span_us;
        let mut events: Vec<PanelEvent> = Vec::new();
        self.switches.pass(self.now_us, &mut events);
        events.into_iter().map(Seen::Told).collect()
    }
}

fn other(level: Level) -> Level {
    match level {
        Level::Pressed => Level::Released,
        Level::Released => Level::Pressed,
    }
}

/// A switch to ground of that name, as patient as the board's own.
fn stand_in(board: &Board, name: &InputName, debounce: Millis) -> BoardInput {
    let own = board.inputs.iter().find(|i| i.name == *name);
    let pin = Pin {
        line: Line::Number(0),
        header: None,
    };
    BoardInput {
        debounce: own.and_then(|i| i.debounce).or(Some(debounce)),
        ..BoardInput::to_ground(&name.0, pin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{board_text, parse_board};
    use crate::panel::Driver;

    fn switches() -> SimSwitches {
        let text = board_text("raspberry-pi-4").unwrap();
        let board = parse_board(text, "board").unwrap();
        let options = Options {
            driver: Driver::Auto,
            board,
            debounce: Millis(15),
            stuck: Millis(10_000),
        };
        SimSwitches::new(&options, 1_000_000)
    }

    fn told(seen: &[Seen]) -> Vec<Level> {
        let levels = seen.iter().filter_map(|s| match s {
            Seen::Told(PanelEvent::Edge { level, .. }) => Some(*level),
            _ => None,
        });
        levels.collect()
    }

    #[test]
    fn a_press_that_bounces_is_one_press_and_is_counted() {
        let mut switches = switches();
        let seen = switches.play("pedal +3").unwrap();
        let raw = seen.iter().filter(|s| matches!(s, Seen::Raw { .. }));
        assert_eq!(raw.count(), 14);
        assert_eq!(told(&seen), [Level::Pressed, Level::Released]);
        let stats = switches.stats();
        let (_, pedal) = stats.iter().find(|(n, _)| n.0 == "pedal").unwrap();
        assert_eq!((pedal.presses, pedal.edges, pedal.most_edges), (1, 14, 7));
        assert_eq!(pedal.longest_bounce_us, 6 * BOUNCE_US);
    }

    #[test]
    fn what_is_held_down_is_held_and_gets_stuck() {
        let mut switches = switches();
        assert_eq!(told(&switches.play("next down").unwrap()), [Level::Pressed]);
        assert_eq!(switches.held(), [InputName("next".into())]);
        assert_eq!(told(&switches.play("next up").unwrap()), [Level::Released]);
        let seen = switches.play("back hold").unwrap();
        let stuck = |s: &Seen| matches!(s, Seen::Told(PanelEvent::Stuck { stuck: true, .. }));
        assert!(seen.iter().any(stuck), "{seen:?}");
        assert!(switches.held().is_empty());
    }

    #[test]
    fn what_names_no_switch_is_not_played() {
        let mut switches = switches();
        for line in ["", "y", "pedals", "pedal sideways", "pedal +some"] {
            assert_eq!(switches.play(line), None, "{line}");
        }
    }
}
