//! What is remembered across requests: which spans came, which of them counted, and which flags they
//! and their log records carried. Ids are hashed; nothing else of a span is kept.
//!
//! An exporter's batches cut through calls: a wrapper often comes in a later request than the call
//! inside it, a log record in another one than its span, and a request whose answer was lost comes
//! twice. Whoever comes later finds here what came before. What came before is never revised, and two
//! requests that are handled at the same moment do not know each other.

use super::Found;
use super::dialect::{self, Bills};
use super::related::known_in;
use crate::llm::{Call, Kind};
use crate::otlp::{Item, Signal};
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Entries that are held at most; past it the oldest go. With all of them it takes some 6 MB.
const MOST: usize = 65_536;

/// How long one is held.
const KEEP: Duration = Duration::from_secs(600);

/// How far up the spans around one are looked for; a cycle of parents ends here.
const MAX_STEPS: usize = 64;

/// The memory of one agent. It is looked into for moments only: no lock is held while a batch is enriched.
pub struct Memory {
    seed: RandomState,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    entries: HashMap<u64, Entry>,
    /// Keys in the order in which they came, each with when.
    order: VecDeque<(u64, SystemTime)>,
}

/// What is known of one span, or of one reply of a provider (then `parent` is the span that told of it).
#[derive(Clone, Copy, Default)]
struct Entry {
    /// Whether it counted, once it came itself.
    counted: Option<bool>,
    kind: Option<Kind>,
    parent: Option<u64>,
    /// Calls inside of it that counted, and the kind of the first.
    inside: u8,
    kind_inside: Option<Kind>,
    flags: Flags,
}

/// What a span and its log records share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub pii: bool,
    pub injection: bool,
}

/// What is to be remembered of one batch.
#[derive(Default)]
pub struct Learnt(Vec<Lesson>);

enum Lesson {
    Span { key: u64, parent: Option<u64>, counted: bool, kind: Option<Kind> },
    Reply { reply: u64, span: u64 },
    Flags { key: u64, flags: Flags },
}

impl Default for Memory {
    fn default() -> Memory {
        Memory { seed: RandomState::new(), held: Mutex::default() }
    }
}

impl Memory {
    /// The flags of the span that `found` is or belongs to, as far as they are known, and whether it came before
    /// itself.
    pub fn of(&self, found: &Found<'_>) -> (Flags, bool) {
        let (of_span, own) = (self.key_of(item(found)), self.place(found));
        let held = self.held();
        let known = |key| held.entries.get(&key).copied().unwrap_or_default();
        let seen = own.is_some_and(|(key, _)| known(key).counted.is_some());
        (of_span.map(known).unwrap_or_default().flags, seen)
    }

