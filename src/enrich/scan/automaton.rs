//! Many patterns over bytes as one table of states, made when the process starts.
//!
//! It is what a library of automata makes, for patterns that begin at a given place and look at nothing around them; but
//! the way there is shorter. Most states are somewhere in a keyword or in a number and go on with a few bytes: only
//! those are followed, not each class of bytes from each state. The order of alternatives means nothing here, so that
//! sets of states are equal where they have the same members. Half the bytes, and a fraction of the time.

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State, Transition, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// The compiled patterns. States are in this order: the one that nothing leads out of, those in which patterns end, all
/// others.
pub struct Automaton {
    classes: [u8; 256],
    /// Each state has a row of `1 << width` places, one for each class of bytes: the state behind it.
    width: u32,
    rows: Vec<u16>,
    start: u16,
    /// Of each state up to the last in which patterns end, the place of these in `ending`.
    ends: Vec<Range<u16>>,
    ending: Vec<u16>,
}

/// The state in which no pattern can follow.
const DEAD: u16 = 0;

impl Automaton {
    /// `patterns` are valid and small, match no empty text, and look at nothing around them.
    pub fn build(patterns: &[String]) -> Automaton {
        let nfa = Compiler::new()
            .configure(Config::new().utf8(false).which_captures(WhichCaptures::None))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build_many(patterns)
            .expect("the patterns of the table are valid: a test builds them");
        Subsets::of(&nfa).into_automaton()
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        size_of::<Automaton>()
            + size_of_val(&*self.rows)
            + size_of_val(&*self.ends)
            + size_of_val(&*self.ending)
    }

    /// Calls `found` with the number of each pattern that `text` begins with and the length of what it matches.
    #[inline]
    pub fn walk(&self, text: &[u8], mut found: impl FnMut(u16, usize)) {
        let mut state = self.start;
        for (i, byte) in text.iter().enumerate() {
            #[cfg(test)]
            super::work::add(1);
            state = self.next(state, *byte);
            if let Some(ends) = self.ends.get(usize::from(state)) {
                if state == DEAD {
                    return;
                }
                for pattern in &self.ending[usize::from(ends.start)..usize::from(ends.end)] {
                    found(*pattern, i + 1);
                }
            }
        }
    }

    /// Calls `found` with each three bytes with which a text may begin that a pattern matches or goes on in. No pattern is
    /// shorter than two.
    pub fn beginnings(&self, mut found: impl FnMut([u8; 3])) {
        let on = |state: u16| {
            let next = move |byte: u8| (byte, self.next(state, byte));
            (0..=255).map(next).filter(|(_, state)| *state != DEAD)
        };
        for (first, state) in on(self.start) {
            for (second, state) in on(state) {
                let is_whole = usize::from(state) < self.ends.len();
                let thirds = (0..=255).filter(|third| is_whole || self.next(state, *third) != DEAD);
                thirds.for_each(|third| found([first, second, third]));
            }
        }
    }

    #[inline]
    fn next(&self, state: u16, byte: u8) -> u16 {
        self.rows[usize::from(state) << self.width | usize::from(self.classes[usize::from(byte)])]
    }
}

/// The sets of states that patterns can be in at the same time: each is a state of the automaton, the empty one the first.
struct Subsets<'a> {
    nfa: &'a NFA,
    numbers: HashMap<Rc<[StateID]>, u16>,
    sets: Vec<Rc<[StateID]>>,
    width: u32,
    rows: Vec<u16>,
    /// Room to work in: the set in the making, what of it is still to be followed, and when each state was met last.
    set: Vec<StateID>,
    open: Vec<StateID>,
    met: Vec<u32>,
    round: u32,
}

