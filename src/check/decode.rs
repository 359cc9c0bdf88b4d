//! From bytes to the one plane that today's measures need.

use super::jpeg::{Coding, Outline, Unreadable};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The luminance of a photo: gamma-coded Y' as the file stores it, 0 to 255, row by row.
pub struct Luma {
    /// Pixels across, before any EXIF rotation.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height` values.
    pub samples: Vec<u8>,
}

impl Luma {
    /// Decodes a file that [`Outline::read`] found whole. Colour is skipped, not converted: one
    /// byte a pixel is all that is ever held (24 MB for 24 megapixels, where RGB would be 72).
    pub fn decode(data: &[u8], outline: &Outline) -> Result<Self, Unreadable> {
        // A decoder that panics on some file must cost that file's verdict, not the thread's life.
        catch_unwind(AssertUnwindSafe(|| Self::decode_inner(data, outline)))
            .unwrap_or_else(|_| Err(refused("it stopped with an internal error")))
    }

    fn decode_inner(data: &[u8], outline: &Outline) -> Result<Self, Unreadable> {
        // A sequential file has been proven whole, bit by bit, so that the decoder's own strictness
        // could only add false alarms (it minds fill bytes between segments, which are legal).
        let strict = outline.frame.coding == Coding::Progressive;
        let options = DecoderOptions::default()
            .set_strict_mode(strict)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .jpeg_set_out_colorspace(ColorSpace::Luma);
        // The decoder must not see what stands behind the image's end marker.
        let image = &data[..outline.image_bytes.min(data.len())];
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(image), options);
        decoder.decode_headers().map_err(refused)?;
        let (width, height) = (outline.frame.width as usize, outline.frame.height as usize);
        if decoder.dimensions() != Some((width, height))
            || decoder.output_buffer_size() != Some(width * height)
        {
            return Err(refused("it reads another size than the header has"));
        }
        let mut samples = vec![0; width * height];
        decoder.decode_into(&mut samples).map_err(refused)?;
        Ok(Luma {
            width,
            height,
            samples,
        })
    }
}

fn refused(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Decoder {
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_is_what_another_decoder_sees() {
        let files: [&[u8]; 4] = [
            include_bytes!("../../tests/data/grey.jpg"),
            include_bytes!("../../tests/data/subsampled.jpg"),
            include_bytes!("../../tests/data/subsampled-across.jpg"),
            include_bytes!("../../tests/data/progressive.jpg"),
        ];
        for (i, file) in files.into_iter().enumerate() {
            let outline = Outline::read(file).unwrap();
            let luma = Luma::decode(file, &outline).unwrap();
            let rgb = image::load_from_memory(file).unwrap().to_rgb8();
            assert_eq!(
                (rgb.width() as usize, rgb.height() as usize),
                (luma.width, luma.height)
            );
            for (pixel, &y) in rgb.pixels().zip(&luma.samples) {
                // BT.601 as JFIF has it; where a channel was clipped, Y' cannot be had back.
                let [r, g, b] = pixel.0.map(f64::from);
                let clipped = pixel.0.iter().any(|c| matches!(c, 0 | 255));
                let back = 0.299 * r + 0.587 * g + 0.114 * b;
                assert!(
                    clipped || (back - f64::from(y)).abs() < 2.0,
                    "file {i}: {back} and {y}"
                );
            }
        }
    }
}
