//! The records of a batch: one for each recognised span, for exporters that publish or store calls.

use crate::llm::Record;
use crate::otlp::Batch;
use crate::recognize::{self, Found};

/// What a record is to hold beside what every record holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The attributes of the span's resource.
    pub resource: bool,
    /// What was said.
    pub messages: bool,
}

/// The records of `batch` in wire order, each made when it is asked for. Log records and metrics have none.
pub fn read(batch: &Batch, extent: Extent) -> impl Iterator<Item = Record> {
    let record = move |found: Found<'_>| {
        let Found::Call(item, call) = found else { return None };
        item.span()?;
        let mut record = Record::of(&item, &call);
        if extent.resource {
            record.add_resource(&item);
        }
        if extent.messages {
            record.add_messages(&call);
        }
        Some(record)
    };
    recognize::find(batch).into_iter().filter_map(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::cost::Prices;
    use crate::enrich::{Config, Enricher};
    use crate::llm::record::testing::{full, predecessor, record};
    use crate::otlp::{Limits, Signal};
    use proptest::prelude::*;
    use std::time::SystemTime;

    const ALL: Extent = Extent { resource: true, messages: true };

    fn otlp(record: &Record) -> Batch {
        Batch::read(Signal::Traces, record.to_otlp().into(), &Limits::default()).unwrap()
    }

    fn read_one(batch: &Batch) -> Record {
        let mut records: Vec<Record> = read(batch, ALL).collect();
        assert_eq!(records.len(), 1);
        records.remove(0)
    }

    /// `record` with no more than the fields that the predecessor has.
    fn first_28(record: &Record) -> Record {
        let read = record.clone();
        Record {
            span_id: read.span_id,
            trace_id: read.trace_id,
            parent_span_id: read.parent_span_id,
            schema_version: read.schema_version,
            model: read.model,
            provider: read.provider,
            service_name: read.service_name,
            endpoint: read.endpoint,
            environment: read.environment,
            user_id: read.user_id,
            session_id: read.session_id,
            prompt_tokens: read.prompt_tokens,
            completion_tokens: read.completion_tokens,
            latency_ms_ttft: read.latency_ms_ttft,
            latency_ms_total: read.latency_ms_total,
            finish_reason: read.finish_reason,
            cost_usd_micro: read.cost_usd_micro,
            price_version: read.price_version,
            token_count_method: read.token_count_method,
            is_sampled: read.is_sampled,
            retry_count: read.retry_count,
            attempted_models: read.attempted_models,
            pii_detected: read.pii_detected,
            injection_attempt: read.injection_attempt,
            timestamp_utc: read.timestamp_utc,
            prompt_hash: read.prompt_hash,
            prompt_embedding: read.prompt_embedding,
            response_embedding: read.response_embedding,
            ..Record::default()
        }
    }

    #[test]
    fn a_record_of_a_span_comes_back_whole() {
        let reported = Record { tokens_method: "reported".to_string(), token_count_method: 0, ..full() };
        let free = Record { pii_detected: false, pii_types: Vec::new(), pii_counts: Vec::new(), ..reported };
        // What it never had: a chat is no tool, and the text of a message has no id.
        let mut free = Record { tool_name: String::new(), ..free };
        free.input_messages[0].parts[0].id.clear();
        free.input_messages[0].parts[0].name.clear();
        let read = read_one(&otlp(&free));
        free.resource.extend(read.resource.clone());
        assert_eq!(read, free);
    }

    #[test]
    fn enrichment_changes_nothing_in_a_record_that_was_enriched() {
        let enricher = Enricher::build(&Config::default(), Prices::builtin());
        let first = read_one(&enricher.apply(&otlp(&record()), SystemTime::now()).batch);
        let again = enricher.apply(&otlp(&first), SystemTime::now()).batch;
        assert_eq!(read_one(&again), first);
    }

    proptest! {
        #[test]
        fn a_record_of_the_predecessor_comes_back_by_all_of_its_fields(record in predecessor()) {
            prop_assert_eq!(first_28(&read_one(&otlp(&record))), first_28(&record));
        }

        #[test]
        fn what_was_once_a_span_stays_the_same_record(record in predecessor()) {
            let first = read_one(&otlp(&record));
            prop_assert_eq!(read_one(&otlp(&first)), first);
        }
    }
}
