//! What the face does: MediaPipe's 52 coefficients from a part of the landmarks.

use crate::check::models::{InferenceError, Net};

/// The points that the network takes, in its order (as MediaPipe's face_blendshapes_graph lists them).
#[rustfmt::skip]
const SUBSET: [usize; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67,
    70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148,
    149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191,
    195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297,
    300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374,
    375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415,
    454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
];

/// Coefficients it gives.
const COUNT: usize = 52;

/// A coefficient, by its place in the network's output. Left and right are the student's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Blendshape {
    /// Inner ends of both brows raised.
    BrowInnerUp = 3,
    /// Left eye shut.
    EyeBlinkLeft = 9,
    /// Right eye shut.
    EyeBlinkRight = 10,
    /// Left eye looks down.
    EyeLookDownLeft = 11,
    /// Right eye looks down.
    EyeLookDownRight = 12,
    /// Left eye looks towards the nose.
    EyeLookInLeft = 13,
    /// Right eye looks towards the nose.
    EyeLookInRight = 14,
    /// Left eye looks away from the nose.
    EyeLookOutLeft = 15,
    /// Right eye looks away from the nose.
    EyeLookOutRight = 16,
    /// Left eye looks up.
    EyeLookUpLeft = 17,
    /// Right eye looks up.
    EyeLookUpRight = 18,
    /// Left eye narrowed.
    EyeSquintLeft = 19,
    /// Right eye narrowed.
    EyeSquintRight = 20,
    /// Left eye torn open.
    EyeWideLeft = 21,
    /// Right eye torn open.
    EyeWideRight = 22,
    /// Jaw dropped; no witness of a closed mouth: with teeth showing it was seen at 0.1.
    JawOpen = 25,
    /// Left corner of the mouth drawn down.
    MouthFrownLeft = 30,
    /// Right corner of the mouth drawn down.
    MouthFrownRight = 31,
    /// Lips pursed.
    MouthPucker = 38,
    /// Left corner of the mouth drawn up.
    MouthSmileLeft = 44,
    /// Right corner of the mouth drawn up.
    MouthSmileRight = 45,
    /// Upper lip raised on the left: teeth show.
    MouthUpperUpLeft = 48,
    /// Upper lip raised on the right: teeth show.
    MouthUpperUpRight = 49,
}

/// The coefficients of a face, each 0 to about 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Blendshapes(pub [f32; COUNT]);

impl Blendshapes {
    /// From the 478 landmarks, in pixels of any scale.
    ///
    /// # Errors
    /// When the engine fails.
    pub(in crate::check) fn find(net: &Net, points: &[[f32; 3]]) -> Result<Self, InferenceError> {
        let input = SUBSET
            .iter()
            .flat_map(|&i| [points[i][0], points[i][1]])
            .collect();
        let outputs = net.run([1, SUBSET.len(), 2], input)?;
        let first = outputs.first().map(Vec::as_slice);
        match first.and_then(|o| o.try_into().ok()) {
            Some(coefficients) => Ok(Blendshapes(coefficients)),
            None => Err(net.unexpected()),
        }
    }

    /// One of them.
    pub fn of(&self, shape: Blendshape) -> f32 {
        self.0[shape as usize]
    }
}
