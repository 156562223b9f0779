//! Prometheus scrapes us, answers our questions, and its linter finds nothing to say.

use crate::support::{
    App, Instrumentation, Process, Sidelight, Transport, eventually, free_port, get, with_query,
};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// Names of the predecessor that its dashboards use and promtool would name otherwise (design: one allow-list).
const OLD_NAMES: [&str; 4] =
    ["llm_latency_ms_total", "llm_latency_ms_ttft", "llm_cost_usd_micro_total", "llm_latency_ms"];

#[tokio::test]
async fn a_real_prometheus_answers_on_tokens_and_on_the_ledger() {
    let folder = tempfile::tempdir().expect("a folder");
    let sidelight = Sidelight::start(folder.path(), "{ local: {} }").await;
    let app = App::start(folder.path()).await;
    let port = free_port();
    let config = folder.path().join("prometheus.yml");
    let text = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs: [ {{ job_name: sidelight, static_configs: [ {{ targets: [\"127.0.0.1:{}\"] }} ] }} ]\n",
        sidelight.metrics
    );
    std::fs::write(&config, text).expect("the configuration is written");
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("tsdb").display()));
    command.args([format!("--web.listen-address=127.0.0.1:{port}"), "--log.level=warn".to_string()]);
    let _prometheus = Process::start("prometheus", folder.path(), &mut command);
    app.chat(Instrumentation::Official, Transport::Grpc, sidelight.grpc);

    let tokens = ask(port, "sum(llm_tokens_total{token_type=\"prompt\"}) == 16").await;
    assert_eq!(tokens, 16.0);
    let accepted = "sum(sidelight_receiver_accepted_items_total{signal=\"traces\"})";
    assert_eq!(ask(port, &format!("{accepted} == 2")).await, 2.0);
    let settled = "sum(sidelight_exporter_sent_items_total) + sum(sidelight_exporter_dropped_items_total) + sum(sidelight_exporter_waiting_items)";
    assert_eq!(
        ask(port, &format!("{settled} == 2")).await,
        2.0,
        "two spans came in, and two stand in the ledger"
    );
}

#[tokio::test]
async fn promtool_finds_nothing_wrong_but_the_names_of_the_predecessor() {
    let folder = tempfile::tempdir().expect("a folder");
    let sidelight = Sidelight::start(folder.path(), "{ local: {} }").await;
    let app = App::start(folder.path()).await;
    app.chat(Instrumentation::OpenLlmetry, Transport::Http, sidelight.http);
    let metrics = get(&format!("http://127.0.0.1:{}/metrics", sidelight.metrics)).await.expect("metrics");

    let mut promtool = Command::new("promtool");
    let mut promtool = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("promtool");
    promtool.stdin.take().expect("a pipe").write_all(metrics.as_bytes()).expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let ours: Vec<&str> =
        said.lines().filter(|line| !OLD_NAMES.iter().any(|name| line.starts_with(name))).collect();
    assert!(ours.is_empty(), "{}", ours.join("\n"));
}

/// The first value that a query gives, once it gives one.
async fn ask(port: u16, query: &str) -> f64 {
    let url = with_query(&format!("http://127.0.0.1:{port}/api/v1/query"), "query", query);
    eventually(query, || async {
        let answer: Value = serde_json::from_str(&get(&url).await?).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    })
    .await
}