    /// Corrects which calls count, `bills` of each of `found`, by what came before.
    pub(super) fn settle(&self, found: &mut [Found<'_>], bills: &[Bills]) {
        let places: Vec<Option<(u64, Option<u64>)>> = found.iter().map(|found| self.place(found)).collect();
        let parents: HashMap<u64, Option<u64>> = places.iter().copied().flatten().collect();
        let held = self.held();
        if held.entries.is_empty() {
            return;
        }
        let inside = held.inside(&parents);
        for ((found, bills), place) in found.iter_mut().zip(bills).zip(places) {
            let Found::Call(item, call) = found else { continue };
            let Some((key, _)) = place.filter(|_| call.model_call) else { continue };
            call.usage_counted = match held.entries.get(&key).and_then(|known| known.counted) {
                Some(counted) => counted,
                None => {
                    call.usage_counted
                        && !self.told_before(&held, key, item, call)
                        && !counted_inside(inside.get(&key), call, *bills)
                        && !held.counts_around(key, call, &parents)
                }
            };
        }
    }

    /// Whether another span told of the same reply, or a log record of the same call.
    fn told_before(&self, held: &Held, key: u64, item: &Item<'_>, call: &Call<'_>) -> bool {
        let reply = call.response_id.as_deref().map(|id| self.reply(item, id));
        let other = if item.span().is_some() { Signal::Logs } else { Signal::Traces };
        let mut told = reply.into_iter().chain(self.figures(item, call, other));
        told.any(|told| held.entries.get(&told).is_some_and(|known| known.parent != Some(key)))
    }

    /// What is to be remembered of `found`, whose `flags` are those it was given.
    pub fn lessons(&self, found: &[Found<'_>], flags: &[Flags]) -> Learnt {
        let mut learnt = Vec::new();
        for (found, flags) in found.iter().zip(flags) {
            let item = item(found);
            if let Some((key, parent)) = self.place(found) {
                let call = match found {
                    Found::Call(_, call) if call.model_call => Some(call),
                    _ => None,
                };
                let counted = call.is_some_and(|call| call.usage_counted);
                let kind = call.and_then(|call| call.kind);
                learnt.push(Lesson::Span { key, parent, counted, kind });
                if let Some(call) = call.filter(|_| counted) {
                    let reply = call.response_id.as_deref().map(|id| self.reply(item, id));
                    let told = reply.into_iter().chain(self.figures(item, call, item.signal));
                    learnt.extend(told.map(|reply| Lesson::Reply { reply, span: key }));
                }
            }
            if let Some(key) = self.key_of(item).filter(|_| *flags != Flags::default()) {
                learnt.push(Lesson::Flags { key, flags: *flags });
            }
        }
        Learnt(learnt)
    }

    /// Remembers a batch that was stored. `now` is the only clock.
    pub fn learn(&self, learnt: Learnt, now: SystemTime) {
        if learnt.0.is_empty() {
            return;
        }
        let mut held = self.held();
        for lesson in learnt.0 {
            match lesson {
                Lesson::Span { key, parent, counted, kind } => held.span(key, parent, counted, kind, now),
                Lesson::Reply { reply, span } => {
                    held.entry(reply, now).parent.get_or_insert(span);
                }
                Lesson::Flags { key, flags } => {
                    let known = &mut held.entry(key, now).flags;
                    known.pii |= flags.pii;
                    known.injection |= flags.injection;
                }
            }
        }
        held.forget(now);
    }

    /// How many entries are held.
    pub fn len(&self) -> usize {
        self.held().entries.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of a span, or of the span that a log record stands in.
    fn key_of(&self, item: &Item<'_>) -> Option<u64> {
        let of_record = || item.log_record().map_or(&[][..], |record| record.span_id());
        let span = item.span().map_or_else(of_record, |span| span.span_id());
        (!span.is_empty()).then(|| self.seed.hash_one((item.trace_id(), span)))
    }

    /// The key of a span and of its parent; of a log record that is a call, which stands in a span as another span
    /// would and is known by its bytes. `None` for what has no key, and for any other log record.
    fn place(&self, found: &Found<'_>) -> Option<(u64, Option<u64>)> {
        let item = item(found);
        if let Some(span) = item.span() {
            let parent = span.parent_span_id();
            let parent = (!parent.is_empty()).then(|| self.seed.hash_one((item.trace_id(), parent)));
            return Some((self.key_of(item)?, parent));
        }
        let is_call = matches!(found, Found::Call(_, call) if call.model_call);
        // Two calls may say the same, but not at the same time.
        let dated = item.log_record().is_some_and(|record| record.written_unix_nano() > 0);
        (is_call && dated).then(|| (self.seed.hash_one(("record", item.message)), self.key_of(item)))
    }

    /// What a call took, in its trace, as one of the two tells that a library has of each: a span and a log event.
    fn figures(&self, item: &Item<'_>, call: &Call<'_>, teller: Signal) -> Option<u64> {
        let tells_twice = dialect::reports_calls(&call.dialects);
        let usage = (call.usage.input, call.usage.output, call.usage.cached_input);
        let known = tells_twice && !item.trace_id().is_empty() && !call.usage.is_empty();
        known.then(|| self.seed.hash_one(("figures", item.trace_id(), teller as u8, usage)))
    }

    fn reply(&self, item: &Item<'_>, id: &str) -> u64 {
        self.seed.hash_one(("reply", known_in(item.trace_id(), id), id))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// For each span of a batch, by its parents, the calls inside of it that counted before, and the kind of
    /// one of them.
    fn inside(&self, parents: &HashMap<u64, Option<u64>>) -> HashMap<u64, (u8, Option<Kind>)> {
        let mut all: HashMap<u64, (u8, Option<Kind>)> = HashMap::new();
        for key in parents.keys() {
            let Some(known) = self.entries.get(key).filter(|known| known.inside > 0) else { continue };
            let mut next = Some(*key);
            for _ in 0..MAX_STEPS {
                let Some(key) = next else { break };
                let around = all.entry(key).or_insert((0, known.kind_inside));
                around.0 = around.0.saturating_add(known.inside);
                // What came before has told those around it already.
                next = parents.get(&key).copied().flatten().filter(|_| known.counted.is_none());
            }
        }
        all
    }

    /// Whether a call of that kind counted that stands around `key`, `parents` of the same batch included.
    fn counts_around(&self, key: u64, call: &Call<'_>, parents: &HashMap<u64, Option<u64>>) -> bool {
        let up = |key: &u64| {
            let remembered = || self.entries.get(key).and_then(|known| known.parent);
            parents.get(key).copied().flatten().or_else(remembered)
        };
        let mut around = std::iter::successors(up(&key), up).take(MAX_STEPS);
        around.any(|key| {
            self.entries.get(&key).is_some_and(|known| known.counted == Some(true) && known.kind == call.kind)
        })
    }

    fn span(&mut self, key: u64, parent: Option<u64>, counted: bool, kind: Option<Kind>, now: SystemTime) {
        let known = self.entry(key, now);
        if known.counted.is_some() {
            return;
        }
        (known.counted, known.kind, known.parent) = (Some(counted), kind, parent);
        let (inside, kind) = match counted {
            true => (1, kind),
            false => (known.inside, known.kind_inside),
        };
        if inside == 0 {
            return;
        }
        let mut next = parent;
        for _ in 0..MAX_STEPS {
            let Some(key) = next else { return };
            let around = self.entry(key, now);
            around.kind_inside = around.kind_inside.or(kind);
            around.inside = around.inside.saturating_add(inside);
            next = around.parent;
        }
    }

    fn entry(&mut self, key: u64, now: SystemTime) -> &mut Entry {
        self.entries.entry(key).or_insert_with(|| {
            self.order.push_back((key, now));
            Entry::default()
        })
    }

    fn forget(&mut self, now: SystemTime) {
        let before = now.checked_sub(KEEP).unwrap_or(UNIX_EPOCH);
        while let Some((key, at)) = self.order.front().copied() {
            if self.order.len() <= MOST && at > before {
                return;
            }
            self.order.pop_front();
            self.entries.remove(&key);
        }
    }
}

/// Whether what stands `inside` of a call counted for it.
fn counted_inside(inside: Option<&(u8, Option<Kind>)>, call: &Call<'_>, bills: Bills) -> bool {
    inside.is_some_and(|(calls, kind)| bills != Bills::Own || *calls > 1 || *kind == call.kind)
}

fn item<'f, 'a>(found: &'f Found<'a>) -> &'f Item<'a> {
    match found {
        Found::Call(item, _) | Found::Carrier(item) => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::Batch;
    use crate::recognize::find_in;
    use crate::recognize::story::{logs, requests};

    const NOW: SystemTime = UNIX_EPOCH;

    /// Which model calls of `story` count, where each of its `requests` comes after the one before it was
    /// stored.
    fn counted(story: &str, groups: &[&[usize]]) -> Vec<String> {
        counted_of(requests(story, groups).iter())
    }

    fn counted_of<'b>(batches: impl Iterator<Item = &'b Batch>) -> Vec<String> {
        let memory = Memory::default();
        let mut told = Vec::new();
        for batch in batches {
            let found = find_in(batch, Some(&memory));
            for found in &found {
                if let Found::Call(item, call) = found
                    && call.model_call
                {
                    told.push(format!("{} {}", item.name(), call.usage_counted));
                }
            }
            memory.learn(memory.lessons(&found, &vec![Flags::default(); found.len()]), NOW);
        }
        told
    }

    const WRAPPED: &str = "
outer | a
gen_ai.operation.name = chat
gen_ai.usage.input_tokens = 5
  step | a
  gen_ai.operation.name = plan
    inner | a
    gen_ai.operation.name = chat
    gen_ai.usage.input_tokens = 5
";

    #[test]
    fn of_a_wrapper_and_its_call_the_first_that_came_counts() {
        assert_eq!(counted(WRAPPED, &[&[1, 2], &[0]]), ["inner true", "outer false"]);
        assert_eq!(counted(WRAPPED, &[&[2], &[1], &[0]]), ["inner true", "outer false"]);
        assert_eq!(counted(WRAPPED, &[&[0], &[1, 2]]), ["outer true", "inner false"]);
    }

    #[test]
    fn a_span_that_is_sent_again_gets_the_same_answer() {
        let again = counted(WRAPPED, &[&[2], &[0, 1], &[2], &[0]]);
        assert_eq!(again, ["inner true", "outer false", "inner true", "outer false"]);
    }

    #[test]
    fn one_reply_counts_once() {
        let story = "
one | a
gen_ai.operation.name = chat
gen_ai.response.id = msg_1
two | com.anthropic.sdk.python
gen_ai.operation.name = chat
gen_ai.response.id = msg_1
gen_ai.usage.input_tokens = 5
";
        assert_eq!(counted(story, &[&[0], &[1]]), ["one true", "two false"]);
    }

    /// A span and a log event of one call: of one that stands in the other, and of two beside each other.
    #[test]
    fn a_call_that_a_span_and_a_log_event_tell_counts_once() {
        let span = "
interaction | com.anthropic.claude_code.tracing
span.type = interaction
  llm | com.anthropic.claude_code.tracing
  span.type = llm_request
  input_tokens = 5
  output_tokens = 3
";
        let event = "
api_request | com.anthropic.claude_code.events
in = 7
model = claude-sonnet-4-5
input_tokens = 5
output_tokens = 3
";
        let inside = "
a | b
c | b
d | b
e | b
f | b
g | b
llm | com.anthropic.claude_code.tracing
span.type = llm_request
";
        let inside = requests(inside, &[&[6]]).remove(0);
        let beside = requests(span, &[&[0, 1]]).remove(0);
        for span in [inside, beside] {
            for batches in [[&span, &logs(event)], [&logs(event), &span]] {
                let counted = counted_of(batches.into_iter());
                assert!(counted[0].ends_with(" true") && counted[1].ends_with(" false"), "{counted:?}");
            }
        }
    }

    #[test]
    fn what_is_old_or_too_much_is_forgotten() {
        let memory = Memory::default();
        let lesson = |key| Lesson::Span { key, parent: None, counted: true, kind: None };
        memory.learn(Learnt(vec![lesson(1)]), NOW + KEEP);
        memory.learn(Learnt(vec![lesson(2)]), NOW + KEEP + KEEP);
        assert_eq!(memory.len(), 1);
        memory.learn(Learnt((0..2 * MOST as u64).map(lesson).collect()), NOW + KEEP + KEEP);
        assert_eq!(memory.len(), MOST);
    }

    #[test]
    fn a_cycle_of_parents_ends() {
        let memory = Memory::default();
        let lesson = |key, parent| Lesson::Span { key, parent: Some(parent), counted: true, kind: None };
        memory.learn(Learnt(vec![lesson(1, 2), lesson(2, 1), lesson(3, 3)]), NOW);
        assert_eq!(memory.len(), 3);
    }
}
