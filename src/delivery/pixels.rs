//! From an original's bytes to the pixels of a crop, in linear light.

use super::portrait::PortraitError;
use crate::check::{Coding, Outline};
use crate::model::Crop;
use exif::{Exif, In, Tag};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U16x3};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{Rgb, RgbImage};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// An original, decoded as it is stored.
pub(super) struct Original {
    /// Pixels across as stored, before any EXIF rotation.
    width: usize,
    height: usize,
    /// Three bytes a pixel, in whatever colour space the file is in.
    rgb: Vec<u8>,
    /// EXIF orientation, 1 to 8.
    orientation: u8,
    /// The embedded colour profile.
    pub(super) icc: Option<Vec<u8>>,
    /// EXIF says Adobe RGB in the way of the camera makers' file-system rule (DCF): interoperability index `R03`.
    pub(super) is_dcf_adobe: bool,
    /// EXIF says that the colour space is none of those it knows.
    pub(super) is_uncalibrated: bool,
}

impl Original {
    /// Decodes a whole JPEG; the decoder never sees one that is not.
    pub(super) fn decode(jpeg: &[u8]) -> Result<Self, PortraitError> {
        let outline = Outline::read(jpeg).map_err(PortraitError::Unreadable)?;
        // A decoder that panics on some file must cost that file's portrait, not the thread's life.
        catch_unwind(AssertUnwindSafe(|| Self::decode_inner(jpeg, &outline)))
            .unwrap_or_else(|_| Err(refused("it stopped with an internal error")))
    }

