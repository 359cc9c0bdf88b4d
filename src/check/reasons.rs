//! What the photographer is told, in Chinese and English.

use super::catalogue::MeasureKind;
use super::jpeg::Unreadable;
use crate::model::{About, Reason, Severity};

/// The remedy that goes with a reason: Chinese, English.
fn remedy(id: &str) -> (&'static str, &'static str) {
    match id {
        "blurred" => (
            "检查对焦点和快门速度，请学生坐稳后重拍",
            "check the focus point and the shutter speed, have the student sit still, shoot again",
        ),
        "under-exposed" => (
            "检查闪光灯是否闪亮，加光或开大光圈后重拍",
            "check that the flash fired, add light or open the aperture, shoot again",
        ),
        "over-exposed" => (
            "减弱灯光或收小光圈后重拍",
            "turn the lights down or close the aperture, shoot again",
        ),
        "low-contrast" => (
            "检查镜头是否起雾或逆光，以及曝光",
            "check the lens for haze or light shining into it, and the exposure",
        ),
        "resolution" => (
            "把相机的图像尺寸设为“大”",
            "set the camera's image size to large",
        ),
        "compressed" => (
            "把相机的画质设为“精细”",
            "set the camera's image quality to fine",
        ),
        _ => ("请检查", "have a look"),
    }
}

/// What is wrong, in a word or two: Chinese, English.
fn fault(id: &str) -> (&'static str, &'static str) {
    match id {
        "blurred" => ("照片模糊", "blurred"),
        "under-exposed" => ("曝光不足", "under-exposed"),
        "over-exposed" => ("曝光过度", "over-exposed"),
        "low-contrast" => ("照片发灰，反差过低", "washed out, too little contrast"),
        "resolution" => ("像素不够", "too few pixels"),
        "compressed" => ("压缩过度", "compressed too much"),
        _ => ("不合格", "outside its limits"),
    }
}

/// Which side of which limit a value is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Breach {
    /// Below this limit.
    Below(f64),
    /// Above this limit.
    Above(f64),
}

/// For a value that breaks a limit. `None` where the measure gives no reason on that side, which a
/// standard cannot ask for.
pub(super) fn breach(
    kind: &MeasureKind,
    value: f64,
    breach: Breach,
    severity: Severity,
) -> Option<Reason> {
    let (id, limit, zh_word, en_word) = match breach {
        Breach::Below(limit) => (kind.below?, limit, "不低于", "at least"),
        Breach::Above(limit) => (kind.above?, limit, "不高于", "at most"),
    };
    let ((zh_fault, en_fault), (zh_remedy, en_remedy)) = (fault(id), remedy(id));
    let (value, limit) = (number(value), number(limit));
    let unit = match kind.unit {
        "" | "fraction" => String::new(),
        unit => format!(" {unit}"),
    };
    let name = kind.name;
    Some(Reason {
        id: id.to_owned(),
        severity,
        was: None,
        about: About::Student,
        zh: format!("{zh_fault}（{name} {value}{unit}，要求{zh_word} {limit}）：{zh_remedy}"),
        en: format!("{en_fault} ({name} {value}{unit}, {en_word} {limit}): {en_remedy}"),
    })
}

/// For a file that cannot be judged.
pub(super) fn unreadable(why: &Unreadable) -> Reason {
    Reason {
        id: "unreadable".to_owned(),
        severity: Severity::Reject,
        was: None,
        about: About::Student,
        zh: format!("{}：请重拍，并检查存储卡和数据线", why.zh()),
        en: format!("{why}: shoot again, and check the card and the cable"),
    }
}

/// Three figures are enough to act on.
pub fn number(value: f64) -> String {
    let text = match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue::LIMITED;

    #[test]
    fn every_reason_of_the_catalogue_has_words() {
        for kind in LIMITED {
            for id in [kind.below, kind.above].into_iter().flatten() {
                assert_ne!(fault(id), fault("?"), "{id}");
                assert_ne!(remedy(id), remedy("?"), "{id}");
            }
        }
    }

    #[test]
    fn numbers_are_short() {
        let texts = [0.1234, 1.5, 12.0, 250.4, 0.0, 5.996].map(number);
        assert_eq!(texts, ["0.123", "1.5", "12", "250", "0", "6"]);
    }
}
