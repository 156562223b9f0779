//! Grafana Tempo, where `SIDELIGHT_TEMPO_BIN` names a binary: it is in no registry.

use crate::support::{
    App, Instrumentation, Process, Sidelight, Transport, assert_no_secret, chat, eventually, free_port, get,
    post, trace_id, with_query,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Tempo {
    binary: PathBuf,
    http: u16,
    otlp: u16,
}

impl Tempo {
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn given() -> Option<Tempo> {
        let Some(binary) = std::env::var_os("SIDELIGHT_TEMPO_BIN") else {
            eprintln!("SKIPPED: the Tempo story needs SIDELIGHT_TEMPO_BIN to name a Tempo binary");
            return None;
        };
        Some(Tempo { binary: binary.into(), http: free_port(), otlp: free_port() })
    }

    async fn start(&self, folder: &Path) -> Process {
        self.start_with(folder, "").await
    }

    /// With further lines of configuration.
    async fn start_with(&self, folder: &Path, more: &str) -> Process {
        let config = folder.join("tempo.yaml");
        let text = format!(
            "server: {{ http_listen_address: 127.0.0.1, http_listen_port: {http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: {grpc} }}\n\
             memberlist: {{ bind_addr: [\"127.0.0.1\"], bind_port: {members}, advertise_addr: 127.0.0.1 }}\n\
             usage_report: {{ reporting_enabled: false }}\n\
             distributor: {{ receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:{otlp}\" }} }} }} }} }}\n\
             storage: {{ trace: {{ backend: local, wal: {{ path: data/wal }}, local: {{ path: data/blocks }} }} }}\n\
             query_frontend: {{ query_end_cutoff: 0s }}\n\
             live_store: {{ wal: {{ path: data/live }}, shutdown_marker_dir: data/marker, max_trace_idle: 200ms, flush_check_period: 200ms }}\n\
             backend_scheduler: {{ local_work_path: data/sched }}\n{more}",
            http = self.http,
            otlp = self.otlp,
            grpc = free_port(),
            members = free_port(),
        );
        std::fs::write(&config, text).expect("the configuration is written");
        let mut command = Command::new(&self.binary);
        command.arg(format!("-config.file={}", config.display())).current_dir(folder);
        let process = Process::start("tempo", folder, &mut command);
        let url = format!("http://127.0.0.1:{}/ready", self.http);
        eventually("Tempo to be ready", || get(&url)).await;
        process
    }

    /// The trace once it is there; Tempo answers 200 for an unknown one, so the body decides.
    async fn trace(&self, id: &str) -> String {
        let url = format!("http://127.0.0.1:{}/api/v2/traces/{id}", self.http);
        eventually("the trace in Tempo", || async {
            get(&url).await.filter(|body| body.contains("sidelight.kind"))
        })
        .await
    }

    /// The sum of a metric of Tempo's over the series whose labels hold `label`.
    async fn metric(&self, name: &str, label: &str) -> f64 {
        let page = get(&format!("http://127.0.0.1:{}/metrics", self.http)).await.expect("metrics");
        let lines = page.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Sidelight's exporter to it, that tries again soon.
    fn exporter(&self) -> String {
        let retry = "retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }";
        let otlp = self.otlp;
        format!(
            "{{ otlp: {{ profile: tempo, endpoint: \"127.0.0.1:{otlp}\", tls: {{ insecure: true }}, {retry} }} }}"
        )
    }

    /// Whether a TraceQL query finds the trace.
    async fn finds(&self, query: &str, id: &str) {
        let url = with_query(&format!("http://127.0.0.1:{}/api/search", self.http), "q", query);
        // Leading zeros of ids are stripped in search results.
        let found = |body: String| body.contains(id.trim_start_matches('0'));
        eventually(query, || async { get(&url).await.is_some_and(found).then_some(()) }).await;
    }
}

#[tokio::test]
async fn a_chat_is_found_by_id_and_by_traceql_and_survives_an_outage_of_tempo() {
    let Some(tempo) = Tempo::given() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let store = tempo.start(folder.path()).await;
    let sidelight = Sidelight::start(folder.path(), &tempo.exporter()).await;
    let app = App::start(folder.path()).await;

    let id = app.chat(Instrumentation::Official, Transport::Grpc, sidelight.grpc);
    assert_no_secret("Tempo", &tempo.trace(&id).await);
    for query in [
        "{ span.sidelight.pii.detected = true }",
        "{ span.sidelight.pii.types = \"EMAIL_ADDRESS\" }",
        "{ span.gen_ai.usage.input_tokens > 0 }",
        "{ span.llm.is_sampled = false || span.llm.is_sampled = true }",
    ] {
        tempo.finds(query, &id).await;
    }

    store.kill();
    let later: Vec<String> =
        (0..3).map(|_| app.chat(Instrumentation::OpenLlmetry, Transport::Http, sidelight.http)).collect();
    let _store = tempo.start(folder.path()).await;
    for id in &later {
        assert_no_secret("Tempo after the outage", &tempo.trace(id).await);
    }
    println!("Tempo: {} calls found, {} of them sent while it was down", 1 + later.len(), later.len());
}

#[tokio::test]
async fn a_tempo_that_limits_its_rate_gets_everything_in_its_own_time() {
    let Some(tempo) = Tempo::given() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let limits = "overrides: { defaults: { ingestion: { rate_limit_bytes: 300000, burst_size_bytes: 1500000, max_attribute_bytes: 200000 } } }\n";
    let store = tempo.start_with(folder.path(), limits).await;
    let exporters = tempo.exporter().replace("profile: tempo, ", "");
    let sidelight = Sidelight::start(folder.path(), &exporters).await;
    let url = format!("http://127.0.0.1:{}/v1/traces", sidelight.http);
    for trace in 0..50 {
        post(&url, &chat(trace, 0, 100_000)).await;
    }
    for trace in 0..50 {
        tempo.trace(&trace_id(trace)).await;
    }
    let limited = tempo.metric("tempo_discarded_spans_total", "rate_limited").await;
    // Tempo shows a span before its answer is here.
    eventually("all of them counted as sent", || async {
        let sent = sidelight.metric("sidelight_exporter_sent_items_total", &["exporter=\"otlp\""]).await;
        (sent == 50.0).then_some(())
    })
    .await;
    let dead = sidelight.metric("sidelight_exporter_dead_items_total", &[]).await;
    println!("Tempo turned spans away {limited} times for its rate; all 50 arrived");
    assert!(limited > 0.0, "{}", store.output());
    assert_eq!(dead, 0.0);
}

#[tokio::test]
async fn a_long_attribute_reaches_tempo_as_whole_json_and_a_large_trace_is_warned_of() {
    let Some(tempo) = Tempo::given() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let _store = tempo.start(folder.path()).await;
    let sidelight = Sidelight::start(folder.path(), &tempo.exporter()).await;
    let url = format!("http://127.0.0.1:{}/v1/traces", sidelight.http);
    post(&url, &chat(1, 0, 100_000)).await;
    let answer: Value = serde_json::from_str(&tempo.trace(&trace_id(1)).await).expect("JSON");
    let span = &answer["trace"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    let attribute = |key: &str| {
        let all = span["attributes"].as_array().expect("attributes").iter();
        all.filter(|one| one["key"] == key).map(|one| one["value"].clone()).next().unwrap_or_default()
    };
    let prompt = attribute("gen_ai.input.messages")["stringValue"].as_str().expect("a string").to_string();
    assert!(prompt.len() <= 2048 && serde_json::from_str::<Value>(&prompt).is_ok(), "{} bytes", prompt.len());
    assert!(attribute("sidelight.trimmed").to_string().contains("gen_ai.input.messages"), "{span}");
    let cut = tempo.metric("tempo_distributor_attributes_truncated_total", "span").await;
    assert_eq!(cut, 0.0, "Tempo has nothing left to cut");

    // Tempo keeps 5 MB of a trace, says OK to more, and drops it. What is cut to its size does not come so far.
    for span in 0..3_000 {
        post(&url, &chat(2, span, 3_000)).await;
    }
    eventually("the warning", || async { sidelight.process.output().contains(&trace_id(2)).then_some(()) })
        .await;
}
