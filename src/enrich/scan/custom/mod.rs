//! What users look for themselves: regular expressions and phrases, with the context, the check and the score that
//! they give them. `enrich::patterns` reads them from files.

mod automaton;
pub mod names;
mod phrases;

pub use automaton::{Automaton, REACH, Refused};

use super::Around;
use super::checks::{Digits, luhn, mod11_10, mod97, verhoeff};
use super::context::{FAR, Nearby, Words};
use super::detector::Tier;
use super::engine::ENGINE;
use super::marks;
use super::settle::Candidate;
use phrases::Phrases;
use std::ops::Range;
use std::sync::Arc;

/// One type or rule of a user's.
#[derive(Clone)]
pub struct Pattern {
    /// Kept by [`names`], or one of the table's types.
    pub name: &'static str,
    pub expressions: Vec<Arc<Automaton>>,
    /// Found in upper and lower case.
    pub phrases: Vec<String>,
    /// Whether a phrase counts only where no letter or digit touches it.
    pub whole_words: bool,
    /// Words of which one has to stand near, in lower case. None: none has to.
    pub context: Vec<String>,
    pub check: Option<Check>,
    /// How sure a finding is, 0 to 1, if the user says so.
    pub score: Option<f32>,
}

/// What the digits or letters of a value have to satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// ISO/IEC 7812-1, as payment cards do.
    Luhn,
    /// ISO/IEC 7064 MOD 97-10, with the check digits last.
    Mod97,
    /// ISO/IEC 7064 MOD 11,10.
    Mod11And10,
    Verhoeff,
    /// At least six different characters, as a placeholder seldom has.
    Varied,
}

crate::settings::choices!(Check {
    Luhn = "luhn",
    Mod97 = "mod97",
    Mod11And10 = "mod11_10",
    Verhoeff = "verhoeff",
    Varied = "varied"
});

/// Patterns, compiled together. Cloning shares nothing: keep it in an `Arc`.
pub struct Set {
    patterns: Vec<Pattern>,
    /// Every expression with the number of its pattern.
    expressions: Vec<(Arc<Automaton>, usize)>,
    /// The expressions that may begin with a byte.
    by_first: Vec<Vec<u16>>,
    phrases: Phrases,
    /// `None` where no pattern needs context.
    words: Option<Words>,
}

impl Set {
    /// `None` where there is nothing to look for.
    pub fn build(patterns: Vec<Pattern>) -> Option<Set> {
        if patterns.is_empty() {
            return None;
        }
        let mut expressions = Vec::new();
        let mut by_first = vec![Vec::new(); 256];
        for (number, pattern) in patterns.iter().enumerate() {
            for automaton in &pattern.expressions {
                for first in (0..=255_u8).filter(|first| automaton.begins_with(*first)) {
                    by_first[usize::from(first)].push(expressions.len() as u16);
                }
                expressions.push((automaton.clone(), number));
            }
        }
        let phrases = Phrases::build(&patterns);
        let needs_words = patterns.iter().any(|pattern| !pattern.context.is_empty());
        let words = needs_words.then(|| Words::build(patterns.iter().map(|pattern| &*pattern.context)));
        Some(Set { patterns, expressions, by_first, phrases, words })
    }

    /// Calls `take` for all that matches in `text` and passes its check, in no order. Of one expression matches do
    /// not overlap; none begins or ends in a mark.
    pub fn each(&self, text: &str, mut take: impl FnMut(&Pattern, usize, Range<usize>)) {
        let bytes = text.as_bytes();
        let mut accept = |number: usize, at: Range<usize>| {
            let pattern = &self.patterns[number];
            let in_mark = marks::covers(bytes, at.start) || marks::covers(bytes, at.end - 1);
            if !in_mark && pattern.check.is_none_or(|check| check.passes(&text[at.clone()])) {
                take(pattern, number, at);
            }
        };
        if !self.expressions.is_empty() {
            // Where each expression may match again.
            let mut free = vec![0; self.expressions.len()];
            for (from, byte) in bytes.iter().enumerate() {
                for i in &self.by_first[usize::from(*byte)] {
                    let (automaton, number) = &self.expressions[usize::from(*i)];
                    let free = &mut free[usize::from(*i)];
                    if *free <= from
                        && let Some(at) = automaton.find_at(text, from)
                    {
                        *free = at.end;
                        accept(*number, at);
                    }
                }
            }
        }
        self.phrases.each(text, accept);
    }

    /// Adds every candidate of `text` to `found`.
    pub fn run(&self, text: &str, around: Around<'_>, nearby: &mut Nearby, found: &mut Vec<Candidate>) {
        nearby.reset();
        let mut all = Vec::new();
        self.each(text, |_, number, at| all.push((at.start, at.end, number)));
        // What looks for words wants places in order.
        all.sort_unstable();
        for (start, end, number) in all {
            let pattern = &self.patterns[number];
            let near = self.near(number, text, &(start..end), &around, nearby);
            if near == FAR && !pattern.context.is_empty() {
                continue;
            }
            let row = (ENGINE.rows().len() + number) as u16;
            // Who names a type vouches for it as a check does.
            found.push(Candidate {
                kind: pattern.name,
                row,
                start,
                end,
                checked: true,
                near,
                given: pattern.score,
            });
        }
    }

    /// Bytes to the nearest context word of the pattern, or [`FAR`].
    fn near(
        &self,
        number: usize,
        text: &str,
        at: &Range<usize>,
        around: &Around<'_>,
        nearby: &mut Nearby,
    ) -> u16 {
        let Some(words) = &self.words else { return FAR };
        let tier = if self.patterns[number].check.is_some() { Tier::CheckedNear } else { Tier::ShapeNear };
        let number = number as u16;
        if !words.speak((number, tier), text, at, around, nearby) {
            return FAR;
        }
        let near = words.near(number, !tier.is_checked(), text, at, around, nearby);
        if near <= tier.reach() { near } else { FAR }
    }
}

impl Check {
    fn passes(self, value: &str) -> bool {
        match self {
            Check::Luhn => luhn(&Digits::of(value)),
            Check::Mod97 => mod97(value.bytes()) == 1,
            Check::Mod11And10 => mod11_10(&Digits::of(value)),
            Check::Verhoeff => verhoeff(&Digits::of(value)),
            Check::Varied => {
                let mut seen: Vec<char> = value.chars().collect();
                seen.sort_unstable();
                seen.dedup();
                seen.len() >= 6
            }
        }
    }
}
