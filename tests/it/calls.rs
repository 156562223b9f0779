//! `sidelight calls` on a store that an exporter has written.

use expect_test::{Expect, expect};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use sidelight::export::local::{Calls, Config, Filter};
use sidelight::export::{Settings, Verdict};
use sidelight::otlp::{Batch, Signal};
use sidelight::recognize::{self, Found};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_string(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn chat(n: u8, model: &str, pii: bool) -> Span {
    use any_value::Value::{BoolValue, DoubleValue, IntValue, StringValue};
    Span {
        trace_id: vec![n; 16],
        span_id: vec![n; 8],
        start_time_unix_nano: u64::from(n) * 1_000_000_000,
        end_time_unix_nano: u64::from(n) * 1_000_000_000 + 250_000_000,
        attributes: vec![
            attribute("gen_ai.operation.name", StringValue("chat".to_string())),
            attribute("gen_ai.request.model", StringValue(model.to_string())),
            attribute("sidelight.usage_counted", BoolValue(true)),
            attribute("sidelight.tokens.input", IntValue(12)),
            attribute("sidelight.tokens.output", IntValue(3)),
            attribute("sidelight.cost.usd", DoubleValue(0.000_06)),
            attribute("sidelight.pii.detected", BoolValue(pii)),
        ],
        ..Span::default()
    }
}

/// Has the exporter `local` write two calls.
async fn write(data_dir: &Path) {
    let spans = vec![chat(1, "gpt-4o", false), chat(2, "claude", true)];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let request = ExportTraceServiceRequest { resource_spans };
    let batch = Batch::trusted(Signal::Traces, request.encode_to_vec().into(), 2);
    let exporter = Config::default().build(data_dir).expect("a store");
    assert!(matches!(exporter.send(&batch).await, Verdict::Kept { items: 2 }));
}

fn check(data_dir: &Path, args: &[&str], expected: Expect) {
    let output = Command::new(env!("CARGO_BIN_EXE_sidelight"))
        .arg("calls")
        .args(args)
        .arg("--set")
        .arg(format!("data_dir={}", data_dir.display()))
        .env_clear()
        .output()
        .expect("the binary starts");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    expected.assert_eq(&String::from_utf8(output.stdout).expect("UTF-8"));
}

#[tokio::test]
async fn calls_are_listed_newest_first_with_their_sums() {
    let directory = tempfile::tempdir().expect("a directory");
    check(
        directory.path(),
        &[],
        expect![[r#"
        no calls yet
    "#]],
    );
    write(directory.path()).await;
    check(
        directory.path(),
        &[],
        expect![[r#"
        START                 SERVICE  KIND  MODEL   IN  OUT  USD       MS   FLAGS  TRACE
        1970-01-01T00:00:02Z           chat  claude  12  3    0.000060  250  pii    02020202020202020202020202020202
        1970-01-01T00:00:01Z           chat  gpt-4o  12  3    0.000060  250         01010101010101010101010101010101
        2 in all: 24 tokens in, 6 out, 0.000120 USD, 1 with personal data, 0 with injection attempts, 0 errors
    "#]],
    );
    check(
        directory.path(),
        &["--model", "gpt-4o"],
        expect![[r#"
        START                 SERVICE  KIND  MODEL   IN  OUT  USD       MS   FLAGS  TRACE
        1970-01-01T00:00:01Z           chat  gpt-4o  12  3    0.000060  250         01010101010101010101010101010101
        1 in all: 12 tokens in, 3 out, 0.000060 USD, 0 with personal data, 0 with injection attempts, 0 errors
    "#]],
    );
    check(
        directory.path(),
        &["--pii", "--limit", "1"],
        expect![[r#"
        START                 SERVICE  KIND  MODEL   IN  OUT  USD       MS   FLAGS  TRACE
        1970-01-01T00:00:02Z           chat  claude  12  3    0.000060  250  pii    02020202020202020202020202020202
        1 in all: 12 tokens in, 3 out, 0.000060 USD, 1 with personal data, 0 with injection attempts, 0 errors
    "#]],
    );
    check(
        directory.path(),
        &["--since", "1h"],
        expect![[r#"
        START  SERVICE  KIND  MODEL  IN  OUT  USD  MS  FLAGS  TRACE
        0 in all: 0 tokens in, 0 out, 0.000000 USD, 0 with personal data, 0 with injection attempts, 0 errors
    "#]],
    );
}

#[tokio::test]
async fn calls_are_lines_of_json_for_other_programs() {
    let directory = tempfile::tempdir().expect("a directory");
    check(directory.path(), &["--json"], expect![[""]]);
    write(directory.path()).await;
    check(
        directory.path(),
        &["--json", "--pii"],
        expect![[r#"
        {"trace_id":"02020202020202020202020202020202","span_id":"0202020202020202","start_unix_nano":2000000000,"duration_ms":250.0,"service":"","name":"","kind":"chat","operation":"chat","provider":null,"model":"claude","response_model":null,"conversation_id":null,"finish_reasons":[],"error":false,"time_to_first_chunk_ms":null,"usage_counted":true,"input_tokens":12,"output_tokens":3,"tokens_method":null,"cost_usd":0.00006,"pii":true,"pii_types":[],"injection":false,"injection_score":null,"sampled":false,"prompt_sha256":null}
    "#]],
    );
}

/// Kept are the recognised spans and the log records that are calls, each once, whatever the library that wrote them.
#[tokio::test]
async fn what_the_corpus_tells_of_is_kept_once() {
    let Some(payloads) = crate::corpus::payloads() else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let exporter = Config::default().build(directory.path()).expect("a store");
    let mut kept = BTreeSet::new();
    for payload in payloads.iter().chain(payloads.iter().step_by(10)) {
        let found = recognize::find(&payload.batch);
        let items = found.iter().filter_map(|found| match found {
            Found::Call(item, call) => match item.span() {
                Some(span) => Some((span.trace_id().to_vec(), span.span_id().to_vec())),
                None if call.model_call => {
                    Some((payload.file.as_bytes().to_vec(), item.at.start.to_le_bytes().to_vec()))
                }
                None => None,
            },
            Found::Carrier(_) => None,
        });
        kept.extend(items);
        assert!(matches!(exporter.send(&payload.batch).await, Verdict::Kept { .. }), "{}", payload.file);
    }
    let calls = Calls::open(&directory.path().join("calls.db")).expect("readable").expect("there");
    let totals = calls.totals(&Filter::default()).expect("readable");
    assert_eq!(totals.calls, i64::try_from(kept.len()).expect("few"));
    assert!(totals.input_tokens > 0 && totals.output_tokens > 0);
}
