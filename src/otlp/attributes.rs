//! Attributes and their values, read where they lie.

use super::last::{bytes, messages, utf8};
use super::wire::{self, Fields};
use std::ops::Range;

/// One attribute, its value read lazily. `at` is where its whole field lies in the message that was walked,
/// tag included.
#[derive(Clone, Debug)]
pub struct Attribute<'a> {
    pub key: &'a str,
    pub at: Range<usize>,
    entry: &'a [u8],
}

/// The `KeyValue`s of a message in wire order; see [`Span::attributes`](crate::otlp::Span::attributes).
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

impl<'a> Attributes<'a> {
    pub(super) fn of(message: &'a [u8], number: u32) -> Attributes<'a> {
        Attributes { fields: wire::fields(message), number }
    }

    /// The keys alone, in wire order: cheaper where values do not matter.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        messages(self.fields.rest(), self.number).map(|entry| utf8(key(entry)))
    }

    /// The value of the last attribute named `key`.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        let entries = messages(self.fields.rest(), self.number);
        entries.filter(|entry| self::key(entry) == key.as_bytes()).last().map(value_of)
    }
}

impl<'a> Attribute<'a> {
    /// The encoded `KeyValue`.
    pub fn encoded(&self) -> &'a [u8] {
        self.entry
    }

    /// The bytes of its value where that is a text, as nearly all write one; not looked over.
    pub fn text(&self) -> Option<&'a [u8]> {
        let (_, value) = wire::entry(self.entry)?;
        wire::sole_bytes(value).filter(|(number, _)| *number == 1).map(|(_, text)| text)
    }

    /// Looks over a text once: asked for where it is wanted, since a prompt is long.
    pub fn value(&self) -> Value<'a> {
        value_of(self.entry)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<Attribute<'a>> {
        loop {
            let field = self.fields.next()?;
            if let Some((number, entry)) = field.bytes()
                && number == self.number
            {
                return Some(Attribute { key: utf8(key(entry)), at: field.at, entry });
            }
        }
    }
}

impl<'a> Value<'a> {
    /// Reads an encoded `AnyValue`.
    pub fn read(message: &'a [u8]) -> Value<'a> {
        match wire::sole_bytes(message) {
            Some((1, text)) => Value::Str(utf8(text)),
            _ => Value::merge(Value::Empty, message),
        }
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

/// The key of a `KeyValue`.
#[inline]
fn key(entry: &[u8]) -> &[u8] {
    wire::entry(entry).map_or_else(|| bytes(entry, 1), |(key, _)| key)
}

/// The value of a `KeyValue`.
fn value_of(entry: &[u8]) -> Value<'_> {
    wire::entry(entry).map_or_else(|| value(entry, 2), |(_, value)| Value::read(value))
}

/// The `AnyValue`s in field `number`, the last one that holds something.
pub(super) fn value(message: &[u8], number: u32) -> Value<'_> {
    messages(message, number).fold(Value::Empty, Value::merge)
}
