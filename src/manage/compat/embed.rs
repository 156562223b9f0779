//! `embeddings/embed`.

use super::body::Sent;
use super::{Refused, detail, fields};
use axum::response::Response;
use http::StatusCode;

/// The vector of a text.
pub async fn embed(sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let _text = fields.required("text", fields::text);
    fields.refuse()?;
    Ok(detail(StatusCode::INTERNAL_SERVER_ERROR, "Failed to generate embedding"))
}
