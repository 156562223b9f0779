//! What a piece of a text is to an estimate: a word, by its script, a number, symbols or blank.
//!
//! How much a tokenizer differs from another depends on little else, prose and code included: code is more
//! symbols and blanks than prose is.

/// Kinds of pieces; a count by kind is an array in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Kind {
    /// Of ASCII letters.
    Word,
    /// Latin, with letters beyond ASCII.
    Latin,
    /// Cyrillic or Greek.
    Cyrillic,
    Han,
    Kana,
    Hangul,
    /// Arabic or Hebrew.
    Arabic,
    /// Scripts of South and South-East Asia.
    Indic,
    OtherLetters,
    Number,
    /// Of ASCII.
    Symbols,
    OtherSymbols,
    Blank,
}

/// The kinds, and in the last place digits: some tokenizers take each by itself.
pub(super) const KINDS: usize = 14;
/// See [`KINDS`].
pub(super) const DIGITS: usize = 13;

/// The kind of a piece, by its first letter or digit.
pub(super) fn kind(piece: &str) -> Kind {
    for c in piece.chars() {
        if c.is_ascii_alphabetic() {
            return if piece.is_ascii() { Kind::Word } else { Kind::Latin };
        }
        if c.is_numeric() {
            return Kind::Number;
        }
        if c.is_alphabetic() {
            return script(c);
        }
    }
    match piece.chars().all(char::is_whitespace) {
        true => Kind::Blank,
        false if piece.is_ascii() => Kind::Symbols,
        false => Kind::OtherSymbols,
    }
}

/// By the blocks of Unicode.
fn script(c: char) -> Kind {
    match u32::from(c) {
        ..0x250 | 0x1e00..0x1f00 => Kind::Latin,
        0x370..0x530 => Kind::Cyrillic,
        0x590..0x900 | 0xfb1d..0xfe00 | 0xfe70..0xff00 => Kind::Arabic,
        0x900..0x10a0 | 0x1780..0x1800 => Kind::Indic,
        0x1100..0x1200 | 0x3130..0x3190 | 0xac00..0xd7b0 => Kind::Hangul,
        0x3040..0x3100 | 0x31f0..0x3200 => Kind::Kana,
        0x3400..0xa000 | 0xf900..0xfb00 | 0x20000..0x32000 => Kind::Han,
        _ => Kind::OtherLetters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_apart() {
        for (piece, expected) in [
            (" word", Kind::Word),
            ("'s", Kind::Word),
            (" naïve", Kind::Latin),
            ("Übung", Kind::Latin),
            (" привет", Kind::Cyrillic),
            ("漢字", Kind::Han),
            ("かな", Kind::Kana),
            ("한국", Kind::Hangul),
            (" שלום", Kind::Arabic),
            ("ไทย", Kind::Indic),
            ("ქართული", Kind::OtherLetters),
            ("123", Kind::Number),
            (" ==", Kind::Symbols),
            ("🦀", Kind::OtherSymbols),
            ("\n\n  ", Kind::Blank),
            ("", Kind::Blank),
        ] {
            assert_eq!(kind(piece), expected, "{piece:?}");
        }
    }
}
