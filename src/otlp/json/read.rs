//! OTLP/JSON in: one pass from the text to protobuf, without a tree between.

use super::super::schema::{self, Field, Kind, Label, Message, camel};
use super::super::wire::{begin_message, end_message, put_bytes, put_varint};
use super::super::{Signal, path};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Why a text is no request of its signal: what is wrong, in which field, and where.
///
/// Reads as `expected a number in resourceSpans[0].scopeSpans[0].spans[3].kind at line 1 column 812`.
/// Never quotes content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} in {path} at line {line} column {column}")]
pub struct Unreadable {
    pub what: String,
    /// Names of the fields from the request down, with positions in lists.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// In bytes, counted from 1.
    pub column: usize,
    /// Whether it is JSON, and only no request.
    pub is_json: bool,
}

/// The protobuf encoding of an OTLP/JSON request.
///
/// Names may be in lower camel case or as the `.proto` files write them; unknown ones are skipped. Ids are
/// hex in any case, enums are numbers or names, 64-bit integers are strings or numbers, `null` is the
/// default. Nesting is bounded by serde_json's 128 levels; the result has less than protobuf's limit.
pub fn read(signal: Signal, text: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut state = State { out: Vec::with_capacity(text.len()), path: Vec::new() };
    let mut json = serde_json::Deserializer::from_slice(text);
    let request = Body { state: &mut state, message: schema::request(signal) };
    match request.deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => Ok(state.out),
        Err(error) => Err(state.unreadable(&error)),
    }
}

struct State {
    out: Vec<u8>,
    /// The way to what is being read; where an error ends the reading, it stays.
    path: Vec<Step>,
}

enum Step {
    Field(&'static str),
    Index(usize),
}

impl State {
    fn unreadable(&self, error: &serde_json::Error) -> Unreadable {
        let (line, column) = (error.line(), error.column());
        let mut what = error.to_string();
        what.truncate(what.rfind(" at line ").unwrap_or(what.len()));
        // "invalid type: string \"quoted content\", expected a list": only the end may be told.
        if let Some(expected) = what.rfind(", expected ") {
            what.drain(..expected + 2);
        }
        Unreadable { what, path: self.path(), line, column, is_json: error.is_data() }
    }

    fn path(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for step in &self.path {
            match (step, names.last_mut()) {
                (Step::Index(index), Some(name)) => name.push_str(&format!("[{index}]")),
                (Step::Index(index), None) => names.push(format!("[{index}]")),
                (Step::Field(name), _) => names.push(camel(name).collect()),
            }
        }
        path::dotted(&names)
    }
}

/// The object that stands for a message; its fields are appended as they come.
struct Body<'s> {
    state: &'s mut State,
    message: &'static Message,
}

impl<'de> DeserializeSeed<'de> for Body<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(field) = entries.next_key_seed(Key(self.message))? {
            let Some(field) = field else {
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            self.state.path.push(Step::Field(field.name));
            entries.next_value_seed(Slot { state: self.state, field, place: Place::of(field) })?;
            self.state.path.pop();
        }
        Ok(())
    }
}

/// A key of an object: the field that it names, if the schema knows it.
struct Key(&'static Message);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static Field>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.named(key))
    }
}

/// The value of a field, or one element of its list.
struct Slot<'s> {
    state: &'s mut State,
    field: &'static Field,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    One,
    List,
    /// An element of a list that is written with its own tag.
    Element,
    /// An element of a list of scalars, which are written without tags.
    Packed,
}

impl Place {
    fn of(field: &Field) -> Place {
        if field.label == Label::Many { Place::List } else { Place::One }
    }

