//! One regular expression of a user's, compiled so that its work for one byte of text is bounded.
//!
//! It is tried wherever its first two bytes stand, as a table of states over bytes, and followed for at most
//! [`REACH`] bytes. The text it sees is the scanner's: look-alikes and escapes are undone, digits are ASCII.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};
use std::ops::Range;

/// The longest match, in bytes.
pub const REACH: usize = 256;
/// The most memory that the states of one expression may take, and that finding them may.
const STATES_MOST: usize = 1 << 20;
const WORK_MOST: usize = 4 << 20;

/// A compiled expression.
pub struct Automaton {
    states: dense::DFA<Vec<u32>>,
    /// Whether a match may begin with two bytes: a bit for each second byte, by the first.
    begins: Vec<[u64; 4]>,
    edges: Edges,
}

/// Which ends of a match have to be borders of words, in any script: `\b` there.
#[derive(Clone, Copy, Debug, Default)]
struct Edges {
    before: bool,
    behind: bool,
}

/// Why an expression is not taken.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("not a regular expression that is supported: {0}")]
    Syntax(String),
    #[error("matches the empty string, and so everywhere")]
    Empty,
    #[error(
        "too costly: compiled it takes over 1 MiB; shorten what is repeated, or write [A-Za-z0-9_] in place of \\w"
    )]
    TooCostly,
}

impl Automaton {
    pub fn compile(expression: &str) -> Result<Automaton, Refused> {
        let hir = regex_syntax::parse(expression).map_err(|error| Refused::Syntax(reason(&error)))?;
        if hir.properties().minimum_len().is_none_or(|least| least == 0) {
            return Err(Refused::Empty);
        }
        let mut edges = Edges::default();
        let hir = plain(&hir, (true, true), &mut edges);
        let limited = thompson::Config::new().nfa_size_limit(Some(STATES_MOST));
        let nfa = thompson::Compiler::new().configure(limited).build_from_hir(&hir);
        let limited = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::LeftmostFirst)
            .dfa_size_limit(Some(STATES_MOST))
            .determinize_size_limit(Some(WORK_MOST));
        let states = dense::Builder::new()
            .configure(limited)
            .build_from_nfa(&nfa.map_err(|_| Refused::TooCostly)?)
            .map_err(|_| Refused::TooCostly)?;
        let mut automaton = Automaton { states, begins: vec![[0; 4]; 256], edges };
        automaton.note_beginnings();
        Ok(automaton)
    }

    /// Bytes that the states take.
    pub fn memory(&self) -> usize {
        self.states.memory_usage() + self.begins.len() * size_of::<[u64; 4]>()
    }

    /// Whether a match may begin with this byte.
    pub fn begins_with(&self, first: u8) -> bool {
        self.begins[usize::from(first)] != [0; 4]
    }

    /// The match that begins at `from`, which is tried at no other place. The first alternative goes first, as in
    /// other engines.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        if bytes.get(from + 1).is_some_and(|second| !self.may_begin(bytes[from], *second)) {
            return None;
        }
        let mut state = self.start(from.checked_sub(1).map(|before| bytes[before]));
        let last = bytes.len().min(from + REACH);
        let mut end = None;
        // A match shows one byte late: the state behind `at` speaks of what ends at `at`.
        for at in from..=last {
            state = match bytes.get(at) {
                Some(byte) => self.states.next_state(state, *byte),
                None => self.states.next_eoi_state(state),
            };
            if self.states.is_match_state(state) {
                end = Some(at);
            } else if self.states.is_dead_state(state) {
                break;
            }
        }
        let at = from..end?;
        self.edges.hold(text, &at).then_some(at)
    }

    fn start(&self, before: Option<u8>) -> StateID {
        let start = start::Config::new().anchored(Anchored::Yes).look_behind(before);
        self.states.start_state(&start).expect("the automaton is anchored and has no bytes that it quits at")
    }

    fn may_begin(&self, first: u8, second: u8) -> bool {
        self.begins[usize::from(first)][usize::from(second >> 6)] >> (second & 63) & 1 == 1
    }

    /// Fills `begins`, whatever stands before a match.
    fn note_beginnings(&mut self) {
        let mut starts: Vec<StateID> = (0..=255).map(|before| self.start(Some(before))).collect();
        starts.push(self.start(None));
        starts.sort_unstable();
        starts.dedup();
        for first in 0..=255_u8 {
            for start in &starts {
                let after = self.states.next_state(*start, first);
                for second in (0..=255_u8).filter(|_| !self.states.is_dead_state(after)) {
                    if !self.states.is_dead_state(self.states.next_state(after, second)) {
                        self.begins[usize::from(first)][usize::from(second >> 6)] |= 1 << (second & 63);
                    }
                }
            }
        }
    }
}

