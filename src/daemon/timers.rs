//! Timers of the station, by name and by due time.

use crate::model::Millis;
use crate::station::TimerId;
use std::collections::{BTreeSet, HashMap};

/// What rings when.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_time: BTreeSet<(Millis, TimerId)>,
    by_id: HashMap<TimerId, Millis>,
}

impl Timers {
    /// Ring `id` at `at`; moves it if it was set.
    pub(super) fn set(&mut self, id: TimerId, at: Millis) {
        self.cancel(&id);
        self.by_id.insert(id.clone(), at);
        self.by_time.insert((at, id));
    }

    /// Do not ring.
    pub(super) fn cancel(&mut self, id: &TimerId) {
        if let Some(at) = self.by_id.remove(id) {
            self.by_time.remove(&(at, id.clone()));
        }
    }

    /// When the next one rings.
    pub(super) fn next(&self) -> Option<Millis> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// The earliest one that is due, taken out.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<TimerId> {
        let (at, id) = self.by_time.first()?.clone();
        if at > now {
            return None;
        }
        self.cancel(&id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_set_anew_rings_once_at_its_new_time() {
        let mut timers = Timers::default();
        timers.set(TimerId::Request, Millis(10));
        timers.set(TimerId::Settled, Millis(15));
        timers.set(TimerId::Request, Millis(20));
        assert_eq!(timers.next(), Some(Millis(15)));
        assert_eq!(timers.take_due(Millis(30)), Some(TimerId::Settled));
        assert_eq!(timers.take_due(Millis(30)), Some(TimerId::Request));
        assert_eq!(timers.take_due(Millis(30)), None);
    }
}
