//! Whose portrait it is, written into the file itself: bytes in, bytes out.
//!
//! A tag is one XMP packet in a JPEG, or the same packet as a sidecar beside a RAW. This room never
//! opens a file, never looks at a pixel and never changes one: everything from the first scan on is
//! copied as it is (I9), and so is every segment before it except the XMP packet, plus the index of a
//! multi-picture file, whose offsets must follow when the metadata grows. Tagging again replaces our
//! own properties only, so tagging twice gives the same bytes as tagging once, and the tag of another
//! student leaves nothing of the first behind.
//!
//! Where each fact goes:
//!
//! | fact | property |
//! |---|---|
//! | student number | `dc:identifier`, and `shutterline:studentNumber` |
//! | name, if the config allows it | `Iptc4xmpExt:PersonInImage` |
//! | session's name | `Iptc4xmpExt:Event` |
//! | serial, session, frame, station | `shutterline:serial`, `session`, `frame`, `station` |
//! | capture time in UTC, and its trust | `shutterline:takenAt`, `takenAtTrusted` |
//!
//! These properties are ours: what a camera wrote under the same name is replaced. Everything else that
//! a camera put into its XMP (a rating, the IPTC preset of the photographer) is carried over as it was
//! written, extended packets included. A packet that cannot be read is not thrown away either: its bytes
//! are kept in hexadecimal in `shutterline:unreadXmp`.
//!
//! IPTC IIM (APP13) is left alone on purpose: its fields are cut at 32 or 64 bytes, its text has no
//! reliable encoding for Chinese, and readers take XMP first; a second copy of the student number
//! could only ever disagree.

mod jpeg;
mod mpf;
mod time;
mod xmp;

use crate::model::{FrameId, Serial, SessionId, StationId, StudentNumber, WallMs};

/// What a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFields {
    /// Whose frame it is; `None` when set aside, a test, or the serial is not bound yet.
    pub student: Option<StudentNumber>,
    /// The student's name; given only where the config allows names in files.
    pub name: Option<String>,
    /// The number in the queue.
    pub serial: Option<Serial>,
    /// The session it was shot in.
    pub session: Option<SessionId>,
    /// What people call that session.
    pub session_name: Option<String>,
    /// The frame's only identity.
    pub frame: FrameId,
    /// Which station shot it.
    pub station: StationId,
    /// When the shutter fired.
    pub taken_at: WallMs,
    /// Whether the wall clock was trusted then.
    pub taken_at_trusted: bool,
}

/// Why a file cannot be tagged. The file itself is no worse for it: archive it as it came, with a sidecar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The first two bytes are not a JPEG's.
    #[error(
        "not a JPEG ({size} bytes, it does not begin with FF D8); keep the file as it came and look at the camera's image format"
    )]
    NotJpeg {
        /// Size of what was given.
        size: usize,
    },
    /// A metadata segment runs past the end of the file, or no segment begins where one must.
    #[error(
        "the JPEG's header is broken at byte {offset}; keep the file as it came, read it again from the camera, and shoot again if it stays so"
    )]
    BrokenHeader {
        /// Where, in bytes from the start of the file.
        offset: usize,
    },
    /// The header ends without any image data.
    #[error(
        "the JPEG has no image data (its header ends at byte {offset}); keep the file as it came and read it again from the camera"
    )]
    NoImage {
        /// Where the header ends, in bytes from the start of the file.
        offset: usize,
    },
    /// Our properties and the camera's do not fit one XMP segment together.
    #[error(
        "the XMP packet would take {size} bytes, and a JPEG segment holds {max}; keep the file as it came, write a sidecar, and shorten the camera's IPTC preset",
        max = xmp::MAX_PACKET
    )]
    TooLarge {
        /// What the packet would take, in bytes.
        size: usize,
    },
}

