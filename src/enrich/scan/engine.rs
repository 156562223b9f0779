//! One pass over a text: candidates at the starts of words and at a few telling bytes.
//!
//! All shapes are one automaton over bytes that is started at each word with whose first two bytes some shape
//! begins, and dies as soon as no shape can follow: in prose at once, or after two or three bytes. The work for one
//! byte is bounded by [`REACH`] and by what finders walk, so no text is worse than linear.

use super::blob;
use super::context::{Around, FAR, Nearby, Words};
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
/// The longest word that a row may ask for by its length.
const WORD_MOST: usize = 40;

/// The table, compiled. It holds no settings and is built once for the process.
pub struct Engine {
    rows: Vec<&'static Detector>,
    words: Words,
    shapes: dense::DFA<Vec<u32>>,
    start: StateID,
    /// The row of each pattern of `shapes`.
    shape_rows: Vec<u16>,
    /// Whether some shape begins with two bytes: a bit for each second byte, by the first.
    begins: Vec<[u64; 4]>,
    /// The rows that look at each word of a length.
    words_of: Vec<Vec<u16>>,
    /// The rows that look at a byte wherever it stands.
    at: Vec<Vec<u16>>,
    /// The rows that look at a text by its key.
    keyed: Vec<u16>,
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
    pub text: &'a str,
    pub around: Around<'a>,
    /// Which rows count, by their number.
    pub on: &'a [bool],
    pub found: &'a mut Vec<Candidate>,
    pub nearby: &'a mut Nearby,
    /// Runs that may be text in base64 or hexadecimal; each begins behind the last.
    pub blobs: Option<&'a mut Vec<Range<usize>>>,
}

/// The one engine of the process: a table of constants, compiled on first use.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::build);

impl Engine {
    fn build() -> Engine {
        let rows: Vec<&'static Detector> = detectors::all().collect();
        let mut patterns: Vec<String> = Vec::new();
        let mut keyed = Vec::new();
        let mut shape_rows = Vec::new();
        let mut at = vec![Vec::new(); 256];
        let mut words_of = vec![Vec::new(); WORD_MOST + 1];
        for (number, row) in rows.iter().enumerate() {
            match &row.find {
                Find::Shape(pattern) | Find::Stem(pattern, _) => {
                    patterns.push((*pattern).to_owned());
                    shape_rows.push(number as u16);
                }
                Find::Prefixed(prefixes) => {
                    let any: Vec<String> = prefixes.iter().map(|p| regex_syntax::escape(p.prefix)).collect();
                    patterns.push(any.join("|"));
                    shape_rows.push(number as u16);
                }
                Find::Keyed(_) => keyed.push(number as u16),
                Find::Word(lengths) => {
                    lengths.clone().for_each(|length| words_of[length].push(number as u16));
                }
                Find::At(bytes, _) => bytes.iter().for_each(|b| at[usize::from(*b)].push(number as u16)),
            }
        }
        let shapes = compile(&patterns);
        let start = shapes
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .expect("the automaton is anchored and looks at nothing before its start");
        let begins = (0..=255).map(|first| second_bytes(&shapes, start, first)).collect();
        let classes = std::array::from_fn(|b| class(b as u8, &at));
        let words = Words::build(rows.iter().map(|row| row.context));
        Engine { rows, words, shapes, start, shape_rows, begins, words_of, at, keyed, classes }
    }

    pub fn rows(&self) -> &[&'static Detector] {
        &self.rows
    }

