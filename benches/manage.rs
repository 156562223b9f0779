//! The management API of the real binary: what `POST /v1/spans` costs, whether it and the line leave each other in
//! peace, how long 100,000 calls take to be listed and added up, and what a scrape and being there at all cost.
//!
//! `cargo bench --bench manage`. CPU time is the agent's; times of answers are wall time, seen by a client on loopback.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod payload;
mod process;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use payload::{int, text};
use process::{Agent, PEER_AWAY, median};
use prost::Message;
use reqwest::Client;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::task::JoinSet;

/// Requests per CPU-second of the predecessor at its best: no-op reporter, no access log, 16 connections. Source:
/// measured for this project, one worker of uvicorn on the same kind of machine.
const PREDECESSOR: f64 = 1_147.0;

const CALLS: usize = 100_000;

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        presence().await;
        for (name, exporters) in [("peer away", PEER_AWAY), ("local store", "{ local: {} }")] {
            spans(name, exporters).await;
        }
        neighbours().await;
        many_calls().await;
        scrape().await;
    });
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

/// Resident memory with management and without, some seconds after the start.
async fn presence() {
    let mut held = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        for (place, enabled) in [(0, "manage.enabled=false"), (1, "manage.enabled=true")] {
            let folder = folder();
            let agent = Agent::start(folder.path(), PEER_AWAY, &[enabled]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            held[place].push(agent.resident());
        }
    }
    let [without, with] = held.map(median);
    println!("idle: {:.1} MB without management, {:+.1} MB with it", without / 1e6, (with - without) / 1e6);
}

/// `POST /v1/spans`, each with an id of its own, over 1 and 16 connections.
async fn spans(name: &str, exporters: &str) {
    for connections in [1, 16] {
        let folder = folder();
        let agent = Agent::start(folder.path(), exporters, &[]).await;
        let url = format!("http://127.0.0.1:{}/v1/spans", agent.manage);
        let (each, before) = (20_000 / connections, agent.cpu_ms());
        let mut senders = JoinSet::new();
        for _ in 0..connections {
            let (client, url) = (client(), url.clone());
            senders.spawn(async move {
                let mut took = Vec::with_capacity(each);
                for _ in 0..each {
                    let body = record().to_string();
                    let began = Instant::now();
                    let sent = client.post(&url).header("content-type", "application/json").body(body);
                    let answer = sent.send().await.expect("an answer");
                    assert_eq!(answer.status(), 202);
                    took.push(began.elapsed().as_secs_f64());
                }
                took
            });
        }
        let began = Instant::now();
        let took = senders.join_all().await.concat();
        let (wall, spent) = (began.elapsed().as_secs_f64(), (agent.cpu_ms() - before) / 1e3);
        let rate = took.len() as f64 / spent;
        println!(
            "POST /v1/spans, {name}, {connections} connections: {rate:.0} a CPU-second ({:.0} x the predecessor's), {:.0} a second, p50 {:.1} ms, p99 {:.1} ms",
            rate / PREDECESSOR,
            took.len() as f64 / wall,
            1e3 * quantile(&took, 0.5),
            1e3 * quantile(&took, 0.99),
        );
    }
}

/// A span as the predecessor's clients send it, of 430 bytes.
fn record() -> Value {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    json!({
        "span_id": format!("123e4567-e89b-42d3-a456-{number:012x}"), "trace_id": null, "schema_version": 1,
        "model": "gpt-4o", "provider": "openai", "service_name": "checkout", "endpoint": "/chat",
        "environment": "production", "prompt_tokens": 150, "completion_tokens": 80, "latency_ms_ttft": 210,
        "latency_ms_total": 900, "finish_reason": "stop", "cost_usd_micro": 1950, "price_version": "2025-01-15",
        "token_count_method": "tiktoken", "retry_count": 0, "timestamp_utc": now
    })
}

/// A client with one connection.
fn client() -> Client {
    Client::builder().no_proxy().pool_max_idle_per_host(1).build().expect("a client")
}

fn quantile(all: &[f64], share: f64) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

/// Times of answers of the API while the line is saturated, and of the line while the API is flooded.
async fn neighbours() {
    let folder = folder();
    let agent = Agent::start(folder.path(), "{ local: {} }", &[]).await;
    let line = format!("http://127.0.0.1:{}/v1/traces", agent.http);
    let api = |path: &str| format!("http://127.0.0.1:{}{path}", agent.manage);
    let heavy: Bytes = payload::traces(7, 512, 10).encode_to_vec().into();
    let light: Bytes = payload::traces(8, 4, 25).encode_to_vec().into();
    let proto =
        |body: &Bytes| Ask { url: line.clone(), kind: "application/x-protobuf", body: Some(body.clone()) };
    let get = |path: &str| Ask { url: api(path), kind: "", body: None };
    let scan = Ask {
        url: api("/v1/scan"),
        kind: "application/json",
        body: Some(Bytes::from(json!({ "text": "write to us. ".repeat(300) }).to_string())),
    };

    println!("\nanswers{:>31}{:>12}{:>12}", "p50", "p99", "worst");
    let show = |what: &str, took: Vec<f64>| {
        let ms = |share| 1e3 * quantile(&took, share);
        println!("  {what:<28}{:>5.1} ms{:>9.1} ms{:>9.1} ms", ms(0.5), ms(0.99), ms(1.0));
    };
    show("status, at rest", get("/v1/status").ask(200).await);
    let flood = Flood::of(proto(&heavy), 8);
    show("status, the line saturated", get("/v1/status").ask(200).await);
    show("calls, the line saturated", get("/v1/calls").ask(100).await);
    flood.stop().await;
    show("a small export, at rest", proto(&light).ask(200).await);
    let flood = Flood::of(scan, 16);
    show("a small export, 8000 flooded", proto(&light).ask(200).await);
    flood.stop().await;
}

