//! Glasses: whether some are worn, and whether lenses or frame hide an eye.
//!
//! No model was trained for them. What is told rests on the small picture, in the frame of the two eyes: a dark bar over
//! the bridge of the nose and under both eyes is a frame; lenses that darken or colour the skin
//! behind them are tinted; what is as bright as a lamp and larger than the lamp's image on a bare eye is a
//! reflection; a dark bar that runs on past both corners of an eye is no lash but a frame.

use super::eyes::{EYES, Eye};
use crate::check::colour::{Lab, linear, luminance};
use crate::check::mask::{Mask, quantile, within};
use crate::check::measure::{Fault, MeasureKind, Taken, Words};
use crate::check::scene::{Face, Scene, distance, middle};
use crate::check::tiles::{Axes, Part};

const GLASSES: MeasureKind = MeasureKind {
    name: "glasses",
    unit: "",
    below: None,
    above: None,
    about: "contrast of a bar over the bridge of the nose or under both eyes: a dark frame from 0.35 on",
};

const TINTED: MeasureKind = MeasureKind {
    name: "glasses-tinted",
    unit: "",
    below: Some(tinted()),
    above: None,
    about: "luminance under the eye as a share of that of the cheek, at the lighter of both eyes",
};

const TINT_COLOUR: MeasureKind = MeasureKind {
    name: "glasses-tint-colour",
    unit: "dE",
    below: None,
    above: Some(tinted()),
    about: "distance in CIE a*, b* of the skin under the eye from the cheek, at the eye with less",
};

const GLARE: MeasureKind = MeasureKind {
    name: "glasses-glare",
    unit: "fraction",
    below: None,
    above: Some(glare()),
    about: "largest spot as bright as a lamp, as a share of the iris it lies on",
};

const LENS_GLARE: MeasureKind = MeasureKind {
    name: "glasses-lens-glare",
    unit: "fraction",
    below: None,
    above: Some(glare()),
    about: "share of the skin behind a lens that is as bright as a lamp, where glasses are worn",
};

const FRAME: MeasureKind = MeasureKind {
    name: "glasses-frame",
    unit: "fraction",
    below: None,
    above: Some(Fault {
        id: "glasses-frame",
        words: Words::Made(|_| {
            (
                "镜框挡住了眼睛：请学生把眼镜往上推、抬平头后重拍".to_owned(),
                "the frame covers an eye: have the student push the glasses up and level the head, shoot again"
                    .to_owned(),
            )
        }),
    }),
    about: "share of an iris's height that a dark bar crosses",
};

pub(super) const KINDS: &[MeasureKind] = &[GLASSES, TINTED, TINT_COLOUR, GLARE, LENS_GLARE, FRAME];

const fn tinted() -> Fault {
    Fault {
        id: "glasses-tinted",
        words: Words::Fixed {
            fault: ("镜片可能有颜色", "lenses may be tinted"),
            remedy: (
                "请学生换无色镜片或摘下眼镜后重拍",
                "have the student take them off or wear clear ones, shoot again",
            ),
        },
    }
}

const fn glare() -> Fault {
    Fault {
        id: "glasses-glare",
        words: Words::Fixed {
            fault: ("镜片反光", "reflection on the glasses"),
            remedy: (
                "请学生略低头或调整灯位后重拍",
                "have the student tip the glasses down a little or move the lamps, shoot again",
            ),
        },
    }
}

/// From this contrast on a dark bar counts as a frame: bare faces were seen up to 0.17, one at 0.31 in hard light;
/// black frames at 0.9 and 1.1.
const FRAME_SEEN: f64 = 0.35;
/// With fewer pixels of the small picture across, an iris is too coarse.
const IRIS_PIXELS_MIN: f32 = 10.0;
/// Samples from eye to eye: a frame of 3 mm spans three.
const STEPS: f32 = 64.0;
/// Code value from which on a spot is a lamp's image: no lit skin, eyeball or iris of a well exposed face is.
const LAMP: f32 = 232.0;
/// A frame is darker than this share of the skin around it, in code values.
const DARK: f32 = 0.5;

/// The small picture, seen from the middle between the eyes, in lengths from eye to eye: x to the image's
/// right along the line of the eyes, y down.
struct View<'s> {
    scene: &'s Scene,
    axes: Axes,
}

impl<'s> View<'s> {
    fn new(scene: &'s Scene, face: &Face) -> Self {
        let axes = Axes::levelled(scene, face);
        View { scene, axes }
    }

    fn colour(&self, x: f32, y: f32) -> [u8; 3] {
        let [x, y] = self.scene.small(self.axes.place([x, y]));
        self.scene.colour.at(x.floor() as i32, y.floor() as i32)
    }

    /// Code value of the luma.
    fn luma(&self, x: f32, y: f32) -> f32 {
        luma(self.colour(x, y))
    }

