//! The astronaut's portrait (tests/data), cut out, set on plain light blue, lips and smile taken back and the body below
//! the chin mirrored so that its shoulders are level by construction; and what can be wrong with eyes, mouth,
//! shoulders and glasses, each drawn into it. Users name the modules `judging` and `warp` too.

use crate::judging::{file_of_quality, judge_file};
use crate::warp::{self, Place};
use image::imageops::{FilterType, crop_imm, resize};
use image::{Rgb, RgbImage};
use shutterline::check::face::mesh;
use shutterline::model::{Geometry, Report};
use std::sync::OnceLock;

/// How many times larger than in the astronaut's picture she is.
pub const LARGER: u32 = 3;
pub const BACKDROP: [u8; 3] = [100, 197, 255];

pub fn judge(picture: &RgbImage) -> Report {
    judge_file(&file_of_quality(picture, 95), "cn-graduate-blue")
}

pub struct Portrait {
    pub picture: RgbImage,
    pub geometry: Geometry,
}

impl Portrait {
    pub fn of(picture: RgbImage) -> Self {
        let geometry = judge(&picture).geometry.unwrap();
        Portrait { picture, geometry }
    }

    pub fn at(&self, index: usize) -> Place {
        let p = self.geometry.landmarks[index];
        [p.x, p.y]
    }

    pub fn chin(&self) -> Place {
        self.at(mesh::CHIN)
    }

    /// From the middle between the eyes to the chin.
    pub fn unit(&self) -> f32 {
        let [right, left] = self.geometry.eyes.unwrap();
        let middle = [(right.x + left.x) / 2.0, (right.y + left.y) / 2.0];
        apart(middle, self.chin())
    }

    /// Pixels from the centre of an iris to its rim.
    pub fn iris_radius(&self, iris: usize) -> f32 {
        apart(self.at(iris + 1), self.at(iris + 3)) / 2.0
    }

    /// Upper and lower rim of an opening whose landmarks run around it, from the image's left to its right.
    pub fn rims(&self, around: &[usize]) -> [Vec<Place>; 2] {
        let half = around.len() / 2;
        let upper = around[..=half].iter().map(|&i| self.at(i)).collect();
        let back = around[half..].iter().chain([&around[0]]);
        let lower = back.map(|&i| self.at(i)).collect();
        [upper, lower].map(|mut line: Vec<Place>| {
            line.sort_by(|a, b| a[0].total_cmp(&b[0]));
            line
        })
    }

    /// The same with the lids of an eye that far open, of what they are.
    pub fn lids(&self, around: &[usize; 16], share: f32) -> RgbImage {
        let [upper, lower] = self.rims(around);
        // The upper lid closes over the eye, the lower one stays.
        warp::reopened(
            &self.picture,
            &upper,
            &lower,
            (share, 0.95, self.unit() * 0.2),
        )
    }

    /// The same with the lips that far open, of what they are.
    pub fn lips(&self, share: f32) -> RgbImage {
        let [upper, lower] = self.rims(&mesh::LIPS_INNER);
        warp::reopened(
            &self.picture,
            &upper,
            &lower,
            (share, 0.4, self.unit() * 0.3),
        )
    }
}

pub fn apart(a: Place, b: Place) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The astronaut's head and shoulders on the plain backdrop, smiling as she does.
pub fn smiling() -> &'static Portrait {
    static SMILING: OnceLock<Portrait> = OnceLock::new();
    SMILING.get_or_init(|| {
        let all = image::load_from_memory(include_bytes!("../data/astronaut.jpg")).unwrap();
        let part = crop_imm(&all.to_rgb8(), 92, 0, 260, 340).to_image();
        let (width, height) = (part.width() * LARGER, part.height() * LARGER);
        let large = resize(&part, width, height, FilterType::CatmullRom);
        let person = judge(&large).geometry.unwrap().person.unwrap();
        let cell = |x: u32, cells: u16, size: u32| (x * u32::from(cells) / size) as u16;
        let is_person = |x: u32, y: u32| {
            let row = &person.rows[usize::from(cell(y, person.height, height))];
            let column = cell(x, person.width, width);
            row.iter()
                .any(|[first, end]| (*first..*end).contains(&column))
        };
        let cut = RgbImage::from_fn(width, height, |x, y| {
            if is_person(x, y) {
                *large.get_pixel(x, y)
            } else {
                Rgb(BACKDROP)
            }
        });
        Portrait::of(levelled(&Portrait::of(cut)))
    })
}