/// One question, to be asked again and again.
#[derive(Clone)]
struct Ask {
    url: String,
    kind: &'static str,
    body: Option<Bytes>,
}

impl Ask {
    /// Seconds that each of as many answers took, one after the other.
    async fn ask(&self, times: usize) -> Vec<f64> {
        let client = client();
        let mut took = Vec::with_capacity(times);
        for _ in 0..times {
            let began = Instant::now();
            self.once(&client).await;
            took.push(began.elapsed().as_secs_f64());
        }
        took
    }

    async fn once(&self, client: &Client) -> Bytes {
        let request = match &self.body {
            Some(body) => client.post(&self.url).header("content-type", self.kind).body(body.clone()),
            None => client.get(&self.url),
        };
        request.send().await.expect("an answer").bytes().await.expect("a whole answer")
    }
}

/// Many who ask the same without pause.
struct Flood {
    stop: Arc<AtomicBool>,
    asking: JoinSet<()>,
}

impl Flood {
    fn of(ask: Ask, connections: usize) -> Flood {
        let stop = Arc::new(AtomicBool::new(false));
        let mut asking = JoinSet::new();
        for _ in 0..connections {
            let (ask, stop, client) = (ask.clone(), stop.clone(), client());
            asking.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    ask.once(&client).await;
                }
            });
        }
        Flood { stop, asking }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.asking.join_all().await;
    }
}

/// Lists, names and series over many calls of one day.
async fn many_calls() {
    let folder = folder();
    let agent = Agent::start(folder.path(), "{ local: {} }", &[]).await;
    let client = client();
    let line = format!("http://127.0.0.1:{}/v1/traces", agent.http);
    for first in (0..CALLS).step_by(1000) {
        let request = chats(first, 1000).encode_to_vec();
        let sent = client.post(&line).header("content-type", "application/x-protobuf").body(request);
        assert_eq!(sent.send().await.expect("an answer").status(), 200);
    }
    let ask =
        |path: &str| Ask { url: format!("http://127.0.0.1:{}{path}", agent.manage), kind: "", body: None };
    let all = ask("/v1/calls?limit=1&totals=true");
    loop {
        let page: Value = serde_json::from_slice(&all.once(&client).await).expect("JSON");
        if page["totals"]["calls"] == CALLS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("\nwith {CALLS} calls stored, the median of 15");
    for path in [
        "/",
        "/v1/calls?limit=50",
        "/v1/calls?limit=50&totals=true&model=model-3&flag=pii",
        "/v1/calls/facets",
        "/v1/series?since=24h&step=5m&by=model",
        "/v1/series?since=7d&step=1h&by=service",
    ] {
        println!("  {path:<54}{:>6.0} ms", 1e3 * median(ask(path).ask(15).await));
    }
}

/// Small chats of 20 models and 10 services within the last day.
fn chats(first: usize, count: usize) -> ExportTraceServiceRequest {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos() as u64;
    let mut request = payload::traces(first as u64 + 1, count, 0);
    let spans = request.resource_spans.iter_mut().flat_map(|resource| {
        let name = text("service.name", format!("service-{}", first / 1000 % 10));
        let held = resource.resource.get_or_insert_default();
        held.attributes.retain(|attribute| attribute.key != "service.name");
        held.attributes.push(name);
        resource.scope_spans.iter_mut().flat_map(|scope| &mut scope.spans)
    });
    for (number, span) in (first..).zip(spans) {
        let ago = (number % 86_000) as u64 * 1_000_000_000;
        (span.start_time_unix_nano, span.end_time_unix_nano) = (now - ago - 900_000_000, now - ago);
        span.attributes = vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", format!("model-{}", number % 20)),
            int("gen_ai.usage.input_tokens", 120),
            int("gen_ai.usage.output_tokens", 30),
        ];
    }
    request
}

/// A page of metrics with some 2,000 series.
async fn scrape() {
    let folder = folder();
    let agent = Agent::start(folder.path(), PEER_AWAY, &[]).await;
    let client = client();
    let ask = Ask { url: format!("http://127.0.0.1:{}/metrics", agent.metrics), kind: "", body: None };
    let record = format!("http://127.0.0.1:{}/v1/metrics/record", agent.manage);
    let mut series = 0;
    for number in 0.. {
        let body = json!({ "model": format!("model-{number}"), "provider": "openai", "service_name": "shop", "prompt_tokens": 9, "completion_tokens": 3, "latency_ms_total": 800 });
        let sent = client.post(&record).header("content-type", "application/json").body(body.to_string());
        assert_eq!(sent.send().await.expect("an answer").status(), 200);
        let page = ask.once(&client).await;
        series = page.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#').count();
        if series >= 2_000 {
            break;
        }
    }
    const SCRAPES: usize = 400;
    let before = agent.cpu_ms();
    ask.ask(SCRAPES).await;
    println!("\na scrape of {series} series: {:.2} ms CPU", (agent.cpu_ms() - before) / SCRAPES as f64);
}
