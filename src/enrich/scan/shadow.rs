//! The text as a reader sees it: a copy in which look-alikes, invisible characters and escapes are
//! undone, with a map back. Made only where there is something to undo.

use std::ops::Range;
use unicode_normalization::char::decompose_compatible;

/// A folded copy of a text.
pub struct Shadow {
    pub text: String,
    /// Whether characters that nobody can see were dropped.
    pub hid_something: bool,
    /// Where the copy and the original part, ascending.
    joints: Vec<Joint>,
}

/// From `shadow` on in the copy stands what begins at `original` in the text.
#[derive(Clone, Copy, Debug)]
struct Joint {
    shadow: usize,
    original: usize,
    /// Bytes of the original that one folded character stands for; 0 where bytes were copied.
    wide: usize,
}

/// Whether `text` could need a shadow. Cheap, and true too often rather than too rarely.
pub fn needed(text: &str) -> bool {
    let bytes = text.as_bytes();
    !text.is_ascii() || (0..bytes.len()).any(|i| IS_TELLING[usize::from(bytes[i])] && tells(&bytes[i..]))
}

/// Bytes with which something begins that may have to be undone.
const IS_TELLING: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\\%&([ ";
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

/// Whether `rest`, which begins with a telling byte, begins with a disguise.
fn tells(rest: &[u8]) -> bool {
    match rest[0] {
        b' ' => {
            let dot =
                rest.get(4) == Some(&b' ') && rest.get(1..4).is_some_and(|w| w.eq_ignore_ascii_case(b"dot"));
            let apart = |i: usize| {
                rest.get(i).is_some_and(u8::is_ascii_alphanumeric) && rest.get(i + 1) == Some(&b' ')
            };
            dot || apart(1) && apart(3)
        }
        b'(' | b'[' => {
            rest.get(1).is_some_and(|b| matches!(b | 0x20, b'a' | b'd')) && bracketed(rest).is_some()
        }
        b'%' => rest.get(1).is_some_and(u8::is_ascii_hexdigit),
        b'&' => rest.get(1).is_some_and(|b| *b == b'#' || b.is_ascii_alphabetic()),
        _ => true,
    }
}

/// So many single characters with single spaces between are one value written apart.
const SPACED_LEAST: usize = 6;
/// The longest run that is looked at from one place: an IBAN has 34.
const SPACED_MOST: usize = 40;

/// How many bytes of `bytes` are capitals and digits that stand singly, with one space between, such as
/// `4 1 1 1 1 1`: 0 where there are too few, or no three digits among them.
fn spaced_out(bytes: &[u8]) -> usize {
    let single = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let count = bytes
        .chunks(2)
        .take(SPACED_MOST)
        .take_while(|pair| single(&pair[0]) && pair.get(1).is_none_or(|b| *b == b' '))
        .count();
    // The last one has to end there: `4 1 1 1 1 12` is five.
    let length = (2 * count).min(bytes.len()) - usize::from(count > 0 && 2 * count <= bytes.len());
    let digits = bytes[..length].iter().filter(|b| b.is_ascii_digit()).count();
    if count >= SPACED_LEAST && digits >= 3 { length } else { 0 }
}

/// How many bytes of `rest` are ` at name dot tld`, as people say an address.
fn said_address(rest: &[u8]) -> usize {
    if !rest.get(..4).is_some_and(|at| at.eq_ignore_ascii_case(b" at ")) {
        return 0;
    }
    let mut end = 4;
    let mut labels = 0;
    loop {
        let label =
            rest[end..].iter().take(63).take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        let dot = rest.get(end + label..end + label + 5).is_some_and(|d| d.eq_ignore_ascii_case(b" dot "));
        labels += 1;
        end += label;
        if label == 0 || !dot || labels == 8 {
            return if label > 1 && labels > 1 { end } else { 0 };
        }
        end += 5;
    }
}
/// The folded copy, or `None` where it would be the text itself.
pub fn fold(text: &str) -> Option<Shadow> {
    if !needed(text) {
        return None;
    }
    let mut shadow =
        Shadow { text: String::with_capacity(text.len()), joints: Vec::new(), hid_something: false };
    let mut at = 0;
    let mut mixed = MixedWords { text, end: 0, is_mixed: false };
    // Up to where characters are written apart, and up to where an address is said in words.
    let (mut apart, mut said) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let width = c.len_utf8();
        let rest = &text.as_bytes()[at..];
        if at >= apart && (at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric()) {
            apart = at + spaced_out(rest);
        }
        if c == ' ' && at >= said {
            said = at + said_address(rest);
        }
        if c == ' ' && (at < apart || at < said) {
            let (length, sign) = match rest.get(1) {
                _ if at < apart => (1, None),
                Some(b'a' | b'A') => (4, Some('@')),
                _ => (5, Some('.')),
            };
            shadow.put(at, length, sign);
            at += length;
            continue;
        }
        if let Some((length, folded)) = escape(&text[at..], c) {
            shadow.put(at, length, folded.and_then(|c| fold_char(c, true)));
            at += length;
            continue;
        }
        if c.is_ascii() {
            shadow.text.push(c);
        } else {
            shadow.hid_something |= is_invisible(c);
            match fold_char(c, mixed.at(at)) {
                Some(same) if same == c => shadow.text.push(c),
                folded => shadow.put(at, width, folded),
            }
        }
        at += width;
    }
    (!shadow.joints.is_empty()).then_some(shadow)
}

impl Shadow {
    /// The characters of the text that `range` of the copy stands for.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        self.start(range.start)..self.end(range.end)
    }

    fn start(&self, place: usize) -> usize {
        let joint = self.joint(place);
        if joint.wide > 0 { joint.original } else { joint.original + place - joint.shadow }
    }

    fn end(&self, place: usize) -> usize {
        let Some(last) = place.checked_sub(1) else {
            return 0;
        };
        let joint = self.joint(last);
        if joint.wide > 0 { joint.original + joint.wide } else { joint.original + place - joint.shadow }
    }

    /// The last joint at or before `place`; the text begins with one that is implied.
    fn joint(&self, place: usize) -> Joint {
        let before = self.joints.partition_point(|j| j.shadow <= place);
        before.checked_sub(1).map_or(Joint { shadow: 0, original: 0, wide: 0 }, |i| self.joints[i])
    }

    /// Puts `folded` (nothing: drops it) for the `width` bytes at `original`.
    fn put(&mut self, original: usize, width: usize, folded: Option<char>) {
        if let Some(c) = folded {
            self.joints.push(Joint { shadow: self.text.len(), original, wide: width });
            self.text.push(c);
        }
        let after = Joint { shadow: self.text.len(), original: original + width, wide: 0 };
        // Dropped characters in a row leave one joint.
        match self.joints.last_mut() {
            Some(last) if last.shadow == after.shadow => *last = after,
            _ => self.joints.push(after),
        }
    }
}

