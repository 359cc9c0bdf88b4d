//! How a frame was judged, drawn over it: for whoever wonders about a verdict.
//!
//! The photo at moderate size, the person tinted, landmarks, faces, eye line, crown and chin; the crop with the
//! bands in it; verdict and reasons at the side. In English: the letters that are built in are Latin. The Chinese
//! words are in the table and in the JSON. Colours are drawn as the file codes them, so that an Adobe RGB photo looks
//! a little pale here; the portrait is exact.

use super::canvas::{Canvas, Colour, LETTER_WIDTH, LINE_HEIGHT, wrapped};
use super::pixels::Original;
use super::portrait::PortraitError;
use crate::check::number;
use crate::check::position::Bands;
use crate::model::{
    Crop, Geometry, MeasureState, Point, Rect, Report, Severity, Silhouette, Verdict,
};
use image::RgbImage;

/// Longest side of the photo in the picture, in pixels.
const LONGEST_PX: u32 = 1600;
/// Width of the text beside it, in pixels.
const SIDE_PX: u32 = 620;
const MARGIN_PX: u32 = 20;
/// Landscape photos leave less height than the reasons may need.
const LEAST_HEIGHT_PX: u32 = 900;

const GROUND: Colour = [24, 24, 28];
const TEXT: Colour = [235, 235, 235];
const FAINT: Colour = [160, 160, 165];
const GREEN: Colour = [80, 220, 120];
const AMBER: Colour = [255, 190, 60];
const RED: Colour = [255, 90, 80];
const CYAN: Colour = [70, 220, 255];
const PERSON: Colour = [255, 200, 0];
const CROWN_BAND: Colour = [255, 120, 220];
const EYES_BAND: Colour = [70, 220, 255];

/// Draws the report over the photo it was made of. The bands are those of the standard it was judged by; without
/// them, or without a crop in the report, none are drawn. Fails only where the photo cannot be decoded.
pub fn draw(
    jpeg: &[u8],
    report: &Report,
    bands: Option<&Bands>,
) -> Result<RgbImage, PortraitError> {
    let original = Original::decode(jpeg)?;
    let (upright, _) = original.upright_size();
    let photo = original.shrunk(LONGEST_PX)?;
    let (width, height) = photo.dimensions();
    let canvas = Canvas::new(width + SIDE_PX, height.max(LEAST_HEIGHT_PX), GROUND);
    let mut sheet = Sheet {
        canvas,
        scale: width as f32 / upright as f32,
        width: width as f32,
        height: height as f32,
    };
    for (x, y, pixel) in photo.enumerate_pixels() {
        sheet.canvas.put(x, y, pixel.0);
    }
    if let Some(geometry) = &report.geometry {
        sheet.person(geometry.person.as_ref());
    }
    if let Some(crop) = &report.crop {
        sheet.crop(crop, bands);
    }
    if let Some(geometry) = &report.geometry {
        sheet.face(geometry);
    }
    sheet.words(report, width);
    Ok(sheet.canvas.into_image())
}

/// The picture, and how large the photo is in it.
struct Sheet {
    canvas: Canvas,
    /// Pixels of the picture a pixel of the photo.
    scale: f32,
    width: f32,
    height: f32,
}

impl Sheet {
    fn at(&self, point: &Point) -> [f32; 2] {
        [point.x * self.scale, point.y * self.scale]
    }

    fn edges(&self, rect: &Rect) -> [f32; 4] {
        let Rect {
            x,
            y,
            width,
            height,
        } = *rect;
        [x, y, x + width, y + height].map(|v| v * self.scale)
    }

    fn person(&mut self, person: Option<&Silhouette>) {
        let Some(person) = person else { return };
        let across = self.width / f32::from(person.width.max(1));
        let down = self.height / f32::from(person.height.max(1));
        for (row, spans) in person.rows.iter().enumerate() {
            let (top, bottom) = (row as f32 * down, (row + 1) as f32 * down);
            for [first, past] in spans {
                let (left, right) = (f32::from(*first) * across, f32::from(*past) * across);
                let inside = [left, top, right.min(self.width), bottom.min(self.height)];
                self.canvas.tint(inside, PERSON, 50);
            }
        }
    }

    fn crop(&mut self, crop: &Crop, bands: Option<&Bands>) {
        let [x, y, w, h] = [crop.x, crop.y, crop.width, crop.height].map(|v| v as f32 * self.scale);
        let (width, height) = (self.width, self.height);
        let outside = [
            [0.0, 0.0, width, y],
            [0.0, y + h, width, height],
            [0.0, y, x, y + h],
            [x + w, y, width, y + h],
        ];
        for area in outside {
            self.canvas.tint(area, [0; 3], 110);
        }
        if let Some(bands) = bands {
            self.bands(bands, [x, y, w, h]);
        }
        self.canvas.frame([x, y, x + w, y + h], GREEN);
    }

