//! Spans and log records, read where they lie.
//!
//! Views borrow the batch's bytes, allocate nothing, and may be read as often as wanted. Where the
//! encoding repeats a singular field the last one wins, as protobuf says; [`Leaf`](super::Leaf)s on
//! the other hand show every copy.

use std::ops::Range;

/// One span or log record of a batch, with what it stands under.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The encoded `Span` or `LogRecord`.
    pub message: &'a [u8],
    /// Where `message` lies in the batch.
    pub at: Range<usize>,
    /// The encoded `Resource` above it (empty where there is none) and where it lies.
    pub resource: (&'a [u8], Range<usize>),
    /// The encoded `InstrumentationScope` above it (empty where there is none) and where it lies.
    pub scope: (&'a [u8], Range<usize>),
}

/// A span, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    pub message: &'a [u8],
}

/// A log record, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    pub message: &'a [u8],
}

/// An instrumentation scope, read lazily.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub message: &'a [u8],
}

/// A span event: name, time and attributes.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub message: &'a [u8],
}

/// One attribute. `at` is where its whole field lies in the message that was walked, tag included.
#[derive(Clone, Debug)]
pub struct Attribute<'a> {
    pub key: &'a str,
    pub value: Value<'a>,
    pub at: Range<usize>,
}

/// The `KeyValue`s of a message in wire order; see [`Span::attributes`].
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    pub(super) message: &'a [u8],
    pub(super) number: u32,
    pub(super) next: usize,
}

/// An `AnyValue`.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Empty,
    Str(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    /// The encoded `ArrayValue`; walk it with [`Value::items`].
    Array(&'a [u8]),
    /// The entries of a `KeyValueList`.
    KvList(Attributes<'a>),
    Bytes(&'a [u8]),
}
