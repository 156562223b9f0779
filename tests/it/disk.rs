//! The disk under a running agent: gone, shared, of another version.

use crate::support::agent::Agent;
use crate::support::process::Sidelight;
use crate::support::spans::trace;
use crate::support::upstream::Upstream;
use std::fs;
use std::process::Command;

#[tokio::test]
async fn a_data_directory_that_is_deleted_is_made_anew_and_what_comes_is_kept() {
    let mut upstream = Upstream::start().await;
    let exporters = format!(
        "exporters: {{ otlphttp: {{ endpoint: \"{}\", retry_on_failure: {{ initial_interval: 20ms, max_interval: 50ms }} }} }}",
        upstream.url()
    );
    upstream.stop().await;
    let agent = Agent::start(&exporters).await;
    let (before, after) = (trace().llm("before"), trace().llm("after"));
    agent.send(&before).await;
    fs::remove_dir_all(agent.data_dir()).expect("it is there");
    agent.send(&after).await;
    let stopped = agent.stop().await;
    assert!(stopped.waiting >= 1, "it is on disk again");

    upstream.resume().await;
    let again = Agent::start_again(stopped, &exporters).await;
    let id = after.span_ids().remove(0);
    upstream.wait_for(|taken| taken.span_ids().contains(&id)).await;
    again
        .eventually("nothing to wait", |metrics| {
            metrics.sum("sidelight_exporter_waiting_items", &["otlphttp"]) == 0
        })
        .await;
}

#[tokio::test]
async fn a_second_agent_on_one_directory_is_refused_with_the_pid_of_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Sidelight::start_with(folder.path(), &[]).await;
    let second = Command::new(env!("CARGO_BIN_EXE_sidelight"))
        .args(["run", "--set", &format!("data_dir={}", folder.path().display())])
        .args(["--set", "receivers.otlp.protocols.http.endpoint=127.0.0.1:0"])
        .args(["--set", "receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0"])
        .args([
            "--set",
            "telemetry.metrics.endpoint=127.0.0.1:0",
            "--set",
            "telemetry.health.endpoint=127.0.0.1:0",
        ])
        .output()
        .expect("it ends");
    assert_eq!(second.status.code(), Some(3));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains(&format!("in use by process {}", first.pid())), "{said}");
}
