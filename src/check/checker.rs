//! A frame's bytes in, a report out.

use super::jpeg::{MAX_FILE_BYTES, Unreadable};
use super::lanes::{Lanes, OneLane};
use super::measure::{Found, Taken};
use super::models::Models;
use super::reasons::{self, Breach};
use super::sight::{self, Sight, View};
use super::standard::{Limit, Standard};
use super::timings::{Microseconds, Timings};
use super::{baseline, catalogue, measures, metadata, placement};
use crate::model::{Measure, MeasureState, Reason, Report, Severity, Signature, Verdict};
use std::sync::Arc;

/// Judges frames. The daemon speaks to this and not to [`Checker`], so that a test can put a slow
/// or a wrong judge in its place.
pub trait Judge: Send + Sync {
    /// Everything there is to say of the file with these bytes. Blocks for as long as it takes to
    /// decode; call it from a thread that has nothing else to do.
    fn judge(&self, bytes: &[u8]) -> Report;
}

/// Judges frames by a standard. It keeps no state between frames: any number of threads may share one.
#[derive(Debug, Clone)]
pub struct Checker<L = OneLane> {
    standard: Standard,
    models: Option<Arc<Models>>,
    lanes: L,
    clock: Option<Microseconds>,
}

impl Checker {
    /// Judges by that standard, on the caller's thread alone, and the file and the frame only: what
    /// needs the face is not measured without models.
    pub fn new(standard: Standard) -> Self {
        Checker {
            standard,
            models: None,
            lanes: OneLane,
            clock: None,
        }
    }
}

impl<L: Lanes> Checker<L> {
    /// The same, with models to see the person by.
    pub fn with_models(self, models: Arc<Models>) -> Self {
        Checker {
            models: Some(models),
            ..self
        }
    }

    /// The same, with these ways of doing two things at once.
    pub fn with_lanes<M: Lanes>(self, lanes: M) -> Checker<M> {
        Checker {
            standard: self.standard,
            models: self.models,
            lanes,
            clock: self.clock,
        }
    }

    /// The same, noting in each report how long the phases took by that clock.
    pub fn with_clock(self, clock: Microseconds) -> Self {
        Checker {
            clock: Some(clock),
            ..self
        }
    }

    /// What it judges by.
    pub fn standard(&self) -> &Standard {
        &self.standard
    }

    /// Whether it sees the person.
    pub fn sees_faces(&self) -> bool {
        self.models.is_some()
    }

    /// The report on a file that is refused for its size alone, in bytes; `None` if it has to be
    /// looked at. Spares the caller from reading what no one will decode.
    pub fn refuse_by_size(&self, bytes: u64) -> Option<Report> {
        (bytes > MAX_FILE_BYTES as u64).then(|| self.unreadable(&Unreadable::too_big(bytes)))
    }

    fn report(&self, sight: &Sight, taken: &[Taken], signature: Signature) -> Report {
        let mut measures = vec![whole(true), orientation(sight.orientation)];
        let mut reasons = Vec::new();
        for one in taken {
            let limit = self.limit(one.kind.name, taken);
            let (measure, reason) = judge_one(one, &limit);
            measures.push(measure);
            reasons.extend(reason);
        }
        let placement = match &sight.view {
            View::Whole(scene) => placement::place(scene, self.standard.portrait()),
            View::Blind { why, .. } => placement::not_placed(why),
        };
        measures.extend(placement.measures);
        reasons.extend(placement.reasons);
        let reasons = worst_of_each(reasons);
        let verdict = match reasons.first().map(|r| r.severity) {
            Some(Severity::Reject) => Verdict::Reject,
            Some(Severity::Warn) => Verdict::Warn,
            Some(Severity::Off) | None => Verdict::Pass,
        };
        Report {
            standard: self.standard.name().to_owned(),
            verdict,
            reasons,
            measures,
            width_px: sight.frame.width,
            height_px: sight.frame.height,
            geometry: match &sight.view {
                View::Whole(scene) => Some(scene.geometry.clone()),
                View::Blind { .. } => None,
            },
            crop: placement.crop,
            timings_ms: Default::default(),
            signature: Some(signature),
        }
    }

    /// The standard's limit; none for a measure of the frame where one of the face speaks for it.
    fn limit(&self, name: &str, taken: &[Taken]) -> Limit {
        let was_taken = |face: &str| {
            let is_value = |t: &Taken| matches!(t.found, Found::Value { .. });
            // One that the standard silences speaks for nothing.
            self.standard.limit(face).severity != Severity::Off
                && taken.iter().any(|t| t.kind.name == face && is_value(t))
        };
        let mut pairs = catalogue::SPEAKS_FOR.iter();
        if pairs.any(|&(face, frame)| frame == name && was_taken(face)) {
            return Limit::NONE;
        }
        self.standard.limit(name)
    }

