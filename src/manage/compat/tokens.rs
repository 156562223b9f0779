//! `token-counting/count`.

use super::body::Sent;
use super::fields::{self, Prompt};
use super::{Refused, answer, detail};
use crate::enrich::count::predecessor::{self, Answer};
use crate::enrich::count::{NotAMessage, Tokenizer};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

/// How many tokens a prompt is, and whether that is exact (`tiktoken`) or `estimated`.
#[utoipa::path(post, path = "/v1/token-counting/count", tag = "predecessor",
    request_body(content = Value, example = json!({ "prompt": "hello world", "model": "gpt-4o" })),
    responses((status = 200, body = Value, example = json!({ "tokens": 2, "method": "tiktoken" })), (status = 422, description = "what is wrong with which field")))]
pub async fn count(sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let (prompt, model) = (fields.prompt("prompt"), fields.required("model", fields::text));
    fields.refuse()?;
    let (prompt, model) = (prompt.expect("nothing was wrong"), model.expect("nothing was wrong"));
    // Building a vocabulary takes its time when it is first needed.
    let counted = tokio::task::spawn_blocking(move || {
        let prompt = match prompt {
            Prompt::Text(text) => Value::String(text),
            Prompt::Messages(messages) => messages.iter().map(Value::from).collect(),
        };
        predecessor::count(&prompt, &model).or_else(|_| whole(&prompt, &model))
    });
    let failed = |_| detail(StatusCode::UNPROCESSABLE_ENTITY, "the text could not be counted");
    let (tokens, method) = counted.await.map_err(failed)?.map_err(|error| {
        // What failed there and cannot be counted here either.
        detail(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string())
    })?;
    Ok(answer(StatusCode::OK, &json!({ "tokens": tokens, "method": method })))
}

/// What the predecessor failed on, counted as elsewhere.
fn whole(messages: &Value, model: &str) -> Result<Answer, NotAMessage> {
    let messages = messages.as_array().map_or(&[][..], Vec::as_slice);
    let tokenizer = Tokenizer::of(model);
    let exact = tokenizer.method().starts_with("tokenizer:");
    let tokens = tokenizer.count_request(model, messages, &[])?;
    Ok((tokens, if exact { "tiktoken" } else { "estimated" }))
}