/// What `c` reads as: `None` where it cannot be seen. Letters that only look Latin are folded in
/// words that are partly Latin, so that Russian and Greek stay what they are.
fn fold_char(c: char, in_mixed_word: bool) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    if is_invisible(c) {
        return None;
    }
    if let Some(ascii) = punctuation(c) {
        return Some(ascii);
    }
    if let Some(digit) = decimal_digit(c) {
        return Some(digit);
    }
    if in_mixed_word && let Some(latin) = confusable(c) {
        return Some(latin);
    }
    Some(compatible(c).unwrap_or(c))
}

/// Format characters (general category Cf), variation selectors, tags and fillers.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
        | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB
        | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

/// Dashes, spaces, quotes and signs that stand for an ASCII one.
fn punctuation(c: char) -> Option<char> {
    Some(match u32::from(c) {
        0x2010..=0x2015 | 0x2212 | 0x2043 | 0xFE58 | 0xFE63 | 0xFF0D | 0x2E3A | 0x2E3B => '-',
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 | 0x2028 | 0x2029 => ' ',
        0x2024 | 0x3002 | 0xFF61 | 0xB7 | 0x2219 | 0x22C5 => '.',
        0x2018 | 0x2019 | 0x201B | 0x2032 => '\'',
        0x201C..=0x201F | 0x2033 => '"',
        0x2215 | 0x2044 => '/',
        0x2236 | 0xA789 => ':',
        _ => return None,
    })
}

