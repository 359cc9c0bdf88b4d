use super::*;
use crate::model::{Active, Line, Pin};
use proptest::prelude::*;

const TIMING: Timing = Timing {
    debounce: Millis(15),
    stuck: Millis(10_000),
};
const DEBOUNCE_US: u64 = 15_000;

/// A contact that was open for long enough to count, and the moment from which on it does.
fn open() -> (Contact, u64) {
    let mut contact = Contact::new(TIMING, Level::Released, 0);
    assert_eq!(contact.pass(SETTLE_US), []);
    (contact, SETTLE_US)
}

/// Play levels, each with how long it holds in µs, beginning with a press; then silence.
fn play(spans: &[u64], looks: &[u64]) -> Vec<Change> {
    let (mut contact, mut at) = open();
    let mut told = Vec::new();
    let mut level = Level::Released;
    let mut looks = looks.iter().cycle();
    for span in spans {
        level = match level {
            Level::Pressed => Level::Released,
            Level::Released => Level::Pressed,
        };
        told.extend(contact.edge(level, at));
        // Whoever looks in between, however often, changes nothing.
        if let Some(look) = looks.next() {
            told.extend(contact.pass(at + look % (span + 1)));
        }
        at += span;
    }
    if level == Level::Pressed {
        told.extend(contact.edge(Level::Released, at));
    }
    told.extend(contact.pass(at + DEBOUNCE_US));
    told
}

/// What the same spans mean, put plainly: an opening of at least the debounce parts two presses, and what lies between two such is
/// one press if the contact once held for longer than a glitch.
fn presses_of(spans: &[u64]) -> usize {
    let mut presses = 0;
    let mut held = false;
    for (n, span) in spans.iter().enumerate() {
        let closed = n % 2 == 0;
        if closed && *span >= GLITCH_US {
            held = true;
        }
        let last = n + 1 == spans.len();
        let apart = !closed && *span >= DEBOUNCE_US;
        if apart || last {
            presses += usize::from(held);
            held = false;
        }
    }
    presses
}

fn count(told: &[Change]) -> (usize, usize) {
    let pressed = |c: &&Change| matches!(c, Change::Pressed { .. });
    let released = |c: &&Change| matches!(c, Change::Released { .. });
    (
        told.iter().filter(pressed).count(),
        told.iter().filter(released).count(),
    )
}

/// Spans around everything that matters: spikes, bounces, and presses.
fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        1..GLITCH_US,
        GLITCH_US..2_000,
        2_000..DEBOUNCE_US,
        Just(DEBOUNCE_US - 1),
        Just(DEBOUNCE_US),
        DEBOUNCE_US..60_000,
        Just(GLITCH_US - 1),
        Just(GLITCH_US),
    ]
}

proptest! {
    /// No bounce train makes two presses, and no press is lost that is further from the last than the debounce.
    #[test]
    fn one_press_for_each_that_was_meant(
        spans in prop::collection::vec(span(), 1..60),
        looks in prop::collection::vec(0u64..20_000, 1..10),
    ) {
        let told = play(&spans, &looks);
        let (pressed, released) = count(&told);
        prop_assert_eq!(pressed, presses_of(&spans), "{:?}", told);
        prop_assert_eq!(released, pressed);
        let presses: Vec<bool> = told.iter().map(|c| matches!(c, Change::Pressed { .. })).collect();
        let alternate = presses.iter().enumerate().all(|(n, press)| *press == (n % 2 == 0));
        prop_assert!(alternate, "{:?}", told);
    }

    /// One train, however it rattles: no opening in it reaches the debounce.
    #[test]
    fn never_two_presses_out_of_one_train(
        spans in prop::collection::vec(1..DEBOUNCE_US, 1..200),
        looks in prop::collection::vec(0u64..20_000, 1..10),
    ) {
        let (pressed, _) = count(&play(&spans, &looks));
        prop_assert!(pressed <= 1);
    }

    /// Whatever happens, in whatever order it is told, presses and releases alternate and time does not run backwards.
    #[test]
    fn changes_alternate(
        edges in prop::collection::vec((any::<bool>(), 0u64..30_000_000), 0..80),
    ) {
        let mut contact = Contact::new(TIMING, Level::Released, 0);
        let mut down = false;
        for (pressed, at) in edges {
            let level = if pressed { Level::Pressed } else { Level::Released };
            for change in contact.edge(level, at) {
                match change {
                    Change::Pressed { .. } => { prop_assert!(!down); down = true; }
                    Change::Released { .. } => { prop_assert!(down); down = false; }
                    // A pedal that is stuck owes no release.
                    Change::Stuck(_) => down = false,
                }
            }
        }
    }
}

