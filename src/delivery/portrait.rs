//! The portrait's file, made from an original and the crop that its report names.

use super::colour::{self, Said};
use super::encode::{self, Frame};
use super::pixels::Original;
use crate::check::{Metadata, PortraitRules, Unreadable};
use crate::model::Crop;
use thiserror::Error;

/// A finished portrait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portrait {
    /// The file: a baseline JPEG in sRGB.
    pub jpeg: Vec<u8>,
    /// Its quality, 1 to 100 on the IJG scale.
    pub quality: u8,
    /// What somebody may want to know of it.
    pub notes: Vec<Note>,
}

/// Something about a portrait that does not keep it from being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The file is smaller than usual although its quality could not be higher.
    BelowSize {
        /// Its size in bytes.
        bytes: usize,
        /// The usual least, in bytes.
        least: usize,
    },
    /// The file is larger than usual although its quality may not be lower.
    AboveSize {
        /// Its size in bytes.
        bytes: usize,
        /// The usual most, in bytes.
        most: usize,
    },
    /// The embedded colour profile was of no use; the colours were taken for sRGB.
    ProfileIgnored {
        /// In English.
        why: String,
    },
    /// The file says that its colours are not sRGB, but not what they are; they were taken for sRGB.
    UnknownColours,
    /// The rules ask for the student's identity in the file, and none was given.
    NoIdentity,
}

impl Note {
    /// For people, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Note::BelowSize { bytes, least } => {
                format!("文件 {bytes} 字节，小于通常的 {least} 字节（质量已是最高）")
            }
            Note::AboveSize { bytes, most } => {
                format!("文件 {bytes} 字节，大于通常的 {most} 字节（质量已是允许的最低）")
            }
            Note::ProfileIgnored { why } => {
                format!("嵌入的色彩配置无法使用（{why}），按 sRGB 处理：请核对颜色")
            }
            Note::UnknownColours => {
                "文件标明不是 sRGB 却没有色彩配置，按 sRGB 处理：请把相机色彩空间设为 sRGB"
                    .to_owned()
            }
            Note::NoIdentity => "标准要求写入学号，但没有提供".to_owned(),
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Note::BelowSize { bytes, least } => write!(
                f,
                "the file has {bytes} bytes, below the usual size of {least}, at the highest quality"
            ),
            Note::AboveSize { bytes, most } => write!(
                f,
                "the file has {bytes} bytes, above the usual size of {most}, at the lowest quality allowed"
            ),
            Note::ProfileIgnored { why } => write!(
                f,
                "the embedded colour profile is of no use ({why}), taken for sRGB: look at the colours"
            ),
            Note::UnknownColours => write!(
                f,
                "the file says it is not sRGB and has no colour profile, taken for sRGB: set the camera's colour space to sRGB"
            ),
            Note::NoIdentity => write!(
                f,
                "the standard asks for the student number in the file, and none was given"
            ),
        }
    }
}

/// Why there is no portrait.
#[derive(Debug, Error)]
pub enum PortraitError {
    /// The original is not a whole JPEG, or the decoder refused it.
    #[error("the photo cannot be read; shoot again, or fetch it from the card again")]
    Unreadable(#[source] Unreadable),
    /// The crop is not inside the photo, or of another shape or fewer pixels than the portrait.
    #[error(
        "no portrait of {}x{} px can be made from {}x{} px at ({}, {}) of a photo of {}x{} px; check the photo again, by the same standard",
        wanted.0, wanted.1, crop.width, crop.height, crop.x, crop.y, photo.0, photo.1
    )]
    Crop {
        /// As given.
        crop: Crop,
        /// Width and height of the upright photo.
        photo: (usize, usize),
        /// Width and height of the portrait.
        wanted: (u32, u32),
    },
    /// The scaling failed.
    #[error("the portrait could not be scaled ({message})")]
    Scale {
        /// The cause.
        message: String,
    },
    /// The colours could not be converted.
    #[error(
        "the photo's colours cannot be converted to sRGB ({message}); set the camera's colour space to sRGB"
    )]
    Colour {
        /// The cause.
        message: String,
    },
    /// The file could not be encoded.
    #[error("the portrait could not be encoded")]
    Encode(#[source] jpeg_encoder::EncodingError),
    /// Even at the lowest quality the file is too large.
    #[error(
        "the portrait takes {bytes} bytes at quality {quality}, the lowest allowed, and at most {most} are allowed; shoot with less noise (lower ISO, more light), or allow more in the standard's [portrait]"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest allowed.
        most: usize,
        /// The lowest allowed.
        quality: u8,
    },
    /// Even at the highest quality the file is too small.
    #[error(
        "the portrait takes only {bytes} bytes at quality {quality}, and at least {least} are asked for; look whether the photo is blurred, or ask for less in the standard's [portrait]"
    )]
    TooSmall {
        /// Its size.
        bytes: usize,
        /// The smallest allowed.
        least: usize,
        /// The highest there is.
        quality: u8,
    },
}

/// Makes the portrait: decodes the original, sets it upright by its EXIF orientation, cuts the crop, scales it down,
/// brings it to sRGB and encodes it in the highest quality that keeps the size. Equal input gives equal bytes.
/// `identity` is an XMP packet with the student number; it goes into the file where the rules ask for it.
///
/// Holds three bytes for each of the original's pixels and then six for each of the crop's.
pub fn make(
    jpeg: &[u8],
    crop: Crop,
    rules: &PortraitRules,
    identity: Option<&[u8]>,
) -> Result<Portrait, PortraitError> {
    let original = Original::decode(jpeg)?;
    let (width, height) = check_crop(&crop, original.upright_size(), rules)?;
    let said = Said {
        icc: original.icc.clone(),
        is_dcf_adobe: original.is_dcf_adobe,
        is_uncalibrated: original.is_uncalibrated,
    };
    let coded = original.cut(&crop, width.into(), height.into())?;
    let (rgb, mut notes) = colour::to_srgb(coded, &said)?;
    let xmp = match rules.metadata {
        Metadata::None => None,
        Metadata::Identity => identity,
    };
    if rules.metadata == Metadata::Identity && identity.is_none() {
        notes.push(Note::NoIdentity);
    }
    let frame = Frame {
        width,
        height,
        dpi: rules.dpi,
        xmp,
    };
    let (jpeg, quality, note) = encode::fitted(&rgb, &frame, rules)?;
    notes.extend(note);
    Ok(Portrait {
        jpeg,
        quality,
        notes,
    })
}

/// The portrait's size, if the crop is inside, of exactly its shape, and has no fewer pixels.
fn check_crop(
    crop: &Crop,
    photo: (usize, usize),
    rules: &PortraitRules,
) -> Result<(u16, u16), PortraitError> {
    let (width, height) = (rules.bands.width_px, rules.bands.height_px);
    let [x, y, w, h] = [crop.x, crop.y, crop.width, crop.height].map(u64::from);
    let inside = x + w <= photo.0 as u64 && y + h <= photo.1 as u64;
    let same_shape = w * u64::from(height) == h * u64::from(width);
    let size = u16::try_from(width).ok().zip(u16::try_from(height).ok());
    match size {
        Some(size) if inside && same_shape && w >= u64::from(width) => Ok(size),
        _ => Err(PortraitError::Crop {
            crop: *crop,
            photo,
            wanted: (width, height),
        }),
    }
}
