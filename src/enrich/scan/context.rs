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
const SAID_BEHIND: &[&str] =
    &[" is my ", " is the ", " is our ", " (", " ist mein", " est mon ", " es mi ", " is mijn "];
/// What stands between a word and the value puts them apart by so many bytes more: the end of a
/// clause, of a sentence, of a line. A question and its answer belong together.
const BORDERS: &[(&str, u16)] =
    &[(", ", 8), (" and ", 12), (" / ", 12), ("; ", 16), ("? ", 8), ("\n", 8), (". ", 28), ("! ", 28)];
/// What a key says (`"ssn": "…"`) stands right beside the value.
const KEY_DISTANCE: u16 = 2;
/// Words of up to so many letters count only whole: `tel` is not in `until`, nor `pan` in `company`.
const SHORT: usize = 5;
/// The least that is read at once, and longer than any word: pieces overlap by it.
const PIECE: usize = 512;
const LONGEST_WORD: usize = 48;

/// No word near.
pub const FAR: u16 = u16::MAX;

/// All context words of all rows in one automaton, and the borders.
pub struct Words {
    automaton: AhoCorasick,
    /// What each pattern of the automaton means.
    meanings: Vec<Meaning>,
    row_count: usize,
}

enum Meaning {
    /// Speaks for these rows.
    Rows(Vec<u16>),
    /// Puts what stands on its sides apart.
    Border(u16),
}

/// The words of one text, read as far as somebody asked, each byte about once; and how near the
/// nearest word of each row stands to the place asked for last.
pub struct Nearby {
    hits: Vec<Hit>,
    read_to: usize,
    at: Option<usize>,
    distance: Vec<u16>,
}

#[derive(Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    meaning: u16,
}

impl Words {
    pub fn build() -> Words {
        let mut rows: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        let mut row_count = 0;
        for (row, detector) in detectors::all().enumerate() {
            detector.context.iter().for_each(|word| rows.entry(word).or_default().push(row as u16));
            row_count = row + 1;
        }
        let words = rows.into_iter().map(|(word, rows)| (word, Meaning::Rows(rows)));
        let borders = BORDERS.iter().map(|(border, cost)| (*border, Meaning::Border(*cost)));
        let (patterns, meanings): (Vec<_>, Vec<_>) = words.chain(borders).unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns)
            .expect("a few hundred short words fit");
        Words { automaton, meanings, row_count }
    }

    /// Fills `nearby` for a value at `start..end` of `text`, held by `key`.
    pub fn look(&self, text: &str, key: &str, start: usize, end: usize, nearby: &mut Nearby) {
        if nearby.at == Some(start) {
            return;
        }
        self.read(text, (end + BEHIND).min(text.len()), nearby);
        nearby.at = Some(start);
        nearby.distance.clear();
        nearby.distance.resize(self.row_count, FAR);
        self.before(start, nearby);
        self.behind(text, end, nearby);
        for hit in self.automaton.find_overlapping_iter(key) {
            if is_word(key, hit.start(), hit.end()) {
                self.note(hit.pattern().as_usize(), KEY_DISTANCE, &mut nearby.distance);
            }
        }
    }

    /// Reads the words of `text` on to `to` at least.
    fn read(&self, text: &str, to: usize, nearby: &mut Nearby) {
        if to <= nearby.read_to {
            return;
        }
        let to = text.ceil_char_boundary(to.max(nearby.read_to + PIECE).min(text.len()));
        let from = text.floor_char_boundary(nearby.read_to.saturating_sub(LONGEST_WORD));
        for hit in self.automaton.find_overlapping_iter(&text[from..to]) {
            let (start, end) = (from + hit.start(), from + hit.end());
            // Words that ended in the last piece are there already.
            if end > nearby.read_to && is_word(text, start, end) && !marks::covers(text.as_bytes(), start) {
                nearby.hits.push(Hit { start, end, meaning: hit.pattern().as_usize() as u16 });
            }
        }
        nearby.read_to = to;
    }

    fn before(&self, start: usize, nearby: &mut Nearby) {
        let last = nearby.hits.partition_point(|hit| hit.end <= start);
        let mut borders = 0;
        for hit in nearby.hits[..last].iter().rev().take_while(|hit| hit.end + BEFORE >= start) {
            match &self.meanings[usize::from(hit.meaning)] {
                Meaning::Border(cost) => borders += cost,
                Meaning::Rows(_) => {
                    let apart = (start - hit.end) as u16 + borders;
                    self.note(usize::from(hit.meaning), apart, &mut nearby.distance);
                }
            }
        }
    }

    fn behind(&self, text: &str, end: usize, nearby: &mut Nearby) {
        let plain = SAID_BEHIND.iter().any(|said| text[end..].starts_with(said));
        let mut apart = if plain { 0 } else { BEHIND_PENALTY };
        let first = nearby.hits.partition_point(|hit| hit.end <= end);
        for hit in nearby.hits[first..].iter().filter(|hit| hit.start >= end) {
            let gap = hit.start - end;
            if gap > BEHIND {
                break;
            }
            match &self.meanings[usize::from(hit.meaning)] {
                Meaning::Border(cost) => apart += cost,
                Meaning::Rows(_) => {
                    self.note(usize::from(hit.meaning), apart + gap as u16, &mut nearby.distance);
                }
            }
        }
    }

    fn note(&self, meaning: usize, distance: u16, nearest: &mut [u16]) {
        if let Meaning::Rows(rows) = &self.meanings[meaning] {
            for row in rows {
                let nearest = &mut nearest[usize::from(*row)];
                *nearest = distance.min(*nearest);
            }
        }
    }
}

impl Nearby {
    /// Allocates nothing until somebody asks.
    pub fn new() -> Nearby {
        Nearby { hits: Vec::new(), read_to: 0, at: None, distance: Vec::new() }
    }

    /// Bytes to the nearest word of `row`, more for each border between, or [`FAR`].
    pub fn of(&self, row: usize) -> u16 {
        self.distance.get(row).copied().unwrap_or(FAR)
    }
}

/// Whether a short word stands by itself: no letter touches it but where camel case changes.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    if !bytes[start].is_ascii_alphanumeric() || end - start > SHORT {
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
