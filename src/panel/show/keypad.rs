//! A matrix of keys: rows are pulled low, columns are read.
//!
//! Such a matrix has no diodes: of three keys at the corners of a square the fourth seems pressed too, and a person who
//! presses two at once means neither. So two at once are none, until all are let go.

use crate::model::{Active, BoardInput, Contact, Keypad, Pin, Pull};
use crate::panel::gpio::{KeypadPads, Pads};
use crate::panel::switches::Switches;
use crate::panel::{Options, PanelError, PanelEvent};
use std::time::Duration;

/// How long a column takes to rise through its pull-up, over a ribbon cable.
const RISE: Duration = Duration::from_micros(10);

/// The keys of a keypad.
pub(super) struct Matrix {
    places: KeypadPads,
    /// One switch for each key, row by row.
    switches: Switches,
    keys: usize,
    /// The key of the last scan: one look alone may have met a bounce.
    last: Option<usize>,
    /// Two were down: nothing counts until all are up.
    blocked: bool,
    /// Between scans all rows are low, and one look at the columns says whether anything is down.
    waiting: bool,
}

impl Matrix {
    /// The keys, of which none is known to be up yet at `now_us`.
    pub(super) fn new(keypad: &Keypad, places: KeypadPads, options: &Options, now_us: u64) -> Self {
        let columns = places.columns.len();
        let inputs: Vec<BoardInput> = (0..places.rows.len() * columns)
            .filter_map(|key| {
                let (row, column) = (key / columns, key % columns);
                let pin: Pin = keypad.rows.get(row)?.clone();
                Some(BoardInput {
                    name: keypad.input_at(row, column)?,
                    pin,
                    pull: Pull::None,
                    contact: Contact::NormallyOpen,
                    active: Active::High,
                    debounce: None,
                })
            })
            .collect();
        let up = vec![false; inputs.len()];
        Self {
            keys: inputs.len(),
            switches: Switches::new(&inputs, options.debounce, options.stuck, &up, now_us),
            places,
            last: None,
            blocked: false,
            waiting: false,
        }
    }

    /// Look at all keys.
    pub(super) fn scan(
        &mut self,
        pads: &mut dyn Pads,
        now_us: u64,
        events: &mut Vec<PanelEvent>,
    ) -> Result<(), PanelError> {
        let down = self.down(pads)?;
        let key = match down[..] {
            [] => {
                self.blocked = false;
                None
            }
            [key] if !self.blocked => Some(key),
            _ => {
                self.blocked = true;
                None
            }
        };
        let twice = std::mem::replace(&mut self.last, key) == key;
        if twice {
            for each in 0..self.keys {
                self.switches.read(each, key == Some(each), now_us, events);
            }
        }
        self.switches.pass(now_us, events);
        Ok(())
    }

    pub(super) fn let_go(&mut self, now_us: u64, events: &mut Vec<PanelEvent>) {
        self.switches.let_go(now_us, events);
    }

    /// The keys that seem down.
    fn down(&mut self, pads: &mut dyn Pads) -> Result<Vec<usize>, PanelError> {
        if self.waiting && !self.any_low(pads)? {
            return Ok(Vec::new());
        }
        for row in &self.places.rows {
            pads.set(*row, true)?;
        }
        let mut down = Vec::new();
        for (r, row) in self.places.rows.iter().enumerate() {
            pads.set(*row, false)?;
            std::thread::sleep(RISE);
            for (c, column) in self.places.columns.iter().enumerate() {
                if !pads.is_high(*column)? {
                    down.push(r * self.places.columns.len() + c);
                }
            }
            pads.set(*row, true)?;
        }
        for row in &self.places.rows {
            pads.set(*row, false)?;
        }
        self.waiting = true;
        Ok(down)
    }

    fn any_low(&self, pads: &mut dyn Pads) -> Result<bool, PanelError> {
        for column in &self.places.columns {
            if !pads.is_high(*column)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
