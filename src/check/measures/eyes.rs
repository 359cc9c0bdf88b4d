//! Both eyes open, looking into the camera, and not red.
//!
//! What is told in millimetres rests on the iris, which is 11.7 mm across in nearly all people: it is the
//! ruler that every face has.

use crate::check::colour::Lab;
use crate::check::face::{Blendshape, mesh};
use crate::check::mask::quantile;
use crate::check::measure::{Fault, MeasureKind, Taken, Words, score, sigmoid};
use crate::check::scene::{Face, Scene, distance, middle};
use crate::model::Point;

/// "Eyes open" of ISO/IEC 29794-5: like-29794-5, as ours rests on the lids of another mesh than OFIQ's,
/// which keeps a gap of about 0.02 on a closed eye.
const EYES_OPEN: MeasureKind = MeasureKind {
    name: "eyes-open",
    unit: "",
    below: Some(closed("眼睛没有睁开或太眯", "closed or nearly so")),
    above: None,
    about: "largest gap between the lids of the smaller eye, in lengths from the eyes to the chin",
};

/// The second witness, a network of its own.
const BLINK: MeasureKind = MeasureKind {
    name: "blink",
    unit: "",
    below: None,
    above: Some(closed("眼睛似乎闭着", "seems closed")),
    about: "coefficient of a blink of the eye that is shut more, 0 to 1",
};

/// How far both witnesses agree on one eye. Either of them alone errs: the gap on narrow eyes and on a
/// broad smile, the coefficient on a look downwards.
const EYES_CLOSED: MeasureKind = MeasureKind {
    name: "eyes-closed",
    unit: "",
    below: None,
    above: Some(closed("眼睛闭着", "closed")),
    about: "how sure lids and coefficient both are that the same eye is closed, 0 to 1",
};

/// A wink: the mesh makes both eyes alike, and leaves a closed one half open beside an open one.
const EYES_ALIKE: MeasureKind = MeasureKind {
    name: "eyes-alike",
    unit: "",
    below: Some(closed(
        "一只眼睛闭着或半闭",
        "one eye closed or half closed",
    )),
    above: None,
    about: "gap between the lids of the smaller eye as a share of the larger one's",
};

const GAZE: MeasureKind = MeasureKind {
    name: "gaze",
    unit: "deg",
    below: Some(look(|v| toward("右", "right", v))),
    above: Some(look(|v| toward("左", "left", v))),
    about: "eyes turned away from the camera, to the student's left above 0",
};

const GAZE_HEIGHT: MeasureKind = MeasureKind {
    name: "gaze-height",
    unit: "deg",
    below: Some(look(|v| toward("下", "down", v))),
    above: Some(look(|v| toward("上", "up", v))),
    about: "eyes raised above the camera, or lowered below 0",
};

const RED_EYE: MeasureKind = MeasureKind {
    name: "red-eye",
    unit: "a*",
    below: None,
    above: Some(Fault {
        id: "red-eye",
        words: Words::Made(|_| {
            (
                "眼睛发红：把闪光灯移离镜头，加亮房间后重拍".to_owned(),
                "red eyes: move the flash away from the lens, brighten the room, shoot again"
                    .to_owned(),
            )
        }),
    }),
    about: "redness (CIE a*) of the pupil of the redder eye, the median over its disc",
};

pub(super) const KINDS: &[MeasureKind] = &[
    EYES_OPEN,
    BLINK,
    EYES_CLOSED,
    EYES_ALIKE,
    GAZE,
    GAZE_HEIGHT,
    RED_EYE,
];

const fn closed(zh: &'static str, en: &'static str) -> Fault {
    Fault {
        id: "eyes-closed",
        words: Words::Fixed {
            fault: (zh, en),
            remedy: (
                "请学生睁眼后重拍",
                "have the student open both eyes, shoot again",
            ),
        },
    }
}

const fn look(words: fn(f64) -> (String, String)) -> Fault {
    Fault {
        id: "gaze",
        words: Words::Made(words),
    }
}

fn toward(zh: &str, en: &str, degrees: f64) -> (String, String) {
    let degrees = degrees.abs().round();
    (
        format!("眼睛看向{zh}方约 {degrees}°，请看镜头"),
        format!("eyes look {en} by about {degrees}°: have the student look into the lens"),
    )
}

