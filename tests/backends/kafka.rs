//! Kafka between Sidelights, Collectors and a consumer in Python, with a broker that is killed.

use crate::collector::COLLECTOR;
use crate::support::{
    App, Instrumentation, KAFKA_PASSWORD, Kafka, Process, Sidelight, Transport, assert_no_secret, binary,
    chat, eventually, post,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const CREATE: &str = "create_topics: { partitions: 3, replication_factor: 1 }";

/// A Sidelight that publishes.
async fn sidecar(folder: &Path, kafka: &Kafka, more: &str) -> Sidelight {
    let folder = folder.join("sidecar");
    std::fs::create_dir_all(&folder).expect("a folder");
    let exporters =
        format!("{{ kafka: {{ brokers: [\"{}\"], timeout: 5s, {CREATE}, {more} }} }}", kafka.brokers());
    Sidelight::start(&folder, &exporters).await
}

/// A Sidelight that reads, and keeps calls in its local store.
async fn gateway(folder: &Path, kafka: &Kafka, more: &[&str]) -> Sidelight {
    let folder = folder.join("gateway");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut set = vec![
        format!("receivers.kafka.brokers=[\"{}\"]", kafka.brokers()),
        "receivers.kafka.session_timeout=6s".to_string(),
    ];
    set.extend(more.iter().map(|more| format!("receivers.kafka.{more}")));
    Sidelight::start_set(&folder, "{ local: {} }", &set).await
}

/// How often each span id is in the local store of `gateway`.
fn stored(gateway: &Sidelight) -> BTreeMap<String, usize> {
    let calls = gateway.command(&["calls", "--json", "--limit", "10000"]);
    let ids = calls.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut times = BTreeMap::new();
    for call in ids {
        if let Some(id) = call["span_id"].as_str() {
            *times.entry(id.to_string()).or_default() += 1;
        }
    }
    times
}

async fn send(sidecar: &Sidelight, spans: std::ops::Range<u32>) {
    for n in spans {
        post(&format!("http://127.0.0.1:{}/v1/traces", sidecar.http), &chat(n, n, 200)).await;
    }
}

async fn all_stored(gateway: &Sidelight, count: usize) {
    eventually(&format!("{count} calls in the gateway's store"), || async {
        (stored(gateway).len() >= count).then_some(())
    })
    .await;
    let times = stored(gateway);
    assert_eq!(times.len(), count);
    assert!(times.values().all(|times| *times == 1), "a call is stored once");
}

#[tokio::test]
async fn a_consumer_that_is_not_ours_reads_calls_by_the_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let kafka = Kafka::start(folder.path()).await;
    let sidecar = sidecar(folder.path(), &kafka, "messages: true").await;
    let app = App::start(folder.path()).await;
    let trace = app.chat(Instrumentation::OpenLlmetry, Transport::Grpc, sidecar.grpc);
    let records = kafka.consume("llm.spans.raw", 1);
    let call =
        records.iter().find(|record| record["message"]["usage_counted"] == true).expect("the model's call");
    let message = &call["message"];
    let undashed = |id: &serde_json::Value| id.as_str().expect("an id").replace('-', "");
    assert_eq!(undashed(&call["key"]), trace);
    assert_eq!(undashed(&message["trace_id"]), trace);
    assert_eq!(message["pii_detected"], true);
    assert!(
        message["prompt_tokens"].as_str().and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n > 0),
        "{message}"
    );
    assert!(message["input_messages"].as_array().is_some_and(|turns| !turns.is_empty()), "{message}");
    assert_eq!(call["headers"]["schema-version"], "1");
    assert!(call["headers"]["traceparent"].as_str().is_some_and(|parent| parent.contains(&trace)));
    assert_no_secret("the topic", &serde_json::to_string(&records).expect("JSON"));
}

