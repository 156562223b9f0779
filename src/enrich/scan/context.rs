//! Words that speak for a type when they stand near a value: on either side of it, in the key or the column
//! that holds it, in what was said just before.

use super::cell::Cell;
use super::detector::{BESIDE, Tier};
use super::marks;
use super::table::Tables;
use super::vocabulary::{Groups, Meaning, OTHER, Vocabulary};
use super::words;
use std::ops::Range;

/// How far a word may stand from the value, in bytes, before and behind.
const BEFORE: usize = 160;
const BEHIND: usize = 40;
/// A word behind the value is this much further away than one before it: labels stand in front,
/// unless it is said plainly (`… is my passport`, `… (BSN)`).
const BEHIND_PENALTY: u16 = 12;
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
/// So long are most values.
const VALUE: usize = 24;
/// The longest key or header cell that is read.
const LABEL_MOST: usize = 128;

/// No word near.
pub const FAR: u16 = u16::MAX;

/// What is known of a text besides the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// The attribute or JSON key that holds it, `""` where none does.
    pub key: &'a str,
    /// What was said right before it: the turn before, or what a neighbour says of the value.
    pub before: &'a str,
}

/// The words of all rows, and which of them speak for which row.
pub struct Words {
    vocabulary: Vocabulary,
    /// The group of each row.
    groups: Vec<Groups>,
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

/// Values that begin at one place and are not longer, and what speaks for anything near them.
#[derive(Clone, Default)]
struct Place {
    at: Range<usize>,
    cell: Option<Cell>,
    /// All groups with a word in reach, and those with one that may be as near as a bare shape needs it.
    groups: Groups,
    beside: Groups,
}

#[derive(Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    spelling: u32,
}

impl Words {
    /// `contexts` has the words of every row, in the order of the rows, at most `LISTS_MOST` different lists.
    pub fn build<'a, S: AsRef<str> + PartialEq + 'a>(contexts: impl Iterator<Item = &'a [S]>) -> Words {
        let (vocabulary, groups) = Vocabulary::build(contexts);
        Words { vocabulary, groups }
    }

    /// Bytes that the words take.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.vocabulary.memory()
    }

    /// Whether a word for the row, which is of `tier`, may be near enough to the value at `at`.
    pub fn speak(
        &self,
        (number, tier): (u16, Tier),
        text: &str,
        at: &Range<usize>,
        around: &Around<'_>,
        nearby: &mut Nearby,
    ) -> bool {
        let group = self.groups[usize::from(number)];
        group != 0 && {
            self.go_to(text, at, around, nearby);
            let groups = if tier.reach() > BESIDE { nearby.place.groups } else { nearby.place.beside };
            groups & group != 0
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
        if nearby.place.at.start == at.start && at.end <= nearby.place.at.end {
            return;
        }
        // What begins here may go on: a word too many costs a look.
        let at = &(at.start..at.end.max(text.len().min(at.start + VALUE)));
        self.read(text, at, nearby);
        let outside = nearby.outside.unwrap_or_else(|| {
            let tail = around.before.ceil_char_boundary(around.before.len().saturating_sub(BEFORE));
            self.groups_in(around.key) | self.groups_in(&around.before[tail..])
        });
        nearby.outside = Some(outside);
        let cell = nearby.tables.cell(text.as_bytes(), at.start);
        let headers = cell.iter().flat_map(|cell| &cell.headers);
        let mut groups = headers.fold(outside, |all, header| all | self.groups_in(&text[header.clone()]));
        let mut beside = groups;
        let first = nearby.hits.partition_point(|hit| hit.end + BEFORE < at.start);
        for hit in nearby.hits[first..].iter().take_while(|hit| hit.start <= at.end + BEHIND) {
            let these = self.groups_of(hit.spelling);
            groups |= these;
            if hit.end + usize::from(BESIDE) >= at.start {
                beside |= these;
            }
        }
        nearby.place = Place { at: at.clone(), cell, groups, beside };
    }

    /// The groups that a spelling speaks for.
    fn groups_of(&self, spelling: u32) -> Groups {
        match self.vocabulary.meaning(spelling) {
            Meaning::For(groups) => *groups,
            Meaning::Border(_) => 0,
        }
    }

    /// Every group with a word in `label`, which is short.
    fn groups_in(&self, label: &str) -> Groups {
        let label = &label[..label.floor_char_boundary(BEFORE)];
        let mut groups = 0;
        self.vocabulary.each(label.as_bytes(), |spelling, _| groups |= self.groups_of(spelling));
        groups
    }

    /// Whether a key or header speaks for `group`, and nothing behind that for something else: `phone_id` does not.
    fn label_says(&self, label: &str, group: Groups, strict: bool) -> bool {
        let label = &label[..label.floor_char_boundary(LABEL_MOST)];
        let mut own = 0;
        let mut other = 0..0;
        self.vocabulary.each(label.as_bytes(), |spelling, at| {
            let groups = self.groups_of(spelling);
            if groups & (group | OTHER) != 0
                && is_word(label, at.start, at.end)
                && !in_mark(label.as_bytes(), at.start)
            {
                if groups & group != 0 {
                    own = own.max(at.end);
                }
                if groups & OTHER != 0 && at.end >= other.end {
                    other = at;
                }
            }
        });
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
        let bytes = text.as_bytes();
        let first = nearby.hits.len();
        self.vocabulary.each(&bytes[from..to], |spelling, at| {
            let (start, end) = (from + at.start, from + at.end);
            // Words that ended in the last piece are there already.
            let counts = end > known && is_word(text, start, end) && !in_mark(bytes, start);
            if counts && !is_abbreviated(bytes, start, end) {
                nearby.hits.push(Hit { start, end, spelling });
            }
        });
        nearby.hits[first..].sort_unstable_by_key(|hit| (hit.end, hit.start));
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
            match self.vocabulary.meaning(hit.spelling) {
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
        self.vocabulary.each(tail.as_bytes(), |spelling, at| {
            if self.groups_of(spelling) & group != 0
                && is_word(tail, at.start, at.end)
                && !in_mark(tail.as_bytes(), at.start)
            {
                nearest = nearest.min((start + tail.len() - at.end) as u16 + borders + TURN);
            }
        });
        nearest
    }

    fn behind(&self, group: Groups, text: &str, end: usize, nearby: &Nearby) -> u16 {
        let mut apart = 0;
        let is_said = || words::SAID_BEHIND.iter().any(|said| text[end..].starts_with(said));
        let first = nearby.hits.partition_point(|hit| hit.end <= end);
        for hit in nearby.hits[first..].iter().filter(|hit| hit.start >= end) {
            let gap = hit.start - end;
            if gap > BEHIND {
                break;
            }
            match self.vocabulary.meaning(hit.spelling) {
                Meaning::Border(cost) => apart += cost,
                Meaning::For(groups) if groups & group != 0 => {
                    let said = is_said();
                    if said || !labels_the_next(&text[hit.end..]) {
                        return apart + gap as u16 + if said { 0 } else { BEHIND_PENALTY };
                    }
                }
                Meaning::For(_) => {}
            }
        }
        FAR
    }
}

/// Whether a word behind a value is the label of the next one, as what follows the word tells: `Mobile: …`, `Tel. 55 12`.
fn labels_the_next(rest: &str) -> bool {
    let value = rest.trim_start_matches(['.', ' ']);
    rest.starts_with([':', '='])
        || value.len() < rest.len() && value.starts_with(|c: char| c.is_ascii_digit() || c == '+')
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
