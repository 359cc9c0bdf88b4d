//! The background: its colour, how even it is, shadows and things on it.
//!
//! It is judged where a portrait can hold it: around the head and shoulders. What stands beside it in the
//! frame is cut away. The person mask is the boundary, with a margin; a thing that the mask takes for
//! part of the person is not seen here.

mod cells;
mod spots;
mod uniformity;

use crate::check::colour::Lab;
use crate::check::mask::quantile;
use crate::check::measure::{Fault, MeasureKind, Taken, Words, score, sigmoid};
use crate::check::scene::{Face, Scene};
use crate::check::standard::Standard;
use cells::{Cell, Cells, lab};
use spots::Side;

/// Lightness counts half: how much light falls on a backdrop differs from room to room, its hue does not.
const LIGHTNESS: f64 = 2.0;

/// Median background against the nearest of the standard's references: CIEDE2000 with k_L = 2.
const COLOUR: MeasureKind = MeasureKind {
    name: "background-colour",
    unit: "dE2000",
    below: None,
    above: Some(Fault {
        id: "background-colour",
        words: Words::Made(|_| wrong_colour("", "")),
    }),
    about: "median colour against the standard's, lightness counting half",
};

/// "Background uniformity" of ISO/IEC 29794-5, like-29794-5: by the person mask, on the same window
/// around the eyes.
const UNIFORMITY: MeasureKind = MeasureKind {
    name: "background-uniformity",
    unit: "",
    below: None,
    above: Some(Fault {
        id: "background-uneven",
        words: Words::Made(|_| {
            (
                "背景有花纹、褶皱或杂物：整理背景后重拍".to_owned(),
                "the background has a pattern, folds or things on it: tidy it, shoot again"
                    .to_owned(),
            )
        }),
    }),
    about: "mean gradient of the background's luminance, at 354 x 292",
};

const GRADIENT: MeasureKind = MeasureKind {
    name: "background-gradient",
    unit: "dE2000",
    below: None,
    above: Some(Fault {
        id: "background-uneven",
        words: Words::Made(|_| uneven("", "")),
    }),
    about: "largest difference between the background's parts: corners and halves",
};

const SHADOW: MeasureKind = MeasureKind {
    name: "background-shadow",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "background-shadow",
        words: Words::Made(|_| shadow("", "")),
    }),
    about: "how much darker the background is in the darkest part near the person",
};

const OBJECT: MeasureKind = MeasureKind {
    name: "background-object",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "background-object",
        words: Words::Made(|_| object("", "")),
    }),
    about: "share of the background that is covered by something else",
};

pub(super) const KINDS: &[MeasureKind] = &[COLOUR, UNIFORMITY, GRADIENT, SHADOW, OBJECT];

const NO_BACKGROUND: &str = "hardly any background is in the picture";

pub(super) fn measures(scene: &Scene, face: &Face, standard: &Standard) -> Vec<Taken> {
    let Some(cells) = Cells::of(scene, face) else {
        return Taken::none_of(KINDS, NO_BACKGROUND);
    };
    let uniformity = match uniformity::measure(scene, face) {
        Some(raw) => {
            let points = score(190.0 * (1.0 - sigmoid(raw, 10.0, 100.0)));
            Taken::scored(UNIFORMITY, raw, points)
        }
        None => Taken::nothing(UNIFORMITY, NO_BACKGROUND),
    };
    let found = spots::find(&cells);
    vec![
        colour(&cells, standard.background()),
        uniformity,
        gradient(&cells),
        on_side(SHADOW, found.shadow, shadow),
        on_side(OBJECT, found.object, object),
    ]
}

fn on_side(
    kind: MeasureKind,
    (value, side): (f64, Side),
    words: fn(&str, &str) -> (String, String),
) -> Taken {
    let (zh, en) = side.words();
    let (zh, en) = words(zh, en);
    Taken::value(kind, value).saying(zh, en)
}