/// The ASCII digit of any decimal digit (general category Nd): each script's ten stand in a row.
fn decimal_digit(c: char) -> Option<char> {
    const ZEROS: &[u32] = &[
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50,
        0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
        0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x11066, 0x110F0,
        0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11C50, 0x16A60,
        0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E950, 0x1FBF0,
    ];
    let code = u32::from(c);
    let script = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    char::from_digit(code - ZEROS[script], 10)
}

/// The one ASCII character that NFKC makes of `c`, such as a full-width or mathematical letter.
fn compatible(c: char) -> Option<char> {
    let mut count = 0;
    let mut first = None;
    decompose_compatible(c, |part| {
        first = first.or(Some(part));
        count += 1;
    });
    first.filter(|part| count == 1 && part.is_ascii())
}

/// Letters of other scripts that look like a Latin one: the everyday part of Unicode TR 39, `confusables.txt`.
fn confusable(c: char) -> Option<char> {
    CONFUSABLE.binary_search_by_key(&c, |(other, _)| *other).ok().map(|i| CONFUSABLE[i].1)
}

/// Greek, Cyrillic and Armenian letters with their Latin twins, sorted.
const CONFUSABLE: &[(char, char)] = &[
    ('\u{391}', 'A'),
    ('\u{392}', 'B'),
    ('\u{395}', 'E'),
    ('\u{396}', 'Z'),
    ('\u{397}', 'H'),
    ('\u{399}', 'I'),
    ('\u{39A}', 'K'),
    ('\u{39C}', 'M'),
    ('\u{39D}', 'N'),
    ('\u{39F}', 'O'),
    ('\u{3A1}', 'P'),
    ('\u{3A4}', 'T'),
    ('\u{3A5}', 'Y'),
    ('\u{3A7}', 'X'),
    ('\u{3B1}', 'a'),
    ('\u{3B3}', 'y'),
    ('\u{3B9}', 'i'),
    ('\u{3BA}', 'k'),
    ('\u{3BD}', 'v'),
    ('\u{3BF}', 'o'),
    ('\u{3C1}', 'p'),
    ('\u{3C4}', 't'),
    ('\u{3C5}', 'u'),
    ('\u{3C7}', 'x'),
    ('\u{3F2}', 'c'),
    ('\u{3F3}', 'j'),
    ('\u{405}', 'S'),
    ('\u{406}', 'I'),
    ('\u{408}', 'J'),
    ('\u{410}', 'A'),
    ('\u{412}', 'B'),
    ('\u{415}', 'E'),
    ('\u{41A}', 'K'),
    ('\u{41C}', 'M'),
    ('\u{41D}', 'H'),
    ('\u{41E}', 'O'),
    ('\u{420}', 'P'),
    ('\u{421}', 'C'),
    ('\u{422}', 'T'),
    ('\u{423}', 'Y'),
    ('\u{425}', 'X'),
    ('\u{430}', 'a'),
    ('\u{435}', 'e'),
    ('\u{43A}', 'k'),
    ('\u{43C}', 'm'),
    ('\u{43E}', 'o'),
    ('\u{43F}', 'n'),
    ('\u{440}', 'p'),
    ('\u{441}', 'c'),
    ('\u{442}', 't'),
    ('\u{443}', 'y'),
    ('\u{445}', 'x'),
    ('\u{455}', 's'),
    ('\u{456}', 'i'),
    ('\u{458}', 'j'),
    ('\u{475}', 'v'),
    ('\u{4AE}', 'Y'),
    ('\u{4AF}', 'y'),
    ('\u{4BB}', 'h'),
    ('\u{4C0}', 'I'),
    ('\u{4CF}', 'l'),
    ('\u{501}', 'd'),
    ('\u{50C}', 'G'),
    ('\u{51A}', 'Q'),
    ('\u{51B}', 'q'),
    ('\u{51C}', 'W'),
    ('\u{51D}', 'w'),
    ('\u{555}', 'O'),
    ('\u{561}', 'w'),
    ('\u{563}', 'q'),
    ('\u{566}', 'q'),
    ('\u{570}', 'h'),
    ('\u{578}', 'n'),
    ('\u{57D}', 'u'),
    ('\u{581}', 'g'),
    ('\u{585}', 'o'),
];

