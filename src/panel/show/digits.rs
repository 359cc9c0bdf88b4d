//! Digits as segments. Pure.

use crate::panel::Digits;

/// Four digits can show this.
const MOST: u32 = 9_999;

/// Segments `a` to `g` in bits 0 to 6, by digit.
const FONT: [u8; 10] = [
    0b011_1111, 0b000_0110, 0b101_1011, 0b100_1111, 0b110_0110, 0b110_1101, 0b111_1101, 0b000_0111,
    0b111_1111, 0b110_1111,
];

/// The middle segment.
const DASH: u8 = 0b100_0000;

/// The colon hangs on the second digit.
const COLON: (usize, u8) = (1, 0b1000_0000);

/// The segments of each digit, from the left.
pub(super) fn segments(digits: Digits) -> [u8; 4] {
    match digits {
        Digits::Blank => [0; 4],
        Digits::Serial(number) => of(number),
        Digits::Typed(number) => {
            let mut segments = of(number);
            segments[COLON.0] |= COLON.1;
            segments
        }
    }
}

/// A number at the right, without zeros before it; dashes where four digits would be somebody else's number.
fn of(number: u32) -> [u8; 4] {
    if number > MOST {
        return [DASH; 4];
    }
    let mut segments = [0; 4];
    let mut left = number;
    for place in segments.iter_mut().rev() {
        *place = FONT[(left % 10) as usize];
        left /= 10;
        if left == 0 {
            break;
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_stand_at_the_right() {
        assert_eq!(segments(Digits::Serial(7)), [0, 0, 0, FONT[7]]);
        assert_eq!(segments(Digits::Serial(0)), [0, 0, 0, FONT[0]]);
        let all = [FONT[1], FONT[2], FONT[0], FONT[3]];
        assert_eq!(segments(Digits::Serial(1203)), all);
        assert_eq!(segments(Digits::Blank), [0; 4]);
    }

    #[test]
    fn a_number_too_long_is_no_number() {
        assert_eq!(segments(Digits::Serial(12_345)), [DASH; 4]);
    }

    #[test]
    fn what_is_typed_is_told_from_who_sits_there() {
        assert_ne!(segments(Digits::Typed(12)), segments(Digits::Serial(12)));
    }
}
