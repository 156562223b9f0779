//! What a structured value looks like, whatever its key: a request to a model, its reply, or a conversation.
//!
//! Homemade spans keep a provider's own JSON under names of their own. Its shape tells what it is: messages
//! with roles, choices, candidates, counts of tokens. One word proves nothing here either: a catalogue has a
//! `model` and an `input`, a list of users has `role`s.

use crate::llm::{Node, Role, Usage, provider};
use crate::otlp::{Attribute, Value, wire};
use memchr::memmem;

/// A value of that shape, and the part of it that has it.
#[derive(Clone, Debug)]
pub enum Shape<'a> {
    Request(Node<'a>),
    Reply(Node<'a>),
    Conversation(Node<'a>),
    /// A conversation that cannot be taken apart: cut in the middle, or written by Python.
    Broken,
}

/// How deep in a value it is looked for: `{"args": {"body": "{\"messages\": …"}}`.
const DEPTH: u8 = 4;

/// How many entries of a map or a list are looked at on each level.
const WIDTH: usize = 32;

/// Shorter than any request.
const SHORTEST: usize = 20;

/// Whether the encoded value may be worth a closer look: a string that begins as JSON does, a list or a map.
#[inline]
pub fn may_be(value: &[u8]) -> bool {
    match value {
        // A text whose length takes one byte, as that of nearly all values does.
        [0x0a, 0..0x80, first, ..] => matches!(first, b'{' | b'[') && value.len() > SHORTEST + 1,
        [0x0a, text @ ..] if text.len() > SHORTEST => {
            // The length takes one to five bytes, the last of them below 0x80.
            let length = text.iter().take(5).take_while(|byte| **byte >= 0x80).count() + 1;
            matches!(text.get(length), Some(b'{' | b'['))
        }
        [0x2a | 0x32, rest @ ..] => rest.len() > SHORTEST,
        _ => false,
    }
}

/// The shape of the value of `attribute`, if it has one.
pub fn of_attribute<'a>(attribute: &Attribute<'a>) -> Option<Shape<'a>> {
    let worth = wire::entry(attribute.encoded()).is_none_or(|(_, value)| may_be(value));
    if worth { of(&attribute.value()) } else { None }
}

/// The shape of `value`, if it has one.
pub fn of<'a>(value: &Value<'a>) -> Option<Shape<'a>> {
    match value {
        Value::Str(text) => of_text(text),
        Value::KvList(_) | Value::Array(_) => inside(&Node::value(value), DEPTH),
        _ => None,
    }
}

fn of_text(text: &str) -> Option<Shape<'_>> {
    if !begins_as_json(text) || !speaks(text.as_bytes()) {
        return None;
    }
    match Node::json(text) {
        Some(node) => inside(&node, DEPTH),
        None => is_broken_conversation(text).then_some(Shape::Broken),
    }
}

fn begins_as_json(text: &str) -> bool {
    text.len() > SHORTEST && text.trim_start().starts_with(['{', '['])
}

/// Whether the words of a request or a reply are in it at all, which costs a fraction of taking it apart.
fn speaks(text: &[u8]) -> bool {
    let has = |word: &str| memmem::find(text, word.as_bytes()).is_some();
    (has("role") && (has("content") || has("parts")))
        || (has("model") && (has("messages") || has("prompt") || has("input") || has("contents")))
        || (has("oken") && has("usage"))
        || (has("candidates") && has("parts"))
        || (has("choices") && has("message"))
        || (has("kwargs") && has("content"))
}

/// Of a text that is no JSON: whether a turn of a conversation begins in it, in JSON's quotes or Python's.
fn is_broken_conversation(text: &str) -> bool {
    const TURNS: &[&str] = &[
        "\"role\":\"user\"",
        "\"role\": \"user\"",
        "\"role\":\"system\"",
        "\"role\": \"system\"",
        "\"role\":\"assistant\"",
        "\"role\": \"assistant\"",
        "'role': 'user'",
        "'role': 'system'",
        "'role': 'assistant'",
    ];
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    (has("content") || has("parts")) && TURNS.iter().any(|turn| has(turn))
}

fn inside<'a>(node: &Node<'a>, depth: u8) -> Option<Shape<'a>> {
    let depth = depth.checked_sub(1)?;
    match node {
        Node::Map(entries) => {
            if is_reply(node) {
                return Some(Shape::Reply(node.clone()));
            }
            if is_request(node) {
                return Some(Shape::Request(node.clone()));
            }
            if is_message(node) {
                return Some(Shape::Conversation(node.clone()));
            }
            entries.iter().take(WIDTH).find_map(|(_, value)| inside(value, depth))
        }
        Node::List(items) if is_conversation(node) => Some(Shape::Conversation(Node::List(items.clone()))),
        Node::List(items) => items.iter().take(WIDTH).find_map(|item| inside(item, depth)),
        Node::Text(text, leaf) if begins_as_json(text) && speaks(text.as_bytes()) => {
            inside(&Node::reopen(text, leaf)?, depth)
        }
        _ => None,
    }
}

