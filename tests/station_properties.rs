//! Properties of the station that hold after each event, over random presses, camera faults, commit failures and
//! restarts: I1, I3, I4, I6, I7, I8, and the strict order of the queue.
#![allow(clippy::unwrap_used)] // a test that cannot go on shall stop

mod station_support;

use proptest::prelude::*;
use shutterline::model::Serial;
use station_support::world::{Ask, Step, World};

fn step() -> impl Strategy<Value = Step> {
    let taps = prop_oneof![
        6 => Just("pedal"), 4 => Just("next"), 1 => Just("back"), 1 => Just("hold"),
        1 => Just("retake"), 1 => Just("accept"), 1 => Just("hand"), 1 => Just("d1"), 1 => Just("enter"),
    ];
    let n = || 0..8u8;
    let ask = prop_oneof![
        n().prop_map(Ask::Hold),
        n().prop_map(Ask::Recall),
        n().prop_map(Ask::Call),
        n().prop_map(Ask::Absent),
        (n(), n()).prop_map(|(a, b)| Ask::Bind(a, b)),
        (n(), n(), -2..3i8).prop_map(|(a, b, c)| Ask::Shift(a, b, c)),
        (n(), n()).prop_map(|(a, b)| Ask::Swap(a, b)),
        n().prop_map(Ask::Split),
        (n(), n()).prop_map(|(a, b)| Ask::Reassign(a, b)),
        Just(Ask::UndoAdvance),
        Just(Ask::Undo),
        n().prop_map(Ask::Accept),
        (n(), any::<bool>()).prop_map(|(a, b)| Ask::Waive(a, b)),
        any::<bool>().prop_map(Ask::Lower),
        n().prop_map(Ask::Discard),
        Just(Ask::TestShot),
        any::<bool>().prop_map(Ask::Close),
        Just(Ask::Open),
    ];
    prop_oneof![
        10 => (1..1500u16).prop_map(Step::Wait),
        1 => Just(Step::Wait(12_000)),
        14 => taps.prop_map(Step::Tap),
        1 => Just(Step::LongHand),
        10 => Just(Step::Fire),
        1 => Just(Step::FireSlowly),
        1 => Just(Step::Refuse),
        2 => Just(Step::Button),
        12 => Just(Step::Poll),
        10 => (n(), any::<bool>()).prop_map(|(a, b)| Step::Download(a, b)),
        1 => n().prop_map(Step::DownloadFails),
        10 => (n(), 0..4u8).prop_map(|(a, b)| Step::Judge(a, b)),
        24 => Just(Step::Commit),
        1 => any::<bool>().prop_map(Step::CommitFails),
        1 => Just(Step::CameraLost),
        3 => Just(Step::CameraReady),
        1 => Just(Step::Kill),
        1 => any::<bool>().prop_map(Step::Space),
        6 => ask.prop_map(Step::Ask),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_whatever_happens(
        pair in any::<bool>(),
        one_pedal in any::<bool>(),
        steps in prop::collection::vec(step(), 1..160),
    ) {
        let mut world = World::new(pair, one_pedal);
        for step in steps {
            world.step(step);
        }
        world.come_to_rest();
    }

    /// Without skips, holds or calls the students are seated in the order of their numbers.
    #[test]
    fn the_chair_moves_in_strict_order(taps in prop::collection::vec((0..3u8, 1..2000u16), 1..60)) {
        let mut world = World::new(false, false);
        let mut seated = Vec::new();
        for (tap, ms) in taps {
            world.step(Step::Wait(ms));
            world.step(match tap {
                0 => Step::Tap("pedal"),
                1 => Step::Fire,
                _ => Step::Tap("next"),
            });
            let now = world.station.status().serial;
            if seated.last() != Some(&now) {
                seated.push(now);
            }
        }
        let order: Vec<_> = (1..=5).map(|n| Some(Serial(n))).chain([None]).collect();
        prop_assert_eq!(&seated[..], &order[..seated.len()]);
    }
}
