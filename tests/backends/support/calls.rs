//! Calls with known figures, as batches that an exporter is given.

use bytes::Bytes;
use sidelight::llm::Record;
use sidelight::otlp::{Batch, Limits, Signal};

/// One call: the `n`th of its test, begun at `start` (nanoseconds since 1970).
pub fn call(n: u64, start: u64) -> Record {
    let mut record = Record {
        span_id: format!("00000000-0000-4000-8000-{n:012x}"),
        trace_id: Some(format!("00000000-0000-4000-9000-{n:012x}")),
        schema_version: 1,
        model: "gpt-4o".to_string(),
        provider: "openai".to_string(),
        service_name: "shop".to_string(),
        endpoint: "/chat".to_string(),
        prompt_tokens: 100,
        completion_tokens: 20,
        latency_ms_total: 500,
        cost_usd_micro: 1000,
        price_version: "2026-01-01".to_string(),
        ..Record::default()
    };
    record.begin(start);
    record
}

/// All of them in one batch.
pub fn batch(calls: &[Record]) -> Batch {
    let otlp: Vec<u8> = calls.iter().flat_map(Record::to_otlp).collect();
    Batch::read(Signal::Traces, Bytes::from(otlp), &Limits::default()).expect("an export request")
}

/// A call as OTLP/JSON: one request of one span with an id and a time.
pub fn span(id: u64, start: u64) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeSpans":[{{"spans":[{{
        "traceId":"{id:032x}","spanId":"{id:016x}","name":"chat gpt-4o","kind":3,"startTimeUnixNano":"{start}","endTimeUnixNano":"{}","attributes":[
        {{"key":"gen_ai.operation.name","value":{{"stringValue":"chat"}}}},{{"key":"gen_ai.provider.name","value":{{"stringValue":"openai"}}}},
        {{"key":"gen_ai.request.model","value":{{"stringValue":"gpt-4o"}}}},{{"key":"gen_ai.usage.input_tokens","value":{{"intValue":"12"}}}},
        {{"key":"gen_ai.usage.output_tokens","value":{{"intValue":"3"}}}}]}}]}}]}}]}}"#,
        start + 1_000_000
    )
}
