//! Vectors, from a call to its paraphrase: through a whole agent with the tiny model of `tests/data/model`, which has
//! the architecture of the real one.

use crate::support::agent::{Agent, Stopped};
use crate::support::spans::{int, text, trace};
use crate::support::upstream::Upstream;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::process::{Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/model");

fn sha256() -> String {
    let weights = std::fs::read(format!("{TINY}/model.safetensors")).expect("the tiny model");
    Sha256::digest(weights).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every call is sampled, and embedded by the tiny model.
fn tiny() -> String {
    let sha256 = sha256();
    format!(
        "enrich: {{ sample: {{ percent: 100 }}, embed: {{ model_dir: \"{TINY}\", weights_sha256: {sha256} }} }}"
    )
}

/// What the binary says to `stdin`; it must say nothing on stderr.
fn sidelight(args: &[&str], stdin: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
    command.args(args).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("the binary starts");
    running.stdin.take().expect("piped").write_all(stdin.as_bytes()).expect("it reads");
    let output = running.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The calls of the store that are nearest to `text`: how near, and the model.
fn similar(stopped: &Stopped, text: &str) -> Vec<(f64, String)> {
    let data = format!("data_dir={}", stopped.data_dir().display());
    let config = format!("yaml:{}", tiny());
    let said = sidelight(&["calls", "--similar", text, "--json", "--config", &config, "--set", &data], "");
    let line = |line: &str| {
        let call: Value = serde_json::from_str(line).expect("a JSON object");
        let model = call["model"].as_str().expect("a model").to_string();
        (call["similarity"].as_f64().expect("a number"), model)
    };
    said.lines().map(line).collect()
}

#[tokio::test]
async fn a_sampled_call_is_found_by_a_paraphrase_and_one_with_personal_data_is_not() {
    let agent = Agent::start(&tiny()).await;
    let chat = |prompt: &str, model: &str| {
        let messages = serde_json::json!([{ "role": "user", "content": prompt }]).to_string();
        let name = format!("chat {model}");
        trace().span(
            &name,
            vec![
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.request.model", model),
                text("gen_ai.input.messages", &messages),
            ],
        )
    };
    agent.send(&chat("how do i reset my password", "about-passwords")).await;
    agent.send(&chat("cook a soup with bread and fish", "about-soup")).await;
    agent.send(&chat("my password is on alice.brown@example.org", "with-pii")).await;
    let metrics = agent.metrics().await;
    assert_eq!(metrics.sum("sidelight_embed_missed_texts_total", &[]), 0);
    let stopped = agent.stop().await;

    let found = similar(&stopped, "please tell me how you reset a password");
    assert_eq!(
        found.iter().map(|(_, model)| model.as_str()).collect::<Vec<_>>(),
        ["about-passwords", "about-soup"]
    );
    assert!(found[0].0 > found[1].0 + 0.05, "{found:?}");
    let same = similar(&stopped, "cook a soup with bread and fish");
    assert!(same[0].1 == "about-soup" && same[0].0 > 0.9999, "{same:?}");
}

#[tokio::test]
async fn each_text_of_an_embeddings_call_can_be_found() {
    let agent = Agent::start(&tiny()).await;
    let inputs = serde_json::json!(["a dog and a cat", "the weather in paris"]).to_string();
    let call = vec![
        text("gen_ai.operation.name", "embeddings"),
        text("gen_ai.request.model", "text-embedding-3-small"),
        text("gen_ai.embeddings.input", &inputs),
        int("gen_ai.embeddings.dimension.count", 512),
        int("gen_ai.usage.input_tokens", 9),
    ];
    agent.send(&trace().span("embeddings text-embedding-3-small", call)).await;
    let stopped = agent.stop().await;
    for text in ["a dog and a cat", "the weather in paris"] {
        let found = similar(&stopped, text);
        assert!(found.len() == 1 && found[0].0 > 0.9999, "{found:?}");
    }
}

/// How many spans that `upstream` got have a vector.
async fn with_vectors(upstream: &Upstream) -> usize {
    let taken = upstream.wait_for(|taken| !taken.0.is_empty()).await;
    let vector = |span: &opentelemetry_proto::tonic::trace::v1::Span| {
        span.attributes.iter().any(|attribute| attribute.key == "sidelight.embedding.vector")
    };
    let traces = taken.traces();
    let groups =
        traces.iter().flat_map(|request| &request.resource_spans).flat_map(|group| &group.scope_spans);
    groups.flat_map(|group| &group.spans).filter(|span| vector(span)).count()
}

#[tokio::test]
async fn an_otlp_peer_gets_vectors_only_where_it_was_asked_for() {
    for (setting, expected) in [("", 0), (", vectors: true", 1)] {
        let upstream = Upstream::start().await;
        let url = upstream.url();
        let agent = Agent::start(&format!(
            "{}\nexporters: {{ otlphttp: {{ endpoint: \"{url}\"{setting} }} }}",
            tiny()
        ))
        .await;
        agent.send(&trace().llm("what is the weather today").plain("GET /health")).await;
        assert_eq!(with_vectors(&upstream).await, expected, "{setting}");
        agent.stop().await;
    }
}

#[tokio::test]
async fn without_a_model_spans_go_on_without_vectors() {
    let agent = Agent::start("enrich: { sample: { percent: 100 } }").await;
    agent.send(&trace().llm("what is the weather today")).await;
    let stopped = agent.stop().await;
    assert_eq!(stopped.waiting, 0);
    assert!(similar(&stopped, "weather").is_empty());
}

#[tokio::test]
async fn with_other_weights_than_expected_spans_go_on_and_it_is_counted() {
    let agent = Agent::start(&format!(
        "enrich: {{ sample: {{ percent: 100 }}, embed: {{ model_dir: \"{TINY}\" }} }}"
    ))
    .await;
    agent.send(&trace().llm("what is the weather today")).await;
    let missed = async || {
        let metrics = agent.metrics().await;
        metrics.sum("sidelight_embed_missed_texts_total", &["reason=\"model\""])
    };
    while missed().await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(agent.stop().await.waiting, 0);
}

#[tokio::test]
async fn a_worker_that_drips_holds_nobody_up_for_longer_than_its_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/embed", listener.local_addr().expect("bound"));
    let dripping = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("asked once");
        let _ = socket.read(&mut [0; 4096]).await;
        let _ =
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{\"embedding\": [0.1").await;
        let again = listener.accept().await;
        drop(again);
    });
    let embed = format!("mode: http, url: \"{url}\", timeout: 100ms");
    let agent =
        Agent::start(&format!("enrich: {{ sample: {{ percent: 100 }}, embed: {{ {embed} }} }}")).await;
    agent.send(&trace().llm("what is the weather today")).await;
    let sent = async || {
        let metrics = agent.metrics().await;
        let sent = metrics.sum("sidelight_exporter_sent_items_total", &["local"]);
        (sent, metrics.sum("sidelight_embed_missed_texts_total", &["reason=\"timeout\""]))
    };
    while sent().await.0 == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sent().await, (1, 1));
    agent.stop().await;
    dripping.abort();
}

#[test]
fn a_text_is_embedded_on_the_command_line() {
    let sha256 = format!("enrich.embed.weights_sha256={}", sha256());
    let args = ["embed", "--model-dir", TINY, "--set", &sha256];
    let whole: Value = serde_json::from_str(&sidelight(&args, "the weather")).expect("JSON");
    assert_eq!(whole["embedding"].as_array().map(Vec::len), Some(64));
    assert!(whole["model"].as_str().is_some_and(|model| model.starts_with("minilm:")), "{whole}");

    let lines = sidelight(
        &[&args[..], &["--jsonl"]].concat(),
        "{\"id\":7,\"text\":\"the weather\"}\n{\"text\":\"\"}\n",
    );
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["id"]), (2, &Value::from(7)));
    assert_eq!(lines[0]["embedding"], whole["embedding"]);
}

#[test]
fn a_model_that_is_not_there_is_said_in_words() {
    let output = Command::new(env!("CARGO_BIN_EXE_sidelight"))
        .args(["embed", "--model-dir", "/nowhere"])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        said,
        "sidelight: there is no /nowhere/model.safetensors; `make model` fetches it into the data directory\n"
    );
}
