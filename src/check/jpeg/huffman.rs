//! Huffman tables as a file defines them (ITU-T T.81, annex C and F.2.2.3).

use super::bits::Bits;

/// How many bits the direct look-up takes; longer codes are rare and found by their length.
const LOOKUP_BITS: u32 = 9;

/// How many bits a look at several symbols takes: one and a half of them on the average, in 8 kB that stay in the cache.
const AHEAD_BITS: u32 = 12;

/// Several whole symbols of a sequential block's AC coefficients with their values, seen at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Ahead {
    /// Bits they take; 0 where not even one symbol is whole within the look.
    pub(super) bits: u8,
    /// Coefficients they stand for.
    pub(super) coefficients: u8,
    /// The last of them is the end of the block.
    pub(super) ends: bool,
}

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
    /// By the next `AHEAD_BITS` bits.
    ahead: Box<[Ahead]>,
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
            ahead: (0..1 << AHEAD_BITS)
                .map(|bits| see(&lookup, bits))
                .collect(),
            lookup,
            limit,
            shift,
            symbols: symbols.to_vec(),
        })
    }

    /// What comes next, as far as it is whole within a few bits. [`fill`](Bits::fill) first.
    #[inline(always)]
    pub(super) fn ahead(&self, bits: &Bits) -> Ahead {
        self.ahead[bits.peek(AHEAD_BITS)]
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

/// The symbols of AC coefficients in the uppermost of these `AHEAD_BITS` bits. Stops before what is no symbol there.
fn see(lookup: &[u16; 1 << LOOKUP_BITS], bits: u32) -> Ahead {
    let mut seen = Ahead::default();
    loop {
        let taken = u32::from(seen.bits);
        // Bits past the look are taken for zeros; what needs them is found too long below.
        let rest = (bits << taken) & ((1 << AHEAD_BITS) - 1);
        let entry = lookup[(rest >> (AHEAD_BITS - LOOKUP_BITS)) as usize];
        let (length, symbol) = (u32::from(entry >> 8), entry & 0xFF);
        let (run, size) = ((symbol >> 4) as u8, u32::from(symbol & 15));
        let end = taken + length + size;
        if entry == 0 || end > AHEAD_BITS {
            return seen;
        }
        match (size, run) {
            (0, 0) => seen.ends = true,
            (0, 15) => seen.coefficients += 16,
            (0, _) => return seen,
            _ => seen.coefficients += run + 1,
        }
        seen.bits = end as u8;
        if seen.ends {
            return seen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of 1 to 12 bits: every kind of symbol, an unused code, and values that reach past the look.
    fn table() -> Huffman {
        let counts = [0, 2, 1, 1, 2, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0];
        let symbols = [0x01, 0x00, 0x11, 0x02, 0xF0, 0x23, 0x05, 0x7A, 0x40, 0xFF];
        Huffman::new(&counts, &symbols).unwrap()
    }

    /// The same as `ahead`, symbol by symbol.
    fn one_by_one(table: &Huffman, look: u32) -> (u32, u32, bool) {
        let file = (look << (32 - AHEAD_BITS)).to_be_bytes();
        let stuffed: Vec<u8> = file
            .iter()
            .flat_map(|&b| if b == 0xFF { vec![b, 0] } else { vec![b] })
            .chain([0; 8])
            .collect();
        let mut bits = Bits::new(&stuffed, 0);
        let (mut taken, mut coefficients) = (0, 0);
        loop {
            bits.fill();
            let length = (1..=16).find(|&n| {
                let code = bits.peek(n) as u32;
                code << (16 - n) < table.limit[n as usize]
            });
            let (Some(length), Some(symbol)) = (length, table.next(&mut bits)) else {
                return (taken, coefficients, false);
            };
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            let whole = taken + length + size <= AHEAD_BITS && length <= LOOKUP_BITS;
            if !whole || size == 0 && run != 0 && run != 15 {
                return (taken, coefficients, false);
            }
            bits.skip(size);
            taken += length + size;
            if symbol == 0 {
                return (taken, coefficients, true);
            }
            coefficients += run + 1;
        }
    }

    #[test]
    fn several_symbols_seen_at_once_are_those_seen_one_by_one() {
        let table = table();
        let mut whole = 0;
        for look in 0..1 << AHEAD_BITS {
            let seen = table.ahead[look as usize];
            let found = (seen.bits.into(), seen.coefficients.into(), seen.ends);
            assert_eq!(found, one_by_one(&table, look), "{look:012b}");
            whole += u32::from(seen.bits > 6);
        }
        assert!(
            whole > 1000,
            "only {whole} looks see more than a symbol or two"
        );
    }
}
