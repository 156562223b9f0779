//! `instrumentation/init`, `uninstrument` and `test-call`.

use super::body::Sent;
use super::fields::text;
use super::metrics::setup;
use super::provider::{self, Target};
use super::spans::store;
use super::{Refused, answer};
use crate::manage::app::App;
use crate::otlp::{Batch, Limits, Signal, json as otlp_json};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::SystemTime;

/// A sidecar cannot patch an app: the answer says what the app has to set.
#[utoipa::path(post, path = "/v1/instrumentation/init", tag = "predecessor",
    responses((status = 200, body = Value, example = json!({ "success": true, "message": "Auto-instrumentation initialized" }))))]
pub async fn init(State(app): State<Arc<App>>) -> Response {
    let message = "Auto-instrumentation initialized";
    answer(StatusCode::OK, &json!({ "success": true, "message": message, "setup": setup(&app) }))
}

/// As [`init`]: what was set has to be unset.
#[utoipa::path(post, path = "/v1/instrumentation/uninstrument", tag = "predecessor",
    responses((status = 200, body = Value, example = json!({ "success": true, "message": "All instrumentation disabled" }))))]
pub async fn uninstrument() -> Response {
    let message = "All instrumentation disabled";
    let unset = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    answer(StatusCode::OK, &json!({ "success": true, "message": message, "unset": unset }))
}

/// Makes a real call, to `manage.test_call` or to a provider of our own on loopback, sends its span down the line, and
/// shows it as it went on.
#[utoipa::path(post, path = "/v1/instrumentation/test-call", tag = "predecessor",
    request_body(content = Value, example = json!({ "method": "httpx", "provider": "openai" })),
    responses((status = 200, body = Value, example = json!({ "success": true, "message": "Test call triggered via httpx for openai" })), (status = 422, description = "what is wrong with which field")))]
pub async fn test_call(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let (method, provider) = (fields.required("method", text), fields.required("provider", text));
    fields.refuse()?;
    let (method, provider) = (method.expect("nothing was wrong"), provider.expect("nothing was wrong"));
    let target = Target::new(&app.config.test_call, vec!["pong".to_string()]).await;
    let called = provider::call(&target, false, |_| true).await;
    let record = called.record(&provider, &target.model);
    let span_id = record.span_id.clone();
    let shown = shown(&app, record.to_otlp());
    store(&app, record, None, sent.hold).await?;
    let mut said = json!({
        "success": called.error.is_none(),
        "message": format!("Test call triggered via {method} for {provider}"),
        "span_id": span_id.to_string(),
        "span": shown,
    });
    if let Some(error) = called.error {
        said["error"] = json!(error);
    }
    Ok(answer(StatusCode::OK, &said))
}

/// The span as it goes on, as OTLP/JSON.
fn shown(app: &App, otlp: Vec<u8>) -> Value {
    let batch = Batch::read(Signal::Traces, otlp.into(), &Limits::default());
    let batch = batch.expect("what we write is an export request");
    let enriched = app.parts.enricher.get().apply(&batch, SystemTime::now());
    serde_json::from_str(&otlp_json::write(&enriched.batch)).unwrap_or(Value::Null)
}
