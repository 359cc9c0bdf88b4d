//! How the head is turned, by fitting a rigid head to the landmarks.
//!
//! The rigid head is MediaPipe's canonical face: points of the mesh that hardly move with the
//! expression, in centimetres, each with a weight. A camera looks at it from [`DISTANCE`]; what is sought is the turn
//! and the place that bring the projected points closest to the landmarks, by least squares. The depth
//! that the network gives with each landmark is a third witness, with a weight of its own.

use super::canonical::RIGID;
use super::landmarks::POINTS;
use crate::model::Pose;

/// From the camera to the middle of the head, in centimetres: portraits are taken from 1.5 to 2.5 m. The
/// perspective is so weak there that half a metre more or less changes no angle by half a degree.
const DISTANCE: f64 = 200.0;

/// What a landmark's depth counts for, beside its place in the picture.
const DEPTH_WEIGHT: f64 = 0.5;

/// Steps of Gauss and Newton; it stands still after five or six.
const STEPS: usize = 12;

/// Yaw, pitch, roll in radians (signs as in [`Pose`]), logarithm of the scale in pixels a centimetre, and
/// where the head's origin is: across, up, and in depth, in pixels.
type Fit = [f64; 7];

/// The pose of a face with these 478 landmarks: x to the right, y down, z smaller towards the camera, all
/// in one unit. `None` where they cannot be of a head (all in one place, or no numbers).
///
/// The turn is made of a yaw about the neck's axis, then a pitch about the ears' axis, then a roll about
/// the nose, each about the axes of the head as it is by then.
pub(in crate::check) fn pose(points: &[[f32; 3]]) -> Option<Pose> {
    fit(points, DEPTH_WEIGHT)
}

/// The pose with that weight for the depth.
fn fit(points: &[[f32; 3]], depth: f64) -> Option<Pose> {
    let fit = settled(points, depth)?;
    let degrees = |v: f64| {
        let turned = v.to_degrees();
        (turned - 360.0 * (turned / 360.0).round()) as f32
    };
    fit.iter().all(|v| v.is_finite()).then(|| Pose {
        yaw_deg: degrees(fit[0]),
        pitch_deg: degrees(fit[1]),
        roll_deg: degrees(fit[2]),
    })
}

fn settled(points: &[[f32; 3]], depth: f64) -> Option<Fit> {
    if points.len() != POINTS {
        return None;
    }
    let seen = |i: usize| points[i].map(f64::from);
    let mut fit = start(&seen)?;
    for _ in 0..STEPS {
        let step = improve(&fit, &seen, depth)?;
        for (value, step) in fit.iter_mut().zip(step) {
            *value += step;
        }
    }
    Some(fit)
}

/// A head that looks into the camera, as large and as tilted as the line from eye to eye.
fn start(seen: &impl Fn(usize) -> [f64; 3]) -> Option<Fit> {
    use super::mesh::{LEFT_EYE_OUTER, RIGHT_EYE_OUTER};
    let (right, left) = (seen(RIGHT_EYE_OUTER), seen(LEFT_EYE_OUTER));
    let (dx, dy) = (left[0] - right[0], left[1] - right[1]);
    /// Between the outer corners of the canonical face's eyes, in centimetres.
    const EYES_APART: f64 = 8.89;
    let scale = dx.hypot(dy) / EYES_APART;
    if !(scale.is_finite() && scale > 0.0) {
        return None;
    }
    let middle =
        [0, 1, 2].map(|i| RIGID.iter().map(|r| seen(r.0)[i]).sum::<f64>() / RIGID.len() as f64);
    let roll = dy.atan2(dx);
    Some([
        0.0,
        0.0,
        roll,
        scale.ln(),
        middle[0],
        -middle[1],
        -middle[2],
    ])
}

