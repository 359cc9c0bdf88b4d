//! Which way the head is turned.
//!
//! The angles are those of [`Pose`](crate::model::Pose); the scores "pose angle frontal alignment" of ISO/IEC 29794-5, 100 cos².
//! The fit is ours (see `face::pose`), where OFIQ asks a network.

use crate::check::measure::{Fault, MeasureKind, Taken, Words, score};
use crate::check::scene::{Face, Scene};

const YAW: MeasureKind = MeasureKind {
    name: "yaw",
    unit: "deg",
    below: Some(fault("yaw", |v| {
        let degrees = whole(v);
        (
            format!("头向右转了 {degrees}°，请看镜头"),
            format!("head turned {degrees}° to the student's right: have them face the camera"),
        )
    })),
    above: Some(fault("yaw", |v| {
        let degrees = whole(v);
        (
            format!("头向左转了 {degrees}°，请看镜头"),
            format!("head turned {degrees}° to the student's left: have them face the camera"),
        )
    })),
    about: "head turned sideways, to the student's left above 0",
};

const PITCH: MeasureKind = MeasureKind {
    name: "pitch",
    unit: "deg",
    below: Some(fault("pitch", |v| {
        let degrees = whole(v);
        (
            format!("头低了 {degrees}°，请抬起下巴"),
            format!("head lowered by {degrees}°: have the student raise the chin"),
        )
    })),
    above: Some(fault("pitch", |v| {
        let degrees = whole(v);
        (
            format!("头仰了 {degrees}°，请收下巴"),
            format!("head raised by {degrees}°: have the student lower the chin"),
        )
    })),
    about: "head raised or lowered, chin up above 0",
};

const ROLL: MeasureKind = MeasureKind {
    name: "roll",
    unit: "deg",
    below: Some(fault("roll", |v| {
        let degrees = whole(v);
        (
            format!("头向右歪了 {degrees}°，请摆正"),
            format!("head leans {degrees}° to the student's right: have them straighten it"),
        )
    })),
    above: Some(fault("roll", |v| {
        let degrees = whole(v);
        (
            format!("头向左歪了 {degrees}°，请摆正"),
            format!("head leans {degrees}° to the student's left: have them straighten it"),
        )
    })),
    about: "head leant to a shoulder, to the student's left one above 0",
};

pub(super) const KINDS: &[MeasureKind] = &[YAW, PITCH, ROLL];

const fn fault(id: &'static str, words: fn(f64) -> (String, String)) -> Fault {
    Fault {
        id,
        words: Words::Made(words),
    }
}

fn whole(degrees: f64) -> f64 {
    degrees.abs().round()
}

pub(super) fn measures(_: &Scene, face: &Face) -> Vec<Taken> {
    let angle = |kind, degrees: f32| {
        let degrees = f64::from(degrees);
        // Behind a right angle the square of the cosine would rise again.
        let aligned = degrees.to_radians().cos().max(0.0);
        Taken::scored(kind, degrees, score(100.0 * aligned * aligned))
    };
    vec![
        angle(YAW, face.pose.yaw_deg),
        angle(PITCH, face.pose.pitch_deg),
        angle(ROLL, face.pose.roll_deg),
    ]
}
