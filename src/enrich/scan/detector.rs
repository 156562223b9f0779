//! What a detector is: one row of a table, whole in itself.

use std::ops::{Range, RangeInclusive};

/// One way to recognise one type. Several rows may share a `kind`.
pub struct Detector {
    /// The type's name, such as `EMAIL_ADDRESS`: Presidio's where it has one.
    pub kind: &'static str,
    pub tier: Tier,
    pub find: Find,
    pub edges: Edges,
    /// Whether a value of the right shape is one: check digits, ranges, what stands around it.
    pub valid: fn(&Spot<'_>) -> bool,
    /// Words that speak for the type when they stand near it, in lower case, in any language.
    pub context: &'static [&'static str],
    /// Texts with the value between `⟦` and `⟧`: its tests and its documentation.
    pub finds: &'static [&'static str],
    /// Look-alikes in which this row finds nothing.
    pub leaves: &'static [&'static str],
}

/// How much a match is worth. A check digit alone passes one random number in ten, so a bare number
/// needs a word beside it even when its digits add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Stands alone: a strong check, or a check inside an unmistakable layout.
    Checked,
    /// Stands alone: an unmistakable prefix or layout without a check.
    Shape,
    /// A check that needs a context word.
    CheckedNear,
    /// A bare shape that needs a context word.
    ShapeNear,
    /// Off unless asked for by name or by `types: all`.
    Optional,
    /// The same, and it needs a context word.
    OptionalNear,
}

/// The furthest that the word of a bare shape may be.
pub const BESIDE: u16 = 56;

/// How candidates are come by. Every way costs a bounded number of bytes per byte of text.
#[derive(Clone)]
pub enum Find {
    /// A pattern of ASCII bytes that begins at the start of a word and is at most
    /// `engine::REACH` bytes long.
    Shape(&'static str),
    /// As `Shape` for the beginning; the function sees the text and where the beginning lies and
    /// says where the value lies. It must refuse to start in the middle of a run that it would walk
    /// to its end, so that a run is walked once.
    Stem(&'static str, fn(&str, Range<usize>) -> Option<Range<usize>>),
    /// One of these prefixes at the start of a word, and the run behind it.
    Prefixed(&'static [Prefix]),
    /// Looked at once a text, which stands under a key: the function sees the key and the text.
    Keyed(fn(&str, &str) -> Option<Range<usize>>),
    /// Every word, a run of ASCII letters and digits with a digit in it, whose length is in the range.
    Word(RangeInclusive<usize>),
    /// Looked at wherever one of these bytes stands (at the given offset). A value is looked for once in itself: the
    /// function is not asked about bytes inside of what it found last.
    At(&'static [u8], fn(&str, usize) -> Option<Range<usize>>),
}

/// A token that is told by its prefix: what follows, and how many bytes of it.
pub struct Prefix {
    pub prefix: &'static str,
    pub body: Body,
    pub least: usize,
    pub most: usize,
}

/// Which bytes follow a prefix.
#[derive(Clone, Copy)]
pub enum Body {
    Hex,
    /// Letters and digits.
    Letters,
    /// Capitals, digits and dashes.
    Capitals,
    /// Letters, digits and underscores.
    Word,
    /// Those and dashes.
    Dashed,
    /// Those and dots.
    Dotted,
    /// Letters, digits and `_-+/=`.
    Base64,
}

/// What may not touch a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// A letter, a digit or an underscore on either side.
    Word,
    /// As `Number`, but an underscore may touch it.
    Digits,
    /// As `Word`, and no number that goes on: `1.` before, `-2` behind, a currency sign, a per cent sign.
    Number,
    /// Of a secret: a letter or digit before; behind, nor an underscore or dash.
    Token,
    /// Anything may: the finder has looked itself.
    Free,
}

/// A candidate in its text.
pub struct Spot<'a> {
    pub text: &'a str,
    pub at: Range<usize>,
}

impl Detector {
    /// What rows build on: a whole word that nothing but its shape vouches for.
    pub const BASE: Detector = Detector {
        kind: "",
        tier: Tier::Shape,
        find: Find::Shape(""),
        edges: Edges::Word,
        valid: |_| true,
        context: &[],
        finds: &[],
        leaves: &[],
    };

    /// A number with a check digit that needs a context word, as most national identifiers are.
    pub const NUMBER: Detector = Detector { tier: Tier::CheckedNear, edges: Edges::Number, ..Detector::BASE };

    /// A secret with an unmistakable prefix.
    pub const TOKEN: Detector = Detector { edges: Edges::Token, ..Detector::BASE };
}

impl Tier {
    /// Whether a match counts only beside a context word.
    pub fn needs_context(self) -> bool {
        matches!(self, Tier::CheckedNear | Tier::ShapeNear | Tier::OptionalNear)
    }

    /// The furthest that a context word may be, as `context` measures it.
    pub fn reach(self) -> u16 {
        match self {
            Tier::ShapeNear | Tier::OptionalNear => BESIDE,
            _ => 160,
        }
    }

    /// Whether a check stands behind the match.
    pub fn is_checked(self) -> bool {
        matches!(self, Tier::Checked | Tier::CheckedNear)
    }
}

impl Prefix {
    /// What the automaton looks for: so many bytes tell most prefixes apart.
    pub fn head(&self) -> &'static str {
        const HEAD: usize = 4;
        &self.prefix[..self.prefix.len().min(HEAD)]
    }

    /// The prefix, which stands at `start`, and the run behind it, if that has the right length.
    pub fn token(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let prefix = start..start + self.prefix.len();
        let rest = text.as_bytes()[prefix.end..].iter().take(self.most + 1);
        let run = rest.take_while(|b| self.body.has(**b)).count();
        // A dot behind it may be the sentence's.
        let run = text[prefix.end..prefix.end + run].trim_end_matches('.').len();
        (self.least..=self.most).contains(&run).then_some(prefix.start..prefix.end + run)
    }
}

impl Body {
    fn has(self, b: u8) -> bool {
        match self {
            Body::Hex => b.is_ascii_hexdigit(),
            Body::Letters => b.is_ascii_alphanumeric(),
            Body::Capitals => b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-',
            Body::Word => b.is_ascii_alphanumeric() || b == b'_',
            Body::Dashed => b.is_ascii_alphanumeric() || b"_-".contains(&b),
            Body::Dotted => b.is_ascii_alphanumeric() || b"_-.".contains(&b),
            Body::Base64 => b.is_ascii_alphanumeric() || b"_-+/=".contains(&b),
        }
    }
}

impl Edges {
    /// Whether what touches `at` lets it be a whole value.
    pub fn allow(self, text: &[u8], at: &Range<usize>) -> bool {
        let before = |n: usize| at.start.checked_sub(n).map_or(0, |i| text[i]);
        let after = |n: usize| text.get(at.end + n - 1).copied().unwrap_or(0);
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        match self {
            Edges::Free => true,
            Edges::Word => !word(before(1)) && !word(after(1)),
            Edges::Number | Edges::Digits => {
                let word = |b: u8| word(b) && (self == Edges::Number || b != b'_');
                let goes_on_before = matches!(before(1), b'.' | b'-' | b':') && before(2).is_ascii_digit();
                let goes_on_after = matches!(after(1), b'.' | b'-') && after(2).is_ascii_digit()
                    || after(1) == b':' && after(2).is_ascii_alphanumeric();
                !word(before(1))
                    && !word(after(1))
                    && !goes_on_before
                    && !goes_on_after
                    && before(1) != b'$'
                    && after(1) != b'%'
            }
            Edges::Token => !before(1).is_ascii_alphanumeric() && !word(after(1)) && after(1) != b'-',
        }
    }
}

impl<'a> Spot<'a> {
    pub fn value(&self) -> &'a str {
        &self.text[self.at.clone()]
    }

