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
    List(Vec<Value<'a>>),
    Map(Vec<(&'a str, Value<'a>)>),
    Empty,
}

/// Appends one `KeyValue` as field `field`: [`Item::attributes_field`](super::Item::attributes_field).
pub fn attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &Value<'_>) {
    put_message(out, field, |entry| {
        put_bytes(entry, 1, key.as_bytes());
        put_message(entry, 2, |any| any_value(any, value));
    });
}

/// Appends the `trace_state` of a span.
pub fn trace_state(out: &mut Vec<u8>, state: &str) {
    put_bytes(out, 3, state.as_bytes());
}

fn any_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Str(text) => put_bytes(out, 1, text.as_bytes()),
        Value::Bool(value) => put_uint(out, 2, u64::from(*value)),
        Value::Int(value) => put_uint(out, 3, *value as u64),
        Value::Double(value) => put_fixed64(out, 4, value.to_bits()),
        Value::Strs(values) => array(out, values.iter().map(|value| Value::Str(value))),
        Value::Ints(values) => array(out, values.iter().map(|value| Value::Int(*value))),
        Value::Doubles(values) => array(out, values.iter().map(|value| Value::Double(*value))),
        Value::List(values) => array(out, values.iter().cloned()),
        Value::Map(entries) => put_message(out, 6, |list| {
            for (key, value) in entries {
                attribute(list, 1, key, value);
            }
        }),
        Value::Empty => (),
    }
}

fn array<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = Value<'a>>) {
    put_message(out, 5, |array| {
        for value in values {
            put_message(array, 1, |any| any_value(any, &value));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{
        AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value as Any,
    };
    use opentelemetry_proto::tonic::trace::v1::Span;
    use prost::Message;

    fn check(value: Value<'_>, expected: Any) {
        let mut out = Vec::new();
        attribute(&mut out, 9, "key", &value);
        let span = Span::decode(&*out).unwrap();
        assert_eq!(span.attributes.len(), 1);
        assert_eq!(span.attributes[0].key, "key");
        assert_eq!(span.attributes[0].value.clone().unwrap().value.unwrap(), expected);
    }

    fn array(values: impl IntoIterator<Item = Any>) -> Any {
        let values = values.into_iter().map(|value| AnyValue { value: Some(value) }).collect();
        Any::ArrayValue(ArrayValue { values })
    }

    #[test]
    fn every_kind_of_attribute_decodes_to_what_was_written() {
        let long = "x".repeat(300);
        check(Value::Str(&long), Any::StringValue(long.clone()));
        check(Value::Str(""), Any::StringValue(String::new()));
        check(Value::Bool(false), Any::BoolValue(false));
        check(Value::Int(-1), Any::IntValue(-1));
        check(Value::Double(0.0), Any::DoubleValue(0.0));
        let strings = ["a", "b"].map(|text| Any::StringValue(text.into()));
        check(Value::Strs(&["a", "b"]), array(strings));
        check(Value::Ints(&[1, -2]), array([1, -2].map(Any::IntValue)));
        check(Value::Doubles(&[0.5]), array([0.5].map(Any::DoubleValue)));
        check(Value::Strs(&[]), array([]));
        check(
            Value::List(vec![Value::Int(1), Value::Bool(true)]),
            array([Any::IntValue(1), Any::BoolValue(true)]),
        );
        let entry = |key: &str, value| KeyValue {
            key: key.into(),
            value: Some(AnyValue { value }),
            ..Default::default()
        };
        let values = vec![entry("a", Some(Any::DoubleValue(0.5))), entry("b", None)];
        check(
            Value::Map(vec![("a", Value::Double(0.5)), ("b", Value::Empty)]),
            Any::KvlistValue(KeyValueList { values }),
        );
    }
}