    fn bands(&mut self, bands: &Bands, [x, y, w, h]: [f32; 4]) {
        let down = |v: u32| y + h * v as f32 / bands.height_px as f32;
        let across = |v: f32| x + w * (0.5 + v / bands.width_px as f32);
        for (band, colour, name) in [
            (bands.crown_px, CROWN_BAND, "crown"),
            (bands.eyes_px, EYES_BAND, "eyes"),
        ] {
            let [top, bottom] = band.map(down);
            self.canvas.tint([x, top, x + w, bottom], colour, 60);
            self.canvas.line([x, top], [x + w, top], colour);
            self.canvas.line([x, bottom], [x + w, bottom], colour);
            let words = format!("{name} {}-{}", band[0], band[1]);
            self.canvas.label([x + 8.0, top + 4.0], &words, colour);
        }
        let tolerance = bands.centre_tolerance_px as f32;
        let middle = [across(-tolerance), y, across(tolerance), y + h];
        self.canvas.tint(middle, GREEN, 50);
        self.canvas
            .line([across(0.0), y], [across(0.0), y + h], GREEN);
        // The narrowest and the widest face, as marks at both sides below the eyes' band.
        let [least, most] = bands.face_width_px.map(|v| v as f32 / 2.0);
        let mark = down(bands.eyes_px[1]);
        for side in [-1.0, 1.0] {
            let ends = [across(side * least), across(side * most)];
            let [left, right] = [ends[0].min(ends[1]), ends[0].max(ends[1])];
            let area = [left, mark, right, mark + 40.0];
            self.canvas.tint(area, AMBER, 70);
            for end in ends {
                self.canvas.line([end, mark], [end, mark + 40.0], AMBER);
            }
        }
        let words = format!("face {}-{}", bands.face_width_px[0], bands.face_width_px[1]);
        self.canvas.label([x + 8.0, mark + 10.0], &words, AMBER);
    }

    fn face(&mut self, geometry: &Geometry) {
        for (index, face) in geometry.faces.iter().enumerate() {
            let edges = self.edges(face);
            self.canvas
                .frame(edges, if index == 0 { TEXT } else { RED });
        }
        for point in &geometry.landmarks {
            let at = self.at(point);
            self.canvas.dot(at, GREEN);
        }
        let size = geometry
            .faces
            .first()
            .map_or(100.0, |f| f.width * self.scale);
        if let Some(eyes) = &geometry.eyes {
            let [right, left] = [self.at(&eyes[0]), self.at(&eyes[1])];
            // Half an eye distance beyond each eye, so that a slope shows.
            let beyond =
                |a: [f32; 2], b: [f32; 2]| [a[0] + (a[0] - b[0]) / 2.0, a[1] + (a[1] - b[1]) / 2.0];
            self.canvas
                .line(beyond(right, left), beyond(left, right), CYAN);
            for eye in [right, left] {
                self.canvas.ring(eye, (size * 0.05).max(4.0), CYAN);
            }
        }
        let marks = [
            (&geometry.crown, "crown", -24.0),
            (&geometry.chin, "chin", 4.0),
        ];
        for (point, name, beside) in marks {
            let Some(point) = point else { continue };
            let [x, y] = self.at(point);
            self.canvas
                .line([x - size * 0.35, y], [x + size * 0.35, y], AMBER);
            self.canvas
                .label([x + size * 0.35 - 50.0, y + beside], name, AMBER);
        }
    }

    fn words(&mut self, report: &Report, photo_width: u32) {
        let mut pen = Pen {
            canvas: &mut self.canvas,
            x: (photo_width + MARGIN_PX) as f32,
            y: MARGIN_PX as f32,
        };
        let colour = match report.verdict {
            Verdict::Pass => GREEN,
            Verdict::Warn => AMBER,
            Verdict::Reject => RED,
        };
        pen.write(&report.verdict.as_str().to_uppercase(), colour);
        pen.write(&format!("by {}", report.standard), FAINT);
        let size = format!("{} x {} px", report.width_px, report.height_px);
        pen.write(&size, FAINT);
        pen.skip();
        for reason in &report.reasons {
            let colour = match reason.severity {
                Severity::Reject => RED,
                Severity::Warn => AMBER,
                Severity::Off => FAINT,
            };
            pen.write(&reason.id, colour);
            pen.write(&reason.en, TEXT);
            pen.skip();
        }
        if let Some(pose) = report.geometry.as_ref().and_then(|g| g.pose) {
            let [yaw, pitch, roll] =
                [pose.yaw_deg, pose.pitch_deg, pose.roll_deg].map(|v| format!("{v:+.1}\u{b0}"));
            pen.write(&format!("yaw {yaw}  pitch {pitch}  roll {roll}"), FAINT);
        }
        let position = |m: &&crate::model::Measure| m.name.starts_with("position-");
        for measure in report.measures.iter().filter(position) {
            if let MeasureState::Measured { value, .. } = measure.state {
                let value = number(value);
                pen.write(&format!("{} {value} {}", measure.name, measure.unit), FAINT);
            }
        }
        let none = [
            (
                report.geometry.is_none(),
                "nothing was found of a person, or nobody looked",
            ),
            (
                report.crop.is_none(),
                "no crop: no portrait can be made of this frame",
            ),
        ];
        for (_, words) in none.into_iter().filter(|(is, _)| *is) {
            pen.skip();
            pen.write(words, FAINT);
        }
    }
}

/// Writes one line below the other.
struct Pen<'a> {
    canvas: &'a mut Canvas,
    x: f32,
    y: f32,
}

impl Pen<'_> {
    fn write(&mut self, words: &str, colour: Colour) {
        for line in wrapped(words, ((SIDE_PX - 2 * MARGIN_PX) / LETTER_WIDTH) as usize) {
            self.canvas.text([self.x, self.y], &line, colour);
            self.y += LINE_HEIGHT as f32;
        }
    }

    fn skip(&mut self) {
        self.y += LINE_HEIGHT as f32 / 2.0;
    }
}
