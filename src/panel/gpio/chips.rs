//! The machine's GPIO chips: which one a board means, and whether its lines can be had.

use super::layout::Layout;
use crate::model::{Line, Pin};
use crate::panel::PanelError;
use gpiocdev::Chip;
use std::path::{Path, PathBuf};

/// A chip that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    path: PathBuf,
    /// Its label; `None` where the device may not be opened.
    label: Option<String>,
}

/// What the kernel says of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LineState {
    used: bool,
    consumer: String,
}

/// Opens the chip with this label or path.
pub(super) fn open_chip(wanted: &str) -> Result<Chip, PanelError> {
    let path = match Path::new(wanted).is_absolute() {
        true => PathBuf::from(wanted),
        false => choose(&look(Path::new("/dev")), wanted)?,
    };
    if !path.exists() {
        return Err(choose(&look(Path::new("/dev")), wanted)
            .err()
            .unwrap_or(PanelError::NoChip));
    }
    Chip::from_path(&path).map_err(|error| match denied(&error) {
        true => PanelError::NotPermitted { path: path.clone() },
        false => PanelError::failed(format!("opening {}", path.display()), &error),
    })
}

/// EPERM or EACCES: the file's mode, or the unit's DeviceAllow.
fn denied(error: &gpiocdev::Error) -> bool {
    let code = match error {
        gpiocdev::Error::Os(errno) => errno.0,
        _ => return false,
    };
    [libc::EPERM, libc::EACCES].contains(&code)
}

/// The GPIO chips below `dev`, in the order of their numbers.
fn look(dev: &Path) -> Vec<Found> {
    let number = |path: &Path| -> Option<u32> {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("gpiochip")?.parse().ok()
    };
    let entries = std::fs::read_dir(dev).into_iter().flatten().flatten();
    let mut chips: Vec<(u32, PathBuf)> = entries
        .map(|e| e.path())
        .filter_map(|path| Some((number(&path)?, path)))
        .collect();
    chips.sort();
    let found = chips.into_iter().filter_map(|(_, path)| {
        let label = match Chip::from_path(&path).and_then(|chip| chip.info()) {
            Ok(info) => Some(info.label),
            Err(error) if denied(&error) => None,
            // no chip after all
            Err(_) => return None,
        };
        Some(Found { path, label })
    });
    found.collect()
}

/// The chip that is meant.
fn choose(found: &[Found], wanted: &str) -> Result<PathBuf, PanelError> {
    if found.is_empty() {
        return Err(PanelError::NoChip);
    }
    if let Some(chip) = found.iter().find(|c| c.label.as_deref() == Some(wanted)) {
        return Ok(chip.path.clone());
    }
    match found.iter().find(|c| c.label.is_none()) {
        Some(closed) => Err(PanelError::NotPermitted {
            path: closed.path.clone(),
        }),
        None => Err(PanelError::NoSuchChip {
            wanted: wanted.to_owned(),
            found: found
                .iter()
                .map(|c| {
                    let label = c.label.as_deref().unwrap_or_default();
                    format!("{} ({label})", c.path.display())
                })
                .collect(),
        }),
    }
}

/// Where the lines of a layout are in a chip, inputs first, then pads; every one of them free.
pub(super) fn places(chip: &Chip, layout: &Layout) -> Result<(Vec<u32>, Vec<u32>), PanelError> {
    let info = chip
        .info()
        .map_err(|error| PanelError::failed("asking the GPIO chip", &error))?;
    let place = |what: &str, pin: &Pin| -> Result<u32, PanelError> {
        let named = |name: &str| chip.find_line_info(name).map(|line| line.offset);
        let offset = offset_of(what, pin, &info.label, info.num_lines, named)?;
        let line = chip
            .line_info(offset)
            .map_err(|error| PanelError::failed(format!("asking for {pin}"), &error))?;
        let state = LineState {
            used: line.used,
            consumer: line.consumer,
        };
        free(what, pin, &state)?;
        Ok(offset)
    };
    let inputs = layout.inputs.iter().map(|i| place(&i.what, &i.pin));
    let inputs = inputs.collect::<Result<_, _>>()?;
    let pads = layout.pads.iter().map(|p| place(&p.what, &p.pin));
    Ok((inputs, pads.collect::<Result<_, _>>()?))
}

