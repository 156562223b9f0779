//! One pass over a text: candidates at the starts of words and at a few telling bytes.
//!
//! All shapes are one automaton over bytes that is started at each word and dies as soon as no shape
//! can follow: in prose after two or three bytes. The work for one byte is bounded by [`REACH`] and
//! by what finders walk, so no text is worse than linear.

use super::context::{FAR, Nearby, Words};
use super::detector::{Detector, Find, Spot, Tier};
use super::detectors;
use super::marks;
use super::settle::Candidate;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, syntax};
use regex_automata::{Anchored, MatchKind, util::start};
use std::ops::Range;
use std::sync::LazyLock;

/// The longest shape, in bytes.
pub const REACH: usize = 160;

/// The table, compiled. It holds no settings and is built once for the process.
pub struct Engine {
    rows: Vec<&'static Detector>,
    words: Words,
    shapes: dense::DFA<Vec<u32>>,
    start: StateID,
    /// The row of each pattern of `shapes`.
    shape_rows: Vec<u16>,
    /// The rows that look at a byte wherever it stands.
    at: Vec<Vec<u16>>,
    classes: [Class; 256],
}

/// What a byte means to the pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    /// Part of a word: an ASCII letter or digit.
    Word,
    /// A row wants to look here.
    Telling,
    /// `[`, where a mark may begin.
    Open,
}

/// The pass over one text: what is looked for, and what was found.
pub struct Pass<'a> {
    text: &'a str,
    key: &'a str,
    /// Which rows count, by their number.
    on: &'a [bool],
    found: &'a mut Vec<Candidate>,
    nearby: Nearby,
}

impl<'a> Pass<'a> {
    /// `key` is the name under which the text is held, `on` says which rows count.
    pub fn new(text: &'a str, key: &'a str, on: &'a [bool], found: &'a mut Vec<Candidate>) -> Pass<'a> {
        Pass { text, key, on, found, nearby: Nearby::new() }
    }
}

/// The one engine of the process: a table of constants, compiled on first use.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::build);

impl Engine {
    fn build() -> Engine {
        let rows: Vec<&'static Detector> = detectors::all().collect();
        let mut patterns = Vec::new();
        let mut shape_rows = Vec::new();
        let mut at = vec![Vec::new(); 256];
        for (number, row) in rows.iter().enumerate() {
            match row.find {
                Find::Shape(pattern) | Find::Stem(pattern, _) => {
                    patterns.push(pattern);
                    shape_rows.push(number as u16);
                }
                Find::At(byte, _) => at[usize::from(byte)].push(number as u16),
            }
        }
        let shapes = compile(&patterns);
        let start = shapes
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .expect("the automaton is anchored and looks at nothing before its start");
        let classes = std::array::from_fn(|b| class(b as u8, &at));
        Engine { rows, words: Words::build(), shapes, start, shape_rows, at, classes }
    }

    pub fn rows(&self) -> &[&'static Detector] {
        &self.rows
    }

