//! `token-counting/count`.

use super::body::Sent;
use super::fields::{self, Prompt};
use super::{Refused, answer, detail};
use crate::enrich::count::{NotAMessage, Tokenizer};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

/// How many tokens a prompt is, and whether that is exact (`tiktoken`) or `estimated`.
pub async fn count(sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let (prompt, model) = (fields.prompt("prompt"), fields.required("model", fields::text));
    fields.refuse()?;
    let (prompt, model) = (prompt.expect("nothing was wrong"), model.expect("nothing was wrong"));
    let tokenizer = Tokenizer::of(&model);
    // Building a vocabulary takes its time when it is first needed.
    let counted = tokio::task::spawn_blocking(move || match prompt {
        Prompt::Text(text) => Ok(tokenizer.count(&text)),
        Prompt::Messages(messages) => {
            let messages: Vec<Value> = messages.iter().map(Value::from).collect();
            tokenizer.count_messages(&messages).map_err(|error: NotAMessage| error.to_string())
        }
    });
    let counted = counted.await.unwrap_or_else(|_| Err("the text could not be counted".to_string()));
    let tokens = counted.map_err(|error| detail(StatusCode::UNPROCESSABLE_ENTITY, &error))?;
    let method = if tokenizer.method().starts_with("tokenizer:") { "tiktoken" } else { "estimated" };
    Ok(answer(StatusCode::OK, &json!({ "tokens": tokens, "method": method })))
}
