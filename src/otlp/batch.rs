//! One encoded export request: the thing that flows.

use super::{Splice, check, patch};
use bytes::Bytes;

/// What a batch carries. The discriminants are stored in queue records: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Signal {
    Traces = 1,
    Logs = 2,
    Metrics = 3,
}

/// What [`Batch::read`] refuses beyond malformed bytes. Nesting is limited as prost limits it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Spans, log records or metric data points in one request.
    pub max_items: u32,
}

/// Why bytes are not an export request of their signal: what is wrong, in which field, and where.
///
/// Reads as `invalid UTF-8 in resource_spans.scope_spans.spans.name at byte 812`. Never quotes content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} in {field} at byte {at}")]
pub struct Malformed {
    pub what: &'static str,
    /// Field names from the request down, dotted.
    pub field: String,
    /// Offset into the request, in bytes.
    pub at: usize,
}

/// One `Export{Trace,Logs,Metrics}ServiceRequest`, still encoded. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    signal: Signal,
    otlp: Bytes,
    items: u32,
}

impl Signal {
    pub const ALL: [Signal; 3] = [Signal::Traces, Signal::Logs, Signal::Metrics];

    /// `traces`, `logs` or `metrics`: the label value and the last part of the HTTP path.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Traces => "traces",
            Signal::Logs => "logs",
            Signal::Metrics => "metrics",
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_items: 100_000 }
    }
}

impl Batch {
    /// Accepts exactly the bytes that prost decodes as the signal's request, and counts its items:
    /// spans, log records or metric data points.
    pub fn read(signal: Signal, otlp: Bytes, limits: &Limits) -> Result<Batch, Malformed> {
        let items = check::count(signal, &otlp, limits)?;
        Ok(Batch { signal, otlp, items })
    }

    /// A batch out of bytes that [`Batch::read`] accepted before, with the count it gave.
    pub fn trusted(signal: Signal, otlp: Bytes, items: u32) -> Batch {
        Batch { signal, otlp, items }
    }

    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// The encoded request.
    pub fn otlp(&self) -> &Bytes {
        &self.otlp
    }

    /// Spans, log records or metric data points, as counted at the door.
    pub fn items(&self) -> u32 {
        self.items
    }

    /// The batch with `splices` applied. Everything that no splice names is kept byte for byte; a
    /// batch without splices shares its bytes with this one. Sorts `splices`. The count of items is
    /// kept: it takes no item out.
    pub fn patch(&self, splices: &mut [Splice]) -> Batch {
        if splices.is_empty() {
            return self.clone();
        }
        Batch { otlp: patch::apply(&self.otlp, splices).into(), ..*self }
    }
}
