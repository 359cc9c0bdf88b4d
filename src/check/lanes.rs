//! How many things may be done at once, told by the caller: the room starts no threads itself.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Does two things, at the same time if it can.
pub trait Lanes: Send + Sync {
    /// Both results, when both are there.
    fn both<A: Send, B: Send>(
        &self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B);
}

/// One after the other, on the caller's thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneLane;

impl Lanes for OneLane {
    fn both<A: Send, B: Send>(
        &self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        (a(), b())
    }
}

/// Does that with each of these, the first ones first: whichever lane is free takes the next. What comes of them is in their own order,
/// whichever lane did it.
pub(super) fn each<T: Sync, R: Send>(
    lanes: &impl Lanes,
    of: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let lane = || {
        let take = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            of.get(at).map(|one| (at, work(one)))
        };
        std::iter::from_fn(take).collect::<Vec<_>>()
    };
    let (mut done, others) = lanes.both(lane, lane);
    done.extend(others);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Something that either lane may do as soon as there is what it needs, and that one of them does.
#[derive(Debug)]
pub(super) struct Errand<T> {
    taken: AtomicBool,
    done: OnceLock<T>,
}

impl<T> Default for Errand<T> {
    fn default() -> Self {
        Errand {
            taken: AtomicBool::new(false),
            done: OnceLock::new(),
        }
    }
}

impl<T> Errand<T> {
    /// Does it, if what it needs is there and nobody else has begun it.
    pub(super) fn take<I>(&self, needs: Option<I>, work: impl FnOnce(I) -> T) {
        let Some(needs) = needs else { return };
        if !self.taken.swap(true, Ordering::Relaxed) {
            self.done.get_or_init(|| work(needs));
        }
    }

    /// What came of it; where neither lane took it, it is done now.
    pub(super) fn result(self, work: impl FnOnce() -> T) -> T {
        self.done.into_inner().unwrap_or_else(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    /// Two threads, as a caller may have them.
    struct Two;

    impl Lanes for Two {
        fn both<A: Send, B: Send>(
            &self,
            a: impl FnOnce() -> A + Send,
            b: impl FnOnce() -> B + Send,
        ) -> (A, B) {
            std::thread::scope(|scope| {
                let a = scope.spawn(a);
                let b = b();
                (a.join().unwrap(), b)
            })
        }
    }

    #[test]
    fn each_is_done_once_and_told_in_order() {
        let numbers = [0, 1, 2, 3u64];
        assert_eq!(each(&OneLane, &numbers, |n| n * n), [0, 1, 4, 9]);
        // Two at a time, so that each lane has one of the first two and one of the last.
        let pair = Barrier::new(2);
        let together = |n: &u64| {
            pair.wait();
            n * n
        };
        assert_eq!(each(&Two, &numbers, together), [0, 1, 4, 9]);
        assert!(each(&Two, &[], |n: &u64| n * n).is_empty());
    }

    #[test]
    fn an_errand_waits_for_what_it_needs_and_is_done_once() {
        let errand = Errand::default();
        errand.take(None, |n: u32| n + 1);
        errand.take(Some(1), |n| n + 1);
        errand.take(Some(5), |_| panic!("a second time"));
        assert_eq!(errand.result(|| panic!("a third time")), 2);
        assert_eq!(Errand::default().result(|| 7), 7);
    }
}
