//! Where the face is, in the pixels of the upright image: what the measures rest on, and what a screen can draw.

use serde::{Deserialize, Serialize};

/// A point, in pixels of the upright image (EXIF orientation applied) from its top left corner: x to the right, y down.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
}

/// An upright rectangle, in pixels of the upright image.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// To the right edge.
    pub width: f32,
    /// To the bottom edge.
    pub height: f32,
}

/// How a head is turned, in degrees, seen from the camera; all are 0 for one that looks straight into it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Pose {
    /// Positive: turned to the student's own left (the image's right).
    pub yaw_deg: f32,
    /// Positive: chin raised.
    pub pitch_deg: f32,
    /// Positive: the head leans to the student's own left shoulder (clockwise in the image).
    pub roll_deg: f32,
}

/// One row's stretches of the person mask.
pub type Spans = Vec<[u16; 2]>;

/// Where the person is: a coarse raster over the whole upright image.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Silhouette {
    /// Cells across the image.
    pub width: u16,
    /// Cells down the image.
    pub height: u16,
    /// For each row of cells from the top, the stretches `[first, past the last]` that are person.
    pub rows: Vec<Spans>,
}

/// What was found of the person in a frame.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Geometry {
    /// Every face found, the largest first; all else speaks of that one.
    pub faces: Vec<Rect>,
    /// The 478 points of the face mesh, irises last (from 468); empty where no face was found.
    pub landmarks: Vec<Point>,
    /// Centres of the eyes: the student's right eye (the image's left), then the left.
    pub eyes: Option<[Point; 2]>,
    /// Highest point of the hair or covering, on the face's middle line.
    pub crown: Option<Point>,
    /// Lowest point of the chin.
    pub chin: Option<Point>,
    /// How the head is turned.
    pub pose: Option<Pose>,
    /// The person mask.
    pub person: Option<Silhouette>,
}

/// The part of the upright image that becomes the portrait, in its pixels; 3:4, never turned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// To the right edge.
    pub width: u32,
    /// To the bottom edge.
    pub height: u32,
}