impl<'a> Subsets<'a> {
    fn of(nfa: &'a NFA) -> Subsets<'a> {
        let classes = nfa.byte_classes();
        // One class stands for the end of a text.
        let count = classes.alphabet_len() - 1;
        let mut subsets = Subsets {
            nfa,
            numbers: HashMap::new(),
            sets: Vec::new(),
            width: count.next_power_of_two().trailing_zeros(),
            rows: Vec::new(),
            set: Vec::new(),
            open: Vec::new(),
            met: vec![0; nfa.states().len()],
            round: 0,
        };
        subsets.number(&[]);
        subsets.number(&[nfa.start_anchored()]);
        let mut behind: Vec<Vec<StateID>> = vec![Vec::new(); count];
        let mut done = 0;
        while let Some(set) = subsets.sets.get(done).cloned() {
            for transition in set.iter().flat_map(|state| transitions(nfa.state(*state))) {
                let classes = classes.get(transition.start)..=classes.get(transition.end);
                classes.for_each(|class| behind[usize::from(class)].push(transition.next));
            }
            let row = subsets.rows.len();
            subsets.rows.resize(row + (1 << subsets.width), DEAD);
            for class in 0..count {
                subsets.rows[row + class] = match class.checked_sub(1) {
                    Some(last) if behind[last] == behind[class] => subsets.rows[row + last],
                    _ => subsets.number(&behind[class]),
                };
            }
            behind.iter_mut().for_each(Vec::clear);
            done += 1;
        }
        subsets
    }

    /// The number of the set of states that can be reached from `states` without a byte.
    fn number(&mut self, states: &[StateID]) -> u16 {
        self.set.clear();
        self.open.extend_from_slice(states);
        self.round += 1;
        while let Some(state) = self.open.pop() {
            if std::mem::replace(&mut self.met[state], self.round) == self.round {
                continue;
            }
            match self.nfa.state(state) {
                State::Union { alternates } => self.open.extend_from_slice(alternates),
                State::BinaryUnion { alt1, alt2 } => self.open.extend([*alt1, *alt2]),
                State::Capture { next, .. } => self.open.push(*next),
                State::Fail => {}
                State::Look { .. } => unreachable!("no pattern looks around: a test builds them"),
                _ => self.set.push(state),
            }
        }
        self.set.sort_unstable();
        if let Some(number) = self.numbers.get(&*self.set) {
            return *number;
        }
        let number = u16::try_from(self.sets.len()).expect("the patterns of the table are small");
        let set: Rc<[StateID]> = self.set.as_slice().into();
        self.numbers.insert(set.clone(), number);
        self.sets.push(set);
        number
    }

    /// Puts the states in which patterns end to the front.
    fn into_automaton(self) -> Automaton {
        let ended = |state: &StateID| match self.nfa.state(*state) {
            State::Match { pattern_id } => Some(pattern_id.as_usize() as u16),
            _ => None,
        };
        let mut order: Vec<usize> = (0..self.sets.len()).collect();
        let is_plain = |set: &usize| *set != 0 && !self.sets[*set].iter().any(|state| ended(state).is_some());
        order.sort_by_key(is_plain);
        let mut ends = Vec::new();
        let mut ending: Vec<u16> = Vec::new();
        for set in order.iter().take_while(|set| !is_plain(set)) {
            let from = ending.len() as u16;
            ending.extend(self.sets[*set].iter().filter_map(ended));
            ends.push(from..ending.len() as u16);
        }
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, set)| places[*set] = place as u16);
        let row = |set: &usize| &self.rows[*set << self.width..(*set + 1) << self.width];
        let rows = order.iter().flat_map(row).map(|next| places[usize::from(*next)]).collect();
        let classes = std::array::from_fn(|byte| self.nfa.byte_classes().get(byte as u8));
        Automaton { classes, width: self.width, rows, start: places[1], ends, ending }
    }
}

/// The bytes that lead out of a state.
fn transitions(state: &State) -> &[Transition] {
    match state {
        State::ByteRange { trans } => std::slice::from_ref(trans),
        State::Sparse(sparse) => &sparse.transitions,
        State::Dense(_) => unreachable!("the compiler makes ranges"),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], text: &str, expected: &[(u16, usize)]) {
        let all: Vec<String> = patterns.iter().map(|pattern| pattern.to_string()).collect();
        let mut found = Vec::new();
        Automaton::build(&all).walk(text.as_bytes(), |pattern, length| found.push((pattern, length)));
        assert_eq!(found, expected, "{patterns:?} in {text}");
    }

    #[test]
    fn every_pattern_tells_of_every_length() {
        check(&["[0-9]{3}(?:-?[0-9])?", "[0-9]+"], "1234", &[(1, 1), (1, 2), (0, 3), (1, 3), (0, 4), (1, 4)]);
        check(&["(?i:ab)c|ab"], "aBcd", &[(0, 3)]);
        check(&["(?:a?)*b"], "aab", &[(0, 3)]);
        check(&[r"\xC3[\x80-\xBF]x"], "éx", &[(0, 3)]);
        check(&["a"], "ba", &[]);
    }
}
