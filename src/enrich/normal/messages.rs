//! `gen_ai.input.messages` and its kin, rebuilt as structured values from flattened keys, JSON and
//! events, so that one query reads every dialect. Media stays where it is.
//!
//! Source: the message schemas of semantic-conventions-genai.

use super::Attribute;
use super::tools::definitions;
use crate::enrich::given::Given;
use crate::enrich::redact::Tally;
use crate::enrich::texts::Texts;
use crate::llm::{Call, Kind, Node, Part, Role, Side, Text, names};
use std::borrow::Cow;

/// Instructions, messages and tools of a model call, as far as it has them; every text of them made safe.
/// The steps around calls hold copies of theirs.
///
/// What looks like an injection in them is added to `tally`: the same text may speak for itself here that
/// stood among others there.
pub(super) fn rebuilt(call: &Call<'_>, texts: &Texts, tally: &mut Tally) -> Vec<Attribute> {
    if !(call.model_call && matches!(call.kind, Some(Kind::Chat | Kind::Completion))) {
        return Vec::new();
    }
    let mut build = Build { call, texts, tally, turn: String::new() };
    let all = [
        (names::SYSTEM_INSTRUCTIONS, build.instructions()),
        (names::INPUT_MESSAGES, build.messages(Side::Input)),
        (names::OUTPUT_MESSAGES, build.messages(Side::Output)),
        (
            names::TOOL_DEFINITIONS,
            call.tools.as_ref().map(|tools| definitions(build.safe(names::TOOL_DEFINITIONS, tools, DEPTH))),
        ),
    ];
    all.into_iter().filter_map(|(key, tree)| Some((key, Given::Tree(tree?)))).collect()
}

/// How deep JSON inside strings and trees are taken apart.
const DEPTH: u8 = 32;

struct Build<'c, 'a, 't> {
    call: &'c Call<'a>,
    texts: &'t Texts,
    tally: &'t mut Tally,
    /// What was said before, as it was written.
    turn: String,
}

type Tree = Node<'static>;

