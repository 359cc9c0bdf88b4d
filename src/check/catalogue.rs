//! The measures there are. Those of the file and the frame stand here; those of the person are each in
//! the file of their subject, below `measures`.

use super::measure::{Fault, MeasureKind, Words};
use super::measures;

/// Whether the file is a whole JPEG: 1 or 0. No standard can relax it.
pub const WHOLE: &str = "whole";
/// EXIF orientation: shown, and taken into account for the resolution; without limits.
pub const ORIENTATION: &str = "orientation";

/// Megapixels of the image.
pub const MEGAPIXELS: MeasureKind = MeasureKind {
    name: "megapixels",
    unit: "Mpx",
    below: Some(RESOLUTION),
    above: None,
    about: "size of the image",
};
/// Source pixels for each pixel of a 480 × 640 portrait, were it cut as large as the frame allows.
pub const PORTRAIT_SCALE: MeasureKind = MeasureKind {
    name: "portrait-scale",
    unit: "px/px",
    below: Some(RESOLUTION),
    above: None,
    about: "source pixels a pixel of the largest upright 480 x 640 crop",
};
/// See [`sharpness`](super::sharpness).
pub const SHARPNESS: MeasureKind = MeasureKind {
    name: "sharpness",
    unit: "%/px",
    below: Some(BLURRED),
    above: None,
    about: "share of an edge's contrast crossed in one pixel, middle of the frame",
};
/// Mean linear luminance of the frame.
pub const LUMINANCE_MEAN: MeasureKind = MeasureKind {
    name: "frame-luminance-mean",
    unit: "",
    below: Some(UNDER_EXPOSED),
    above: Some(OVER_EXPOSED),
    about: "mean linear luminance of the frame, 0 to 1",
};
/// Share of the frame that is lost in the dark.
pub const UNDER_EXPOSURE: MeasureKind = MeasureKind {
    name: "frame-under-exposure",
    unit: "fraction",
    below: None,
    above: Some(UNDER_EXPOSED),
    about: "share of the frame with linear luminance up to 25 of 255",
};
/// Share of the frame that is lost in the light.
pub const OVER_EXPOSURE: MeasureKind = MeasureKind {
    name: "frame-over-exposure",
    unit: "fraction",
    below: None,
    above: Some(OVER_EXPOSED),
    about: "share of the frame with linear luminance from 247 of 255",
};
/// Entropy of the luminance histogram.
pub const DYNAMIC_RANGE: MeasureKind = MeasureKind {
    name: "frame-dynamic-range",
    unit: "bits",
    below: Some(LOW_CONTRAST),
    above: None,
    about: "entropy of the histogram of linear luminance",
};
/// How coarse the JPEG quantisation is.
pub const JPEG_QUALITY: MeasureKind = MeasureKind {
    name: "jpeg-quality",
    unit: "IJG",
    below: Some(COMPRESSED),
    above: None,
    about: "the quality setting, 1 to 100, that is as coarse as the file's table",
};

/// The measures of the file and of the whole frame, in the order of the report.
const FRAME: [MeasureKind; 8] = [
    MEGAPIXELS,
    PORTRAIT_SCALE,
    SHARPNESS,
    LUMINANCE_MEAN,
    UNDER_EXPOSURE,
    OVER_EXPOSURE,
    DYNAMIC_RANGE,
    JPEG_QUALITY,
];

/// The measures of the file and of the whole frame, which need no face.
pub fn frame() -> impl Iterator<Item = &'static MeasureKind> {
    FRAME.iter()
}

/// All measures that are taken, in the order of the report.
pub fn kinds() -> impl Iterator<Item = &'static MeasureKind> {
    FRAME.iter().chain(measures::kinds())
}

/// Those that a standard sets limits for.
pub fn limited() -> impl Iterator<Item = &'static MeasureKind> {
    kinds().filter(|kind| kind.is_limited())
}

const BLURRED: Fault = Fault {
    id: "blurred",
    words: Words::Fixed {
        fault: ("照片模糊", "blurred"),
        remedy: (
            "检查对焦点和快门速度，请学生坐稳后重拍",
            "check the focus point and the shutter speed, have the student sit still, shoot again",
        ),
    },
};
const UNDER_EXPOSED: Fault = Fault {
    id: "under-exposed",
    words: Words::Fixed {
        fault: ("曝光不足", "under-exposed"),
        remedy: (
            "检查闪光灯是否闪亮，加光或开大光圈后重拍",
            "check that the flash fired, add light or open the aperture, shoot again",
        ),
    },
};
const OVER_EXPOSED: Fault = Fault {
    id: "over-exposed",
    words: Words::Fixed {
        fault: ("曝光过度", "over-exposed"),
        remedy: (
            "减弱灯光或收小光圈后重拍",
            "turn the lights down or close the aperture, shoot again",
        ),
    },
};
const LOW_CONTRAST: Fault = Fault {
    id: "low-contrast",
    words: Words::Fixed {
        fault: ("照片发灰，反差过低", "washed out, too little contrast"),
        remedy: (
            "检查镜头是否起雾或逆光，以及曝光",
            "check the lens for haze or light shining into it, and the exposure",
        ),
    },
};
const RESOLUTION: Fault = Fault {
    id: "resolution",
    words: Words::Fixed {
        fault: ("像素不够", "too few pixels"),
        remedy: (
            "把相机的图像尺寸设为“大”",
            "set the camera's image size to large",
        ),
    },
};
const COMPRESSED: Fault = Fault {
    id: "compressed",
    words: Words::Fixed {
        fault: ("压缩过度", "compressed too much"),
        remedy: (
            "把相机的画质设为“精细”",
            "set the camera's image quality to fine",
        ),
    },
};

/// The measure of the face that speaks in the place of one of the frame: where the first of a pair was
/// taken, the second is shown and not held against the frame. A sharp background is no sharp face, and
/// how many pixels a frame has matters little once those of the face are counted.
pub const SPEAKS_FOR: [(&str, &str); 7] = [
    ("face-width", MEGAPIXELS.name),
    ("face-width", PORTRAIT_SCALE.name),
    ("eye-sharpness", SHARPNESS.name),
    ("face-exposure", LUMINANCE_MEAN.name),
    ("face-exposure", UNDER_EXPOSURE.name),
    ("over-exposure", OVER_EXPOSURE.name),
    ("dynamic-range", DYNAMIC_RANGE.name),
];

/// Why a measure of a person is not taken without the models.
pub const NO_MODELS: &str = "the models that find the face are not loaded";
