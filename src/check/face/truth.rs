//! The pose against heads whose turn is known: a portrait is made a relief, turned and drawn again.
//!
//! The relief's depth is that of the average head laid under the portrait's own landmarks. Asked is by how many degrees
//! the told pose changes when the head is turned by so many: how the sitter held the head to begin with is not known.
//! Absolute angles are tried on the average head itself, without a picture, in `pose`.

use super::pose::{pose, relief};
use crate::check::checker::tests::{astronaut, encoded, see};

#[path = "../../../tests/workshop/relief.rs"]
mod workshop;

/// Turns of one axis, in degrees.
const STEPS: [f32; 8] = [-15.0, -10.0, -5.0, -3.0, 3.0, 5.0, 10.0, 15.0];

/// How far off each axis may be told, in degrees.
const OFF: f32 = 3.0;

#[test]
fn a_head_that_is_turned_by_known_angles_gives_them_back() {
    let picture = image::load_from_memory(astronaut()).unwrap().to_rgb8();
    let start = see(astronaut()).landmarks;
    let from = pose(&start).unwrap();
    let relief = relief(&start);
    let about = |axis: usize| {
        STEPS.map(|degrees| {
            let mut turn = [0.0; 3];
            turn[axis] = degrees;
            turn
        })
    };
    let mut turns = vec![[0.0; 3], [5.0, 5.0, 5.0], [-10.0, 5.0, 10.0]];
    turns.extend((0..3).flat_map(about));
    let mut worst = 0.0f32;
    for turn in turns {
        let file = encoded(&workshop::turned(&picture, &relief, turn, [0; 3]));
        let told = pose(&see(&file).landmarks).unwrap();
        let off = [
            told.yaw_deg - from.yaw_deg - turn[0],
            told.pitch_deg - from.pitch_deg - turn[1],
            told.roll_deg - from.roll_deg - turn[2],
        ];
        println!("{turn:5.0?}: off by {off:5.1?}");
        worst = off.iter().fold(worst, |most, o| most.max(o.abs()));
    }
    println!("at worst {worst:.1}");
    assert!(worst < OFF, "off by {worst}");
}
