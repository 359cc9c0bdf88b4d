//! Position: whether an upright crop keeps the standard's bands, which one is best, and if none does, what to
//! change at the chair or the camera.
//!
//! A crop is only ever cut and scaled down, never turned, mirrored or stretched: it has whole source pixels and
//! exactly the portrait's shape, so what is judged here is what the portrait shows. All comparisons are made in
//! whole numbers; equal input gives an equal crop on every machine.

mod bands;
mod search;
#[cfg(test)]
mod tests;
mod words;

pub use bands::{Bands, Head};

use crate::model::Crop;
use search::{Outcome, Search};

/// One figure of a head in its crop.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// As in the report, for example `position-crown`.
    pub name: &'static str,
    /// Of value and limits.
    pub unit: &'static str,
    /// Lower limit, included.
    pub min: Option<f64>,
    /// Upper limit, included.
    pub max: Option<f64>,
    /// The value; in the nearest crop, which hangs over the image's edge, where none is inside. `None` where the
    /// head fits no crop of any size.
    pub value: Option<f64>,
    /// 0 to 100 and 100 in the middle of the band, falling evenly to 0 at its ends; the station's own scale.
    pub score: Option<f64>,
    /// Whether it keeps its limits.
    pub within: bool,
}

/// Why there is no crop, in words to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The reason's id: `position`, or `resolution` where only more source pixels help.
    pub id: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What there is to say of a head's position.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The best crop, where one keeps every band.
    pub crop: Option<Crop>,
    /// `position` first (source pixels that are missing, 0 where there is a crop), then a figure for each band.
    pub measures: Vec<Placed>,
    /// Empty where there is a crop.
    pub faults: Vec<Fault>,
}

/// Looks for the crop of an upright image of `width` × `height` pixels (EXIF orientation applied) whose smallest
/// distance to the ends of any band, as a share of half the band, is largest; the larger of equal ones. `None`
/// where the head has no size or the bands are none, so that there is nothing to measure.
pub fn measures(width: u32, height: u32, head: &Head, bands: &Bands) -> Option<Position> {
    let search = Search::new(width, height, head, bands)?;
    Some(match search.run() {
        Outcome::Found(crop) => Position {
            crop: Some(crop),
            measures: figures(&search, Some(crop_at(&crop)), 0.0),
            faults: Vec::new(),
        },
        Outcome::Outside(missing) => Position {
            crop: None,
            measures: figures(&search, Some(missing.nearest), missing.total() as f64),
            faults: words::outside(&search, &missing),
        },
        Outcome::SmallImage { factor } => Position {
            crop: None,
            measures: figures(&search, None, small_missing(&search, factor)),
            faults: vec![words::small_image(&search)],
        },
        Outcome::Small { factor } => Position {
            crop: None,
            measures: figures(&search, None, small_missing(&search, factor)),
            faults: vec![words::small(&search, factor)],
        },
        Outcome::Shape(shape) => Position {
            crop: None,
            measures: figures(&search, None, shape.excess_px),
            faults: vec![words::shape(&shape)],
        },
    })
}

/// Left edge, top edge and width, which may lie outside the image.
type At = [i64; 3];

fn crop_at(crop: &Crop) -> At {
    [crop.x, crop.y, crop.width].map(i64::from)
}

/// By how many source pixels the face is too narrow.
fn small_missing(search: &Search, factor: f64) -> f64 {
    let face = f64::from(search.head.face_width);
    (face * (factor - 1.0)).ceil().max(1.0)
}

fn figures(search: &Search, at: Option<At>, missing_px: f64) -> Vec<Placed> {
    let (bands, head) = (search.bands, search.head);
    let values = at.map(|at| bands.place(head, at));
    let mut all = vec![Placed {
        name: "position",
        unit: "px",
        min: None,
        max: Some(0.0),
        value: Some(missing_px),
        score: None,
        within: missing_px == 0.0,
    }];
    let tolerance = f64::from(bands.centre_tolerance_px);
    let rows = [
        ("position-crown", Some(pair(bands.crown_px)), 0),
        ("position-eyes", Some(pair(bands.eyes_px)), 1),
        ("position-face-width", Some(pair(bands.face_width_px)), 2),
        ("position-centre", Some([-tolerance, tolerance]), 3),
        ("position-head-height", bands.head_height_px.map(pair), 4),
    ];
    for (name, band, index) in rows {
        let Some([min, max]) = band else { continue };
        let value = values.map(|v| v[index]);
        let share = value.map(|v| (v - min).min(max - v) / ((max - min) / 2.0));
        all.push(Placed {
            name,
            unit: "px",
            min: Some(min),
            max: Some(max),
            value,
            score: share.map(|s| (100.0 * s).clamp(0.0, 100.0).round()),
            // A found crop was judged in whole numbers; a float at the very end of a band may say otherwise.
            within: missing_px == 0.0 || share.is_some_and(|s| s >= 0.0),
        });
    }
    all
}

fn pair(band: [u32; 2]) -> [f64; 2] {
    band.map(f64::from)
}
