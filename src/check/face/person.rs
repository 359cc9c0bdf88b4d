//! Which part of the picture is person: MediaPipe's selfie segmentation.

use super::patch::{Sizes, Square};
use crate::check::models::{InferenceError, Net};
use crate::model::{Silhouette, Spans};

/// Cells across and down: what the network sees and gives.
const SIDE: usize = 256;

/// How likely each cell of the picture shows a person: a raster over the whole upright image, its
/// cells as wide and high as that makes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Cells across.
    pub width: usize,
    /// Cells down.
    pub height: usize,
    /// 0 to 1, row by row.
    pub probability: Vec<f32>,
}

impl Person {
    /// From this probability on a cell counts as person.
    pub const THRESHOLD: f32 = 0.5;

    /// Looks at the picture.
    ///
    /// # Errors
    /// When the engine fails.
    pub(in crate::check) fn find(net: &Net, picture: &Sizes) -> Result<Self, InferenceError> {
        let (width, height) = (picture.whole().width as f32, picture.whole().height as f32);
        let whole = Square {
            x: width / 2.0,
            y: height / 2.0,
            width,
            height,
            angle: 0.0,
        };
        let outputs = net.run([1, SIDE, SIDE, 3], whole.sample(picture, SIDE, 0.0, 1.0))?;
        match outputs.into_iter().next() {
            Some(probability) if probability.len() == SIDE * SIDE => Ok(Person {
                width: SIDE,
                height: SIDE,
                probability,
            }),
            _ => Err(net.unexpected()),
        }
    }

    /// The probability at a place, given as a share of the width and of the height; between the centres
    /// of cells it is interpolated, outside the picture it is that of the edge.
    #[inline]
    pub fn at(&self, u: f32, v: f32) -> f32 {
        self.between(self.column(u), self.row(v))
    }

    /// Where a share of the width lies among the columns, for whoever asks for many places with that share.
    #[inline]
    pub(in crate::check) fn column(&self, u: f32) -> Between {
        Between::of(u, self.width)
    }

    /// Where a share of the height lies among the rows.
    #[inline]
    pub(in crate::check) fn row(&self, v: f32) -> Between {
        Between::of(v, self.height)
    }

    /// [`Person::at`] of a share of the width and of the height whose column and row are these.
    #[inline]
    pub(in crate::check) fn between(&self, column: Between, row: Between) -> f32 {
        let line = |y: usize| {
            let line = &self.probability[y * self.width..][..self.width];
            line[column.first] * (1.0 - column.share) + line[column.next] * column.share
        };
        line(row.first) * (1.0 - row.share) + line(row.next) * row.share
    }

    /// Its outline, for the report.
    pub fn silhouette(&self) -> Silhouette {
        let rows = self
            .probability
            .chunks_exact(self.width.max(1))
            .map(spans)
            .collect();
        Silhouette {
            width: self.width as u16,
            height: self.height as u16,
            rows,
        }
    }
}

/// A place between the centres of two cells that lie side by side.
#[derive(Debug, Clone, Copy)]
pub(in crate::check) struct Between {
    first: usize,
    next: usize,
    /// Of the second cell.
    share: f32,
}

impl Between {
    #[inline]
    fn of(share: f32, cells: usize) -> Self {
        let last = cells.saturating_sub(1);
        let at = (share * cells as f32 - 0.5).clamp(0.0, last as f32);
        // A cast to a whole number of 32 bits is one instruction; `fract` and a cast to 64 are more.
        let first = at as i32;
        Between {
            first: first as usize,
            next: (first as usize + 1).min(last),
            share: at - first as f32,
        }
    }
}

fn spans(row: &[f32]) -> Spans {
    let mut spans = Spans::new();
    let mut begun = None;
    for (x, &p) in row.iter().enumerate() {
        match (p >= Person::THRESHOLD, begun) {
            (true, None) => begun = Some(x),
            (false, Some(first)) => {
                spans.push([first as u16, x as u16]);
                begun = None;
            }
            _ => {}
        }
    }
    if let Some(first) = begun {
        spans.push([first as u16, row.len() as u16]);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_has_a_stretch_for_each_run_of_person() {
        let person = Person {
            width: 4,
            height: 3,
            probability: vec![0.9, 0.1, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        };
        let rows = person.silhouette().rows;
        assert_eq!(rows, [vec![[0, 1], [2, 4]], vec![], vec![[0, 4]]]);
        assert_eq!(person.at(0.0, 1.0), 1.0);
        let half = person.at(0.25, 0.0);
        assert!((half - 0.5).abs() < 1e-6, "{half}");
    }
}
