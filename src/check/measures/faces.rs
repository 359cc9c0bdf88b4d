//! Somebody is there, alone, and all of the face is in the picture.

use crate::check::face::mesh;
use crate::check::measure::{Fault, MeasureKind, Taken, Words, score};
use crate::check::measures::NO_FACE;
use crate::check::scene::{Face, Scene};
use crate::model::Rect;

const FACES: MeasureKind = MeasureKind {
    name: "faces",
    unit: "count",
    below: Some(Fault {
        id: "no-face",
        words: Words::Made(|_| {
            (
                "没有找到人脸：请学生面向镜头，检查灯光后重拍".to_owned(),
                "no face found: have the student face the camera, check the light, shoot again"
                    .to_owned(),
            )
        }),
    }),
    above: None,
    about: "faces found",
};

/// "Single face present" of ISO/IEC 29794-5; ours is from another detector than OFIQ's, with the same formula.
const SECOND_FACE: MeasureKind = MeasureKind {
    name: "second-face",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "many-faces",
        words: Words::Made(|_| {
            (
                "画面中还有别人：请旁人离开镜头后重拍".to_owned(),
                "somebody else is in the picture: have them leave, shoot again".to_owned(),
            )
        }),
    }),
    about: "area of the second largest face as a share of the largest",
};

const FACE_MARGIN: MeasureKind = MeasureKind {
    name: "face-margin",
    unit: "",
    below: Some(Fault {
        id: "face-cut",
        words: Words::Made(|_| words("画面边缘", "edge")),
    }),
    above: None,
    about: "from the head to the nearest edge, in lengths from the eyes to the chin",
};

pub(super) const KINDS: &[MeasureKind] = &[FACES, SECOND_FACE, FACE_MARGIN];

pub(super) fn measures(scene: &Scene) -> Vec<Taken> {
    let faces = &scene.geometry.faces;
    let count = Taken::value(FACES, faces.len() as f64);
    let area = |face: &Rect| f64::from(face.width) * f64::from(face.height);
    let second = match faces.as_slice() {
        [] => Taken::nothing(SECOND_FACE, NO_FACE),
        [_] => Taken::scored(SECOND_FACE, 0.0, 100.0),
        [largest, second, ..] => {
            let share = area(second) / area(largest).max(f64::MIN_POSITIVE);
            Taken::scored(SECOND_FACE, share, score(100.0 * (1.0 - share)))
        }
    };
    let margin = match scene.face() {
        None => Taken::nothing(FACE_MARGIN, NO_FACE),
        Some(face) => margin(scene, &face),
    };
    vec![count, second, margin]
}

fn margin(scene: &Scene, face: &Face) -> Taken {
    let rim = mesh::OVAL
        .iter()
        .map(|&i| face.point(i))
        .chain([face.crown]);
    let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, f32::MAX, f32::MAX);
    for p in rim {
        left = left.min(p.x);
        top = top.min(p.y);
        right = right.min(scene.width as f32 - p.x);
        bottom = bottom.min(scene.height as f32 - p.y);
    }
    let sides = [
        (left, "画面左边", "left edge"),
        (top, "画面上边", "top edge"),
        (right, "画面右边", "right edge"),
        (bottom, "画面下边", "bottom edge"),
    ];
    let nearest = sides
        .into_iter()
        .reduce(|a, b| if b.0 < a.0 { b } else { a });
    let (gap, zh, en) = nearest.unwrap_or_default();
    let (zh, en) = words(zh, en);
    let value = f64::from(gap / face.eyes_to_chin().max(1.0));
    Taken::value(FACE_MARGIN, value).saying(zh, en)
}

fn words(zh: &str, en: &str) -> (String, String) {
    (
        format!("头部在{zh}被切掉或太贴边：调整相机后重拍"),
        format!("the head is cut off at the {en} or too near it: move the camera, shoot again"),
    )
}
