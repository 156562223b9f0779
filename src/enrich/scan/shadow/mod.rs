//! The text as a reader sees it: a copy in which look-alikes, invisible characters and escapes are
//! undone, with a map back. Made only where there is something to undo.

mod confusable;
mod escape;
mod form;
mod hidden;
mod joined;
mod plain;
mod spaced;
mod utf16;

pub use joined::joined;

use confusable::{confusable, styled};
use form::Form;
use std::ops::Range;
use unicode_normalization::char::decompose_compatible;

/// A folded copy of a text.
#[derive(Default)]
pub struct Shadow {
    pub text: String,
    /// Whether characters that nobody can see stood inside of words.
    pub hid_something: bool,
    /// Whether a text was hidden in characters that nobody can see.
    pub hid_text: bool,
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

/// The folded copy, or `None` where it would be the text itself.
///
/// Plain stretches are copied as they are; only bytes that may begin a disguise are looked at.
pub fn fold(text: &str) -> Option<Shadow> {
    let bytes = text.as_bytes();
    let mut fold = Fold {
        text,
        copied: 0,
        shadow: Shadow::default(),
        mixed: MixedWords::new(text),
        form: Form::default(),
    };
    let mut at = 0;
    while let Some(gap) = bytes[at..].iter().position(|b| IS_TELLING[usize::from(*b)]) {
        at += gap;
        at = fold.look(at);
    }
    fold.done()
}

/// Bytes with which something begins that may have to be undone: every one that is not ASCII, and these.
const IS_TELLING: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\\%&([{< +\0";
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    let mut i = 0x80;
    while i < 256 {
        table[i] = true;
        i += 1;
    }
    table
};

/// A copy in the making.
struct Fold<'a> {
    text: &'a str,
    /// Up to where the text stands in the copy.
    copied: usize,
    shadow: Shadow,
    mixed: MixedWords<'a>,
    form: Form,
}

impl Fold<'_> {
    /// Undoes what begins at `at`, if something does. Where to go on.
    fn look(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        if rest[0] >= 0x80 {
            return self.wide(at);
        }
        // What is written apart or said in words stands behind something that can be seen.
        let behind_nothing = || at == 0 || !self.text.as_bytes()[at - 1].is_ascii_graphic();
        match rest[0] {
            b' ' | b'[' | b'(' | b'{' | b'<' if behind_nothing() => {}
            b' ' | b'[' | b'(' | b'{' | b'<' => {
                let disguise = spaced::address(self.text.as_bytes(), at);
                if disguise > at {
                    self.address(at, disguise);
                    return disguise;
                }
                // An address or host that was made harmless to click on: `81[.]2[.]69[.]142`.
                if rest.starts_with(b"[.]") && rest.get(3).is_some_and(u8::is_ascii_alphanumeric) {
                    self.put(at, 3, Some('.'));
                    return at + 3;
                }
                if rest[0] == b' '
                    && let Some(run) = spaced::run(self.text.as_bytes(), at)
                {
                    self.drop_each(b' ', run.clone());
                    return run.end;
                }
            }
            b'+' if rest.get(1) == Some(&b' ') => {
                if let Some(run) = spaced::run(self.text.as_bytes(), at + 1) {
                    self.drop_each(b' ', run.clone());
                    return run.end;
                }
            }
            0 => {
                if let Some(run) = utf16::run(self.text.as_bytes(), at) {
                    self.drop_each(0, run.clone());
                    return run.end;
                }
            }
            b'+' => {
                if self.form.is_space(self.text.as_bytes(), at) {
                    self.put(at, 1, Some(' '));
                }
            }
            b'%' if escape::is_lone(self.text.as_bytes(), at) => {}
            _ => {
                if let Some((length, c)) = escape::read(&self.text[at..]) {
                    self.put(at, length, fold_char(c, true));
                    return at + length;
                }
            }
        }
        at + 1
    }

    /// A character that is not ASCII.
    fn wide(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let (width, is_plain) = plain::block(&bytes[at..]);
        if is_plain {
            return at + width;
        }
        let c = self.text[at..].chars().next().expect("a character begins here");
        if is_invisible(c) {
            return self.unseen(at);
        }
        let between_digits = || {
            at.checked_sub(1).is_some_and(|i| bytes[i].is_ascii_digit())
                && bytes.get(at + width).is_some_and(u8::is_ascii_digit)
        };
        let folded = match c {
            // A long vowel, a line or the number one, where a dash is meant.
            '\u{30FC}' | '\u{FF70}' | '\u{2500}' | '\u{2501}' | '\u{4E00}' if between_digits() => Some('-'),
            '\u{30FB}' if between_digits() => Some('.'),
            _ => fold_char(c, self.mixed.at(at)),
        };
        if folded != Some(c) {
            self.put(at, width, folded);
        }
        at + width
    }

    /// Characters that nobody can see: what they say where they say something, else dropped.
    fn unseen(&mut self, at: usize) -> usize {
        let run = hidden::run(self.text, at);
        self.shadow.hid_something |= run.parts_a_word;
        self.shadow.hid_text |= run.code.is_some();
        for (i, c) in self.text[at..run.end].char_indices() {
            self.put(at + i, c.len_utf8(), run.code.and_then(|code| hidden::read(c, code)));
        }
        run.end
    }

    /// Drops each `byte`, which is ASCII, of `run`.
    fn drop_each(&mut self, byte: u8, run: Range<usize>) {
        for at in run {
            if self.text.as_bytes()[at] == byte {
                self.put(at, 1, None);
            }
        }
    }

    /// Writes the address that is said in words in `at..end` as it is meant.
    fn address(&mut self, at: usize, end: usize) {
        let mut at = at;
        while at < end {
            match spaced::sign(self.text.as_bytes(), at) {
                Some((length, sign)) => {
                    self.put(at, length, Some(sign));
                    at += length;
                }
                None => at += 1,
            }
        }
    }

    /// Puts `folded` (nothing: drops it) for the `width` bytes at `original`.
    fn put(&mut self, original: usize, width: usize, folded: Option<char>) {
        let shadow = &mut self.shadow;
        if self.copied == 0 && shadow.joints.is_empty() {
            shadow.text.reserve(self.text.len());
        }
        shadow.text.push_str(&self.text[self.copied..original]);
        self.copied = original + width;
        if let Some(c) = folded {
            shadow.joints.push(Joint { shadow: shadow.text.len(), original, wide: width });
            shadow.text.push(c);
        }
        let after = Joint { shadow: shadow.text.len(), original: original + width, wide: 0 };
        // Dropped characters in a row leave one joint.
        match shadow.joints.last_mut() {
            Some(last) if last.shadow == after.shadow => *last = after,
            _ => shadow.joints.push(after),
        }
    }

    fn done(mut self) -> Option<Shadow> {
        if self.shadow.joints.is_empty() {
            return None;
        }
        self.shadow.text.push_str(&self.text[self.copied..]);
        Some(self.shadow)
    }
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

    /// Whether something was dropped inside of `range` of the copy.
    pub fn parts(&self, range: &Range<usize>) -> bool {
        let first = self.joints.partition_point(|j| j.shadow <= range.start);
        self.joints.get(first).is_some_and(|j| j.shadow < range.end)
    }

    /// The last joint at or before `place`; the text begins with one that is implied.
    fn joint(&self, place: usize) -> Joint {
        let before = self.joints.partition_point(|j| j.shadow <= place);
        before.checked_sub(1).map_or(Joint { shadow: 0, original: 0, wide: 0 }, |i| self.joints[i])
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
    if let Some(letter) = styled(c) {
        return Some(letter);
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
        | 0x202A..=0x202E | 0x2060..=0x206F | 0x20E3 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB
        | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF
        // Strokes laid over a letter.
        | 0x334..=0x338 | 0x489 | 0x20D2 | 0x20D3 | 0x20D8..=0x20DA | 0x20E5 | 0x20E6 | 0x20EA | 0x20EB)
}

/// Dashes, spaces, quotes and signs that stand for an ASCII one.
fn punctuation(c: char) -> Option<char> {
    Some(match u32::from(c) {
        0x2010..=0x2015
        | 0x2212
        | 0x2043
        | 0x2796
        | 0xFE31
        | 0xFE32
        | 0xFE58
        | 0xFE63
        | 0xFF0D
        | 0x2E3A
        | 0x2E3B => '-',
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

/// Whether the word that holds a place has a Latin letter or a digit in it, computed once a word.
struct MixedWords<'a> {
    text: &'a str,
    /// Where the word that was looked at last ends.
    end: usize,
    is_mixed: bool,
}

impl<'a> MixedWords<'a> {
    fn new(text: &'a str) -> MixedWords<'a> {
        MixedWords { text, end: 0, is_mixed: false }
    }

    fn at(&mut self, place: usize) -> bool {
        if place >= self.end {
            let word =
                |c: &char| c.is_alphanumeric() || is_invisible(*c) || matches!(c, '@' | '.' | '_' | '-');
            let run = || self.text[place..].chars().take_while(word);
            // A dash or the like before it belongs to the word: `23524443-С`.
            let before = self.text[..place].trim_end_matches(['-', '.', '_']).chars().next_back();
            self.end = place + run().map(char::len_utf8).sum::<usize>();
            self.is_mixed =
                before.is_some_and(|c| c.is_ascii_alphanumeric()) || run().any(|c| c.is_ascii_alphanumeric());
        }
        self.is_mixed
    }
}
