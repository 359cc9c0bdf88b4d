//! The check with the shipped models, and what is read from its reports.

use image::RgbImage;
use shutterline::check::{Checker, Judge, Models, Standard};
use shutterline::model::{MeasureState, Report, Severity};
use std::sync::{Arc, LazyLock};

static MODELS: LazyLock<Arc<Models>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models/");
    let models = Models::load(|name| std::fs::read(format!("{folder}{name}")));
    Arc::new(models.unwrap())
});

/// As a file of that quality.
pub fn file_of_quality(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .unwrap();
    bytes
}

/// The report on a file by a shipped standard.
pub fn judge_file(bytes: &[u8], standard: &str) -> Report {
    Checker::new(Standard::builtin(standard).unwrap())
        .with_models(MODELS.clone())
        .judge(bytes)
}

/// The raw value of a measure; `None` where it was not taken.
pub fn value(report: &Report, name: &str) -> Option<f64> {
    let measure = report.measures.iter().find(|m| m.name == name).unwrap();
    match measure.state {
        MeasureState::Measured { value, .. } => Some(value),
        MeasureState::NotMeasured { .. } => None,
    }
}

/// The same; a panic where it was not taken.
pub fn measured(report: &Report, name: &str) -> f64 {
    value(report, name).unwrap_or_else(|| panic!("{name} was not taken: {:?}", report.measures))
}

/// How severe that reason is; `None` where it is not given.
pub fn severity(report: &Report, id: &str) -> Option<Severity> {
    let reason = report.reasons.iter().find(|r| r.id == id);
    reason.map(|r| r.severity)
}
