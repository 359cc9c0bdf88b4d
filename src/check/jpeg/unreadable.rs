//! Why a file cannot be judged.

use super::{MAX_FILE_BYTES, MAX_PIXELS, MAX_PIXELS_PROGRESSIVE};
use crate::model::Bytes;
use thiserror::Error;

/// A file that is not a whole photo.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Zero bytes.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// It does not begin as a JPEG does.
    #[error("the file is not a JPEG")]
    NotJpeg,
    /// More bytes than any photo of a session has.
    #[error("the file has {bytes}; the check reads at most {limit}")]
    TooBig {
        /// Its size.
        bytes: Bytes,
        /// The largest that is read.
        limit: Bytes,
    },
    /// More pixels than is decoded.
    #[error(
        "the header claims {width} x {height} pixels; the check decodes at most {limit_mpx} megapixels of this kind"
    )]
    TooManyPixels {
        /// Pixels, as claimed.
        width: u32,
        /// Pixels, as claimed.
        height: u32,
        /// The largest that is decoded, in megapixels.
        limit_mpx: u64,
    },
    /// It ends before its end marker.
    #[error("the file is cut off: it ends after {bytes} without an end marker")]
    Truncated {
        /// How much there is.
        bytes: Bytes,
    },
    /// Something inside contradicts the format.
    #[error("the file is damaged near byte {offset}: {what}")]
    Damaged {
        /// Where, in bytes from the start.
        offset: usize,
        /// What was found.
        what: &'static str,
    },
    /// A kind of JPEG that cameras do not write.
    #[error("the file is a JPEG of a kind that is not supported: {what}")]
    Unsupported {
        /// Which.
        what: &'static str,
    },
    /// The decoder gave up on it.
    #[error("the decoder refused the file: {message}")]
    Decoder {
        /// The decoder's words.
        message: String,
    },
}

impl Unreadable {
    /// For a file of that many bytes.
    pub(in crate::check) fn too_big(bytes: u64) -> Self {
        Unreadable::TooBig {
            bytes: Bytes(bytes),
            limit: Bytes(MAX_FILE_BYTES as u64),
        }
    }

    /// For an image of that size.
    pub(super) fn too_many_pixels(width: u32, height: u32, progressive: bool) -> Self {
        let limit = if progressive {
            MAX_PIXELS_PROGRESSIVE
        } else {
            MAX_PIXELS
        };
        Unreadable::TooManyPixels {
            width,
            height,
            limit_mpx: limit / 1_000_000,
        }
    }

    /// The same as the error's text, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Unreadable::Empty => "文件是空的（0 字节）".to_owned(),
            Unreadable::NotJpeg => "文件不是 JPEG".to_owned(),
            Unreadable::TooBig { bytes, limit } => {
                format!("文件有 {bytes}，超过上限 {limit}")
            }
            Unreadable::TooManyPixels {
                width,
                height,
                limit_mpx,
            } => format!("文件头声称 {width} x {height} 像素，超过上限 {limit_mpx} 百万像素"),
            Unreadable::Truncated { bytes } => {
                format!("文件不完整：只有 {bytes}，缺少结尾")
            }
            Unreadable::Damaged { offset, .. } => {
                format!("文件已损坏（第 {offset} 字节附近）")
            }
            Unreadable::Unsupported { .. } => "不支持这种 JPEG 格式".to_owned(),
            Unreadable::Decoder { .. } => "文件无法解码".to_owned(),
        }
    }
}