    /// Bytes that the compiled tables take.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.shapes.memory_usage() + self.words.memory() + self.begins.len() * size_of::<[u64; 4]>()
    }

    /// Adds every accepted candidate of `pass.text` to `pass.found`, in no order.
    pub fn run(&self, pass: &mut Pass<'_>) {
        let bytes = pass.text.as_bytes();
        if !pass.around.key.is_empty() && !marks::is_mark(pass.text) {
            self.by_key(pass);
        }
        let mut i = 0;
        while i < bytes.len() {
            match self.classes[usize::from(bytes[i])] {
                Class::Plain => i += 1,
                Class::Word => {
                    if self.may_begin(bytes, i) {
                        self.walk(i, pass);
                    }
                    let start = i;
                    i += 1;
                    while i < bytes.len() && self.classes[usize::from(bytes[i])] == Class::Word {
                        i += 1;
                    }
                    self.whole(start..i, pass);
                    if i - start >= blob::WORD_LEAST {
                        note_blob(start..i, pass);
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

    /// Offers the whole text to the rows that go by its key.
    fn by_key(&self, pass: &mut Pass<'_>) {
        for number in &self.keyed {
            if let Find::Keyed(find) = &self.rows[usize::from(*number)].find
                && pass.on[usize::from(*number)]
                && let Some(at) = find(pass.around.key, pass.text)
            {
                self.weigh(*number, at, pass);
            }
        }
    }

    /// Whether some shape begins with the two bytes at `at`.
    fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        bytes.get(at + 1).is_some_and(|second| {
            self.begins[usize::from(bytes[at])][usize::from(second >> 6)] >> (second & 63) & 1 == 1
        })
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

    /// Offers a whole word to the rows that want one of its length.
    fn whole(&self, word: Range<usize>, pass: &mut Pass<'_>) {
        let Some(rows) = self.words_of.get(word.len()).filter(|rows| !rows.is_empty()) else {
            return;
        };
        if !pass.text.as_bytes()[word.clone()].iter().any(u8::is_ascii_digit) {
            return;
        }
        for number in rows {
            if pass.on[usize::from(*number)] {
                self.weigh(*number, word.clone(), pass);
            }
        }
    }

    fn shaped(&self, number: u16, at: Range<usize>, pass: &mut Pass<'_>) {
        if !pass.on[usize::from(number)] {
            return;
        }
        match &self.rows[usize::from(number)].find {
            Find::Stem(_, grow) => {
                if let Some(at) = grow(pass.text, at) {
                    self.weigh(number, at, pass);
                }
            }
            Find::Prefixed(prefixes) => {
                let found = &pass.text.as_bytes()[at.clone()];
                let mut all = prefixes.iter().filter(|prefix| prefix.prefix.as_bytes() == found);
                if let Some(at) = all.find_map(|prefix| prefix.token(pass.text, at.clone())) {
                    self.weigh(number, at, pass);
                }
            }
            _ => self.weigh(number, at, pass),
        }
    }

    fn tell(&self, place: usize, pass: &mut Pass<'_>) {
        for number in &self.at[usize::from(pass.text.as_bytes()[place])] {
            let inside = |last: &Candidate| last.row == *number && last.start <= place && place < last.end;
            if let Find::At(_, find) = &self.rows[usize::from(*number)].find
                && pass.on[usize::from(*number)]
                && !pass.found.last().is_some_and(inside)
                && let Some(at) = find(pass.text, place)
            {
                self.weigh(*number, at, pass);
            }
        }
    }

    fn is_spoken_for(&self, number: u16, at: &Range<usize>, pass: &mut Pass<'_>) -> bool {
        self.words.speak(number, pass.text, at, &pass.around, pass.nearby)
    }

    /// Edges, validity, context: in the order of what they cost.
    fn weigh(&self, number: u16, at: Range<usize>, pass: &mut Pass<'_>) {
        #[cfg(test)]
        work::add(1);
        let row = self.rows[usize::from(number)];
        if !row.edges.allow(pass.text.as_bytes(), &at) {
            return;
        }
        // Most numbers have no word near that speaks for any of the rows whose shape they have.
        if row.tier.needs_context() && !self.is_spoken_for(number, &at, pass) {
            return;
        }
        let spot = Spot { text: pass.text, at: at.clone() };
        if !(row.valid)(&spot) {
            return;
        }
        let near = match self.is_spoken_for(number, &at, pass) {
            true => {
                self.words.near(number, !row.tier.is_checked(), pass.text, &at, &pass.around, pass.nearby)
            }
            false => FAR,
        };
        let near = if near <= row.tier.reach() { near } else { FAR };
        if row.tier.needs_context() && (near == FAR || spot.counts_things()) {
            return;
        }
        let checked = row.tier.is_checked();
        let (start, end) = (at.start, at.end);
        pass.found.push(Candidate { kind: row.kind, row: number, start, end, checked, near, given: None });
    }
}

/// Notes the run of base64 around `word`, if nobody has looked there.
fn note_blob(word: Range<usize>, pass: &mut Pass<'_>) {
    let Some(blobs) = &mut pass.blobs else {
        return;
    };
    let seen = blobs.last().map_or(0, |last| last.end);
    if word.start >= seen {
        blobs.extend(blob::around(pass.text.as_bytes(), &word, seen));
    }
}

/// Which rows count when nothing is said: all but those that are asked for by name.
pub fn on_by_default(row: &Detector) -> bool {
    !matches!(row.tier, Tier::Optional | Tier::OptionalNear)
}

/// One automaton for all patterns, which reports each that ends at a place.
fn compile(patterns: &[String]) -> dense::DFA<Vec<u32>> {
    dense::Builder::new()
        .configure(dense::Config::new().start_kind(StartKind::Anchored).match_kind(MatchKind::All))
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false))
        .build_many(patterns)
        .expect("the shapes of the table are valid and small: a test builds them")
}

/// The bytes that may follow `first` at the start of a shape.
fn second_bytes(shapes: &dense::DFA<Vec<u32>>, start: StateID, first: u8) -> [u64; 4] {
    let after_first = shapes.next_state(start, first);
    let mut seconds = [0; 4];
    for second in 0..=255_u8 {
        if !shapes.is_dead_state(shapes.next_state(after_first, second)) {
            seconds[usize::from(second >> 6)] |= 1 << (second & 63);
        }
    }
    seconds
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
