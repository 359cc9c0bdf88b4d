//! Alarms: what a human must look at. They stand until they are handled.

use super::Station;
use crate::model::{Actor, EventKind, Serial, Tune};
use serde_json::json;
use std::fmt;

/// One alarm; its text is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// A reject came after its student had left: call this serial back.
    LateReject(Serial),
    /// Left without a good frame.
    Unfinished(Serial),
    /// More shots than the policy expects.
    TooManyShots(Serial),
    /// The equipment is not what it was; by the reason.
    Equipment(&'static str),
    /// A reason rejects too many: light or limits are wrong.
    Often(&'static str),
    /// A download keeps failing: the frame is on the camera's card only.
    NotDownloaded,
    /// The data folder's disk fills up; the station shoots on for a while.
    StorageLow,
    /// Another shot long after a pass, while others wait: forgot to move on?
    Advance,
}

impl Alarm {
    fn serial(self) -> Option<Serial> {
        match self {
            Alarm::LateReject(s) | Alarm::Unfinished(s) | Alarm::TooManyShots(s) => Some(s),
            Alarm::Equipment(_)
            | Alarm::Often(_)
            | Alarm::NotDownloaded
            | Alarm::StorageLow
            | Alarm::Advance => None,
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alarm::LateReject(serial) => write!(f, "late-reject {serial}"),
            Alarm::Unfinished(serial) => write!(f, "unfinished {serial}"),
            Alarm::TooManyShots(serial) => write!(f, "too-many-shots {serial}"),
            Alarm::Equipment(reason) => write!(f, "equipment {reason}"),
            Alarm::Often(reason) => write!(f, "often {reason}"),
            Alarm::NotDownloaded => f.write_str("not-downloaded"),
            Alarm::StorageLow => f.write_str("storage-low"),
            Alarm::Advance => f.write_str("advance?"),
        }
    }
}

impl Station {
    /// Raises an alarm; one that stands already stays as it is.
    pub(super) fn alarm(&mut self, alarm: Alarm) {
        if !self.alarms.insert(alarm) {
            return;
        }
        let kind = match alarm {
            Alarm::LateReject(_) => EventKind::LateReject,
            _ => EventKind::Alarm,
        };
        let serial = match (alarm, self.stuck_file()) {
            (Alarm::NotDownloaded, Some((_, serial))) => serial,
            (Alarm::StorageLow, _) => None,
            _ => alarm.serial().or(self.current()),
        };
        let entry = self.event(Actor::Station, kind).serial(serial);
        self.commit(entry.detail(json!({"alarm": self.alarm_text(alarm)})));
        // Heard even at the end of the day: the student is on the way out, without a good frame or without any.
        if matches!(alarm, Alarm::LateReject(_) | Alarm::NotDownloaded)
            || self.queue.somebody_waits()
        {
            self.sound(Tune::Alarm);
        }
    }

    /// An alarm as people read it: with the share that a frequent reason has, `often shine 7/30`; with the file that does
    /// not come and whose it is, `not-downloaded DSC_0042.JPG 7`.
    pub(super) fn alarm_text(&self, alarm: Alarm) -> String {
        match alarm {
            Alarm::Often(reason) => {
                let (hit, of) = self.often.get(reason).copied().unwrap_or_default();
                format!("{alarm} {hit}/{of}")
            }
            Alarm::NotDownloaded => match self.stuck_file() {
                Some((key, Some(serial))) => format!("{alarm} {} {serial}", key.name),
                Some((key, None)) => format!("{alarm} {}", key.name),
                None => alarm.to_string(),
            },
            _ => alarm.to_string(),
        }
    }

    /// Every download went through after all, or its frame was given up.
    pub(super) fn drop_download_alarm(&mut self) {
        if self.stuck_file().is_none() {
            self.alarms.remove(&Alarm::NotDownloaded);
        }
    }

    /// The chair changes: what was about this sitting is over.
    pub(super) fn drop_sitting_alarms(&mut self) {
        self.alarms
            .retain(|a| !matches!(a, Alarm::TooManyShots(_) | Alarm::Advance));
    }

    /// The serial is in the chair again, has its frame, or was put off: nobody has to call it back.
    pub(super) fn drop_alarms_of(&mut self, serial: Serial) {
        self.alarms.remove(&Alarm::LateReject(serial));
        self.alarms.remove(&Alarm::Unfinished(serial));
    }
}
