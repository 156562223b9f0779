//! Pieces that were counted a moment ago, and their counts: most words of a text come again.

/// As many pieces as are kept, each 16 bytes.
const SLOTS: usize = 4096;

/// A direct-mapped memory of pieces of 2 to 15 bytes. Each is kept whole, so that an answer is never that of another.
pub(super) struct Seen(Box<[u128; SLOTS]>);

/// Where the count stands in a slot: above the length, in the upper half of the highest byte.
const COUNT: u32 = 124;

impl Seen {
    pub(super) fn new() -> Seen {
        Seen(vec![0; SLOTS].into_boxed_slice().try_into().expect("as many as the array has"))
    }

    /// The count of the piece of `key`, if it is remembered.
    pub(super) fn get(&self, key: u128) -> Option<usize> {
        let held = self.0[slot(key)];
        (held << 4 >> 4 == key).then_some((held >> COUNT) as usize)
    }

    /// Remembers `count`, in place of what lies there. No piece has more tokens than bytes, so four bits hold it.
    pub(super) fn put(&mut self, key: u128, count: usize) {
        self.0[slot(key)] = key | (count as u128) << COUNT;
    }
}

fn slot(key: u128) -> usize {
    mixed(key) as usize % SLOTS
}

/// The bytes of `piece` and, above them, their number: different for different pieces. `None` past 15 bytes.
pub(super) fn key(piece: &[u8]) -> Option<u128> {
    let len = piece.len();
    let (low, high) = match piece {
        _ if len > 15 => return None,
        // Two reads that overlap, instead of one of a length that is not known before.
        _ if let (Some(first), Some(last)) = (piece.first_chunk(), piece.last_chunk()) => {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last).unbounded_shr(8 * (16 - len as u32)))
        }
        _ if let (Some(first), Some(last)) = (piece.first_chunk(), piece.last_chunk()) => (
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4)),
            0,
        ),
        _ => (piece.iter().rev().fold(0, |low, byte| low << 8 | u64::from(*byte)), 0),
    };
    Some(u128::from(low) | u128::from(high) << 64 | (len as u128) << 120)
}

/// Multiplied and folded: the halves of a key, well mixed. Not keyed, as nothing but time hangs on it.
pub(super) fn mixed(key: u128) -> u64 {
    mix(mix(0, key as u64), (key >> 64) as u64)
}

pub(super) fn mix(state: u64, word: u64) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let product = u128::from(state ^ word ^ ODD.rotate_left(17)) * u128::from(ODD);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_have_one_key_only_if_they_are_one(one in "[ab\0]{0,15}", other in "[ab\0]{0,15}") {
            prop_assert_eq!(one == other, key(one.as_bytes()) == key(other.as_bytes()));
        }
    }

    #[test]
    fn what_was_counted_is_remembered_as_it_was() {
        let mut seen = Seen::new();
        let keys: Vec<u128> = (2..=15).map(|len| key(&b"xxxxxxxxxxxxxxxx"[..len]).unwrap()).collect();
        for (count, key) in (2..).zip(&keys) {
            assert_eq!(seen.get(*key), None);
            seen.put(*key, count);
            assert_eq!(seen.get(*key), Some(count));
        }
        assert_eq!(key(b"xxxxxxxxxxxxxxxx"), None);
    }
}
