//! The quick look at one item: which dialects it speaks, by its scope, its keys and its events' names.

use super::index::{Dialects, INDEX, KeyMarks};
use super::unknown::{self, Hints};
use super::{libraries, shape};
use crate::llm::provider;
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
    body: u32,
}

/// No field has that number.
const NONE: u32 = 0;
const SPAN: Fields = Fields { name: 5, attributes: 9, events: 11, body: NONE };
const EVENT_NAME: u32 = 2;
const EVENT_ATTRIBUTES: u32 = 3;
const LOG_RECORD: Fields = Fields { name: 12, attributes: 6, events: NONE, body: 5 };

/// What was seen of an item so far.
#[derive(Default)]
struct Seen {
    dialects: Dialects,
    hints: Hints,
    /// Whom it asks provides models.
    asks_a_provider: bool,
    /// Its body has the shape of a conversation.
    speaks: bool,
}

impl Spotter {
    /// The dialects that `item` speaks; [`Dialects::UNKNOWN`] where it looks like an LLM call in none,
    /// [`Dialects::LIBRARY_LOG`] where it is merely logged by an LLM library, [`Dialects::CARRIER`] where it
    /// merely carries one.
    pub fn dialects(&mut self, item: &Item<'_>) -> Dialects {
        let numbers = if item.signal == Signal::Logs { LOG_RECORD } else { SPAN };
        let scope = self.scope(item);
        let mut seen = Seen { dialects: scope.dialects, ..Seen::default() };
        for (number, bytes) in wire::delimited(item.message) {
            if number == numbers.attributes {
                seen.attribute(bytes);
            } else if number == numbers.name {
                seen.dialects |= INDEX.of_name(bytes);
            } else if number == NONE {
            } else if number == numbers.events {
                seen.event(bytes);
            } else if number == numbers.body && shape::may_be(bytes) {
                seen.speaks = shape::of(&Value::read(bytes)).is_some();
            }
        }
        match seen {
            Seen { dialects, .. } if !dialects.is_empty() => dialects,
            Seen { hints, .. } if !hints.is_empty() => of_hints(item, hints, scope.otherwise),
            Seen { asks_a_provider: true, .. } if item.signal == Signal::Traces => Dialects::CARRIER,
            Seen { speaks: true, .. } => Dialects::LIBRARY_LOG,
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

impl Seen {
    #[inline]
    fn attribute(&mut self, entry: &[u8]) {
        // As every SDK writes it, key first and then the value and nothing else, both are found without a walk:
        // measured, that saves half of the look at an ordinary span.
        let (key, value) = wire::entry(entry).unwrap_or_else(|| (content(entry, 1), content(entry, 2)));
        if let Some(marks) = INDEX.of_key(key) {
            self.marked(marks, key, value);
        }
        if self.dialects.is_empty() {
            self.hint(key, value);
        }
    }

    /// Homemade spans tell of a call in their events too.
    fn event(&mut self, event: &[u8]) {
        self.dialects |= INDEX.of_name(content(event, EVENT_NAME));
        if !self.dialects.is_empty() {
            return;
        }
        for (_, entry) in wire::delimited(event).filter(|(number, _)| *number == EVENT_ATTRIBUTES) {
            let (key, value) = wire::entry(entry).unwrap_or_else(|| (content(entry, 1), content(entry, 2)));
            self.hints |= INDEX.of_key(key).unwrap_or_default().hints;
            self.hint(key, value);
        }
    }

    #[inline]
    fn hint(&mut self, key: &[u8], value: &[u8]) {
        self.hints |= unknown::of(key, || Value::read(value));
        if shape::may_be(value) {
            self.hints |= unknown::of_shape(shape::of(&Value::read(value)));
        }
    }

    fn marked(&mut self, marks: KeyMarks, key: &[u8], value: &[u8]) {
        self.dialects |= marks.dialects;
        self.hints |= marks.hints;
        if (marks.ask_value || marks.is_event)
            && let Value::Str(value) = Value::read(value)
        {
            self.dialects |= INDEX.of_value(text(key), value);
            self.dialects |=
                if marks.is_event { INDEX.of_name(value.as_bytes()) } else { Dialects::default() };
        }
        if marks.is_host && wire::sole_bytes(value).is_none_or(|(_, host)| provider::may_be_host(host)) {
            self.asks_a_provider |=
                Value::read(value).as_str().is_some_and(|host| provider::of_host(host).is_some());
        }
    }
}

/// What `item` is, of which no dialect is known but which hints at an LLM call; else it is `otherwise`.
#[inline(never)]
fn of_hints(item: &Item<'_>, mut hints: Hints, otherwise: Dialects) -> Dialects {
    let is_named = || {
        let name = item.span().map_or("", |span| span.name());
        unknown::names_an_llm(name.as_bytes()) || unknown::names_an_llm(item.scope().name().as_bytes())
    };
    if !hints.suffice() && is_named() {
        hints |= Hints::SHARED;
    }
    if !hints.suffice() {
        return otherwise;
    }
    // A request that was captured on its way is told by the span that sent it.
    let is_transport = || item.attributes().any(|attribute| is_of_transport(attribute.key));
    match hints.is_structured() && is_transport() {
        true => Dialects::CARRIER,
        false => Dialects::UNKNOWN,
    }
}

/// Keys by which a span is known to be about HTTP, a database or messages.
pub fn is_of_transport(key: &str) -> bool {
    ["http.", "url.", "db.", "messaging."].iter().any(|start| key.starts_with(start))
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
        let key = wire::entry(entry).map_or_else(|| content(entry, 1), |(key, _)| key);
        assert_eq!(text(key), expected, "{entry:?}");
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
