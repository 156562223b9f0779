//! The exchanges recorded of the predecessor's REST API, replayed against an agent.
//!
//! An answer may say more than the recorded one, never less or otherwise. What was a fault there is listed with
//! what is answered here.

use crate::support::agent::Agent;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// The predecessor's two prices.
const PRICES: &str = "
providers:
  openai:
    source: model_prices.yaml of the predecessor
    date: 2025-01-15
    models:
      gpt-4o: { input: 5.00, output: 15.00 }
      gpt-3.5-turbo: { input: 0.50, output: 1.50 }
";

/// Recorded faults by name, each with the status here and why it differs.
const FAULTS: &[(&str, u16, &str)] = &[
    ("unprefixed /", 200, "the page is there"),
    ("HEAD health", 200, "HEAD is GET without a body (RFC 9110)"),
    ("scan sql", 200, "a verb of SQL in a sentence is no injection"),
    ("scan messages multimodal", 200, "a verb of SQL alone is no injection"),
    ("scan both", 200, "a statement of SQL alone is no injection"),
    ("record pii inj retry", 200, "nothing is known of its tokens, so nothing of its cost"),
    ("tok part text null", 200, "a part without text has no tokens; it is no reason to fail"),
    ("tok part text null, claude", 200, "the same"),
    ("tok image url null", 200, "an image of unknown size counts as such"),
    ("tok zero-size png", 200, "the same"),
    ("sampling lone surrogate", 200, "half a surrogate is read as U+FFFD"),
    ("detect https://api.openai.com/v1/embeddings", 200, "the host says whose API it is"),
    ("detect https://api.openai.com/v1/responses", 200, "the same"),
    ("detect https://myres.openai.azure.com/openai/deployments/x/chat/completions", 200, "the same"),
    ("detect https://evil.example/?u=api.openai.com/v1/chat/completions", 200, "a query is no host"),
    ("detect https://api.cohere.com/v2/chat", 200, "the host says whose API it is"),
    ("detect HTTPS://API.OPENAI.COM/v1/chat/completions", 200, "hosts have no case"),
    ("detect model is int", 200, "what is no name is unknown"),
    ("detect model is null", 200, "the same"),
    ("stream newline chunk (SSE framing broken)", 200, "line breaks in a chunk do not end its event"),
    ("record negative tokens", 422, "there are no negative tokens"),
    ("NaN", 422, "no number is told as what is wrong"),
    ("big int tokens", 422, "a count past 2^63 is refused, not rounded"),
    ("big int tokens 2^53+1", 200, "money is exact"),
    ("timestamp naive (no tz)", 400, "a time without a zone is told as what is wrong"),
    ("timestamp date only", 400, "the same"),
    ("span cost 2^63", 400, "an amount past 2^63 is refused; it was lost after 202"),
    ("finish_reason 'content_filter'", 202, "it is a legal value"),
    ("finish_reason 'tool_calls'", 202, "the same"),
    ("finish_reason 'cache_hit'", 202, "the same"),
    ("finish_reason 'client_disconnect'", 202, "the same"),
    ("finish_reason 'FINISH_REASON_CONTENT_FILTER'", 202, "the same"),
    ("finish_reason 'FINISH_REASON_TOOL_CALLS'", 202, "the same"),
];

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/rest_vectors.json")).expect("JSON")
}

/// When the first and the second half were recorded, in seconds since 1970.
const RECORDED: [u64; 2] = [1_795_196_874, 1_795_199_487];

/// What was sent, with its time moved from then to now.
fn body(case: &Value, recorded: u64) -> Option<Vec<u8>> {
    if let Some(raw) = case["request_raw"].as_str() {
        // Bytes that are no UTF-8 were recorded as Latin-1.
        let latin = case["name"] == "invalid utf8 body" || case["name"] == "BOM body";
        return Some(if latin { raw.chars().map(|c| c as u8).collect() } else { raw.as_bytes().to_vec() });
    }
    let mut body = case.get("request_json")?.clone();
    if case["name"] == "span model 1e5 chars" {
        body = vectors().into_iter().find(|case| case["name"] == "span ok").expect("there")["request_json"]
            .clone();
        body["model"] = json!("m".repeat(100_000));
    }
    if let Some(time) = body.get_mut("timestamp_utc") {
        *time = moved(time, recorded);
    }
    Some(body.to_string().into_bytes())
}