    fn unreadable(&self, why: &Unreadable) -> Report {
        let not_taken = |name: &str, unit: &str| Measure {
            name: name.to_owned(),
            unit: unit.to_owned(),
            min: None,
            max: None,
            state: MeasureState::NotMeasured {
                why: "the file cannot be read".to_owned(),
            },
        };
        let mut measures = vec![whole(false), not_taken(catalogue::ORIENTATION, "EXIF")];
        measures.extend(catalogue::kinds().map(|k| not_taken(k.name, k.unit)));
        measures.extend(placement::not_placed("the file cannot be read").measures);
        Report {
            standard: self.standard.name().to_owned(),
            verdict: Verdict::Reject,
            reasons: vec![reasons::unreadable(why)],
            measures,
            width_px: 0,
            height_px: 0,
            geometry: None,
            crop: None,
            timings_ms: Default::default(),
            signature: None,
        }
    }
}

impl<L: Lanes> Judge for Checker<L> {
    fn judge(&self, bytes: &[u8]) -> Report {
        let timings = Timings::new(self.clock);
        let seen = sight::look(bytes, self.models.as_deref(), &self.lanes, &timings);
        let mut report = match seen {
            Ok(sight) => {
                let (taken, signature) =
                    timings.of("measures", || measured(&sight, &self.standard, &self.lanes));
                timings.of("report", || self.report(&sight, &taken, signature))
            }
            Err(why) => self.unreadable(&why),
        };
        report.timings_ms = timings.into_ms();
        report
    }
}

/// All measures there are, in the catalogue's order, and what later frames are compared by.
fn measured(sight: &Sight, standard: &Standard, lanes: &impl Lanes) -> (Vec<Taken>, Signature) {
    let (person, mut signature) = match &sight.view {
        View::Whole(scene) => measures::taken(scene, standard, lanes, || {
            baseline::seen(scene, sight.sharpness)
        }),
        View::Blind { why, luma } => (
            measures::not_taken(why),
            baseline::blind(luma, sight.sharpness),
        ),
    };
    // Where a face was found, the focus should be on its eyes.
    let at_the_eyes = person
        .iter()
        .find(|t| t.kind.name == measures::EYE_SHARPNESS);
    if let Some(Found::Value { value, .. }) = at_the_eyes.map(|t| &t.found) {
        signature.sharpness = Some(*value);
    }
    let mut taken = of_frame(sight);
    taken.extend(person);
    (taken, signature)
}

fn of_frame(sight: &Sight) -> Vec<Taken> {
    let luma = sight.view.luma();
    let (width, height) = (sight.frame.width, sight.frame.height);
    let (exposure, sharpness) = (sight.exposure, sight.sharpness);
    vec![
        Taken::value(
            catalogue::MEGAPIXELS,
            f64::from(width) * f64::from(height) / 1e6,
        ),
        Taken::value(
            catalogue::PORTRAIT_SCALE,
            portrait_scale(luma.turn.size((luma.width, luma.height))),
        ),
        Taken::value(catalogue::SHARPNESS, sharpness),
        Taken::scored(
            catalogue::LUMINANCE_MEAN,
            exposure.mean,
            exposure.mean_score(),
        ),
        Taken::scored(
            catalogue::UNDER_EXPOSURE,
            exposure.under,
            exposure.under_score(),
        ),
        Taken::scored(
            catalogue::OVER_EXPOSURE,
            exposure.over,
            exposure.over_score(),
        ),
        Taken::scored(
            catalogue::DYNAMIC_RANGE,
            exposure.entropy_bits,
            exposure.entropy_score(),
        ),
        Taken::value(
            catalogue::JPEG_QUALITY,
            metadata::quality(&sight.luma_quantisation),
        ),
    ]
}

/// How many source pixels a pixel of the portrait (480 × 640) would have, were the crop as large
/// as the upright frame allows.
fn portrait_scale((across, down): (usize, usize)) -> f64 {
    (across as f64 / 480.0).min(down as f64 / 640.0)
}

fn judge_one(taken: &Taken, limit: &Limit) -> (Measure, Option<Reason>) {
    let (value, score) = match &taken.found {
        Found::Value { value, score } => (*value, *score),
        Found::Nothing { why } => {
            let state = MeasureState::NotMeasured { why: why.clone() };
            return (measure(taken, (None, None), state), None);
        }
    };
    let broken = limit.broken_by(value);
    let (mut min, mut max) = (limit.min.or(limit.warn_min), limit.max.or(limit.warn_max));
    match broken.map(|(breach, _)| breach) {
        Some(Breach::Below(broken)) => min = Some(broken),
        Some(Breach::Above(broken)) => max = Some(broken),
        None => {}
    }
    let state = MeasureState::Measured {
        value,
        score,
        within: broken.is_none(),
    };
    let reason = broken
        .filter(|&(_, severity)| severity != Severity::Off)
        .and_then(|(breach, severity)| reasons::breach(&taken.kind, value, breach, severity))
        .map(|mut reason| {
            if let Some((zh, en)) = &taken.words {
                (reason.zh, reason.en) = (zh.clone(), en.clone());
            }
            reason
        });
    (measure(taken, (min, max), state), reason)
}

