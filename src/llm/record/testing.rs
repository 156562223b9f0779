//! Records to test with.

use super::*;
use crate::otlp::{Batch, Limits, Signal};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// One of the predecessor's records.
pub fn record() -> Record {
    let mut record = Record {
        span_id: "123e4567-e89b-42d3-a456-426614174000".to_string(),
        trace_id: Some("0b1f8e0a-1111-4222-8333-444455556666".to_string()),
        schema_version: 1,
        model: "gpt-4o".to_string(),
        provider: "openai".to_string(),
        service_name: "svc".to_string(),
        endpoint: "/chat".to_string(),
        environment: Environment::Production as i32,
        user_id: Some("u1".to_string()),
        prompt_tokens: 150,
        completion_tokens: 50,
        latency_ms_ttft: Some(95),
        latency_ms_total: 450,
        finish_reason: FinishReason::Stop as i32,
        cost_usd_micro: 1500,
        price_version: "2025-01-15".to_string(),
        token_count_method: TokenCountMethod::Tiktoken as i32,
        is_sampled: true,
        retry_count: 2,
        attempted_models: vec!["gpt-4".to_string(), "gpt-4o".to_string()],
        injection_attempt: true,
        prompt_hash: Some("a".repeat(64)),
        prompt_embedding: vec![0.5],
        ..Record::default()
    };
    record.begin(1_700_000_000_500_000_000);
    record
}

/// As Claude Code tells of a call that stands in the span `span` (hex; in none where it is empty): what was asked, and
/// the call itself with `more` attributes (JSON).
pub fn logs_of_a_call(span: &str, more: &str) -> Batch {
    let trace = if span.is_empty() { "" } else { "5eed0000000000000000000000000001" };
    let ids = format!(r#""timeUnixNano":"1700000002500000000","traceId":"{trace}","spanId":"{span}""#);
    let text = |key: &str, value: &str| format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#);
    let call = [
        text("event.name", "api_request"),
        text("model", "claude-sonnet-4-5"),
        text("input_tokens", "12"),
        text("output_tokens", "345"),
        text("cost_usd", "0.0371"),
        text("duration_ms", "2000"),
        text("session.id", "s-1"),
    ]
    .join(",");
    let asked = [text("event.name", "user_prompt"), text("prompt", "so it goes")].join(",");
    let json = format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{}]}},"scopeLogs":[{{"scope":{{"name":"com.anthropic.claude_code.events"}},
        "logRecords":[{{{ids},"attributes":[{asked}]}},{{{ids},"attributes":[{call}{more}]}}]}}]}}]}}"#,
        text("service.name", "claude-code")
    );
    let otlp = crate::otlp::json::read(Signal::Logs, json.as_bytes()).expect("OTLP/JSON");
    Batch::read(Signal::Logs, otlp.into(), &Limits::default()).expect("a request")
}