fn moved(time: &Value, recorded: u64) -> Value {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let by = now - recorded;
    match time {
        Value::Number(number) => match number.as_u64() {
            Some(seconds) if seconds < 20_000_000_000 => json!(seconds + by),
            Some(millis) if millis < 20_000_000_000_000 => json!(millis + by * 1000),
            _ => time.clone(),
        },
        Value::String(text) => match text.parse::<u64>() {
            Ok(seconds) => json!((seconds + by).to_string()),
            Err(_) => match sidelight::units::parse_utc(text) {
                Some(moment) => json!(written(moment + Duration::from_secs(by), text)),
                None => time.clone(),
            },
        },
        other => other.clone(),
    }
}

/// A moment, written as `like` is.
fn written(moment: SystemTime, like: &str) -> String {
    let (zone, ahead) = if like.ends_with("+05:30") { ("+05:30", 19_800) } else { ("+00:00", 0) };
    let text = sidelight::units::utc_text(moment + Duration::from_secs(ahead));
    let zone = if like.ends_with('Z') { "Z" } else { zone };
    let joint = if like.contains(' ') { " " } else { "T" };
    text.trim_end_matches('Z').replace('T', joint) + zone
}

/// Whether `answer` says at least what `recorded` says.
fn says(recorded: &Value, answer: &Value) -> bool {
    match (recorded, answer) {
        (Value::Object(recorded), Value::Object(answer)) => {
            recorded.iter().all(|(key, value)| answer.get(key).is_some_and(|found| says(value, found)))
        }
        (Value::Array(recorded), Value::Array(answer)) => {
            recorded.len() == answer.len() && recorded.iter().zip(answer).all(|(one, other)| says(one, other))
        }
        _ => recorded == answer,
    }
}

/// The events of a stream, without comments.
fn events(text: &str) -> Vec<&str> {
    text.split("\n\n").filter(|event| !event.is_empty() && !event.starts_with(':')).collect()
}

/// Replays a case; what differs from the recording.
async fn replay(agent: &Agent, case: &Value, recorded: u64) -> Result<u16, (u16, String)> {
    let method: Method = case["method"].as_str().expect("a method").parse().expect("a method");
    let body = body(case, recorded);
    let mut headers = vec![("content-type".to_string(), "application/json".to_string())];
    if let Some(given) = case["request_headers"].as_object() {
        let text = |value: &Value| value.as_str().expect("a text").to_string();
        headers = given.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    }
    let answer = agent.raw(method, case["path"].as_str().expect("a path"), &headers, body).await;
    let (status, kind, allow, text) = answer;
    let found = status.as_u16();
    let differs = |what: &str| Err((found, format!("{what}\n  {text}")));
    if json!(found) != case["status"] {
        return differs("another status");
    }
    if case.get("allow").is_some() && json!(allow) != case["allow"] {
        return differs("other methods are allowed");
    }
    if case["content_type"].is_string() && json!(kind) != case["content_type"] {
        return differs(&format!("another content type: {kind}"));
    }
    if let Some(json) = case.get("response_json") {
        let found: Value = serde_json::from_str(&text).unwrap_or_default();
        if !says(json, &found) {
            return differs("another answer");
        }
    }
    if let Some(recorded) = case["response_text"].as_str()
        && events(recorded) != events(&text)
    {
        return differs("another text");
    }
    Ok(found)
}

