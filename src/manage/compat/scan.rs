//! `pii-injection/scan` and `sampling/should-sample`.

use super::body::Sent;
use super::fields::{self, Prompt};
use super::json::Json;
use super::{Refused, answer};
use crate::enrich::Enricher;
use crate::manage::app::App;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// Whether a prompt holds personal data, and whether it is an injection.
#[utoipa::path(post, path = "/v1/pii-injection/scan", tag = "predecessor",
    request_body(content = Value, example = json!({ "prompt": "write to jane@example.com" })),
    responses((status = 200, body = Value, example = json!({ "pii_detected": true, "injection_attempt": false })), (status = 422, description = "what is wrong with which field")))]
pub async fn scan(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let prompt = fields.prompt("prompt");
    fields.refuse()?;
    let texts = match prompt.expect("nothing was wrong") {
        Prompt::Text(text) => vec![text],
        Prompt::Messages(messages) => messages.iter().flat_map(texts).collect(),
    };
    let enricher = app.parts.enricher.get();
    let looked = tokio::task::spawn_blocking(move || look(&enricher, &texts)).await;
    let (pii, injection) =
        looked.map_err(|_| super::detail(StatusCode::INTERNAL_SERVER_ERROR, "scan failed"))?;
    Ok(answer(StatusCode::OK, &json!({ "pii_detected": pii, "injection_attempt": injection })))
}

fn look(enricher: &Enricher, texts: &[String]) -> (bool, bool) {
    let reports = texts.iter().map(|text| enricher.scan(text));
    reports.fold((false, false), |(pii, injection), report| {
        (pii || !report.pii.is_empty(), injection || report.injection)
    })
}

/// The texts of a message: its content, or the text parts of it.
fn texts(message: &Json) -> Vec<String> {
    match message.get("content") {
        Some(Json::Text(text)) => vec![text.clone()],
        Some(Json::List(parts)) => parts.iter().filter_map(part).collect(),
        _ => Vec::new(),
    }
}

fn part(part: &Json) -> Option<String> {
    match (part.get("type"), part.get("text")) {
        (Some(Json::Text(kind)), Some(Json::Text(text))) if kind == "text" => Some(text.clone()),
        _ => None,
    }
}

/// Whether a span is sampled, by its id.
#[utoipa::path(post, path = "/v1/sampling/should-sample", tag = "predecessor",
    request_body(content = Value, example = json!({ "span_id": "span-142" })),
    responses((status = 200, body = Value, example = json!({ "is_sampled": true })), (status = 422, description = "what is wrong with which field")))]
pub async fn should_sample(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let span_id = fields.required("span_id", fields::text);
    fields.refuse()?;
    let sampled = app.parts.enricher.get().samples(&span_id.expect("nothing was wrong"));
    Ok(answer(StatusCode::OK, &json!({ "is_sampled": sampled })))
}
