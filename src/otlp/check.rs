//! Acceptance: exactly the bytes that prost decodes as the request, checked in one pass without decoding.
//!
//! Source: prost 0.14, `encoding.rs` and the code its derive writes.

use super::schema::{self, Field, Kind, Label, Message, Role};
use super::wire;
use super::{Limits, Malformed, Signal};

/// How many items `otlp` has, if it is a request of `signal`.
pub(super) fn count(signal: Signal, otlp: &[u8], limits: &Limits) -> Result<u32, Malformed> {
    let mut check = Check {
        otlp,
        items: 0,
        max_items: limits.max_items,
    };
    match check.message(schema::request(signal), 0, otlp.len(), NESTING) {
        Ok(()) => Ok(check.items),
        Err(fault) => Err(fault.named()),
    }
}

/// How deep messages may be nested. Source: `prost::RECURSION_LIMIT`.
const NESTING: u32 = 100;

struct Check<'a> {
    otlp: &'a [u8],
    items: u32,
    max_items: u32,
}

/// What is wrong and where, with the field names gathered on the way up.
struct Fault {
    what: &'static str,
    at: usize,
    path: Vec<&'static str>,
}

/// Boxed, so that the way without faults moves a pointer only.
type Checked<T> = Result<T, Box<Fault>>;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;
const GROUP: u32 = 3;
const END_GROUP: u32 = 4;
const FIXED32: u32 = 5;