/// A wider gap, as a share of T, is no closed eye whatever the second witness says; squinting in a broad
/// smile was seen down to 0.048.
const GAP_OPEN: f64 = 0.05;
/// With a gap this small the lids alone are sure. It is what 29794-5 gives 50 of 100.
const GAP_CLOSED: f64 = 0.02;
/// With less of a gap nothing is said of what lies between the lids.
const GAP_SEEN: f64 = 0.035;

/// Across an iris, in millimetres (11.7 ± 0.5: Google's MediaPipe Iris rests its distance on the same figure).
const IRIS_MM: f32 = 11.7;
/// From the centre that an eye turns about to its iris, in millimetres (13.5 to the front of the cornea, less 3.5).
const TURNING_MM: f32 = 10.0;
/// How far that centre lies behind the line from corner to corner of the lids, in millimetres; seen from
/// the side it moves against the corners. Fitted by eye to faces that look into the camera, turned by up to 14°.
const BEHIND_MM: f32 = 4.0;
/// How far the iris of an eye that looks straight lies above that line, in millimetres: the inner corner
/// is lower than the pupil. The median of such faces; half of them are within 0.3 mm.
const ABOVE_MM: f32 = 2.0;

/// A pupil is about a third of its iris; its disc is taken a little larger, for those in a dark room.
const PUPIL_SHARE: f32 = 0.38;
/// An iris with fewer pixels of the small picture across has too few in its pupil.
const IRIS_PIXELS_MIN: f32 = 10.0;

/// Which landmarks an eye has.
pub(super) struct Eye {
    /// Rim of the opening, upper lid from the outer to the inner corner, then the lower lid back.
    pub(super) rim: &'static [usize; 16],
    /// Centre of the iris; four points of its rim follow.
    pub(super) iris: usize,
    blink: Blendshape,
    zh: &'static str,
    en: &'static str,
}

/// The student's right eye, then the left.
pub(super) const EYES: [Eye; 2] = [
    Eye {
        rim: &mesh::RIGHT_EYE,
        iris: mesh::RIGHT_IRIS,
        blink: Blendshape::EyeBlinkRight,
        zh: "右眼",
        en: "right",
    },
    Eye {
        rim: &mesh::LEFT_EYE,
        iris: mesh::LEFT_IRIS,
        blink: Blendshape::EyeBlinkLeft,
        zh: "左眼",
        en: "left",
    },
];

impl Eye {
    /// Largest gap between the lids, as a share of T.
    fn gap(&self, face: &Face) -> f64 {
        let lids = (1..8).map(|i| distance(face.point(self.rim[i]), face.point(self.rim[16 - i])));
        f64::from(lids.fold(0.0, f32::max) / face.eyes_to_chin().max(1.0))
    }

    /// Whether there is enough between the lids to be looked at.
    pub(super) fn is_open(&self, face: &Face) -> bool {
        self.gap(face) >= GAP_SEEN
    }

    /// Pixels across the iris.
    pub(super) fn iris_width(&self, face: &Face) -> f32 {
        let rim = |i: usize| face.point(self.iris + i);
        (distance(rim(1), rim(3)) + distance(rim(2), rim(4))) / 2.0
    }

    /// How far the iris lies to the image's right of the middle between the corners, and above the line
    /// through them, in millimetres.
    fn iris_offset(&self, face: &Face) -> Option<[f32; 2]> {
        let (outer, inner) = (face.point(self.rim[0]), face.point(self.rim[8]));
        let (left, right) = if outer.x < inner.x {
            (outer, inner)
        } else {
            (inner, outer)
        };
        let (across, iris) = (distance(left, right), self.iris_width(face));
        (across > 0.0 && iris > 0.0).then_some(())?;
        let (ux, uy) = ((right.x - left.x) / across, (right.y - left.y) / across);
        let (centre, between) = (face.point(self.iris), middle(left, right));
        let (dx, dy) = (centre.x - between.x, centre.y - between.y);
        Some([dx * ux + dy * uy, dx * uy - dy * ux].map(|pixels| pixels / iris * IRIS_MM))
    }
}

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    let mut taken = lids(face);
    taken.extend(gaze(face));
    taken.push(redness(scene, face));
    taken
}

