//! When and by whom: what every event row carries (I7).

use super::{BootId, Millis, WallMs};
use serde::{Deserialize, Serialize};

/// A moment by both clocks. These boards have no clock battery, so the wall clock may read 2000-01-01 until the network is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Which boot `mono` counts from.
    pub boot: BootId,
    /// The boot-time clock.
    pub mono: Millis,
    /// The wall clock as it read then.
    pub wall: WallMs,
    /// Whether the kernel said that the wall clock was synchronised.
    pub trusted: bool,
}

/// Who caused a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The foot pedal.
    Pedal,
    /// Any other button of the panel.
    Button,
    /// The clerk's desk.
    Desk,
    /// A person at the command line or the API.
    Technician,
    /// The camera's own button.
    Camera,
    /// The station by itself: a timer, a recovery, a start.
    Station,
}

impl Actor {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Actor::Pedal => "pedal",
            Actor::Button => "button",
            Actor::Desk => "desk",
            Actor::Technician => "technician",
            Actor::Camera => "camera",
            Actor::Station => "station",
        }
    }
}