    fn decode_inner(jpeg: &[u8], outline: &Outline) -> Result<Self, PortraitError> {
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        // The decoder silently makes garbage of sequential files with a scan for each component and halved chroma.
        // No camera writes them.
        if outline.frame.coding != Coding::Progressive && outline.scans > 1 {
            return Err(refused("its colours are stored one after the other"));
        }
        let image = &jpeg[..outline.image_bytes.min(jpeg.len())];
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(image), options);
        decoder.decode_headers().map_err(refused)?;
        let (width, height) = (outline.frame.width as usize, outline.frame.height as usize);
        let size = width * height * 3;
        if decoder.dimensions() != Some((width, height))
            || decoder.output_buffer_size() != Some(size)
        {
            return Err(refused("it reads another size than the header has"));
        }
        let mut rgb = vec![0; size];
        decoder.decode_into(&mut rgb).map_err(refused)?;
        let exif = (outline.exif).and_then(|e| exif::Reader::new().read_raw(e.to_vec()).ok());
        let number = |tag| uint(exif.as_ref()?, tag);
        Ok(Original {
            width,
            height,
            rgb,
            orientation: match number(Tag::Orientation) {
                Some(value @ 1..=8) => value as u8,
                _ => 1,
            },
            icc: decoder.icc_profile(),
            is_dcf_adobe: exif.as_ref().is_some_and(is_dcf_adobe),
            is_uncalibrated: number(Tag::ColorSpace) == Some(UNCALIBRATED),
        })
    }

    /// Width and height as a viewer sees them, in pixels.
    pub(super) fn upright_size(&self) -> (usize, usize) {
        match self.orientation {
            5..=8 => (self.height, self.width),
            _ => (self.width, self.height),
        }
    }

    /// The stored pixel that a viewer sees `x` from the left and `y` from the top.
    fn stored(&self, x: usize, y: usize) -> [u8; 3] {
        let (right, bottom) = (self.width - 1, self.height - 1);
        let (column, row) = match self.orientation {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        };
        let at = 3 * (row * self.width + column);
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// The whole upright picture with its longest side at most so long, in pixels; colours as the file codes them.
    pub(super) fn shrunk(self, longest: u32) -> Result<RgbImage, PortraitError> {
        let (width, height) = (self.width as u32, self.height as u32);
        let most = width.max(height).max(1);
        let to = longest.min(most);
        let side = |v: u32| ((u64::from(v) * u64::from(to) / u64::from(most)) as u32).max(1);
        let source =
            TypedImageRef::<U8x3>::from_buffer(width, height, &self.rgb).map_err(unscaled)?;
        let mut small = TypedImage::<U8x3>::new(side(width), side(height));
        let smooth = ResizeAlg::Convolution(FilterType::Bilinear);
        let options = ResizeOptions::new().resize_alg(smooth).use_alpha(false);
        Resizer::new()
            .resize_typed(&source, &mut small, &options)
            .map_err(unscaled)?;
        let small = Original {
            width: side(width) as usize,
            height: side(height) as usize,
            rgb: small.pixels().iter().flat_map(|p| p.0).collect(),
            ..self
        };
        let (across, down) = small.upright_size();
        let pixel = |x: u32, y: u32| Rgb(small.stored(x as usize, y as usize));
        Ok(RgbImage::from_fn(across as u32, down as u32, pixel))
    }

    /// The crop, scaled by Lanczos (three lobes) to `width` × `height` pixels; 16 bits a channel, coded by the
    /// sRGB curve. The crop must lie inside.
    ///
    /// It is scaled in linear light, which is what a lens and a coarser sensor would have averaged: scaled as
    /// stored, fine dark and light lines (hair before a light background) come out darker than they are.
    /// For that, sRGB's curve is close enough to that of any camera's colour space.
    pub(super) fn cut(
        self,
        crop: &Crop,
        width: u32,
        height: u32,
    ) -> Result<Vec<u16>, PortraitError> {
        let curve: Vec<u16> = (0..=255u8)
            .map(|v| to_linear(f64::from(v) / 255.0))
            .collect();
        let mut cut = Vec::with_capacity(crop.width as usize * crop.height as usize);
        for y in 0..crop.height {
            for x in 0..crop.width {
                let pixel = self.stored((crop.x + x) as usize, (crop.y + y) as usize);
                cut.push(U16x3::new(pixel.map(|v| curve[usize::from(v)])));
            }
        }
        drop(self);
        let source = TypedImageRef::new(crop.width, crop.height, &cut).map_err(unscaled)?;
        let mut scaled = TypedImage::<U16x3>::new(width, height);
        let lanczos = ResizeAlg::Convolution(FilterType::Lanczos3);
        let options = ResizeOptions::new().resize_alg(lanczos).use_alpha(false);
        Resizer::new()
            .resize_typed(&source, &mut scaled, &options)
            .map_err(unscaled)?;
        let coded = |v: u16| (from_linear(f64::from(v) / 65535.0) * 65535.0).round() as u16;
        let pixels = scaled.pixels().iter();
        Ok(pixels.flat_map(|p| p.0.map(coded)).collect())
    }
}

/// EXIF's value of `ColorSpace` for everything but sRGB.
const UNCALIBRATED: u32 = 0xFFFF;

fn uint(exif: &Exif, tag: Tag) -> Option<u32> {
    exif.get_field(tag, In::PRIMARY)?.value.get_uint(0)
}

fn is_dcf_adobe(exif: &Exif) -> bool {
    let field = exif.get_field(Tag::InteroperabilityIndex, In::PRIMARY);
    match field.map(|f| &f.value) {
        Some(exif::Value::Ascii(words)) => words.iter().any(|w| w.starts_with(b"R03")),
        _ => false,
    }
}

/// IEC 61966-2-1 (sRGB), from the coded value to light, 0 to 1 onto 0 to 65535.
fn to_linear(coded: f64) -> u16 {
    let light = if coded <= 0.04045 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    };
    (light * 65535.0).round() as u16
}

/// The way back, 0 to 1 onto 0 to 1.
fn from_linear(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

fn refused(error: impl std::fmt::Display) -> PortraitError {
    PortraitError::Decoder {
        message: error.to_string(),
    }
}

fn unscaled(error: impl std::fmt::Display) -> PortraitError {
    PortraitError::Scale {
        message: error.to_string(),
    }
}