/// The JPEG with this tag in it. The camera's EXIF and every other segment stay as they are.
///
/// The packet goes behind the leading JFIF and EXIF segments, where readers look for it and where the
/// offsets of a multi-picture file do not change by it.
pub fn tag_jpeg(original: &[u8], fields: &TagFields) -> Result<Vec<u8>, TagError> {
    let head = jpeg::Head::read(original)?;
    let packets = head.xmp_packets(original);
    let packet = xmp::packet(fields, &packets);
    if packet.len() > xmp::MAX_PACKET {
        return Err(TagError::TooLarge { size: packet.len() });
    }
    let segment = jpeg::xmp_segment(&packet);
    let insert_before = head.insertion_point(original);
    let mut tagged = Vec::with_capacity(original.len() + segment.len());
    tagged.extend_from_slice(&original[..2]);
    let mut index_at = None;
    let mut removed_behind_index = 0;
    for (position, part) in head.segments.iter().enumerate() {
        if position == insert_before {
            tagged.extend_from_slice(&segment);
        }
        if part.is_xmp(original) {
            if index_at.is_some() {
                removed_behind_index += part.span.len();
            }
            continue;
        }
        if part.is_multi_picture_index(original) && index_at.is_none() {
            let payload_at = tagged.len() + (part.payload.start - part.span.start);
            index_at = Some(payload_at..payload_at + part.payload.len());
        }
        tagged.extend_from_slice(&original[part.span.clone()]);
    }
    if insert_before == head.segments.len() {
        tagged.extend_from_slice(&segment);
    }
    let header_len = tagged.len();
    if let Some(index) = index_at {
        // An index is only ever preceded by the packet, so what comes behind it can only have shrunk.
        mpf::move_pictures(
            &mut tagged[index],
            header_len as i64 - head.scan_at as i64,
            -(removed_behind_index as i64),
        );
    }
    tagged.extend_from_slice(&original[head.scan_at..]);
    Ok(tagged)
}

/// All of a JPEG that tagging must not change, as stretches of the file; see [`image_data`].
#[derive(PartialEq, Eq)]
pub struct ImageData<'a>(Vec<&'a [u8]>);

impl std::fmt::Debug for ImageData<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<usize> = self.0.iter().map(|part| part.len()).collect();
        write!(f, "stretches of {sizes:?} bytes")
    }
}

/// All that tagging must not change: the whole file without its XMP packets (APP1 segments that begin with
/// `http://ns.adobe.com/xap/1.0/`, fill bytes before them included) and without its multi-picture index (APP2
/// segments that begin with `MPF`).
///
/// It covers the start marker, EXIF, extended XMP, APP13, colour profile, tables, every scan and everything behind the
/// end marker. An original's equals its tagged copy's (I3): compared byte for byte, as strong as a hash and quicker.
pub fn image_data(jpeg: &[u8]) -> Result<ImageData<'_>, TagError> {
    let head = jpeg::Head::read(jpeg)?;
    let mut parts = vec![&jpeg[..2]];
    let kept = |part: &&jpeg::Segment| !part.is_xmp(jpeg) && !part.is_multi_picture_index(jpeg);
    parts.extend(
        head.segments
            .iter()
            .filter(kept)
            .map(|part| &jpeg[part.span.clone()]),
    );
    parts.push(&jpeg[head.scan_at..]);
    Ok(ImageData(parts))
}

/// The tag as a file of its own, to lie beside a RAW under the same name with `.xmp`.
pub fn sidecar(fields: &TagFields) -> String {
    xmp::packet(fields, &[])
}

/// What the tag in this JPEG says; `None` when there is none of ours or it cannot be read.
pub fn read_tag(jpeg: &[u8]) -> Option<TagFields> {
    let head = jpeg::Head::read(jpeg).ok()?;
    head.xmp_packets(jpeg).into_iter().find_map(xmp::fields)
}

/// What a sidecar says; `None` when it is none of ours.
pub fn read_sidecar(text: &str) -> Option<TagFields> {
    xmp::fields(text.as_bytes())
}