/// The body below the chin, mirrored from the image's left half.
pub fn levelled(portrait: &Portrait) -> RgbImage {
    let [middle, chin] = portrait.chin();
    warp::warped(&portrait.picture, |[x, y]| {
        if y > chin && x > middle {
            [2.0 * middle - x, y]
        } else {
            [x, y]
        }
    })
}

/// The portrait that keeps every rule that is tested here.
pub fn base() -> &'static Portrait {
    static BASE: OnceLock<Portrait> = OnceLock::new();
    BASE.get_or_init(|| Portrait::of(sober(smiling())))
}

/// The lips closed and the smile taken back.
pub fn sober(smiling: &Portrait) -> RgbImage {
    let closed = Portrait {
        picture: smiling.lips(0.02),
        geometry: smiling.geometry.clone(),
    };
    sobered(&closed, 1.0)
}

/// The corners of the mouth drawn down and in, by a share of what makes the smile go.
pub fn sobered(portrait: &Portrait, share: f32) -> RgbImage {
    let unit = portrait.unit();
    let corners = [(61, 1.0), (291, -1.0)].map(|(i, inwards)| (portrait.at(i), inwards));
    warp::warped(&portrait.picture, |[x, y]| {
        let mut from = [x, y];
        for (corner, inwards) in corners {
            let away = apart([x, y], corner) / (unit * 0.22);
            let pull = share * unit * (-away * away).exp();
            from[0] -= inwards * pull * 0.06;
            from[1] -= pull * 0.12;
        }
        from
    })
}

pub const EYES: [usize; 2] = [mesh::RIGHT_IRIS, mesh::LEFT_IRIS];

/// The irises moved by so many millimetres to the image's right.
pub fn looking(base: &Portrait, aside: f32) -> RgbImage {
    let eyes = [
        (&mesh::RIGHT_EYE, mesh::RIGHT_IRIS),
        (&mesh::LEFT_EYE, mesh::LEFT_IRIS),
    ];
    let moved = |picture: &RgbImage, (rim, iris): (&[usize; 16], usize)| {
        let corners = rim.map(|i| base.at(i));
        let ends = [
            corners[0][0].min(corners[8][0]),
            corners[0][0].max(corners[8][0]),
        ];
        let (x, radius) = (base.at(iris)[0], base.iris_radius(iris) * 1.05);
        let by = aside / 11.7 * 2.0 * base.iris_radius(iris);
        warp::warped(picture, |place| {
            if !warp::within(&corners, place) {
                return place;
            }
            let knots = [
                (ends[0], ends[0]),
                (x - radius + by, x - radius),
                (x + radius + by, x + radius),
                (ends[1], ends[1]),
            ];
            [warp::through(&knots, place[0]), place[1]]
        })
    };
    let right = moved(&base.picture, eyes[0]);
    moved(&right, eyes[1])
}

/// What is between the lids moved down by so many millimetres, the lids where they were.
pub fn looking_down(base: &Portrait, by: f32) -> RgbImage {
    let mut picture = base.picture.clone();
    for (rim, iris) in [(&mesh::RIGHT_EYE, EYES[0]), (&mesh::LEFT_EYE, EYES[1])] {
        let corners = rim.map(|i| base.at(i));
        let pixels = by / 11.7 * 2.0 * base.iris_radius(iris);
        picture = warp::warped(&picture, |[x, y]| {
            let inside = warp::within(&corners, [x, y]);
            [x, if inside { y - pixels } else { y }]
        });
    }
    picture
}

