//! Finds sequences of concepts: one automaton over all words, one small state for each rule.

use super::Evidence;
use super::lexicon::{Concept, WORDS};
use super::rules::{self, Rule};
use crate::llm::Role;
use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// The lexicon and the rules, compiled.
pub struct Grammar {
    automaton: AhoCorasick,
    words: Vec<Word>,
    /// For each concept the places in rules where it stands: rule and step.
    places: Vec<Vec<(u16, u8)>>,
    rules: Vec<&'static Rule>,
}

struct Word {
    concept: Concept,
    /// Whether letters may follow, as in a stem.
    is_stem: bool,
    /// Whether it begins and ends with an ASCII letter or digit, where a border has to be.
    bounded: (bool, bool),
}

/// What was seen on the way that is no evidence by itself.
#[derive(Default)]
pub struct Notes {
    pub speaks_of_decoding: bool,
}

/// How far each rule has come.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// Where the first n concepts ended when last seen in order; 0 where not yet (no word ends at 0).
    ends: [usize; rules::STEPS],
}

impl Grammar {
    pub fn build() -> Grammar {
        let mut patterns = Vec::new();
        let mut words = Vec::new();
        for (concept, list) in WORDS {
            for entry in *list {
                let stem = entry.strip_suffix('*');
                let pattern = stem.unwrap_or(entry);
                let bounded = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
                let bounded = (bounded(pattern.bytes().next()), bounded(pattern.bytes().last()));
                patterns.push(pattern);
                words.push(Word { concept: *concept, is_stem: stem.is_some(), bounded });
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns)
            .expect("a thousand short words fit");
        let rules: Vec<&'static Rule> = rules::all().collect();
        let mut places = vec![Vec::new(); Concept::COUNT];
        for (number, rule) in rules.iter().enumerate() {
            for (step, concept) in rule.says.iter().enumerate().rev() {
                places[*concept as usize].push((number as u16, step as u8));
            }
        }
        Grammar { automaton, words, places, rules }
    }

    /// Adds the rules that fire in `text`, said by `role`.
    pub fn look(&self, text: &str, role: Option<Role>, evidence: &mut Vec<Evidence>) -> Notes {
        let mut notes = Notes::default();
        // Allocated at the first word of a rule only: most texts have none.
        let mut progress: Vec<Progress> = Vec::new();
        for hit in self.automaton.find_overlapping_iter(text) {
            let word = &self.words[hit.pattern().as_usize()];
            if !word.stands(text.as_bytes(), hit.start(), hit.end()) {
                continue;
            }
            notes.speaks_of_decoding |= word.concept == Concept::Decode;
            if progress.is_empty() {
                progress.resize(self.rules.len(), Progress::default());
            }
            for (number, step) in &self.places[word.concept as usize] {
                let rule = self.rules[usize::from(*number)];
                let so_far = &mut progress[usize::from(*number)];
                if so_far.step(rule, usize::from(*step), hit.start(), hit.end())
                    && rule.counts(role, text.len())
                {
                    evidence.push(Evidence { name: rule.name, weight: rule.weight });
                    // A rule that has fired has said all it can: one piece of evidence a text.
                    if evidence.len() >= MOST_EVIDENCE {
                        return notes;
                    }
                }
            }
        }
        notes
    }
}

/// More evidence than this changes no score.
const MOST_EVIDENCE: usize = 64;

impl Progress {
    /// Takes the concept of `step` at `start..end`; true when it completes the rule.
    fn step(&mut self, rule: &Rule, step: usize, start: usize, end: usize) -> bool {
        let follows = step == 0 || {
            let last = self.ends[step - 1];
            last > 0 && last <= start && start - last <= rule.within
        };
        if follows {
            self.ends[step] = end;
        }
        follows && step + 1 == rule.says.len()
    }
}

impl Word {
    /// Whether it stands by itself at `start..end`, or begins a word where it is a stem.
    fn stands(&self, text: &[u8], start: usize, end: usize) -> bool {
        let touches = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        let before = start.checked_sub(1).and_then(|i| text.get(i));
        let left = !self.bounded.0 || !touches(before);
        let right = self.is_stem || !self.bounded.1 || !touches(text.get(end));
        left && right
    }
}
