//! From a frame's bytes to what is seen in it.

use super::exposure::Exposure;
use super::face::{Blendshapes, Found, Mesh, Person, Sizes, detect, landmarks, mesh, pose};
use super::jpeg::{Frame, Header, Outline, Unreadable};
use super::lanes::{Errand, Lanes};
use super::models::{InferenceError, Models};
use super::picture::{Colour, Luma, Turn};
use super::scene::{Scene, middle};
use super::timings::Timings;
use super::{metadata, sharpness};
use crate::model::{Geometry, Point, Rect};
use std::sync::OnceLock;

/// From this probability on the mesh lies on a face, and not on something like one.
const MESH_SCORE_MIN: f32 = 0.5;

/// What became of a frame.
pub(super) struct Sight {
    pub(super) frame: Frame,
    /// In the file's order.
    pub(super) luma_quantisation: [u16; 64],
    pub(super) orientation: Option<u8>,
    /// Of the frame.
    pub(super) exposure: Exposure,
    /// Of the frame's middle (see [`sharpness::measure`]).
    pub(super) sharpness: f64,
    pub(super) view: View,
}

/// What the measures have to work on.
pub(super) enum View {
    /// Everything.
    Whole(Box<Scene>),
    /// The luminance alone, and why.
    Blind { luma: Luma, why: String },
}

impl View {
    pub(super) fn luma(&self) -> &Luma {
        match self {
            View::Whole(scene) => &scene.luma,
            View::Blind { luma, .. } => luma,
        }
    }
}

/// Looks at a frame. The file is proven whole while it is already being looked at: few files are broken, and what was seen of a broken
/// one is thrown away.
///
/// One lane decodes the luminance and proves the file by it (see [`proven`]), the other decodes the colours and finds the face. Which of them is done first
/// depends on the photo and the machine, so each then takes what is left of the [`Errands`]. It never waits for the other there, so
/// that one thread alone can do first the one and then the other.
///
/// # Errors
/// When the file is not a whole photo.
pub(super) fn look(
    data: &[u8],
    models: Option<&Models>,
    lanes: &impl Lanes,
    timings: &Timings,
) -> Result<Sight, Unreadable> {
    let header = Header::read(data)?;
    let orientation = metadata::orientation(header.exif);
    let turn = Turn::new(orientation);
    let (whole, picture, errands) = (OnceLock::new(), OnceLock::new(), Errands::default());
    let luma = || whole.get().map(|(luma, _)| luma);
    let run_errands = || errands.run(luma(), || models.zip(picture.get()), timings);
    let proof = || -> Result<(), Unreadable> {
        let decoded = proven(data, &header, turn, timings)?;
        whole.get_or_init(|| decoded);
        run_errands();
        Ok(())
    };
    let face = || -> Result<Option<Looked>, Unreadable> {
        let Some(models) = models else {
            return Ok(None);
        };
        let colour = timings.of("decode-colour", || Colour::decode(data, &header, turn))?;
        let picture = picture.get_or_init(|| timings.of("detect", || Sizes::of(colour)));
        let found = find(models, picture, timings);
        run_errands();
        Ok(Some(found))
    };
    let (proof, looked) = lanes.both(proof, face);
    let ((), looked) = (proof?, looked?);
    // As with the errands: what no lane has left here is done now.
    let (luma, luma_quantisation) = match whole.into_inner() {
        Some(whole) => whole,
        None => proven(data, &header, turn, timings)?,
    };
    let exposure = errands.exposure.result(|| Exposure::measure(&luma));
    let sharpness = errands.sharpness.result(|| sharpness::measure(&luma));
    let view = match (looked, models, picture.into_inner()) {
        (Some(faces), Some(models), Some(picture)) => {
            let person = errands.person;
            let person = person.result(|| Person::find(&models.person, &picture));
            match faces.and_then(|faces| Ok((faces, person?))) {
                Ok((faces, person)) => {
                    let colour = picture.into_whole();
                    View::Whole(Box::new(scene(faces, person, colour, luma)))
                }
                Err(error) => View::Blind {
                    luma,
                    why: error.to_string(),
                },
            }
        }
        _ => View::Blind {
            luma,
            why: super::catalogue::NO_MODELS.to_owned(),
        },
    };
    Ok(Sight {
        frame: header.frame,
        luma_quantisation,
        orientation,
        exposure,
        sharpness,
        view,
    })
}

/// The luminance, and its quantisation table, of a file that is whole.
///
/// A file of one scan is proven by decoding it: the decoder reads each block of it and complains where there is none. Walking it as
/// well, a third of the decoding's time, finds as many cut files and files with a hole, and of single bits turned over, of which either
/// finds a fifth, 1 in 100 more (1,200 of each kind, three photos). Where there are several scans the decoder does not notice that one is
/// missing, so such files are walked, and so are those that it refused: for words that say where.
fn proven(
    data: &[u8],
    header: &Header,
    turn: Turn,
    timings: &Timings,
) -> Result<(Luma, [u16; 64]), Unreadable> {
    let walked = || timings.of("walk", || Outline::read(data));
    let decoded = || timings.of("decode-luma", || Luma::decode(data, header, turn));
    let Some(luma_quantisation) = header.only_scan else {
        let outline = walked()?;
        return Ok((decoded()?, outline.luma_quantisation));
    };
    match decoded() {
        Ok(luma) => Ok((luma, luma_quantisation)),
        Err(refused) => Err(walked().err().unwrap_or(refused)),
    }
}

