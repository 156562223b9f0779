//! A value of a message in whatever encoding it came: OTLP kvlists and arrays, JSON in a string, or
//! flattened keys. The readers of conversations and usage objects see no difference.

mod flat;
mod json;

pub use flat::Flat;

use crate::otlp::Value;
use std::borrow::Cow;

/// A tree of texts. Order is kept; of a key that stands twice the first counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    /// What it says, and the string leaf of the item in which it stands.
    Text(Cow<'a, str>, &'a str),
    List(Vec<Node<'a>>),
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// As deep as prost lets values nest.
const MAX_DEPTH: u8 = 100;

/// No call has more tokens than this. A larger number is something else, such as a card number, and must not
/// go on as a figure of ours.
pub const MOST_COUNTED: u64 = 1_000_000_000;

impl<'a> Node<'a> {
    /// An attribute's value as it stands: JSON inside strings stays a text.
    pub fn value(value: &Value<'a>) -> Node<'a> {
        from_value(value, MAX_DEPTH)
    }

    /// An attribute's value, a string that holds a JSON object or array taken apart.
    pub fn open(value: &Value<'a>) -> Node<'a> {
        match value {
            Value::Str(text) => Node::text(text),
            other => Node::value(other),
        }
    }

    /// A text, taken apart where it is a JSON object, array or quoted string.
    pub fn text(text: &'a str) -> Node<'a> {
        match text.trim_start().as_bytes().first() {
            Some(b'{' | b'[' | b'"') => Node::json(text).unwrap_or(Node::Text(text.into(), text)),
            _ => Node::Text(text.into(), text),
        }
    }

    /// `None` where `text` is not one JSON value, or one that is too large or deep to take apart.
    pub fn json(text: &'a str) -> Option<Node<'a>> {
        let mut from = serde_json::Deserializer::from_str(text);
        let node = json::read(&mut from, text).ok()?;
        from.end().ok().map(|()| node)
    }

    /// What a text inside this tree holds, where it is JSON again: tool arguments, multi-part content.
    pub fn reopen(text: &Cow<'a, str>, leaf: &'a str) -> Option<Node<'a>> {
        if !matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'[')) {
            return None;
        }
        match text {
            Cow::Borrowed(text) => json::read(&mut serde_json::Deserializer::from_str(text), leaf).ok(),
            Cow::Owned(text) => {
                json::read(&mut serde_json::Deserializer::from_reader(text.as_bytes()), leaf).ok()
            }
        }
    }

    /// The entry `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        match self {
            Node::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What stands at the end of a path of keys; in a list, the first item goes on.
    pub fn at(&self, path: &[&str]) -> Option<&Node<'a>> {
        path.iter().try_fold(self, |node, key| match node {
            Node::List(items) => items.first()?.get(key),
            node => node.get(key),
        })
    }

    pub fn as_text(&self) -> Option<&Cow<'a, str>> {
        match self {
            Node::Text(text, _) => Some(text),
            _ => None,
        }
    }

    pub fn items(&self) -> &[Node<'a>] {
        match self {
            Node::List(items) => items,
            _ => &[],
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Node::Null => true,
            Node::Text(text, _) => text.is_empty(),
            Node::List(items) => items.is_empty(),
            Node::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// A number of things: a whole number from 0 to a billion, or a text that spells one.
    pub fn count(&self) -> Option<u64> {
        let count = match self {
            Node::Int(value) => u64::try_from(*value).ok()?,
            Node::Double(value) if *value >= 0.0 && value.fract() == 0.0 => *value as u64,
            Node::Text(text, _) => unquoted(text).parse().ok()?,
            _ => return None,
        };
        (count <= MOST_COUNTED).then_some(count)
    }

    /// Any finite number, or a text that spells one.
    pub fn number(&self) -> Option<f64> {
        let value = match self {
            Node::Int(value) => *value as f64,
            Node::Double(value) => *value,
            Node::Text(text, _) => unquoted(text).parse().ok()?,
            _ => return None,
        };
        value.is_finite().then_some(value)
    }

    /// A truth value, also as Python or JSON spell it in a string.
    pub fn flag(&self) -> Option<bool> {
        match self {
            Node::Bool(value) => Some(*value),
            Node::Text(text, _) if text.eq_ignore_ascii_case("true") => Some(true),
            Node::Text(text, _) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The sum of a map's counts whose keys begin with `begin`.
    pub fn sum_of(&self, begin: &str) -> u64 {
        let Node::Map(entries) = self else { return 0 };
        let parts =
            entries.iter().filter(|(key, _)| key.starts_with(begin)).filter_map(|(_, value)| value.count());
        parts.fold(0, u64::saturating_add)
    }

    /// As compact JSON: the text form of structured tool arguments.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The first string leaf below, in reading order.
    pub fn first_leaf(&self) -> Option<&'a str> {
        match self {
            Node::Text(_, leaf) => Some(leaf),
            Node::List(items) => items.iter().find_map(Node::first_leaf),
            Node::Map(entries) => entries.iter().find_map(|(_, value)| value.first_leaf()),
            _ => None,
        }
    }
}

impl serde::Serialize for Node<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => to.serialize_unit(),
            Node::Bool(value) => to.serialize_bool(*value),
            Node::Int(value) => to.serialize_i64(*value),
            Node::Double(value) => to.serialize_f64(*value),
            Node::Text(text, _) => to.serialize_str(text),
            Node::List(items) => to.collect_seq(items),
            Node::Map(entries) => to.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// A number that was written as a text, some libraries once more as JSON.
fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

fn from_value<'a>(value: &Value<'a>, depth: u8) -> Node<'a> {
    let Some(depth) = depth.checked_sub(1) else {
        return Node::Null;
    };
    match value {
        Value::Str(text) => Node::Text((*text).into(), text),
        Value::Bool(value) => Node::Bool(*value),
        Value::Int(value) => Node::Int(*value),
        Value::Double(value) => Node::Double(*value),
        Value::Bytes(bytes) => {
            std::str::from_utf8(bytes).map_or(Node::Null, |text| Node::Text(text.into(), text))
        }
        Value::Array(_) => Node::List(value.items().map(|item| from_value(&item, depth)).collect()),
        Value::KvList(entries) => Node::Map(
            entries.clone().map(|entry| (entry.key.into(), from_value(&entry.value(), depth))).collect(),
        ),
        Value::Empty => Node::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::json::MAX_NODES;
    use super::*;

    #[test]
    fn a_number_too_large_to_count_anything_is_no_count() {
        let text = |text: &'static str| Node::Text(text.into(), text);
        for (node, count) in [
            (Node::Int(12), Some(12)),
            (text(" 12 "), Some(12)),
            (Node::Double(12.0), Some(12)),
            (text("5500005555555559"), None),
            (Node::Int(i64::MAX), None),
            (Node::Int(-1), None),
        ] {
            assert_eq!(node.count(), count, "{}", node.to_json());
        }
    }

    #[test]
    fn json_texts_are_borrowed_unless_escaped() {
        let Some(Node::List(items)) = Node::json(r#"["plain","\u0041"]"#) else { panic!("a list") };
        assert!(matches!(items[0], Node::Text(Cow::Borrowed("plain"), _)));
        assert!(matches!(&items[1], Node::Text(Cow::Owned(text), _) if text == "A"));
    }

    #[test]
    fn hostile_json_is_left_in_one_piece() {
        let many = format!("[{}0]", "0,".repeat(MAX_NODES as usize));
        let deep = "[".repeat(10_000);
        for text in [many.as_str(), deep.as_str(), "{\"cut\":", "[1] tail"] {
            assert!(Node::json(text).is_none());
            assert!(matches!(Node::text(text), Node::Text(_, _)));
        }
    }
}
