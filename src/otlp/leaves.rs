//! Every string leaf of a span, log record, resource or scope: what a scanner has to see.

use super::last::messages;
use super::schema::{self, Kind, Message, Role};
use super::wire::{self, Field, Value};
use super::{Batch, Item, Signal};
use std::ops::Range;
use std::ptr;

/// Which part of an item a leaf stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    SpanName,
    StatusMessage,
    TraceState,
    /// Value (or nested value) of an attribute of the item itself.
    Attribute,
    /// The key of an attribute, at any depth.
    Key,
    EventName,
    EventAttribute,
    LinkAttribute,
    LinkTraceState,
    LogBody,
    /// `severity_text` and `event_name` of a log record.
    LogField,
    ResourceAttribute,
    ScopeName,
    ScopeAttribute,
    /// A schema URL, or a name in a resource's entity references.
    Schema,
    /// A field that this schema does not know and whose bytes are UTF-8 text, or an id whose length is
    /// not an id's.
    Unknown,
}

/// One string, wherever it is nested, or a run of text in bytes that are not UTF-8 throughout.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    pub place: Place,
    /// Key of the outermost attribute (or the event's name for `EventName`); `""` outside attributes.
    pub key: &'a str,
    /// Key of the innermost kvlist entry; equal to `key` where nothing is nested. Of a `Key`: itself.
    pub inner: &'a str,
    /// Which event or link, counted from 0; 0 elsewhere.
    pub index: u32,
    pub text: &'a str,
    /// Where `text` begins in the batch, in bytes: with its length, the `at` of a [`Splice`](super::Splice).
    pub start: usize,
    /// Where the content of its field lies in the batch, the `inside` of a [`Splice`](super::Splice): more
    /// than the text where this is one run of several.
    pub inside: Range<usize>,
}

/// A whole number in a value, integer or double, which somebody may have written for a text.
#[derive(Clone, Debug)]
pub struct Number<'a> {
    /// Key of the innermost kvlist entry that holds it.
    pub inner: &'a str,
    pub value: i64,
    /// Where its `AnyValue` lies in the batch, and its field in that: the places of a [`Splice`](super::Splice).
    pub inside: Range<usize>,
    pub at: Range<usize>,
}

impl Number<'_> {
    /// The change that puts `text` in its place.
    pub fn replaced(&self, text: &str) -> super::Splice {
        let mut with = Vec::new();
        wire::put_bytes(&mut with, 1, text.as_bytes());
        super::Splice { inside: self.inside.clone(), at: self.at.clone(), with }
    }
}

impl Leaf<'_> {
    /// Where the text lies in the batch.
    pub fn at(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

impl Batch {
    /// Calls `leaf` with every string leaf of `item`: every copy of a repeated one, the text in `bytes`
    /// values, and text in fields that the schema does not know. Empty strings are left out.
    pub fn leaves<'a>(&'a self, item: &Item<'a>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match item.signal {
            Signal::Logs => &schema::LOG_RECORD,
            _ => &schema::SPAN,
        };
        Walk { otlp: self.otlp(), leaf: &mut leaf, number: &mut |_| () }.message(
            message,
            item.at.clone(),
            Context::START,
        );
    }

    /// Calls `number` with every whole number among the values of `item`.
    pub fn numbers<'a>(&'a self, item: &Item<'a>, mut number: impl FnMut(Number<'a>)) {
        let message = match item.signal {
            Signal::Logs => &schema::LOG_RECORD,
            _ => &schema::SPAN,
        };
        Walk { otlp: self.otlp(), leaf: &mut |_| (), number: &mut number }.message(
            message,
            item.at.clone(),
            Context::START,
        );
    }

    /// Calls `leaf` with every string leaf of the resource at [`Item::resource_group`], its schema URL
    /// included: every copy of the resource, not only the last.
    pub fn resource_leaves<'a>(&'a self, group: Range<usize>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match self.signal() {
            Signal::Logs => &schema::RESOURCE_LOGS,
            _ => &schema::RESOURCE_SPANS,
        };
        Walk { otlp: self.otlp(), leaf: &mut leaf, number: &mut |_| () }.message(
            message,
            group,
            Context::START,
        );
    }

    /// Calls `leaf` with every string leaf of the scope at [`Item::scope_group`], its schema URL included:
    /// every copy of the scope, not only the last.
    pub fn scope_leaves<'a>(&'a self, group: Range<usize>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match self.signal() {
            Signal::Logs => &schema::SCOPE_LOGS,
            _ => &schema::SCOPE_SPANS,
        };
        Walk { otlp: self.otlp(), leaf: &mut leaf, number: &mut |_| () }.message(
            message,
            group,
            Context::START,
        );
    }
}

