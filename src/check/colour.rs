//! Colours as the eye sees them: linear light, CIE Lab, and how far apart two are.

use std::sync::LazyLock;

/// A colour in CIE L*a*b*, D65.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lab {
    /// Lightness, 0 to 100.
    pub l: f64,
    /// Green to red.
    pub a: f64,
    /// Blue to yellow.
    pub b: f64,
}

/// The white of D65, two-degree observer.
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

/// sRGB's transfer function (IEC 61966-2-1), code value to linear 0–1.
pub fn linear(code: u8) -> f64 {
    static ALL: LazyLock<[f64; 256]> = LazyLock::new(|| {
        std::array::from_fn(|code| {
            let v = code as f64 / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        })
    });
    ALL[usize::from(code)]
}

/// The way back: linear 0–1 to the coded value, 0–1.
pub fn coded(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// [`linear`] for all code values, for whoever asks pixel by pixel.
pub fn linear_table() -> &'static [f32; 256] {
    static ALL: LazyLock<[f32; 256]> =
        LazyLock::new(|| std::array::from_fn(|code| linear(code as u8) as f32));
    &ALL
}

/// Luminance of linear red, green and blue (Rec. 709), 0 to 1.
pub fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

impl Lab {
    /// Of sRGB code values.
    pub fn of_rgb(rgb: [u8; 3]) -> Self {
        Self::of_linear(rgb.map(linear))
    }

    /// Of linear red, green and blue with sRGB's primaries, 0 to 1 each.
    pub fn of_linear(rgb: [f64; 3]) -> Self {
        Self::by(rgb, response)
    }

    fn by([r, g, b]: [f64; 3], response: impl Fn(f64) -> f64) -> Self {
        let xyz = [
            0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b,
            0.212_672_9 * r + 0.715_152_2 * g + 0.072_175_0 * b,
            0.019_333_9 * r + 0.119_192_0 * g + 0.950_304_1 * b,
        ];
        // Multiplied, as to divide takes several times as long.
        const SHARE: [f64; 3] = [1.0 / WHITE[0], 1.0 / WHITE[1], 1.0 / WHITE[2]];
        let f = |i: usize| response(xyz[i] * SHARE[i]);
        let (x, y, z) = (f(0), f(1), f(2));
        Lab {
            l: 116.0 * y - 16.0,
            a: 500.0 * (x - y),
            b: 200.0 * (y - z),
        }
    }

