//! Who sat in the chair when: the ground on which a frame without a request gets its owner (I1).

use crate::model::{Millis, Serial, SessionId};

/// Who is shot, if anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seat {
    /// No session, or the end of the queue.
    Nobody,
    /// Paused, or a test shot is outstanding: what is shot belongs to nobody.
    Testing,
    /// A serial of a session.
    Taken(SessionId, Serial),
}

/// Every change of the seat since the station started. A venue day has some thousand.
#[derive(Debug, Default)]
pub(super) struct History {
    seats: Vec<(Millis, Seat)>,
}

impl History {
    /// From `at` on, `seat`. Nothing is noted if that is so already.
    pub(super) fn note(&mut self, at: Millis, seat: Seat) {
        if self.seats.last().is_some_and(|(_, last)| *last == seat) {
            return;
        }
        // Events come in order; a clock read a hair earlier must not break the search below.
        let at = self.seats.last().map_or(at, |(last, _)| at.max(*last));
        self.seats.push((at, seat));
    }

    /// Every seat between `from` and `to`, both included, latest first. The first seat noted held
    /// before the station started too: the chair only moves through the station.
    pub(super) fn between(&self, from: Millis, to: Millis) -> Vec<&Seat> {
        let end = self.seats.partition_point(|(at, _)| *at <= to).max(1);
        // A change in the very millisecond of `from` may have come after it.
        let start = self.seats.partition_point(|(at, _)| *at < from);
        self.seats
            .get(start.saturating_sub(1)..end.min(self.seats.len()))
            .unwrap_or_default()
            .iter()
            .rev()
            .map(|(_, seat)| seat)
            .collect()
    }

    /// When the present seat was taken.
    pub(super) fn since(&self) -> Millis {
        self.seats.last().map_or(Millis(0), |(at, _)| *at)
    }

    /// The last serial of `session` seated at or before `at`.
    pub(super) fn last_serial(&self, session: &SessionId, at: Millis) -> Option<Serial> {
        let end = self.seats.partition_point(|(since, _)| *since <= at);
        self.seats[..end]
            .iter()
            .rev()
            .find_map(|(_, seat)| match seat {
                Seat::Taken(of, serial) if of == session => Some(*serial),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(serial: u32) -> Seat {
        Seat::Taken(SessionId("k-s1".into()), Serial(serial))
    }

    #[test]
    fn a_window_shows_everybody_who_sat_in_it() {
        let mut history = History::default();
        history.note(Millis(100), seat(1));
        history.note(Millis(200), seat(2));
        history.note(Millis(300), Seat::Testing);
        assert_eq!(history.between(Millis(0), Millis(50)), [&seat(1)]);
        assert_eq!(history.between(Millis(110), Millis(199)), [&seat(1)]);
        assert_eq!(
            history.between(Millis(199), Millis(200)),
            [&seat(2), &seat(1)]
        );
        assert_eq!(
            history.between(Millis(250), Millis(900)),
            [&Seat::Testing, &seat(2)]
        );
        let session = SessionId("k-s1".into());
        assert_eq!(history.last_serial(&session, Millis(900)), Some(Serial(2)));
    }
}
