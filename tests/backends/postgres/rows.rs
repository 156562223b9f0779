//! What a row holds, and that there is one of each.

use super::{START, config, exporter, send};
use crate::support::{Postgres, batch, call, span, whole_call};
use expect_test::expect;
use sidelight::llm::Record;
use sidelight::otlp::{Batch, Limits, Signal, json};

#[tokio::test]
async fn a_call_is_stored_once_however_often_it_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = exporter(&config(&postgres.url()));
    let calls: Vec<Record> = (0..50).map(|n| call(n, START + n)).collect();
    send(&exporter, &batch(&calls)).await;
    send(&exporter, &batch(&calls[25..])).await;
    send(&exporter, &batch(&[&calls[..], &calls[..]].concat())).await;
    assert_eq!(postgres.ask("SELECT count(*), sum(prompt_tokens) FROM llm_spans").await, "50|5000\n");
}

#[tokio::test]
async fn every_column_holds_what_its_field_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = exporter(&config(&postgres.url()));
    send(&exporter, &batch(&[whole_call(START)])).await;
    let row = postgres
        .ask(
            "SELECT span_id, trace_id, parent_span_id, schema_version, model, provider, service_name, endpoint, \
               environment, user_id, session_id, prompt_tokens, completion_tokens, latency_ms_ttft, latency_ms_total, \
               finish_reason, cost_usd_micro, price_version, token_count_method, is_sampled, retry_count, \
               attempted_models, pii_detected, injection_attempt, timestamp_utc AT TIME ZONE 'UTC', length(prompt_hash), \
               vector_dims(prompt_embedding), (prompt_embedding::real[])[384], response_embedding IS NULL, \
               otlp_span_id, name, kind, operation, dialects, duration_nano, is_error, finish_reasons, usage_counted, \
               cost_pico_usd, pii_types, resource->>'service.name', input_messages IS NULL \
             FROM llm_spans",
        )
        .await;
    let lines = row.trim_end().split('|').map(|column| format!("{column}\n")).collect::<String>();
    expect![[r#"
        00000000-0000-4000-8000-000000000001
        00000000-0000-4000-9000-000000000001
        00000000-0000-4000-8000-00000000abcd
        1
        gpt-4o
        openai
        shop
        /chat
        production
        with a � in it
        s1
        100
        20
        95
        5000000000
        tool_calls
        1000
        2026-01-01
        tiktoken
        t
        70000
        {gpt-4,"a 'quoted', \"twice\", {one}"}
        f
        t
        2026-09-21 14:13:20
        64
        384
        0.9973958
        t
        86a427757a31f2da
        chat gpt-4o
        chat
        chat
        {otel-semconv}
        5000000000000000
        f
        {tool_calls}
        t
        1000000000
        {}
        shop
        t
    "#]]
    .assert_eq(&lines);
}

#[tokio::test]
async fn what_was_said_is_stored_where_that_is_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let with = sidelight::export::postgres::Config { messages: true, ..config(&postgres.url()) };
    let said = r#"[{"role":"user","parts":[{"type":"text","content":"how \u0000 \\u0000 are you?"}]}]"#;
    let text = span(7, START).replace(
        r#""attributes":[
        {"key":"gen_ai.operation.name""#,
        &format!(
            r#""attributes":[{{"key":"gen_ai.input.messages","value":{{"stringValue":{}}}}},
        {{"key":"gen_ai.operation.name""#,
            serde_json::Value::from(said)
        ),
    );
    let otlp = json::read(Signal::Traces, text.as_bytes()).expect("OTLP/JSON");
    let batch = Batch::read(Signal::Traces, otlp.into(), &Limits::default()).expect("a request");
    send(&exporter(&with), &batch).await;
    let said = postgres.ask("SELECT input_messages->0->'parts'->0->>'content' FROM llm_spans").await;
    assert_eq!(said, "how \u{fffd} \\u0000 are you?\n");
}

#[tokio::test]
async fn without_pgvector_vectors_are_arrays() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start_without_pgvector(folder.path()).await else { return };
    let exporter = exporter(&config(&postgres.url()));
    let mut sampled = call(1, START);
    sampled.is_sampled = true;
    sampled.prompt_embedding = vec![0.5, 0.25];
    send(&exporter, &batch(&[sampled])).await;
    let row = postgres.ask("SELECT pg_typeof(prompt_embedding), prompt_embedding FROM llm_spans").await;
    assert_eq!(row, "real[]|{0.5,0.25}\n");
}
