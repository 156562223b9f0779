//! What enrichment shows of itself.

use super::cost::Unpriced;
use super::{Enriched, scan};
use crate::llm::Odd;
use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use std::collections::BTreeMap;
use std::time::Duration;

/// Handles are made once, under the recorder that is to have them.
#[derive(Clone)]
pub struct Metrics {
    /// Personal data and secrets found, by type.
    findings: BTreeMap<&'static str, Counter>,
    /// Those of types that a user has named since.
    findings_of_others: Counter,
    /// Time to enrich a batch that holds LLM calls.
    seconds: Histogram,
    /// Items whose scan failed and whose text was withheld.
    withheld: Counter,
    /// Recognised items with something odd about them, by reason.
    odd: [Counter; Odd::ALL.len()],
    /// Model calls without a cost, by reason.
    unpriced: [Counter; Unpriced::ALL.len()],
}

impl Metrics {
    pub fn new() -> Metrics {
        describe_counter!("sidelight_pii_findings_total", "Personal data and secrets found, by type.");
        describe_histogram!(
            "sidelight_enrich_seconds",
            Unit::Seconds,
            "Time to enrich a batch that holds LLM calls."
        );
        describe_counter!(
            "sidelight_enrich_withheld_items_total",
            "Items whose scan failed and whose text was withheld."
        );
        describe_counter!(
            "sidelight_recognize_odd_items_total",
            "Recognised spans and log records that no library should send so, by reason."
        );
        describe_counter!("sidelight_enrich_unpriced_calls_total", "Model calls without a cost, by reason.");
        let finding = |kind| (kind, counter!("sidelight_pii_findings_total", "type" => kind));
        Metrics {
            findings: scan::types().map(finding).collect(),
            findings_of_others: finding("other").1,
            seconds: histogram!("sidelight_enrich_seconds"),
            withheld: counter!("sidelight_enrich_withheld_items_total"),
            odd: Odd::ALL
                .map(|odd| counter!("sidelight_recognize_odd_items_total", "reason" => odd.reason())),
            unpriced: Unpriced::ALL
                .map(|why| counter!("sidelight_enrich_unpriced_calls_total", "reason" => why.reason())),
        }
    }

    /// Counts what a batch brought, once per batch. `took` is the time that enriching it needed.
    pub fn record(&self, enriched: &Enriched, took: Duration) {
        self.seconds.record(took.as_secs_f64());
        self.withheld.increment(u64::from(enriched.withheld));
        for (kind, count) in &enriched.findings {
            self.findings.get(kind).unwrap_or(&self.findings_of_others).increment(u64::from(*count));
        }
        for (counter, count) in self.odd.iter().zip(enriched.odd) {
            counter.increment(u64::from(count));
        }
        for (counter, why) in self.unpriced.iter().zip(Unpriced::ALL) {
            let calls = enriched.unpriced.iter().filter(|found| **found == why).count();
            counter.increment(calls as u64);
        }
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}
