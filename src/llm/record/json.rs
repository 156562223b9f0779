//! The JSON form of a record: snake case, words for enums, hex for bytes. What it is is written in `docs/asyncapi.yaml`.

use super::words::Words;
use super::{NotARecord, Record};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use serde_json::{Map, Value};
use std::fmt::Display;
use std::marker::PhantomData;

/// Reads one record, in any of the spellings that protobuf's own JSON allows.
pub(super) fn read(text: &[u8]) -> Result<Record, NotARecord> {
    let fields: Map<String, Value> = serde_json::from_slice(text).map_err(|_| NotARecord::Json)?;
    let known = fields.into_iter().filter(|(_, value)| !value.is_null());
    let mut known: Map<String, Value> = known.map(|(name, value)| (snake(&name), value)).collect();
    // A reason that is none of the words stays as it was said.
    if let Some(Value::String(reason)) = known.get("finish_reason")
        && super::FinishReason::number(reason).is_none()
        && !known.contains_key("finish_reasons")
    {
        let said = Value::Array(vec![Value::String(reason.clone())]);
        known.insert("finish_reasons".to_string(), said);
    }
    serde_json::from_value(Value::Object(known)).map_err(|_| NotARecord::Json)
}

/// `promptTokens` as `prompt_tokens`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The words of a closed set.
pub(super) struct Word<W>(PhantomData<W>);

impl<W: Words> Word<W> {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(number: &i32, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(W::word(*number))
    }

    /// A word that is not known is `unspecified`.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
        match Value::deserialize(from)? {
            Value::String(word) => Ok(W::number(&word).unwrap_or(0)),
            Value::Number(number) => Ok(number.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(0)),
            _ => Err(D::Error::custom("no word")),
        }
    }
}

/// An integer, also as a float without a fraction, or in a string.
pub(super) fn int<'de, D: Deserializer<'de>, N: TryFrom<i128>>(from: D) -> Result<N, D::Error> {
    let number = match Value::deserialize(from)? {
        Value::String(text) => text.parse::<i128>().ok(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Some(number.into()),
            (_, Some(number), _) => Some(number.into()),
            (.., Some(number)) if number.fract() == 0.0 && number.abs() < 9e18 => Some(number as i128),
            _ => None,
        },
        _ => None,
    };
    number.and_then(|number| N::try_from(number).ok()).ok_or_else(|| D::Error::custom("no integer"))
}

pub(super) fn some_int<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    int(from).map(Some)
}

pub(super) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// Integers past what a double holds are written as text, as OTLP/JSON does.
pub(super) mod text_int {
    use super::*;

    pub(in crate::llm::record) use super::int as deserialize;

    pub(in crate::llm::record) fn serialize<S: Serializer>(
        number: &impl Display,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }
}

/// Bytes as hex in lower case, as OTLP/JSON writes ids.
pub(super) mod hex {
    use super::*;

    pub(in crate::llm::record) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&crate::units::hex(bytes))
    }

    pub(in crate::llm::record) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let digit = |at: usize| char::from(text.as_bytes()[at]).to_digit(16).map(|digit| digit as u8);
        let byte = |n: usize| Some(digit(2 * n)? << 4 | digit(2 * n + 1)?);
        let bytes: Option<Vec<u8>> = (0..text.len() / 2).map(byte).collect();
        bytes.filter(|_| text.len() % 2 == 0).ok_or_else(|| D::Error::custom("no hex"))
    }
}
