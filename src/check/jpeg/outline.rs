//! From the first marker to the last.

use super::frame::{Coding, Frame};
use super::huffman::Huffman;
use super::scan::{Nonzero, Scan, Tables, Used};
use super::{MAX_FILE_BYTES, Unreadable};
use crate::model::Bytes;

/// No scan may come after this many: the longest scripts in use have 10, and each one costs a walk
/// over the whole image.
const MAX_SCANS: usize = 64;

/// The shortest block: a bit that says that the mean has not changed, and one that says that there is nothing else.
const BLOCK_BITS_MIN: u64 = 2;

/// What a whole file was found to contain.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline<'a> {
    /// Size and coding.
    pub frame: Frame,
    /// The quantisation table of the luminance, in the file's order.
    pub luma_quantisation: [u16; 64],
    /// The EXIF block, from its TIFF header on.
    pub exif: Option<&'a [u8]>,
    /// Pieces of the embedded colour profile: their number and bytes.
    icc: Vec<(u8, &'a [u8])>,
    /// The bytes of the image itself; what follows its end marker (a preview, a clip) is not looked at.
    pub image_bytes: usize,
}

/// What stands before the first scan: enough to refuse a file for its size, and to decode it.
#[derive(Debug, Clone, PartialEq)]
pub struct Header<'a> {
    /// Size and coding.
    pub frame: Frame,
    /// The EXIF block, from its TIFF header on.
    pub exif: Option<&'a [u8]>,
    /// The quantisation table of the luminance, in the file's order, where the first scan holds all of the picture, as cameras write it:
    /// a decoder that reads such a scan to the end marker without a complaint has seen every block of it.
    pub only_scan: Option<[u16; 64]>,
}

impl<'a> Header<'a> {
    /// Reads up to the first scan, and looks at no picture data.
    ///
    /// # Errors
    /// When the file is no JPEG, is too large, or is of a kind that is not read.
    pub fn read(data: &'a [u8]) -> Result<Self, Unreadable> {
        Reader::new(data)?.header()
    }
}

impl<'a> Outline<'a> {
    /// Reads the file from marker to marker and walks every scan. An error means that some of the
    /// picture is not there, or is of a kind that is not read.
    pub fn read(data: &'a [u8]) -> Result<Self, Unreadable> {
        Reader::new(data)?.read()
    }

    /// The embedded colour profile, its pieces put together (ICC.1, annex B.4). Of a file in which one is missing
    /// this is no profile at all; the decoder refuses such a file.
    pub fn icc_profile(&self) -> Option<Vec<u8>> {
        let mut pieces = self.icc.clone();
        pieces.sort_by_key(|(number, _)| *number);
        let bytes = pieces.iter().flat_map(|(_, bytes)| *bytes).copied();
        (!pieces.is_empty()).then(|| bytes.collect())
    }
}

struct Reader<'a> {
    data: &'a [u8],
    pos: usize,
    frame: Option<Frame>,
    tables: Tables,
    quantisation: [Option<[u16; 64]>; 4],
    luma_quantisation: Option<[u16; 64]>,
    exif: Option<&'a [u8]>,
    icc: Vec<(u8, &'a [u8])>,
    adobe_transform: Option<u8>,
    scans: usize,
    /// By component and coefficient: down to which bit it has been coded so far.
    coded: [[Option<u8>; 64]; 3],
    nonzero: Nonzero,
}

impl<'a> Reader<'a> {
    fn new(data: &'a [u8]) -> Result<Self, Unreadable> {
        if data.is_empty() {
            return Err(Unreadable::Empty);
        }
        if data.len() > MAX_FILE_BYTES {
            return Err(Unreadable::too_big(data.len() as u64));
        }
        if !data.starts_with(&[0xFF, 0xD8]) {
            return Err(Unreadable::NotJpeg);
        }
        Ok(Reader {
            data,
            pos: 2,
            frame: None,
            tables: Tables::default(),
            quantisation: [None; 4],
            luma_quantisation: None,
            exif: None,
            icc: Vec::new(),
            adobe_transform: None,
            scans: 0,
            coded: [[None; 64]; 3],
            nonzero: Nonzero::default(),
        })
    }

