//! Every string leaf of a span, log record, resource or scope: what a scanner has to see.

#[cfg(test)]
mod tests;
mod walk;

use super::schema::{self, Message};
use super::{Batch, Item, Signal, wire};
use std::ops::Range;
use walk::Walk;

/// Which part of an item a leaf stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    SpanName,
    StatusMessage,
    TraceState,
    /// Value (or nested value) of an attribute of the item itself.
    Attribute,
    /// The key of an attribute, at any depth.
    Key,
    EventName,
    EventAttribute,
    LinkAttribute,
    LinkTraceState,
    LogBody,
    /// `severity_text` and `event_name` of a log record.
    LogField,
    ResourceAttribute,
    ScopeName,
    ScopeAttribute,
    /// A schema URL, or a name in a resource's entity references.
    Schema,
    /// A field that this schema does not know and whose bytes are UTF-8 text, or an id whose length is
    /// not an id's.
    Unknown,
}

/// One string, wherever it is nested, or a run of text in bytes that are not UTF-8 throughout.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    pub place: Place,
    /// Key of the outermost attribute (or the event's name for `EventName`); `""` outside attributes.
    pub key: &'a str,
    /// Key of the innermost kvlist entry; equal to `key` where nothing is nested. Of a `Key`: itself.
    pub inner: &'a str,
    /// Which event or link, counted from 0; 0 elsewhere.
    pub index: u32,
    pub text: &'a str,
    /// Where `text` begins in the batch, in bytes: with its length, the `at` of a [`Splice`](super::Splice).
    pub start: usize,
    /// Where the content of its field lies in the batch, the `inside` of a [`Splice`](super::Splice): more
    /// than the text where this is one run of several.
    pub inside: Range<usize>,
}

/// A whole number in a value, integer or double, which somebody may have written for a text.
#[derive(Clone, Debug)]
pub struct Number<'a> {
    /// Key of the innermost kvlist entry that holds it.
    pub inner: &'a str,
    pub value: i64,
    /// Where its `AnyValue` lies in the batch, and its field in that: the places of a [`Splice`](super::Splice).
    pub inside: Range<usize>,
    pub at: Range<usize>,
}

impl Number<'_> {
    /// The change that puts `text` in its place.
    pub fn replaced(&self, text: &str) -> super::Splice {
        let mut with = Vec::new();
        wire::put_bytes(&mut with, 1, text.as_bytes());
        super::Splice { inside: self.inside.clone(), at: self.at.clone(), with }
    }
}

impl Leaf<'_> {
    /// Where the text lies in the batch.
    pub fn at(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

impl Batch {
    /// Calls `leaf` with every string leaf of `item`: every copy of a repeated one, the text in `bytes`
    /// values, and text in fields that the schema does not know. Empty strings are left out.
    pub fn leaves<'a>(&'a self, item: &Item<'a>, mut leaf: impl FnMut(Leaf<'a>)) {
        Walk { otlp: self.otlp(), leaf: &mut leaf, number: &mut |_| () }.all(of_item(item), item.at.clone());
    }

    /// Calls `number` with every whole number among the values of `item`.
    pub fn numbers<'a>(&'a self, item: &Item<'a>, mut number: impl FnMut(Number<'a>)) {
        Walk { otlp: self.otlp(), leaf: &mut |_| (), number: &mut number }
            .all(of_item(item), item.at.clone());
    }

    /// Calls `leaf` with every string leaf of the resource at [`Item::resource_group`], its schema URL
    /// included: every copy of the resource, not only the last.
    pub fn resource_leaves<'a>(&'a self, group: Range<usize>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match self.signal() {
            Signal::Logs => &schema::RESOURCE_LOGS,
            _ => &schema::RESOURCE_SPANS,
        };
        Walk { otlp: self.otlp(), leaf: &mut leaf, number: &mut |_| () }.all(message, group);
    }

    /// Calls `leaf` with every string leaf of the scope at [`Item::scope_group`], its schema URL included:
    /// every copy of the scope, not only the last.
    pub fn scope_leaves<'a>(&'a self, group: Range<usize>, mut leaf: impl FnMut(Leaf<'a>)) {
        let message = match self.signal() {
            Signal::Logs => &schema::SCOPE_LOGS,
            _ => &schema::SCOPE_SPANS,
        };
        Walk { otlp: self.otlp(), leaf: &mut leaf, number: &mut |_| () }.all(message, group);
    }
}

fn of_item(item: &Item<'_>) -> &'static Message {
    match item.signal {
        Signal::Logs => &schema::LOG_RECORD,
        _ => &schema::SPAN,
    }
}
