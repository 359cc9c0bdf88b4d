//! Parts of a grid of pixels, cells or tiles.

/// Which pixels of a grid belong.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Row by row.
    pub inside: Vec<bool>,
}

impl Mask {
    /// Every pixel for which that holds.
    pub fn of(width: usize, height: usize, mut holds: impl FnMut(usize, usize) -> bool) -> Self {
        let mut inside = Vec::with_capacity(width * height);
        for y in 0..height {
            inside.extend((0..width).map(|x| holds(x, y)));
        }
        Mask {
            width,
            height,
            inside,
        }
    }

    /// The inside of a polygon whose corners are in pixels of the grid (even-odd rule, by the centres of
    /// the pixels).
    pub fn polygon(width: usize, height: usize, corners: &[[f32; 2]]) -> Self {
        let mut mask = Mask {
            width,
            height,
            inside: vec![false; width * height],
        };
        let (top, bottom) = corners
            .iter()
            .fold((f32::MAX, f32::MIN), |(t, b), c| (t.min(c[1]), b.max(c[1])));
        let rows = top.floor().max(0.0) as usize..(bottom.ceil().max(0.0) as usize).min(height);
        let mut crossings = Vec::new();
        for y in rows {
            let line = y as f32 + 0.5;
            crossings.clear();
            for (i, a) in corners.iter().enumerate() {
                let b = &corners[(i + 1) % corners.len()];
                if (a[1] <= line) != (b[1] <= line) {
                    crossings.push(a[0] + (line - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
                }
            }
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let column = |x: f32| ((x - 0.5).ceil().max(0.0) as usize).min(width);
                let (first, end) = (column(pair[0]), column(pair[1]));
                mask.inside[y * width + first..y * width + end.max(first)].fill(true);
            }
        }
        mask
    }

    /// The smallest polygon without dents around those points.
    pub fn hull(width: usize, height: usize, points: &[[f32; 2]]) -> Self {
        let mut sorted = points.to_vec();
        sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let half = |points: &mut dyn Iterator<Item = &[f32; 2]>| {
            let mut chain: Vec<[f32; 2]> = Vec::new();
            for p in points {
                while let [.., a, b] = chain.as_slice() {
                    let turn = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
                    if turn > 0.0 {
                        break;
                    }
                    chain.pop();
                }
                chain.push(*p);
            }
            chain.pop();
            chain
        };
        let mut corners = half(&mut sorted.iter());
        corners.extend(half(&mut sorted.iter().rev()));
        Self::polygon(width, height, &corners)
    }

    /// Whether the pixel belongs; nothing outside the picture does.
    pub fn has(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.inside[y * self.width + x]
    }

    /// Pixels that belong.
    pub fn area(&self) -> usize {
        self.inside.iter().filter(|&&i| i).count()
    }

    /// What belongs to both.
    pub fn and(mut self, other: &Mask) -> Self {
        for (here, there) in self.inside.iter_mut().zip(&other.inside) {
            *here &= there;
        }
        self
    }

    /// What belongs to this one and not to the other.
    pub fn without(mut self, other: &Mask) -> Self {
        for (here, there) in self.inside.iter_mut().zip(&other.inside) {
            *here &= !there;
        }
        self
    }

    /// Without the pixels that have one outside the mask within `by` pixels across or down. The edge of
    /// the picture takes nothing away.
    pub fn eroded(self, by: usize) -> Self {
        let (width, height) = (self.width, self.height);
        let across = Self::narrowed(&self.inside, width, height, (1, width), by);
        let inside = Self::narrowed(&across, height, width, (width, 1), by);
        Mask { inside, ..self }
    }

    /// In each of `lines` lines of `length` cells, which are `along` apart and begin `between` apart:
    /// keeps those with no gap within `by`.
    fn narrowed(
        cells: &[bool],
        length: usize,
        lines: usize,
        (along, between): (usize, usize),
        by: usize,
    ) -> Vec<bool> {
        let mut kept = cells.to_vec();
        for line in 0..lines {
            let at = |i: usize| line * between + i * along;
            // Cells from the last gap, forth and back.
            let mut since = by;
            for i in 0..length {
                since = if cells[at(i)] { since + 1 } else { 0 };
                kept[at(i)] &= since > by;
            }
            let mut since = by;
            for i in (0..length).rev() {
                since = if cells[at(i)] { since + 1 } else { 0 };
                kept[at(i)] &= since > by;
            }
        }
        kept
    }
}

/// Whether a place is in a polygon (even-odd rule).
pub fn within(corners: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let mut inside = false;
    for (i, a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        if (a[1] <= y) != (b[1] <= y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) {
            inside = !inside;
        }
    }
    inside
}

/// The value below which that share (0 to 1) of the values lies; `None` for no values.
pub fn quantile(mut values: Vec<f32>, share: f64) -> Option<f32> {
    let rank = (values.len() as f64 * share) as usize;
    let rank = rank.min(values.len().checked_sub(1)?);
    Some(*values.select_nth_unstable_by(rank, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mask: &Mask) -> Vec<String> {
        let line = |row: &[bool]| row.iter().map(|&i| if i { '#' } else { '.' }).collect();
        mask.inside.chunks(mask.width).map(line).collect()
    }

    #[test]
    fn polygons_hulls_and_erosion_look_as_expected() {
        let square = Mask::polygon(6, 5, &[[1.0, 1.0], [5.0, 1.0], [5.0, 4.0], [1.0, 4.0]]);
        let rows = ["......", ".####.", ".####.", ".####.", "......"];
        assert_eq!(drawn(&square), rows);
        let dented = [
            [1.0, 1.0],
            [3.0, 2.0],
            [5.0, 1.0],
            [5.0, 4.0],
            [1.0, 4.0],
            [2.0, 3.0],
        ];
        assert_eq!(drawn(&Mask::hull(6, 5, &dented)), rows);
        let eroded = square.clone().eroded(1);
        assert_eq!(
            drawn(&eroded),
            ["......", "......", "..##..", "......", "......"]
        );
        let all = Mask::of(3, 3, |_, _| true).eroded(1);
        assert_eq!(all.area(), 9, "the picture's edge is no gap");
        assert_eq!(square.without(&eroded).area(), 10);
        assert_eq!(Mask::polygon(4, 4, &[]).area(), 0);
        assert_eq!(
            Mask::polygon(
                4,
                4,
                &[[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]]
            )
            .area(),
            16
        );
    }

    #[test]
    fn a_quantile_lies_where_that_share_does() {
        assert_eq!(quantile(vec![0.4, 0.1, 0.3, 0.2], 0.5), Some(0.3));
        assert_eq!(quantile(vec![1.0, 0.0], 0.9), Some(1.0));
        assert_eq!(quantile(vec![1.0, 0.0], 1.0), Some(1.0));
        assert_eq!(quantile(vec![], 0.5), None);
    }
}
