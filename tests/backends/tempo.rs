//! Grafana Tempo, where `SIDELIGHT_TEMPO_BIN` names a binary: it is in no registry.

use crate::support::{
    App, Instrumentation, Process, Sidelight, Transport, assert_no_secret, eventually, free_port, get,
    with_query,
};
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
        let config = folder.join("tempo.yaml");
        let text = format!(
            "server: {{ http_listen_address: 127.0.0.1, http_listen_port: {http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: {grpc} }}\n\
             memberlist: {{ bind_addr: [\"127.0.0.1\"], bind_port: {members}, advertise_addr: 127.0.0.1 }}\n\
             usage_report: {{ reporting_enabled: false }}\n\
             distributor: {{ receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:{otlp}\" }} }} }} }} }}\n\
             storage: {{ trace: {{ backend: local, wal: {{ path: data/wal }}, local: {{ path: data/blocks }} }} }}\n\
             query_frontend: {{ query_end_cutoff: 0s }}\n\
             live_store: {{ wal: {{ path: data/live }}, shutdown_marker_dir: data/marker, max_trace_idle: 200ms, flush_check_period: 200ms }}\n\
             backend_scheduler: {{ local_work_path: data/sched }}\n",
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
    let retry = "retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }";
    let exporters = format!(
        "{{ otlp: {{ endpoint: \"127.0.0.1:{}\", tls: {{ insecure: true }}, {retry} }} }}",
        tempo.otlp
    );
    let sidelight = Sidelight::start(folder.path(), &exporters).await;
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
