//! What covers the head, the brows, the eyes and the ears.
//!
//! Hair is told from skin by colour, both taken from this very head: no model was trained on it. So nothing here can
//! reject a frame, and where hair and skin are alike the measures are not taken.

mod covered;

use crate::check::face::mesh;
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::scene::{Face, Scene};
use crate::check::skin::{Ear, Hair, Looks, Skin, ear};
use crate::check::tiles::{Axes, Part, Tiles, Window};

const HEAD: MeasureKind = MeasureKind {
    name: "head-covered",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "head-covered",
        words: Words::Made(|_| {
            (
                "头上好像戴着东西：请摘下帽子、头巾或发饰（有特殊原因的除外）".to_owned(),
                "something seems to be on the head: have the student take off hat, scarf or band, unless exempt"
                    .to_owned(),
            )
        }),
    }),
    about: "share of the head above the forehead that has no hair's colour, or is as even and sharply edged as cloth",
};

const BROWS: MeasureKind = MeasureKind {
    name: "hair-over-brows",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "hair-over-brows",
        words: Words::Made(|_| covered("两侧眉毛", "the brows")),
    }),
    about: "how far hair from above covers a brow or the skin between: 0.5 where it only touches, 1 where it comes down below",
};

const EYES: MeasureKind = MeasureKind {
    name: "hair-over-eyes",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "hair-over-eyes",
        words: Words::Made(|_| covered("眼睛", "the eyes")),
    }),
    about: "share of an eye's width above which hair hangs down to the lid, on the side where it is more",
};

const EARS: MeasureKind = MeasureKind {
    name: "ears-seen",
    unit: "",
    below: Some(Fault {
        id: "ears-covered",
        words: Words::Made(|_| ears_words("耳朵", "an ear")),
    }),
    above: None,
    about: "skin seen beside the face at the height of an ear, in square eye distances, on the side where it is less",
};

pub(super) const KINDS: &[MeasureKind] = &[HEAD, BROWS, EYES, EARS];

const ALIKE: &str = "hair and skin are too alike in colour to tell one from the other";
const TURNED: &str = "the head is turned too far to see both ears";

/// Tiles an eye distance (about 63 mm): 1.6 mm, a strand of hair.
const FINENESS: f32 = 40.0;
/// Beyond this yaw, in degrees, the far ear is hidden behind the cheek.
const EARS_YAW: f32 = 8.0;

pub(super) fn measures(scene: &Scene, face: &Face, Looks { skin, hair }: Looks) -> Vec<Taken> {
    let window = Window {
        left: -2.0,
        right: 2.0,
        top: -3.2,
        bottom: 1.6,
    };
    let tiles = Tiles::lay(scene, Axes::levelled(scene, face), window, FINENESS);
    let head = Head {
        face,
        hair,
        tiles,
        skin,
    };
    let [brows, eyes] = head.fringe();
    vec![head.covered(), brows, eyes, head.ears()]
}

fn covered(zh: &str, en: &str) -> (String, String) {
    (
        format!("头发遮住{zh}：请把刘海拨开或夹起"),
        format!("hair covers {en}: have the student brush or pin it aside"),
    )
}

fn ears_words(zh: &str, en: &str) -> (String, String) {
    (
        format!("{zh}没有露出来：请把头发拨到耳后"),
        format!("{en} is not seen: have the student put the hair behind the ears"),
    )
}

struct Head<'s> {
    face: &'s Face<'s>,
    tiles: Tiles,
    skin: Skin,
    hair: Option<Hair>,
}

/// Landmarks along one brow and one eye, from the outer to the inner end.
struct Side {
    ear: Ear,
    zh: &'static str,
    en: &'static str,
    brow_top: [usize; 5],
    brow_bottom: [usize; 5],
    lid: [usize; 9],
}

const SIDES: [Side; 2] = [
    Side {
        ear: Ear::RIGHT,
        zh: "右侧",
        en: "right",
        brow_top: [70, 63, 105, 66, 107],
        brow_bottom: [46, 53, 52, 65, 55],
        lid: [33, 246, 161, 160, 159, 158, 157, 173, 133],
    },
    Side {
        ear: Ear::LEFT,
        zh: "左侧",
        en: "left",
        brow_top: [300, 293, 334, 296, 336],
        brow_bottom: [276, 283, 282, 295, 285],
        lid: [263, 466, 388, 387, 386, 385, 384, 398, 362],
    },
];