impl Edges {
    /// Whether no word goes on over an end of `at` that has to be a border: the automaton has looked at ASCII only.
    fn hold(self, text: &str, at: &Range<usize>) -> bool {
        let (before, inside, behind) = (&text[..at.start], &text[at.clone()], &text[at.end..]);
        let joins = |one: Option<char>, other: Option<char>| one.is_some_and(word) && other.is_some_and(word);
        let goes_on_before = self.before && joins(before.chars().next_back(), inside.chars().next());
        let goes_on_behind = self.behind && joins(inside.chars().next_back(), behind.chars().next());
        !goes_on_before && !goes_on_behind
    }
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What is wrong, without the lines of the pattern that the parser draws.
fn reason(error: &regex_syntax::Error) -> String {
    let (kind, at) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.column),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.column),
        other => return other.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    format!("{kind}, at column {at}")
}

/// The expression with borders of words that a table of bytes can tell, and digits as the scanner reads them: those
/// of other scripts are ASCII by then. `(first, last)` says whether the part stands at an end of the whole.
fn plain(hir: &Hir, (first, last): (bool, bool), edges: &mut Edges) -> Hir {
    match hir.kind() {
        HirKind::Look(look) => Hir::look(ascii(*look, (first, last), edges)),
        HirKind::Class(Class::Unicode(class)) => Hir::class(Class::Unicode(ascii_digits(class))),
        HirKind::Repetition(repeated) => {
            let sub = Box::new(plain(&repeated.sub, (false, false), edges));
            Hir::repetition(regex_syntax::hir::Repetition { sub, ..repeated.clone() })
        }
        HirKind::Capture(capture) => plain(&capture.sub, (first, last), edges),
        HirKind::Concat(parts) => {
            let end = parts.len() - 1;
            let part = |(i, part)| plain(part, (first && i == 0, last && i == end), edges);
            Hir::concat(parts.iter().enumerate().map(part).collect())
        }
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(|part| plain(part, (first, last), edges)).collect())
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(Class::Bytes(_)) => hir.clone(),
    }
}

/// The border that a table of bytes can tell. At the ends of a match [`Edges`] looks at other scripts.
fn ascii(look: Look, (first, last): (bool, bool), edges: &mut Edges) -> Look {
    match look {
        Look::WordUnicode | Look::WordStartUnicode | Look::WordStartHalfUnicode if first => {
            edges.before = true;
            Look::WordStartHalfAscii
        }
        Look::WordUnicode | Look::WordEndUnicode | Look::WordEndHalfUnicode if last => {
            edges.behind = true;
            Look::WordEndHalfAscii
        }
        Look::WordUnicode => Look::WordAscii,
        Look::WordUnicodeNegate => Look::WordAsciiNegate,
        Look::WordStartUnicode => Look::WordStartAscii,
        Look::WordEndUnicode => Look::WordEndAscii,
        Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
        Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
        other => other,
    }
}

fn ascii_digits(class: &ClassUnicode) -> ClassUnicode {
    let digits = regex_syntax::parse(r"[\d--0-9]").expect("the digits of other scripts are a class");
    let mut less = class.clone();
    if let HirKind::Class(Class::Unicode(digits)) = digits.kind() {
        less.difference(digits);
    }
    if less.is_ascii() { less } else { class.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first match of `expression` in `text`.
    fn check(expression: &str, text: &str, found: Option<&str>) {
        let automaton =
            Automaton::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let at = (0..text.len()).find_map(|at| automaton.find_at(text, at));
        assert_eq!(at.map(|at| &text[at]), found, "{expression} in {text}");
    }

    #[test]
    fn a_match_is_what_other_engines_find() {
        check(r"EMP-\d{4,6}", "see EMP-1234567", Some("EMP-123456"));
        check(r"EMP-\d{4,6}\b", "see EMP-1234567", None);
        check(r"a.*?;", "a b; c;", Some("a b;"));
        check(r"a|ab", "ab", Some("a"));
        check(r"(?i)straße", "Hauptstrasse, HauptSTRAßE", Some("STRAßE"));
        check(r"^x", "ax", None);
        check("x", "x", Some("x"));
    }

    #[test]
    fn borders_of_words_hold_in_any_script() {
        check(r"\bselect\b", "a select", Some("select"));
        check(r"\bselect\b", "select漢", None);
        check(r"\bselect\b", "éselect", None);
        check(r"\bÜber\b", "das Über-Ich", Some("Über"));
        check(r"\bcafé\b", "a café.", Some("café"));
        check(r"\bfoo\b|\bbar\b", "foobar bar", Some("bar"));
    }

    #[test]
    fn what_cannot_be_bounded_or_compiled_is_refused() {
        let check = |expression, why: &str| {
            let refused = Automaton::compile(expression).err().map(|error| error.to_string());
            assert!(refused.as_deref().is_some_and(|said| said.contains(why)), "{expression}: {refused:?}");
        };
        check("(", "unclosed group, at column 1");
        check(r"a(?=b)", "look-around");
        check(r"a*", "empty string");
        check(r"\b", "empty string");
        check(r"(?:\w{1,40}@){20}", "too costly");
        check(r"[^x]{1000}{1000}", "too costly");
    }
}
