//! Words and what they stand for, in the languages that people attack in, found in one pass.
//!
//! The words are data (`words/*.txt`): a line `[Concept]`, then lines of entries set apart by two
//! spaces, all in lower case. A star at the end marks a stem, which letters may follow. Lines that begin
//! with `//` are comments.

use super::super::trie::Trie;
pub use super::concepts::Concept;
use std::sync::LazyLock;

const FILES: &[&str] = &[
    include_str!("words/override.txt"),
    include_str!("words/reveal.txt"),
    include_str!("words/persona.txt"),
    include_str!("words/agent.txt"),
    include_str!("words/encode.txt"),
    include_str!("words/markers.txt"),
    include_str!("words/talk.txt"),
];

/// All words, followed from where one may begin.
pub struct Lexicon {
    /// Sorted by text.
    words: Vec<Word>,
    trie: Trie,
}

struct Word {
    text: &'static str,
    concept: Concept,
    /// Whether a letter behind it makes it another word.
    ends: bool,
}

/// Whether words stand apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    Kept,
    /// All words are glued together: one may begin behind any letter.
    None,
}

/// One word in a text.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub concept: Concept,
    pub start: usize,
    pub end: usize,
}

pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::build);

impl Lexicon {
    fn build() -> Lexicon {
        let mut words = Vec::new();
        for file in FILES {
            read(file, &mut words);
        }
        words.sort_by_key(|word| word.text);
        let texts: Vec<&[u8]> = words.iter().map(|word| word.text.as_bytes()).collect();
        Lexicon { trie: Trie::build(&texts), words }
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.words.len() * size_of::<Word>() + self.trie.memory()
    }

    /// Calls `found` for each word of `text`, which is in lower case, in the order in which they begin.
    ///
    /// The work for one place is bounded by the longest word.
    pub fn each(&self, text: &str, spacing: Spacing, mut found: impl FnMut(Hit)) {
        let bytes = text.as_bytes();
        let glued = spacing == Spacing::None;
        let mut before = b' ';
        for (start, pair) in bytes.windows(2).enumerate() {
            if glued || begins(before, pair[0]) || before >= 0x80 && follows_ideograph(bytes, start, pair[0])
            {
                self.trie.follow(bytes[start..].iter().copied(), |words, length| {
                    for word in &self.words[words.start as usize..words.end as usize] {
                        if glued || word.stands(bytes, start, start + length) {
                            found(Hit { concept: word.concept, start, end: start + length });
                        }
                    }
                });
            }
            before = pair[0];
        }
    }
}

/// Adds the entries of one file.
fn read(file: &'static str, words: &mut Vec<Word>) {
    let mut concept = None;
    for line in file.lines().filter(|line| !line.starts_with("//")) {
        let name = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(section) = name.and_then(Concept::named) {
            concept = Some(section);
            continue;
        }
        for entry in line.split("  ").map(str::trim).filter(|entry| !entry.is_empty()) {
            let concept = concept.expect("a section before the first entry: a test reads the files");
            let text = entry.strip_suffix('*').unwrap_or(entry);
            words.push(Word { text, concept, ends: text.len() == entry.len() && needs_an_end(text) });
        }
    }
}

/// Whether a word may begin with `byte` behind `before`: not inside of a word, but scripts without
/// spaces (all above U+0600) have no inside.
fn begins(before: u8, byte: u8) -> bool {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' => !is_letter(before),
        0xC0..0xD8 => !is_letter(before),
        0xD8.. => true,
        b' ' | b'\t' | b'\n' | 0x80..0xC0 => false,
        _ => true,
    }
}

/// Whether a word begins with `byte` at `start` behind a letter of a script that sets no words apart, a sign or a picture:
/// `你是dan`, `“ignore`, `¿cuál`.
fn follows_ideograph(bytes: &[u8], start: usize, byte: u8) -> bool {
    let is_word = byte.is_ascii_alphanumeric() || matches!(byte, 0xC0..0xD8);
    is_word && matches!(&bytes[..start], [.., 0xC2, _] | [.., 0xE2..=0xEF, _, _] | [.., 0xF0..=0xF4, _, _, _])
}

/// A letter of a script that sets words apart, or a part of one.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Word {
    /// Whether it is whole from `start` to `end`: no letter follows, unless it is a stem, and it opens the line
    /// where it has to.
    fn stands(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        let goes_on = || bytes.get(end).is_some_and(|next| is_letter(*next) && *next < 0xD8);
        !(self.ends && goes_on()) && (!self.concept.opens_line() || opens_line(bytes, start))
    }
}

/// Whether a letter behind `word` makes it another one: not so behind a sign, nor in a script without spaces between
/// words, or with particles glued on.
fn needs_an_end(word: &str) -> bool {
    word.chars().next_back().is_some_and(|c| u32::from(c) < 0x600)
        && word.as_bytes().last().is_some_and(|b| is_letter(*b))
}

/// Whether nothing but marks of emphasis stands between the start of the line and `at`.
fn opens_line(bytes: &[u8], at: usize) -> bool {
    let emphasis = |b: &&u8| {
        matches!(
            **b,
            b' ' | b'\t' | b'*' | b'#' | b'>' | b'-' | b'[' | b'"' | b'\'' | b'=' | b'~' | b'_' | b'<'
        )
    };
    let mut before = bytes[..at].iter().rev().take(8).skip_while(emphasis);
    before.next().is_none_or(|b| *b == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(Concept, &str)> {
        let mut all = Vec::new();
        LEXICON.each(text, Spacing::Kept, |hit| all.push((hit.concept, &text[hit.start..hit.end])));
        all
    }

    #[test]
    fn words_stand_by_themselves_and_stems_begin_one() {
        assert!(words("ignore").contains(&(Concept::Ignore, "ignore")));
        assert!(words("ignorance").is_empty() && words("signore").is_empty());
        assert!(words("игнорируйте").contains(&(Concept::Ignore, "игнорируй")));
        assert!(words("请忽略它").contains(&(Concept::Ignore, "忽略")));
    }

    #[test]
    fn a_role_counts_at_the_start_of_a_line_only() {
        let role = |text| words(text).iter().any(|(concept, _)| *concept == Concept::RoleWord);
        assert!(role("hello\nsystem: sing") && role("hello\n**system: sing**"));
        assert!(!role("my operating system: linux"));
    }

    #[test]
    fn every_entry_is_in_lower_case_and_every_concept_has_words() {
        for word in &LEXICON.words {
            assert_eq!(word.text, word.text.to_lowercase());
            assert!(word.text.len() >= 2, "{}", word.text);
        }
        for concept in Concept::ALL {
            assert!(LEXICON.words.iter().any(|word| word.concept == *concept), "{concept:?}");
        }
    }
}
