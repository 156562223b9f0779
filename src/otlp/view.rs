//! Spans and log records, read where they lie.
//!
//! Views borrow the batch's bytes, allocate nothing, and may be read as often as wanted. Where the
//! encoding repeats a singular field the last one wins, as protobuf says; [`Leaf`](super::Leaf)s on
//! the other hand show every copy.

use super::attributes::{Attributes, Value, value};
use super::last::{bytes, fixed32, fixed64, messages, string, uint};
use super::wire;

/// A span, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    pub message: &'a [u8],
}

/// A log record, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    pub message: &'a [u8],
}

/// A resource, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    pub message: &'a [u8],
}

/// An instrumentation scope, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub message: &'a [u8],
}

/// A span event: name, time and attributes.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub message: &'a [u8],
}

impl<'a> Span<'a> {
    pub fn name(self) -> &'a str {
        string(self.message, 5)
    }

    /// The number of a `Span.SpanKind`.
    pub fn kind(self) -> i32 {
        uint(self.message, 6) as i32
    }

    /// 16 bytes, where the sender kept to the rules.
    pub fn trace_id(self) -> &'a [u8] {
        bytes(self.message, 1)
    }

    /// 8 bytes, where the sender kept to the rules.
    pub fn span_id(self) -> &'a [u8] {
        bytes(self.message, 2)
    }

    /// W3C `tracestate`; empty where there is none.
    pub fn trace_state(self) -> &'a str {
        string(self.message, 3)
    }

    /// Empty on a root span.
    pub fn parent_span_id(self) -> &'a [u8] {
        bytes(self.message, 4)
    }

    /// Trace, own and parent's id as their own getters give them, in one walk instead of three.
    pub fn ids(self) -> [&'a [u8]; 3] {
        let mut ids = [[].as_slice(); 3];
        for (number, id) in wire::delimited(self.message) {
            match number {
                1 => ids[0] = id,
                2 => ids[1] = id,
                4 => ids[2] = id,
                _ => (),
            }
        }
        ids
    }

    pub fn start_time_unix_nano(self) -> u64 {
        fixed64(self.message, 7)
    }

    pub fn end_time_unix_nano(self) -> u64 {
        fixed64(self.message, 8)
    }

    /// The number of a `Status.StatusCode`: 0 unset, 1 ok, 2 error.
    pub fn status_code(self) -> i32 {
        uint(self.status(), 3) as i32
    }

    pub fn status_message(self) -> &'a str {
        string(self.status(), 2)
    }

    pub fn attributes(self) -> Attributes<'a> {
        Attributes::of(self.message, 9)
    }

    pub fn dropped_attributes_count(self) -> u32 {
        uint(self.message, 10) as u32
    }

    pub fn events(self) -> impl Iterator<Item = Event<'a>> {
        messages(self.message, 11).map(|message| Event { message })
    }

    /// W3C trace flags and what OTLP adds to them; 0 where there are none.
    pub fn flags(self) -> u32 {
        fixed32(self.message, 16)
    }

    fn status(self) -> &'a [u8] {
        bytes(self.message, 15)
    }
}

impl<'a> LogRecord<'a> {
    /// The event's name; empty where the record is no event.
    pub fn event_name(self) -> &'a str {
        string(self.message, 12)
    }

    pub fn body(self) -> Value<'a> {
        value(self.message, 5)
    }

    pub fn attributes(self) -> Attributes<'a> {
        Attributes::of(self.message, 6)
    }

    pub fn dropped_attributes_count(self) -> u32 {
        uint(self.message, 7) as u32
    }

    /// 16 bytes, or empty where the record stands in no trace.
    pub fn trace_id(self) -> &'a [u8] {
        bytes(self.message, 9)
    }

    /// 8 bytes, or empty where the record stands in no span.
    pub fn span_id(self) -> &'a [u8] {
        bytes(self.message, 10)
    }

    /// When it happened; 0 where the sender does not know.
    pub fn time_unix_nano(self) -> u64 {
        fixed64(self.message, 1)
    }

    pub fn observed_time_unix_nano(self) -> u64 {
        fixed64(self.message, 11)
    }

    /// When it happened, or was seen where the sender does not know.
    pub fn written_unix_nano(self) -> u64 {
        match self.time_unix_nano() {
            0 => self.observed_time_unix_nano(),
            time => time,
        }
    }

    /// The number of a `SeverityNumber`: 0 unset, 9 info, 17 error.
    pub fn severity_number(self) -> i32 {
        uint(self.message, 2) as i32
    }

    pub fn severity_text(self) -> &'a str {
        string(self.message, 3)
    }
}

impl<'a> Resource<'a> {
    pub fn attributes(self) -> Attributes<'a> {
        Attributes::of(self.message, 1)
    }
}

impl<'a> Scope<'a> {
    pub fn name(self) -> &'a str {
        string(self.message, 1)
    }

    pub fn version(self) -> &'a str {
        string(self.message, 2)
    }

    pub fn attributes(self) -> Attributes<'a> {
        Attributes::of(self.message, 3)
    }
}