    /// Samples in a box: its centre, and half its width and height.
    fn patch(&self, centre: [f32; 2], half: [f32; 2]) -> impl Iterator<Item = [u8; 3]> + '_ {
        let steps = half.map(|h| (h * STEPS).round().max(1.0) as i32);
        let rows = (-steps[1]..=steps[1]).map(|row| row as f32 / STEPS);
        rows.flat_map(move |row| {
            let columns = (-steps[0]..=steps[0]).map(|column| column as f32 / STEPS);
            columns.map(move |column| self.colour(centre[0] + column, centre[1] + row))
        })
    }

    /// How much darker than what is above and below it the darkest bar is, as a share of the middle of all, in a column of
    /// rows from `top` to `bottom` around `x`.
    fn bar(&self, x: f32, half: f32, top: f32, bottom: f32) -> f64 {
        /// What a bar is compared with begins a step from it and ends a seventh of an eye distance away.
        const REACH: usize = 9;
        let rows = ((bottom - top) * STEPS) as usize;
        let columns = (half * STEPS).round() as i32;
        let profile = (0..rows).filter_map(|row| {
            let y = top + row as f32 / STEPS;
            let line = (-columns..=columns).map(|c| self.luma(x + c as f32 / STEPS, y));
            quantile(line.collect(), 0.5)
        });
        let profile = profile.collect::<Vec<_>>();
        let Some(skin) = quantile(profile.clone(), 0.5) else {
            return 0.0;
        };
        let lightest = |part: &[f32]| part.iter().copied().fold(0.0, f32::max);
        let bars = (2..profile.len().saturating_sub(2)).map(|row| {
            let above = lightest(&profile[row.saturating_sub(REACH)..row]);
            let below = lightest(&profile[row + 1..(row + 1 + REACH).min(profile.len())]);
            above.min(below) - profile[row]
        });
        f64::from(bars.fold(0.0, f32::max) / skin.max(1.0))
    }
}

fn luma(rgb: [u8; 3]) -> f32 {
    let [r, g, b] = rgb.map(f32::from);
    0.299 * r + 0.587 * g + 0.114 * b
}

pub(super) fn measures(scene: &Scene, face: &Face) -> Vec<Taken> {
    let iris = EYES
        .iter()
        .map(|eye| eye.iris_width(face))
        .fold(f32::MAX, f32::min);
    if iris / scene.colour.scale < IRIS_PIXELS_MIN {
        return Taken::none_of(KINDS, "the eyes have too few pixels");
    }
    let view = View::new(scene, face);
    let seen = frame_contrast(&view);
    let [darkness, colour] = tint(&view);
    let worst = |of: &dyn Fn(&Eye) -> f64| EYES.iter().map(of).fold(0.0, f64::max);
    vec![
        Taken::value(GLASSES, seen),
        Taken::value(TINTED, darkness),
        Taken::value(TINT_COLOUR, colour),
        Taken::value(GLARE, worst(&|eye| spot(scene, face, eye))),
        if seen < FRAME_SEEN {
            Taken::nothing(LENS_GLARE, "no frame of glasses was seen")
        } else {
            Taken::value(LENS_GLARE, lens_glare(&view))
        },
        Taken::value(FRAME, worst(&|eye| crossed(&view, face, eye))),
    ]
}

fn frame_contrast(view: &View) -> f64 {
    let bridge = view.bar(0.0, 0.09, -0.2, 0.4);
    let rims = [-0.5, 0.5].map(|x| view.bar(x, 0.15, 0.14, 0.6));
    bridge.max(rims[0].min(rims[1]))
}

/// Luminance of the skin under an eye as a share of the cheek's, and how far their colours are apart. Lenses are two and
/// alike, a shadow or a bruise is on one side: the eye with less of each speaks.
fn tint(view: &View) -> [f64; 2] {
    let mut told = [0.0, f64::MAX];
    for x in [-0.5, 0.5] {
        let behind = median(view.patch([x, 0.2], [0.15, 0.05]));
        // As far out as the outer corner of the eye: beards and the folds of a smile are nearer to the nose.
        let cheek = median(view.patch([x * 1.3, 0.62], [0.08, 0.06]));
        let light = |rgb: [u8; 3]| luminance(rgb.map(linear));
        let (inner, outer) = (Lab::of_rgb(behind), Lab::of_rgb(cheek));
        let apart = (inner.a - outer.a).hypot(inner.b - outer.b);
        told[0] = f64::max(told[0], light(behind) / light(cheek).max(1e-3));
        told[1] = f64::min(told[1], apart);
    }
    told
}

