//! `streaming/test-stream-call`: a real streamed call, passed on as it comes.

use super::Refused;
use super::body::Sent;
use super::fields::text;
use super::provider::{self, Target};
use super::spans::store;
use crate::manage::app::App;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use http::header;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What the provider on loopback says where nobody says what.
const CHUNKS: [&str; 7] = ["Hello ", "there! ", "This ", "is ", "a ", "mock ", "stream."];

/// Chunks that wait for whoever asked to read them.
const AHEAD: usize = 16;

/// Streams a call as server-sent events. At its end the span goes down the line, and a comment, which clients of such
/// streams pass over, says how long the first chunk took.
#[utoipa::path(post, path = "/v1/streaming/test-stream-call", tag = "predecessor",
    request_body(content = Value, example = json!({ "provider": "openai", "chunks": ["Hello ", "there!"] })),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 422, description = "what is wrong with which field")))]
pub async fn test_stream_call(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let provider = fields.required("provider", text);
    let mut chunks = fields.texts("chunks");
    fields.refuse()?;
    if chunks.is_empty() {
        chunks = CHUNKS.map(str::to_string).to_vec();
    }
    let provider = provider.expect("nothing was wrong");
    let target = Target::new(&app.config.test_call, chunks).await;
    let (tell, told) = mpsc::channel::<String>(AHEAD);
    tokio::spawn(async move {
        let called = provider::call(&target, true, |chunk| tell.try_send(event(chunk)).is_ok()).await;
        let record = called.record(&provider, &target.model);
        let ttft = record.latency_ms_ttft.map_or("none".to_string(), |ms| ms.to_string());
        let comment =
            format!(": ttft_ms={ttft} total_ms={} span_id={}\n\n", record.latency_ms_total, record.span_id);
        let stored = store(&app, record, None, sent.hold).await;
        // Whoever asked may be gone; the span is stored all the same.
        let _ = tell
            .send(if stored.is_ok() { comment } else { ": the span was not stored\n\n".to_string() })
            .await;
    });
    let body = unfold(told, |mut told| async { Some((Ok::<_, Infallible>(told.recv().await?), told)) });
    let kind = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    Ok((kind, Body::from_stream(body)).into_response())
}

/// An event with `chunk` as its data, line by line, so that line breaks in it end no event.
fn event(chunk: &str) -> String {
    let lines = chunk.split('\n').map(|line| format!("data: {line}\n"));
    lines.collect::<String>() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_in_a_chunk_end_no_event() {
        assert_eq!(event("A"), "data: A\n\n");
        assert_eq!(event("c\n\nd"), "data: c\ndata: \ndata: d\n\n");
    }
}
