//! Walks the coded blocks of one scan and proves that each of them is there.
//!
//! Only lengths matter: which coefficients a block has is read, their values are skipped. The
//! procedures are those of ITU-T T.81, F.2.2 (sequential) and G.1.2 (progressive).

use super::Unreadable;
use super::bits::Bits;
use super::frame::{Coding, Component, Frame};
use super::huffman::Huffman;

/// Tables in force when the scan begins, by destination.
#[derive(Default, Clone)]
pub(super) struct Tables {
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    /// Units between restart markers; 0 for none.
    pub(super) restart_every: u32,
}

/// A component as a scan uses it.
#[derive(Clone, Copy)]
pub(super) struct Used {
    /// Position in the frame header.
    pub(super) index: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// The scan header.
pub(super) struct Scan {
    pub(super) used: Vec<Used>,
    /// First and last coefficient, 0 to 63.
    pub(super) from: u8,
    pub(super) to: u8,
    /// Bit position before and after this scan.
    pub(super) high: u8,
    pub(super) low: u8,
}

/// What earlier scans of a progressive file coded: by component, a bit for each coefficient of
/// each block that is not zero. Refinement scans spend a bit on each of those.
pub(super) type Nonzero = [Vec<u64>; 3];

enum Pass {
    Whole,
    DcFirst,
    DcRefine,
    AcFirst,
    AcRefine,
}

/// What a block was found to be.
enum Bad {
    Code,
    Overflow,
}

impl Scan {
    /// Walks the data that begins at `pos`; returns where the marker after it stands.
    pub(super) fn walk(
        &self,
        data: &[u8],
        pos: usize,
        frame: &Frame,
        tables: &Tables,
        nonzero: &mut Nonzero,
    ) -> Result<usize, Unreadable> {
        let single = self.used.len() == 1;
        let parts = self.parts(frame, tables, pos)?;
        let (across, down) = if single {
            frame.blocks(&parts[0].component)
        } else {
            frame.units()
        };
        let units = across * down;
        let pass = self.pass(frame.coding);
        if matches!(pass, Pass::AcFirst | Pass::AcRefine) {
            nonzero[self.used[0].index].resize(units as usize, 0);
        }
        let mut pos = pos;
        let mut done = 0;
        let mut restarts = 0u8;
        loop {
            let goal = match tables.restart_every {
                0 => units,
                every => units.min(done + every),
            };
            let mut walk = Walk {
                scan: self,
                bits: Bits::new(data, pos),
                end_run: 0,
            };
            walk.units(done..goal, single, &pass, &parts, nonzero)?;
            if walk.end_run > 0 {
                return Err(walk
                    .bits
                    .damaged("a run of empty blocks past the end of the scan"));
            }
            let end = walk.bits.end()?;
            done = goal;
            if done == units {
                return Ok(end);
            }
            let marker = end + data[end..].iter().take_while(|&&b| b == 0xFF).count();
            if data.get(marker) != Some(&(0xD0 + restarts)) {
                return Err(Unreadable::Damaged {
                    offset: marker,
                    what: "a restart marker is missing or out of order",
                });
            }
            restarts = (restarts + 1) % 8;
            pos = marker + 1;
        }
    }

    fn pass(&self, coding: Coding) -> Pass {
        match (coding, self.from, self.high) {
            (Coding::Sequential, ..) => Pass::Whole,
            (_, 0, 0) => Pass::DcFirst,
            (_, 0, _) => Pass::DcRefine,
            (_, _, 0) => Pass::AcFirst,
            _ => Pass::AcRefine,
        }
    }

    fn parts<'t>(
        &self,
        frame: &Frame,
        tables: &'t Tables,
        offset: usize,
    ) -> Result<Vec<Part<'t>>, Unreadable> {
        let pass = self.pass(frame.coding);
        let needs_dc = matches!(pass, Pass::Whole | Pass::DcFirst);
        let needs_ac = matches!(pass, Pass::Whole | Pass::AcFirst | Pass::AcRefine);
        self.used
            .iter()
            .map(|used| {
                let part = Part {
                    component: frame.components[used.index],
                    index: used.index,
                    dc: tables.dc[used.dc].as_ref(),
                    ac: tables.ac[used.ac].as_ref(),
                };
                if (needs_dc && part.dc.is_none()) || (needs_ac && part.ac.is_none()) {
                    return Err(Unreadable::Damaged {
                        offset,
                        what: "a scan without its Huffman table",
                    });
                }
                Ok(part)
            })
            .collect()
    }
}

/// A component with its tables.
struct Part<'t> {
    component: Component,
    index: usize,
    dc: Option<&'t Huffman>,
    ac: Option<&'t Huffman>,
}

/// One run of data without a marker in it.
struct Walk<'s, 'd> {
    scan: &'s Scan,
    bits: Bits<'d>,
    /// Blocks still to come that have nothing (progressive only).
    end_run: u32,
}

