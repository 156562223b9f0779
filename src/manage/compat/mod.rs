//! The predecessor's paths, with its shapes and its words: what its clients call goes on working, and does what
//! it claims.
//!
//! Source: spec of the predecessor, §5 and §6, and its recorded exchanges, which `tests/it/compat.rs` replays.

mod body;
pub mod detect;
pub mod embed;
mod embedded;
mod fields;
pub mod instrumentation;
mod json;
pub mod metrics;
mod provider;
pub mod scan;
pub mod spans;
pub mod streaming;
pub mod tokens;
mod wrong;

use super::app::App;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::{Value, json};
use std::sync::Arc;

/// Every path that the predecessor has, but for what both describe themselves by.
pub fn paths() -> Vec<(&'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("/v1/instrumentation/init", post(instrumentation::init)),
        ("/v1/instrumentation/uninstrument", post(instrumentation::uninstrument)),
        ("/v1/instrumentation/detect", post(detect::detect)),
        ("/v1/instrumentation/test-call", post(instrumentation::test_call)),
        ("/v1/token-counting/count", post(tokens::count)),
        ("/v1/streaming/test-stream-call", post(streaming::test_stream_call)),
        ("/v1/pii-injection/scan", post(scan::scan)),
        ("/v1/sampling/should-sample", post(scan::should_sample)),
        ("/v1/embeddings/embed", post(embed::embed)),
        ("/v1/metrics/init", post(metrics::init)),
        ("/v1/metrics/health", get(metrics::health)),
        ("/v1/metrics/record", post(metrics::record)),
        ("/v1/metrics/record-batch", post(metrics::record_batch)),
        ("/v1/spans", post(spans::ingest)),
    ]
}

/// The routes of all of them.
pub fn router() -> Router<Arc<App>> {
    let all = paths().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    all.method_not_allowed_fallback(not_allowed)
}

/// An answer as the predecessor gives it.
fn answer(status: StatusCode, body: &Value) -> Response {
    let mut answer = (status, body.to_string()).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// A refusal in one sentence.
fn detail(status: StatusCode, detail: &str) -> Response {
    answer(status, &json!({ "detail": detail }))
}

/// An answer that refuses; boxed, since it travels as an error.
pub struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(answer: Response) -> Refused {
        Refused(Box::new(answer))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Axum adds which methods are.
async fn not_allowed() -> Response {
    detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

const OPENAPI: &str = "/openapi.json";

/// What no path is: one of ours with a slash too many is pointed to, as the predecessor does.
pub async fn not_found(uri: Uri) -> Response {
    let meant = uri
        .path()
        .strip_suffix('/')
        .filter(|path| *path == OPENAPI || paths().iter().any(|(known, _)| known == path));
    match meant.and_then(|path| HeaderValue::try_from(path).ok()) {
        Some(path) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, path)]).into_response(),
        None => detail(StatusCode::NOT_FOUND, "Not Found"),
    }
}
