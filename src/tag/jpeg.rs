//! The header of a JPEG as a row of segments, up to the first scan. What lies behind is never looked at.

use super::TagError;
use std::ops::Range;

/// Begins the payload of an APP1 segment with an XMP packet.
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Begins the payload of an APP1 segment with EXIF.
const EXIF: &[u8] = b"Exif\0";
/// Begins the payload of an APP2 segment with the index of a multi-picture file (CIPA DC-007).
const MULTI_PICTURE: &[u8] = b"MPF\0";

const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;
const START_OF_IMAGE: u8 = 0xD8;

/// The largest packet that fits one segment: 65,535 bytes less the length field and the XMP signature.
pub(super) const MAX_PACKET: usize = 65_535 - 2 - XMP.len();

/// One segment of the header.
pub(super) struct Segment {
    /// All of it, fill bytes and marker included.
    pub span: Range<usize>,
    /// The marker's second byte.
    pub marker: u8,
    /// What follows the length field.
    pub payload: Range<usize>,
}

impl Segment {
    fn begins_with(&self, marker: u8, signature: &[u8], jpeg: &[u8]) -> bool {
        self.marker == marker && jpeg[self.payload.clone()].starts_with(signature)
    }

    /// Whether it is a (main) XMP packet.
    pub fn is_xmp(&self, jpeg: &[u8]) -> bool {
        self.begins_with(APP1, XMP, jpeg)
    }

    /// Whether it is the index of a multi-picture file.
    pub fn is_multi_picture_index(&self, jpeg: &[u8]) -> bool {
        self.begins_with(APP2, MULTI_PICTURE, jpeg)
    }

    fn leads(&self, jpeg: &[u8]) -> bool {
        self.marker == APP0 || self.begins_with(APP1, EXIF, jpeg)
    }
}

/// Everything before the first scan.
pub(super) struct Head {
    /// In file order.
    pub segments: Vec<Segment>,
    /// Where the first scan's marker begins, its fill bytes included.
    pub scan_at: usize,
}

impl Head {
    /// Takes a file's header apart.
    pub fn read(jpeg: &[u8]) -> Result<Self, TagError> {
        if !jpeg.starts_with(&[0xFF, START_OF_IMAGE]) {
            return Err(TagError::NotJpeg { size: jpeg.len() });
        }
        let mut segments = Vec::new();
        let mut at = 2;
        loop {
            let start = at;
            // Any marker may be preceded by any number of FF fill bytes.
            while jpeg.get(at + 1) == Some(&0xFF) && jpeg[at] == 0xFF {
                at += 1;
            }
            let marker = match (jpeg.get(at), jpeg.get(at + 1)) {
                (Some(0xFF), Some(&marker)) if marker != 0 => marker,
                _ => return Err(TagError::BrokenHeader { offset: at }),
            };
            at += 2;
            let payload = match marker {
                START_OF_SCAN => {
                    return Ok(Self {
                        segments,
                        scan_at: start,
                    });
                }
                END_OF_IMAGE => return Err(TagError::NoImage { offset: start }),
                START_OF_IMAGE => return Err(TagError::BrokenHeader { offset: start }),
                // TEM and the restart markers stand alone, without a length.
                0x01 | 0xD0..=0xD7 => at..at,
                _ => payload(jpeg, at).ok_or(TagError::BrokenHeader { offset: start })?,
            };
            at = payload.end;
            segments.push(Segment {
                span: start..at,
                marker,
                payload,
            });
        }
    }

    /// The XMP packets, in file order; there should be one at most.
    pub fn xmp_packets<'a>(&self, jpeg: &'a [u8]) -> Vec<&'a [u8]> {
        self.segments
            .iter()
            .filter(|s| s.is_xmp(jpeg))
            .map(|s| &jpeg[s.payload.clone()][XMP.len()..])
            .collect()
    }

    /// Before which segment our packet belongs: behind the leading run of JFIF and EXIF. Packets that are
    /// there already do not count, so that the place is the same when tagging again.
    pub fn insertion_point(&self, jpeg: &[u8]) -> usize {
        let mut point = 0;
        for (position, segment) in self.segments.iter().enumerate() {
            if segment.leads(jpeg) {
                point = position + 1;
            } else if !segment.is_xmp(jpeg) {
                break;
            }
        }
        point
    }
}

/// The payload of the segment whose length field is at `at`, if it ends within the file.
fn payload(jpeg: &[u8], at: usize) -> Option<Range<usize>> {
    let field = jpeg.get(at..at + 2)?;
    let length = usize::from(u16::from_be_bytes([field[0], field[1]]));
    let end = at + length;
    (length >= 2 && end <= jpeg.len()).then_some(at + 2..end)
}

/// A segment with this packet, which is no longer than [`MAX_PACKET`].
pub(super) fn xmp_segment(packet: &str) -> Vec<u8> {
    let length = (2 + XMP.len() + packet.len()) as u16;
    let mut segment = vec![0xFF, APP1];
    segment.extend_from_slice(&length.to_be_bytes());
    segment.extend_from_slice(XMP);
    segment.extend_from_slice(packet.as_bytes());
    segment
}