    fn header(mut self) -> Result<Header<'a>, Unreadable> {
        loop {
            match self.marker()? {
                0xDA => break,
                0x01 | 0xD0..=0xD9 => return Err(self.damaged("no image in the file")),
                marker => {
                    let segment = self.segment()?;
                    self.take_segment(marker, segment)?;
                }
            }
        }
        let segment = self.segment()?;
        let Some(frame) = self.frame.clone() else {
            return Err(self.damaged("a scan before the frame header"));
        };
        self.readable(&frame)?;
        let scan = self.scan_header(segment, &frame)?;
        let all = frame.coding == Coding::Sequential && scan.used.len() == frame.components.len();
        if all && self.data.len() as u64 * 8 < frame.blocks_in_all() * BLOCK_BITS_MIN {
            return Err(self.truncated());
        }
        let luma = frame.components.first().map(|c| usize::from(c.table));
        Ok(Header {
            only_scan: luma
                .and_then(|table| self.quantisation[table])
                .filter(|_| all),
            exif: self.exif,
            frame,
        })
    }

    fn read(mut self) -> Result<Outline<'a>, Unreadable> {
        loop {
            let marker = self.marker()?;
            match marker {
                0xD9 => return self.finish(),
                0x01 | 0xD0..=0xD8 => return Err(self.damaged("a marker out of place")),
                0xDA => {
                    let segment = self.segment()?;
                    self.scan(segment)?;
                }
                0xDC => {
                    return Err(Unreadable::Unsupported {
                        what: "a height given after the image",
                    });
                }
                _ => {
                    let segment = self.segment()?;
                    self.take_segment(marker, segment)?;
                }
            }
        }
    }

    fn take_segment(&mut self, marker: u8, segment: &'a [u8]) -> Result<(), Unreadable> {
        match marker {
            0xC4 => self.huffman_tables(segment),
            0xDB => self.quantisation_tables(segment),
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                if self.frame.is_some() {
                    return Err(self.damaged("a second frame header"));
                }
                self.frame = Some(Frame::parse(marker, segment, self.pos)?);
                Ok(())
            }
            0xDD => match *segment {
                [high, low] => {
                    self.tables.restart_every = u32::from(u16::from_be_bytes([high, low]));
                    Ok(())
                }
                _ => Err(self.damaged("a restart interval of the wrong length")),
            },
            0xE1 => {
                if self.exif.is_none() {
                    self.exif = segment.strip_prefix(b"Exif\0\0");
                }
                Ok(())
            }
            0xE2 => {
                let piece = segment.strip_prefix(b"ICC_PROFILE\0");
                // No more than can be numbered, however many a file claims.
                if let (Some(&[number, _, ref bytes @ ..]), true) = (piece, self.icc.len() < 255) {
                    self.icc.push((number, bytes));
                }
                Ok(())
            }
            0xEE => {
                if let Some(adobe) = segment.strip_prefix(b"Adobe") {
                    self.adobe_transform = adobe.get(6).copied();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn damaged(&self, what: &'static str) -> Unreadable {
        Unreadable::Damaged {
            offset: self.pos,
            what,
        }
    }

    fn truncated(&self) -> Unreadable {
        Unreadable::Truncated {
            bytes: Bytes(self.data.len() as u64),
        }
    }

    /// The next marker; any number of 0xFF may stand before it.
    fn marker(&mut self) -> Result<u8, Unreadable> {
        let next = |at: usize| self.data.get(at).copied().ok_or_else(|| self.truncated());
        if next(self.pos)? != 0xFF {
            return Err(self.damaged("no marker where one must be"));
        }
        let mut at = self.pos;
        while next(at)? == 0xFF {
            at += 1;
        }
        let marker = self.data[at];
        self.pos = at + 1;
        if marker == 0 {
            return Err(self.damaged("no marker where one must be"));
        }
        Ok(marker)
    }

    /// The bytes of the segment that begins here.
    fn segment(&mut self) -> Result<&'a [u8], Unreadable> {
        let data = self.data;
        let length = match data.get(self.pos..self.pos + 2) {
            Some(&[high, low]) => usize::from(u16::from_be_bytes([high, low])),
            _ => return Err(self.truncated()),
        };
        if length < 2 {
            return Err(self.damaged("a segment of impossible length"));
        }
        let segment = data
            .get(self.pos + 2..self.pos + length)
            .ok_or_else(|| self.truncated())?;
        self.pos += length;
        Ok(segment)
    }

    fn huffman_tables(&mut self, mut segment: &[u8]) -> Result<(), Unreadable> {
        let bad = self.damaged("a Huffman table that cannot be");
        while let Some((&id, rest)) = segment.split_first() {
            let counts: &[u8; 16] = rest.first_chunk().ok_or_else(|| bad.clone())?;
            let total = counts.iter().map(|&n| usize::from(n)).sum::<usize>();
            let symbols = rest.get(16..16 + total).ok_or_else(|| bad.clone())?;
            let table = Huffman::new(counts, symbols).ok_or_else(|| bad.clone())?;
            let place = match id >> 4 {
                0 => &mut self.tables.dc,
                1 => &mut self.tables.ac,
                _ => return Err(bad),
            };
            *place
                .get_mut(usize::from(id & 15))
                .ok_or_else(|| bad.clone())? = Some(table);
            segment = &rest[16 + total..];
        }
        Ok(())
    }

    fn quantisation_tables(&mut self, mut segment: &[u8]) -> Result<(), Unreadable> {
        let bad = self.damaged("a quantisation table that cannot be");
        while let Some((&id, rest)) = segment.split_first() {
            let wide = match id >> 4 {
                0 => 1,
                1 => 2,
                _ => return Err(bad),
            };
            let body = rest.get(..64 * wide).ok_or_else(|| bad.clone())?;
            let mut table = [0u16; 64];
            for (value, bytes) in table.iter_mut().zip(body.chunks_exact(wide)) {
                *value = bytes.iter().fold(0, |v, &b| v << 8 | u16::from(b));
            }
            *self
                .quantisation
                .get_mut(usize::from(id & 15))
                .ok_or_else(|| bad.clone())? = Some(table);
            segment = &rest[64 * wide..];
        }
        Ok(())
    }

    fn scan(&mut self, segment: &[u8]) -> Result<(), Unreadable> {
        let Some(frame) = self.frame.clone() else {
            return Err(self.damaged("a scan before the frame header"));
        };
        let scan = self.scan_header(segment, &frame)?;
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(Unreadable::Unsupported {
                what: "more than 64 scans",
            });
        }
        for used in &scan.used {
            let table = usize::from(frame.components[used.index].table);
            let Some(quantisation) = self.quantisation[table] else {
                return Err(self.damaged("a scan without its quantisation table"));
            };
            if used.index == 0 && self.luma_quantisation.is_none() {
                self.luma_quantisation = Some(quantisation);
            }
        }
        self.note_coded(&scan)?;
        self.pos = scan.walk(self.data, self.pos, &frame, &self.tables, &mut self.nonzero)?;
        Ok(())
    }

    fn scan_header(&self, segment: &[u8], frame: &Frame) -> Result<Scan, Unreadable> {
        let bad = || self.damaged("a scan header that cannot be");
        let (&count, rest) = segment.split_first().ok_or_else(bad)?;
        let count = usize::from(count);
        if count == 0 || count > frame.components.len() || rest.len() != count * 2 + 3 {
            return Err(bad());
        }
        let mut used: Vec<Used> = Vec::with_capacity(count);
        for pair in rest[..count * 2].chunks_exact(2) {
            let index = frame
                .components
                .iter()
                .position(|c| c.id == pair[0])
                .ok_or_else(bad)?;
            let (dc, ac) = (usize::from(pair[1] >> 4), usize::from(pair[1] & 15));
            // Components come in the order of the frame header (T.81, B.2.3).
            if dc > 3 || ac > 3 || used.last().is_some_and(|last| last.index >= index) {
                return Err(bad());
            }
            used.push(Used { index, dc, ac });
        }
        let (from, to, bits) = (rest[count * 2], rest[count * 2 + 1], rest[count * 2 + 2]);
        let scan = Scan {
            used,
            from,
            to,
            high: bits >> 4,
            low: bits & 15,
        };
        let fits = match frame.coding {
            Coding::Sequential => (from, to, bits) == (0, 63, 0),
            // DC alone, or a band of AC of one component; each refinement adds one bit.
            Coding::Progressive => {
                to < 64
                    && from <= to
                    && (from != 0 || to == 0)
                    && (from == 0 || count == 1)
                    && scan.low <= 13
                    && (scan.high == 0 || scan.high == scan.low + 1)
            }
        };
        if fits { Ok(scan) } else { Err(bad()) }
    }

    fn note_coded(&mut self, scan: &Scan) -> Result<(), Unreadable> {
        for used in &scan.used {
            for at in usize::from(scan.from)..=usize::from(scan.to) {
                let before = self.coded[used.index][at];
                let follows = match before {
                    None => scan.high == 0,
                    Some(low) => scan.high != 0 && low == scan.high,
                };
                if !follows {
                    return Err(self.damaged("a scan that does not follow from those before it"));
                }
                self.coded[used.index][at] = Some(scan.low);
            }
        }
        Ok(())
    }

    /// Whether the planes are ones that the measures can be taken on.
    fn readable(&self, frame: &Frame) -> Result<(), Unreadable> {
        let ids = frame.components.iter().map(|c| c.id).collect::<Vec<_>>();
        if ids == *b"RGB" || (ids.len() == 3 && self.adobe_transform == Some(0)) {
            return Err(Unreadable::Unsupported {
                what: "colours stored as red, green and blue",
            });
        }
        if !frame.luma_is_full() {
            return Err(Unreadable::Unsupported {
                what: "luminance at less than full resolution",
            });
        }
        Ok(())
    }

    fn finish(self) -> Result<Outline<'a>, Unreadable> {
        let Some(frame) = &self.frame else {
            return Err(self.damaged("no image in the file"));
        };
        let whole = self.coded[..frame.components.len()]
            .iter()
            .all(|component| component.iter().all(|&low| low == Some(0)));
        if !whole {
            return Err(self.damaged("a scan is missing"));
        }
        self.readable(frame)?;
        let Some(luma_quantisation) = self.luma_quantisation else {
            return Err(self.damaged("no quantisation table for the luminance"));
        };
        Ok(Outline {
            luma_quantisation,
            exif: self.exif,
            icc: self.icc,
            image_bytes: self.pos,
            frame: frame.clone(),
        })
    }
}
