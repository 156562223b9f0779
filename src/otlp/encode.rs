//! Attributes written: what is appended to a span or log record.

use super::wire::{put_bytes, put_fixed64, put_message, put_uint};

/// The value of an attribute to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Str(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    Strs(&'a [&'a str]),
    Ints(&'a [i64]),
    Doubles(&'a [f64]),
}

/// Appends one `KeyValue` as field `field`: [`Item::attributes_field`](super::Item::attributes_field).
pub fn attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &Value<'_>) {
    put_message(out, field, |entry| {
        put_bytes(entry, 1, key.as_bytes());
        put_message(entry, 2, |any| any_value(any, value));
    });
}

fn any_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match *value {
        Value::Str(text) => put_bytes(out, 1, text.as_bytes()),
        Value::Bool(value) => put_uint(out, 2, u64::from(value)),
        Value::Int(value) => put_uint(out, 3, value as u64),
        Value::Double(value) => put_fixed64(out, 4, value.to_bits()),
        Value::Strs(values) => array(out, values.iter().map(|value| Value::Str(value))),
        Value::Ints(values) => array(out, values.iter().map(|value| Value::Int(*value))),
        Value::Doubles(values) => array(out, values.iter().map(|value| Value::Double(*value))),
    }
}

fn array<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = Value<'a>>) {
    put_message(out, 5, |array| {
        for value in values {
            put_message(array, 1, |any| any_value(any, &value));
        }
    });
}