#[test]
fn a_press_is_told_a_glitch_after_its_first_contact_and_stamped_with_it() {
    let (mut contact, t) = open();
    assert_eq!(contact.edge(Level::Pressed, t), []);
    assert_eq!(contact.wake_at(), Some(t + GLITCH_US));
    assert_eq!(contact.pass(t + GLITCH_US - 1), []);
    assert!(!contact.about_to_press(t + GLITCH_US - 1));
    assert!(contact.about_to_press(t + GLITCH_US));
    let told = contact.pass(t + GLITCH_US);
    assert_eq!(told, [Change::Pressed { at_us: t }]);
}

#[test]
fn a_spike_is_no_press() {
    let told = play(&[GLITCH_US - 1], &[0]);
    assert_eq!(told, []);
    let told = play(&[GLITCH_US], &[0]);
    assert_eq!(count(&told), (1, 1));
}

#[test]
fn a_foot_on_the_pedal_at_the_start_is_no_press() {
    let mut contact = Contact::new(TIMING, Level::Pressed, 0);
    assert_eq!(contact.pass(5_000_000), []);
    assert_eq!(contact.edge(Level::Released, 5_000_000), []);
    // Stepping on again at once, still within the settling, is not trusted either.
    assert_eq!(contact.edge(Level::Pressed, 5_050_000), []);
    assert_eq!(contact.edge(Level::Released, 5_060_000), []);
    assert_eq!(contact.edge(Level::Pressed, 5_060_000 + SETTLE_US), []);
    let told = contact.pass(6_000_000);
    assert_eq!(count(&told), (1, 0));
}

#[test]
fn pull_ups_that_charge_a_cable_press_nothing() {
    let mut contact = Contact::new(TIMING, Level::Released, 0);
    for (level, at) in [(Level::Pressed, 100), (Level::Released, 40_000)] {
        assert_eq!(contact.edge(level, at), []);
    }
    assert_eq!(contact.pass(1_000_000), []);
}

#[test]
fn a_pedal_held_for_too_long_is_stuck_until_it_is_let_go() {
    let (mut contact, t) = open();
    contact.edge(Level::Pressed, t);
    let told = contact.pass(t + 9_999_999);
    assert_eq!(count(&told), (1, 0));
    assert_eq!(contact.pass(t + 10_000_000), [Change::Stuck(true)]);
    assert_eq!(contact.pass(t + 90_000_000), []);
    let at = t + 90_000_000;
    assert_eq!(contact.edge(Level::Released, at), []);
    // It bounces as it opens.
    assert_eq!(contact.edge(Level::Pressed, at + 2_000), []);
    assert_eq!(contact.edge(Level::Released, at + 4_000), []);
    let told = contact.pass(at + 4_000 + DEBOUNCE_US);
    assert_eq!(told, [Change::Stuck(false)]);
    contact.edge(Level::Pressed, at + 100_000);
    assert_eq!(count(&contact.pass(at + 200_000)), (1, 0));
}

#[test]
fn a_pedal_that_is_down_from_the_start_is_stuck_in_the_end() {
    // A normally-closed pedal that is not plugged in, or a cable that broke.
    let mut contact = Contact::new(TIMING, Level::Pressed, 0);
    assert_eq!(contact.pass(10_000_000), [Change::Stuck(true)]);
}

