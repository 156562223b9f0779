//! The quick look at one item: which dialects it speaks, by its scope, its keys and its events' names.

use super::index::{Dialects, INDEX};
use super::unknown::{self, Hints};
use crate::otlp::{Item, Signal, Value, wire};
use std::ops::Range;

/// Looks at items in wire order; remembers the last scope, which neighbours share.
#[derive(Default)]
pub struct Spotter {
    scope: Option<(Range<usize>, Dialects)>,
}

/// Field numbers of what is looked at.
struct Fields {
    name: u32,
    attributes: u32,
    events: u32,
}

const SPAN: Fields = Fields {
    name: 5,
    attributes: 9,
    events: 11,
};
const LOG_RECORD: Fields = Fields {
    name: 12,
    attributes: 6,
    events: 0,
};

impl Spotter {
    /// The dialects that `item` speaks; [`Dialects::UNKNOWN`] where it looks like an LLM call in none.
    pub fn dialects(&mut self, item: &Item<'_>) -> Dialects {
        let numbers = if item.signal == Signal::Logs {
            LOG_RECORD
        } else {
            SPAN
        };
        let mut found = self.scope(item);
        let mut hints = Hints::default();
        for field in wire::fields(item.message) {
            let Some((number, content)) = field.bytes() else {
                continue;
            };
            if number == numbers.attributes {
                attribute(content, &mut found, &mut hints);
            } else if number == numbers.name {
                found |= INDEX.of_name(text(content));
            } else if number == numbers.events && number != 0 {
                found |= INDEX.of_name(string(content, 2));
            }
        }
        if found.is_empty() && hints.suffice() {
            Dialects::UNKNOWN
        } else {
            found
        }
    }

    fn scope(&mut self, item: &Item<'_>) -> Dialects {
        if let Some((at, known)) = &self.scope
            && *at == item.scope.1
        {
            return *known;
        }
        let known = INDEX.of_scope(item.scope().name());
        self.scope = Some((item.scope.1.clone(), known));
        known
    }
}

#[inline]
fn attribute(entry: &[u8], found: &mut Dialects, hints: &mut Hints) {
    let key = string(entry, 1);
    let marks = INDEX.of_key(key);
    *found |= marks.dialects;
    let is_event = key == "event.name";
    if (marks.ask_value || is_event)
        && let Value::Str(value) = value(entry)
    {
        *found |= INDEX.of_value(key, value);
        *found |= if is_event {
            INDEX.of_name(value)
        } else {
            Dialects::default()
        };
    }
    if found.is_empty() {
        let hint = unknown::of_key(key);
        if !hint.is_empty() {
            *hints |= hint;
            *hints |= unknown::of_value(hint, &value(entry));
        }
    }
}

fn value(entry: &[u8]) -> Value<'_> {
    wire::fields(entry)
        .filter_map(|field| field.bytes())
        .filter(|(number, _)| *number == 2)
        .last()
        .map_or(Value::Empty, |(_, value)| Value::read(value))
}

#[inline]
fn string(message: &[u8], number: u32) -> &str {
    let fields = wire::fields(message).filter_map(|field| field.bytes());
    text(
        fields
            .filter(|(found, _)| *found == number)
            .last()
            .map_or(&[], |(_, content)| content),
    )
}

/// Was found to be UTF-8 at the door.
#[inline]
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
