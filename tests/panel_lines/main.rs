//! One suite over every driver of the panel's lines: presses, bounces, stuck pedals, lamps, and who holds what.
//!
//! Over the `sim` lines it runs with every `cargo test`. Over real lines it runs where the environment names them:
//!
//! | variable | meaning |
//! |---|---|
//! | `SHUTTERLINE_TEST_GPIO_CHIP` | label or device of a GPIO chip for the driver `cdev`, for example of the kernel's gpio-sim |
//! | `SHUTTERLINE_TEST_GPIO_PULLS` | the folder of gpio-sim's `sim_gpioN/pull` and `sim_gpioN/value`: the finger on the pedal |
//! | `SHUTTERLINE_TEST_GPIO_RPPAL` | the label of a Raspberry Pi's chip: the driver `rppal` is tested too |
//! | `SHUTTERLINE_TEST_GPIO_FINGER` | a device (a serial line) whose other side moves the lines: it is sent `set LINE 0` or `set LINE 1` and answers `ok`, is sent `get LINE` and answers `0` or `1`, each a line of its own |
//! | `SHUTTERLINE_TEST_GPIO_LINES` | five lines, comma between: pedal, next, red, amber, buzzer; `0,1,2,3,4` unless given |
//!
//! What is left out says so on the terminal, even where the test harness swallows output.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on shall stop

mod bench;
mod suite;

use bench::{Bench, Pulls, Wire};
use shutterline::panel::Driver;
use shutterline::panel::gpio::sim::SimBoard;
use std::io::Write;

/// Printed past the harness, which only catches what its own macros print.
fn left_out(what: &str) {
    let line = format!("LEFT OUT: {what}\n");
    std::io::stderr().write_all(line.as_bytes()).ok();
}

fn lines() -> [u32; 5] {
    let Ok(text) = std::env::var("SHUTTERLINE_TEST_GPIO_LINES") else {
        return [0, 1, 2, 3, 4];
    };
    let lines: Vec<u32> = text.split(',').map(|n| n.trim().parse().unwrap()).collect();
    lines.try_into().expect("five lines")
}

/// Whatever finger the environment gives.
fn finger() -> Option<Box<dyn bench::Finger>> {
    if let Ok(folder) = std::env::var("SHUTTERLINE_TEST_GPIO_PULLS") {
        return Some(Box::new(Pulls::new(folder.into())));
    }
    let device = std::env::var("SHUTTERLINE_TEST_GPIO_FINGER").ok()?;
    Some(Box::new(Wire::open(&device)))
}

#[test]
fn sim_lines() {
    let sim = || {
        let board = SimBoard::new();
        Bench {
            driver: Driver::Sim(board.clone()),
            chip: "sim".into(),
            lines: [0, 1, 2, 3, 4],
            finger: Box::new(board),
        }
    };
    suite::run(sim);
}

#[test]
fn the_kernels_character_device() {
    let Ok(chip) = std::env::var("SHUTTERLINE_TEST_GPIO_CHIP") else {
        left_out(
            "cdev on real lines: SHUTTERLINE_TEST_GPIO_CHIP names no chip (make rig-vm has one)",
        );
        return;
    };
    suite::run(|| Bench {
        driver: Driver::Cdev,
        chip: chip.clone(),
        lines: lines(),
        finger: finger().expect("SHUTTERLINE_TEST_GPIO_PULLS or SHUTTERLINE_TEST_GPIO_FINGER"),
    });
}

#[test]
fn a_raspberry_pis_registers() {
    let Ok(chip) = std::env::var("SHUTTERLINE_TEST_GPIO_RPPAL") else {
        left_out(
            "rppal on a Raspberry Pi: SHUTTERLINE_TEST_GPIO_RPPAL names no chip (make rig-pi has one)",
        );
        return;
    };
    suite::run(|| Bench {
        driver: Driver::Rppal,
        chip: chip.clone(),
        lines: lines(),
        finger: finger().expect("SHUTTERLINE_TEST_GPIO_PULLS or SHUTTERLINE_TEST_GPIO_FINGER"),
    });
}

/// What no real line does on demand.
mod sim_only {
    use super::bench::{Bench, Running};
    use super::*;
    use shutterline::model::{Level, Line, Millis};

    fn bench() -> (SimBoard, Bench) {
        let board = SimBoard::new();
        let bench = Bench {
            driver: Driver::Sim(board.clone()),
            chip: "sim".into(),
            lines: [0, 1, 2, 3, 4],
            finger: Box::new(board.clone()),
        };
        (board, bench)
    }

    #[test]
    fn where_no_edges_come_the_levels_are_read() {
        let (board, bench) = bench();
        board.deafen();
        let mut running = bench.start();
        for _ in 0..3 {
            running.press_and_release();
        }
    }

    #[test]
    fn an_edge_that_went_missing_is_found() {
        let (board, bench) = bench();
        let mut running = bench.start();
        running.press_and_release();
        board.lose(1);
        running.press_and_release();
        board.set(&Line::Number(0), false);
        assert_eq!(running.next_edge(), ("pedal".into(), Level::Pressed));
        board.lose(1);
        board.set(&Line::Number(0), true);
        assert_eq!(running.next_edge(), ("pedal".into(), Level::Released));
    }

    #[test]
    fn pins_that_fail_are_opened_again() {
        let (board, bench) = bench();
        let mut running = bench.start();
        board.set(&Line::Number(0), false);
        assert_eq!(running.next_edge(), ("pedal".into(), Level::Pressed));
        board.break_down(Some("adapter unplugged"));
        // What is held when the lines go is let go.
        assert_eq!(running.next_edge(), ("pedal".into(), Level::Released));
        let problem = running.next_failure();
        assert!(problem.contains("adapter unplugged"), "{problem}");
        board.set(&Line::Number(0), true);
        board.break_down(None);
        running.wait_until_open();
        assert!(board.opened() >= 2);
        running.settle();
        running.press_and_release();
    }

    #[test]
    fn a_pedal_stuck_when_the_lines_go_is_not_stuck_for_ever() {
        let (board, bench) = bench();
        let mut running: Running = bench.start_with(Millis(300));
        board.set(&Line::Number(0), false);
        assert_eq!(running.next_edge(), ("pedal".into(), Level::Pressed));
        assert!(running.next_stuck());
        board.break_down(Some("adapter unplugged"));
        assert!(!running.next_stuck(), "the fault goes with the lines");
    }

    #[test]
    fn a_panic_leaves_the_lamps_dark() {
        let (board, bench) = bench();
        let running = bench.start();
        let lit = std::thread::spawn(move || {
            let mut running = running;
            running.light_red();
            running.settle_lit();
            panic!("on purpose");
        });
        assert!(lit.join().is_err());
        assert!(!board.is_high(&Line::Number(2)), "red is dark");
    }
}
