//! Splices: chosen bytes of an encoded request replaced, and every length above them made right.

use super::wire::{self, put_varint, varint_len};
use std::cmp::Reverse;
use std::ops::Range;

/// Replaces `at` by `with` inside one length-delimited field.
///
/// `inside` is where the content of that field lies in the batch: a string leaf for a change of its
/// text, a whole message for an append (`at` empty, at its end) or a cut of one of its fields (`at`
/// covers tag to end). `at` lies within `inside`; splices do not overlap. Several at one place are
/// written in the order given, what goes into an inner field before what goes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    pub inside: Range<usize>,
    pub at: Range<usize>,
    pub with: Vec<u8>,
}

impl Splice {
    /// Appends the encoded fields `with` to the message at `message`.
    pub fn append(message: Range<usize>, with: Vec<u8>) -> Splice {
        Splice { at: message.end..message.end, inside: message, with }
    }

    /// Takes the field at `field`, tag to end, out of the message at `message`.
    pub fn cut(message: Range<usize>, field: Range<usize>) -> Splice {
        Splice { inside: message, at: field, with: Vec::new() }
    }
}

/// A length prefix to be rewritten.
struct Frame {
    /// Where the length stands.
    at: Range<usize>,
    new_len: usize,
}

/// `otlp` with `splices` applied, in one allocation. Sorts `splices`.
pub(super) fn apply(otlp: &[u8], splices: &mut [Splice]) -> Vec<u8> {
    splices.sort_by_key(|splice| (splice.at.start, splice.at.end, Reverse(splice.inside.start)));
    let mut frames = Vec::new();
    let len = measure(otlp, 0..otlp.len(), splices, &mut frames);
    let mut out = Vec::with_capacity(len);
    let mut kept = 0;
    let mut frames = frames.into_iter().peekable();
    for splice in splices.iter() {
        while let Some(frame) = frames.next_if(|frame| frame.at.start < splice.at.start) {
            out.extend_from_slice(&otlp[kept..frame.at.start]);
            put_varint(&mut out, frame.new_len as u64);
            kept = frame.at.end;
        }
        out.extend_from_slice(&otlp[kept..splice.at.start]);
        out.extend_from_slice(&splice.with);
        kept = splice.at.end;
    }
    out.extend_from_slice(&otlp[kept..]);
    debug_assert_eq!(out.len(), len, "each splice names a field of the batch, and none overlap");
    out
}

/// The new length of the message at `content`, whose `splices` are sorted; adds the frames in it whose
/// length changes, in wire order.
///
/// A field that holds the `inside` of a splice is the one to go down into: no schema is needed.
fn measure(otlp: &[u8], content: Range<usize>, splices: &[Splice], frames: &mut Vec<Frame>) -> usize {
    let mut len = content.len();
    let mut rest = splices;
    for field in wire::fields(&otlp[content.clone()]) {
        let start = content.start + field.at.start;
        let own = rest.iter().take_while(|splice| splice.at.start <= start).count();
        len = rest[..own].iter().fold(len, resized);
        rest = &rest[own..];
        if rest.is_empty() {
            return len;
        }
        let Some(child) = field.content() else { continue };
        let child = content.start + child.start..content.start + child.end;
        let inner = rest.iter().take_while(|splice| holds(&child, &splice.inside)).count();
        if inner > 0 {
            len = len - (content.start + field.at.end - start)
                + measure_child(otlp, start, child, &rest[..inner], frames);
            rest = &rest[inner..];
        }
    }
    rest.iter().fold(len, resized)
}

/// The new length of the whole field that begins at `start` and has its content at `child`.
fn measure_child(
    otlp: &[u8],
    start: usize,
    child: Range<usize>,
    splices: &[Splice],
    frames: &mut Vec<Frame>,
) -> usize {
    let tag_end = wire::varint(otlp, start).expect("a field begins with its tag").1;
    let slot = frames.len();
    frames.push(Frame { at: tag_end..child.start, new_len: child.len() });
    let new_len = measure(otlp, child.clone(), splices, frames);
    if new_len == child.len() {
        frames.remove(slot);
        return child.end - start;
    }
    frames[slot].new_len = new_len;
    tag_end - start + varint_len(new_len as u64) + new_len
}

