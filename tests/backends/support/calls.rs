//! Calls with known figures, as batches that an exporter is given.

use bytes::Bytes;
use sidelight::llm::record::{Message, Part};
use sidelight::llm::{Environment, FinishReason, Record, TokenCountMethod};
use sidelight::otlp::{Batch, Limits, Signal};
use std::time::{SystemTime, UNIX_EPOCH};

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

/// The first call of its test with all that a call of the predecessor can have, numbers past what was too narrow there
/// and characters that a store may trip over.
pub fn whole_call(start: u64) -> Record {
    Record {
        parent_span_id: Some("00000000-0000-4000-8000-00000000abcd".to_string()),
        environment: Environment::Production as i32,
        user_id: Some("with a \0 in it".to_string()),
        session_id: Some("s1".to_string()),
        latency_ms_total: 5_000_000_000,
        latency_ms_ttft: Some(95),
        finish_reason: FinishReason::ToolCalls as i32,
        token_count_method: TokenCountMethod::Tiktoken as i32,
        is_sampled: true,
        retry_count: 70_000,
        attempted_models: vec!["gpt-4".to_string(), "a 'quoted', \"twice\", {one}".to_string()],
        injection_attempt: true,
        prompt_hash: Some("a".repeat(64)),
        prompt_embedding: (0..384).map(|n| n as f32 / 384.0).collect(),
        ..call(1, start)
    }
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

const DAY_NS: u64 = 86_400_000_000_000;

/// What the queries of `docs/queries` are asked over: calls of yesterday noon and of the noon before.
pub fn known_calls() -> Vec<Record> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    let midnight = now - now % DAY_NS;
    let (yesterday, before) = (midnight - DAY_NS / 2, midnight - DAY_NS * 3 / 2);
    let bank = |n| Record { service_name: "bank".into(), model: "gpt-4o-mini".into(), ..call(n, yesterday) };
    let said = |text: &str| {
        let parts = vec![Part { r#type: "text".into(), content: text.into(), ..Part::default() }];
        vec![Message { role: "user".into(), parts }]
    };
    let with_vector = |n, vector: [f32; 2]| Record {
        is_sampled: true,
        prompt_embedding: vector.into_iter().chain([0.0; 382]).collect(),
        embedding_model: "all-MiniLM-L6-v2".to_string(),
        ..call(n, before)
    };
    let with_pii = |types: &[&str], counts: &[i64], of: Record| Record {
        pii_detected: true,
        pii_types: types.iter().map(|kind| kind.to_string()).collect(),
        pii_counts: counts.to_vec(),
        ..of
    };
    vec![
        Record { latency_ms_total: 9000, input_messages: said("why so slow?"), ..call(1, yesterday) },
        Record { status_code: 2, retry_count: 3, ..call(2, yesterday) },
        with_pii(&["EMAIL_ADDRESS", "IP_ADDRESS"], &[2, 1], call(3, before)),
        with_pii(&["EMAIL_ADDRESS"], &[1], bank(4)),
        Record {
            injection_attempt: true,
            injection_score: Some(0.75),
            injection_rules: vec!["override".into()],
            user_id: Some("u1".into()),
            cost_usd_micro: 250,
            ..bank(5)
        },
        with_vector(6, [1.0, 0.0]),
        with_vector(7, [0.8, 0.6]),
        with_vector(8, [0.0, 1.0]),
    ]
}