    fn in_list(kind: Kind) -> Place {
        match kind {
            Kind::String | Kind::Bytes | Kind::Id(_) | Kind::Message(_) => Place::Element,
            _ => Place::Packed,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.field.kind {
            _ if self.place == Place::List => "a list",
            Kind::Bool => "true or false",
            Kind::Enum(_) => "a number or the name of a known value",
            Kind::String => "a string",
            Kind::Bytes => "a string of base64",
            Kind::Id(_) => "a string of hex digits",
            Kind::Message(_) => "an object",
            _ => "a number",
        })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match (self.place, self.field.kind) {
            (Place::One, Kind::Bool) => self.scalar(Scalar::Varint(u64::from(value))),
            _ => self.refuse(),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.integer(i128::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.integer(i128::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self.field.kind {
            Kind::Double if self.place != Place::List => self.scalar(Scalar::Fixed64(value.to_bits())),
            _ if value.fract() == 0.0 => self.integer(value as i128),
            _ => self.refuse(),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.field.kind {
            _ if self.place == Place::List => self.refuse(),
            Kind::String => self.bytes(text.as_bytes()),
            Kind::Bytes => match BASE64.decode(text.replace('-', "+").replace('_', "/")) {
                Ok(bytes) => self.bytes(&bytes),
                Err(_) => self.refuse(),
            },
            Kind::Id(_) => match unhex(text) {
                Some(id) => self.bytes(&id),
                None => self.refuse(),
            },
            Kind::Enum(names) => match names.iter().find(|(name, _)| *name == text) {
                Some((_, number)) => self.integer(i128::from(*number)),
                None => self.number(text),
            },
            Kind::Bool | Kind::Message(_) => self.refuse(),
            _ => self.number(text),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self.place {
            Place::One | Place::List => Ok(()),
            Place::Element => self.bytes(&[]),
            Place::Packed => self.integer(0),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Slot { state, field, place: Place::List } = self else {
            return self.refuse();
        };
        let place = Place::in_list(field.kind);
        let before = state.out.len();
        let packed = (place == Place::Packed).then(|| begin_message(&mut state.out, field.number));
        for index in 0.. {
            state.path.push(Step::Index(index));
            let found = elements.next_element_seed(Slot { state, field, place })?;
            state.path.pop();
            if found.is_none() {
                match packed {
                    Some(_) if index == 0 => state.out.truncate(before),
                    Some(start) => end_message(&mut state.out, start),
                    None => (),
                }
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        let Kind::Message(message) = self.field.kind else {
            return self.refuse();
        };
        if self.place == Place::List {
            return self.refuse();
        }
        let start = begin_message(&mut self.state.out, self.field.number);
        Body { state: self.state, message }.visit_map(entries)?;
        end_message(&mut self.state.out, start);
        Ok(())
    }
}

/// A number as it stands on the wire.
#[derive(Clone, Copy)]
enum Scalar {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
}

impl Slot<'_> {
    fn refuse<T, E: Error>(self) -> Result<T, E> {
        Err(E::custom(format_args!("expected {}", Expected(&self))))
    }

    /// A number written as a string.
    fn number<E: Error>(self, text: &str) -> Result<(), E> {
        if let Ok(value) = text.parse::<i128>() {
            return self.integer(value);
        }
        let special = match text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
        };
        match special {
            Some(value) => self.visit_f64(value),
            None => self.refuse(),
        }
    }

    fn integer<E: Error>(self, value: i128) -> Result<(), E> {
        let scalar = match self.field.kind {
            _ if self.place == Place::List => return self.refuse(),
            Kind::Int32 | Kind::Enum(_) => i32::try_from(value).map(|value| Scalar::Varint(value as u64)),
            Kind::Uint32 => u32::try_from(value).map(|value| Scalar::Varint(u64::from(value))),
            Kind::Sint32 => i32::try_from(value).map(|value| Scalar::Varint(u64::from(zigzag(value)))),
            Kind::Int64 => i64::try_from(value).map(|value| Scalar::Varint(value as u64)),
            Kind::Uint64 => u64::try_from(value).map(Scalar::Varint),
            Kind::Fixed32 => u32::try_from(value).map(Scalar::Fixed32),
            Kind::Fixed64 => u64::try_from(value).map(Scalar::Fixed64),
            Kind::Sfixed64 => i64::try_from(value).map(|value| Scalar::Fixed64(value as u64)),
            Kind::Double => Ok(Scalar::Fixed64((value as f64).to_bits())),
            Kind::Bool | Kind::String | Kind::Bytes | Kind::Id(_) | Kind::Message(_) => return self.refuse(),
        };
        match scalar {
            Ok(scalar) => self.scalar(scalar),
            Err(_) => Err(E::custom("number out of range")),
        }
    }

    fn scalar<E: Error>(self, scalar: Scalar) -> Result<(), E> {
        let out = &mut self.state.out;
        let wire_type = match scalar {
            Scalar::Varint(_) => 0,
            Scalar::Fixed64(_) => 1,
            Scalar::Fixed32(_) => 5,
        };
        let is_default = matches!(scalar, Scalar::Varint(0) | Scalar::Fixed32(0) | Scalar::Fixed64(0));
        if is_default && self.field.label == Label::One {
            return Ok(());
        }
        if self.place != Place::Packed {
            put_varint(out, u64::from(self.field.number) << 3 | wire_type);
        }
        match scalar {
            Scalar::Varint(value) => put_varint(out, value),
            Scalar::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
            Scalar::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
        }
        Ok(())
    }

    fn bytes<E: Error>(self, bytes: &[u8]) -> Result<(), E> {
        if !bytes.is_empty() || self.field.label != Label::One {
            put_bytes(&mut self.state.out, self.field.number, bytes);
        }
        Ok(())
    }
}

/// Shows what a slot expects.
struct Expected<'a, 's>(&'a Slot<'s>);

impl fmt::Display for Expected<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

fn zigzag(value: i32) -> u32 {
    (value << 1 ^ value >> 31) as u32
}

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}
