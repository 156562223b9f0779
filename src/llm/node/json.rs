//! A tree out of a JSON text.

use super::Node;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// More parts than any conversation has. Past it a JSON text is not taken apart, so that a hostile
/// `[[],[],…` costs its own size and not forty times as much.
pub(super) const MAX_NODES: u32 = 200_000;

/// The value that `from` reads, whose texts all stand in `leaf`.
pub(super) fn read<'de: 'a, 'a, D: Deserializer<'de>>(from: D, leaf: &'a str) -> Result<Node<'a>, D::Error> {
    Seed { leaf, left: &Cell::new(MAX_NODES) }.deserialize(from)
}

/// Builds a [`Node`] from JSON whose texts all stand in `leaf`, while `left` nodes last.
#[derive(Clone, Copy)]
struct Seed<'a, 'n> {
    leaf: &'a str,
    left: &'n Cell<u32>,
}

impl<'a, 'de: 'a> DeserializeSeed<'de> for Seed<'a, '_> {
    type Value = Node<'a>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'a>, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many parts"))?;
        self.left.set(left);
        from.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Seed<'a, '_> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'a>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'a>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'a>, E> {
        Ok(Node::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'a>, E> {
        Ok(i64::try_from(value).map_or(Node::Double(value as f64), Node::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'a>, E> {
        Ok(Node::Double(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Borrowed(text), self.leaf))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Owned(text.to_string()), self.leaf))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'a>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'a>, A::Error> {
        let mut entries = Vec::new();
        while let Some(Key(key)) = from.next_key_seed(KeySeed)? {
            entries.push((key, from.next_value_seed(self)?));
        }
        Ok(Node::Map(entries))
    }
}

/// An object key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key<'de>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(key.to_string())))
    }
}
