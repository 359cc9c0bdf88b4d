//! What the photographer is told of the equipment, and what to do: Chinese and English.

use crate::check::reasons::number;
use crate::model::{About, Band, Reason, Severity};

fn reason(id: &str, severity: Severity, zh: impl Into<String>, en: impl Into<String>) -> Reason {
    Reason {
        id: id.to_owned(),
        severity,
        was: None,
        about: About::Equipment,
        zh: zh.into(),
        en: en.into(),
    }
}

fn spoiled(id: &str, zh: impl Into<String>, en: impl Into<String>) -> Reason {
    reason(id, Severity::Reject, zh, en)
}

fn remark(id: &str, zh: impl Into<String>, en: impl Into<String>) -> Reason {
    reason(id, Severity::Warn, zh, en)
}

/// One decimal: tenths of a stop are what a lamp is set in.
fn tenths(value: f64) -> String {
    format!("{:.1}", value.abs())
}

pub(super) fn black_frame() -> Reason {
    spoiled(
        "black-frame",
        "画面全黑：检查镜头盖、引闪器和快门，再拍",
        "the frame is black: check lens cap, flash trigger and shutter, shoot again",
    )
}

pub(super) fn flash_misfire(under: f64) -> Reason {
    let by = tenths(under);
    spoiled(
        "flash-misfire",
        format!(
            "背景比平时暗 {by} 档，闪光灯可能没闪：检查引闪器和回电，再拍；有意改过灯光的话请重拍基准照"
        ),
        format!(
            "background {by} stops under the usual, the flash may not have fired: check trigger and recycling, shoot again; if the light was changed on purpose, take a new reference shot"
        ),
    )
}

/// `by`: stops that the left became lighter against the right.
pub(super) fn one_lamp(by: f64) -> Reason {
    let (zh, en) = if by > 0.0 {
        ("右", "right")
    } else {
        ("左", "left")
    };
    let by = tenths(by);
    spoiled(
        "one-lamp",
        format!("画面{zh}侧比平时暗 {by} 档，{zh}侧的灯可能没闪：检查那盏灯，再拍"),
        format!(
            "the {en} of the picture lost {by} stops against the other side: check the lamp on that side, shoot again"
        ),
    )
}

pub(super) fn sync_band(band: Band) -> Reason {
    let percent = number((band.share * 100.0).round());
    spoiled(
        "sync-band",
        format!("画面边缘有一条暗带（{percent}%）：快门快于闪光同步速度，放慢快门，再拍"),
        format!(
            "a dark band along an edge ({percent} % of the frame): the shutter is faster than flash sync, set a slower speed, shoot again"
        ),
    )
}

pub(super) fn empty_seat() -> Reason {
    spoiled(
        "empty-seat",
        "座位上没有人：请学生就座后再拍",
        "nobody is in the chair: seat the student, shoot again",
    )
}

pub(super) fn camera_moved() -> Reason {
    remark(
        "camera-moved",
        "取景与之前不同，相机或背景可能被碰动：检查三脚架和背景；有意改动的话请重拍基准照",
        "the framing is not what it was, camera or backdrop may have been knocked: check both; if it was on purpose, take a new reference shot",
    )
}

/// `by`: stops brighter than at the start.
pub(super) fn drift_exposure(by: f64) -> Reason {
    let (zh, en) = if by > 0.0 {
        ("亮", "brighter")
    } else {
        ("暗", "darker")
    };
    let by = tenths(by);
    remark(
        "drift-exposure",
        format!("最近 5 名学生比开始时{zh} {by} 档：检查闪光灯功率、光圈和窗光"),
        format!(
            "the last 5 students are {by} stops {en} than at the start: check lamp power, aperture and daylight"
        ),
    )
}

pub(super) fn drift_white_balance(delta_e: f64) -> Reason {
    let by = number(delta_e);
    remark(
        "drift-white-balance",
        format!("背景颜色变了（ΔE {by}）：检查白平衡和混入的室内光"),
        format!(
            "the background changed its colour (dE {by}): check white balance and room light that mixes in"
        ),
    )
}

/// `share`: sharpness now, of what it was.
pub(super) fn drift_focus(share: f64) -> Reason {
    let lost = number(((1.0 - share) * 100.0).round());
    remark(
        "drift-focus",
        format!("最近 5 名学生的清晰度下降了 {lost}%：检查对焦点和镜头"),
        format!(
            "the last 5 students are {lost} % less sharp: check the focus point and the front of the lens"
        ),
    )
}
