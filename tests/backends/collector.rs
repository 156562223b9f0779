//! An OpenTelemetry Collector as the next hop: what it logs equals what we count as sent.

use crate::support::{
    App, Instrumentation, Process, Sidelight, Transport, assert_no_secret, binary, chat, eventually,
    free_port, post,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The one that `install` builds.
pub const COLLECTOR: &str = "otelcol-v0.155.0-kafka";

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
    let mut command = Command::new(binary(COLLECTOR));
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

/// A group of processes that together may hold so many bytes; the kernel kills what wants more. `None`, said aloud,
/// where groups cannot be made.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn starved(bytes: u64) -> Option<PathBuf> {
    let group = PathBuf::from(format!("/sys/fs/cgroup/memory/sidelight-test-{}", std::process::id()));
    let made = std::fs::create_dir(&group)
        .and_then(|()| std::fs::write(group.join("memory.limit_in_bytes"), bytes.to_string()));
    if made.is_err() {
        eprintln!("SKIPPED: this machine gives us no group of processes with little memory");
        return None;
    }
    Some(group)
}

/// A collector that says yes when the next has: it has no queue of its own.
struct Passing {
    config: PathBuf,
    folder: PathBuf,
}

impl Passing {
    fn new(folder: &Path, port: u16, to: u16) -> Passing {
        let config = folder.join("passing.yaml");
        let text = format!(
            "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:{port}\" }} }} }} }}\n\
             exporters: {{ otlp: {{ endpoint: \"127.0.0.1:{to}\", tls: {{ insecure: true }}, sending_queue: {{ enabled: false }}, retry_on_failure: {{ enabled: false }} }} }}\n\
             service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  pipelines: {{ traces: {{ receivers: [otlp], exporters: [otlp] }} }}\n"
        );
        std::fs::write(&config, text).expect("the configuration is written");
        Passing { config, folder: folder.to_path_buf() }
    }

    fn start(&self) -> Process {
        let mut command = Command::new(binary(COLLECTOR));
        Process::start("passing", &self.folder, command.arg("--config").arg(&self.config))
    }

    fn start_in(&self, group: &Path) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""]).arg(group);
        command.arg(binary(COLLECTOR)).arg("--config").arg(&self.config);
        Process::start("passing", &self.folder, &mut command)
    }
}

#[tokio::test]
async fn a_collector_that_is_killed_and_starved_between_two_agents_loses_nothing() {
    let (here, there) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let last = Sidelight::start(there.path(), "{ local: {} }").await;
    let port = free_port();
    let passing = Passing::new(here.path(), port, last.grpc);
    let retry = "retry_on_failure: { initial_interval: 50ms, max_interval: 500ms }, timeout: 2s";
    let exporters =
        format!("{{ otlp: {{ endpoint: \"127.0.0.1:{port}\", tls: {{ insecure: true }}, {retry} }} }}");
    let first = Sidelight::start(here.path(), &exporters).await;

    let url = format!("http://127.0.0.1:{}/v1/traces", first.http);
    let mut sent = 0;
    let mut load = async |seconds, bytes| {
        let end = std::time::Instant::now() + Duration::from_secs(seconds);
        while std::time::Instant::now() < end {
            post(&url, &chat(sent, 0, bytes)).await;
            sent += 1;
        }
    };
    for _ in 0..5 {
        let collector = passing.start();
        load(2, 20_000).await;
        collector.kill();
        load(1, 20_000).await;
    }
    if let Some(group) = starved(8 << 20) {
        let mut collector = passing.start_in(&group);
        load(4, 500_000).await;
        assert!(!collector.is_running(), "8 MiB are enough for it");
        let _ = std::fs::remove_dir(group);
    }
    let _collector = passing.start();
    let calls = || last.command(&["calls", "--json", "--limit", "1000000"]).lines().count();
    eventually("every call in the last store", || async { (calls() >= sent as usize).then_some(()) }).await;
    assert_eq!(calls(), sent as usize);
    println!("the collector was killed 5 times and starved once: {sent} calls accepted, 0 lost");
}
