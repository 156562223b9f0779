//! What a request costs in tokens beyond its texts: messages, tools and pictures.

use super::models::{Tokenizer, bare};
use super::{Encoding, image, vision};
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
    /// How many tokens `messages` and the `tools` offered with them are as a chat request to `model`, in the shape
    /// that OpenAI's API takes them.
    ///
    /// Counted are the texts of `content`, pictures in it by the rules of the model's family, and every other
    /// member that is a string (`role`, `name`, `tool_call_id`), and the functions among the tools. Calls of tools are not, as
    /// nothing is published of their form.
    pub fn count_request(
        &self,
        model: &str,
        messages: &[Value],
        tools: &[Value],
    ) -> Result<u64, NotAMessage> {
        let model = bare(&model.to_ascii_lowercase()).to_owned();
        let mut tokens = REPLY;
        for (number, message) in messages.iter().enumerate() {
            let message = message.as_object().ok_or(NotAMessage(number))?;
            tokens += PER_MESSAGE + self.message(&model, message);
        }
        Ok(tokens + self.tools(tools))
    }

    fn message(&self, model: &str, message: &Map<String, Value>) -> u64 {
        let member = |(key, value): (&String, &Value)| match (key.as_str(), value) {
            ("content", Value::Array(parts)) => parts.iter().map(|part| self.part(model, part)).sum(),
            ("name", value) => 1 + value.as_str().map_or(0, |name| self.count(name)),
            (_, Value::String(text)) => self.count(text),
            _ => 0,
        };
        message.iter().map(member).sum()
    }

    fn part(&self, model: &str, part: &Value) -> u64 {
        match part["type"].as_str() {
            Some("text" | "input_text" | "output_text") => {
                part["text"].as_str().map_or(0, |text| self.count(text))
            }
            Some("image_url" | "input_image") => {
                let (url, detail) = match &part["image_url"] {
                    Value::String(url) => (url.as_str(), part["detail"].as_str()),
                    image => (image["url"].as_str().unwrap_or(""), image["detail"].as_str()),
                };
                vision::tokens(model, image::size(url), detail.unwrap_or("auto"))
            }
            _ => 0,
        }
    }

    /// Source: OpenAI's cookbook, `num_tokens_for_tools`; newer models than gpt-4o are unpublished.
    fn tools(&self, tools: &[Value]) -> u64 {
        const PROPERTIES: u64 = 3;
        const PROPERTY: u64 = 3;
        const END: u64 = 12;
        let function = if self.base() == Encoding::Cl100kBase { 10 } else { 7 };
        let functions: Vec<&Value> =
            tools.iter().map(function_of).filter(|tool| tool["name"].is_string()).collect();
        if functions.is_empty() {
            return 0;
        }
        let mut tokens = END;
        for tool in functions {
            tokens += function + self.count(&format!("{}:{}", word(tool, "name"), word(tool, "description")));
            let Some(properties) = tool["parameters"]["properties"].as_object().filter(|all| !all.is_empty())
            else {
                continue;
            };
            tokens += PROPERTIES;
            for (name, property) in properties {
                let line = format!("{name}:{}:{}", word(property, "type"), word(property, "description"));
                tokens += PROPERTY + self.count(&line) + self.choices(property);
            }
        }
        tokens
    }

    /// Each value that is allowed takes three more than its text, all of them together three less.
    fn choices(&self, property: &Value) -> u64 {
        let choices = property["enum"].as_array().map_or(&[][..], Vec::as_slice);
        let each = |choice: &Value| {
            3 + choice.as_str().map_or_else(|| self.count(&choice.to_string()), |c| self.count(c))
        };
        choices.iter().map(each).sum::<u64>().saturating_sub(3)
    }
}

/// Chat requests wrap a function as `{"type": "function", "function": {…}}`, responses do not.
fn function_of(tool: &Value) -> &Value {
    if tool["function"].is_object() { &tool["function"] } else { tool }
}

/// A text without the full stop at its end.
fn word<'v>(object: &'v Value, key: &str) -> &'v str {
    let text = object[key].as_str().unwrap_or("");
    text.strip_suffix('.').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The example of the cookbook, with the counts that the API gave.
    #[test]
    fn tools_are_counted_as_the_cookbook_says() {
        let tools = [json!({"type": "function", "function": {
            "name": "get_current_weather",
            "description": "Get the current weather in a given location",
            "parameters": {"type": "object", "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}
            }, "required": ["location"]}
        }})];
        let messages = [
            json!({"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."}),
            json!({"role": "user", "content": "What's the weather like in San Francisco?"}),
        ];
        for (model, expected) in
            [("gpt-3.5-turbo", 105), ("gpt-4", 105), ("gpt-4o", 101), ("gpt-4o-mini", 101)]
        {
            let count = Tokenizer::of(model).count_request(model, &messages, &tools);
            assert_eq!(count, Ok(expected), "{model}");
        }
    }

    #[test]
    fn pictures_are_counted_by_the_rules_of_the_model() {
        let with = |part: Value| [json!({"role": "user", "content": [part]})];
        let picture = with(json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}));
        let count = |model: &str, messages: &[Value]| {
            Tokenizer::of(model).count_request(model, messages, &[]).unwrap()
        };
        assert_eq!(count("gpt-4o", &picture), 3 + 3 + 1 + 765);
        assert_eq!(count("openai/gpt-5", &picture), 3 + 3 + 1 + 630);
        let responses =
            with(json!({"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}));
        assert_eq!(count("gpt-4o", &responses), 3 + 3 + 1 + 85);
    }

    #[test]
    fn odd_tools_are_no_trouble() {
        let odd = [
            json!(null),
            json!({}),
            json!({"name": 3}),
            json!({"name": "f", "parameters": {"properties": {"a": 1, "b": {"enum": [1, null]}}}}),
        ];
        assert!(Tokenizer::of("gpt-4o").count_request("gpt-4o", &[], &odd).is_ok());
    }
}
