//! kill -9: what was accepted arrives, however often the process is killed.

use crate::support::spans::{Trace, trace};
use crate::support::upstream::Upstream;
use std::collections::HashSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often the process is killed; `SIDELIGHT_KILLS` asks for more.
fn rounds() -> usize {
    std::env::var("SIDELIGHT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(50)
}

/// The real binary, killed with SIGKILL when dropped.
struct Agent {
    child: Child,
    url: String,
}

impl Agent {
    async fn start(folder: &Path, upstream: &Upstream, client: &reqwest::Client) -> Agent {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let set = |text: String| ["--set".to_string(), text];
        let child = Command::new(env!("CARGO_BIN_EXE_sidelight"))
            .arg("run")
            .args(set(format!("data_dir={}", folder.display())))
            .args(set(format!("receivers.otlp.protocols.http.endpoint=127.0.0.1:{port}")))
            .args(set("receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0".to_string()))
            .args(set("telemetry.metrics.endpoint=127.0.0.1:0".to_string()))
            .args(set("telemetry.health.endpoint=127.0.0.1:0".to_string()))
            .args(set(format!("exporters.otlphttp.endpoint={}", upstream.url())))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let agent = Agent { child, url: format!("http://127.0.0.1:{port}/v1/traces") };
        let listening = async {
            while client.get(&agent.url).send().await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listening)
            .await
            .expect("it listens within twenty seconds");
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends until the process is gone; the ids of every span that was accepted.
async fn flood(url: String, client: reqwest::Client) -> Vec<Vec<u8>> {
    let mut accepted = Vec::new();
    loop {
        let trace: Trace = trace().llm("hello").plain("GET /");
        let request = client.post(&url).header("content-type", "application/x-protobuf").body(trace.proto());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => accepted.extend(trace.span_ids()),
            Ok(answer) => panic!("refused: {}", answer.status()),
            Err(_) => return accepted,
        }
    }
}

#[tokio::test]
async fn what_was_accepted_arrives_though_the_process_is_killed_again_and_again() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().expect("a folder");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut upstream = Upstream::start().await;
    upstream.stop().await;

    let mut accepted = HashSet::new();
    for round in 0..rounds() {
        let agent = Agent::start(folder.path(), &upstream, &client).await;
        let senders = (0..4).map(|_| tokio::spawn(flood(agent.url.clone(), client.clone())));
        let senders: Vec<_> = senders.collect();
        tokio::time::sleep(Duration::from_millis(20 + 7 * (round as u64 % 13))).await;
        drop(agent);
        for sender in senders {
            accepted.extend(sender.await.expect("it was not refused"));
        }
    }
    assert!(!accepted.is_empty(), "the test would prove nothing");

    upstream.resume().await;
    let agent = Agent::start(folder.path(), &upstream, &client).await;
    let all = async {
        while !accepted.is_subset(&upstream.taken().span_ids().into_iter().collect()) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let missing = || accepted.difference(&upstream.taken().span_ids().into_iter().collect()).count();
    let arrived = tokio::time::timeout(Duration::from_secs(60), all).await;
    assert!(arrived.is_ok(), "{} of {} accepted spans are missing", missing(), accepted.len());
    drop(agent);
}
