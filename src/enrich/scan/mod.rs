//! Finds personal data, secrets and injection attempts in one text: text in, findings out.
//!
//! The face stays when the engine behind it changes: one pass, byte ranges on character borders, no
//! allocation on clean ASCII text, any input. Detectors are rows of a table (`detectors`), found by
//! one automaton (`engine`), weighed by the words around them (`context`), and compared where they
//! overlap (`settle`). A text that hides something is read through its `shadow`.

mod automaton;
mod blob;
mod cell;
mod checks;
mod context;
pub mod custom;
mod detector;
mod detectors;
mod engine;
mod html_table;
pub mod injection;
pub(crate) mod marks;
mod settle;
mod shadow;
mod shapes;
mod table;
#[cfg(test)]
mod tests;
mod trie;
mod vocabulary;
mod words;
#[cfg(test)]
mod work;
#[cfg(test)]
pub(super) use tests::any_text;

pub use context::Around;
pub use detector::{Detector, Find, Tier};
use injection::Hidden;
pub use injection::{Injection, Judge};

use crate::llm::Role;
use crate::settings;
use blob::Blobs;
use context::Nearby;
use engine::{ENGINE, Pass};
use settle::{Candidate, settle};
use shadow::Shadow;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// Which detectors count. The compiled table behind it is shared by the whole process.
#[derive(Clone)]
pub struct Scanner {
    /// By row of the table.
    on: Vec<bool>,
    /// What users look for themselves.
    custom: Option<Arc<custom::Set>>,
}

/// One piece of personal data or one secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The detector's type name, such as `EMAIL_ADDRESS`.
    pub kind: &'static str,
    /// Byte range in the scanned text, end exclusive, on character borders.
    pub start: usize,
    pub end: usize,
    /// 0 to 1.
    pub score: f32,
}

/// Every row of the table of detectors, for documentation and for `sidelight components`.
pub fn detectors() -> impl Iterator<Item = &'static Detector> {
    detectors::all()
}

/// The name of every type: those of the table, then those that users gave.
pub fn types() -> impl Iterator<Item = &'static str> {
    detectors::all().map(|row| row.kind).chain(custom::names::TYPES.all())
}

/// The name of the type that is written `name`, if there is one.
pub fn type_named(name: &str) -> Option<&'static str> {
    types().find(|kind| *kind == name)
}

/// The name of a type that `wrong` may have been meant for.
pub fn nearest_type(wrong: &str) -> Option<&'static str> {
    settings::nearest(wrong, types())
}

/// A text as it is looked at: what is disguised in it undone, once for all that look.
pub struct Reading<'t> {
    text: &'t str,
    shadow: Option<Shadow>,
}

impl<'t> Reading<'t> {
    pub fn of(text: &'t str) -> Reading<'t> {
        Reading { text, shadow: shadow::fold(text) }
    }

    /// The text itself.
    pub fn text(&self) -> &'t str {
        self.text
    }
}

impl Default for Scanner {
    /// Every type that is on by default.
    fn default() -> Scanner {
        Scanner::new(engine::on_by_default)
    }
}

impl Scanner {
    /// A scanner for the rows that `wanted` picks.
    pub fn new(wanted: impl Fn(&Detector) -> bool) -> Scanner {
        Scanner { on: ENGINE.rows().iter().map(|row| wanted(row)).collect(), custom: None }
    }

    /// The scanner that looks for `custom` patterns too.
    pub fn with(self, custom: Option<Arc<custom::Set>>) -> Scanner {
        Scanner { custom, ..self }
    }

    /// The scanner that looks for every type that is on by default too.
    pub fn and_default(mut self) -> Scanner {
        self.on.iter_mut().zip(ENGINE.rows()).for_each(|(on, row)| *on |= engine::on_by_default(row));
        self
    }

    /// Whether a row counts when the configuration says `types: default`.
    pub fn is_default(row: &Detector) -> bool {
        engine::on_by_default(row)
    }

    /// Adds what is found in `text` to `findings`, ascending and without overlaps. What is `around` it is context,
    /// and never itself scanned.
    pub fn scan(&self, text: &Reading<'_>, around: Around<'_>, findings: &mut Vec<Finding>) {
        let mut room = ROOM.take();
        match &text.shadow {
            None => {
                self.candidates(text.text, around, &mut room);
                findings.extend(room.found.iter().map(|c| finding(c, c.start..c.end)));
            }
            Some(shadow) => {
                self.candidates(&shadow.text, around, &mut room);
                findings.extend(room.found.iter().map(|c| finding(c, shadow.original(c.start..c.end))));
            }
        }
        if room.found.capacity() <= ROOM_MOST {
            ROOM.set(room);
        }
    }

