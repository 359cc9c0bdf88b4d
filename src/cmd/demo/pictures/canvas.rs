//! Pixels, and what light, lens and sensor do to them.

/// Linear or coded red, green and blue, 0 to 255.
pub(super) type Colour = [f32; 3];

/// An sRGB image.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// A rectangle in units of the frame's height: x from the middle, y from the top.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) x: (f32, f32),
    pub(super) y: (f32, f32),
}

impl Area {
    /// All of the frame, whatever its shape.
    pub(super) const ALL: Area = Area {
        x: (-1e6, 1e6),
        y: (0.0, 1.0),
    };

    /// Around a middle.
    pub(super) fn around(x: f32, y: f32, half_width: f32, half_height: f32) -> Area {
        Area {
            x: (x - half_width, x + half_width),
            y: (y - half_height, y + half_height),
        }
    }
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Canvas {
            width,
            height,
            rgb: vec![0; width * height * 3],
        }
    }

    /// Row by row, three bytes a pixel.
    pub(super) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Lays a shape over what is there. `shape` is asked for each pixel in the area, by its place in
    /// units of the frame's height, and answers with the distance from the shape's border (inside
    /// is negative) and the colour; the border is smoothed over one pixel.
    pub(super) fn lay(&mut self, area: Area, shape: impl Fn(f32, f32) -> (f32, Colour)) {
        let unit = self.height as f32;
        let middle = self.width as f32 / 2.0;
        let column = |x: f32| (x * unit + middle).clamp(0.0, self.width as f32) as usize;
        let row = |y: f32| (y * unit).clamp(0.0, unit) as usize;
        let (left, right) = (column(area.x.0), column(area.x.1).max(column(area.x.0)));
        for py in row(area.y.0)..row(area.y.1) {
            let y = (py as f32 + 0.5) / unit;
            let line = &mut self.rgb[(py * self.width + left) * 3..(py * self.width + right) * 3];
            for (px, pixel) in line.chunks_exact_mut(3).enumerate() {
                let x = ((left + px) as f32 + 0.5 - middle) / unit;
                let (distance, colour) = shape(x, y);
                let cover = (0.5 - distance * unit).clamp(0.0, 1.0);
                if cover > 0.0 {
                    for (old, new) in pixel.iter_mut().zip(colour) {
                        *old = (f32::from(*old) + (new - f32::from(*old)) * cover + 0.5) as u8;
                    }
                }
            }
        }
    }

    /// As if the light had been `gain` times as strong; what does not fit is clipped, as on a sensor.
    pub(super) fn expose(&mut self, gain: f32) {
        let table: [u8; 256] = std::array::from_fn(|code| {
            let linear = (code as f32 / 255.0).powf(2.2) * gain;
            (linear.min(1.0).powf(1.0 / 2.2) * 255.0).round() as u8
        });
        for value in &mut self.rgb {
            *value = table[usize::from(*value)];
        }
    }

    /// Out of focus: three box filters of that radius in pixels, which come close to a Gaussian
    /// (σ = radius · 1.0, and a little more).
    pub(super) fn blur(&mut self, radius: usize) {
        for _ in 0..3 {
            self.blur_rows(radius);
            self.blur_columns(radius);
        }
    }

    fn blur_rows(&mut self, radius: usize) {
        let mut before = vec![0u8; self.width * 3];
        for row in self.rgb.chunks_exact_mut(self.width * 3) {
            before.copy_from_slice(row);
            for channel in 0..3 {
                let at = |x: isize| {
                    let x = x.clamp(0, self.width as isize - 1) as usize;
                    u32::from(before[x * 3 + channel])
                };
                let reach = radius as isize;
                let mut sum = (-reach..=reach).map(at).sum::<u32>();
                for x in 0..self.width {
                    row[x * 3 + channel] = (sum / (2 * radius as u32 + 1)) as u8;
                    let x = x as isize;
                    sum = sum + at(x + reach + 1) - at(x - reach);
                }
            }
        }
    }

    /// Whole rows at a time: going down single columns would miss the cache at every step.
    fn blur_columns(&mut self, radius: usize) {
        let stride = self.width * 3;
        let before = self.rgb.clone();
        let at = |y: isize| {
            let y = y.clamp(0, self.height as isize - 1) as usize;
            &before[y * stride..][..stride]
        };
        let reach = radius as isize;
        let mut sums = vec![0u32; stride];
        for y in -reach..=reach {
            for (sum, &value) in sums.iter_mut().zip(at(y)) {
                *sum += u32::from(value);
            }
        }
        for (y, row) in self.rgb.chunks_exact_mut(stride).enumerate() {
            let (enters, leaves) = (at(y as isize + reach + 1), at(y as isize - reach));
            for (i, value) in row.iter_mut().enumerate() {
                *value = (sums[i] / (2 * radius as u32 + 1)) as u8;
                sums[i] = sums[i] + u32::from(enters[i]) - u32::from(leaves[i]);
            }
        }
    }

    /// The grain of a sensor: a standard deviation of 2.5 code values, equal in all channels. It is
    /// what makes most of a camera's file, so that sizes come out like a camera's.
    pub(super) fn add_noise(&mut self, seed: u32) {
        let mut state = u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for pixels in self.rgb.chunks_mut(24) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            for (pixel, byte) in pixels.chunks_mut(3).zip(state.to_le_bytes()) {
                // A number of 0 to 7 and one of 0 to 3, less their mean.
                let noise = i16::from(byte & 7) + i16::from(byte >> 3 & 3) - 5;
                for value in pixel {
                    *value = (i16::from(*value) + noise).clamp(0, 255) as u8;
                }
            }
        }
    }
}
