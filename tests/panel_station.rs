//! A whole station with a panel on pins: from an edge of a line to a frame and a lamp, and what becomes of it when the panel fails.
#![allow(clippy::unwrap_used)] // a test that cannot go on shall stop

#[path = "rig/mod.rs"]
mod rig;

use rig::{BINARY, Rig, SEATED};
use shutterline::archive::EventRow;
use shutterline::config::Config;
use shutterline::daemon::{Daemon, Options, PanelPlan, Stopped};
use shutterline::model::{
    Active, Board, BoardInput, BoardOutput, EventKind, Fault, Line, Millis, OutputName, Pin, Status,
};
use shutterline::panel::gpio::sim::SimBoard;
use shutterline::panel::{self, Driver};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

const PEDAL: Line = Line::Number(17);
const GREEN: Line = Line::Number(21);

fn board() -> Board {
    let pin = |line: &Line| Pin {
        line: line.clone(),
        header: Some(11),
    };
    Board {
        inputs: vec![BoardInput::to_ground("pedal", pin(&PEDAL))],
        outputs: vec![BoardOutput {
            name: OutputName::Green,
            pin: pin(&GREEN),
            active: Active::High,
        }],
        ..Board::bare("bench", "sim")
    }
}

/// A daemon in this process, whose pins are `lines`.
struct Station {
    rig: Rig,
    lines: SimBoard,
    stop: Option<oneshot::Sender<()>>,
    daemon: Option<JoinHandle<Stopped>>,
}

fn station(lines: &SimBoard, plan: impl FnOnce(panel::Options) -> PanelPlan) -> Station {
    let rig = Rig::new("");
    let config = Config::parse(&rig.config, "rig").unwrap();
    let mut options = Options::from_config(&config).unwrap();
    options.socket = rig.dir.join("s.sock");
    options.camera.child = vec![BINARY.into(), "camera-child".into()];
    options.panel = plan(panel::Options {
        driver: Driver::Sim(lines.clone()),
        board: board(),
        debounce: Millis(15),
        stuck: Millis(400),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let daemon = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let daemon = Daemon::start(options).unwrap();
            let asked = async move {
                stopped.await.ok();
                "the test"
            };
            daemon.run(asked).await
        })
    });
    let station = Station {
        rig,
        lines: lines.clone(),
        stop: Some(stop),
        daemon: Some(daemon),
    };
    station.rig.until("the camera to be ready", |s| {
        s.camera.state.as_str() == "ready"
    });
    station
}

fn wired(lines: &SimBoard) -> Station {
    station(lines, |options| PanelPlan::Wired(Box::new(options)))
}

impl Station {
    /// A student sits down, for long enough to be sure of.
    fn seat(&self) {
        self.rig.open_session(3);
        // The pedal counts once the lines have settled, and a frame is somebody's once they sat for a while.
        std::thread::sleep(Duration::from_millis(SEATED.0));
    }

    fn pedal(&self, down: bool) {
        self.lines.set(&PEDAL, !down);
    }

    fn judged(&self, frames: usize) {
        self.rig.until_frames("judged frames", |f| {
            f.iter().filter(|f| f.verdict.is_some()).count() == frames
        });
    }

    fn until(&self, what: &str, reached: impl Fn(&Status) -> bool) -> Status {
        self.rig.until(what, reached)
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(daemon) = self.daemon.take() {
            let stopped = daemon.join();
            if !std::thread::panicking() {
                assert_eq!(stopped.unwrap(), Stopped::Asked("the test"));
                let dark = self.lines.opened() == 0 || !self.lines.is_high(&GREEN);
                assert!(dark, "dark at the end");
            }
        }
    }
}

