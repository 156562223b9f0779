//! Acceptance: exactly the bytes that prost decodes as the request, checked in one pass without decoding.
//!
//! Source: prost 0.14, `encoding.rs` and the code its derive writes.

use super::path;
use super::schema::{self, Field, Kind, Label, Message, Role};
use super::wire;
use super::{Limits, Malformed, Signal};
use std::ptr;

/// How many items `otlp` has, if it is a request of `signal`.
pub(super) fn count(signal: Signal, otlp: &[u8], limits: &Limits) -> Result<u32, Malformed> {
    let mut check = Check { otlp, items: 0, max_items: limits.max_items, fault: None };
    match check.message(schema::request(signal), 0, otlp.len(), NESTING) {
        Some(()) => Ok(check.items),
        None => Err(check.fault.expect("what fails says why").named()),
    }
}

/// How deep messages may be nested. Source: `prost::RECURSION_LIMIT`.
const NESTING: u32 = 100;

/// Functions give `None` once `fault` is known.
struct Check<'a> {
    otlp: &'a [u8],
    items: u32,
    max_items: u32,
    fault: Option<Fault>,
}

/// What is wrong and where, with the field names gathered on the way up.
struct Fault {
    what: &'static str,
    at: usize,
    path: Vec<&'static str>,
}

/// The head of a field: where its tag begins, what the tag says, and where its value begins.
#[derive(Clone, Copy)]
struct Head {
    tag: usize,
    number: u32,
    wire_type: u32,
    value: usize,
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;
const GROUP: u32 = 3;
const END_GROUP: u32 = 4;
const FIXED32: u32 = 5;

impl Check<'_> {
    /// Checks the message of type `message` at `at..end`, with `depth` levels left for what is in it.
    fn message(&mut self, message: &'static Message, mut at: usize, end: usize, depth: u32) -> Option<()> {
        while at < end {
            let head = self.head(at, end)?;
            at = match message.field(head.number) {
                None => self.skip(head, end, depth)?,
                Some(field) => match self.field(field, head, end, depth) {
                    Some(end) => end,
                    None => return self.fail_inside(field.name),
                },
            };
        }
        Some(())
    }

    /// Checks the value of `field`; gives where it ends.
    #[inline(always)]
    fn field(&mut self, field: &'static Field, head: Head, end: usize, depth: u32) -> Option<usize> {
        match field.kind {
            Kind::Message(child) => {
                let (start, stop) = self.delimited(head, end)?;
                if 2 <= depth && ptr::eq(child, &schema::KEY_VALUE) && is_plain_entry(&self.otlp[start..stop])
                {
                    return Some(stop);
                }
                if depth == 0 {
                    return self.fail("nesting too deep", head.tag);
                }
                if child.role == Role::Item {
                    self.item(head.tag)?;
                }
                self.message(child, start, stop, depth - 1)?;
                Some(stop)
            }
            Kind::String => {
                let (start, stop) = self.delimited(head, end)?;
                match wire::utf8(&self.otlp[start..stop]) {
                    Some(_) => Some(stop),
                    None => self.fail("invalid UTF-8", start),
                }
            }
            Kind::Bytes | Kind::Id(_) => Some(self.delimited(head, end)?.1),
            kind if scalar_type(kind) == head.wire_type => self.scalar(head.wire_type, head.value, end),
            kind if field.label == Label::Many => self.packed(kind, head, end),
            _ => self.fail("wrong wire type", head.tag),
        }
    }

    /// Checks scalars without tags.
    fn packed(&mut self, kind: Kind, head: Head, end: usize) -> Option<usize> {
        let (mut at, stop) = self.delimited(head, end)?;
        while at < stop {
            at = self.scalar(scalar_type(kind), at, stop)?;
        }
        Some(stop)
    }

    /// Counts one item, which begins at `at`.
    fn item(&mut self, at: usize) -> Option<()> {
        if self.items == self.max_items {
            return self.fail("too many items", at);
        }
        self.items += 1;
        Some(())
    }

    /// Passes over a field that the schema does not know, as prost does: groups count as nesting.
    fn skip(&mut self, head: Head, end: usize, depth: u32) -> Option<usize> {
        if depth == 0 {
            return self.fail("nesting too deep", head.tag);
        }
        match head.wire_type {
            DELIMITED => Some(self.delimited(head, end)?.1),
            GROUP => self.group(head, end, depth),
            END_GROUP => self.fail("end of a group that was not begun", head.tag),
            scalar => self.scalar(scalar, head.value, end),
        }
    }

