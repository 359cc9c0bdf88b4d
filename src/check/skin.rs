//! The colour of this face's own skin, and of its hair: what is skin is asked of the cheeks in the picture
//! and not of a table of skin colours, which would know some tones and not others.

use super::colour::Lab;
use super::face::mesh;
use super::mask::within;
use super::scene::{Face, Scene};
use super::tiles::{Axes, Part, Tiles, Window, median};

/// The colours of a head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looks {
    /// Its skin.
    pub(super) skin: Skin,
    /// Its hair; none on a bald head.
    pub(super) hair: Option<Hair>,
}

/// Tiles an eye distance (about 63 mm), for a colour alone.
const FINENESS: f32 = 20.0;

/// Why there is none.
pub(super) const NO_CHEEKS: &str =
    "the cheeks, whose skin it is compared with, are not in the picture";

impl Looks {
    /// Of that face.
    ///
    /// # Errors
    /// Why there is none, in words, where its cheeks are not in the picture.
    pub(super) fn of(scene: &Scene, face: &Face) -> Result<Self, &'static str> {
        let window = Window {
            left: -1.0,
            right: 1.0,
            top: -3.0,
            bottom: 1.4,
        };
        let tiles = Tiles::lay(scene, Axes::levelled(scene, face), window, FINENESS);
        let skin = Skin::of(face, &tiles).ok_or(NO_CHEEKS)?;
        let hair = Hair::of(face, &tiles, &skin);
        Ok(Looks { skin, hair })
    }
}

/// The cheeks, below the eyes and beside the nose, where neither beard nor glasses nor hair is likely.
const CHEEKS: [&[usize]; 2] = [
    &[117, 118, 101, 36, 205, 187, 123],
    &[346, 347, 330, 266, 425, 411, 352],
];

/// Distance from the skin's chroma, as a share of that chroma, up to which a colour is skin: pale skin is near white,
/// where less of a difference counts.
const CHROMA_SHARE: f64 = 0.55;
/// That distance is never less (noise and JPEG's coarse chroma) and never more (cheeks are redder than necks) than this.
const CHROMA_BAND: (f64, f64) = (4.0, 11.0);
/// Red counts for more than yellow: all skin has it, and beige cloth has none.
const RED: f64 = 1.4;
/// How much darker (a share of its lightness) and lighter (in L*) than the cheeks skin may be: the shade under a chin, a highlight.
const DARKEST: f64 = 0.5;
const LIGHTER: f64 = 15.0;

/// This face's skin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skin {
    /// The cheeks' median colour.
    pub(super) lab: Lab,
}

impl Skin {
    /// Of the cheeks; `None` where the tiles do not show them.
    fn of(face: &Face, tiles: &Tiles) -> Option<Self> {
        let cheeks = CHEEKS.map(|rim| {
            let corners = rim.iter().map(|&i| tiles.axes.of(face.point(i)));
            corners.collect::<Vec<_>>()
        });
        let part = tiles.which(|at, _| cheeks.iter().any(|c| within(c, at)));
        median(tiles.colours(&part)).map(|lab| Skin { lab })
    }

    /// How far a colour is from the skin's hue and chroma, were it as light as the cheeks. Less light scales
    /// a, b and L + 16 of CIE Lab alike, so that shade does not count.
    pub(super) fn chroma_distance(&self, lab: Lab) -> f64 {
        let scale = (self.lab.l + 16.0) / (lab.l + 16.0).max(1.0);
        length(
            RED * (lab.a * scale - self.lab.a),
            lab.b * scale - self.lab.b,
        )
    }

    fn distance(&self, lab: Lab) -> f64 {
        length(0.5 * (lab.l - self.lab.l), self.chroma_distance(lab))
    }

    /// Whether a colour is this skin's, in light or in shade.
    pub(super) fn is(&self, lab: Lab) -> bool {
        let near = (CHROMA_SHARE * self.lab.chroma()).clamp(CHROMA_BAND.0, CHROMA_BAND.1);
        let light = DARKEST * self.lab.l..=self.lab.l + LIGHTER;
        light.contains(&lab.l) && self.chroma_distance(lab) <= near
    }
}

/// This head's hair, or what is in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hair {
    /// Its median colour.
    pub(super) lab: Lab,
}

/// Above this difference (CIEDE2000) hair and skin are told apart by their colour.
const APART: f64 = 12.0;
/// Hair is of one colour within this, lightness counting half: it has lights and shades.
const HAIR_BAND: f64 = 15.0;
/// So many square eye distances of hair have to be seen to know its colour.
const HAIR_SEEN: f64 = 0.06;