    /// Adds every accepted candidate of `pass.text` to `pass.found`, in no order.
    pub fn run(&self, pass: &mut Pass<'_>) {
        let bytes = pass.text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            match self.classes[usize::from(bytes[i])] {
                Class::Plain => i += 1,
                Class::Word => {
                    self.walk(i, pass);
                    i += 1;
                    while i < bytes.len() && self.classes[usize::from(bytes[i])] == Class::Word {
                        i += 1;
                    }
                }
                Class::Telling => {
                    self.tell(i, pass);
                    i += 1;
                }
                Class::Open => i = marks::end(bytes, i).unwrap_or(i + 1),
            }
        }
    }

    /// Runs the automaton from the word that starts at `from`.
    fn walk(&self, from: usize, pass: &mut Pass<'_>) {
        let bytes = pass.text.as_bytes();
        let last = bytes.len().min(from + REACH);
        let mut state = self.start;
        // A match shows one byte late: the state behind `at` speaks of what ends at `at`.
        for at in from..=last {
            #[cfg(test)]
            work::add(1);
            state = match bytes.get(at) {
                Some(byte) => self.shapes.next_state(state, *byte),
                None => self.shapes.next_eoi_state(state),
            };
            if !self.shapes.is_special_state(state) {
                continue;
            }
            if self.shapes.is_match_state(state) {
                for i in 0..self.shapes.match_len(state) {
                    let row = self.shape_rows[self.shapes.match_pattern(state, i).as_usize()];
                    self.shaped(row, from..at, pass);
                }
            } else if self.shapes.is_dead_state(state) {
                return;
            }
        }
    }

    fn shaped(&self, number: u16, at: Range<usize>, pass: &mut Pass<'_>) {
        if !pass.on[usize::from(number)] {
            return;
        }
        match self.rows[usize::from(number)].find {
            Find::Stem(_, grow) => {
                if let Some(at) = grow(pass.text, at) {
                    self.weigh(number, at, pass);
                }
            }
            _ => self.weigh(number, at, pass),
        }
    }

    fn tell(&self, place: usize, pass: &mut Pass<'_>) {
        for number in &self.at[usize::from(pass.text.as_bytes()[place])] {
            if let Find::At(_, find) = self.rows[usize::from(*number)].find
                && pass.on[usize::from(*number)]
                && let Some(at) = find(pass.text, place)
            {
                self.weigh(*number, at, pass);
            }
        }
    }

    /// Distance to the nearest word for the row, `FAR` where it has none within its reach.
    fn near(&self, number: u16, at: &Range<usize>, pass: &mut Pass<'_>) -> u16 {
        let row = self.rows[usize::from(number)];
        if row.context.is_empty() {
            return FAR;
        }
        self.words.look(pass.text, pass.key, at.start, at.end, &mut pass.nearby);
        let near = pass.nearby.of(usize::from(number));
        if near <= row.tier.reach() { near } else { FAR }
    }

    /// Edges, validity, context: in the order of what they cost.
    fn weigh(&self, number: u16, at: Range<usize>, pass: &mut Pass<'_>) {
        #[cfg(test)]
        work::add(1);
        let row = self.rows[usize::from(number)];
        if !row.edges.allow(pass.text.as_bytes(), &at) {
            return;
        }
        let spot = Spot { text: pass.text, at: at.clone() };
        if !(row.valid)(&spot) {
            return;
        }
        let near = self.near(number, &at, pass);
        if row.tier.needs_context() && (near == FAR || spot.counts_things()) {
            return;
        }
        let checked = row.tier.is_checked();
        pass.found.push(Candidate { kind: row.kind, start: at.start, end: at.end, checked, near });
    }
}

/// Which rows count when nothing is said: all but those that are asked for by name.
pub fn on_by_default(row: &Detector) -> bool {
    row.tier != Tier::Optional
}

/// One automaton for all patterns, which reports each that ends at a place.
fn compile(patterns: &[&str]) -> dense::DFA<Vec<u32>> {
    dense::Builder::new()
        .configure(dense::Config::new().start_kind(StartKind::Anchored).match_kind(MatchKind::All))
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false))
        .build_many(patterns)
        .expect("the shapes of the table are valid and small: a test builds them")
}

fn class(byte: u8, at: &[Vec<u16>]) -> Class {
    match byte {
        b'[' => Class::Open,
        _ if byte.is_ascii_alphanumeric() => Class::Word,
        _ if !at[usize::from(byte)].is_empty() => Class::Telling,
        _ => Class::Plain,
    }
}

/// What tests count to see that the work stays linear: steps of the automaton and candidates weighed.
#[cfg(test)]
pub mod work {
    use std::cell::Cell;

    thread_local!(static DONE: Cell<usize> = const { Cell::new(0) });

    pub fn add(n: usize) {
        DONE.set(DONE.get() + n);
    }

    /// What was counted on this thread since the last time.
    pub fn take() -> usize {
        DONE.take()
    }
}