    #[cold]
    fn group(&mut self, group: Head, end: usize, depth: u32) -> Option<usize> {
        let mut at = group.value;
        loop {
            let head = self.head(at, end)?;
            if head.wire_type == END_GROUP {
                return match head.number == group.number {
                    true => Some(head.value),
                    false => self.fail("end of another group", at),
                };
            }
            at = self.skip(head, end, depth - 1)?;
        }
    }

    #[inline(always)]
    fn head(&mut self, at: usize, end: usize) -> Option<Head> {
        let Some((key, value)) = wire::varint(&self.otlp[..end], at) else {
            return self.fail("bad varint", at);
        };
        if !(8..1 << 32).contains(&key) {
            return self.fail("field number out of range", at);
        }
        if u64::from(FIXED32) < key & 7 {
            return self.fail("unknown wire type", at);
        }
        Some(Head { tag: at, number: (key >> 3) as u32, wire_type: (key & 7) as u32, value })
    }

    /// Where the content of a length-delimited value begins and ends.
    #[inline(always)]
    fn delimited(&mut self, head: Head, end: usize) -> Option<(usize, usize)> {
        if head.wire_type != DELIMITED {
            return self.fail("wrong wire type", head.tag);
        }
        match wire::varint(&self.otlp[..end], head.value) {
            Some((len, start)) if len <= (end - start) as u64 => Some((start, start + len as usize)),
            Some(_) => self.fail("length past the end", head.value),
            None => self.fail("bad varint", head.value),
        }
    }

    /// Where a varint or fixed-width value ends.
    #[inline(always)]
    fn scalar(&mut self, wire_type: u32, at: usize, end: usize) -> Option<usize> {
        let stop = match wire_type {
            VARINT => match wire::varint(&self.otlp[..end], at) {
                Some((_, stop)) => stop,
                None => return self.fail("bad varint", at),
            },
            FIXED64 => at + 8,
            _ => at + 4,
        };
        if stop <= end { Some(stop) } else { self.fail("value past the end", at) }
    }

    /// Inline, so that no result has to go through memory for it: that took half of the time of a check.
    #[inline(always)]
    fn fail<T>(&mut self, what: &'static str, at: usize) -> Option<T> {
        self.note(what, at);
        None
    }

    #[cold]
    #[inline(never)]
    fn note(&mut self, what: &'static str, at: usize) {
        self.fault = Some(Fault { what, at, path: Vec::new() });
    }

    #[cold]
    #[inline(never)]
    fn fail_inside<T>(&mut self, field: &'static str) -> Option<T> {
        if let Some(fault) = &mut self.fault {
            fault.path.push(field);
        }
        None
    }
}

impl Fault {
    fn named(mut self) -> Malformed {
        self.path.reverse();
        Malformed { what: self.what, field: path::dotted(&self.path), at: self.at }
    }
}

/// Whether `entry` is a valid `KeyValue` as nearly all are: a key, then a scalar value, all lengths in one
/// byte. Most of a request is such entries, and one look for ASCII covers lengths, key and text: half of the
/// time that checking them field by field takes.
#[inline]
fn is_plain_entry(entry: &[u8]) -> bool {
    let [0x0a, key_len @ 0..0x80, rest @ ..] = entry else {
        return false;
    };
    let Some((key, [0x12, value_len @ 0..0x80, value @ ..])) = rest.split_at_checked(usize::from(*key_len))
    else {
        return false;
    };
    if usize::from(*value_len) != value.len() {
        return false;
    }
    match value {
        [0x0a, len, text @ ..] => usize::from(*len) == text.len() && is_ascii(entry),
        [0x10 | 0x18, varint @ ..] => {
            is_ascii(key) && wire::varint(varint, 0).is_some_and(|(_, end)| end == varint.len())
        }
        [0x21, double @ ..] => is_ascii(key) && double.len() == 8,
        _ => false,
    }
}

/// The standard library's looks at the last bytes of a short text one by one: a quarter of the time of a
/// whole check.
#[inline(always)]
fn is_ascii(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut all = words.iter().fold(0, |all, word| all | u64::from_le_bytes(*word));
    match bytes.last_chunk::<8>() {
        Some(last) => all |= u64::from_le_bytes(*last),
        None => all |= rest.iter().fold(0, |all, byte| all | u64::from(*byte)),
    }
    all & 0x8080_8080_8080_8080 == 0
}