#[tokio::test]
async fn recorded_exchanges_are_answered_as_they_were_but_for_faults() {
    let folder = tempfile::tempdir().expect("a folder");
    let prices = folder.path().join("prices.yaml");
    std::fs::write(&prices, PRICES).expect("written");
    let agent = Agent::start(&format!("enrich: {{ cost: {{ prices: {} }} }}", prices.display())).await;
    let (mut wrong, mut met) = (Vec::new(), BTreeSet::new());
    for (n, case) in vectors().iter().enumerate() {
        let name = case["name"].as_str().expect("a name");
        let replayed = replay(&agent, case, RECORDED[usize::from(n >= 200)]).await;
        match (FAULTS.iter().find(|(fault, ..)| *fault == name), replayed) {
            (None, Ok(_)) => {}
            (None, Err((status, what))) => wrong.push(format!("{name}: {status} {what}\n  recorded {case}")),
            (Some((_, here, _)), Err((status, _))) if status == *here => _ = met.insert(name.to_string()),
            (Some((_, here, why)), Ok(status) | Err((status, _))) => {
                wrong.push(format!("{name}: {status}, and {here} was expected: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(met.len(), FAULTS.len());
}

#[tokio::test]
async fn a_span_goes_down_the_line_as_any_other() {
    let agent = Agent::start("enrich: { sample: { percent: 100 } }").await;
    let now = sidelight::units::utc_text(SystemTime::now());
    let span = json!({
        "span_id": "123e4567-e89b-42d3-a456-426614174000", "model": "gpt-4o", "provider": "openai",
        "service_name": "svc", "endpoint": "/chat", "prompt_tokens": 1000, "completion_tokens": 500,
        "latency_ms_total": 450, "latency_ms_ttft": 95, "finish_reason": "tool_calls", "cost_usd_micro": 0,
        "price_version": "x", "timestamp_utc": now, "user_id": "alice.brown@example.org",
    });
    let (status, answer) = agent.request(Method::POST, "/v1/spans", Some(&span.to_string())).await;
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({ "success": true, "span_warnings": [] })));
    let metrics = agent.metrics().await;
    assert_eq!(metrics.sum("sidelight_receiver_accepted_items_total", &["traces", "rest"]), 1);
    assert_eq!(metrics.sum("llm_tokens_total", &["gpt-4o", "svc", "prompt"]), 1000);
    assert_eq!(metrics.sum("llm_pii_detected_total", &["svc"]), 1);
    let call = agent.once("/v1/calls", |page| page["calls"].as_array()?.first().cloned()).await;
    for (key, value) in [
        ("service", json!("svc")),
        ("duration_ms", json!(450.0)),
        ("time_to_first_chunk_ms", json!(95.0)),
        ("finish_reasons", json!(["tool_calls"])),
        ("sampled", json!(true)),
        ("pii", json!(true)),
    ] {
        assert_eq!(call[key], value, "{key}: {call}");
    }
    assert!(call["cost_usd"].as_f64().is_some_and(|usd| usd > 0.0), "{call}");
}

/// An embeddings call as an SDK's `run_embedding` knows it.
fn embeddings_call(more: &Value) -> Value {
    let mut span = json!({
        "span_id": "123e4567-e89b-42d3-a456-426614174001", "trace_id": "0b1f8e0a-1111-4222-8333-444455556666",
        "kind": "embeddings", "model": "text-embedding-3-small", "provider": "openai", "service_name": "search",
        "endpoint": "/index", "prompt_tokens": 50_000, "latency_ms_total": 120, "cost_usd_micro": 0,
        "price_version": "", "timestamp_utc": sidelight::units::utc_text(SystemTime::now()), "dimensions": 512,
        "user_id": "u-7", "session_id": "s-9", "tags": ["nightly", "index"],
        "metadata": { "team": "search", "run": { "number": 7 } },
    });
    for (key, value) in more.as_object().expect("a map") {
        span[key] = value.clone();
    }
    span
}

#[tokio::test]
async fn an_embeddings_call_goes_down_the_line_with_all_that_it_says() {
    use crate::support::upstream::Upstream;
    let upstream = Upstream::start().await;
    let agent = Agent::start(&format!(
        "exporters: {{ local: {{}}, otlphttp: {{ endpoint: \"{}\" }} }}",
        upstream.url()
    ))
    .await;
    let input = json!(["What is life?", "Write to alice.brown@example.org"]);
    let span = embeddings_call(&json!({ "input": input }));
    let (status, answer) = agent.request(Method::POST, "/v1/spans", Some(&span.to_string())).await;
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({ "success": true, "span_warnings": [] })));
    let call = agent.once("/v1/calls", |page| page["calls"].as_array()?.first().cloned()).await;
    for (key, value) in [
        ("kind", json!("embeddings")),
        ("model", json!("text-embedding-3-small")),
        ("dimensions", json!(512)),
        ("inputs", json!(2)),
        ("input_tokens", json!(50_000)),
        ("tokens_method", json!("reported")),
        // 0.02 USD a million tokens.
        ("cost_usd", json!(0.001)),
        ("user_id", json!("u-7")),
        ("conversation_id", json!("s-9")),
        ("pii", json!(true)),
    ] {
        assert_eq!(call[key], value, "{key}: {call}");
    }
    let taken = upstream.wait_for(|taken| !taken.span_ids().is_empty()).await;
    let traces = serde_json::to_value(taken.traces()).expect("JSON");
    let sent = &traces[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(sent["name"], "embeddings text-embedding-3-small");
    let attribute = |key: &str| {
        let mut all = sent["attributes"].as_array().expect("a list").iter();
        all.find(|attribute| attribute["key"] == key).map(|attribute| attribute["value"].to_string())
    };
    assert_eq!(
        attribute("metadata"),
        Some(json!({ "stringValue": span["metadata"].to_string() }).to_string())
    );
    let tags =
        json!({ "arrayValue": { "values": [{ "stringValue": "nightly" }, { "stringValue": "index" }] } });
    assert_eq!(attribute("tag.tags"), Some(tags.to_string()));
    assert!(
        !sent.to_string().contains("alice.brown") && sent.to_string().contains("What is life?"),
        "{sent}"
    );
}

#[tokio::test]
async fn an_embeddings_call_may_tell_one_text_or_only_how_many() {
    let agent = Agent::start("").await;
    for (more, inputs) in [
        (json!({ "kind": "EMBEDDING", "input": "one" }), json!(1)),
        (
            json!({ "batch_size": 96, "tags": null, "span_id": "123e4567-e89b-42d3-a456-426614174002" }),
            json!(96),
        ),
    ] {
        let span = embeddings_call(&more);
        let (status, answer) = agent.request(Method::POST, "/v1/spans", Some(&span.to_string())).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        let id = span["span_id"].as_str().expect("a text").to_string();
        let counted = |page: &Value| {
            let found = page["calls"].as_array()?.iter().find(|call| call["inputs"] == inputs)?;
            Some(found["kind"].clone())
        };
        assert_eq!(agent.once("/v1/calls", counted).await, json!("embeddings"), "{id}");
    }
    for (more, field) in [
        (json!({ "dimensions": 0 }), "dimensions"),
        (json!({ "batch_size": "many" }), "batch_size"),
        (json!({ "input": 7 }), "input"),
        (json!({ "input": ["a", null] }), "input"),
        (json!({ "tags": "nightly" }), "tags"),
        (json!({ "metadata": ["a"] }), "metadata"),
    ] {
        let span = embeddings_call(&more);
        let (status, answer) = agent.request(Method::POST, "/v1/spans", Some(&span.to_string())).await;
        let error = answer["error"].as_str().expect("a text");
        assert_eq!((status, &answer["rule"]), (StatusCode::BAD_REQUEST, &json!("RULE-V-99")), "{answer}");
        assert!(error.starts_with(&format!("Validation failed for field '{field}'")), "{error}");
    }
    // Of a chat they say nothing, as they never did.
    let chat = json!({ "kind": "chat", "dimensions": 0, "completion_tokens": 1, "finish_reason": "stop" });
    let chat = embeddings_call(&chat).to_string();
    assert_eq!(agent.request(Method::POST, "/v1/spans", Some(&chat)).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_test_call_is_a_real_one_and_its_span_is_shown() {
    let agent = Agent::start("").await;
    let asked = json!({ "method": "httpx", "provider": "openai" }).to_string();
    let (_, called) = agent.request(Method::POST, "/v1/instrumentation/test-call", Some(&asked)).await;
    assert_eq!(called["success"], json!(true), "{called}");
    assert!(called["span"].to_string().contains("sidelight.kind"), "{called}");
    let down = "manage: { test_call: { url: 'http://127.0.0.1:9/v1', model: m } }";
    let (_, called) =
        Agent::start(down).await.request(Method::POST, "/v1/instrumentation/test-call", Some(&asked)).await;
    assert_eq!(called["success"], json!(false), "{called}");
}

/// Whoever sends too much to the API takes nothing from the receivers.
#[tokio::test]
async fn a_flood_of_the_api_leaves_the_receivers_their_room() {
    use crate::support::spans::trace;
    use tokio::io::AsyncWriteExt;
    let agent = Agent::start("queue: { max_in_flight: 61MiB }").await;
    let address = agent.addresses.manage.expect("it is on");
    let mut held = Vec::new();
    // More connections than it takes, each with a large body that never ends.
    for _ in 0..200 {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        let head = "POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n";
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&[b' '; 50_000]).await;
        held.push(stream);
    }
    for _ in 0..50 {
        agent.send(&trace().llm("hello")).await;
    }
    let metrics = agent.metrics().await;
    assert_eq!(metrics.sum("sidelight_receiver_accepted_items_total", &["traces", "http"]), 50);
    assert_eq!(metrics.sum("sidelight_receiver_refused_items_total", &["http"]), 0);
    assert_eq!(metrics.sum("sidelight_receiver_in_flight_bytes", &[]), 0);
}
