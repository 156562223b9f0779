//! The exporter `clickhouse` and ClickHouse's own engine, which the test puts behind its HTTP interface.

use crate::support::clickhouse::PASSWORD;
use crate::support::{ClickHouse, Sidelight, batch, call, eventually, span, whole_call};
use expect_test::{Expect, expect};
use sidelight::export::clickhouse::Config;
use sidelight::export::compress::Compression;
use sidelight::export::{Exporter, Settings, Verdict};
use sidelight::llm::Record;
use sidelight::otlp::Batch;
use sidelight::settings::Secret;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

const START: u64 = 1_790_000_000_000_000_000;

fn config(server: &ClickHouse) -> Config {
    Config { endpoint: server.url(), password: Secret(PASSWORD.to_string()), ..Config::default() }
}

fn exporter(config: &Config) -> Arc<dyn Exporter> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    config.build(Path::new("")).expect("it needs nothing to be built")
}

/// What sending `batch` comes to, in words.
async fn verdict(exporter: &Arc<dyn Exporter>, batch: &Batch) -> String {
    let first = |cause: &dyn std::fmt::Display| cause.to_string().lines().next().unwrap_or("").to_string();
    match exporter.send(batch).await {
        Verdict::Kept { items } => format!("kept {items}"),
        Verdict::Later { cause, .. } => format!("later: {}", first(&cause)),
        Verdict::Hold(cause) => format!("hold: {}", first(&cause)),
        Verdict::Spoilt(cause) => format!("spoilt: {}", first(&cause)),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_is_one_row_however_often_it_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let gzip = Config { compression: Compression::Gzip, ..config(&server) };
    let (exporter, other) = (exporter(&config(&server)), exporter(&gzip));
    let calls: Vec<Record> = (0..50).map(|n| call(n, START + n * 1000)).collect();
    assert_eq!(verdict(&exporter, &batch(&calls)).await, "kept 50");
    assert_eq!(verdict(&other, &batch(&calls)).await, "kept 50");
    let count = "SELECT count() FROM llm_spans";
    assert_eq!(server.ask(count).await, "50\n", "the same insert is known by its token");
    assert_eq!(verdict(&exporter, &batch(&calls[25..])).await, "kept 25");
    let sums = "SELECT count(), sum(prompt_tokens) FROM llm_spans FINAL";
    assert_eq!(server.ask(sums).await, "50\t5000\n", "other inserts of the same rows, by their identity");
}

#[tokio::test]
async fn every_column_holds_what_its_field_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    assert_eq!(verdict(&exporter(&config(&server)), &batch(&[whole_call(START)])).await, "kept 1");
    let row = server
        .ask(
            "SELECT span_id, trace_id, parent_span_id, schema_version, model, provider, service_name, endpoint, \
               environment, user_id, session_id, prompt_tokens, completion_tokens, latency_ms_ttft, latency_ms_total, \
               finish_reason, cost_usd_micro, price_version, token_count_method, is_sampled, retry_count, \
               attempted_models, pii_detected, injection_attempt, timestamp_utc, length(prompt_hash), \
               length(prompt_embedding), prompt_embedding[384], length(response_embedding), \
               otlp_span_id, name, kind, operation, dialects, duration_nano, is_error, finish_reasons, usage_counted, \
               cost_pico_usd, pii_types, resource['service.name'], input_messages = '' FROM llm_spans FINAL",
        )
        .await;
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
        with a \0 in it
        s1
        100
        20
        95
        5000000000
        tool_calls
        1000
        2026-01-01
        tiktoken
        true
        70000
        ['gpt-4','a \'quoted\', "twice", {one}']
        false
        true
        2026-09-21 14:13:20.000000
        64
        384
        0.9973958
        0
        86a427757a31f2da
        chat gpt-4o
        chat
        chat
        ['otel-semconv']
        5000000000000000
        false
        ['tool_calls']
        true
        1000000000
        []
        shop
        1
    "#]]
    .assert_eq(&row.replace('\t', "\n"));
}

#[tokio::test]
async fn whatever_the_clock_said_a_call_is_stored_or_set_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let exporter = exporter(&config(&server));
    // More months than an insert may usually touch.
    let calls: Vec<Record> = (0..300).map(|n| call(n, n * 30 * 86_400_000_000_000)).collect();
    assert_eq!(verdict(&exporter, &batch(&calls)).await, "kept 300");
    assert_eq!(
        server.ask("SELECT count(), min(timestamp_utc) FROM llm_spans").await,
        "300\t1970-01-01 00:00:00.000000\n"
    );
    expect!["spoilt: llm_spans.timestamp_utc is DateTime64(6, 'UTC'), which cannot hold a time 213503 days after 1970"]
        .assert_eq(&verdict(&exporter, &batch(&[call(1, u64::MAX)])).await);
}

