//! What the photographer can do about a head that no crop suits.

use super::Fault;
use super::search::{Missing, Search, Shape};

/// For crops that reach over the image's edges.
pub(super) fn outside(search: &Search, missing: &Missing) -> Vec<Fault> {
    if missing.across > 0 || missing.down > 0 {
        return vec![too_close(search, missing)];
    }
    let face = f64::from(search.head.face_width);
    let head = f64::from(search.head.chin_y - search.head.crown_y);
    let sides = [
        (missing.left, face, LEFT),
        (missing.right, face, RIGHT),
        (missing.above, head, ABOVE),
        (missing.below, head, BELOW),
    ];
    (sides.into_iter())
        .filter(|(pixels, ..)| *pixels > 0)
        .map(|(pixels, of, say)| say(percent(pixels as f64, of)))
        .collect()
}

type Say = fn(i64) -> Fault;

const LEFT: Say = |n| {
    position(
        format!("人在画面中偏左约 {n}% 脸宽：请将相机左转，或把座椅往画面右侧移"),
        format!(
            "student too far left in the picture by about {n} % of the face's width: turn the camera to the left, or move the chair to the picture's right"
        ),
    )
};
const RIGHT: Say = |n| {
    position(
        format!("人在画面中偏右约 {n}% 脸宽：请将相机右转，或把座椅往画面左侧移"),
        format!(
            "student too far right in the picture by about {n} % of the face's width: turn the camera to the right, or move the chair to the picture's left"
        ),
    )
};
const ABOVE: Say = |n| {
    position(
        format!("头顶上方留空不足，约差头高的 {n}%：请升高相机或拉远"),
        format!(
            "no room above the hair, about {n} % of the head's height is lacking: raise the camera, or zoom out"
        ),
    )
};
const BELOW: Say = |n| {
    position(
        format!("下方留空不足，约差头高的 {n}%：请降低相机或拉远"),
        format!(
            "no room below the chin, about {n} % of the head's height is lacking: lower the camera, or zoom out"
        ),
    )
};

fn too_close(search: &Search, missing: &Missing) -> Fault {
    // The smallest crop that the bands allow, against the image.
    let across = missing.across as f64 / (search.width + missing.across) as f64;
    let down = missing.down as f64 / (search.height + missing.down) as f64;
    let n = percent(across.max(down), 1.0);
    position(
        format!("离得太近，头部至少要缩小 {n}%：请后退或拉远"),
        format!("too close, the head has to become at least {n} % smaller: step back or zoom out"),
    )
}

/// For a head with too few pixels.
pub(super) fn small(search: &Search, factor: f64) -> Fault {
    let face = search.head.face_width;
    let n = percent(factor - 1.0, 1.0);
    Fault {
        id: "resolution",
        zh: format!(
            "头部在照片里太小（脸宽 {face:.0} 像素），至少要放大 {n}%：请靠近、拉近，或把相机的图像尺寸设为“大”"
        ),
        en: format!(
            "the head is too small in the photo (face {face:.0} px wide), it has to become at least {n} % larger: step closer, zoom in, or set the camera's image size to large"
        ),
    }
}

/// For an image that is smaller than the portrait.
pub(super) fn small_image(search: &Search) -> Fault {
    let (w, h) = (search.width, search.height);
    let (least_w, least_h) = (search.bands.width_px, search.bands.height_px);
    Fault {
        id: "resolution",
        zh: format!(
            "照片只有 {w} x {h} 像素，至少要 {least_w} x {least_h}：请把相机的图像尺寸设为“大”，并竖拍"
        ),
        en: format!(
            "the photo has only {w} x {h} px and {least_w} x {least_h} are needed: set the camera's image size to large and hold it upright"
        ),
    }
}

/// For a head whose lengths do not go together with the bands.
pub(super) fn shape(shape: &Shape) -> Fault {
    let n = percent(shape.excess_percent, 100.0);
    if shape.tall {
        position(
            format!("与脸宽相比，头顶过高约 {n}%：请压平头发、取下头上物品，头摆正不低头"),
            format!(
                "the top of the hair stands about {n} % too high for this face's width: press the hair down, take off what is on the head, chin not lowered"
            ),
        )
    } else {
        position(
            format!("与脸宽相比，头顶离眼睛过近，约差 {n}%：请让相机与眼同高，不仰头"),
            format!(
                "the top of the head is about {n} % too near the eyes for this face's width: bring the camera to eye height, chin not raised"
            ),
        )
    }
}

fn position(zh: String, en: String) -> Fault {
    Fault {
        id: "position",
        zh,
        en,
    }
}

/// In whole percent, at least one: it is said only where something lacks.
fn percent(part: f64, of: f64) -> i64 {
    ((100.0 * part / of).ceil() as i64).max(1)
}
