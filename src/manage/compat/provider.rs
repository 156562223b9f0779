//! Calls for trying things out: to the provider that is configured, or to one of our own on loopback, by the API that
//! OpenAI's clients speak.

use super::spans::new_id;
use crate::llm::Record;
use crate::llm::record::SCHEMA_VERSION;
use crate::manage::config::TestCall;
use crate::units::unix_nano;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Response, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// What is asked.
const PROMPT: &str = "ping";

/// A whole call may take this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two chunks of the provider on loopback.
const PAUSE: Duration = Duration::from_millis(10);

/// The most of an answer that is read, in bytes.
const MOST: usize = 1 << 20;

/// Whom to call.
pub struct Target {
    url: String,
    key: String,
    pub model: String,
    serving: Option<JoinHandle<()>>,
}

/// What was seen of a call.
pub struct Called {
    began: SystemTime,
    took: Duration,
    first: Option<Duration>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    finish_reason: Option<String>,
    /// Why it failed; never what the provider said, which may quote the key.
    pub error: Option<String>,
}

impl Target {
    /// The one that is configured, else one on loopback that answers with `chunks`, once.
    pub async fn new(config: &TestCall, chunks: Vec<String>) -> Target {
        if !config.url.is_empty() {
            let url = format!("{}/chat/completions", config.url.trim_end_matches('/'));
            let (key, model) = (config.api_key.0.clone(), config.model.clone());
            return Target { url, key, model, serving: None };
        }
        let (url, serving) = match TcpListener::bind("127.0.0.1:0").await {
            Ok(listener) => {
                let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
                (format!("http://{address}/v1/chat/completions"), Some(tokio::spawn(serve(listener, chunks))))
            }
            Err(_) => (String::new(), None),
        };
        Target { url, key: String::new(), model: "loopback".to_string(), serving }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

/// Makes one call. `heard` gets each piece of text as it comes, and says whether to go on.
pub async fn call(target: &Target, stream: bool, mut heard: impl FnMut(&str) -> bool) -> Called {
    let (began, started) = (SystemTime::now(), Instant::now());
    let mut called = Called {
        began,
        took: Duration::ZERO,
        first: None,
        input_tokens: None,
        output_tokens: None,
        finish_reason: None,
        error: None,
    };
    let talked = tokio::time::timeout(PATIENCE, called.talk(target, stream, started, &mut heard)).await;
    match talked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => called.error = Some(error),
        Err(_) => {
            called.error = Some("the provider took too long".to_string());
            called.finish_reason = Some("timeout".to_string());
        }
    }
    called.took = started.elapsed();
    called
}

impl Called {
    async fn talk(
        &mut self,
        target: &Target,
        stream: bool,
        started: Instant,
        heard: &mut impl FnMut(&str) -> bool,
    ) -> Result<(), String> {
        let body = json!({
            "model": target.model, "stream": stream, "max_tokens": 16,
            "messages": [{ "role": "user", "content": PROMPT }],
        });
        let client = reqwest::Client::builder().build().map_err(|_| "no client could be made".to_string())?;
        let mut request = client.post(&target.url).header(header::CONTENT_TYPE, "application/json");
        if !target.key.is_empty() {
            request = request.bearer_auth(&target.key);
        }
        let mut answer = request.body(body.to_string()).send().await.map_err(|error| {
            let why = if error.is_connect() { "cannot be reached" } else { "does not answer" };
            format!("the provider {why}")
        })?;
        if !answer.status().is_success() {
            return Err(format!("the provider answers with status {}", answer.status().as_u16()));
        }
        let broke = |_| "the answer broke off".to_string();
        let (mut text, mut read) = (Vec::new(), 0);
        while let Some(chunk) = answer.chunk().await.map_err(broke)? {
            read += chunk.len();
            if read > MOST {
                return Err("the answer is too long".to_string());
            }
            text.extend_from_slice(&chunk);
            while stream && let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                if !self.line(&line, started, heard) {
                    self.finish_reason = Some("client_disconnect".to_string());
                    return Ok(());
                }
            }
        }
        if !stream {
            let whole: Value =
                serde_json::from_slice(&text).map_err(|_| "the answer is no JSON".to_string())?;
            self.learn(&whole);
        }
        Ok(())
    }

    /// One line of a stream.
    fn line(&mut self, line: &[u8], started: Instant, heard: &mut impl FnMut(&str) -> bool) -> bool {
        let data = line.strip_prefix(b"data:").and_then(|data| serde_json::from_slice::<Value>(data).ok());
        let Some(event) = data else { return true };
        self.learn(&event);
        match event["choices"][0]["delta"]["content"].as_str() {
            Some(text) => {
                self.first.get_or_insert_with(|| started.elapsed());
                heard(text)
            }
            None => true,
        }
    }

    fn learn(&mut self, said: &Value) {
        let usage = |name: &str| said["usage"][name].as_i64();
        self.input_tokens = usage("prompt_tokens").or(self.input_tokens);
        self.output_tokens = usage("completion_tokens").or(self.output_tokens);
        let reason = said["choices"][0]["finish_reason"].as_str();
        self.finish_reason = reason.map(str::to_string).or(self.finish_reason.take());
    }

    /// The call as its span tells it.
    pub fn record(&self, provider: &str, model: &str) -> Record {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let mut record = Record {
            span_id: new_id().to_string(),
            schema_version: SCHEMA_VERSION,
            model: model.to_string(),
            provider: provider.to_string(),
            service_name: "sidelight-test-call".to_string(),
            endpoint: "/chat/completions".to_string(),
            prompt_tokens: self.input_tokens.unwrap_or(0),
            completion_tokens: self.output_tokens.unwrap_or(0),
            latency_ms_ttft: self.first.map(millis),
            latency_ms_total: millis(self.took).max(1),
            finish_reasons: self.finish_reason.iter().cloned().collect(),
            ..Record::default()
        };
        record.begin(unix_nano(self.began));
        record
    }
}

/// A provider that answers one connection.
async fn serve(listener: TcpListener, chunks: Vec<String>) {
    let Ok((stream, _)) = listener.accept().await else { return };
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let chunks = chunks.clone();
        async move { Ok::<_, Infallible>(answer(request, chunks).await) }
    });
    // A client that goes away ends it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: http::Request<hyper::body::Incoming>, chunks: Vec<String>) -> Response<Body> {
    use http_body_util::BodyExt;
    let asked = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&asked).unwrap_or_default();
    let usage = json!({ "prompt_tokens": 1, "completion_tokens": chunks.len() });
    if asked["stream"] != json!(true) {
        let message = json!({ "role": "assistant", "content": chunks.concat() });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        return Response::new(Body::from(json!({ "choices": [choice], "usage": usage }).to_string()));
    }
    let choice = |text: &str| json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    let mut events: Vec<Value> = chunks.iter().map(|chunk| choice(chunk)).collect();
    events.push(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }], "usage": usage }));
    let body = unfold(events.into_iter(), |mut events| async {
        let event = events.next()?;
        sleep(PAUSE).await;
        Some((Ok::<_, Infallible>(Bytes::from(format!("data: {event}\n\n"))), events))
    });
    Response::new(Body::from_stream(body))
}