#[tokio::test]
async fn old_rows_go_and_days_are_added_up_by_a_projection() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let kept = Config { keep: Duration::from_secs(30 * 86_400), ..config(&server) };
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos()
            as u64;
    let calls = [call(1, now), call(2, now - 60 * 86_400_000_000_000)];
    assert_eq!(verdict(&exporter(&kept), &batch(&calls)).await, "kept 2");
    server.ask("OPTIMIZE TABLE llm_spans FINAL").await;
    assert_eq!(server.ask("SELECT count() FROM llm_spans").await, "1\n");
    let by_day = "SELECT toDate(timestamp_utc) AS day, model, sum(cost_usd_micro) FROM llm_spans GROUP BY day, model \
        SETTINGS force_optimize_projection = 1";
    assert!(server.ask(by_day).await.ends_with("\tgpt-4o\t1000\n"));
}

/// What a batch of one comes to once `sql` was done to a table that had worked.
async fn check(sql: &str, call_: Record, expected: Expect) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let exporter = exporter(&config(&server));
    assert_eq!(verdict(&exporter, &batch(&[call(0, START)])).await, "kept 1");
    server.ask(sql).await;
    expected.assert_eq(&verdict(&exporter, &batch(&[call_])).await);
}

#[tokio::test]
async fn what_is_wrong_with_the_table_is_told_by_its_column() {
    check(
        "ALTER TABLE llm_spans DROP COLUMN pii_types",
        call(1, START),
        expect![
            "hold: llm_spans has no column pii_types: `sidelight schema clickhouse --apply` adds what is missing"
        ],
    )
    .await;
    check(
        "ALTER TABLE llm_spans MODIFY COLUMN latency_ms_total UInt32",
        Record { latency_ms_total: 5_000_000_000, ..call(1, START) },
        expect!["spoilt: llm_spans.latency_ms_total is UInt32, which cannot hold 5000000000"],
    )
    .await;
    check(
        "ALTER TABLE llm_spans MODIFY COLUMN duration_nano Decimal(38, 0)",
        call(1, START),
        expect!["hold: llm_spans.duration_nano is Decimal(38, 0), which cannot be written"],
    )
    .await;
    check("DROP TABLE llm_spans", call(1, START), expect!["kept 1"]).await;
}

/// The table of the predecessor.
const PREDECESSOR: &str = "\
    CREATE TABLE llm_spans (span_id UUID, trace_id Nullable(UUID), parent_span_id Nullable(UUID), schema_version UInt8, \
      model LowCardinality(String), provider LowCardinality(String), service_name LowCardinality(String), endpoint String, \
      environment Enum8('production' = 1, 'staging' = 2, 'dev' = 3), user_id Nullable(String), session_id Nullable(String), \
      prompt_tokens UInt32, completion_tokens UInt32, latency_ms_total UInt32, latency_ms_ttft Nullable(UInt32), \
      finish_reason Enum8('stop' = 1, 'length' = 2), cost_usd_micro UInt64, price_version String, \
      token_count_method Enum8('tiktoken' = 1, 'estimated' = 2), is_sampled UInt8, retry_count UInt8, pii_detected UInt8, \
      injection_attempt UInt8, attempted_models Array(String), timestamp_utc DateTime64(3, 'UTC'), \
      prompt_hash Nullable(FixedString(64)), prompt_embedding Array(Float32), response_embedding Array(Float32), \
      created_at DateTime DEFAULT now(), updated_at DateTime DEFAULT now()) \
    ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp_utc) ORDER BY (service_name, model, timestamp_utc, span_id)";

