//! How large the head is and where: by the definitions of ISO/IEC 29794-5, over our own landmarks.

use crate::check::measure::{Fault, MeasureKind, Taken, Words, score, sigmoid};
use crate::check::scene::{Face, Scene};

const INTER_EYE_DISTANCE: MeasureKind = MeasureKind {
    name: "inter-eye-distance",
    unit: "px",
    below: Some(Fault {
        id: "resolution",
        words: Words::Made(|v| {
            let pixels = v.round();
            (
                format!("人脸像素不够（两眼间距 {pixels} 像素）：请靠近或把图像尺寸设为“大”后重拍"),
                format!(
                    "the face has too few pixels ({pixels} between the eyes): go nearer, or set the image size to large"
                ),
            )
        }),
    }),
    above: None,
    about: "between the centres of the eyes, as if the head faced the camera",
};

const HEAD_SIZE: MeasureKind = information(
    "head-size",
    "fraction",
    "from the middle of the eyes to the chin, as a share of the height",
);
const CROP_LEFT: MeasureKind = information(
    "crop-left",
    "",
    "from the image's left edge to the farther eye, in eye distances",
);
const CROP_RIGHT: MeasureKind = information(
    "crop-right",
    "",
    "from the image's right edge to the farther eye, in eye distances",
);
const MARGIN_ABOVE: MeasureKind = information(
    "margin-above",
    "",
    "from the top edge to the middle of the eyes, in lengths from there to the chin",
);
const MARGIN_BELOW: MeasureKind = information(
    "margin-below",
    "",
    "from the bottom edge to the middle of the eyes, in lengths from there to the chin",
);

pub(super) const KINDS: &[MeasureKind] = &[
    INTER_EYE_DISTANCE,
    HEAD_SIZE,
    CROP_LEFT,
    CROP_RIGHT,
    MARGIN_ABOVE,
    MARGIN_BELOW,
];

/// A measure of the frame as the camera made it: the portrait is cut from it, so that nothing here is
/// held against a frame.
const fn information(name: &'static str, unit: &'static str, about: &'static str) -> MeasureKind {
    MeasureKind {
        name,
        unit,
        below: None,
        above: None,
        about,
    }
}

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    let (width, height) = (f64::from(scene.width), f64::from(scene.height));
    let eyes = face.eyes.map(|e| f64::from(e.x));
    let apart = f64::from(face.eye_distance()).max(1.0);
    let to_chin = f64::from(face.eyes_to_chin()).max(1.0);
    let middle = f64::from(face.eye_middle().y);
    let facing = f64::from(face.pose.yaw_deg).to_radians().cos().max(0.1);

    let distance = apart / facing;
    let size = to_chin / height;
    let left = eyes[0].max(eyes[1]) / apart;
    let right = (width - eyes[0].min(eyes[1])) / apart;
    let (above, below) = (middle / to_chin, (height - middle) / to_chin);
    let rising = |v: f64, x0: f64, w: f64| score(100.0 * sigmoid(v, x0, w));
    vec![
        Taken::scored(INTER_EYE_DISTANCE, distance, rising(distance, 70.0, 20.0)),
        Taken::scored(
            HEAD_SIZE,
            size,
            score(200.0 * (1.0 - sigmoid((size - 0.45).abs(), 0.0, 0.05))),
        ),
        Taken::scored(CROP_LEFT, left, rising(left, 0.9, 0.1)),
        Taken::scored(CROP_RIGHT, right, rising(right, 0.9, 0.1)),
        Taken::scored(MARGIN_ABOVE, above, rising(above, 1.4, 0.1)),
        Taken::scored(MARGIN_BELOW, below, rising(below, 1.8, 0.1)),
    ]
}