    /// Distance from grey.
    pub fn chroma(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// Direction of the colour, 0 to 360 degrees: red about 40, yellow about 100, green about 136, blue about 306.
    pub fn hue_deg(&self) -> f64 {
        hue(self.a, self.b)
    }

    /// How different two colours look: CIEDE2000 with all weights 1 (CIE 142-2001, in the form of
    /// Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005).
    pub fn delta_e_2000(self, other: Lab) -> f64 {
        self.delta_e_2000_weighted(other, 1.0)
    }

    /// The same with the lightness counting one `kl`-th (the formula's parametric factor k_L; CIE 142-2001
    /// names 2 for textiles), for whom the colour matters more than how much light falls on it.
    pub fn delta_e_2000_weighted(self, other: Lab, kl: f64) -> f64 {
        let mean_chroma = (self.chroma() + other.chroma()) / 2.0;
        let seventh = mean_chroma.powi(7);
        // 25^7, where blue-grey turns into blue.
        let turn = 6_103_515_625.0;
        let g = 0.5 * (1.0 - (seventh / (seventh + turn)).sqrt());
        let (a1, a2) = (self.a * (1.0 + g), other.a * (1.0 + g));
        let (c1, c2) = (a1.hypot(self.b), a2.hypot(other.b));
        let (h1, h2) = (hue(a1, self.b), hue(a2, other.b));
        let dl = other.l - self.l;
        let dc = c2 - c1;
        let grey = c1 * c2 == 0.0;
        let apart = h2 - h1;
        let dh = match apart {
            _ if grey => 0.0,
            d if d > 180.0 => d - 360.0,
            d if d < -180.0 => d + 360.0,
            d => d,
        };
        let dh = 2.0 * (c1 * c2).sqrt() * (dh / 2.0).to_radians().sin();
        let (l, c) = ((self.l + other.l) / 2.0, (c1 + c2) / 2.0);
        let h = match h1 + h2 {
            sum if grey => sum,
            sum if apart.abs() <= 180.0 => sum / 2.0,
            sum if sum < 360.0 => (sum + 360.0) / 2.0,
            sum => (sum - 360.0) / 2.0,
        };
        let cos = |degrees: f64| degrees.to_radians().cos();
        let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
            - 0.20 * cos(4.0 * h - 63.0);
        let from_50 = (l - 50.0).powi(2);
        let sl = 1.0 + 0.015 * from_50 / (20.0 + from_50).sqrt();
        let sc = 1.0 + 0.045 * c;
        let sh = 1.0 + 0.015 * c * t;
        let blue = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
        let rc = 2.0 * (c.powi(7) / (c.powi(7) + turn)).sqrt();
        let rt = -(2.0 * blue).to_radians().sin() * rc;
        let (l, c, h) = (dl / (kl * sl), dc / sc, dh / sh);
        (l * l + c * c + h * h + rt * c * h).sqrt()
    }
}

/// CIE Lab's response to a share of the white's X, Y or Z (CIE 15).
pub fn response(t: f64) -> f64 {
    if t > 216.0 / 24389.0 {
        t.cbrt()
    } else {
        (24389.0 / 27.0 * t + 16.0) / 116.0
    }
}

/// [`Lab::of_linear`] for whoever asks tens of thousands of times: the cube roots are read from a table, and the answer is within 0.02.
#[derive(Clone, Copy)]
pub struct LabTable(&'static [f64; LabTable::STEPS + 1]);

impl LabTable {
    const STEPS: usize = 4096;

    /// The table, which is filled when it is first asked for.
    pub fn get() -> Self {
        static ALL: LazyLock<[f64; LabTable::STEPS + 1]> =
            LazyLock::new(|| std::array::from_fn(|i| response(i as f64 / LabTable::STEPS as f64)));
        LabTable(&ALL)
    }

    /// Of linear red, green and blue with sRGB's primaries, 0 to 1 each.
    #[inline]
    pub fn lab(self, rgb: [f64; 3]) -> Lab {
        Lab::by(rgb, |t| {
            let at = t.clamp(0.0, 1.0) * Self::STEPS as f64;
            // A whole number of 32 bits is had in one step, where one of 64 takes several.
            let below = (at as i32).clamp(0, Self::STEPS as i32 - 1) as usize;
            let (from, to) = (self.0[below], self.0[below + 1]);
            from + (to - from) * (at - below as f64)
        })
    }
}

fn hue(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 {
        return 0.0;
    }
    b.atan2(a).to_degrees().rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(l: f64, a: f64, b: f64) -> Lab {
        Lab { l, a, b }
    }

    #[test]
    fn differences_are_those_of_the_published_pairs() {
        // From table 1 of Sharma, Wu and Dalal (2005).
        let pairs = [
            (
                lab(50.0, 2.6772, -79.7751),
                lab(50.0, 0.0, -82.7485),
                2.0425,
            ),
            (
                lab(50.0, 3.1571, -77.2803),
                lab(50.0, 0.0, -82.7485),
                2.8615,
            ),
            (
                lab(50.0, 2.8361, -74.0200),
                lab(50.0, 0.0, -82.7485),
                3.4412,
            ),
            (
                lab(50.0, -1.3802, -84.2814),
                lab(50.0, 0.0, -82.7485),
                1.0000,
            ),
            (lab(50.0, 0.0, 0.0), lab(50.0, -1.0, 2.0), 2.3669),
            (
                lab(50.0, 2.4900, -0.0010),
                lab(50.0, -2.4900, 0.0009),
                7.1792,
            ),
            (
                lab(50.0, 2.4900, -0.0010),
                lab(50.0, -2.4900, 0.0011),
                7.2195,
            ),
            (lab(50.0, 2.5, 0.0), lab(50.0, 0.0, -2.5), 4.3065),
            (lab(50.0, 2.5, 0.0), lab(73.0, 25.0, -18.0), 27.1492),
            (lab(50.0, 2.5, 0.0), lab(61.0, -5.0, 29.0), 22.8977),
            (lab(50.0, 2.5, 0.0), lab(56.0, -27.0, -3.0), 31.9030),
            (
                lab(60.2574, -34.0099, 36.2677),
                lab(60.4626, -34.1751, 39.4387),
                1.2644,
            ),
            (
                lab(6.7747, -0.2908, -2.4247),
                lab(5.8714, -0.0985, -2.2286),
                0.6377,
            ),
            (
                lab(2.0776, 0.0795, -1.1350),
                lab(0.9033, -0.0636, -0.5514),
                0.9082,
            ),
        ];
        for (one, other, published) in pairs {
            for told in [one.delta_e_2000(other), other.delta_e_2000(one)] {
                assert!((told - published).abs() < 1e-4, "{one:?} {other:?}: {told}");
            }
        }
    }

    #[test]
    fn the_table_says_what_the_formula_does() {
        let table = LabTable::get();
        for code in 0..=255u8 {
            for rgb in [
                [code; 3],
                [code, 90, 10],
                [0, code, 255 - code],
                [5, 3, code],
            ] {
                let rgb = rgb.map(linear);
                let (one, other) = (table.lab(rgb), Lab::of_linear(rgb));
                let off = [one.l - other.l, one.a - other.a, one.b - other.b];
                assert!(off.iter().all(|d| d.abs() < 0.02), "{rgb:?} {off:?}");
            }
        }
    }

    #[test]
    fn white_grey_and_the_backdrop_are_where_they_should_be() {
        let white = Lab::of_rgb([255, 255, 255]);
        assert!(
            (white.l - 100.0).abs() < 0.01 && white.chroma() < 0.02,
            "{white:?}"
        );
        let grey = Lab::of_rgb([119, 119, 119]);
        assert!((grey.l - 50.0).abs() < 0.1, "{grey:?}");
        let red = Lab::of_rgb([255, 0, 0]);
        assert!(
            (red.l - 53.24).abs() < 0.05 && (red.a - 80.09).abs() < 0.1,
            "{red:?}"
        );
        assert!((luminance([100, 197, 255].map(linear)) - 0.497).abs() < 0.01);
    }
}