#[tokio::test]
async fn a_table_of_the_predecessor_is_taken_over_when_somebody_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    server.ask(PREDECESSOR).await;
    let apply = || {
        let exporter = format!("{{ endpoint: '{}', password: {PASSWORD} }}", server.url());
        let config = format!("yaml:exporters: {{ clickhouse: {exporter} }}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
        let done = command.args(["schema", "clickhouse", "--apply", "--config", &config]).output();
        let done = done.expect("it runs");
        String::from_utf8(done.stdout).expect("text") + &String::from_utf8_lossy(&done.stderr)
    };
    let exporter = exporter(&config(&server));
    let fits = Record { environment: 3, finish_reason: 1, token_count_method: 1, ..call(1, START) };
    expect!["hold: llm_spans has no column otlp_span_id: `sidelight schema clickhouse --apply` adds what is missing"]
        .assert_eq(&verdict(&exporter, &batch(std::slice::from_ref(&fits))).await);
    expect![[r#"
        llm_spans: columns added: 37
    "#]]
    .assert_eq(&apply());
    expect![[r#"
        llm_spans: is up to date
    "#]]
    .assert_eq(&apply());
    assert_eq!(verdict(&exporter, &batch(&[fits])).await, "kept 1");
    assert_eq!(server.ask("SELECT environment, otlp_span_id != '' FROM llm_spans").await, "dev\t1\n");
}

#[tokio::test]
async fn narrow_columns_of_the_predecessor_take_what_fits() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let exporter = exporter(&config(&server));
    assert_eq!(verdict(&exporter, &batch(&[call(0, START)])).await, "kept 1");
    server
        .ask(
            "ALTER TABLE llm_spans MODIFY COLUMN latency_ms_total UInt32, MODIFY COLUMN is_sampled UInt8, \
             MODIFY COLUMN retry_count UInt8, \
             MODIFY COLUMN finish_reason Enum8('unspecified' = 0, 'stop' = 1, 'length' = 2), \
             MODIFY COLUMN prompt_hash Nullable(FixedString(64))",
        )
        .await;
    let fits =
        Record { finish_reason: 2, is_sampled: true, prompt_hash: Some("b".repeat(64)), ..call(1, START) };
    assert_eq!(verdict(&exporter, &batch(&[fits])).await, "kept 1");
    let row = "SELECT latency_ms_total, is_sampled, finish_reason, prompt_hash FROM llm_spans WHERE finish_reason = 'length'";
    assert_eq!(server.ask(row).await, format!("500\t1\tlength\t{}\n", "b".repeat(64)));
    server.ask("ALTER TABLE llm_spans ADD CONSTRAINT thrifty CHECK cost_usd_micro < 5000").await;
    let dear = Record { cost_usd_micro: 6000, ..call(3, START) };
    let said = verdict(&exporter, &batch(&[dear])).await;
    assert!(
        said.starts_with("spoilt: ClickHouse 469: Constraint `thrifty`") && !said.contains("6000"),
        "{said}"
    );
    let word = Record { finish_reason: 5, ..call(2, START) };
    expect!["spoilt: llm_spans.finish_reason is Enum8('unspecified' = 0, 'stop' = 1, 'length' = 2), which cannot hold a word that is none of them"].assert_eq(&verdict(&exporter, &batch(&[word])).await);
}

#[tokio::test]
async fn whoever_is_not_let_in_waits_and_whoever_is_away_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut server) = ClickHouse::start(folder.path()).await else { return };
    let calls = batch(&[call(1, START)]);
    let stranger = exporter(&Config { password: Secret("wrong".to_string()), ..config(&server) });
    let said = verdict(&stranger, &calls).await;
    assert!(said.starts_with("hold: ClickHouse 516: ") && !said.contains("wrong"), "{said}");
    let exporter = exporter(&config(&server));
    server.kill();
    let said = verdict(&exporter, &calls).await;
    assert!(said.starts_with("later: "), "{said}");
    server.come_back().await;
    assert_eq!(verdict(&exporter, &calls).await, "kept 1");
}

#[tokio::test]
async fn an_agent_stores_each_call_once_while_its_server_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut server) = ClickHouse::start(folder.path()).await else { return };
    let exporter = format!(
        "{{ clickhouse: {{ endpoint: \"{}\", password: {PASSWORD}, sending_queue: {{ flush_interval: 100ms }}, \
         retry_on_failure: {{ initial_interval: 50ms, max_interval: 200ms }} }} }}",
        server.url()
    );
    let sidelight = Sidelight::start(folder.path(), &exporter).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut sent = 0;
    for _ in 0..4 {
        for _ in 0..40 {
            sent += 1;
            let request = client.post(format!("http://127.0.0.1:{}/v1/traces", sidelight.http));
            let body = span(sent, START + sent);
            let answer = request.header("content-type", "application/json").body(body).send().await;
            assert!(answer.expect("it answers").status().is_success());
        }
        server.kill();
        server.come_back().await;
    }
    let stored = "SELECT count(), uniqExact(span_id) FROM llm_spans FINAL";
    let all = format!("{sent}\t{sent}\n");
    eventually("all calls to be stored", async || (server.ask(stored).await == all).then_some(())).await;
    assert!(!sidelight.process.output().contains(PASSWORD));
}
