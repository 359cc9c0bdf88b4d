//! Whether the face is sharp, still, clean and large enough: at full resolution, and at the eyes.
//!
//! Sharpness and movement are told in pixels of the portrait, in which two eyes are about 105 pixels
//! apart: what a blur of five pixels does to it depends on how many pixels the camera gave the face.

use super::light::cheek_squares;
use crate::check::face::{Person, mesh};
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::picture::{Grey, Luma};
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
    taken.push(noise(scene, face));
    taken.push(blockiness(scene, face));
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

/// The lesser of skin and background, each by its calmest quarter: structure adds to noise, never takes away.
fn noise(scene: &Scene, face: &Face) -> Taken {
    let parts = |rects: &[Rect]| {
        let each = rects.iter().flat_map(|rect| {
            let part = scene.luma_in(*rect);
            noise_of_blocks(&part)
        });
        let mut levels = each.collect::<Vec<_>>();
        levels.sort_by(f64::total_cmp);
        levels.get(levels.len() / 4).copied()
    };
    let skin = parts(&cheek_squares(face));
    let background = parts(&beside(scene, face));
    match [skin, background].into_iter().flatten().reduce(f64::min) {
        Some(level) => Taken::value(NOISE, level),
        None => Taken::nothing(NOISE, "skin and background are black, white or too small"),
    }
}

/// Squares of background left and right of the head.
fn beside(scene: &Scene, face: &Face) -> Vec<Rect> {
    let side = 0.4 * face.eye_distance();
    let middle = face.eye_middle();
    let (width, height) = (scene.width as f32, scene.height as f32);
    let mut squares = Vec::new();
    for column in [-6, -5, -4, 3, 4, 5] {
        for row in [-5, -3, -1] {
            let square = Rect {
                x: middle.x + column as f32 * side,
                y: middle.y + row as f32 * side,
                width: side,
                height: side,
            };
            let within = square.x >= 0.0
                && square.y >= 0.0
                && square.x + side <= width
                && square.y + side <= height;
            let places = [-0.3f32, 0.5, 1.3].map(|s| s * side);
            let bare = places.iter().all(|dx| {
                places.iter().all(|dy| {
                    let (u, v) = ((square.x + dx) / width, (square.y + dy) / height);
                    scene.person.at(u, v) < Person::THRESHOLD / 2.0
                })
            });
            if within && bare {
                squares.push(square);
            }
        }
    }
    squares
}

/// Of each block of 8 x 8 pixels that is neither black nor white: the standard deviation of the noise, by
/// the mean absolute response of the difference of two Laplacians (Immerkaer, "Fast noise variance
/// estimation", 1996), which a slope or an even curve leaves at 0.
fn noise_of_blocks(part: &Grey) -> Vec<f64> {
    const SIDE: usize = 8;
    let mut levels = Vec::new();
    for top in (1..part.height.saturating_sub(SIDE)).step_by(SIDE) {
        for left in (1..part.width.saturating_sub(SIDE)).step_by(SIDE) {
            let (mut sum, mut response) = (0u32, 0u32);
            for y in top..top + SIDE {
                let at =
                    |dy: usize| &part.samples[(y + dy - 1) * part.width + left - 1..][..SIDE + 2];
                let (above, here, below) = (at(0), at(1), at(2));
                for x in 0..SIDE {
                    let three = |row: &[u8]| [row[x], row[x + 1], row[x + 2]].map(i32::from);
                    let ([a, b, c], [d, e, f], [g, h, i]) =
                        (three(above), three(here), three(below));
                    sum += e as u32;
                    response += (a + c + g + i - 2 * (b + d + f + h) + 4 * e).unsigned_abs();
                }
            }
            let pixels = (SIDE * SIDE) as u32;
            if (16..=240).contains(&(sum / pixels)) {
                let mean = f64::from(response) / f64::from(pixels);
                levels.push((std::f64::consts::PI / 2.0).sqrt() / 6.0 * mean);
            }
        }
    }
    levels
}