    /// The last word before the value, in any case, without the spaces and colons between.
    pub fn word_before(&self) -> &'a str {
        let from = floor(self.text, self.at.start.saturating_sub(32));
        let before = self.text[from..self.at.start].trim_end_matches([' ', ':', '=', '"', '\'', '#', '(']);
        before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("")
    }

    /// Whether the last word before the value is one of `words` (lower case ASCII).
    pub fn follows(&self, words: &[&str]) -> bool {
        let word = self.word_before();
        words.iter().any(|w| w.eq_ignore_ascii_case(word))
    }

    /// Whether the value is said to be a product's, a document's, or something to calculate with.
    pub fn is_other_number(&self) -> bool {
        self.follows(&[
            "part",
            "sku",
            "order",
            "lot",
            "ref",
            "version",
            "item",
            "model",
            "serial",
            "batch",
            "calculate",
            "compute",
            "subtract",
            "evaluate",
            "solve",
            "minus",
            "plus",
            "times",
        ])
    }

    /// Whether the value counts something: `770272 rows`.
    pub fn counts_things(&self) -> bool {
        const THINGS: &[&str] = &[
            "rows", "entries", "points", "names", "calls", "words", "items", "records", "lines", "tokens",
            "bytes", "times", "users", "people", "files", "requests", "ms", "seconds", "events", "samples",
            "units", "pallets", "eur", "usd",
        ];
        let behind = self.text[self.at.end..].strip_prefix(' ').unwrap_or("");
        let word = behind.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        THINGS.iter().any(|thing| thing.eq_ignore_ascii_case(word))
    }

    /// The byte right behind the value, 0 at the end.
    pub fn next(&self) -> u8 {
        self.text.as_bytes().get(self.at.end).copied().unwrap_or(0)
    }
}

/// The last character border of `text` at or before `at`.
pub fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}
