//! Words that speak for a type when they stand near a value: on either side of it, in the key or the column
//! that holds it, in what was said just before.

use super::marks;
use super::table::{Cell, Tables};
use super::words::{self, OTHERS};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::BTreeMap;
use std::ops::Range;

/// How far a word may stand from the value, in bytes, before and behind.
const BEFORE: usize = 160;
const BEHIND: usize = 40;
/// A word behind the value is this much further away than one before it: labels stand in front,
/// unless it is said plainly (`… is my passport`, `… (BSN)`).
const BEHIND_PENALTY: u16 = 12;
/// What stands between a word and the value puts them apart by so many bytes more: the end of a
/// clause, of a sentence, of a line. A question and its answer belong together.
const BORDERS: &[(&str, u16)] =
    &[(", ", 8), (" and ", 12), (" / ", 12), ("; ", 16), ("? ", 8), ("\n", 8), (". ", 28), ("! ", 28)];
/// What a key or a header says (`"ssn": "…"`) stands right beside the value.
const KEY_DISTANCE: u16 = 2;
/// What was said in the turn before is so much further away.
const TURN: u16 = 12;
/// A word with another number between it and the value has probably found its own. Bare shapes stand in lists.
const NUMBER_BETWEEN: u16 = 64;
/// A word that names something else takes a value away from its own words if it stands this near.
const OTHER_REACH: usize = 4;
/// Words of up to so many letters count only whole: `tel` is not in `until`, nor `pan` in `company`.
const SHORT: usize = 5;
/// The least that is read at once, how far before a value reading begins, and longer than any word: pieces
/// overlap by it.
const PIECE: usize = 256;
const SLACK: usize = 320;
const LONGEST_WORD: usize = 48;
/// The longest key or header cell that is read.
const LABEL_MOST: usize = 128;

/// No word near.
pub const FAR: u16 = u16::MAX;

/// Rows that share their words are one group, and each group is a bit. The last bit stands for [`OTHERS`].
type Groups = u128;
const OTHER: Groups = 1 << 127;
/// So many different lists of words there may be.
pub const LISTS_MOST: usize = 126;

/// What is known of a text besides the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// The attribute or JSON key that holds it, `""` where none does.
    pub key: &'a str,
    /// What was said right before it: the turn before, or what a neighbour says of the value.
    pub before: &'a str,
}

/// All context words of all rows in one automaton, and the borders.
pub struct Words {
    automaton: AhoCorasick,
    /// What each pattern of the automaton means.
    meanings: Vec<Meaning>,
    /// The group of each row.
    groups: Vec<Groups>,
}

enum Meaning {
    /// Speaks for these groups.
    For(Groups),
    /// Puts what stands on its sides apart.
    Border(u16),
}

/// The words of one text, read as far as somebody asked, each byte about once.
#[derive(Default)]
pub struct Nearby {
    hits: Vec<Hit>,
    read: Range<usize>,
    tables: Tables,
    /// The groups of the key and of what was said before, once they were asked for.
    outside: Option<Groups>,
    /// The place that was asked for last.
    place: Place,
}

/// A value, and what speaks for anything near it.
#[derive(Clone, Default)]
struct Place {
    at: Range<usize>,
    cell: Option<Cell>,
    /// All groups with a word in reach.
    groups: Groups,
}

#[derive(Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    meaning: u16,
}

