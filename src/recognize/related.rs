//! What the calls of one request are to each other: which span of a call's many counts for its tokens
//! and cost (exactly one), and what one knows that another does not.
//!
//! Wrappers repeat the usage of the calls inside them, and two instrumentations at work on one client
//! write a span each. What stands in one request is told apart by parent and child, and by the
//! provider's id of the reply. What came in an earlier request is not known here.

use super::Found;
use super::dialect::Bills;
use crate::llm::{Call, Odd};
use crate::otlp::Batch;
use std::cmp::Reverse;
use std::collections::HashMap;

/// A span: its trace and its own id.
type Id<'a> = (&'a [u8], &'a [u8]);

/// How far up a call's enclosing call is looked for; a cycle of parents ends here.
const MAX_STEPS: usize = 64;

/// Sets `usage_counted` of every call and fills provider and model from the call around it or inside
/// it; `bills` has one entry for each of `found`.
pub fn settle(batch: &Batch, found: &mut [Found<'_>], bills: &[Bills]) {
    let calls: Vec<usize> = (0..found.len()).filter(|n| model_call(&found[*n]).is_some()).collect();
    let enclosing = enclosing(batch, found, &calls);
    let counting = |n: &usize| {
        let around = std::iter::successors(enclosing.get(n), |outer| enclosing.get(outer));
        around.take(MAX_STEPS).find(|outer| bills[**outer] != Bills::Inner).copied()
    };
    let mut counts = one_of_each(found, &calls, bills, counting);
    counts.sort_unstable();
    let told = told_apart(found, &counts, bills);
    counts.retain(|n| !told.contains(n));
    for n in once_a_reply(found, &counts, bills) {
        if let Some(call) = model_call_mut(&mut found[n]) {
            call.usage_counted = true;
        }
    }
    let mut pairs: Vec<_> = enclosing.into_iter().collect();
    pairs.sort_unstable();
    for (inner, outer) in pairs {
        lend(found, inner, outer);
    }
}

/// The calls that count, where `outer` gives the call around one.
fn one_of_each(
    found: &[Found<'_>],
    calls: &[usize],
    bills: &[Bills],
    outer: impl Fn(&usize) -> Option<usize>,
) -> Vec<usize> {
    let depth = |n: &usize| std::iter::successors(outer(n), &outer).take(MAX_STEPS).count();
    let mut inner_first = calls.to_vec();
    inner_first.sort_by_cached_key(|n| Reverse(depth(n)));
    // Of each call, what counts of it: itself or calls inside it.
    let mut inside: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut counts = Vec::new();
    for n in inner_first {
        let of_this = one_of(n, inside.remove(&n).unwrap_or_default(), bills[n], found);
        match outer(&n) {
            Some(outer) => inside.entry(outer).or_default().extend(of_this),
            None => counts.extend(of_this),
        }
    }
    // What a cycle of parents left over.
    counts.extend(inside.into_values().flatten());
    counts
}

/// What counts of call `n`, given what does of the calls inside it.
fn one_of(n: usize, mut inside: Vec<usize>, bills: Bills, found: &[Found<'_>]) -> Vec<usize> {
    let reports = |n: usize| model_call(&found[n]).is_some_and(|call| !call.usage.is_empty());
    let kind = |n: usize| model_call(&found[n]).and_then(|call| call.kind);
    match (bills, inside.as_slice()) {
        (Bills::Own, []) => vec![n],
        // The second span of a call whose first is not here is all there is of it.
        (Bills::Echo, []) if reports(n) || is_record(&found[n]) => vec![n],
        // Twice the same call: the outer one, unless only the inner one knows the figures.
        (Bills::Own, &[one]) if kind(n) == kind(one) => {
            vec![if reports(one) && !reports(n) { one } else { n }]
        }
        (Bills::Own, &[_]) => {
            inside.push(n);
            inside
        }
        // Several requests of one call, where only it knows what they took together.
        (Bills::Own, inside) if reports(n) && !inside.iter().any(|one| reports(*one)) => vec![n],
        _ => inside,
    }
}

/// Two log records of one call are written one after the other: a second is ample.
const BETWEEN_RECORDS: u64 = 1_000_000_000;

/// Second spans of a call that stand apart from the first: of the same time, model and usage.
fn told_apart(found: &[Found<'_>], counts: &[usize], bills: &[Bills]) -> Vec<usize> {
    let span = |n: usize| match &found[n] {
        Found::Call(item, call) => {
            let slack = if item.span().is_some() { 0 } else { BETWEEN_RECORDS };
            // One of the two may not have been told which model answered.
            let models = (call.request_model.as_deref(), call.response_model.as_deref());
            let usage = (call.usage.input, call.usage.output);
            let (start, end) = (call.start_unix_nano, call.end_unix_nano);
            Some((start.saturating_sub(slack)..=end.saturating_add(slack), models, usage))
        }
        Found::Carrier(_) => None,
    };
    let (echoes, firsts): (Vec<usize>, Vec<usize>) = counts.iter().partition(|n| bills[**n] == Bills::Echo);
    let is_second = |echo: &usize| {
        let Some((time, (asked, answered), usage)) = span(*echo) else { return false };
        firsts.iter().filter_map(|first| span(*first)).any(
            |(other, (same_asked, same_answered), same_usage)| {
                let overlap = time.start() < other.end() && other.start() < time.end();
                let same = |one: Option<&str>, other| one.is_some() && one == other;
                let same_model = same(answered, same_answered) || same(asked, same_asked);
                overlap && same_model && usage == same_usage
            },
        )
    };
    echoes.into_iter().filter(is_second).collect()
}

/// An id of a reply from this length on is its provider's, and no other reply has it. Servers at home and mocks count
/// theirs from 1. OpenAI's have 38 characters, Anthropic's 28, UUIDs 36.
const UNIQUE: usize = 16;

/// Where an id of a reply stands for that reply: everywhere, or in its trace.
pub(super) fn known_in<'a>(trace: &'a [u8], id: &str) -> &'a [u8] {
    if id.len() < UNIQUE { trace } else { &[] }
}

/// Of the calls that bear the same id of a reply, the one that tells most; all without.
fn once_a_reply(found: &[Found<'_>], counts: &[usize], bills: &[Bills]) -> Vec<usize> {
    let worth = |n: usize| {
        let reports = model_call(&found[n]).is_some_and(|call| !call.usage.is_empty());
        (bills[n] == Bills::Own, reports, Reverse(n))
    };
    let mut best: HashMap<(&[u8], &str), usize> = HashMap::new();
    let mut rest = Vec::new();
    for &n in counts {
        match model_call(&found[n]).and_then(|call| call.response_id.as_deref()) {
            Some(id) => {
                let held = best.entry((known_in(trace(&found[n]), id), id)).or_insert(n);
                *held = if worth(n) > worth(*held) { n } else { *held };
            }
            None => rest.push(n),
        }
    }
    rest.extend(best.into_values());
    rest
}

/// A second span of a call may name neither provider nor model; a framework's span names itself
/// as provider where the call inside knows better.
fn lend(found: &mut [Found<'_>], inner: usize, outer: usize) {
    for (to, from) in [(inner, outer), (outer, inner)] {
        let Some(from) = model_call(&found[from]) else {
            continue;
        };
        let (provider, model) = (from.provider.clone(), from.request_model.clone());
        if let Some(to) = model_call_mut(&mut found[to]) {
            to.provider = to.provider.take().or(provider);
            to.request_model = to.request_model.take().or(model);
        }
    }
}

fn trace<'a>(found: &Found<'a>) -> &'a [u8] {
    match found {
        Found::Call(item, _) | Found::Carrier(item) => item.trace_id(),
    }
}

fn is_record(found: &Found<'_>) -> bool {
    matches!(found, Found::Call(item, _) if item.span().is_none())
}

fn model_call<'f, 'a>(found: &'f Found<'a>) -> Option<&'f Call<'a>> {
    match found {
        Found::Call(_, call) if call.model_call => Some(call),
        _ => None,
    }
}

fn model_call_mut<'f, 'a>(found: &'f mut Found<'a>) -> Option<&'f mut Call<'a>> {
    match found {
        Found::Call(_, call) if call.model_call => Some(call),
        _ => None,
    }
}

/// What stands around the spans of a batch.
struct Around<'b> {
    /// Of each span its parent, and which of the calls it is.
    spans: HashMap<Id<'b>, (&'b [u8], Option<usize>)>,
    /// The calls among them, each that stands twice too.
    calls: Vec<(usize, Id<'b>)>,
}

impl<'b> Around<'b> {
    /// `calls` are in wire order, each with where it lies.
    fn of(batch: &'b Batch, calls: &[(usize, usize)]) -> Around<'b> {
        let mut next = calls.iter().peekable();
        let mut around = Around { spans: HashMap::new(), calls: Vec::with_capacity(calls.len()) };
        for item in batch.walk() {
            let Some(span) = item.span() else { continue };
            let [trace, own, parent] = span.ids();
            let call = next.next_if(|(_, at)| *at == item.at.start).map(|(n, _)| *n);
            around.spans.insert((trace, own), (parent, call));
            around.calls.extend(call.map(|n| (n, (trace, own))));
        }
        around
    }

    /// The spans around one, the nearest first, and which of the calls each is.
    fn ancestors(&self, (trace, span): Id<'b>) -> impl Iterator<Item = (&'b [u8], Option<usize>)> {
        let parent = move |span: &[u8]| {
            let (parent, _) = self.spans.get(&(trace, span))?;
            let call = self.spans.get(&(trace, *parent)).and_then(|(_, call)| *call);
            (!parent.is_empty()).then_some((*parent, call))
        };
        std::iter::successors(parent(span), move |(span, _)| parent(span)).take(MAX_STEPS)
    }
}

/// For each call the nearest call around it, through spans of any sort. Marks what stands around itself.
fn enclosing(batch: &Batch, found: &mut [Found<'_>], calls: &[usize]) -> HashMap<usize, usize> {
    let of_spans: Vec<(usize, usize)> =
        calls.iter().filter_map(|n| span_at(&found[*n]).map(|at| (*n, at))).collect();
    if of_spans.len() < 2 && !of_spans.iter().any(|(n, _)| is_its_own_parent(&found[*n])) {
        return HashMap::new();
    }
    let around = Around::of(batch, &of_spans);
    let mut enclosing = HashMap::new();
    for &(n, (trace, span)) in &around.calls {
        let mut outer = None;
        for (ancestor, call) in around.ancestors((trace, span)) {
            if ancestor == span {
                if let Some(call) = model_call_mut(&mut found[n]) {
                    call.odd.add(Odd::ParentCycle);
                }
                break;
            }
            outer = outer.or(call);
        }
        enclosing.extend(outer.map(|outer| (n, outer)));
    }
    enclosing
}

/// Where the span lies; `None` for a log record.
fn span_at(found: &Found<'_>) -> Option<usize> {
    match found {
        Found::Call(item, _) | Found::Carrier(item) => item.span().map(|_| item.at.start),
    }
}

fn is_its_own_parent(found: &Found<'_>) -> bool {
    match found {
        Found::Call(item, _) | Found::Carrier(item) => {
            item.span().is_some_and(|span| span.span_id() == span.parent_span_id())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_id_of_a_reply_is_known_in_its_trace_only() {
        assert_eq!(known_in(b"trace", "chatcmpl-1"), b"trace");
        assert!(known_in(b"trace", "msg_01MadeUpIdOfAReply00000").is_empty());
    }
}
