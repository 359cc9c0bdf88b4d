//! The `sim` panel: fingers are calls, lamps are remembered.
//!
//! The finger makes the edges that a real one would make, in real time and on its own thread, so that long and
//! double presses go through the very same gestures as a foot on a pedal. It presses beside a real panel too.

use super::{Digits, Panel, PanelEvent, PanelSink};
use crate::clock;
use crate::model::{Binding, Gesture, InputName, Lamps, Level, Millis, Pattern};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Presses waiting to be played. More than a person can make in the length of a long press; one that
/// finds it full is told so.
const QUEUE: usize = 32;

/// How long a simulated finger stays down for a plain press: a brisk tap.
const TAP: Millis = Millis(30);

/// What is shown, for those who want to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The lamps' rhythms.
    pub lamps: Lamps,
    /// Since when.
    pub since: Millis,
    /// The last sound and its start; `None` before the first.
    pub sound: Option<(Pattern, Millis)>,
    /// The display.
    pub digits: Digits,
}

/// The finger could not press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// Too many presses are waiting.
    #[error("{QUEUE} presses are waiting to be played; press more slowly")]
    Busy,
    /// The finger's thread is gone.
    #[error("the thread that presses has stopped; restart the daemon")]
    Stopped,
}

/// Presses switches that nobody wired.
#[derive(Debug, Clone)]
pub struct Finger {
    presses: SyncSender<(InputName, Gesture)>,
    /// Put before the names of inputs.
    prefix: &'static str,
}

impl Finger {
    /// Start the thread `finger`, whose edges go to `sink`. `long` is what the station takes for a long press, `double` for a double
    /// one.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(sink: PanelSink, long: Millis, double: Millis) -> std::io::Result<Self> {
        let (presses, waiting) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("finger".into())
            .spawn(move || play(&waiting, &sink, long, double))?;
        Ok(Self {
            presses,
            prefix: "",
        })
    }

    /// The same finger on switches of its own, beside those of a real panel: one that is stuck there must not hold it.
    pub fn with_own_switches(self) -> Self {
        Self {
            prefix: "by-hand/",
            ..self
        }
    }

    /// A binding as this finger presses it.
    pub fn own(&self, binding: &Binding) -> Binding {
        Binding {
            input: self.input(&binding.input),
            ..binding.clone()
        }
    }

    fn input(&self, input: &InputName) -> InputName {
        InputName(format!("{}{}", self.prefix, input.0))
    }

    /// Make a gesture on a switch; returns before it is over.
    ///
    /// # Errors
    /// When too many are waiting, or the panel has stopped.
    pub fn press(&self, input: &InputName, gesture: Gesture) -> Result<(), PressError> {
        use std::sync::mpsc::TrySendError;
        self.presses
            .try_send((self.input(input), gesture))
            .map_err(|e| match e {
                TrySendError::Full(_) => PressError::Busy,
                TrySendError::Disconnected(_) => PressError::Stopped,
            })
    }
}

/// Lamps and buzzer that only remember.
#[derive(Debug, Clone)]
pub struct SimPanel {
    shown: Arc<Mutex<Shown>>,
}

impl SimPanel {
    /// A panel with all lamps dark.
    pub fn new() -> Self {
        let dark = Lamps {
            red: Pattern::OFF,
            amber: Pattern::OFF,
            green: Pattern::OFF,
        };
        Self {
            shown: Arc::new(Mutex::new(Shown {
                lamps: dark,
                since: Millis(0),
                sound: None,
                digits: Digits::Blank,
            })),
        }
    }

    /// What is shown now.
    pub fn shown(&self) -> Shown {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SimPanel {
    fn default() -> Self {
        Self::new()
    }
}

impl Panel for SimPanel {
    fn show(&mut self, lamps: Lamps, since: Millis) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.lamps = lamps;
        shown.since = since;
    }

    fn sound(&mut self, pattern: Pattern, since: Millis) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.sound = Some((pattern, since));
    }

    fn number(&mut self, digits: Digits) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.digits = digits;
    }
}

/// Play presses one after another until all fingers are gone.
fn play(waiting: &Receiver<(InputName, Gesture)>, sink: &PanelSink, long: Millis, double: Millis) {
    while let Ok((input, gesture)) = waiting.recv() {
        let tap = |held: Millis| {
            edge(sink, &input, Level::Pressed);
            pause(held);
            edge(sink, &input, Level::Released);
        };
        match gesture {
            Gesture::Press => tap(TAP),
            // Longer than the limit by enough for a busy board to ring the timer first.
            Gesture::Long => tap(long + Millis(100)),
            Gesture::Double => {
                tap(TAP);
                pause(Millis(double.0 / 4));
                tap(TAP);
            }
        }
    }
}

fn edge(sink: &PanelSink, input: &InputName, level: Level) {
    sink(PanelEvent::Edge {
        input: input.clone(),
        level,
        at_us: clock::boot_time_us(),
    });
}

/// Hold still for `span`. The finger is a physical thing: this is its time, not a wait for anything.
fn pause(span: Millis) {
    std::thread::sleep(Duration::from_millis(span.0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_double_press_is_four_edges_in_order() {
        let (seen, edges) = channel();
        let sink: PanelSink = Box::new(move |e| drop(seen.send(e)));
        let finger = Finger::start(sink, Millis(50), Millis(40)).expect("thread");
        let pedal = InputName("pedal".into());
        finger.press(&pedal, Gesture::Double).expect("queued");
        let levels: Vec<Level> = (0..4)
            .map(
                |_| match edges.recv_timeout(Duration::from_secs(20)).expect("edge") {
                    PanelEvent::Edge { level, .. } => level,
                    other => panic!("{other:?}"),
                },
            )
            .collect();
        use Level::{Pressed, Released};
        assert_eq!(levels, [Pressed, Released, Pressed, Released]);
    }
}
