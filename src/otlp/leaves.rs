//! Every string leaf of a span, log record, resource or scope: what a scanner has to see.

use std::ops::Range;

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
    /// A field that this schema does not know and whose bytes are UTF-8 text.
    Unknown,
}

/// One string, wherever it is nested.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    pub place: Place,
    /// Key of the outermost attribute (or the event's name for `EventName`); `""` outside attributes.
    pub key: &'a str,
    /// Key of the innermost kvlist entry; equal to `key` where nothing is nested.
    pub inner: &'a str,
    /// Which event or link, counted from 0; 0 elsewhere.
    pub index: u32,
    pub text: &'a str,
    /// Where `text` begins in the batch, in bytes: with its length, the `inside` of a [`Splice`](super::Splice).
    pub start: usize,
}

impl Leaf<'_> {
    /// Where the text lies in the batch.
    pub fn at(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}
