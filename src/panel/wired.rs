//! A panel on real pins: opens them, keeps them open, and shows and reads until it is dropped.
//!
//! Two threads. `pedal` waits for edges and does nothing else, so that no lamp and no display stands before the shutter;
//! `panel` plays rhythms, writes the display, scans the keypad, and opens the pins again when they fail.

use super::gpio;
use super::show::{Outputs, Wanted};
use super::switches::{Inputs, Seen};
use super::telling::Telling;
use super::{Digits, Options, Panel, PanelError, PanelEvent, PanelSink};
use crate::clock;
use crate::model::{Lamps, Millis, Pattern};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// The longest stay of `pedal` in one wait: how late it notices that it is to end.
const TURN: Duration = Duration::from_millis(100);

/// First wait before pins that could not be opened are tried again; doubled each time.
const RETRY_FIRST: Duration = Duration::from_millis(250);

/// Longest wait before that: a technician who freed a line looks up at the lamps.
const RETRY_MOST: Duration = Duration::from_secs(5);

/// A panel on pins.
pub struct WiredPanel {
    shared: Arc<Shared>,
    keeper: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// What is wanted now. No queue: only the latest counts, and whoever wants something never waits.
#[derive(Default)]
struct State {
    wanted: Wanted,
    news: bool,
    stop: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.news = true;
        self.changed.notify_all();
    }

    fn stopped(&self) -> bool {
        self.state().stop
    }

    /// Wait for news, for no longer than `longest`, and take what is wanted then.
    fn wait(&self, longest: Duration) -> Wanted {
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.state(), longest, |s| !s.news && !s.stop)
            .unwrap_or_else(PoisonError::into_inner);
        state.news = false;
        state.wanted
    }

    /// Hold still for `span`, unless it is to stop.
    fn rest(&self, span: Duration) {
        let rested = self
            .changed
            .wait_timeout_while(self.state(), span, |s| !s.stop);
        drop(rested.unwrap_or_else(PoisonError::into_inner));
    }
}

impl WiredPanel {
    /// Start the threads, which open the pins and go on trying if they cannot; what happens goes to `sink`.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(options: Options, sink: PanelSink) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let kept = shared.clone();
        let keeper = Builder::new()
            .name("panel".into())
            .spawn(move || keep(&options, &kept, &sink))?;
        Ok(Self {
            shared,
            keeper: Some(keeper),
        })
    }
}

impl Panel for WiredPanel {
    fn show(&mut self, lamps: Lamps, since: Millis) {
        self.shared.change(|state| {
            state.wanted.lamps = lamps;
            state.wanted.since = since;
        });
    }

    fn sound(&mut self, pattern: Pattern, since: Millis) {
        self.shared
            .change(|state| state.wanted.sound = Some((pattern, since)));
    }

    fn number(&mut self, digits: Digits) {
        self.shared.change(|state| state.wanted.digits = digits);
    }
}

impl Drop for WiredPanel {
    fn drop(&mut self) {
        self.shared.change(|state| state.stop = true);
        // Only when the thread is gone are lamps and buzzer safe.
        if let Some(keeper) = self.keeper.take() {
            keeper.join().ok();
        }
    }
}

/// Lamps dark, buzzer silent, display off, and nothing else: for after a station that could not do it itself.
///
/// # Errors
/// When the pins cannot be had.
pub fn make_safe(options: &Options) -> Result<(), PanelError> {
    drop(Outputs::new(gpio::open_pads(options)?, options));
    Ok(())
}

/// Opens the pins, again and again, until it is to stop.
fn keep(options: &Options, shared: &Shared, sink: &PanelSink) {
    let mut pause = RETRY_FIRST;
    let mut telling = Telling::default();
    while !shared.stopped() {
        let Err(error) = serve(options, shared, sink, &mut telling) else {
            return;
        };
        let failure = telling.failed(&error.to_string(), clock::boot_time());
        let problem = failure.problem;
        if failure.log {
            tracing::error!(problem, "the panel cannot be used");
        }
        if failure.tell {
            sink(PanelEvent::Failed { problem });
        }
        if failure.held {
            pause = RETRY_FIRST;
        }
        shared.rest(pause);
        pause = (pause * 2).min(RETRY_MOST);
    }
}

/// Opens the pins, then shows and reads until it is to stop (`Ok`) or something fails.
fn serve(
    options: &Options,
    shared: &Shared,
    sink: &PanelSink,
    telling: &mut Telling,
) -> Result<(), PanelError> {
    let lines = gpio::open(options)?;
    let inputs = Inputs::new(lines.inputs, options)?;
    let mut outputs = Outputs::new(lines.pads, options);
    let driver = lines.driver;
    let open = || {
        tracing::info!(driver, board = options.board.name, "the panel is open");
        sink(PanelEvent::Opened { driver });
    };
    if telling.opened(clock::boot_time()) {
        open();
    }
    // Either side ends the other.
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reading = Builder::new()
            .name("pedal".into())
            .spawn_scoped(scope, || read(inputs, shared, sink, &over))
            .map_err(|error| PanelError::failed("starting the thread for the pedal", &error))?;
        let shown = {
            let _end = Over(&over, shared);
            let held = |now| {
                if telling.held(now) {
                    open();
                }
                telling.due_at()
            };
            show(&mut outputs, shared, sink, &over, held)
        };
        let read = reading.join().unwrap_or_else(|_| {
            Err(PanelError::Failed {
                doing: "reading the switches".into(),
                message: "its thread ended by itself".into(),
            })
        });
        shown.and(read)
    })
}

/// Ends both sides, when one ends or panics.
struct Over<'a>(&'a AtomicBool, &'a Shared);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.change(|_| {});
    }
}

fn read(
    mut inputs: Inputs,
    shared: &Shared,
    sink: &PanelSink,
    over: &AtomicBool,
) -> Result<(), PanelError> {
    let _end = Over(over, shared);
    let mut seen = Vec::new();
    let result = loop {
        if over.load(Ordering::SeqCst) {
            break Ok(());
        }
        let turned = inputs.turn(TURN, &mut seen);
        for seen in seen.drain(..) {
            if let Seen::Told(event) = seen {
                sink(event);
            }
        }
        if let Err(error) = turned {
            break Err(error);
        }
    };
    for event in inputs.let_go() {
        sink(event);
    }
    result
}

fn show(
    outputs: &mut Outputs,
    shared: &Shared,
    sink: &PanelSink,
    over: &AtomicBool,
    mut held: impl FnMut(Millis) -> Option<Millis>,
) -> Result<(), PanelError> {
    let mut wanted = shared.wait(Duration::ZERO);
    let mut events = Vec::new();
    let result = loop {
        if over.load(Ordering::SeqCst) || shared.stopped() {
            break Ok(());
        }
        let now = clock::boot_time();
        let played = outputs
            .play(&wanted, now)
            .and_then(|()| outputs.scan(clock::boot_time_us(), &mut events));
        events.drain(..).for_each(sink);
        if let Err(error) = played {
            break Err(error);
        }
        let now = clock::boot_time();
        let wake = outputs
            .wake_at(&wanted, now)
            .into_iter()
            .chain(held(now))
            .min();
        let longest = wake.map_or(Duration::MAX, |at| Duration::from_millis(at.since(now).0));
        wanted = shared.wait(longest);
    };
    outputs.let_go(clock::boot_time_us(), &mut events);
    events.drain(..).for_each(sink);
    result
}
