//! What embedding shows of itself.

use super::Missed;
use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use std::time::Duration;

/// Handles are made once, under the recorder that is to have them.
#[derive(Clone)]
pub struct Metrics {
    /// Vectors made.
    made: Counter,
    /// Vectors that were known from an equal text.
    cached: Counter,
    /// Texts that got no vector, in the order of [`Missed::ALL`].
    missed: [Counter; Missed::ALL.len()],
    /// Time to make one vector.
    seconds: Histogram,
}

impl Metrics {
    pub fn new() -> Metrics {
        describe_counter!("sidelight_embed_vectors_total", "Vectors made.");
        describe_counter!("sidelight_embed_cached_vectors_total", "Vectors known from an equal text.");
        describe_counter!("sidelight_embed_missed_texts_total", "Texts that got no vector, by reason.");
        describe_histogram!("sidelight_embed_seconds", Unit::Seconds, "Time to make one vector.");
        Metrics {
            made: counter!("sidelight_embed_vectors_total"),
            cached: counter!("sidelight_embed_cached_vectors_total"),
            missed: Missed::ALL
                .map(|why| counter!("sidelight_embed_missed_texts_total", "reason" => why.reason())),
            seconds: histogram!("sidelight_embed_seconds"),
        }
    }

    pub(super) fn made(&self, took: Duration) {
        self.made.increment(1);
        self.seconds.record(took.as_secs_f64());
    }

    pub(super) fn cached(&self) {
        self.cached.increment(1);
    }

    pub(super) fn missed(&self, why: Missed, texts: u64) {
        self.missed[why as usize].increment(texts);
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}
