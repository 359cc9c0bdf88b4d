//! A board with two switches, two lamps and a buzzer, and the fingers that move its lines from outside.

use shutterline::clock;
use shutterline::model::{
    Active, Board, BoardInput, BoardOutput, Contact, InputName, Lamps, Level, Line, Millis,
    OutputName, Pattern, Pin, Pull,
};
use shutterline::panel::gpio::sim::SimBoard;
use shutterline::panel::{Driver, Options, Panel, PanelEvent, WiredPanel};
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for anything; a loaded or emulated machine needs a small part of it.
const CAP: Duration = Duration::from_secs(60);

/// Between two looks at an output.
const LOOK: Duration = Duration::from_millis(5);

/// Moves lines from outside, and looks at them.
pub trait Finger: Send {
    fn set(&self, line: u32, high: bool);
    fn is_high(&self, line: u32) -> bool;
    /// Contacts of this finger bounce for no longer than this.
    fn bounces(&self) -> Millis {
        Millis(15)
    }
}

impl Finger for SimBoard {
    fn set(&self, line: u32, high: bool) {
        SimBoard::set(self, &Line::Number(line), high);
    }

    fn is_high(&self, line: u32) -> bool {
        SimBoard::is_high(self, &Line::Number(line))
    }
}

/// gpio-sim's files.
pub struct Pulls {
    folder: PathBuf,
}

impl Pulls {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn file(&self, line: u32, name: &str) -> PathBuf {
        self.folder.join(format!("sim_gpio{line}/{name}"))
    }
}

impl Finger for Pulls {
    fn set(&self, line: u32, high: bool) {
        let pull = if high { "pull-up" } else { "pull-down" };
        std::fs::write(self.file(line, "pull"), pull).expect("gpio-sim's pull");
    }

    fn is_high(&self, line: u32) -> bool {
        let value = std::fs::read_to_string(self.file(line, "value")).expect("gpio-sim's value");
        value.trim() == "1"
    }
}

/// Somebody at the other end of a serial line.
pub struct Wire {
    device: RefCell<(File, BufReader<File>)>,
}

impl Wire {
    pub fn open(device: &str) -> Self {
        let open = || OpenOptions::new().read(true).write(true).open(device);
        let ends = (
            open().expect("finger"),
            BufReader::new(open().expect("finger")),
        );
        Self {
            device: RefCell::new(ends),
        }
    }

    fn ask(&self, question: &str) -> String {
        let (to, from) = &mut *self.device.borrow_mut();
        writeln!(to, "{question}").expect("asking the finger");
        let mut answer = String::new();
        from.read_line(&mut answer).expect("the finger's answer");
        answer.trim().to_owned()
    }
}

impl Finger for Wire {
    fn set(&self, line: u32, high: bool) {
        let answer = self.ask(&format!("set {line} {}", u8::from(high)));
        assert_eq!(answer, "ok");
    }

    fn is_high(&self, line: u32) -> bool {
        self.ask(&format!("get {line}")) == "1"
    }

    /// Each move crosses a serial line and an emulator.
    fn bounces(&self) -> Millis {
        Millis(300)
    }
}

/// What is tested, not opened yet.
pub struct Bench {
    pub driver: Driver,
    pub chip: String,
    /// Pedal, next, red, amber, buzzer.
    pub lines: [u32; 5],
    pub finger: Box<dyn Finger>,
}

impl Bench {
    /// The pedal is normally open, `next` normally closed, amber lit by a low level. The resistors are outside: gpio-sim would take one
    /// inside for a finger.
    fn options(&self, stuck: Millis) -> Options {
        let pin = |n: usize| Pin {
            line: Line::Number(self.lines[n]),
            header: None,
        };
        let input = |n: usize, name: &str, contact, active| BoardInput {
            name: InputName(name.into()),
            pin: pin(n),
            pull: Pull::None,
            contact,
            active,
            debounce: None,
        };
        let output = |n: usize, name, active| BoardOutput {
            name,
            pin: pin(n),
            active,
        };
        let board = Board {
            inputs: vec![
                input(0, "pedal", Contact::NormallyOpen, Active::Low),
                input(1, "next", Contact::NormallyClosed, Active::High),
            ],
            outputs: vec![
                output(2, OutputName::Red, Active::High),
                output(3, OutputName::Amber, Active::Low),
                output(4, OutputName::Buzzer, Active::High),
            ],
            ..Board::bare("bench", &self.chip)
        };
        Options {
            driver: self.driver.clone(),
            board,
            debounce: self.finger.bounces(),
            stuck,
        }
    }