/// The body below the chin sheared, so that the shoulders slant by that angle, the student's left one down.
pub fn slanted(base: &Portrait, degrees: f32) -> RgbImage {
    let ([middle, chin], unit) = (base.chin(), base.unit());
    warp::warped(&base.picture, |[x, y]| {
        let share = ((y - chin) / (unit * 0.1)).clamp(0.0, 1.0);
        [x, y - (x - middle) * degrees.to_radians().tan() * share]
    })
}

/// A black frame: the rim of a lens around each eye, and a bridge.
pub fn framed(base: &Portrait) -> RgbImage {
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let mut picture = base.picture.clone();
    for iris in EYES {
        let centre = base.at(iris);
        let outer = warp::bar(centre, [0.44 * distance, 0.36 * distance]);
        let inner = warp::bar(centre, [0.39 * distance, 0.31 * distance]);
        let rim = |place: Place| outer(place).max(0.0) - inner(place).max(0.0);
        picture = warp::painted(&picture, [20, 20, 22], rim);
    }
    let [right, left] = EYES.map(|i| base.at(i));
    let bridge = [
        (right[0] + left[0]) / 2.0,
        (right[1] + left[1]) / 2.0 - 0.05 * distance,
    ];
    warp::painted(
        &picture,
        [20, 20, 22],
        warp::bar(bridge, [0.1 * distance, 0.025 * distance]),
    )
}

/// Lenses that let that share of each channel through, which light passes twice.
pub fn behind_lenses(base: &Portrait, through: [f32; 3]) -> RgbImage {
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let lens = EYES.map(|i| warp::disc(base.at(i), 0.42 * distance));
    warp::mixed(
        &base.picture,
        |place| lens[0](place).max(lens[1](place)),
        |rgb| {
            // Linear light, at the plain gamma of 2.2.
            std::array::from_fn(|i| (f32::from(rgb[i]) * through[i].powf(2.0 / 2.2)) as u8)
        },
    )
}

/// Red discs in both pupils, that much of the colour mixed in.
pub fn red_eyed(base: &Portrait, share: f32) -> RgbImage {
    let pupil = |picture: &RgbImage, iris| {
        let disc = warp::disc(base.at(iris), base.iris_radius(iris) * 0.45);
        warp::painted(picture, [190, 40, 45], |place| disc(place).min(1.0) * share)
    };
    let right = pupil(&base.picture, mesh::RIGHT_IRIS);
    pupil(&right, mesh::LEFT_IRIS)
}

/// A dark bar across both irises, that thick in eye distances.
pub fn barred(base: &Portrait, thick: f32) -> RgbImage {
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let [right, left] = EYES.map(|i| base.at(i));
    let middle = [(right[0] + left[0]) / 2.0, (right[1] + left[1]) / 2.0];
    let bar = warp::bar(middle, [distance, distance * thick / 2.0]);
    warp::painted(&base.picture, [25, 22, 22], |place| {
        bar(place) * f32::from(thick > 0.0)
    })
}

/// A bright spot on the right iris, that large in its radii.
pub fn spotted(base: &Portrait, share: f32) -> RgbImage {
    let disc = warp::disc(base.at(EYES[0]), base.iris_radius(EYES[0]) * share);
    warp::painted(&base.picture, [250, 252, 255], |place| {
        disc(place) * f32::from(share > 0.0)
    })
}

/// A frame, and a reflection on its left lens below the eye, that much of it mixed in.
pub fn reflecting(base: &Portrait, share: f32) -> RgbImage {
    let distance = apart(base.at(EYES[0]), base.at(EYES[1]));
    let [x, y] = base.at(EYES[1]);
    let spot = warp::bar([x, y + 0.2 * distance], [0.2 * distance, 0.06 * distance]);
    warp::painted(&framed(base), [250, 252, 255], |place| spot(place) * share)
}

/// Both eyes that far open, of what they are.
pub fn blinking(base: &Portrait, share: f32) -> RgbImage {
    let right = Portrait {
        picture: base.lids(&mesh::RIGHT_EYE, share),
        geometry: base.geometry.clone(),
    };
    right.lids(&mesh::LEFT_EYE, share)
}