impl Check<'_> {
    /// Checks the message of type `message` at `at..end`, with `depth` levels left for what is in it.
    fn message(&mut self, message: &'static Message, mut at: usize, end: usize, depth: u32) -> Checked<()> {
        while at < end {
            let (number, wire_type, after) = self.key(at, end)?;
            at = match message.field(number) {
                None => self.skip(number, wire_type, at, after, end, depth)?,
                Some(field) => self
                    .field(field, wire_type, at, after, end, depth)
                    .map_err(|fault| fault.inside(field.name))?,
            };
        }
        Ok(())
    }

    /// Checks the value at `at` of `field`, whose tag began at `tag`; gives where it ends.
    fn field(
        &mut self,
        field: &'static Field,
        wire_type: u32,
        tag: usize,
        at: usize,
        end: usize,
        depth: u32,
    ) -> Checked<usize> {
        let packed = field.label == Label::Many && wire_type == DELIMITED;
        match field.kind {
            Kind::Message(child) => {
                let (start, stop) = self.delimited(wire_type, tag, at, end)?;
                if depth == 0 {
                    return fault("nesting too deep", tag);
                }
                if child.role == Role::Item {
                    self.item(tag)?;
                }
                self.message(child, start, stop, depth - 1)?;
                Ok(stop)
            }
            Kind::String => {
                let (start, stop) = self.delimited(wire_type, tag, at, end)?;
                match std::str::from_utf8(&self.otlp[start..stop]) {
                    Ok(_) => Ok(stop),
                    Err(error) => fault("invalid UTF-8", start + error.valid_up_to()),
                }
            }
            Kind::Bytes | Kind::Id(_) => Ok(self.delimited(wire_type, tag, at, end)?.1),
            kind if packed => {
                let (mut at, stop) = self.delimited(wire_type, tag, at, end)?;
                while at < stop {
                    at = self.scalar(scalar_type(kind), at, stop)?;
                }
                Ok(stop)
            }
            kind if scalar_type(kind) == wire_type => self.scalar(wire_type, at, end),
            _ => fault("wrong wire type", tag),
        }
    }

    /// Counts one item, which begins at `at`.
    fn item(&mut self, at: usize) -> Checked<()> {
        if self.items == self.max_items {
            return fault("too many items", at);
        }
        self.items += 1;
        Ok(())
    }

    /// Passes over a field that the schema does not know, as prost does: groups count as nesting.
    fn skip(
        &self,
        number: u32,
        wire_type: u32,
        tag: usize,
        at: usize,
        end: usize,
        depth: u32,
    ) -> Checked<usize> {
        if depth == 0 {
            return fault("nesting too deep", tag);
        }
        match wire_type {
            DELIMITED => Ok(self.delimited(wire_type, tag, at, end)?.1),
            GROUP => self.group(number, at, end, depth),
            END_GROUP => fault("end of a group that was not begun", tag),
            scalar => self.scalar(scalar, at, end),
        }
    }

    #[cold]
    fn group(&self, number: u32, mut at: usize, end: usize, depth: u32) -> Checked<usize> {
        loop {
            let (inner, wire_type, after) = self.key(at, end)?;
            if wire_type == END_GROUP {
                return if inner == number {
                    Ok(after)
                } else {
                    fault("end of another group", at)
                };
            }
            at = self.skip(inner, wire_type, at, after, end, depth - 1)?;
        }
    }

    /// Field number, wire type, and where the value begins.
    #[inline(always)]
    fn key(&self, at: usize, end: usize) -> Checked<(u32, u32, usize)> {
        let Some((key, after)) = wire::varint(&self.otlp[..end], at) else {
            return fault("bad varint", at);
        };
        match u32::try_from(key) {
            Ok(key) if key & 7 > FIXED32 => fault("unknown wire type", at),
            Ok(key) if key >> 3 != 0 => Ok((key >> 3, key & 7, after)),
            _ => fault("field number out of range", at),
        }
    }

    /// Where the content of a length-delimited value begins and ends.
    #[inline(always)]
    fn delimited(&self, wire_type: u32, tag: usize, at: usize, end: usize) -> Checked<(usize, usize)> {
        if wire_type != DELIMITED {
            return fault("wrong wire type", tag);
        }
        match wire::varint(&self.otlp[..end], at) {
            Some((len, start)) if len <= (end - start) as u64 => Ok((start, start + len as usize)),
            Some(_) => fault("length past the end", at),
            None => fault("bad varint", at),
        }
    }

    /// Where a varint or fixed-width value ends.
    #[inline(always)]
    fn scalar(&self, wire_type: u32, at: usize, end: usize) -> Checked<usize> {
        let width = match wire_type {
            VARINT => {
                return match wire::varint(&self.otlp[..end], at) {
                    Some((_, after)) => Ok(after),
                    None => fault("bad varint", at),
                };
            }
            FIXED64 => 8,
            _ => 4,
        };
        if end - at < width {
            fault("value past the end", at)
        } else {
            Ok(at + width)
        }
    }
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

#[cold]
fn fault<T>(what: &'static str, at: usize) -> Checked<T> {
    Err(Box::new(Fault {
        what,
        at,
        path: Vec::new(),
    }))
}

impl Fault {
    #[cold]
    fn inside(mut self: Box<Self>, field: &'static str) -> Box<Fault> {
        self.path.push(field);
        self
    }

    fn named(mut self) -> Malformed {
        self.path.reverse();
        let field = if self.path.is_empty() {
            "request".to_string()
        } else {
            self.path.join(".")
        };
        Malformed {
            what: self.what,
            field,
            at: self.at,
        }
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
        assert_eq!(
            found,
            prost_count(signal, otlp),
            "{batch:?}\n{signal:?} {otlp:02x?}"
        );
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
            request.resource_logs[0].scope_logs[0].log_records[0].body = Some(AnyValue {
                value: Some(value.clone()),
            });
            check(Signal::Logs, &request.encode_to_vec());
            value = Value::ArrayValue(ArrayValue {
                values: vec![AnyValue { value: Some(value) }],
            });
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
        refused(
            Signal::Traces,
            &[0x08, 1],
            9,
            expect!["wrong wire type in resource_spans at byte 0"],
        );
        refused(
            Signal::Logs,
            &[0xff],
            9,
            expect!["bad varint in request at byte 0"],
        );
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
