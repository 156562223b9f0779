//! Every string leaf of a span, log record, resource or scope: what a scanner has to see.

use super::schema::{self, Kind, Message};
use super::view::messages;
use super::wire::{self, Field, Value};
use super::{Batch, Item, Signal};
use std::ops::Range;

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

/// One string, wherever it is nested.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    pub place: Place,
    /// Key of the outermost attribute (or the event's name for `EventName`); `""` outside attributes.
    pub key: &'a str,
    /// Key of the innermost kvlist entry; equal to `key` where nothing is nested. Of a `Key`: itself.
    pub inner: &'a str,
    /// Which event or link, counted from 0; 0 elsewhere.
    pub index: u32,
    pub text: &'a str,
    /// Where `text` begins in the batch, in bytes: with its length, the `inside` of a [`Splice`](super::Splice).
    pub start: usize,
}

impl Leaf<'_> {
    /// Where the text lies in the batch.
    pub fn at(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

impl Batch {
    /// Calls `leaf` with every string leaf of `item`: every copy of a repeated one, `bytes` values that are
    /// UTF-8, and text in fields that the schema does not know. Empty strings are left out.
    pub fn leaves<'a>(&'a self, item: &Item<'a>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match item.signal {
            Signal::Logs => &schema::LOG_RECORD,
            _ => &schema::SPAN,
        };
        Walk {
            otlp: self.otlp(),
            leaf: &mut leaf,
        }
        .message(message, item.at.clone(), Context::START);
    }

    /// Calls `leaf` with every string leaf of the resource at [`Item::resource_group`], its schema URL
    /// included: every copy of the resource, not only the last.
    pub fn resource_leaves<'a>(&'a self, group: Range<usize>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match self.signal() {
            Signal::Logs => &schema::RESOURCE_LOGS,
            _ => &schema::RESOURCE_SPANS,
        };
        Walk {
            otlp: self.otlp(),
            leaf: &mut leaf,
        }
        .message(message, group, Context::START);
    }

    /// Calls `leaf` with every string leaf of the scope at [`Item::scope_group`], its schema URL included:
    /// every copy of the scope, not only the last.
    pub fn scope_leaves<'a>(&'a self, group: Range<usize>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match self.signal() {
            Signal::Logs => &schema::SCOPE_LOGS,
            _ => &schema::SCOPE_SPANS,
        };
        Walk {
            otlp: self.otlp(),
            leaf: &mut leaf,
        }
        .message(message, group, Context::START);
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
    const START: Context<'static> = Context {
        place: Place::Unknown,
        key: "",
        inner: "",
        index: 0,
        in_attribute: false,
    };

    /// Inside a `KeyValue` or, for its name, an event.
    fn under(self, name: &'a str) -> Context<'a> {
        let key = if self.in_attribute { self.key } else { name };
        Context {
            key,
            inner: name,
            in_attribute: true,
            ..self
        }
    }
}

struct Walk<'a, 'f> {
    otlp: &'a [u8],
    leaf: &'f mut dyn FnMut(Leaf<'a>),
}

impl<'a> Walk<'a, '_> {
    /// All leaves of the message of type `message` at `at`, but not those of items inside it.
    fn message(&mut self, message: &'static Message, at: Range<usize>, mut context: Context<'a>) {
        let bytes = &self.otlp[at.clone()];
        if message.name == "KeyValue" {
            context = context.under(name(bytes, 1));
        }
        let (mut events, mut links) = (0, 0);
        for field in wire::fields(bytes) {
            let mut context = context;
            match (message.name, field.number) {
                ("Span", 11) => context.index = post_increment(&mut events),
                ("Span", 13) => context.index = post_increment(&mut links),
                ("Event", 2) => context = context.under(name(bytes, 2)),
                _ => (),
            }
            context.place = place(message.name, field.number).unwrap_or(context.place);
            self.field(message, &field, at.start, context);
        }
    }

    /// All leaves of a field of the message that begins at `base`.
    fn field(&mut self, message: &'static Message, field: &Field<'a>, base: usize, context: Context<'a>) {
        let Some(known) = message.field(field.number) else {
            return self.unknown(field, base, context, UNKNOWN_DEPTH);
        };
        let Some(content) = field.content() else { return };
        let at = base + content.start..base + content.end;
        match known.kind {
            Kind::Message(child) if child.is_item || child.holds_items() => (),
            Kind::Message(child) => self.message(child, at, context),
            Kind::String | Kind::Bytes => self.text(at, context),
            Kind::Id(len) if at.len() != usize::from(len) => self.text(at, context),
            _ => (),
        }
    }

    /// The bytes at `at` as a leaf, where they are UTF-8.
    fn text(&mut self, at: Range<usize>, context: Context<'a>) {
        let Context {
            place,
            key,
            inner,
            index,
            ..
        } = context;
        match std::str::from_utf8(&self.otlp[at.clone()]) {
            Ok(text) if !text.is_empty() => {
                (self.leaf)(Leaf {
                    place,
                    key,
                    inner,
                    index,
                    text,
                    start: at.start,
                });
            }
            _ => (),
        }
    }

    /// Text in a field that the schema does not know: the field itself where it reads as text, or else
    /// what stands in it where it reads as a message.
    fn unknown(&mut self, field: &Field<'a>, base: usize, context: Context<'a>, depth: u32) {
        let context = Context {
            place: Place::Unknown,
            ..context
        };
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

/// How deep fields that the schema does not know are looked into.
const UNKNOWN_DEPTH: u32 = 16;

/// Whether bytes of a field that the schema does not know are a message rather than text: they are well
/// framed, and hold a byte that no text has.
fn reads_as_message(bytes: &[u8]) -> bool {
    let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r');
    if bytes.iter().all(is_text) && std::str::from_utf8(bytes).is_ok() {
        return false;
    }
    let mut fields = wire::fields(bytes);
    fields.by_ref().for_each(drop);
    fields.position() == bytes.len()
}

/// The last string in field `number`.
fn name(message: &[u8], number: u32) -> &str {
    messages(message, number)
        .last()
        .map_or("", |text| std::str::from_utf8(text).unwrap_or_default())
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