impl Words {
    /// `contexts` has the words of every row, in the order of the rows, at most [`LISTS_MOST`] different lists.
    pub fn build<'a, S: AsRef<str> + PartialEq + 'a>(contexts: impl Iterator<Item = &'a [S]>) -> Words {
        let mut lists: Vec<&[S]> = Vec::new();
        let mut group_of = |context: &'a [S]| -> Groups {
            if context.is_empty() {
                return 0;
            }
            let known = lists.iter().position(|list| *list == context);
            let number = known.unwrap_or_else(|| {
                lists.push(context);
                lists.len() - 1
            });
            1 << number
        };
        let groups: Vec<Groups> = contexts.map(&mut group_of).collect();
        assert!(lists.len() <= LISTS_MOST, "a group is a bit, and the last one stands for other things");
        let mut meanings: BTreeMap<String, Groups> = BTreeMap::new();
        let mut learn = |word: &str, group: Groups| {
            words::spellings(word, |spelling| *meanings.entry(spelling).or_default() |= group);
        };
        for (number, list) in lists.iter().enumerate() {
            list.iter().for_each(|word| learn(word.as_ref(), 1 << number));
        }
        OTHERS.iter().for_each(|word| learn(word, OTHER));
        let words = meanings.into_iter().map(|(word, groups)| (word, Meaning::For(groups)));
        let borders = BORDERS.iter().map(|(border, cost)| (border.to_string(), Meaning::Border(*cost)));
        let (patterns, meanings): (Vec<_>, Vec<_>) = words.chain(borders).unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .dense_depth(4)
            .build(patterns)
            .expect("a few thousand short words fit");
        Words { automaton, meanings, groups }
    }

    /// Bytes that the automaton takes.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// Whether a word for the row is anywhere around the value at `at`, near enough or not.
    pub fn speak(
        &self,
        number: u16,
        text: &str,
        at: &Range<usize>,
        around: &Around<'_>,
        nearby: &mut Nearby,
    ) -> bool {
        let group = self.groups[usize::from(number)];
        group != 0 && {
            self.go_to(text, at, around, nearby);
            nearby.place.groups & group != 0
        }
    }

    /// Bytes from the value at `at`, of which [`Words::speak`] was asked last, to the nearest word of the row; more
    /// for each border between, or [`FAR`]. `strict`: a word for something else between makes it that.
    pub fn near(
        &self,
        number: u16,
        strict: bool,
        text: &str,
        at: &Range<usize>,
        around: &Around<'_>,
        nearby: &Nearby,
    ) -> u16 {
        let group = self.groups[usize::from(number)];
        if self.label_says(around.key, group, strict) {
            return KEY_DISTANCE;
        }
        let cell = nearby.place.cell.as_ref();
        let is_headed =
            |cell: &Cell| cell.headers.iter().any(|h| self.label_says(&text[h.clone()], group, strict));
        if cell.is_some_and(is_headed) {
            return KEY_DISTANCE;
        }
        // Words of another row of a table say nothing.
        let from = cell.map_or(0, |cell| cell.row);
        match self.before((group, strict), from, text, at.start, around, nearby) {
            Found::At(distance) => distance.min(self.behind(group, text, at.end, nearby)),
            Found::Other => FAR,
        }
    }

    /// Reads what stands around `at`, once for all rows that ask for it.
    fn go_to(&self, text: &str, at: &Range<usize>, around: &Around<'_>, nearby: &mut Nearby) {
        if nearby.place.at == *at {
            return;
        }
        self.read(text, at, nearby);
        let outside = nearby.outside.unwrap_or_else(|| {
            let tail = around.before.ceil_char_boundary(around.before.len().saturating_sub(BEFORE));
            self.groups_in(around.key) | self.groups_in(&around.before[tail..])
        });
        nearby.outside = Some(outside);
        let cell = nearby.tables.cell(text.as_bytes(), at.start);
        let headers = cell.iter().flat_map(|cell| &cell.headers);
        let mut groups = headers.fold(outside, |all, header| all | self.groups_in(&text[header.clone()]));
        let first = nearby.hits.partition_point(|hit| hit.end + BEFORE < at.start);
        for hit in nearby.hits[first..].iter().take_while(|hit| hit.start <= at.end + BEHIND) {
            if let Meaning::For(these) = self.meanings[usize::from(hit.meaning)] {
                groups |= these;
            }
        }
        nearby.place = Place { at: at.clone(), cell, groups };
    }

    /// Every group with a word in `label`, which is short.
    fn groups_in(&self, label: &str) -> Groups {
        let label = &label[..label.floor_char_boundary(BEFORE)];
        self.automaton.find_overlapping_iter(label).fold(0, |all, hit| {
            match self.meanings[hit.pattern().as_usize()] {
                Meaning::For(groups) => all | groups,
                Meaning::Border(_) => all,
            }
        })
    }

    /// Whether a key or header speaks for `group`, and nothing behind that for something else: `phone_id` does not.
    fn label_says(&self, label: &str, group: Groups, strict: bool) -> bool {
        let label = &label[..label.floor_char_boundary(LABEL_MOST)];
        let mut own = 0;
        let mut other = 0..0;
        for hit in self.automaton.find_overlapping_iter(label) {
            if let Meaning::For(groups) = self.meanings[hit.pattern().as_usize()]
                && is_word(label, hit.start(), hit.end())
                && !in_mark(label.as_bytes(), hit.start())
            {
                if groups & group != 0 {
                    own = hit.end();
                }
                if groups & OTHER != 0 {
                    other = hit.range();
                }
            }
        }
        own > 0 && !is_taken(own, &other, strict)
    }

    /// Reads the words around `at`, if that was not done yet.
    fn read(&self, text: &str, at: &Range<usize>, nearby: &mut Nearby) {
        let to = (at.end + BEHIND).min(text.len());
        if to <= nearby.read.end && nearby.read.start + BEFORE <= at.start.max(BEFORE) {
            return;
        }
        let from = at.start.saturating_sub(SLACK);
        if from > nearby.read.end || nearby.read.is_empty() {
            nearby.hits.clear();
            let from = text.floor_char_boundary(from);
            nearby.read = from..from;
        }
        let known = nearby.read.end;
        let to = text.ceil_char_boundary(to.max(known + PIECE).min(text.len()));
        let from = text.floor_char_boundary(known.saturating_sub(LONGEST_WORD).max(nearby.read.start));
        for hit in self.automaton.find_overlapping_iter(&text[from..to]) {
            let (start, end) = (from + hit.start(), from + hit.end());
            // Words that ended in the last piece are there already.
            let counts = is_word(text, start, end) && !in_mark(text.as_bytes(), start);
            if end > known && counts && !is_abbreviated(text.as_bytes(), start, end) {
                nearby.hits.push(Hit { start, end, meaning: hit.pattern().as_usize() as u16 });
            }
        }
        nearby.read.end = to;
    }

    fn before(
        &self,
        (group, strict): (Groups, bool),
        from: usize,
        text: &str,
        start: usize,
        around: &Around<'_>,
        nearby: &Nearby,
    ) -> Found {
        let last = nearby.hits.partition_point(|hit| hit.end <= start);
        let mut borders = 0;
        let mut other = 0..0;
        for hit in nearby.hits[..last].iter().rev() {
            if hit.end + BEFORE < start || hit.start < from {
                break;
            }
            match self.meanings[usize::from(hit.meaning)] {
                Meaning::Border(cost) => borders += cost,
                Meaning::For(groups) if groups & group != 0 => {
                    let taken = is_taken(hit.end, &other, strict);
                    if !strict && has_number(&text.as_bytes()[hit.end..start]) {
                        borders += NUMBER_BETWEEN;
                    }
                    return if taken { Found::Other } else { Found::At((start - hit.end) as u16 + borders) };
                }
                Meaning::For(groups) if groups & OTHER != 0 && hit.end + OTHER_REACH >= start => {
                    other = hit.start..hit.end.max(other.end);
                }
                Meaning::For(_) => {}
            }
        }
        if other.end > 0 {
            return Found::Other;
        }
        if start >= BEFORE || around.before.is_empty() {
            return Found::At(FAR);
        }
        Found::At(self.said_before(group, start, borders, around.before))
    }

    /// The distance to a word of what was said before the text.
    fn said_before(&self, group: Groups, start: usize, borders: u16, before: &str) -> u16 {
        let tail = &before[before.ceil_char_boundary(before.len().saturating_sub(BEFORE - start))..];
        let mut nearest = FAR;
        for hit in self.automaton.find_overlapping_iter(tail) {
            if let Meaning::For(groups) = self.meanings[hit.pattern().as_usize()]
                && groups & group != 0
                && is_word(tail, hit.start(), hit.end())
                && !in_mark(tail.as_bytes(), hit.start())
            {
                nearest = (start + tail.len() - hit.end()) as u16 + borders + TURN;
            }
        }
        nearest
    }

    fn behind(&self, group: Groups, text: &str, end: usize, nearby: &Nearby) -> u16 {
        let mut apart = 0;
        let first = nearby.hits.partition_point(|hit| hit.end <= end);
        for hit in nearby.hits[first..].iter().filter(|hit| hit.start >= end) {
            let gap = hit.start - end;
            if gap > BEHIND {
                break;
            }
            match self.meanings[usize::from(hit.meaning)] {
                Meaning::Border(cost) => apart += cost,
                // `Mobile: …` behind a value is the label of the next one.
                Meaning::For(groups) if groups & group != 0 && !text[hit.end..].starts_with([':', '=']) => {
                    let said = words::SAID_BEHIND.iter().any(|said| text[end..].starts_with(said));
                    return apart + gap as u16 + if said { 0 } else { BEHIND_PENALTY };
                }
                Meaning::For(_) => {}
            }
        }
        FAR
    }
}

