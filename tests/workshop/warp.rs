//! Pixel operations that change one portrait in one respect. Places are in pixels.

use image::{Rgb, RgbImage};

/// A corner of something: across, down.
pub type Place = [f32; 2];

/// The colour between the pixels around a place; the nearest one beyond the edge.
pub fn between(picture: &RgbImage, [x, y]: Place) -> Rgb<u8> {
    let (right, bottom) = (picture.width() - 1, picture.height() - 1);
    let (x, y) = (
        (x - 0.5).clamp(0.0, right as f32),
        (y - 0.5).clamp(0.0, bottom as f32),
    );
    let (left, top) = (x as u32, y as u32);
    let at = |dx: u32, dy: u32| {
        picture
            .get_pixel((left + dx).min(right), (top + dy).min(bottom))
            .0
    };
    let (a, b, c, d) = (at(0, 0), at(1, 0), at(0, 1), at(1, 1));
    let mix = |a: u8, b: u8, share: f32| f32::from(a) + (f32::from(b) - f32::from(a)) * share;
    Rgb(std::array::from_fn(|i| {
        let above = mix(a[i], b[i], x.fract());
        let below = mix(c[i], d[i], x.fract());
        (above + (below - above) * y.fract()).round() as u8
    }))
}

/// Each pixel from the place that `source` names for its centre.
pub fn warped(picture: &RgbImage, source: impl Fn(Place) -> Place) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let centre = [x as f32 + 0.5, y as f32 + 0.5];
        let place = source(centre);
        if place == centre {
            *picture.get_pixel(x, y)
        } else {
            between(picture, place)
        }
    })
}

/// Mixes a colour into the pixels: `share` gives how much of it, 0 to 1, at each centre.
pub fn painted(picture: &RgbImage, colour: [u8; 3], share: impl Fn(Place) -> f32) -> RgbImage {
    mixed(picture, share, |_| colour)
}

/// Mixes what `other` makes of a pixel into it, as much as `share` says.
pub fn mixed(
    picture: &RgbImage,
    share: impl Fn(Place) -> f32,
    other: impl Fn([u8; 3]) -> [u8; 3],
) -> RgbImage {
    let mut changed = picture.clone();
    for (x, y, pixel) in changed.enumerate_pixels_mut() {
        let share = share([x as f32 + 0.5, y as f32 + 0.5]).clamp(0.0, 1.0);
        if share > 0.0 {
            let other = other(pixel.0);
            for (code, other) in pixel.0.iter_mut().zip(other) {
                let code_now = f32::from(*code);
                *code = (code_now + (f32::from(other) - code_now) * share).round() as u8;
            }
        }
    }
    changed
}

/// 1 inside a disc, 0 outside, with a soft rim a pixel wide.
pub fn disc(centre: Place, radius: f32) -> impl Fn(Place) -> f32 {
    move |[x, y]| radius + 0.5 - (x - centre[0]).hypot(y - centre[1])
}

/// 1 in an upright box (half its width and height are given), 0 outside, soft as a disc.
pub fn bar(centre: Place, half: Place) -> impl Fn(Place) -> f32 {
    move |[x, y]| {
        let across = half[0] + 0.5 - (x - centre[0]).abs();
        across.min(half[1] + 0.5 - (y - centre[1]).abs()).min(1.0)
    }
}

/// An opening between two lips or lids, given by the rims from one corner to the other (across must rise): its height
/// becomes `share` of what it is, around the line that lies `hinge` of the way from the upper rim to the
/// lower. What lies within `reach` pixels above and below is stretched or pressed to make room.
pub fn reopened(
    picture: &RgbImage,
    upper: &[Place],
    lower: &[Place],
    (share, hinge, reach): (f32, f32, f32),
) -> RgbImage {
    warped(picture, |[x, y]| {
        let (Some(top), Some(bottom)) = (height_at(upper, x), height_at(lower, x)) else {
            return [x, y];
        };
        let bottom = bottom.max(top);
        let fixed = top + (bottom - top) * hinge;
        let moved = |v: f32| fixed + (v - fixed) * share;
        let knots = [
            (top - reach, top - reach),
            (moved(top), top),
            (moved(bottom), bottom),
            (bottom + reach, bottom + reach),
        ];
        [x, through(&knots, y)]
    })
}

/// The height of a line of places at `x`; `None` beside it.
fn height_at(line: &[Place], x: f32) -> Option<f32> {
    let pair = line.windows(2).find(|p| p[0][0] <= x && x < p[1][0])?;
    let share = (x - pair[0][0]) / (pair[1][0] - pair[0][0]);
    Some(pair[0][1] + (pair[1][1] - pair[0][1]) * share)
}

/// The line through the knots (from, to), whose ends stay where they are; the same outside them.
pub fn through(knots: &[(f32, f32)], v: f32) -> f32 {
    let inside = knots.windows(2).find(|k| k[0].0 <= v && v < k[1].0);
    match inside {
        Some(k) => k[0].1 + (k[1].1 - k[0].1) * (v - k[0].0) / (k[1].0 - k[0].0),
        None => v,
    }
}

/// Whether a place lies inside the polygon (even-odd rule).
pub fn within(corners: &[Place], [x, y]: Place) -> bool {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossed = edges.filter(|(a, b)| {
        (a[1] <= y) != (b[1] <= y) && a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > x
    });
    crossed.count() % 2 == 1
}