/// The step that brings the fit closer; `None` where there is no best one.
fn improve(fit: &Fit, seen: &impl Fn(usize) -> [f64; 3], depth: f64) -> Option<Fit> {
    /// For the slopes, by difference: radians, logarithms and pixels are all of the order of one here.
    const NUDGE: f64 = 1e-5;
    let mut normal = [[0.0; 7]; 7];
    let mut right = [0.0; 7];
    let weights = [1.0, 1.0, depth * depth];
    for &(index, place, weight) in &RIGID {
        let [x, y, z] = seen(index);
        let wanted = [x, -y, -z];
        let here = projected(fit, place);
        let slopes: [[f64; 3]; 7] = std::array::from_fn(|i| {
            let mut moved = *fit;
            moved[i] += NUDGE;
            let there = projected(&moved, place);
            [0, 1, 2].map(|axis| (there[axis] - here[axis]) / NUDGE)
        });
        for axis in 0..3 {
            let weight = f64::from(weight) * weights[axis];
            let missing = wanted[axis] - here[axis];
            for row in 0..7 {
                right[row] += weight * slopes[row][axis] * missing;
                for column in 0..7 {
                    normal[row][column] += weight * slopes[row][axis] * slopes[column][axis];
                }
            }
        }
    }
    // Without depth nothing says where in depth the head is: it stays where it began.
    if depth == 0.0 {
        normal[6][6] += 1.0;
    }
    solve(normal, right)
}

/// Where the camera sees a point of the head (centimetres): pixels to the right, up, and towards it.
fn projected(fit: &Fit, place: [f32; 3]) -> [f64; 3] {
    let [x, y, z] = turned(fit, place.map(f64::from));
    let scale = fit[3].exp();
    let nearer = DISTANCE / (DISTANCE - z);
    [
        fit[4] + scale * nearer * x,
        fit[5] + scale * nearer * y,
        fit[6] + scale * z,
    ]
}

/// The point after the roll, then the pitch, then the yaw about fixed axes, which is the same as yaw,
/// pitch, roll about the head's own.
fn turned(fit: &Fit, [x, y, z]: [f64; 3]) -> [f64; 3] {
    let [yaw, pitch, roll, ..] = *fit;
    // Clockwise for whoever looks at the picture.
    let (sin, cos) = (-roll).sin_cos();
    let (x, y) = (x * cos - y * sin, x * sin + y * cos);
    // The nose goes up.
    let (sin, cos) = (-pitch).sin_cos();
    let (y, z) = (y * cos - z * sin, y * sin + z * cos);
    // The nose goes to the picture's right.
    let (sin, cos) = yaw.sin_cos();
    [x * cos + z * sin, y, z * cos - x * sin]
}

/// Gauss's elimination, with the largest pivot.
fn solve(mut a: [[f64; 7]; 7], mut b: [f64; 7]) -> Option<[f64; 7]> {
    for column in 0..7 {
        let pivot =
            (column..7).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()))?;
        a.swap(column, pivot);
        b.swap(column, pivot);
        if a[column][column].is_nan() || a[column][column].abs() < 1e-12 {
            return None;
        }
        let chosen = a[column];
        for row in column + 1..7 {
            let factor = a[row][column] / chosen[column];
            for (value, of_chosen) in a[row].iter_mut().zip(chosen) {
                *value -= factor * of_chosen;
            }
            b[row] -= factor * b[column];
        }
    }
    let mut x = [0.0; 7];
    for row in (0..7).rev() {
        let known = (row + 1..7).map(|c| a[row][c] * x[c]).sum::<f64>();
        x[row] = (b[row] - known) / a[row][row];
    }
    Some(x)
}