fn resized(len: usize, splice: &Splice) -> usize {
    len + splice.with.len() - splice.at.len()
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, Limits, Signal, encode, payload};
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use proptest::prelude::*;
    use prost::Message;

    fn traces(request: &ExportTraceServiceRequest) -> Batch {
        Batch::read(Signal::Traces, request.encode_to_vec().into(), &Limits::default()).unwrap()
    }

    fn decoded(batch: &Batch) -> ExportTraceServiceRequest {
        Batch::read(batch.signal(), batch.otlp().clone(), &Limits::default()).unwrap();
        ExportTraceServiceRequest::decode(batch.otlp().clone()).unwrap()
    }

    /// Every string of the batch with its place, in wire order.
    fn leaves(batch: &Batch) -> Vec<(Range<usize>, String)> {
        let mut all = Vec::new();
        for item in batch.walk() {
            let mut add = |leaf: super::super::Leaf<'_>| all.push((leaf.at(), leaf.text.to_string()));
            batch.resource_leaves(item.resource_group.clone(), &mut add);
            batch.scope_leaves(item.scope_group.clone(), &mut add);
            batch.leaves(&item, &mut add);
        }
        all.sort_by_key(|(at, _)| at.start);
        all.dedup();
        all
    }

    #[test]
    fn a_batch_without_splices_shares_its_bytes() {
        let batch = traces(&payload::full_span(1));
        assert_eq!(batch.patch(&mut []).otlp().as_ptr(), batch.otlp().as_ptr());
    }

    #[test]
    fn an_attribute_can_be_added_and_another_cut() {
        let mut request = payload::traces(1, 300, 2);
        let batch = traces(&request);
        let mut splices = Vec::new();
        for (i, item) in batch.walk().enumerate().filter(|(i, _)| i % 7 == 0) {
            let mut added = Vec::new();
            encode::attribute(&mut added, item.attributes_field(), "count", &encode::Value::Int(i as i64));
            splices.push(Splice::append(item.at.clone(), added));
            let first = item.attributes().next().unwrap().at;
            let first = item.at.start + first.start..item.at.start + first.end;
            splices.push(Splice::cut(item.at.clone(), first));
        }
        let spans = request.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
        for (i, span) in spans.flat_map(|group| &mut group.spans).enumerate().filter(|(i, _)| i % 7 == 0) {
            span.attributes.remove(0);
            span.attributes.push(payload::int("count", i as i64));
        }
        assert_eq!(decoded(&batch.patch(&mut splices)), request);
    }

    #[test]
    fn what_ends_an_inner_message_comes_before_what_ends_the_outer() {
        let mut request = payload::full_span(1);
        let span = &mut request.resource_spans[0].scope_spans[0].spans[0];
        // The status is the last message of a span, its message the last string.
        span.flags = 0;
        span.status.as_mut().unwrap().code = 0;
        let batch = traces(&request);
        let item = batch.walk().next().unwrap();
        let end = item.at.end;
        let message = end - "it failed".len()..end;
        let mut dropped = Vec::new();
        wire::put_uint(&mut dropped, 10, 77);
        let text = Splice { inside: message, at: end..end, with: b" badly".to_vec() };
        let mut splices = [Splice::append(item.at.clone(), dropped), text];
        let patched = decoded(&batch.patch(&mut splices));
        let span = &patched.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(span.status.as_ref().unwrap().message, "it failed badly");
        assert_eq!(span.dropped_attributes_count, 77);
    }

    fn change_leaves(batch: &Batch, change: impl Fn(usize, &str) -> Option<String>) -> Vec<Splice> {
        let leaves = leaves(batch).into_iter().enumerate();
        let changed = leaves.filter_map(|(i, (at, text))| Some((at, change(i, &text)?)));
        changed.map(|(at, with)| Splice { inside: at.clone(), at, with: with.into_bytes() }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn changed_texts_can_be_changed_back(
            seed in 0u64..50,
            texts in prop::collection::vec(prop::option::of("[a-zé]{1,5}|[a-z]{100,400}"), 1..40),
        ) {
            let mut bytes = payload::full_span(seed).encode_to_vec();
            bytes.extend(payload::traces(seed, 5, 30).encode_to_vec());
            wire::put_bytes(&mut bytes, 900, b"an unknown field");
            let batch = Batch::read(Signal::Traces, bytes.into(), &Limits::default()).unwrap();
            let before: Vec<_> = leaves(&batch).into_iter().map(|(_, text)| text).collect();
            let pick = |i: usize| texts[i % texts.len()].clone();

            let patched = batch.patch(&mut change_leaves(&batch, |i, _| pick(i)));
            prop_assert_eq!(patched.items(), batch.items());
            decoded(&patched);
            let after: Vec<_> = leaves(&patched).into_iter().map(|(_, text)| text).collect();
            let expected: Vec<_> =
                before.iter().enumerate().map(|(i, text)| pick(i).unwrap_or(text.clone())).collect();
            prop_assert_eq!(after, expected);

            let back = patched.patch(&mut change_leaves(&patched, |i, _| Some(before[i].clone())));
            prop_assert_eq!(back, batch);
        }
    }
}
