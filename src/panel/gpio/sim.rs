//! Lines without a chip: a test moves them, and asks what was driven. They fail in the ways that real ones do.

use super::layout::{Layout, PadKind};
use super::{InputLines, Opened, Pads, RawEdge};
use crate::clock;
use crate::model::{Line, Pin};
use crate::panel::PanelError;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many lines it has.
const LINES: u32 = 64;

/// A board whose lines are moved by hand. Clones are the same board.
#[derive(Debug, Clone, Default)]
pub struct SimBoard {
    shared: Arc<(Mutex<Wires>, Condvar)>,
}

#[derive(Debug, Default)]
struct Wires {
    /// Levels that somebody outside gives; a line that nobody drives is pulled up.
    outside: BTreeMap<Line, bool>,
    /// Levels that we drive.
    driven: BTreeMap<Line, bool>,
    /// Open switches' lines by their input.
    inputs: Vec<Line>,
    edges: VecDeque<RawEdge>,
    numbers: BTreeMap<Line, u32>,
    /// Keys of a matrix that are down: they connect a row with a column.
    keys: BTreeSet<(Line, Line)>,
    held: BTreeMap<Line, String>,
    deaf: bool,
    drop_edges: u32,
    broken: Option<String>,
    opened: u32,
}

impl Wires {
    fn level(&self, line: &Line) -> bool {
        let high = |line: &Line| {
            let outside = self.outside.get(line).copied().unwrap_or(true);
            outside && self.driven.get(line).copied().unwrap_or(true)
        };
        // A key that is down makes one wire of its row and its column, and keys of one row or column connect further.
        let mut wire = BTreeSet::from([line.clone()]);
        loop {
            let joined = self.keys.iter().flat_map(|(row, column)| {
                let joins = wire.contains(row) || wire.contains(column);
                joins.then(|| [row.clone(), column.clone()])
            });
            let joined: Vec<Line> = joined.flatten().collect();
            let before = wire.len();
            wire.extend(joined);
            if wire.len() == before {
                return wire.iter().all(high);
            }
        }
    }

    fn failing(&self) -> Result<(), PanelError> {
        match &self.broken {
            Some(message) => Err(PanelError::Failed {
                doing: "reading the sim board".into(),
                message: message.clone(),
            }),
            None => Ok(()),
        }
    }
}

impl SimBoard {
    /// A board at rest: every line is pulled up.
    pub fn new() -> Self {
        Self::default()
    }

    fn wires(&self) -> MutexGuard<'_, Wires> {
        let (wires, _) = &*self.shared;
        wires.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Move a line from outside.
    pub fn set(&self, line: &Line, high: bool) {
        let mut wires = self.wires();
        let before = wires.level(line);
        wires.outside.insert(line.clone(), high);
        let number = wires.numbers.entry(line.clone()).or_insert(0);
        *number += 1;
        let number = *number;
        let input = wires.inputs.iter().position(|open| open == line);
        if let Some(input) = input.filter(|_| before != high && !wires.deaf) {
            if wires.drop_edges > 0 {
                wires.drop_edges -= 1;
                return;
            }
            wires.edges.push_back(RawEdge {
                input,
                high,
                at_us: clock::boot_time_us(),
                number,
            });
            self.shared.1.notify_all();
        }
    }

    /// The level of a line, whoever drives it.
    pub fn is_high(&self, line: &Line) -> bool {
        self.wires().level(line)
    }

    /// Press or let go of a key of the matrix.
    pub fn key(&self, row: &Line, column: &Line, down: bool) {
        let mut wires = self.wires();
        let key = (row.clone(), column.clone());
        if down {
            wires.keys.insert(key);
        } else {
            wires.keys.remove(&key);
        }
    }

    /// Another program takes a line, or gives it back (`None`).
    pub fn hold(&self, line: &Line, consumer: Option<&str>) {
        let mut wires = self.wires();
        match consumer {
            Some(consumer) => wires.held.insert(line.clone(), consumer.to_owned()),
            None => wires.held.remove(line),
        };
    }

    /// From now on no edge is told, as on boards without interrupts; levels can be read.
    pub fn deafen(&self) {
        self.wires().deaf = true;
    }

