//! A stylised student in front of the light blue background.
//!
//! All places and lengths are in units of the frame's height, x from the middle, y from the top.

use super::canvas::{Area, Canvas, Colour};

/// The registration standard's light blue.
const BACKGROUND: Colour = [100.0, 197.0, 255.0];
const WHITE: Colour = [250.0, 250.0, 247.0];
const INK: Colour = [28.0, 30.0, 38.0];

const SKINS: [Colour; 4] = [
    [240.0, 205.0, 180.0],
    [232.0, 190.0, 160.0],
    [222.0, 178.0, 145.0],
    [205.0, 158.0, 125.0],
];
const HAIRS: [Colour; 4] = [
    [32.0, 27.0, 28.0],
    [45.0, 34.0, 30.0],
    [24.0, 24.0, 30.0],
    [62.0, 44.0, 34.0],
];
const SHIRTS: [Colour; 3] = [
    [240.0, 240.0, 238.0],
    [238.0, 232.0, 218.0],
    [216.0, 218.0, 222.0],
];

/// Middle of the head, and half its width at the temples.
const HEAD_Y: f32 = 0.40;
const HEAD_HALF: f32 = 0.128;
const EYES_Y: f32 = 0.405;
const EYE_X: f32 = 0.056;
const MOUTH_Y: f32 = 0.515;
const CHIN_Y: f32 = 0.578;

/// What this student looks like.
struct Looks {
    skin: Colour,
    hair: Colour,
    shirt: Colour,
    /// Hair gathered behind the neck.
    long_hair: bool,
    glasses: bool,
    /// How far the hairline falls to one side, −1 to 1.
    parting: f32,
    /// Face a little wider or narrower, around 1.
    breadth: f32,
}

impl Looks {
    fn of(index: u32) -> Self {
        let pick = |salt: u32, n: u32| {
            let mixed = (index ^ salt.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35);
            (mixed ^ (mixed >> 15)).wrapping_mul(0x27D4_EB2F) >> 16 & 0xFF
        } % n;
        Looks {
            skin: SKINS[pick(1, 4) as usize],
            hair: HAIRS[pick(2, 4) as usize],
            shirt: SHIRTS[pick(3, 3) as usize],
            long_hair: index.is_multiple_of(2),
            glasses: pick(4, 3) == 0,
            parting: pick(5, 5) as f32 / 2.0 - 1.0,
            breadth: 0.96 + pick(6, 5) as f32 * 0.02,
        }
    }
}

/// Paints the whole frame.
pub(super) fn paint(canvas: &mut Canvas, index: u32) {
    let looks = Looks::of(index);
    background(canvas);
    if looks.long_hair {
        hair_behind(canvas, &looks);
    }
    neck(canvas, &looks);
    shirt(canvas, &looks);
    head(canvas, &looks);
    features(canvas, &looks);
    hair(canvas, &looks);
    if looks.glasses {
        glasses(canvas);
    }
    card(canvas, index);
}

fn background(canvas: &mut Canvas) {
    canvas.lay(Area::ALL, |x, y| {
        // Two lamps light the wall a little less towards the corners.
        let fall = 1.0 - 0.035 * (x * x + (y - 0.45) * (y - 0.45));
        (-1.0, BACKGROUND.map(|c| c * fall))
    });
}

fn neck(canvas: &mut Canvas, looks: &Looks) {
    let skin = looks.skin;
    canvas.lay(Area::around(0.0, 0.62, 0.12, 0.11), |x, y| {
        let half = 0.066 + 7.2 * (y - 0.60).max(0.0).powi(2);
        // The chin's shadow lies on the throat.
        let shade = 0.93 - 0.22 * (1.0 - (y - 0.555).abs() * 14.0).clamp(0.0, 1.0);
        (x.abs() - half, lit(skin, shade - 1.6 * x.abs()))
    });
}