fn lids(face: &Face) -> Vec<Taken> {
    let gaps = EYES.each_ref().map(|eye| eye.gap(face));
    let blinks = EYES
        .each_ref()
        .map(|eye| f64::from(face.blendshapes.of(eye.blink)));
    let shut = |gap: f64| ((GAP_OPEN - gap) / (GAP_OPEN - GAP_CLOSED)).clamp(0.0, 1.0);
    let both = [0, 1].map(|i| shut(gaps[i]).min(blinks[i]));
    let smaller = gaps[0].min(gaps[1]);
    vec![
        Taken::scored(
            EYES_OPEN,
            smaller,
            score(100.0 * sigmoid(smaller, 0.02, 0.01)),
        ),
        Taken::value(BLINK, blinks[0].max(blinks[1])),
        closed_eyes(both),
        alike(gaps),
    ]
}

/// Says which eye it is, where it is one of them.
fn closed_eyes(both: [f64; 2]) -> Taken {
    let taken = Taken::value(EYES_CLOSED, both[0].max(both[1]));
    let worse = if both[0] >= both[1] { 0 } else { 1 };
    if both[1 - worse] > both[worse] / 2.0 {
        return taken.saying(
            "两眼闭着，请学生睁眼后重拍".to_owned(),
            "eyes closed: have the student open them, shoot again".to_owned(),
        );
    }
    let Eye { zh, en, .. } = EYES[worse];
    taken.saying(
        format!("{zh}闭着，请学生睁眼后重拍"),
        format!("{en} eye closed: have the student open it, shoot again"),
    )
}

fn alike(gaps: [f64; 2]) -> Taken {
    let (smaller, larger) = (gaps[0].min(gaps[1]), gaps[0].max(gaps[1]));
    let Eye { zh, en, .. } = EYES[usize::from(gaps[1] < gaps[0])];
    Taken::value(EYES_ALIKE, smaller / larger.max(f64::MIN_POSITIVE)).saying(
        format!("{zh}比另一只眼小得多，可能闭着：请学生睁眼后重拍"),
        format!("{en} eye much smaller than the other, perhaps closed: have the student open it, shoot again"),
    )
}

/// Where the eyes look, from the place of the irises between the corners of the lids. The mean of both eyes: what
/// they turn towards each other, and the inner corners' width, cancel out.
fn gaze(face: &Face) -> [Taken; 2] {
    let nothing = |why: &str| [GAZE, GAZE_HEIGHT].map(|kind| Taken::nothing(kind, why));
    if !EYES.iter().all(|eye| eye.is_open(face)) {
        return nothing("an eye is closed");
    }
    let [Some(right), Some(left)] = EYES.each_ref().map(|eye| eye.iris_offset(face)) else {
        return nothing("the irises have no size");
    };
    let mean = |axis: usize| (right[axis] + left[axis]) / 2.0;
    // For an eye that looks into the camera the iris stays in front of the centre it turns about, and
    // the corners of the lids go with the head.
    let across = mean(0) + BEHIND_MM * face.pose.yaw_deg.to_radians().sin();
    let up = mean(1) - ABOVE_MM;
    let degrees = |mm: f32| f64::from((mm / TURNING_MM).clamp(-1.0, 1.0).asin().to_degrees());
    [
        Taken::value(GAZE, degrees(across)),
        Taken::value(GAZE_HEIGHT, degrees(up)),
    ]
}

fn redness(scene: &Scene, face: &Face) -> Taken {
    let mut worst = None;
    for eye in EYES.iter().filter(|eye| eye.is_open(face)) {
        let across = eye.iris_width(face) / scene.colour.scale;
        if across < IRIS_PIXELS_MIN {
            return Taken::nothing(RED_EYE, "the irises have too few pixels");
        }
        let reds = pupil(scene, face.point(eye.iris), across / 2.0 * PUPIL_SHARE);
        let red = quantile(reds, 0.5);
        worst = red.into_iter().chain(worst).reduce(f32::max);
    }
    match worst {
        Some(red) => Taken::value(RED_EYE, f64::from(red)),
        None => Taken::nothing(RED_EYE, "the eyes are closed"),
    }
}

/// The redness of each pixel of a disc, its radius in pixels of the small picture.
fn pupil(scene: &Scene, centre: Point, radius: f32) -> Vec<f32> {
    let [x, y] = scene.small(centre);
    let reach = |c: f32| (c - radius).floor() as i32..=(c + radius).ceil() as i32;
    let mut reds = Vec::new();
    for row in reach(y) {
        for column in reach(x) {
            let (dx, dy) = (column as f32 + 0.5 - x, row as f32 + 0.5 - y);
            if dx.hypot(dy) <= radius {
                reds.push(Lab::of_rgb(scene.colour.at(column, row)).a as f32);
            }
        }
    }
    reds
}
