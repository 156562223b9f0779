//! kill -9: what was accepted arrives, however often the process is killed.

use crate::support::spans::{Trace, trace};
use crate::support::upstream::{AllTaken, Upstream};
use std::collections::HashSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// How often the process is killed; `SIDELIGHT_KILLS` asks for more.
fn rounds() -> usize {
    std::env::var("SIDELIGHT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(50)
}

/// The real binary.
struct Agent {
    child: Child,
    url: String,
}

impl Agent {
    async fn start(folder: &Path, upstream: &Upstream) -> Agent {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let set = |text: String| ["--set".to_string(), text];
        let mut child = Command::new(env!("CARGO_BIN_EXE_sidelight"))
            .arg("run")
            .args(set(format!("data_dir={}", folder.display())))
            .args(set(format!("receivers.otlp.protocols.http.endpoint=127.0.0.1:{port}")))
            .args(set("receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0".to_string()))
            .args(set("manage.endpoint=127.0.0.1:0".to_string()))
            .args(set("telemetry.metrics.endpoint=127.0.0.1:0".to_string()))
            .args(set("telemetry.health.endpoint=127.0.0.1:0".to_string()))
            .args(set(format!("exporters.otlphttp.endpoint={}", upstream.url())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let greeting = tokio::time::timeout(Duration::from_secs(20), said.next_line()).await;
        let greeting = greeting.expect("it greets within twenty seconds").expect("a pipe");
        assert!(greeting.is_some_and(|line| line.ends_with("is running.")), "it did not start");
        Agent { child, url: format!("http://127.0.0.1:{port}/v1/traces") }
    }

    /// SIGKILL, at once.
    async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }
}

/// Sends until the process is gone, telling `heard` of each answer; the ids of every span that was accepted.
async fn flood(url: String, client: reqwest::Client, heard: mpsc::UnboundedSender<()>) -> Vec<Vec<u8>> {
    let mut accepted = Vec::new();
    loop {
        let trace: Trace = trace().llm("hello").plain("GET /");
        let request = client.post(&url).header("content-type", "application/x-protobuf").body(trace.proto());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                accepted.extend(trace.span_ids());
                // Nobody listens once the process is being killed.
                let _ = heard.send(());
            }
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
        let agent = Agent::start(folder.path(), &upstream).await;
        let (heard, mut answers) = mpsc::unbounded_channel();
        let flood = |_| tokio::spawn(flood(agent.url.clone(), client.clone(), heard.clone()));
        let senders: Vec<_> = (0..4).map(flood).collect();
        for _ in 0..1 + 5 * (round % 13) {
            answers.recv().await.expect("the senders go on until it is killed");
        }
        agent.kill().await;
        for sender in senders {
            accepted.extend(sender.await.expect("it was not refused"));
        }
    }
    upstream.resume().await;
    let agent = Agent::start(folder.path(), &upstream).await;
    let (mut arrived, mut looked_at) = (HashSet::new(), 0);
    upstream
        .wait_for(|taken| {
            arrived.extend(AllTaken(taken.0[looked_at..].to_vec()).span_ids());
            looked_at = taken.0.len();
            accepted.is_subset(&arrived)
        })
        .await;
    agent.kill().await;
}
