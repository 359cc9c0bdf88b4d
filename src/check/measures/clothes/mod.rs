//! What is worn: its colour, how it stands out from the background, patterns, bare shoulders.
//!
//! Only what a portrait shows is looked at: from the chin to about a head's height below it and a shoulder's width to
//! each side. No model was trained on clothes; all of it is told from colours, and `docs/quality/clothes.md` says what confuses it.

mod colour;
mod pattern;

use crate::check::mask::quantile;
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::scene::{Face, Scene};
use crate::check::skin::{Hair, Looks, Skin};
use crate::check::tiles::{Axes, Part, Tile, Tiles, Window, median};

const COLOUR: MeasureKind = MeasureKind {
    name: "clothes-colour",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "clothes-colour",
        words: Words::Made(|share| colour::words(share, "彩色", "of a colour")),
    }),
    about: "share of the clothes in the most seen of blue, purple, yellow, green and pink, pale tints counting less",
};

const CONTRAST: MeasureKind = MeasureKind {
    name: "clothes-contrast",
    unit: "dE2000",
    below: Some(Fault {
        id: "clothes-contrast",
        words: Words::Made(|_| {
            (
                "衣服与背景颜色太接近：请换一件与背景有明显区别的衬衫".to_owned(),
                "the clothes are nearly of the background's colour: have the student put on a shirt that differs"
                    .to_owned(),
            )
        }),
    }),
    above: None,
    about: "between the clothes along the shoulders and the background beside them, on the side where it is less",
};

const PATTERN: MeasureKind = MeasureKind {
    name: "clothes-pattern",
    unit: "",
    below: None,
    above: Some(Fault {
        id: "clothes-pattern",
        words: Words::Made(|_| {
            (
                "衣服有条纹或花纹：请换素色衬衫".to_owned(),
                "the clothes have stripes or a pattern: have the student put on a plain shirt"
                    .to_owned(),
            )
        }),
    }),
    about: "edges met on the clothes in an eye distance, collar and front left out",
};

const SHOULDERS: MeasureKind = MeasureKind {
    name: "shoulders-bare",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "shoulders-bare",
        words: Words::Made(|_| {
            (
                "肩部裸露或衣服近似肤色：请穿有领有袖的衬衫".to_owned(),
                "the shoulders are bare, or the clothes of the skin's colour: have the student wear a shirt with sleeves"
                    .to_owned(),
            )
        }),
    }),
    about: "share of the shoulders that has the colour of the cheeks",
};

pub(super) const KINDS: &[MeasureKind] = &[COLOUR, CONTRAST, PATTERN, SHOULDERS];

const NO_BODY: &str = "too little of the body below the chin is in the picture";
const NO_CLOTHES: &str =
    "no clothes are seen below the chin, or only such as have the skin's colour";
const NO_SHOULDERS: &str = "the shoulders are not in the picture";

/// Tiles an eye distance (about 63 mm): 2.6 mm, enough for colours.
const COARSE: f32 = 24.0;
/// How far to each side of the nose, in eye distances: a portrait with the narrowest allowed face shows 2.7.
const ASIDE: f32 = 2.8;
/// How far below the eyes, in eye distances: such a portrait ends at 4.9.
const BELOW: f32 = 4.6;
/// The neck and the face are within this of the middle line: shoulders begin beyond, in eye distances.
const BESIDE_NECK: f32 = 1.15;
/// The mask's edge is as coarse as its cells: clothes are only taken this far inside of it.
const RIM: f32 = 0.1;
/// So many square eye distances of clothes have to be seen.
const CLOTHES_SEEN: f64 = 0.5;

pub(super) fn measures(scene: &Scene, face: &Face, looks: Looks) -> Vec<Taken> {
    match Body::of(scene, face, looks) {
        Ok(body) => vec![
            colour::colour(&body),
            body.contrast(),
            pattern::pattern(scene, face, &body),
            body.shoulders_bare(),
        ],
        Err(why) => Taken::none_of(KINDS, why),
    }
}

/// The body below the chin, in tiles.
struct Body {
    tiles: Tiles,
    skin: Skin,
    /// Person well within the mask, without the neck's skin and the hair that falls on it.
    clothes: Part,
    /// For each column the row in which the body begins, where there is background above it.
    shoulder_line: Vec<Option<usize>>,
}

