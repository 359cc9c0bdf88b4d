//! The measures there are: their names, units, and which reason they give on which side.

/// A measure that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureKind {
    /// As in the report and the standard's file.
    pub name: &'static str,
    /// As in the report and the standard's file; empty for a pure number.
    pub unit: &'static str,
    /// The reason when the value is below its limit; `None` where a lower limit makes no sense.
    pub below: Option<&'static str>,
    /// The reason when the value is above its limit.
    pub above: Option<&'static str>,
    /// What it is, for people.
    pub about: &'static str,
}

/// Whether the file is a whole JPEG: 1 or 0. No standard can relax it.
pub const WHOLE: &str = "whole";
/// EXIF orientation: shown, and taken into account for the resolution; without limits.
pub const ORIENTATION: &str = "orientation";

/// Megapixels of the image.
pub const MEGAPIXELS: MeasureKind = MeasureKind {
    name: "megapixels",
    unit: "Mpx",
    below: Some("resolution"),
    above: None,
    about: "size of the image",
};
/// Source pixels for each pixel of a 480 × 640 portrait, were it cut as large as the frame allows.
pub const PORTRAIT_SCALE: MeasureKind = MeasureKind {
    name: "portrait-scale",
    unit: "px/px",
    below: Some("resolution"),
    above: None,
    about: "source pixels a pixel of the largest upright 480 x 640 crop",
};
/// See [`sharpness`](super::sharpness).
pub const SHARPNESS: MeasureKind = MeasureKind {
    name: "sharpness",
    unit: "%/px",
    below: Some("blurred"),
    above: None,
    about: "share of an edge's contrast crossed in one pixel, middle of the frame",
};
/// Mean linear luminance of the frame.
pub const LUMINANCE_MEAN: MeasureKind = MeasureKind {
    name: "frame-luminance-mean",
    unit: "",
    below: Some("under-exposed"),
    above: Some("over-exposed"),
    about: "mean linear luminance of the frame, 0 to 1",
};
/// Share of the frame that is lost in the dark.
pub const UNDER_EXPOSURE: MeasureKind = MeasureKind {
    name: "frame-under-exposure",
    unit: "fraction",
    below: None,
    above: Some("under-exposed"),
    about: "share of the frame with linear luminance up to 25 of 255",
};
/// Share of the frame that is lost in the light.
pub const OVER_EXPOSURE: MeasureKind = MeasureKind {
    name: "frame-over-exposure",
    unit: "fraction",
    below: None,
    above: Some("over-exposed"),
    about: "share of the frame with linear luminance from 247 of 255",
};
/// Entropy of the luminance histogram.
pub const DYNAMIC_RANGE: MeasureKind = MeasureKind {
    name: "frame-dynamic-range",
    unit: "bits",
    below: Some("low-contrast"),
    above: None,
    about: "entropy of the histogram of linear luminance",
};
/// How coarse the JPEG quantisation is.
pub const JPEG_QUALITY: MeasureKind = MeasureKind {
    name: "jpeg-quality",
    unit: "IJG",
    below: Some("compressed"),
    above: None,
    about: "the quality setting, 1 to 100, that is as coarse as the file's table",
};

/// All measures that a standard sets limits for, in the order of the report.
pub const LIMITED: [MeasureKind; 8] = [
    MEGAPIXELS,
    PORTRAIT_SCALE,
    SHARPNESS,
    LUMINANCE_MEAN,
    UNDER_EXPOSURE,
    OVER_EXPOSURE,
    DYNAMIC_RANGE,
    JPEG_QUALITY,
];

/// Why a measure of a person is not taken.
pub const NEEDS_FACE: &str = "needs the face";

/// Rules of the portrait standard that no measure above covers. Each stands in the report as not
/// measured, so that nobody takes a pass for more than it is. Name and unit.
pub const NOT_MEASURED: [(&str, &str); 22] = [
    ("faces", "count"),
    ("yaw", "deg"),
    ("pitch", "deg"),
    ("roll", "deg"),
    ("shoulders", "deg"),
    ("eyes-open", ""),
    ("mouth-closed", ""),
    ("expression", ""),
    ("gaze", "deg"),
    ("glasses", ""),
    ("head-covering", ""),
    ("hair", ""),
    ("ornaments", ""),
    ("clothes", ""),
    ("face-exposure", "fraction"),
    ("illumination-uniformity", ""),
    ("shine", "fraction"),
    ("natural-colour", ""),
    ("background", "dE2000"),
    ("eye-sharpness", "%/px"),
    ("inter-eye-distance", "px"),
    ("position", "px"),
];
