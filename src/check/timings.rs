//! How long each phase took, by the caller's clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A clock that only ever goes forward, in microseconds from anywhere.
pub type Microseconds = fn() -> u64;

/// Phases that ended so far; those that ran side by side add up to more than the whole.
#[derive(Debug)]
pub(super) struct Timings {
    clock: Option<Microseconds>,
    phases: Mutex<BTreeMap<String, f64>>,
}

impl Timings {
    /// By that clock; without one nothing is noted.
    pub(super) fn new(clock: Option<Microseconds>) -> Self {
        Timings {
            clock,
            phases: Mutex::default(),
        }
    }

    /// Does it, and notes how long it took. A phase that comes twice is added up.
    pub(super) fn of<T>(&self, phase: &str, work: impl FnOnce() -> T) -> T {
        let Some(clock) = self.clock else {
            return work();
        };
        let began = clock();
        let done = work();
        let took = clock().saturating_sub(began) as f64 / 1000.0;
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        *phases.entry(phase.to_owned()).or_default() += took;
        done
    }

    /// Milliseconds by phase.
    pub(super) fn into_ms(self) -> BTreeMap<String, f64> {
        self.phases
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
