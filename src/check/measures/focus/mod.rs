//! Whether the face is sharp, still, clean and large enough: at full resolution, and at the eyes.
//!
//! Sharpness and movement are told in pixels of the portrait, in which two eyes are about 105 pixels
//! apart: what a blur of five pixels does to it depends on how many pixels the camera gave the face.

mod blocks;
mod noise;

use crate::check::face::mesh;
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::scene::{Face, Scene, distance};
use crate::check::sharpness;
use crate::model::{Point, Rect};

/// By which the session's comparison finds it.
pub(in crate::check) const EYE_SHARPNESS_NAME: &str = "eye-sharpness";

/// Between the eyes in a portrait whose face is 240 of its 480 pixels wide, the middle of the
/// registration standard's band.
const PORTRAIT_EYE_DISTANCE: f64 = 105.0;

/// Side of a block of the sharpness at the eyes, in eye distances: three of them hold an edge that is
/// just rejected (a blur of 3 pixels of the portrait, 80 % within 8 of its pixels) two and a half times.
const BLOCK: f32 = 0.065;

/// Edges that are this many times wider in one direction than across it are still no sign of movement:
/// lids and brows lie across, and only the rims of the irises stand upright.
const UNLIKE_AT_REST: f64 = 1.7;

/// The eyes are too dark for an edge when nothing there is lighter than this code value.
const DARK: u8 = 60;

const EYE_SHARPNESS: MeasureKind = MeasureKind {
    name: EYE_SHARPNESS_NAME,
    unit: "%/px",
    below: Some(Fault {
        id: "blurred",
        words: Words::Fixed {
            fault: ("眼部模糊", "the eyes are blurred"),
            remedy: (
                "把对焦点放在眼睛上，请学生坐稳后重拍",
                "focus on the eyes, have the student sit still, shoot again",
            ),
        },
    }),
    above: None,
    about: "share of an edge's contrast crossed in one pixel of the portrait, at the eyes",
};

const MOTION_BLUR: MeasureKind = MeasureKind {
    name: "motion-blur",
    unit: "px",
    below: None,
    above: Some(Fault {
        id: "motion-blur",
        words: Words::Made(|_| moved(0)),
    }),
    about: "how far edges are drawn out in one direction, in pixels of the portrait",
};

const NOISE: MeasureKind = MeasureKind {
    name: "noise",
    unit: "levels",
    below: None,
    above: Some(Fault {
        id: "noisy",
        words: Words::Fixed {
            fault: ("噪点过多", "too much noise"),
            remedy: (
                "降低 ISO，加光后重拍",
                "lower the ISO and add light, shoot again",
            ),
        },
    }),
    about: "standard deviation of the noise in flat parts, of 255",
};

const BLOCKINESS: MeasureKind = MeasureKind {
    name: "blockiness",
    unit: "levels",
    below: None,
    above: Some(Fault {
        id: "compressed",
        words: Words::Fixed {
            fault: ("压缩块明显", "the blocks of the compression show"),
            remedy: (
                "把相机的画质设为“精细”，使用相机原文件",
                "set the camera's image quality to fine, and use the camera's own file",
            ),
        },
    }),
    about: "step at the borders of the JPEG's blocks beyond that within them, of 255",
};

const FACE_WIDTH: MeasureKind = MeasureKind {
    name: "face-width",
    unit: "px",
    below: Some(Fault {
        id: "resolution",
        words: Words::Made(|v| {
            let pixels = v.round();
            (
                format!("人脸只有 {pixels} 像素宽：请靠近或把图像尺寸设为“大”后重拍"),
                format!(
                    "the face is only {pixels} pixels wide: go nearer, or set the image size to large"
                ),
            )
        }),
    }),
    above: None,
    about: "between the cheeks; the portrait has 180 to 300",
};