/// Right above a brow, in eye distances: hair that covers this strip reaches the brow.
const STRIP: f32 = 0.1;
/// A brow that hair only touches: brow and hair are of one colour, and where one ends and the other begins is not seen.
const TOUCHED: f64 = 0.5;
/// What is left out above the lid for the lashes, in eye distances.
const LASHES: f32 = 0.05;
/// A skin gap of this, in eye distances, is a gap: 2.5 mm.
const GAP: f32 = 0.04;

impl Head<'_> {
    fn at(&self, landmark: usize) -> [f32; 2] {
        self.tiles.axes.of(self.face.point(landmark))
    }

    fn line(&self, landmarks: &[usize]) -> Vec<[f32; 2]> {
        let mut line = landmarks.iter().map(|&i| self.at(i)).collect::<Vec<_>>();
        line.sort_by(|a, b| a[0].total_cmp(&b[0]));
        line
    }

    /// Brows and eyes: how much of each is reached by hair that hangs together with that above the forehead.
    fn fringe(&self) -> [Taken; 2] {
        let hair = match &self.hair {
            // Nothing grows above this forehead that could hang down.
            None => return [Taken::value(BROWS, 0.0), Taken::value(EYES, 0.0)],
            Some(hair) if !hair.is_apart_from(&self.skin) => {
                return [Taken::nothing(BROWS, ALIKE), Taken::nothing(EYES, ALIKE)];
            }
            Some(hair) => hair,
        };
        let hanging = self.hanging(hair);
        let [right, left] = SIDES.map(|side| self.reached(&side, &hanging));
        let between = self.between(&hanging);
        let words = |right: f64, left: f64, what: (&str, &str)| {
            let side = &SIDES[usize::from(left > right)];
            covered(
                &format!("{}{}", side.zh, what.0),
                &format!("the {} {}", side.en, what.1),
            )
        };
        let told =
            |kind, value, (zh, en): (String, String)| Taken::value(kind, value).saying(zh, en);
        let brows = right[0].max(left[0]);
        [
            match between > brows {
                true => told(
                    BROWS,
                    between,
                    covered("眉间", "the skin between the brows"),
                ),
                false => told(BROWS, brows, words(right[0], left[0], ("眉毛", "brow"))),
            },
            told(
                EYES,
                right[1].max(left[1]),
                words(right[1], left[1], ("眼睛", "eye")),
            ),
        ]
    }

    /// The hair over the forehead, down to the eyes: what is rather hair than skin and hangs together with the hairline.
    fn hanging(&self, hair: &Hair) -> Part {
        let (left, right) = (
            self.at(SIDES[0].brow_top[0])[0],
            self.at(SIDES[1].brow_top[0])[0],
        );
        let (left, right) = (left.min(right) - 0.1, left.max(right) + 0.1);
        let top = self.at(mesh::FOREHEAD)[1].min(-0.9) - 0.1;
        let dark = self.tiles.which(|[x, y], tile| {
            (left..=right).contains(&x)
                && (top..=0.3).contains(&y)
                && hair.is_rather_than(&self.skin, tile.lab)
        });
        let row = self.tiles.row(top + 0.02);
        dark.reached((0..self.tiles.across).flat_map(|x| [(x, row), (x, row + 1)]))
    }

    /// How far hanging hair covers that side's brow and eye, 0 to 1.
    fn reached(&self, side: &Side, hanging: &Part) -> [f64; 2] {
        let top = self.line(&side.brow_top);
        let bottom = self.line(&side.brow_bottom);
        let lid = self.line(&side.lid);
        let beyond = |x: f32| {
            let edge = height(&bottom, x);
            self.filled(hanging, x, edge + 0.02, edge + STRIP)
        };
        let touches = |x: f32| {
            let edge = height(&top, x);
            self.filled(hanging, x, edge - STRIP, edge)
        };
        // The outer fifth of a brow runs into the hair of the temple.
        let brow = self.columns(
            self.at(side.brow_top[0])[0],
            self.at(side.brow_top[4])[0],
            0.2..1.0,
        );
        let covered = brow
            .iter()
            .map(|&x| match (touches(x), touches(x) && beyond(x)) {
                (_, true) => 1.0,
                (true, _) => TOUCHED,
                _ => 0.0,
            });
        let brows = covered.sum::<f64>() / brow.len().max(1) as f64;

        let eye = self.columns(self.at(side.lid[0])[0], self.at(side.lid[8])[0], 0.1..0.9);
        // A frame of glasses is over the lid too, but no hair comes down to it over the brow.
        let comes_down = |x: f32| {
            let near = |off: f32| touches(x + off) && beyond(x + off);
            [-0.1, -0.05, 0.0, 0.05, 0.1].into_iter().any(near)
        };
        let over = |x: f32| {
            let (brow, lid) = (height(&bottom, x), height(&lid, x) - LASHES);
            self.filled(hanging, x, brow.min(lid - 2.0 * GAP), lid)
        };
        let over = eye.iter().filter(|&&x| over(x) && comes_down(x));
        [brows, over.count() as f64 / eye.len().max(1) as f64]
    }

    /// How far hanging hair comes down between the brows, 0 to 1.
    fn between(&self, hanging: &Part) -> f64 {
        let line =
            |landmark: fn(&Side) -> usize| self.line(&[landmark(&SIDES[0]), landmark(&SIDES[1])]);
        let (top, bottom) = (line(|s| s.brow_top[4]), line(|s| s.brow_bottom[4]));
        let columns = self.columns(top[0][0], top[1][0], 0.0..1.0);
        let depth = |x: f32| {
            let (top, bottom) = (height(&top, x), height(&bottom, x));
            if !self.filled(hanging, x, top - STRIP, top) {
                return 0.0;
            }
            let column = self.tiles.column(x);
            let rows = self.tiles.row(top)..=self.tiles.row(bottom);
            let all = rows.clone().count().max(1) as f64;
            let deep = rows.take_while(|&y| hanging.has(column, y)).count() as f64;
            TOUCHED + (1.0 - TOUCHED) * deep / all
        };
        columns.iter().map(|&x| depth(x)).sum::<f64>() / columns.len().max(1) as f64
    }

    /// The middles of the columns of tiles from an outer to an inner place across, of which that part is kept.
    fn columns(&self, outer: f32, inner: f32, kept: std::ops::Range<f32>) -> Vec<f32> {
        let (first, last) = (outer.min(inner), outer.max(inner));
        let all = self.tiles.column(first)..=self.tiles.column(last);
        let middles = all.map(|x| self.tiles.middle(x, 0)[0]);
        let along = |x: f32| (x - outer) / (inner - outer);
        middles.filter(|&x| kept.contains(&along(x))).collect()
    }

    /// Whether hair fills that column from there to there, but for what is less than a gap.
    fn filled(&self, hanging: &Part, x: f32, from: f32, to: f32) -> bool {
        let x = self.tiles.column(x);
        let mut gap = 0;
        let mut any = false;
        for y in self.tiles.row(from)..=self.tiles.row(to) {
            let hair = hanging.has(x, y);
            any |= hair;
            gap = if hair { 0 } else { gap + 1 };
            if gap >= self.tiles.steps(GAP) {
                return false;
            }
        }
        any
    }

    fn ears(&self) -> Taken {
        if self.face.pose.yaw_deg.abs() > EARS_YAW {
            return Taken::nothing(EARS, TURNED);
        }
        let seen = SIDES.map(|side| {
            ear(
                self.face,
                &self.tiles,
                &self.skin,
                self.hair.as_ref(),
                side.ear,
            )
        });
        let (zh, en) = match seen[0] <= seen[1] {
            true => ears_words("右耳", "the right ear"),
            false => ears_words("左耳", "the left ear"),
        };
        Taken::value(EARS, seen[0].min(seen[1])).saying(zh, en)
    }
}

/// The height of a line (places from left to right) at that place across; at its ends beyond them.
fn height(line: &[[f32; 2]], x: f32) -> f32 {
    let mut before = line[0];
    for &place in line {
        if place[0] >= x {
            let across = place[0] - before[0];
            let along = if across > 0.0 {
                (x - before[0]) / across
            } else {
                0.0
            };
            return before[1] + along.clamp(0.0, 1.0) * (place[1] - before[1]);
        }
        before = place;
    }
    before[1]
}
