//! Ornaments at the ears and the neck, as far as they can be told: something that shines or has a strong colour on bare
//! skin, or right below an ear. Chains as thin as a hair, and what is of the colour of skin, hair or background, are not seen.

use crate::check::colour::Lab;
use crate::check::face::mesh;
use crate::check::mask::Mask;
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::scene::{Face, Scene};
use crate::check::skin::{Ear, Hair, Looks, Skin, ear};
use crate::check::tiles::{Axes, Part, Tiles, Window, median};

const AT_EARS: MeasureKind = kind(
    "ornament-ears",
    Words::Made(|_| words("耳饰", "an earring")),
    "largest bright or strongly coloured spot right below an ear, in square eye distances",
);
const AT_NECK: MeasureKind = kind(
    "ornament-neck",
    Words::Made(|_| words("项链或颈部饰物", "a necklace")),
    "largest bright or strongly coloured spot on the neck's skin, in square eye distances",
);

pub(super) const KINDS: &[MeasureKind] = &[AT_EARS, AT_NECK];

const fn kind(name: &'static str, words: Words, about: &'static str) -> MeasureKind {
    MeasureKind {
        name,
        unit: "",
        below: None,
        above: Some(Fault {
            id: "ornament",
            words,
        }),
        about,
    }
}

fn words(zh: &str, en: &str) -> (String, String) {
    (
        format!("好像戴着{zh}：请摘下"),
        format!("there seems to be {en}: have the student take it off"),
    )
}

const NO_EAR: &str = "no bare ear is seen";
const NO_NECK: &str = "too little of the neck's skin is seen: the collar or hair hides it";

/// Tiles an eye distance (about 63 mm): 1.3 mm.
const FINENESS: f32 = 48.0;
/// So many square eye distances of skin have to be seen where an ear is, and of the neck.
const EAR_SEEN: f64 = 0.05;
const NECK_SEEN: f64 = 0.2;
/// No ornament is larger, in square eye distances: a ring of 25 mm.
const LARGEST: f64 = 0.15;

pub(super) fn measures(scene: &Scene, face: &Face, Looks { skin, hair }: Looks) -> Vec<Taken> {
    let window = Window {
        left: -1.9,
        right: 1.9,
        top: -0.5,
        bottom: 3.0,
    };
    let tiles = Tiles::lay(scene, Axes::levelled(scene, face), window, FINENESS);
    let place = Place {
        face,
        hair,
        tiles,
        skin,
    };
    vec![place.ears(), place.neck()]
}

struct Place<'s> {
    face: &'s Face<'s>,
    tiles: Tiles,
    skin: Skin,
    hair: Option<Hair>,
}

impl Place<'_> {
    fn at(&self, landmark: usize) -> [f32; 2] {
        self.tiles.axes.of(self.face.point(landmark))
    }

    fn ears(&self) -> Taken {
        let background = self.tiles.which(|_, tile| tile.person < 0.1);
        let background = median(self.tiles.colours(&background));
        let mut largest = None;
        for side in [Ear::RIGHT, Ear::LEFT] {
            if ear(self.face, &self.tiles, &self.skin, self.hair.as_ref(), side) < EAR_SEEN {
                continue;
            }
            let below = side.beside(self.face, &self.tiles, 0.5..1.25);
            let within = self.tiles.which(|at, _| below(at));
            let area = self.largest(&within, background);
            largest = Some(area.max(largest.unwrap_or(0.0)));
        }
        match largest {
            Some(area) => Taken::value(AT_EARS, area),
            None => Taken::nothing(AT_EARS, NO_EAR),
        }
    }

    fn neck(&self) -> Taken {
        let chin = self.at(mesh::CHIN)[1];
        let skin = self.tiles.which(|[x, y], tile| {
            y > chin + 0.1 && x.abs() < 0.9 && tile.person >= 0.8 && self.skin.is(tile.lab)
        });
        let middle = self.tiles.column(0.0);
        let rows = self.tiles.row(chin + 0.1)..=self.tiles.row(chin + 0.4);
        let skin = skin.reached(rows.map(|y| (middle, y)));
        if (skin.count() as f64) < NECK_SEEN * self.tiles.per_square() {
            return Taken::nothing(AT_NECK, NO_NECK);
        }
        // Between skin on both sides: a collar has it on one.
        let mut on_skin = vec![false; self.tiles.across * self.tiles.down];
        for y in 0..self.tiles.down {
            let first = (0..self.tiles.across).find(|&x| skin.has(x, y));
            let last = (0..self.tiles.across).rev().find(|&x| skin.has(x, y));
            if let (Some(first), Some(last)) = (first, last) {
                on_skin[y * self.tiles.across + first..=y * self.tiles.across + last].fill(true);
            }
        }
        let between = Part(Mask {
            width: self.tiles.across,
            height: self.tiles.down,
            inside: on_skin,
        });
        Taken::value(AT_NECK, self.largest(&between, None))
    }

    /// The largest spot in that part, in square eye distances. What reaches the part's rim is a collar or the background, and
    /// what is larger than an ornament is cloth.
    fn largest(&self, within: &Part, background: Option<Lab>) -> f64 {
        let inner = within.0.clone().eroded(1);
        let spots = Part(Mask::of(self.tiles.across, self.tiles.down, |x, y| {
            within.has(x, y) && self.stands_out(self.tiles.tile(x, y).lab, background)
        }));
        let pieces = spots.pieces().into_iter();
        let whole = pieces.filter(|piece| piece.iter().all(|&(x, y)| inner.has(x, y)));
        let areas = whole.map(|piece| piece.len() as f64 / self.tiles.per_square());
        areas.filter(|area| *area <= LARGEST).fold(0.0, f64::max)
    }

    /// Whether a colour is brighter than skin, hair and background, or far from all of them.
    fn stands_out(&self, lab: Lab, background: Option<Lab>) -> bool {
        let around = || {
            let hair = self.hair.map(|h| h.lab);
            [Some(self.skin.lab), hair, background]
                .into_iter()
                .flatten()
        };
        let bright = around().all(|c| lab.l >= c.l + 12.0);
        let colour = |c: Lab| (lab.a - c.a).hypot(lab.b - c.b) >= 25.0;
        bright || around().all(colour)
    }
}
