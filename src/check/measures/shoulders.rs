//! Shoulders level, from the outline of the person on either side of the neck.
//!
//! The outline is read in columns as far left of the middle line as right of it, so that the slope of the
//! shoulders themselves cancels out. A column in which the person goes on past the chin is hair, not shoulder.

use crate::check::face::Person;
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::scene::{Face, Scene};

const SHOULDERS: MeasureKind = MeasureKind {
    name: "shoulders",
    unit: "deg",
    below: Some(Fault {
        id: "shoulders",
        words: Words::Made(|v| lower("右", "right", v)),
    }),
    above: Some(Fault {
        id: "shoulders",
        words: Words::Made(|v| lower("左", "left", v)),
    }),
    about: "tilt of the line through the shoulders, the student's left one lower above 0",
};

pub(super) const KINDS: &[MeasureKind] = &[SHOULDERS];

fn lower(zh: &str, en: &str, degrees: f64) -> (String, String) {
    let degrees = degrees.abs().round();
    (
        format!("{zh}肩低了约 {degrees}°，请把两肩放平"),
        format!("{en} shoulder lower by about {degrees}°: have the student level the shoulders"),
    )
}

/// Columns looked at, from the middle line, in lengths from the eyes to the chin: the first is past the
/// neck and a collar, the last at the shoulder joint of a grown person (20 cm, where that length is 11.5).
const FROM: f32 = 0.9;
const TO: f32 = 1.8;
/// Columns a length from the eyes to the chin: finer than the mask's cells.
const STEPS: f32 = 32.0;
/// Pairs of columns that show a shoulder on both sides must be this many: a quarter of a length.
const PAIRS_MIN: usize = 8;
/// Where the middle half of the pairs disagrees by more, in degrees, something else lies on a shoulder.
const SPREAD_MAX: f32 = 8.0;

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    vec![match tilts(scene, face) {
        tilts if tilts.len() < PAIRS_MIN => {
            Taken::nothing(SHOULDERS, "the shoulders are hidden or not in the picture")
        }
        tilts => tilt(tilts),
    }]
}

fn tilt(mut tilts: Vec<f32>) -> Taken {
    tilts.sort_by(f32::total_cmp);
    let at = |quarters: usize| tilts[(tilts.len() - 1) * quarters / 4];
    if at(3) - at(1) > SPREAD_MAX {
        return Taken::nothing(SHOULDERS, "hair or something else lies on a shoulder");
    }
    Taken::value(SHOULDERS, f64::from(at(2)))
}

/// One for each pair of columns, in degrees.
fn tilts(scene: &Scene, face: &Face) -> Vec<f32> {
    let unit = face.eyes_to_chin();
    let eyes = face.eye_middle();
    // A head leans about the root of the neck, which lies as far below the chin as half the way to the eyes.
    let middle = face.chin.x + (face.chin.x - eyes.x) / 2.0;
    let steps = (FROM * STEPS) as usize..(TO * STEPS) as usize;
    let pairs = steps.filter_map(|step| {
        let away = step as f32 / STEPS * unit;
        let right = outline(scene, middle - away, face.chin.y)?;
        let left = outline(scene, middle + away, face.chin.y)?;
        Some((left - right).atan2(2.0 * away).to_degrees())
    });
    pairs.collect()
}

/// How far down the person begins in the column at `x`, in pixels; `None` where the person does not
/// reach the lower edge of the picture there, or goes on above `chin`.
fn outline(scene: &Scene, x: f32, chin: f32) -> Option<f32> {
    let (width, height) = (scene.width as f32, scene.height as f32);
    let cells = scene.person.height;
    (x >= 0.0 && x < width && cells > 1).then_some(())?;
    let place = |row: usize| (row as f32 + 0.5) / cells as f32;
    let at = |row: usize| scene.person.at(x / width, place(row));
    let mut row = cells - 1;
    let mut below = at(row);
    (below >= Person::THRESHOLD).then_some(())?;
    while row > 0 {
        let here = at(row - 1);
        if here < Person::THRESHOLD {
            // Between the two rows, where the probability crosses the threshold.
            let share = (below - Person::THRESHOLD) / (below - here).max(f32::MIN_POSITIVE);
            let begins = (place(row) - share / cells as f32) * height;
            // At the very edge nothing of a shoulder is seen.
            return (begins > chin && row < cells - 2).then_some(begins);
        }
        below = here;
        row -= 1;
    }
    None
}