fn shirt(canvas: &mut Canvas, looks: &Looks) {
    let cloth = looks.shirt;
    canvas.lay(Area::around(0.0, 0.82, 0.48, 0.20), |x, y| {
        let shoulders = ellipse(x, y, (0.0, 1.08), (0.40, 0.44));
        let opening = neckline(x, y);
        // Folds run down from the shoulders; the sides turn away from the lamps.
        let folds = 0.008 * ((x * 46.0 + y * 9.0).sin() + (x * 27.0 - y * 13.0).sin());
        let weave = 0.012 * noise(x * 700.0, y * 700.0);
        let shade = 0.985 - 0.75 * x * x - 0.05 * (y - 0.75) + folds + weave;
        (shoulders.max(-opening), lit(cloth, shade))
    });
    collar(canvas, cloth);
    canvas.lay(Area::around(0.0, 0.86, 0.02, 0.15), |x, y| {
        let placket = ((x - 0.014).abs() - 0.0012).max(0.72 - y);
        (placket, lit(cloth, 0.78))
    });
    for button in 0..3 {
        let y = 0.745 + button as f32 * 0.07;
        dot(canvas, (0.0, y), (0.006, 0.006), lit(cloth, 0.7));
        dot(
            canvas,
            (-0.0008, y - 0.001),
            (0.0045, 0.0045),
            lit(cloth, 0.96),
        );
    }
}

/// Where the shirt is open at the throat: negative inside.
fn neckline(x: f32, y: f32) -> f32 {
    (x.abs() * 1.15 + (y - 0.708)) * 0.65
}

fn collar(canvas: &mut Canvas, cloth: Colour) {
    canvas.lay(Area::around(0.0, 0.673, 0.13, 0.09), |x, y| {
        let side = x.abs();
        // Each wing hangs between the throat's opening and its own outer edge, down to a point.
        let inner = -neckline(x, y);
        let outer = (side * 0.9 + (y - 0.725)) * 0.74;
        let top = 0.618 + 0.25 * side - y;
        let tip = y - 0.728 + (side - 0.055).abs() * 0.5;
        let wing = inner
            .max(top)
            .max(tip.min(0.05))
            .max(side - 0.105)
            .max(outer - 0.025);
        let edge = if wing > -0.0022 { 0.74 } else { 1.02 };
        (wing, lit(cloth, edge - 0.4 * side))
    });
}

/// Half the width of the face at that height: full at the temples, narrower towards the chin.
fn face_distance(x: f32, y: f32, looks: &Looks) -> f32 {
    let down = ((y - HEAD_Y) / (CHIN_Y - HEAD_Y)).clamp(0.0, 1.0);
    let narrow = 1.0 + 0.26 * down * down;
    ellipse(
        x * narrow / looks.breadth,
        y,
        (0.0, HEAD_Y),
        (HEAD_HALF, CHIN_Y - HEAD_Y),
    )
}

fn head(canvas: &mut Canvas, looks: &Looks) {
    let skin = looks.skin;
    for side in [-1.0, 1.0] {
        let at = (side * HEAD_HALF * looks.breadth, 0.425);
        dot(canvas, at, (0.020, 0.036), lit(skin, 0.86));
        dot(
            canvas,
            (at.0, at.1 + 0.002),
            (0.010, 0.022),
            lit(skin, 0.76),
        );
    }
    canvas.lay(Area::around(0.0, HEAD_Y, 0.16, 0.19), |x, y| {
        let (u, v) = (x / HEAD_HALF, (y - HEAD_Y) / (CHIN_Y - HEAD_Y));
        let pores = 0.010 * noise(x * 900.0, y * 900.0);
        let shade = 1.03 - 0.13 * u * u - 0.07 * v * v + pores;
        let mut colour = lit(skin, shade);
        // A breath of red on the cheeks.
        let cheek = (x.abs() - 0.07).hypot(y - 0.465);
        let blush = (1.0 - cheek / 0.045).clamp(0.0, 1.0);
        colour[1] -= 9.0 * blush;
        colour[2] -= 8.0 * blush;
        (face_distance(x, y, looks), colour)
    });
}

