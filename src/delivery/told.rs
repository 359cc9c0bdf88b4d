//! What a report says to people and programs outside the station.

use crate::model::{FrameId, Measure, MeasureState, Report};
use serde::Serialize;
use serde_json::{Value, json};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// A report as programs are given it; see `docs/api.md`. What only later frames are compared by stays out.
pub fn told(report: &Report) -> Value {
    let of = |m: &Measure| (m.name.clone(), of_measure(m));
    let measures: serde_json::Map<_, _> = report.measures.iter().map(of).collect();
    json!({
        "standard": report.standard,
        "verdict": report.verdict,
        "reasons": report.reasons,
        "measures": measures,
        "width_px": report.width_px,
        "height_px": report.height_px,
        "geometry": report.geometry,
        "crop": report.crop,
        "timings_ms": report.timings_ms,
    })
}

/// A report as a file of its own, with the frame that it is about; whose that is, the file's name says.
pub fn report_file(frame: &FrameId, report: &Report) -> Vec<u8> {
    let mut all = told(report);
    all["frame"] = json!(frame);
    let mut text = format!("{all:#}");
    text.push('\n');
    text.into_bytes()
}

/// `verdict` is `pass` or `fail` by its limits, or `not-measured`.
fn of_measure(measure: &Measure) -> Value {
    let (raw, score, verdict, why) = match &measure.state {
        MeasureState::Measured {
            value,
            score,
            within,
        } => (
            Some(value),
            *score,
            if *within { "pass" } else { "fail" },
            None,
        ),
        MeasureState::NotMeasured { why } => (None, None, "not-measured", Some(why)),
    };
    let mut all = json!({ "raw": raw, "unit": measure.unit, "min": measure.min, "max": measure.max,
        "score": score, "verdict": verdict });
    if let Some(why) = why {
        all["why"] = json!(why);
    }
    all
}

/// The report's own words: what it says of the position, else of what keeps the face from being found, else what
/// became of the measure `position`.
pub fn why_no_crop(report: &Report) -> Vec<Words> {
    const FACE: [&str; 4] = ["no-face", "face-cut", "unreadable", "resolution"];
    let about = |ids: &[&str]| -> Vec<Words> {
        (report
            .reasons
            .iter()
            .filter(|r| ids.contains(&r.id.as_str())))
        .map(|r| Words {
            zh: r.zh.clone(),
            en: r.en.clone(),
        })
        .collect()
    };
    let position = report.measures.iter().find(|m| m.name == "position");
    let (zh, en) = match position.map(|m| &m.state) {
        _ if !about(&["position"]).is_empty() => return about(&["position"]),
        _ if !about(&FACE).is_empty() => return about(&FACE),
        Some(MeasureState::NotMeasured { why }) => (
            format!("未能确定裁切位置（{why}）"),
            format!("where to cut was not told: {why}"),
        ),
        Some(MeasureState::Measured { value, .. }) => (
            format!("没有符合标准的裁切位置，约差 {value} 像素：请调整机位或座椅"),
            format!(
                "no cut keeps the standard's bands, about {value} px are missing: move the camera or the chair"
            ),
        ),
        None => (
            "检查没有测量头部位置".to_owned(),
            "the check did not measure where the head is".to_owned(),
        ),
    };
    vec![Words { zh, en }]
}
