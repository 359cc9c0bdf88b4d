//! A frame's bytes in, a report out.

use super::catalogue::{self, MeasureKind};
use super::decode::Luma;
use super::exposure::Exposure;
use super::jpeg::{MAX_FILE_BYTES, Outline, Unreadable};
use super::reasons::{self, Breach};
use super::standard::{Limit, Standard};
use super::{baseline, metadata, sharpness};
use crate::model::{Measure, MeasureState, Reason, Report, Severity, Signature, Verdict};

/// Judges frames. The daemon speaks to this and not to [`Checker`], so that a test can put a slow
/// or a wrong judge in its place.
pub trait Judge: Send + Sync {
    /// Everything there is to say of the file with these bytes. Blocks for as long as it takes to
    /// decode; call it from a thread that has nothing else to do.
    fn judge(&self, bytes: &[u8]) -> Report;
}

/// Judges frames by a standard. It keeps no state between frames: any number of threads may share one.
#[derive(Debug, Clone)]
pub struct Checker {
    standard: Standard,
}

/// A measured value and its score by the measure's public definition, where there is one.
struct Taken {
    kind: MeasureKind,
    value: f64,
    score: Option<f64>,
}

struct Facts {
    width: u32,
    height: u32,
    orientation: Option<u8>,
    taken: Vec<Taken>,
    signature: Signature,
}

impl Checker {
    /// Judges by that standard.
    pub fn new(standard: Standard) -> Self {
        Checker { standard }
    }

    /// What it judges by.
    pub fn standard(&self) -> &Standard {
        &self.standard
    }

    /// The report on a file that is refused for its size alone, in bytes; `None` if it has to be
    /// looked at. Spares the caller from reading what no one will decode.
    pub fn refuse_by_size(&self, bytes: u64) -> Option<Report> {
        (bytes > MAX_FILE_BYTES as u64).then(|| self.unreadable(&Unreadable::too_big(bytes)))
    }

    fn report(&self, facts: Facts) -> Report {
        let mut measures = vec![whole(true), orientation(facts.orientation)];
        let mut reasons = Vec::new();
        for taken in &facts.taken {
            let limit = self.standard.limit(taken.kind.name);
            let (measure, reason) = judge_one(taken, &limit);
            measures.push(measure);
            reasons.extend(reason);
        }
        measures.extend(not_measured_people());
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
            width_px: facts.width,
            height_px: facts.height,
            geometry: None,
            crop: None,
            timings_ms: Default::default(),
            signature: Some(facts.signature),
        }
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
        measures.extend(catalogue::LIMITED.iter().map(|k| not_taken(k.name, k.unit)));
        measures.extend(not_measured_people());
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

impl Judge for Checker {
    fn judge(&self, bytes: &[u8]) -> Report {
        match facts(bytes) {
            Ok(facts) => self.report(facts),
            Err(why) => self.unreadable(&why),
        }
    }
}

fn facts(bytes: &[u8]) -> Result<Facts, Unreadable> {
    let outline = Outline::read(bytes)?;
    let luma = Luma::decode(bytes, &outline)?;
    let (width, height) = (outline.frame.width, outline.frame.height);
    let orientation = metadata::orientation(&outline);
    let exposure = Exposure::measure(&luma);
    let take = |kind, value: f64, score| Taken {
        kind,
        value: rounded(value),
        score,
    };
    let sharpness = sharpness::measure(&luma);
    let plane = baseline::Plane {
        width: luma.width,
        height: luma.height,
        samples: &luma.samples,
        orientation: orientation.unwrap_or(1),
    };
    let signature = Signature {
        sharpness: Some(rounded(sharpness)),
        ..baseline::sight(plane, None)
    };
    let taken = vec![
        take(
            catalogue::MEGAPIXELS,
            f64::from(width) * f64::from(height) / 1e6,
            None,
        ),
        take(
            catalogue::PORTRAIT_SCALE,
            portrait_scale(width, height, orientation),
            None,
        ),
        take(catalogue::SHARPNESS, sharpness, None),
        take(
            catalogue::LUMINANCE_MEAN,
            exposure.mean,
            Some(exposure.mean_score()),
        ),
        take(
            catalogue::UNDER_EXPOSURE,
            exposure.under,
            Some(exposure.under_score()),
        ),
        take(
            catalogue::OVER_EXPOSURE,
            exposure.over,
            Some(exposure.over_score()),
        ),
        take(
            catalogue::DYNAMIC_RANGE,
            exposure.entropy_bits,
            Some(exposure.entropy_score()),
        ),
        take(catalogue::JPEG_QUALITY, metadata::quality(&outline), None),
    ];
    Ok(Facts {
        width,
        height,
        orientation,
        taken,
        signature,
    })
}

/// To six decimals, finer than any measure is exact: so a value reads the same in the report, in the
/// database and back.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// How many source pixels a pixel of the portrait (480 × 640) would have, were the crop as large
/// as the upright frame allows.
fn portrait_scale(width: u32, height: u32, orientation: Option<u8>) -> f64 {
    let (across, down) = if metadata::turns(orientation) {
        (height, width)
    } else {
        (width, height)
    };
    (f64::from(across) / 480.0).min(f64::from(down) / 640.0)
}

fn judge_one(taken: &Taken, limit: &Limit) -> (Measure, Option<Reason>) {
    let broken = limit.broken_by(taken.value);
    let (mut min, mut max) = (limit.min.or(limit.warn_min), limit.max.or(limit.warn_max));
    match broken.map(|(breach, _)| breach) {
        Some(Breach::Below(broken)) => min = Some(broken),
        Some(Breach::Above(broken)) => max = Some(broken),
        None => {}
    }
    let measure = Measure {
        name: taken.kind.name.to_owned(),
        unit: taken.kind.unit.to_owned(),
        min,
        max,
        state: MeasureState::Measured {
            value: taken.value,
            score: taken.score,
            within: broken.is_none(),
        },
    };
    let reason = broken
        .filter(|&(_, severity)| severity != Severity::Off)
        .and_then(|(breach, severity)| reasons::breach(&taken.kind, taken.value, breach, severity));
    (measure, reason)
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

fn not_measured_people() -> impl Iterator<Item = Measure> {
    catalogue::NOT_MEASURED.iter().map(|&(name, unit)| Measure {
        name: name.to_owned(),
        unit: unit.to_owned(),
        min: None,
        max: None,
        state: MeasureState::NotMeasured {
            why: catalogue::NEEDS_FACE.to_owned(),
        },
    })
}
