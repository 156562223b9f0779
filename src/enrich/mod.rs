//! What we add to a recognised batch, and what we take out of it: one fixed line of steps.
//!
//! No I/O, no clock but the one given, and it cannot fail: what cannot be scanned is withheld.

mod allow;
mod chunks;
mod config;
pub mod cost;
pub mod count;
mod explain;
mod facts;
mod figures;
mod files;
mod flags;
mod given;
pub mod hash;
mod line;
pub mod media;
mod metrics;
mod normal;
mod own;
pub mod patterns;
pub mod redact;
pub mod sample;
pub mod scan;
#[cfg(test)]
mod tests;
mod texts;

pub use config::{Aliases, Config, Media, Messages, Scope};
pub use explain::{Explained, Fate, Known, Seen};
pub use facts::CallFacts;
pub use files::{Files, LoadError};
pub use metrics::Metrics;

use crate::llm::{Odd, Oddities};
use crate::otlp::{Batch, Item, Splice};
use crate::recognize::memory::{Flags, Learnt, Memory};
use crate::recognize::{self, Found};
use cost::Unpriced;
use line::{Line, Outcome};
use normal::Fill;
use redact::{Redactor, Tally};
use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;
use texts::Texts;

/// The settings of the section `enrich`, built once. Cloning shares it.
#[derive(Clone)]
pub struct Enricher(Arc<Line>);

/// A batch made safe and useful, and what was learnt on the way.
pub struct Enriched {
    pub batch: Batch,
    /// One per recognised span, for metrics. Holds numbers, flags and capped names; no text.
    pub calls: Vec<CallFacts>,
    /// Findings by type name, over the whole batch.
    pub findings: Vec<(&'static str, u32)>,
    /// Items whose scan failed, in part or as a whole, and whose text was withheld.
    pub withheld: u32,
    /// How many recognised items had something odd about them, for each of [`Odd::ALL`].
    pub odd: [u32; Odd::ALL.len()],
    /// Why model calls of it have no cost.
    pub unpriced: Vec<Unpriced>,
    /// Whether some item is sampled and PII-free, so that a lane may have a prompt to embed.
    pub embeddable: bool,
    /// Items that export sampling has left out of `batch`.
    pub left_out: u32,
    /// For the memory, once the batch is stored.
    pub learnt: Learnt,
}

impl Enricher {
    /// `files` are those that `config` names: [`Files::load`] reads them. Prices alone will do.
    pub fn build(config: &Config, files: impl Into<Files>) -> Enricher {
        let Files { prices, patterns, tokenizers } = files.into();
        let redactor = patterns.redactor(&config.pii, &config.injection);
        Enricher(Arc::new(Line {
            texts: Texts { redactor, keep_media: config.media == Media::Keep },
            prices,
            scope: config.scope,
            tokenizers: config.tokens.count_when_missing.then_some(tokenizers),
            gate: sample::Gate::build(&config.sample),
            exports: sample::Exports::build(&config.sample.export),
            aliases: config.aliases != Aliases::Off,
            fill: Fill {
                messages: config.normalize.messages == Messages::Add,
                older: config.aliases == Aliases::All,
            },
        }))
    }

    /// Whether [`Enricher::apply`] may have anything to do. Takes a fraction of its time.
    pub fn concerns(&self, batch: &Batch) -> bool {
        self.0.scope == Scope::All || self.0.exports.is_some() || recognize::concerns(batch)
    }

    /// Whether the span whose id was given as text is sampled, by the percentage of all.
    pub fn samples(&self, span_id: &str) -> bool {
        self.0.gate.takes_text(span_id)
    }

    /// Whether the span with this OTLP id is sampled, of a call of that service and model.
    pub fn samples_otlp(&self, span_id: &[u8], service: &str, model: &str) -> bool {
        self.0.gate.takes(span_id, service, model, sample::Traits::default())
    }

    /// What is found in one text as a user might write it, and what would be passed on.
    pub fn scan(&self, text: &str) -> redact::Report {
        redact::report(&self.0.texts.redactor, text)
    }

    /// What masks words that are no span's, such as a peer's error: every type and pattern of the settings, and more.
    pub fn strict(&self) -> Redactor {
        self.0.texts.redactor.strict()
    }

    /// Runs the line over every recognised item: count, cost, ttft, media, scan, redact, sample, hash; then leaves
    /// out what is not to be exported.
    /// What may carry its prompt, and the resources and scopes above it, are scanned and redacted.
    ///
    /// A batch with nothing to find comes back sharing its bytes. `now` is the only clock.
    pub fn apply(&self, batch: &Batch, now: SystemTime) -> Enriched {
        self.apply_in(batch, now, None)
    }