/// A record with something in every field, no two the same.
pub fn full() -> Record {
    let message = |role: &str, kind: &str, content: &str| Message {
        role: role.to_string(),
        parts: vec![Part {
            r#type: kind.to_string(),
            content: content.to_string(),
            id: "call-1".to_string(),
            name: "search".to_string(),
        }],
    };
    let mut record = Record {
        parent_span_id: Some("00000000-0000-0000-0000-00000000000b".to_string()),
        session_id: Some("s1".to_string()),
        pii_detected: true,
        response_embedding: vec![0.25, -0.125],
        otlp_trace_id: vec![1; 16],
        otlp_span_id: vec![2; 8],
        otlp_parent_span_id: vec![3; 8],
        trace_flags: 0x101,
        trace_state: "a=b".to_string(),
        name: "chat".to_string(),
        span_kind: 3,
        duration_nano: 450_000_001,
        time_to_first_chunk_nano: Some(95_000_002),
        status_code: 2,
        status_message: "late".to_string(),
        kind: "chat".to_string(),
        dialects: vec!["semconv".to_string()],
        operation: "chat".to_string(),
        request_model: "gpt-4o".to_string(),
        response_model: "gpt-4o-2024-08-06".to_string(),
        finish_reasons: vec!["stop".to_string()],
        tool_name: "search".to_string(),
        dimensions: Some(384),
        inputs: Some(2),
        usage_counted: true,
        input_tokens: Some(150),
        output_tokens: Some(50),
        tokens_method: "tokenizer:o200k".to_string(),
        cache_read_tokens: Some(11),
        cache_write_tokens: Some(12),
        reasoning_tokens: Some(13),
        audio_input_tokens: Some(14),
        audio_output_tokens: Some(15),
        cost_pico_usd: Some(1_500_000_000),
        cost_input_pico_usd: Some(1_000_000_000),
        cost_output_pico_usd: Some(500_000_000),
        cost_price_version: "2026-11-01".to_string(),
        pii_types: vec!["EMAIL_ADDRESS".to_string()],
        pii_counts: vec![2],
        pii_action: "mask".to_string(),
        injection_score: Some(0.75),
        injection_rules: vec!["override".to_string()],
        embedding_model: "minilm".to_string(),
        text_embeddings: vec![Vector { values: vec![1.5] }, Vector::default()],
        resource: [("host.name".to_string(), "h".to_string())].into(),
        input_messages: vec![message("user", "text", "hi")],
        output_messages: vec![message("assistant", "tool_call", "{}")],
        tags: vec!["nightly".to_string()],
        metadata: r#"{"team":"search"}"#.to_string(),
        ..record()
    };
    record.begin(1_700_000_000_500_000_001);
    record
}

/// Records of the predecessor, as its rules allow them.
pub fn predecessor() -> impl Strategy<Value = Record> {
    let uuid = || any::<u128>().prop_map(|n| crate::llm::Uuid(n.to_be_bytes()).to_string());
    let word = || "[a-z][a-z0-9./-]{0,12}";
    let ids = (uuid(), option::of(uuid()), option::of(uuid()));
    let provider = || prop::sample::select(vec!["openai".to_string(), "anthropic".to_string()]);
    let names = (word(), provider(), word(), word(), option::of(word()), option::of(word()), word());
    let counts = (
        1..1_000_000_000_i64,
        0..1_000_000_000_i64,
        option::of(0..1_000_000_i64),
        1..1_000_000_i64,
        0..9_000_000_000_i64,
    );
    let words = (0..4_i32, 0..8_i32, 0..3_i32);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let rest = (0..100_i64, vec(word(), 0..3), 1..4_000_000_000_000_000_u64, option::of("[0-9a-f]{64}"));
    (ids, names, counts, words, flags, rest, vec(-1_f32..1_f32, 0..4)).prop_map(
        |(ids, names, counts, words, flags, rest, vector)| {
            let free = flags.0 && !flags.1;
            let mut record = Record {
                span_id: ids.0,
                trace_id: ids.1,
                parent_span_id: ids.2,
                schema_version: 1,
                model: names.0,
                provider: names.1,
                service_name: names.2,
                endpoint: names.3,
                user_id: names.4,
                session_id: names.5,
                price_version: names.6,
                prompt_tokens: counts.0,
                completion_tokens: counts.1,
                latency_ms_ttft: counts.2,
                latency_ms_total: counts.3,
                cost_usd_micro: counts.4,
                environment: words.0,
                finish_reason: words.1,
                token_count_method: words.2,
                is_sampled: flags.0,
                pii_detected: flags.1,
                injection_attempt: flags.2,
                retry_count: rest.0,
                attempted_models: rest.1,
                prompt_hash: rest.3.filter(|_| free),
                prompt_embedding: vector.iter().copied().filter(|_| free).collect(),
                response_embedding: vector.into_iter().filter(|_| free).collect(),
                ..Record::default()
            };
            record.begin(rest.2 * 1000);
            record
        },
    )
}
