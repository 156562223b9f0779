//! Finds personal data, secrets and injection attempts in one text: text in, findings out.
//!
//! The face stays when the engine behind it changes: one pass, byte ranges on character borders, no
//! allocation on clean ASCII text, any input. Detectors are rows of a table (`detectors`), found by
//! one automaton (`engine`), weighed by the words around them (`context`), and compared where they
//! overlap (`settle`). A text that hides something is read through its `shadow`.

mod checks;
mod context;
mod detector;
mod detectors;
mod engine;
pub mod injection;
pub(crate) mod marks;
mod settle;
mod shadow;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::any_text;

pub use detector::{Detector, Tier};
pub use injection::{Injection, Judge};

use crate::llm::Role;
use engine::{ENGINE, Pass};
use settle::{Candidate, settle};

/// Which detectors count. The compiled table behind it is shared by the whole process.
#[derive(Clone)]
pub struct Scanner {
    /// By row of the table.
    on: Vec<bool>,
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

/// The name of the type that is written `name`, if there is one.
pub fn type_named(name: &str) -> Option<&'static str> {
    detectors::all().map(|row| row.kind).find(|kind| *kind == name)
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
        Scanner { on: ENGINE.rows().iter().map(|row| wanted(row)).collect() }
    }

    /// Whether a row counts when the configuration says `types: default`.
    pub fn is_default(row: &Detector) -> bool {
        engine::on_by_default(row)
    }

    /// Adds what is found in `text` to `findings`, ascending and without overlaps. `key` is the
    /// attribute or JSON key that holds the text: context, and never itself scanned.
    pub fn scan(&self, text: &str, key: &str, findings: &mut Vec<Finding>) {
        match shadow::fold(text) {
            None => findings.extend(self.candidates(text, key).iter().map(|c| finding(c, c.start..c.end))),
            Some(shadow) => {
                let folded = self.candidates(&shadow.text, key);
                findings.extend(folded.iter().map(|c| finding(c, shadow.original(c.start..c.end))));
            }
        }
    }

    /// How much `text`, said by `role` (`None` where nobody knows), looks like an injection to `judge`.
    pub fn injection(&self, judge: &Judge, text: &str, role: Option<Role>) -> Injection {
        match shadow::fold(text) {
            None => judge.judge(text, role, false),
            Some(shadow) => judge.judge(&shadow.text, role, shadow.hid_something),
        }
    }

    fn candidates(&self, text: &str, key: &str) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut pass = Pass::new(text, key, &self.on, &mut found);
        ENGINE.run(&mut pass);
        settle(&mut found);
        found
    }
}

fn finding(candidate: &Candidate, at: std::ops::Range<usize>) -> Finding {
    Finding { kind: candidate.kind, start: at.start, end: at.end, score: candidate.score() }
}