    /// How much `text`, said by `role` (`None` where nobody knows), looks like an injection to `judge`.
    pub fn injection(&self, judge: &Judge, text: &Reading<'_>, role: Option<Role>) -> Injection {
        match &text.shadow {
            None => judge.judge(text.text, role, Hidden::Nothing),
            Some(shadow) => judge.judge(&shadow.text, role, Hidden::of(shadow)),
        }
    }

    /// Leaves in `room.found` what is found in `text`, in numbers that go on in its next line, and in what it
    /// says in base64.
    fn candidates(&self, text: &str, around: Around<'_>, room: &mut Room) {
        room.found.clear();
        room.blobs.clear();
        self.pass(text, around, room, true);
        if let Some(joined) = shadow::joined(text) {
            self.cut_in_two(&joined, around, room);
        }
        for i in 0..room.blobs.found.len() {
            let blob = room.blobs.found[i].clone();
            let found = blob::decode(&text[blob.clone()]).and_then(|says| {
                let before = &text[..blob.start];
                self.in_blob(&says, Around { before, ..around }, BLOBS_IN_BLOBS)
            });
            room.found.extend(found.map(|c| Candidate { start: blob.start, end: blob.end, near: 0, ..c }));
        }
        settle(&mut room.found, &mut room.lost);
    }

    fn pass(&self, text: &str, around: Around<'_>, room: &mut Room, decode: bool) {
        room.nearby.reset();
        let Room { found, nearby, blobs, .. } = room;
        let blobs = decode.then_some(blobs);
        ENGINE.run(&mut Pass { text, around, on: &self.on, found, nearby, blobs });
        if let Some(custom) = &self.custom {
            custom.run(text, around, &mut room.own, &mut room.found);
        }
    }

    /// Adds what is found across the line breaks that `joined` leaves out. A bare shape has to stand right beside
    /// its word.
    fn cut_in_two(&self, joined: &Shadow, around: Around<'_>, room: &mut Room) {
        const BESIDE: u16 = 24;
        let mut inner = Room::default();
        self.pass(&joined.text, around, &mut inner, false);
        let cut =
            inner.found.iter().filter(|c| joined.parts(&(c.start..c.end)) && (c.checked || c.near <= BESIDE));
        room.found.extend(cut.map(|c| {
            let at = joined.original(c.start..c.end);
            Candidate { start: at.start, end: at.end, ..*c }
        }));
    }

    /// The surest of what is found in a text that was decoded, and in what that says encoded, `more` layers down.
    fn in_blob(&self, says: &str, around: Around<'_>, more: u8) -> Option<Candidate> {
        let mut inner = Room::default();
        let shadow = shadow::fold(says);
        let says = shadow.as_ref().map_or(says, |s| &s.text);
        self.pass(says, around, &mut inner, more > 0);
        settle(&mut inner.found, &mut inner.lost);
        let blobs = inner.blobs.found.iter().filter_map(|blob| blob::decode(&says[blob.clone()]));
        let deeper = blobs.filter_map(|says| self.in_blob(&says, Around { key: "", ..around }, more - 1));
        inner
            .found
            .into_iter()
            .chain(deeper)
            .reduce(|best, c| if c.score() > best.score() { c } else { best })
    }
}

/// What a pass needs room for: kept from text to text, so that most of them allocate nothing.
#[derive(Default)]
struct Room {
    found: Vec<Candidate>,
    lost: Vec<Candidate>,
    nearby: Nearby,
    /// Words for the patterns of users.
    own: Nearby,
    blobs: Blobs,
}

/// How often what was decoded is decoded again.
const BLOBS_IN_BLOBS: u8 = 1;

/// The room is given back after a text with more candidates than that.
const ROOM_MOST: usize = 4096;

thread_local!(static ROOM: Cell<Room> = Cell::default());

fn finding(candidate: &Candidate, at: Range<usize>) -> Finding {
    Finding { kind: candidate.kind, start: at.start, end: at.end, score: candidate.score() }
}
