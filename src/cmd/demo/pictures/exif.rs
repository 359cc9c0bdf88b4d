//! The EXIF a camera would write: enough that tagging has something to keep.

/// One entry of a directory: tag, type, count, and the value or where it lies.
type Entry = (u16, u16, u32, Vec<u8>);

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

/// The directory begins right behind the TIFF header.
const FIRST_DIRECTORY: u32 = 8;

/// A whole APP1 segment. It names no moment of capture: a drawing has none, and a wrong one would be
/// evidence against whoever sits there (I1).
pub(super) fn segment() -> Vec<u8> {
    let camera = |exif_at: u32| {
        vec![
            text(0x010F, "Shutterline"),
            text(0x0110, "Drawn Camera"),
            short(0x0112, 1),
            (0x8769, LONG, 1, exif_at.to_be_bytes().to_vec()),
        ]
    };
    let settings = vec![
        rational(0x829A, 1, 125),
        rational(0x829D, 8, 1),
        short(0x8827, 100),
        (0x9000, UNDEFINED, 4, b"0232".to_vec()),
        short(0x9209, 1),
        rational(0x920A, 85, 1),
    ];
    let exif_at = FIRST_DIRECTORY + directory(&camera(0), FIRST_DIRECTORY).len() as u32;
    let mut tiff = b"MM\0\x2A\0\0\0\x08".to_vec();
    tiff.extend(directory(&camera(exif_at), FIRST_DIRECTORY));
    tiff.extend(directory(&settings, exif_at));
    let mut segment = vec![0xFF, 0xE1];
    segment.extend((2 + 6 + tiff.len() as u16).to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(tiff);
    segment
}

fn text(tag: u16, value: &str) -> Entry {
    let bytes = [value.as_bytes(), b"\0"].concat();
    (tag, ASCII, bytes.len() as u32, bytes)
}

fn short(tag: u16, value: u16) -> Entry {
    (tag, SHORT, 1, value.to_be_bytes().to_vec())
}

fn rational(tag: u16, above: u32, below: u32) -> Entry {
    let bytes = [above.to_be_bytes(), below.to_be_bytes()].concat();
    (tag, RATIONAL, 1, bytes)
}

/// A directory that begins at `at`: entries of 12 bytes, then the values that do not fit in 4.
fn directory(entries: &[Entry], at: u32) -> Vec<u8> {
    let mut head = (entries.len() as u16).to_be_bytes().to_vec();
    let mut tail = Vec::new();
    let tail_at = at + 2 + entries.len() as u32 * 12 + 4;
    for (tag, kind, count, value) in entries {
        head.extend(tag.to_be_bytes());
        head.extend(kind.to_be_bytes());
        head.extend(count.to_be_bytes());
        if value.len() <= 4 {
            head.extend(value);
            head.extend(std::iter::repeat_n(0, 4 - value.len()));
        } else {
            head.extend((tail_at + tail.len() as u32).to_be_bytes());
            tail.extend(value);
            if tail.len() % 2 == 1 {
                tail.push(0);
            }
        }
    }
    // No further directory: no thumbnail.
    head.extend(0u32.to_be_bytes());
    head.extend(tail);
    head
}
