//! What is worn: its colour, how it stands out from the background, patterns, bare shoulders.
//!
//! Only what a portrait shows is looked at: from the chin to about a head's height below it and a shoulder's width to
//! each side. No model was trained on clothes; all of it is told from colours, and `docs/quality.md` says what confuses it.

use crate::check::colour::Lab;
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
        words: Words::Made(|share| colour_words(share, "彩色", "of a colour")),
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
/// For patterns: 1.3 mm, about a pixel of the portrait; what is finer is not seen in it either.
const FINE: f32 = 48.0;
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

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    match Body::of(scene, face) {
        Ok(body) => vec![
            body.colour(),
            body.contrast(),
            pattern(scene, face, &body),
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
    fn of(scene: &Scene, face: &Face) -> Result<Self, &'static str> {
        let axes = Axes::upright(scene, face);
        let window = |top: f32, bottom: f32| Window {
            left: -ASIDE,
            right: ASIDE,
            top,
            bottom,
        };
        let Looks { skin, hair } = Looks::of(scene, face)?;
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

    fn colour(&self) -> Taken {
        let (mut sums, mut area) = ([0.0f64; 5], 0usize);
        for y in 0..self.tiles.down {
            for x in 0..self.tiles.across {
                if !self.clothes.has(x, y) {
                    continue;
                }
                area += 1;
                let tile = self.tiles.tile(x, y);
                if let Some(family) = Family::of(&tile) {
                    sums[family as usize] += family.weight(tile.lab);
                }
            }
        }
        if (area as f64) < CLOTHES_SEEN * self.tiles.per_square() {
            return Taken::nothing(COLOUR, NO_CLOTHES);
        }
        let shares = sums.map(|sum| sum / area as f64);
        let mut worst = Family::Blue;
        for family in Family::ALL {
            if shares[family as usize] > shares[worst as usize] {
                worst = family;
            }
        }
        let share = shares[worst as usize];
        let (zh, en) = worst.words();
        let (zh, en) = colour_words(share, zh, en);
        Taken::value(COLOUR, share).saying(zh, en)
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

/// The families of colours that the notice to students excludes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Family {
    Blue,
    Purple,
    Yellow,
    Green,
    Pink,
}

impl Family {
    const ALL: [Family; 5] = [
        Family::Blue,
        Family::Purple,
        Family::Yellow,
        Family::Green,
        Family::Pink,
    ];

    /// By the hue in CIE Lab (sRGB's yellow is at 103°, its green at 136°, cyan at 196°, blue at 306°, magenta at 328°).
    /// Blue and purple overlap there: pure blue has the hue of a pale purple, but no more red than green. Reds, oranges and
    /// browns are none of the five.
    fn of(tile: &Tile) -> Option<Self> {
        let Lab { l, .. } = tile.lab;
        match tile.lab.hue_deg() {
            h if (78.0..112.0).contains(&h) => (l >= 55.0).then_some(Family::Yellow),
            h if (112.0..205.0).contains(&h) => Some(Family::Green),
            h if (205.0..265.0).contains(&h) => Some(Family::Blue),
            h if (265.0..335.0).contains(&h) => Some(match tile.red_over_green > 0.01 {
                true => Family::Purple,
                false => Family::Blue,
            }),
            h if !(32.0..335.0).contains(&h) => (l >= 55.0).then_some(Family::Pink),
            _ => None,
        }
    }

    /// From 0 where the tint may come from light or cloth that is called white, grey or beige, to 1 where it has a colour beyond doubt.
    /// In the dark (a navy suit, black in blue light) it takes more chroma to be one.
    fn weight(self, lab: Lab) -> f64 {
        let (doubtful, certain) = match self {
            // Cream and beige have up to 25.
            Family::Yellow => (26.0, 44.0),
            _ => (10.0, 24.0),
        };
        let dark = 0.3 * (30.0 - lab.l).max(0.0);
        ((lab.chroma() - dark - doubtful) / (certain - doubtful)).clamp(0.0, 1.0)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Family::Blue => ("蓝色", "blue"),
            Family::Purple => ("紫色", "purple"),
            Family::Yellow => ("黄色", "yellow"),
            Family::Green => ("绿色", "green"),
            Family::Pink => ("粉色", "pink"),
        }
    }
}

fn colour_words(share: f64, zh: &str, en: &str) -> (String, String) {
    let (some_zh, some_en) = match share >= 0.5 {
        true => ("衣服是", "the clothes are"),
        false => ("衣服部分或略带", "the clothes are in part, or palely,"),
    };
    (
        format!("{some_zh}{zh}：请换白色或浅色素色有领衬衫"),
        format!(
            "{some_en} {en}: have the student put on a white or light plain shirt with a collar"
        ),
    )
}

/// The part of the front, in eye distances to each side, that is left out: collar, tie, buttons.
const FRONT: f32 = 0.8;
/// An edge is a change of this (in L*, a* or b*) ...
const EDGE: f64 = 7.0;
/// ... within this many eye distances (4 mm): folds change more slowly.
const EDGE_WIDTH: f32 = 0.06;

fn pattern(scene: &Scene, face: &Face, body: &Body) -> Taken {
    let chin = body.tiles.axes.of(face.chin)[1];
    let window = Window {
        left: -ASIDE,
        right: ASIDE,
        top: chin,
        bottom: BELOW,
    };
    let fine = Tiles::lay(scene, body.tiles.axes, window, FINE);
    let worn = fine.which(|[x, y], _| {
        let coarse = (body.tiles.column(x), body.tiles.row(y));
        x.abs() >= FRONT && body.clothes.has(coarse.0, coarse.1)
    });
    if (worn.count() as f64) < CLOTHES_SEEN * fine.per_square() {
        return Taken::nothing(PATTERN, NO_CLOTHES);
    }
    let across = (0..fine.down).map(|y| (0..fine.across).map(move |x| (x, y)).collect::<Vec<_>>());
    let down = (0..fine.across).map(|x| (0..fine.down).map(move |y| (x, y)).collect::<Vec<_>>());
    let across = typical(&fine, &worn, across);
    let down = typical(&fine, &worn, down);
    match across.into_iter().chain(down).reduce(f32::max) {
        Some(edges) => Taken::value(PATTERN, f64::from(edges)),
        None => Taken::nothing(PATTERN, NO_CLOTHES),
    }
}

/// Edges in an eye distance on the median of those lines: a pattern is on most of them, a seam or a badge on few.
fn typical(
    tiles: &Tiles,
    worn: &Part,
    lines: impl Iterator<Item = Vec<(usize, usize)>>,
) -> Option<f32> {
    let mut all = Vec::new();
    for line in lines {
        let mut met = (0usize, 0usize);
        for stretch in line.split(|&(x, y)| !worn.has(x, y)) {
            let colours = stretch.iter().map(|&(x, y)| tiles.tile(x, y).lab);
            met.0 += edges(&colours.collect::<Vec<_>>(), tiles.steps(EDGE_WIDTH));
            met.1 += stretch.len();
        }
        if met.1 >= tiles.steps(0.6) {
            all.push(met.0 as f32 * tiles.fineness / met.1 as f32);
        }
    }
    (all.len() >= tiles.steps(0.4)).then_some(())?;
    quantile(all, 0.5)
}

/// Edges along a line of colours: how often it turns steep, or steep the other way, in the channel where it does so most.
fn edges(line: &[Lab], lag: usize) -> usize {
    let channels: [fn(&Lab) -> f64; 3] = [|c| c.l, |c| c.a, |c| c.b];
    let count = |channel: fn(&Lab) -> f64| {
        let mut last = 0i8;
        let mut count = 0;
        for (from, to) in line.iter().zip(line.iter().skip(lag)) {
            let step = channel(to) - channel(from);
            let now = i8::from(step >= EDGE) - i8::from(step <= -EDGE);
            count += usize::from(now != 0 && now != last);
            last = now;
        }
        count
    };
    channels.into_iter().map(count).max().unwrap_or(0)
}
