//! What we add to a recognised batch, and what we take out of it: one fixed line of steps.
//!
//! No I/O, no clock but the one given, and it cannot fail: what cannot be scanned is withheld.

pub mod cost;
pub mod count;
pub mod redact;
pub mod sample;
pub mod scan;

use crate::otlp::Batch;
use std::time::SystemTime;

/// The settings of the section `enrich`, built once. Cloning shares it.
#[derive(Clone)]
pub struct Enricher {}

/// A batch made safe and useful, and what was learnt on the way.
pub struct Enriched {
    pub batch: Batch,
    /// One per recognised item, for metrics. Holds numbers, flags and capped names; no text.
    pub calls: Vec<CallFacts>,
    /// Findings by type name, over the whole batch.
    pub findings: Vec<(&'static str, u32)>,
    /// Items whose scan failed and whose text was withheld.
    pub withheld: u32,
    /// Whether some item is sampled and PII-free, so that a lane may have a prompt to embed.
    pub embeddable: bool,
}

/// What the LLM metrics need to know of one recognised item.
#[derive(Clone, Debug, Default)]
pub struct CallFacts {
    pub service: String,
    pub model: String,
    pub provider: String,
    pub operation: String,
    pub model_call: bool,
    pub usage_counted: bool,
    pub error: bool,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// Pico-dollars.
    pub cost_pico_usd: Option<u128>,
    pub duration_ms: Option<f64>,
    pub time_to_first_chunk_ms: Option<f64>,
    pub finish_reason: Option<String>,
    pub pii: bool,
    pub injection: bool,
    /// It carried our attributes already: it was counted by the Sidelight that wrote them.
    pub enriched_before: bool,
}

impl Enricher {
    /// Runs the line over every recognised item: count, cost, ttft, media, scan, redact, sample, hash.
    ///
    /// A batch with nothing to find comes back sharing its bytes. `now` is the only clock.
    pub fn apply(&self, batch: &Batch, now: SystemTime) -> Enriched {
        let _ = (batch, now);
        todo!()
    }
}
