//! Spans and log records, read where they lie.
//!
//! Views borrow the batch's bytes, allocate nothing, and may be read as often as wanted. Where the
//! encoding repeats a singular field the last one wins, as protobuf says; [`Leaf`](super::Leaf)s on
//! the other hand show every copy.

use super::wire::{self, Fields};
use std::ops::Range;

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

/// One attribute. `at` is where its whole field lies in the message that was walked, tag included.
#[derive(Clone, Debug)]
pub struct Attribute<'a> {
    pub key: &'a str,
    pub value: Value<'a>,
    pub at: Range<usize>,
}

/// The `KeyValue`s of a message in wire order; see [`Span::attributes`].
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    fields: Fields<'a>,
    number: u32,
}

/// An `AnyValue`.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Empty,
    Str(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    /// The encoded `ArrayValue`; walk it with [`Value::items`].
    Array(&'a [u8]),
    /// The entries of a `KeyValueList`.
    KvList(Attributes<'a>),
    Bytes(&'a [u8]),
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

    /// Empty on a root span.
    pub fn parent_span_id(self) -> &'a [u8] {
        bytes(self.message, 4)
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

impl<'a> Attributes<'a> {
    fn of(message: &'a [u8], number: u32) -> Attributes<'a> {
        Attributes {
            fields: wire::fields(message),
            number,
        }
    }

    /// The keys alone, in wire order: cheaper where values do not matter.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        let number = self.number;
        self.fields
            .filter_map(move |field| field.bytes().filter(|(found, _)| *found == number))
            .map(|(_, entry)| string(entry, 1))
    }

    /// The value of the last attribute named `key`.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        let number = self.number;
        self.fields
            .filter_map(|field| field.bytes().filter(|(found, _)| *found == number))
            .filter(|(_, entry)| bytes(entry, 1) == key.as_bytes())
            .last()
            .map(|(_, entry)| value(entry, 2))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        loop {
            let field = self.fields.next()?;
            if let Some((number, entry)) = field.bytes()
                && number == self.number
            {
                return Some(Attribute {
                    key: string(entry, 1),
                    value: value(entry, 2),
                    at: field.at,
                });
            }
        }
    }
}

impl<'a> Value<'a> {
    /// Reads an encoded `AnyValue`.
    pub fn read(message: &'a [u8]) -> Value<'a> {
        Value::merge(Value::Empty, message)
    }

    /// What stands in `message`, or `before` where nothing does.
    fn merge(before: Value<'a>, message: &'a [u8]) -> Value<'a> {
        wire::fields(message).fold(before, |before, field| match (field.number, field.value) {
            (1, wire::Value::Bytes(text)) => Value::Str(utf8(text)),
            (2, wire::Value::Varint(value)) => Value::Bool(value != 0),
            (3, wire::Value::Varint(value)) => Value::Int(value as i64),
            (4, wire::Value::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
            (5, wire::Value::Bytes(array)) => Value::Array(array),
            (6, wire::Value::Bytes(list)) => Value::KvList(Attributes::of(list, 1)),
            (7, wire::Value::Bytes(bytes)) => Value::Bytes(bytes),
            _ => before,
        })
    }

    pub fn as_str(&self) -> Option<&'a str> {
        match *self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match *self {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match *self {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// A double, or an integer as one.
    pub fn as_double(&self) -> Option<f64> {
        match *self {
            Value::Double(value) => Some(value),
            Value::Int(value) => Some(value as f64),
            _ => None,
        }
    }

    /// The values of an array; none for anything else.
    pub fn items(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let array = match *self {
            Value::Array(array) => array,
            _ => &[],
        };
        messages(array, 1).map(Value::read)
    }

    /// The entries of a kvlist; none for anything else.
    pub fn entries(&self) -> Attributes<'a> {
        match self {
            Value::KvList(entries) => entries.clone(),
            _ => Attributes::of(&[], 1),
        }
    }
}

/// Every length-delimited field `number` of `message`.
pub(super) fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    wire::fields(message).filter_map(move |field| {
        field
            .bytes()
            .filter(|(found, _)| *found == number)
            .map(|(_, body)| body)
    })
}

fn bytes(message: &[u8], number: u32) -> &[u8] {
    messages(message, number).last().unwrap_or_default()
}

fn string(message: &[u8], number: u32) -> &str {
    utf8(bytes(message, number))
}

/// The `AnyValue`s in field `number`, the last one that holds something.
fn value(message: &[u8], number: u32) -> Value<'_> {
    messages(message, number).fold(Value::Empty, Value::merge)
}

fn uint(message: &[u8], number: u32) -> u64 {
    let last = wire::fields(message).filter_map(|field| match field.value {
        wire::Value::Varint(value) if field.number == number => Some(value),
        _ => None,
    });
    last.last().unwrap_or_default()
}

fn fixed64(message: &[u8], number: u32) -> u64 {
    let last = wire::fields(message).filter_map(|field| match field.value {
        wire::Value::Fixed64(value) if field.number == number => Some(value),
        _ => None,
    });
    last.last().unwrap_or_default()
}

/// String fields were found to be UTF-8 by [`Batch::read`](super::Batch::read).
fn utf8(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}