/// What either lane may do: the work on all of the frame that needs nothing of the face.
#[derive(Default)]
struct Errands {
    person: Errand<Result<Person, InferenceError>>,
    exposure: Errand<Exposure>,
    sharpness: Errand<f64>,
}

impl Errands {
    /// Does what nobody has begun and for which there is what it needs, the longest first. While the luminance is looked at the
    /// small picture may come, so what needs that is tried again.
    fn run<'p>(
        &self,
        luma: Option<&Luma>,
        picture: impl Fn() -> Option<(&'p Models, &'p Sizes)>,
        timings: &Timings,
    ) {
        let person = || {
            self.person.take(picture(), |(models, picture)| {
                timings.of("person", || Person::find(&models.person, picture))
            });
        };
        person();
        self.exposure.take(luma, |luma| {
            timings.of("exposure", || Exposure::measure(luma))
        });
        self.sharpness.take(luma, |luma| {
            timings.of("sharpness", || sharpness::measure(luma))
        });
        person();
    }
}

/// What the networks say of the faces, in pixels of the small picture; or which of them failed.
type Looked = Result<Faces, InferenceError>;

struct Faces {
    faces: Vec<Found>,
    mesh: Option<Mesh>,
    blendshapes: Option<Blendshapes>,
}

fn find(models: &Models, picture: &Sizes, timings: &Timings) -> Looked {
    let mut faces = timings.of("detect", || detect(&models.detector, picture))?;
    let mut mesh = None;
    // What the mesh does not lie on was none, and the next one is the largest.
    while let Some(largest) = faces.first() {
        let found = timings.of("landmarks", || {
            landmarks(&models.landmarks, picture, largest)
        })?;
        if found.score >= MESH_SCORE_MIN {
            mesh = Some(found);
            break;
        }
        faces.remove(0);
    }
    let blendshapes = match &mesh {
        None => None,
        Some(mesh) => Some(timings.of("blendshapes", || {
            Blendshapes::find(&models.blendshapes, &mesh.points)
        })?),
    };
    Ok(Faces {
        faces,
        mesh,
        blendshapes,
    })
}

fn scene(found: Faces, person: Person, colour: Colour, luma: Luma) -> Scene {
    let scale = colour.scale;
    let (width, height) = luma.turn.size((luma.width, luma.height));
    let points = found.mesh.map(|m| m.points).unwrap_or_default();
    let landmarks = points
        .iter()
        .map(|p| p.map(|v| v * scale))
        .collect::<Vec<_>>();
    let faces = found.faces.iter().map(|f| Rect {
        x: f.x * scale,
        y: f.y * scale,
        width: f.width * scale,
        height: f.height * scale,
    });
    let mut geometry = Geometry {
        faces: faces.collect(),
        landmarks: landmarks.iter().map(|p| point(*p)).collect(),
        pose: pose(&landmarks),
        person: Some(person.silhouette()),
        ..Geometry::default()
    };
    if !landmarks.is_empty() {
        let at = |i: usize| point(landmarks[i]);
        geometry.eyes = Some([
            middle(at(mesh::RIGHT_EYE_OUTER), at(mesh::RIGHT_EYE_INNER)),
            middle(at(mesh::LEFT_EYE_OUTER), at(mesh::LEFT_EYE_INNER)),
        ]);
        let (chin, forehead) = (at(mesh::CHIN), at(mesh::FOREHEAD));
        geometry.chin = Some(chin);
        geometry.crown = Some(crown(&person, chin, forehead, (width, height)));
    }
    Scene {
        width: width as u32,
        height: height as u32,
        colour,
        luma,
        landmarks,
        blendshapes: found.blendshapes,
        person,
        geometry,
    }
}

fn point([x, y, _]: [f32; 3]) -> Point {
    Point { x, y }
}

/// From the forehead on along the line from the chin, as long as there is person; at the image's edge
/// at the latest, and at most one face's length, as above a head there may be a raised arm.
fn crown(person: &Person, chin: Point, forehead: Point, (width, height): (usize, usize)) -> Point {
    /// Steps a face's length: finer than the mask's cells.
    const STEPS: u16 = 256;
    let (width, height) = (width as f32, height as f32);
    let step = Point {
        x: (forehead.x - chin.x) / f32::from(STEPS),
        y: (forehead.y - chin.y) / f32::from(STEPS),
    };
    let mut crown = forehead;
    for _ in 0..STEPS {
        let next = Point {
            x: crown.x + step.x,
            y: crown.y + step.y,
        };
        let within = next.y >= 0.0 && next.x >= 0.0 && next.x <= width && next.y <= height;
        if !within || person.at(next.x / width, next.y / height) < Person::THRESHOLD {
            break;
        }
        crown = next;
    }
    crown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crown_is_where_the_person_ends_above_the_forehead() {
        // Person from the third of ten rows on.
        let person = Person {
            width: 1,
            height: 10,
            probability: (0..10).map(|row| f32::from(u8::from(row >= 2))).collect(),
        };
        let at = |x: f32, y: f32| Point { x, y };
        let top = crown(&person, at(50.0, 800.0), at(50.0, 400.0), (100, 1000));
        assert!((top.y - 200.0).abs() < 10.0, "{top:?}");
        let all = Person {
            probability: vec![1.0; 10],
            ..person
        };
        let top = crown(&all, at(50.0, 800.0), at(50.0, 300.0), (100, 1000));
        assert!(
            (0.0..3.0).contains(&top.y),
            "ends at the image's edge: {top:?}"
        );
    }
}