/// What is known of a leaf before it is reached.
#[derive(Clone, Copy)]
struct Context<'a> {
    place: Place,
    key: &'a str,
    inner: &'a str,
    index: u32,
    /// Whether some `KeyValue` stands above.
    in_attribute: bool,
}

impl<'a> Context<'a> {
    const START: Context<'static> =
        Context { place: Place::Unknown, key: "", inner: "", index: 0, in_attribute: false };

    /// Inside a `KeyValue` or, for its name, an event.
    fn under(self, name: &'a str) -> Context<'a> {
        let key = if self.in_attribute { self.key } else { name };
        Context { key, inner: name, in_attribute: true, ..self }
    }
}

struct Walk<'a, 'f> {
    otlp: &'a [u8],
    leaf: &'f mut dyn FnMut(Leaf<'a>),
    number: &'f mut dyn FnMut(Number<'a>),
}

impl<'a> Walk<'a, '_> {
    /// All leaves of the message of type `message` at `at`, but not those of items inside it.
    fn message(&mut self, message: &'static Message, at: Range<usize>, context: Context<'a>) {
        let bytes = &self.otlp[at.clone()];
        let (mut events, mut links) = (0, 0);
        for field in wire::fields(bytes) {
            let Some(known) = message.field(field.number) else {
                self.unknown(&field, at.start, context, UNKNOWN_DEPTH);
                continue;
            };
            if message.name == "AnyValue"
                && let Some(value) = whole(&field)
            {
                let field = at.start + field.at.start..at.start + field.at.end;
                (self.number)(Number { inner: context.inner, value, inside: at.clone(), at: field });
            }
            let Some(content) = field.content() else { continue };
            let inside = at.start + content.start..at.start + content.end;
            match known.kind {
                Kind::Message(child) if child.role == Role::Part => (),
                Kind::String | Kind::Bytes => (),
                Kind::Id(len) if inside.len() != usize::from(len) => (),
                _ => continue,
            }
            let mut context = context;
            context.place = place(message.name, field.number).unwrap_or(context.place);
            match (message.name, field.number) {
                ("Span", 11) => context.index = post_increment(&mut events),
                ("Span", 13) => context.index = post_increment(&mut links),
                ("Event", 2) => context = context.under(name(bytes, 2)),
                _ => (),
            }
            match known.kind {
                Kind::Message(child) if ptr::eq(child, &schema::KEY_VALUE) => self.entry(inside, context),
                Kind::Message(child) => self.message(child, inside, context),
                _ => self.text(inside, context),
            }
        }
    }

    /// All leaves of the `KeyValue` at `at`: most of them are a key and a string, for which there is a short way.
    fn entry(&mut self, at: Range<usize>, context: Context<'a>) {
        let entry = &self.otlp[at.clone()];
        let plain = wire::entry(entry).and_then(|(key, value)| Some((wire::utf8(key)?, value)));
        let Some((key, value)) = plain else {
            return self.message(&schema::KEY_VALUE, at, context.under(name(entry, 1)));
        };
        let (context, start) = (context.under(key), at.start + KEY_HEAD);
        self.leaf(key, start, start..start + key.len(), Context { place: Place::Key, ..context });
        let at = at.end - value.len()..at.end;
        match wire::sole_bytes(value) {
            Some((STRING_VALUE, text)) => self.text(at.end - text.len()..at.end, context),
            _ => self.message(&schema::ANY_VALUE, at, context),
        }
    }

    /// The bytes at `at` as a leaf, where they are UTF-8; or else every run in them that is, so that a
    /// character cut in two hides nothing of the rest.
    fn text(&mut self, at: Range<usize>, context: Context<'a>) {
        let bytes = &self.otlp[at.clone()];
        match wire::utf8(bytes) {
            Some(text) => self.leaf(text, at.start, at, context),
            None => {
                let mut start = at.start;
                for chunk in bytes.utf8_chunks() {
                    if chunk.valid().len() >= SHORTEST_RUN {
                        self.leaf(chunk.valid(), start, at.clone(), context);
                    }
                    start += chunk.valid().len() + chunk.invalid().len();
                }
            }
        }
    }

    fn leaf(&mut self, text: &'a str, start: usize, inside: Range<usize>, context: Context<'a>) {
        let Context { place, key, inner, index, .. } = context;
        if !text.is_empty() {
            (self.leaf)(Leaf { place, key, inner, index, text, start, inside });
        }
    }

    /// Text in a field that the schema does not know: the field itself where it reads as text, or else
    /// what stands in it where it reads as a message.
    fn unknown(&mut self, field: &Field<'a>, base: usize, context: Context<'a>, depth: u32) {
        let context = Context { place: Place::Unknown, ..context };
        let (bytes, start, is_message) = match field.value {
            Value::Bytes(bytes) => (bytes, base + field.at.end - bytes.len(), reads_as_message(bytes)),
            Value::Group(bytes) => {
                let tag = wire::varint(self.otlp, base + field.at.start);
                (bytes, tag.map_or(base, |(_, end)| end), true)
            }
            _ => return,
        };
        if is_message && depth > 0 {
            for inner in wire::fields(bytes) {
                self.unknown(&inner, start, context, depth - 1);
            }
        } else {
            self.text(start..start + bytes.len(), context);
        }
    }
}

