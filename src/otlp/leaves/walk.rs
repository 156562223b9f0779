//! The way through a message, field by field, down to its texts and numbers.

use super::{Leaf, Number, Place};
use crate::otlp::last::messages;
use crate::otlp::schema::{self, Kind, Message, Role};
use crate::otlp::wire::{self, Field, Value};
use std::ops::Range;
use std::ptr;

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

pub struct Walk<'a, 'f> {
    /// The whole request.
    pub otlp: &'a [u8],
    pub leaf: &'f mut dyn FnMut(Leaf<'a>),
    pub number: &'f mut dyn FnMut(Number<'a>),
}

impl<'a> Walk<'a, '_> {
    /// All texts and whole numbers of the message of type `message` at `at`, but not those of items inside it.
    pub fn all(&mut self, message: &'static Message, at: Range<usize>) {
        self.message(message, at, Context::START);
    }

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