impl Body {
    fn of(scene: &Scene, face: &Face, looks: Looks) -> Result<Self, &'static str> {
        let Looks { skin, hair } = looks;
        let axes = Axes::upright(scene, face);
        let window = |top: f32, bottom: f32| Window {
            left: -ASIDE,
            right: ASIDE,
            top,
            bottom,
        };
        let chin = axes.of(face.chin)[1];
        let tiles = Tiles::lay(scene, axes, window(chin - 1.0, BELOW), COARSE);
        let rim = tiles.steps(RIM);
        let person = tiles.which(|_, tile| tile.person >= 0.9);
        let inner = Part(person.0.eroded(rim));
        let below = tiles.which(|[_, y], _| y >= chin + 0.1);
        let body = Part(inner.0.and(&below.0));
        if (body.count() as f64) < CLOTHES_SEEN * tiles.per_square() {
            return Err(NO_BODY);
        }
        let neck = neck(&tiles, &skin, chin);
        let mut clothes = Part(body.0.without(&neck.0));
        if let Some(hair) = hair {
            let fallen = fallen_hair(&tiles, &hair, chin);
            // Black clothes under black hair hang together with it, and are clothes all the same.
            let also = Part(clothes.0.clone().and(&fallen.0));
            if also.count() * 5 < clothes.count() * 2 {
                clothes = Part(clothes.0.without(&fallen.0));
            }
        }
        let shoulder_line = shoulder_line(&tiles, chin);
        Ok(Body {
            tiles,
            skin,
            clothes,
            shoulder_line,
        })
    }

    fn contrast(&self) -> Taken {
        let (from, to) = (self.tiles.steps(RIM), self.tiles.steps(0.35));
        let least = self.tiles.steps(0.1);
        let mut sides = [Vec::new(), Vec::new()];
        for (x, row) in self.shoulder_line.iter().enumerate() {
            let Some(row) = *row else { continue };
            let column = |rows: std::ops::Range<usize>, keep: &dyn Fn(usize, &Tile) -> bool| {
                let rows = rows.map(|y| (y, self.tiles.tile(x, y)));
                let kept = rows.filter(|(y, tile)| tile.seen && keep(*y, tile));
                kept.map(|(_, tile)| tile.lab).collect::<Vec<_>>()
            };
            let worn = column(row + from..(row + to).min(self.tiles.down), &|y, _| {
                self.clothes.has(x, y)
            });
            let behind = column(row.saturating_sub(to)..row.saturating_sub(from), &|_, t| {
                t.person < 0.3
            });
            if worn.len() < least || behind.len() < least {
                continue;
            }
            if let (Some(worn), Some(behind)) =
                (median(worn.into_iter()), median(behind.into_iter()))
            {
                let side = usize::from(x * 2 >= self.tiles.across);
                sides[side].push(worn.delta_e_2000(behind) as f32);
            }
        }
        let enough = self.tiles.steps(0.25);
        let told = sides
            .into_iter()
            .filter(|side| side.len() >= enough)
            .filter_map(|side| quantile(side, 0.5))
            .reduce(f32::min);
        match told {
            Some(apart) => Taken::value(CONTRAST, f64::from(apart)),
            None => Taken::nothing(CONTRAST, NO_SHOULDERS),
        }
    }

    fn shoulders_bare(&self) -> Taken {
        let (deep, rim) = (self.tiles.steps(0.9), self.tiles.steps(RIM));
        let (mut bare, mut all) = (0usize, 0usize);
        for (x, row) in self.shoulder_line.iter().enumerate() {
            let Some(row) = *row else { continue };
            for y in row + rim..(row + deep).min(self.tiles.down) {
                let tile = self.tiles.tile(x, y);
                if tile.seen && tile.person >= 0.9 {
                    all += 1;
                    bare += usize::from(self.skin.is(tile.lab));
                }
            }
        }
        if (all as f64) < 0.3 * self.tiles.per_square() {
            return Taken::nothing(SHOULDERS, NO_SHOULDERS);
        }
        Taken::value(SHOULDERS, bare as f64 / all as f64)
    }
}

/// The skin below the chin that hangs together with the chin's.
fn neck(tiles: &Tiles, skin: &Skin, chin: f32) -> Part {
    let bare =
        tiles.which(|[_, y], tile| y >= chin - 0.1 && tile.person >= 0.5 && skin.is(tile.lab));
    let (left, right) = (tiles.column(-0.6), tiles.column(0.6));
    let (top, bottom) = (tiles.row(chin), tiles.row(chin + 0.5));
    let seeds = (top..=bottom).flat_map(|y| (left..=right).map(move |x| (x, y)));
    bare.reached(seeds)
}

/// The hair that hangs down from beside the face.
fn fallen_hair(tiles: &Tiles, hair: &Hair, chin: f32) -> Part {
    let alike =
        tiles.which(|[_, y], tile| y >= chin - 0.8 && tile.person >= 0.3 && hair.is(tile.lab));
    let (top, bottom) = (tiles.row(chin - 0.8), tiles.row(chin - 0.2));
    let beside = |x: f32| (0.8..1.8).contains(&x.abs());
    let seeds = (top..=bottom).flat_map(|y| (0..tiles.across).map(move |x| (x, y)));
    alike.reached(seeds.filter(|&(x, y)| beside(tiles.middle(x, y)[0])))
}

/// For each column beside the neck, where the body that reaches down to the picture's (or the window's) end begins;
/// none where that is as high as the chin, which is hair or a raised arm.
fn shoulder_line(tiles: &Tiles, chin: f32) -> Vec<Option<usize>> {
    let line = |x: usize| {
        let bottom = (0..tiles.down).rev().find(|&y| tiles.tile(x, y).seen)?;
        let body = |y: &usize| tiles.tile(x, *y).person >= 0.5;
        let top = (0..=bottom).rev().take_while(body).last()?;
        (tiles.middle(x, top)[1] > chin - 0.1).then_some(top)
    };
    let beside = |x: usize| tiles.middle(x, 0)[0].abs() >= BESIDE_NECK;
    let columns = 0..tiles.across;
    columns
        .map(|x| if beside(x) { line(x) } else { None })
        .collect()
}