/// Whether the word that holds a place has a Latin letter or a digit in it, computed once a word.
struct MixedWords<'a> {
    text: &'a str,
    /// Where the word that was looked at last ends.
    end: usize,
    is_mixed: bool,
}

impl MixedWords<'_> {
    fn at(&mut self, place: usize) -> bool {
        if place >= self.end {
            let word =
                |c: &char| c.is_alphanumeric() || is_invisible(*c) || matches!(c, '@' | '.' | '_' | '-');
            let run = || self.text[place..].chars().take_while(word);
            let before = self.text[..place].chars().next_back();
            self.end = place + run().map(char::len_utf8).sum::<usize>();
            self.is_mixed =
                before.is_some_and(|c| c.is_ascii_alphanumeric()) || run().any(|c| c.is_ascii_alphanumeric());
        }
        self.is_mixed
    }
}

/// The escape at the start of `rest`, whose first character is `c`: its length in bytes and what it
/// stands for.
fn escape(rest: &str, c: char) -> Option<(usize, Option<char>)> {
    let bytes = rest.as_bytes();
    match c {
        '\\' => backslash(bytes),
        '%' => percent(bytes),
        '&' => entity(rest),
        '[' | '(' => bracketed(bytes),
        _ => None,
    }
    .map(|(length, c)| (length, Some(c)))
}

/// JSON, Python and JavaScript: one or more backslashes (text that was quoted twice) and what follows.
fn backslash(bytes: &[u8]) -> Option<(usize, char)> {
    let slashes = bytes.iter().take(8).take_while(|b| **b == b'\\').count();
    let rest = &bytes[slashes..];
    match rest.first()? {
        b'u' => unit(&rest[1..]).and_then(|high| match high {
            0xD800..=0xDBFF => {
                let low = rest[5..].strip_prefix(&bytes[..slashes])?.strip_prefix(b"u").and_then(unit)?;
                let code =
                    0x10000 + ((high - 0xD800) << 10) + low.checked_sub(0xDC00).filter(|l| *l < 0x400)?;
                Some((slashes + 5 + slashes + 5, char::from_u32(code)?))
            }
            _ => Some((slashes + 5, char::from_u32(high)?)),
        }),
        b'x' => {
            Some((slashes + 3, char::from(hex(rest.get(1..3)?)? as u8))).filter(|(_, c)| c.is_ascii_graphic())
        }
        b'n' | b'r' | b't' => Some((slashes + 1, '\n')),
        b'"' => Some((slashes + 1, '"')),
        b'/' => Some((slashes + 1, '/')),
        _ => None,
    }
}

fn unit(bytes: &[u8]) -> Option<u32> {
    hex(bytes.get(..4)?)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
}

/// RFC 3986 §2.1, printable characters only.
fn percent(bytes: &[u8]) -> Option<(usize, char)> {
    let c = char::from(hex(bytes.get(1..3)?)? as u8);
    (c.is_ascii_graphic() || c == ' ').then_some((3, c))
}

/// Numeric character references of HTML and the five named ones.
fn entity(rest: &str) -> Option<(usize, char)> {
    let end = rest.bytes().take(10).position(|b| b == b';')?;
    let name = &rest[1..end];
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "commat" => '@',
        "period" => '.',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((end + 1, c))
}

/// `[at]`, `(dot)`, as people hide an address.
fn bracketed(bytes: &[u8]) -> Option<(usize, char)> {
    let word = |w: &[u8]| bytes.len() > w.len() && bytes[1..=w.len()].eq_ignore_ascii_case(w);
    let closed = |i: usize| matches!(bytes.get(i), Some(b']' | b')'));
    if word(b"at") && closed(3) {
        Some((4, '@'))
    } else if word(b"dot") && closed(4) {
        Some((5, '.'))
    } else {
        None
    }
}
