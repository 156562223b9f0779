//! An OpenTelemetry Collector as the next hop: what it logs equals what we count as sent.

use crate::support::{
    App, Instrumentation, Process, Sidelight, Transport, assert_no_secret, binary, eventually, free_port,
};
use std::process::Command;

#[tokio::test]
async fn a_collector_logs_as_many_spans_as_we_count_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let config = folder.path().join("collector.yaml");
    let text = format!(
        "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:{port}\" }} }} }} }}\n\
         exporters: {{ debug: {{ verbosity: detailed }} }}\n\
         service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  pipelines: {{ traces: {{ receivers: [otlp], exporters: [debug] }} }}\n"
    );
    std::fs::write(&config, text).expect("the configuration is written");
    let mut command = Command::new(binary("otelcol-v0.155.0"));
    let collector = Process::start("collector", folder.path(), command.arg("--config").arg(&config));
    eventually("the collector to run", || async {
        collector.output().contains("Everything is ready").then_some(())
    })
    .await;

    let exporters = format!("{{ otlp: {{ endpoint: \"127.0.0.1:{port}\", tls: {{ insecure: true }} }} }}");
    let sidelight = Sidelight::start(folder.path(), &exporters).await;
    let app = App::start(folder.path()).await;
    for transport in [Transport::Grpc, Transport::Http, Transport::Grpc] {
        let to = if matches!(transport, Transport::Grpc) { sidelight.grpc } else { sidelight.http };
        app.chat(Instrumentation::OpenLlmetry, transport, to);
    }

    let logged = || collector.output().lines().filter(|line| line.trim_start().starts_with("Span #")).count();
    eventually("six spans at the collector", || async { (logged() == 6).then_some(()) }).await;
    let sent = || sidelight.metric("sidelight_exporter_sent_items_total", &["exporter=\"otlp\"", "traces"]);
    eventually("six spans counted as sent", || async { (sent().await == 6.0).then_some(()) }).await;
    assert_eq!(logged(), 6, "none came twice");
    assert_no_secret("the collector's log", &collector.output());
}