/// How much higher the steps at the borders of the file's 8 x 8 blocks are, around the face. It finds what
/// an earlier, coarser compression left behind when the file was saved again, which the table cannot tell,
/// as long as the picture was neither scaled nor cut in between.
fn blockiness(scene: &Scene, face: &Face) -> Taken {
    let (mut at_border, mut within) = (Steps::default(), Steps::default());
    let part = stored_part(&scene.luma, face.bounds);
    // Each eighth line is enough, and another one of the block each time.
    for y in (part.top..part.bottom).step_by(9) {
        for x in part.left.max(2)..part.right.min(scene.luma.width.saturating_sub(1)) {
            let steps = if x % 8 == 0 {
                &mut at_border
            } else {
                &mut within
            };
            steps.note(|i| scene.luma.samples[y * scene.luma.width + x + i - 2]);
        }
    }
    for x in (part.left..part.right).step_by(9) {
        for y in part.top.max(2)..part.bottom.min(scene.luma.height.saturating_sub(1)) {
            let steps = if y % 8 == 0 {
                &mut at_border
            } else {
                &mut within
            };
            steps.note(|i| scene.luma.samples[(y + i - 2) * scene.luma.width + x]);
        }
    }
    match (at_border.mean(), within.mean()) {
        (Some(border), Some(within)) => Taken::value(BLOCKINESS, (border - within).max(0.0)),
        _ => Taken::nothing(BLOCKINESS, "the face is smaller than the blocks"),
    }
}

/// How much higher a step is than the ones before and after it.
#[derive(Default)]
struct Steps {
    sum: i64,
    count: i64,
}

impl Steps {
    /// Of the four samples in line around the step.
    fn note(&mut self, sample: impl Fn(usize) -> u8) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| i64::from(sample(i)));
        self.sum += 2 * (c - b).abs() - (b - a).abs() - (d - c).abs();
        self.count += 2;
    }

    fn mean(&self) -> Option<f64> {
        (self.count >= 200).then(|| self.sum as f64 / self.count as f64)
    }
}

/// Whole pixels of the image as stored, where the grid of the blocks begins at 0.
struct Stored {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

fn stored_part(luma: &Luma, rect: Rect) -> Stored {
    let (across, down) = luma.turn.size((luma.width, luma.height));
    let clip = |v: f32, end: usize| (v.max(0.0) as usize).min(end.saturating_sub(1));
    let corner = |x: f32, y: f32| {
        luma.turn
            .stored(clip(x, across), clip(y, down), luma.width, luma.height)
    };
    let (x0, y0) = corner(rect.x, rect.y);
    let (x1, y1) = corner(rect.x + rect.width, rect.y + rect.height);
    Stored {
        left: x0.min(x1),
        top: y0.min(y1),
        right: x0.max(x1),
        bottom: y0.max(y1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_is_found_in_the_image_as_it_is_stored() {
        use crate::check::picture::Turn;
        let rect = |x, y, width, height| Rect {
            x,
            y,
            width,
            height,
        };
        for orientation in 1..=8 {
            let luma = Luma {
                width: 40,
                height: 20,
                turn: Turn::new(Some(orientation)),
                samples: vec![],
            };
            let all = stored_part(&luma, rect(-5.0, -5.0, 99.0, 99.0));
            let sides = (all.left, all.top, all.right, all.bottom);
            assert_eq!(sides, (0, 0, 39, 19), "{orientation}");
        }
        let luma = Luma {
            width: 40,
            height: 20,
            turn: Turn::new(Some(6)),
            samples: vec![],
        };
        // Shown 20 across and 40 down: what is seen at the top right is stored at the top left.
        let part = stored_part(&luma, rect(15.0, 0.0, 4.0, 8.0));
        assert_eq!((part.left, part.top, part.right, part.bottom), (0, 0, 8, 4));
    }

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

    #[test]
    fn slopes_are_no_noise_and_noise_is_told_in_levels() {
        let plane = |level: &dyn Fn(usize, usize) -> u8| Grey {
            left: 0,
            top: 0,
            width: 64,
            height: 64,
            samples: (0..64 * 64).map(|i| level(i % 64, i / 64)).collect(),
        };
        let slope = noise_of_blocks(&plane(&|x, y| (60 + x + y) as u8));
        assert!(
            slope.len() > 40 && slope.iter().all(|l| *l == 0.0),
            "{slope:?}"
        );
        let mut state = 1u32;
        let mut uniform = Vec::new();
        for _ in 0..64 * 64 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            uniform.push(120 + (state >> 24) % 21);
        }
        let noise = noise_of_blocks(&plane(&|x, y| uniform[y * 64 + x] as u8));
        let mean = noise.iter().sum::<f64>() / noise.len() as f64;
        // 21 equal steps have a standard deviation of 6.06.
        assert!((mean - 6.06).abs() < 0.6, "{mean}");
        assert!(noise_of_blocks(&plane(&|_, _| 255)).is_empty());
    }
}
