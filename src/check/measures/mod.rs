//! The measures of the person, each subject in its own file: what it measures, the words of its reasons,
//! and how the scene is read. Adding a subject is its file and one line in [`SUBJECTS`].

mod background;
mod clothes;
mod eyes;
mod faces;
mod focus;
mod glasses;
mod hair;
mod head;
mod light;
mod mouth;
mod ornaments;
mod part;
mod pose;
mod shoulders;
mod skin;

use super::measure::{MeasureKind, Taken};
use super::scene::Scene;
use super::standard::Standard;

/// Why a measure of the face is not taken on a picture without one.
pub(super) const NO_FACE: &str = "no face was found";

pub(super) use focus::EYE_SHARPNESS_NAME as EYE_SHARPNESS;

struct Subject {
    kinds: &'static [MeasureKind],
    /// One of each kind, in the same order.
    measures: fn(&Scene) -> Vec<Taken>,
}

struct ByStandard {
    kinds: &'static [MeasureKind],
    /// One of each kind, in the same order.
    measures: fn(&Scene, &Standard) -> Vec<Taken>,
}

/// In the order of the report.
const SUBJECTS: &[Subject] = &[
    Subject {
        kinds: faces::KINDS,
        measures: faces::measures,
    },
    Subject {
        kinds: pose::KINDS,
        measures: pose::measures,
    },
    Subject {
        kinds: head::KINDS,
        measures: head::measures,
    },
    Subject {
        kinds: eyes::KINDS,
        measures: eyes::measures,
    },
    Subject {
        kinds: glasses::KINDS,
        measures: glasses::measures,
    },
    Subject {
        kinds: mouth::KINDS,
        measures: mouth::measures,
    },
    Subject {
        kinds: shoulders::KINDS,
        measures: shoulders::measures,
    },
    Subject {
        kinds: light::KINDS,
        measures: light::measures,
    },
    Subject {
        kinds: skin::KINDS,
        measures: skin::measures,
    },
    Subject {
        kinds: focus::KINDS,
        measures: focus::measures,
    },
    Subject {
        kinds: clothes::KINDS,
        measures: clothes::measures,
    },
    Subject {
        kinds: hair::KINDS,
        measures: hair::measures,
    },
    Subject {
        kinds: ornaments::KINDS,
        measures: ornaments::measures,
    },
];

/// Those that have to know what the standard asks for, after the others.
const BY_STANDARD: &[ByStandard] = &[ByStandard {
    kinds: background::KINDS,
    measures: background::measures,
}];

/// All kinds, in the order of the report.
pub(super) fn kinds() -> impl Iterator<Item = &'static MeasureKind> {
    let subjects = SUBJECTS.iter().flat_map(|subject| subject.kinds);
    subjects.chain(BY_STANDARD.iter().flat_map(|subject| subject.kinds))
}

/// All measures of a scene.
pub(super) fn taken(scene: &Scene, standard: &Standard) -> Vec<Taken> {
    let each = SUBJECTS.iter().map(|subject| (subject.measures)(scene));
    let rest = BY_STANDARD
        .iter()
        .map(|subject| (subject.measures)(scene, standard));
    each.chain(rest).flatten().collect()
}

/// None of them, and why.
pub(super) fn not_taken(why: &str) -> Vec<Taken> {
    kinds().map(|kind| Taken::nothing(*kind, why)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::checker::tests::{astronaut, see};

    #[test]
    fn every_subject_gives_one_measure_of_each_of_its_kinds() {
        let empty = crate::check::checker::tests::encoded(&image::RgbImage::new(64, 64));
        for scene in [see(astronaut()), see(&empty)] {
            let names = |taken: Vec<Taken>| taken.iter().map(|t| t.kind.name).collect::<Vec<_>>();
            let kinds = |kinds: &[MeasureKind]| kinds.iter().map(|k| k.name).collect::<Vec<_>>();
            for subject in SUBJECTS {
                assert_eq!(names((subject.measures)(&scene)), kinds(subject.kinds));
            }
            let standard = Standard::builtin("icao").unwrap();
            for subject in BY_STANDARD {
                let taken = (subject.measures)(&scene, &standard);
                assert_eq!(names(taken), kinds(subject.kinds));
            }
        }
    }
}