#[test]
fn an_edge_of_the_pedals_line_becomes_a_frame_and_a_green_lamp() {
    let lines = SimBoard::new();
    let station = wired(&lines);
    let status = station.until("the pins", |s| !s.panel.driver.is_empty());
    assert_eq!(status.panel.board, "bench");
    assert_eq!(status.panel.problem, None);
    station.seat();
    station.pedal(true);
    station.judged(1);
    station.pedal(false);
    station.until("the green lamp", |_| lines.is_high(&GREEN));
}

#[test]
fn a_stuck_pedal_is_a_fault_and_shooting_by_the_socket_goes_on() {
    let lines = SimBoard::new();
    let station = wired(&lines);
    station.seat();
    station.pedal(true);
    let stuck = |s: &Status| s.faults.contains(&Fault::PedalStuck);
    station.until("the fault", stuck);
    station.judged(1);
    station.rig.press("pedal");
    station.judged(2);
    assert!(stuck(&station.rig.status()), "it is stuck still");
    station.pedal(false);
    station.until("the fault to go", |s| !stuck(s));
    station.pedal(true);
    station.judged(3);
    station.pedal(false);
}

#[test]
fn pins_that_somebody_holds_are_a_fault_that_names_them_and_goes_by_itself() {
    let lines = SimBoard::new();
    lines.hold(&PEDAL, Some("spi0 CS1"));
    let station = wired(&lines);
    let failed = |s: &Status| s.faults.contains(&Fault::PanelFailed);
    let status = station.until("the fault", failed);
    let problem = status.panel.problem.unwrap_or_default();
    for part in ["inputs.pedal", "line 17 (header pin 11)", "spi0 CS1"] {
        assert!(problem.contains(part), "{part} is not in {problem}");
    }
    station.seat();
    // Whoever has no pedal shoots from a terminal.
    station.rig.press("pedal");
    station.judged(1);
    lines.hold(&PEDAL, None);
    let status = station.until("the fault to go", |s| !failed(s));
    assert_eq!(status.panel.problem, None);
    // What the lamps had to show before there were any.
    station.until("the green lamp", |_| lines.is_high(&GREEN));
}

#[test]
fn an_adapter_that_comes_and_goes_is_one_fault_that_stands() {
    let lines = SimBoard::new();
    let station = wired(&lines);
    for times in 1..=4 {
        station.until("the pins", |_| lines.opened() >= times);
        lines.break_down(Some("adapter unplugged"));
        // The first is told without a count; from the second on the last one's words still stand.
        let count = match times {
            1 => "unplugged".to_owned(),
            _ => format!("{times} times"),
        };
        station.until(&count, |s| {
            let problem = s.panel.problem.as_ref();
            problem.is_some_and(|p| p.contains(&count))
        });
        lines.break_down(None);
    }
    station.until("the pins", |_| lines.opened() >= 5);
    let counted = |s: &Status| {
        let problem = s.panel.problem.clone().unwrap_or_default();
        problem.contains("4 times") && s.faults.contains(&Fault::PanelFailed)
    };
    station.until("the fault with its count", counted);
    let rows: Vec<EventRow> = station.rig.get("/v1/log?after=0&limit=500").unwrap();
    let raised = |r: &&EventRow| {
        r.kind == EventKind::FaultRaised && r.detail["fault"] == Fault::PanelFailed.as_str()
    };
    assert_eq!(rows.iter().filter(raised).count(), 2, "{rows:?}");
    // It is no more than a word: the pedal works.
    station.seat();
    station.pedal(true);
    station.judged(1);
    station.pedal(false);
}

#[test]
fn a_machine_that_nobody_knows_starts_with_a_fault() {
    let lines = SimBoard::new();
    let station = station(&lines, |_| PanelPlan::Unknown(panel::PanelError::NoModel));
    let status = station.until("the fault", |s| s.faults.contains(&Fault::PanelFailed));
    let problem = status.panel.problem.unwrap_or_default();
    assert!(problem.contains("[panel] board"), "{problem}");
    station.seat();
    station.rig.press("pedal");
    station.judged(1);
}