pub(super) const KINDS: &[MeasureKind] =
    &[EYE_SHARPNESS, MOTION_BLUR, NOISE, BLOCKINESS, FACE_WIDTH];

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    let mut taken = edges(scene, face).to_vec();
    taken.push(noise::noise(scene, face));
    taken.push(blocks::blockiness(scene, face));
    let [right, left] = mesh::CHEEKS.map(|cheek| face.point(cheek));
    let width = distance(right, left);
    taken.push(Taken::value(FACE_WIDTH, f64::from(width)));
    taken
}

fn edges(scene: &Scene, face: &Face) -> [Taken; 2] {
    let apart = face.eye_distance();
    let side = (BLOCK * apart).round() as usize;
    // Brow, lids and iris, without the rim of the face or the hair beside it.
    let parts = face
        .eyes
        .map(|eye| scene.luma_in(around(eye, 0.42 * apart, 0.4 * apart)));
    let lightest = parts.iter().flat_map(|p| &p.samples).max();
    if side < 2 || lightest.is_none_or(|&l| l < DARK) {
        let why = "the eyes are too dark or too small to tell an edge";
        return [EYE_SHARPNESS, MOTION_BLUR].map(|kind| Taken::nothing(kind, why));
    }
    let scale = f64::from(apart) / PORTRAIT_EYE_DISTANCE;
    let both = parts.map(|part| sharpness::of_part(&part, side).map(|s| s * scale));
    // Hair or a frame may hide one eye: the sharper one is where the focus lies.
    let [right, left] = both;
    let sharpness: [f64; 5] = std::array::from_fn(|i| right[i].max(left[i]));
    let movement = match streak(&sharpness[1..]) {
        Some((length, direction)) => {
            let (zh, en) = moved(direction);
            Taken::value(MOTION_BLUR, length).saying(zh, en)
        }
        None => Taken::nothing(
            MOTION_BLUR,
            "no edge at the eyes is sharp enough to tell it",
        ),
    };
    [Taken::value(EYE_SHARPNESS, sharpness[0]), movement]
}

fn around(centre: Point, across: f32, down: f32) -> Rect {
    Rect {
        x: centre.x - across,
        y: centre.y - down,
        width: 2.0 * across,
        height: 2.0 * down,
    }
}

/// How far edges are drawn out, in pixels, and the direction (as in [`sharpness::of_part`], from 0). The
/// width of an edge is the inverse of its sharpness; widths add as squares. `None` without edges in all
/// directions.
fn streak(along: &[f64]) -> Option<(f64, usize)> {
    let widths = along.iter().map(|s| (*s > 0.0).then(|| 100.0 / s));
    let widths = widths.collect::<Option<Vec<_>>>()?;
    let longest = (0..widths.len()).map(|direction| {
        let across = widths[(direction + widths.len() / 2) % widths.len()];
        let drawn = widths[direction] / UNLIKE_AT_REST;
        ((drawn * drawn - across * across).max(0.0).sqrt(), direction)
    });
    longest.max_by(|a, b| a.0.total_cmp(&b.0))
}

fn moved(direction: usize) -> (String, String) {
    let (zh, en) = match direction {
        1 | 3 => ("斜向", "aslant"),
        2 => ("上下", "up or down"),
        _ => ("左右", "sideways"),
    };
    (
        format!("照片有{zh}的动感模糊：请学生坐稳，检查快门速度后重拍"),
        format!("the picture moved {en}: have the student sit still, check the shutter speed"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streak_is_told_with_its_direction() {
        let (length, direction) = streak(&[5.0, 12.0, 30.0, 12.0]).unwrap();
        assert!(
            (length - 11.3).abs() < 0.1 && direction == 0,
            "{length} {direction}"
        );
        let (length, _) = streak(&[20.0, 30.0, 32.0, 30.0]).unwrap();
        assert_eq!(length, 0.0, "eyes at rest");
        assert!(streak(&[0.0, 12.0, 30.0, 12.0]).is_none());
    }
}
