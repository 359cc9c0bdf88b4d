//! The bits of a scan, one after another, up to the next marker.

use super::Unreadable;
use crate::model::Bytes;

/// Reads entropy-coded data. Past the end of it zeros come, and are counted.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte to load.
    pos: usize,
    /// The low `count` bits are still to be read, the oldest uppermost.
    held: u64,
    count: u32,
    /// How many of `count` were made up because a marker or the end of the file stood there.
    invented: u32,
}

impl<'a> Bits<'a> {
    /// From `pos` in the file.
    pub(super) fn new(data: &'a [u8], pos: usize) -> Self {
        Bits {
            data,
            pos,
            held: 0,
            count: 0,
            invented: 0,
        }
    }

    /// At least 32 bits are held afterwards: a Huffman code (16 at most) and its value (16 at most).
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(four) = self
            .data
            .get(self.pos..self.pos + 4)
            .and_then(|four| <[u8; 4]>::try_from(four).ok())
        {
            let word = u32::from_be_bytes(four);
            // Not zero if and only if one of the four bytes is 0xFF.
            let has_ff = word & (!word).wrapping_sub(0x0101_0101) & 0x8080_8080;
            if has_ff == 0 {
                self.held = (self.held << 32) | u64::from(word);
                self.count += 32;
                self.pos += 4;
                return;
            }
        }
        self.fill_slowly();
    }

    #[cold]
    fn fill_slowly(&mut self) {
        while self.count < 32 {
            let byte = match self.data.get(self.pos) {
                Some(0xFF) if self.data.get(self.pos + 1) == Some(&0) => {
                    self.pos += 2;
                    0xFF
                }
                Some(0xFF) | None => {
                    self.invented += 8;
                    0
                }
                Some(&byte) => {
                    self.pos += 1;
                    byte
                }
            };
            self.held = (self.held << 8) | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next `n` bits (1 to 16) without taking them. [`fill`](Self::fill) first.
    #[inline(always)]
    pub(super) fn peek(&self, n: u32) -> usize {
        ((self.held >> (self.count - n)) & ((1 << n) - 1)) as usize
    }

    /// Takes `n` bits (0 to 16) that were filled before.
    #[inline(always)]
    pub(super) fn skip(&mut self, n: u32) {
        self.count -= n;
    }

    /// Takes the next `n` bits (0 to 16) and returns them.
    #[inline(always)]
    pub(super) fn take(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        self.fill();
        let value = self.peek(n) as u32;
        self.skip(n);
        value
    }

    /// Whether bits were taken that are not in the file.
    #[inline(always)]
    pub(super) fn overran(&self) -> bool {
        self.count < self.invented
    }

    /// What to say of damage that was noticed here. Where the file itself has ended, that is the
    /// fault, and everything else follows from it.
    pub(super) fn damaged(&self, what: &'static str) -> Unreadable {
        if self.pos + 1 >= self.data.len() {
            return Unreadable::Truncated {
                bytes: Bytes(self.data.len() as u64),
            };
        }
        Unreadable::Damaged {
            offset: self.pos,
            what,
        }
    }

    /// Where the marker stands that ends this run of data. An error if whole bytes are left unread
    /// before it, or the file ends.
    pub(super) fn end(mut self) -> Result<usize, Unreadable> {
        self.fill_slowly();
        let left = self.count.saturating_sub(self.invented);
        if left >= 8 || self.data.get(self.pos) != Some(&0xFF) {
            return Err(self.damaged("data is left over at the end of a scan"));
        }
        Ok(self.pos)
    }
}
