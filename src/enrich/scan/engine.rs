//! One pass over a text: candidates at the starts of words and at a few telling bytes.
//!
//! All shapes are one automaton over bytes that is started at each word with whose first three bytes some shape
//! begins, and dies as soon as no shape can follow: in prose at once, or after two or three bytes. The work for one
//! byte is bounded by [`REACH`] and by what finders walk, so no text is worse than linear.

use super::blob::Blobs;
use super::context::{Around, FAR, Nearby, Words};
use super::detector::{Detector, Edges, Find, Spot, Tier};
use super::detectors;
use super::marks;
use super::settle::Candidate;
use super::shapes::Shapes;
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
    /// Of the rows that are on by default.
    shapes: Shapes,
    /// Of those that are asked for by name. They begin with words of prose, and cost nothing where nobody asks.
    asked: LazyLock<Shapes>,
    /// Their numbers.
    asked_rows: Vec<u16>,
    /// Whether a row's shape is its whole value, which ends where a word does.
    is_whole: Vec<bool>,
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
    pub blobs: Option<&'a mut Blobs>,
}

/// The one engine of the process: a table of constants, compiled on first use.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::build);

impl Engine {
    fn build() -> Engine {
        let rows: Vec<&'static Detector> = detectors::all().collect();
        let mut keyed = Vec::new();
        let mut at = vec![Vec::new(); 256];
        let mut words_of = vec![Vec::new(); WORD_MOST + 1];
        for (number, row) in rows.iter().enumerate() {
            let number = number as u16;
            match &row.find {
                Find::Shape(_) | Find::Stem(..) | Find::Prefixed(_) => {}
                Find::Keyed(_) => keyed.push(number),
                Find::Word(lengths) => {
                    lengths.clone().for_each(|length| words_of[length].push(number));
                }
                Find::At(bytes, _) => bytes.iter().for_each(|b| at[usize::from(*b)].push(number)),
            }
        }
        let asked: LazyLock<Shapes> = LazyLock::new(|| Shapes::build(patterns(false)));
        let asked_rows = patterns(false).into_iter().map(|(number, _)| number).collect();
        let is_whole = |row: &&Detector| matches!(row.find, Find::Shape(_)) && row.edges != Edges::Free;
        let is_whole = rows.iter().map(is_whole).collect();
        let classes = std::array::from_fn(|b| class(b as u8, &at));
        let shapes = Shapes::build(patterns(true));
        let words = Words::build(rows.iter().map(|row| row.context));
        Engine { rows, words, shapes, asked, asked_rows, is_whole, words_of, at, keyed, classes }
    }

    pub fn rows(&self) -> &[&'static Detector] {
        &self.rows
    }

    /// Bytes that the compiled tables take.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.shapes.memory() + self.asked.memory() + self.words.memory()
    }

    /// Adds every accepted candidate of `pass.text` to `pass.found`, in no order.
    pub fn run(&self, pass: &mut Pass<'_>) {
        let bytes = pass.text.as_bytes();
        if !pass.around.key.is_empty() && !marks::is_mark(pass.text) {
            self.by_key(pass);
        }
        let asked = self.asked_rows.iter().any(|number| pass.on[usize::from(*number)]);
        let mut i = 0;
        while i < bytes.len() {
            match self.classes[usize::from(bytes[i])] {
                Class::Plain => i += 1,
                Class::Word => {
                    self.shapes_at(&self.shapes, i, pass);
                    if asked {
                        self.shapes_at(&self.asked, i, pass);
                    }
                    let start = i;
                    i += 1;
                    while i < bytes.len() && self.classes[usize::from(bytes[i])] == Class::Word {
                        i += 1;
                    }
                    self.whole(start..i, pass);
                    if let Some(blobs) = &mut pass.blobs {
                        blobs.look(bytes, &(start..i));
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

    /// Offers each shape that begins at the word at `from` to its row.
    fn shapes_at(&self, shapes: &Shapes, from: usize, pass: &mut Pass<'_>) {
        let bytes = pass.text.as_bytes();
        if shapes.may_begin(bytes, from) {
            shapes.walk(bytes, from, REACH, |row, at| self.shaped(row, at, pass));
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
        // The head of a longer number has the shapes of many shorter ones.
        let goes_on = pass.text.as_bytes().get(at.end).is_some_and(u8::is_ascii_alphanumeric);
        if goes_on && self.is_whole[usize::from(number)] || !pass.on[usize::from(number)] {
            return;
        }
        match &self.rows[usize::from(number)].find {
            Find::Stem(_, grow) => {
                if let Some(at) = grow(pass.text, at) {
                    self.weigh(number, at, pass);
                }
            }
            Find::Prefixed(prefixes) => {
                let begun = &pass.text.as_bytes()[at.start..];
                let mut all = prefixes.iter().filter(|prefix| {
                    prefix.head().len() == at.len() && begun.starts_with(prefix.prefix.as_bytes())
                });
                if let Some(at) = all.find_map(|prefix| prefix.token(pass.text, at.start)) {
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
        let tier = self.rows[usize::from(number)].tier;
        self.words.speak((number, tier), pass.text, at, &pass.around, pass.nearby)
    }

    /// Edges, validity, context: in the order of what they cost.
    fn weigh(&self, number: u16, at: Range<usize>, pass: &mut Pass<'_>) {
        #[cfg(test)]
        super::work::add(1);
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

/// The patterns of the rows that are on by default, or of all others.
pub fn patterns(by_default: bool) -> Vec<(u16, String)> {
    let pattern = |row: &Detector| match &row.find {
        Find::Shape(pattern) | Find::Stem(pattern, _) => Some((*pattern).to_owned()),
        Find::Prefixed(prefixes) => {
            let any: Vec<String> = prefixes.iter().map(|p| regex_syntax::escape(p.head())).collect();
            Some(any.join("|"))
        }
        _ => None,
    };
    let rows = detectors::all().enumerate().filter(|(_, row)| on_by_default(row) == by_default);
    rows.filter_map(|(number, row)| pattern(row).map(|pattern| (number as u16, pattern))).collect()
}

/// Which rows count when nothing is said: all but those that are asked for by name.
pub fn on_by_default(row: &Detector) -> bool {
    !matches!(row.tier, Tier::Optional | Tier::OptionalNear)
}

fn class(byte: u8, at: &[Vec<u16>]) -> Class {
    match byte {
        b'[' => Class::Open,
        _ if byte.is_ascii_alphanumeric() => Class::Word,
        _ if !at[usize::from(byte)].is_empty() => Class::Telling,
        _ => Class::Plain,
    }
}
