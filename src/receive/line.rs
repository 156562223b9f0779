//! What a batch goes through between the door and the disk.

use super::LlmMetrics;
use crate::enrich::{self, Enriched, Enricher};
use crate::otlp::{Batch, Signal};
use crate::queue::{PushError, Queue, Record};
use crate::recognize::memory::Memory;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

/// Recognise, enrich, store.
///
/// A trait so that tests can lay faults here that [`Standard`] never shows on request: a panic, a disk
/// that fails, a push that hangs.
pub trait Line: Send + Sync + 'static {
    /// Whether [`Line::enrich`] has anything to do. Quick.
    fn concerns(&self, batch: &Batch) -> bool;

    /// Makes the batch safe and useful. May take milliseconds.
    fn enrich(&self, batch: &Batch, now: SystemTime) -> Enriched;

    /// Ready once the record is as safe as the queue promises.
    fn push(&self, record: Record) -> BoxFuture<'_, Result<(), PushError>>;

    /// Hears of items of `signal` that were accepted and left out on purpose.
    fn left_out(&self, signal: Signal, items: u32);

    /// Hears of each batch that was stored, for metrics. `took` is the time that enriching it needed,
    /// `None` where there was nothing to do.
    fn stored(&self, enriched: Enriched, took: Option<Duration>);
}

/// The enricher in force, which can be exchanged at any time: each batch is enriched by one of them throughout.
/// Cloning shares it.
#[derive(Clone)]
pub struct Live(Arc<RwLock<Enricher>>);

impl Live {
    pub fn new(enricher: Enricher) -> Live {
        Live(Arc::new(RwLock::new(enricher)))
    }

    /// The one in force now.
    pub fn get(&self) -> Enricher {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has batches enriched by `enricher` from now on.
    pub fn set(&self, enricher: Enricher) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = enricher;
    }
}

/// The line of the running agent.
pub struct Standard {
    pub enricher: Live,
    pub queue: Queue,
    pub metrics: enrich::Metrics,
    pub calls: LlmMetrics,
    pub memory: Memory,
}

impl Line for Standard {
    fn concerns(&self, batch: &Batch) -> bool {
        self.enricher.get().concerns(batch)
    }

    fn enrich(&self, batch: &Batch, now: SystemTime) -> Enriched {
        self.enricher.get().apply_in(batch, now, Some(&self.memory))
    }

    fn push(&self, record: Record) -> BoxFuture<'_, Result<(), PushError>> {
        self.queue.push(record).boxed()
    }

    fn left_out(&self, signal: Signal, items: u32) {
        self.queue.left_out(signal as u8, items.into(), "sampled");
    }

    /// Nothing is counted before it is stored, so that a batch that was refused and came again counts once.
    /// Nor is anything remembered.
    fn stored(&self, enriched: Enriched, took: Option<Duration>) {
        if let Some(took) = took {
            self.metrics.record(&enriched, took);
            self.calls.record(&enriched.calls);
            self.memory.learn(enriched.learnt, SystemTime::now());
        }
    }
}
