//! The panel's vocabulary: inputs are switches, controls are what they mean.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A switch of the panel by its name in the config, for example `pedal` or `hand`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputName(pub String);

/// Whether a switch is closed, after polarity (a normally-closed pedal is `Pressed` when it opens).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A foot or finger is on it.
    Pressed,
    /// Nobody is on it.
    Released,
}

/// What a person does with a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gesture {
    /// Down and up.
    Press,
    /// Held for `long-ms`.
    Long,
    /// Twice within `double-ms`.
    Double,
}

impl Gesture {
    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Gesture::Press => "press",
            Gesture::Long => "long",
            Gesture::Double => "double",
        }
    }
}

/// What the photographer can ask for at the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// Fire for the current serial.
    Pedal,
    /// Move on; never fires.
    Next,
    /// Return to the previous serial; changes no frame.
    Back,
    /// Hold the current serial: `absent` when nothing was shot yet, else `fix`.
    Hold,
    /// The last frame is not to be delivered, whatever its verdict; shoot again.
    Retake,
    /// Overrule a reject; the verdict stays as it was.
    Accept,
    /// Start or end a pause.
    Pause,
    /// A digit 0–9 towards a serial.
    Digit(u8),
    /// Call the serial typed.
    Enter,
    /// Forget the digits typed.
    Clear,
}

impl Control {
    /// Every control, in the order of the operator's page.
    pub const ALL: [Control; 19] = [
        Control::Pedal,
        Control::Next,
        Control::Back,
        Control::Hold,
        Control::Retake,
        Control::Accept,
        Control::Pause,
        Control::Digit(0),
        Control::Digit(1),
        Control::Digit(2),
        Control::Digit(3),
        Control::Digit(4),
        Control::Digit(5),
        Control::Digit(6),
        Control::Digit(7),
        Control::Digit(8),
        Control::Digit(9),
        Control::Enter,
        Control::Clear,
    ];
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Control::Pedal => f.write_str("pedal"),
            Control::Next => f.write_str("next"),
            Control::Back => f.write_str("back"),
            Control::Hold => f.write_str("hold"),
            Control::Retake => f.write_str("retake"),
            Control::Accept => f.write_str("accept"),
            Control::Pause => f.write_str("pause"),
            Control::Digit(n) => write!(f, "digit-{n}"),
            Control::Enter => f.write_str("enter"),
            Control::Clear => f.write_str("clear"),
        }
    }
}

impl FromStr for Control {
    type Err = super::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Control::ALL
            .into_iter()
            .find(|c| c.to_string() == text)
            .ok_or_else(|| super::InvalidId {
                kind: "control",
                text: text.to_owned(),
                expected: "pedal, next, back, hold, retake, accept, pause, digit-0 … digit-9, enter or clear",
            })
    }
}

impl Serialize for Control {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Control {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// One control bound to one gesture on one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// What it means.
    pub control: Control,
    /// On which switch.
    pub input: InputName,
    /// Done how.
    pub gesture: Gesture,
}
