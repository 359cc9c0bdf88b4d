//! Huffman tables as a file defines them (ITU-T T.81, annex C and F.2.2.3).

use super::bits::Bits;

/// How many bits the direct look-up takes; longer codes are rare and found by their length.
const LOOKUP_BITS: u32 = 9;

/// One table.
#[derive(Clone)]
pub(super) struct Huffman {
    /// By the next `LOOKUP_BITS` bits: `length << 8 | symbol`; 0 where the code is longer.
    lookup: Box<[u16; 1 << LOOKUP_BITS]>,
    /// By length: one above the largest code of that length, shifted to 16 bits.
    limit: [u32; 18],
    /// By length: what turns a code into an index of `symbols`.
    shift: [i32; 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// From the count of codes of each length 1 to 16, and the symbols in order. `None` where no
    /// code can have these lengths.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut lookup = Box::new([0u16; 1 << LOOKUP_BITS]);
        let mut limit = [0u32; 18];
        let mut shift = [0i32; 17];
        let mut code = 0u32;
        let mut index = 0usize;
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            shift[length as usize] = index as i32 - code as i32;
            if code + count > 1 << length {
                return None;
            }
            if length <= LOOKUP_BITS {
                for _ in 0..count {
                    let symbol = *symbols.get(index)?;
                    let first = (code as usize) << (LOOKUP_BITS - length);
                    let span = 1usize << (LOOKUP_BITS - length);
                    lookup[first..first + span].fill((length as u16) << 8 | u16::from(symbol));
                    code += 1;
                    index += 1;
                }
            } else {
                code += count;
                index += count as usize;
            }
            limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        limit[17] = u32::MAX;
        (index == symbols.len()).then(|| Huffman {
            lookup,
            limit,
            shift,
            symbols: symbols.to_vec(),
        })
    }

    /// The next symbol; `None` for bits that are no code of this table.
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut Bits) -> Option<u8> {
        bits.fill();
        let entry = self.lookup[bits.peek(LOOKUP_BITS)];
        if entry != 0 {
            bits.skip(u32::from(entry >> 8));
            return Some(entry as u8);
        }
        self.next_long(bits)
    }

    #[cold]
    fn next_long(&self, bits: &mut Bits) -> Option<u8> {
        let ahead = bits.peek(16) as u32;
        let length = (LOOKUP_BITS + 1..=16).find(|&n| ahead < self.limit[n as usize])?;
        bits.skip(length);
        let code = (ahead >> (16 - length)) as i32;
        let index = usize::try_from(code + self.shift[length as usize]).ok()?;
        self.symbols.get(index).copied()
    }
}
