//! Lips closed, expression neutral.

use crate::check::face::{Blendshape, mesh};
use crate::check::measure::{Fault, MeasureKind, Taken, Words, score, sigmoid};
use crate::check::scene::{Face, Scene, distance};

/// "Mouth closed" of ISO/IEC 29794-5: like-29794-5, as ours rests on the lips of another mesh than OFIQ's. Its
/// score forgives a mouth that shows teeth (a raw value of 0.09 has 86), the limit need not. `jawOpen` is
/// no witness: with teeth showing it was seen at 0.1.
const MOUTH_CLOSED: MeasureKind = MeasureKind {
    name: "mouth-closed",
    unit: "",
    below: None,
    above: Some(Fault {
        id: "mouth-open",
        words: Words::Fixed {
            fault: ("嘴没有合上", "mouth open"),
            remedy: (
                "请学生合上嘴唇后重拍",
                "have the student close the lips, shoot again",
            ),
        },
    }),
    about: "largest gap between the inner rims of the lips, in lengths from the eyes to the chin",
};

const EXPRESSION: MeasureKind = MeasureKind {
    name: "expression",
    unit: "",
    below: None,
    above: Some(Fault {
        id: "expression",
        words: Words::Fixed {
            fault: ("表情不够自然", "expression not neutral"),
            remedy: (
                "请学生放松、表情自然后重拍",
                "have the student relax, shoot again",
            ),
        },
    }),
    about: "the strongest of smile, frown, pursed lips and bared teeth, 0 to 1",
};

pub(super) const KINDS: &[MeasureKind] = &[MOUTH_CLOSED, EXPRESSION];

/// What a face is told to stop doing: coefficients that are averaged, and the words.
struct Grimace {
    shapes: &'static [Blendshape],
    zh: &'static str,
    en: &'static str,
}

const GRIMACES: [Grimace; 4] = [
    Grimace {
        shapes: &[Blendshape::MouthSmileLeft, Blendshape::MouthSmileRight],
        zh: "在笑",
        en: "smiling",
    },
    Grimace {
        shapes: &[Blendshape::MouthFrownLeft, Blendshape::MouthFrownRight],
        zh: "嘴角下垂",
        en: "corners of the mouth drawn down",
    },
    Grimace {
        shapes: &[Blendshape::MouthPucker],
        zh: "噘着嘴",
        en: "lips pursed",
    },
    Grimace {
        shapes: &[Blendshape::MouthUpperUpLeft, Blendshape::MouthUpperUpRight],
        zh: "露着牙",
        en: "teeth bared",
    },
];

pub(super) fn measures(_: &Scene, face: &Face) -> Vec<Taken> {
    let gap = lip_gap(face);
    vec![
        Taken::scored(
            MOUTH_CLOSED,
            gap,
            score(100.0 * (1.0 - sigmoid(gap, 0.2, 0.06))),
        ),
        expression(face),
    ]
}

/// As a share of T.
fn lip_gap(face: &Face) -> f64 {
    // Upper rim from corner to corner, and the lower one back.
    let rim = mesh::LIPS_INNER;
    let gaps = (1..10).map(|i| distance(face.point(rim[i]), face.point(rim[20 - i])));
    f64::from(gaps.fold(0.0, f32::max) / face.eyes_to_chin().max(1.0))
}

fn expression(face: &Face) -> Taken {
    let strength = |grimace: &Grimace| {
        let each = grimace.shapes.iter().map(|s| face.blendshapes.of(*s));
        f64::from(each.sum::<f32>()) / grimace.shapes.len().max(1) as f64
    };
    let [first, others @ ..] = GRIMACES.each_ref().map(|g| (strength(g), g));
    let (strength, Grimace { zh, en, .. }) =
        others.into_iter().fold(
            first,
            |most, other| if other.0 >= most.0 { other } else { most },
        );
    Taken::value(EXPRESSION, strength).saying(
        format!("表情不够自然（{zh}）：请学生放松后重拍"),
        format!("expression not neutral ({en}): have the student relax, shoot again"),
    )
}
