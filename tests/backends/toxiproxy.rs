//! Toxiproxy on the wire between two agents: each of its toxics, both ways, over both transports.

use crate::support::{Process, Sidelight, binary, chat, delete, eventually, free_port, get, post};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What the wire does for a while: the kind of toxic and its attributes, as Toxiproxy's README names them
/// (ms; KB/s; bytes and µs; bytes).
const TOXICS: [(&str, &str); 7] = [
    ("latency", r#"{ "latency": 300, "jitter": 200 }"#),
    ("bandwidth", r#"{ "rate": 40 }"#),
    ("slicer", r#"{ "average_size": 30, "size_variation": 20, "delay": 100 }"#),
    ("slow_close", r#"{ "delay": 500 }"#),
    ("timeout", r#"{ "timeout": 200 }"#),
    ("reset_peer", r#"{ "timeout": 50 }"#),
    ("limit_data", r#"{ "bytes": 3000 }"#),
];

struct Toxiproxy {
    api: String,
    _process: Process,
}

impl Toxiproxy {
    /// Passes what comes to `from` on to `to`.
    async fn start(folder: &Path, from: u16, to: u16) -> Toxiproxy {
        let port = free_port();
        let mut command = Command::new(binary("toxiproxy-v2.5.0"));
        let process = Process::start("toxiproxy", folder, command.args(["-port", &port.to_string()]));
        let api = format!("http://127.0.0.1:{port}");
        let version = format!("{api}/version");
        eventually("Toxiproxy to answer", || get(&version)).await;
        let proxy = json!({ "name": "peer", "listen": format!("127.0.0.1:{from}"), "upstream": format!("127.0.0.1:{to}") });
        post(&format!("{api}/proxies"), &proxy).await;
        Toxiproxy { api: format!("{api}/proxies/peer/toxics"), _process: process }
    }

    async fn poison(&self, kind: &str, stream: &str, attributes: &str) {
        let attributes: serde_json::Value = serde_json::from_str(attributes).expect("JSON");
        post(&self.api, &json!({ "name": "now", "type": kind, "stream": stream, "attributes": attributes }))
            .await;
    }

    async fn cure(&self) {
        delete(&format!("{}/now", self.api)).await;
    }
}

#[tokio::test]
async fn what_is_accepted_arrives_through_every_toxic() {
    for transport in ["otlp", "otlphttp"] {
        println!("{}", check(transport).await);
    }
}

/// The account of what was sent.
async fn check(transport: &str) -> String {
    let (here, there) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let last = Sidelight::start(there.path(), "{ local: {} }").await;
    let (port, to) = (free_port(), if transport == "otlp" { last.grpc } else { last.http });
    let wire = Toxiproxy::start(here.path(), port, to).await;
    let (endpoint, tls) = match transport {
        "otlp" => (format!("127.0.0.1:{port}"), "tls: { insecure: true },"),
        _ => (format!("http://127.0.0.1:{port}"), ""),
    };
    let retry = "retry_on_failure: { initial_interval: 50ms, max_interval: 300ms }, timeout: 2s";
    let exporters = format!("{{ {transport}: {{ endpoint: \"{endpoint}\", {tls} {retry} }} }}");
    let first = Sidelight::start(here.path(), &exporters).await;
    let url = format!("http://127.0.0.1:{}/v1/traces", first.http);
    let mut sent = 0;
    for (kind, attributes) in TOXICS {
        for stream in ["upstream", "downstream"] {
            wire.poison(kind, stream, attributes).await;
            for _ in 0..10 {
                post(&url, &chat(sent, 0, 5_000)).await;
                sent += 1;
                // So that requests of their own meet the toxic, not one that joins them all.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            wire.cure().await;
        }
    }
    let calls = || last.command(&["calls", "--json", "--limit", "1000000"]).lines().count();
    eventually("every call in the last store", || async { (calls() >= sent as usize).then_some(()) }).await;
    assert_eq!(calls(), sent as usize);
    let failed = first.metric("sidelight_exporter_requests_total", &["outcome=\"later\""]).await;
    assert!(failed > 0.0, "no request was hurt by any toxic");
    format!(
        "{transport} through {} toxics: {sent} calls accepted, 0 lost, {failed} requests failed",
        TOXICS.len()
    )
}