#[tokio::test]
async fn brokers_and_gateways_are_killed_and_every_call_is_stored_once() {
    let kills: u32 = std::env::var("SIDELIGHT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(2);
    let folder = tempfile::tempdir().expect("a folder");
    let mut kafka = Kafka::start(folder.path()).await;
    let sidecar = sidecar(folder.path(), &kafka, "").await;
    send(&sidecar, 0..50).await;
    let mut reader = gateway(folder.path(), &kafka, &[]).await;
    let mut sent = 50;
    for _ in 0..kills {
        kafka.kill();
        send(&sidecar, sent..sent + 50).await;
        kafka.restart().await;
        send(&sidecar, sent + 50..sent + 100).await;
        sent += 100;
        reader.process.kill();
        reader = gateway(folder.path(), &kafka, &[]).await;
    }
    all_stored(&reader, sent as usize).await;
    let of = |name: &'static str| sidecar.metric(name, &["exporter=\"kafka\"", "traces"]);
    eventually("the sidecar to have sent all", || async {
        (of("sidelight_exporter_sent_items_total").await == f64::from(sent)).then_some(())
    })
    .await;
    assert_eq!(of("sidelight_exporter_waiting_items").await, 0.0);
    assert_eq!(of("sidelight_exporter_dead_items_total").await, 0.0);
}

#[tokio::test]
async fn a_collector_reads_what_we_publish_and_we_read_what_it_publishes() {
    let folder = tempfile::tempdir().expect("a folder");
    let kafka = Kafka::start(folder.path()).await;
    let sidecar = sidecar(folder.path(), &kafka, "encoding: otlp_proto, topic: otlp_spans").await;
    send(&sidecar, 0..3).await;
    let text = format!(
        "receivers:\n  kafka: {{ brokers: [\"{0}\"], initial_offset: earliest, traces: {{ topics: [otlp_spans], encoding: otlp_proto }} }}\n\
         exporters:\n  debug: {{ verbosity: detailed }}\n\
         \x20 kafka: {{ brokers: [\"{0}\"], traces: {{ topic: from_collector, encoding: otlp_proto }} }}\n\
         service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  pipelines: {{ traces: {{ receivers: [kafka], exporters: [debug, kafka] }} }}\n",
        kafka.brokers()
    );
    let config = folder.path().join("collector.yaml");
    std::fs::write(&config, text).expect("the configuration is written");
    // A topic of its own: brokers make none unasked.
    let maker =
        self::sidecar(&folder.path().join("maker"), &kafka, "encoding: otlp_proto, topic: from_collector")
            .await;
    send(&maker, 3..4).await;
    eventually("the topic to be made", || async {
        (maker.metric("sidelight_exporter_sent_items_total", &["traces"]).await == 1.0).then_some(())
    })
    .await;
    let mut command = Command::new(binary(COLLECTOR));
    let collector = Process::start("collector", folder.path(), command.arg("--config").arg(&config));
    let logged = || collector.output().lines().filter(|line| line.trim_start().starts_with("Span #")).count();
    eventually("three spans at the collector", || async { (logged() >= 3).then_some(()) }).await;
    let more = ["topic=from_collector", "encoding=otlp_proto", "group_id=back"];
    let reader = gateway(folder.path(), &kafka, &more).await;
    all_stored(&reader, 4).await;
}

#[tokio::test]
async fn calls_go_over_mutual_tls_with_a_password_and_a_wrong_one_holds_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let kafka = Kafka::start(folder.path()).await;
    let wrong = folder.path().join("wrong");
    std::fs::create_dir_all(&wrong).expect("a folder");
    let exporter =
        |password| format!("{{ kafka: {{ {}, timeout: 5s, {CREATE} }} }}", kafka.credentials(password));
    let outsider = Sidelight::start(&wrong, &exporter("another-made-up")).await;
    send(&outsider, 0..1).await;
    eventually("the lane to be held", || async {
        outsider.process.output().contains("the peer turns us away").then_some(())
    })
    .await;
    assert_eq!(
        outsider.metric("sidelight_exporter_waiting_items", &["exporter=\"kafka\"", "traces"]).await,
        1.0
    );

    let right = folder.path().join("right");
    std::fs::create_dir_all(&right).expect("a folder");
    let insider = Sidelight::start(&right, &exporter(KAFKA_PASSWORD)).await;
    send(&insider, 1..4).await;
    eventually("the insider's calls to be taken", || async {
        (insider.metric("sidelight_exporter_sent_items_total", &["traces"]).await == 3.0).then_some(())
    })
    .await;
    let records = kafka.consume("llm.spans.raw", 3);
    assert_eq!(records.len(), 3);
    let said = outsider.process.output() + &insider.process.output();
    assert!(!said.contains("made-up"), "no password is logged");
}