    /// The next edges are lost, as when the kernel's buffer is full.
    pub fn lose(&self, edges: u32) {
        self.wires().drop_edges = edges;
    }

    /// Every call fails, as when an adapter is unplugged, or works again (`None`).
    pub fn break_down(&self, message: Option<&str>) {
        self.wires().broken = message.map(str::to_owned);
        self.shared.1.notify_all();
    }

    /// How often it was opened.
    pub fn opened(&self) -> u32 {
        self.wires().opened
    }

    pub(super) fn open(&self, layout: &Layout) -> Result<Opened, PanelError> {
        let mut wires = self.wires();
        wires.failing()?;
        let inputs = layout.inputs.iter().map(|i| (&i.what, &i.pin));
        let pads = layout.pads.iter().map(|p| (&p.what, &p.pin));
        let all: Vec<(&String, &Pin)> = inputs.chain(pads).collect();
        for (what, pin) in &all {
            if matches!(pin.line, Line::Number(number) if number >= LINES) {
                return Err(PanelError::OutOfRange {
                    what: (*what).clone(),
                    pin: (*pin).clone(),
                    chip: "the sim board".into(),
                    lines: LINES,
                });
            }
            if let Some(holder) = wires.held.get(&pin.line) {
                return Err(PanelError::Held {
                    what: (*what).clone(),
                    pin: (*pin).clone(),
                    holder: format!("\"{holder}\""),
                });
            }
        }
        let claimed: Vec<Line> = all.iter().map(|(_, pin)| pin.line.clone()).collect();
        for line in &claimed {
            wires.held.insert(line.clone(), "shutterline".into());
        }
        wires.inputs = layout.inputs.iter().map(|i| i.pin.line.clone()).collect();
        wires.edges.clear();
        wires.opened += 1;
        let split = layout.inputs.len();
        let inputs = SimInputs {
            board: self.clone(),
            lines: claimed[..split].to_vec(),
        };
        let pads = SimPads {
            board: self.clone(),
            lines: claimed[split..].to_vec(),
            kinds: layout.pads.iter().map(|p| p.kind).collect(),
        };
        Ok(("sim", Box::new(inputs), Box::new(pads)))
    }

    fn give_back(&self, lines: &[Line]) {
        let mut wires = self.wires();
        for line in lines {
            wires.held.remove(line);
        }
    }
}

struct SimInputs {
    board: SimBoard,
    lines: Vec<Line>,
}

impl InputLines for SimInputs {
    fn wait(&mut self, timeout: Duration) -> Result<Option<RawEdge>, PanelError> {
        let (_, moved) = &*self.board.shared;
        let nothing = |wires: &mut Wires| wires.edges.is_empty() && wires.broken.is_none();
        let (mut wires, _) = moved
            .wait_timeout_while(self.board.wires(), timeout, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        wires.failing()?;
        Ok(wires.edges.pop_front())
    }

    fn levels(&mut self, high: &mut Vec<bool>) -> Result<(), PanelError> {
        let wires = self.board.wires();
        wires.failing()?;
        high.clear();
        high.extend(self.lines.iter().map(|line| wires.level(line)));
        Ok(())
    }

    fn has_edges(&self) -> bool {
        true
    }
}

impl Drop for SimInputs {
    fn drop(&mut self) {
        self.board.wires().inputs.clear();
        self.board.give_back(&self.lines);
    }
}

struct SimPads {
    board: SimBoard,
    lines: Vec<Line>,
    kinds: Vec<PadKind>,
}

impl Pads for SimPads {
    fn set(&mut self, pad: usize, high: bool) -> Result<(), PanelError> {
        let mut wires = self.board.wires();
        wires.failing()?;
        if let (Some(line), Some(kind)) = (self.lines.get(pad), self.kinds.get(pad))
            && *kind != PadKind::Read
        {
            wires.driven.insert(line.clone(), high);
        }
        Ok(())
    }

    fn is_high(&mut self, pad: usize) -> Result<bool, PanelError> {
        let wires = self.board.wires();
        wires.failing()?;
        Ok(self.lines.get(pad).is_some_and(|line| wires.level(line)))
    }
}

impl Drop for SimPads {
    fn drop(&mut self) {
        self.board.give_back(&self.lines);
    }
}
