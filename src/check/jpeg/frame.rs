//! The frame header: size, components, and how the image is coded.

use super::{MAX_PIXELS, MAX_PIXELS_PROGRESSIVE, Unreadable};

/// How the coefficients are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Every block in one go: what cameras write.
    Sequential,
    /// In several passes from coarse to fine.
    Progressive,
}

/// One colour plane of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Samples across and down in one unit of the image, 1 to 4.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Which quantisation table, 0 to 3.
    pub(super) table: u8,
}

/// The frame header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Pixels, before any EXIF rotation.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How it is coded.
    pub coding: Coding,
    pub(super) components: Vec<Component>,
}

impl Coding {
    /// By the last byte of the frame's marker (T.81, table B.1).
    fn of(marker: u8) -> Result<Self, Unreadable> {
        let what = match marker {
            0xC0 | 0xC1 => return Ok(Coding::Sequential),
            0xC2 => return Ok(Coding::Progressive),
            0xC3 => "lossless",
            0xC9..=0xCB => "arithmetic coding",
            _ => "hierarchical coding",
        };
        Err(Unreadable::Unsupported { what })
    }
}

/// From three bytes each; else what is wrong with them.
fn components(bytes: &[u8]) -> Result<Vec<Component>, &'static str> {
    let mut components: Vec<Component> = bytes
        .chunks_exact(3)
        .map(|c| Component {
            id: c[0],
            across: u32::from(c[1] >> 4),
            down: u32::from(c[1] & 15),
            table: c[2],
        })
        .collect();
    let sane =
        |c: &Component| (1..=4).contains(&c.across) && (1..=4).contains(&c.down) && c.table < 4;
    if !components.iter().all(sane) {
        return Err("a component with impossible sampling");
    }
    if let [only] = components.as_mut_slice() {
        // With a single plane the sampling factors have no meaning (T.81, A.2.2).
        (only.across, only.down) = (1, 1);
    }
    if components.iter().map(|c| c.across * c.down).sum::<u32>() > 10 {
        return Err("more than ten blocks in a unit");
    }
    Ok(components)
}

impl Frame {
    /// From the marker's last byte and its segment, which begins at `offset` of the file.
    pub(super) fn parse(marker: u8, segment: &[u8], offset: usize) -> Result<Self, Unreadable> {
        let damaged = |what| Unreadable::Damaged { offset, what };
        let coding = Coding::of(marker)?;
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = segment else {
            return Err(damaged("a frame header that is too short"));
        };
        if precision != 8 {
            return Err(Unreadable::Unsupported {
                what: "more than 8 bits a sample",
            });
        }
        if rest.len() != usize::from(count) * 3 {
            return Err(damaged("a frame header of the wrong length"));
        }
        if count != 1 && count != 3 {
            return Err(Unreadable::Unsupported {
                what: "neither grey nor three colours",
            });
        }
        let width = u32::from(u16::from_be_bytes([w1, w0]));
        let height = u32::from(u16::from_be_bytes([h1, h0]));
        if width == 0 || height == 0 {
            return Err(damaged("an image without width or height"));
        }
        let progressive = coding == Coding::Progressive;
        let limit = if progressive {
            MAX_PIXELS_PROGRESSIVE
        } else {
            MAX_PIXELS
        };
        if u64::from(width) * u64::from(height) > limit {
            return Err(Unreadable::too_many_pixels(width, height, progressive));
        }
        let frame = Frame {
            width,
            height,
            coding,
            components: components(rest).map_err(damaged)?,
        };
        Ok(frame)
    }

    /// Largest sampling factors, across and down.
    fn most(&self) -> (u32, u32) {
        let across = self.components.iter().map(|c| c.across).max().unwrap_or(1);
        let down = self.components.iter().map(|c| c.down).max().unwrap_or(1);
        (across, down)
    }

    /// Units of all components, across and down.
    pub(super) fn units(&self) -> (u32, u32) {
        let (across, down) = self.most();
        (
            self.width.div_ceil(8 * across),
            self.height.div_ceil(8 * down),
        )
    }

    /// Blocks of all components together, in a scan that has all of them.
    pub(super) fn blocks_in_all(&self) -> u64 {
        let (across, down) = self.units();
        let of_unit: u32 = self.components.iter().map(|c| c.across * c.down).sum();
        u64::from(across) * u64::from(down) * u64::from(of_unit)
    }

    /// Blocks of one component in a scan of its own, across and down.
    pub(super) fn blocks(&self, component: &Component) -> (u32, u32) {
        let (across, down) = self.most();
        (
            (self.width * component.across).div_ceil(across).div_ceil(8),
            (self.height * component.down).div_ceil(down).div_ceil(8),
        )
    }

    /// Whether the first plane is luminance at full resolution, as decoding luminance alone needs.
    pub(super) fn luma_is_full(&self) -> bool {
        let (across, down) = self.most();
        self.components
            .first()
            .is_some_and(|c| c.across == across && c.down == down)
    }
}
