//! The measures of the person, each subject in its own file: what it measures, the words of its reasons,
//! and how the scene is read. Adding a subject is its file and one line in [`SUBJECTS`].

mod background;
mod clothes;
mod cutout;
mod eyes;
mod faces;
mod focus;
mod glasses;
mod hair;
mod head;
mod light;
mod mouth;
mod ornaments;
mod pose;
mod shoulders;
mod skin;

use super::lanes::{self, Lanes};
use super::measure::{MeasureKind, Taken};
use super::scene::{Face, Scene};
use super::skin::Looks;
use super::standard::Standard;
use std::sync::OnceLock;

/// Why a measure of the face is not taken on a picture without one.
pub(super) const NO_FACE: &str = "no face was found";

pub(super) use focus::EYE_SHARPNESS_NAME as EYE_SHARPNESS;

struct Subject {
    kinds: &'static [MeasureKind],
    measures: Measures,
}

/// How a subject's measures are taken: one of each kind, in the same order.
enum Measures {
    /// On any picture.
    Scene(fn(&Scene) -> Vec<Taken>),
    /// On a picture with a face.
    Face(fn(&Scene, &Face) -> Vec<Taken>),
    /// On one that shows the cheeks too, whose skin other colours are compared with.
    Looks(fn(&Scene, &Face, Looks) -> Vec<Taken>),
    /// The same, where it matters what the standard asks for.
    Standard(fn(&Scene, &Face, &Standard) -> Vec<Taken>),
}

impl Subject {
    const fn of_face(
        kinds: &'static [MeasureKind],
        measures: fn(&Scene, &Face) -> Vec<Taken>,
    ) -> Self {
        Subject {
            kinds,
            measures: Measures::Face(measures),
        }
    }

    const fn of_looks(
        kinds: &'static [MeasureKind],
        measures: fn(&Scene, &Face, Looks) -> Vec<Taken>,
    ) -> Self {
        Subject {
            kinds,
            measures: Measures::Looks(measures),
        }
    }

    fn taken(&self, of: &Sitting) -> Vec<Taken> {
        let scene = of.scene;
        match (&self.measures, of.face) {
            (Measures::Scene(measures), _) => measures(scene),
            (_, None) => Taken::none_of(self.kinds, NO_FACE),
            (Measures::Face(measures), Some(face)) => measures(scene, &face),
            (Measures::Looks(measures), Some(face)) => {
                match of.looks.get_or_init(|| Looks::of(scene, &face)) {
                    Ok(looks) => measures(scene, &face, *looks),
                    Err(why) => Taken::none_of(self.kinds, why),
                }
            }
            (Measures::Standard(measures), Some(face)) => measures(scene, &face, of.standard),
        }
    }
}

/// A scene, and what several subjects need of it.
struct Sitting<'s> {
    scene: &'s Scene,
    standard: &'s Standard,
    face: Option<Face<'s>>,
    /// The colours of this head, read for the first subject that asks.
    looks: OnceLock<Result<Looks, &'static str>>,
}

impl<'s> Sitting<'s> {
    fn new(scene: &'s Scene, standard: &'s Standard) -> Self {
        Sitting {
            scene,
            standard,
            face: scene.face(),
            looks: OnceLock::new(),
        }
    }
}

/// In the order of the report.
const SUBJECTS: &[Subject] = &[
    Subject {
        kinds: faces::KINDS,
        measures: Measures::Scene(faces::measures),
    },
    Subject::of_face(pose::KINDS, pose::measures),
    Subject::of_face(head::KINDS, head::measures),
    Subject::of_face(eyes::KINDS, eyes::measures),
    Subject::of_face(glasses::KINDS, glasses::measures),
    Subject::of_face(mouth::KINDS, mouth::measures),
    Subject::of_face(shoulders::KINDS, shoulders::measures),
    Subject::of_face(light::KINDS, light::measures),
    Subject::of_face(skin::KINDS, skin::measures),
    Subject::of_face(focus::KINDS, focus::measures),
    Subject::of_looks(clothes::KINDS, clothes::measures),
    Subject::of_looks(hair::KINDS, hair::measures),
    Subject::of_looks(ornaments::KINDS, ornaments::measures),
    Subject {
        kinds: background::KINDS,
        measures: Measures::Standard(background::measures),
    },
];

/// All kinds, in the order of the report.
pub(super) fn kinds() -> impl Iterator<Item = &'static MeasureKind> {
    SUBJECTS.iter().flat_map(|subject| subject.kinds)
}

/// All measures of a scene, in the order of the report, and what came of something else that a lane may do as well. The last subjects
/// look at the most pixels, so they are begun first: what is left at the end is short, and no lane waits long for the other.
pub(super) fn taken<T: Send + Sync>(
    scene: &Scene,
    standard: &Standard,
    lanes: &impl Lanes,
    beside: impl Fn() -> T + Sync,
) -> (Vec<Taken>, T) {
    let of = Sitting::new(scene, standard);
    let done = OnceLock::new();
    let subjects = SUBJECTS.iter().rev().map(Some);
    let begun = std::iter::once(None).chain(subjects).collect::<Vec<_>>();
    let taken = lanes::each(lanes, &begun, |subject| match subject {
        Some(subject) => subject.taken(&of),
        None => {
            done.get_or_init(&beside);
            Vec::new()
        }
    });
    let taken = taken.into_iter().rev().flatten().collect();
    (taken, done.into_inner().unwrap_or_else(beside))
}

/// None of them, and why.
pub(super) fn not_taken(why: &str) -> Vec<Taken> {
    Taken::none_of(kinds(), why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::checker::tests::{astronaut, see};

    #[test]
    fn every_subject_gives_one_measure_of_each_of_its_kinds() {
        let empty = crate::check::checker::tests::encoded(&image::RgbImage::new(64, 64));
        for scene in [see(astronaut()), see(&empty)] {
            let standard = Standard::builtin("icao").unwrap();
            let of = Sitting::new(&scene, &standard);
            for subject in SUBJECTS {
                let taken = subject.taken(&of);
                let names = taken.iter().map(|t| t.kind.name).collect::<Vec<_>>();
                let kinds = subject.kinds.iter().map(|k| k.name).collect::<Vec<_>>();
                assert_eq!(names, kinds);
            }
        }
    }
}