/// The average head laid under these landmarks: for each of its points the place in the picture, and how far it
/// is towards the camera, in the same unit.
#[cfg(test)]
pub(super) fn relief(points: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let Some(fit) = settled(points, DEPTH_WEIGHT) else {
        return Vec::new();
    };
    let under = |&(index, place, _): &(usize, [f32; 3], f32)| {
        let depth = fit[3].exp() * turned(&fit, place.map(f64::from))[2];
        [points[index][0], points[index][1], depth as f32]
    };
    RIGID.iter().map(under).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = [[f64; 3]; 3];

    fn times(a: Matrix, b: Matrix) -> Matrix {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
    }

    /// The canonical head turned by these degrees before a pinhole camera `distance` centimetres away which gives 30 pixels a
    /// centimetre there. Written apart from the fit's own projection: rotation matrices about the axes of the head (x to its left, y
    /// up, z out of the face), yaw outermost. `error` is the largest error of each landmark, in centimetres.
    fn head([yaw, pitch, roll]: [f64; 3], distance: f64, error: f64) -> Vec<[f32; 3]> {
        let sin_cos = |degrees: f64| degrees.to_radians().sin_cos();
        let ((sy, cy), (sp, cp), (sr, cr)) = (sin_cos(yaw), sin_cos(pitch), sin_cos(roll));
        let about_y = [[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]];
        let about_x = [[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]];
        let about_z = [[cr, sr, 0.0], [-sr, cr, 0.0], [0.0, 0.0, 1.0]];
        let turn = times(about_y, times(about_x, about_z));
        let focal = 30.0 * distance;
        let mut state = 0x2545_f491u32;
        let mut slip = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0) * error
        };
        let mut points = vec![[0.0; 3]; POINTS];
        for (index, place, _) in RIGID {
            let place = place.map(|c| f64::from(c) + slip());
            let [x, y, z]: [f64; 3] =
                std::array::from_fn(|i| (0..3).map(|k| turn[i][k] * place[k]).sum());
            let away = distance - z;
            let pixels = [
                500.0 + focal * x / away,
                400.0 - focal * y / away,
                -30.0 * z,
            ];
            points[index] = pixels.map(|v| v as f32);
        }
        points
    }

    /// Degrees by which the axis that is told worst is off.
    fn off(angles: [f64; 3], distance: f64, error: f64) -> f64 {
        let pose = pose(&head(angles, distance, error)).unwrap();
        let told = [pose.yaw_deg, pose.pitch_deg, pose.roll_deg].map(f64::from);
        let off = told.iter().zip(angles).map(|(told, is)| (told - is).abs());
        off.fold(0.0, f64::max)
    }

    #[test]
    fn known_angles_come_back_from_near_and_far() {
        const STEPS: [f64; 9] = [-20.0, -15.0, -10.0, -5.0, 0.0, 3.0, 8.0, 15.0, 20.0];
        let mut worst = [0.0f64; 2];
        for distance in [80.0, 150.0, 300.0] {
            for yaw in STEPS {
                for pitch in STEPS {
                    for roll in STEPS {
                        let angles = [yaw, pitch, roll];
                        // The average head itself, and one whose every point lies up to 4 mm beside it.
                        for (worst, error) in worst.iter_mut().zip([0.0, 0.4]) {
                            *worst = worst.max(off(angles, distance, error));
                        }
                    }
                }
            }
        }
        println!("at worst off by {worst:.2?}");
        assert!(worst[0] < 2.0, "{worst:?}");
        assert!(worst[1] < 3.0, "{worst:?}");
    }

    #[test]
    fn the_signs_are_those_of_the_report() {
        let points = head([10.0, 0.0, 0.0], 200.0, 0.0);
        let nose_to_eyes = points[4][0] - (points[33][0] + points[263][0]) / 2.0;
        assert!(nose_to_eyes > 10.0, "turned to the image's right");
        let raised = head([0.0, 15.0, 0.0], 200.0, 0.0);
        let level = head([0.0; 3], 200.0, 0.0);
        let nose_below_eyes = |p: &[[f32; 3]]| p[4][1] - p[33][1];
        assert!(
            nose_below_eyes(&raised) < nose_below_eyes(&level),
            "chin up"
        );
        let leant = head([0.0, 0.0, 10.0], 200.0, 0.0);
        assert!(
            leant[263][1] > leant[33][1],
            "clockwise: the image's right eye is lower"
        );
    }

    #[test]
    fn no_head_has_no_pose() {
        assert_eq!(pose(&[]), None);
        assert_eq!(pose(&[[1.0; 3]; POINTS]), None);
        assert_eq!(pose(&[[f32::NAN; 3]; POINTS]), None);
    }
}
