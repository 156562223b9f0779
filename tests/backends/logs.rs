//! Calls that only a log event tells of, on every way to a store: straight from the sidecar, and by Kafka and a gateway.

use crate::support::clickhouse::PASSWORD;
use crate::support::{ClickHouse, Kafka, Postgres, Sidelight, eventually, post};
use expect_test::expect;
use serde_json::{Value, json};

/// What Claude Code logs of two calls, one that failed, and of what the user asked.
fn events() -> Value {
    let event = |at: u64, attributes: Value| {
        let pair = |(key, value): (&String, &Value)| json!({ "key": key, "value": { "stringValue": value } });
        let attributes: Vec<Value> = attributes.as_object().expect("an object").iter().map(pair).collect();
        json!({ "timeUnixNano": (1_790_000_000_000_000_000 + at).to_string(), "attributes": attributes })
    };
    let records = [
        event(1, json!({ "event.name": "user_prompt", "prompt": "so it goes" })),
        event(
            2_000_000_000,
            json!({
                "event.name": "api_request", "model": "claude-sonnet-4-5", "input_tokens": "12", "output_tokens": "345",
                "cost_usd": "0.0371", "duration_ms": "2000", "session.id": "s-1",
            }),
        ),
        event(
            4_000_000_000,
            json!({ "event.name": "api_error", "model": "claude-sonnet-4-5", "error": "overloaded", "duration_ms": "800" }),
        ),
    ];
    let scope = json!({ "scope": { "name": "com.anthropic.claude_code.events" }, "logRecords": records });
    let service = json!({ "key": "service.name", "value": { "stringValue": "claude-code" } });
    json!({ "resourceLogs": [{ "resource": { "attributes": [service] }, "scopeLogs": [scope] }] })
}

/// What `sidelight` has made of the log records that it has for `exporter`: sent, not carried, and all else.
async fn ledger(sidelight: &Sidelight, exporter: &str, signal: &str) -> [f64; 3] {
    let labels = [format!("exporter=\"{exporter}\""), format!("signal=\"{signal}\"")];
    let of = async |name: &str, more: &str| {
        sidelight.metric(&format!("sidelight_exporter_{name}"), &[&labels[0], &labels[1], more]).await
    };
    let not_carried = of("dropped_items_total", "reason=\"not_carried\"").await;
    let dropped = of("dropped_items_total", "").await - not_carried;
    let other = dropped + of("dead_items_total", "").await + of("waiting_items", "").await;
    [of("sent_items_total", "").await, not_carried, other]
}

#[tokio::test]
async fn a_call_that_only_a_log_event_tells_of_is_one_row_whichever_way_it_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let Some(clickhouse) = ClickHouse::start(folder.path()).await else { return };
    let kafka = Kafka::start(folder.path()).await;
    let stores = format!(
        "postgres: {{ url: \"{}\" }}, clickhouse: {{ endpoint: \"{}\", password: {PASSWORD} }}",
        postgres.url(),
        clickhouse.url()
    );
    let start = async |name: &str, exporters: &str, set: &[String]| {
        let folder = folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Sidelight::start_set(&folder, &format!("{{ {stores}, {exporters} }}"), set).await
    };
    let brokers = kafka.brokers();
    let publish = format!(
        "kafka: {{ brokers: [\"{brokers}\"], create_topics: {{ partitions: 1, replication_factor: 1 }} }}, \
         kafka/json: {{ brokers: [\"{brokers}\"], encoding: llm_span_json }}"
    );
    let sidecar = start("sidecar", &publish, &[]).await;
    let url = format!("http://127.0.0.1:{}/v1/logs", sidecar.http);
    for _ in 0..2 {
        post(&url, &events()).await;
    }
    for exporter in ["postgres", "clickhouse", "kafka", "kafka/json"] {
        eventually(&format!("{exporter} to have two calls, twice"), async || {
            (ledger(&sidecar, exporter, "logs").await == [4.0, 2.0, 0.0]).then_some(())
        })
        .await;
    }

    let records = kafka.consume("llm.spans.raw", 8);
    let ids: std::collections::BTreeSet<_> =
        records.iter().map(|one| one["headers"]["record-id"].to_string()).collect();
    assert_eq!(ids.len(), 2, "a call's record is known again by its id, however it is written");

    let gateway = start("gateway", "local: {}", &[format!("receivers.kafka.brokers=[\"{brokers}\"]")]).await;
    for exporter in ["postgres", "clickhouse"] {
        eventually(&format!("{exporter} of the gateway to have eight records"), async || {
            (ledger(&gateway, exporter, "traces").await == [8.0, 0.0, 0.0]).then_some(())
        })
        .await;
    }
    let columns = "name, kind, model, provider, session_id, prompt_tokens, completion_tokens, cost_usd_micro, latency_ms_total, \
        is_error, usage_counted, service_name, trace_id IS NULL";
    expect![[r#"
        api_request|chat|claude-sonnet-4-5|anthropic|s-1|12|345|37100|2000|f|t|claude-code|t
        api_error|chat|claude-sonnet-4-5|anthropic||0|0|0|800|t|t|claude-code|t
    "#]]
    .assert_eq(&postgres.ask(&format!("SELECT {columns} FROM llm_spans ORDER BY timestamp_utc")).await);
    expect![[r#"
        api_request	chat	claude-sonnet-4-5	anthropic	s-1	12	345	37100	2000	false	true	claude-code	1
        api_error	chat	claude-sonnet-4-5	anthropic	\N	0	0	0	800	true	true	claude-code	1
    "#]]
    .assert_eq(
        &clickhouse.ask(&format!("SELECT {columns} FROM llm_spans FINAL ORDER BY timestamp_utc")).await,
    );
    let ids = "SELECT span_id FROM llm_spans";
    let in_postgres = postgres.ask(&format!("{ids} ORDER BY timestamp_utc")).await;
    assert_eq!(clickhouse.ask(&format!("{ids} FINAL ORDER BY timestamp_utc")).await, in_postgres);
    let told = gateway.command(&["calls", "--json"]);
    assert_eq!(told.lines().count(), 2, "{told}");
}
