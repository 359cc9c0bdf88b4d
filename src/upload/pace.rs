//! How fast, and how patiently.

use crate::model::Millis;

/// The outbox worker's patience; filled from the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The wait after a first failure is drawn from 0 to this.
    pub backoff_first: Millis,
    /// The span to draw from doubles with each failure, up to this.
    pub backoff_max: Millis,
    /// Files sent side by side to each destination.
    pub parallel: u32,
    /// An attempt in which nothing moves for this long is given up: a share or a server that is gone may otherwise block
    /// for ever. A slow line does not end it.
    pub patience: Millis,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            backoff_first: Millis(2_000),
            backoff_max: Millis(300_000),
            parallel: 2,
            patience: Millis(60_000),
        }
    }
}

impl Pace {
    /// The wait after `failures` failures in a row (at least one), with full jitter: `draw` is random,
    /// from 0 to 1. Stations that lost the same server at the same moment do not come back at the same moment.
    pub fn backoff(&self, failures: u32, draw: f64) -> Millis {
        let doublings = failures.saturating_sub(1).min(63);
        let span = self.backoff_first.0.saturating_mul(1 << doublings);
        let span = span.min(self.backoff_max.0);
        Millis((span as f64 * draw.clamp(0.0, 1.0)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        backoff_first: Millis(100),
        backoff_max: Millis(1_000),
        parallel: 1,
        patience: Millis(1),
    };

    #[test]
    fn the_span_doubles_up_to_its_end() {
        let spans: Vec<u64> = (1..=6).map(|n| PACE.backoff(n, 1.0).0).collect();
        assert_eq!(spans, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(PACE.backoff(u32::MAX, 1.0), Millis(1000));
    }

    #[test]
    fn the_jitter_is_full() {
        assert_eq!(PACE.backoff(3, 0.0), Millis(0));
        assert_eq!(PACE.backoff(3, 0.5), Millis(200));
    }
}