fn colour(cells: &Cells, references: &[[u8; 3]]) -> Taken {
    let Some(seen) = median(cells.each()) else {
        return Taken::nothing(COLOUR, NO_BACKGROUND);
    };
    let seen_lab = lab(seen);
    let each = references
        .iter()
        .map(|rgb| Lab::of_rgb(*rgb).delta_e_2000_weighted(seen_lab, LIGHTNESS));
    match each.reduce(f64::min) {
        Some(apart) => {
            let text = |rgb: [f64; 3]| {
                let [r, g, b] = rgb.map(|c| c.round());
                format!("({r}, {g}, {b})")
            };
            let wanted = references.iter().map(|rgb| text(rgb.map(f64::from)));
            let wanted = wanted.collect::<Vec<_>>();
            let (zh, en) = wrong_colour(
                &format!("，现为 {}，应为 {}", text(seen), wanted.join(" 或 ")),
                &format!(": it is {}, not {}", text(seen), wanted.join(" or ")),
            );
            Taken::value(COLOUR, apart).saying(zh, en)
        }
        None => Taken::nothing(COLOUR, "the standard names no background colour"),
    }
}

/// Median of each channel, code values.
fn median<'c>(cells: impl Iterator<Item = &'c Cell>) -> Option<[f64; 3]> {
    let cells = cells.collect::<Vec<_>>();
    let channel = |i: usize| {
        let values = cells.iter().map(|c| c.rgb[i]).collect::<Vec<_>>();
        quantile(values, 0.5).map(f64::from)
    };
    Some([channel(0)?, channel(1)?, channel(2)?])
}

/// A part of the background: what it is called in both languages, and which cells it holds.
type Part = (&'static str, &'static str, fn(&Cell, &Cells) -> bool);

const PARTS: [Part; 8] = [
    ("左上角", "top left", |c, all| {
        is_left(c, all) && is_high(c, all)
    }),
    ("右上角", "top right", |c, all| {
        !is_left(c, all) && is_high(c, all)
    }),
    ("左下方", "bottom left", |c, all| {
        is_left(c, all) && is_low(c, all)
    }),
    ("右下方", "bottom right", |c, all| {
        !is_left(c, all) && is_low(c, all)
    }),
    ("左边", "left", is_left),
    ("右边", "right", |c, all| !is_left(c, all)),
    ("上边", "top", is_high),
    ("下边", "bottom", is_low),
];

fn is_left(cell: &Cell, all: &Cells) -> bool {
    (cell.column as f32) < all.middle[0]
}

/// The upper third of what a portrait holds.
fn is_high(cell: &Cell, all: &Cells) -> bool {
    cell.row * 3 < all.down
}

/// From the eyes down.
fn is_low(cell: &Cell, all: &Cells) -> bool {
    cell.row as f32 > all.middle[1]
}

fn gradient(cells: &Cells) -> Taken {
    /// Fewer cells than this are no part.
    const CELLS_MIN: usize = 12;
    let mut parts = Vec::new();
    for (zh, en, holds) in PARTS {
        let inside = cells.each().filter(|c| holds(c, cells)).collect::<Vec<_>>();
        if inside.len() >= CELLS_MIN
            && let Some(rgb) = median(inside.into_iter())
        {
            parts.push((zh, en, lab(rgb)));
        }
    }
    if parts.len() < 2 {
        return Taken::nothing(GRADIENT, NO_BACKGROUND);
    }
    let (mut most, mut words) = (0.0, uneven("", ""));
    for (i, one) in parts.iter().enumerate() {
        for other in &parts[i + 1..] {
            let apart = one.2.delta_e_2000(other.2);
            if apart > most {
                let darker = if one.2.l < other.2.l { one } else { other };
                most = apart;
                words = uneven(darker.0, darker.1);
            }
        }
    }
    Taken::value(GRADIENT, most).saying(words.0, words.1)
}

fn wrong_colour(zh: &str, en: &str) -> (String, String) {
    (
        format!("背景颜色不对{zh}：更换背景，或检查白平衡和背景灯"),
        format!(
            "wrong background colour{en}; change the backdrop, or check white balance and light on it"
        ),
    )
}

fn uneven(zh: &str, en: &str) -> (String, String) {
    let (zh, en) = if en.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("，画面{zh}较暗"), format!(", darker at the {en}"))
    };
    (
        format!("背景不均匀{zh}：调整背景灯后重拍"),
        format!("the background is uneven{en}: adjust the lamps on it, shoot again"),
    )
}

fn shadow(zh: &str, en: &str) -> (String, String) {
    (
        format!("背景{zh}有影子：让学生离背景远些，或调整灯位"),
        format!(
            "shadow on the background{en}: seat the student further from it, or move the lamps"
        ),
    )
}

fn object(zh: &str, en: &str) -> (String, String) {
    (
        format!("背景{zh}有杂物：移开后重拍"),
        format!("something in the background{en}: take it away, shoot again"),
    )
}
