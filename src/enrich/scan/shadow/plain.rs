//! Which blocks of characters are never folded: those of 64 that share all but the last byte of their UTF-8.

use super::fold_char;
use std::sync::LazyLock;

/// By code point without its last six bits, whether every character of the block reads as itself.
static PLAIN: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let is_plain = |block: u32| {
        (block << 6..(block + 1) << 6)
            .all(|code| char::from_u32(code).is_none_or(|c| fold_char(c, true) == Some(c) && !is_rare(c)))
    };
    (0..BLOCKS).map(is_plain).collect()
});

/// Blocks of the basic plane.
const BLOCKS: u32 = 0x1_0000 >> 6;

/// Characters that are folded only between digits.
fn is_rare(c: char) -> bool {
    matches!(c, '\u{30FB}' | '\u{30FC}' | '\u{4E00}' | '\u{2500}' | '\u{2501}' | '\u{FF70}')
}

/// How many bytes the character at the start of `bytes` has, and whether it is sure to read as itself.
pub fn block(bytes: &[u8]) -> (usize, bool) {
    let low = |i: usize| u32::from(bytes[i] & 0x3F);
    match bytes[0] {
        0xC0..=0xDF => (2, PLAIN[usize::from(bytes[0] & 0x1F)]),
        0xE0..=0xEF => (3, PLAIN[(u32::from(bytes[0] & 0xF) << 6 | low(1)) as usize]),
        // Pictures, U+1F300 to U+1FBBF.
        0xF0 => (4, bytes[1] == 0x9F && (0x8C..=0xAE).contains(&bytes[2])),
        _ => (4, false),
    }
}
