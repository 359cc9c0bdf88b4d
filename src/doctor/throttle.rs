//! What a Raspberry Pi's firmware says of its power and its heat, bit by bit, as documented for `vcgencmd get_throttled`.

use crate::model::Finding;

/// Bit, what it says, and how bad that is: under-voltage loses writes and USB, a slower clock only costs time.
const BITS: [(u32, &str, Finding); 8] = [
    (0, "the supply is under its voltage now", Finding::Fail),
    (1, "the processor's frequency is capped now", Finding::Warn),
    (2, "the processor is throttled now", Finding::Warn),
    (
        3,
        "the soft temperature limit is reached now",
        Finding::Warn,
    ),
    (
        16,
        "the supply was under its voltage since the start",
        Finding::Warn,
    ),
    (
        17,
        "the frequency was capped since the start",
        Finding::Warn,
    ),
    (
        18,
        "the processor was throttled since the start",
        Finding::Warn,
    ),
    (
        19,
        "the soft temperature limit was reached since the start",
        Finding::Warn,
    ),
];

/// Every bit that is set, in words, with how bad the worst is. Bits that nobody documented are named by their number.
pub fn throttled(word: u32) -> (Finding, Vec<String>) {
    let mut finding = Finding::Ok;
    let mut said = Vec::new();
    for (bit, words, how) in BITS {
        if word & (1 << bit) != 0 {
            finding = finding.max(how);
            said.push(words.to_owned());
        }
    }
    let known = BITS.iter().fold(0, |all, (bit, ..)| all | 1 << bit);
    for bit in (0..32).filter(|bit| word & !known & (1 << bit) != 0) {
        finding = finding.max(Finding::Warn);
        said.push(format!("bit {bit} is set, whatever it means"));
    }
    (finding, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_has_its_words() {
        assert_eq!(throttled(0), (Finding::Ok, vec![]));
        let (finding, said) = throttled(0x50005);
        assert_eq!(finding, Finding::Fail);
        assert_eq!(
            said,
            [
                "the supply is under its voltage now",
                "the processor is throttled now",
                "the supply was under its voltage since the start",
                "the processor was throttled since the start",
            ]
        );
        assert_eq!(throttled(0x80000).0, Finding::Warn);
        assert_eq!(
            throttled(0x100),
            (
                Finding::Warn,
                vec!["bit 8 is set, whatever it means".into()]
            )
        );
    }
}