impl Walk<'_, '_> {
    fn units(
        &mut self,
        range: std::ops::Range<u32>,
        single: bool,
        pass: &Pass,
        parts: &[Part],
        nonzero: &mut Nonzero,
    ) -> Result<(), Unreadable> {
        for unit in range {
            for part in parts {
                let blocks = if single {
                    1
                } else {
                    part.component.across * part.component.down
                };
                for _ in 0..blocks {
                    self.block(unit as usize, pass, part, nonzero)
                        .map_err(|bad| self.damaged(bad))?;
                }
            }
            if self.bits.overran() {
                return Err(self.bits.damaged("the image data ends too early"));
            }
        }
        Ok(())
    }

    fn damaged(&self, bad: Bad) -> Unreadable {
        self.bits.damaged(match bad {
            Bad::Code => "bits that are no code",
            Bad::Overflow => "a block with too many coefficients",
        })
    }

    #[inline(always)]
    fn block(
        &mut self,
        unit: usize,
        pass: &Pass,
        part: &Part,
        nonzero: &mut Nonzero,
    ) -> Result<(), Bad> {
        match (pass, part.dc, part.ac) {
            (Pass::Whole, Some(dc), Some(ac)) => {
                self.dc(dc)?;
                self.ac_whole(ac)
            }
            (Pass::DcFirst, Some(dc), _) => self.dc(dc),
            (Pass::DcRefine, ..) => {
                self.bits.take(1);
                Ok(())
            }
            (Pass::AcFirst, _, Some(ac)) => {
                let mask = nonzero[part.index].get_mut(unit).ok_or(Bad::Overflow)?;
                self.ac_first(ac, mask)
            }
            (Pass::AcRefine, _, Some(ac)) => {
                let mask = nonzero[part.index].get_mut(unit).ok_or(Bad::Overflow)?;
                self.ac_refine(ac, mask)
            }
            _ => Err(Bad::Code),
        }
    }

    #[inline(always)]
    fn dc(&mut self, table: &Huffman) -> Result<(), Bad> {
        let size = table.next(&mut self.bits).ok_or(Bad::Code)?;
        if size > 15 {
            return Err(Bad::Code);
        }
        self.bits.skip(u32::from(size));
        Ok(())
    }

    #[inline(always)]
    fn ac_whole(&mut self, table: &Huffman) -> Result<(), Bad> {
        let mut at = 1u32;
        while at < 64 {
            self.bits.fill();
            let ahead = table.ahead(&self.bits);
            let after = at + u32::from(ahead.coefficients);
            // All of it is of this block, or is seen one by one: after the last coefficient no end is coded.
            if ahead.bits > 0 && after < 64 {
                self.bits.skip(u32::from(ahead.bits));
                if ahead.ends {
                    return Ok(());
                }
                at = after;
                continue;
            }
            let symbol = table.next(&mut self.bits).ok_or(Bad::Code)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                match run {
                    0 => return Ok(()),
                    15 => at += 16,
                    _ => return Err(Bad::Code),
                }
            } else {
                at += run + 1;
                self.bits.skip(size);
            }
        }
        if at == 64 { Ok(()) } else { Err(Bad::Overflow) }
    }

    fn ac_first(&mut self, table: &Huffman, mask: &mut u64) -> Result<(), Bad> {
        if self.end_run > 0 {
            self.end_run -= 1;
            return Ok(());
        }
        let (mut at, to) = (u32::from(self.scan.from), u32::from(self.scan.to));
        while at <= to {
            let symbol = table.next(&mut self.bits).ok_or(Bad::Code)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size != 0 {
                at += run;
                if at > to {
                    return Err(Bad::Overflow);
                }
                *mask |= 1 << at;
                self.bits.skip(size);
                at += 1;
            } else if run == 15 {
                at += 16;
            } else {
                self.end_run = (1 << run) - 1 + self.bits.take(run);
                return Ok(());
            }
        }
        if at == to + 1 {
            Ok(())
        } else {
            Err(Bad::Overflow)
        }
    }

    fn ac_refine(&mut self, table: &Huffman, mask: &mut u64) -> Result<(), Bad> {
        let (mut at, to) = (u32::from(self.scan.from), u32::from(self.scan.to));
        while self.end_run == 0 && at <= to {
            let symbol = table.next(&mut self.bits).ok_or(Bad::Code)?;
            let (mut run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                self.end_run = (1 << run) + self.bits.take(run);
                break;
            }
            if size > 1 {
                return Err(Bad::Code);
            }
            if size == 1 {
                self.bits.skip(1);
            }
            while at <= to {
                if *mask >> at & 1 == 1 {
                    self.bits.take(1);
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                at += 1;
            }
            if size == 1 {
                if at > to {
                    return Err(Bad::Overflow);
                }
                *mask |= 1 << at;
            }
            at += 1;
        }
        if self.end_run > 0 {
            while at <= to {
                if *mask >> at & 1 == 1 {
                    self.bits.take(1);
                }
                at += 1;
            }
            self.end_run -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outline;
    use crate::check::checker::tests::encoded;

    /// Many of its blocks use their last coefficient, after which no end of the block is coded: what comes next there is
    /// the next block's.
    #[test]
    fn blocks_that_are_full_to_the_last_coefficient_end_there() {
        let mut state = 7u32;
        let noise = image::RgbImage::from_fn(320, 240, |_, _| {
            image::Rgb(std::array::from_fn(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            }))
        });
        Outline::read(&encoded(&noise)).unwrap();
    }
}
