//! The pre-tokenisers: a text cut into the pieces that byte pairs are merged within.
//!
//! Written by hand instead of run as regular expressions: those need look-ahead, whose engines are
//! several times slower, quadratic on long runs, and exhaust their stack on a megabyte of spaces.
//! Every function below names the alternatives of the expression it stands for, in their order.
//! Each character is looked at a bounded number of times.

use super::classes::{
    CASELESS, CLASSES, Classes, LETTER, LOWER, MARK, Mask, NEWLINE, NUMBER, OTHER, SPACE, UPPER,
};

/// Which expression cuts the text. Source: `tiktoken_ext/openai_public.py` of tiktoken 0.14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// `'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`
    Gpt2,
    /// `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`
    Cl100k,
    /// With `U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, `L = [\p{Ll}\p{Lm}\p{Lo}\p{M}]` and `S = (?i:'s|'t|'re|'ve|'m|'ll|'d)?`:
    /// `[^\r\n\p{L}\p{N}]?U*L+S|[^\r\n\p{L}\p{N}]?U+L*S|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    O200k,
}

/// Calls `each` with the pieces of `text` in order; together they are the text.
pub(super) fn pieces<'t>(rules: Rules, text: &'t str, mut each: impl FnMut(&'t [u8])) {
    let cut = Cut { text, classes: &CLASSES };
    let mut at = 0;
    while at < text.len() {
        let end = match rules {
            Rules::Gpt2 => cut.gpt2(at),
            Rules::Cl100k => cut.cl100k(at),
            Rules::O200k => cut.o200k(at),
        };
        each(&text.as_bytes()[at..end]);
        at = end;
    }
}

/// `U` and `L` of [`Rules::O200k`], and `[^\s\p{L}\p{N}]`.
const HEAD: Mask = UPPER | CASELESS | MARK;
const TAIL: Mask = LOWER | CASELESS | MARK;
const SYMBOL: Mask = OTHER | MARK;

/// The text being cut. Positions are byte offsets on character borders.
struct Cut<'t> {
    text: &'t str,
    classes: &'static Classes,
}

