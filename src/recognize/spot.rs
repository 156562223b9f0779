//! The quick look at one item: which dialects it speaks, by its scope, its keys and its events' names.

use super::index::{Dialects, INDEX};
use super::libraries;
use super::unknown::{self, Hints};
use crate::otlp::{Item, Signal, Value, wire};
use std::ops::Range;

/// Looks at items in wire order; remembers the last scope, which neighbours share.
#[derive(Default)]
pub struct Spotter {
    scope: Option<(Range<usize>, ScopeSays)>,
}

/// What the name of a scope says of each item under it.
#[derive(Clone, Copy)]
struct ScopeSays {
    dialects: Dialects,
    /// Of what shows no dialect at all.
    otherwise: Dialects,
}

/// Field numbers of what is looked at.
struct Fields {
    name: u32,
    attributes: u32,
    events: u32,
}

const SPAN: Fields = Fields { name: 5, attributes: 9, events: 11 };
const LOG_RECORD: Fields = Fields { name: 12, attributes: 6, events: 0 };

impl Spotter {
    /// The dialects that `item` speaks; [`Dialects::UNKNOWN`] where it looks like an LLM call in none,
    /// [`Dialects::LIBRARY_LOG`] where it is merely logged by an LLM library.
    pub fn dialects(&mut self, item: &Item<'_>) -> Dialects {
        let numbers = if item.signal == Signal::Logs { LOG_RECORD } else { SPAN };
        let scope = self.scope(item);
        let mut found = scope.dialects;
        let mut hints = Hints::default();
        for (number, bytes) in wire::delimited(item.message) {
            if number == numbers.attributes {
                attribute(bytes, &mut found, &mut hints);
            } else if number == numbers.name {
                found |= INDEX.of_name(bytes);
            } else if number == numbers.events && number != 0 {
                found |= INDEX.of_name(content(bytes, 2));
            }
        }
        match found {
            found if !found.is_empty() => found,
            _ if hints.suffice() => Dialects::UNKNOWN,
            _ => scope.otherwise,
        }
    }

    fn scope(&mut self, item: &Item<'_>) -> ScopeSays {
        if let Some((at, known)) = &self.scope
            && *at == item.scope.1
        {
            return *known;
        }
        let name = item.scope().name();
        let logs = item.signal == Signal::Logs && libraries::logs_under(name);
        let otherwise = if logs { Dialects::LIBRARY_LOG } else { Dialects::default() };
        let known = ScopeSays { dialects: INDEX.of_scope(name), otherwise };
        self.scope = Some((item.scope.1.clone(), known));
        known
    }
}

#[inline]
fn attribute(entry: &[u8], found: &mut Dialects, hints: &mut Hints) {
    let key = key(entry);
    let marks = INDEX.of_key(key);
    *found |= marks.dialects;
    *hints |= marks.hints;
    let is_event = key == b"event.name";
    if (marks.ask_value || is_event)
        && let Value::Str(value) = value(entry)
    {
        *found |= INDEX.of_value(text(key), value);
        *found |= if is_event { INDEX.of_name(value.as_bytes()) } else { Dialects::default() };
    }
    if found.is_empty() {
        let hint = unknown::of_end(key);
        if !hint.is_empty() {
            *hints |= hint;
            *hints |= unknown::of_value(hint, &value(entry));
        }
    }
}

/// The key of a `KeyValue`. As every SDK writes it, key first and then the value and nothing else, it
/// is found without a walk: measured, that saves half of the look at an ordinary span.
#[inline]
fn key(entry: &[u8]) -> &[u8] {
    wire::entry(entry).map_or_else(|| content(entry, 1), |(key, _)| key)
}

fn value(entry: &[u8]) -> Value<'_> {
    Value::read(content(entry, 2))
}

/// The last field `number`, as protobuf says.
#[inline]
fn content(message: &[u8], number: u32) -> &[u8] {
    wire::delimited(message).filter(|(found, _)| *found == number).last().map_or(&[], |(_, content)| content)
}

/// Was found to be UTF-8 at the door.
#[inline]
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    fn check(entry: &[u8], expected: &str) {
        assert_eq!(text(key(entry)), expected, "{entry:?}");
    }

    #[test]
    fn a_key_is_found_in_any_order_and_length() {
        check(b"\x0a\x01k\x12\x00", "k");
        check(b"\x12\x00\x0a\x01k", "k");
        check(b"\x0a\x01k", "k");
        check(b"\x12\x00", "");
        check(b"\x0a\x01k\x12\x00\x0a\x01l", "l");
        let long = "k".repeat(300);
        let entry =
            opentelemetry_proto::tonic::common::v1::KeyValue { key: long.clone(), ..Default::default() };
        check(&entry.encode_to_vec(), &long);
    }
}
