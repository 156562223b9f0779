//! The records of a batch: one for each recognised span and each log record that is a call of its own, for exporters
//! that publish or store calls.

use crate::llm::{Call, Record};
use crate::otlp::{Batch, Item, Signal};
use crate::recognize::{self, Found};

/// What a record is to hold beside what every record holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The attributes of the span's resource.
    pub resource: bool,
    /// What was said.
    pub messages: bool,
}

/// Whether batches of `signal` may have records.
pub fn may_have(signal: Signal) -> bool {
    signal != Signal::Metrics
}

/// Whether `item` has a record. A log record has one where it is all that tells of a call; any other is part of what
/// a span tells.
pub fn is_call(item: &Item<'_>, call: &Call<'_>) -> bool {
    item.span().is_some() || call.model_call
}

/// The records of `batch` in wire order, each made when it is asked for.
pub fn read(batch: &Batch, extent: Extent) -> impl Iterator<Item = Record> {
    let record = move |found: Found<'_>| {
        let Found::Call(item, call) = found else { return None };
        if !is_call(&item, &call) {
            return None;
        }
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
    use crate::llm::record::testing::{full, logs_of_a_call, predecessor, record};
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

    fn enriched(batch: &Batch) -> Batch {
        Enricher::build(&Config::default(), Prices::builtin()).apply(batch, SystemTime::now()).batch
    }

    /// What a log record tells of a call, read and written again as a gateway does it.
    fn check_log(span: &str) {
        let first = read_one(&enriched(&logs_of_a_call(span, "")));
        assert_eq!((first.model.as_str(), first.provider.as_str()), ("claude-sonnet-4-5", "anthropic"));
        assert_eq!((first.prompt_tokens, first.completion_tokens, first.cost_usd_micro), (12, 345, 37_100));
        assert_eq!(
            (first.timestamp_utc.as_str(), first.latency_ms_total),
            ("2023-11-14T22:13:20.500000Z", 2000)
        );
        assert_eq!((first.service_name.as_str(), first.kind.as_str()), ("claude-code", "chat"));
        let second = read_one(&enriched(&otlp(&first)));
        assert_eq!(second.record_id(), first.record_id());
        let known = Record { otlp_trace_id: second.otlp_trace_id.clone(), ..first };
        assert_eq!(second, Record { resource: second.resource.clone(), ..known });
    }

    #[test]
    fn a_log_record_that_is_a_call_has_a_record_and_one_that_only_adds_to_it_has_none() {
        check_log("");
        check_log("5eed000000000001");
        let inside = read_one(&logs_of_a_call("5eed000000000001", ""));
        assert_eq!(inside.parent_span_id.as_deref(), Some("00000000-0000-0000-5eed-000000000001"));
        assert_ne!(inside.span_id, read_one(&logs_of_a_call("", "")).span_id);
    }

    #[test]
    fn a_log_record_is_known_by_what_its_app_wrote() {
        let id = |more: &str| read_one(&logs_of_a_call("", more)).record_id();
        let ours = r#",{"key":"sidelight.embedding.model","value":{"stringValue":"m"}},{"key":"llm.is_sampled","value":{"boolValue":true}}"#;
        let theirs = r#",{"key":"request_id","value":{"stringValue":"r"}}"#;
        assert_eq!(id(ours), id(""));
        assert_eq!(id(&format!("{ours}{theirs}{ours}")), id(theirs));
        assert_ne!(id(theirs), id(""));
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
