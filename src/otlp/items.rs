//! The walk over the spans and log records of a batch.

use super::wire::{self, Fields};
use super::{Attributes, Batch, LogRecord, Resource, Scope, Signal, Span};
use std::ops::Range;

/// One span or log record of a batch, with what it stands under.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// [`Signal::Traces`] for a span, [`Signal::Logs`] for a log record.
    pub signal: Signal,
    /// The encoded `Span` or `LogRecord`.
    pub message: &'a [u8],
    /// Where `message` lies in the batch.
    pub at: Range<usize>,
    /// The encoded `Resource` above it (empty where there is none) and where it lies.
    pub resource: (&'a [u8], Range<usize>),
    /// The encoded `InstrumentationScope` above it (empty where there is none) and where it lies.
    pub scope: (&'a [u8], Range<usize>),
    /// Where the `ResourceSpans` or `ResourceLogs` that holds it lies: one per resource of the batch.
    pub resource_group: Range<usize>,
    /// Where the `ScopeSpans` or `ScopeLogs` that holds it lies: one per scope of the batch.
    pub scope_group: Range<usize>,
}

impl<'a> Item<'a> {
    /// The item as a span; `None` for a log record.
    pub fn span(&self) -> Option<Span<'a>> {
        (self.signal == Signal::Traces).then_some(Span { message: self.message })
    }

    /// The item as a log record; `None` for a span.
    pub fn log_record(&self) -> Option<LogRecord<'a>> {
        (self.signal == Signal::Logs).then_some(LogRecord { message: self.message })
    }

    pub fn attributes(&self) -> Attributes<'a> {
        match self.signal {
            Signal::Logs => LogRecord { message: self.message }.attributes(),
            _ => Span { message: self.message }.attributes(),
        }
    }

    /// The field number of the item's attributes, for [`encode::attribute`](super::encode::attribute).
    pub fn attributes_field(&self) -> u32 {
        match self.signal {
            Signal::Logs => 6,
            _ => 9,
        }
    }

    /// Of the span, or of the event that a log record is: its field, or `event.name` as it was an attribute
    /// before; empty where it is none.
    pub fn name(&self) -> &'a str {
        let Some(record) = self.log_record() else { return Span { message: self.message }.name() };
        match record.event_name() {
            "" => record.attributes().get("event.name").and_then(|name| name.as_str()).unwrap_or_default(),
            name => name,
        }
    }

    /// Empty where there is none.
    pub fn trace_id(&self) -> &'a [u8] {
        match self.signal {
            Signal::Logs => LogRecord { message: self.message }.trace_id(),
            _ => Span { message: self.message }.trace_id(),
        }
    }

    pub fn resource(&self) -> Resource<'a> {
        Resource { message: self.resource.0 }
    }

    pub fn scope(&self) -> Scope<'a> {
        Scope { message: self.scope.0 }
    }
}

impl Batch {
    /// Every span or log record, in wire order. Metrics have none.
    pub fn walk(&self) -> Items<'_> {
        let fields = match self.signal() {
            Signal::Metrics => wire::fields(&[]),
            Signal::Traces | Signal::Logs => wire::fields(self.otlp()),
        };
        Items {
            signal: self.signal(),
            top: Level { at: 0..self.otlp().len(), fields },
            resource: Group::none(),
            scope: Group::none(),
            otlp: self.otlp(),
        }
    }

    /// Where `part`, borrowed from this batch, lies in it.
    ///
    /// Panics where it was borrowed from something else.
    pub fn range_of(&self, part: &(impl AsRef<[u8]> + ?Sized)) -> Range<usize> {
        let part = part.as_ref();
        let whole = self.otlp().as_ptr() as usize;
        let start = (part.as_ptr() as usize).wrapping_sub(whole);
        assert!(start <= self.otlp().len(), "a part of this batch");
        start..start + part.len()
    }
}

/// See [`Batch::walk`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    otlp: &'a [u8],
    signal: Signal,
    top: Level<'a>,
    resource: Group<'a>,
    scope: Group<'a>,
}

/// A message that is being walked.
#[derive(Clone, Debug)]
struct Level<'a> {
    /// Where it lies in the batch.
    at: Range<usize>,
    fields: Fields<'a>,
}

/// A resource or scope group that is being walked, and the resource or scope it stands for.
#[derive(Clone, Debug)]
struct Group<'a> {
    level: Level<'a>,
    head: (&'a [u8], Range<usize>),
}

impl<'a> Level<'a> {
    /// Where the next field `number` lies in the batch.
    #[inline]
    fn next(&mut self, number: u32) -> Option<Range<usize>> {
        loop {
            let field = self.fields.next()?;
            if field.number == number
                && let Some(content) = field.content()
            {
                return Some(self.at.start + content.start..self.at.start + content.end);
            }
        }
    }
}

impl<'a> Group<'a> {
    fn none() -> Group<'a> {
        Group { level: Level { at: 0..0, fields: wire::fields(&[]) }, head: (&[], 0..0) }
    }

    /// The group at `at`; its head is field 1, wherever in the group it stands.
    fn open(otlp: &'a [u8], at: Range<usize>) -> Group<'a> {
        let level = Level { fields: wire::fields(&otlp[at.clone()]), at };
        let mut heads = level.clone();
        let mut head = level.at.start..level.at.start;
        while let Some(found) = heads.next(HEAD) {
            head = found;
        }
        Group { level, head: (&otlp[head.clone()], head) }
    }
}

/// `resource` in a resource group, `scope` in a scope group.
const HEAD: u32 = 1;
/// `resource_spans` and `resource_logs` in a request.
const RESOURCE_GROUPS: u32 = 1;
/// `scope_spans` and `scope_logs` in a resource group, `spans` and `log_records` in a scope group.
const MEMBERS: u32 = 2;

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            if let Some(at) = self.scope.level.next(MEMBERS) {
                return Some(Item {
                    signal: self.signal,
                    message: &self.otlp[at.clone()],
                    at,
                    resource: self.resource.head.clone(),
                    scope: self.scope.head.clone(),
                    resource_group: self.resource.level.at.clone(),
                    scope_group: self.scope.level.at.clone(),
                });
            }
            if let Some(at) = self.resource.level.next(MEMBERS) {
                self.scope = Group::open(self.otlp, at);
            } else {
                let at = self.top.next(RESOURCE_GROUPS)?;
                self.resource = Group::open(self.otlp, at);
                self.scope = Group::none();
            }
        }
    }
}