#[test]
fn nothing_outlives_the_lines() {
    let (mut contact, t) = open();
    contact.edge(Level::Pressed, t);
    contact.pass(t + 1_000);
    let told = contact.let_go(t + 2_000);
    assert_eq!(told, Some(Change::Released { at_us: t + 2_000 }));
    let mut contact = Contact::new(TIMING, Level::Pressed, 0);
    contact.pass(10_000_000);
    assert_eq!(contact.let_go(11_000_000), Some(Change::Stuck(false)));
}

#[test]
fn bounces_are_counted() {
    let (mut contact, t) = open();
    // A spike alone, then a press that closes in five edges within 900 µs.
    contact.edge(Level::Pressed, t);
    contact.edge(Level::Released, t + 40);
    let t = t + 1_000_000;
    for (n, at) in [0, 100, 250, 800, 900].into_iter().enumerate() {
        let level = [Level::Pressed, Level::Released][n % 2];
        contact.edge(level, t + at);
    }
    contact.pass(t + 5_000);
    let stats = contact.stats();
    let expected = BounceStats {
        presses: 1,
        edges: 7,
        glitches: 1,
        longest_glitch_us: 40,
        most_edges: 5,
        longest_bounce_us: 900,
        lost: 0,
    };
    assert_eq!(stats, expected);
}

fn input(name: &str, active: Active) -> BoardInput {
    let pin = Pin {
        line: Line::Number(1),
        header: None,
    };
    BoardInput {
        active,
        ..BoardInput::to_ground(name, pin)
    }
}

fn switches() -> Switches {
    // A switch to ground, and a normally-closed pedal: at rest one is high, the other low.
    let inputs = [input("next", Active::Low), input("pedal", Active::High)];
    let (debounce, stuck) = (TIMING.debounce, TIMING.stuck);
    let mut switches = Switches::new(&inputs, debounce, stuck, &[true, false], 0);
    switches.pass(SETTLE_US, &mut Vec::new());
    switches
}

fn raw(input: usize, high: bool, at_us: u64, number: u32) -> RawEdge {
    RawEdge {
        input,
        high,
        at_us,
        number,
    }
}

#[test]
fn a_level_is_a_press_by_what_is_wired() {
    let mut switches = switches();
    let mut events = Vec::new();
    switches.edge(raw(1, true, 200_000, 1), &mut events);
    switches.edge(raw(0, false, 210_000, 1), &mut events);
    switches.pass(220_000, &mut events);
    let pressed = |name: &str, at_us| PanelEvent::Edge {
        input: InputName(name.into()),
        level: Level::Pressed,
        at_us,
    };
    assert_eq!(
        events,
        [pressed("pedal", 200_000), pressed("next", 210_000)]
    );
}

#[test]
fn lost_edges_are_noticed_and_the_level_decides() {
    let mut switches = switches();
    let mut events = Vec::new();
    switches.edge(raw(0, false, 200_000, 1), &mut events);
    switches.pass(250_000, &mut events);
    // Let go, pressed and let go; the two edges between were dropped by the kernel.
    switches.edge(raw(0, true, 300_000, 2), &mut events);
    assert!(!switches.wants_reading(300_100));
    switches.edge(raw(0, true, 500_000, 5), &mut events);
    assert!(switches.wants_reading(500_100));
    switches.read(0, true, 500_100, &mut events);
    switches.pass(600_000, &mut events);
    let levels: Vec<Level> = events
        .iter()
        .map(|e| match e {
            PanelEvent::Edge { level, .. } => *level,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(levels, [Level::Pressed, Level::Released]);
    assert_eq!(switches.stats()[0].1.lost, 2);
    // A press whose edge never came at all is found by reading.
    switches.read(0, false, 700_000, &mut events);
    switches.pass(800_000, &mut events);
    assert_eq!(events.len(), 3);
}
