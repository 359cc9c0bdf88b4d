//! From an original's bytes to the pixels of a crop, in linear light.

use super::portrait::PortraitError;
use crate::check::Outline;
use crate::check::colour::{coded, linear};
use crate::check::picture::{Colour, Turn};
use crate::model::Crop;
use exif::{Exif, In, Tag};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U16x3};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// An original, decoded as it is stored.
pub(super) struct Original {
    /// Its pixels, in whatever colour space the file is in.
    stored: Colour,
    /// How they stand upright.
    turn: Turn,
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
        let stored = Colour::decode_all(jpeg, &outline).map_err(PortraitError::Unreadable)?;
        let exif = (outline.exif).and_then(|e| exif::Reader::new().read_raw(e.to_vec()).ok());
        let number = |tag| uint(exif.as_ref()?, tag);
        let orientation = number(Tag::Orientation).and_then(|v| u8::try_from(v).ok());
        Ok(Original {
            stored,
            turn: Turn::new(orientation),
            icc: outline.icc_profile(),
            is_dcf_adobe: exif.as_ref().is_some_and(is_dcf_adobe),
            is_uncalibrated: number(Tag::ColorSpace) == Some(UNCALIBRATED),
        })
    }

    /// Width and height as a viewer sees them, in pixels.
    pub(super) fn upright_size(&self) -> (usize, usize) {
        self.turn.size((self.stored.width, self.stored.height))
    }

    /// The stored pixel that a viewer sees `x` from the left and `y` from the top.
    fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let Colour { width, height, .. } = self.stored;
        let (column, row) = self.turn.stored(x as usize, y as usize, width, height);
        self.stored.at(column as i32, row as i32)
    }

    /// The whole upright picture with its longest side at most so long, in pixels; colours as the file codes them.
    pub(super) fn shrunk(self, longest: u32) -> Result<RgbImage, PortraitError> {
        let (width, height) = (self.stored.width as u32, self.stored.height as u32);
        let most = width.max(height).max(1);
        let to = longest.min(most);
        let side = |v: u32| ((u64::from(v) * u64::from(to) / u64::from(most)) as u32).max(1);
        let source = TypedImageRef::<U8x3>::from_buffer(width, height, &self.stored.rgb)
            .map_err(unscaled)?;
        let mut small = TypedImage::<U8x3>::new(side(width), side(height));
        let smooth = ResizeAlg::Convolution(FilterType::Bilinear);
        let options = ResizeOptions::new().resize_alg(smooth).use_alpha(false);
        Resizer::new()
            .resize_typed(&source, &mut small, &options)
            .map_err(unscaled)?;
        let small = small.pixels().iter().flat_map(|p| p.0).collect();
        let (width, height) = (side(width) as usize, side(height) as usize);
        let (rgb, across, down) = self.turn.apply(small, width, height, 3);
        RgbImage::from_raw(across as u32, down as u32, rgb)
            .ok_or_else(|| unscaled("the size of the scaled picture is not what was asked for"))
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
        let light = |code: u8| (linear(code) * 65535.0).round() as u16;
        let curve: Vec<u16> = (0..=255).map(light).collect();
        let mut cut = Vec::with_capacity(crop.width as usize * crop.height as usize);
        for y in 0..crop.height {
            for x in 0..crop.width {
                let pixel = self.pixel(crop.x + x, crop.y + y);
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
        let code = |v: u16| (coded(f64::from(v) / 65535.0) * 65535.0).round() as u16;
        let pixels = scaled.pixels().iter();
        Ok(pixels.flat_map(|p| p.0.map(code)).collect())
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

fn unscaled(error: impl std::fmt::Display) -> PortraitError {
    PortraitError::Scale {
        message: error.to_string(),
    }
}