impl Hair {
    /// Of what is above the forehead and not skin; `None` on a bald head.
    fn of(face: &Face, tiles: &Tiles, skin: &Skin) -> Option<Self> {
        let part = above_forehead(face, tiles);
        let colours = || tiles.colours(&part).filter(|lab| !skin.is(*lab));
        let enough = colours().count() as f64 >= HAIR_SEEN * tiles.per_square();
        if !enough {
            return None;
        }
        median(colours()).map(|lab| Hair { lab })
    }

    /// Whether hair and skin differ enough in colour to tell one from the other.
    pub(super) fn is_apart_from(&self, skin: &Skin) -> bool {
        self.lab.delta_e_2000(skin.lab) >= APART
    }

    /// Whether a colour is rather this hair's than that skin's. Lightness counts half: both are seen in light and in shade.
    pub(super) fn is_rather_than(&self, skin: &Skin, lab: Lab) -> bool {
        self.distance(lab) < skin.distance(lab)
    }

    /// Whether a colour is about this hair's.
    pub(super) fn is(&self, lab: Lab) -> bool {
        self.distance(lab) <= HAIR_BAND
    }

    fn distance(&self, lab: Lab) -> f64 {
        let chroma = length(lab.a - self.lab.a, lab.b - self.lab.b);
        length(0.5 * (lab.l - self.lab.l), chroma)
    }
}

/// The person between forehead and crown, no wider than the eyes' outer corners.
pub(super) fn above_forehead(face: &Face, tiles: &Tiles) -> Part {
    let top = tiles.axes.of(face.crown)[1] + 0.08;
    let bottom = tiles.axes.of(face.point(mesh::FOREHEAD))[1] - 0.05;
    tiles.which(|[x, y], tile| tile.person >= 0.8 && x.abs() <= 0.75 && (top..=bottom).contains(&y))
}

/// Where an ear is to be looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ear {
    /// -1 for the image's left, 1 for its right.
    out: f32,
    /// The rim of the face at the ear.
    edge: usize,
}

impl Ear {
    /// The student's right one, on the image's left.
    pub(super) const RIGHT: Ear = Ear {
        out: -1.0,
        edge: mesh::CHEEKS[0],
    };
    /// The student's left one.
    pub(super) const LEFT: Ear = Ear {
        out: 1.0,
        edge: mesh::CHEEKS[1],
    };

    /// The places beside the face up to that many eye distances out, between those heights (of which the eyes' is 0).
    pub(super) fn beside(
        self,
        face: &Face,
        tiles: &Tiles,
        heights: std::ops::Range<f32>,
    ) -> impl Fn([f32; 2]) -> bool + use<> {
        let oval = mesh::OVAL.map(|i| tiles.axes.of(face.point(i)));
        let edge = tiles.axes.of(face.point(self.edge))[0] * self.out;
        let out = self.out;
        move |[x, y]| {
            heights.contains(&y)
                && (edge - 0.15..edge + 0.45).contains(&(x * out))
                && !within(&oval, [x - 0.05 * out, y])
        }
    }
}

/// How redder or paler than the cheeks an ear may be, in a* and b*: blood and light shine through it.
const EAR_CHROMA: f64 = 18.0;

/// The skin seen beside the face at the height of an ear, in square eye distances: what is nearer in colour to skin than to hair and background.
pub(super) fn ear(face: &Face, tiles: &Tiles, skin: &Skin, hair: Option<&Hair>, ear: Ear) -> f64 {
    let beside = ear.beside(face, tiles, -0.1..0.8);
    let around = tiles
        .which(|[x, y], tile| (-0.5..0.8).contains(&y) && x * ear.out > 0.0 && tile.person < 0.1);
    let background = median(tiles.colours(&around));
    // Of a bald head, what is above the forehead is skin in other light.
    let hair = hair.filter(|hair| hair.is_apart_from(skin));
    let is_skin = |lab: Lab| {
        let to_skin = skin.distance(lab);
        let other = background
            .is_some_and(|b| length(lab.l - b.l, length(lab.a - b.a, lab.b - b.b)) < to_skin);
        skin.chroma_distance(lab) <= EAR_CHROMA
            && lab.l >= DARKEST * skin.lab.l
            && !other
            && hair.is_none_or(|hair| !hair.is_rather_than(skin, lab))
    };
    let seen = tiles.which(|at, tile| beside(at) && tile.person >= 0.2 && is_skin(tile.lab));
    seen.largest() as f64 / tiles.per_square()
}

/// As `hypot`, whose care for the largest of numbers costs more than all else here.
fn length(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}