impl Build<'_, '_, '_> {
    fn instructions(&mut self) -> Option<Tree> {
        let call = self.call;
        let told = call.texts.iter().filter(|text| is_instruction(text));
        list(told.map(|text| self.said("text", text)).collect())
    }

    fn messages(&mut self, side: Side) -> Option<Tree> {
        let of_side = |text: &&Text<'_>| text.side == side && !is_instruction(text);
        let call = self.call;
        let told: Vec<&Text<'_>> = call.texts.iter().filter(of_side).collect();
        let messages = told.chunk_by(|one, next| one.message == next.message).enumerate();
        list(messages.map(|(nth, parts)| self.message(side, nth, parts)).collect())
    }

    fn message(&mut self, side: Side, nth: usize, parts: &[&Text<'_>]) -> Tree {
        let role = word(role(side, parts));
        let tree = list(parts.iter().map(|text| self.part(side, text)).collect()).unwrap_or(Node::Null);
        let call = self.call;
        let reason = call.finish_reasons.get(nth).filter(|_| side == Side::Output);
        let mut message = vec![("role".into(), role), ("parts".into(), tree)];
        message.extend(reason.map(|reason| {
            ("finish_reason".into(), self.text("finish_reason", &super::finish_reason(reason)))
        }));
        Node::Map(message)
    }

    fn part(&mut self, side: Side, text: &Text<'_>) -> Tree {
        match (&text.part, text.role, side) {
            (Part::ToolCall { id, name: called }, ..) => map([
                ("type", word("tool_call")),
                ("id", self.name("id", id)),
                ("name", self.name("name", called)),
                ("arguments", self.value("arguments", &text.text)),
            ]),
            (Part::ToolResult { id }, ..) => map([
                ("type", word("tool_call_response")),
                ("id", self.name("id", id)),
                ("response", self.value("response", &text.text)),
            ]),
            (Part::Plain, Role::Tool, Side::Output) => {
                map([("type", word("tool_call")), ("arguments", self.value("arguments", &text.text))])
            }
            (Part::Plain, Role::Tool, Side::Input) => {
                map([("type", word("tool_call_response")), ("response", self.value("response", &text.text))])
            }
            (Part::Reasoning, ..) => self.said("reasoning", text),
            (Part::Plain, ..) => self.said("text", text),
        }
    }

    fn name(&mut self, key: &str, name: &Option<Cow<'_, str>>) -> Tree {
        name.as_deref().map_or(Node::Null, |name| self.text(key, name))
    }

    fn said(&mut self, kind: &'static str, text: &Text<'_>) -> Tree {
        let content = self.text_by("content", &text.text, Some(text.role));
        map([("type", word(kind)), ("content", content)])
    }

    /// Arguments and results: taken apart where they are JSON.
    fn value(&mut self, key: &str, text: &str) -> Tree {
        self.safe(key, &Node::text(text), DEPTH)
    }

    /// `key` is context for the detectors, as it will be when the value is read again.
    fn text(&mut self, key: &str, text: &str) -> Tree {
        self.text_by(key, text, None)
    }

    fn text_by(&mut self, key: &str, text: &str, role: Option<Role>) -> Tree {
        let mut found = Tally::default();
        let before = if role.is_some() { self.turn.as_str() } else { "" };
        let safe = self.texts.safe_by(text, key, role, before, &mut found);
        if role.is_some() {
            self.turn.clone_from(&safe);
        }
        self.tally.merge(Tally { findings: Vec::new(), ..found });
        Node::Text(Cow::Owned(safe), "")
    }

    /// A copy of the `node` under `key` whose texts are safe and whose JSON in strings is taken apart.
    fn safe(&mut self, key: &str, node: &Node<'_>, depth: u8) -> Tree {
        let Some(depth) = depth.checked_sub(1) else {
            return Node::Null;
        };
        match node {
            Node::Null => Node::Null,
            Node::Bool(value) => Node::Bool(*value),
            Node::Int(value) => self.number(key, value.to_string(), Node::Int(*value)),
            Node::Double(value) => self.number(key, value.to_string(), Node::Double(*value)),
            Node::Text(text, leaf) => match Node::reopen(text, leaf) {
                Some(inside) => self.safe(key, &inside, depth),
                None => self.text(key, text),
            },
            Node::List(items) => Node::List(items.iter().map(|item| self.safe(key, item, depth)).collect()),
            Node::Map(entries) => {
                let entry = |(key, value): &(Cow<'_, str>, Node<'_>)| {
                    (Cow::Owned(self.texts.safe(key, "")), self.safe(key, value, depth))
                };
                Node::Map(entries.iter().map(entry).collect())
            }
        }
    }

    /// A number may be a card's.
    fn number(&mut self, key: &str, written: String, value: Tree) -> Tree {
        let safe = self.texts.safe(&written, key);
        if safe == written { value } else { Node::Text(Cow::Owned(safe), "") }
    }
}

/// What was told to the model before the conversation.
fn is_instruction(text: &Text<'_>) -> bool {
    text.side == Side::Input && text.role == Role::System
}

/// The role of a message, by its parts.
fn role(side: Side, parts: &[&Text<'_>]) -> &'static str {
    let said = parts.iter().find_map(|text| match (&text.part, text.role) {
        (Part::ToolCall { .. }, _) => Some("assistant"),
        (Part::ToolResult { .. }, _) => Some("tool"),
        (_, Role::Tool) => None,
        (_, Role::Document) => Some("user"),
        (_, role) => Some(role.name()),
    });
    said.unwrap_or(if side == Side::Output { "assistant" } else { "tool" })
}

fn word(word: &'static str) -> Tree {
    Node::Text(Cow::Borrowed(word), "")
}

/// What is not known is left out.
fn map<const N: usize>(entries: [(&'static str, Tree); N]) -> Tree {
    let known = entries.into_iter().filter(|(_, value)| *value != Node::Null);
    Node::Map(known.map(|(key, value)| (Cow::Borrowed(key), value)).collect())
}

fn list(items: Vec<Tree>) -> Option<Tree> {
    (!items.is_empty()).then_some(Node::List(items))
}
