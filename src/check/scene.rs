//! What was seen in a frame: the pixels, the faces, the person. Every measure of a person works on this.
//!
//! Places are in pixels of the full upright image (EXIF orientation applied) unless a name says
//! otherwise; masks are at the scale of the small colour picture. Left and right of the student are
//! their own; the image's are the other way round.

use super::face::{Blendshapes, Person, mesh};
use super::mask::Mask;
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

    /// The inside of the polygon with these landmarks as its corners; empty without a face.
    pub fn polygon(&self, indices: &[usize]) -> Mask {
        Mask::polygon(
            self.colour.width,
            self.colour.height,
            &self.corners(indices),
        )
    }

    /// The smallest part without dents that holds these landmarks; empty without a face.
    pub fn hull(&self, indices: &[usize]) -> Mask {
        Mask::hull(
            self.colour.width,
            self.colour.height,
            &self.corners(indices),
        )
    }

    /// The face, from the hairline of a bare forehead to the chin and from ear to ear; empty without one.
    pub fn face_mask(&self) -> Mask {
        self.polygon(&mesh::OVAL)
    }

    fn corners(&self, indices: &[usize]) -> Vec<[f32; 2]> {
        indices
            .iter()
            .filter_map(|&i| self.landmarks.get(i))
            .map(|p| self.small(Point { x: p[0], y: p[1] }))
            .collect()
    }

    /// What is person with at least that probability (see [`Person::THRESHOLD`]).
    pub fn person_mask(&self, probability: f32) -> Mask {
        let (width, height) = (self.colour.width, self.colour.height);
        Mask::of(width, height, |x, y| {
            let u = (x as f32 + 0.5) / width as f32;
            let v = (y as f32 + 0.5) / height as f32;
            self.person.at(u, v) >= probability
        })
    }

    /// What is not person, keeping that share of the picture's longer side away from it: the mask's
    /// cells are coarse, and fine hair reaches beyond them.
    pub fn background_mask(&self, margin: f32) -> Mask {
        let by = margin * self.colour.width.max(self.colour.height) as f32;
        let person = self.person_mask(Person::THRESHOLD);
        person.complement().eroded(by.ceil() as usize)
    }

    /// The person below the chin, from that many eye-to-chin lengths under it down to the picture's edge;
    /// empty without a face. Neck and clothes: who measures takes away what is not meant.
    pub fn body_mask(&self, below_chin: f32) -> Mask {
        let Some(face) = self.face() else {
            return Mask::polygon(self.colour.width, self.colour.height, &[]);
        };
        let from = (face.chin.y + below_chin * face.eyes_to_chin()) / self.colour.scale;
        let mut mask = self.person_mask(Person::THRESHOLD);
        for (row, line) in mask.inside.chunks_exact_mut(mask.width.max(1)).enumerate() {
            if (row as f32) < from {
                line.fill(false);
            }
        }
        mask
    }

    /// The luminance in a rectangle, at full resolution and upright.
    pub fn luma_in(&self, rect: Rect) -> Grey {
        self.luma.part(rect)
    }
}
