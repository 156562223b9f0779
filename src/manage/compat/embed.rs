//! `embeddings/embed`.

use super::body::Sent;
use super::{Refused, answer, detail, fields};
use crate::manage::app::App;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// The vector of a text.
#[utoipa::path(post, path = "/v1/embeddings/embed", tag = "predecessor",
    request_body(content = Value, example = json!({ "text": "hello" })),
    responses((status = 200, body = Value, example = json!({ "embedding": [0.1, -0.2] })), (status = 500, description = "there is no model, or it failed"), (status = 422, description = "what is wrong with which field")))]
pub async fn embed(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let text = fields.required("text", fields::text);
    fields.refuse()?;
    let vector = match app.parts.agent.embedder() {
        Some(embedder) => embedder.one(&text.expect("nothing was wrong")).await,
        None => None,
    };
    Ok(match vector {
        Some(vector) => answer(StatusCode::OK, &json!({ "embedding": vector.as_ref() })),
        None => detail(StatusCode::INTERNAL_SERVER_ERROR, "Failed to generate embedding"),
    })
}
