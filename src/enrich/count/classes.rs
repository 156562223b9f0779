//! Letters, marks, numbers and spaces, exactly as the pre-tokenisers' regular expressions mean them.

use regex_syntax::hir::{Class, HirKind};
use std::sync::LazyLock;

/// What a character is: one bit, so that a set of classes is a mask. `\s` is `SPACE | NEWLINE`.
pub(super) type Mask = u8;

/// `\p{Lu}` and `\p{Lt}`.
pub(super) const UPPER: Mask = 1;
/// `\p{Ll}`.
pub(super) const LOWER: Mask = 2;
/// `\p{Lm}` and `\p{Lo}`.
pub(super) const CASELESS: Mask = 4;
/// `\p{M}`.
pub(super) const MARK: Mask = 8;
/// `\p{N}`.
pub(super) const NUMBER: Mask = 16;
/// `\s` without the two of `NEWLINE`.
pub(super) const SPACE: Mask = 32;
/// `[\r\n]`.
pub(super) const NEWLINE: Mask = 64;
/// Everything else. The end of the text is no class at all: 0.
pub(super) const OTHER: Mask = 128;
/// `\p{L}`.
pub(super) const LETTER: Mask = UPPER | LOWER | CASELESS;

/// The class of every code point, as a table of blocks of 256 in which equal blocks are one (35 kB).
pub(super) struct Classes {
    block_of: Vec<u8>,
    blocks: Vec<[Mask; 256]>,
}

/// Built on first use, in about a millisecond, from the tables of the regex engine that tiktoken runs on.
pub(super) static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::build);

impl Classes {
    pub(super) fn of(&self, c: char) -> Mask {
        let code = c as usize;
        self.blocks[usize::from(self.block_of[code >> 8])][code & 0xff]
    }

    /// As [`Classes::of`], for a byte below 0x80.
    pub(super) fn of_ascii(&self, byte: u8) -> Mask {
        self.blocks[0][usize::from(byte)]
    }

    fn build() -> Classes {
        let mut flat = vec![OTHER; 0x11_0000];
        for (class, mask) in [
            (r"[\p{Lu}\p{Lt}]", UPPER),
            (r"\p{Ll}", LOWER),
            (r"[\p{Lm}\p{Lo}]", CASELESS),
            (r"\p{M}", MARK),
            (r"\p{N}", NUMBER),
            (r"\s", SPACE),
            (r"[\r\n]", NEWLINE),
        ] {
            for (first, last) in ranges(class) {
                flat[first as usize..=last as usize].fill(mask);
            }
        }
        let mut classes = Classes { block_of: Vec::new(), blocks: Vec::new() };
        for block in flat.as_chunks::<256>().0 {
            let known = classes.blocks.iter().position(|other| other == block);
            let number = known.unwrap_or_else(|| {
                classes.blocks.push(*block);
                classes.blocks.len() - 1
            });
            classes.block_of.push(u8::try_from(number).expect("Unicode has under 256 different blocks"));
        }
        classes
    }
}

/// The code points of a bracketed class or a `\p{…}`.
fn ranges(class: &str) -> Vec<(char, char)> {
    let hir = regex_syntax::parse(class).expect("a constant class parses");
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(set)) => set.iter().map(|r| (r.start(), r.end())).collect(),
        _ => unreachable!("a Unicode class is a set of ranges"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_unicode() {
        for (c, mask) in [
            ('A', UPPER),
            ('ǅ', UPPER),
            ('é', LOWER),
            ('漢', CASELESS),
            ('ʰ', CASELESS),
            ('\u{301}', MARK),
            ('٣', NUMBER),
            ('½', NUMBER),
            ('\u{a0}', SPACE),
            ('\t', SPACE),
            ('\r', NEWLINE),
            ('-', OTHER),
            ('🦀', OTHER),
        ] {
            assert_eq!(CLASSES.of(c), mask, "{c:?}");
        }
    }

    #[test]
    fn spaces_and_numbers_are_those_of_the_standard_library() {
        for c in '\0'..=char::MAX {
            let mask = CLASSES.of(c);
            assert_eq!(mask & (SPACE | NEWLINE) != 0, c.is_whitespace(), "{c:?}");
        }
    }
}
