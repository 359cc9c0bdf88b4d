//! How far apart two colours of the same wall are.

use crate::check::colour::{Lab, response};

/// [`response`] undone.
fn ratio(v: f64) -> f64 {
    const DELTA: f64 = 6.0 / 29.0;
    if v > DELTA {
        v.powi(3)
    } else {
        3.0 * DELTA * DELTA * (v - 4.0 / 29.0)
    }
}

/// ΔE2000 of two L*a*b* colours once the second has the first's luminance: what is left is the colour of the light, not
/// its amount.
pub(super) fn shift(was: [f64; 3], is: [f64; 3]) -> f64 {
    // L*a*b* as ratios to white, so that scaling them scales the light.
    let ratios = |[l, a, b]: [f64; 3]| {
        let fy = (l + 16.0) / 116.0;
        [fy + a / 500.0, fy, fy - b / 200.0].map(ratio)
    };
    let (old, new) = (ratios(was), ratios(is));
    let gain = old[1] / new[1].max(1e-6);
    let [x, y, z] = new.map(|v| response((v * gain).max(0.0)));
    let evened = lab([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]);
    lab(was).delta_e_2000(evened)
}

fn lab([l, a, b]: [f64; 3]) -> Lab {
    Lab { l, a, b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_light_of_the_same_colour_is_no_shift() {
        // sRGB (100, 197, 255) and the same at half the light.
        let was = [76.0, -12.0, -37.0];
        let fy = (was[0] + 16.0) / 116.0;
        let half = [fy + was[1] / 500.0, fy, fy - was[2] / 200.0].map(|v| response(ratio(v) / 2.0));
        let is = [
            116.0 * half[1] - 16.0,
            500.0 * (half[0] - half[1]),
            200.0 * (half[1] - half[2]),
        ];
        assert!(lab(was).delta_e_2000(lab(is)) > 10.0);
        assert!(shift(was, is) < 1e-6, "{}", shift(was, is));
        assert!(shift(was, [76.0, -12.0, -27.0]) > 3.0);
    }
}