/// A request to a model: messages, or a text for a model that is known or set.
fn is_request(node: &Node<'_>) -> bool {
    const PARAMETERS: &[&str] =
        &["max_tokens", "maxTokens", "max_output_tokens", "temperature", "top_p", "stream", "tools"];
    let messages = ["messages", "contents", "input", "chat_history"];
    if messages.iter().filter_map(|key| node.get(key)).any(is_conversation) {
        return true;
    }
    let model = ["model", "modelId", "model_id"].iter().find_map(|key| node.get(key)?.as_text());
    let text = ["prompt", "input", "inputs", "texts"].iter().any(|key| node.get(key).is_some());
    let set = PARAMETERS.iter().filter(|key| node.get(key).is_some()).count();
    model.is_some_and(|model| text && (provider::is_model(model) || set >= 2))
}

/// A reply of a model: choices or candidates, or a text with counts of tokens.
fn is_reply(node: &Node<'_>) -> bool {
    let first = |key: &str| node.get(key).and_then(|list| list.items().first());
    if first("choices")
        .is_some_and(|choice| choice.get("message").or(choice.get("delta")).is_some_and(is_message))
    {
        return true;
    }
    if first("candidates").is_some_and(|candidate| candidate.at(&["content", "parts"]).is_some()) {
        return true;
    }
    let said =
        ["choices", "content", "output", "message", "text", "data", "generations", "completion", "response"];
    let said = said.iter().any(|key| node.get(key).is_some());
    let usage = ["usage", "usageMetadata", "usage_metadata", "token_usage"];
    let usage = usage.iter().filter_map(|key| node.get(key)).any(counts_tokens);
    said && usage
}

fn counts_tokens(usage: &Node<'_>) -> bool {
    let Node::Map(entries) = usage else { return false };
    let named = entries.iter().any(|(key, _)| key.contains("oken"));
    named && !Usage::read(usage).is_empty()
}

fn is_conversation(node: &Node<'_>) -> bool {
    match node.items() {
        [] => false,
        // LangChain keeps a list of conversations.
        [Node::List(first), ..] => !first.is_empty() && first.iter().take(WIDTH).all(is_message),
        items => items.iter().take(WIDTH).all(is_message),
    }
}

/// A turn: somebody of a conversation, and what was said.
fn is_message(node: &Node<'_>) -> bool {
    let role = node.get("role").and_then(Node::as_text);
    if role.is_some_and(|role| Role::named(role).is_some()) {
        return ["content", "parts", "blocks", "tool_calls", "toolCalls"]
            .iter()
            .any(|key| node.get(key).is_some());
    }
    // LangChain's own form.
    node.get("lc").is_some() && node.at(&["kwargs", "content"]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shape = match of(&Value::Str(text)) {
            None => "",
            Some(Shape::Request(_)) => "request",
            Some(Shape::Reply(_)) => "reply",
            Some(Shape::Conversation(_)) => "conversation",
            Some(Shape::Broken) => "broken",
        };
        assert_eq!(shape, expected, "{text}");
    }

    #[test]
    fn requests_of_every_provider_are_known() {
        check(r#"{"model":"my-model","messages":[{"role":"user","content":"hi"}]}"#, "request");
        check(r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#, "request");
        check(r#"{"model":"gpt-4.1","input":"what now?"}"#, "request");
        check(r#"{"model":"tuned-7","prompt":"hi","max_tokens":5,"temperature":0}"#, "request");
        check(
            r#"{"args":{"body":"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"}}"#,
            "request",
        );
    }

    #[test]
    fn replies_of_every_provider_are_known() {
        check(r#"{"id":"1","choices":[{"message":{"role":"assistant","content":"hi"}}]}"#, "reply");
        check(
            r#"{"content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":5,"output_tokens":3}}"#,
            "reply",
        );
        check(r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]}}]}"#, "reply");
        check(r#"{"output":"hi","usage":{"promptTokens":5,"completionTokens":3}}"#, "reply");
    }

    #[test]
    fn conversations_are_known_also_where_they_are_cut_or_said_by_python() {
        check(r#"[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]"#, "conversation");
        check(r#"[[{"role":"user","content":"hi there, all"}]]"#, "conversation");
        check(r#"[{"role":"user","content":"hi, I was cut in the mid"#, "broken");
        check("[{'role': 'user', 'content': 'hi there'}]", "broken");
    }

    #[test]
    fn other_structures_are_not() {
        check(r#"{"model":"HP LaserJet 4","input":"tray 2","status":"ready"}"#, "");
        check(r#"{"model":"Tesla Model 3","prompt":"charge now?","range":300}"#, "");
        check(r#"[{"role":"user","name":"Ann"},{"role":"admin","name":"Bo"}]"#, "");
        check(r#"{"role":"user","permissions":["read"],"content_type":"x"}"#, "");
        check(r#"{"choices":["red","green"],"message":"choose a colour"}"#, "");
        check(r#"{"content":"a page","usage":"internal, by token"}"#, "");
        check(r#"{"usage":{"cpu":5,"memory":3},"output":"done","token":"x"}"#, "");
        check(r#"{"model":"churn-v2","inputs":{"age":31},"outputs":{"p":0.2}}"#, "");
        check(r#"{"candidates":[{"name":"Ann","parts":["left","right"]}]}"#, "");
    }
}
