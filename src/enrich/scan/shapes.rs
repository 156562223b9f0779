//! The shapes of many rows as one automaton, and a look at three bytes that tells where none of them begins.

use super::automaton::Automaton;
use std::ops::Range;

/// How many kinds of bytes [`kind`] tells apart.
const KINDS: usize = 64;

/// Patterns over bytes that begin at a word, each of one row. None is shorter than two bytes, and none ends a text with
/// fewer than three.
pub struct Shapes {
    automaton: Automaton,
    /// The row of each pattern.
    rows: Vec<u16>,
    /// A bit for each kind of third byte with which some shape goes on, by the kinds of the first two.
    thirds: Vec<u64>,
}

impl Shapes {
    /// `patterns` are valid and small, each with the number of its row.
    pub fn build(patterns: Vec<(u16, String)>) -> Shapes {
        let (rows, patterns): (Vec<u16>, Vec<String>) = patterns.into_iter().unzip();
        let automaton = Automaton::build(&patterns);
        let mut thirds = vec![0; KINDS * KINDS];
        automaton.beginnings(|[first, second, third]| thirds[pair(first, second)] |= 1 << kind(third));
        Shapes { automaton, rows, thirds }
    }

    /// Bytes that the compiled tables take.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.automaton.memory() + size_of_val(self.thirds.as_slice())
    }

    /// Whether some shape may begin at `at`. Most words of prose are turned away here.
    #[inline]
    pub fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        let Some(&[first, second, third]) = bytes.get(at..at + 3) else {
            return false;
        };
        self.thirds[pair(first, second)] >> kind(third) & 1 == 1
    }

    /// Calls `found` with the row and the range of each shape that begins at `from`, and is at most `most` bytes long.
    pub fn walk(&self, bytes: &[u8], from: usize, most: usize, mut found: impl FnMut(u16, Range<usize>)) {
        let text = &bytes[from..bytes.len().min(from + most)];
        self.automaton.walk(text, |pattern, length| {
            found(self.rows[usize::from(pattern)], from..from + length);
        });
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(kind(first)) * KINDS + usize::from(kind(second))
}

/// Each ASCII letter, digit and `_` is of its own kind; all else is of one.
fn kind(byte: u8) -> u8 {
    const KIND: [u8; 256] = {
        let mut kinds = [KINDS as u8 - 1; 256];
        let (mut byte, mut next) = (0, 0);
        while byte < 256 {
            if (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_' {
                kinds[byte] = next;
                next += 1;
            }
            byte += 1;
        }
        kinds
    };
    KIND[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use super::super::{any_text, detectors, engine};
    use super::*;
    use proptest::prelude::*;
    use regex_automata::dfa::{Automaton as _, StartKind, dense};
    use regex_automata::util::syntax;
    use regex_automata::{Anchored, Input, MatchKind};
    use std::sync::LazyLock;

    /// The same shapes, compiled by a library.
    static PEER: LazyLock<(Vec<u16>, dense::DFA<Vec<u32>>)> = LazyLock::new(|| {
        let (rows, patterns): (Vec<u16>, Vec<String>) = engine::patterns(true).into_iter().unzip();
        let config = dense::Config::new().start_kind(StartKind::Anchored).match_kind(MatchKind::All);
        let dfa = dense::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(regex_automata::nfa::thompson::Config::new().utf8(false))
            .build_many(&patterns);
        (rows, dfa.expect("the shapes are valid"))
    });

    /// What the peer finds at the beginning of `text`, as row and end.
    fn peer(text: &[u8]) -> Vec<(u16, usize)> {
        let (rows, dfa) = &*PEER;
        let mut all = Vec::new();
        let start = dfa.start_state_forward(&Input::new(text).anchored(Anchored::Yes));
        let mut state = start.expect("the automaton is anchored");
        for at in 0..=text.len() {
            state = match text.get(at) {
                Some(byte) => dfa.next_state(state, *byte),
                None => dfa.next_eoi_state(state),
            };
            if dfa.is_match_state(state) {
                all.extend(
                    (0..dfa.match_len(state)).map(|i| (rows[dfa.match_pattern(state, i).as_usize()], at)),
                );
            }
        }
        all
    }

    fn check(shapes: &Shapes, text: &[u8], from: usize) {
        let mut expected = peer(&text[from..text.len().min(from + engine::REACH)]);
        let mut found = Vec::new();
        shapes.walk(text, from, engine::REACH, |row, at| found.push((row, at.end - from)));
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{:?} from {from}", String::from_utf8_lossy(text));
        assert!(found.is_empty() || from + 3 > text.len() || shapes.may_begin(text, from));
    }

    static SHAPES: LazyLock<Shapes> = LazyLock::new(|| Shapes::build(engine::patterns(true)));

    #[test]
    fn every_example_of_the_table_has_the_shapes_that_another_automaton_finds() {
        for text in detectors().flat_map(|row| row.finds.iter().chain(row.leaves)) {
            let text = text.replace(['⟦', '⟧'], "");
            (0..text.len()).for_each(|from| check(&SHAPES, text.as_bytes(), from));
        }
    }

    proptest! {
        #[test]
        fn any_text_has_the_shapes_that_another_automaton_finds(text in any_text()) {
            (0..text.len()).for_each(|from| check(&SHAPES, text.as_bytes(), from));
        }
    }
}