impl<'a> Event<'a> {
    pub fn name(self) -> &'a str {
        string(self.message, 2)
    }

    pub fn time_unix_nano(self) -> u64 {
        fixed64(self.message, 1)
    }

    pub fn attributes(self) -> Attributes<'a> {
        Attributes::of(self.message, 3)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, Limits, Signal, payload, wire};
    use super::*;
    use prost::Message;

    fn read(signal: Signal, request: &impl Message) -> Batch {
        Batch::read(signal, request.encode_to_vec().into(), &Limits::default()).unwrap()
    }

    /// A value as text, nested ones included.
    fn shown(value: &Value<'_>) -> String {
        match value {
            Value::Array(_) => format!("{:?}", value.items().map(|item| shown(&item)).collect::<Vec<_>>()),
            Value::KvList(entries) => {
                let entries = entries.clone().map(|entry| format!("{}={}", entry.key, shown(&entry.value())));
                format!("{:?}", entries.collect::<Vec<_>>())
            }
            plain => format!("{plain:?}"),
        }
    }

    #[test]
    fn a_span_reads_as_prost_decodes_it() {
        let request = payload::full_span(3);
        let batch = read(Signal::Traces, &request);
        let group = &request.resource_spans[0];
        let (scope, expected) = (&group.scope_spans[0].scope, &group.scope_spans[0].spans[0]);
        let item = batch.walk().next().unwrap();
        let span = item.span().unwrap();
        assert!(item.log_record().is_none());
        assert_eq!(span.name(), expected.name);
        assert_eq!(span.kind(), expected.kind);
        assert_eq!(item.trace_id(), expected.trace_id);
        assert_eq!(span.span_id(), expected.span_id);
        assert_eq!(span.parent_span_id(), expected.parent_span_id);
        assert_eq!(span.start_time_unix_nano(), expected.start_time_unix_nano);
        assert_eq!(span.end_time_unix_nano(), expected.end_time_unix_nano);
        assert_eq!((span.status_code(), span.status_message()), (2, "it failed"));
        assert_eq!(span.dropped_attributes_count(), 1);
        assert_eq!(span.attributes().keys().collect::<Vec<_>>(), ["plain", "nested"]);
        let events: Vec<_> = span.events().map(|event| (event.name(), event.time_unix_nano())).collect();
        assert_eq!(events, [("gen_ai.choice", 9); 2]);
        let message = span.events().next().unwrap().attributes().get("message").unwrap();
        assert_eq!(message.as_str(), Some("hello"));
        let scope = scope.as_ref().unwrap();
        assert_eq!((item.scope().name(), item.scope().version()), (&*scope.name, &*scope.version));
        let service = item.resource().attributes().get("service.name").unwrap();
        assert_eq!(service.as_str(), Some("full"));
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let batch = read(Signal::Traces, &payload::full_span(3));
        let item = batch.walk().next().unwrap();
        let nested = item.attributes().get("nested").unwrap();
        expect_test::expect![[r#"["role=Str(\"user\")", "parts=[\"Str(\\\"deep\\\")\", \"Bool(true)\", \"Int(-5)\", \"Double(0.25)\", \"Bytes([0, 159, 1])\", \"Empty\"]"]"#]].assert_eq(&shown(&nested));
        let parts = nested.entries().get("parts").unwrap();
        let doubles: Vec<_> = parts.items().filter_map(|part| part.as_double()).collect();
        assert_eq!(doubles, [-5.0, 0.25]);
        assert!(parts.items().any(|part| part.as_bool() == Some(true)));
        assert!(parts.items().any(|part| part.as_int() == Some(-5)));
    }

    #[test]
    fn a_log_record_reads_as_prost_decodes_it() {
        let request = payload::logs(3, 2);
        let batch = read(Signal::Logs, &request);
        let expected = &request.resource_logs[0].scope_logs[0].log_records;
        for (item, expected) in batch.walk().zip(expected) {
            let record = item.log_record().unwrap();
            assert_eq!(record.event_name(), expected.event_name);
            assert_eq!(record.severity_text(), expected.severity_text);
            assert_eq!(record.severity_number(), expected.severity_number);
            assert_eq!(record.time_unix_nano(), expected.time_unix_nano);
            assert_eq!(record.observed_time_unix_nano(), expected.observed_time_unix_nano);
            assert_eq!(item.trace_id(), expected.trace_id);
            assert_eq!(record.span_id(), expected.span_id);
            assert_eq!(record.dropped_attributes_count(), 1);
            assert_eq!(item.attributes().keys().collect::<Vec<_>>(), ["gen_ai.system", "nested"]);
        }
        let bodies: Vec<_> = batch.walk().map(|item| item.log_record().unwrap().body()).collect();
        assert_eq!(bodies[0].entries().get("role").unwrap().as_str(), Some("user"));
        assert_eq!(bodies[1].as_str(), Some("said"));
    }

    #[test]
    fn every_item_stands_under_its_resource_and_scope() {
        let request = payload::traces(1, 200, 0);
        let batch = read(Signal::Traces, &request);
        let mut expected = Vec::new();
        for resource in &request.resource_spans {
            for scope in &resource.scope_spans {
                let name = &scope.scope.as_ref().unwrap().name;
                expected.extend(scope.spans.iter().map(|span| (name.clone(), span.encode_to_vec())));
            }
        }
        let found: Vec<_> =
            batch.walk().map(|item| (item.scope().name().to_string(), item.message.to_vec())).collect();
        assert_eq!(found, expected);
        assert!(batch.walk().all(|item| batch.range_of(item.message) == item.at));
        assert!(batch.walk().all(|item| item.resource().attributes().get("service.name").is_some()));
    }

    #[test]
    fn metrics_have_no_items_to_walk() {
        assert_eq!(read(Signal::Metrics, &payload::metrics(1)).walk().count(), 0);
    }

    #[test]
    fn the_last_copy_of_a_repeated_field_wins() {
        let mut span = Vec::new();
        wire::put_bytes(&mut span, 5, b"first");
        wire::put_bytes(&mut span, 5, b"second");
        for text in [&b"old"[..], b"new"] {
            wire::put_message(&mut span, 9, |entry| {
                wire::put_bytes(entry, 1, b"key");
                wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, text));
                wire::put_message(entry, 2, |_| ());
            });
        }
        let span = Span { message: &span };
        assert_eq!(span.name(), "second");
        assert_eq!(span.attributes().get("key").unwrap().as_str(), Some("new"));
    }
}
