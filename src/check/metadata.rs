//! What the file's tables and tags tell without looking at a pixel.

/// The luminance table of ITU-T T.81, annex K.1, from which the quality of the IJG's library (and
/// so the common 1–100 scale) is derived; in the zigzag order of a file.
const ANNEX_K_LUMA: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
    29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81,
    87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/// The quality, 1 to 100 on the IJG scale, whose luminance table is as coarse as this one of a file, which is in the file's order.
/// Cameras have tables of their own: it is an equivalent, not a setting read back.
pub fn quality(luma_quantisation: &[u16; 64]) -> f64 {
    let (mut coarse, mut base) = (0.0, 0.0);
    for (&step, &of_base) in luma_quantisation.iter().zip(&ANNEX_K_LUMA) {
        // Steps of 255 were cut off there, as a byte holds no more.
        if step != 255 {
            coarse += f64::from(step);
            base += f64::from(of_base);
        }
    }
    if base == 0.0 {
        return 1.0;
    }
    let percent = 100.0 * coarse / base;
    let quality = if percent <= 100.0 {
        (200.0 - percent) / 2.0
    } else {
        5000.0 / percent
    };
    quality.clamp(1.0, 100.0)
}

/// EXIF orientation, 1 to 8; `None` where the file has none that can be read. Takes the EXIF block,
/// from its TIFF header on.
pub fn orientation(exif: Option<&[u8]>) -> Option<u8> {
    let exif = exif::Reader::new().read_raw(exif?.to_vec()).ok()?;
    let field = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?;
    let value = u8::try_from(field.value.get_uint(0)?).ok()?;
    (1..=8).contains(&value).then_some(value)
}
