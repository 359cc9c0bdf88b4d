//! What every driver must do alike.

use super::bench::{Bench, Running};
use shutterline::model::{Beat, Level, Line, Millis, Pattern};
use shutterline::panel::{PanelEvent, WiredPanel, make_safe};
use std::sync::mpsc::channel;
use std::time::Duration;

/// One part, and what it is about.
type Part = (&'static str, fn(Bench));

/// All of it, each part on a bench of its own, one after the other: real lines are there once.
pub fn run(bench: impl Fn() -> Bench) {
    let parts: [Part; 9] = [
        ("a press is an edge, and its release another", presses),
        ("bounces are one press", bounces),
        ("a normally-closed switch", normally_closed),
        ("a pedal that is down at the start", down_at_the_start),
        ("a pedal that is stuck", stuck),
        ("lamps and buzzer", lights),
        ("dark and silent at the end", safe_at_the_end),
        ("a line that somebody holds", held),
        ("a line that is not there", out_of_range),
    ];
    for (name, part) in parts {
        println!("{name}");
        part(bench());
    }
}

fn pressed(name: &str) -> (String, Level) {
    (name.to_owned(), Level::Pressed)
}

fn released(name: &str) -> (String, Level) {
    (name.to_owned(), Level::Released)
}

fn presses(bench: Bench) {
    let mut running = bench.start();
    for _ in 0..5 {
        running.press_and_release();
    }
}

fn bounces(bench: Bench) {
    let mut running = bench.start();
    for _ in 0..5 {
        for high in [false, true, false, true, false] {
            running.pedal(high);
        }
        assert_eq!(running.next_edge(), pressed("pedal"));
        for high in [true, false, true, false, true] {
            running.pedal(high);
        }
        // Had the bounces been presses, they would be told before this one.
        assert_eq!(running.next_edge(), released("pedal"));
    }
}

fn normally_closed(bench: Bench) {
    let mut running = bench.start();
    running.next_button(true);
    assert_eq!(running.next_edge(), pressed("next"));
    // The other switch goes on meanwhile.
    running.press_and_release();
    running.next_button(false);
    assert_eq!(running.next_edge(), released("next"));
}

fn down_at_the_start(bench: Bench) {
    bench.rest();
    bench.finger.set(bench.lines[0], false);
    let mut running = bench.start_as_it_is(Millis(10_000));
    running.wait_until_open();
    running.pedal(true);
    // Neither the level nor its end was a press: the first thing that is told is one that was meant.
    running.settle();
}

fn stuck(bench: Bench) {
    let patience = Millis(400 + 4 * bench.finger.bounces().0);
    let mut running = bench.start_with(patience);
    running.pedal(false);
    assert_eq!(running.next_edge(), pressed("pedal"));
    assert!(running.next_stuck());
    // Other switches work on.
    running.next_button(true);
    assert_eq!(running.next_edge(), pressed("next"));
    running.next_button(false);
    assert_eq!(running.next_edge(), released("next"));
    running.pedal(true);
    assert!(!running.next_stuck());
    running.press_and_release();
}

const BEEP: Pattern = Pattern {
    beats: &[Beat {
        on: true,
        ms: 1_000,
    }],
    repeats: false,
};
const BLINK: Pattern = Pattern {
    beats: &[Beat { on: true, ms: 300 }, Beat { on: false, ms: 300 }],
    repeats: true,
};

fn lights(bench: Bench) {
    let mut running = bench.start();
    running.wait_for_lights([false; 3]);
    running.light_red();
    running.wait_for_lights([true, false, false]);
    running.show(Pattern::OFF, BLINK);
    for _ in 0..2 {
        running.wait_for_lights([false, true, false]);
        running.wait_for_lights([false, false, false]);
    }
    running.show(Pattern::OFF, Pattern::OFF);
    running.sound(BEEP);
    running.wait_for_lights([false, false, true]);
    running.wait_for_lights([false, false, false]);
}

fn all_on(running: &mut Running) {
    running.show(Pattern::ON, Pattern::ON);
    running.sound(Pattern::ON);
    running.wait_for_lights([true, true, true]);
}

fn safe_at_the_end(bench: Bench) {
    let mut running = bench.start();
    all_on(&mut running);
    let options = running.options.clone();
    let bench = running.stop();
    let safe = |when: &str| {
        let high = |n: usize| bench.finger.is_high(bench.lines[n]);
        // A lamp that a low level lights: whoever lets go of its line leaves it to its resistor.
        assert!(!high(2) && !high(4), "{when}");
    };
    safe("after the station");
    make_safe(&options).expect("the pins are free again");
    safe("after `panel safe`");
}

fn held(bench: Bench) {
    let mut running = bench.start();
    let (tell, told) = channel();
    let sink = Box::new(move |event| drop(tell.send(event)));
    let second = WiredPanel::start(running.options.clone(), sink).expect("threads");
    let event = told
        .recv_timeout(Duration::from_secs(60))
        .expect("an event");
    let PanelEvent::Failed { problem } = event else {
        panic!("{event:?}");
    };
    for part in ["inputs.pedal", "held by", "stop it"] {
        assert!(problem.contains(part), "{part} is not in {problem}");
    }
    running.press_and_release();
    // Once it is free, the one that waited takes it by itself. The lines are let go of one by one, and on a slow machine it may meet one
    // that is still held, and says so.
    drop(running);
    loop {
        let event = told
            .recv_timeout(Duration::from_secs(60))
            .expect("an event");
        match event {
            PanelEvent::Opened { .. } => break,
            PanelEvent::Failed { problem } => assert!(problem.contains("held by"), "{problem}"),
            other => panic!("{other:?}"),
        }
    }
    drop(second);
}

fn out_of_range(bench: Bench) {
    let running = bench.start();
    let mut options = running.options.clone();
    let _bench = running.stop();
    options.board.inputs[0].pin.line = Line::Number(200);
    let (tell, told) = channel();
    let sink = Box::new(move |event| drop(tell.send(event)));
    let _panel = WiredPanel::start(options, sink).expect("threads");
    let event = told
        .recv_timeout(Duration::from_secs(60))
        .expect("an event");
    let PanelEvent::Failed { problem } = event else {
        panic!("{event:?}");
    };
    assert!(problem.contains("line 200 is out of range"), "{problem}");
}