fn features(canvas: &mut Canvas, looks: &Looks) {
    let dark = lit(looks.hair, 1.05);
    for side in [-1.0f32, 1.0] {
        let (ex, ey) = (side * EYE_X, EYES_Y);
        canvas.lay(Area::around(ex, ey - 0.036, 0.045, 0.02), |x, y| {
            let along = (x - ex) * side / 0.036;
            let arc = ey - 0.041 + 0.007 * along * along - 0.003 * along;
            let thick = 0.0052 * (1.0 - 0.55 * along.max(0.0));
            let hairs = 0.0012 * noise(x * 600.0, y * 300.0);
            let brow = ((y - arc).abs() - thick + hairs).max((along.abs() - 1.0) * 0.036);
            (brow, dark)
        });
        let lids = move |x: f32, y: f32| {
            let along = (x - ex) / 0.030;
            let open = 1.0 - along * along;
            (ey - 0.0135 * open - y).max(y - ey - 0.0100 * open)
        };
        let eye = Area::around(ex, ey, 0.036, 0.024);
        canvas.lay(eye, |x, y| (lids(x, y), [243.0, 241.0, 238.0]));
        canvas.lay(eye, |x, y| {
            let r = (x - ex).hypot(y - ey + 0.001);
            let colour = match r {
                r if r < 0.0052 => [12.0, 10.0, 10.0],
                r if r > 0.0105 => [34.0, 22.0, 16.0],
                r => lit([92.0, 58.0, 36.0], 0.75 + r * 30.0),
            };
            ((r - 0.0118).max(lids(x, y)), colour)
        });
        dot(canvas, (ex - 0.0035, ey - 0.005), (0.0024, 0.0024), WHITE);
        canvas.lay(eye, |x, y| {
            let along = (x - ex) / 0.030;
            let lid = ey - 0.0135 * (1.0 - along * along);
            let line = ((y - lid).abs() - 0.0022).max((along.abs() - 1.06) * 0.030);
            (line, dark)
        });
        let nostril = (side * 0.0135, 0.4745);
        dot(canvas, nostril, (0.0058, 0.0032), lit(looks.skin, 0.58));
    }
    nose_and_mouth(canvas, looks.skin);
}

fn nose_and_mouth(canvas: &mut Canvas, skin: Colour) {
    canvas.lay(Area::around(0.0, 0.44, 0.03, 0.04), |x, y| {
        // One flank of the nose lies in a soft shadow.
        let run = ((y - 0.415) / 0.05).clamp(0.0, 1.0);
        let flank = (x - 0.011 - 0.006 * run).abs() - 0.0025 * run;
        (flank, lit(skin, 0.90))
    });
    let lips = [186.0, 96.0, 92.0];
    canvas.lay(Area::around(0.0, MOUTH_Y, 0.05, 0.03), |x, y| {
        let along = x / 0.040;
        let open = (1.0 - along * along).max(-1.0);
        let bow = 0.0035 * (1.0 - (along.abs() * 5.0).min(1.0));
        let upper = MOUTH_Y - (0.0115 * open - bow) - y;
        let lower = y - MOUTH_Y - 0.0135 * open;
        let shade = if y < MOUTH_Y { 0.90 } else { 1.05 };
        (upper.max(lower), lit(lips, shade))
    });
    canvas.lay(Area::around(0.0, MOUTH_Y, 0.045, 0.01), |x, y| {
        let line = MOUTH_Y + 0.0018 * (x * 130.0).cos();
        let gap = ((y - line).abs() - 0.0013).max(x.abs() - 0.039);
        (gap, [96.0, 40.0, 40.0])
    });
}

fn strands(hair: Colour, x: f32, y: f32) -> Colour {
    // Single hairs catch the light: bright lines that follow the head from the parting outwards.
    let around = x.atan2(0.52 - y) * 190.0;
    let out = x.hypot(y - 0.52) * 26.0;
    let shine = noise(around, out * 0.5).max(0.0).powi(2);
    let band = (1.0 - ((y - 0.245).abs() * 18.0)).clamp(0.0, 1.0);
    let mut colour = lit(hair, 0.85 + 0.45 * shine);
    for c in &mut colour {
        *c += 46.0 * shine * band + 10.0 * shine;
    }
    colour
}

fn hair(canvas: &mut Canvas, looks: &Looks) {
    let hair = looks.hair;
    canvas.lay(Area::around(0.0, 0.33, 0.18, 0.15), |x, y| {
        let outer = ellipse(x, y, (0.0, 0.372), (0.150 * looks.breadth, 0.172));
        // The hairline: high over the forehead, down before the ears.
        let side = x / HEAD_HALF;
        let line = 0.315 + 0.012 * looks.parting * side + 0.085 * side.abs().powi(4);
        let edge = 0.0035 * noise(x * 260.0, 3.0);
        let ends = y - 0.43;
        (outer.max(y - line + edge).max(ends), strands(hair, x, y))
    });
}

fn hair_behind(canvas: &mut Canvas, looks: &Looks) {
    let hair = looks.hair;
    canvas.lay(Area::around(0.0, 0.52, 0.18, 0.24), |x, y| {
        let half = 0.138 - 0.05 * ((y - 0.45) * 3.0).clamp(0.0, 1.0);
        // It comes out from under the hair of the head, and ends behind the shoulders.
        let length = (0.37 - y).max(y - 0.72);
        (
            (x.abs() - half * looks.breadth).max(length),
            strands(hair, x, y * 0.8),
        )
    });
}

