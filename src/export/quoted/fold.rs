//! The words of a text, the same whether it is written plainly or escaped.

use std::ops::Range;

/// Letters and digits in a row. In scripts that write no spaces each letter is a word.
#[derive(Clone, Debug)]
pub struct Word {
    /// Where it stands.
    pub at: Range<usize>,
    /// Of its letters, in lower case if they are ASCII.
    pub hash: u64,
    /// Bytes of its letters.
    pub len: usize,
}

/// All words of `text`.
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut word: Option<Word> = None;
        while at < text.len() {
            let (letter, len) = next(&text[at..]);
            let alone = has_no_spaces(letter);
            if word.is_some() && (alone || !letter.is_alphanumeric()) {
                break;
            }
            let start = at;
            at += len;
            if letter.is_alphanumeric() {
                let word = word.get_or_insert(Word { at: start..start, hash: FNV_BASIS, len: 0 });
                word.at.end = at;
                word.hash =
                    (word.hash ^ u64::from(u32::from(letter.to_ascii_lowercase()))).wrapping_mul(FNV_PRIME);
                word.len += letter.len_utf8();
            }
            if alone {
                break;
            }
        }
        word
    })
}

/// Source: FNV-1a for 64 bits, draft-eastlake-fnv.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Chinese, Japanese, Thai, Lao, Burmese, Khmer.
fn has_no_spaces(letter: char) -> bool {
    letter.is_alphanumeric()
        && matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What `text`, which is not empty, begins with when it is read without escapes, and bytes to what follows.
fn next(text: &str) -> (char, usize) {
    match text.as_bytes()[0] {
        b'\\' => backslash(text),
        b'%' => escaped(text, "%", 2, 16).unwrap_or((' ', 1)),
        b'&' => (' ', entity(text).unwrap_or(1)),
        byte if byte.is_ascii() => (char::from(byte), 1),
        _ => text.chars().next().map_or((' ', 1), |letter| (letter, letter.len_utf8())),
    }
}

/// However many backslashes stand there: what was escaped twice reads as once.
fn backslash(text: &str) -> (char, usize) {
    let slashes = text.bytes().take_while(|byte| *byte == b'\\').count();
    let rest = &text[slashes..];
    let (letter, len) = match rest.bytes().next() {
        Some(b'n' | b'r' | b't' | b'b' | b'f' | b'v') => (' ', 1),
        Some(b'u') => utf16(rest).unwrap_or((' ', 0)),
        Some(b'x') => return escaped(text, &text[..=slashes], 2, 16).unwrap_or((' ', slashes)),
        Some(b'0'..=b'3') => return escaped(text, &text[..slashes], 3, 8).unwrap_or((' ', slashes)),
        _ => (' ', 0),
    };
    (letter, slashes + len)
}

/// `uXXXX` as JSON writes a character, or two of them with backslashes between for one past the first plane.
fn utf16(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u16::from_str_radix(text.get(1..5)?, 16).ok();
    let first = unit(text)?;
    if let Some(letter) = char::from_u32(first.into()) {
        return Some((letter, 5));
    }
    let slashes = text[5..].bytes().take_while(|byte| *byte == b'\\').count();
    let second = unit(text[5 + slashes..].strip_prefix('u').map(|_| &text[5 + slashes..])?)?;
    let letter = char::decode_utf16([first, second]).next()?.ok()?;
    Some((letter, 10 + slashes))
}

/// A character whose UTF-8 bytes are each written as `prefix` and so many digits.
fn escaped(text: &str, prefix: &str, digits: usize, radix: u32) -> Option<(char, usize)> {
    let one = prefix.len() + digits;
    let mut bytes = Vec::with_capacity(4);
    while bytes.len() < 4 {
        let at = bytes.len() * one;
        let digits = text.get(at..at + one)?.strip_prefix(prefix)?;
        bytes.push(u8::from_str_radix(digits, radix).ok()?);
        if let Ok(letter) = std::str::from_utf8(&bytes) {
            return Some((letter.chars().next()?, at + one));
        }
    }
    None
}

/// The length of a character reference of HTML, `&quot;` or `&#39;`.
fn entity(text: &str) -> Option<usize> {
    let name =
        text.bytes().skip(1).take(8).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
    (name > 0 && text.as_bytes().get(1 + name) == Some(&b';')).then_some(name + 2)
}
