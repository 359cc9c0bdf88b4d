//! How far apart two colours of the same wall are.

/// D65's Y of CIE XYZ is 1; L* of it by CIE 15: 116 f(Y) − 16.
fn f(t: f64) -> f64 {
    const EPSILON: f64 = 216.0 / 24389.0;
    const KAPPA: f64 = 24389.0 / 27.0;
    if t > EPSILON {
        t.cbrt()
    } else {
        (KAPPA * t + 16.0) / 116.0
    }
}

fn f_inverse(v: f64) -> f64 {
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
        [fy + a / 500.0, fy, fy - b / 200.0].map(f_inverse)
    };
    let (old, new) = (ratios(was), ratios(is));
    let gain = old[1] / new[1].max(1e-6);
    let [x, y, z] = new.map(|v| f((v * gain).max(0.0)));
    delta_e_2000(was, [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])
}

/// CIEDE2000 (CIE 142, ISO/CIE 11664-6) with all weights 1, as worked out by Sharma, Wu and Dalal (Color Research and
/// Application 30, 2005).
fn delta_e_2000(one: [f64; 3], two: [f64; 3]) -> f64 {
    let far = 25_f64.powi(7);
    let chroma = |[_, a, b]: [f64; 3]| a.hypot(b);
    let mean = ((chroma(one) + chroma(two)) / 2.0).powi(7);
    let g = 0.5 * (1.0 - (mean / (mean + far)).sqrt());
    let polar = |[l, a, b]: [f64; 3]| {
        let a = a * (1.0 + g);
        let hue = if a == 0.0 && b == 0.0 {
            0.0
        } else {
            b.atan2(a).to_degrees().rem_euclid(360.0)
        };
        (l, a.hypot(b), hue)
    };
    let ((l1, c1, h1), (l2, c2, h2)) = (polar(one), polar(two));
    let grey = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if grey => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    };
    let hue = match h1 + h2 {
        sum if grey => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let (l, c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(hue - 30.0) + 0.24 * cos(2.0 * hue) + 0.32 * cos(3.0 * hue + 6.0)
        - 0.20 * cos(4.0 * hue - 63.0);
    let s_l = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (s_c, s_h) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let blue = 30.0 * (-((hue - 275.0) / 25.0).powi(2)).exp();
    let r_c = 2.0 * (c.powi(7) / (c.powi(7) + far)).sqrt();
    let r_t = -(2.0 * blue).to_radians().sin() * r_c;
    let d_l = (l2 - l1) / s_l;
    let d_c = (c2 - c1) / s_c;
    let d_h = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin() / s_h;
    (d_l * d_l + d_c * d_c + d_h * d_h + r_t * d_c * d_h)
        .max(0.0)
        .sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the table of Sharma, Wu and Dalal: pairs 1, 7, 17, 20 and 25.
    #[test]
    fn the_published_pairs_come_out() {
        let pairs = [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
            ([50.0, 2.5, 0.0], [58.0, 24.0, 15.0], 19.4535),
            (
                [60.2574, -34.0099, 36.2677],
                [60.4626, -34.1751, 39.4387],
                1.2644,
            ),
        ];
        for (one, two, expected) in pairs {
            let found = delta_e_2000(one, two);
            assert!((found - expected).abs() < 1e-4, "{one:?} {found}");
            assert!((delta_e_2000(two, one) - expected).abs() < 1e-4, "{two:?}");
        }
    }

    #[test]
    fn less_light_of_the_same_colour_is_no_shift() {
        // sRGB (100, 197, 255) and the same at half the light.
        let was = [76.0, -12.0, -37.0];
        let fy = (was[0] + 16.0) / 116.0;
        let half = [fy + was[1] / 500.0, fy, fy - was[2] / 200.0].map(|v| f(f_inverse(v) / 2.0));
        let is = [
            116.0 * half[1] - 16.0,
            500.0 * (half[0] - half[1]),
            200.0 * (half[1] - half[2]),
        ];
        assert!(delta_e_2000(was, is) > 10.0);
        assert!(shift(was, is) < 1e-6, "{}", shift(was, is));
        assert!(shift(was, [76.0, -12.0, -27.0]) > 3.0);
    }
}