impl Cut<'_> {
    fn gpt2(&self, at: usize) -> usize {
        if let Some(end) = self.contraction(at, false) {
            return end;
        }
        let start = at + usize::from(self.byte(at) == b' ');
        match self.at(start).0 {
            class if class & LETTER != 0 => self.run(start, LETTER),
            NUMBER => self.run(start, NUMBER),
            class if class & SYMBOL != 0 => self.run(start, SYMBOL),
            _ => self.blank(at),
        }
    }

    fn cl100k(&self, at: usize) -> usize {
        if let Some(end) = self.contraction(at, true) {
            return end;
        }
        let start = self.after_prefix(at);
        if self.at(start).0 & LETTER != 0 {
            return self.run(start, LETTER);
        }
        if let Some(end) = self.number_or_symbols(at, |_, byte| matches!(byte, b'\r' | b'\n')) {
            return end;
        }
        let end = self.run(at, SPACE | NEWLINE);
        if end == self.text.len() { end } else { self.lines(at).unwrap_or_else(|| self.blank(at)) }
    }

    fn o200k(&self, at: usize) -> usize {
        if let Some(end) = self.word(at) {
            return self.contraction(end, true).unwrap_or(end);
        }
        if let Some(end) = self.number_or_symbols(at, |_, byte| matches!(byte, b'\r' | b'\n' | b'/')) {
            return end;
        }
        self.lines(at).unwrap_or_else(|| self.blank(at))
    }

    /// `[^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*`, without what may follow.
    fn word(&self, at: usize) -> Option<usize> {
        let start = self.after_prefix(at);
        let head = self.run(start, HEAD);
        self.heads_then_tails(start, head)
            // A mark may be the prefix and may as well be a part of the word.
            .or_else(|| self.heads_then_tails(at, self.run(at, HEAD)))
            .or((head > start).then_some(head))
    }

    /// `U*L+` from `start`, where the longest `U*` ends at `head`: it gives back as little as it must.
    fn heads_then_tails(&self, start: usize, head: usize) -> Option<usize> {
        if self.at(head).0 == LOWER {
            return Some(self.run(head, TAIL));
        }
        let last = self.text[start..head].char_indices().rev();
        let mut both = last.filter(|(_, c)| self.classes.of(*c) & TAIL != 0);
        both.next().map(|(offset, c)| start + offset + c.len_utf8())
    }

    /// `\p{N}{1,3}| ?[^\s\p{L}\p{N}]+` and whatever bytes `tail` takes after the symbols.
    fn number_or_symbols(&self, at: usize, tail: impl Fn(&Self, u8) -> bool) -> Option<usize> {
        if self.at(at).0 == NUMBER {
            let mut digits = self.text[at..].char_indices();
            let mut in_number = digits.by_ref().take(3).take_while(|(_, c)| self.classes.of(*c) == NUMBER);
            return in_number.by_ref().last().map(|(offset, c)| at + offset + c.len_utf8());
        }
        let start = at + usize::from(self.byte(at) == b' ');
        let mut end = self.run(start, SYMBOL);
        if end == start {
            return None;
        }
        while end < self.text.len() && tail(self, self.byte(end)) {
            end += 1;
        }
        Some(end)
    }

    /// `\s*[\r\n]+`: a run of white space up to its last line break.
    fn lines(&self, at: usize) -> Option<usize> {
        let blank = &self.text.as_bytes()[at..self.run(at, SPACE | NEWLINE)];
        let last = blank.iter().rposition(|byte| matches!(byte, b'\r' | b'\n'))?;
        Some(at + last + 1)
    }

    /// `\s++$|\s+(?!\S)|\s`: a run of white space, less its last character where a word follows.
    fn blank(&self, at: usize) -> usize {
        let end = self.run(at, SPACE | NEWLINE);
        let last = self.text[at..end].chars().next_back().map_or(0, char::len_utf8);
        if end == self.text.len() || at + last == end { end } else { end - last }
    }

    /// `'(?:[sdmt]|ll|ve|re)`. Where case is ignored, `ſ` (U+017F) folds to `s`.
    fn contraction(&self, at: usize, ignore_case: bool) -> Option<usize> {
        let rest = self.text.as_bytes()[at..].strip_prefix(b"'")?;
        let mut letters = [rest.first().copied().unwrap_or(0), rest.get(1).copied().unwrap_or(0)];
        if ignore_case {
            letters.make_ascii_lowercase();
        }
        match &letters {
            [b's' | b'd' | b'm' | b't', _] => Some(at + 2),
            b"ll" | b"ve" | b"re" => Some(at + 3),
            [0xc5, 0xbf] if ignore_case => Some(at + 3),
            _ => None,
        }
    }

    /// `[^\r\n\p{L}\p{N}]?`
    fn after_prefix(&self, at: usize) -> usize {
        let (class, len) = self.at(at);
        if class & (NEWLINE | LETTER | NUMBER) == 0 { at + len } else { at }
    }

    /// Where the longest run of characters of `mask` from `at` ends.
    fn run(&self, mut at: usize, mask: Mask) -> usize {
        loop {
            let (class, len) = self.at(at);
            if class & mask == 0 {
                return at;
            }
            at += len;
        }
    }

    /// The class and length of the character at `at`; no class and no length at the end.
    fn at(&self, at: usize) -> (Mask, usize) {
        match self.text.as_bytes().get(at) {
            None => (0, 0),
            Some(byte) if byte.is_ascii() => (self.classes.of_ascii(*byte), 1),
            Some(_) => {
                let c = self.text[at..].chars().next().expect("a byte is there");
                (self.classes.of(c), c.len_utf8())
            }
        }
    }

    /// The byte at `at`, 0 past the end.
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }
}
