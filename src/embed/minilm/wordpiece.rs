//! WordPiece: a text as numbers of its vocabulary.

use super::normal::{is_punctuation, normal};

/// No model of the family reads further: `max_seq_length` of all-MiniLM-L6-v2, the two at the ends included.
/// The 128 of its `tokenizer.json` is not in force there either.
pub const MOST_TOKENS: usize = 256;

/// How much of a text is looked at, in bytes. Any language has its 256 tokens long before; what has not
/// (a megabyte of spaces) is cut here, so that no text costs more than two milliseconds.
const MOST_BYTES: usize = 32 << 10;

/// A longer word is unknown, in characters.
const MOST_CHARS: usize = 100;

/// Words of the vocabulary that mean what they say when a text holds them as they stand.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// Cuts texts into pieces of one vocabulary.
pub struct WordPiece {
    /// `vocab.txt`: a piece a line, its number that of the line.
    text: String,
    /// Pieces that begin a word.
    begin: Vec<Piece>,
    /// Pieces that go on with one; `##` is left out.
    go_on: Vec<Piece>,
    special: [u32; SPECIAL.len()],
}

/// A piece of the vocabulary: where it stands in its text, and its number. Kept sorted by bytes.
struct Piece {
    at: u32,
    len: u32,
    id: u32,
}

/// The vocabulary lacks one of the pieces that it cannot do without.
#[derive(Debug, thiserror::Error)]
#[error("the vocabulary has no {0}")]
pub struct NoVocabulary(&'static str);

impl WordPiece {
    /// Reads the contents of a `vocab.txt`.
    pub fn new(text: String) -> Result<WordPiece, NoVocabulary> {
        let (mut begin, mut go_on) = (Vec::new(), Vec::new());
        let mut at = 0;
        for (id, line) in text.split_inclusive('\n').enumerate() {
            let word = line.trim_end_matches(['\n', '\r']);
            let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let (of, skipped) = if word.starts_with("##") { (&mut go_on, 2) } else { (&mut begin, 0) };
            if word.len() > skipped {
                of.push(Piece {
                    at: number(at + skipped),
                    len: number(word.len() - skipped),
                    id: number(id),
                });
            }
            at += line.len();
        }
        for pieces in [&mut begin, &mut go_on] {
            pieces.sort_by(|a, b| a.of(&text).cmp(b.of(&text)));
        }
        let mut special = [0; SPECIAL.len()];
        for (id, name) in special.iter_mut().zip(SPECIAL) {
            let found = begin.binary_search_by(|piece| piece.of(&text).cmp(name.as_bytes()));
            *id = begin[found.map_err(|_| NoVocabulary(name))?].id;
        }
        Ok(WordPiece { text, begin, go_on, special })
    }

    /// One past the largest number that [`WordPiece::ids`] gives.
    pub fn len(&self) -> usize {
        self.begin.iter().chain(&self.go_on).map(|piece| piece.id as usize + 1).max().unwrap_or(0)
    }

    /// The numbers of `text` between `[CLS]` and `[SEP]`, 2 to [`MOST_TOKENS`] of them: what is more is cut.
    pub fn ids(&self, text: &str) -> Vec<u32> {
        let [_, _, cls, sep, _] = self.special;
        let mut ids = vec![cls];
        let mut rest = &text[..text.floor_char_boundary(MOST_BYTES)];
        while !rest.is_empty() && ids.len() < MOST_TOKENS - 1 {
            let (plain, special) = self.next_special(rest);
            self.segment(&rest[..plain], &mut ids);
            let Some((len, id)) = special else { break };
            ids.push(id);
            rest = &rest[plain + len..];
        }
        ids.truncate(MOST_TOKENS - 1);
        ids.push(sep);
        ids
    }

    /// How many bytes stand before the first special word, and that word's length and number.
    fn next_special(&self, text: &str) -> (usize, Option<(usize, u32)>) {
        let here = |(at, _): (usize, &str)| {
            let of = SPECIAL.iter().zip(self.special);
            of.filter(|(name, _)| text[at..].starts_with(**name))
                .map(|(name, id)| (at, (name.len(), id)))
                .next()
        };
        match text.match_indices('[').find_map(here) {
            Some((at, special)) => (at, Some(special)),
            None => (text.len(), None),
        }
    }

    /// Adds the pieces of a text without special words, until there are enough.
    fn segment(&self, text: &str, ids: &mut Vec<u32>) {
        let mut word = Word::default();
        for c in normal(text) {
            let alone = is_punctuation(c);
            if alone || c.is_whitespace() {
                self.end(&mut word, ids);
            }
            if alone {
                word.push(c);
                self.end(&mut word, ids);
            } else if !c.is_whitespace() {
                word.push(c);
            }
            if ids.len() >= MOST_TOKENS - 1 {
                return;
            }
        }
        self.end(&mut word, ids);
    }

    /// Adds the pieces of `word` and empties it.
    fn end(&self, word: &mut Word, ids: &mut Vec<u32>) {
        if word.chars > 0 {
            let before = ids.len();
            if word.chars > MOST_CHARS || !self.pieces(word.text.as_bytes(), ids) {
                ids.truncate(before);
                ids.push(self.special[1]);
            }
            word.text.clear();
            word.chars = 0;
        }
    }

    /// The longest piece first, then the longest that goes on from there. False: the word is not made of pieces.
    fn pieces(&self, word: &[u8], ids: &mut Vec<u32>) -> bool {
        let mut at = 0;
        while at < word.len() {
            let pieces = if at == 0 { &self.begin } else { &self.go_on };
            let Some((len, id)) = self.longest(pieces, &word[at..]) else { return false };
            ids.push(id);
            at += len;
        }
        true
    }

    /// The longest of `pieces` that `text` begins with: its length and number.
    fn longest(&self, pieces: &[Piece], text: &[u8]) -> Option<(usize, u32)> {
        let (mut left, mut found) = (pieces, None);
        for (depth, byte) in text.iter().enumerate() {
            let byte_of = |piece: &Piece| piece.of(&self.text).get(depth).copied();
            let begin = left.partition_point(|piece| byte_of(piece) < Some(*byte));
            let end = begin + left[begin..].partition_point(|piece| byte_of(piece) == Some(*byte));
            left = &left[begin..end];
            let Some(first) = left.first() else { break };
            if first.len as usize == depth + 1 {
                found = Some((depth + 1, first.id));
            }
            if left.len() == 1 && found.is_some_and(|(_, id)| id == first.id) {
                break;
            }
        }
        found
    }
}

impl Piece {
    fn of<'a>(&self, vocabulary: &'a str) -> &'a [u8] {
        &vocabulary.as_bytes()[self.at as usize..(self.at + self.len) as usize]
    }
}

/// A word that is being read. No more of it is kept than may be known.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
}

impl Word {
    fn push(&mut self, c: char) {
        self.chars += 1;
        if self.chars <= MOST_CHARS {
            self.text.push(c);
        }
    }
}
