//! From what was seen to the crop: the report's part of [`position`](super::position).

use super::position::{self, Fault, Head, Placed};
use super::scene::Scene;
use super::standard::PortraitRules;
use crate::model::{About, Crop, Measure, MeasureState, Reason, Severity};

/// What a report says of the head's place.
pub(super) struct Placement {
    pub(super) crop: Option<Crop>,
    pub(super) measures: Vec<Measure>,
    pub(super) reasons: Vec<Reason>,
}

/// Looks for the crop. Nothing is said by a standard that asks for no portrait.
pub(super) fn place(scene: &Scene, rules: Option<&PortraitRules>) -> Placement {
    let Some(rules) = rules else {
        return not_placed("the standard has no table [portrait]");
    };
    let found = Head::of(&scene.geometry)
        .and_then(|head| position::measures(scene.width, scene.height, &head, &rules.bands));
    let Some(found) = found else {
        return not_placed(super::measures::NO_FACE);
    };
    let reason = |fault: Fault| Reason {
        id: fault.id.to_owned(),
        severity: rules.severity,
        was: None,
        about: About::Student,
        zh: fault.zh,
        en: fault.en,
    };
    let held = rules.severity != Severity::Off;
    Placement {
        crop: found.crop,
        measures: found.measures.into_iter().map(measure).collect(),
        reasons: found
            .faults
            .into_iter()
            .filter(|_| held)
            .map(reason)
            .collect(),
    }
}

/// The measure that stands for all of them where none was taken.
pub(super) fn not_placed(why: &str) -> Placement {
    Placement {
        crop: None,
        measures: vec![Measure {
            name: "position".to_owned(),
            unit: "px".to_owned(),
            min: None,
            max: None,
            state: MeasureState::NotMeasured {
                why: why.to_owned(),
            },
        }],
        reasons: Vec::new(),
    }
}

fn measure(placed: Placed) -> Measure {
    Measure {
        name: placed.name.to_owned(),
        unit: placed.unit.to_owned(),
        min: placed.min,
        max: placed.max,
        state: match placed.value {
            Some(value) => MeasureState::Measured {
                value: super::measure::rounded(value),
                score: placed.score,
                within: placed.within,
            },
            None => MeasureState::NotMeasured {
                why: "the head fits no crop of any size".to_owned(),
            },
        },
    }
}
