//! What a conversation costs in tokens beyond its texts.

use super::image;
use super::models::Tokenizer;
use serde_json::{Map, Value};

/// Tokens around each message, and once at the end for the reply that it primes.
///
/// Source: OpenAI's cookbook, "How to count tokens with tiktoken", and the predecessor's vectors.
pub const PER_MESSAGE: u64 = 3;
/// See [`PER_MESSAGE`].
pub const REPLY: u64 = 3;

/// A message that cannot be counted: its number, from 0.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {0} is not an object")]
pub struct NotAMessage(pub usize);

impl Tokenizer {
    /// How many tokens `messages` are as a chat request, in the shape that OpenAI's API takes them.
    ///
    /// Counted are the texts of `content`, images in it, and every other member that is a string
    /// (`role`, `name`, `tool_call_id`); calls of tools are not, as nothing is published of their form.
    pub fn count_messages(self, messages: &[Value]) -> Result<u64, NotAMessage> {
        let mut tokens = REPLY;
        for (number, message) in messages.iter().enumerate() {
            tokens += PER_MESSAGE + self.message(message.as_object().ok_or(NotAMessage(number))?);
        }
        Ok(self.scale(tokens))
    }

    fn message(self, message: &Map<String, Value>) -> u64 {
        let member = |(key, value): (&String, &Value)| match (key.as_str(), value) {
            ("content", Value::Array(parts)) => parts.iter().map(|part| self.part(part)).sum(),
            ("name", value) => 1 + value.as_str().map_or(0, |name| self.base().count(name)),
            (_, Value::String(text)) => self.base().count(text),
            _ => 0,
        };
        message.iter().map(member).sum()
    }

    fn part(self, part: &Value) -> u64 {
        match part["type"].as_str() {
            Some("text") => part["text"].as_str().map_or(0, |text| self.base().count(text)),
            Some("image_url") if part["image_url"].is_object() => {
                let image = &part["image_url"];
                let url = image["url"].as_str().unwrap_or("");
                image::tokens(image::size(url), image["detail"].as_str().unwrap_or("auto"))
            }
            _ => 0,
        }
    }
}
