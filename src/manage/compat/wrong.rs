//! What is wrong with a request, in the predecessor's words and shape (status 422).

use super::json::{Json, Unreadable};
use super::{Refused, answer};
use http::StatusCode;
use serde_json::{Value, json};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    pub kind: &'static str,
    /// Where: keys and places, after `body`.
    pub at: Vec<Value>,
    pub message: String,
    pub input: Value,
    pub context: Option<Value>,
}

impl Wrong {
    pub fn new(kind: &'static str, at: Vec<Value>, message: impl Into<String>, input: &Json) -> Wrong {
        Wrong { kind, at, message: message.into(), input: input.into(), context: None }
    }

    pub fn unreadable(error: Unreadable) -> Wrong {
        Wrong {
            kind: "json_invalid",
            at: vec![json!(error.at)],
            message: "JSON decode error".to_string(),
            input: json!({}),
            context: Some(json!({ "error": error.error })),
        }
    }

    /// The answer to a request with all of `wrongs`.
    pub fn answer(wrongs: &[Wrong]) -> Refused {
        let told = |wrong: &Wrong| {
            let mut at = vec![json!("body")];
            at.extend(wrong.at.clone());
            let mut told =
                json!({ "type": wrong.kind, "loc": at, "msg": wrong.message, "input": wrong.input });
            if let Some(context) = &wrong.context {
                told["ctx"] = context.clone();
            }
            told
        };
        let detail: Vec<Value> = wrongs.iter().map(told).collect();
        answer(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": detail })).into()
    }
}
