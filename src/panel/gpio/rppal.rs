//! A Raspberry Pi's own registers, by `rppal`: levels at the cost of a memory access, edges from the kernel.
//!
//! Its asynchronous interrupts are not used: they ask the kernel for the line inside a thread of their own, where "busy"
//! stays hidden and a signal ends the thread without a word. The blocking poll tells both. It claims no line that it only
//! drives, so who holds which is asked of the kernel first.

use super::chips;
use super::layout::{Layout, PadKind};
use super::{InputLines, Opened, Pads, RawEdge};
use crate::model::{Line, Pin, Pull};
use crate::panel::PanelError;
use rppal::gpio::{Bias, Error, Gpio, InputPin, IoPin, Level, Mode, OutputPin, Trigger};
use std::time::Duration;

pub(super) fn open(chip: &str, layout: &Layout) -> Result<Opened, PanelError> {
    let gpio = Gpio::new().map_err(|error| unavailable(&error))?;
    chips::places(&chips::open_chip(chip)?, layout)?;
    let inputs = open_inputs(&gpio, layout)?;
    let pads: Result<_, _> = layout
        .pads
        .iter()
        .map(|pad| open_pad(&gpio, &pad.what, &pad.pin, pad.kind))
        .collect();
    Ok((
        "rppal",
        Box::new(inputs),
        Box::new(Registers { pads: pads? }),
    ))
}

fn unavailable(error: &Error) -> PanelError {
    match error {
        Error::UnknownModel => PanelError::NotAPi,
        Error::PermissionDenied(path) => PanelError::NotPermitted { path: path.into() },
        Error::Io(io) if io.kind() == std::io::ErrorKind::PermissionDenied => {
            PanelError::NotPermitted {
                path: "/dev/gpiomem".into(),
            }
        }
        Error::Io(io) if io.kind() == std::io::ErrorKind::NotFound => PanelError::NoChip,
        other => PanelError::failed("opening the GPIO registers", other),
    }
}

/// A line's number; the reader of board files has seen to it that there is one.
fn number(what: &str, pin: &Pin) -> Result<u8, PanelError> {
    let number = match &pin.line {
        Line::Number(number) => u8::try_from(*number).ok(),
        Line::Name(_) => None,
    };
    number.ok_or_else(|| PanelError::NoSuchLine {
        what: what.to_owned(),
        pin: pin.clone(),
        chip: "rppal".to_owned(),
    })
}

fn take(gpio: &Gpio, what: &str, pin: &Pin) -> Result<rppal::gpio::Pin, PanelError> {
    gpio.get(number(what, pin)?).map_err(|error| match error {
        Error::PinUsed(_) => PanelError::Held {
            what: what.to_owned(),
            pin: pin.clone(),
            holder: "this program (\"shutterline\")".to_owned(),
        },
        Error::PinNotAvailable(_) => PanelError::NoSuchLine {
            what: what.to_owned(),
            pin: pin.clone(),
            chip: "this Raspberry Pi".to_owned(),
        },
        other => PanelError::failed(format!("taking {pin}"), &other),
    })
}

struct Inputs {
    gpio: Gpio,
    pins: Vec<InputPin>,
}

fn open_inputs(gpio: &Gpio, layout: &Layout) -> Result<Inputs, PanelError> {
    let mut pins = Vec::new();
    for input in &layout.inputs {
        let pin = take(gpio, &input.what, &input.pin)?;
        let mut pin = match input.pull {
            Pull::Up => pin.into_input_pullup(),
            Pull::Down => pin.into_input_pulldown(),
            Pull::None => pin.into_input(),
        };
        pin.set_interrupt(Trigger::Both, None).map_err(|error| {
            PanelError::failed(format!("asking for edges of {}", input.pin), &error)
        })?;
        pins.push(pin);
    }
    Ok(Inputs {
        gpio: gpio.clone(),
        pins,
    })
}

