//! What is told of pins that fail: one fault, however often they come and go.
//!
//! A loose plug opens and fails every few seconds. Told each time, it would be a fault with its sound, a line in the log and two
//! rows in the database each time, for hours. So pins that failed twice within a minute of being opened are in order again only
//! once they have held for that minute; until then the fault stands, with their count. They work all the while.

use crate::model::Millis;
use std::collections::BTreeSet;

/// Pins that fail this soon after they were opened did not hold.
const HELD: Millis = Millis(60_000);

/// Failing this often in a row without holding is a plug that wants a hand; once may be that hand.
const COME_AND_GO: u32 = 2;

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// When they were opened; `None` while they are not.
    since: Option<Millis>,
    /// They are open, and that is not told yet.
    owed: bool,
    /// How often in a row they failed without having held.
    times: u32,
    /// The text that stands.
    said: Option<String>,
    /// Everything that was logged since they last held.
    logged: BTreeSet<String>,
}

/// A failure, for whoever is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// What is wrong.
    pub(super) problem: String,
    /// Whether the station hears of it.
    pub(super) tell: bool,
    /// Whether the log does.
    pub(super) log: bool,
    /// The pins had held before, so that they may be opened again at once.
    pub(super) held: bool,
}

impl Telling {
    /// They were opened; whether that is told now.
    pub(super) fn opened(&mut self, now: Millis) -> bool {
        self.since = Some(now);
        self.owed = self.times >= COME_AND_GO;
        !self.owed
    }

    /// When it is to be asked whether they have held.
    pub(super) fn due_at(&self) -> Option<Millis> {
        let since = self.since.filter(|_| self.owed)?;
        Some(Millis(since.0 + HELD.0))
    }

    /// Whether it is to be told now that they are open, because they have held.
    pub(super) fn held(&mut self, now: Millis) -> bool {
        let due = self.due_at().is_some_and(|at| now >= at);
        if due {
            self.forget();
        }
        due
    }

    fn forget(&mut self) {
        self.owed = false;
        self.times = 0;
        self.logged.clear();
    }

    /// They could not be opened, or failed.
    pub(super) fn failed(&mut self, problem: &str, now: Millis) -> Failure {
        let since = self.since.take();
        let held = since.is_some_and(|since| now.since(since) >= HELD);
        if held {
            self.forget();
        } else if since.is_some() {
            self.times += 1;
        }
        self.owed = false;
        let counted = self.times >= COME_AND_GO;
        let text = match counted {
            true => format!(
                "{problem}; it comes and goes, {} times so far: see to its plug, its cable and its supply",
                self.times
            ),
            false => problem.to_owned(),
        };
        let unheard = self.said.as_ref() != Some(&text);
        let new = self.logged.insert(problem.to_owned());
        let failure = Failure {
            tell: since.is_some() || unheard,
            log: match counted {
                true => new || since.is_some() && self.times.is_power_of_two(),
                false => since.is_some() || unheard,
            },
            problem: text.clone(),
            held,
        };
        self.said = Some(text);
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes of a loose plug: open for two seconds, gone for five.
    fn flap(telling: &mut Telling, from: u64, times: u64) -> (usize, Vec<Failure>) {
        let each = (0..times).map(|n| Millis(from + n * 7_000));
        let mut opened = 0;
        let failures = each.map(|at| {
            opened += usize::from(telling.opened(at));
            assert!(!telling.held(Millis(at.0 + 1_999)));
            telling.failed("read failed", Millis(at.0 + 2_000))
        });
        let failures = failures.collect();
        (opened, failures)
    }

    #[test]
    fn a_plug_that_comes_and_goes_is_one_fault_with_its_count() {
        let mut telling = Telling::default();
        let (opened, failures) = flap(&mut telling, 0, 600);
        // What takes the fault away, and with it what raises it again.
        assert_eq!(opened, 2);
        let logged = failures.iter().filter(|f| f.log).count();
        assert_eq!(logged, 10, "at 1, 2, 4, … 512");
        assert!(failures.iter().all(|f| f.tell && !f.held));
        assert_eq!(failures[0].problem, "read failed");
        let last = &failures[599].problem;
        assert!(
            last.starts_with("read failed; ") && last.contains("600 times"),
            "{last}"
        );
    }

    #[test]
    fn it_is_in_order_again_once_it_has_held() {
        let mut telling = Telling::default();
        flap(&mut telling, 0, 5);
        let again = Millis(100_000);
        assert!(!telling.opened(again));
        assert_eq!(telling.due_at(), Some(Millis(160_000)));
        assert!(!telling.held(Millis(159_999)) && telling.held(Millis(160_000)));
        assert_eq!(telling.due_at(), None);
        assert!(!telling.held(Millis(170_000)), "told once");
        // Hours later it is a failure like the first.
        let failure = telling.failed("read failed", Millis(9_000_000));
        assert!(failure.tell && failure.log && failure.held);
        assert_eq!(failure.problem, "read failed");
        assert!(telling.opened(Millis(9_000_250)));
    }

    #[test]
    fn pins_that_are_not_to_be_had_are_told_once_for_each_reason() {
        let mut telling = Telling::default();
        let mut told = |problem: &str| telling.failed(problem, Millis(1));
        assert!(told("no chip").tell);
        let again = told("no chip");
        assert!(!again.tell && !again.log);
        assert!(told("held by spi0").log);
        assert!(told("no chip").log, "it is another reason than the last");
        // Between two failures of a loose plug its chip is not there.
        flap(&mut telling, 0, 3);
        let gone = telling.failed("no chip", Millis(20_000));
        assert!(gone.tell && gone.problem.contains("3 times"));
        assert!(!telling.failed("no chip", Millis(21_000)).tell);
    }
}