fn glasses(canvas: &mut Canvas) {
    for side in [-1.0f32, 1.0] {
        let at = (side * 0.058, 0.412);
        canvas.lay(Area::around(at.0, at.1, 0.06, 0.05), |x, y| {
            let rim = ellipse(x, y, at, (0.048, 0.037)).abs() - 0.0021;
            (rim, INK)
        });
        canvas.lay(Area::around(side * 0.115, 0.403, 0.02, 0.01), |x, y| {
            let temple = (y - 0.402).abs() - 0.0025;
            (temple.max(x.abs() - 0.13).max(0.104 - x.abs()), INK)
        });
    }
    canvas.lay(Area::around(0.0, 0.402, 0.02, 0.01), |x, y| {
        let bridge = (y - 0.404 - 6.0 * x * x).abs() - 0.0018;
        (bridge.max(x.abs() - 0.0115), INK)
    });
}

/// Digits of five by seven squares, a row a number, the left square in the highest of five bits.
const DIGITS: [[u8; 7]; 10] = [
    [14, 17, 19, 21, 25, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 2, 4, 8, 31],
    [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
];

/// A card with the number, so that a person who looks at the files sees who is who.
fn card(canvas: &mut Canvas, index: u32) {
    const SQUARE: f32 = 0.0135;
    const TOP: f32 = 0.868;
    let digits = index
        .to_string()
        .bytes()
        .map(|b| DIGITS[usize::from(b - b'0')])
        .collect::<Vec<_>>();
    let half = (digits.len() as f32 * 6.0 - 1.0) * SQUARE / 2.0;
    let (half_width, half_height) = (half + 0.028, SQUARE * 3.5 + 0.018);
    let middle = TOP + SQUARE * 3.5;
    canvas.lay(
        Area::around(0.0, middle, half_width + 0.01, half_height + 0.01),
        |x, y| {
            let inside = (x.abs() - half_width).max((y - middle).abs() - half_height);
            let colour = if inside > -0.003 { INK } else { WHITE };
            (inside, colour)
        },
    );
    canvas.lay(Area::around(0.0, middle, half, SQUARE * 3.5), |x, y| {
        let (column, row) = ((x + half) / SQUARE, (y - TOP) / SQUARE);
        let (digit, bit) = ((column / 6.0) as usize, (column % 6.0) as u32);
        let lit = digits
            .get(digit)
            .and_then(|rows| rows.get(row as usize))
            .is_some_and(|bits| bit < 5 && bits >> (4 - bit) & 1 == 1);
        (if lit { -1.0 } else { 1.0 }, INK)
    });
}

fn dot(canvas: &mut Canvas, at: (f32, f32), radii: (f32, f32), colour: Colour) {
    let area = Area::around(at.0, at.1, radii.0 + 0.01, radii.1 + 0.01);
    canvas.lay(area, |x, y| (ellipse(x, y, at, radii), colour));
}

/// The distance from an ellipse's border, negative inside, good near the border.
fn ellipse(x: f32, y: f32, at: (f32, f32), radii: (f32, f32)) -> f32 {
    let (dx, dy) = ((x - at.0) / radii.0, (y - at.1) / radii.1);
    let reach = dx.hypot(dy);
    let steepness = (dx / radii.0).hypot(dy / radii.1).max(1e-6);
    reach * (reach - 1.0) / steepness
}

fn lit(colour: Colour, by: f32) -> Colour {
    colour.map(|c| (c * by).clamp(0.0, 255.0))
}

/// Smooth noise, −1 to 1, with one bump to a unit.
fn noise(x: f32, y: f32) -> f32 {
    let (cx, cy) = (x.floor(), y.floor());
    let (fx, fy) = (x - cx, y - cy);
    let corner = |dx: i32, dy: i32| {
        let key =
            (cx as i32 + dx).wrapping_mul(374_761_393) ^ (cy as i32 + dy).wrapping_mul(668_265_263);
        let mixed = (key ^ (key >> 13)).wrapping_mul(1_274_126_177);
        (mixed >> 16 & 0xFFFF) as f32 / 32_767.5 - 1.0
    };
    let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * sx;
    let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * sx;
    top + (bottom - top) * sy
}