/// The wire type of a scalar where it is not packed.
fn scalar_type(kind: Kind) -> u32 {
    match kind {
        Kind::Fixed32 => FIXED32,
        Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => FIXED64,
        Kind::String | Kind::Bytes | Kind::Id(_) | Kind::Message(_) => DELIMITED,
        _ => VARINT,
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::{self, Random};
    use super::super::{Batch, Limits, Signal, testing};
    use expect_test::expect;
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, any_value::Value};
    use prost::Message;

    /// What prost says: the count of items, or `None` where it refuses.
    fn prost_count(signal: Signal, otlp: &[u8]) -> Option<usize> {
        Some(match signal {
            Signal::Traces => {
                let request = ExportTraceServiceRequest::decode(otlp).ok()?;
                let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
                scopes.map(|group| group.spans.len()).sum()
            }
            Signal::Logs => {
                let request = ExportLogsServiceRequest::decode(otlp).ok()?;
                let scopes = request.resource_logs.iter().flat_map(|group| &group.scope_logs);
                scopes.map(|group| group.log_records.len()).sum()
            }
            // Two kinds of data in one metric are counted by us and forgotten by prost.
            Signal::Metrics => ExportMetricsServiceRequest::decode(otlp).ok().map(|_| 0)?,
        })
    }

    fn check(signal: Signal, otlp: &[u8]) {
        let batch = Batch::read(signal, otlp.to_vec().into(), &Limits::default());
        let found = batch.as_ref().ok().map(|batch| match signal {
            Signal::Metrics => 0,
            _ => batch.items() as usize,
        });
        assert_eq!(found, prost_count(signal, otlp), "{batch:?}\n{signal:?} {otlp:02x?}");
    }

    fn agrees_with_prost(mutations: u64) {
        let seeds = testing::seeds();
        let random = &mut Random::new(mutations);
        for _ in 0..mutations {
            let (signal, seed) = &seeds[random.below(seeds.len())];
            let mut bytes = seed.clone();
            for _ in 0..=random.below(3) {
                let other = &seeds[random.below(seeds.len())].1;
                testing::mutate(random, &mut bytes, other);
            }
            check(*signal, &bytes);
        }
    }

    #[test]
    fn mutated_requests_are_accepted_exactly_where_prost_accepts_them() {
        agrees_with_prost(10_000);
    }

    #[test]
    #[ignore = "takes minutes: the nightly target runs it"]
    fn a_million_mutated_requests_are_accepted_exactly_where_prost_accepts_them() {
        agrees_with_prost(1_000_000);
    }

    #[test]
    fn items_are_counted() {
        for ((signal, bytes), items) in testing::seeds().into_iter().zip([3, 1, 2, 6]) {
            let batch = Batch::read(signal, bytes.into(), &Limits::default()).unwrap();
            assert_eq!(batch.items(), items);
        }
    }

    #[test]
    fn nesting_ends_where_it_ends_for_prost() {
        let mut value = Value::StringValue("deep".into());
        for _ in 0..60 {
            let mut request = payload::logs(1, 1);
            request.resource_logs[0].scope_logs[0].log_records[0].body =
                Some(AnyValue { value: Some(value.clone()) });
            check(Signal::Logs, &request.encode_to_vec());
            value = Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(value) }] });
        }
    }

    #[test]
    fn nested_groups_end_where_they_end_for_prost() {
        for depth in 1..120 {
            let mut bytes = vec![0xf3, 0x01];
            (1..depth).for_each(|_| bytes.push(0x0b));
            (1..depth).for_each(|_| bytes.push(0x0c));
            bytes.extend([0xf4, 0x01]);
            check(Signal::Traces, &bytes);
        }
    }

    fn refused(signal: Signal, bytes: &[u8], max_items: u32, expected: expect_test::Expect) {
        let refused = Batch::read(signal, bytes.to_vec().into(), &Limits { max_items }).unwrap_err();
        expected.assert_eq(&refused.to_string());
    }

    #[test]
    fn a_refusal_says_what_and_where() {
        let mut bytes = payload::full_span(2).encode_to_vec();
        let at = bytes.windows(4).position(|found| found == b"full").unwrap();
        bytes[at] = 0xff;
        refused(
            Signal::Traces,
            &bytes,
            9,
            expect!["invalid UTF-8 in resource_spans.resource.attributes.value.string_value at byte 26"],
        );
        refused(
            Signal::Traces,
            &[0x0a, 3, 0x12, 9, 1],
            9,
            expect!["length past the end in resource_spans.scope_spans at byte 3"],
        );
        refused(Signal::Traces, &[0x08, 1], 9, expect!["wrong wire type in resource_spans at byte 0"]);
        refused(Signal::Logs, &[0xff], 9, expect!["bad varint in request at byte 0"]);
    }

    #[test]
    fn too_many_items_are_refused() {
        refused(
            Signal::Logs,
            &payload::logs(1, 2).encode_to_vec(),
            1,
            expect!["too many items in resource_logs.scope_logs.log_records at byte 707"],
        );
    }
}
