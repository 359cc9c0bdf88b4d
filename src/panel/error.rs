//! Why pins cannot be had, in words that name pin, holder and remedy.

use crate::model::Pin;
use std::path::PathBuf;

/// A panel that cannot be opened, or that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// No GPIO chip at all.
    #[error(
        "this machine has no GPIO chip (no /dev/gpiochip0); run it on a board, load its GPIO driver, or write [panel] driver = \"sim\""
    )]
    NoChip,
    /// Chips, but not that one.
    #[error("no GPIO chip is called \"{wanted}\"; this machine has {}; correct `chip` in the board's file", found.join(", "))]
    NoSuchChip {
        /// As the board's file names it.
        wanted: String,
        /// The chips there are, `path (label)`.
        found: Vec<String>,
    },
    /// The device may not be opened.
    #[error("not permitted to open {}; make its user a member of the group gpio (sudo usermod -aG gpio USER, then log in anew), or give the unit SupplementaryGroups=gpio and DeviceAllow={} rw", path.display(), path.display())]
    NotPermitted {
        /// Which device.
        path: PathBuf,
    },
    /// A number beyond the chip's last line.
    #[error("{what}: {pin} is out of range, {chip} has the lines 0 to {}; correct it in the board's file", lines.saturating_sub(1))]
    OutOfRange {
        /// What is wired to it, as the board's file says.
        what: String,
        /// Where.
        pin: Pin,
        /// The chip's label.
        chip: String,
        /// How many lines it has.
        lines: u32,
    },
    /// A name that no line has.
    #[error("{what}: {chip} has no {pin}; `gpioinfo` lists the names")]
    NoSuchLine {
        /// What is wired to it.
        what: String,
        /// Where.
        pin: Pin,
        /// The chip's label.
        chip: String,
    },
    /// Another program, or a driver of the kernel, has the line.
    #[error("{what}: {pin} is held by {holder}; {}", remedy(holder))]
    Held {
        /// What is wired to it.
        what: String,
        /// Where.
        pin: Pin,
        /// Its consumer, as the kernel tells.
        holder: String,
    },
    /// `rppal` does not know this machine.
    #[error("rppal does not know this machine as a Raspberry Pi; write [panel] driver = \"cdev\"")]
    NotAPi,
    /// `auto`, and nobody knows the machine.
    #[error("no board's file is for \"{model}\"; name one in [panel] board, for a start a copy of the one most alike ({})", known.join(", "))]
    UnknownBoard {
        /// What the device tree says it is.
        model: String,
        /// The shipped boards.
        known: Vec<String>,
    },
    /// A driver is wanted, and nothing says for which board.
    #[error(
        "this machine does not say what it is (no device tree); name a board's file in [panel] board"
    )]
    NoModel,
    /// The pins failed while they were open, or could not be set up.
    #[error("{doing} failed: {message}; check the wiring, `shutterline doctor` says more")]
    Failed {
        /// What was done.
        doing: String,
        /// The system's words.
        message: String,
    },
}

/// A line that is held by one of ours is freed otherwise than one of the kernel's.
fn remedy(holder: &str) -> &'static str {
    if holder.contains("shutterline") || holder.contains("RPPAL") {
        "a station or a `shutterline panel` command runs already: stop it (systemctl stop shutterline)"
    } else {
        "stop that program or switch that interface off (on a Raspberry Pi in config.txt), or wire it to another line"
    }
}

impl PanelError {
    /// A failure while `doing` something.
    pub(super) fn failed(doing: impl Into<String>, error: &dyn std::error::Error) -> Self {
        // libraries wrap the system's words; the innermost says most
        let causes = std::iter::successors(error.source(), |e| e.source());
        let message = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
        PanelError::Failed {
            doing: doing.into(),
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Line;

    #[test]
    fn a_held_line_names_pin_holder_and_remedy() {
        let held = |holder: &str| {
            let error = PanelError::Held {
                what: "inputs.pedal".into(),
                pin: Pin {
                    line: Line::Number(7),
                    header: Some(26),
                },
                holder: holder.into(),
            };
            error.to_string()
        };
        let said = held("\"spi0 CS1\"");
        for part in [
            "inputs.pedal",
            "line 7 (header pin 26)",
            "spi0 CS1",
            "wire it to",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        assert!(held("\"shutterline\"").contains("systemctl stop"));
    }

    #[test]
    fn a_missing_permission_names_the_group_and_the_unit() {
        let error = PanelError::NotPermitted {
            path: "/dev/gpiochip0".into(),
        };
        let said = error.to_string();
        for part in [
            "/dev/gpiochip0",
            "group gpio",
            "usermod -aG gpio",
            "DeviceAllow",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
}
