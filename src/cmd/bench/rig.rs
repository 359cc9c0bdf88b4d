//! The panel and the terminal as one stream of what happens: switches on pins, or played by lines, and what is typed.

use super::plan::Light;
use super::setup::Setup;
use super::sim::SimSwitches;
use crate::clock;
use crate::cmd::output::print;
use crate::model::{InputName, LampState, Lamps, Pattern};
use crate::panel::switches::{BounceStats, Seen};
use crate::panel::{BenchPanel, Digits, Panel};
use anyhow::Context;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// What may wait to be heard: a second of the worst bouncing. Whoever tells waits, and the kernel keeps its edges meanwhile.
const WAITING: usize = 1024;

/// Longest stay in one look at the panel: a tenth of what a technician notices between a prompt and its lamp.
const TURN: Duration = Duration::from_millis(10);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// At the switches.
    Seen(Seen),
    /// Somebody typed a line that plays no switch.
    Line(String),
    /// Nobody can type any more.
    NoMoreLines,
    /// The panel failed.
    Failed(String),
}

/// What the panel's thread shall show.
enum Order {
    Show(Lamps),
    Sound(Pattern),
    Number(Digits),
    Stop,
}

/// What is known of the switches.
#[derive(Default)]
struct Known {
    held: Vec<InputName>,
    stats: Vec<(InputName, BounceStats)>,
}

enum Kind {
    Played(Box<SimSwitches>),
    Wired {
        driver: &'static str,
        orders: Sender<Order>,
        known: Arc<Mutex<Known>>,
        thread: Option<JoinHandle<()>>,
    },
}

/// The panel and the terminal.
pub struct Rig {
    kind: Kind,
    told: mpsc::Receiver<Told>,
}

impl Rig {
    /// Opens the panel; lines are read where somebody answers, or plays.
    ///
    /// # Errors
    /// When pins cannot be had: which, who holds them, and the next step.
    pub fn open(setup: &Setup, answers: bool) -> anyhow::Result<Self> {
        let (tell, told) = mpsc::channel(WAITING);
        let kind = if setup.wired {
            wired(BenchPanel::open(&setup.options)?, tell.clone())?
        } else {
            let now = clock::boot_time_us();
            Kind::Played(Box::new(SimSwitches::new(&setup.options, now)))
        };
        if answers || !setup.wired {
            std::thread::Builder::new()
                .name("terminal".into())
                .spawn(move || read_lines(&tell))
                .context("no thread for the terminal")?;
        }
        Ok(Self { kind, told })
    }

