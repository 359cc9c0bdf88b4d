//! What is kept of a frame so that later ones can be compared with it: a few numbers, no picture of anybody.

use serde::{Deserialize, Serialize};

/// A dark band along an edge of the sensor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// How much darker it is than what lies next to it, in stops, where it differs least.
    pub stops: f64,
    /// How much of the frame it covers, as a fraction of the sensor's height.
    pub share: f64,
}

/// Everything of a frame that the session's other frames are compared by. Luminance is linear, 0 to 1; *stops* are
/// powers of two. What could not be told is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signature {
    /// Luminance below which 99 % of the frame lies.
    pub brightest: f64,
    /// The darkest band along the first or the last rows that the shutter uncovers.
    pub band: Option<Band>,
    /// Median luminance of the background.
    pub background: Option<f64>,
    /// Median colour of the background, CIE L*a*b* for D65.
    pub background_lab: Option<[f64; 3]>,
    /// How much lighter the left half of the background is than the right, in stops.
    pub background_left: Option<f64>,
    /// The background as 16 rows of 16 cells of the upright image: mean luminance, sRGB-coded; `None` where the person is.
    pub cells: Vec<Option<u8>>,
    /// Whether a face was found; `None` where nobody looked.
    pub face_found: Option<bool>,
    /// How much of the frame is person, as a fraction of its area; `None` where nobody looked.
    pub person: Option<f64>,
    /// How much lighter the left half of the face is than the right, in stops; left as the image shows it.
    pub face_left: Option<f64>,
    /// Height of the eyes, as a fraction of the upright image's height from its top.
    pub eye_line: Option<f64>,
    /// Width of the face, as a fraction of the upright image's width.
    pub face_width: Option<f64>,
    /// Share of an edge's contrast crossed in one pixel, in percent, where the focus should be.
    pub sharpness: Option<f64>,
}
