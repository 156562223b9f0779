//! Phrases of users, all in one automaton, in any case.

use super::super::words;
use super::Pattern;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::ops::Range;

/// The compiled phrases.
#[derive(Default)]
pub struct Phrases {
    automaton: Option<AhoCorasick>,
    /// Of each phrase the number of its pattern, and whether it stands for whole words.
    of: Vec<(usize, bool)>,
}

impl Phrases {
    pub fn build(patterns: &[Pattern]) -> Phrases {
        let mut all = Vec::new();
        let mut of = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            for phrase in &pattern.phrases {
                for way in words::cases(phrase) {
                    all.push(way);
                    of.push((number, pattern.whole_words));
                }
            }
        }
        if all.is_empty() {
            return Phrases::default();
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(all)
            .expect("their number and length are bounded where they are read");
        Phrases { automaton: Some(automaton), of }
    }

    /// Calls `take` with every place of every phrase and the number of its pattern.
    pub fn each(&self, text: &str, mut take: impl FnMut(usize, Range<usize>)) {
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(text) {
            let (number, whole) = self.of[hit.pattern().as_usize()];
            if !whole || stands_alone(text, &hit.range()) {
                take(number, hit.range());
            }
        }
    }
}

/// Whether no word goes on over an end of `at`. Scripts that set no spaces between words have no such ends.
fn stands_alone(text: &str, at: &Range<usize>) -> bool {
    let spaced = |c: Option<char>| c.is_some_and(|c| (c.is_alphanumeric() || c == '_') && c < '\u{E00}');
    let inside = &text[at.clone()];
    let before = spaced(text[..at.start].chars().next_back()) && spaced(inside.chars().next());
    let behind = spaced(inside.chars().next_back()) && spaced(text[at.end..].chars().next());
    !before && !behind
}
