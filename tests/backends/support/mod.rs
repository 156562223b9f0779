//! The parts of a story: processes, Sidelight itself, the Python app, and patience with an end.

mod app;
mod calls;
pub mod clickhouse;
#[cfg(feature = "kafka")]
mod kafka;
mod postgres;
mod process;
mod sidelight;

pub use app::{App, Instrumentation, Transport};
pub use calls::{batch, call, known_calls, span, whole_call};
pub use clickhouse::ClickHouse;
#[cfg(feature = "kafka")]
pub use kafka::{Kafka, PASSWORD as KAFKA_PASSWORD};
pub use postgres::Postgres;
pub use process::{Process, binary, free_port, installed};
pub use sidelight::Sidelight;

use std::future::Future;
use std::time::{Duration, Instant};

/// The made-up values that the app puts into its prompt, in the forms in which they could leak.
pub const SECRETS: [&str; 4] =
    ["alice.brown@example.org", "4111 1111 1111 1111", "4111111111111111", "alice.brown%40example"];

/// Asks again until the answer is there, at most a minute; `what` is what was waited for. The processes
/// are not ours and tell nobody when they are ready, so there is no event to wait for.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "waited a minute for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The body of a successful GET; `None` while nobody answers or the answer is an error.
pub async fn get(url: &str) -> Option<String> {
    let answer = client().get(url).send().await.ok()?;
    answer.error_for_status().ok()?.text().await.ok()
}

/// Posts JSON, which must be accepted.
pub async fn post(url: &str, body: &serde_json::Value) {
    let request = client().post(url).header("content-type", "application/json").body(body.to_string());
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// Deletes what is there.
pub async fn delete(url: &str) {
    let answer = client().delete(url).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// A trace request in JSON of one chat, the `span`th of the `trace`th trace, whose prompt has so many bytes.
pub fn chat(trace: u32, span: u32, bytes: usize) -> serde_json::Value {
    let prompt = serde_json::json!([{ "role": "user", "parts": [{ "type": "text", "content": "so it goes ".repeat(bytes / 11) }] }]);
    let attributes = [
        ("gen_ai.operation.name", "chat".to_string()),
        ("gen_ai.request.model", "gpt-4o".to_string()),
        ("gen_ai.input.messages", prompt.to_string()),
    ]
    .map(|(key, value)| serde_json::json!({ "key": key, "value": { "stringValue": value } }));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let span = serde_json::json!({
        "traceId": trace_id(trace), "spanId": format!("{:016x}", span + 1), "name": "chat gpt-4o", "kind": 3,
        "startTimeUnixNano": (now.as_nanos() - 1_000_000_000).to_string(),
        "endTimeUnixNano": now.as_nanos().to_string(), "attributes": attributes,
    });
    serde_json::json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] })
}

/// The id of that trace in hex.
pub fn trace_id(trace: u32) -> String {
    format!("5eed{trace:028x}")
}

/// `url` with one parameter, percent-encoded.
pub fn with_query(url: &str, key: &str, value: &str) -> String {
    reqwest::Url::parse_with_params(url, [(key, value)]).expect("a URL of ours").into()
}

fn client() -> reqwest::Client {
    // Two tests may race for it; one of them wins and both are served.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client")
}

pub fn assert_no_secret(of: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{of} holds {secret}");
    }
}
