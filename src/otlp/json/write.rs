//! OTLP/JSON out: the encoded request walked by the schema.

use super::super::Batch;
use super::super::schema::{self, Field, Kind, Label, Message, camel};
use super::super::wire::{self, Value};
use crate::json::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::fmt::Write;

/// The batch as OTLP/JSON, compact. Fields that the schema does not know are left out, as JSON cannot
/// carry them.
pub fn write(batch: &Batch) -> String {
    let mut out = String::with_capacity(2 * batch.otlp().len());
    object(&mut out, schema::request(batch.signal()), batch.otlp());
    out
}

fn object(out: &mut String, message: &'static Message, bytes: &[u8]) {
    out.push('{');
    let start = out.len();
    for field in message.fields {
        let found = occurrences(message, field, bytes);
        if found.is_empty() {
            continue;
        }
        let before = out.len();
        out.push_str(if before == start { "\"" } else { ",\"" });
        out.extend(camel(field.name));
        out.push_str("\":");
        let written = match field.label {
            Label::Many => list(out, field.kind, &found),
            _ => single(out, field, &found),
        };
        if !written {
            out.truncate(before);
        }
    }
    out.push('}');
}

/// Every value of `field`, in wire order; of a `oneof` only what comes after its other fields.
fn occurrences<'a>(message: &'static Message, field: &Field, bytes: &'a [u8]) -> Vec<Value<'a>> {
    let mut found = Vec::new();
    for other in wire::fields(bytes) {
        if other.number == field.number {
            found.push(other.value);
        } else if field.label == Label::OneOf
            && message.field(other.number).is_some_and(|other| other.label == Label::OneOf)
        {
            found.clear();
        }
    }
    found
}

/// Writes a list; false where it is empty.
fn list(out: &mut String, kind: Kind, values: &[Value<'_>]) -> bool {
    let start = out.len();
    let mut element = |value: Value<'_>| {
        out.push(if out.len() == start { '[' } else { ',' });
        one(out, kind, value);
    };
    for value in values {
        match (kind, *value) {
            (Kind::String | Kind::Bytes | Kind::Id(_) | Kind::Message(_), value) => element(value),
            (_, Value::Bytes(packed)) => unpack(kind, packed).for_each(&mut element),
            (_, value) => element(value),
        }
    }
    if out.len() == start {
        return false;
    }
    out.push(']');
    true
}

/// The scalars of a packed field.
fn unpack(kind: Kind, packed: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (value, end) = match kind {
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => {
                let bytes = packed.get(at..at + 8)?.try_into().ok()?;
                (Value::Fixed64(u64::from_le_bytes(bytes)), at + 8)
            }
            _ => wire::varint(packed, at).map(|(value, end)| (Value::Varint(value), end))?,
        };
        at = end;
        Some(value)
    })
}

/// Writes a single value: the last one, or for a message all of them merged. False where it is the default
/// of a field without presence.
fn single(out: &mut String, field: &Field, values: &[Value<'_>]) -> bool {
    let Some(last) = values.last() else { return false };
    let is_default =
        matches!(last, Value::Varint(0) | Value::Fixed32(0) | Value::Fixed64(0) | Value::Bytes([]));
    if is_default && field.label == Label::One {
        return false;
    }
    match field.kind {
        Kind::Message(message) => {
            let mut bodies = values.iter().filter_map(|value| match value {
                Value::Bytes(body) => Some(*body),
                _ => None,
            });
            let merged = match values {
                [_] => Cow::Borrowed(bodies.next().unwrap_or_default()),
                _ => Cow::Owned(bodies.collect::<Vec<_>>().concat()),
            };
            object(out, message, &merged);
        }
        kind => one(out, kind, *last),
    }
    true
}

/// Writes one value. One of another wire type than its kind, which `Batch::read` refuses, is `null`.
fn one(out: &mut String, kind: Kind, value: Value<'_>) {
    let written = match (kind, value) {
        (Kind::Bool, Value::Varint(value)) => write!(out, "{}", value != 0),
        (Kind::Int32 | Kind::Enum(_), Value::Varint(value)) => write!(out, "{}", value as i32),
        (Kind::Uint32, Value::Varint(value)) => write!(out, "{}", value as u32),
        (Kind::Sint32, Value::Varint(value)) => write!(out, "{}", unzigzag(value as u32)),
        (Kind::Int64, Value::Varint(value)) => write!(out, "\"{}\"", value as i64),
        (Kind::Uint64, Value::Varint(value)) => write!(out, "\"{value}\""),
        (Kind::Fixed32, Value::Fixed32(value)) => write!(out, "{value}"),
        (Kind::Fixed64, Value::Fixed64(value)) => write!(out, "\"{value}\""),
        (Kind::Sfixed64, Value::Fixed64(value)) => write!(out, "\"{}\"", value as i64),
        (Kind::Double, Value::Fixed64(bits)) => double(out, f64::from_bits(bits)),
        (Kind::String, Value::Bytes(text)) => {
            out.push('"');
            escape(std::str::from_utf8(text).unwrap_or_default(), out);
            out.write_char('"')
        }
        (Kind::Bytes, Value::Bytes(bytes)) => write!(out, "\"{}\"", STANDARD.encode(bytes)),
        (Kind::Id(_), Value::Bytes(id)) => hex(out, id),
        (Kind::Message(message), Value::Bytes(body)) => {
            object(out, message, body);
            Ok(())
        }
        _ => out.write_str("null"),
    };
    written.expect("writing to a string does not fail");
}

fn double(out: &mut String, value: f64) -> std::fmt::Result {
    match value {
        f64::INFINITY => out.write_str("\"Infinity\""),
        f64::NEG_INFINITY => out.write_str("\"-Infinity\""),
        value if value.is_nan() => out.write_str("\"NaN\""),
        value => write!(out, "{value:?}"),
    }
}

fn hex(out: &mut String, id: &[u8]) -> std::fmt::Result {
    out.push('"');
    id.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    out.write_char('"')
}

fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}