    /// As [`apply`](Enricher::apply), in the light of what came before. What is learnt of the batch is to be
    /// given to `memory` once the batch is stored.
    pub fn apply_in(&self, batch: &Batch, now: SystemTime, memory: Option<&Memory>) -> Enriched {
        let line = &self.0;
        let found = recognize::find_in(batch, memory);
        let mut work = Work::new(batch);
        let mut flags = Vec::with_capacity(found.len());
        for found in &found {
            flags.push(match found {
                Found::Call(item, call) => {
                    let (known, seen) = memory.map(|memory| memory.of(found)).unwrap_or_default();
                    let flags = work.guarded(item, || {
                        line.call(batch, item, call, now, line::Known { flags: known, seen })
                    });
                    work.above(item, line);
                    work.odd(call.odd);
                    flags
                }
                Found::Carrier(item) => work.guarded(item, || line.carrier(batch, item)),
            });
        }
        work.enriched.learnt = memory.map(|memory| memory.lessons(&found, &flags)).unwrap_or_default();
        if line.scope == Scope::All {
            for item in not_found(batch, &found) {
                work.guarded(&item, || line.other(batch, &item));
                work.above(&item, line);
            }
        }
        work.done(line.exports.as_ref())
    }
}

impl Enriched {
    /// A batch in which there was nothing to do.
    pub fn untouched(batch: Batch) -> Enriched {
        Enriched {
            batch,
            calls: Vec::new(),
            findings: Vec::new(),
            withheld: 0,
            odd: [0; Odd::ALL.len()],
            unpriced: Vec::new(),
            embeddable: false,
            left_out: 0,
            learnt: Learnt::default(),
        }
    }
}

/// A batch on its way through the line.
struct Work<'b> {
    batch: &'b Batch,
    splices: Vec<Splice>,
    tally: Tally,
    enriched: Enriched,
    /// Where the last resource and scope group lie that were scanned: items of one stand together.
    resource: Range<usize>,
    scope: Range<usize>,
    /// Ids of traces that are exported whatever the share.
    kept: HashSet<Vec<u8>>,
}

impl<'b> Work<'b> {
    fn new(batch: &'b Batch) -> Work<'b> {
        let enriched = Enriched::untouched(batch.clone());
        Work {
            batch,
            splices: Vec::new(),
            tally: Tally::default(),
            enriched,
            resource: 0..0,
            scope: 0..0,
            kept: HashSet::new(),
        }
    }

    /// Takes in what `enrich` makes of `item`, and gives its flags; where it panics, every text of the item is
    /// withheld.
    fn guarded(&mut self, item: &Item<'_>, enrich: impl FnOnce() -> Outcome) -> Flags {
        let Ok(outcome) = catch_unwind(AssertUnwindSafe(enrich)) else {
            self.splices.extend(texts::withheld(self.batch, item));
            self.enriched.withheld += 1;
            return Flags::default();
        };
        if outcome.keep {
            self.kept.insert(item.trace_id().to_vec());
        }
        self.splices.extend(outcome.splices);
        self.enriched.calls.extend(outcome.facts);
        self.enriched.unpriced.extend(outcome.unpriced);
        self.enriched.embeddable |= outcome.embeddable;
        self.enriched.withheld += u32::from(outcome.tally.withheld > 0);
        self.tally.merge(outcome.tally);
        outcome.flags
    }

    fn odd(&mut self, odd: Oddities) {
        for (count, which) in self.enriched.odd.iter_mut().zip(Odd::ALL) {
            *count += u32::from(odd.has(which));
        }
    }

    /// Scans the resource and the scope above `item`, once each.
    fn above(&mut self, item: &Item<'_>, line: &Line) {
        if self.resource != item.resource_group {
            self.resource = item.resource_group.clone();
            let scanned = line.texts.resource(self.batch, self.resource.clone(), &mut self.tally);
            self.splices.extend(scanned);
        }
        if self.scope != item.scope_group {
            self.scope = item.scope_group.clone();
            let scanned = line.texts.scope(self.batch, self.scope.clone(), &mut self.tally);
            self.splices.extend(scanned);
        }
    }

    /// Sampling comes last: what is left out was counted and looked at like the rest.
    fn done(mut self, exports: Option<&sample::Exports>) -> Enriched {
        let batch = self.batch.patch(&mut self.splices);
        (self.enriched.batch, self.enriched.left_out) = match exports {
            Some(exports) => exports.apply(batch, &self.kept),
            None => (batch, 0),
        };
        self.enriched.findings = self.tally.findings;
        self.enriched
    }
}

/// The items of `batch` that are not among `found`; both are in wire order.
fn not_found<'b>(batch: &'b Batch, found: &[Found<'b>]) -> impl Iterator<Item = Item<'b>> {
    let starts: Vec<usize> = found
        .iter()
        .map(|found| match found {
            Found::Call(item, _) | Found::Carrier(item) => item.at.start,
        })
        .collect();
    batch.walk().filter(move |item| starts.binary_search(&item.at.start).is_err())
}
