//! A panel under a tester's hands: every edge is told, bounces too, and who holds it decides when it is looked at.
//!
//! It has no thread and opens nothing anew: where a station must go on, a tester must see what failed.

use super::gpio;
use super::show::{Outputs, Wanted};
use super::switches::{BounceStats, Inputs, Seen};
use super::{Digits, Options, Panel, PanelError};
use crate::clock;
use crate::model::{InputName, Lamps, Millis, Pattern};
use std::time::Duration;

/// The panel.
pub struct BenchPanel {
    driver: &'static str,
    inputs: Inputs,
    outputs: Outputs,
    wanted: Wanted,
}

impl BenchPanel {
    /// Opens everything that a board's file names.
    ///
    /// # Errors
    /// When pins cannot be had: which, who holds them, and the next step.
    pub fn open(options: &Options) -> Result<Self, PanelError> {
        let lines = gpio::open(options)?;
        Ok(Self {
            driver: lines.driver,
            inputs: Inputs::new(lines.inputs, options)?,
            outputs: Outputs::new(lines.pads, options),
            wanted: Wanted::default(),
        })
    }

    /// What drives the lines.
    pub fn driver(&self) -> &'static str {
        self.driver
    }

    /// Plays what is wanted and waits for something to be seen, for no longer than `longest`.
    ///
    /// # Errors
    /// When the lines fail.
    pub fn turn(&mut self, longest: Duration, seen: &mut Vec<Seen>) -> Result<(), PanelError> {
        let now = clock::boot_time();
        self.outputs.play(&self.wanted, now)?;
        let wake = self.outputs.wake_at(&self.wanted, now);
        let rest = wake.map_or(longest, |at| Duration::from_millis(at.since(now).0));
        self.inputs.turn(rest.min(longest), seen)?;
        let mut events = Vec::new();
        self.outputs.scan(clock::boot_time_us(), &mut events)?;
        seen.extend(events.into_iter().map(Seen::Told));
        Ok(())
    }

    /// The pedals and buttons that read pressed.
    pub fn held(&self) -> Vec<InputName> {
        self.inputs.held()
    }

    /// What the contacts of pedals and buttons did so far.
    pub fn stats(&self) -> Vec<(InputName, BounceStats)> {
        self.inputs.stats()
    }
}

impl Panel for BenchPanel {
    fn show(&mut self, lamps: Lamps, since: Millis) {
        self.wanted.lamps = lamps;
        self.wanted.since = since;
    }

    fn sound(&mut self, pattern: Pattern, since: Millis) {
        self.wanted.sound = Some((pattern, since));
    }

    fn number(&mut self, digits: Digits) {
        self.wanted.digits = digits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Active, Board, BoardInput, BoardOutput, Level, Line, OutputName, Pin};
    use crate::panel::gpio::sim::SimBoard;
    use crate::panel::{Driver, PanelEvent};

    const PEDAL: Line = Line::Number(17);
    const RED: Line = Line::Number(16);

    fn pin(line: &Line) -> Pin {
        Pin {
            line: line.clone(),
            header: None,
        }
    }

    fn options(sim: &SimBoard) -> Options {
        let board = Board {
            inputs: vec![BoardInput::to_ground("pedal", pin(&PEDAL))],
            outputs: vec![BoardOutput {
                name: OutputName::Red,
                pin: pin(&RED),
                active: Active::High,
            }],
            ..Board::bare("bench", "sim")
        };
        Options {
            driver: Driver::Sim(sim.clone()),
            board,
            debounce: Millis(2),
            stuck: Millis(10_000),
        }
    }

    fn turn(panel: &mut BenchPanel, seen: &mut Vec<Seen>) {
        panel.turn(Duration::from_millis(5), seen).expect("a turn");
    }

    #[test]
    fn a_press_is_seen_edge_by_edge_and_told_once_it_counts() {
        let sim = SimBoard::new();
        let mut panel = BenchPanel::open(&options(&sim)).expect("open");
        let mut seen = Vec::new();
        let told = |seen: &[Seen]| {
            let press = |s: &Seen| {
                matches!(
                    s,
                    Seen::Told(PanelEvent::Edge {
                        level: Level::Pressed,
                        ..
                    })
                )
            };
            seen.iter().any(press)
        };
        // The first presses come while the contact settles, and count for nothing.
        for _ in 0..1000 {
            if told(&seen) {
                break;
            }
            sim.set(&PEDAL, true);
            (0..20).for_each(|_| turn(&mut panel, &mut seen));
            sim.set(&PEDAL, false);
            (0..4).for_each(|_| turn(&mut panel, &mut seen));
        }
        assert!(told(&seen), "{seen:?}");
        assert!(seen.iter().any(|s| matches!(s, Seen::Raw { .. })));
        assert_eq!(panel.held(), [InputName("pedal".into())]);
        let (_, stats) = &panel.stats()[0];
        assert!(stats.presses > 0 && stats.edges > 0, "{stats:?}");
    }

    #[test]
    fn lamps_follow_and_are_dark_once_it_is_gone() {
        let sim = SimBoard::new();
        let mut panel = BenchPanel::open(&options(&sim)).expect("open");
        let mut lamps = Lamps {
            red: Pattern::OFF,
            amber: Pattern::OFF,
            green: Pattern::OFF,
        };
        lamps.red = Pattern::ON;
        panel.show(lamps, Millis(0));
        turn(&mut panel, &mut Vec::new());
        assert!(sim.is_high(&RED));
        drop(panel);
        assert!(!sim.is_high(&RED));
    }

    #[test]
    fn a_line_that_somebody_holds_is_named() {
        let sim = SimBoard::new();
        sim.hold(&PEDAL, Some("spi0 CS0"));
        let refused = BenchPanel::open(&options(&sim)).err().expect("refused");
        let said = refused.to_string();
        assert!(
            said.contains("line 17") && said.contains("spi0 CS0"),
            "{said}"
        );
    }
}
