//! The shapes of many rows as one automaton, and a look at three bytes that tells where none of them begins.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind};
use std::ops::Range;

/// How many kinds of bytes [`kind`] tells apart.
const KINDS: usize = 64;

/// Patterns over bytes that begin at a word, each of one row. None is shorter than three bytes.
pub struct Shapes {
    automaton: dense::DFA<Vec<u32>>,
    start: StateID,
    /// The row of each pattern.
    rows: Vec<u16>,
    /// A bit for each kind of third byte with which some shape goes on, by the kinds of the first two.
    thirds: Vec<u64>,
}

impl Shapes {
    /// `patterns` are valid and small, each with the number of its row.
    pub fn build(patterns: Vec<(u16, String)>) -> Shapes {
        let (rows, patterns): (Vec<u16>, Vec<String>) = patterns.into_iter().unzip();
        let automaton = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .accelerate(false)
                    .start_kind(StartKind::Anchored)
                    .match_kind(MatchKind::All),
            )
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false))
            .build_many(&patterns)
            .expect("the shapes of the table are valid and small: a test builds them");
        let start = automaton
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .expect("the automaton is anchored and looks at nothing before its start");
        let thirds = thirds(&automaton, start);
        Shapes { automaton, start, rows, thirds }
    }

    /// Bytes that the compiled tables take.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.automaton.memory_usage() + size_of_val(self.thirds.as_slice())
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
        let last = bytes.len().min(from + most);
        let mut state = self.start;
        // A match shows one byte late: the state behind `at` speaks of what ends at `at`.
        for at in from..=last {
            #[cfg(test)]
            super::engine::work::add(1);
            state = match bytes.get(at) {
                Some(byte) => self.automaton.next_state(state, *byte),
                None => self.automaton.next_eoi_state(state),
            };
            if !self.automaton.is_special_state(state) {
                continue;
            }
            if self.automaton.is_match_state(state) {
                for i in 0..self.automaton.match_len(state) {
                    found(self.rows[self.automaton.match_pattern(state, i).as_usize()], from..at);
                }
            } else if self.automaton.is_dead_state(state) {
                return;
            }
        }
    }
}

fn thirds(automaton: &dense::DFA<Vec<u32>>, start: StateID) -> Vec<u64> {
    let on = |state: StateID| {
        let next = move |byte: u8| (byte, automaton.next_state(state, byte));
        (0..=255).map(next).filter(|(_, state)| !automaton.is_dead_state(*state))
    };
    let mut thirds = vec![0; KINDS * KINDS];
    for (first, state) in on(start) {
        for (second, state) in on(state) {
            on(state).for_each(|(third, _)| thirds[pair(first, second)] |= 1 << kind(third));
        }
    }
    thirds
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