    /// Nobody touches anything.
    pub fn rest(&self) {
        self.finger.set(self.lines[0], true);
        self.finger.set(self.lines[1], false);
    }

    pub fn start(self) -> Running {
        self.start_with(Millis(10_000))
    }

    pub fn start_with(self, stuck: Millis) -> Running {
        self.rest();
        let mut running = self.start_as_it_is(stuck);
        running.wait_until_open();
        running.settle();
        running
    }

    /// With whatever is pressed.
    pub fn start_as_it_is(self, stuck: Millis) -> Running {
        let (tell, told) = channel();
        let sink = Box::new(move |event| drop(tell.send(event)));
        let options = self.options(stuck);
        let panel = WiredPanel::start(options.clone(), sink).expect("threads");
        Running {
            bench: self,
            options,
            panel,
            told,
        }
    }
}

/// A panel on it, running.
pub struct Running {
    pub bench: Bench,
    pub options: Options,
    panel: WiredPanel,
    told: Receiver<PanelEvent>,
}

impl Running {
    pub fn next(&mut self) -> PanelEvent {
        self.told.recv_timeout(CAP).expect("an event of the panel")
    }

    pub fn next_edge(&mut self) -> (String, Level) {
        match self.next() {
            PanelEvent::Edge { input, level, .. } => (input.0, level),
            other => panic!("{other:?}"),
        }
    }

    pub fn next_stuck(&mut self) -> bool {
        match self.next() {
            PanelEvent::Stuck { stuck, .. } => stuck,
            other => panic!("{other:?}"),
        }
    }

    pub fn next_failure(&mut self) -> String {
        match self.next() {
            PanelEvent::Failed { problem } => problem,
            other => panic!("{other:?}"),
        }
    }

    pub fn wait_until_open(&mut self) {
        match self.next() {
            PanelEvent::Opened { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    /// Contacts count only after they were open for a moment: press until one does.
    pub fn settle(&mut self) {
        let moment = Duration::from_millis(150 + 2 * self.bench.finger.bounces().0);
        loop {
            self.pedal(false);
            let early = self.told.recv_timeout(moment).ok();
            self.pedal(true);
            // An emulated machine may tell it late.
            let told = early.or_else(|| self.told.recv_timeout(moment).ok());
            if let Some(event) = told {
                assert!(matches!(event, PanelEvent::Edge { .. }), "{event:?}");
                assert_eq!(self.next_edge(), ("pedal".into(), Level::Released));
                return;
            }
        }
    }

    pub fn pedal(&self, high: bool) {
        self.bench.finger.set(self.bench.lines[0], high);
    }

    pub fn next_button(&self, high: bool) {
        self.bench.finger.set(self.bench.lines[1], high);
    }

    pub fn press_and_release(&mut self) {
        let before = clock::boot_time_us();
        self.pedal(false);
        match self.next() {
            PanelEvent::Edge {
                input,
                level: Level::Pressed,
                at_us,
            } => {
                assert_eq!(input.0, "pedal");
                let after = clock::boot_time_us();
                // A millisecond for how two clocks are told from one another.
                assert!(
                    (before - 1000..=after).contains(&at_us),
                    "{before} {at_us} {after}"
                );
            }
            other => panic!("{other:?}"),
        }
        self.pedal(true);
        assert_eq!(self.next_edge(), ("pedal".into(), Level::Released));
    }

    /// Lamps and buzzer: red, amber, buzzer, as people see and hear them.
    pub fn lights(&self) -> [bool; 3] {
        let high = |n: usize| self.bench.finger.is_high(self.bench.lines[n]);
        [high(2), !high(3), high(4)]
    }

    pub fn wait_for_lights(&self, wanted: [bool; 3]) {
        let until = clock::boot_time() + Millis(60_000);
        while self.lights() != wanted {
            assert!(clock::boot_time() < until, "{:?} {wanted:?}", self.lights());
            std::thread::sleep(LOOK);
        }
    }

    pub fn show(&mut self, red: Pattern, amber: Pattern) {
        let lamps = Lamps {
            red,
            amber,
            green: Pattern::OFF,
        };
        self.panel.show(lamps, clock::boot_time());
    }

    pub fn sound(&mut self, pattern: Pattern) {
        self.panel.sound(pattern, clock::boot_time());
    }

    pub fn light_red(&mut self) {
        self.show(Pattern::ON, Pattern::OFF);
    }

    pub fn settle_lit(&self) {
        self.wait_for_lights([true, false, false]);
    }

    /// Ends the panel and gives the bench back.
    pub fn stop(self) -> Bench {
        drop(self.panel);
        self.bench
    }
}