impl Inputs {
    /// `poll` counts in whole milliseconds.
    fn poll(&mut self, timeout: Duration) -> Result<Option<RawEdge>, PanelError> {
        let pins: Vec<&InputPin> = self.pins.iter().collect();
        let (number, event) = match self.gpio.poll_interrupts(&pins, false, Some(timeout)) {
            Ok(Some((pin, event))) => (pin.pin(), event),
            Ok(None) => return Ok(None),
            Err(Error::Io(io)) if io.kind() == std::io::ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(PanelError::failed("waiting for the switches", &error)),
        };
        let input = self.pins.iter().position(|pin| pin.pin() == number);
        let high = event.trigger == Trigger::RisingEdge;
        let ns = u64::try_from(event.timestamp.as_nanos()).unwrap_or(u64::MAX);
        Ok(input.map(|input| RawEdge::at_monotonic(input, high, ns, event.seqno)))
    }
}

impl InputLines for Inputs {
    fn wait(&mut self, timeout: Duration) -> Result<Option<RawEdge>, PanelError> {
        if self.pins.is_empty() {
            std::thread::sleep(timeout);
            return Ok(None);
        }
        let whole = Duration::from_millis(timeout.as_millis().try_into().unwrap_or(u64::MAX));
        if let Some(edge) = self.poll(whole)? {
            return Ok(Some(edge));
        }
        if timeout.as_millis() > 0 || timeout.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(timeout);
        self.poll(Duration::ZERO)
    }

    fn levels(&mut self, high: &mut Vec<bool>) -> Result<(), PanelError> {
        high.clear();
        high.extend(self.pins.iter().map(InputPin::is_high));
        Ok(())
    }

    fn has_edges(&self) -> bool {
        true
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        // The edges' lines are the kernel's, not the pins': they would stay claimed.
        for pin in &mut self.pins {
            pin.clear_interrupt().ok();
        }
    }
}

enum Register {
    Driven(OutputPin),
    OpenDrain(IoPin),
    Read(InputPin),
}

fn open_pad(gpio: &Gpio, what: &str, pin: &Pin, kind: PadKind) -> Result<Register, PanelError> {
    let pin = take(gpio, what, pin)?;
    Ok(match kind {
        PadKind::Driven { safe_high } => {
            let mut pin = match safe_high {
                true => pin.into_output_high(),
                false => pin.into_output_low(),
            };
            // It stays an output at its safe level: let go of, a lamp that is lit by a low level would glow.
            pin.set_reset_on_drop(false);
            Register::Driven(pin)
        }
        PadKind::OpenDrain => {
            let mut pin = pin.into_io(Mode::Input);
            pin.set_bias(Bias::PullUp);
            Register::OpenDrain(pin)
        }
        PadKind::Read => Register::Read(pin.into_input_pullup()),
    })
}

struct Registers {
    pads: Vec<Register>,
}

impl Pads for Registers {
    fn set(&mut self, pad: usize, high: bool) -> Result<(), PanelError> {
        match (self.pads.get_mut(pad), high) {
            (Some(Register::Driven(pin)), high) => pin.write(Level::from(high)),
            (Some(Register::OpenDrain(pin)), true) => pin.set_mode(Mode::Input),
            (Some(Register::OpenDrain(pin)), false) => {
                // The level first, or it would be driven high for a moment.
                pin.set_low();
                pin.set_mode(Mode::Output);
            }
            (Some(Register::Read(_)) | None, _) => {}
        }
        Ok(())
    }

    fn is_high(&mut self, pad: usize) -> Result<bool, PanelError> {
        Ok(match self.pads.get(pad) {
            Some(Register::Driven(pin)) => pin.is_set_high(),
            Some(Register::OpenDrain(pin)) => pin.is_high(),
            Some(Register::Read(pin)) => pin.is_high(),
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rppal_says_names_the_next_step() {
        let said = |error: Error| unavailable(&error).to_string();
        assert!(said(Error::UnknownModel).contains("driver = \"cdev\""));
        let denied = Error::PermissionDenied("/dev/gpiomem".into());
        assert!(said(denied).contains("group gpio"));
        let missing = std::io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(unavailable(&Error::Io(missing)), PanelError::NoChip);
    }

    #[test]
    fn a_machine_that_is_no_pi_has_no_such_registers() {
        // On a Raspberry Pi there is nothing to see here.
        if Gpio::new().is_ok() {
            return;
        }
        let layout = Layout {
            inputs: Vec::new(),
            pads: Vec::new(),
            outputs: Vec::new(),
            keypad: None,
            display: None,
        };
        assert!(open("pinctrl-bcm2711", &layout).is_err());
    }
}
