//! The index of a multi-picture file (CIPA DC-007): cameras put large previews behind the main image and
//! note there how long the main image is and how far away the others are. When the metadata of the
//! main image grows, these numbers must follow, or a reader cuts the main image short.

/// Each entry: attributes, size, offset, and two numbers of dependent pictures.
const ENTRY_BYTES: usize = 16;
/// The tag of the entries.
const MP_ENTRY: u16 = 0xB002;
/// The type of their field.
const UNDEFINED: u16 = 7;

/// Corrects an index (the APP2 payload, `MPF` signature included): the main image has become `grown`
/// bytes longer, the distance from the index to the other pictures `farther`. An index of any unusual
/// form is left as it is.
pub(super) fn move_pictures(payload: &mut [u8], grown: i64, farther: i64) {
    // Offsets in the index count from here.
    let Some(index) = payload.get_mut(4..) else {
        return;
    };
    let Some((big_endian, entries)) = entries(index) else {
        return;
    };
    for (number, at) in entries.step_by(ENTRY_BYTES).enumerate() {
        let (place, by) = match number {
            0 => (at + 4, grown),
            _ => (at + 8, farther),
        };
        let Some(old) = number_at(index, place, big_endian) else {
            return;
        };
        // An offset of 0 means the main image; a size of 0 means that it was not noted.
        if old != 0 {
            let new = (old as u32).wrapping_add(by as u32);
            let bytes = if big_endian {
                new.to_be_bytes()
            } else {
                new.to_le_bytes()
            };
            index[place..place + 4].copy_from_slice(&bytes);
        }
    }
}

/// Byte order, and where the entries lie.
fn entries(index: &[u8]) -> Option<(bool, std::ops::Range<usize>)> {
    let big_endian = match index.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = [*index.get(at)?, *index.get(at + 1)?];
        Some(if big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    };
    let directory = number_at(index, 4, big_endian)?;
    let fields = usize::from(short(directory)?);
    let field = (0..fields)
        .map(|n| directory + 2 + n * 12)
        .find(|at| short(*at) == Some(MP_ENTRY))?;
    let length = number_at(index, field + 4, big_endian)?;
    let start = number_at(index, field + 8, big_endian)?;
    let usual = short(field + 2)? == UNDEFINED
        && length > 4
        && length % ENTRY_BYTES == 0
        && start + length <= index.len();
    usual.then_some((big_endian, start..start + length))
}

fn number_at(index: &[u8], at: usize, big_endian: bool) -> Option<usize> {
    let bytes: [u8; 4] = index.get(at..at.checked_add(4)?)?.try_into().ok()?;
    let number = if big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    };
    Some(number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian index with a main image of 1000 bytes and one preview 900 bytes away.
    fn index() -> Vec<u8> {
        let mut bytes = b"MPF\0II*\0".to_vec();
        bytes.extend(8u32.to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(MP_ENTRY.to_le_bytes());
        bytes.extend(UNDEFINED.to_le_bytes());
        bytes.extend(32u32.to_le_bytes());
        bytes.extend(26u32.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        for (size, offset) in [(1000u32, 0u32), (50, 900)] {
            bytes.extend(0u32.to_le_bytes());
            bytes.extend(size.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes.extend(0u32.to_le_bytes());
        }
        bytes
    }

    fn numbers(payload: &[u8]) -> [usize; 4] {
        [34, 38, 50, 54].map(|at| number_at(&payload[4..], at - 4, false).unwrap())
    }

    #[test]
    fn sizes_and_distances_follow() {
        let mut payload = index();
        assert_eq!(numbers(&payload), [1000, 0, 50, 900]);
        move_pictures(&mut payload, 300, -20);
        assert_eq!(numbers(&payload), [1300, 0, 50, 880]);
        move_pictures(&mut payload, -300, 20);
        assert_eq!(payload, index());
    }

    #[test]
    fn an_unusual_index_is_left_alone() {
        for cut in 0..index().len() {
            let mut payload = index()[..cut].to_vec();
            move_pictures(&mut payload, 300, -20);
            assert_eq!(payload, index()[..cut]);
        }
    }
}