fn offset_of(
    what: &str,
    pin: &Pin,
    chip: &str,
    lines: u32,
    named: impl Fn(&str) -> Option<u32>,
) -> Result<u32, PanelError> {
    match &pin.line {
        Line::Number(number) if *number < lines => Ok(*number),
        Line::Number(_) => Err(PanelError::OutOfRange {
            what: what.to_owned(),
            pin: pin.clone(),
            chip: chip.to_owned(),
            lines,
        }),
        Line::Name(name) => named(name).ok_or_else(|| PanelError::NoSuchLine {
            what: what.to_owned(),
            pin: pin.clone(),
            chip: chip.to_owned(),
        }),
    }
}

/// A line that is in use belongs to somebody whom the kernel names.
fn free(what: &str, pin: &Pin, state: &LineState) -> Result<(), PanelError> {
    if !state.used {
        return Ok(());
    }
    let holder = match &*state.consumer {
        "" => "the kernel or a program without a name".to_owned(),
        name => format!("\"{name}\""),
    };
    Err(PanelError::Held {
        what: what.to_owned(),
        pin: pin.clone(),
        holder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(number: u32) -> Pin {
        Pin {
            line: Line::Number(number),
            header: Some(11),
        }
    }

    fn chip(number: u32, label: Option<&str>) -> Found {
        Found {
            path: format!("/dev/gpiochip{number}").into(),
            label: label.map(str::to_owned),
        }
    }

    #[test]
    fn a_machine_without_a_chip_is_told_so() {
        let dev = tempfile::tempdir().unwrap();
        // What only looks like one is none.
        std::fs::write(dev.path().join("gpiochip0"), "").unwrap();
        std::fs::write(dev.path().join("gpiochip-x"), "").unwrap();
        let found = look(dev.path());
        assert_eq!(found, []);
        let error = choose(&found, "pinctrl-bcm2711").unwrap_err();
        assert_eq!(error, PanelError::NoChip);
    }

    #[test]
    fn a_chip_is_chosen_by_its_label() {
        let found = [
            chip(0, Some("raspberrypi-exp-gpio")),
            chip(4, Some("pinctrl-rp1")),
        ];
        let path = choose(&found, "pinctrl-rp1").unwrap();
        assert_eq!(path, Path::new("/dev/gpiochip4"));
        let said = choose(&found, "pinctrl-bcm2711").unwrap_err().to_string();
        for part in [
            "pinctrl-bcm2711",
            "/dev/gpiochip4 (pinctrl-rp1)",
            "correct `chip`",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }

    #[test]
    fn a_chip_that_may_not_be_opened_may_be_the_one() {
        let found = [chip(0, None), chip(1, Some("other"))];
        let error = choose(&found, "pinctrl-bcm2711").unwrap_err();
        let path = "/dev/gpiochip0".into();
        assert_eq!(error, PanelError::NotPermitted { path });
        assert!(choose(&found, "other").is_ok());
        for code in [libc::EPERM, libc::EACCES] {
            let error = std::io::Error::from_raw_os_error(code);
            assert!(denied(&gpiocdev::Error::from(error)));
        }
        let missing = std::io::Error::from_raw_os_error(libc::ENOENT);
        assert!(!denied(&gpiocdev::Error::from(missing)));
    }

    #[test]
    fn a_pin_out_of_range_is_named() {
        let nobody = |_: &str| None;
        assert_eq!(
            offset_of("inputs.pedal", &pin(31), "chip", 32, nobody),
            Ok(31)
        );
        let error = offset_of("inputs.pedal", &pin(32), "chip", 32, nobody).unwrap_err();
        let said = error.to_string();
        for part in [
            "inputs.pedal",
            "line 32 (header pin 11)",
            "chip has the lines 0 to 31",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let named = Pin {
            line: Line::Name("PIN_11".into()),
            header: None,
        };
        let error = offset_of("inputs.pedal", &named, "chip", 32, nobody).unwrap_err();
        assert!(error.to_string().contains("chip has no line \"PIN_11\""));
        let eleven = |name: &str| (name == "PIN_11").then_some(7);
        assert_eq!(offset_of("inputs.pedal", &named, "chip", 32, eleven), Ok(7));
    }

    #[test]
    fn a_line_in_use_names_its_holder() {
        let state = |used, consumer: &str| LineState {
            used,
            consumer: consumer.into(),
        };
        assert_eq!(free("inputs.pedal", &pin(7), &state(false, "")), Ok(()));
        let said = |consumer| {
            let error = free("inputs.pedal", &pin(7), &state(true, consumer));
            error.unwrap_err().to_string()
        };
        assert!(said("spi0 CS1").contains("held by \"spi0 CS1\""));
        assert!(said("").contains("held by the kernel or a program"));
    }
}
