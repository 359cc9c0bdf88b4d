//! A drawn figure whose crown, eyes and cheeks are known to the pixel.

use crate::check::face::mesh;
use crate::check::position::Head;
use crate::model::{Geometry, Point, Pose, Rect, Silhouette};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

pub const BLUE: [u8; 3] = [100, 197, 255];
pub const HAIR: [u8; 3] = [25, 20, 18];
pub const SKIN: [u8; 3] = [224, 180, 150];
pub const EYE: [u8; 3] = [10, 10, 10];
pub const SHIRT: [u8; 3] = [240, 240, 240];

/// A head whose face is `face` px wide, with its middle at `x` and its eye line at `y`.
pub fn head(x: f32, y: f32, face: f32) -> Head {
    Head {
        crown_y: y - 0.70 * face,
        eyes_y: y,
        chin_y: y + 0.65 * face,
        middle_x: x,
        face_width: face,
    }
}

/// The figure on light blue: an ellipse of hair from the crown, one of skin down to the chin, eyes as discs, a shirt.
/// A darker disc on the image's left cheek tells left from right.
pub fn draw(width: u32, height: u32, head: &Head) -> RgbImage {
    let (x, face) = (head.middle_x, head.face_width);
    let ellipse = |px: f32, py: f32, top: f32, bottom: f32, half: f32| {
        let (middle, tall) = ((top + bottom) / 2.0, (bottom - top) / 2.0);
        ((px - x) / half).powi(2) + ((py - middle) / tall).powi(2) <= 1.0
    };
    let disc = |px: f32, py: f32, cx: f32, cy: f32, r: f32| (px - cx).hypot(py - cy) <= r;
    RgbImage::from_fn(width, height, |px, py| {
        let (px, py) = (px as f32 + 0.5, py as f32 + 0.5);
        let eye = |side: f32| disc(px, py, x + side * 0.22 * face, head.eyes_y, 0.05 * face);
        let colour = if eye(-1.0) || eye(1.0) {
            EYE
        } else if disc(
            px,
            py,
            x - 0.3 * face,
            head.eyes_y + 0.25 * face,
            0.08 * face,
        ) {
            [150, 60, 60]
        } else if ellipse(px, py, head.eyes_y - 0.45 * face, head.chin_y, face / 2.0) {
            SKIN
        } else if ellipse(px, py, head.crown_y, head.chin_y - 0.1 * face, 0.58 * face) {
            HAIR
        } else if ellipse(
            px,
            py,
            head.chin_y + 0.05 * face,
            head.chin_y + 4.0 * face,
            1.3 * face,
        ) {
            SHIRT
        } else {
            BLUE
        };
        Rgb(colour)
    })
}

/// Adds the same noise each time, up to `by` to either side.
pub fn noisy(mut image: RgbImage, by: i32) -> RgbImage {
    let mut state = 1u32;
    for value in image.iter_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = (state >> 16) as i32 % (2 * by + 1) - by;
        *value = (i32::from(*value) + random).clamp(0, 255) as u8;
    }
    image
}

/// As a camera's JPEG, with these blocks in it.
pub fn jpeg(image: &RgbImage, exif: Option<Vec<u8>>, icc: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc).unwrap();
    }
    encoder
        .write_image(
            image,
            image.width(),
            image.height(),
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    bytes
}

/// An EXIF block with this orientation, colour space and interoperability index.
pub fn exif(orientation: u16, colour_space: u16, index: Option<&str>) -> Vec<u8> {
    let ascii = |words: &str| exif::Value::Ascii(vec![words.as_bytes().to_vec()]);
    let field = |tag, value| exif::Field {
        tag,
        ifd_num: exif::In::PRIMARY,
        value,
    };
    let mut fields = vec![
        field(
            exif::Tag::Orientation,
            exif::Value::Short(vec![orientation]),
        ),
        field(
            exif::Tag::ColorSpace,
            exif::Value::Short(vec![colour_space]),
        ),
    ];
    fields.extend(index.map(|i| field(exif::Tag::InteroperabilityIndex, ascii(i))));
    let mut writer = exif::experimental::Writer::new();
    fields.iter().for_each(|f| writer.push_field(f));
    let mut block = std::io::Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    block.into_inner()
}

/// What a perfect search would find of that head.
pub fn geometry(head: &Head) -> Geometry {
    let (x, face) = (head.middle_x, head.face_width);
    let point = |x: f32, y: f32| Point { x, y };
    // Rings stand in for the mesh; its two outermost points beside the cheeks are where they belong.
    let mut landmarks: Vec<Point> = (0..478)
        .map(|i| {
            let (ring, turn) = ((i % 6 + 1) as f32 / 6.0, i as f32 * 0.41);
            let middle = head.eyes_y + 0.12 * face;
            point(
                x + turn.cos() * ring * 0.5 * face,
                middle + turn.sin() * ring * 0.53 * face,
            )
        })
        .collect();
    landmarks[mesh::CHEEKS[0]] = point(x - face / 2.0, head.eyes_y + 0.1 * face);
    landmarks[mesh::CHEEKS[1]] = point(x + face / 2.0, head.eyes_y + 0.1 * face);
    Geometry {
        faces: vec![Rect {
            x: x - 0.5 * face,
            y: head.eyes_y - 0.4 * face,
            width: face,
            height: 1.1 * face,
        }],
        landmarks,
        eyes: Some([-1.0, 1.0].map(|side: f32| point(x + side * 0.22 * face, head.eyes_y))),
        crown: Some(point(x, head.crown_y)),
        chin: Some(point(x, head.chin_y)),
        pose: Some(Pose {
            yaw_deg: 1.2,
            pitch_deg: -0.4,
            roll_deg: 0.3,
        }),
        person: Some(Silhouette {
            width: 4,
            height: 4,
            rows: vec![vec![[1, 3]], vec![[1, 3]], vec![[1, 3]], vec![[0, 4]]],
        }),
    }
}