/// Tag and length before the key of a `KeyValue`, where [`wire::entry`] knows it.
const KEY_HEAD: usize = 2;
/// `AnyValue.string_value`.
const STRING_VALUE: u32 = 1;

/// Bytes of the shortest text worth a look between bytes that are none: as many as `a@b.co` has.
const SHORTEST_RUN: usize = 6;

/// How deep fields that the schema does not know are looked into.
const UNKNOWN_DEPTH: u32 = 16;

/// Whether bytes of a field that the schema does not know are a message rather than text: they are well
/// framed, and hold a byte that no text has.
fn reads_as_message(bytes: &[u8]) -> bool {
    let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r');
    if bytes.iter().all(is_text) && wire::utf8(bytes).is_some() {
        return false;
    }
    let mut fields = wire::fields(bytes);
    fields.by_ref().for_each(drop);
    fields.position() == bytes.len()
}

/// The whole number in a field of an `AnyValue`: an integer, or a double that stands for one, as numbers of
/// JSON become in some SDKs.
fn whole(field: &Field<'_>) -> Option<i64> {
    match (field.number, &field.value) {
        (3, Value::Varint(value)) => Some(*value as i64),
        (4, Value::Fixed64(bits)) => {
            let value = f64::from_bits(*bits);
            (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
        }
        _ => None,
    }
}

/// 2^53: a larger double may stand for another number than was meant.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The last string in field `number`.
fn name(message: &[u8], number: u32) -> &str {
    messages(message, number).last().map_or("", |text| wire::utf8(text).unwrap_or_default())
}

fn post_increment(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}

/// Where the text in a field of a message stands, unless that is told by a message further up.
fn place(message: &str, number: u32) -> Option<Place> {
    Some(match (message, number) {
        ("KeyValue", 1) => Place::Key,
        ("KeyValue" | "AnyValue" | "ArrayValue" | "KeyValueList", _) => return None,
        ("Span", 3) => Place::TraceState,
        ("Span", 5) => Place::SpanName,
        ("Span", 9) | ("LogRecord", 6) => Place::Attribute,
        ("Status", 2) => Place::StatusMessage,
        ("Event", 2) => Place::EventName,
        ("Event", 3) => Place::EventAttribute,
        ("Link", 3) => Place::LinkTraceState,
        ("Link", 4) => Place::LinkAttribute,
        ("LogRecord", 5) => Place::LogBody,
        ("LogRecord", 3 | 12) => Place::LogField,
        ("Resource", 1) => Place::ResourceAttribute,
        ("InstrumentationScope", 1 | 2) => Place::ScopeName,
        ("InstrumentationScope", 3) => Place::ScopeAttribute,
        ("ResourceSpans" | "ResourceLogs" | "ScopeSpans" | "ScopeLogs", 3) => Place::Schema,
        ("EntityRef", _) => Place::Schema,
        _ => Place::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, payload, wire};
    use super::*;
    use expect_test::{Expect, expect};
    use prost::Message as _;

    fn line(leaf: Leaf<'_>) -> String {
        let Leaf { place, key, inner, index, text, .. } = leaf;
        let inner = if inner == key { String::new() } else { format!(" / {inner}") };
        format!("{place:?} {key}{inner} #{index}: {text}\n")
    }

    fn check(signal: Signal, otlp: Vec<u8>, above: bool, expected: Expect) {
        let batch = Batch::read(signal, otlp.into(), &Limits::default()).unwrap();
        let mut shown = String::new();
        for item in batch.walk() {
            let mut add = |leaf: Leaf<'_>| {
                assert_eq!(&batch.otlp()[leaf.at()], leaf.text.as_bytes());
                assert!(leaf.inside.start <= leaf.start && leaf.at().end <= leaf.inside.end);
                shown.push_str(&line(leaf));
            };
            if above {
                batch.resource_leaves(item.resource_group.clone(), &mut add);
                batch.scope_leaves(item.scope_group.clone(), &mut add);
            } else {
                batch.leaves(&item, &mut add);
            }
        }
        expected.assert_eq(&shown);
    }

    /// A request of one span that is `message`.
    fn one_span(message: &[u8]) -> Vec<u8> {
        let mut request = Vec::new();
        wire::put_message(&mut request, 1, |resource| {
            wire::put_message(resource, 2, |scope| wire::put_bytes(scope, 2, message));
        });
        request
    }

    #[test]
    fn every_string_of_a_span_is_a_leaf() {
        check(
            Signal::Traces,
            payload::full_span(1).encode_to_vec(),
            false,
            expect![[r#"
                TraceState  #0: vendor=state
                SpanName  #0: full
                Key plain #0: plain
                Attribute plain #0: text
                Key nested #0: nested
                Key nested / role #0: role
                Attribute nested / role #0: user
                Key nested / parts #0: parts
                Attribute nested / parts #0: deep
                EventName gen_ai.choice #0: gen_ai.choice
                Key message #0: message
                EventAttribute message #0: hello
                Key nested #0: nested
                Key nested / role #0: role
                EventAttribute nested / role #0: user
                Key nested / parts #0: parts
                EventAttribute nested / parts #0: deep
                EventName gen_ai.choice #1: gen_ai.choice
                Key message #1: message
                EventAttribute message #1: hello
                Key nested #1: nested
                Key nested / role #1: role
                EventAttribute nested / role #1: user
                Key nested / parts #1: parts
                EventAttribute nested / parts #1: deep
                LinkTraceState  #0: vendor=link
                Key link.note #0: link.note
                LinkAttribute link.note #0: linked
                StatusMessage  #0: it failed
            "#]],
        );
    }

    #[test]
    fn every_string_above_a_span_is_a_leaf() {
        check(
            Signal::Traces,
            payload::full_span(1).encode_to_vec(),
            true,
            expect![[r#"
                Key service.name #0: service.name
                ResourceAttribute service.name #0: full
                Key service.version #0: service.version
                ResourceAttribute service.version #0: 4.17.2
                Key service.instance.id #0: service.instance.id
                ResourceAttribute service.instance.id #0: 2f8b786e4ea0081e
                Key telemetry.sdk.name #0: telemetry.sdk.name
                ResourceAttribute telemetry.sdk.name #0: opentelemetry
                Key telemetry.sdk.language #0: telemetry.sdk.language
                ResourceAttribute telemetry.sdk.language #0: python
                Key telemetry.sdk.version #0: telemetry.sdk.version
                ResourceAttribute telemetry.sdk.version #0: 1.38.0
                Key deployment.environment.name #0: deployment.environment.name
                ResourceAttribute deployment.environment.name #0: production
                Key k8s.pod.name #0: k8s.pod.name
                ResourceAttribute k8s.pod.name #0: full-7c9d8f6b5-4114d
                Key k8s.namespace.name #0: k8s.namespace.name
                ResourceAttribute k8s.namespace.name #0: shop
                Key k8s.node.name #0: k8s.node.name
                ResourceAttribute k8s.node.name #0: node-12.internal
                Key host.arch #0: host.arch
                ResourceAttribute host.arch #0: amd64
                Key process.pid #0: process.pid
                Schema  #0: https://entity
                Schema  #0: service
                Schema  #0: service.name
                Schema  #0: service.version
                Schema  #0: https://resource
                ScopeName  #0: full.scope
                ScopeName  #0: 1
                Key scope.key #0: scope.key
                ScopeAttribute scope.key #0: scope value
                Schema  #0: https://scope
            "#]],
        );
    }

    #[test]
    fn every_string_of_a_log_record_is_a_leaf() {
        check(
            Signal::Logs,
            payload::logs(1, 1).encode_to_vec(),
            false,
            expect![[r#"
                LogField  #0: INFO
                Key role #0: role
                LogBody role #0: user
                Key parts #0: parts
                LogBody parts #0: deep
                Key gen_ai.system #0: gen_ai.system
                Attribute gen_ai.system #0: openai
                Key nested #0: nested
                Key nested / role #0: role
                Attribute nested / role #0: user
                Key nested / parts #0: parts
                Attribute nested / parts #0: deep
                LogField  #0: gen_ai.user.message
            "#]],
        );
    }

    #[test]
    fn every_copy_of_a_repeated_field_is_a_leaf() {
        let mut span = Vec::new();
        wire::put_bytes(&mut span, 5, b"first name");
        wire::put_bytes(&mut span, 5, b"second name");
        wire::put_message(&mut span, 9, |entry| {
            wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, b"hidden"));
            wire::put_bytes(entry, 1, b"old");
            wire::put_bytes(entry, 1, b"new");
            wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, b"shown"));
        });
        check(
            Signal::Traces,
            one_span(&span),
            false,
            expect![[r#"
            SpanName  #0: first name
            SpanName  #0: second name
            Attribute new #0: hidden
            Key new #0: old
            Key new #0: new
            Attribute new #0: shown
        "#]],
        );
    }

    #[test]
    fn every_copy_of_a_resource_is_walked() {
        let mut request = Vec::new();
        wire::put_message(&mut request, 1, |group| {
            for text in [&b"hidden"[..], b"shown"] {
                wire::put_message(group, 1, |resource| {
                    wire::put_message(resource, 1, |entry| {
                        wire::put_message(entry, 2, |value| wire::put_bytes(value, 1, text));
                    });
                });
            }
            wire::put_message(group, 2, |scope| wire::put_bytes(scope, 2, b""));
        });
        check(
            Signal::Traces,
            request,
            true,
            expect![[r#"
            ResourceAttribute  #0: hidden
            ResourceAttribute  #0: shown
        "#]],
        );
    }

    #[test]
    fn text_in_unknown_fields_is_a_leaf_and_so_are_ids_of_wrong_length() {
        let mut span = Vec::new();
        wire::put_bytes(&mut span, 1, b"no trace id");
        wire::put_bytes(&mut span, 100, b"a new string");
        wire::put_bytes(&mut span, 101, &[0xff, 0xfe]);
        wire::put_message(&mut span, 102, |new| {
            wire::put_uint(new, 1, 7);
            wire::put_bytes(new, 2, b"inside a new message");
        });
        span.extend([0xbb, 0x06]);
        wire::put_bytes(&mut span, 1, b"inside a group");
        span.extend([0xbc, 0x06]);
        wire::put_message(&mut span, 9, |entry| {
            wire::put_bytes(entry, 1, b"photo");
            wire::put_message(entry, 2, |value| wire::put_bytes(value, 7, b"text in bytes"));
        });
        check(
            Signal::Traces,
            one_span(&span),
            false,
            expect![[r#"
            Unknown  #0: no trace id
            Unknown  #0: a new string
            Unknown  #0: inside a new message
            Unknown  #0: inside a group
            Key photo #0: photo
            Attribute photo #0: text in bytes
        "#]],
        );
    }

    #[test]
    fn runs_of_text_in_broken_bytes_are_leaves() {
        let mut span = Vec::new();
        wire::put_message(&mut span, 9, |entry| {
            wire::put_bytes(entry, 1, b"body");
            wire::put_message(entry, 2, |value| {
                wire::put_bytes(
                    value,
                    7,
                    b"\xa9 caf\xc3\xa9 au lait \xff\xfeshort\x80 and the rest \xe2\x82",
                );
            });
        });
        wire::put_bytes(&mut span, 100, b"a cut string \xc3");
        check(
            Signal::Traces,
            one_span(&span),
            false,
            expect![[r#"
            Key body #0: body
            Attribute body #0:  café au lait 
            Attribute body #0:  and the rest 
            Unknown  #0: a cut string 
        "#]],
        );
    }
}
