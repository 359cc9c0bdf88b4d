//! A TM1637 behind two lines: its bits, its commands, and whether it answers.
//!
//! Both lines are open drains with pull-ups, as the chip pulls the data line itself when it acknowledges a byte.

use crate::panel::PanelError;
use crate::panel::gpio::Pads;
use std::time::Duration;

/// Half a clock. The chip takes 250 kHz; pull-ups on a cable of a metre are slower.
const HALF_CLOCK: Duration = Duration::from_micros(5);

/// Data follows, the address counts by itself.
const WRITE: u8 = 0x40;
/// From the first digit.
const FIRST_DIGIT: u8 = 0xC0;
/// On, with the brightness in the low three bits.
const ON: u8 = 0x88;
/// Off.
const OFF: u8 = 0x80;

/// A display on two pads.
pub(super) struct Display {
    clock: usize,
    data: usize,
    brightness: u8,
    half_clock: Duration,
    /// Whether it acknowledged the last time; not known before the first.
    answers: Option<bool>,
}

impl Display {
    pub(super) fn new(clock: usize, data: usize, brightness: u8) -> Self {
        Self {
            clock,
            data,
            brightness: brightness.min(7),
            half_clock: HALF_CLOCK,
            answers: None,
        }
    }

    /// Show these segments, or nothing at all (`None`).
    ///
    /// # Errors
    /// When the lines fail. A display that does not answer is no failure: it may not be there.
    pub(super) fn write(
        &mut self,
        pads: &mut dyn Pads,
        segments: Option<[u8; 4]>,
    ) -> Result<(), PanelError> {
        let answers = match segments {
            Some([a, b, c, d]) => {
                let written = self.command(pads, &[WRITE])?;
                let shown = self.command(pads, &[FIRST_DIGIT, a, b, c, d])?;
                let lit = self.command(pads, &[ON | self.brightness])?;
                written && shown && lit
            }
            None => self.command(pads, &[OFF])?,
        };
        match (self.answers.replace(answers), answers) {
            (Some(true), false) => {
                tracing::warn!("the display does not answer any more; check its plug");
            }
            (None, false) => {
                tracing::info!("no display answers; where there is one, check its plug")
            }
            (None | Some(false), true) => tracing::info!("the display answers"),
            (Some(true), true) | (Some(false), false) => {}
        }
        Ok(())
    }

    /// One command with its bytes; whether each was acknowledged.
    fn command(&self, pads: &mut dyn Pads, bytes: &[u8]) -> Result<bool, PanelError> {
        // Data falls while the clock is high: the beginning.
        self.set(pads, self.data, false)?;
        let mut heard = true;
        for byte in bytes {
            heard &= self.byte(pads, *byte)?;
        }
        // Data rises while the clock is high: the end.
        self.set(pads, self.clock, false)?;
        self.set(pads, self.data, false)?;
        self.set(pads, self.clock, true)?;
        self.set(pads, self.data, true)?;
        Ok(heard)
    }

    fn byte(&self, pads: &mut dyn Pads, byte: u8) -> Result<bool, PanelError> {
        for bit in 0..8 {
            self.set(pads, self.clock, false)?;
            self.set(pads, self.data, byte >> bit & 1 == 1)?;
            self.set(pads, self.clock, true)?;
        }
        self.set(pads, self.clock, false)?;
        self.set(pads, self.data, true)?;
        self.set(pads, self.clock, true)?;
        let heard = !pads.is_high(self.data)?;
        Ok(heard)
    }

    fn set(&self, pads: &mut dyn Pads, pad: usize, high: bool) -> Result<(), PanelError> {
        pads.set(pad, high)?;
        if !self.half_clock.is_zero() {
            std::thread::sleep(self.half_clock);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chip's side of the two lines.
    #[derive(Default)]
    struct Chip {
        clock: bool,
        data: bool,
        bits: Vec<bool>,
        command: Vec<u8>,
        heard: Vec<Vec<u8>>,
        deaf: bool,
    }

    impl Pads for Chip {
        fn set(&mut self, pad: usize, high: bool) -> Result<(), PanelError> {
            let (clock, data) = match pad {
                0 => (high, self.data),
                _ => (self.clock, high),
            };
            if self.clock && clock && self.data && !data {
                self.command.clear();
                self.bits.clear();
            } else if self.clock && clock && !self.data && data {
                self.heard.push(std::mem::take(&mut self.command));
            } else if !self.clock && clock {
                self.bits.push(data);
                if self.bits.len() == 9 {
                    let bits = self.bits.drain(..).take(8).enumerate();
                    let byte = bits.map(|(n, bit)| u8::from(bit) << n).sum();
                    self.command.push(byte);
                }
            }
            (self.clock, self.data) = (clock, data);
            Ok(())
        }

        fn is_high(&mut self, _: usize) -> Result<bool, PanelError> {
            Ok(self.deaf)
        }
    }

    fn display() -> (Display, Chip) {
        let mut display = Display::new(0, 1, 5);
        display.half_clock = Duration::ZERO;
        let chip = Chip {
            clock: true,
            data: true,
            ..Chip::default()
        };
        (display, chip)
    }

    #[test]
    fn the_chip_hears_the_segments_and_the_brightness() {
        let (mut display, mut chip) = display();
        display.write(&mut chip, Some([1, 2, 3, 0xFF])).unwrap();
        let heard: Vec<Vec<u8>> = vec![vec![0x40], vec![0xC0, 1, 2, 3, 0xFF], vec![0x8D]];
        assert_eq!(chip.heard, heard);
        assert_eq!(display.answers, Some(true));
        chip.heard.clear();
        display.write(&mut chip, None).unwrap();
        assert_eq!(chip.heard, [vec![0x80]]);
        assert!(chip.clock && chip.data, "both lines are let go of");
    }

    #[test]
    fn a_display_that_is_not_there_is_noticed_and_harmless() {
        let (mut display, mut chip) = display();
        chip.deaf = true;
        display.write(&mut chip, Some([0; 4])).unwrap();
        assert_eq!(display.answers, Some(false));
    }
}
