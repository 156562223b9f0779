//! Words that speak for a type when they stand near a value, on either side of it.

use super::detectors;
use super::marks;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::BTreeMap;

/// How far a word may stand from the value, in bytes, before and behind.
const BEFORE: usize = 144;
const BEHIND: usize = 32;
/// A word behind the value is this much further away than one before it: labels stand in front,
/// unless it is said plainly (`… is my passport`, `… (BSN)`).
const BEHIND_PENALTY: u16 = 12;
const SAID_BEHIND: &[&str] = &[
    " is my ",
    " is the ",
    " is our ",
    " (",
    " ist mein",
    " est mon ",
    " es mi ",
    " is mijn ",
];
/// What stands between a word and the value puts them apart: the end of a clause, of a sentence, of
/// a line. A question and its answer belong together.
const BORDERS: &[(&str, u16)] = &[
    (", ", 8),
    (" and ", 12),
    (" / ", 12),
    ("; ", 16),
    ("? ", 8),
    ("\n", 8),
    (". ", 28),
    ("! ", 28),
];
/// What a key says (`"ssn": "…"`) stands right beside the value.
const KEY_DISTANCE: u16 = 2;
/// Words of up to so many letters count only whole: `tel` is not in `until`, nor `pan` in `company`.
const SHORT: usize = 5;

/// All context words of all rows in one automaton.
pub struct Words {
    automaton: AhoCorasick,
    /// Rows that each word speaks for.
    rows: Vec<Vec<u16>>,
    row_count: usize,
}

/// How near the nearest word of each row stands to one place of a text, in bytes.
pub struct Nearby {
    /// The place it was computed for; nothing is computed twice for one place.
    at: Option<usize>,
    distance: Vec<u16>,
}

/// No word near.
pub const FAR: u16 = u16::MAX;

impl Words {
    pub fn build() -> Words {
        let mut words: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        let mut row_count = 0;
        for (row, detector) in detectors::all().enumerate() {
            detector
                .context
                .iter()
                .for_each(|word| words.entry(word).or_default().push(row as u16));
            row_count = row + 1;
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words.keys())
            .expect("a few hundred short words fit");
        Words {
            automaton,
            rows: words.into_values().collect(),
            row_count,
        }
    }

    /// Fills `nearby` for a value at `start..end` of `text`, held by `key`.
    pub fn look(&self, text: &str, key: &str, start: usize, end: usize, nearby: &mut Nearby) {
        if nearby.at == Some(start) {
            return;
        }
        nearby.at = Some(start);
        nearby.distance.clear();
        nearby.distance.resize(self.row_count, FAR);
        let from = text.floor_char_boundary(start.saturating_sub(BEFORE));
        let to = text.ceil_char_boundary((end + BEHIND).min(text.len()));
        self.hits(
            text,
            from,
            start,
            |word_end| apart(&text[word_end..start]),
            nearby,
        );
        self.hits_behind(text, end, to, nearby);
        self.hits(key, 0, key.len(), |_| KEY_DISTANCE, nearby);
    }

    fn hits_behind(&self, text: &str, end: usize, to: usize, nearby: &mut Nearby) {
        for hit in self.automaton.find_overlapping_iter(&text[end..to]) {
            let at = end + hit.start();
            if is_word(text, at, end + hit.end()) && !marks::covers(text.as_bytes(), at) {
                let gap = &text[end..at];
                let plain = SAID_BEHIND.iter().any(|said| gap.starts_with(said));
                let penalty = if plain { 0 } else { BEHIND_PENALTY };
                self.note(hit.pattern().as_usize(), apart(gap) + penalty, nearby);
            }
        }
    }

    fn hits(&self, text: &str, from: usize, to: usize, distance: impl Fn(usize) -> u16, nearby: &mut Nearby) {
        for hit in self.automaton.find_overlapping_iter(&text[from..to]) {
            let (start, end) = (from + hit.start(), from + hit.end());
            if is_word(text, start, end) && !marks::covers(text.as_bytes(), start) {
                self.note(hit.pattern().as_usize(), distance(end), nearby);
            }
        }
    }

    fn note(&self, word: usize, distance: u16, nearby: &mut Nearby) {
        for row in &self.rows[word] {
            let nearest = &mut nearby.distance[usize::from(*row)];
            *nearest = distance.min(*nearest);
        }
    }
}

impl Nearby {
    pub fn new() -> Nearby {
        Nearby {
            at: None,
            distance: Vec::new(),
        }
    }

    /// Bytes to the nearest word of `row`, or [`FAR`].
    pub fn of(&self, row: usize) -> u16 {
        self.distance.get(row).copied().unwrap_or(FAR)
    }
}

/// How far apart a word and a value with `gap` between them are: bytes, and more for each border.
fn apart(gap: &str) -> u16 {
    let borders: usize = BORDERS
        .iter()
        .map(|(border, cost)| gap.matches(border).count() * usize::from(*cost))
        .sum();
    (gap.len() + borders) as u16
}

/// Whether a short word stands by itself: no letter touches it but where camel case changes.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    if !bytes[start].is_ascii() || end - start > SHORT {
        return true;
    }
    let before = start.checked_sub(1).map_or(b' ', |i| bytes[i]);
    let behind = bytes.get(end).copied().unwrap_or(b' ');
    let starts =
        !before.is_ascii_alphabetic() || before.is_ascii_lowercase() && bytes[start].is_ascii_uppercase();
    let ends =
        !behind.is_ascii_alphabetic() || behind.is_ascii_uppercase() && bytes[end - 1].is_ascii_lowercase();
    starts && ends
}
