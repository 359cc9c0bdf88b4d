//! What is to be seen and heard, played on a board's pads; and the keypad, which is scanned through pads too.

mod digits;
mod keypad;
mod player;
mod tm1637;

pub(super) use player::Wanted;

use super::gpio::{Layout, Pads, SafePads};
use super::{Digits, Options, PanelError, PanelEvent};
use crate::clock;
use crate::model::{Active, Millis, OutputName};
use keypad::Matrix;
use tm1637::Display;

/// The display is written anew this often, even if nothing changed: a flash may have disturbed it, or somebody plugged it in.
const REFRESH: Millis = Millis(2_000);

/// How often the keypad is looked at. A key needs three looks.
const SCAN: Millis = Millis(10);

/// Everything that a board shows.
pub(super) struct Outputs {
    pads: SafePads,
    /// Lamps and buzzer: place, lighting level, and whether it is lit, once that is known.
    lights: Vec<Light>,
    display: Option<Display>,
    written: Option<Digits>,
    refresh_at: Millis,
    matrix: Option<Matrix>,
    scan_at: Millis,
}

struct Light {
    name: OutputName,
    pad: usize,
    active: Active,
    lit: Option<bool>,
}

impl Outputs {
    /// The outputs of a board whose pads are open.
    pub(super) fn new(pads: SafePads, options: &Options) -> Self {
        let layout = Layout::of(&options.board);
        let lights = layout.outputs.iter().map(|(name, pad, active)| Light {
            name: *name,
            pad: *pad,
            active: *active,
            lit: None,
        });
        // The places of pads do not depend on the switches.
        let brightness = options.board.display.as_ref().map(|d| d.brightness);
        let display = layout
            .display
            .zip(brightness)
            .map(|((clock, data), brightness)| Display::new(clock, data, brightness));
        let matrix = match (&options.board.keypad, layout.keypad.clone()) {
            (Some(keypad), Some(places)) => {
                Some(Matrix::new(keypad, places, options, clock::boot_time_us()))
            }
            _ => None,
        };
        Self {
            lights: lights.collect(),
            display,
            written: None,
            refresh_at: Millis(0),
            matrix,
            scan_at: Millis(0),
            pads,
        }
    }

    /// Show what is wanted at `now`.
    pub(super) fn play(&mut self, wanted: &Wanted, now: Millis) -> Result<(), PanelError> {
        for light in &mut self.lights {
            let lit = wanted.is_on(light.name, now);
            if light.lit != Some(lit) {
                self.pads.set(light.pad, lit == light.active.is_high())?;
                light.lit = Some(lit);
            }
        }
        if let Some(display) = &mut self.display
            && (self.written != Some(wanted.digits) || now >= self.refresh_at)
        {
            display.write(&mut self.pads, Some(digits::segments(wanted.digits)))?;
            self.written = Some(wanted.digits);
            self.refresh_at = now + REFRESH;
        }
        Ok(())
    }

    /// Look at the keypad, if it is time.
    pub(super) fn scan(
        &mut self,
        now_us: u64,
        events: &mut Vec<PanelEvent>,
    ) -> Result<(), PanelError> {
        let now = Millis(now_us / 1000);
        if let Some(matrix) = &mut self.matrix
            && now >= self.scan_at
        {
            matrix.scan(&mut self.pads, now_us, events)?;
            self.scan_at = now + SCAN;
        }
        Ok(())
    }

    /// Nobody looks at the keypad any more.
    pub(super) fn let_go(&mut self, now_us: u64, events: &mut Vec<PanelEvent>) {
        if let Some(matrix) = &mut self.matrix {
            matrix.let_go(now_us, events);
        }
    }

    /// When there is something to do next, if nothing else is wanted before.
    pub(super) fn wake_at(&self, wanted: &Wanted, now: Millis) -> Option<Millis> {
        let display = self.display.is_some().then_some(self.refresh_at);
        let keypad = self.matrix.is_some().then_some(self.scan_at);
        let all = [wanted.next_change(now), display, keypad];
        all.into_iter().flatten().min()
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        // A serial that stays lit would be somebody's; lamps and buzzer go with the pads themselves.
        if let Some(display) = &mut self.display
            && let Err(error) = display.write(&mut self.pads, None)
        {
            tracing::warn!(%error, "the display may be left on");
        }
    }
}