    /// What drives it.
    pub fn driver(&self) -> &'static str {
        match &self.kind {
            Kind::Played(_) => "sim",
            Kind::Wired { driver, .. } => driver,
        }
    }

    /// The next that happens; never ends by itself.
    pub async fn next(&mut self) -> Vec<Told> {
        let Some(told) = self.told.recv().await else {
            // Every thread has said why it ended.
            return std::future::pending().await;
        };
        match (&mut self.kind, &told) {
            (Kind::Played(switches), Told::Line(line)) => match switches.play(line) {
                Some(seen) => seen.into_iter().map(Told::Seen).collect(),
                None => vec![told],
            },
            _ => vec![told],
        }
    }

    /// The pedals and buttons that read pressed.
    pub fn held(&self) -> Vec<InputName> {
        match &self.kind {
            Kind::Played(switches) => switches.held(),
            Kind::Wired { known, .. } => lock(known).held.clone(),
        }
    }

    /// What the contacts did so far.
    pub fn stats(&self) -> Vec<(InputName, BounceStats)> {
        match &self.kind {
            Kind::Played(switches) => switches.stats(),
            Kind::Wired { known, .. } => lock(known).stats.clone(),
        }
    }

    /// Lights the lamps.
    pub fn show(&self, lamps: Lamps) -> anyhow::Result<()> {
        let lit = [
            (Light::Red, lamps.red),
            (Light::Amber, lamps.amber),
            (Light::Green, lamps.green),
        ];
        let lit = lit.iter().filter(|(_, p)| p.state() != LampState::Off);
        let words: Vec<String> = lit.map(|(light, _)| format!("{light} is lit")).collect();
        self.order(Order::Show(lamps), &words.join(", "))
    }

    /// Plays a sound once.
    pub fn sound(&self, pattern: Pattern) -> anyhow::Result<()> {
        let length = pattern.length().0;
        self.order(
            Order::Sound(pattern),
            &format!("the buzzer sounds for {length} ms"),
        )
    }

    /// Shows a number, or nothing.
    pub fn number(&self, number: Option<u32>) -> anyhow::Result<()> {
        let digits = number.map_or(Digits::Blank, Digits::Serial);
        let words = number.map(|n| format!("the display shows {n:04}"));
        self.order(Order::Number(digits), &words.unwrap_or_default())
    }

    /// A panel that the terminal plays has its outputs there as well.
    fn order(&self, order: Order, words: &str) -> anyhow::Result<()> {
        match &self.kind {
            Kind::Played(_) if words.is_empty() => Ok(()),
            Kind::Played(_) => print(&format!("  ({words})\n")),
            Kind::Wired { orders, .. } => {
                // A thread that ended has told why.
                orders.send(order).ok();
                Ok(())
            }
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Kind::Wired { orders, thread, .. } = &mut self.kind {
            orders.send(Order::Stop).ok();
            // A thread that waits to tell something is let go.
            self.told.close();
            // Only when it is gone are lamps and buzzer safe.
            if let Some(thread) = thread.take() {
                thread.join().ok();
            }
        }
    }
}

fn lock(known: &Mutex<Known>) -> std::sync::MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wired(panel: BenchPanel, tell: mpsc::Sender<Told>) -> anyhow::Result<Kind> {
    let (orders, ordered) = channel();
    let known = Arc::new(Mutex::new(Known::default()));
    let (driver, shared) = (panel.driver(), known.clone());
    let thread = std::thread::Builder::new()
        .name("panel".into())
        .spawn(move || drive(panel, &ordered, &tell, &shared))
        .context("no thread for the panel")?;
    Ok(Kind::Wired {
        driver,
        orders,
        known,
        thread: Some(thread),
    })
}

/// Shows and looks, in turns, until it is told to stop.
fn drive(
    mut panel: BenchPanel,
    orders: &Receiver<Order>,
    tell: &mpsc::Sender<Told>,
    known: &Mutex<Known>,
) {
    let mut seen = Vec::new();
    loop {
        while let Ok(order) = orders.try_recv() {
            let now = clock::boot_time();
            match order {
                Order::Show(lamps) => panel.show(lamps, now),
                Order::Sound(pattern) => panel.sound(pattern, now),
                Order::Number(digits) => panel.number(digits),
                Order::Stop => return,
            }
        }
        let turned = panel.turn(TURN, &mut seen);
        *lock(known) = Known {
            held: panel.held(),
            stats: panel.stats(),
        };
        let seen = seen.drain(..).map(Told::Seen);
        let failed = turned.err().map(|error| Told::Failed(error.to_string()));
        let over = failed.is_some();
        for told in seen.chain(failed) {
            if tell.blocking_send(told).is_err() {
                return;
            }
        }
        if over {
            return;
        }
    }
}

/// Lines of standard input, until it ends.
fn read_lines(tell: &mpsc::Sender<Told>) {
    for line in std::io::stdin().lines() {
        let Ok(line) = line else { break };
        if tell.blocking_send(Told::Line(line)).is_err() {
            return;
        }
    }
    tell.blocking_send(Told::NoMoreLines).ok();
}

/// Ctrl-C, a connection that broke, or somebody who stops it. Unheard, they would end the program with a lamp lit, or the
/// buzzer sounding.
///
/// # Errors
/// When signals cannot be taken.
pub async fn asked_to_leave() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
