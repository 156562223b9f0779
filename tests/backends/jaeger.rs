//! Jaeger as the trace store: found again by trace id, flagged, redacted, and complete after an outage.

use crate::support::{
    App, Instrumentation, Process, Sidelight, Transport, assert_no_secret, binary, eventually, free_port, get,
};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

struct Jaeger {
    otlp_grpc: u16,
    otlp_http: u16,
    query: u16,
}

impl Jaeger {
    fn with_free_ports() -> Jaeger {
        Jaeger { otlp_grpc: free_port(), otlp_http: free_port(), query: free_port() }
    }

    async fn start(&self, folder: &Path) -> Process {
        let local = |port: u16| format!("127.0.0.1:{port}");
        let admin = free_port();
        let mut command = Command::new(binary("jaeger-v1.76.0"));
        command.arg("--collector.otlp.enabled=true");
        for (flag, port) in [
            ("collector.otlp.grpc.host-port", self.otlp_grpc),
            ("collector.otlp.http.host-port", self.otlp_http),
            ("query.http-server.host-port", self.query),
            ("query.grpc-server.host-port", free_port()),
            ("collector.grpc-server.host-port", free_port()),
            ("collector.http-server.host-port", free_port()),
            ("admin.http.host-port", admin),
        ] {
            command.arg(format!("--{flag}={}", local(port)));
        }
        let process = Process::start("jaeger", folder, &mut command);
        let url = format!("http://{}/", local(admin));
        eventually("Jaeger to be ready", || get(&url)).await;
        process
    }

    /// The trace as OTLP/JSON once it holds `spans` spans.
    async fn trace(&self, id: &str, spans: usize) -> Value {
        let url = format!("http://127.0.0.1:{}/api/v3/traces/{id}", self.query);
        eventually("the trace to be stored", || async {
            let answer: Value = serde_json::from_str(&get(&url).await?).ok()?;
            (spans_of(&answer).len() >= spans).then_some(answer)
        })
        .await
    }
}

fn spans_of(answer: &Value) -> Vec<&Value> {
    let resources = entries(&answer["result"], "resourceSpans");
    let scopes = resources.iter().flat_map(|resource| entries(resource, "scopeSpans"));
    scopes.flat_map(|scope| entries(scope, "spans")).collect()
}

fn entries<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The value of an attribute of a span in OTLP/JSON, whatever its type.
fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let of_key = |a: &&Value| a["key"] == key;
    span["attributes"]
        .as_array()
        .and_then(|all| all.iter().find(of_key))
        .map_or(&Value::Null, |a| &a["value"])
}

#[tokio::test]
async fn a_chat_is_found_by_its_trace_id_flagged_counted_and_without_its_secrets() {
    for (instrumentation, transport) in [
        (Instrumentation::Official, Transport::Grpc),
        (Instrumentation::Official, Transport::Http),
        (Instrumentation::OpenLlmetry, Transport::Grpc),
        (Instrumentation::OpenLlmetry, Transport::Http),
    ] {
        check_chat(instrumentation, transport).await;
    }
}

async fn check_chat(instrumentation: Instrumentation, transport: Transport) {
    let folder = tempfile::tempdir().expect("a folder");
    let jaeger = Jaeger::with_free_ports();
    let _store = jaeger.start(folder.path()).await;
    let (exporter, port) = match transport {
        Transport::Grpc => ("otlp", jaeger.otlp_grpc),
        Transport::Http => ("otlphttp", jaeger.otlp_http),
    };
    let exporters = format!(
        "{{ local: {{}}, {exporter}: {{ endpoint: \"http://127.0.0.1:{port}\", tls: {{ insecure: true }} }} }}"
    );
    let sidelight = Sidelight::start(folder.path(), &exporters).await;
    let app = App::start(folder.path()).await;
    let to = match transport {
        Transport::Grpc => sidelight.grpc,
        Transport::Http => sidelight.http,
    };

    let id = app.chat(instrumentation, transport, to);
    let trace = jaeger.trace(&id, 2).await;

    let case = format!("{instrumentation:?} over {transport:?}");
    assert_no_secret(&case, &trace.to_string());
    let spans = spans_of(&trace);
    let call = spans.iter().find(|s| attribute(s, "gen_ai.request.model")["stringValue"] == "gpt-4o");
    let call = call.unwrap_or_else(|| panic!("{case}: no model call in {trace}"));
    assert_eq!(attribute(call, "sidelight.kind")["stringValue"], "chat", "{case}");
    assert_eq!(attribute(call, "sidelight.pii.detected")["boolValue"], true, "{case}");
    assert_eq!(attribute(call, "sidelight.injection.attempt")["boolValue"], false, "{case}");
    assert_eq!(attribute(call, "gen_ai.usage.input_tokens")["intValue"], "16", "{case}");
    assert!(
        attribute(call, "sidelight.cost.usd")["doubleValue"].as_f64().is_some_and(|c| c > 0.0),
        "{case}: {call}"
    );
    let types = attribute(call, "sidelight.pii.types").to_string();
    assert!(types.contains("EMAIL_ADDRESS") && types.contains("CREDIT_CARD"), "{case}: {types}");

    let calls = sidelight.command(&["calls", "--json"]);
    assert!(calls.contains(&id), "{case}: {calls}");
    assert_no_secret(&case, &calls);
    assert_no_secret(&case, &sidelight.process.output());
}

#[tokio::test]
async fn what_was_sent_while_the_store_was_down_arrives_when_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let jaeger = Jaeger::with_free_ports();
    let retry = "retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }";
    let exporters = format!(
        "{{ otlp: {{ endpoint: \"127.0.0.1:{}\", tls: {{ insecure: true }}, {retry} }} }}",
        jaeger.otlp_grpc
    );
    let store = jaeger.start(folder.path()).await;
    let sidelight = Sidelight::start(folder.path(), &exporters).await;
    let app = App::start(folder.path()).await;
    store.kill();

    let ids: Vec<String> =
        (0..5).map(|_| app.chat(Instrumentation::Official, Transport::Grpc, sidelight.grpc)).collect();
    let waiting = sidelight.metric("sidelight_exporter_waiting_items", &["traces"]).await;
    assert_eq!(waiting, 10.0, "two spans a chat wait while the store is down");

    let _store = jaeger.start(folder.path()).await;
    for id in &ids {
        assert_no_secret("the store", &jaeger.trace(id, 2).await.to_string());
    }
    eventually("the ledger to close", || async {
        let sent = sidelight.metric("sidelight_exporter_sent_items_total", &["traces"]).await;
        (sent == 10.0).then_some(())
    })
    .await;
}
