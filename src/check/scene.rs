//! What was seen in a frame: the pixels, the faces, the person. Every measure of a person works on this.
//!
//! Places are in pixels of the full upright image (EXIF orientation applied) unless a name says
//! otherwise. Left and right of the student are their own; the image's are the other way round.

use super::face::{Blendshapes, Person};
use super::picture::{Colour, Grey, Luma};
use crate::model::{Geometry, Point, Pose, Rect};

/// A frame, seen.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Pixels across of the full upright image.
    pub width: u32,
    /// Pixels down of the full upright image.
    pub height: u32,
    /// The photo in colour, upright, at 1/1 to 1/8 of the full size (see [`Colour::scale`]).
    pub colour: Colour,
    /// The luminance at full resolution.
    pub luma: Luma,
    /// The 478 landmarks of the largest face, z in the same pixels and smaller towards the camera; empty
    /// where no face was found.
    pub landmarks: Vec<[f32; 3]>,
    /// What that face does.
    pub blendshapes: Option<Blendshapes>,
    /// How likely each part of the image is person.
    pub person: Person,
    /// What a report shows of all this: faces, eyes, crown, chin, pose.
    pub geometry: Geometry,
}

/// The face that the measures speak of. There is one exactly when [`Scene::face`] gives it, so that no
/// measure has to ask twice.
#[derive(Debug, Clone, Copy)]
pub struct Face<'s> {
    /// The 478 landmarks.
    pub landmarks: &'s [[f32; 3]],
    /// What it does.
    pub blendshapes: &'s Blendshapes,
    /// The detector's box.
    pub bounds: Rect,
    /// Centres of the eyes (between the corners of the lids): the student's right one (the image's
    /// left), then the left.
    pub eyes: [Point; 2],
    /// Highest point of the hair or covering on the middle line.
    pub crown: Point,
    /// Lowest point of the chin.
    pub chin: Point,
    /// How the head is turned.
    pub pose: Pose,
}

impl Face<'_> {
    /// A landmark's place.
    pub fn point(&self, index: usize) -> Point {
        let [x, y, _] = self.landmarks[index];
        Point { x, y }
    }

    /// Between the centres of the eyes, in pixels (IED of ISO/IEC 29794-5).
    pub fn eye_distance(&self) -> f32 {
        distance(self.eyes[0], self.eyes[1])
    }

    /// The middle between the eyes.
    pub fn eye_middle(&self) -> Point {
        middle(self.eyes[0], self.eyes[1])
    }

    /// From the middle between the eyes to the chin, in pixels (T of ISO/IEC 29794-5).
    pub fn eyes_to_chin(&self) -> f32 {
        distance(self.eye_middle(), self.chin)
    }
}

/// Pixels from one to the other.
pub fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// Halfway between.
pub fn middle(a: Point, b: Point) -> Point {
    Point {
        x: (a.x + b.x) / 2.0,
        y: (a.y + b.y) / 2.0,
    }
}

impl Scene {
    /// The face that the measures speak of: the largest one that was found.
    pub fn face(&self) -> Option<Face<'_>> {
        let geometry = &self.geometry;
        (self.landmarks.len() == super::face::POINTS).then_some(())?;
        Some(Face {
            landmarks: &self.landmarks,
            blendshapes: self.blendshapes.as_ref()?,
            bounds: *geometry.faces.first()?,
            eyes: geometry.eyes?,
            crown: geometry.crown?,
            chin: geometry.chin?,
            pose: geometry.pose?,
        })
    }

    /// A place of the full image, in pixels of the small picture.
    pub fn small(&self, point: Point) -> [f32; 2] {
        [point.x / self.colour.scale, point.y / self.colour.scale]
    }

    /// The luminance in a rectangle, at full resolution and upright.
    pub fn luma_in(&self, rect: Rect) -> Grey {
        self.luma.part(rect)
    }
}
