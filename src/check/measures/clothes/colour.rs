//! Whether the clothes have one of the colours that the notice to students excludes.

use super::{Body, CLOTHES_SEEN, COLOUR, NO_CLOTHES};
use crate::check::colour::Lab;
use crate::check::measure::Taken;
use crate::check::tiles::Tile;

/// How much of the clothes has the excluded colour that most of them have.
pub(super) fn colour(body: &Body) -> Taken {
    let (mut sums, mut area) = ([0.0f64; 5], 0usize);
    for y in 0..body.tiles.down {
        for x in 0..body.tiles.across {
            if !body.clothes.has(x, y) {
                continue;
            }
            area += 1;
            let tile = body.tiles.tile(x, y);
            if let Some(family) = Family::of(&tile) {
                sums[family as usize] += family.weight(tile.lab);
            }
        }
    }
    if (area as f64) < CLOTHES_SEEN * body.tiles.per_square() {
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
    let (zh, en) = words(share, zh, en);
    Taken::value(COLOUR, share).saying(zh, en)
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

/// What is said of clothes with that share of a colour.
pub(super) fn words(share: f64, zh: &str, en: &str) -> (String, String) {
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
