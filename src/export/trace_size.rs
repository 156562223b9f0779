//! Bytes for each trace id over a while: Tempo says OK to spans of a trace that has grown too large, and
//! drops them afterwards.

use crate::otlp::{Batch, Signal};
use std::collections::HashMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Traces are remembered for one to two of these after their first span.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// Traces of one window; those past that are not watched.
const MOST_TRACES: usize = 16_384;

/// What was seen of traces lately.
pub struct TraceSizes {
    /// Told of from here on, in bytes: four fifths of what the peer keeps.
    warn_at: u64,
    /// Of this window and the one before.
    now: HashMap<[u8; 16], u64>,
    before: HashMap<[u8; 16], u64>,
    since: Option<Instant>,
}

impl TraceSizes {
    /// `most`: what the peer keeps of one trace, in bytes.
    pub fn new(most: u64) -> TraceSizes {
        TraceSizes { warn_at: most / 5 * 4, now: HashMap::new(), before: HashMap::new(), since: None }
    }

    /// Counts the spans of `batch`; gives the traces, in hex, that have just come near the limit.
    pub fn add(&mut self, batch: &Batch, at: Instant) -> Vec<String> {
        if batch.signal() != Signal::Traces {
            return Vec::new();
        }
        self.turn(at);
        let warn_at = self.warn_at;
        let mut large = Vec::new();
        for item in batch.walk() {
            let Ok(trace) = <[u8; 16]>::try_from(item.trace_id()) else {
                continue;
            };
            let Some(size) = self.size(trace) else { continue };
            let before = *size;
            *size += item.message.len() as u64;
            if before < warn_at && *size >= warn_at {
                large.push(hex(&trace));
            }
        }
        large
    }

    /// The count of `trace`, carried over from the last window; `None` where there is no room for one more.
    fn size(&mut self, trace: [u8; 16]) -> Option<&mut u64> {
        if self.now.len() >= MOST_TRACES && !self.now.contains_key(&trace) {
            return None;
        }
        Some(self.now.entry(trace).or_insert_with(|| self.before.remove(&trace).unwrap_or(0)))
    }

    fn turn(&mut self, at: Instant) {
        let since = *self.since.get_or_insert(at);
        if at.saturating_duration_since(since) >= WINDOW {
            self.before = std::mem::take(&mut self.now);
            self.since = Some(at);
        }
    }
}

fn hex(id: &[u8]) -> String {
    id.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;

    fn span(trace: u8, len: usize) -> Batch {
        let span = Span { trace_id: vec![trace; 16], name: "n".repeat(len), ..Span::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        let otlp = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        Batch::trusted(Signal::Traces, otlp.into(), 1)
    }

    #[test]
    fn a_trace_is_told_of_once_before_it_is_too_large() {
        let (mut sizes, start) = (TraceSizes::new(1000), Instant::now());
        assert!(sizes.add(&span(1, 500), start).is_empty());
        assert!(sizes.add(&span(2, 500), start).is_empty());
        assert_eq!(sizes.add(&span(1, 300), start + WINDOW), ["01".repeat(16)]);
        assert!(sizes.add(&span(1, 300), start + WINDOW).is_empty());
    }

    #[test]
    fn what_is_long_ago_does_not_count() {
        let (mut sizes, start) = (TraceSizes::new(1000), Instant::now());
        sizes.add(&span(1, 700), start);
        sizes.add(&span(2, 1), start + WINDOW);
        assert!(sizes.add(&span(1, 200), start + 2 * WINDOW).is_empty());
    }
}
