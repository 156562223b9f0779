//! `sidelight tokens`: how many tokens a text is, and how we know.

use super::args::Tokens;
use super::lines::{self, Answer, json, object};
use super::{Failure, Outcome, failure, load, show};
use crate::config::Environment;
use crate::enrich::count::Tokenizers;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::io::{self, BufWriter};

#[derive(Serialize)]
struct Count {
    tokens: u64,
    method: String,
}

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    model: Option<String>,
    text: Option<String>,
    messages: Option<Vec<Value>>,
    #[serde(default)]
    tools: Vec<Value>,
}

pub fn run(asked: Tokens, environment: &Environment) -> Outcome {
    let config = load(asked.sources, environment)?.config.enrich.tokens;
    let tokenizers = Tokenizers::load(&config.tokenizers).map_err(|error| Failure::BadInput(error.into()))?;
    let model = asked.model.as_deref();
    if asked.jsonl {
        let mut out = BufWriter::new(io::stdout().lock());
        lines::answer_each(io::stdin().lock(), &mut out, |line| answer(line, model, &tokenizers))?;
        return Ok(failure::FINE);
    }
    let text = lines::whole_text(io::stdin().lock())?;
    let tokenizer = tokenizers.of(model.unwrap_or_default());
    let count = Count { tokens: tokenizer.count(&text), method: tokenizer.method() };
    show(format!("{}\n", json(&count)))
}

fn answer(line: &str, model: Option<&str>, tokenizers: &Tokenizers) -> Result<String, String> {
    let asked: Asked<'_> = object(line, r#"{"id", "text"} or {"id", "messages": […]}"#)?;
    let model = asked.model.as_deref().or(model).ok_or("no model, neither here nor by --model")?;
    let tokenizer = tokenizers.of(model);
    let tokens = match (&asked.text, &asked.messages) {
        (Some(text), None) => tokenizer.count(text),
        (None, Some(messages)) => {
            tokenizer.count_request(model, messages, &asked.tools).map_err(|error| error.to_string())?
        }
        _ => return Err("expected either text or messages".into()),
    };
    Ok(json(&Answer { id: asked.id, answer: Count { tokens, method: tokenizer.method() } }))
}