fn median(pixels: impl Iterator<Item = [u8; 3]>) -> [u8; 3] {
    let mut channels = [const { Vec::new() }; 3];
    for pixel in pixels {
        for (channel, code) in channels.iter_mut().zip(pixel) {
            channel.push(f32::from(code));
        }
    }
    channels.map(|channel| quantile(channel, 0.5).unwrap_or(0.0) as u8)
}

/// The largest spot of a lamp's brightness on the visible part of an iris, as a share of the whole iris. The image of
/// a lamp on a bare cornea is one too, and small: a mirror of 8 mm radius makes of a soft box one metre wide and
/// one and a half away a spot of 2.5 mm, a twentieth of the iris.
fn spot(scene: &Scene, face: &Face, eye: &Eye) -> f64 {
    let [x, y] = scene.small(face.point(eye.iris));
    let radius = eye.iris_width(face) / scene.colour.scale / 2.0;
    let rim = eye.rim.map(|i| scene.small(face.point(i)));
    let (left, top) = ((x - radius).floor() as i32, (y - radius).floor() as i32);
    let side = (2.0 * radius).ceil() as usize + 2;
    let mut disc = 0usize;
    let lit = Mask::of(side, side, |across, down| {
        let (column, row) = (left + across as i32, top + down as i32);
        let place = [column as f32 + 0.5, row as f32 + 0.5];
        let in_iris = (place[0] - x).hypot(place[1] - y) <= radius;
        disc += usize::from(in_iris);
        in_iris && luma(scene.colour.at(column, row)) >= LAMP && within(&rim, place)
    });
    Part(lit).largest() as f64 / disc.max(1) as f64
}

/// In the skin under and beside both eyes, where lenses are.
fn lens_glare(view: &View) -> f64 {
    let share = |x: f32| {
        let (mut lit, mut all) = (0usize, 0usize);
        for pixel in view.patch([x, 0.22], [0.26, 0.08]) {
            all += 1;
            lit += usize::from(luma(pixel) >= LAMP);
        }
        lit as f64 / all.max(1) as f64
    };
    share(-0.5).max(share(0.5))
}

/// The share of an iris's height at which a line, level or tilted a little, is dark from corner to corner of the eye and goes on
/// beyond both as a bar with lighter skin above and below. Lashes and make-up end near the corners, and the
/// shadow of a brow has no lower edge there.
fn crossed(view: &View, face: &Face, eye: &Eye) -> f64 {
    /// How far a line goes beyond each corner, in widths of the eye.
    const BEYOND: f32 = 0.22;
    /// Of its samples this share has to be dark: a reflection may break it.
    const ALL: f32 = 0.9;
    /// Rows of an iris; the outermost fifth above and below is where lashes cross it.
    const ROWS: i32 = 12;
    /// Slopes of the lines, against the line of the eyes.
    const SLOPES: [f32; 3] = [0.0, -0.12, 0.12];
    let unit = face.eye_distance().max(1.0);
    let (outer, inner) = (face.point(eye.rim[0]), face.point(eye.rim[8]));
    let centre = view.axes.of(face.point(eye.iris));
    let between = view.axes.of(middle(outer, inner));
    let corner = 0.5 * distance(outer, inner) / unit;
    let reach = corner * (1.0 + 2.0 * BEYOND);
    let radius = eye.iris_width(face) / 2.0 / unit;
    let skin = luma(median(view.patch([between[0], 0.3], [0.12, 0.05])));
    let columns = (reach * STEPS).ceil() as i32;
    let covers = |y: f32, slope: f32| {
        let (mut within, mut beyond) = ([0, 0], [0, 0]);
        for x in (-columns..=columns).map(|c| c as f32 / STEPS) {
            let (x, y) = (between[0] + x, y + x * slope);
            let here = view.luma(x, y);
            let (counts, dark) = if (x - between[0]).abs() <= corner {
                (&mut within, here < DARK * skin)
            } else {
                (&mut beyond, here < DARK * lighter_side(view, x, y))
            };
            counts[0] += i32::from(dark);
            counts[1] += 1;
        }
        [within, beyond]
            .iter()
            .all(|[dark, all]| *dark as f32 >= ALL * *all as f32)
    };
    let rows = (-ROWS..=ROWS).map(|row| centre[1] + row as f32 / ROWS as f32 * radius * 0.8);
    let covered = rows.filter(|y| SLOPES.iter().any(|slope| covers(*y, *slope)));
    covered.count() as f64 / f64::from(2 * ROWS + 1)
}

/// What a bar at that place would stand out from: the lightest a little above and below, the darker of the two.
fn lighter_side(view: &View, x: f32, y: f32) -> f32 {
    let lightest = |sign: f32| {
        let away = (3..=10).map(|step| view.luma(x, y + sign * step as f32 * 0.02));
        away.fold(0.0, f32::max)
    };
    lightest(-1.0).min(lightest(1.0))
}
