//! Who is in the picture: faces, the mesh of the largest one, its expression, the head's pose, and
//! which part of the picture is person.

mod blendshapes;
mod canonical;
mod detect;
mod landmarks;
pub mod mesh;
mod patch;
mod person;
mod pose;
#[cfg(test)]
mod truth;

pub use blendshapes::{Blendshape, Blendshapes};
pub use person::Person;

pub(super) use detect::{Found, detect};
pub(super) use landmarks::{Mesh, POINTS, landmarks};
pub(super) use patch::{Sizes, below};
pub(super) use pose::pose;