/// Whether the word `other` stands between a value and its own word, which ends at `own`. `NHS id` still says NHS
/// unless one is `strict`.
fn is_taken(own: usize, other: &Range<usize>, strict: bool) -> bool {
    other.end > own && (strict || other.start > own + 2)
}

/// What stands before a value.
enum Found {
    /// A word for it at this distance, or [`FAR`].
    At(u16),
    /// A word that makes it something else.
    Other,
}

impl Nearby {
    /// Forgets the text, keeps the room.
    pub fn reset(&mut self) {
        self.hits.clear();
        self.read = 0..0;
        self.tables = Tables::default();
        self.outside = None;
        self.place = Place::default();
    }
}

/// Whether the border at `start..end` is the dot of a short word that goes on: `tel. kom. 797`.
fn is_abbreviated(text: &[u8], start: usize, end: usize) -> bool {
    const SHORTENED: usize = 4;
    if &text[start..end] != b". " {
        return false;
    }
    let letters =
        text[..start].iter().rev().take(SHORTENED + 1).take_while(|b| b.is_ascii_alphabetic()).count();
    let next = text.get(end).copied().unwrap_or(0);
    letters <= SHORTENED && letters > 0 && (next.is_ascii_lowercase() || next.is_ascii_digit())
}

/// Whether the word at `at` is part of a mark. Their names are in capitals, and no word is in their hashes.
fn in_mark(text: &[u8], at: usize) -> bool {
    text[at].is_ascii_uppercase() && marks::covers(text, at)
}

/// Whether five digits stand together.
fn has_number(text: &[u8]) -> bool {
    text.split(|b| !b.is_ascii_digit()).any(|digits| digits.len() >= 5)
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