fn measure(taken: &Taken, (min, max): (Option<f64>, Option<f64>), state: MeasureState) -> Measure {
    Measure {
        name: taken.kind.name.to_owned(),
        unit: taken.kind.unit.to_owned(),
        min,
        max,
        state,
    }
}

/// One reason an id, its worst; the worst of all first, else in the order of the report.
fn worst_of_each(reasons: Vec<Reason>) -> Vec<Reason> {
    let mut kept: Vec<Reason> = Vec::new();
    for reason in reasons {
        match kept.iter_mut().find(|k| k.id == reason.id) {
            Some(same) if same.severity >= reason.severity => {}
            Some(same) => *same = reason,
            None => kept.push(reason),
        }
    }
    // A frame that is too dark or too light has few tones for that reason; to look for haze on the
    // lens as well would send the photographer the wrong way.
    let explained = |r: &Reason| r.id == "under-exposed" || r.id == "over-exposed";
    if kept.iter().any(explained) {
        kept.retain(|r| r.id != "low-contrast");
    }
    kept.sort_by_key(|r| std::cmp::Reverse(r.severity));
    kept
}

fn whole(is_whole: bool) -> Measure {
    Measure {
        name: catalogue::WHOLE.to_owned(),
        unit: String::new(),
        min: Some(1.0),
        max: None,
        state: MeasureState::Measured {
            value: f64::from(u8::from(is_whole)),
            score: None,
            within: is_whole,
        },
    }
}

fn orientation(value: Option<u8>) -> Measure {
    Measure {
        name: catalogue::ORIENTATION.to_owned(),
        unit: "EXIF".to_owned(),
        min: None,
        max: None,
        state: match value {
            Some(value) => MeasureState::Measured {
                value: f64::from(value),
                score: None,
                within: true,
            },
            None => MeasureState::NotMeasured {
                why: "the file has no EXIF orientation; taken as upright".to_owned(),
            },
        },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::models::tests::shipped;
    use super::*;
    use crate::check::Scene;

    /// The NASA portrait of tests/data: a frontal, smiling face, 512 x 512.
    pub(in crate::check) fn astronaut() -> &'static [u8] {
        include_bytes!("../../tests/data/astronaut.jpg")
    }

    /// A picture as a file, so good that nothing is lost.
    pub(in crate::check) fn encoded(picture: &image::RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95)
            .encode_image(picture)
            .unwrap();
        bytes
    }

    /// What is seen in a file.
    pub(in crate::check) fn see(bytes: &[u8]) -> Scene {
        let models = shipped();
        let sight = sight::look(bytes, Some(&models), &OneLane, &Timings::new(None)).unwrap();
        match sight.view {
            View::Whole(scene) => *scene,
            View::Blind { why, .. } => panic!("blind: {why}"),
        }
    }

    #[test]
    fn a_measure_of_the_face_speaks_for_the_frame_unless_it_is_silent() {
        let shipped = include_str!("../../config/standards/cn-graduate-blue.toml");
        let by = |text: &str| Checker::new(Standard::parse(text, "test").unwrap());
        for (face, frame) in catalogue::SPEAKS_FOR {
            let kind = |name: &str| *catalogue::kinds().find(|k| k.name == name).unwrap();
            let at = shipped.find(&format!("[measure.{face}]")).unwrap();
            let (before, table) = shipped.split_at(at);
            let line = table.lines().find(|l| l.starts_with("severity")).unwrap();
            let silenced = before.to_owned() + &table.replacen(line, "severity = \"off\"", 1);
            let (judged, silent) = (by(shipped), by(&silenced));
            assert_eq!(silent.standard().limit(face).severity, Severity::Off);
            let own = judged.standard().limit(frame);
            assert_ne!(own, Limit::NONE, "{frame}");

            let told = [Taken::value(kind(face), 0.0)];
            assert_eq!(judged.limit(frame, &told), Limit::NONE, "{face}");
            assert_eq!(silent.limit(frame, &told), own, "{face} is off");
            let untold = [Taken::nothing(kind(face), "")];
            assert_eq!(judged.limit(frame, &untold), own, "{face} was not taken");
            // Another measure's limit is its own.
            assert_eq!(judged.limit(face, &told), judged.standard().limit(face));
        }
    }
}
