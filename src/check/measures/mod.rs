//! The measures of the person, each subject in its own file: what it measures, the words of its reasons,
//! and how the scene is read. Adding a subject is its file and one line in [`SUBJECTS`].

mod clothes;
mod faces;
mod hair;
mod head;
mod ornaments;
mod pose;

use super::measure::{MeasureKind, Taken};
use super::scene::Scene;

/// Why a measure of the face is not taken on a picture without one.
pub(super) const NO_FACE: &str = "no face was found";

struct Subject {
    kinds: &'static [MeasureKind],
    /// One of each kind, in the same order.
    measures: fn(&Scene) -> Vec<Taken>,
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

/// All kinds, in the order of the report.
pub(super) fn kinds() -> impl Iterator<Item = &'static MeasureKind> {
    SUBJECTS.iter().flat_map(|subject| subject.kinds)
}

/// All measures of a scene.
pub(super) fn taken(scene: &Scene) -> Vec<Taken> {
    let each = SUBJECTS.iter().map(|subject| (subject.measures)(scene));
    each.flatten().collect()
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
            for subject in SUBJECTS {
                let taken = (subject.measures)(&scene);
                let names = taken.iter().map(|t| t.kind.name).collect::<Vec<_>>();
                let kinds = subject.kinds.iter().map(|k| k.name).collect::<Vec<_>>();
                assert_eq!(names, kinds);
            }
        }
    }
}
