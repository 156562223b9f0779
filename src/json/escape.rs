//! JSON string escapes: undone, done, and mapped back to where they stand.
//!
//! Source: RFC 8259 §7.

use std::borrow::Cow;
use std::ops::Range;

/// Appends `text` as it stands between the quotes of a JSON string.
pub fn escape(text: &str, out: &mut String) {
    let mut kept = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[kept..at]);
        out.push_str(short);
        if short.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        }
        kept = at + 1;
    }
    out.push_str(&text[kept..]);
}

/// What the inside of a JSON string says. A lone surrogate reads as U+FFFD; an escape that is cut off at
/// the end is left as it is.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('\\') else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    let mut at = first;
    out.push_str(&raw[..first]);
    while let Some(piece) = piece(raw, at) {
        match piece.says {
            Some(char) => out.push(char),
            None => out.push_str(&raw[at..piece.end]),
        }
        at = piece.end;
    }
    Cow::Owned(out)
}

/// Maps offsets in unescaped text back to where they stand in the JSON text.
#[derive(Clone, Debug)]
pub struct Offsets<'a> {
    raw: &'a str,
    /// Where `raw` begins in the whole text.
    base: usize,
    /// Offset into `raw` up to which was walked, and the same place in the unescaped text.
    at: usize,
    said: usize,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(whole: &'a str, literal: Range<usize>) -> Offsets<'a> {
        Offsets { base: literal.start, raw: &whole[literal], at: 0, said: 0 }
    }

    /// Where `range` of the unescaped text stands in the whole JSON text, escapes on its borders included.
    ///
    /// Ask in ascending order: each range is looked for from where the last one ended, so that all of
    /// them together take one walk.
    pub fn range(&mut self, range: Range<usize>) -> Range<usize> {
        let start = self.seek(range.start);
        start..self.seek(range.end)
    }

    fn seek(&mut self, said: usize) -> usize {
        while self.said < said
            && let Some(piece) = piece(self.raw, self.at)
        {
            let len = piece.says.map_or(piece.end - self.at, char::len_utf8);
            if piece.says.is_none() && said - self.said < len {
                self.at += said - self.said;
                self.said = said;
                break;
            }
            self.at = piece.end;
            self.said += len;
        }
        self.base + self.at
    }
}

/// A stretch of a JSON string: one escape, or plain text up to the next.
struct Piece {
    end: usize,
    /// What the escape says; `None` for plain text.
    says: Option<char>,
}

/// The stretch that begins at `at`; `None` at the end.
fn piece(raw: &str, at: usize) -> Option<Piece> {
    let rest = raw.as_bytes().get(at..).filter(|rest| !rest.is_empty())?;
    if rest[0] != b'\\' {
        let len = rest.iter().position(|byte| *byte == b'\\').unwrap_or(rest.len());
        return Some(Piece { end: at + len, says: None });
    }
    let (says, len) = match rest.get(1) {
        Some(b'n') => (Some('\n'), 2),
        Some(b't') => (Some('\t'), 2),
        Some(b'r') => (Some('\r'), 2),
        Some(b'b') => (Some('\u{8}'), 2),
        Some(b'f') => (Some('\u{c}'), 2),
        Some(byte @ (b'"' | b'\\' | b'/')) => (Some(char::from(*byte)), 2),
        Some(b'u') => unicode(rest),
        _ => (None, rest.len().min(2)),
    };
    // A letter that is no escape does not get past the walk; what is cut off stays as it is.
    let end = (at + len..=raw.len()).find(|end| raw.is_char_boundary(*end)).unwrap_or(raw.len());
    Some(Piece { end, says })
}

/// What `\uXXXX` at the start of `rest` says, together with the second half of a pair, and its length.
fn unicode(rest: &[u8]) -> (Option<char>, usize) {
    let Some(first) = hex4(rest, 2) else {
        return (None, rest.len());
    };
    if let Some(char) = char::from_u32(first) {
        return (Some(char), 6);
    }
    let second = rest.get(6..8).filter(|next| next == b"\\u").and_then(|_| hex4(rest, 8));
    match second {
        Some(low @ 0xdc00..0xe000) if first < 0xdc00 => {
            (char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00)), 12)
        }
        _ => (Some(char::REPLACEMENT_CHARACTER), 6),
    }
}

/// The four hex digits at `at`.
pub(super) fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at + 4)?
        .iter()
        .try_fold(0, |value, byte| Some(value << 4 | char::from(*byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(raw: &str, expected: &str) {
        assert_eq!(unescape(raw), expected);
    }

    #[test]
    fn escapes_are_undone() {
        check(r#"a\"\\\/\b\f\n\r\tz"#, "a\"\\/\u{8}\u{c}\n\r\tz");
        check(r"\u0040 \u00e9 \u65e5", "@ é 日");
        check(r"\ud83d\ude00", "😀");
    }

    #[test]
    fn a_lone_surrogate_reads_as_the_replacement_character() {
        check(r"\ud83d!", "\u{fffd}!");
        check(r"\ude00\ud83d", "\u{fffd}\u{fffd}");
        check(r"\ud83d\u0041", "\u{fffd}A");
    }

    #[test]
    fn an_escape_cut_off_at_the_end_stays() {
        check(r"a\u00", r"a\u00");
        check("a\\", "a\\");
        check(r"\ud83d\ude", "\u{fffd}\\ude");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_the_same(text: String) {
            let mut escaped = String::new();
            escape(&text, &mut escaped);
            prop_assert_eq!(unescape(&escaped), &*text);
            let quoted = format!("\"{escaped}\"");
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }

        #[test]
        fn a_range_maps_to_the_escapes_that_say_it(before: String, middle: String, after: String) {
            let (mut first, mut second, mut third) = (String::new(), String::new(), String::new());
            all_escaped(&before, &mut first);
            all_escaped(&middle, &mut second);
            escape(&after, &mut third);
            let whole = format!("[\"{first}{second}{third}\"]");
            let start = 2 + first.len();
            let mut offsets = Offsets::new(&whole, 2..whole.len() - 2);
            let said = before.len()..before.len() + middle.len();
            prop_assert_eq!(offsets.range(said), start..start + second.len());
        }
    }

    /// Every second character as `\uXXXX`.
    fn all_escaped(text: &str, out: &mut String) {
        for (i, char) in text.chars().enumerate() {
            if i % 2 == 0 {
                char.encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
            } else {
                escape(char.encode_utf8(&mut [0; 4]), out);
            }
        }
    }
}
