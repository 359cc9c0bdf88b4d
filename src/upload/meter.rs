//! What one attempt has moved: by it a transfer that hangs is told from one that is slow, and the rate is known.

use super::brake::{Brake, Limits};
use super::quiet::Quiet;
use crate::clock;
use crate::model::{Millis, Status};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The rate is that of the last so many seconds.
const WINDOW_S: u64 = 30;

/// Bytes a second towards a destination.
#[derive(Debug, Default)]
pub(super) struct Rate(Mutex<VecDeque<(u64, u64)>>);

impl Rate {
    fn add(&self, now: Millis, bytes: u64) {
        let second = now.0 / 1000;
        let mut seconds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seconds.back_mut() {
            Some(last) if last.0 == second => last.1 += bytes,
            _ => seconds.push_back((second, bytes)),
        }
        while seconds.len() > WINDOW_S as usize {
            seconds.pop_front();
        }
    }

    /// Over the seconds of the last half minute since something was sent, this one left out unless it is all there is.
    pub(super) fn at(&self, now: Millis) -> u64 {
        let second = now.0 / 1000;
        let seconds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |s: &&(u64, u64)| s.0 + WINDOW_S > second;
        let Some(first) = seconds.iter().find(recent).map(|s| s.0) else {
            return 0;
        };
        let total: u64 = seconds.iter().filter(recent).map(|s| s.1).sum();
        // Something may have moved since the look at the clock.
        total / (second.saturating_sub(first) + 1)
    }
}

/// One that nobody holds back, for so little that nobody waits for it.
pub(super) fn idle() -> Arc<Meter> {
    let (_, nobody) = watch::channel(Status::default());
    let brake = Brake::new(Quiet::while_shooting(nobody), Limits::default());
    Meter::new(Arc::new(brake), Arc::default())
}

/// One attempt's.
#[derive(Debug)]
pub(super) struct Meter {
    brake: Arc<Brake>,
    rate: Arc<Rate>,
    moved: AtomicU64,
    held: AtomicBool,
    /// The HTTP status that the last request was answered with; 0 while it is not.
    status: AtomicU16,
}

impl Meter {
    pub(super) fn new(brake: Arc<Brake>, rate: Arc<Rate>) -> Arc<Self> {
        Arc::new(Self {
            brake,
            rate,
            moved: AtomicU64::new(0),
            held: AtomicBool::new(false),
            status: AtomicU16::new(0),
        })
    }

    /// Waits until some bytes may go, and counts them.
    pub(super) async fn pass(&self, bytes: usize) {
        self.held.store(true, Ordering::Relaxed);
        self.brake.pass(bytes).await;
        self.held.store(false, Ordering::Relaxed);
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
        self.rate.add(clock::boot_time(), bytes as u64);
    }

    /// A request sets out: what an earlier one was answered says nothing of it.
    pub(super) fn asks(&self) {
        self.status.store(0, Ordering::Relaxed);
    }

    /// Something was done that moves no bytes to or fro; waits until the venue lets it go on.
    pub(super) async fn step(&self) {
        self.held.store(true, Ordering::Relaxed);
        self.brake.quiet().await;
        self.held.store(false, Ordering::Relaxed);
        self.moved.fetch_add(1, Ordering::Relaxed);
    }

    /// A server answered.
    pub(super) fn answered(&self, status: u16) {
        self.moved.fetch_add(1, Ordering::Relaxed);
        self.status.store(status, Ordering::Relaxed);
    }

    /// The HTTP status that the last request was answered with; `None` where it was not.
    pub(super) fn status(&self) -> Option<u16> {
        Some(self.status.load(Ordering::Relaxed)).filter(|s| *s > 0)
    }

    /// Returns once nothing has moved for that long, except because it was held back here.
    pub(super) async fn hangs(&self, patience: Millis) {
        loop {
            let before = self.moved.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(patience.0)).await;
            let held = self.held.load(Ordering::Relaxed);
            if !held && self.moved.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_that_of_the_last_request() {
        let meter = idle();
        assert_eq!(meter.status(), None);
        meter.answered(403);
        assert_eq!(meter.status(), Some(403));
        meter.asks();
        assert_eq!(meter.status(), None, "the next one was not answered");
    }

    #[test]
    fn the_rate_is_that_of_the_last_half_minute() {
        let rate = Rate::default();
        assert_eq!(rate.at(Millis(5_000)), 0);
        rate.add(Millis(10_000), 1_000);
        rate.add(Millis(10_900), 1_000);
        assert_eq!(rate.at(Millis(10_950)), 2_000);
        rate.add(Millis(11_000), 4_000);
        assert_eq!(rate.at(Millis(11_999)), 3_000);
        assert_eq!(rate.at(Millis(9_999)), 6_000, "moved since the look");
        assert_eq!(rate.at(Millis(15_000)), 1_000);
        assert_eq!(rate.at(Millis(60_000)), 0);
    }
}
