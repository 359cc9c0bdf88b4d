//! What the file's tables and tags tell without looking at a pixel.

use super::jpeg::Outline;

/// The luminance table of ITU-T T.81, annex K.1, from which the quality of the IJG's library (and
/// so the common 1–100 scale) is derived. In reading order; only the sum is used.
const ANNEX_K_LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// The quality, 1 to 100 on the IJG scale, whose luminance table is as coarse as this file's.
/// Cameras have tables of their own: it is an equivalent, not a setting read back.
pub fn quality(outline: &Outline) -> f64 {
    let sum = |table: &[u16; 64]| table.iter().map(|&q| f64::from(q)).sum::<f64>();
    let percent = 100.0 * sum(&outline.luma_quantisation) / sum(&ANNEX_K_LUMA);
    let quality = if percent <= 100.0 {
        (200.0 - percent) / 2.0
    } else {
        5000.0 / percent
    };
    quality.clamp(1.0, 100.0)
}

/// EXIF orientation, 1 to 8; `None` where the file has none that can be read.
pub fn orientation(outline: &Outline) -> Option<u8> {
    let exif = exif::Reader::new().read_raw(outline.exif?.to_vec()).ok()?;
    let field = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?;
    let value = u8::try_from(field.value.get_uint(0)?).ok()?;
    (1..=8).contains(&value).then_some(value)
}

/// Whether that orientation swaps width and height for the viewer.
pub fn turns(orientation: Option<u8>) -> bool {
    orientation.is_some_and(|o| o >= 5)
}
