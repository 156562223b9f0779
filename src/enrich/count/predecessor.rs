//! Counting as the predecessor did, for its REST API: tiktoken's names and no others, characters divided by a
//! constant for the rest, one rule for pictures whatever the model.
//!
//! Source: spec of the predecessor, "Token counting", and its recorded answers.

use super::{Encoding, image, models};
use serde_json::{Map, Value};

/// A count and its `method`: `tiktoken`, `estimated` or `unspecified`.
pub type Answer = (u64, &'static str);

/// The predecessor failed on such a prompt, with status 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message, its text or its picture is not of a form that can be counted")]
pub struct Uncountable;

/// How a text is counted.
enum How {
    Tiktoken(Encoding),
    /// Characters a token.
    Ratio(f64),
}

/// The text holds what tiktoken takes for a special token and refuses.
struct Special;

/// Tokens of `prompt`, a text or a list of messages, for `model` by exactly that name.
pub fn count(prompt: &Value, model: &str) -> Result<Answer, Uncountable> {
    let estimate = How::Ratio(ratio(model));
    let exact = encoding(model).map(How::Tiktoken);
    match prompt {
        Value::String(text) => {
            let exact = exact.and_then(|how| how.count(text).ok());
            let estimated = || estimate.count(text).unwrap_or(0);
            Ok(exact.map_or_else(|| (estimated(), "estimated"), |tokens| (tokens, "tiktoken")))
        }
        Value::Array(messages) => {
            if let Some(Ok(tokens)) = exact.map(|how| chat(messages, &how)) {
                return Ok((tokens, "tiktoken"));
            }
            chat(messages, &estimate).map(|tokens| (tokens, "estimated")).map_err(|_| Uncountable)
        }
        _ => Ok((0, "unspecified")),
    }
}

impl How {
    fn count(&self, text: &str) -> Result<u64, Special> {
        match self {
            How::Ratio(ratio) => Ok(((text.chars().count() as f64 / ratio) as u64).max(1)),
            How::Tiktoken(encoding) if specials(*encoding).iter().any(|token| text.contains(token)) => {
                Err(Special)
            }
            How::Tiktoken(encoding) => Ok(encoding.count(text)),
        }
    }
}

/// Why a conversation has no count.
enum Failed {
    Special,
    Uncountable,
}

impl From<Special> for Failed {
    fn from(_: Special) -> Failed {
        Failed::Special
    }
}

fn chat(messages: &[Value], how: &How) -> Result<u64, Failed> {
    let mut tokens = 3;
    for each in messages {
        tokens += 3 + message(each.as_object().ok_or(Failed::Uncountable)?, how)?;
    }
    Ok(tokens)
}

fn message(message: &Map<String, Value>, how: &How) -> Result<u64, Failed> {
    let mut tokens = 0;
    for (key, value) in message {
        tokens += u64::from(key == "name");
        tokens += match (key.as_str(), value) {
            ("content", Value::Array(parts)) => {
                parts.iter().map(|each| part(each, how)).sum::<Result<u64, Failed>>()?
            }
            (_, Value::String(text)) => how.count(text)?,
            _ => 0,
        };
    }
    Ok(tokens)
}

fn part(part: &Value, how: &How) -> Result<u64, Failed> {
    let Some(part) = part.as_object() else { return Ok(0) };
    match part.get("type").and_then(Value::as_str) {
        Some("text") => {
            let text = part.get("text").map_or(Some(""), Value::as_str);
            Ok(how.count(text.ok_or(Failed::Uncountable)?)?)
        }
        Some("image_url") => match part.get("image_url").and_then(Value::as_object) {
            None => Ok(0),
            Some(image) => {
                let url = image.get("url").map_or(Some(""), Value::as_str).ok_or(Failed::Uncountable)?;
                let detail = image.get("detail").map_or("auto", |detail| detail.as_str().unwrap_or(""));
                picture(image::size(url), detail).ok_or(Failed::Uncountable)
            }
        },
        _ => Ok(0),
    }
}

/// Fitted into 2048 by 2048, the short side brought to 768 (up as well as down), then 85 and 170 a tile of 512.
/// `None` where a side comes to nothing, which it divided by.
pub(super) fn picture(size: Option<(u64, u64)>, detail: &str) -> Option<u64> {
    const LOW: u64 = 85;
    const TILE: u64 = 170;
    const UNKNOWN: u64 = 765;
    let Some((mut width, mut height)) = size else {
        return Some(if detail == "low" { LOW } else { UNKNOWN });
    };
    if detail == "low" || (detail == "auto" && width <= 512 && height <= 512) {
        return Some(LOW);
    }
    let long = width.max(height);
    if long > 2048 {
        let ratio = 2048.0 / long as f64;
        width = (width as f64 * ratio) as u64;
        height = (height as f64 * ratio) as u64;
    }
    let (short, long) = (width.min(height), width.max(height));
    let long = (short > 0).then(|| (long as f64 * (768.0 / short as f64)) as u64)?;
    Some(LOW + TILE * 768u64.div_ceil(512) * long.div_ceil(512))
}

fn ratio(model: &str) -> f64 {
    let model = model.to_lowercase();
    let holds = |words: [&str; 2]| words.iter().any(|word| model.contains(word));
    if holds(["claude", "anthropic"]) {
        3.5
    } else if holds(["llama", "meta"]) {
        3.3
    } else if holds(["gemini", "google"]) {
        3.8
    } else {
        4.0
    }
}

/// By the table of tiktoken 0.14, whose prefix `ft:gpt-4` takes tuned gpt-4.1 for gpt-4.
fn encoding(model: &str) -> Option<Encoding> {
    if let Some(tuned) = model.strip_prefix("ft:") {
        let starts = ["gpt-4o", "gpt-4", "gpt-3.5-turbo", "davinci-002", "babbage-002"];
        let start = starts.into_iter().find(|start| tuned.starts_with(start))?;
        return models::encoding(start);
    }
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    (model.bytes().all(plain) && !model.starts_with("codex-mini")).then(|| models::encoding(model)).flatten()
}

fn specials(encoding: Encoding) -> &'static [&'static str] {
    const FIM: [&str; 5] =
        ["<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];
    const HARMONY: [&str; 10] = [
        "<|endoftext|>",
        "<|endofprompt|>",
        "<|startoftext|>",
        "<|return|>",
        "<|constrain|>",
        "<|channel|>",
        "<|start|>",
        "<|end|>",
        "<|message|>",
        "<|call|>",
    ];
    match encoding {
        Encoding::Cl100kBase => &FIM,
        Encoding::O200kBase => &FIM[..2],
        Encoding::O200kHarmony => &HARMONY,
        Encoding::P50kBase | Encoding::R50kBase => &FIM[..1],
    }
}
