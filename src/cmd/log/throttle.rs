//! No place in the code gets more than its share of lines: a camera that fails fifty times a second must not fill the card,
//! nor push out of the journal what happened before.

use crate::clock;
use crate::model::Millis;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tracing::callsite::Identifier;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Context;

/// Lines of one place in the code within [`WINDOW`]. A student is shot a handful of times in that span, and a shot logs a
/// few lines from different places; only a fault in a loop comes near.
const SHARE: u32 = 50;

/// What the share is counted over.
const WINDOW: Millis = Millis(10_000);

/// Where our own remark comes from: it is never throttled.
const OWN: &str = "shutterline::throttle";

/// Lets through each place's share.
#[derive(Default)]
pub(super) struct Throttle {
    places: Mutex<HashMap<Identifier, Place>>,
}

/// A place in the code.
#[derive(Debug, Default, PartialEq, Eq)]
struct Place {
    since: Millis,
    let_through: u32,
    left_out: u64,
}

impl Place {
    /// Whether a line may go, and how many were left out in the window that it ends.
    fn admit(&mut self, now: Millis) -> (bool, u64) {
        let mut told = 0;
        if self.let_through == 0 || now.since(self.since) >= WINDOW {
            told = self.left_out;
            *self = Self {
                since: now,
                ..Self::default()
            };
        }
        let goes = self.let_through < SHARE;
        if goes {
            self.let_through += 1;
        } else {
            self.left_out += 1;
        }
        (goes, told)
    }
}

impl<S: Subscriber> tracing_subscriber::Layer<S> for Throttle {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let meta = event.metadata();
        if meta.target() == OWN {
            return true;
        }
        let now = clock::boot_time();
        let (goes, left_out) = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.entry(meta.callsite()).or_default().admit(now)
        };
        if left_out > 0 {
            let at = format!(
                "{}:{}",
                meta.file().unwrap_or("?"),
                meta.line().unwrap_or(0)
            );
            tracing::warn!(target: OWN, at, left_out, "lines were left out: too many from one place");
        }
        goes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_told_and_a_trickle_is_not() {
        let mut place = Place::default();
        let at = |ms: u64| Millis(1_000_000 + ms);
        let went = (0..200).filter(|n| place.admit(at(*n)).0).count();
        assert_eq!(went, SHARE as usize);
        assert_eq!(place.admit(at(9_000)), (false, 0));
        assert_eq!(
            place.admit(at(10_000)),
            (true, 151),
            "the next window tells"
        );
        assert_eq!(place.admit(at(10_001)), (true, 0));
        let mut slow = Place::default();
        assert!((0..1000).all(|n| slow.admit(at(n * 300)) == (true, 0)));
    }
}
